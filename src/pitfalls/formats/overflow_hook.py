"""Where the function is defined that FreeRTOS calls when it finds a stack overflow."""

from __future__ import annotations

import re

import msgspec

_DEFINED = re.compile(rb"\bvApplicationStackOverflowHook\s*\([^;{]{0,300}\)\s*(?:->\s*!\s*)?\{")


class Hook(msgspec.Struct, frozen=True):
    """The definition, in C, in Rust or in C text inside Rust."""

    line: int


def parse(data: bytes) -> Hook | None:
    """The first definition; None when the file only declares or mentions it."""
    found = _DEFINED.search(data)
    return Hook(data.count(b"\n", 0, found.start()) + 1) if found else None
