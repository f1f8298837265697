"""Numbers that Rust files give names: constants, fields of constant structures, and the ports of
constant addresses."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import code_text, decode

_HEAD = re.compile(r"\b(?:const|static)\s+([A-Z][A-Z0-9_]*)\s*:\s*[^=;{}]{1,80}=\s*")
# A comment may stand before the value. It is a third of the time to look for none at all.
_QUICK = re.compile(
    r"\b(?:const|static)\s+[A-Z]\w*\s*:[^=;{}]{1,300}=\s*(?:[\d/]|(?:\w+::)*[A-Z]\w*\s*[{/]"
    r"|\"[^\"\n]{0,80}:\d)"
)
_NUMBER = re.compile(r"(\d[\d_]*)(?:[ui](?:8|16|32|64|size))?\s*;")
_ADDRESS = re.compile(_HEAD.pattern + r"\"[^\"\n]{0,80}:(\d{1,5})\"\s*;")
_STRUCTURE = re.compile(r"(?:\w+::)*[A-Z]\w*\s*\{([^{}]{0,2000})\}\s*;")
_FIELD = re.compile(r"(?:^|,)\s*(\w+)\s*:\s*(\d[\d_]*)(?:[ui](?:8|16|32|64|size))?\s*(?=,|$)")


class RustConstants(msgspec.Struct, frozen=True):
    """One file: ``PORT``, ``BOARD.port`` and ``ADDRESS`` with their numbers."""

    numbers: dict[str, str]


def parse(data: bytes) -> RustConstants | None:
    """The named numbers of a file; None when it has none."""
    text = decode(data)
    if not _QUICK.search(text):
        return None
    plain, code = code_text.blank(text)
    numbers: dict[str, str] = {}
    for head in _HEAD.finditer(code):
        number = _NUMBER.match(code, head.end())
        structure = _STRUCTURE.match(code, head.end()) if number is None else None
        if number is not None:
            numbers[head[1]] = number[1].replace("_", "")
        for field in _FIELD.finditer(structure[1]) if structure is not None else ():
            numbers[f"{head[1]}.{field[1]}"] = field[2].replace("_", "")
    numbers |= {found[1]: found[2] for found in _ADDRESS.finditer(plain)}
    return RustConstants(numbers) if numbers else None
