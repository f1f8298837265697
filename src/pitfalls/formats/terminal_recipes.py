"""Instructions with numbered terminals, in documents and in texts that recipes print.

``# Terminal 2: talker`` followed by commands, or ``echo "Terminal 2: cargo run --bin talker"``. A
heading, a terminal 1 again, or another word (a step after a terminal) begins another recipe. Blocks
of source code are what files hold, no commands, and an item of a task list is work to do.
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


_TERMINAL = re.compile(r"\b(Terminal|Shell|Window|Step)\s+(?:#\s*)?(\d)\b(.*)", re.IGNORECASE)
_FENCE = re.compile(r"\s*(?:```|~~~)(.*)")
_COMMANDS = re.compile(
    r"\s*$|.*\b(?:(?:ba|z|fi|k|c)?sh|shell|console|terminal|session|te?xt|plain|powershell|ps1"
    r"|cmd|bat)",
    re.IGNORECASE,
)
_TASK = re.compile(r"\s*[-*+] \[[ xX]\] ")
_HEADING = re.compile(r"#{1,6} |={3,}$|-{3,}$")
_ECHO = re.compile(r"\s*@?(?:echo|printf)\s+(?:-e\s+)?['\"]?(.*)")
MAX_LINES = 12
"""Lines of a terminal that are read."""


def parse_document(data: bytes) -> Recipes | None:
    """The recipes of a Markdown or reStructuredText file, None when it has none."""
    rows = []
    fenced = source = False
    for row in decode(data).split("\n"):
        if (fence := _FENCE.match(row)) is not None:
            fenced = not fenced
            source = fenced and _COMMANDS.match(fence[1]) is None
            rows.append("")
        elif source:
            rows.append("")
        elif not fenced and _ends(row):
            rows.append("\f")
        else:
            rows.append(row)
    return _recipes(rows)


def _ends(row: str) -> bool:
    heads = _HEADING.match(row) is not None and _TERMINAL.search(row) is None
    return heads or _TASK.match(row) is not None


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
    word = ""

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
            if current and (int(found[2]) <= current[-1].number or word != found[1].lower()):
                close()
            word = found[1].lower()
            current.append(Terminal(int(found[2]), found[3].strip(), number))
        elif current and row.strip() and number - current[-1].line <= MAX_LINES:
            last = current[-1]
            text = f"{last.text}\n{row.strip()}"[:2000]
            current[-1] = Terminal(last.number, text, last.line)
    close()
    return Recipes(tuple(recipes)) if recipes else None
