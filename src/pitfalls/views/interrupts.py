"""The interrupts of every FreeRTOS target on a Cortex-M: which of them call the kernel, and at
which priority."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Self

from pitfalls.formats.interrupts import Enable, Function, Grouping, InterruptCode, Write
from pitfalls.model import Place, Related
from pitfalls.source import Located, Source, View
from pitfalls.views.freertos_config import FreeRTOSConfigs
from pitfalls.views.header_macros import Finder, header_macros
from pitfalls.views.interrupt_files import INTERRUPT_CODE, firmwares
from pitfalls.views.interrupt_limits import InterruptLimit, InterruptLimits
from pitfalls.views.layout import Layout

MAX_DEPTH = 6
"""Functions between a handler and its call of the kernel."""

_KERNEL_CALL = re.compile(
    r"(?:x|ux|v|pv|e)(?:Queue|Semaphore|Task|Timer|EventGroup|StreamBuffer|MessageBuffer)"
    r"\w*FromISR"
    # CMSIS-RTOS and lwIP: wrappers that call one of these when they run in an interrupt.
    r"|os(?:SemaphoreRelease|MessagePut|MessageQueuePut|MailPut|SignalSet|ThreadFlagsSet"
    r"|EventFlagsSet)|sys_sem_signal_from_isr|sys_mbox_trypost_fromisr"
    r"|tcpip_callbackmsg_trycallback_fromisr"
)
_HANDLER = re.compile(r"(\w+?)_(IRQ)?Handler")
_EXCEPTIONS = frozenset(
    {
        "NMI", "HardFault", "MemManage", "BusFault", "UsageFault", "SecureFault", "SVC", "PendSV",
        "SysTick", "DebugMon", "Reset", "Default", "Dummy",
    }
)  # fmt: skip
# The HAL's own clock: what else its callback serves belongs to other timers.
_TIME_BASES = frozenset({"HAL_InitTick", "HAL_ResumeTick"})
# Calls that shift the priority by what the grouping leaves for sub-priorities.
_GROUPED = frozenset({"NVIC_Init", "HAL_NVIC_SetPriority"})
_DRIVER = re.compile(r"HAL_(\w+)_IRQHandler")


Chain = tuple[tuple[str, int, str], ...]
"""Calls from a handler to the kernel: path, line and callee."""


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
    be told by name, if any."""

    limit: InterruptLimit
    signals: tuple[Signal, ...]
    groupings: tuple[GroupingPlace, ...]
    computed: Place | None


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
        for firmware in firmwares(source, limits):
            target = _Target(source, *firmware).read()
            signals = tuple(signal for signal in target.signals if signal not in known)
            groupings = tuple(place for place in target.groupings if place not in known)
            found.append(replace(target, signals=signals, groupings=groupings))
            known.update((*signals, *groupings))
        return cls(found)


class _Target:
    """Joins the files of one target."""

    def __init__(
        self, source: Source, limit: InterruptLimit, files: list[Located[InterruptCode]]
    ) -> None:
        self._limit = limit
        self._files = files
        self._macro = header_macros(source, limit.config.project)
        self._functions: dict[str, list[tuple[str, Function]]] = defaultdict(list)
        for file in files:
            for function in file.facts.functions:
                self._functions[function.name].append((file.path, function))
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
        )

    def _signals(self, writes: list[tuple[Located[InterruptCode], Write]]) -> Iterator[Signal]:
        found = [(irq, *where, self._reach(*where)) for irq, where in self._handlers()]
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
            shared = any(_DRIVER.fullmatch(c) and len(drivers[c]) > 1 for _, _, c in chain)
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

    def _handlers(self) -> Iterator[tuple[str, tuple[str, Function]]]:
        """Interrupt -> handler: by the names of CMSIS, and by what is registered at run time.

        Without ``IRQ`` in its name it is one only where the code names such an interrupt."""
        irqs = {w.irq for f in self._files for w in f.facts.writes}
        irqs |= {e.irq for f in self._files for e in f.facts.enables}
        for name, definitions in self._functions.items():
            named = _HANDLER.fullmatch(name)
            if not named or named[1] in _EXCEPTIONS or _DRIVER.fullmatch(name):
                continue
            if named[2] or named[1] in irqs:
                yield from ((named[1], where) for where in definitions)
        for file in self._files:
            for vector in file.facts.vectors:
                for where in self._functions.get(vector.handler, ()) if vector.irq else ():
                    yield vector.irq, where

    def _reach(self, path: str, function: Function) -> Chain:
        """The shortest chain of calls from a function to the kernel, or empty."""
        pending: list[tuple[str, Function, Chain]] = [(path, function, ())]
        seen = {(path, function.line)}
        for where, current, chain in pending:  # grows as it is walked
            for call in current.calls:
                if _KERNEL_CALL.fullmatch(call.name):
                    return (*chain, (where, call.line, call.name))
            for call in current.calls if len(chain) < MAX_DEPTH else ():
                for there, callee in self._callees(where, call.name):
                    if (there, callee.line) not in seen:
                        seen.add((there, callee.line))
                        step = (where, call.line, call.name)
                        pending.append((there, callee, (*chain, step)))
        return ()

    def _callees(self, path: str, name: str) -> list[tuple[str, Function]]:
        """Definitions of a function, those of the same file first; for the interrupt function of
        a vendor's driver the callbacks that the target defines for it."""
        driver = _DRIVER.fullmatch(name)
        if driver:
            callback = re.compile(rf"HAL_{re.escape(driver[1])}(?:Ex)?_(?:\w*_)?\w*Callback")
            names = [n for n in self._functions if callback.fullmatch(n)]
            return [where for n in names for where in self._functions[n]]
        known = self._functions.get(name, [])
        same = [where for where in known if where[0] == path]
        return same or (known if len(known) <= 3 else [])

    def _priority(self, file: Located[InterruptCode], write: Write) -> SetPriority:
        macros = dict(file.facts.macros)
        value = self._limit.evaluate(write.priority, macros)
        if value is None:
            _complete(macros, write.priority, file.path, self._macro)
            value = self._limit.evaluate(write.priority, macros)
        ordering = {place.preemption() for place in self._groupings} or {8}
        fields = ordering if write.call in _GROUPED else {8}
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
