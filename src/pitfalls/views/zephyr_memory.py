"""Which memory a Zephyr application takes as its default RAM, and whether it uses DMA."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import chips as chip_format
from pitfalls.formats import devicetree_chosen
from pitfalls.formats.devicetree_chosen import Chosen
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View, parents
from pitfalls.views.chips import Chip, Chips
from pitfalls.views.dma_memory import UnreachableRam, rows_of
from pitfalls.views.kconfig import Configuration, Value, ZephyrConfigurations
from pitfalls.views.layout import Layout

CHOSEN = Selection(
    "devicetree-chosen",
    Chosen,
    devicetree_chosen.parse,
    names=("*.overlay", "*.dts"),
    needles=(b"zephyr,sram",),
)

_DMA_OPTIONS = re.compile(
    r"DMA|ETH_STM32_HAL|NET_L2_ETHERNET|UART_ASYNC_API|SPI_STM32_DMA|I2S_STM32|DMA_STM32\w*"
)
# Zephyr names its boards after the chip: nucleo_h743zi, stm32h747i_disco, nucleo_f429zi.
_BOARD = re.compile(r"(?:^|[_/-])([fh][347]\d\d)(?=[a-z_.]|$)")


@dataclass(frozen=True)
class DefaultRam:
    """An application's ``zephyr,sram``: the choice, the option that brings a DMA master in, the
    chip, and the unreachable RAM that was chosen (None when DMA reaches it)."""

    application: str
    place: Place
    label: str
    option: str
    option_place: Place
    chip: Chip
    ram: UnreachableRam | None


class ZephyrMemory(View):
    """Every application that chooses its default RAM, uses DMA, and names an STM32."""

    uses = (CHOSEN, ZephyrConfigurations, Chips, Layout)

    def __init__(self, choices: Iterable[DefaultRam]) -> None:
        self.choices = tuple(choices)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join each overlay or board with the configuration of its application."""
        layout, chips = source.view(Layout), source.view(Chips)
        configurations = source.view(ZephyrConfigurations).configurations
        found = []
        for located in source.facts(CHOSEN):
            if not layout.is_evidence(located.path):
                continue
            chip = _chip(located.path, chips)
            master = next(_masters(located.path, configurations), None)
            for choice in located.facts.choices:
                if choice.property == "zephyr,sram" and chip and rows_of(chip) and master:
                    place = Place(located.path, choice.line)
                    row = next((r for r in rows_of(chip) if _is(r, choice.label)), None)
                    application, option, value = master
                    found.append(
                        DefaultRam(application, place, choice.label, option, value.place, chip, row)
                    )
        return cls(found)


def _is(row: UnreachableRam, label: str) -> bool:
    return label.lower().startswith(row.name.lower())


def _chip(path: str, chips: Chips) -> Chip | None:
    """The chip that an overlay's own name tells, else the one of its application."""
    board = _BOARD.search(path.rpartition("/")[2])
    if board:
        return Chip(f"stm32{board[1]}", Place(path))
    named = chip_format.names_in(path.rpartition("/")[2])
    if named:
        return Chip(named[0], Place(path))
    under = chips.under(path.rpartition("/")[0])
    return under[0] if len(under) == 1 else None


def _masters(
    path: str, configurations: Iterable[Configuration]
) -> Iterator[tuple[str, str, Value]]:
    """Options that bring in a DMA master, of the application around ``path``."""
    folders = {folder or "." for folder in parents(path)}
    for configuration in configurations:
        if configuration.application in folders:
            for name, value in configuration.values.items():
                if value.is_on and _DMA_OPTIONS.fullmatch(name.removeprefix("CONFIG_")):
                    yield configuration.application, name.removeprefix("CONFIG_"), value
