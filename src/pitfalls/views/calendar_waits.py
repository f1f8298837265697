"""Waits whose length is measured with a function that reads the calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import calendar_waits
from pitfalls.formats.calendar_waits import CalendarWaits as Facts
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.clock_contexts import is_test
from pitfalls.views.clock_functions import ClockFunctions
from pitfalls.views.layout import Layout

_NEEDLES = (b"time_now", b"epoch", b"wall_clock", b"wallclock")

RUST = Selection(
    name="waits by the calendar in Rust",
    type=Facts,
    parse=calendar_waits.parse_rust,
    names=("*.rs",),
    needles=_NEEDLES,
)
C = Selection(
    name="waits by the calendar in C",
    type=Facts,
    parse=calendar_waits.parse_c,
    names=("*.c", "*.cpp", "*.cc"),
    needles=_NEEDLES,
)


@dataclass(frozen=True)
class CalendarWait:
    """A wait: ``call`` reads the calendar where ``related`` says."""

    place: Place
    function: str
    call: str
    subject: str
    platform: str
    related: tuple[Related, ...]


class CalendarWaits(View):
    """The waits of the tree's own code that a function ends which some port of it makes the
    calendar."""

    uses = (RUST, C, ClockFunctions, Layout)

    def __init__(self, waits: Iterable[CalendarWait]) -> None:
        self.waits = tuple(waits)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join the waits and the definitions of what they call."""
        layout = source.view(Layout)
        calendars: dict[str, list[Related]] = {}
        for function in source.view(ClockFunctions).functions:
            for read in function.facts.sources:
                if read.kind == "wall":
                    related = Related(Place(function.path, read.line), f"reads {read.name}")
                    calendars.setdefault(function.facts.name, []).append(related)
        return cls(
            CalendarWait(
                Place(file.path, wait.line), wait.function, wait.call,
                layout.subject_of(file.path), layout.platform_of(file.path),
                tuple(calendars[wait.call]),
            )
            for selection in (RUST, C)
            for file in source.facts(selection)
            if layout.is_evidence(file.path) and not is_test(file.path)
            for wait in file.facts.waits
            if wait.call in calendars
        )  # fmt: skip
