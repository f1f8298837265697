"""Every build of zenoh-pico in the tree, with the INTEREST and MATCHING that it ends up with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import cpp
from pitfalls.formats.cpp import Header
from pitfalls.formats.definitions import Definition, Definitions, Mark, decided
from pitfalls.formats.zenoh_version import Version
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View, parents
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.kconfig import Configuration, ZephyrConfigurations
from pitfalls.views.layout import Layout
from pitfalls.views.zenoh_release import ZenohRelease

FEATURE_HEADERS = Selection(
    name="zenoh-pico feature headers",
    type=Header,
    parse=cpp.parse,
    names=("*.h", "*.hpp"),
    needles=(b"define Z_FEATURE_INTEREST", b"define Z_FEATURE_MATCHING"),
)
INTEREST, MATCHING = "Z_FEATURE_INTEREST", "Z_FEATURE_MATCHING"

Mechanism = Literal["CMake variable", "header", "compiler line", "Zephyr module"]

# Of each mechanism, the kinds of definition sites that decide.
_MECHANISM: dict[str, Mechanism] = {
    "cmake-variable": "CMake variable",
    "generated-header": "header",
    "patch": "header",
    "compile-definition": "compiler line",
}


@dataclass(frozen=True)
class Feature:
    """The effective value of one feature; ``place`` is the line that decides it.

    ``value`` is None when two sites conflict or the value is computed. ``origin`` says where the
    value is from; ``asked`` is what a compiler line asks for when a header overrides it.
    """

    name: str
    value: int | None
    place: Place
    origin: str
    is_set: bool = True
    asked: int | None = None
    seen: bool = True


@dataclass(frozen=True)
class ZenohBuild:
    """One build of zenoh-pico: a function of a build script, a CMake file, a header, or a
    Zephyr application."""

    path: str
    scope: str
    subject: str
    platform: str
    mechanism: Mechanism
    interest: Feature
    matching: Feature
    version: Version | None

    @property
    def name(self) -> str:
        """How a message calls the build."""
        return f"{self.path}, {self.scope}" if self.scope else self.path


@dataclass(frozen=True)
class Overridden:
    """A setting that an unguarded line of the tree's ``config.h`` overrides: ``text`` as it
    stands at ``place``, ``value`` as the header has it."""

    place: Place
    text: str
    header: Place
    value: int


class ZenohBuilds(View):
    """All builds, the shipped configuration header, and definitions without effect."""

    uses = (
        BuildDefinitions,
        FEATURE_HEADERS,
        ZenohRelease,
        ZephyrConfigurations,
        Layout,
    )

    def __init__(
        self,
        builds: Iterable[ZenohBuild],
        shipped: Located[Header] | None,
        files: Sequence[Located[Definitions]],
        zephyr: Sequence[Configuration],
        version: Version | None,
        layout: Layout,
    ) -> None:
        self.builds = tuple(builds)
        self.shipped = shipped
        self.version = version
        self.layout = layout
        self._files = files
        self._zephyr = zephyr

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join build files, headers and Zephyr applications."""
        layout = source.view(Layout)
        files = [f for f in source.view(BuildDefinitions).files if not _is_test(f.path)]
        headers = source.facts(FEATURE_HEADERS)
        shipped = next((h for h in headers if h.path.endswith("zenoh-pico/config.h")), None)
        version = source.view(ZenohRelease).version
        maker = _Maker(layout, shipped, version)
        builds = [build for file in files for build in maker.of_file(file)]
        own = [h for h in headers if layout.is_evidence(h.path) and h is not shipped]
        builds += maker.of_headers(own, builds)
        zephyr = source.view(ZephyrConfigurations).configurations
        builds += maker.of_applications(zephyr, builds)
        return cls(builds, shipped, files, zephyr, version, layout)

    def overridden(self) -> Iterator[Overridden]:
        """Definitions on the compiler line, and options of Zephyr's module, that meet another
        value in the shipped header."""
        for file in self._files:
            generic = {d.scope for d in file.facts.definitions if d.macro == "ZENOH_GENERIC"}
            for item in file.facts.definitions:
                if item.kind == "compile-definition" and not generic & {"", item.scope}:
                    text = f"{item.macro}={item.value}"
                    yield from self._against(
                        item.macro, item.integer, text, Place(file.path, item.line)
                    )
        for name, value in {
            (name, value): None for c in self._zephyr for name, value in c.values.items()
        }:
            if name.startswith("ZENOH_PICO_") and value.text in ("y", "n"):
                macro = "Z_FEATURE_" + name.removeprefix("ZENOH_PICO_")
                yield from self._against(
                    macro, int(value.is_on), f"CONFIG_{name}={value.text}", value.place
                )

    def _against(
        self, macro: str, asked: int | None, text: str, place: Place
    ) -> Iterator[Overridden]:
        there = self.shipped.facts.get(macro) if self.shipped else None
        if self.shipped and there and not there.guarded and None not in (asked, there.value):
            header = Place(there.path or self.shipped.path, there.line)
            if asked != there.value:
                yield Overridden(place, text, header, there.value or 0)

    def skewed(self) -> Iterator[tuple[str, Definition, Definition]]:
        """``(path, library's definition, user's definition)``: a CMake target is compiled with
        another feature value than a target that it links."""
        for file in self._files:
            of_target: dict[str, dict[str, Definition]] = defaultdict(dict)
            generic = any(d.macro == "ZENOH_GENERIC" for d in file.facts.definitions)
            for item in file.facts.definitions:
                fixed = not generic and self.fixes(item.macro)
                if item.kind == "compile-definition" and not fixed:
                    of_target[item.scope][item.macro] = item
            for link in file.facts.links:
                for library in link.libraries:
                    for macro, ours in of_target.get(link.target, {}).items():
                        theirs = of_target.get(library, {}).get(macro)
                        if theirs and macro.startswith("Z_FEATURE_"):
                            yield file.path, theirs, ours

    def fixes(self, macro: str) -> bool:
        """Whether the shipped header decides about a macro, whatever the compiler line says."""
        there = self.shipped.facts.get(macro) if self.shipped else None
        return there is not None and not there.guarded


