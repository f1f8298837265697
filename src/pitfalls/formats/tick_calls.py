"""Functions of kernels and vendor libraries that read a counter of 32 bits."""

from __future__ import annotations

RATES = {
    "HAL_GetTick": 1000, "k_uptime_get_32": 1000, "millis": 1000, "furi_get_tick": 1000,
    "sys_now": 1000, "lv_tick_get": 1000, "esp_log_timestamp": 1000,
    "micros": 1_000_000, "time_us_32": 1_000_000, "xtimer_now_usec": 1_000_000,
    "tx_time_get": 0, "k_cycle_get_32": 0, "rt_tick_get": 0, "osKernelGetTickCount": 0,
    "cycle_count": 0, "get_cycle_count": 0,
}  # fmt: skip
"""Their names -> their rate in Hz, 0 when the build decides it."""

TICKS = ("xTaskGetTickCount", "xTaskGetTickCountFromISR")
"""Those of FreeRTOS, whose configuration tells width and rate."""
