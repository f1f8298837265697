"""Reads files and parses them into encoded facts, on several cores where that pays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pitfalls.formats import FormatError
from pitfalls.source import Selection
from pitfalls.tree import Tree, content_id
from pitfalls.workers import MOST_BATCHES, processes, share

ABSENT, FACTS, PROBLEM = "a", "f", "p"
"""Nothing of interest, facts, or ``(line, message)`` of what could not be read."""

STATES = (b"a", b"f", b"p")
"""The same, as what is kept of a file begins."""

FORK_BYTES = 4 * 1024 * 1024
"""Less is not worth a second process (starting one takes some ten milliseconds)."""

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
    """Do all jobs, in several processes from ``fork_from`` bytes on; a file that cannot be read has
    no outcome."""
    reader = _Reader(tree, selections, at_once=len(jobs) >= MANY_JOBS)
    count = processes() if sum(job.size for job in jobs) >= fork_from else 1
    if count == 1:
        yield from reader.outcomes(jobs)
        return
    tree.release()  # a process that reads for us must not be shared with a child
    bysize = sorted(jobs, key=lambda job: -job.size)
    batches = [batch for n in range(MOST_BATCHES) if (batch := bysize[n::MOST_BATCHES])]
    yield from share(batches, lambda batch: list(reader.outcomes(batch)), Outcome, count)


class _Reader:
    """Reads files for some selections; ``at_once`` looks for the needles of all in one pass."""

    def __init__(
        self, tree: Tree, selections: Mapping[str, Selection[Any]], *, at_once: bool
    ) -> None:
        self._tree = tree
        self._selections = selections
        self._find = _finder(selections) if at_once else None
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def outcomes(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """What is found in each file that can be read."""
        for job in jobs:
            data = self._tree.read(job.path)
            if data is not None:
                found = _examined(self._wanting(job.selections, data), data)
                yield Outcome(job.path, content_id(data), found)

    def _wanting(self, names: tuple[str, ...], data: bytes) -> list[Selection[Any]]:
        """Those of some selections whose needles the file holds."""
        if self._find is None:
            return [s for name in names if (s := self._selections[name]).wants(data)]
        if names not in self._plans:
            self._plans[names] = _Plan(self._selections[name] for name in names)
        return self._plans[names].wanting(self._find(data))


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
