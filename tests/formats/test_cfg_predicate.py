"""Predicates of ``#[cfg]``."""

import pytest

from pitfalls.formats import cfg_predicate


@pytest.mark.parametrize(
    ("text", "enabled", "expected"),
    [
        ('feature = "a"', {"a"}, True),
        ('all(feature = "a", feature = "b")', {"a"}, False),
        ('any(feature = "a", feature = "b",)', {"b"}, True),
        ('not(any(feature = "a", feature = "b"))', set(), True),
        ('all(feature = "a", target_os = "none")', {"a"}, None),
        ('all(feature = "a", target_os = "none")', set(), False),
        ('all(feature = "a", not(test))', {"a"}, True),
        ("unix", set(), None),
    ],
)
def test_predicates_are_evaluated(text: str, enabled: set[str], expected: bool | None) -> None:
    """Features decide; what else is asked for is not known, and nobody ships a test build."""
    predicate = cfg_predicate.parse(text)
    assert predicate is not None
    assert predicate.holds(frozenset(enabled)) is expected


@pytest.mark.parametrize("text", ["", "all(", "$($res)*", '"', "any(" * 500])
def test_what_cannot_be_read_is_none_or_harmless(text: str) -> None:
    """Hostile and unfinished text."""
    predicate = cfg_predicate.parse(text)
    assert predicate is None or predicate.holds(frozenset()) in (True, False, None)
