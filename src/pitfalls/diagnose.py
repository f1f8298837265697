"""From a symptom to the pitfalls that show it: one table of data and one scoring function.

The table (:func:`symptom_table`) is made of the pages' front matter; the site's search box gets the
same table and scores in the same way (``sphinxext/static/pitfalls-search.js``). The score of a
pitfall is the sum over its symptoms that were found, each counted once:

- ``code``, ``log``, ``pattern``: ``weight``;
- ``phrase``: ``weight`` times :data:`PHRASE` times the share of its words that stand on one line
  and the next, rare words counting more; nothing below the share :data:`ENOUGH`;
- ``words``: ``weight``, where one of the forms of every word stands on one line and the next;
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

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pitfalls.model import Pitfall, Symptom
from pitfalls.symptom_regex import SymptomRegex
from pitfalls.symptom_text import STOP_WORDS, SUFFIXES, Reading, stems

THRESHOLD = 1.0
"""The least score of a pitfall that is named."""

ENOUGH = 0.65
"""The least share of a phrase's words that counts."""

PHRASE = 1.35
"""What a phrase counts, times its weight and the share that was found: three quarters of one reach
the threshold."""

HINT = 0.34
"""What a term counts, times its weight: one name of weight 3 reaches the threshold."""

HINTS = 1.2
"""What all symptoms together must reach when none of them reaches the threshold."""

LUCK = 0.5
"""In a text of many lines some terms stand together by chance: for each digit of the number of
lines beyond the first they must count this much, else they count nothing."""


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


def symptom_table(pitfalls: Iterable[Pitfall]) -> dict[str, Any]:
    """The data that scoring needs, plain enough for JSON.

    Every symptom has ``kind``, ``text``, ``weight`` and either ``regex`` (valid in Python and in
    JavaScript, to be used without regard to case), ``forms``: the stems that a word has, for each
    word, or ``words``: stem -> share of the phrase; the stems of a term are a list.
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
    elif symptom.kind == "words":
        row["forms"] = [stems(word) for word in symptom.text.split()]
    elif symptom.kind == "pattern":
        row["regex"] = symptom.text
    else:
        body = r"\s+".join(re.escape(part) for part in symptom.text.lower().split())
        # A word of its own: "-78" is not in "rc-78", "-780" or "-78.5".
        row["regex"] = body if symptom.kind == "log" else rf"(?:^|[^\w-]){body}(?![\w-]|\.\d)"
    return row


def packed(table: dict[str, Any]) -> dict[str, Any]:
    """A table for the site, a third as long: rows without names, what follows from a text left out.
    The script unpacks it."""
    return {**table, "pitfalls": [_packed_pitfall(pitfall) for pitfall in table["pitfalls"]]}


def _packed_pitfall(pitfall: dict[str, Any]) -> dict[str, Any]:
    rows = pitfall["symptoms"]
    said = [row for row in rows if row["kind"] != "term"]
    terms = itertools.groupby((r for r in rows if r["kind"] == "term"), lambda row: row["weight"])
    return {
        **pitfall,
        "symptoms": [[row["kind"], row["weight"], row["text"], *_more(row)] for row in said],
        "terms": [[weight, [row["text"] for row in some]] for weight, some in terms],
    }


def _more(row: dict[str, Any]) -> list[Any]:
    """The shares of a phrase's words, which are known by their order, or an expression."""
    if row["kind"] == "phrase":
        return [[share for _, share in sorted(row["words"].items())]]
    return [] if row.get("regex", row["text"]) == row["text"] else [row["regex"]]


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
        self._words = frozenset(
            word
            for pitfall in table["pitfalls"]
            for row in pitfall["symptoms"]
            for word in (*row.get("words", ()), *itertools.chain(*row.get("forms", ())))
        )

    def candidates(self, text: str, boosts: dict[str, float] | None = None) -> list[Candidate]:
        """The pitfalls that ``text`` speaks of, best first; none when nothing fits.

        ``boosts``: id -> points for a pitfall whose check fails on the reporter's tree. They move
        it up and never bring it in.
        """
        reading = Reading(text, self._words)
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

    def _said(self, pitfall: dict[str, Any], reading: Reading) -> Iterator[Match]:
        """What was found of a pitfall's phrases, words, codes, texts and patterns."""
        for row in pitfall["symptoms"]:
            if row["kind"] == "phrase":
                share, line = reading.best_share(row["words"], self._table["enough"])
                if share >= self._table["enough"]:
                    why = f"{int(share * 100 + 0.5)}% of the words of “{row['text']}”"
                    score = row["weight"] * share * self._table["phrase"]
                    yield Match(line, reading.shown(line), why, score)
            elif row["kind"] == "words":
                line, found = reading.line_with(row["forms"])
                if line:
                    words = zip(row["text"].split(), found, strict=True)
                    why = "the words " + ", ".join(forms.split("/")[n] for forms, n in words)
                    yield Match(line, reading.shown(line), why, row["weight"])
            elif row["kind"] != "term" and (
                match := self._regexes[row["regex"]].search(reading.lower, reading.holds)
            ):
                line = reading.line_of(match.start() + len(match[0]) - len(match[0].lstrip()))
                why = {"code": "the code", "log": "the text"}.get(row["kind"], "a text like")
                yield Match(line, reading.shown(line), f"{why} {row['text']}", row["weight"])

    def _hints(self, pitfall: dict[str, Any], reading: Reading) -> Iterator[tuple[Match, int]]:
        """What was found of a pitfall's terms, with the number of words of each."""
        terms = [row for row in pitfall["symptoms"] if row["kind"] == "term"]
        least = self._table["luck"] * (len(str(reading.lines)) - 1)
        for row, line in reading.best_terms(terms, least / self._table["hint"]):
            why = f"the term {row['text']}"
            score = row["weight"] * self._table["hint"]
            yield Match(line, reading.shown(line), why, score), len(row["words"])


def diagnose(text: str, pitfalls: Sequence[Pitfall]) -> list[Candidate]:
    """The pitfalls that ``text`` speaks of, best first."""
    return Diagnosis(symptom_table(pitfalls)).candidates(text)
