"""Which functions of a firmware's C files an interrupt gets to, and where they call the kernel."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from pitfalls.formats.interrupts import Function, InterruptCode
from pitfalls.model import Place, Related
from pitfalls.source import Located

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
DRIVER = re.compile(r"HAL_(\w+)_IRQHandler")
"""The interrupt function of a driver of ST's HAL, which calls back."""

# The kernel's tick runs at the kernel's own priority, and reading its count takes no list.
_TICK_HOOK = "vApplicationTickHook"
_TICK_COUNT = "xTaskGetTickCountFromISR"
_FROM_ISR = re.compile(r"\w+FromISR|\w+_from_?isr", re.IGNORECASE)
_ASKS_WHERE_IT_RUNS = re.compile(
    r"\w*(?:InsideInterrupt|In_?Isr|get_IPSR|HandlerMode|IS_IRQ)\w*", re.IGNORECASE
)

Chain = tuple[tuple[str, int, str], ...]
"""Calls from a handler to the kernel: path, line and callee."""

Where = tuple[str, Function]
"""A function and the path of its file."""


class InterruptCalls:
    """The functions of some files, by who calls them."""

    def __init__(self, files: list[Located[InterruptCode]]) -> None:
        self._files = files
        self._functions: dict[str, list[Where]] = defaultdict(list)
        for file in files:
            for function in file.facts.functions:
                self._functions[function.name].append((file.path, function))

    def handlers(self) -> Iterator[tuple[str, Where]]:
        """Interrupt -> handler: by the names of CMSIS, and by what is registered at run time.

        Without ``IRQ`` in its name it is one only where the code names such an interrupt."""
        irqs = {w.irq for f in self._files for w in f.facts.writes}
        irqs |= {e.irq for f in self._files for e in f.facts.enables}
        for name, definitions in self._functions.items():
            named = _HANDLER.fullmatch(name)
            if not named or named[1] in _EXCEPTIONS or DRIVER.fullmatch(name):
                continue
            if named[2] or named[1] in irqs:
                yield from ((named[1], where) for where in definitions)
        for file in self._files:
            for vector in file.facts.vectors:
                for where in self._functions.get(vector.handler, ()) if vector.irq else ():
                    yield vector.irq, where

    def reach(self, path: str, function: Function) -> Chain:
        """The shortest chain of calls from a function to the kernel, or empty."""
        for where, current, chain in self._walk(path, function):
            for call in current.calls:
                if _KERNEL_CALL.fullmatch(call.name):
                    return (*chain, (where, call.line, call.name))
        return ()

    def _walk(self, path: str, function: Function) -> Iterator[tuple[str, Function, Chain]]:
        """A function and those that it calls, nearest first, with the calls that lead there."""
        pending: list[tuple[str, Function, Chain]] = [(path, function, ())]
        seen = {(path, function.line)}
        for where, current, chain in pending:  # grows as it is walked
            yield where, current, chain
            for call in current.calls if len(chain) < MAX_DEPTH else ():
                for there, callee in self._callees(where, call.name):
                    if (there, callee.line) not in seen:
                        seen.add((there, callee.line))
                        step = (where, call.line, call.name)
                        pending.append((there, callee, (*chain, step)))

    def _callees(self, path: str, name: str) -> list[Where]:
        """Definitions of a function, those of the same file first; for the interrupt function of
        a vendor's driver the callbacks that the target defines for it."""
        driver = DRIVER.fullmatch(name)
        if driver:
            callback = re.compile(rf"HAL_{re.escape(driver[1])}(?:Ex)?_(?:\w*_)?\w*Callback")
            names = [n for n in self._functions if callback.fullmatch(n)]
            return [where for n in names for where in self._functions[n]]
        known = self._functions.get(name, [])
        same = [where for where in known if where[0] == path]
        return same or (known if len(known) <= 3 else [])

    def signals(self) -> Iterator[Related]:
        """Every handler that gets to the kernel."""
        for irq, (path, function) in self.handlers():
            chain = self.reach(path, function)
            if chain:
                yield Related(Place(path, function.line), f"{irq} reaches {chain[-1][2]}")

    def unreached(self) -> Iterator[Related]:
        """Calls for interrupts in functions that no handler gets to by name. One that serves tasks
        as well tells of none, nor does one that is named after the call and only hands it on."""
        started = [where for n, w in self._functions.items() if _is_started(n) for where in w]
        started += [where for _, where in self.handlers()]
        reached = {
            (there, function.line) for where in started for there, function, _ in self._walk(*where)
        }
        for path, function in (where for some in self._functions.values() for where in some):
            if (path, function.line) in reached or _FROM_ISR.fullmatch(function.name):
                continue
            if _serves_tasks(function):
                continue
            for call in function.calls:
                if _is_for_interrupts(call.name):
                    yield Related(Place(path, call.line), f"{function.name} calls {call.name}")


def _is_for_interrupts(call: str) -> bool:
    """Whether only an interrupt makes this call of the kernel."""
    return bool(_KERNEL_CALL.fullmatch(call) and _FROM_ISR.fullmatch(call)) and call != _TICK_COUNT


def _serves_tasks(function: Function) -> bool:
    """Whether a function that calls the kernel for an interrupt may do so for tasks too."""
    calls = {call.name for call in function.calls}
    asks = any(_ASKS_WHERE_IT_RUNS.fullmatch(name) for name in calls)
    return asks or any(name.removesuffix("FromISR") in calls - {name} for name in calls)


def _is_started(name: str) -> bool:
    """Whether the kernel or a core exception starts the function."""
    handler = _HANDLER.fullmatch(name)
    return name == _TICK_HOOK or (handler is not None and handler[1] in _EXCEPTIONS)
