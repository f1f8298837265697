"""Pairs of a ``cc::Build`` that compiles zenoh-pico and one beside it that includes its headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import cc_builds
from pitfalls.formats.cc_builds import CcBuild, CcBuilds, CcDefine
from pitfalls.formats.definitions import Definition
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.layout import Layout

BUILDERS = Selection(
    name="cc builders of zenoh-pico",
    type=CcBuilds,
    parse=cc_builds.parse,
    names=("*.rs",),
    needles=(b"cc::Build",),
)
GENERIC = "ZENOH_GENERIC"


@dataclass(frozen=True)
class Configured:
    """Code that includes zenoh-pico's headers beside a library with a generated configuration.
    ``folder`` holds that; ``same`` whether the code is compiled with it too, None when a function
    that is not in the tree may add it."""

    place: Place
    name: str
    library: str
    at: Place
    folder: str
    same: bool | None


class ZenohCcBuilds(View):
    """The pairs of every Rust build file."""

    uses = (BUILDERS, BuildDefinitions, Layout)

    def __init__(
        self, files: Iterable[Located[CcBuilds]], helpers: Iterable[CcBuild], projects: set[str]
    ) -> None:
        self._files = tuple(files)
        self._helpers: dict[str, list[CcBuild]] = {}
        for helper in helpers:
            self._helpers.setdefault(helper.function, []).append(helper)
        self._projects = projects

    @classmethod
    def build(cls, source: Source) -> Self:
        """From build scripts and the libraries that they call."""
        layout = source.view(Layout)
        files = [f for f in source.facts(BUILDERS) if layout.is_evidence(f.path)]
        # CMake makes a header of its own, which code beside it rightly includes.
        projects = {
            f.path
            for f in source.view(BuildDefinitions).files
            if any(mark.tool == "cmake" for mark in f.facts.marks)
        }
        return cls(files, (t for f in files for t in f.facts.taking), projects)

    def skewed(self, fixes: Callable[[str], bool]) -> Iterator[tuple[str, Definition, Definition]]:
        """``(path, library's definition, user's definition)`` of the features that both are
        compiled with, whenever both are, where no header ``fixes`` them for both."""
        for file in self._files:
            for library, user in _pairs(file.facts.builds):
                generic = any(d.macro == GENERIC for d in (*library.defines, *user.defines))
                theirs = {d.macro: d for d in library.defines if d.always}
                for ours in user.defines:
                    its = theirs.get(ours.macro) if ours.macro.startswith("Z_FEATURE_") else None
                    if its and ours.always and (generic or not fixes(ours.macro)):
                        yield file.path, _definition(its, library), _definition(ours, user)

    def configured(self) -> Iterator[Configured]:
        """Users beside libraries that are all compiled with a generated header."""
        for file in self._files:
            builds, folders = file.facts.builds, file.facts.generated
            libraries = [b for b in builds if b.library]
            if not libraries or not folders or file.path in self._projects:
                continue
            if not all(self._has(library, folders) for library in libraries):
                continue
            for user in builds:
                always = any(d.macro == GENERIC and d.always for d in user.defines)
                same = self._has(user, folders)
                if user.user and (same or not always):
                    library = libraries[0]
                    yield Configured(
                        Place(file.path, user.line), user.name, library.name,
                        Place(file.path, library.line), folders[0], same,
                    )  # fmt: skip

    def _has(self, build: CcBuild, folders: Sequence[str]) -> bool | None:
        handed = [self._helpers.get(name, []) for name in build.helpers]
        every = [build, *(helper for found in handed for helper in found)]
        if any(folder in text for b in every for text in b.includes for folder in folders):
            return True
        return False if all(handed) else None


def _definition(define: CcDefine, build: CcBuild) -> Definition:
    return Definition(define.macro, define.value, define.line, "compile-definition", build.name)


def _pairs(builds: Sequence[CcBuild]) -> Iterator[tuple[CcBuild, CcBuild]]:
    """Libraries with the users that are compiled whenever they are, or the other way round."""
    for library in builds:
        for user in builds:
            if library.library and user.user and _together(library.block, user.block):
                yield library, user


def _together(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return (one[0] <= other[0] and other[1] <= one[1]) or (
        other[0] <= one[0] and one[1] <= other[1]
    )
