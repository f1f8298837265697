"""What the constant factors of tick conversions fold to at the tree's tick rates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.tick_scale import Factor
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.clock_contexts import Func
from pitfalls.views.clock_functions import ClockFunctions
from pitfalls.views.freertos_config import FreeRTOSConfigs
from pitfalls.views.layout import Layout

THREADX_DEFAULT = 100
"""TX_TIMER_TICKS_PER_SECOND of ThreadX's ports when tx_user.h does not set it."""

_DEFINE = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+TX_TIMER_TICKS_PER_SECOND[ \t]+\(?[ \t]*(\d+)", re.MULTILINE
)


class ThreadXRate(msgspec.Struct, frozen=True):
    """TX_TIMER_TICKS_PER_SECOND as a header sets it."""

    rate: int
    line: int


def parse_threadx(data: bytes) -> ThreadXRate | None:
    """The rate that a tx_user.h sets."""
    text = decode(data)
    found = _DEFINE.search(text)
    return ThreadXRate(int(found[1]), text.count("\n", 0, found.start(1)) + 1) if found else None


THREADX = Selection(
    name="ThreadX tick rates",
    type=ThreadXRate,
    parse=parse_threadx,
    names=("tx_user.h",),
    needles=(b"TX_TIMER_TICKS_PER_SECOND",),
)


@dataclass(frozen=True)
class Rate:
    """A tick rate, in Hz, and where it is set; None for the documented default."""

    macro: str
    hertz: int
    place: Place | None


@dataclass(frozen=True)
class Scale:
    """A factor at one tick rate. ``outcome``: ``zero`` (folds to 0), ``inverted`` (ticks divided
    by the length of a tick), ``exact``, or ``unknown`` when the rate is not known. ``own`` is
    whether the rate is that of the same firmware target; ``stock`` whether the port is a
    library's."""

    function: Func
    factor: Factor
    rate: Rate | None
    outcome: Literal["zero", "inverted", "exact", "unknown"]
    stock: bool
    own: bool = False

    @property
    def presumed(self) -> bool:
        """Whether the port, or the rate, is taken as documented."""
        return self.stock or (self.rate is not None and self.rate.place is None)

    @property
    def place(self) -> Place:
        """The line of the factor."""
        return Place(self.function.path, self.factor.line)

    @property
    def related(self) -> tuple[Related, ...]:
        """The line that sets the rate."""
        if self.rate is None or self.rate.place is None:
            return ()
        return (Related(self.rate.place, f"{self.rate.macro} is {self.rate.hertz}"),)


class TickScales(View):
    """Every constant factor in a function that reads the kernel's ticks."""

    uses = (ClockFunctions, FreeRTOSConfigs, THREADX, Layout)

    def __init__(self, scales: Iterable[Scale], layout: Layout) -> None:
        self.scales = tuple(scales)
        self._layout = layout

    def subject_of(self, scale: Scale) -> str:
        """The firmware target that the factor belongs to."""
        return self._layout.subject_of(scale.function.path)

    def platform_of(self, scale: Scale) -> str:
        """The platform of its path."""
        return self._layout.platform_of(scale.function.path)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Each factor once for each tick rate that the tree has for its kernel."""
        functions, layout = source.view(ClockFunctions), source.view(Layout)
        rates = list(_freertos(source.view(FreeRTOSConfigs)))
        rates += [
            Rate("TX_TIMER_TICKS_PER_SECOND", f.facts.rate, Place(f.path, f.facts.line))
            for f in source.facts(THREADX)
            if layout.is_evidence(f.path)
        ]
        is_library = source.exists("include/zenoh-pico.h")
        found: list[Scale] = []
        for function, stock in functions.with_stock():
            seen: set[tuple[str, str, bool]] = set()
            for factor in function.facts.factors:
                key = (factor.numerator, factor.denominator, factor.divides)
                if key not in seen:
                    seen.add(key)
                    found += _scales(function, factor, rates, stock or is_library, layout)
        return cls(found, layout)


def _freertos(configs: FreeRTOSConfigs) -> Iterator[Rate]:
    for config in configs.configs:
        value = config.value("configTICK_RATE_HZ")
        if value:
            yield Rate("configTICK_RATE_HZ", value, config.place("configTICK_RATE_HZ"))


def _scales(
    function: Func, factor: Factor, rates: list[Rate], stock: bool, layout: Layout
) -> Iterator[Scale]:
    macro = next(
        (m for m in ("configTICK_RATE_HZ", "TX_TIMER_TICKS_PER_SECOND")
         if m in (factor.numerator, factor.denominator)), "",
    )  # fmt: skip
    if not macro:
        return
    fitting = [rate for rate in rates if rate.macro == macro]
    subject = layout.subject_of(function.path)
    own = [r for r in fitting if r.place and layout.subject_of(r.place.path) == subject]
    chosen = {rate.hertz: rate for rate in own or fitting}
    if not chosen and macro == "TX_TIMER_TICKS_PER_SECOND":
        chosen = {THREADX_DEFAULT: Rate(macro, THREADX_DEFAULT, None)}
    if not chosen:
        yield Scale(function, factor, None, "unknown", stock)
    for rate in chosen.values():
        is_own = bool(own) or rate.place is None
        yield Scale(function, factor, rate, _fold(factor, rate), stock, is_own)


def _fold(factor: Factor, rate: Rate) -> Literal["zero", "inverted", "exact", "unknown"]:
    known = {rate.macro: rate.hertz}
    values = []
    for text in (factor.numerator, factor.denominator):
        value = known.get(text, int(text) if text.isdecimal() else None)
        if value is None:
            return "unknown"
        values.append(value)
    numerator, denominator = values
    if denominator == 0:
        return "unknown"
    if numerator // denominator == 0:
        return "zero"
    # Ticks times (rate / 1000), or ticks divided by (1000 / rate), is right at 1000 Hz only.
    upside_down = (factor.numerator == rate.macro) != factor.divides
    return "inverted" if upside_down and factor.direct and numerator != denominator else "exact"
