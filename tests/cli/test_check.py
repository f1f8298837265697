"""The command: outputs, exit codes, messages."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pitfalls import catalogue
from pitfalls.cli import main
from tests.conftest import Write, commit_all

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "checks"
BAD = str(CHECKS / "testing/sequential_qemu_tests/bad")
GOOD = str(CHECKS / "testing/sequential_qemu_tests/good")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_failing_tree_reads_like_a_compiler(capsys: pytest.CaptureFixture[str]) -> None:
    """Place, rule, message, the lines with a mark, the fix and the page."""
    code, out, _ = run(capsys, "check", BAD, "--select", "TST002")
    assert code == 1
    assert ".config/nextest.toml:16: fail: TST002.undefined-group: group qemu-netwrok" in out
    assert ' > 16 | test-group = "qemu-netwrok"' in out
    assert "   fix: Define [test-groups.NAME]" in out
    assert "   page: pitfalls/testing/sequential-qemu-tests.html" in out
    assert "   via tests/pubsub.rs:4: test pubsub::talker_reaches_listener" in out
    assert out.rstrip().endswith("1 fail")


def test_exit_codes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """0 passes, 1 fails, 2 is a mistake, 3 had nothing to examine."""
    assert run(capsys, "check", GOOD, "--select", "TST002")[0] == 0
    assert run(capsys, "check", BAD, "--select", "TST002")[0] == 1
    assert run(capsys, "check", GOOD, "--select", "NOPE")[0] == 2
    assert run(capsys, "check", str(tmp_path / "nothing"))[0] == 3
    assert run(capsys, "check", str(tmp_path))[0] == 3


def test_json_is_complete_and_deterministic(capsys: pytest.CaptureFixture[str]) -> None:
    """The agreed keys, sorted, and the same bytes twice, with a warm cache too."""
    _, first, _ = run(capsys, "check", BAD, "--format", "json")
    _, second, _ = run(capsys, "check", BAD, "--format", "json")
    assert first == second
    report = json.loads(first)
    assert report["schema"] == 1
    assert sum(report["summary"].values()) == len(report["pitfalls"])
    assert list(report) == sorted(report)
    found = next(p for p in report["pitfalls"] if p["id"] == "TST002")
    assert found["verdict"] == "fail"
    assert found["slug"] == "sequential-qemu-tests"
    finding = found["findings"][0]
    assert {"rule", "verdict", "message", "subject", "platform", "path", "line", "end_line",
            "related", "fingerprint", "allowed"} == set(finding)  # fmt: skip
    assert len({f["fingerprint"] for f in found["findings"]}) == len(found["findings"])


def test_list_names_every_pitfall(capsys: pytest.CaptureFixture[str]) -> None:
    """Text has a line each; JSON has the key ``pitfalls``."""
    ids = list(catalogue.load().ids)
    code, out, _ = run(capsys, "list")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, ids)
    _, out, _ = run(capsys, "list", "--format", "json")
    assert [p["id"] for p in json.loads(out)["pitfalls"]] == ids


def test_explain_needs_no_site(capsys: pytest.CaptureFixture[str]) -> None:
    """The page's words without directives, and each rule with its fix."""
    code, out, _ = run(capsys, "explain", "tst002.dead-filter")
    assert code == 0
    assert "TST002 sequential-qemu-tests" in out
    assert "Symptom" in out
    assert "TST002.dead-filter (fail, new)" in out
    assert "```" not in out
    assert "{doc}" not in out
    code, _, err = run(capsys, "explain", "tst02")
    assert code == 2
    assert "did you mean" in err


