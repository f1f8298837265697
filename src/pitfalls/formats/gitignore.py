"""``.gitignore``: its patterns as written. Matching is left to a library."""

from __future__ import annotations

import msgspec

from pitfalls.formats import decode


class IgnoreFile(msgspec.Struct, frozen=True):
    """The lines of one file that are patterns."""

    patterns: tuple[str, ...]


def parse(data: bytes) -> IgnoreFile | None:
    """The patterns, None when there are none."""
    rows = [row.rstrip("\r") for row in decode(data).split("\n")]
    patterns = tuple(row for row in rows if row.strip() and not row.startswith("#"))
    return IgnoreFile(patterns) if patterns else None
