"""Variables that hold a version, put where they are used: ``VERSION=1.7.2`` and ``$VERSION``."""

from __future__ import annotations

import re

_VERSION = r"v?\d+\.\d+\.\d+"
_RELEASE = re.compile(r"\d\.\d+\.\d")
_GIVEN = re.compile(
    r"(?:^|[\s;])([A-Za-z_]\w*)[ \t]*(?::=|\?=|=|:)[ \t]*"
    rf"[\"']?({_VERSION})[\"']?[ \t\r]*(?:$|;|&&)"
    rf"|\bset\s*\(\s*([A-Za-z_]\w*)\s+[\"']?({_VERSION})[\"']?(?=[\s)])",
    re.MULTILINE | re.IGNORECASE,
)
_USED = re.compile(
    r"\$\{\{[ \t]*(?:env\.|vars\.)?(\w+)[ \t]*\}\}|\{\{[ \t]*(\w+)[ \t]*\}\}"
    rf"|\$\{{(\w+)(?::?-({_VERSION}))?\}}|\$\((\w+)\)|\$(\w+)"
)


def filled_in(text: str) -> tuple[str, dict[tuple[int, str], int]]:
    """The text with versions instead of the variables that hold them, and for a line and a version
    that came to stand in it the line that gives it. A variable with two values stays."""
    known: dict[str, tuple[str, int]] = {}
    several: set[str] = set()
    for found in _GIVEN.finditer(text) if _RELEASE.search(text) else ():
        name, value = (found[1], found[2]) if found[1] else (found[3], found[4])
        line = text.count("\n", 0, found.start(1) if found[1] else found.start(3)) + 1
        if known.setdefault(name, (value, line))[0] != value:
            several.add(name)
    lines: dict[tuple[int, str], int] = {}

    def shown(used: re.Match[str]) -> str:
        name = used[1] or used[2] or used[3] or used[5] or used[6]
        if name in several or (name not in known and not used[4]):
            return used[0]
        here = text.count("\n", 0, used.start()) + 1
        value, line = known.get(name) or (used[4], here)
        lines[here, value.lstrip("v")] = line
        return value

    if not known and ":-" not in text:
        return text, lines
    return _USED.sub(shown, text), lines
