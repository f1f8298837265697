"""Counters of at most 32 bits: how wide they are, how fast they count, when they wrap."""

from __future__ import annotations

from dataclasses import dataclass

from pitfalls.formats.clock_facts import Call
from pitfalls.formats.counter_arithmetic import Arithmetic
from pitfalls.formats.tick_calls import RATES, TICKS
from pitfalls.model import Place, Related
from pitfalls.views.clock_contexts import Func
from pitfalls.views.clock_functions import ClockFunctions
from pitfalls.views.freertos_config import FreeRTOSConfig

DAY = 86_400.0
"""Seconds."""

SHORT = 16
"""Bits that no timer takes a day to count through: prescalers end above 10 Hz."""

_RATES = RATES | {"DWT->CYCCNT": 0, "DWT_CYCCNT": 0}

_CYCLES = frozenset({"DWT->CYCCNT", "DWT_CYCCNT", "cycle_count", "get_cycle_count"})
"""Counters of the core's cycles: 32 bits last for less than a day from 50 kHz on."""

_SLOW = frozenset({"tx_time_get", "rt_tick_get", "osKernelGetTickCount"})
"""Kernel ticks: at any rate below 49 kHz 32 bits last for more than a day."""

_NARROW = ("u32", "uint32_t", "u32_t", "TickType_t", "u16", "uint16_t")


@dataclass(frozen=True)
class Counter:
    """``period`` in seconds until it wraps; None when its rate is not known, and ``slow`` says
    whether it is a kernel tick, which takes longer than a day all the same, ``fast`` whether it
    counts the cycles of the core and cannot last so long."""

    name: str
    bits: int
    hertz: int
    slow: bool
    related: tuple[Related, ...] = ()
    fast: bool = False

    @property
    def period(self) -> float | None:
        """Seconds from one wrap to the next."""
        return 2.0**self.bits / self.hertz if self.hertz else None

    @property
    def is_long(self) -> bool | None:
        """Whether it lasts for a day or more; None when that is not known."""
        if self.bits <= SHORT:
            return False
        if self.period is not None:
            return self.period >= DAY
        if self.fast:
            return False
        return True if self.slow and self.bits == 32 else None

    @property
    def text(self) -> str:
        """The counter and its period in words."""
        wraps = f", which wraps every {spoken(self.period)}" if self.period else ""
        if self.fast and not wraps:
            wraps = " and counts the core's cycles"
        return f"{self.name} has {self.bits} bits{wraps}"


def spoken(seconds: float) -> str:
    """A duration in the unit that fits."""
    units = ((DAY, DAY, "days"), (5400.0, 3600.0, "hours"), (240.0, 60.0, "minutes"))
    for least, size, unit in units:
        if seconds >= least:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def register_of(spot: Arithmetic) -> Counter:
    """The register that a function reads itself."""
    fast = spot.counter in _CYCLES
    return Counter(spot.counter, spot.bits, spot.hertz, slow=False, fast=fast)


def counter_of(
    name: str, function: Func, functions: ClockFunctions, configs: list[FreeRTOSConfig]
) -> Counter | None:
    """The counter that a call in ``function`` reads; None when it is wide or not known."""
    last = name.rpartition("::")[2]
    subject = functions.layout.subject_of(function.path)
    own = functions.files.get(function.path)  # None for a stock port
    known = kernel_counter(last, subject, configs, own.frequency if own else 0)
    if known is not None:
        return known
    targets = functions.resolve(Call(name, 0), function)
    if len(targets) != 1 or targets[0].facts.getter:
        return None
    target = targets[0]
    result = target.facts.result
    reads = any(source.kind == "hardware" for source in target.facts.sources)
    if not reads or not any(word in result.split() for word in _NARROW):
        return None
    bits = 16 if "16" in result else 32
    hop = Related(target.place, f"{last}() reads the counter")
    return Counter(f"{last}()", bits, functions.files[target.path].frequency, False, (hop,))


def kernel_counter(
    name: str, subject: str, configs: list[FreeRTOSConfig], frequency: int = 0
) -> Counter | None:
    """The counter that a function of a kernel or vendor reads in a program; None when it is none
    of those. ``frequency`` is what the file says of one whose rate the build decides."""
    if name in TICKS:
        return _ticks(name, subject, configs)
    if name in _RATES:
        hertz = _RATES[name] or frequency * (name not in _SLOW)
        return Counter(name, 32, hertz, name in _SLOW, fast=name in _CYCLES)
    return None


def _ticks(name: str, subject: str, configs: list[FreeRTOSConfig]) -> Counter:
    own = [c for c in configs if c.subject == subject] or (configs if len(configs) == 1 else [])
    for config in own[:1]:
        rate = config.value("configTICK_RATE_HZ") or 0
        narrow = config.value("configUSE_16_BIT_TICKS", 0) == 1
        place: Place = config.place("configUSE_16_BIT_TICKS" if narrow else "configTICK_RATE_HZ")
        bits = 16 if narrow else 32
        hop = Related(place, f"the tick has {bits} bits and counts at {rate or '?'} Hz")
        return Counter(name, bits, rate, True, (hop,))
    return Counter(name, 32, 0, True)
