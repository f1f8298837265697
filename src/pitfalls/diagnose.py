"""From a symptom to the pitfalls that show it: one table of data and one scoring function.

The table (:func:`symptom_table`) is made of the pages' front matter; the site's search box gets the
same table and scores in the same way (``sphinxext/static/pitfalls-search.js``). The score of a
pitfall is the sum over its symptoms that were found, each counted once:

- ``code``, ``log``, ``pattern``: ``weight``;
- ``phrase``: ``weight`` times :data:`PHRASE` times the share of its words that stand on one line
  and the next, rare words counting more; nothing below the share :data:`ENOUGH`;
- ``term``: ``weight`` times :data:`HINT`, for words of the field that only hint. All words of a
  term must stand on one line and the next, and of a pitfall's terms those count that stand together
  there: the line is taken where they weigh most. A word speaks once: a term adds nothing if
  heavier terms have all its words (``sockets`` beside ``TCP sockets``). In a long text they must
  say more (:data:`LUCK`).

A word is also found in the parts of a name: ``mutex`` in ``k_mutex_lock``, ``failed`` in
``ConnectionFailed``.

Below :data:`THRESHOLD` a pitfall is not named: no answer is better than a guess. Where nothing that
was found reaches it alone, all together must reach :data:`HINTS`; a term of several words never
suffices alone, they may stand together by chance.
"""

from __future__ import annotations

import bisect
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pitfalls.model import Pitfall, Symptom
from pitfalls.symptom_regex import LOWER, SymptomRegex

THRESHOLD = 1.0
"""The least score of a pitfall that is named."""

ENOUGH = 0.7
"""The least share of a phrase's words that counts."""

PHRASE = 1.35
"""What a phrase counts, times its weight and the share that was found: three quarters of one reach
the threshold."""

HINT = 0.34
"""What a term counts, times its weight: one name of weight 3 reaches the threshold."""

HINTS = 1.5
"""What all symptoms together must reach when none of them reaches the threshold."""

LUCK = 0.5
"""In a text of many lines some terms stand together by chance: for each digit of the number of
lines beyond the first they must count this much, else they count nothing."""

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


@dataclass(frozen=True)
class Match:
    """One symptom that was found: the line (from 1), its text, and why it counts."""

    line: int
    text: str
    why: str
    score: float


@dataclass(frozen=True)
class Candidate:
    """A pitfall that a text speaks of, its score, and the matches, best first."""

    id: str
    slug: str
    score: float
    matches: tuple[Match, ...]


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


def parts(text: str) -> list[str]:
    """The stems of a text and those of the parts of its names: ``z_open``, ``open``."""
    return stems(text) + stems(_HUMP.sub(r"\1 \2", text).replace("_", " "))


def symptom_table(pitfalls: Iterable[Pitfall]) -> dict[str, Any]:
    """The data that scoring needs, plain enough for JSON.

    Every symptom has ``kind``, ``text``, ``weight`` and either ``regex`` (valid in Python and in
    JavaScript, to be used without regard to case) or ``words``: stem -> share of the phrase; the
    stems of a term are a list.
    """
    pitfalls = list(pitfalls)
    spread = Counter(
        word
        for pitfall in pitfalls
        for word in {w for s in pitfall.symptoms if s.kind == "phrase" for w in stems(s.text)}
    )
    rarity = {word: math.log(1 + len(pitfalls) / number) for word, number in spread.items()}
    return {
        "threshold": THRESHOLD,
        "enough": ENOUGH,
        "hint": HINT,
        "hints": HINTS,
        "luck": LUCK,
        "phrase": PHRASE,
        "stop_words": sorted(STOP_WORDS),
        "suffixes": list(SUFFIXES),
        "pitfalls": [
            {"id": p.id, "slug": p.slug, "symptoms": [_row(s, rarity) for s in p.symptoms]}
            for p in pitfalls
        ],
    }


def _row(symptom: Symptom, rarity: dict[str, float]) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": symptom.kind, "text": symptom.text, "weight": symptom.weight}
    if symptom.kind == "phrase":
        words = set(stems(symptom.text))
        whole = sum(rarity[word] for word in words) or 1.0
        row["words"] = {word: round(rarity[word] / whole, 4) for word in sorted(words)}
    elif symptom.kind == "term":
        row["words"] = sorted(set(stems(symptom.text)))
    elif symptom.kind == "pattern":
        row["regex"] = symptom.text
    else:
        body = r"\s+".join(re.escape(part) for part in symptom.text.lower().split())
        # A word of its own: "-78" is not in "rc-78", "-780" or "-78.5".
        row["regex"] = body if symptom.kind == "log" else rf"(?:^|[^\w-]){body}(?![\w-]|\.\d)"
    return row


