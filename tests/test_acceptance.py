"""What a project accepts: comments in its code, a baseline, entries of its configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pitfalls import baseline
from pitfalls.cli import main
from pitfalls.config import ConfigError
from pitfalls.formats import inline_allows
from tests.conftest import Write

OVERRIDE = """[[profile.default.overrides]]
filter = 'all()'
test-group = "{group}"{comment}
"""


def tree(write: Write, comment: str = "", before: str = "", **files: str) -> Path:
    """A tree with one failing finding, ``TST002.undefined-group`` in ``.config/nextest.toml``."""
    text = before + OVERRIDE.format(group="nowhere", comment=comment)
    return write(
        {
            "Cargo.toml": '[package]\nname = "a"\n',
            "tests/a.rs": "#[test]\nfn one() {}\n",
            ".config/nextest.toml": text,
            **files,
        }
    )


def check(root: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict]:  # type: ignore[type-arg]
    """Exit code and JSON report of TST002."""
    code = main(["check", str(root), "--select", "TST002", "--format", "json", *options])
    return code, json.loads(capsys.readouterr().out)


def test_a_comment_accepts_the_finding_of_its_line(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """The finding stays in the report with the reason, and does not count."""
    root = tree(write, comment="  # pitfalls: allow TST002.undefined-group -- comes next week")
    code, report = check(root, capsys)
    assert code == 0
    found = next(f for f in report["pitfalls"][0]["findings"] if f["allowed"])
    assert found["allowed"] == {
        "kind": "inline", "reason": "comes next week", "source": ".config/nextest.toml:3",
    }  # fmt: skip


def test_a_comment_of_its_own_accepts_the_next_line(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """Comments between it and the code do not matter; the whole pitfall can be named."""
    text = (
        "[[profile.default.overrides]]\nfilter = 'all()'\n"
        "# pitfalls: allow TST002 -- comes next week\n# and more words\n"
        'test-group = "nowhere"\n'
    )
    root = tree(write, **{".config/nextest.toml": text})
    assert check(root, capsys)[0] == 0


def test_a_comment_without_a_reason_accepts_nothing(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mistake is reported with its place; so is an unknown rule."""
    root = tree(write, comment="  # pitfalls: allow TST002")
    code, report = check(root, capsys)
    assert code == 1
    assert report["problems"][0]["line"] == 3
    assert "the reason is needed" in report["problems"][0]["message"]
    root = tree(write, comment="  # pitfalls: allow TST002.undefined-grup -- why")
    code, report = check(root, capsys)
    assert code == 1
    assert "did you mean 'TST002.undefined-group'" in report["problems"][0]["message"]


