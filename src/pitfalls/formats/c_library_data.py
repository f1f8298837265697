"""picolibc in tables of build data: ``needs_picolibc = true`` beside ``needs_errno_override``."""

from __future__ import annotations

import re

from pitfalls.formats import decode
from pitfalls.formats.c_library import LibraryBuild, LibraryBuilds, LibraryFlag, facts

_TABLE = re.compile(r"\s*\[+([^\]\n]+)\]+")
_KEY = re.compile(r"\s*([\w-]*(?:picolibc|errno)[\w-]*)\s*=\s*true\b", re.IGNORECASE)


def parse(data: bytes) -> LibraryBuilds | None:
    """Each table with a true ``…picolibc…`` key; a true ``…errno…`` key is its own errno.h, which
    the code behind such tables puts first."""
    found: dict[str, list[tuple[str, int]]] = {}
    table = ""
    for number, row in enumerate(decode(data).splitlines(), 1):
        if named := _TABLE.match(row):
            table = named[1].strip()
        elif (key := _KEY.match(row)) is not None:
            found.setdefault(table, []).append((key[1].lower(), number))
    builds = []
    for name, keys in found.items():
        own = [LibraryFlag("include", key, line) for key, line in keys if "picolibc" not in key]
        selected = [
            LibraryFlag("include", key, line, is_picolibc=True)
            for key, line in keys
            if "picolibc" in key
        ]
        if selected:
            flags = (*own, *selected)
            overrides = tuple(flag.value for flag in own)
            builds.append(LibraryBuild(name, selected[0].line, flags, overrides))
    return facts(builds, [], "")
