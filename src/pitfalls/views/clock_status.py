"""The original's table of clock sources, row by row."""

from __future__ import annotations

from pitfalls.views.clocks import Clock

ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mps2-an385": ("CMSDK APB Timer0", ("volatile",)),
    "esp32-c3": ("esp_hal::time::Instant", ("Instant::now",)),
    "stm32f4": ("DWT cycle counter", ("cycle_count", "CYCCNT", "cyccnt")),
    "freertos": ("xTaskGetTickCount()", ("xTaskGetTickCount",)),
    "nuttx": ("clock_gettime()", ("CLOCK_MONOTONIC",)),
    "zephyr": ("k_uptime_get()", ("k_uptime_get",)),
    "posix": ("std::time::Instant", ("std::time::Instant",)),
}
"""Platform -> the source that the original names, and words that show it."""


def required(platform: str) -> str:
    """What a clock of the platform must read, with the original's own source where it names one."""
    row = ROWS.get(platform)
    any_clock = "a hardware timer or the kernel's clock (seed)"
    return f"{any_clock}; the original names {row[0]}" if row else any_clock


def found(clock: Clock) -> str:
    """Where the time of a clock comes from."""
    leaf = clock.leaf
    if leaf.sources:
        return f"{leaf.sources[0].name} ({leaf.kind})"
    if clock.static_name:
        return f"the variable {clock.static_name}"
    return leaf.reason or leaf.kind
