"""Regular expressions of symptoms, made fast for long logs."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence

# Without regard to case means that of A to Z, as in JavaScript: pattern and text are made lower
# case, which is searched twice as fast as with a flag, and offsets stay.
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_TOKEN = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])*\]|\(\?(?:<?[:=!]|P<\w+>)|[*+?]\??|\{[\d,]*\}\??|.")
_ESCAPE = re.compile(r"\\.|[^\\]+")
_CROSSES = re.compile(r"\\[DWns]|^\[\^")
"""In what may match a line end."""


def _lower(part: re.Match[str]) -> str:
    r"""Lower case, but for an escape: ``\S`` is not ``\s``."""
    return part[0] if part[0][0] == "\\" else part[0].translate(LOWER)


class SymptomRegex:
    """An expression for lower-case text that looks for its literal parts first."""

    def __init__(self, regex: str) -> None:
        tokens = [_ESCAPE.sub(_lower, token) for token in _TOKEN.findall(regex)]
        self._search = re.compile("".join(tokens), re.MULTILINE).search
        self._one_line = not any(map(_CROSSES.search, tokens))
        found = sorted(set(_literals(tokens[::-1])), key=len)
        self._parts = [
            part for n, part in enumerate(found) if not any(short in part for short in found[:n])
        ]

    def search(self, text: str, holds: Callable[[str], bool]) -> re.Match[str] | None:
        """The first match in a lower-case text; ``holds`` tells whether a string stands in it."""
        parts = [part for part in self._parts if holds(part)]
        if self._parts and not parts:
            return None
        return self._by_line(text, parts) if parts and self._one_line else self._search(text)

    def _by_line(self, text: str, parts: Sequence[str]) -> re.Match[str] | None:
        """The first match on a line that holds one of the parts."""
        ahead = {part: text.find(part) for part in parts}
        while ahead:
            at = min(ahead.values())
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            if match := self._search(text, text.rfind("\n", 0, at) + 1, end):
                return match
            for part, place in list(ahead.items()):
                if place < end and (following := text.find(part, end)) >= 0:
                    ahead[part] = following
                elif place < end:
                    del ahead[part]
        return None


def _literals(tokens: list[str]) -> list[str]:
    """Strings of which every match holds one, none if no such are known. Takes the tokens of one
    group off the end, where the first one is."""
    ways: list[list[str]] = []
    # A character, or the strings of a group; [] stands for what may be anything.
    items: list[str | list[str]] = []
    while tokens and (part := tokens.pop()) != ")":
        if part == "|":
            ways.append(_longest(items))
            items = []
        elif part[0] in "*?" or part.startswith(("{0", "{,")):
            items[-1] = []
        elif part[0] == "+" or (part[0] == "{" and len(part) > 1):
            items.append([])
        elif part[0] == "(":
            inner = _literals(tokens)
            items.append(inner if part in ("(", "(?:") else [])
        elif part[0] == "\\":
            items.append([] if part[1].isalnum() else part[1])
        else:
            items.append([] if part in ".^$" or len(part) > 1 else part)
    ways.append(_longest(items))
    return [text for way in ways for text in way] if all(ways) else []


def _longest(items: Sequence[str | list[str]]) -> list[str]:
    """Of the strings that stand in a row the longest; of a group its shortest counts."""
    parts: list[list[str]] = [[""]]
    for item in items:
        if isinstance(item, str):
            parts[-1][0] += item
        else:
            parts += [item, [""]]
    best = max((part for part in parts if part), key=lambda part: min(map(len, part)))
    return best if min(map(len, best)) > 1 else []
