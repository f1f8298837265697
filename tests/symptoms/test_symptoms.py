"""What `pitfalls diagnose` says of whole texts."""

from __future__ import annotations

from pitfalls import catalogue
from pitfalls.diagnose import Diagnosis, symptom_table
from tools.symptoms import unrelated


def test_texts_of_no_pitfall_get_no_answer() -> None:
    """At most one in twenty of ordinary logs and other bugs is answered."""
    diagnosis = Diagnosis(symptom_table(entry.pitfall for entry in catalogue.load()))
    answered = {text: diagnosis.candidates(text) for text in unrelated()}
    wrong = {text: found[0].matches for text, found in answered.items() if found}
    assert len(answered) >= 60
    assert len(wrong) <= len(answered) // 20, wrong
