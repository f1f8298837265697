"""Programs that start a zenoh router from ``PATH``; asking for its version is no start."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, blank


class RouterStarts(msgspec.Struct, frozen=True):
    """The lines of one file."""

    lines: tuple[int, ...]


_SPAWN = re.compile(
    r"(?:Command::new|duct::cmd|cmd!?|Popen|run|create_subprocess_exec|check_call)"
    r"\s*\(\s*\[?\s*[\"']zenohd[\"']"
)
_PROBE = re.compile(r"[\"']--?(?:version|help|V|h)[\"']")
_REACH = 240


def parse_code(data: bytes) -> RouterStarts | None:
    """Rust and Python: a process of the bare name, unless it is asked for its version."""
    text = blank(decode(data))
    lines = Lines(text.plain)
    found = [
        lines.at(m.start())
        for m in _SPAWN.finditer(text.plain)
        if not _PROBE.search(text.plain, m.end(), m.end() + _REACH)
    ]
    return RouterStarts(tuple(found)) if found else None
