"""The text of a bug report or a log, made ready to look for symptoms."""

from __future__ import annotations

import bisect
import functools
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pitfalls.symptom_regex import LOWER

MAX_CHARACTERS = 1_000_000
"""Of a longer text the end is read: that is where a log stops."""

_UNSAID = """
a an and are as at be been but by can did do does for from had has have if in into is it its just no
not of on one only or so some still than that the their then there they this to was were when where
which while will with you your
"""
STOP_WORDS = frozenset(_UNSAID.split())
SUFFIXES = ("ing", "ed", "es", "s", "e")

# ECMA-48 control sequences, then what comments, quotes and tables put before a line.
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
_LEADER = re.compile(r"^[ \t]*(?:(?:[*#>|;-]+|//+!?)[ \t]+)+", re.MULTILINE)
_WORD = re.compile(r"\d+(?:\.\d+)+|[A-Za-z0-9_]+")
_HUMP = re.compile(r"([a-z0-9])([A-Z])")
_DIGITS = str.maketrans(dict.fromkeys(string.digits, " "))


def stem(word: str) -> str:
    """``timed`` -> ``tim``: one spelling for the forms of a word; three letters stay."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def stems(text: str) -> list[str]:
    """The words of a text that carry meaning, as stems."""
    words = (word.lower() for word in _WORD.findall(text))
    return [stem(word) for word in words if word not in STOP_WORDS]


def parts(name: str) -> set[str]:
    """The stem of a word and those of its parts: ``z_open``, ``open``."""
    return {*stems(name), *stems(_HUMP.sub(r"\1 \2", name).replace("_", " "))}


class Reading:
    """A text made ready: control sequences and comment leaders off, words by line."""

    def __init__(self, text: str, known: Iterable[str]) -> None:
        """``known``: the stems that somebody will ask for."""
        cleaned = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        lines = cleaned.split("\n")
        dropped = 0
        if len(cleaned) > MAX_CHARACTERS:
            kept = cleaned[-MAX_CHARACTERS:].partition("\n")[2]
            dropped = len(lines) - kept.count("\n") - 1
            cleaned = kept
        self._shown = lines
        self._dropped = dropped
        body = _LEADER.sub("", cleaned)
        self.lower = body.translate(LOWER)
        self._pieces = "\n".join(set(self.lower.translate(_DIGITS).split()))
        self.holds = functools.cache(self._holds)
        """Whether a string in lower case stands in the text."""
        self._starts = [0, *(found.end() for found in re.finditer("\n", body))]
        self._places = _places(body.split("\n"), frozenset(known))

    def _holds(self, part: str) -> bool:
        # A log has few distinct pieces without digits.
        pieces = part.translate(_DIGITS).split()
        return all(map(self._pieces.__contains__, pieces)) and (
            pieces == [part] or part in self.lower
        )

    @property
    def lines(self) -> int:
        """How many lines are read."""
        return len(self._starts)

    def line_of(self, offset: int) -> int:
        """The line, from 1, of an offset into ``lower``."""
        return bisect.bisect_right(self._starts, offset) + self._dropped

    def shown(self, line: int) -> str:
        """The line as it was written."""
        return self._shown[line - 1].strip()

    def best_share(self, words: dict[str, float], least: float) -> tuple[float, int]:
        """The largest share of ``words`` on a line and the next, and that line, from 1; 0 if that
        is below ``least``."""
        if round(sum(words[word] for word in words.keys() & self._places.keys()), 4) < least:
            return 0.0, 0
        on_line: dict[int, set[str]] = defaultdict(set)
        for word in words:
            for number in self._places.get(word, ()):
                on_line[number].add(word)
        best, at = 0.0, 0
        for number in sorted(on_line):
            both = on_line[number] | on_line.get(number + 1, set())
            # One word is no phrase. Rounded, so that the order of the sum does not matter.
            share = round(sum(words[word] for word in both), 4) if len(both) > 1 else 0.0
            if share > best:
                best, at = share, number
        return best, at + 1 + self._dropped

    def best_terms(
        self, rows: Sequence[dict[str, Any]], least: float
    ) -> list[tuple[dict[str, Any], int]]:
        """Of terms, those on the line and the next where they weigh most, with the line of each;
        none if that is below ``least``."""
        rows = [row for row in rows if self._places.keys() >= set(row["words"])]
        if sum(row["weight"] for row in rows) < least:
            return []
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: -row["weight"]):
            for number in self._lines_with([[word] for word in row["words"]]):
                found[number].append(row)
        at, best, counted = 0, 0.0, list[dict[str, Any]]()
        for number in sorted(found):
            new = _each_word_once(found[number])
            weight = round(sum(row["weight"] for row in new), 4)
            if weight > best:
                at, best, counted = number, weight, new
        if best < least:
            return []
        return [
            (row, at + 1 + self._dropped + (at not in self._places[row["words"][0]]))
            for row in counted
        ]

    def line_with(self, words: Sequence[Sequence[str]]) -> tuple[int, list[int]]:
        """The first line, from 1, on which, or on the next, one form of every word stands, and
        which form of each; line 0 if there is none."""
        lines = self._lines_with(words)
        if not lines:
            return 0, []
        at = min(lines)
        found = [next(n for n, form in enumerate(forms) if self._near(form, at)) for forms in words]
        here = at in self._places[words[0][found[0]]]
        return at + 1 + self._dropped + (not here), found

    def _near(self, word: str, at: int) -> bool:
        """Whether a word stands on the line ``at``, from 0, or on the next."""
        return any(at <= place <= at + 1 for place in self._places.get(word, ()))

    def _lines_with(self, words: Sequence[Sequence[str]]) -> set[int]:
        """The lines on which, or on the next, one form of every word stands."""
        if not words or not all(any(form in self._places for form in forms) for forms in words):
            return set()
        places = ([p for form in forms for p in self._places.get(form, ())] for forms in words)
        near = ({number for place in some for number in (place - 1, place)} for some in places)
        return set.intersection(*near) - {-1}


def _places(lines: Sequence[str], known: frozenset[str]) -> dict[str, list[int]]:
    """Stem -> the lines with a word of it, for those that are known."""

    @functools.cache
    def wanted(word: str) -> frozenset[str]:
        return known.intersection(parts(word))

    places: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        for word in set().union(*map(wanted, set(_WORD.findall(line)))):
            places[word].append(number)
    return places


def _each_word_once(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of terms, heaviest first, those that bring a word that no heavier one has."""
    seen: set[str] = set()
    new = []
    for row in rows:
        if not seen.issuperset(row["words"]):
            new.append(row)
            seen.update(row["words"])
    return new
