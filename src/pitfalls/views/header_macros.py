"""Macros by name in the headers of a folder, for expressions that no single file explains."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from pitfalls.model import Place
from pitfalls.source import Source

MAX_HEADERS = 300
"""Headers of one folder that are searched for a macro."""

Finder = Callable[[str], tuple[str, Place] | None]


def header_macros(source: Source, folder: str) -> Finder:
    """A function from the name of a macro to its text and line, where the headers of ``folder``
    define it in one way only."""
    prefix = f"{folder}/" if folder else ""
    known: dict[str, tuple[str, Place] | None] = {}

    @cache
    def headers() -> list[str]:
        inside = [p for p in source.paths if p.startswith(prefix) and p.endswith(".h")]
        return inside[:MAX_HEADERS]

    def find(name: str) -> tuple[str, Place] | None:
        if name not in known:
            known[name] = _find(source, headers(), name)
        return known[name]

    return find


def _find(source: Source, headers: list[str], name: str) -> tuple[str, Place] | None:
    wanted = name.encode()
    pattern = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+" + wanted + rb"[ \t]+([^\n]+)", re.MULTILINE)
    found: dict[str, Place] = {}
    for path in headers:
        data = source.read(path) or b""
        for match in pattern.finditer(data) if wanted in data else ():
            text = match[1].decode(errors="replace").split("//")[0]
            text = re.sub(r"/\*.*?(?:\*/|$)", "", text).strip()
            found.setdefault(text, Place(path, data.count(b"\n", 0, match.start()) + 1))
    return next(iter(found.items())) if len(found) == 1 else None
