"""Where each DMA object ends up, and whether its master can reach it there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Self

from pitfalls.formats.linkerscript import Memory
from pitfalls.model import Place
from pitfalls.source import Source, View
from pitfalls.views.chips import Chip, Chips
from pitfalls.views.dma_memory import (
    UnreachableRam,
    has_data_cache,
    is_core_coupled,
    rows_of,
)
from pitfalls.views.dma_objects import DmaObject, DmaObjects
from pitfalls.views.keil_projects import KeilLayout, KeilProjects
from pitfalls.views.layout import Layout
from pitfalls.views.link_script import Destination, LinkScript
from pitfalls.views.linkerscripts import Binding, LinkerScripts
from pitfalls.views.placement import Placement, describe

# Placement attributes of RTOSes -> where their own linker scripts put such an object.
_ATTRIBUTES = (("__ccm_", "CCM"), ("__dtcm_", "DTCM"), ("__nocache", ""))
_ESP_WITHOUT_PSRAM_DMA = frozenset({"esp32", "esp32s2"})


class DmaPlacements(View):
    """A placement for every DMA object of a firmware that has RAM out of reach of DMA."""

    uses = (DmaObjects, LinkerScripts, KeilProjects, Chips, Layout)

    def __init__(self, placements: Iterable[Placement], everything: Iterable[Placement]) -> None:
        self.placements = tuple(placements)
        self.everything = tuple(everything)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Place every object; those of chips without such RAM stay out of ``placements``."""
        scripts, layout = source.view(LinkerScripts), source.view(Layout)
        chips, objects = source.view(Chips), source.view(DmaObjects).objects
        others = {(o.place.path, o.name) for o in objects if o.other_toolchain}
        found = []
        for thing in objects:
            binding = scripts.bound_to(thing.place.path)
            keil: tuple[KeilLayout, ...] = ()
            if not binding.scripts and (
                thing.other_toolchain or (thing.place.path, thing.name) not in others
            ):
                keil = source.view(KeilProjects).of(thing.place.path)
                binding = Binding("", _choices(keil)) if keil else binding
            subject = layout.subject_of(thing.place.path)
            inside = binding.folder if binding.scripts else ""
            folder = inside if len(inside) >= len(subject) or subject == "." else subject
            subject = folder or "."
            named = tuple(chip for one in keil for chip in one.devices) or chips.under(folder)
            named = tuple({chip.name: chip for chip in named}.values())
            platform = layout.platform_of(thing.place.path) or _platform(named)
            base = Placement(thing, "unknown", subject, platform, "", folder, named)
            if thing.other_toolchain and binding.scripts and not keil:
                continue  # the arm of the #if for IAR or Arm Compiler
            found.append(_place(base, binding))
        return cls((p for p in found if _applies(p)), found)

    def hazards(self) -> Iterator[tuple[Place, list[Placement]]]:
        """Orphans that the linker may put out of reach, together where they share script and
        section, at the output section that may draw them there."""
        groups: dict[tuple[Place, str], list[Placement]] = {}
        for placement in self.placements:
            if placement.rival is not None:
                path, output = placement.rival
                key = (Place(path, output.line), placement.object.section)
                groups.setdefault(key, []).append(placement)
        for (place, _), group in groups.items():
            yield place, group

    def mapped(self) -> Iterator[list[Placement]]:
        """Placements whose place is known or cannot be, together where one line of a script sends
        several objects out of reach."""
        groups: dict[tuple[Place, str], list[Placement]] = {}
        for placement in self.placements:
            if placement.outcome != "orphan" and not placement.object.is_flash_source:
                key = (placement.place_to_edit, placement.outcome)
                groups.setdefault(key, []).append(placement)
        yield from groups.values()


def _choices(layouts: Iterable[KeilLayout]) -> tuple[LinkScript, ...]:
    """The scripts of all layouts, each once."""
    return tuple({(s.path, s.items): s for one in layouts for s in one.scripts}.values())


def _platform(named: tuple[Chip, ...]) -> str:
    """The platform that a chip's name tells, where no path does."""
    names = {chip.name for chip in named}
    if names and all(name.startswith("stm32") for name in names):
        return "stm32f4" if all(name.startswith("stm32f4") for name in names) else "stm32"
    return "esp32-c3" if names == {"esp32c3"} else ""


