"""Where firmware seeds the local ports of its network stack, and where it does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Self

from pitfalls.formats import port_seeds
from pitfalls.formats.port_seeds import Counter, PortSeeds, Seed, Stack
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.firmware_crates import FirmwareCrates
from pitfalls.views.launches import QemuLaunches
from pitfalls.views.layout import Layout
from pitfalls.views.port_dialers import OWN_ROOT, connects, is_hosted
from pitfalls.views.routines import TEST_CODE
from pitfalls.views.rust_modules import is_live

_seeds = partial(Selection, type=PortSeeds)
RUST = _seeds(
    name="rust-port-seeds", parse=port_seeds.parse_rust, names=("*.rs",),
    needles=(
        b"seed_ephemeral", b"seed_local_port", b"set_port_seed", b"seed_port", b"port_seed",
        b"_PORT: u16 = ", b"PORT: AtomicU16", b"PORT: AtomicU32", b"embassy_net::new",
        b"Stack::new(", b"Interface::new(", b"InterfaceBuilder::new(", b"ephemeral",
        b"smoltcp", b"embassy_net", b"next_port", b"port_counter", b"local_port",
        b"49152", b"49_152", b"0xC000", b"0xc000",
    ),
)  # fmt: skip
C = _seeds(
    name="c-port-seeds", parse=port_seeds.parse_c, names=("*.c",),
    needles=(b"seed_ephemeral", b"seed_local_port", b"set_port_seed", b"seed_port", b"port_seed"),
)  # fmt: skip

_PORT = re.compile(r"port", re.IGNORECASE)
Files = list[Located[PortSeeds]]

_NOT_FIRMWARE = re.compile(r"(?:^|/)(?:verification|proofs?|models?|kani|loom|fuzz)(?:/|$)")


@dataclass(frozen=True)
class PortSeed:
    """One seeding call with its place, its firmware target and its platform."""

    place: Place
    seed: Seed
    subject: str
    platform: str

    @property
    def per_boot(self) -> bool:
        """Whether a source is named that differs at each boot."""
        return self.seed.origin == "boot"


@dataclass(frozen=True)
class Starter:
    """A crate that starts a stack and dials. ``counter`` hands out its local ports, else ``dial``
    names a constant one; ``harmless`` says why a port that repeats hurts nobody yet."""

    crate: str
    place: Place
    stack: Stack
    subject: str
    platform: str
    seeds: tuple[PortSeed, ...] = ()
    counter: tuple[Place, Counter] | None = None
    dial: tuple[Place, int] | None = None
    harmless: str = ""


@dataclass(frozen=True)
class Undefined:
    """A call of a seeding function of ``crate`` that the crate does not define."""

    seed: PortSeed
    crate: str


class SeededPorts(View):
    """``seeds``: every call that seeds local ports; ``starters``: crates that start a stack and
    dial with TCP; ``undefined`` calls."""

    uses = (RUST, C, FirmwareCrates, QemuLaunches, Layout)

    def __init__(
        self, seeds: Iterable[PortSeed], starters: Iterable[Starter], undefined: Iterable[Undefined]
    ) -> None:
        self.starters = tuple(starters)
        self.undefined = tuple(undefined)
        bad = {s.subject for s in self.starters if not any(seed.per_boot for seed in s.seeds)}
        self.seeds = tuple(seeds)
        self.per_boot = tuple(s for s in self.seeds if s.per_boot and s.subject not in bad)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From Rust and C files, sorted by path."""
        layout = source.view(Layout)
        rust = [f for f in source.facts(RUST) if _is_own(f.path, layout)]
        files = [*rust, *(f for f in source.facts(C) if _is_own(f.path, layout))]
        seeds = [
            PortSeed(
                Place(file.path, seed.line), seed, layout.subject_of(file.path),
                layout.platform_of(file.path),
            )
            for file in files
            for seed in file.facts.seeds
            if _PORT.search(seed.call)
        ]  # fmt: skip
        if not seeds and not any(f.facts.stacks or f.facts.counters for f in rust):
            return cls((), (), ())
        tree = _Crates(source, [f for f in rust if is_live(f.path, source.read)])
        return cls(seeds, tree.starters(seeds), tree.undefined(seeds))


def _programs(files: Files) -> Iterator[tuple[Files, Files]]:
    """The files of each program of a crate that makes an interface, and all that belong to it.
    Several programs with a stack of embassy-net are told apart; the rest is taken together."""
    made = [f for f in files if f.facts.stacks and not TEST_CODE.search(f.path)]
    roots = [f for f in made if f.facts.stacks[0].kind == "embassy" and OWN_ROOT.search(f.path)]
    if len(roots) < 2:
        roots = []
    for root in roots:
        yield [root], [root, *(f for f in files if not OWN_ROOT.search(f.path))]
    rest = [f for f in files if f not in roots]
    if any(f in rest for f in made):
        yield [f for f in made if f in rest], rest


