"""RAM that a DMA controller cannot reach, by chip.

Sources: CCM of the STM32F4, ST's device headers and reference manuals RM0090 and RM0386; CCM of the
STM32F3, libopencm3's device data; DTCM and ITCM of the STM32H7, AN4891 (general knowledge, not
checked again for this table). Not listed, because reachable: DTCM of the STM32F7 and CCM SRAM of
the STM32G4 (RM0440).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pitfalls.formats.linkerscript import Memory
from pitfalls.views.chips import Chip

KIB = 1024


@dataclass(frozen=True)
class UnreachableRam:
    """``length`` bytes from ``origin`` that no DMA master but ``except_for`` can reach."""

    chips: str
    name: str
    origin: int
    length: int
    except_for: str = ""

    def covers(self, memory: Memory) -> bool:
        """Whether a region of a linker script lies in it."""
        return memory.overlaps(self.origin, self.length)

    def covers_address(self, address: int) -> bool:
        """Whether an absolute address lies in it."""
        return self.origin <= address < self.origin + self.length


TABLE = (
    UnreachableRam(r"stm32f4(?:05|07|15|17|27|29|37|39|69|79)?", "CCM", 0x1000_0000, 64 * KIB),
    UnreachableRam(r"stm32f3(?:28|34)", "CCM", 0x1000_0000, 4 * KIB),
    UnreachableRam(r"stm32f3(?:03|58|98)?", "CCM", 0x1000_0000, 16 * KIB),
    UnreachableRam(r"stm32h7(?:\d\d)?", "DTCM", 0x2000_0000, 128 * KIB, "MDMA"),
    UnreachableRam(r"stm32h7(?:\d\d)?", "ITCM", 0x0000_0000, 64 * KIB, "MDMA"),
)

_NO_FLASH = re.compile(r"stm32f4(?:05|07|15|17|46)")
_DATA_CACHE = re.compile(r"stm32[fh]7")
_CCM_NAME = re.compile(r"ccm", re.IGNORECASE)


def rows_of(chip: Chip) -> list[UnreachableRam]:
    """The rows for a chip or family."""
    return [row for row in TABLE if re.fullmatch(row.chips, chip.name)]


def cannot_read_flash(chips: Iterable[Chip]) -> bool:
    """Whether the Ethernet and USB high-speed masters of every chip named cannot read flash:
    STM32F405/407/415/417/446, not F427/429."""
    named = list(chips)
    return bool(named) and all(_NO_FLASH.fullmatch(chip.name) for chip in named)


def has_data_cache(chips: Iterable[Chip]) -> bool:
    """Whether every chip named is a Cortex-M7 with a data cache: STM32F7 and H7."""
    named = list(chips)
    return bool(named) and all(_DATA_CACHE.match(chip.name) for chip in named)


def is_core_coupled(memory: Memory) -> bool:
    """Whether a region is the CCM by its name and address, whatever the chip."""
    return bool(_CCM_NAME.search(memory.region.name)) and memory.origin == 0x1000_0000
