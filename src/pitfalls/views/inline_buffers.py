"""Driver objects that hold their DMA buffers inline, and where they are when they are set up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import rust_drivers, rust_set_ups
from pitfalls.formats.rust_drivers import Escape, RustDrivers
from pitfalls.formats.rust_set_ups import Call, SetUps
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View, any_of
from pitfalls.views.layout import Layout

RUST_DRIVERS = Selection(
    "rust-drivers",
    RustDrivers,
    rust_drivers.parse,
    names=("*.rs",),
    needles=(b"write_volatile", b".write(|", b"MaybeUninit", b"StaticCell", b"static mut"),
)
SET_UPS = Selection("rust-set-ups", SetUps, rust_set_ups.parse, names=("*.rs",), lazy=True)


@dataclass(frozen=True)
class SetUp:
    """A call that ties a driver to its address. ``moved`` is the place at which the object leaves
    that address, None when it is set up where it stays."""

    name: str
    type: str
    place: Place
    method: str
    field: str
    definition: Place
    moved: Place | None
    how: str

    @property
    def related(self) -> tuple[Related, ...]:
        """The chain: where the address is stored, where the object moves."""
        stored = f"{self.type}::{self.method} stores the address of {self.field}"
        hops = [Related(self.definition, stored)]
        if self.moved is not None:
            hops.append(Related(self.moved, f"{self.name} is {self.how}"))
        return tuple(hops)


class InlineBuffers(View):
    """Every set-up of a driver whose type, in the tree, stores addresses of its own arrays."""

    uses = (RUST_DRIVERS, SET_UPS, Layout)

    def __init__(self, set_ups: Iterable[SetUp]) -> None:
        self.set_ups = tuple(set_ups)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join types and their methods with the functions that make and use such objects."""
        layout = source.view(Layout)
        files = [f for f in source.facts(RUST_DRIVERS) if layout.is_evidence(f.path)]
        escapes: dict[str, list[tuple[str, Escape]]] = {}
        for file in files:
            for escape in file.facts.escapes:
                escapes.setdefault(escape.type, []).append((file.path, escape))
        found: list[SetUp] = []
        named = any_of(name.encode() for name in escapes)
        for path in (file.path for file in files if file.facts.may_set_up):
            facts = source.fact(SET_UPS, path) if source.matches(path, named) else None
            if facts is not None:
                found += _set_ups(path, facts, escapes)
        return cls(found)


def _set_ups(
    path: str, facts: SetUps, escapes: dict[str, list[tuple[str, Escape]]]
) -> Iterator[SetUp]:
    """The set-ups of one file."""
    for local in facts.locals:
        hit = _escaping(local.calls, escapes.get(local.type, []))
        if hit:
            moved = Place(path, local.moved_line)
            yield _set_up(path, local.name, hit, moved, local.moved)
    for placed in facts.placed:
        words = re.findall(r"\w+", placed.type)
        known = [e for word in words for e in escapes.get(word, [])]
        hit = _escaping(placed.calls, known)
        if hit:
            yield _set_up(path, placed.static, hit, None, "")


def _escaping(
    calls: Iterable[Call], escapes: Iterable[tuple[str, Escape]]
) -> tuple[Call, str, Escape] | None:
    """The first call to a method that stores an address."""
    known = {escape.method: (path, escape) for path, escape in escapes}
    for call in calls:
        if call.method in known:
            path, escape = known[call.method]
            return call, path, escape
    return None


def _set_up(
    path: str, name: str, hit: tuple[Call, str, Escape], moved: Place | None, how: str
) -> SetUp:
    call, where, escape = hit
    definition = Place(where, escape.line)
    place = Place(path, call.line)
    return SetUp(name, escape.type, place, escape.method, escape.field, definition, moved, how)
