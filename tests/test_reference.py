"""The reference names everything there is, and its examples run."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pitfalls import schemas
from pitfalls.cli import common, parser
from pitfalls.sphinxext.directives import DIRECTIVES
from tests.conftest import commit_all, git

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def subparsers(top: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every subcommand with its name, also those of subcommands."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield name, inner
                for below, deeper in subparsers(inner):
                    yield f"{name} {below}", deeper


def test_every_command_and_option_is_in_the_reference() -> None:
    """Nothing can be typed that the page does not tell of."""
    text = (DOCS / "reference/command.md").read_text("utf-8")
    for name, inner in subparsers(parser()):
        assert f"pitfalls {name}" in text, name
        for action in inner._actions:
            options = [o for o in action.option_strings if o.startswith("--") and o != "--help"]
            assert all(option in text for option in options), f"{name} {options}"
            for choice in action.choices or ():
                if options and not isinstance(action.choices, dict):
                    assert re.search(rf"\b{choice}\b", text), f"{name} {choice}"


def test_every_exit_code_is_in_the_reference() -> None:
    """The table has the five codes and no other."""
    text = (DOCS / "reference/command.md").read_text("utf-8")
    section = text.partition("## Exit codes")[2].partition("\n## ")[0]
    named = [int(code) for code in re.findall(r"^\| (\d) \|", section, re.MULTILINE)]
    codes = sorted(value for name, value in vars(common).items() if name.startswith("EXIT_"))
    assert named == codes


def test_every_directive_is_in_the_reference() -> None:
    """So is every configuration value of the extension."""
    text = (DOCS / "reference/sphinx.md").read_text("utf-8")
    for name in DIRECTIVES:
        assert re.search(rf"`{name}[ `]", text), name
    setup = (ROOT / "src/pitfalls/sphinxext/__init__.py").read_text("utf-8")
    for value in re.findall(r'add_config_value\("(\w+)"', setup):
        assert f"`{value}`" in text, value


def test_every_schema_is_shown() -> None:
    """The keys of each are generated, not typed."""
    text = "".join(page.read_text("utf-8") for page in (DOCS / "reference").glob("*.md"))
    for name in schemas.NAMES:
        assert f"{{pitfall-keys}} {name}" in text, name


def examples() -> list[str]:
    """Every command line of ours in the documentation."""
    found = []
    for page in sorted(DOCS.rglob("*.md")):
        for block in re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            lines = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
            found += [line for line in lines if "pitfalls " in line and "pytest" not in line]
    return found


def test_every_option_has_an_example() -> None:
    """Those that make a fingerprint up aside, each option stands in a command that is run."""
    lines = examples()
    for name, inner in subparsers(parser()):
        own = [line for line in lines if f"pitfalls {name}" in line]
        assert own, f"pitfalls {name}"
        for action in inner._actions:
            names = [o for o in action.option_strings if o.startswith("--") and o != "--help"]
            unused = {"--config", "--no-cache", "--rev", "--finding"}  # shared: shown with `check`
            if names and not (name != "check" and unused & set(names)):
                assert any(option in line for line in own for option in names), f"{name} {names}"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the examples expect it: a port beside it with two releases, a log, a report."""
    top = tmp_path_factory.mktemp("top")
    port = top / "my-port"
    shutil.copytree(ROOT / "examples/nros-port", port)
    commit_all(port)
    git(port, "tag", "v1.0")
    (port / ".config/nextest.toml").write_text(
        "[[profile.default.overrides]]\nfilter = 'all()'\ntest-group = \"nowhere\"\n"
    )
    commit_all(port)
    git(port, "tag", "v1.2")
    git(port, "clone", "-q", "--bare", str(port), str(top / "my-port.git"))
    here = top / "here"
    shutil.copytree(port, here)
    (port / "pitfalls.toml").write_text("exclude = []\n")
    (here / "known.json").write_text('{"schema": 1, "findings": []}\n')
    (here / "serial.log").write_text("z_open failed: -78\n")
    (here / "report.txt").write_text("error: operator didn't match any binary names\n")
    return here


@pytest.mark.parametrize("line", examples())
def test_every_example_of_the_documentation_runs(line: str, workplace: Path) -> None:
    """As it is printed: it is never a usage error and never crashes."""
    bin_folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-c", line.replace("dmesg", "cat serial.log")],
        cwd=workplace, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    if "FINGERPRINT" in line or re.search(r"--finding [0-9a-f]{16}", line):
        assert "has no finding" in done.stderr  # the mark of another tree
    else:
        assert done.returncode in (0, 1), done.stderr
        assert done.stdout or "--output" in line
