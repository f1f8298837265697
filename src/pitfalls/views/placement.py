"""One DMA object under one linker script: where it is, how that came, and who reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pitfalls.formats.linkerscript import Memory, OutputSection
from pitfalls.model import Place, Related
from pitfalls.views.chips import Chip
from pitfalls.views.dma_memory import UnreachableRam
from pitfalls.views.dma_objects import DmaObject
from pitfalls.views.link_script import Destination, LinkScript

Outcome = Literal["reachable", "unreachable", "orphan", "unknown"]


@dataclass(frozen=True)
class Placement:
    """One object under one linker script (or under none).

    ``memory`` is the region that it lands in and ``destination`` the line that sends it there;
    ``ram`` the unreachable RAM that it lands in, or for an orphan the one that the linker may
    pick, ``rival`` then being the output section that is mapped there.
    """

    object: DmaObject
    outcome: Outcome
    subject: str
    platform: str
    text: str
    folder: str
    chips: tuple[Chip, ...] = ()
    script: LinkScript | None = None
    memory: Memory | None = None
    destination: Destination | None = None
    ram: UnreachableRam | None = None
    rival: tuple[str, OutputSection] | None = None

    @property
    def related(self) -> tuple[Related, ...]:
        """The chain: attribute, mapping line, region, chip, use."""
        hops = []
        if self.object.section_place and self.object.section_place != self.object.place:
            hops.append(Related(self.object.section_place, f"section {self.object.section}"))
        if self.destination is not None and self.destination.output is not None:
            output = self.destination.output.name
            hops.append(Related(self.destination.place, f"{output} > {self.destination.region}"))
        if self.memory is not None and self.script is not None:
            hops.append(Related(self.script.place_of(self.memory), describe(self.memory)))
        hops += [Related(chip.place, f"the chip is {chip.name}") for chip in self.chips[:2]]
        if self.object.use is not None:
            hops.append(Related(self.object.use, self.object.why))
        return tuple(hops)

    @property
    def place_to_edit(self) -> Place:
        """The object; for a section of its own that a script sends out of reach, the line that
        does. A section named after the unreachable RAM is right, and the attribute is wrong."""
        thing, ram, sent = self.object, self.ram, self.destination
        if self.outcome != "unreachable" or ram is None or sent is None or sent.output is None:
            return thing.place
        is_own = thing.section and ram.name.lower() not in thing.section.lower()
        return sent.place if is_own else thing.place

    def seen_from(self, place: Place) -> Iterator[Related]:
        """The chain without ``place``, beginning with the object."""
        if place != self.object.place:
            yield Related(self.object.place, f"{self.object.name}: {self.object.why}")
        yield from (hop for hop in self.related if hop.place != place)


def describe(memory: Memory) -> str:
    """``RAM at 0x20000000, 192 KiB``."""
    origin = "an unknown address" if memory.origin is None else f"0x{memory.origin:08x}"
    if memory.length is None:
        return f"{memory.region.name} at {origin}"
    size = f"{memory.length // 1024} KiB" if memory.length % 1024 == 0 else f"{memory.length} bytes"
    return f"{memory.region.name} at {origin}, {size}"
