"""Where a clock's time can come from, by the words of C and Rust code.

``hardware``: a register that counts by itself once something started it. ``driver``: a time driver
that its framework starts (embassy-time, an RTIC monotonic, esp-hal), or a counter of the core that
always runs. ``os``: a kernel's or a library's monotonic clock. ``wall``: the calendar, which jumps
when it is set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from pitfalls.formats.code_text import Span, Text

Kind = Literal["hardware", "driver", "os", "wall"]


class Source(msgspec.Struct, frozen=True):
    """A place where time is read: ``name`` is what is read, as in the code."""

    kind: Kind
    name: str
    line: int


OS_CALLS = (
    "xTaskGetTickCount", "xTaskGetTickCountFromISR", "k_uptime_get", "k_uptime_get_32",
    "k_uptime_ticks", "k_cycle_get_32", "k_cycle_get_64", "sys_clock_tick_get", "tx_time_get",
    "esp_timer_get_time", "esp_log_timestamp", "osKernelGetTickCount", "osKernelSysTick",
    "HAL_GetTick", "time_us_64", "time_us_32", "get_absolute_time", "furi_get_tick",
    "clock_systime_ticks", "clock_systime_timespec", "GetTickCount", "GetTickCount64",
    "QueryPerformanceCounter", "rt_tick_get", "us_ticker_read", "millis", "micros",
    "mach_absolute_time", "OSTimeGet", "cyg_current_time", "furi_hal_get_tick",
)  # fmt: skip
"""Kernel and vendor functions that give monotonic time. ``millis`` and ``micros`` are Arduino's."""

_OS = r"(?P<os>(?:" + "|".join(OS_CALLS) + r"|std::time::Instant::now|CLOCK_MONOTONIC\w*))\b"
_WALL = (
    r"(?P<wall>CLOCK_REALTIME|gettimeofday|SystemTime::now|\btime(?=\s*\(\s*(?:NULL|0|nullptr)))\b"
)
C_SOURCES = re.compile(
    rf"(?<![\w.>]){_OS}|(?<!\w){_WALL}"
    r"|(?P<hardware>\bDWT\s*->\s*CYCCNT|\b[A-Z]\w*\s*->\s*(?:CNT|VAL|VALUE|CVR|CURRENT|MTIME|TCNT|COUNT)\b(?!\s*=[^=])"
    r"|\(\s*(?:const\s+)?volatile\b[^(){};]{0,40}\*\s*\)|\b__HAL_TIM_GET_COUNTER\b|\bLL_TIM_GetCounter\b|\b(?:rdcycle|rdtime|mtime_read|csr_read)\b)"
    r"|(?P<driver>\b_CP0_GET_COUNT\b)"
)
RUST_SOURCES = re.compile(
    rf"(?<![\w.]){_OS}|(?<!\w){_WALL}"
    r"|(?P<driver>\b(?:embassy_time::|esp_hal::time::)?Instant::now|\b\w*Mono\w*::now"
    r"|\bmonotonics::\w*::?now|\bSystemTimer::\w+)\b"
    r"|(?P<hardware>\bDWT::(?:get_)?cycle_count|\bread_volatile|\.cyccnt\b|\bSYST?::get_current"
    r"|\.(?:cnt|cvr|count|value|timerawl)\b(?:\(\))?(?=\.read\(\))|\bm(?:cycle|time)::read)"
)
"""Reads of time; the name of the group that matches is the kind."""

_ASSEMBLY = re.compile(r"\b(?:__asm__|__asm|asm!?)[^\";]{0,60}(\"(?:[^\"\\]|\\.)*\")")
_COUNTER = re.compile(
    r"\b(?:ccount|rdcycle|rdtime|m?cycle|m?time|cnt[vp]ct\w*|mftb|rdtscp?|pmccntr\w*)\b"
    r"|p15\s*,\s*0\s*,[^,]+,\s*c9\s*,\s*c13\s*,\s*0"
)

STARTS = re.compile(
    r"\benable_cycle_counter\b|\bCYCCNTENA\w*|\bDWT_CTRL_CYCCNTENA_Msk|\bset_cycle_count\b"
)
"""Words that start the cycle counter of an Arm core."""


_KINDS: dict[str, Kind] = {"hardware": "hardware", "driver": "driver", "os": "os", "wall": "wall"}


Spot = tuple[Kind, str, int]
"""What is read, by which kind of source, and the offset."""


def found(text: Text, span: Span, *, rust: bool) -> Iterator[Spot]:
    """The sources that a function reads."""
    pattern = RUST_SOURCES if rust else C_SOURCES
    for match in pattern.finditer(text.code, span.opened, span.closed):
        kind = match.lastgroup
        name = " ".join(match[0].split())
        if kind == "hardware" and "volatile" in name:
            name = "a volatile register"
        yield _KINDS[kind or "hardware"], name, match.start()
    if text.code.find("asm", span.opened, span.closed) >= 0:
        yield from _in_assembly(text.plain, span)


def _in_assembly(plain: str, span: Span) -> Iterator[Spot]:
    """Instructions that read a counter of the core; ``plain`` is text with its strings."""
    for asm in _ASSEMBLY.finditer(plain, span.opened, span.closed):
        if (read := _COUNTER.search(asm[1])) is not None:
            yield "driver", read[0], asm.start()
