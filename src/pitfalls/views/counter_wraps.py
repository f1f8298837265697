"""Clocks that are made from counters which wrap, and what they do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, Self

from pitfalls.formats.counter_arithmetic import Arithmetic
from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.clock_contexts import Func
from pitfalls.views.clock_functions import ClockFunctions
from pitfalls.views.clocks import Askers, Clock, Clocks
from pitfalls.views.counters import Counter, counter_of, register_of
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs

Kind = Literal[
    "widened", "divided", "extended", "stale", "compared", "product", "polled", "unprotected"
]  # fmt: skip

SMALL = frozenset({"freertos", "zephyr", "nuttx", "threadx", "esp32-c3", "esp-idf", "stm32f4",
                   "stm32", "mps2-an385"})  # fmt: skip
"""Platforms whose ``long`` and ``usize`` have 32 bits."""

_OVERFLOW = {"1000000000": 2.0**32 / 1e9, "1000000": 2.0**32 / 1e6, "1000": 2.0**32 / 1e6}
"""Factor of an elapsed time -> seconds until the product exceeds 32 bits; 1000 is for
milliseconds to microseconds."""


@dataclass(frozen=True)
class Wrap:
    """A spot where a wrap matters. ``seconds`` until a product overflows; ``stock`` for the port
    of a library."""

    kind: Kind
    function: Func
    place: Place
    counter: Counter | None
    text: str
    related: tuple[Related, ...]
    subject: str
    platform: str
    seconds: float = 0.0
    stock: bool = False


class CounterWraps(View):
    """Every such spot in clock code."""

    uses = (Clocks, ClockFunctions, FreeRTOSConfigs)

    def __init__(self, wraps: Iterable[Wrap]) -> None:
        self.wraps = tuple(wraps)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the clocks, and from functions that tell an elapsed time."""
        functions = source.view(ClockFunctions)
        configs = list(source.view(FreeRTOSConfigs).configs)
        library = source.exists("include/zenoh-pico.h")
        finder = _Finder(functions, configs, library, Askers(source, functions.layout))
        found: list[Wrap] = []
        for clock in source.view(Clocks).clocks:
            found += finder.of_clock(clock)
        for function, stock in functions.with_stock():
            found += finder.of_function(function, stock or library)
        return cls(found)


