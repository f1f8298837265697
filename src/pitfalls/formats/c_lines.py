"""The lines of C text as the preprocessor sees them: continuations joined, comments gone."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator

_NOISE = re.compile(
    r"""//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|$)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
)
_OBJECT = re.compile(r"\s*([A-Za-z_]\w*)(?!\()\s+(.+)")
DIRECTIVE = re.compile(r"[ \t]*#[ \t]*([A-Za-z]+)(.*)")
"""A directive: its name and the rest of the line."""
GUARD = re.compile(r"\s*!\s*defined\s*\(?\s*([A-Za-z_]\w*)\s*\)?\s*$")
"""The condition of an include guard, or of a default."""


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """``(line, text)`` of directives: continuation lines joined, comments replaced by a space.

    A comment keeps its line breaks, so that lines count right.
    """
    plain = _NOISE.sub(_blank, text.replace("\r\n", "\n").replace("\r", "\n"))
    number, pending, start = 0, "", 1
    for raw in plain.split("\n"):
        number += 1
        if not pending:
            start = number
        if raw.endswith("\\"):
            pending += raw[:-1] + " "
            continue
        yield start, pending + raw
        pending = ""
    if pending:
        yield start, pending


def object_macros(text: str) -> dict[str, tuple[str, int]]:
    """Object-like macros that the text defines in one way only: name -> (text, line)."""
    found: dict[str, tuple[str, int]] = {}
    several: set[str] = set()
    for number, row in logical_lines(text):
        directive = DIRECTIVE.match(row)
        named = _OBJECT.fullmatch(directive[2]) if directive and directive[1] == "define" else None
        if named:
            value = " ".join(named[2].split())[:_MAX_TEXT]
            if found.setdefault(named[1], (value, number))[0] != value:
                several.add(named[1])
    return {name: value for name, value in found.items() if name not in several}


def _blank(found: re.Match[str]) -> str:
    whole = found[0]
    if whole.startswith("/*"):
        # A comment inside a directive continues it: keep the count, not the break.
        return " " + "\\\n" * whole.count("\n")
    return "" if whole.startswith("//") else whole


class Branches:
    """Which ``#if`` branches hold a line: conditions outermost first, ``!`` before one in its
    ``#else``; include guards are left out."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = [0]
        self._stacks: list[tuple[str, ...]] = [()]
        self.includes: list[str] = []
        stack: list[str] = []
        for number, row in logical_lines(text):
            found = DIRECTIVE.match(row)
            if not found:
                continue
            if found[1] == "include" and not any(stack):
                self.includes.append(found[2].strip().strip('"<>'))
            elif _turn(found[1], " ".join(found[2].split()), stack):
                self._starts.append(number)
                self._stacks.append(
                    tuple(condition for condition in stack[-_MAX_DEPTH:] if condition)
                )

    def at(self, line: int) -> tuple[str, ...]:
        """The conditions around ``line``."""
        return self._stacks[bisect.bisect_right(self._starts, line) - 1]


# A condition and a nesting beyond these are cut off.
_MAX_TEXT = 500
_MAX_DEPTH = 16

_GUARD_NAME = re.compile(r"\w+_H(?:PP)?_*")


def _turn(name: str, rest: str, stack: list[str]) -> bool:
    """Apply one conditional directive to ``stack``; False for any other directive."""
    if name == "if":
        stack.append(rest)
    elif name == "ifdef":
        stack.append(f"defined({rest})")
    elif name == "ifndef":
        stack.append("" if _GUARD_NAME.fullmatch(rest) else f"!defined({rest})")
    elif name in ("elif", "else") and stack:
        opened = stack.pop()
        text = f"!({opened})" + (f" && {rest}" if name == "elif" else "")
        stack.append(text[:_MAX_TEXT])
    elif name == "endif" and stack:
        stack.pop()
    else:
        return False
    return True


def include_guard(directives: list[tuple[int, str, str]]) -> str:
    """The name that the file's first two directives test and define, if they do."""
    if len(directives) < 2 or directives[1][1] != "define":
        return ""
    (_, name, rest), (_, _, defined) = directives[:2]
    tested = rest.strip() if name == "ifndef" else (GUARD.match(rest) or ["", ""])[1]
    return tested if tested and defined.split()[:1] == [tested] else ""
