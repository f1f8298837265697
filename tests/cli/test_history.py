"""``--since`` and ``bisect`` on a real repository; nothing is checked out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pitfalls.cli import main
from tests.conftest import Write, commit_all, git

GROUP = "[[profile.default.overrides]]\nfilter = 'all()'\ntest-group = \"{}\"\n"


@pytest.fixture
def history(write: Write) -> tuple[Path, list[str]]:
    """A repository of six commits; the finding ``old`` is there from the first, ``new`` comes with
    the fourth."""
    commits = []
    root = write({"Cargo.toml": '[package]\nname = "a"\n', "tests/a.rs": "#[test]\nfn one() {}\n"})
    for number in range(6):
        groups = ["old", *(["new"] if number >= 3 else [])]
        config = "".join(GROUP.format(name) for name in groups)
        write({".config/nextest.toml": config, "README": f"{number}\n"})
        commits.append(commit_all(root))
    return root, commits


def failures(out: str) -> list[str]:
    """Subjects of the failures that count."""
    findings = json.loads(out)["pitfalls"][0]["findings"]
    return [f["subject"] for f in findings if f["verdict"] == "fail" and not f["allowed"]]


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and JSON of TST002."""
    code = main(["check", *arguments, "--select", "TST002", "--format", "json"])
    return code, capsys.readouterr().out


def test_since_reports_only_what_came_later(
    history: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """What was there at the revision is accepted, in a folder as in a bare look at a revision."""
    root, commits = history
    code, out = check(capsys, str(root), "--since", commits[1])
    assert (code, failures(out)) == (1, ["new"])
    code, out = check(capsys, str(root), "--since", commits[4])
    assert (code, failures(out)) == (0, [])
    code, out = check(capsys, str(root / ".git"), "--rev", commits[2], "--since", commits[0])
    assert (code, failures(out)) == (0, [])


def test_since_compares_with_where_the_branches_part(
    history: tuple[Path, list[str]], write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """What main mended after the branch began is no fault of the branch."""
    root, commits = history
    git(root, "checkout", "-q", "-b", "topic", commits[2])
    write({"README": "topic"})
    commit_all(root)
    git(root, "checkout", "-q", "main")
    write({".config/nextest.toml": ""})
    commit_all(root)
    git(root, "checkout", "-q", "topic")
    code, out = check(capsys, str(root), "--since", "main")
    assert (code, failures(out)) == (0, [])


def test_since_needs_a_repository_and_a_revision(
    history: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both mistakes are told, with exit code 3: nothing was examined."""
    root, _ = history
    assert main(["check", str(root), "--since", "nowhere"]) == 3
    assert "no such revision 'nowhere'" in capsys.readouterr().err
    plain = tmp_path / "plain"
    plain.mkdir()
    assert main(["check", str(plain), "--since", "HEAD"]) == 3
    assert "not a git repository" in capsys.readouterr().err


def test_bisect_finds_the_commit(
    history: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """The commit, who and what, and the finding; a dirty work tree does not matter."""
    root, commits = history
    (root / ".config/nextest.toml").write_text("dirty = ")
    code = main(["bisect", "TST002", str(root), "--good", commits[0], "--bad", commits[5]])
    out, err = capsys.readouterr()
    assert code == 0
    assert out.startswith(f"{commits[3]} introduced it\n   A, ")
    assert ".config/nextest.toml:6: fail: TST002.undefined-group: group new" in out
    assert err.count("left") <= 3
    assert (root / ".config/nextest.toml").read_text() == "dirty = "


def test_bisect_looks_past_a_moved_file(
    history: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A commit that only moves the file did not introduce its finding."""
    root, commits = history
    (root / "sub").mkdir()
    for name in ("Cargo.toml", "tests", ".config"):
        git(root, "mv", name, "sub")
    moved = commit_all(root)
    main(["bisect", "TST002", str(root), "--good", commits[0], "--bad", moved])
    assert capsys.readouterr().out.startswith(f"{commits[3]} introduced it")


def test_bisect_by_rule_and_fingerprint_as_json(
    history: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """One rule, one finding, a bare repository, for programs."""
    root, commits = history
    _, out = check(capsys, str(root))
    mark = next(f["fingerprint"] for f in json.loads(out)["pitfalls"][0]["findings"]
                if f["subject"] == "new")  # fmt: skip
    code = main(
        ["bisect", "TST002.undefined-group", str(root / ".git"), "--good", commits[0],
         "--finding", mark, "--format", "json"]
    )  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert found["commit"] == commits[3]
    assert found["finding"]["fingerprint"] == mark
    assert found["skipped"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--good", "HEAD~1", "--bad", "HEAD"], "nothing to search"),
        (["--good", "nowhere"], "no such revision 'nowhere'"),
        (["--good", "HEAD", "--bad", "HEAD~2"], "is no ancestor"),
        (["--good", "HEAD~5", "--finding", "0" * 16], "no finding 0000000000000000 at HEAD"),
    ],
)
def test_a_search_that_cannot_be_made_says_why(
    history: tuple[Path, list[str]],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    """A usage error with the remedy."""
    root, _ = history
    assert main(["bisect", "TST002", str(root), *options]) == 2
    assert message in capsys.readouterr().err
