"""Imports point one way: from what knows much to what knows little."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pitfalls import catalogue

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pitfalls"

# Layer -> what of ours it may import (prefixes).
ALLOWED = {
    "formats": {"pitfalls.formats"},
    "model.py": set(),
    "views": {"pitfalls.formats", "pitfalls.views", "pitfalls.source", "pitfalls.model",
              "pitfalls.config"},
    "source.py": {"pitfalls.config", "pitfalls.formats", "pitfalls.index", "pitfalls.model"},
    "api.py": {"pitfalls.model", "pitfalls.source"},
}  # fmt: skip


HARMLESS = {"pitfalls", "collections", "collections.abc", "functools", "itertools", "typing"}
"""What a check may import beside views: nothing that reads text or files."""


def imports(path: Path) -> set[str]:
    """Modules of ours that a file imports, for its types too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{a.name}" for a in node.names if node.module == "pitfalls"}
    return {name for name in found if name.startswith("pitfalls.")}


@pytest.mark.parametrize("layer", ALLOWED)
def test_a_layer_imports_only_what_is_below_it(layer: str) -> None:
    """Formats and the model know nothing of ours; views know formats; nothing points upwards."""
    place = SOURCE / layer
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        for name in imports(path):
            known = any(name == a or name.startswith(a + ".") for a in ALLOWED[layer])
            assert known, f"{path.relative_to(ROOT)} imports {name}"


def test_nothing_below_imports_the_outputs() -> None:
    """Only the command, the pytest plugin and the Sphinx extension stand on the reports."""
    tops = {"pytest_plugin.py"}
    for path in sorted(SOURCE.rglob("*.py")):
        inner = path.relative_to(SOURCE)
        if inner.parts[0] in ("cli", "report", "sphinxext") or inner.name in tops:
            continue
        for name in imports(path):
            assert not name.startswith(("pitfalls.report", "pitfalls.sphinxext", "pitfalls.cli"))


@pytest.mark.parametrize("entry", catalogue.load().entries, ids=lambda entry: entry.pitfall.slug)
def test_a_check_parses_nothing(entry: catalogue.Entry) -> None:
    """A check module imports the API and views, and no module that reads text or files."""
    tree = ast.parse((entry.folder / "check.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            allowed = name in HARMLESS or name.startswith("pitfalls.views")
            assert allowed, f"{entry.folder / 'check.py'} imports {name}"


def test_help_imports_no_parser() -> None:
    """``pitfalls --help`` loads neither a grammar nor Sphinx nor YAML."""
    code = (
        "import sys, pitfalls.cli\n"
        "try:\n    pitfalls.cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'tree_sitter', 'sphinx', 'docutils', 'yaml', 'sqlite3', 'pytest'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "exit codes" in done.stdout
