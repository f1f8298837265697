"""The type that a platform header gives ``z_clock_t``, and the kinds that types fall into."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from pitfalls.formats import decode

TypeKind = Literal["structure", "pointer", "64 bits", "32 bits", "double", ""]

_TYPEDEF = re.compile(r"typedef[ \t]+([\w \t*]{1,60}?)[ \t]*\bz_clock_t[ \t]*;")
_KINDS: tuple[tuple[TypeKind, re.Pattern[str]], ...] = (
    ("structure", re.compile(r"struct\b|timespec|LARGE_INTEGER")),
    ("pointer", re.compile(r"\*|usize|uintptr_t|size_t")),
    ("64 bits", re.compile(r"[ui](?:nt)?64|long\s+long")),
    ("double", re.compile(r"double|f64")),
    ("32 bits", re.compile(r"[ui](?:nt)?32|TickType_t")),
)


class ClockType(msgspec.Struct, frozen=True):
    """A ``typedef`` of z_clock_t."""

    type: str
    line: int


def parse(data: bytes) -> ClockType | None:
    """The typedef of a header that has exactly one."""
    text = decode(data)
    found = list(_TYPEDEF.finditer(text))
    if len(found) != 1:
        return None
    return ClockType(" ".join(found[0][1].split()), text.count("\n", 0, found[0].start()) + 1)


def kind_of(type_: str) -> TypeKind:
    """The kind of a C or Rust type; empty when it is none of the known ones."""
    return next((kind for kind, pattern in _KINDS if pattern.search(type_)), "")
