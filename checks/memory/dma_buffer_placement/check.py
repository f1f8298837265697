"""DMA descriptors and buffers must lie in memory that the DMA master can reach."""

from collections.abc import Iterator

from pitfalls import Finding, Place, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.data_cache import DataCache
from pitfalls.views.dma_memory import cannot_read_flash
from pitfalls.views.dma_placement import DmaPlacements
from pitfalls.views.inline_buffers import InlineBuffers
from pitfalls.views.layout import Layout
from pitfalls.views.placement import Placement
from pitfalls.views.zephyr_memory import ZephyrMemory

VERDICTS = {"reachable": ok, "unreachable": fail, "unknown": unknown}


@rule(level="fail", tag="seed", fix="Map the object's section to RAM that the DMA master reaches.")
def dma_region(placements: DmaPlacements, zephyr: ZephyrMemory) -> Iterator[Finding]:
    """A DMA object resolves, by its attribute or by the default .bss and .data, to a region that
    its DMA master can reach."""
    for group in placements.mapped():
        first = group[0]
        yield VERDICTS[first.outcome](
            first.place_to_edit,
            f"{first.text}{_and_others(group)}",
            subject=first.subject,
            platform=first.platform,
            related=_chain(group, first.place_to_edit),
        )
    for choice in zephyr.choices:
        reach = (
            f"which DMA cannot reach on {choice.chip.name}" if choice.ram else "which DMA reaches"
        )
        yield (fail if choice.ram else ok)(
            choice.place,
            f"zephyr,sram is {choice.label}, {reach}: every static buffer lies there",
            subject=choice.application,
            platform="zephyr",
            related=[Related(choice.option_place, f"{choice.option} uses DMA")],
        )


@rule(level="fail", fix="Add an output section for it to the script, sent to RAM that DMA reaches.")
def orphan_section_hazard(placements: DmaPlacements) -> Iterator[Finding]:
    """A DMA object that names a section is mapped by some output section where a script uses a
    region out of reach of DMA: else the linker's own rules may put it there."""
    for place, group in placements.hazards():
        first = group[0]
        yield fail(
            place,
            f"{first.text}{_and_others(group)}",
            subject=first.subject,
            platform=first.platform,
            related=_chain(group, place),
        )


@rule(level="warn", fix="Add an output section for it to the script, sent to the RAM you mean.")
def orphan_section(placements: DmaPlacements) -> Iterator[Finding]:
    """The section that a DMA object names is mapped by some output section, also where no region
    is out of reach: a link_section that nothing maps says nothing."""
    for placement in placements.placements:
        if placement.outcome == "orphan" and placement.rival is None:
            yield warn(
                placement.object.section_place or placement.object.place,
                placement.text,
                subject=placement.subject,
                platform=placement.platform,
                related=placement.related,
            )


@rule(level="warn", fix="Copy the data to RAM before it is sent, or drop `const`.")
def flash_source(placements: DmaPlacements) -> Iterator[Finding]:
    """On STM32F405/407/415/417/446 the Ethernet and USB high-speed masters, which cannot read
    flash, are not given constants."""
    for placement in placements.everything:
        if placement.object.is_flash_source and cannot_read_flash(placement.chips):
            thing = placement.object
            yield warn(
                thing.use or thing.place,
                f"{thing.name} is const, so it is in flash, which {thing.master} cannot read on"
                f" {placement.chips[0].name}",
                subject=placement.subject,
                platform=placement.platform,
                related=[Related(thing.place, f"{thing.name} is defined here")],
            )


@rule(level="warn", tag="seed:history", fix="Give the object a section that the script maps.")
def explicit_section(placements: DmaPlacements) -> Iterator[Finding]:
    """Every DMA object names its section where the chip has RAM out of reach of DMA. Superseded:
    an object in .bss is right whenever .bss is in RAM that DMA reaches."""
    for placement in placements.placements:
        thing = placement.object
        if not (thing.section or thing.placing or thing.address is not None):
            text = f"{thing.name} names no section: it goes where .bss and .data go"
            yield note(thing.place, text, subject=placement.subject, platform=placement.platform)


@rule(level="warn", fix="Cover it with a non-cacheable MPU region, or clean and invalidate it.")
def cacheable_dma(cache: DataCache) -> Iterator[Finding]:
    """Where the data cache is on, a DMA object in cacheable RAM has a non-cacheable MPU region over
    it, or is cleaned and invalidated."""
    verdicts = {"kept": ok, "exposed": warn, "unknown": unknown}
    for cached in cache.objects:
        yield verdicts[cached.state](
            cached.placement.object.place,
            cached.text,
            subject=cached.placement.subject,
            platform=cached.placement.platform,
            related=cached.related,
        )


@rule(level="fail", fix="Put the object into its static first, then initialise it there.")
def stack_temporary(drivers: InlineBuffers, layout: Layout) -> Iterator[Finding]:
    """A driver that holds its DMA buffers inline is initialised where it stays: not in a local
    variable that is moved afterwards, when the hardware already has the old addresses."""
    for done in drivers.set_ups:
        call = f"{done.name}.{done.method}() hands the address of its {done.field} to the hardware"
        ends = f"then {done.name} is {done.how}" if done.moved else "and the object stays there"
        yield (fail if done.moved else ok)(
            done.place,
            f"{call}, {ends}",
            subject=layout.subject_of(done.place.path),
            platform=layout.platform_of(done.place.path),
            related=done.related,
        )


def _and_others(group: list[Placement]) -> str:
    """The other objects that share the place."""
    others = ", ".join(placement.object.name for placement in group[1:])
    return f"; so does {others}" if others else ""


def _chain(group: list[Placement], place: Place) -> Iterator[Related]:
    """The hops of every placement of a group, each once."""
    yield from dict.fromkeys(hop for placement in group for hop in placement.seen_from(place))
