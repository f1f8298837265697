"""The most urgent interrupt priority that may call the FreeRTOS kernel, per configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from pitfalls.formats import device_header
from pitfalls.formats.c_macros import Definition, MacroTable
from pitfalls.formats.device_header import PriorityBits
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.chips import Chips
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs
from pitfalls.views.freertos_ports import FreeRTOSPorts, Port, Release

DEVICE_HEADERS = Selection(
    name="CMSIS device headers",
    type=PriorityBits,
    parse=device_header.parse,
    names=("*.h",),
    needles=(b"define __NVIC_PRIO_BITS",),
)

LIMIT = "configMAX_SYSCALL_INTERRUPT_PRIORITY"
ALIAS = "configMAX_API_CALL_INTERRUPT_PRIORITY"
BITS = "configPRIO_BITS"

POSSIBLE_BITS = range(3, 9)
"""What a Cortex-M3 or later may implement."""

# QEMU's MPS2 boards keep the emulated core's default of 8 bits, whatever the silicon has.
_EMULATED_MPS2 = re.compile(r"mps2.*qemu|qemu.*mps2", re.IGNORECASE)
# Its Stellaris boards had 8 bits too, and have those of the silicon since release 9.
_EMULATED_STELLARIS = re.compile(r"(?:lm3s|stellaris).*qemu|qemu.*(?:lm3s|stellaris)", re.I)
_BASELINE_STM32 = ("stm32f0", "stm32l0", "stm32g0", "stm32c0", "stm32u0")


@dataclass(frozen=True)
class Bits:
    """How many bits of a priority are implemented, and who says so. ``assumed``: a header that is
    not there may say otherwise."""

    number: int
    source: Related
    assumed: bool = False

    @property
    def mask(self) -> int:
        """The implemented bits of the priority byte."""
        return 0xFF & ~((1 << (8 - self.number)) - 1)


@dataclass(frozen=True)
class InterruptLimit:
    """The limit of one configuration. ``bits``: None when nothing in the tree tells; ``shift``:
    the bits that the vendor's headers shift a priority by, where an emulator has others."""

    config: FreeRTOSConfig
    bits: Bits | None
    shift: int | None
    release: Release | None

    @property
    def name(self) -> str:
        """The name under which the configuration gives the limit."""
        return ALIAS if self.config.get(LIMIT) is None and self.config.get(ALIAS) else LIMIT

    @property
    def place(self) -> Place:
        """The line that defines the limit."""
        return self.config.place(self.name)

    @property
    def is_given(self) -> bool:
        """Whether the configuration defines a limit at all."""
        macro = self.config.get(self.name)
        return macro is not None and macro.state != "undefined"

    @property
    def value(self) -> int | None:
        """The limit as the kernel gets it; None when it does not resolve."""
        return self.number(self.name)

    def number(self, name: str) -> int | None:
        """A macro of the configuration under the known bits; None when it does not resolve."""
        return self.evaluate(name, {})

    @cached_property
    def cases(self) -> tuple[tuple[Bits, int], ...]:
        """``(bits, limit)`` for the known number of bits, else for every possible one."""
        if self.bits:
            value = self.value
            return () if value is None else ((self.bits, value),)
        found = []
        for number in POSSIBLE_BITS:
            value = self.evaluate(self.name, {BITS: str(number), "__NVIC_PRIO_BITS": str(number)})
            if value is not None:
                found.append((Bits(number, Related(self.place, "assumed")), value))
        return tuple(found)

    def may_be_lowest(self, name: str) -> bool:
        """Whether a shifted priority is the least urgent one for some number of bits."""
        for number in POSSIBLE_BITS:
            value = self.evaluate(name, {BITS: str(number), "__NVIC_PRIO_BITS": str(number)})
            mask = Bits(number, Related(self.place, "assumed")).mask
            if value is None or value & mask == mask:
                return True
        return False

    @property
    def asserts(self) -> bool | None:
        """Whether configASSERT is defined; None when a header out of sight decides."""
        macro = self.config.get("configASSERT")
        if macro is None:
            return None if self.config.missing else False
        return {"defined": True, "undefined": False}.get(macro.state)

    def evaluate(self, expression: str, macros: Mapping[str, str]) -> int | None:
        """An integer expression in terms of the configuration's macros and of ``macros``."""
        table = {name: Definition(None, text, "", 1) for name, text in self._texts.items()}
        for name, text in macros.items():
            if name not in self._texts or name in (BITS, "__NVIC_PRIO_BITS"):
                table[name] = Definition(None, text, "", 1)
        return MacroTable(table).value("", expression)

    @cached_property
    def _texts(self) -> dict[str, str]:
        """The text of every macro that is certain, or the only one of its name."""
        found = {
            name: macro.text
            for name, macro in self.config.macros.items()
            if macro.state == "defined" or (macro.state == "unresolved" and _is_single(macro))
        }
        if self.shift is not None:
            found["__NVIC_PRIO_BITS"] = str(self.shift)
        bits = self.config.get(BITS)
        if bits is not None and bits.value is None and self.shift is not None:
            found[BITS] = str(self.shift)
        return found


