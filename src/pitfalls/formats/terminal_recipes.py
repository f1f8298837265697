"""Instructions with numbered terminals, in documents and in texts that recipes print.

``# Terminal 2: talker`` followed by commands, or ``echo "Terminal 2: cargo run --bin talker"``. A
heading, or a terminal 1 again, begins another recipe.
"""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode


class Terminal(msgspec.Struct, frozen=True):
    """One terminal: its number, its own line and the lines after it, as one text."""

    number: int
    text: str
    line: int


class Recipes(msgspec.Struct, frozen=True):
    """The recipes of a file: terminals in the order in which they are to be started."""

    recipes: tuple[tuple[Terminal, ...], ...]


_TERMINAL = re.compile(r"\b(?:Terminal|Shell|Window|Step)\s+(?:#\s*)?(\d)\b(.*)", re.IGNORECASE)
_FENCE = re.compile(r"\s*(?:```|~~~)")
_HEADING = re.compile(r"#{1,6} |={3,}$|-{3,}$")
_ECHO = re.compile(r"\s*@?(?:echo|printf)\s+(?:-e\s+)?['\"]?(.*)")
MAX_LINES = 12
"""Lines of a terminal that are read."""


def parse_document(data: bytes) -> Recipes | None:
    """The recipes of a Markdown or reStructuredText file, None when it has none."""
    rows = []
    fenced = False
    for row in decode(data).split("\n"):
        if _FENCE.match(row):
            fenced = not fenced
            rows.append("")
        elif not fenced and _HEADING.match(row) and not _TERMINAL.search(row):
            rows.append("\f")
        else:
            rows.append(row)
    return _recipes(rows)


def parse_printed(data: bytes) -> Recipes | None:
    """The recipes that a script or a recipe file prints, None when it prints none."""
    rows = []
    for row in decode(data).split("\n"):
        found = _ECHO.match(row)
        rows.append(found[1].rstrip("\"'") if found else "\f" if re.match(r"\S", row) else "")
    return _recipes(rows)


def _recipes(rows: list[str]) -> Recipes | None:
    recipes: list[tuple[Terminal, ...]] = []
    current: list[Terminal] = []

    def close() -> None:
        if len(current) > 1:
            recipes.append(tuple(current))
        current.clear()

    for number, row in enumerate(rows, 1):
        if row == "\f":
            close()
            continue
        found = _TERMINAL.search(row)
        if found is not None:
            if current and int(found[1]) <= current[-1].number:
                close()
            current.append(Terminal(int(found[1]), found[2].strip(), number))
        elif current and row.strip() and number - current[-1].line <= MAX_LINES:
            last = current[-1]
            text = f"{last.text}\n{row.strip()}"[:2000]
            current[-1] = Terminal(last.number, text, last.line)
    close()
    return Recipes(tuple(recipes)) if recipes else None
