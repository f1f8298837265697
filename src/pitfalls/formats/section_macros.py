"""Macros of a C file that stand for a section attribute."""

from __future__ import annotations

import re

from pitfalls.formats import decode

SECTION = re.compile(r"\bsection_*\s*\(\s*\"([^\"\n]+)\"")
"""The name in ``section("…")`` of an attribute."""

_DEFINE = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[ \t]|\\\n)(?:[^\\\n]|\\\n|\\.){0,300})", re.MULTILINE
)


def section_macros(data: bytes) -> dict[str, str]:
    """Macro -> section, where a macro names one section only."""
    if b"section" not in data or b"define" not in data:
        return {}
    found: dict[str, set[str]] = {}
    for macro in _DEFINE.finditer(decode(data)):
        section = SECTION.search(macro[2])
        if section:
            found.setdefault(macro[1], set()).add(section[1])
    return {name: next(iter(sections)) for name, sections in found.items() if len(sections) == 1}
