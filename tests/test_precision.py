"""The record of precision: judgements, the page made of them, and the script that does it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pitfalls import catalogue
from tests.conftest import Write, commit_all
from tools import precision


def test_the_page_shows_the_judgements() -> None:
    """The table is what the stored judgements give."""
    text = precision.PAGE.read_text("utf-8")
    shown = text.partition(precision.BEGIN)[2].partition(precision.END)[0]
    assert shown == precision.table(precision.load()), "run `nox -s precision -- --write`"


def test_at_least_nineteen_of_twenty_failures_are_right() -> None:
    """On ten trees or more, every failure judged by somebody."""
    trees = precision.load()
    rows = [row for tree in trees.values() for row in tree["findings"].values()]
    failures = [row["judgement"] for row in rows if row["verdict"] == "fail"]
    assert len(trees) >= 10
    assert "" not in failures
    assert failures.count("right") >= 0.95 * len(failures)
    assert all(tree["summary"]["error"] == 0 for tree in trees.values())
    ids = set(catalogue.load().ids)
    assert {row["rule"].partition(".")[0] for row in rows} <= ids


def test_a_tree_is_examined_and_judgements_are_kept(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New findings wait for a judgement; a judged one keeps it."""
    monkeypatch.setattr(precision, "JUDGEMENTS", tmp_path / "judgements.json")
    root = write(
        {
            "Cargo.toml": '[package]\nname = "a"\n',
            "tests/a.rs": "#[test]\nfn one() {}\n",
            ".config/nextest.toml": "[[profile.default.overrides]]\nfilter = 'all()'\n"
            'test-group = "nowhere"\n',
        }
    )
    revision = commit_all(root)
    name = f"someone/port@{revision}"
    monkeypatch.setattr(sys, "argv", ["precision", "--tree", f"{name}={root}", "--update"])
    assert precision.main() == 1
    trees = precision.load()
    ((mark, row),) = trees[name]["findings"].items()
    assert row["rule"] == "TST002.undefined-group"
    row.update(judgement="right", why="nextest refuses it")
    again = precision.examined(name, root, trees[name])
    assert again["findings"][mark]["judgement"] == "right"
    assert "| 1 / 0 / 0 |" in precision.table({name: again})
    quiet = precision.table({name: {**again, "findings": {}}})
    assert f"- {name} (" in quiet


def test_the_script_says_how_it_is_used() -> None:
    """As a module, from the root of the project."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.precision", "--help"],
        capture_output=True, text=True, check=True, cwd=precision.ROOT,
    )  # fmt: skip
    assert "--tree NAME@REV=GITDIR" in done.stdout
