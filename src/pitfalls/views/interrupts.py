"""The interrupts of every FreeRTOS target on a Cortex-M: which of them call the kernel, and at
which priority."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Self

from pitfalls.formats.interrupts import Enable, Grouping, InterruptCode, Write
from pitfalls.model import Place, Related
from pitfalls.source import Located, Source, View
from pitfalls.views.freertos_config import FreeRTOSConfigs
from pitfalls.views.header_macros import Finder, header_macros
from pitfalls.views.interrupt_calls import DRIVER, InterruptCalls
from pitfalls.views.interrupt_files import INTERRUPT_CODE, elsewhere, firmwares
from pitfalls.views.interrupt_limits import InterruptLimit, InterruptLimits
from pitfalls.views.layout import Layout

# The HAL's own clock: what else its callback serves belongs to other timers.
_TIME_BASES = frozenset({"HAL_InitTick", "HAL_ResumeTick"})
# Calls that shift the priority by what the grouping leaves for sub-priorities.
_GROUPED = frozenset(
    {"NVIC_Init", "HAL_NVIC_SetPriority", "nvic_irq_enable", "NVIC_EnableIRQRequest"}
)
# How many bits order interrupts where the program sets no grouping: some of these calls set one.
_UNGROUPED = {"nvic_irq_enable": {2, 8}, "NVIC_EnableIRQRequest": {0, 8}}


@dataclass(frozen=True)
class SetPriority:
    """A place that sets the priority of an interrupt. ``urgent``: whether it is more urgent than
    the kernel allows; None when that cannot be told."""

    place: Place
    write: Write
    value: int | None
    urgent: bool | None


@dataclass(frozen=True)
class Signal:
    """An interrupt whose handler calls the kernel. ``shared``: it gets there through a callback
    that other interrupts reach as well; ``runtime``: a runtime that sets priorities by itself."""

    irq: str
    handler: Place
    api: str
    chain: tuple[Related, ...]
    priorities: tuple[SetPriority, ...]
    enabled: Place | None
    shared: bool
    runtime: bool


@dataclass(frozen=True)
class GroupingPlace:
    """A call that sets the priority grouping."""

    place: Place
    grouping: Grouping

    def preemption(self) -> int:
        """The most bits that order interrupts under this grouping."""
        bits, field = self.grouping.preemption, self.grouping.field
        return bits if bits is not None else 7 - (field or 0)


@dataclass(frozen=True)
class TargetInterrupts:
    """What one target does. ``computed``: a place that sets priorities of interrupts that cannot
    be told by name, if any; ``unreached``: calls for interrupts that no known handler gets to, and
    where the target has no handler at all, the handlers of code that belongs to no target."""

    limit: InterruptLimit
    signals: tuple[Signal, ...]
    groupings: tuple[GroupingPlace, ...]
    computed: Place | None
    unreached: tuple[Related, ...]


class Interrupts(View):
    """The interrupts of every configuration that has a limit."""

    uses = (INTERRUPT_CODE, InterruptLimits, FreeRTOSConfigs, Layout)

    def __init__(self, targets: Iterable[TargetInterrupts]) -> None:
        self.targets = tuple(targets)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Read the C files of every firmware; what several share is told of the first one."""
        limits = source.view(InterruptLimits).limits
        found: list[TargetInterrupts] = []
        known: set[Signal | GroupingPlace] = set()
        outside: tuple[Related, ...] | None = None
        for firmware in firmwares(source, limits):
            reader = _Target(source, *firmware)
            target = reader.read()
            signals = tuple(signal for signal in target.signals if signal not in known)
            groupings = tuple(place for place in target.groupings if place not in known)
            known.update((*signals, *groupings))
            unreached = target.unreached
            if not any(reader.calls.handlers()):
                if outside is None:
                    outside = tuple(InterruptCalls(elsewhere(source, limits)).signals())
                unreached += outside
            found.append(replace(target, signals=signals, groupings=groupings, unreached=unreached))
        return cls(found)


