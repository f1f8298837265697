"""The built wheel in a clean environment: all that ``pitfalls check`` needs is inside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from pitfalls import catalogue

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and its dependencies, and nothing else of ours."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    shutil.rmtree(source / "build", ignore_errors=True)
    (source / ".gitignore").write_text("__pycache__/\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "-q", "--no-deps", "-w", str(folder), str(source)]
    subprocess.run(build, check=True, cwd=folder)
    venv.create(folder / "env", with_pip=False)
    scripts = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    (wheel,) = folder.glob("*.whl")
    python = str(scripts / "python")
    subprocess.run([*pip, "--python", python, "install", "-q", str(wheel)], check=True)
    shutil.rmtree(source)
    return scripts


def run(installed: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The installed command, far from the checkout."""
    return subprocess.run(
        [str(installed / "pitfalls"), *arguments],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_wheel_carries_pages_checks_and_examples(installed: Path, tmp_path: Path) -> None:
    """The catalogue of the installed package is ours, and its command finds what ours finds."""
    done = run(installed, "list", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    ids = [pitfall["id"] for pitfall in json.loads(done.stdout)["pitfalls"]]
    assert ids == list(catalogue.load().ids)
    bad = ROOT / "checks/testing/sequential_qemu_tests/bad"
    done = run(installed, "check", str(bad), "--select", "TST002", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "fail: TST002.undefined-group" in done.stdout


def test_every_check_runs_there(installed: Path, tmp_path: Path) -> None:
    """No check needs a package that the wheel does not ask for."""
    target = ROOT / "examples/nros-port"
    done = run(installed, "check", str(target), "--format", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert report["summary"]["error"] == 0
    assert len(report["pitfalls"]) == len(catalogue.load().ids)


def test_neither_sphinx_nor_pytest_is_needed(installed: Path) -> None:
    """The extras for documentation and tests stay out of a CI job that only checks."""
    code = "import importlib.util as u; print([n for n in ('sphinx', 'pytest') if u.find_spec(n)])"
    python = [str(installed / "python"), "-c", code]
    done = subprocess.run(python, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
