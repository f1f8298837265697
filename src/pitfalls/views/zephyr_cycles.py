"""Clock code that reads Zephyr's 64-bit cycle counter, and whether its boards have one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.model import Place, Related
from pitfalls.source import Source, View, parents
from pitfalls.views.clocks import Clock, Clocks
from pitfalls.views.kconfig import Configuration, ZephyrConfigurations

OPTION = "TIMER_HAS_64BIT_CYCLE_COUNTER"

WITHOUT = ("qemu_cortex_m3", "qemu_cortex_m0", "mps2_an385", "mps2")
"""Boards whose system timer has no 64-bit counter: SysTick sets the option above 60 MHz only
(qemu_cortex_m3 runs at 12 MHz, MPS2 at 25 MHz)."""

WITH = ("native_sim", "native_posix", "qemu_x86", "qemu_riscv", "qemu_cortex_a53")
"""Boards whose system timer sets the option."""


@dataclass(frozen=True)
class CycleRead:
    """A read of ``k_cycle_get_64`` in a clock. ``outcome``: ``guarded``, ``present`` (all boards
    have the counter), ``absent`` (one has not), ``shared`` (the code belongs to no application),
    or ``unknown``."""

    clock: Clock
    place: Place
    outcome: Literal["guarded", "present", "absent", "shared", "unknown"]
    board: str
    related: tuple[Related, ...]


class ZephyrCycles(View):
    """Every clock that reads the 64-bit cycle counter."""

    uses = (Clocks, ZephyrConfigurations)

    def __init__(self, reads: Iterable[CycleRead]) -> None:
        self.reads = tuple(reads)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join the clocks with the configurations of the applications around them."""
        configurations = source.view(ZephyrConfigurations).configurations
        found = []
        for clock in source.view(Clocks).clocks:
            for read in clock.leaf.sources:
                if read.name == "k_cycle_get_64":
                    place = Place(clock.leaf.function.path, read.line)
                    found.append(_read(clock, place, configurations))
                    break
        return cls(found)


def _read(clock: Clock, place: Place, configurations: Iterable[Configuration]) -> CycleRead:
    facts = clock.leaf.function.facts
    if OPTION in facts.body or any(OPTION in condition for condition in facts.conditions):
        return CycleRead(clock, place, "guarded", "", ())
    folders = {folder or "." for folder in parents(place.path)} | set(parents(place.path))
    around = [c for c in configurations if c.application in folders]
    for configuration in around or configurations:
        built, board = configuration.get(OPTION), configuration.board
        if (built is not None and built.text == "n") or board.startswith(WITHOUT):
            where = built.place if built is not None else Place(configuration.files[-1])
            related = (Related(where, f"a build for {board or configuration.application}"),)
            return CycleRead(clock, place, "absent", board or configuration.application, related)
    if not around:
        return CycleRead(clock, place, "shared", "", ())
    boards = {c.board for c in around if c.board}
    if any(c.is_on(OPTION) for c in around) or (boards and all(b.startswith(WITH) for b in boards)):
        return CycleRead(clock, place, "present", ", ".join(sorted(boards)), ())
    return CycleRead(clock, place, "unknown", ", ".join(sorted(boards)), ())
