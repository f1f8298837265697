"""Which microcontroller a part of the target is built for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Self

from pitfalls.formats import chips
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View, parents
from pitfalls.views.layout import Layout

CHIP_NAMES = Selection(
    "chips",
    chips.ChipNames,
    chips.parse,
    names=(
        "Cargo.toml", "config.toml", "CMakeLists.txt", "*.cmake", "Makefile", "*.mk", "Make.defs",
        ".cproject", "*.ioc", "platformio.ini", "prj.conf", "defconfig", "*_defconfig",
        "sdkconfig", "sdkconfig.*", "*.dts", "*.overlay",
    ),
    needles=(b"stm32", b"STM32", b"esp32", b"ESP32"),
)  # fmt: skip

_NAMED_FILES = (".ld", ".lds", ".x", ".s", ".S", ".ioc", ".overlay", ".dts")


@dataclass(frozen=True)
class Chip:
    """A chip (``stm32f407``) or a family (``stm32f4``), and where it is named."""

    name: str
    place: Place

    @property
    def is_model(self) -> bool:
        """Whether the model is told, not the family alone."""
        return len(self.name) > len("stm32f4") or self.name.startswith("esp32")


class Chips(View):
    """Answers which chips a folder of the target names."""

    uses = (CHIP_NAMES, Layout)

    def __init__(self, named: Iterable[Chip]) -> None:
        self._named = tuple(named)
        self.under = cache(self._under)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the build files, and from the names of linker scripts and startup files."""
        layout = source.view(Layout)
        found = [
            Chip(name.name, Place(located.path, name.line))
            for located in source.facts(CHIP_NAMES)
            if layout.is_evidence(located.path)
            for name in located.facts.names
        ]
        found += [
            Chip(name, Place(path))
            for path in source.paths
            if path.endswith(_NAMED_FILES) and layout.is_evidence(path)
            for name in chips.names_in(path.rpartition("/")[2])
        ]
        return cls(found)

    def _under(self, folder: str) -> tuple[Chip, ...]:
        """The chips named below ``folder``, else in the nearest folder above it that names one;
        models only where there are any, each once, sorted by name."""
        for above in (folder, *parents(folder)):
            prefix = above + "/" if above else ""
            found = [c for c in self._named if c.place.path.startswith(prefix)]
            if above != folder:
                found = [c for c in found if "/" not in c.place.path[len(prefix) :]]
            if found:
                models = [c for c in found if c.is_model] or found
                return tuple({c.name: c for c in sorted(models, key=_order)}.values())
        return tuple(Chip(name, Place(folder)) for name in chips.names_in(folder)[-1:])


def _order(chip: Chip) -> tuple[str, str, int]:
    return chip.name, chip.place.path, chip.place.line
