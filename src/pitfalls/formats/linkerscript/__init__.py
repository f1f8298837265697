"""GNU ld linker scripts (and lld's, which follow them).

``parse`` reads the commands in which a script says where memory is and what goes there, with
error recovery per statement; expressions are kept in postfix order and evaluated by
:func:`evaluate`, so that a view can join several files first.
"""

from __future__ import annotations

from pitfalls.formats import decode
from pitfalls.formats.linkerscript.commands import Parser
from pitfalls.formats.linkerscript.expressions import evaluate, number
from pitfalls.formats.linkerscript.facts import (
    Assignment,
    Command,
    Expression,
    Include,
    InputPattern,
    Insert,
    Item,
    LinkerScript,
    OutputSection,
    Problem,
    Region,
    RegionAlias,
)
from pitfalls.formats.linkerscript.memory import Memory, memory_of

__all__ = [
    "Assignment",
    "Command",
    "Expression",
    "Include",
    "InputPattern",
    "Insert",
    "Item",
    "LinkerScript",
    "Memory",
    "OutputSection",
    "Problem",
    "Region",
    "RegionAlias",
    "evaluate",
    "memory_of",
    "number",
    "parse",
]


def parse(data: bytes) -> LinkerScript | None:
    """The script in ``data``; None when it holds no statement.

    Raises :class:`~pitfalls.formats.FormatError` when it ends inside a block or a comment.
    """
    script = Parser(decode(data).replace("\r\n", "\n")).script()
    return script if script.items or script.problems else None
