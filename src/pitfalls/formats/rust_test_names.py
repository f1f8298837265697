"""Names of the test functions of a Rust file, cheaply: without a syntax tree, as rustfmt lays
them out.

For the question whether a name exists at all, in files far too many for syntax trees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec


class Names(msgspec.Struct, frozen=True):
    """Names with the modules inside the file (``tests::a``); a parametrised test adds a name per
    case and per value, as far as they are written down, and ``a::`` where arguments make the rest.
    ``made_by_macro``: some are not written down."""

    names: tuple[str, ...]
    made_by_macro: bool


# These begin with a literal, so that the search leaps from one to the next; what stands before it
# on its line is looked at afterwards.
_TEST = re.compile(r"#\[\s*(?:\w+\s*::\s*)*(?:test|rstest|test_case|test_matrix)\b(?!\s*::)")
_MODULE = re.compile(r"mod\s+(\w+)\s*\{")
_MODULE_LEAD = re.compile(r"([ \t]*)(?:pub(?:\([^)]*\))?\s+)?")
_FUNCTION = re.compile(
    r"\n[ \t]*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+)*fn\s+(\w+)"
)
_CASE = re.compile(r"\n[ \t]*#\[\s*case\b(?:::)?(\w*)")
_NAMED_BY_ARGUMENTS = re.compile(r"#\[\s*(?:\w+\s*::\s*)*test_(?:case|matrix)\s*\(")
_VALUES = re.compile(
    r"#\[\s*values\s*\(((?:[^()]|\([^()]*\))*)\)\s*\]\s*(?:mut\s+)?(\w+)|\{|\n[ \t]*fn\s"
)
_MACRO = re.compile(r"\nmacro_rules!")


def parse(data: bytes) -> Names | None:
    """The names of one file; None when there are none."""
    text = "\n" + data.decode("utf-8", errors="replace")
    modules = list(_modules(text))
    macros = [m.start() for m in _MACRO.finditer(text)]
    names: list[str] = []
    made_by_macro = False
    for test in _TEST.finditer(text):
        indent = text[text.rfind("\n", 0, test.start()) + 1 : test.start()]
        if indent.strip(" \t"):
            continue
        at = test.start() - len(indent) - 1
        if any(start < at and text.find("\n}", start, at) < 0 for start in macros):
            made_by_macro = True
        path = [m.name for m in modules if m.start < at < m.end and len(m.indent) < len(indent)]
        names += _names(text, at, test.end(), path)
    if not names and not made_by_macro:
        return None
    return Names(tuple(names), made_by_macro)


class _Module(NamedTuple):
    """``mod name {``, from the line's beginning to the closing brace, on a line of its indent."""

    name: str
    indent: str
    start: int
    end: int


def _modules(text: str) -> Iterator[_Module]:
    for found in _MODULE.finditer(text):
        start = text.rfind("\n", 0, found.start())
        lead = _MODULE_LEAD.fullmatch(text, start + 1, found.start())
        if lead is not None:
            closing = f"\n{lead[1]}}}"
            end = text.find(closing, start)
            yield _Module(found[1], lead[1], start, end + len(closing) if end >= 0 else len(text))


def _names(text: str, at: int, end: int, path: list[str]) -> Iterator[str]:
    """The names that the test attribute between ``at`` and ``end`` makes."""
    function = _FUNCTION.search(text, end)
    if function is None:
        return
    name = "::".join([*path, function[1]])
    yield name
    # Attributes may stand in any order, also before the one that makes it a test.
    begin = text.rfind("\n\n", 0, at + 1)
    cases = _CASE.findall(text, max(begin, 0), function.start() + 1)
    yield from (f"{name}::{case}" for case in numbered("case", cases))
    if _NAMED_BY_ARGUMENTS.search(text, max(begin, 0), function.start() + 1):
        yield f"{name}::"
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
