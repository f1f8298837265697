"""What an expression of a Rust launcher can be: a text, an argument list, a command."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pitfalls.formats.commands import Helper, HelperKind, Word


@dataclass
class Text:
    """A text, symbolic where it is not known."""

    text: str
    line: int


@dataclass
class Words:
    """An argument list."""

    words: list[Word] = field(default_factory=list)
    scope: int = 0


@dataclass
class Built:
    """A command under construction; ``parameter``: it belongs to the caller."""

    words: list[Word]
    line: int
    scope: int
    end_line: int = 0
    captured: bool = False
    parameter: bool = False
    returned: bool = False


Result = Text | Words | Built


def helper(name: str, result: Result, line: int) -> Helper:
    """What a function or constant called ``name`` supplies."""
    if isinstance(result, Text):
        return Helper(name, "text", (Word(result.text, result.line),), line)
    kind: HelperKind = "command" if isinstance(result, Built) else "arguments"
    return Helper(name, kind, tuple(result.words), line)


def is_known(text: str) -> bool:
    """Whether a text holds anything besides one symbolic part."""
    return re.fullmatch(r"\$\{[^}]*\}", text) is None or ":-" in text
