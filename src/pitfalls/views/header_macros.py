"""Numbers by name in the files of a folder, for expressions that no single file explains: macros,
enumerators and constants of its headers, ``-D`` of its build files, constants of its Rust code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from pitfalls.formats import named_values
from pitfalls.model import Place
from pitfalls.source import Source

MAX_FILES = 300
"""Files of one folder and kind that are searched for a name."""

Finder = Callable[[str, str], tuple[str, Place] | None]

_BUILD_FILES = ("CMakeLists.txt", "Makefile", "makefile", "platformio.ini", "build.rs", "justfile")
_BUILD_ENDS = (".cmake", ".mk", ".just")


def header_macros(source: Source, folder: str) -> Finder:
    """A function from a name, and the file that uses it, to the text that gives the number and its
    line, where the files of ``folder`` say it in one way only."""
    prefix = f"{folder}/" if folder else ""
    known: dict[tuple[str, bool], tuple[str, Place] | None] = {}

    @cache
    def inside(kind: str, near: str) -> list[str]:
        wanted = _IS[kind]
        found = [p for p in source.paths if p.startswith(prefix) and wanted(p)]
        if len(found) > MAX_FILES:  # those beside the user first
            found.sort(key=lambda path: path.rpartition("/")[0] != near)
        return found[:MAX_FILES]

    def find(name: str, user: str) -> tuple[str, Place] | None:
        if not name.isidentifier():  # an expression, such as the size of a type
            return None
        rust = user.endswith(".rs")
        if (name, rust) not in known:
            known[name, rust] = next(
                (
                    found
                    for kind in (("Rust",) if rust else ("header", "build"))
                    if (found := _find(source, inside(kind, user.rpartition("/")[0]), kind, name))
                ),
                None,
            )
        return known[name, rust]

    return find


def given_by_build(source: Source, folder: str, name: str) -> tuple[str, Place] | None:
    """What the build files of ``folder`` define ``name`` as, when they do so in one way only."""
    prefix = f"{folder}/" if folder else ""
    paths = [p for p in source.paths if p.startswith(prefix) and _is_build(p)]
    return _find(source, paths[:MAX_FILES], "build", name)


def _is_build(path: str) -> bool:
    return path.rpartition("/")[2] in _BUILD_FILES or path.endswith(_BUILD_ENDS)


_IS: dict[str, Callable[[str], bool]] = {
    "header": lambda path: path.endswith(".h"),
    "build": _is_build,
    "Rust": lambda path: path.endswith(".rs"),
}


def _find(source: Source, paths: Iterable[str], kind: str, name: str) -> tuple[str, Place] | None:
    # A pattern that begins with the plain name is searched for fast; the reader is exact.
    word = re.escape(name).encode() + rb"\b"
    read = named_values.READERS[kind]
    found: dict[str, Place] = {}
    for path in paths:
        if source.matches(path, word):
            for text, line in read(source.read(path) or b"", name):
                found.setdefault(text, Place(path, line))
    return next(iter(found.items())) if len(found) == 1 else None
