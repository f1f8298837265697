"""Tests that start guests with fixed addresses on a TAP, and what removes the host's sockets that a
killed guest leaves behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from pitfalls.formats import guest_addresses
from pitfalls.formats.guest_addresses import GuestAddresses
from pitfalls.formats.rust_routines import Call
from pitfalls.formats.socket_tools import SocketKill, in_text
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.cargo_tests import CargoTests, RustTest
from pitfalls.views.layout import Layout
from pitfalls.views.port_seeds import PortSeed, SeededPorts
from pitfalls.views.resource_claims import Step
from pitfalls.views.routines import TEST_CODE, Found, Routines
from pitfalls.views.socket_scripts import SocketScripts
from pitfalls.views.test_resources import TestResources

ADDRESSES = Selection(
    name="guest-addresses",
    type=GuestAddresses,
    parse=guest_addresses.parse,
    names=("config.rs", "*.toml"),
    needles=(b"ip: [", b"ip = \"", b"ip_addr"),
)  # fmt: skip

_TOOLS = re.compile(
    r"Command::new\(\s*\"(?:[\w/]*\bsudo\"[^\"]*(?:\"-\w+\"[^\"]*)*\")?"
    r"(?:[\w/]*/)?(ss|tcpkill|conntrack)\""
)
_KILLS = re.compile(r"\"(?:-\w*K\w*|--kill)\"|\"-D\"")
_SHELL = re.compile(
    r"Command::new\(\s*\"(?:[\w/]*/)?(?:(?:sh|bash|dash|zsh)|(?:sudo|doas)\"[^;]*\"(?:[\w/]*/)?"
    r"(?:sh|bash|dash|zsh))\"[^;]*\"-\w*c\""
)
_RUNS = re.compile(r"(?:run|sh|shell|bash|system|exec)(?:_\w+)?")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
_SECONDS = re.compile(r"from_(secs|millis)\(\s*(\d+)")
_ROUTER = re.compile(r"router|zenohd|broker|mosquitto", re.IGNORECASE)


@dataclass(frozen=True)
class Cleanup:
    """A helper that kills sockets: the addresses it names (empty when they are run-time values),
    whether anything looks at what is left, and the seconds that it then sleeps; ``script`` is what
    it runs for that, if it does."""

    found: Found
    addresses: tuple[str, ...]
    checked: bool
    settle: float
    script: Place | None = None

    @property
    def place(self) -> Place:
        """Its head, or the script."""
        return self.script or self.found.place


@dataclass(frozen=True)
class Guest:
    """A test in scope: ``cleanup`` that it reaches and the call that does, or the ``seed`` of the
    firmware that it starts."""

    test: RustTest
    tap: str
    platform: str
    places: tuple[Related, ...]
    cleanup: Cleanup | None
    via: Place | None
    seed: PortSeed | None

    @property
    def place(self) -> Place:
        """The test."""
        return Place(self.test.binary.path, self.test.function.line)


@dataclass(frozen=True)
class Missed:
    """A guest address of a cleaned network that a cleanup does not name."""

    cleanup: Cleanup
    address: str
    place: Place


class StaleSockets(View):
    """``guests``: the tests in scope; ``cleanups`` that one of them calls; ``missed`` addresses."""

    uses = (CargoTests, TestResources, Routines, SocketScripts, SeededPorts, ADDRESSES, Layout)

    def __init__(
        self, guests: Iterable[Guest], cleanups: Iterable[Cleanup], missed: Iterable[Missed]
    ) -> None:
        self.guests = tuple(guests)
        self.cleanups = tuple(cleanups)
        self.missed = tuple(missed)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Follow the calls of each test to a TAP, and to a cleanup."""
        cargo, routines = source.view(CargoTests), source.view(Routines)
        layout = source.view(Layout)
        scripts = source.view(SocketScripts)
        cleanups = [c for item in routines.found if (c := _cleanup(item, scripts)) is not None]
        seeds = list(source.view(SeededPorts).per_boot)
        guests = tuple(
            _guests(cargo, source.view(TestResources), routines, cleanups, seeds, layout)
        )
        used = {guest.cleanup.place: guest.cleanup for guest in guests if guest.cleanup}
        missed = []
        if used:
            fixed = [
                (layout.platform_of(file.path), address.text, Place(file.path, address.line))
                for file in source.facts(ADDRESSES)
                if layout.is_evidence(file.path) and not TEST_CODE.search(file.path)
                for address in file.facts.addresses
            ]
            missed = [m for cleanup in used.values() for m in _missed(cleanup, guests, fixed)]
        return cls(guests, used.values(), missed)


def _cleanup(item: Found, scripts: SocketScripts) -> Cleanup | None:
    """What a function kills; None when it kills no sockets."""
    return _by_tools(item) or _by_script(item, scripts)


