"""CMake options that a comment or their own text declares exclusive, and what refuses two."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.exclusivity import declares


class ExclusiveOptions(msgspec.Struct, frozen=True):
    """Options of which only one may be ON; ``refused`` is the line of a ``FATAL_ERROR`` that two
    of them lead to, or 0; ``words`` is the declaration."""

    names: tuple[str, ...]
    line: int
    words: str
    refused: int


class OptionFile(msgspec.Struct, frozen=True):
    """The groups of one file."""

    groups: tuple[ExclusiveOptions, ...]


_OPTION = re.compile(r"\s*option\s*\(\s*(\w+)\s*(\"[^\"]*\")?", re.IGNORECASE)
_FATAL = re.compile(r"message\s*\(\s*(?:FATAL_ERROR|SEND_ERROR)", re.IGNORECASE)
_IF = re.compile(r"^\s*(?:else)?if\s*\(", re.IGNORECASE)
_BACK = 12


def parse(data: bytes) -> OptionFile | None:
    """The declared groups of a CMake file, None when it declares none."""
    rows = decode(data).split("\n")
    groups = [
        ExclusiveOptions(names, line, words, _refusal(rows, names))
        for names, line, words in _groups(rows)
    ]
    return OptionFile(tuple(groups)) if groups else None


def _groups(rows: list[str]) -> Iterator[tuple[tuple[str, ...], int, str]]:
    seen: set[str] = set()
    for number, row in enumerate(rows):
        option = _OPTION.match(row)
        comment = row.strip() if row.strip().startswith("#") else ""
        words = comment or (option[2] if option and option[2] else "")
        if not words or not declares(words):
            continue
        start = number if option else number + 1
        names = []
        for below in rows[start:]:
            found = _OPTION.match(below)
            if found:
                names.append(found[1])
            elif names or not below.strip().startswith("#"):
                break
        if len(names) > 1 and not seen & set(names):
            seen |= set(names)
            yield tuple(names), start + 1, " ".join(words.strip('#" ').split())[:100]


def _refusal(rows: list[str], names: tuple[str, ...]) -> int:
    """The line of an error below an ``if`` that looks at two of the options or counts them."""
    for number, row in enumerate(rows):
        if not _FATAL.search(row):
            continue
        above = rows[max(0, number - _BACK) : number + 1]
        conditions = " ".join(r for r in above if _IF.match(r) or " AND " in r)
        named = sum(re.search(rf"\b{name}\b", conditions) is not None for name in names)
        counts = re.search(r"\b(?:GREATER|COUNT|NOT\s+\S+\s+EQUAL)\b", conditions) is not None
        if named > 1 or counts:
            return number + 1
    return 0