class _Target:
    """Joins the files of one target."""

    def __init__(
        self, source: Source, limit: InterruptLimit, files: list[Located[InterruptCode]]
    ) -> None:
        self._limit = limit
        self._files = files
        self._macro = header_macros(source, limit.config.project)
        self.calls = InterruptCalls(files)
        self._groupings = tuple(
            GroupingPlace(Place(f.path, g.line), g) for f in files for g in f.facts.groupings
        )

    def read(self) -> TargetInterrupts:
        """Everything about the target."""
        writes = [(f, w) for f in self._files for w in f.facts.writes]
        computed = [Place(f.path, w.line) for f, w in writes if not w.irq]
        return TargetInterrupts(
            self._limit,
            tuple(self._signals(writes)),
            self._groupings,
            computed[0] if computed else None,
            tuple(self.calls.unreached()),
        )

    def _signals(self, writes: list[tuple[Located[InterruptCode], Write]]) -> Iterator[Signal]:
        found = [(irq, *where, self.calls.reach(*where)) for irq, where in self.calls.handlers()]
        drivers: dict[str, set[str]] = defaultdict(set)
        for irq, _, _, chain in found:
            for _, _, called in chain:
                drivers[called].add(irq)
        handlers = {(irq, path) for irq, path, _, _ in found}
        for irq, path, function, chain in found:
            if not chain or any(w.irq == irq and w.function in _TIME_BASES for _, w in writes):
                continue
            # A file with a handler of its own sets that one up: the others are for other builds.
            other = {p for i, p in handlers if i == irq and p != path}
            enables = [
                (f.path, e)
                for f in self._files
                for e in f.facts.enables
                if e.irq == irq and f.path not in other
            ]
            shared = any(DRIVER.fullmatch(c) and len(drivers[c]) > 1 for _, _, c in chain)
            yield Signal(
                irq,
                Place(path, function.line),
                chain[-1][2],
                tuple(Related(Place(p, line), f"calls {called}") for p, line, called in chain),
                tuple(
                    self._priority(f, w) for f, w in writes if w.irq == irq and f.path not in other
                ),
                Place(enables[0][0], enables[0][1].line) if enables else None,
                shared,
                any(_is_runtime(enable) for _, enable in enables),
            )

    def _priority(self, file: Located[InterruptCode], write: Write) -> SetPriority:
        macros = dict(file.facts.macros)
        value = self._limit.evaluate(write.priority, macros)
        if value is None:
            _complete(macros, write.priority, file.path, self._macro)
            value = self._limit.evaluate(write.priority, macros)
        ordering = {place.preemption() for place in self._groupings}
        if write.call not in _GROUPED:
            ordering = {8}
        fields = ordering or _UNGROUPED.get(write.call, {8})
        urgent = None if value is None else _is_urgent(self._limit, write, value, fields)
        return SetPriority(Place(file.path, write.line), write, value, urgent)


def _is_urgent(
    limit: InterruptLimit, write: Write, value: int, fields: Iterable[int]
) -> bool | None:
    """Whether ``value`` is more urgent than the limit for every possible number of bits, one of
    ``fields`` of which order interrupts; None when for some, and when the limit masks nothing."""
    answers = set()
    for (bits, most), field in product(limit.cases, fields):
        shift = 8 - min(field, limit.shift or bits.number) if write.unit == "library" else 0
        if not most & bits.mask:
            return None
        answers.add((value << shift) & bits.mask < most & bits.mask)
    return answers.pop() if len(answers) == 1 else None


def _is_runtime(enable: Enable) -> bool:
    """Whether the call belongs to a runtime that gives every interrupt a priority at start."""
    return enable.call == "irq_set_enabled"  # pico-sdk: 0x80


def _complete(macros: dict[str, str], text: str, user: str, find: Finder) -> None:
    """Add the macros that ``text`` needs, as far as ``find`` knows them."""
    pending = re.findall(r"[A-Za-z_]\w*", text)
    for _ in range(8):
        if not pending:
            return
        name = pending.pop()
        if name not in macros and (found := find(name, user)):
            macros[name] = found[0]
        pending += re.findall(r"[A-Za-z_]\w*", macros.get(name, ""))[:4]