def _is_test(path: str) -> bool:
    return bool({"test", "tests", "fuzz"} & set(path.lower().split("/")[:-1]))


@dataclass(frozen=True)
class _Maker:
    layout: Layout
    shipped: Located[Header] | None
    version: Version | None

    def of_file(self, file: Located[Definitions]) -> Iterator[ZenohBuild]:
        """The builds that one build file describes, one for each mechanism and scope."""
        groups: dict[tuple[Mechanism, str], list[Definition]] = defaultdict(list)
        for item in file.facts.definitions:
            if item.macro in (INTEREST, MATCHING) and item.kind in _MECHANISM:
                groups[_MECHANISM[item.kind], item.scope].append(item)
        marks: dict[str, Mark] = {}
        for mark in file.facts.marks:
            if mark.tool == "cmake":
                marks.setdefault(mark.scope, mark)
        for scope in marks:
            groups.setdefault(("CMake variable", scope), [])
        if not groups:
            groups.update(self._bare(file.facts))
        by_cmake = any(mechanism == "CMake variable" for mechanism, _ in groups)
        for (mechanism, scope), items in groups.items():
            # Definitions for a user of the library are no build of their own.
            if not (by_cmake and mechanism == "compiler line" and not file.path.endswith(".rs")):
                start = marks.get(scope) or (items or file.facts.marks)[0]
                place = Place(file.path, start.line)
                yield self._build(file.path, scope, mechanism, items, place)

    @staticmethod
    def _bare(facts: Definitions) -> dict[tuple[Mechanism, str], list[Definition]]:
        """Sources of zenoh-pico given to a compiler that is told nothing about the features."""
        generic = {d.scope for d in facts.definitions if d.macro == "ZENOH_GENERIC"}
        scopes = {m.scope for m in facts.marks if m.tool == "sources"} - generic
        return {("compiler line", scope): [] for scope in scopes}

    def of_headers(
        self, headers: Iterable[Located[Header]], others: Sequence[ZenohBuild]
    ) -> Iterator[ZenohBuild]:
        """Hand-written feature headers; not one that a build script of the same crate replaces by
        a header that it generates."""
        generators = {b.subject for b in others if b.mechanism == "header"}
        for header in headers:
            if _is_test(header.path) or any(f in generators for f in parents(header.path)):
                continue
            items = [
                Definition(m.name, m.text, m.line, "generated-header", guarded=m.guarded)
                for m in header.facts.macros.values()
                if m.name in (INTEREST, MATCHING) and m.state == "defined" and not m.path
            ]
            if items:
                place = Place(header.path, items[0].line)
                yield self._build(header.path, "", "header", items, place)

    def of_applications(
        self, configurations: Iterable[Configuration], others: Sequence[ZenohBuild]
    ) -> Iterator[ZenohBuild]:
        """Zephyr applications that switch zenoh-pico's own module on and define nothing."""
        seen = {b.path.rpartition("/")[0] for b in others if b.mechanism == "compiler line"}
        for configuration in configurations:
            switch = configuration.get("ZENOH_PICO")
            folder = configuration.application.removeprefix(".")
            if switch is not None and switch.is_on and folder not in seen:
                seen.add(folder)
                path = switch.place.path
                yield self._build(path, "", "Zephyr module", [], switch.place)

    def _build(
        self,
        path: str,
        scope: str,
        mechanism: Mechanism,
        items: Sequence[Definition],
        place: Place,
    ) -> ZenohBuild:
        return ZenohBuild(
            path,
            scope,
            self.layout.subject_of(path),
            self.layout.platform_of(path),
            mechanism,
            self._feature(INTEREST, path, mechanism, items, place),
            self._feature(MATCHING, path, mechanism, items, place),
            self.version,
        )

    def _feature(
        self,
        name: str,
        path: str,
        mechanism: Mechanism,
        items: Sequence[Definition],
        place: Place,
    ) -> Feature:
        sites = [item for item in items if item.macro == name]
        text = self.shipped.facts.get(name) if self.shipped else None
        if mechanism in ("compiler line", "Zephyr module") and text is not None and self.shipped:
            asked = decided(sites)
            if text.value is not None and not (text.guarded and asked):
                header = Place(self.shipped.path, text.line)
                here = Place(path, asked.line) if asked else header
                number = asked.integer if asked else None
                return Feature(name, text.value, here, f"text of {header}", True, number)
        if not sites:
            if mechanism == "header":
                return Feature(name, 0, place, "not defined in the header", False)
            return Feature(name, 1, place, "upstream default (knowledge)", False)
        holds = decided(sites)
        if holds is None:
            return Feature(name, None, Place(path, sites[0].line), "two sites conflict")
        unseen = mechanism == "compiler line" and self.shipped is None
        origin = f"{mechanism}, config.h not in the tree" if unseen else mechanism
        return Feature(name, holds.integer, Place(path, holds.line), origin, seen=not unseen)
