"""Versions of zenoh components that prose names: documentation, comments, build-script text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode


class Statement(msgspec.Struct, frozen=True):
    """``component`` is empty for all of them; ``declares`` when the sentence says that they are
    pinned, or must be one version."""

    component: str
    version: str
    line: int
    declares: bool


class Statements(msgspec.Struct, frozen=True):
    """Those of one file."""

    statements: tuple[Statement, ...]


_NAMED = re.compile(
    r"(?<![\w/.-])(zenohd|zenoh-pico|zenoh_pico|zenoh)\b(?![-_/.]\w)"
    r"(?:[\s:*`=(v@,-]|--version|router|version|and|must|be|the|same|components?|pinned|to|is|are|"
    r"submodule|zenohd|zenoh-pico){0,14}?[\s:*`=(v@]\(?v?(\d+\.\d+\.\d+)\b(?!\.\d|[+\w])",
    re.IGNORECASE,
)
_DECLARES = re.compile(r"\bpinn?ed\b|\bpins?\b|must (?:be|match)|same version", re.IGNORECASE)
_HISTORY = re.compile(
    r"->|→|➜|\bwas\b|\bwere\b|\bused to\b|\bbefore\b|\bsince\b|\buntil\b|\bup to\b|\bolder\b"
    r"|\bnewer\b|\bearlier\b|\bprevious|\bfixed in\b|\bbump|\bupgrad|\bdowngrad|\bmigrat|\bretired"
    r"|[<>≤≥]|\bvs\.?\b|\bversus\b|\bmismatch|\blater\b|\brelease[sd]?\b|\btested\b|\bas of\b"
    r"|\bsupports?\b|\brequires?\b|\be\.g\.|\bexample\b"
    r"|\bupstream\b|\w/src/|\b20\d\d-\d\d-\d\d\b",  # a source that is quoted, a dated entry
    re.IGNORECASE,
)
_ALL = re.compile(r"\b(?:all zenoh components|zenoh components|zenoh-pico and zenohd)\b", re.I)


_VERSION = re.compile(rb"\d\.\d+\.\d")
MAX_ROW = 1000
"""Bytes of a line that is looked at; longer ones are data."""


def parse_prose(data: bytes) -> Statements | None:
    """Markdown and reStructuredText: every line outside of tables with several versions."""
    return _statements(_rows(data))


def parse_comments(data: bytes) -> Statements | None:
    """Comments of code, scripts and build files."""
    return _statements((n, row) for n, row in _rows(data) if row.lstrip()[:1] == "#" or "//" in row)


def _rows(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that name zenoh and then a version."""
    at, number = 0, 1
    while (named := data.find(b"enoh", at)) >= 0:
        start = data.rfind(b"\n", at, named) + 1 or at
        end = data.find(b"\n", named)
        end = len(data) if end < 0 else end
        number += data.count(b"\n", at, named)
        if end - start <= MAX_ROW and _VERSION.search(data, named, end):
            yield number, decode(data[start:end])
        number += 1
        at = end + 1


def _statements(rows: Iterator[tuple[int, str]]) -> Statements | None:
    found = []
    for number, row in rows:
        if _HISTORY.search(row):
            continue
        versions = set(re.findall(r"\b\d+\.\d+\.\d+\b(?!\.\d)", row))
        named = _NAMED.search(row)
        if named is None or len(versions) != 1:
            continue
        name = "" if _ALL.search(row) else named[1].lower().replace("_", "-")
        component = "zenohd" if name == "zenoh" else name
        declares = _DECLARES.search(row) is not None
        found.append(Statement(component, named[2], number, declares))
    return Statements(tuple(found)) if found else None