def test_selection_by_family_and_ignore(capsys: pytest.CaptureFixture[str]) -> None:
    """A family is a name too; what is ignored is not run."""
    _, out, _ = run(capsys, "check", BAD, "--select", "testing,clock", "--ignore", "CLK004",
                    "--format", "json")  # fmt: skip
    pitfalls = [entry.pitfall for entry in catalogue.load()]
    named = [p.id for p in pitfalls if p.family in ("testing", "clock") and p.id != "CLK004"]
    assert [p["id"] for p in json.loads(out)["pitfalls"]] == named
    code, _, err = run(capsys, "check", BAD, "--select", "TST002", "--ignore", "TST002")
    assert (code, "leave no pitfall" in err) == (2, True)


def test_a_wrong_configuration_stops_with_its_line(
    capsys: pytest.CaptureFixture[str], write: Write
) -> None:
    """The message names file and line; nothing is examined."""
    root = write({"pitfalls.toml": "exlude = []\n"})
    code, out, err = run(capsys, "check", str(root))
    assert (code, out) == (2, "")
    assert err == "pitfalls: pitfalls.toml:1: unknown key 'exlude'; did you mean 'exclude'?\n"


def test_a_revision_of_a_bare_repository(capsys: pytest.CaptureFixture[str], write: Write) -> None:
    """``--rev`` examines a commit and names it."""
    root = write({"README": "x"})
    for path in sorted(Path(BAD).rglob("*")):
        if path.is_file():
            write({path.relative_to(BAD).as_posix(): path.read_bytes()})
    revision = commit_all(root)
    git_folder = str(root / ".git")
    code, out, _ = run(capsys, "check", git_folder, "--rev", revision, "--format", "json")
    report = json.loads(out)
    assert code == 1
    assert report["target"] == {"path": git_folder, "revision": revision, "dirty": False}


def test_control_sequences_of_the_target_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str], write: Write
) -> None:
    """A finding may hold escape codes and bytes that are no UTF-8."""
    root = write(
        {
            "Cargo.toml": '[package]\nname = "a"\n',
            ".config/nextest.toml": b"[[profile.default.overrides]]\n"
            b"filter = 'binary(\xc2\x9b31mred)'\nretries = 1 # \xc2\x9b2J\n",
        }
    )
    code, out, _ = run(capsys, "check", str(root), "--select", "TST002")
    assert code == 1
    assert not any(0x7F <= ord(c) <= 0x9F or c == "\x1b" for c in out)


@pytest.mark.parametrize(
    ("setting", "coloured"), [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)]
)
def test_colour_is_for_terminals(setting: dict[str, str], coloured: bool) -> None:
    """On a terminal, unless ``NO_COLOR`` is set to something; never into a pipe."""
    command = [sys.executable, "-m", "pitfalls.cli", "check", BAD, "--select", "TST002"]
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    piped = subprocess.run(command, env=clean, capture_output=True, check=False).stdout
    assert b"\x1b" not in piped
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env={**clean, **setting}, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal ends on Linux
            while part := os.read(ours, 65536):
                shown += part
    os.close(ours)
    assert b"undefined-group" in shown
    assert (b"\x1b[" in shown) is coloured


def test_output_goes_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """``--output`` writes the report there and nothing to the terminal."""
    target = tmp_path / "report.json"
    code, out, _ = run(
        capsys, "check", GOOD, "--select", "TST002", "--format", "json", "--output", str(target)
    )
    assert (code, out) == (0, "")
    assert json.loads(target.read_text())["summary"]["fail"] == 0
    code, _, err = run(
        capsys, "check", GOOD, "--select", "TST002", "--output", str(tmp_path / "no" / "file")
    )
    assert (code, "cannot be written" in err) == (2, True)


def test_a_reader_that_leaves_is_no_traceback() -> None:
    """``pitfalls list | head -0`` ends quietly."""
    command = f"{sys.executable} -m pitfalls.cli list --format json | true"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert "Traceback" not in done.stderr


def test_usage_errors_have_their_code() -> None:
    """An unknown option is a usage error with exit code 2."""
    with pytest.raises(SystemExit) as caught:
        main(["check", "--no-such-option"])
    assert caught.value.code == 2
