"""Names of the test functions of a Rust file, cheaply: without a syntax tree, as rustfmt lays
them out.

For the question whether a name exists at all, in files far too many for syntax trees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec


class Names(msgspec.Struct, frozen=True):
    """Names with the modules inside the file (``tests::a``); a parametrised test adds a name per
    case and per value, as far as they are written down. ``made_by_macro``: some are not."""

    names: tuple[str, ...]
    made_by_macro: bool


# The attribute comes first: it is rare, so the search leaps from one to the next.
_TEST = re.compile(r"\n([ \t]*)#\[\s*(?:\w+\s*::\s*)*(?:test|rstest|test_case)\b")
_FUNCTION = re.compile(
    r"\n[ \t]*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+)*fn\s+(\w+)"
)
_CASE = re.compile(r"\n[ \t]*#\[\s*case\b(?:::)?(\w*)")
_VALUES = re.compile(
    r"#\[\s*values\s*\(((?:[^()]|\([^()]*\))*)\)\s*\]\s*(?:mut\s+)?(\w+)|\{|\n[ \t]*fn\s"
)
_MODULE = re.compile(r"\n([ \t]*)(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*\{")
_MACRO = re.compile(r"\nmacro_rules!")


def parse(data: bytes) -> Names | None:
    """The names of one file; None when there are none."""
    text = "\n" + data.decode("utf-8", errors="replace")
    modules = [(m.start(), m[1], m[2]) for m in _MODULE.finditer(text)]
    macros = [m.start() for m in _MACRO.finditer(text)]
    names: list[str] = []
    made_by_macro = False
    for test in _TEST.finditer(text):
        at = test.start()
        if any(start < at and text.find("\n}", start, at) < 0 for start in macros):
            made_by_macro = True
        names += _names(text, test, modules)
    if not names and not made_by_macro:
        return None
    return Names(tuple(names), made_by_macro)


def _names(text: str, test: re.Match[str], modules: list[tuple[int, str, str]]) -> Iterator[str]:
    function = _FUNCTION.search(text, test.end())
    if function is None:
        return
    at = test.start()
    # A module is open when its closing brace, on a line of the same indent, comes later.
    path = [
        name
        for start, indent, name in modules
        if start < at and len(indent) < len(test[1]) and text.find(f"\n{indent}}}", start, at) < 0
    ]
    name = "::".join([*path, function[1]])
    yield name
    # Attributes may stand in any order, also before the one that makes it a test.
    begin = text.rfind("\n\n", 0, at + 1)
    cases = _CASE.findall(text, max(begin, 0), function.start() + 1)
    yield from (f"{name}::{case}" for case in numbered("case", cases))
    for found in _VALUES.finditer(text, function.end()):
        if found[2] is None:
            return
        values = [re.sub(r"\W", "_", v.strip()) for v in found[1].split(",") if v.strip()]
        yield from (f"{name}::{value}" for value in numbered(found[2], values))


def numbered(word: str, names: list[str]) -> list[str]:
    """The names that rstest makes: ``case_1_zenoh``, ``lang_2_Lang__C``; with ten or more the
    number has leading zeros."""
    width = len(str(len(names)))
    return [f"{word}_{n:0{width}}" + (f"_{x}" if x else "") for n, x in enumerate(names, 1)]
