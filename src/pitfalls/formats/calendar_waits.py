"""Loops that compare two reads of one function without arguments: waits that it ends."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import code_text, decode
from pitfalls.formats.code_text import Lines

_READ = re.compile(
    r"\b(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:unsafe\s*\{\s*)?((?:\w+::)*(\w*(?:time_now|epoch|wall_?clock)\w*))\s*\(\s*\)"
)
_READS = re.compile(r"(?:time_now|epoch|wall_?clock)\w*\s*\(\s*\)", re.ASCII)
"""Is in whatever ``_READ`` finds."""


class CalendarWait(msgspec.Struct, frozen=True):
    """A function whose loop subtracts a first read of ``call``, at ``line``, from a later one."""

    function: str
    call: str
    line: int


class CalendarWaits(msgspec.Struct, frozen=True):
    """The waits of one file."""

    waits: tuple[CalendarWait, ...]


def parse_rust(data: bytes) -> CalendarWaits | None:
    """The waits of a Rust file."""
    return _parse(data, rust=True)


def parse_c(data: bytes) -> CalendarWaits | None:
    """The waits of a C or C++ file."""
    return _parse(data, rust=False)


def _parse(data: bytes, *, rust: bool) -> CalendarWaits | None:
    text = code_text.blank(decode(data))
    if not _READS.search(text.code):
        return None
    matching = code_text.braces(text.code)
    lines = Lines(text.code)
    found = []
    for span in (code_text.rust_functions if rust else code_text.c_functions)(text):
        first = _READ.search(text.code, span.opened, span.closed)
        if first is None:
            continue
        for start, end in code_text.loops(text.code, span, matching):
            if start > first.end() and _ends(text.code[start:end], first[1], first[3]):
                found.append(CalendarWait(span.name, first[3], lines.at(first.start())))
                break
    return CalendarWaits(tuple(found)) if found else None


def _ends(loop: str, start: str, call: str) -> bool:
    """Whether a loop reads again and takes the difference to the start."""
    if not re.search(rf"\b{call}\s*\(\s*\)", loop):
        return False
    return bool(
        re.search(rf"[\w)]\s*-\s*{start}\b|(?:wrapping|saturating)_sub\(\s*{start}\b", loop)
    )
