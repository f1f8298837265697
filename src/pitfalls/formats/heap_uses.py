"""Calls of ``z_realloc``, which a lossy one harms; and of constructors of executors."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import blank

_REALLOC = re.compile(rb"\bz_realloc\s*\(")
# What stands before a call rather than before a declaration.
_CALLED = re.compile(rb"(?:[=(,{]|\breturn|\bunsafe\s*\{)\s*(?:\([^()\n]{1,60}\)\s*)?$")
_EXECUTOR = re.compile(rb"\bExecutor(?:::<[^>\n]*>)?::(?:open|new|create)\s*\(|executor_init\s*\(")
# The same without a boundary, which a search finds much faster.
_MAY_MAKE = re.compile(_EXECUTOR.pattern.replace(rb"\b", b""))
_BEFORE = 80  # characters that are looked at before a call


class HeapUse(msgspec.Struct, frozen=True):
    """Lines of the first call of each kind; 0 for none."""

    realloc: int
    executor: int


def parse(data: bytes) -> HeapUse | None:
    """The first calls outside comments; None when there are none."""
    if not (b"z_realloc" in data and _REALLOC.search(data)) and not _MAY_MAKE.search(data):
        return None
    code = blank(decode(data)).code.encode()
    calls = (m for m in _REALLOC.finditer(code) if _is_call(code, m.start()))
    executors = _EXECUTOR.finditer(code)
    lines = [
        code.count(b"\n", 0, found.start()) + 1 if (found := next(matches, None)) else 0
        for matches in (calls, executors)
    ]
    return HeapUse(*lines) if any(lines) else None


def _is_call(code: bytes, at: int) -> bool:
    return _CALLED.search(code[max(0, at - _BEFORE) : at]) is not None
