"""Reads files and parses them into encoded facts, on two cores where that pays.

Half of a large batch is done in a forked child that sends its outcomes through a pipe: no thread
and no pool is alive before or after, so that a program that forks later (Sphinx) may do so.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pitfalls.formats import FormatError
from pitfalls.source import Selection
from pitfalls.tree import Tree, content_id

ABSENT, FACTS, PROBLEM = "a", "f", "p"
"""Nothing of interest, facts, or ``(line, message)`` of what could not be read."""

STATES = (b"a", b"f", b"p")
"""The same, as what is kept of a file begins."""

FORK_BYTES = 4 * 1024 * 1024
"""A smaller batch is not worth a second process (starting one takes some ten milliseconds)."""

FORK_PARSED_BYTES = 256 * 1024
"""The same where it is known that every file will be parsed, which few are of all candidates."""

MANY_JOBS = 100
"""From that many files on it pays to look for the needles of all selections in one pass."""


class Job(msgspec.Struct, frozen=True):
    """A file to read, its size in bytes, and the selections that want it."""

    path: str
    size: int
    selections: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What was found in one file: selection -> (state, encoded facts or problem), for those whose
    needles it holds."""

    path: str
    content: str
    found: dict[str, tuple[str, bytes]]


def perform(
    tree: Tree,
    jobs: Sequence[Job],
    selections: Mapping[str, Selection[Any]],
    fork_from: int = FORK_BYTES,
) -> Iterator[Outcome]:
    """Do all jobs, with a child from ``fork_from`` bytes on; a file that cannot be read has no
    outcome."""
    if not _worth_forking(jobs, fork_from):
        yield from _all(tree, jobs, selections)
        return
    bysize = sorted(jobs, key=lambda job: -job.size)
    yield from _with_child(tree, bysize[::2], bysize[1::2], selections)


def _worth_forking(jobs: Sequence[Job], fork_from: int) -> bool:
    return (
        sys.platform == "linux"
        and (os.cpu_count() or 1) > 1
        and threading.active_count() == 1
        and sum(job.size for job in jobs) >= fork_from
    )


def _with_child(
    tree: Tree, own: Sequence[Job], other: Sequence[Job], selections: Mapping[str, Selection[Any]]
) -> Iterator[Outcome]:
    tree.release()  # a process that reads for us must not be shared with the child
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        _child(tree, other, selections, receive, send)
    os.close(send)
    try:
        yield from _all(tree, own, selections)
        with os.fdopen(receive, "rb") as pipe:
            packed = pipe.read()
    finally:
        _, status = os.waitpid(child, 0)
    if status or not packed:  # the child died: do its part here
        yield from _all(tree, other, selections)
    else:
        yield from msgspec.msgpack.decode(packed, type=list[Outcome])


def _child(
    tree: Tree,
    jobs: Sequence[Job],
    selections: Mapping[str, Selection[Any]],
    receive: int,
    send: int,
) -> None:
    """Do the jobs, send the outcomes and end, whatever happens."""
    code = 1
    try:
        os.close(receive)
        packed = msgspec.msgpack.encode(list(_all(tree, jobs, selections)))
        tree.release()
        with os.fdopen(send, "wb") as pipe:
            pipe.write(packed)
        code = 0
    finally:
        os._exit(code)


def _all(
    tree: Tree, jobs: Sequence[Job], selections: Mapping[str, Selection[Any]]
) -> Iterator[Outcome]:
    find = _finder(selections) if len(jobs) >= MANY_JOBS else None
    plans: dict[tuple[str, ...], _Plan] = {}
    for job in jobs:
        data = tree.read(job.path)
        if data is None:
            continue
        chosen = [selections[name] for name in job.selections]
        if find is None:
            wanting = [selection for selection in chosen if selection.wants(data)]
        else:
            if job.selections not in plans:
                plans[job.selections] = _Plan(chosen)
            wanting = plans[job.selections].wanting(find(data))
        yield Outcome(job.path, content_id(data), _examined(wanting, data))


def _examined(selections: Iterable[Selection[Any]], data: bytes) -> dict[str, tuple[str, bytes]]:
    """What each selection finds in one file; those with one parser let it read the file once."""
    done: dict[tuple[Any, int], tuple[str, bytes]] = {}
    found = {}
    for selection in selections:
        how = (selection.parse, selection.max_bytes)
        if how not in done:
            done[how] = examine(selection, data)
        found[selection.name] = done[how]
    return found


class _Plan:
    """Which of some selections want a file, by the needles that it holds: thousands of files ask
    the same."""

    def __init__(self, selections: Iterable[Selection[Any]]) -> None:
        self._order = {selection.name: selection for selection in selections}
        self._always = {name for name, selection in self._order.items() if not selection.needles}
        self._by_needle: dict[bytes, set[str]] = {}
        for name, selection in self._order.items():
            for needle in selection.needles:
                self._by_needle.setdefault(needle, set()).add(name)

    def wanting(self, held: set[bytes]) -> list[Selection[Any]]:
        """Those whose needle is among ``held``, in their order."""
        names = self._always.union(*(self._by_needle.get(needle, ()) for needle in held))
        return [selection for name, selection in self._order.items() if name in names]


def _finder(selections: Mapping[str, Selection[Any]]) -> Callable[[bytes], set[bytes]]:
    """Finds the needles of all selections in one pass over a file."""
    from ahocorasick_rs import BytesAhoCorasick, Implementation

    needles = sorted({needle for s in selections.values() for needle in s.needles})
    search = BytesAhoCorasick(needles, implementation=Implementation.DFA)

    def held(data: bytes) -> set[bytes]:
        found = search.find_matches_as_indexes(data, overlapping=True)
        return {needles[number] for number, _, _ in found}

    return held


def examine(selection: Selection[Any], data: bytes) -> tuple[str, bytes]:
    """The state of one file for one selection, with encoded facts or problem."""
    if len(data) > selection.max_bytes:
        message = f"longer than {selection.max_bytes} bytes; not read"
        return PROBLEM, msgspec.msgpack.encode((1, message))
    try:
        facts = selection.parse(data)
    except FormatError as error:
        return PROBLEM, msgspec.msgpack.encode((error.line, error.message))
    except RecursionError:
        return PROBLEM, msgspec.msgpack.encode((1, "nested too deeply to read"))
    return (ABSENT, b"") if facts is None else (FACTS, msgspec.msgpack.encode(facts))