def _by_script(item: Found, scripts: SocketScripts) -> Cleanup | None:
    """What it has a shell, or a script of the tree, kill."""
    for call in item.routine.calls:
        text = f"{call.receiver} {_first(call)}"
        words = _QUOTED.findall(text)
        if _SHELL.search(text) or _RUNS.fullmatch(call.name):
            kill = next((k for w in words if " " in w and (k := in_text(w)) is not None), None)
            if kill is not None:
                known = (*kill.addresses, *(quote.text for quote in item.routine.addresses))
                return _with_rest(item, call.line, known, kill)
        if "Command::new(" in text and (found := scripts.run_by(words)) is not None:
            made = _with_rest(item, call.line, found.kill.addresses, found.kill)
            return replace(made, script=found.place)
    return None


def _with_rest(item: Found, line: int, addresses: Iterable[str], kill: SocketKill) -> Cleanup:
    """A kill with what the function does after it."""
    after = [c for c in item.routine.calls if c.line > line]
    return Cleanup(
        item, tuple(dict.fromkeys(addresses)), kill.checked or _looks(after),
        kill.settle + sum(_sleep(c) for c in after if c.name == "sleep"),
    )  # fmt: skip


def _looks(after: list[Call]) -> bool:
    """Whether something lists what is left."""
    relisted = any(
        _TOOLS.search(_first(c)) and not _KILLS.search(" ".join(c.arguments)) for c in after
    )
    return relisted or any(
        c.name == "output" or "check" in c.name or "gone" in c.name for c in after
    )


def _by_tools(item: Found) -> Cleanup | None:
    tools = [c for c in item.routine.calls if _TOOLS.search(f"{c.receiver} {_first(c)}")]
    kills = [c for c in tools if _KILLS.search(" ".join(c.arguments))]
    if not kills and not any("tcpkill" in f"{c.receiver} {_first(c)}" for c in tools):
        return None
    last = kills[-1].line if kills else item.routine.line
    after = [c for c in item.routine.calls if c.line > last]
    return Cleanup(
        item,
        tuple(dict.fromkeys(quote.text for quote in item.routine.addresses)),
        _looks(after),
        sum(_sleep(c) for c in after if c.name == "sleep"),
    )


def _first(call: Call) -> str:
    """``Command::new("ss")`` for that call itself."""
    return f"{call.callee}({', '.join(call.arguments)})"


def _sleep(call: Call) -> float:
    found = _SECONDS.search(" ".join(call.arguments))
    if found is None:
        return 0.0
    return int(found[2]) / (1000 if found[1] == "millis" else 1)


def _guests(
    cargo: CargoTests, resources: TestResources, routines: Routines, cleanups: list[Cleanup],
    seeds: list[PortSeed], layout: Layout,
) -> Iterator[Guest]:  # fmt: skip
    reaching = {c.place: routines.reaching([c.found], 3) for c in cleanups}
    bodies = {(f.path, f.routine.line): f for f in routines.found}
    for test in cargo.tests:
        path = test.binary.path
        claims = resources.claims(test)
        taps = [(value, places) for kind, value, places in claims if kind == "tap"]
        if not taps or not _dials(test, claims):
            continue
        tap, places = taps[0]
        body = bodies.get((path, test.function.line))
        called, via = _called(body, routines, cleanups, reaching)
        # The test's own name tells more than that of a helper which several share.
        told = (test.label, *(text for _, text in places))
        named = (layout.platform_of(text.replace("_", "-")) for text in told)
        platform = next((name for name in named if name), "")
        seed = next((s for s in seeds if s.platform and s.platform == platform), None)
        hops = tuple(Related(place, text) for place, text in places)
        yield Guest(test, tap, platform, hops, called, via, seed)


def _dials(test: RustTest, claims: list[Step]) -> bool:
    """Whether a port on the host is named that the guest can dial: TCP, and always the same."""
    if any(kind == "port" and value.isdigit() and value != "0" for kind, value, _ in claims):
        return True
    return any(_ROUTER.search(call.callee) and "unique" not in call.callee
               for call in test.function.calls)  # fmt: skip


def _called(
    body: Found | None, routines: Routines, cleanups: list[Cleanup],
    reaching: dict[Place, set[Found]],
) -> tuple[Cleanup | None, Place | None]:  # fmt: skip
    """The cleanup that a test reaches by a call, or by a fixture among its parameters."""
    for cleanup in cleanups if body is not None else ():
        if body is None or cleanup.found is body:
            continue
        known = reaching[cleanup.place]
        for call in body.routine.calls:
            if any(callee in known for callee in routines.callees(call, body)):
                return cleanup, body.at(call.line)
        for item in known:
            if item.routine.name in body.routine.parameters:
                return cleanup, item.place
    return None, None


def _missed(
    cleanup: Cleanup, guests: Iterable[Guest], fixed: list[tuple[str, str, Place]]
) -> Iterator[Missed]:
    """Addresses of the platforms whose tests call a cleanup, in the networks that it names,
    without those that it names."""
    platforms = {g.platform for g in guests if g.cleanup is not None and g.platform}
    networks = {text.rpartition(".")[0] for text in cleanup.addresses}
    found = {
        address: place for platform, address, place in reversed(fixed)
        if platform in platforms and address.rpartition(".")[0] in networks
    }  # fmt: skip
    for address, place in sorted(found.items()):
        if address not in cleanup.addresses:
            yield Missed(cleanup, address, place)
