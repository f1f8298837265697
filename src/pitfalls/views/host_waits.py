"""Where a thread of an RTOS that runs as a process of the host waits in a call of the host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats.guarded_calls import GuardedCall, GuardedCalls
from pitfalls.model import Place, Related
from pitfalls.source import Located, Source, View
from pitfalls.views.clock_contexts import is_test
from pitfalls.views.layout import Layout
from pitfalls.views.zenoh_spins import CALLS

Waiting = Literal["zero", "for ever", "some", "undecided"]

_KERNEL = re.compile(r"THREADX|FREERTOS|\bTX_\w+", re.IGNORECASE)
_HOST = re.compile(r"__linux__|__unix__|__APPLE__|POSIX|NATIVE|_SIM\b|SIMULAT", re.IGNORECASE)
_ZERO = re.compile(r"0[uUlL]*|\{0*(?:,0)?\}|NULL")


@dataclass(frozen=True)
class HostWait:
    """One call of select(), poll() or recv(); ``waiting`` is how long it may take."""

    place: Place
    call: str
    function: str
    waiting: Waiting
    kernel: str
    related: tuple[Related, ...]
    subject: str
    platform: str


class HostWaits(View):
    """Calls in code for an RTOS on the host: in an arm for both, or in a file that includes the
    headers of both."""

    uses = (CALLS, Layout)

    def __init__(self, waits: Iterable[HostWait]) -> None:
        self.waits = tuple(waits)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the tree's own C files without tests."""
        layout = source.view(Layout)
        files = [f for f in source.facts(CALLS) if layout.is_evidence(f.path)]
        return cls(w for f in files if not is_test(f.path) for w in _waits(f, layout))


def _waits(file: Located[GuardedCalls], layout: Layout) -> Iterator[HostWait]:
    for call in file.facts.calls:
        if call.name not in ("select", "poll", "recv", "recvfrom"):
            continue
        kernel = _kernel(call, file.facts)
        if not kernel:
            continue
        waiting, related = _waiting(call, file)
        yield HostWait(
            Place(file.path, call.line), call.name, call.function, waiting, kernel,
            tuple(related), layout.subject_of(file.path),
            layout.platform_of(f"{file.path}/{kernel.lower()}"),
        )  # fmt: skip


def _kernel(call: GuardedCall, facts: GuardedCalls) -> str:
    """The RTOS whose thread makes the call on the host, empty when it is none."""
    arms = " ".join(call.opened)
    if _KERNEL.search(arms) and _HOST.search(arms):
        return "ThreadX" if re.search(r"THREADX|\bTX_", arms) else "FreeRTOS"
    if call.opened or call.closed or not facts.hosts:
        return ""
    if "tx_api.h" in facts.kernels:
        return "ThreadX"
    return "FreeRTOS" if "FreeRTOS.h" in facts.kernels else ""


def _waiting(call: GuardedCall, file: Located[GuardedCalls]) -> tuple[Waiting, list[Related]]:
    if call.name.startswith("recv"):
        told = "MSG_DONTWAIT" in call.arguments[-1] if call.arguments else False
        return ("zero" if told else "undecided"), []
    last = call.arguments[-1] if call.arguments else ""
    if call.name == "poll":
        number = last.lstrip("-+")
        if number.isdigit():
            return ("zero" if number == "0" else "for ever" if last[0] == "-" else "some"), []
        return "undecided", []
    if _ZERO.fullmatch(last):
        return "for ever", []  # select() without a time waits until something comes
    owner = last.strip("&*()")
    fields = [
        f
        for f in file.facts.fields
        if f.function == call.function and f.owner == owner and f.opened == call.opened
    ]
    related = [
        Related(Place(file.path, f.line), f"{f.owner}.{f.field} = {f.value}") for f in fields
    ]
    if not fields:
        return "undecided", []
    return ("zero" if all(_ZERO.fullmatch(f.value) for f in fields) else "some"), related
