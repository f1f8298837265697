"""The same input gives the same bytes: with a cache after any edit, and whatever the hash seed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from pitfalls import catalogue
from pitfalls.cache import Cache
from pitfalls.engine import run
from pitfalls.tree import open_tree
from tests.sphinx.project import ROOT

EXAMPLE = ROOT / "examples" / "nros-port"


def report(root: Path, cache: Cache | None = None) -> bytes:
    """All results over a folder, as bytes."""
    return msgspec.json.encode(run(open_tree(root), catalogue.load().entries, cache=cache).results)


def edit(root: Path, chance: random.Random) -> str:
    """Change the tree in one place; return what was done."""
    path = chance.choice(sorted(p for p in root.rglob("*") if p.is_file()))
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    at = chance.randrange(len(lines)) if lines else 0
    what = chance.choice(["append", "delete", "double", "comment", "move", "remove", "digits"])
    match what:
        case "append":
            lines.append("\n")
        case "delete":
            del lines[at : at + 1]
        case "double":
            lines[at:at] = lines[at : at + 1]
        case "comment":
            lines[at:at] = ["// a remark\n" if path.suffix in (".c", ".h", ".rs") else "# remark\n"]
        case "digits":
            lines = ["".join("7" if c.isdigit() else c for c in x) if n == at else x
                     for n, x in enumerate(lines)]  # fmt: skip
        case "move":
            path.rename(path.with_name(f"moved_{path.name}"))
            return f"move {path}"
        case _:
            path.unlink()
            return f"remove {path}"
    path.write_text("".join(lines), encoding="utf-8")
    return f"{what} {path}:{at + 1}"


@pytest.mark.parametrize("seed", range(4))
def test_a_cache_changes_no_finding(tmp_path: Path, seed: int) -> None:
    """Ten edits of the example, one after another: what was kept never shows through."""
    chance = random.Random(seed)  # noqa: S311 - the same edits in every run
    root = tmp_path / "target"
    shutil.copytree(EXAMPLE, root)
    cache = Cache(tmp_path / "cache")
    report(root, cache)
    for _ in range(10):
        done = edit(root, chance)
        assert report(root, cache) == report(root), done
    cache.close()


def test_the_order_of_sets_is_never_seen() -> None:
    """The example gives the same report for every seed of Python's hashes."""
    reports = set()
    for seed in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-m", "pitfalls.cli", "check", str(EXAMPLE), "--format", "json",
             "--no-cache"],
            capture_output=True, check=False, env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        reports.add(done.stdout)
    assert len(reports) == 1
