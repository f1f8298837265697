"""Calls of ``z_realloc``, which a lossy one harms; and of constructors of executors."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import blank

_REALLOC = re.compile(r"(?:[=(,]|\breturn|\bunsafe\s*\{)\s*(?:\([^()\n]{1,60}\)\s*)?z_realloc\s*\(")
_EXECUTOR = re.compile(
    r"\bExecutor(?:::<[^>\n]*>)?::(?:open|new|create)\s*\(|\b\w*executor_init\s*\("
)


class HeapUse(msgspec.Struct, frozen=True):
    """Lines of the first call of each kind; 0 for none."""

    realloc: int
    executor: int


def parse(data: bytes) -> HeapUse | None:
    """The first calls outside comments; None when there are none."""
    code = blank(decode(data)).code
    lines = [
        code.count("\n", 0, found.end()) + 1 if (found := pattern.search(code)) else 0
        for pattern in (_REALLOC, _EXECUTOR)
    ]
    return HeapUse(*lines) if any(lines) else None
