"""Clocks that a board must register before waits can ask them for the time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import code_text
from pitfalls.formats.code_text import Text
from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.clock_contexts import START, Func, is_test
from pitfalls.views.clock_functions import ClockFunctions
from pitfalls.views.firmware_crates import FirmwareCrates
from pitfalls.views.layout import Layout
from pitfalls.views.rust_modules import is_live

_REGISTRAR = re.compile(
    r"(?:set|register|install)_(?:\w+_)?clock(?:_(?:fn|function|callback|source|cb))?"
)
_GIVEN = re.compile(r"\bfn\s*\(|:\s*\w*(?:Fn|Function|Callback|Clock)\b")
_IMPORTED = r"\buse\s+{0}::(?:(\w+)\s*;|\{{([^{{}}]{{1,200}})\}}\s*;)"


@dataclass(frozen=True)
class Registration:
    """A crate that uses a platform, at the first ``place`` where it calls it, and the platform's
    ``wrapper`` that hands its clock to ``registrar``; ``call`` is where that is called."""

    place: Place
    wrapper: Func
    registrar: Func
    call: Place | None
    subject: str
    platform: str

    @property
    def related(self) -> tuple[Related, ...]:
        """The wrapper and the registrar."""
        given = f"{self.wrapper.facts.name}() hands a clock to {self.registrar.facts.name}()"
        return (
            Related(self.wrapper.place, given),
            Related(self.registrar.place, f"{self.registrar.facts.name}() keeps it"),
        )


class ClockRegistrations(View):
    """Every crate that runs on a platform whose clock has to be registered."""

    uses = (ClockFunctions, FirmwareCrates, Layout)

    def __init__(self, registrations: Iterable[Registration]) -> None:
        self.registrations = tuple(registrations)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the functions that keep a clock, and those that hand them one."""
        functions = source.view(ClockFunctions)
        wrappers = list(_wrappers(functions))
        if not wrappers:
            return cls(())
        return cls(_Reader(source, functions).registrations(wrappers))


def _wrappers(functions: ClockFunctions) -> Iterator[tuple[Func, Func]]:
    """``(wrapper, registrar)`` in different crates; a wrapper takes nothing, so that whoever uses
    its crate can only call it or not."""
    for registrar in functions.functions:
        facts = registrar.facts
        keeps = registrar.is_rust and facts.writes and _GIVEN.search(facts.parameters)
        if not keeps or not _REGISTRAR.fullmatch(facts.name):
            continue
        for caller, _ in functions.callers(registrar):
            alone = caller.facts.exported and not caller.facts.parameters
            if alone and caller.crate_name and caller.crate != registrar.crate:
                yield caller, registrar


class _Reader:
    def __init__(self, source: Source, functions: ClockFunctions) -> None:
        self.source = source
        self.functions = functions
        self.crates = source.view(FirmwareCrates)
        self.layout = source.view(Layout)
        self._texts: dict[str, dict[str, Text]] = {}

    def registrations(self, wrappers: list[tuple[Func, Func]]) -> Iterator[Registration]:
        links = self.crates.links
        for wrapper, registrar in wrappers:
            owner = wrapper.crate_name
            calls = {c: p for c in links.users(owner) if (p := self._call(c, owner, wrapper))}
            for user in links.users(owner):
                used = calls.get(user) or self._call(user, owner, None)
                if used is None:
                    continue
                near = (
                    place for crate, place in calls.items()
                    if crate in links.closure(user) or user in links.closure(crate)
                )  # fmt: skip
                yield Registration(
                    used, wrapper, registrar, calls.get(user) or next(near, None),
                    self.layout.subject_of(used.path), self.layout.platform_of(used.path),
                )  # fmt: skip

    def _call(self, crate: str, owner: str, wrapper: Func | None) -> Place | None:
        """The line of a crate that calls the wrapper; without one, the first that calls into
        ``owner``, in a function that brings something up if there is any."""
        others = []
        for path, text in self._files(crate).items():
            if owner not in text.code:
                continue
            spots = list(_pattern(text.code, owner, wrapper).finditer(text.code))
            starts = [s for s in code_text.rust_functions(text) if START.search(s.name)]
            inside = [s for s in spots if any(f.opened < s.start() < f.closed for f in starts)]
            places = [_place(path, text.code, spot.start()) for spot in inside or spots]
            if places and (inside or wrapper is not None):
                return places[0]
            others += places
        return next(iter(others), None)

    def _files(self, crate: str) -> dict[str, Text]:
        """The live code of a crate's own sources."""
        if crate not in self._texts:
            folder = self.crates.links.folders[crate]
            prefix = f"{folder}/src/" if folder else "src/"
            found = {}
            for path in self.source.paths:
                if not (path.startswith(prefix) and path.endswith(".rs")) or is_test(path):
                    continue
                if is_live(path, self.source.read):
                    found[path] = self.source.code(path)
            self._texts[crate] = found
        return self._texts[crate]


def _pattern(code: str, owner: str, wrapper: Func | None) -> re.Pattern[str]:
    """Calls by a path from the crate, or from what a ``use`` brings in of it."""
    names = [owner]
    for found in re.finditer(_IMPORTED.format(owner), code):
        names += re.findall(r"\w+", found[1] or found[2])
    called = wrapper.facts.name if wrapper is not None else r"[a-z]\w*"
    text = rf"\b(?:{'|'.join(dict.fromkeys(names))})::(?:\w+::)*{called}\s*\("
    if wrapper is not None and called in names:
        text += rf"|(?<![\w:]){called}\s*\("
    return re.compile(text)


def _place(path: str, code: str, offset: int) -> Place:
    return Place(path, code.count("\n", 0, offset) + 1)
