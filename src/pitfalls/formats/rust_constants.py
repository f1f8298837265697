"""Numbers that Rust files give names: constants, fields of constant structures, and the ports of
constant addresses."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import code_text, decode

_HEAD = re.compile(r"\b(?:const|static)\s+([A-Z][A-Z0-9_]*)\s*:\s*[^=;{}]{1,80}=\s*")
# A comment may stand before the value. It is a third of the time to look for none at all.
_QUICK = re.compile(
    r"\b(?:const|static)\s+[A-Z]\w*\s*:[^=;{}]{1,300}=\s*"
    r"(?:[\d/\"]|(?:\w+::)*(?:[A-Z]\w*\s*[{/]|SocketAddr))"
)
_NUMBER = re.compile(r"(\d[\d_]*)(?:[ui](?:8|16|32|64|size))?\s*;")
_ADDRESS = re.compile(
    r"\s*\"[^\"\n]*:(\d+)\"\s*;|\s*(?:\w+::)*SocketAddr\w*::new\([^;\"]*,\s*(\d+)\s*,?\s*\)+\s*;"
)
_STRUCTURE = re.compile(r"(?:\w+::)*[A-Z]\w*\s*\{([^{}]{0,2000})\}\s*;")
_FIELD = re.compile(r"(?:^|,)\s*(\w+)\s*:\s*(\d[\d_]*)(?:[ui](?:8|16|32|64|size))?\s*(?=,|$)")


class RustConstants(msgspec.Struct, frozen=True):
    """One file: ``PORT`` and ``BOARD.port`` with their numbers, ``ADDRESS`` with its port."""

    numbers: dict[str, str]


def parse(data: bytes) -> RustConstants | None:
    """The named numbers of a file; None when it has none."""
    text = decode(data)
    if not _QUICK.search(text):
        return None
    blanked = code_text.blank(text)
    code = blanked.code
    numbers: dict[str, str] = {}
    for head in _HEAD.finditer(code):
        number = _NUMBER.match(code, head.end())
        address = _ADDRESS.match(blanked.plain, code.rindex("=", 0, head.end()) + 1)
        structure = _STRUCTURE.match(code, head.end()) if number is None else None
        if number is not None:
            numbers[head[1]] = number[1].replace("_", "")
        if address is not None:
            numbers[head[1]] = address[1] or address[2]
        for field in _FIELD.finditer(structure[1]) if structure is not None else ():
            numbers[f"{head[1]}.{field[1]}"] = field[2].replace("_", "")
    return RustConstants(numbers) if numbers else None