def _applies(placement: Placement) -> bool:
    """Whether some RAM of this firmware is out of reach: by its chip, or by its script."""
    rows = [row for chip in placement.chips for row in rows_of(chip)]
    if rows or placement.outcome == "unreachable":
        return True
    if (
        placement.outcome == "orphan"
        and placement.object.section
        and has_data_cache(placement.chips)
    ):
        return True  # the MPU region that it was meant for is somewhere else
    if placement.object.placing.startswith(("__ccm_", "__dtcm_", "EXT_RAM")):
        return True
    if {chip.name for chip in placement.chips} & _ESP_WITHOUT_PSRAM_DMA:
        return bool(placement.object.placing)
    script = placement.script
    if script is None or placement.chips:
        return False
    return any(is_core_coupled(memory) for memory in script.memories)


def _place(base: Placement, binding: Binding) -> Placement:
    """The placement that all scripts of the binding agree on, else an unknown one."""
    if base.object.address is not None:
        return _at_address(base)
    if base.object.placing:
        return _by_attribute(base)
    if not binding.scripts:
        many = "several firmwares have linker scripts here" if binding.folder else ""
        reason = many or "no linker script of this firmware is in the tree"
        return replace(base, text=f"{reason}, so the region of {base.object.name} cannot be told")
    placed = [_under(base, script) for script in binding.scripts]
    if len({p.outcome for p in placed}) > 1:
        names = list(dict.fromkeys(s.path for s in binding.scripts))
        text = f"{base.object.name} is placed differently by {', '.join(names)}: which one links is"
        if len(names) == 1:
            text = f"{base.object.name} may go to several regions of {names[0]}: which one is"
        text += " not told"
        return replace(base, text=text, script=binding.scripts[0])
    return placed[0]


def _rows(base: Placement) -> list[UnreachableRam]:
    """The rows that hold for every chip named. On the H7 the serial flash interfaces use MDMA."""
    per_chip = [
        [row for row in rows_of(chip) if base.object.master != "QSPI" or not row.except_for]
        for chip in base.chips
    ]
    return (
        [row for row in per_chip[0] if all(row in other for other in per_chip)] if per_chip else []
    )


def _at_address(base: Placement) -> Placement:
    address = base.object.address or 0
    row = next((r for r in _rows(base) if r.covers_address(address)), None)
    where = f"{base.object.name} is placed at 0x{address:08x}"
    if row is not None:
        text = f"{where}, in {row.name}, which {base.object.master} cannot reach"
        return replace(base, outcome="unreachable", text=text, ram=row)
    return replace(
        base, outcome="reachable", text=f"{where}, where {base.object.master} reaches it"
    )


def _by_attribute(base: Placement) -> Placement:
    """Zephyr's and ESP-IDF's own attributes, which their own linker scripts know."""
    thing = base.object
    names = ", ".join(chip.name for chip in base.chips) or "an unknown chip"
    if thing.placing.startswith("EXT_RAM"):
        known = {chip.name for chip in base.chips}
        if known and known <= _ESP_WITHOUT_PSRAM_DMA:
            where = f"{thing.name} is in external RAM by {thing.placing}"
            text = f"{where}, which {thing.master} cannot reach on {names}"
            return replace(base, outcome="unreachable", text=text)
        text = (
            f"{thing.name} is in external RAM; whether DMA reaches it depends on the chip, {names}"
        )
        return replace(base, text=text)
    if thing.placing in ("DMA_ATTR", "WORD_ALIGNED_ATTR"):
        text = f"{thing.name} is in internal RAM by {thing.placing}"
        return replace(base, outcome="reachable", text=text)
    ram = next((ram for prefix, ram in _ATTRIBUTES if thing.placing.startswith(prefix)), "")
    row = next((r for r in _rows(base) if ram and r.name == ram), None)
    if row is not None:
        text = f"{thing.name} is in {ram} by {thing.placing}, which {thing.master} cannot reach"
        return replace(base, outcome="unreachable", text=text, ram=row)
    if ram and not base.chips:
        text = f"{thing.name} is in {ram}; whether DMA reaches it depends on the chip"
        return replace(base, text=text)
    if ram:
        text = f"{thing.name} is in {ram}, which DMA reaches on {names}"
        return replace(base, outcome="reachable", text=text)
    text = f"{thing.name} is in the uncached part of the default RAM, which the board chooses"
    return replace(base, text=text)