@dataclass(frozen=True)
class _Finder:
    functions: ClockFunctions
    configs: list[FreeRTOSConfig]
    library: bool
    askers: Askers

    def _wrap(
        self,
        kind: Kind,
        function: Func,
        line: int,
        text: str,
        counter: Counter | None = None,
        related: tuple[Related, ...] = (),
        *,
        seconds: float = 0.0,
        stock: bool = False,
    ) -> Wrap:
        layout = self.functions.layout
        hops = (*related, *(counter.related if counter else ()))
        return Wrap(
            kind, function, Place(function.path, line), counter, text, hops,
            layout.subject_of(function.path), layout.platform_of(function.path), seconds, stock,
        )  # fmt: skip

    def of_clock(self, clock: Clock) -> Iterator[Wrap]:
        """What the functions of one clock do with their counter, each once."""
        for function in dict.fromkeys((clock.leaf.function, *clock.getters)):
            stale = self._stale(function)
            if stale is not None:
                yield stale
                continue
            for spot in function.facts.arithmetic:
                if spot.kind == "divided" and (wrap := self._divided(spot, function)):
                    yield replace(wrap, stock=self.library or self.askers.lack(clock))
                    break
                if spot.kind not in ("widened", "summed"):
                    continue
                counter = self._counter(spot, function)
                if counter is None:
                    continue
                if function.facts.writes:
                    yield self._wrap("extended", function, spot.line, spot.text, counter)
                    yield from self._unprotected(function, counter)
                elif spot.kind == "widened":
                    yield self._wrap(
                        "widened", function, spot.line, spot.text, counter, stock=self.library
                    )
                break
        if clock.movement[0] == "polled":
            yield from self._polled(clock)

    def _divided(self, spot: Arithmetic, function: Func) -> Wrap | None:
        """A quotient of a counter of the hardware."""
        counter = self._counter(spot, function)
        if counter is None or function.facts.writes or not (counter.fast or spot.bits):
            return None
        return self._wrap("divided", function, spot.line, spot.text, counter)

    def _counter(self, spot: Arithmetic, function: Func) -> Counter | None:
        """What a spot reads; None for a register that something else in its function may extend."""
        if not spot.bits:
            return counter_of(spot.counter, function, self.functions, self.configs)
        others = not spot.is_alone or any(self.functions.statics_of(function))
        if others and not function.facts.writes:
            return None
        register = register_of(spot)
        told = self.functions.files[function.path].frequency
        if not register.hertz and "TIM" not in register.name.upper():
            register = replace(register, hertz=told)
        return register

    def _stale(self, function: Func) -> Wrap | None:
        """An elapsed time against a start that nothing refreshes."""
        own = {write.name for write in function.facts.writes}
        statics = {static.name: place for place, static in self.functions.statics_of(function)}
        for spot in function.facts.arithmetic:
            if spot.kind != "since" or spot.against not in statics or spot.against in own:
                continue
            counter = register_of(spot) if spot.bits else self._counter(spot, function)
            writes = [
                (other, write)
                for other in self.functions.functions
                if self.functions.sees_statics(other, function)
                for write in other.facts.writes
                if write.name == spot.against
            ]
            runs = [r for o, w in writes for r in self.functions.runs(o, w.line, w.in_loop)]
            if counter is not None and runs and all(run.context == "start" for run in runs):
                hops = tuple(Related(run.place, f"{spot.against}: {run.why}") for run in runs)
                return self._wrap("stale", function, spot.line, spot.text, counter, hops)
        return None

    def _unprotected(self, function: Func, counter: Counter) -> Iterator[Wrap]:
        """Bookkeeping that an interrupt and other code both run."""
        if any(word in function.facts.body for word in ("critical", "interrupt::free", "irq")):
            return
        calls = list(self.functions.callers(function))
        runs = [r for f, c in calls for r in self.functions.runs(f, c.line, c.in_loop)]
        contexts = {run.context for run in runs}
        if "interrupt" in contexts and contexts - {"interrupt", "uncalled", "unknown"}:
            line = function.facts.writes[0].line
            hops = tuple(Related(run.place, run.why) for run in runs)
            text = function.facts.writes[0].text
            yield self._wrap("unprotected", function, line, text, counter, hops)

    def _polled(self, clock: Clock) -> Iterator[Wrap]:
        """A variable that only a poll moves on by the difference of a counter."""
        run = clock.movement[1]
        passed = {hop.place.path for hop in run.hops} if run else set()
        for function in self.functions.functions:
            sources = [s for s in function.facts.sources if s.kind == "hardware"]
            moves = function.path in passed and function.facts.writes and not function.facts.getter
            if run is None or not sources or not moves:
                continue
            counter = counter_of(
                sources[0].name.replace(" ", ""), function, self.functions, self.configs
            )
            reached = any(r.place == run.place for r in self._runs(function))
            if counter is not None and reached:
                wrap = self._wrap("polled", function, run.place.line, run.why, counter, run.hops)
                yield replace(wrap, place=run.place)
                return

    def _runs(self, function: Func) -> Iterator[Related]:
        for write in function.facts.writes:
            for run in self.functions.runs(function, write.line, write.in_loop):
                yield Related(run.place, run.why)

    def of_function(self, function: Func, stock: bool) -> Iterator[Wrap]:
        """Comparisons of instants, and products of elapsed times."""
        facts = function.facts
        platform = self.functions.layout.platform_of(function.path)
        for spot in facts.arithmetic:
            if spot.kind == "compared":
                counter = self._compared(spot.counter, function)
                if counter is not None:
                    yield self._wrap(
                        "compared", function, spot.line, spot.text, counter, stock=stock
                    )
            elif spot.kind == "multiplied" and platform in SMALL and "tv_sec" not in spot.text:
                if "64" in facts.result or (spot.against == "1000" and "_us" not in facts.name):
                    continue
                seconds = _OVERFLOW[spot.against]
                yield self._wrap(
                    "product", function, spot.line, spot.text, seconds=seconds, stock=stock
                )
                return

    def _compared(self, name: str, function: Func) -> Counter | None:
        """The counter of a comparison; that of the file's own getter for two stored instants."""
        if name:
            return counter_of(name, function, self.functions, self.configs)
        for other, _ in self.functions.with_stock():
            if other.path == function.path and other.facts.getter and not other.facts.arithmetic:
                for source in other.facts.sources:
                    return counter_of(source.name, other, self.functions, self.configs)
        return None
