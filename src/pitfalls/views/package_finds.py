"""Packages that CMake looks for at places which the project computes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import cmake_finds
from pitfalls.formats.cmake_finds import Finds
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout

FINDS = Selection(
    name="find_package with places",
    type=Finds,
    parse=cmake_finds.parse,
    names=("CMakeLists.txt", "*.cmake"),
    needles=(b"PATHS", b"HINTS"),
)


@dataclass(frozen=True)
class PackageFind:
    """One call: the package, where it is looked for, and whether a cached answer is dropped."""

    package: str
    places: str
    place: Place
    resets: bool


class PackageFinds(View):
    """The calls of the tree's own CMake files."""

    uses = (FINDS, Layout)

    def __init__(self, finds: Iterable[PackageFind]) -> None:
        self.finds = tuple(finds)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From CMake files that are evidence."""
        layout = source.view(Layout)
        return cls(
            PackageFind(find.package, find.places, Place(file.path, find.line), find.resets)
            for file in source.facts(FINDS)
            if layout.is_evidence(file.path)
            for find in file.facts.finds
        )
