"""The original's table of clock sources, row by row."""

from __future__ import annotations

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
