"""The engine: evidence, isolation, allow entries, cache."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from pitfalls import Verdict, catalogue
from pitfalls.cache import Cache
from pitfalls.config import Config, parse_config
from pitfalls.engine import run
from pitfalls.model import Profile, Report
from pitfalls.tree import open_tree
from tests.conftest import Write, commit_all
from tests.test_catalogue import CHECK, PAGE, tree

HEAD = '''"""Rules for tests."""
from collections.abc import Iterator
from pitfalls import Finding, Place, fail, note, ok, rule, unknown, warn
from pitfalls.views.kconfig import KCONFIG_FILES
from pitfalls.source import View, Located

class Names(View):
    uses = (KCONFIG_FILES,)
    def __init__(self, paths):
        self.paths = paths
    @classmethod
    def build(cls, source):
        return cls([found.path for found in source.facts(KCONFIG_FILES)])
'''


def rules(
    tmp_path: Path, *bodies: str, head: str = HEAD, name: str = "MEM001"
) -> list[catalogue.Entry]:
    """A catalogue whose one check has a rule per body."""
    text = head
    for number, body in enumerate(bodies):
        arguments, _, code = body.partition("|")
        level = arguments or "level='fail'"
        text += (
            f'\n@rule({level}, fix="Mend it.")\n'
            f"def rule_{number}(names: Names) -> Iterator[Finding]:\n"
            f'    """Statement number {number} of the test."""\n    {code}\n'
        )
    (tmp_path / "cat").mkdir(exist_ok=True)
    return list(
        catalogue.load(tree(tmp_path / "cat", page=PAGE.replace("MEM001", name), check=text))
    )


def examine(
    entries: list[catalogue.Entry], root: Path, config: Config | None = None, **options: object
) -> Report:
    """One run over a folder."""
    return run(open_tree(root), entries, config=config, **options)  # type: ignore[arg-type]


OK = "|yield ok(Place('prj.conf'), 'fine', subject='app')"
FAIL = "|yield fail(Place('prj.conf', 2), 'wrong', subject='app', platform='zephyr')"
TREE = {"prj.conf": "CONFIG_A=y\nCONFIG_B=n\n"}


def with_cache(tmp_path: Path, entries: list[catalogue.Entry], root: Path) -> Report:
    """One run that keeps what it learns for the next."""
    cache = Cache(tmp_path / "cache")
    try:
        return examine(entries, root, cache=cache)
    finally:
        cache.close()


def verdict(report: Report) -> Verdict:
    """The verdict of the only pitfall."""
    return report.results[0].verdict


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        (["|yield from ()"], Verdict.NOT_APPLICABLE),
        (["level='warn'|yield note(Place('prj.conf'), 'n')"], Verdict.NOT_APPLICABLE),
        ([OK], Verdict.PASS),
        ([OK, "|yield unknown(Place('prj.conf'), 'u')"], Verdict.UNKNOWN),
        ([OK, "level='warn'|yield warn(Place('prj.conf'), 'w')"], Verdict.WARN),
        ([OK, FAIL], Verdict.FAIL),
    ],
)
def test_a_pitfall_has_the_worst_of_its_findings(
    tmp_path: Path, write: Write, bodies: list[str], expected: Verdict
) -> None:
    """No finding is not-applicable, a note counts for nothing, and there is no pass by silence."""
    assert verdict(examine(rules(tmp_path, *bodies), write(TREE))) is expected


def test_a_finding_carries_rule_lines_and_platform(tmp_path: Path, write: Write) -> None:
    """The engine adds the rule's id, the target's own lines and a fingerprint."""
    report = examine(rules(tmp_path, FAIL), write(TREE))
    (finding,) = report.results[0].findings
    assert finding.rule == "MEM001.rule-0"
    assert finding.excerpt is not None
    assert finding.excerpt.lines == ("CONFIG_A=y", "CONFIG_B=n")
    assert report.results[0].by_platform() == {"zephyr": Verdict.FAIL}
    assert report.results[0].by_subject() == {"app": Verdict.FAIL}


def test_a_fingerprint_outlives_moved_lines(tmp_path: Path, write: Write) -> None:
    """Lines added above do not change it; another text on the line does."""
    entries = rules(tmp_path, FAIL)
    first = examine(entries, write(TREE)).results[0].findings[0]
    moved = "import re\n" + HEAD.replace("'prj.conf', 2", "'prj.conf', 3")
    (tmp_path / "two").mkdir()
    entries = rules(tmp_path / "two", FAIL.replace("2)", "3)"), head=moved)
    second = examine(entries, write({"prj.conf": "# new\nCONFIG_A=y\nCONFIG_B=n\n"}))
    third = examine(entries, write({"prj.conf": "# new\nCONFIG_A=y\nCONFIG_B=m\n"}))
    assert second.results[0].findings[0].fingerprint == first.fingerprint
    assert third.results[0].findings[0].fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("|raise ValueError('boom')", "boom"),
        ("level='warn'|yield fail(Place('prj.conf'), 'x')", "is warn and yielded"),
        ("level='warn', tag='seed:history'|yield warn(Place('prj.conf'), 'x')", "superseded"),
    ],
)
def test_a_crash_is_an_error_with_its_traceback(
    tmp_path: Path, write: Write, body: str, text: str
) -> None:
    """An exception, or a finding worse than the rule's level, ends that pitfall in error."""
    report = examine(rules(tmp_path, OK, body), write(TREE))
    assert verdict(report) is Verdict.ERROR
    assert text in report.results[0].traceback


