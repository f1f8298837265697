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
_WFI = rb"(?i:\b(?:__)?wf[ie]\b)"
_DEAD = re.compile(rb"^[ \t]*#[ \t]*if[ \t]+0\b.*?^[ \t]*#[ \t]*(?:endif|else)\b", re.DOTALL | re.M)
_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)


class IdleHook(msgspec.Struct, frozen=True):
    """The line of the definition; ``sleeps`` is the word that lets the CPU sleep, or empty."""

    line: int
    sleeps: str


def parse(data: bytes) -> IdleHook | None:
    """The first definition; None when the file only declares or mentions it."""
    data = _DEAD.sub(lambda m: b"\n" * m[0].count(b"\n"), data)
    found = _DEFINED.search(data)
    if found is None:
        return None
    body = _COMMENT.sub(b" ", found[1])
    word = _SLEEPS.search(body) or _called(body, data)
    text = word[0].decode(errors="replace").rstrip("( ") if word else ""
    return IdleHook(data.count(b"\n", 0, found.start()) + 1, text)


def _called(body: bytes, data: bytes) -> re.Match[bytes] | None:
    """The WFI of a function or macro of the same file that the body calls."""
    plain = _COMMENT.sub(b" ", data)
    for name in re.findall(rb"\b(\w+)\s*\(", body):
        heads = rb"\b%s\s*\([^(){};]*\)\s*\{[^{}]*?|#[ \t]*define[ \t]+%s\b[^\n]*?" % (name, name)
        if found := re.search(rb"(?:%s)(?P<word>%s)" % (heads, _WFI), plain):
            return re.search(_WFI, found["word"])
    return None
