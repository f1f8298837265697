"""The body of FreeRTOS's idle hook, in C, in Rust or in C text inside Rust."""

from __future__ import annotations

import re

import msgspec

_DEFINED = re.compile(
    rb"\bvApplicationIdleHook\s*\(\s*(?:void)?\s*\)\s*(?:->\s*\(\)\s*)?\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)"
)
_SLEEPS = re.compile(
    rb"\bwf[ie]\b|__WF[IE]\b|\b\w*_?idle\w*\s*\(|\bsleep\w*\s*\(|\bwfi\w*\s*\(", re.I
)
_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)


class IdleHook(msgspec.Struct, frozen=True):
    """The line of the definition; ``sleeps`` is the word that lets the CPU sleep, or empty."""

    line: int
    sleeps: str


def parse(data: bytes) -> IdleHook | None:
    """The first definition; None when the file only declares or mentions it."""
    found = _DEFINED.search(data)
    if found is None:
        return None
    word = _SLEEPS.search(_COMMENT.sub(b" ", found[1]))
    text = word[0].decode(errors="replace").rstrip("( ") if word else ""
    return IdleHook(data.count(b"\n", 0, found.start()) + 1, text)