def test_a_crash_stops_no_other_check(tmp_path: Path, write: Write) -> None:
    """A broken check beside a good one: both have their result."""
    good = rules(tmp_path, OK)
    (tmp_path / "b").mkdir()
    broken = rules(tmp_path / "b", "|raise ValueError('boom')", name="MEM002")
    report = examine([*broken, *good], write(TREE))
    assert [result.verdict for result in report.results] == [Verdict.ERROR, Verdict.PASS]
    (tmp_path / "c").mkdir()
    unimportable = list(
        catalogue.load(tree(tmp_path / "c", PAGE.replace("MEM001", "MEM002"), CHECK + "\n1/0\n"))
    )
    report = examine([*unimportable, *good], write(TREE))
    assert [result.verdict for result in report.results] == [Verdict.ERROR, Verdict.PASS]
    assert "ZeroDivisionError" in report.results[0].traceback


def test_superseded_rules_count_under_the_seed_profile(tmp_path: Path, write: Write) -> None:
    """A note of a seed:history rule fails under ``seed``; other notes stay notes."""
    history = "level='warn', tag='seed:history'|yield note(Place('prj.conf'), 'old')"
    entries = rules(tmp_path, OK, history, "level='warn'|yield note(Place('prj.conf'), 'n')")
    root = write(TREE)
    assert verdict(examine(entries, root)) is Verdict.PASS
    report = examine(entries, root, profile=Profile.SEED)
    failed = [f.rule for f in report.results[0].findings if f.verdict is Verdict.FAIL]
    assert failed == ["MEM001.rule-1"]


def configuration(text: str) -> Config:
    """A configuration that knows the rules of these tests."""
    return parse_config(text.encode(), "pitfalls.toml", ["MEM001"], ["MEM001.rule-0"])


def test_an_allowed_finding_is_shown_and_does_not_count(tmp_path: Path, write: Write) -> None:
    """The reason stays with the finding; an entry that matches nothing is reported."""
    entries = rules(tmp_path, FAIL, OK)
    root = write(TREE)
    config = configuration("[[allow]]\nid = 'MEM001'\nreason = 'a spare board'\n")
    report = examine(entries, root, config)
    assert verdict(report) is Verdict.PASS
    allowed = next(f for f in report.results[0].findings if f.verdict is Verdict.FAIL).allowed
    assert allowed is not None
    assert (allowed.reason, allowed.source) == ("a spare board", "pitfalls.toml:1")
    other = configuration("[[allow]]\nrule = 'MEM001.rule-0'\npath = 'x/'\nreason = 'r'\n")
    report = examine(entries, root, other)
    assert verdict(report) is Verdict.FAIL
    assert "nothing there needs it" in report.problems[0].message


def test_an_expired_entry_does_not_allow(tmp_path: Path, write: Write) -> None:
    """After its last day the finding counts again, and the entry is reported."""
    text = "[[allow]]\nid = 'MEM001'\nreason = 'r'\nuntil = 2020-01-01\n"
    report = examine(rules(tmp_path, FAIL), write(TREE), configuration(text))
    assert verdict(report) is Verdict.FAIL
    assert "expired on 2020-01-01" in report.problems[0].message


def test_a_file_cut_off_makes_a_pitfall_unknown(tmp_path: Path, write: Write) -> None:
    """A pitfall that applies is at best unknown while a file that it reads was not read whole."""
    huge = "CONFIG_A=y\n" * 500_000
    root = write({"prj.conf": TREE["prj.conf"], "other/prj.conf": huge})
    report = examine(rules(tmp_path, OK), root)
    assert verdict(report) is Verdict.UNKNOWN
    unread = [f for f in report.results[0].findings if f.verdict is Verdict.UNKNOWN]
    assert [(f.rule, f.place.path) for f in unread] == [("MEM001.unread", "other/prj.conf")]


COUNT = (
    "|import os, pathlib; p = pathlib.Path(os.environ['COUNT']); "
    "p.write_text(p.read_text() + 'x'); yield ok(Place('prj.conf'), str(len(names.paths)))"
)


