"""The clocks of the tree: each getter followed to where its time comes from, and what moves it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal, Self

from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.clock_contexts import Func, Run
from pitfalls.views.clock_functions import ClockFunctions
from pitfalls.views.clock_leaves import Leaf, leaf_of
from pitfalls.views.clock_links import ClockLinks, Linkage
from pitfalls.views.layout import OTHERS, Layout

Movement = Literal["moves", "polled", "frozen", "unknown"]

_MOVEMENTS: tuple[tuple[str, Movement], ...] = (
    ("interrupt", "moves"),
    ("unknown", "unknown"),
    ("poll", "polled"),
)

_STUB = re.compile(
    r"stub|dummy|fake|mock|(?:^|/)(?:unix|linux|posix|windows|win32|host)/", re.IGNORECASE
)
_ENDINGS = (".rs", ".c", ".cpp", ".cc")

_ASKS = rb"(?<!uint32_t )\bHAL_(?:Delay|GetTick)\s*\((?!\s*(?:void|uint32_t)\b)"
"""A call of the vendor's clock, no definition."""


@dataclass(frozen=True)
class Writer:
    """A statement that moves a static clock, and the contexts in which it runs."""

    place: Place
    function: Func
    text: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Clock:
    """One source of time with the getters that return it. ``writers`` are those of a static;
    ``starts`` the runs that start a hardware counter, ``start`` the function that does it.
    ``linkage`` is whether other code of the tree builds on it."""

    leaf: Leaf
    getters: tuple[Func, ...]
    writers: tuple[Writer, ...]
    starters: tuple[Func, ...]
    starts: tuple[Run, ...]
    linkage: Linkage
    subject: str
    platform: str
    tickless: bool = False

    @property
    def movement(self) -> tuple[Movement, Run | None]:
        """What moves the time: ``moves`` by itself or by an interrupt, ``polled``, ``frozen``, or
        ``unknown``; with the run that shows it."""
        if self.leaf.kind == "unknown":
            return "unknown", None
        if self.leaf.kind == "constant":
            return "frozen", None
        if self.leaf.kind != "static":
            return "moves", None
        runs = [run for writer in self.writers for run in writer.runs]
        for context, movement in _MOVEMENTS:
            for run in runs:
                if run.context == context:
                    return movement, run
        if not self.writers and not all(static.private for _, static in self.leaf.statics):
            return "unknown", None
        return "frozen", next(iter(runs), None)

    @property
    def network_polls(self) -> tuple[Run, ...]:
        """The runs in poll functions that move the time, each place once."""
        runs = {
            run.place: run
            for writer in self.writers
            for run in writer.runs
            if run.context == "poll" and "poll function" in run.why
        }
        return tuple(runs.values())

    @property
    def is_others(self) -> bool:
        """Whether it stands in middleware that the project compiles and others wrote."""
        return OTHERS.search(self.leaf.function.path) is not None

    @property
    def is_stub(self) -> bool:
        """Whether a constant stands in a file that says that it only fills a gap, in a program of
        the host, or where nothing starts the tick either or own code asks for it."""
        return self.leaf.kind == "constant" and (
            self.tickless or bool(_STUB.search(self.leaf.function.path))
        )

    @property
    def conditional(self) -> bool:
        """Whether the getter is compiled for some builds only."""
        return bool(self.leaf.function.facts.conditions)

    @property
    def name(self) -> str:
        """The getters by name."""
        names = list(dict.fromkeys(getter.facts.name for getter in self.getters))
        return ", ".join(f"{name}()" for name in names[:3])

    @property
    def place(self) -> Place:
        """The line of the first getter."""
        return self.getters[0].place

    @property
    def read_place(self) -> Place:
        """The line of the first getter that reads the time, or calls what does."""
        if self.leaf.hops:
            return self.leaf.hops[0].place
        return Place(self.leaf.function.path, self.leaf.sources[0].line)

    @property
    def static_name(self) -> str:
        """The statics that hold the time."""
        return ", ".join(static.name for _, static in self.leaf.statics)

    @property
    def chain(self) -> tuple[Related, ...]:
        """From the getter to what it reads."""
        reads = [
            Related(Place(self.leaf.function.path, source.line), f"reads {source.name}")
            for source in self.leaf.sources[:2]
        ]
        holds = [
            Related(Place(path, static.line), f"{static.name} holds the time")
            for path, static in self.leaf.statics
        ]
        return (*self.leaf.hops, *reads, *holds)


