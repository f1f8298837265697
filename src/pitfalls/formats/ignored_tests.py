"""Rust tests that are ignored, with the reason that they give."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, blank


class IgnoredTest(msgspec.Struct, frozen=True):
    """A test with ``#[ignore]``; ``reason`` is empty when it gives none."""

    name: str
    line: int
    reason: str


class IgnoredTests(msgspec.Struct, frozen=True):
    """Those of one file."""

    tests: tuple[IgnoredTest, ...]


_IGNORED = re.compile(
    r"#\[ignore(?:\s*=\s*\"(?P<reason>[^\"]{0,400})\")?\s*\]"
    r"(?:\s*#\[[^\]]{0,200}\])*\s*(?:pub\s+)?(?:async\s+)?fn\s+(?P<name>\w+)"
)


def parse(data: bytes) -> IgnoredTests | None:
    """The ignored tests of a file, None when there is none."""
    text = blank(decode(data))
    lines = Lines(text.plain)
    found = tuple(
        IgnoredTest(m["name"], lines.at(m.start("name")), m["reason"] or "")
        for m in _IGNORED.finditer(text.plain)
    )
    return IgnoredTests(found) if found else None
