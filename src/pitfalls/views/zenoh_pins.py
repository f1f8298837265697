"""Versions of zenoh components: what the tree pins, what its prose says, who starts a router."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Self

from pitfalls.formats import router_starts, zenoh_pins, zenoh_statements, zenoh_version, zenoh_wire
from pitfalls.formats.router_starts import RouterStarts
from pitfalls.formats.zenoh_pins import Pins
from pitfalls.formats.zenoh_statements import Statements
from pitfalls.formats.zenoh_version import Version
from pitfalls.formats.zenoh_wire import WireVersion
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.build_commands import BUILD_COMMANDS, build_commands
from pitfalls.views.layout import Layout

_pins = partial(Selection, type=Pins)
PIN_SELECTIONS: tuple[Selection[Pins], ...] = (
    _pins(
        name="zenoh in scripts", parse=zenoh_pins.parse_scripts,
        names=("*.sh", "*.bash", "justfile", "*.just", "Makefile", "*.mk", "Dockerfile",
               "Dockerfile.*", "*.dockerfile", "Containerfile"),
        needles=(b"eclipse-zenoh/", b"install zenoh", b"eclipse/zenoh", b"ZENOH_VERSION", b"zenohd",
                 b"eclipse-zenoh",
                 b"ZENOHD_VERSION", b"ZENOH_PICO_VERSION", b"/zenoh"),
    ),
    _pins(
        name="zenoh in CMake", parse=zenoh_pins.parse_cmake, names=("CMakeLists.txt", "*.cmake"),
        needles=(b"/zenoh", b"ZENOH_PICO_VERSION", b"find_package(zenohpico"),
    ),
    _pins(
        name="zenoh in PlatformIO", parse=zenoh_pins.parse_platformio, names=("platformio.ini",),
        needles=(b"zenoh",),
    ),
    _pins(
        name="zenoh in TOML", parse=zenoh_pins.parse_toml, names=("*.toml",),
        needles=(b"zenoh =", b"zenohd]", b"zenoh-pico]", b".zenoh", b"eclipse-zenoh"),
    ),
    _pins(
        name="zenoh in Python requirements", parse=zenoh_pins.parse_python,
        names=("requirements*.txt", "setup.py", "setup.cfg"), needles=(b"eclipse-zenoh",),
    ),
    _pins(
        name="zenoh in YAML", parse=zenoh_pins.parse_yaml, names=("*.yml", "*.yaml"),
        needles=(b"zenoh",),
    ),
)  # fmt: skip
VERSION_FILES = Selection(
    name="version.txt of zenoh-pico", type=Version, parse=zenoh_version.parse_version_txt,
    names=("version.txt",),
)  # fmt: skip
PROSE = Selection(
    name="zenoh in prose", type=Statements, parse=zenoh_statements.parse_prose,
    names=("*.md", "*.rst"),
    needles=(b"zenoh",),
)  # fmt: skip
COMMENTS = Selection(
    name="zenoh in comments", type=Statements, parse=zenoh_statements.parse_comments,
    names=("*.rs", "*.sh", "*.just", "justfile", "Dockerfile", "CMakeLists.txt", "*.cmake",
           "*.toml", "*.py"),
    needles=(b"zenohd 1.", b"zenoh 1.", b"zenoh-pico 1.", b"zenohd must be", b"zenohd v1."),
)  # fmt: skip
PICO_WIRE = Selection(
    name="protocol version of zenoh-pico", type=WireVersion, parse=zenoh_wire.parse_c,
    names=("*.h", "*.h.in"), needles=(b"Z_PROTO_VERSION",),
)  # fmt: skip
ROUTER_WIRE = Selection(
    name="protocol version of the router", type=WireVersion, parse=zenoh_wire.parse_rust,
    names=("*/zenoh-protocol/src/lib.rs",), needles=(b"pub const VERSION",),
)  # fmt: skip
STARTS_CODE = Selection(
    name="routers started by programs", type=RouterStarts, parse=router_starts.parse_code,
    names=("*.rs", "*.py"), needles=(b'("zenohd"', b'["zenohd"', b"['zenohd'"),
)  # fmt: skip
# Where prose tells what was, not what is.
_HISTORY = re.compile(
    r"(?:^|/)(?:roadmap|issues?|archived?|archives|history|changelog\w*|rfcs?|design|research"
    r"|notes?|reports?|blog|postmortems?|news|adr)(?:/|\.)|CHANGELOG|HISTORY|RELEASE",
    re.IGNORECASE,
)
_PROBES = frozenset({"--version", "--help", "-V", "-h"})
_TEST_CODE = re.compile(r"(?:^|/)tests?/")


@dataclass(frozen=True)
class ZenohPin:
    """A component with its version: three numbers, or None for what is not pinned. ``declared``
    when prose says it of a submodule that is not checked out."""

    component: str
    version: tuple[int, int, int] | None
    place: Place
    how: str
    declared: bool = False

    @property
    def text(self) -> str:
        """``1.7.2``."""
        return ".".join(str(part) for part in self.version or ())


class ZenohPins(View):
    """``pins``, ``statements`` of prose, ``starts`` of routers from ``PATH``, and ``absent``
    submodules whose version nothing tells."""

    uses = (
        *PIN_SELECTIONS, VERSION_FILES, PROSE, COMMENTS, PICO_WIRE, ROUTER_WIRE, STARTS_CODE,
        *BUILD_COMMANDS, Layout,
    )  # fmt: skip

    def __init__(
        self, pins: Iterable[ZenohPin], statements: Iterable[ZenohPin], starts: Iterable[Place],
        absent: Iterable[tuple[str, str]],
        wires: tuple[list[tuple[Place, int]], list[tuple[Place, int]]],
    ) -> None:  # fmt: skip
        self.pins = tuple(pins)
        self.statements = tuple(statements)
        self.starts = tuple(starts)
        self.absent = tuple(absent)
        self.pico_wire, self.router_wire = wires

    @classmethod
    def build(cls, source: Source) -> Self:
        """From build files, scripts, manifests, prose and comments."""
        layout = source.view(Layout)
        pins = list(_literal(source, layout))
        said = list(_said(source, layout))
        declared, absent = _submodules(source, said, {p.component for p in pins if p.version})
        starts = [
            Place(file.path, line)
            for file in source.facts(STARTS_CODE)
            if layout.is_evidence(file.path)
            for line in file.facts.lines
        ]
        starts += [
            Place(file.path, command.line)
            for file in build_commands(source, layout)
            for command in file.facts.commands
            if command.words[0].text == "zenohd" and not _PROBES & {w.text for w in command.words}
        ]
        wires = tuple(
            [(Place(f.path, f.facts.line), f.facts.number) for f in source.facts(selection)]
            for selection in (PICO_WIRE, ROUTER_WIRE)
        )
        statements = [pin for pin, _ in said]
        return cls([*pins, *declared], statements, starts, absent, (wires[0], wires[1]))

    @property
    def branches(self) -> tuple[ZenohPin, ...]:
        """The pins that are a branch where a release could stand. One of Cargo is not: its lock
        file keeps the commit."""
        words = ("GIT_TAG ", "VCS_VERSION ", "clone of ", "revision ")
        free = (pin for pin in self.pins if pin.version is None and "$" not in pin.how)
        return tuple(pin for pin in free if pin.how.startswith(words))

    @property
    def known(self) -> tuple[ZenohPin, ...]:
        """The pins with a version."""
        return tuple(pin for pin in self.pins if pin.version is not None)


def _literal(source: Source, layout: Layout) -> Iterator[ZenohPin]:
    for selection in PIN_SELECTIONS:
        for file in source.facts(selection):
            if layout.is_evidence(file.path):
                for pin in file.facts.pins:
                    numbers = _numbers(pin.version)
                    yield ZenohPin(pin.component, numbers, Place(file.path, pin.line), pin.how)
    for found in source.facts(VERSION_FILES):
        folder = found.path.rpartition("/")[0]
        if layout.libraries.get(folder) == "zenoh-pico" or folder.endswith("zenoh-pico"):
            v = found.facts
            numbers = (v.major, v.minor, v.patch)
            yield ZenohPin("zenoh-pico", numbers, Place(found.path, v.line), "version.txt")


def _numbers(text: str) -> tuple[int, int, int] | None:
    parts = [int(part) for part in text.split(".")] if text else []
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else None


def _said(source: Source, layout: Layout) -> Iterator[tuple[ZenohPin, bool]]:
    """Statements about now, with whether they declare what is pinned."""
    for selection in (PROSE, COMMENTS):
        for file in source.facts(selection):
            if layout.library_of(file.path) or _HISTORY.search(file.path):
                continue
            if selection is COMMENTS and _TEST_CODE.search(file.path) and file.path.endswith(".rs"):
                continue
            for item in file.facts.statements:
                place = Place(file.path, item.line)
                for component in [item.component] if item.component else ["zenoh-pico", "zenohd"]:
                    pin = ZenohPin(component, _numbers(item.version), place, "text", declared=True)
                    yield pin, item.declares


def _submodules(
    source: Source, said: list[tuple[ZenohPin, bool]], known: set[str]
) -> tuple[list[ZenohPin], list[tuple[str, str]]]:
    """Submodules that are not checked out, of components without another pin: with the version
    that documentation declares, or without."""
    declared: list[ZenohPin] = []
    absent: list[tuple[str, str]] = []
    for path in source.absent:
        name = path.rpartition("/")[2]
        component = {"zenoh-pico": "zenoh-pico", "zenoh": "zenohd", "zenoh-c": "zenoh-c"}.get(name)
        if component is None or component in known:
            continue
        own = [
            pin
            for pin, declares in said
            if declares and pin.component == component and pin.place.path.endswith((".md", ".rst"))
        ]
        agreed = own[0] if len({pin.version for pin in own}) == 1 else _of_root(own)
        if agreed is not None:
            declared.append(agreed)
        else:
            absent.append((component, path))
    return declared, absent


def _of_root(pins: list[ZenohPin]) -> ZenohPin | None:
    """Of several declarations that one which stands highest in the tree."""
    top = sorted((pin for pin in pins if "/" not in pin.place.path), key=lambda pin: pin.place)
    return top[0] if top else None
