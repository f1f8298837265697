"""Comments that accept a finding: ``pitfalls: allow MEM001 -- reason``, in any language.

Pure: bytes in, facts out. The marker must stand behind something that opens a comment. It covers
its own line; when nothing but the comment stands on that line, the next line of code too.
"""

from __future__ import annotations

import re

import msgspec

NEEDLES = (b"pitfalls: allow", b"pitfalls:allow")

_OPENS = r"(?:#|//[/!]?|/\*+|\*|;+|--|<!--|%|@c|\bREM\b|\{/\*)"
_MARKER = re.compile(
    rf"^(?P<code>.*?){_OPENS}\s*(?:[^\n]*?\s)?pitfalls:\s?allow\b(?P<rest>.*)$", re.IGNORECASE
)
_COMMENT_ONLY = re.compile(rf"^\s*(?:{_OPENS}.*)?$")
_END = re.compile(r"\*+/\}?|-->")
_NAME = re.compile(r"[A-Za-z]{2,4}\d{3}(?:\.[\w-]+)?")


class InlineAllow(msgspec.Struct, frozen=True):
    """One comment. ``names`` are ids or rule ids, ``covers`` the line of code it speaks of (its own
    when code stands there); ``reason`` is empty when none is given."""

    line: int
    covers: int
    names: tuple[str, ...]
    reason: str


class InlineAllows(msgspec.Struct, frozen=True):
    """All such comments of one file."""

    entries: tuple[InlineAllow, ...]


def parse(data: bytes) -> InlineAllows | None:
    """The comments of a file, None when there are none."""
    lines = data.decode("utf-8", errors="replace").splitlines()
    entries = []
    for number, line in enumerate(lines, 1):
        if "pitfalls" not in line.lower() or not (found := _MARKER.match(line[:2000])):
            continue
        comment, _, behind = _END.sub("\0", found["rest"], count=1).partition("\0")
        named, _, reason = comment.partition(" -- ")
        code = found["code"].strip() or behind.strip()
        covers = number if code else _next_code(lines, number)
        names = tuple(_NAME.findall(named))
        entries.append(InlineAllow(number, covers, names, reason.strip()))
    return InlineAllows(tuple(entries)) if entries else None


def _next_code(lines: list[str], number: int) -> int:
    """The first line after ``number`` that holds more than a comment."""
    following = range(number, min(len(lines), number + 50))
    return next((at + 1 for at in following if not _COMMENT_ONLY.match(lines[at])), number)