def _under(base: Placement, script: LinkScript) -> Placement:
    """The placement that one script gives."""
    thing = base.object
    section = thing.section or thing.default_section
    destination = script.maps(section, thing.place.path)
    base = replace(base, script=script, destination=destination)
    if destination is None:
        return _unmapped(base, script, section)
    memory = destination.memory
    if memory is None or memory.origin is None:
        region = destination.region or "no region"
        text = f"{section} goes to {region}, whose address {script.path} does not tell"
        return replace(base, text=text)
    base = replace(base, memory=memory)
    where = f"{thing.name} ({thing.section or 'default section ' + section}) goes to"
    if not base.chips and is_core_coupled(memory) and thing.master != "ETH":
        text = f"{where} {describe(memory)}; whether DMA reaches it depends on the chip"
        return replace(base, text=text)
    row = _row_of(base, memory)
    if row is None and _covered_on_some(base, memory):
        names = ", ".join(chip.name for chip in base.chips)
        text = f"{where} {describe(memory)}; {base.folder} names several chips: {names}"
        return replace(base, text=text)
    if row is not None and _depends(thing, destination, memory):
        text = f"{where} {describe(memory)}, which {thing.master} cannot reach, under a condition"
        return replace(base, text=f"{text} that the build decides")
    if row is not None:
        text = f"{where} {describe(memory)}, which is {row.name}: {thing.master} cannot reach it"
        return replace(base, outcome="unreachable", text=text, ram=row)
    text = f"{where} {describe(memory)}, where {thing.master} reaches it"
    return replace(base, outcome="reachable", text=text)


def _covered_on_some(base: Placement, memory: Memory) -> bool:
    """Whether the region is out of reach on one of several chips and not on all."""
    rows = [row for chip in base.chips for row in rows_of(chip) if len(base.chips) > 1]
    return any(row.covers(memory) for row in rows)


def _depends(thing: DmaObject, destination: Destination, memory: Memory) -> bool:
    """Whether an `#if` or a `cfg_attr` decides about a hop."""
    output = destination.output
    return (
        thing.conditional
        or memory.region.conditional
        or (output is not None and output.conditional)
    )


def _row_of(base: Placement, memory: Memory) -> UnreachableRam | None:
    """The unreachable RAM that a region is; with the Ethernet and no chip named, CCM at 0x10000000
    can only be that of an STM32F4."""
    row = next((r for r in _rows(base) if r.covers(memory)), None)
    if row is None and not base.chips and base.object.master == "ETH" and is_core_coupled(memory):
        return rows_of(Chip("stm32f4", base.object.place))[0]
    return row


def _unmapped(base: Placement, script: LinkScript, section: str) -> Placement:
    """An orphan, if everything that could map the section is known."""
    thing = base.object
    if script.runtime == "?" or script.missing:
        absent = ", ".join(script.missing) or "a script outside the tree"
        text = f"{section} may be mapped by {absent}, which is not there to read"
        return replace(base, text=text)
    doubtful = script.may_map(section)
    if doubtful is not None:
        text = f"{doubtful.name} takes {section} from an archive; whether {thing.name} is in it"
        return replace(base, text=f"{text} is not told")
    if not thing.section:
        return replace(base, text=f"no output section of {script.path} takes {section}")
    for memory in script.memories:
        row = _row_of(base, memory)
        outputs = script.outputs_in(memory) if row is not None else []
        if row is not None and outputs:
            text = (
                f"no output section takes {section} ({thing.name}), and {outputs[0][1].name} is"
                f" mapped to {describe(memory)}: the linker may put it there, out of reach of"
                f" {thing.master}"
            )
            return replace(
                base, outcome="orphan", text=text, memory=memory, ram=row, rival=outputs[0]
            )
    text = f"no output section takes {section} ({thing.name}): the linker chooses where it goes"
    return replace(base, outcome="orphan", text=text)
