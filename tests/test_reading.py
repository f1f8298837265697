"""Large batches are read on two cores, with the same outcome as on one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pitfalls import reading
from pitfalls.formats import FormatError
from pitfalls.git_tree import GitTree
from pitfalls.reading import ABSENT, FACTS, PROBLEM, Job, Outcome
from pitfalls.source import Selection
from pitfalls.tree import open_tree
from tests.conftest import Write, commit_all


def parse(data: bytes) -> int | None:
    """A format that refuses, knows nothing, or counts."""
    if data.startswith(b"bad"):
        raise FormatError("refused", 3)
    if data.startswith(b"deep"):
        raise RecursionError
    return None if data.startswith(b"none") else len(data)


COUNT = Selection("count", int, parse, ("*.c",), (b"d", b"n", b"x"), max_bytes=1_000_000)


def outcomes(root: Path, *, revision: str | None = None) -> dict[str, Outcome]:
    """Every outcome by path."""
    tree = open_tree(root, revision)
    jobs = [Job(path, entry.size, ("count",)) for path, entry in tree.files().items()]
    found = {o.path: o for o in reading.perform(tree, jobs, {"count": COUNT})}
    tree.close()
    return found


def files(count: int) -> dict[str, str | bytes]:
    """Files of one kilobyte each beside the odd ones."""
    plain: dict[str, str | bytes] = {f"{n}.c": f"x{n}".ljust(1024, ".") for n in range(count)}
    odd: dict[str, str | bytes] = {
        "bad.c": "bad",
        "deep.c": "deep",
        "none.c": "none",
        "quiet.c": "...",
        "huge.c": "x" * 1_000_001,
    }
    return {**plain, **odd}


@pytest.mark.parametrize("at_revision", [False, True])
def test_two_processes_find_what_one_finds(
    write: Write, monkeypatch: pytest.MonkeyPatch, at_revision: bool
) -> None:
    """The outcome does not depend on who did the work, in a folder and at a revision."""
    root = write(files(4200))
    revision = commit_all(root) if at_revision else None
    forked = outcomes(root, revision=revision)
    monkeypatch.setattr(reading, "FORK_BYTES", 1 << 40)
    assert outcomes(root, revision=revision) == forked
    states = {p: outcome.found.get("count", ("",))[0] for p, outcome in forked.items()}
    assert states["7.c"] == FACTS
    assert states["quiet.c"] == ""
    assert states["none.c"] == ABSENT
    assert states["bad.c"] == states["deep.c"] == states["huge.c"] == PROBLEM


def test_work_of_a_child_that_died_is_done_again(write: Write) -> None:
    """A parser that takes the child down costs time, not findings."""
    parent = os.getpid()

    def fragile(data: bytes) -> int:
        if os.getpid() != parent:
            os._exit(9)
        return len(data)

    root = write({f"{n}.c": "x".ljust(1024) for n in range(4200)})
    tree = open_tree(root)
    jobs = [Job(path, entry.size, ("f",)) for path, entry in tree.files().items()]
    selection = Selection("f", int, fragile, ("*.c",))
    assert len(list(reading.perform(tree, jobs, {"f": selection}))) == 4200


def test_a_reader_is_not_shared_with_a_child(write: Write) -> None:
    """The process that reads blobs is ended before the fork and begun again on either side."""
    root = write(files(4200))
    tree = open_tree(root, commit_all(root))
    assert isinstance(tree, GitTree)
    before = tree.read("0.c")
    jobs = [Job(path, entry.size, ("count",)) for path, entry in tree.files().items()]
    assert len(list(reading.perform(tree, jobs, {"count": COUNT}))) == len(jobs)
    assert tree.read("0.c") == before
    tree.close()