class Diagnosis:
    """Scores texts against one table."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._table = table
        self._regexes = {
            row["regex"]: SymptomRegex(row["regex"])
            for pitfall in table["pitfalls"]
            for row in pitfall["symptoms"]
            if "regex" in row
        }

    def candidates(self, text: str, boosts: dict[str, float] | None = None) -> list[Candidate]:
        """The pitfalls that ``text`` speaks of, best first; none when nothing fits.

        ``boosts``: id -> points for a pitfall whose check fails on the reporter's tree. They move
        it up and never bring it in.
        """
        reading = _Reading(text)
        found = []
        threshold = self._table["threshold"]
        for pitfall in self._table["pitfalls"]:
            said = list(self._said(pitfall, reading))
            hints = list(self._hints(pitfall, reading))
            # What suffices alone: a symptom of full weight, or a term that is one name.
            alone = [*said, *(match for match, words in hints if words == 1)]
            weak = all(match.score < threshold for match in alone)
            matches = sorted(
                [*said, *(match for match, _ in hints)], key=lambda m: (-m.score, m.line)
            )
            score = sum(match.score for match in matches)
            if score >= (self._table["hints"] if weak else threshold):
                score += (boosts or {}).get(pitfall["id"], 0.0)
                found.append(
                    Candidate(pitfall["id"], pitfall["slug"], round(score, 2), tuple(matches))
                )
        return sorted(found, key=lambda c: (-c.score, c.id))

    def _said(self, pitfall: dict[str, Any], reading: _Reading) -> Iterator[Match]:
        """What was found of a pitfall's phrases, codes, texts and patterns."""
        for row in pitfall["symptoms"]:
            if row["kind"] == "phrase":
                share, line = reading.best_share(row["words"])
                if share >= self._table["enough"]:
                    why = f"{share:.0%} of the words of “{row['text']}”"
                    score = row["weight"] * share * self._table["phrase"]
                    yield Match(line, reading.shown(line), why, score)
            elif row["kind"] != "term" and (
                found := self._regexes[row["regex"]].search(reading.lower)
            ):
                line = reading.line_of(found.start() + len(found[0]) - len(found[0].lstrip()))
                why = {"code": "the code", "log": "the text"}.get(row["kind"], "a text like")
                yield Match(line, reading.shown(line), f"{why} {row['text']}", row["weight"])

    def _hints(self, pitfall: dict[str, Any], reading: _Reading) -> Iterator[tuple[Match, int]]:
        """What was found of a pitfall's terms, with the number of words of each."""
        terms = [row for row in pitfall["symptoms"] if row["kind"] == "term"]
        least = self._table["luck"] * (len(str(reading.lines)) - 1)
        for row, line in reading.best_terms(terms, least / self._table["hint"]):
            why = f"the term {row['text']}"
            score = row["weight"] * self._table["hint"]
            yield Match(line, reading.shown(line), why, score), len(row["words"])


class _Reading:
    """A text made ready: control sequences and comment leaders off, words by line."""

    def __init__(self, text: str) -> None:
        cleaned = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        lines = cleaned.split("\n")
        dropped = 0
        if len(cleaned) > MAX_CHARACTERS:
            kept = cleaned[-MAX_CHARACTERS:].partition("\n")[2]
            dropped = len(lines) - kept.count("\n") - 1
            cleaned = kept
        self._shown = lines
        self._dropped = dropped
        self.text = _LEADER.sub("", cleaned)
        self.lower = self.text.translate(LOWER)
        self._starts = [0]
        for found in re.finditer("\n", self.text):
            self._starts.append(found.end())
        self._places: dict[str, list[int]] = defaultdict(list)
        for number, line in enumerate(self.text.split("\n")):
            for word in set(parts(line)):
                self._places[word].append(number)

    @property
    def lines(self) -> int:
        """How many lines are read."""
        return len(self._starts)

    def line_of(self, offset: int) -> int:
        """The line, from 1, of an offset into ``text``."""
        return bisect.bisect_right(self._starts, offset) + self._dropped

    def shown(self, line: int) -> str:
        """The line as it was written."""
        return self._shown[line - 1].strip()

    def best_share(self, words: dict[str, float]) -> tuple[float, int]:
        """The largest share of ``words`` on a line and the next, and that line, from 1."""
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
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: -row["weight"]):
            for number in self._lines_with(row["words"]):
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

    def _lines_with(self, words: Sequence[str]) -> set[int]:
        """The lines on which, or on the next, every one of ``words`` stands."""
        if not words or any(word not in self._places for word in words):
            return set()
        near = ({n for place in self._places[w] for n in (place - 1, place)} for w in words)
        return set.intersection(*near) - {-1}


def _each_word_once(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of terms, heaviest first, those that bring a word that no heavier one has."""
    seen: set[str] = set()
    new = []
    for row in rows:
        if not seen.issuperset(row["words"]):
            new.append(row)
            seen.update(row["words"])
    return new


def diagnose(text: str, pitfalls: Sequence[Pitfall]) -> list[Candidate]:
    """The pitfalls that ``text`` speaks of, best first."""
    return Diagnosis(symptom_table(pitfalls)).candidates(text)
