"""Executors as types: whether an object of one holds its storage itself or points to it."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import blank

_TYPE = re.compile(r"\b(?:struct|class)\s+(?:\w+\s+)?(\w*[Ee]xecutor\w*)\s*(?:final\s*)?\{")
_ARRAY = re.compile(r"\b\w+\s*\[[^\]\n]+\]\s*(?:=[^;]*)?;")
_MAX_BODY = 100_000


class ExecutorType(msgspec.Struct, frozen=True):
    """``inline``: the type has an array among its members."""

    name: str
    inline: bool
    line: int


class ExecutorTypes(msgspec.Struct, frozen=True):
    """The types that one header defines."""

    types: tuple[ExecutorType, ...]


def parse(data: bytes) -> ExecutorTypes | None:
    """The executors of a C or C++ header; None when it defines none."""
    code = blank(decode(data)).code
    found = []
    for match in _TYPE.finditer(code):
        body = _body(code, match.end())
        line = code.count("\n", 0, match.start()) + 1
        found.append(ExecutorType(match[1], _ARRAY.search(body) is not None, line))
    return ExecutorTypes(tuple(found)) if found else None


def _body(code: str, start: int) -> str:
    """The text up to the brace that closes the one before ``start``."""
    level = 1
    for found in re.finditer(r"[{}]", code[start : start + _MAX_BODY]):
        level += 1 if found[0] == "{" else -1
        if level == 0:
            return code[start : start + found.start()]
    return code[start : start + _MAX_BODY]
