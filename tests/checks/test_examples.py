"""Every check against its own examples: the findings are exactly those of ``expect.toml``."""

import tomllib
from collections import Counter

import pytest

from pitfalls import Verdict, catalogue
from pitfalls.catalogue import Entry
from pitfalls.testing import examine_folder, places

TREE = catalogue.data_root() / "examples" / "nros-port"

ENTRIES = list(catalogue.load())


def _expected(entry: Entry, name: str) -> list[tuple[str, str, str, int]]:
    rows = tomllib.loads((entry.folder / "expect.toml").read_text())[name]
    return sorted((row["rule"], row["verdict"], row["path"], row["line"]) for row in rows)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.pitfall.slug)
def test_bad_tree_is_flagged_at_the_expected_lines(entry: Entry) -> None:
    """The bad tree gives exactly the expected failures, warnings and unknowns."""
    result = examine_folder(entry.pitfall.id, entry.folder / "bad")
    found = places(result, Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.ERROR)
    assert found == _expected(entry, "bad")
    assert result.verdict in (Verdict.FAIL, Verdict.WARN)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.pitfall.slug)
def test_good_tree_passes_with_the_expected_evidence(entry: Entry) -> None:
    """The good tree passes, and its evidence is exactly the expected places."""
    result = examine_folder(entry.pitfall.id, entry.folder / "good")
    assert result.verdict is Verdict.PASS, [f for f in result.findings if f.counts]
    assert places(result, Verdict.PASS) == _expected(entry, "good")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.pitfall.slug)
def test_every_enforced_rule_can_fire(entry: Entry) -> None:
    """Each rule that can change a verdict is shown to fire by the bad tree."""
    shown = {rule for rule, _, _, _ in _expected(entry, "bad")}
    enforced = {rule.name for rule in entry.pitfall.rules if rule.tag != "seed:history"}
    assert enforced <= shown, f"bad/ shows nothing of {sorted(enforced - shown)}"


def test_the_default_target_concerns_every_pitfall() -> None:
    """The site shows a reader something on each page, and each verdict somewhere."""
    verdicts = {e.pitfall.id: examine_folder(e.pitfall.id, TREE).verdict for e in ENTRIES}
    silent = [name for name, verdict in verdicts.items() if verdict is Verdict.NOT_APPLICABLE]
    assert silent == []
    count = Counter(verdicts.values())
    assert count.keys() == {Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS}
