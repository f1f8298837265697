"""The functions of tests and of what supports them, with their calls resolved by name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import rust_routines
from pitfalls.formats.rust_routines import Call, Routine, RustRoutines
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout

SUPPORT = Selection(
    name="rust-routines",
    type=RustRoutines,
    parse=rust_routines.parse,
    names=("*.rs",),
    needles=(b".spawn()", b"PR_SET_PDEATHSIG", b"set_pdeathsig", b'"-K"', b"fn wait_for_"),
)
PEER_TESTS = Selection(
    name="rust-peer-tests",
    type=RustRoutines,
    parse=rust_routines.parse,
    names=("*/tests/*.rs", "tests/*.rs"),
    needles=(b"listener", b"subscriber", b"server", b"cleanup"),
    lazy=True,
)

_STARTS = (b"Process::", b"::spawn", b"::start")

TEST_CODE = re.compile(
    r"(?:^|/)(?:tests?|testing|e2e|harness|fixtures?|bench(?:es|marks)?|ci|\.github|\.gitlab[^/]*"
    r"|[^/]*[-_]tests?|tests?[-_][^/]*|[^/]*smoke[^/]*|[^/]*interop[^/]*)(?:/|$|\.)",
    re.IGNORECASE,
)
"""Paths of tests, of their helpers, and of continuous integration."""


@dataclass(frozen=True, eq=False)
class Found:
    """A function and its file."""

    path: str
    routine: Routine

    @property
    def place(self) -> Place:
        """Its head."""
        return Place(self.path, self.routine.line)

    @property
    def label(self) -> str:
        """``path: Router::start``."""
        return f"{self.path}: {self.routine.label}"

    def at(self, line: int) -> Place:
        """A line of it."""
        return Place(self.path, line)


class Routines(View):
    """``files`` are the facts by path; ``found`` every function of them."""

    uses = (SUPPORT, PEER_TESTS, Layout)

    def __init__(self, files: dict[str, RustRoutines]) -> None:
        self.files = files
        self.found = tuple(
            Found(path, routine) for path, facts in sorted(files.items())
            for routine in facts.routines
        )  # fmt: skip
        self._named: dict[str, list[Found]] = defaultdict(list)
        for item in self.found:
            self._named[item.routine.name].append(item)
        self._calls: dict[str, list[tuple[Found, Call]]] = defaultdict(list)
        for item in self.found:
            for call in item.routine.calls:
                self._calls[call.name].append((item, call))

    @classmethod
    def build(cls, source: Source) -> Self:
        """From files that start processes, and from tests of peers where there are such files."""
        layout = source.view(Layout)
        files = {f.path: f.facts for f in source.facts(SUPPORT) if layout.is_evidence(f.path)}
        if files:
            for path in source.candidates(PEER_TESTS):
                data = source.read(path) if path not in files else None
                if data and PEER_TESTS.wants(data) and any(start in data for start in _STARTS):
                    facts = source.fact(PEER_TESTS, path) if layout.is_evidence(path) else None
                    if facts is not None:
                        files[path] = facts
        return cls(files)

    def is_test_code(self, path: str) -> bool:
        """Whether a file holds tests, or lies where tests and their helpers are kept."""
        facts = self.files.get(path)
        return bool(TEST_CODE.search(path)) or (
            facts is not None and any(routine.is_test for routine in facts.routines)
        )

    def callees(self, call: Call, caller: Found) -> list[Found]:
        """The functions that a call may mean: of the type that it names, of the same file, or the
        only ones of that name."""
        parts = call.callee.split("::")
        known = self._named.get(parts[-1], [])
        owner = parts[-2] if len(parts) > 1 else ""
        owner = caller.routine.owner if owner == "Self" or call.receiver == "self" else owner
        if owner[:1].isupper():
            return [item for item in known if item.routine.owner == owner]
        if call.receiver:
            return [item for item in known if item.routine.owner]
        free = [item for item in known if not item.routine.owner]
        own = [item for item in free if item.path == caller.path]
        return own or free

    def callers(self, called: Found) -> Iterator[tuple[Found, Call]]:
        """The calls of a function."""
        for item, call in self._calls.get(called.routine.name, ()):
            if called in self.callees(call, item):
                yield item, call

    def reaching(self, seeds: Iterable[Found], depth: int = 3) -> set[Found]:
        """``seeds`` and the functions that call them, so many calls away."""
        reached = set(seeds)
        edge = set(reached)
        for _ in range(depth):
            edge = {caller for item in edge for caller, _ in self.callers(item)} - reached
            reached |= edge
        return reached
