"""Every check as a pytest item, in a pytest run of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from pitfalls import catalogue

ROOT = Path(__file__).parents[1]
HARNESS = ROOT / "checks/testing/sequential_qemu_tests"


def checks(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What ``nox -s checks`` runs."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pitfalls.pytest_plugin", str(ROOT / "checks"),
         "-c", str(ROOT / "pyproject.toml"), *arguments],
        cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def test_each_pitfall_is_one_item() -> None:
    """The items are exactly the catalogue."""
    done = checks("--collect-only", "-q", "--target", str(HARNESS / "good"))
    items = [line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line]
    pitfalls = [entry.pitfall for entry in catalogue.load()]
    assert sorted(items) == sorted(f"{p.id}-{p.slug}" for p in pitfalls)


def test_a_failure_reads_like_a_diagnostic() -> None:
    """The failed item shows place, lines, fix and page, and no Python traceback."""
    done = checks("-k", "TST002", "--target", str(HARNESS / "bad"))
    assert done.returncode == 1
    assert ".config/nextest.toml:16: fail: TST002.undefined-group" in done.stdout
    assert ' > 16 | test-group = "qemu-netwrok"' in done.stdout
    assert "fix: Define" in done.stdout
    assert "Traceback" not in done.stdout


def test_pass_skip_and_junit(tmp_path: Path) -> None:
    """A pass passes, not-applicable is skipped with the reason, a JUnit file can be had."""
    junit = tmp_path / "junit.xml"
    only = ("-k", "TST002 or RTOS002")
    done = checks(*only, "--target", "good", "--junitxml", str(junit), cwd=HARNESS)
    assert done.returncode == 0, done.stdout
    root = ElementTree.parse(junit).getroot()  # noqa: S314 - our own output
    skipped = {case.get("name"): case.find("skipped") for case in root.iter("testcase")}
    assert skipped["TST002-sequential-qemu-tests"] is None
    reason = skipped["RTOS002-freertos-recursive-mutex"]
    assert reason is not None
    assert "not applicable" in str(reason.get("message"))


def test_parallel_workers_agree() -> None:
    """``-n 2`` gives the same outcome."""
    alone = checks("--target", str(HARNESS / "bad"))
    done = checks("-n", "2", "--target", str(HARNESS / "bad"))
    assert done.returncode == alone.returncode == 1
    counts = [re.search(r"(\d+) failed, (\d+) passed", run.stdout) for run in (alone, done)]
    assert counts[0] is not None
    assert counts[1] is not None
    assert counts[0].groups() == counts[1].groups()


def test_a_wrong_target_is_a_usage_error() -> None:
    """The message names the folder, before anything is collected."""
    done = checks("--target", "/no/such/folder")
    assert done.returncode == 4
    assert "/no/such/folder: no such folder" in done.stderr
