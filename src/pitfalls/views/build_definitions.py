"""Macro definitions of all build files of the tree, whatever language wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pitfalls.formats import (
    cmake_definitions,
    definitions,
    python_definitions,
    rust_definitions,
)
from pitfalls.formats.definitions import Definitions
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.layout import Layout

_SPHINX = ("docs/conf.py", "doc/conf.py", "source/conf.py")
"""Sphinx's configuration: what it defines is for the parser of the documentation."""

_NEEDLES = (b"Z_FEATURE_", b"ZENOH_", b"ZP_PLATFORM", b"configUSE_", b"zenohpico", b"zenoh-pico")

CMAKE = Selection(
    name="CMake definitions",
    type=Definitions,
    parse=cmake_definitions.parse,
    names=("CMakeLists.txt", "*.cmake"),
    needles=_NEEDLES,
)
RUST = Selection(
    name="definitions in Rust build code",
    type=Definitions,
    parse=rust_definitions.parse_rust,
    names=("*.rs",),
    # In strings, not in comments: most mentions in Rust code are prose.
    needles=(
        b'"Z_FEATURE_',
        b'"-DZ_FEATURE_',
        b"define Z_FEATURE_",
        b'"ZENOH_GENERIC',
        b'"ZENOH_FREERTOS',
        b"cmake::Config",
    ),
)
SHELL = Selection(
    name="definitions in shell scripts and recipes",
    type=Definitions,
    parse=definitions.parse_shell,
    names=("*.sh", "*.bash", "justfile", "*.just"),
    needles=_NEEDLES,
)
MAKE = Selection(
    name="Make definitions",
    type=Definitions,
    parse=definitions.parse_make,
    names=("Makefile", "makefile", "GNUmakefile", "*.mk"),
    needles=_NEEDLES,
)
PLATFORMIO = Selection(
    name="PlatformIO definitions",
    type=Definitions,
    parse=definitions.parse_platformio,
    names=("platformio.ini",),
    needles=_NEEDLES,
)
COLCON = Selection(
    name="colcon metadata",
    type=Definitions,
    parse=definitions.parse_meta,
    names=("*.meta", "colcon*.yaml", "colcon*.yml"),
    needles=(b"-DZ_FEATURE_", b"-DZP_PLATFORM"),
)
PYTHON = Selection(
    name="definitions in Python build scripts",
    type=Definitions,
    parse=python_definitions.parse,
    names=("*.py", "SConstruct", "SConscript", "wscript"),
    needles=(b"Z_FEATURE_", b"ZENOH_GENERIC", b"ZENOH_FREERTOS"),
)
_SELECTIONS: tuple[Selection[Definitions], ...] = (
    CMAKE, RUST, SHELL, MAKE, PLATFORMIO, COLCON, PYTHON,
)  # fmt: skip


class BuildDefinitions(View):
    """The definitions of every build file that is the tree's own."""

    uses = (*_SELECTIONS, Layout)

    def __init__(self, files: Iterable[Located[Definitions]]) -> None:
        self.files = tuple(files)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From CMake, Rust, shell, Make, PlatformIO, colcon and Python, sorted by path."""
        layout = source.view(Layout)
        found = [
            file
            for selection in _SELECTIONS
            for file in source.facts(selection)
            if layout.is_evidence(file.path) and not file.path.endswith(_SPHINX)
        ]
        return cls(sorted(found, key=lambda file: file.path))

    def below(self, folder: str) -> tuple[Located[Definitions], ...]:
        """The build files in ``folder`` and below it; all for an empty name."""
        return tuple(f for f in self.files if not folder or f.path.startswith(folder + "/"))
