"""After any edit, a run with a cache says what a run without one says."""

from __future__ import annotations

import random
import shutil
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