class InterruptLimits(View):
    """The limit of every configuration for a port that has one."""

    uses = (DEVICE_HEADERS, FreeRTOSConfigs, FreeRTOSPorts, Chips)

    def __init__(self, limits: Iterable[InterruptLimit]) -> None:
        self.limits = tuple(limits)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join configurations, ports, device headers and chips."""
        ports = source.view(FreeRTOSPorts)
        headers = source.facts(DEVICE_HEADERS)
        chips = source.view(Chips)
        found = []
        configs = source.view(FreeRTOSConfigs).configs
        for config in configs:
            if not ports.is_mainline(config):
                continue
            shared = [h for h in headers if not _is_of_another(h.path, config, configs)]
            device = _device_bits(config, shared) or _own_bits(config) or _chip_bits(config, chips)
            if _EMULATED_STELLARIS.search(config.path.rpartition("/")[0]):
                device = None
            bits = _emulated_bits(config) or device
            if bits and _is_baseline(bits, ports.of(config)):
                continue
            shift = device.number if device else None
            found.append(InterruptLimit(config, bits, shift, ports.release(config)))
        return cls(found)


def _is_baseline(bits: Bits, ports: Iterable[Port]) -> bool:
    """Whether the chip is a Cortex-M0 or M23, which has two bits and no BASEPRI: a port for
    another core says that the number is wrong."""
    return bits.number < POSSIBLE_BITS.start and not any(p.is_mainline for p in ports)


def _is_single(macro: object) -> bool:
    return len(getattr(macro, "candidates", ())) <= 1


def _is_of_another(path: str, config: FreeRTOSConfig, configs: Iterable[FreeRTOSConfig]) -> bool:
    """Whether a header lies in the project of another configuration, one that this is not in."""
    projects = {c.project for c in configs} - {"", config.project}
    return any(
        path.startswith(f"{p}/") and not config.project.startswith(f"{p}/") for p in projects
    )


def _device_bits(config: FreeRTOSConfig, headers: Iterable[Located[PriorityBits]]) -> Bits | None:
    """What the device headers of the project say, else those beside it, when they agree."""
    above = config.project.rpartition("/")[0]
    for folder in (config.project, above) if above else (config.project,):
        prefix = f"{folder}/" if folder else ""
        found = [h for h in headers if h.path.startswith(prefix)]
        if len({h.facts.bits for h in found}) == 1:
            place = Place(found[0].path, found[0].facts.line)
            text = f"__NVIC_PRIO_BITS is {found[0].facts.bits}"
            return Bits(found[0].facts.bits, Related(place, text))
        if found:
            return None
    return None


def _own_bits(config: FreeRTOSConfig) -> Bits | None:
    """``configPRIO_BITS``, also where ``__NVIC_PRIO_BITS`` would replace it were it defined."""
    macro = config.get(BITS)
    if macro is None:
        return None
    values = (macro.value,) if macro.value is not None else macro.candidates
    if len(values) != 1 or values[0] is None or not 2 <= values[0] <= 8:
        return None
    said = Related(config.place(BITS), f"{BITS} is {values[0]}")
    return Bits(values[0], said, assumed=macro.value is None)


def _chip_bits(config: FreeRTOSConfig, chips: Chips) -> Bits | None:
    """STM32: 2 bits on a Cortex-M0, 4 on every other core."""
    named = [c for c in chips.under(config.project) if c.name.startswith("stm32")]
    numbers = {2 if c.name.startswith(_BASELINE_STM32) else 4 for c in named}
    if len(numbers) != 1:
        return None
    number = numbers.pop()
    place = named[0].place
    if config.project.startswith(place.path):  # named by a folder, not in a file
        place = Place(config.path)
    return Bits(number, Related(place, f"{named[0].name} has {number} priority bits"))


def _emulated_bits(config: FreeRTOSConfig) -> Bits | None:
    """The 8 bits of a target that is named for QEMU's MPS2 board."""
    if not _EMULATED_MPS2.search(config.path.rpartition("/")[0]):
        return None
    return Bits(8, Related(Place(config.path), "QEMU models 8 priority bits on its MPS2 boards"))
