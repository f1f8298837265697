"""Where the data cache is switched on, and what keeps it from hiding DMA's writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats.mpu_regions import MpuRegion
from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.dma_memory import has_data_cache
from pitfalls.views.dma_objects import C_BUFFERS, RUST_BUFFERS
from pitfalls.views.dma_placement import DmaPlacements
from pitfalls.views.layout import Layout
from pitfalls.views.placement import Placement, describe

SRAM = range(0x2000_0000, 0x4000_0000)
"""Cacheable in the default memory map of ARMv7-M, except for the tightly coupled memory."""

_DTCM_ORIGIN = 0x2000_0000
_REGION = "HAL_MPU_ConfigRegion"
_MAINTENANCE = ("clean", "invalidate", "flush")


@dataclass(frozen=True)
class CachedObject:
    """A DMA object of a firmware that enables the data cache, with what is known about it."""

    placement: Placement
    state: Literal["kept", "exposed", "unknown"]
    text: str
    related: tuple[Related, ...]


@dataclass(frozen=True)
class _File:
    """The cache calls and MPU regions of one file, whatever its language. ``unread_mpu``: it sets
    regions in a way that is not read here."""

    path: str
    calls: tuple[tuple[str, tuple[str, ...], int], ...]
    mpu: tuple[MpuRegion, ...]
    unread_mpu: bool


class DataCache(View):
    """Every DMA object on a Cortex-M7 whose firmware enables the data cache."""

    uses = (C_BUFFERS, RUST_BUFFERS, DmaPlacements, Layout)

    def __init__(self, objects: Iterable[CachedObject]) -> None:
        self.objects = tuple(objects)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Match enabling calls, MPU regions and maintenance calls to the objects."""
        layout = source.view(Layout)
        files = [
            _File(
                f.path,
                tuple((c.callee, c.names, c.line) for c in f.facts.cache_calls),
                f.facts.mpu,
                any(m.base is None for m in f.facts.mpu)
                or any("_MPU_" in c.callee and c.callee != _REGION for c in f.facts.cache_calls),
            )
            for f in source.facts(C_BUFFERS)
            if layout.is_evidence(f.path)
        ]
        files += [
            _File(r.path, tuple((c.name, (), c.line) for c in r.facts.cache_calls), (), r.facts.mpu)
            for r in source.facts(RUST_BUFFERS)
            if layout.is_evidence(r.path)
        ]
        placements = source.view(DmaPlacements).everything
        found = (_judge(p, files) for p in placements if has_data_cache(p.chips))
        return cls(c for c in found if c is not None)


def _judge(placement: Placement, files: list[_File]) -> CachedObject | None:
    prefix = placement.folder + "/" if placement.folder else ""
    near = [f for f in files if f.path.startswith(prefix)]
    enabling = next((hop for f in near for hop in _calls(f, "enabledcache", "enable_dcache")), None)
    if enabling is None or placement.outcome == "unreachable" or placement.object.is_const:
        return None
    name = placement.object.name
    start, end = _range(placement)
    if start is None or end is None:
        text = f"the data cache is on and the address of {name} cannot be told"
        return CachedObject(placement, "unknown", text, (enabling,))
    if start == _DTCM_ORIGIN:
        text = f"{name} lies in a region that begins with DTCM, which is not cached, and may go on"
        return CachedObject(placement, "unknown", text + " behind it", (enabling,))
    if start not in SRAM:
        return None
    guard = _guard(placement, near, start, end)
    if guard is not None:
        text = f"the data cache is on and {name} is kept out of its way: {guard.message}"
        return CachedObject(placement, "kept", text, (enabling, guard))
    if any(f.unread_mpu for f in near):
        text = f"the data cache is on; whether an MPU region covers {name} cannot be read here"
        return CachedObject(placement, "unknown", text, (enabling,))
    memory = placement.memory
    where = describe(memory) if memory is not None else f"0x{start:08x}"
    text = f"the data cache is on, {name} is in cacheable {where}, and nothing keeps the two apart"
    return CachedObject(placement, "exposed", text, (enabling,))


def _range(placement: Placement) -> tuple[int | None, int | None]:
    address = placement.object.address
    if address is None and placement.destination is not None:
        address = placement.destination.address
    if address is not None:
        return address, address + 1
    memory = placement.memory if placement.outcome == "reachable" else None
    return (memory.origin, memory.end) if memory is not None else (None, None)


def _guard(placement: Placement, near: list[_File], start: int, end: int) -> Related | None:
    """An MPU region without cache over the object, or cache maintenance around it."""
    for file in near:
        for region in file.mpu:
            if not region.cacheable and region.covers(start, end):
                text = f"an MPU region without cache, {region.size} bytes from 0x{region.base:08x}"
                return Related(Place(file.path, region.line), text)
        for callee, names, line in file.calls:
            maintains = any(word in callee.lower() for word in _MAINTENANCE)
            beside = file.path == placement.object.place.path or placement.object.name in names
            if maintains and beside:
                return Related(Place(file.path, line), f"{callee} is called")
    return None


def _calls(file: _File, *names: str) -> Iterable[Related]:
    for callee, _, line in file.calls:
        if any(callee.lower().endswith(name) for name in names):
            yield Related(Place(file.path, line), f"{callee} switches the data cache on")
