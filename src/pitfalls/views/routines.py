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
    needles=(
        b".spawn()",
        b"kill(",
        b"PR_SET_PDEATHSIG",
        b"set_pdeathsig",
        b'"ss"',
        b'/ss"',
        b'"tcpkill"',
        b'"conntrack"',
        b"ss -K",
        b"ss --kill",
        b"tcpkill ",
        b"conntrack -D",
        b"fn wait_for_",
    ),
)
PEER_TESTS = Selection(
    name="rust-peer-tests",
    type=RustRoutines,
    parse=rust_routines.parse,
    names=("*/tests/*.rs", "tests/*.rs"),
    lazy=True,
)

_CRATE = re.compile(r"(?:^|/)tests/(?!\w*(?:common|support|util|help|harness|fixture))[^/]+\.rs$")
"""An integration test is a crate of its own: nobody else calls its functions."""

TEST_CODE = re.compile(
    r"(?:^|/)(?:tests?|testing|e2e|harness|fixtures?|bench(?:es|marks)?|ci|\.github|\.gitlab[^/]*"
    r"|[^/]*[-_]tests?|tests?[-_][^/]*|[^/]*smoke[^/]*|[^/]*interop[^/]*)(?:/|$|\.)",
    re.IGNORECASE,
)
"""Paths of tests, of their helpers, and of continuous integration."""

HOST_TOOL = re.compile(
    r"(?:^|/)(?:xtasks?|[^/]*qemu[^/]*|[^/]*runner|perf(?:ormance)?[-_][^/]*)/", re.IGNORECASE
)
"""Folders of programs that build and run the firmware on a developer's machine."""


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


def _is_helper(item: Found) -> bool:
    """Whether a function starts a process itself, or names addresses to a tool for sockets."""
    return bool(item.routine.addresses) or any(
        c.callee == "spawn" and not c.arguments for c in item.routine.calls
    )


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
        self._test_crates = {path for path in files if _CRATE.search(path)}
        self._calls: dict[str, list[tuple[Found, Call]]] = defaultdict(list)
        for item in self.found:
            for call in item.routine.calls:
                self._calls[call.name].append((item, call))

    @classmethod
    def build(cls, source: Source) -> Self:
        """From files that start processes, and from tests of peers where there are such files."""
        layout = source.view(Layout)
        files = {f.path: f.facts for f in source.facts(SUPPORT) if layout.is_evidence(f.path)}
        calls = cls(files).helper_calls()
        callers = (p for p in source.holding(PEER_TESTS, calls) if p not in files)
        own = (path for path in callers if layout.is_evidence(path))
        files |= {found.path: found.facts for found in source.facts_of(PEER_TESTS, own)}
        return cls(files)

    def helper_calls(self) -> list[bytes]:
        """How calls read of helpers that start a process or remove sockets: ``Router::start(``."""
        own = [f for f in self.found if _is_helper(f)]
        helpers = {f for f in self.reaching(own, 2) if not f.routine.is_test}
        return [f"{f.routine.label}(".encode() for f in helpers if f.routine.label != "main"]

    def is_test_code(self, path: str) -> bool:
        """Whether a file holds tests, or lies where tests and their helpers are kept."""
        facts = self.files.get(path)
        return bool(TEST_CODE.search(path)) or (
            facts is not None and any(routine.is_test for routine in facts.routines)
        )

    def is_of_tests(self, item: Found) -> bool:
        """Whether a function is a test or a helper of one: it lies where these are kept, or in the
        module of unit tests. The rest of a file with such a module is the product."""
        module = self.files[item.path].unit_tests
        inside = 0 < module <= item.routine.line
        return item.routine.is_test or inside or bool(TEST_CODE.search(item.path))

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
        return own or [item for item in free if item.path not in self._test_crates]

    def callers(self, called: Found) -> Iterator[tuple[Found, Call]]:
        """The calls of a function."""
        for item, call in self._calls.get(called.routine.name, ()):
            if called in self.callees(call, item):
                yield item, call

    def handed(self, item: Found) -> Iterator[Found]:
        """The functions that get a function as an argument."""
        for other in self.found:
            for call in other.routine.calls:
                if item.routine.name in call.arguments:
                    yield from self.callees(call, other)

    def reaching(self, seeds: Iterable[Found], depth: int = 3) -> set[Found]:
        """``seeds`` and the functions that call them, so many calls away."""
        reached = set(seeds)
        edge = set(reached)
        for _ in range(depth):
            edge = {caller for item in edge for caller, _ in self.callers(item)} - reached
            reached |= edge
        return reached