def _counter(files: Files) -> tuple[Place, Counter] | None:
    found = [(Place(f.path, counter.line), counter) for f in files for counter in f.facts.counters]
    return found[0] if found else None


def _dial(files: Files) -> tuple[Place, int] | None:
    found = [
        (Place(f.path, d.line), d.port) for f in files for d in f.facts.dials
        if d.port is not None
    ]  # fmt: skip
    return found[0] if found else None


def _is_own(path: str, layout: Layout) -> bool:
    return layout.is_evidence(path) and not _NOT_FIRMWARE.search(path)


class _Crates:
    """The facts by crate."""

    def __init__(self, source: Source, files: list[Located[PortSeeds]]) -> None:
        self.source, self.layout = source, source.view(Layout)
        self.launches = source.view(QemuLaunches).launches
        crates = source.view(FirmwareCrates)
        self.links, self.crate_of = crates.links, crates.crate_of
        self.files: dict[str, list[Located[PortSeeds]]] = {}
        for file in files:
            self.files.setdefault(self.crate_of(file.path), []).append(file)

    def starters(self, seeds: list[PortSeed]) -> Iterator[Starter]:
        """One for each program that makes an interface and dials, itself or through a crate; for
        each library that counts and dials where nothing of the tree makes one."""
        made_here = any(f.facts.stacks for files in self.files.values() for f in files)
        for crate, files in sorted(self.files.items()):
            if not made_here:
                yield from self._library(crate, files, seeds)
            for made, own in _programs(files):
                starter = self._starter(crate, made, own, seeds)
                if starter is not None:
                    yield starter

    def _library(self, crate: str, files: Files, seeds: list[PortSeed]) -> Iterator[Starter]:
        """A crate that is handed the interface and dials from a counter of its own."""
        files = [f for f in files if not TEST_CODE.search(f.path)]
        counter = _counter([f for f in files if any(not d.is_short for d in f.facts.dials)])
        if counter is not None:
            place = counter[0]
            yield Starter(
                crate, place, Stack("smoltcp 0.7", place.line, None, "", "unknown"),
                self.layout.subject_of(place.path), self.layout.platform_of(place.path),
                tuple(s for s in seeds if self.crate_of(s.place.path) == crate), counter, None,
                self._harmless(crate, place.path, None, counted=True),
            )  # fmt: skip

    def _starter(
        self, crate: str, made: Files, files: Files, seeds: list[PortSeed]
    ) -> Starter | None:
        path, stack = made[0].path, made[0].facts.stacks[0]
        linked = self.links.closure(crate) - {crate}
        others = [f for name in sorted(linked) for f in self.files.get(name, ())]
        embassy = stack.kind == "embassy"
        counter = None if embassy else _counter([*files, *others])
        dialling = [f for f in files if f.facts.dials and not TEST_CODE.search(f.path)]
        if embassy:
            dialling = [f for f in dialling if any(dial.is_short for dial in f.facts.dials)]
        if counter is None and not dialling:
            return None
        near = {crate, *linked, *self.links.users(crate)}
        platform = self.layout.platform_of(path)
        # No launch of an unknown machine boots embassy-net: that runs on microcontrollers.
        booted = None if embassy and not platform else platform
        return Starter(
            crate, Place(path, stack.line), stack, self.layout.subject_of(path), platform,
            tuple(s for s in seeds if self.crate_of(s.place.path) in near),
            counter, _dial(dialling),
            self._harmless(crate, path, booted, counted=counter is not None),
        )  # fmt: skip

    def _harmless(self, crate: str, path: str, platform: str | None, *, counted: bool) -> str:
        own = [one for one in self.launches if one.platform == platform]
        if {netdev.kind for one in own for netdev in one.netdevs} == {"user"}:
            return "every launch is behind QEMU's own address translation"
        if is_hosted(self.source, path, self.links.folders.get(crate, "")):
            return "a program of the host, which is not started anew by a reset"
        if counted and not connects(self.source, crate, self.links):
            return "no code of this firmware connects yet"
        return ""

    def undefined(self, seeds: list[PortSeed]) -> Iterator[Undefined]:
        """Calls ``crate::seed_x`` of a crate of the tree that defines no such function, and does
        not link one that does."""
        for seed in seeds:
            first = seed.seed.call.partition("::")[0]
            if first not in self.links.folders or "::" not in seed.seed.call:
                continue
            known = {
                name for crate in self.links.closure(first) for f in self.files.get(crate, ())
                for name in f.facts.defined
            }  # fmt: skip
            if seed.seed.name not in known:
                yield Undefined(seed, first)