class Clocks(View):
    """Every clock that the tree's own code makes."""

    uses = (ClockFunctions, MANIFESTS, Layout)

    def __init__(self, clocks: Iterable[Clock], functions: ClockFunctions) -> None:
        self.clocks = tuple(clocks)
        self.functions = functions

    @classmethod
    def build(cls, source: Source) -> Self:
        """Group the getters by the function that reads the time."""
        functions, layout = source.view(ClockFunctions), source.view(Layout)
        links = ClockLinks(source)
        groups: dict[object, list[tuple[Func, Leaf]]] = {}
        for getter in functions.functions:
            if getter.facts.getter and not getter.facts.weak:
                leaf = leaf_of(getter, functions, (), frozenset())
                if leaf is not None:
                    one = getter if leaf.kind == "wall" else leaf.function
                    groups.setdefault(leaf.statics or one, []).append((getter, leaf))
        found, askers = [], Askers(source, layout)
        for members in groups.values():
            clock = _clock(members, functions, layout, links.of(members[0][1].function))
            if clock.leaf.kind == "constant" and not clock.tickless:
                clock = replace(clock, tickless=askers.lack(clock))
            if clock.starters and not clock.starts:
                clock = replace(clock, starts=tuple(_searched(clock.starters, source, functions)))
            found.append(clock)
        return cls(sorted(found, key=lambda clock: clock.place), functions)


def _clock(
    members: list[tuple[Func, Leaf]], functions: ClockFunctions, layout: Layout, linkage: Linkage
) -> Clock:  # fmt: skip
    members.sort(key=lambda member: (len(member[1].hops), member[0].path, member[0].facts.line))
    leaf = members[0][1]
    readers = {leaf.function for _, leaf in members}
    getters = tuple(getter for getter, _ in members)
    writers = tuple(_writers(leaf, readers, functions)) if leaf.kind == "static" else ()
    starters = tuple(_starters(leaf, functions)) if leaf.kind == "hardware" else ()
    starts = tuple(_starts(starters, functions)) if leaf.kind == "hardware" else ()
    path = (getters[0] if leaf.kind == "wall" else leaf.function).path
    tickless = leaf.kind == "constant" and any(
        f.path == path and f.facts.name == "HAL_InitTick" and f.facts.constant
        for f in functions.functions
    )
    return Clock(
        leaf, getters, writers, starters, starts, linkage,
        layout.subject_of(path), layout.platform_of(path), tickless,
    )  # fmt: skip


class Askers:
    """The own C and C++ files that ask ``HAL_GetTick`` for the time, each looked at once."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._asks = cache(lambda path: source.matches(path, _ASKS))

    @cached_property
    def _paths(self) -> list[str]:
        return [
            path for path in self._source.paths
            if path.endswith((".c", ".cpp", ".cc", ".cxx"))
            and self._layout.is_evidence(path) and not OTHERS.search(path)
        ]  # fmt: skip

    def lack(self, clock: Clock) -> bool:
        """Whether a getter of the vendor's drivers is there for them alone: no own code waits by
        it."""
        if {getter.facts.name for getter in clock.getters} != {"HAL_GetTick"}:
            return False
        own = {getter.path for getter in clock.getters}
        return not any(self._asks(path) for path in self._paths if path not in own)


def _writers(leaf: Leaf, readers: set[Func], functions: ClockFunctions) -> Iterator[Writer]:
    names = {static.name for _, static in leaf.statics}
    for function in functions.functions:
        if not functions.sees_statics(function, leaf.function):
            continue
        done: set[str] = set()
        for write in function.facts.writes:
            if write.name in names and write.name not in done:
                done.add(write.name)
                if function in readers:
                    why = f"each call of {function.facts.name}() counts as time"
                    runs = [Run("poll", Place(function.path, write.line), why, ())]
                else:
                    runs = functions.runs(function, write.line, write.in_loop)
                yield Writer(Place(function.path, write.line), function, write.text, tuple(runs))
                break


def _starters(leaf: Leaf, functions: ClockFunctions) -> Iterator[Func]:
    """Functions of the leaf's file that start the counter; of any file for the cycle counter."""
    cycles = any("cycle" in s.name.lower() or "cyccnt" in s.name.lower() for s in leaf.sources)
    for function in functions.functions:
        if (cycles and function.facts.starts) or (
            not cycles and functions.is_start(function, leaf.function)
        ):
            yield function


def _starts(starters: Iterable[Func], functions: ClockFunctions) -> Iterator[Run]:
    for starter in starters:
        if starter.facts.starts:
            line = starter.facts.starts[0]
            yield Run("start", Place(starter.path, line), "starts the cycle counter", ())
            continue
        for caller, call in functions.callers(starter):
            place = Place(caller.path, call.line)
            yield Run("start", place, f"{caller.facts.name}() calls {starter.facts.name}()", ())


def _searched(starters: Iterable[Func], source: Source, functions: ClockFunctions) -> Iterator[Run]:
    """Calls in files that have nothing to do with clocks but for that: found by the name."""
    for starter in starters:
        if functions.is_visible(starter):
            continue
        call = re.compile(rf"(?<!fn )\b((?:\w+::)*){re.escape(starter.facts.name)}\s*\(")
        for path in source.paths:
            if not path.endswith(_ENDINGS) or path == starter.path:
                continue
            if not source.matches(path, re.escape(starter.facts.name.encode())):
                continue
            code = source.code(path).code
            for spot in call.finditer(code):
                first = spot[1].partition("::")[0]
                if first == starter.crate_name or first not in functions.crates:
                    line = code.count("\n", 0, spot.start()) + 1
                    yield Run("start", Place(path, line), f"calls {starter.facts.name}()", ())
                    return
