"""What `pitfalls diagnose` says of whole texts."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from pitfalls import catalogue
from pitfalls.diagnose import Diagnosis, symptom_table
from pitfalls.model import Pitfall
from pitfalls.symptom_regex import SymptomRegex
from pitfalls.symptom_text import Reading, stems
from tools.symptoms import unrelated

KNOWN = [entry.pitfall for entry in catalogue.load()]
RELATED: dict[str, list[str]] = tomllib.loads(
    (Path(__file__).parent / "related.toml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    """The symptoms of the pages."""
    return Diagnosis(symptom_table(KNOWN))


def test_texts_of_no_pitfall_get_no_answer(diagnosis: Diagnosis) -> None:
    """At most one in twenty of ordinary logs and other bugs is answered."""
    answered = {text: diagnosis.candidates(text) for text in unrelated()}
    wrong = {text: found[0].matches for text, found in answered.items() if found}
    assert len(answered) >= 100
    assert len(wrong) <= len(answered) // 20, wrong


def test_a_text_of_a_pitfall_is_answered_with_it(diagnosis: Diagnosis) -> None:
    """The right one is first for four texts of five, and among three for nineteen of twenty."""
    places = {
        (slug, text): [candidate.slug for candidate in diagnosis.candidates(text)]
        for slug, texts in RELATED.items()
        for text in texts
    }
    late = {text: found for (slug, text), found in places.items() if found[:1] != [slug]}
    missed = {text: found for (slug, text), found in places.items() if slug not in found[:3]}
    assert len(late) <= len(places) // 5, late
    assert len(missed) <= len(places) // 20, missed


def test_every_pitfall_has_texts() -> None:
    """Four or more, and none for a pitfall that is not there."""
    few = {pitfall.slug for pitfall in KNOWN if len(RELATED.get(pitfall.slug, ())) < 4}
    assert few == set()
    assert set(RELATED) <= {pitfall.slug for pitfall in KNOWN}


@pytest.mark.parametrize("pitfall", KNOWN, ids=lambda pitfall: pitfall.slug)
def test_a_term_stands_once_on_its_page(pitfall: Pitfall) -> None:
    """Two spellings of the same words would count twice; a term of several words keeps several."""
    terms = [symptom.text for symptom in pitfall.symptoms if symptom.kind == "term"]
    words = {term: tuple(sorted(set(stems(term)))) for term in terms}
    assert [kind for kind, number in Counter(words.values()).items() if number > 1] == []
    assert [term for term in terms if len(term.split()) > 1 and len(words[term]) < 2] == []


@pytest.mark.parametrize("pitfall", KNOWN, ids=lambda pitfall: pitfall.slug)
def test_a_form_is_one_word_that_is_said_once(pitfall: Pitfall) -> None:
    """A word such as ``and`` is never looked for; ``kills`` is found by ``kill``."""
    for symptom in pitfall.symptoms:
        if symptom.kind == "words":
            found = [[stems(form) for form in word.split("/")] for word in symptom.text.split()]
            assert len(found) > 1, symptom.text
            for forms in found:
                assert [form for form in forms if len(form) != 1] == [], symptom.text
                assert len({form[0] for form in forms}) == len(forms), symptom.text


def test_the_fast_search_finds_what_a_plain_one_finds() -> None:
    """Literal parts and single lines only save time: the same place in a long text, for every
    expression of the pages."""
    text = "\n".join([*unrelated(), *(text for texts in RELATED.values() for text in texts)])
    reading = Reading(text, ())
    rows = [row for p in symptom_table(KNOWN)["pitfalls"] for row in p["symptoms"]]
    for regex in {row["regex"] for row in rows if "regex" in row}:
        plain = re.compile(regex, re.MULTILINE | re.IGNORECASE).search(reading.lower)
        fast = SymptomRegex(regex).search(reading.lower, reading.holds)
        assert (fast and fast.span()) == (plain and plain.span()), regex