def test_nothing_runs_again_when_nothing_changed(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cached result is used until a file with facts, the listing or the check changes."""
    counter = tmp_path / "count"
    counter.write_text("")
    monkeypatch.setenv("COUNT", str(counter))
    entries = rules(tmp_path, COUNT)
    root = write({**TREE, "README.md": "hello"})

    def runs() -> int:
        assert verdict(with_cache(tmp_path, entries, root)) is Verdict.PASS
        return len(counter.read_text())

    assert runs() == 1
    assert runs() == 1
    (root / "README.md").write_text("other words")
    assert runs() == 1, "a file that no view selects does not matter"
    (root / "prj.conf").write_text("CONFIG_A=n\n")
    assert runs() == 2
    (root / "new.txt").write_text("")
    assert runs() == 3, "a new path may matter to any view"
    os.utime(root / "prj.conf", (1, 1))
    assert runs() == 3, "the same content at another time is the same"


def test_an_edit_with_the_same_facts_shows_the_new_lines_only(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that says the same in other words makes no check run again; what is shown of it is
    what stands there now, as in a run without a cache."""
    counter = tmp_path / "count"
    counter.write_text("")
    monkeypatch.setenv("COUNT", str(counter))
    entries = rules(tmp_path, COUNT)
    root = write(TREE)
    with_cache(tmp_path, entries, root)
    (root / "prj.conf").write_text((root / "prj.conf").read_text() + "# a remark\n")
    again = with_cache(tmp_path, entries, root)
    assert len(counter.read_text()) == 1
    excerpt = again.results[0].findings[0].excerpt
    assert excerpt is not None
    assert excerpt.lines[-1] == "# a remark"
    assert examine(entries, root).results == again.results


ASKING = (
    HEAD.partition("class Names")[0]
    + """
import dataclasses, os, pathlib
NAMED = dataclasses.replace(KCONFIG_FILES, name="named", lazy=True)

class Names(View):
    uses = (NAMED,)
    def __init__(self, text):
        self.text = text
    @classmethod
    def build(cls, source):
        counter = pathlib.Path(os.environ["COUNT"])
        counter.write_text(counter.read_text() + "x")
        held = source.holding(NAMED, [b"NEEDLE", b"PIN"])
        told = [path for path in held if source.matches(path, rb"PIN[0-9]")]
        return cls(f"{held} {told}")
"""
)


def test_a_view_that_asks_what_files_hold_is_made_again_when_an_answer_changes(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words and patterns are dependencies by their answers, not by the files' contents."""
    counter = tmp_path / "count"
    counter.write_text("")
    monkeypatch.setenv("COUNT", str(counter))
    entries = rules(tmp_path, "|yield ok(Place('prj.conf'), names.text)", head=ASKING)
    root = write({**TREE, "b/prj.conf": "# NEEDLE\n", "c/prj.conf": "# PIN1\n"})

    def answer() -> tuple[str, int]:
        message = with_cache(tmp_path, entries, root).results[0].findings[0].message
        return message, len(counter.read_text())

    assert answer() == ("['b/prj.conf', 'c/prj.conf'] ['c/prj.conf']", 1)
    (root / "c/prj.conf").write_text("# PIN2 and more\n")
    (root / "prj.conf").write_text("CONFIG_B=y\n")
    assert answer() == ("['b/prj.conf', 'c/prj.conf'] ['c/prj.conf']", 1)
    (root / "c/prj.conf").write_text("# PIN\n")
    assert answer() == ("['b/prj.conf', 'c/prj.conf'] []", 2)
    (root / "b/prj.conf").write_text("# nothing\n")
    assert answer() == ("['c/prj.conf'] []", 3)
    (root / "b/prj.conf").unlink()
    assert answer() == ("['c/prj.conf'] []", 4), "the listing changed"


def test_a_damaged_cache_is_begun_again(tmp_path: Path, write: Write) -> None:
    """Garbage in the cache file costs time, never a result."""
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "facts.sqlite").write_bytes(b"no database at all" * 100)
    entries, root = rules(tmp_path, OK), write(TREE)
    cache = Cache(folder)
    assert verdict(examine(entries, root, cache=cache)) is Verdict.PASS
    cache.close()
    with sqlite3.connect(folder / "facts.sqlite") as database:
        database.execute("UPDATE kv SET v = x'00ff'")
    cache = Cache(folder)
    assert verdict(examine(entries, root, cache=cache)) is Verdict.PASS
    cache.close()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, write: Write) -> None:
    """Where the cache folder is a file, everything works without."""
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file")
    assert verdict(examine(rules(tmp_path, OK), write(TREE), cache=cache)) is Verdict.PASS
    cache.close()


def test_a_revision_and_its_checkout_say_the_same(tmp_path: Path, write: Write) -> None:
    """A folder and the commit of the same content give equal findings."""
    entries, root = rules(tmp_path, FAIL), write(TREE)
    commit_all(root)
    tree_at_revision = open_tree(root, "HEAD")
    at_rev = run(tree_at_revision, entries)
    tree_at_revision.close()
    assert at_rev.results[0].findings == examine(entries, root).results[0].findings


def test_a_view_reads_only_what_it_declares(tmp_path: Path, write: Write) -> None:
    """A view that forgets to name an input is told so."""
    head = HEAD.replace("uses = (KCONFIG_FILES,)", "uses = ()")
    report = examine(rules(tmp_path, OK, head=head), write(TREE))
    assert "does not name it in `uses`" in report.results[0].traceback