def test_a_comment_that_accepts_nothing_is_reported(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the finding is gone the comment may go too; comments for checks that did not run are
    left alone."""
    text = "// pitfalls: allow TST002.dead-filter -- once needed\nfn a() {}\n"
    root = tree(write, comment="  # pitfalls: allow TST002 -- why", **{"src/lib.rs": text})
    _, report = check(root, capsys)
    (problem,) = report["problems"]
    assert (problem["kind"], problem["path"], problem["line"]) == ("inline", "src/lib.rs", 1)
    main(["check", str(root), "--select", "CLK004", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["problems"] == []


@pytest.mark.parametrize(
    "line",
    [
        "int x; // pitfalls: allow MEM001 -- why",
        "/* pitfalls: allow MEM001 -- why */ int x;",
        "x = 1  # pitfalls: allow MEM001 -- why",
        "; pitfalls: allow MEM001 -- why",
        "<!-- pitfalls: allow MEM001 -- why -->",
        "-- pitfalls: allow MEM001 -- why",
        "#define A 1 /* see below, pitfalls: allow MEM001 -- why */",
    ],
)
def test_every_language_has_a_comment(line: str) -> None:
    """The marker is read in whatever opens a comment, the reason without what closes it."""
    facts = inline_allows.parse(line.encode())
    assert facts is not None
    assert facts.entries[0].names == ("MEM001",)
    assert facts.entries[0].reason == "why"


def test_a_string_is_no_comment() -> None:
    """The words in a string or in prose accept nothing."""
    assert inline_allows.parse(b'puts("pitfalls: allow MEM001 -- why");') is None
    assert inline_allows.parse(b"pitfalls: allow MEM001 -- why") is None


def test_a_baseline_lets_only_new_findings_fail(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written once, named in the configuration; lines may move, a new finding fails."""
    root = tree(write)
    assert main(["baseline", "write", str(root)]) == 0
    assert "set `baseline = " in capsys.readouterr().out
    write({"pitfalls.toml": 'baseline = "pitfalls-baseline.json"\n'})
    code, report = check(root, capsys)
    assert code == 0
    (known,) = [f for f in report["pitfalls"][0]["findings"] if f["allowed"]]
    assert known["allowed"]["kind"] == "baseline"
    assert known["allowed"]["source"].startswith("pitfalls-baseline.json:")

    tree(write, before="# moved down\n\n\n")
    assert check(root, capsys)[0] == 0

    tree(write, before=OVERRIDE.format(group="elsewhere", comment=""))
    code, report = check(root, capsys)
    assert code == 1
    counted = [f for f in report["pitfalls"][0]["findings"] if not f["allowed"]]
    assert [f["subject"] for f in counted if f["verdict"] == "fail"] == ["elsewhere"]


def test_a_baseline_entry_without_its_finding_is_reported(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mended finding should leave the baseline: the line to delete is named."""
    root = tree(write)
    main(["baseline", "write", str(root)])
    write({".config/nextest.toml": "", "pitfalls.toml": 'baseline = "pitfalls-baseline.json"\n'})
    capsys.readouterr()
    _, report = check(root, capsys)
    (problem,) = report["problems"]
    assert (problem["kind"], problem["line"]) == ("baseline", 2)
    assert "TST002.undefined-group" in problem["message"]


def test_writing_again_keeps_what_is_still_there(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same tree gives the same file, also when a baseline is in force."""
    root = tree(write)
    main(["baseline", "write", str(root)])
    first = (root / "pitfalls-baseline.json").read_bytes()
    write({"pitfalls.toml": 'baseline = "pitfalls-baseline.json"\n'})
    main(["baseline", "write", str(root)])
    assert (root / "pitfalls-baseline.json").read_bytes() == first
    assert "1 findings" in capsys.readouterr().out


def test_a_broken_baseline_is_a_configuration_error(
    write: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Missing or damaged: exit code 2, the file and the remedy."""
    root = tree(write)
    write({"pitfalls.toml": '\nbaseline = "b.json"\n'})
    assert main(["check", str(root)]) == 2
    assert "pitfalls.toml:2: there is no baseline b.json; make it with" in capsys.readouterr().err
    write({"b.json": "{"})
    assert main(["check", str(root)]) == 2
    assert "b.json:1: not a baseline" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="schema 9 is not 1"):
        baseline.parse(b'{"schema": 9, "findings": []}', "b.json")


def test_a_baseline_can_come_from_the_command_line(
    write: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """``--baseline FILE`` accepts beside the target's own."""
    root = tree(write)
    file = tmp_path / "known.json"
    main(["baseline", "write", str(root), "--output", str(file)])
    capsys.readouterr()
    assert check(root, capsys, "--baseline", str(file))[0] == 0
    assert main(["check", str(root), "--baseline", str(tmp_path / "none")]) == 2


def test_text_shows_what_is_accepted_on_request(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted in the table; with ``--verbose`` the finding and its reason are printed."""
    root = tree(write, comment="  # pitfalls: allow TST002 -- comes next week")
    main(["check", str(root), "--select", "TST002"])
    assert "(1 allowed)" in capsys.readouterr().out
    main(["check", str(root), "--select", "TST002", "--verbose"])
    assert "allowed at .config/nextest.toml:3: comes next week" in capsys.readouterr().out
