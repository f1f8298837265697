"""How much heap zenoh-pico needs, row by row, in bytes.

``minimum`` is the original document's; ``floor`` a smaller size that is known to work, from which
on a violation is a warning; ``net_floor`` what must be left of a kernel's heap after the stacks
that are drawn from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeapRow:
    """One platform's requirement."""

    key: str
    context: str
    minimum: int | None
    floor: int | None
    net_floor: int | None
    recommended: int | None
    source: str

    @property
    def required(self) -> str:
        """The requirement in words, with its origin."""
        parts = []
        if self.minimum is not None:
            parts.append(f"at least {self.minimum} bytes (seed)")
        if self.floor is not None:
            parts.append(f"{self.floor} bytes known to work ([M])")
        if self.net_floor is not None:
            parts.append(f"{self.net_floor} bytes after the task stacks ([D])")
        if self.recommended is not None:
            parts.append(f"{self.recommended} bytes recommended ({self.source})")
        return ", ".join(parts)


ROWS = {
    row.key: row
    for row in (
        HeapRow("mps2", "MPS2-AN385 bare-metal arena", 65536, None, None, 131072,
                "[M] 64 KB failed, 128 KB worked"),
        HeapRow("c3", "ESP32-C3 zenoh arena", 65536, 32768, None, None, ""),
        HeapRow("c3_rust", "ESP32-C3 Rust heap beside the arena", None, None, None, 49152,
                "[M] 16 KB failed, 48 KB worked"),
        HeapRow("f4", "STM32F4 arena", 65536, None, None, None, ""),
        HeapRow("fr_lwip", "FreeRTOS with lwIP and zenoh", 262144, None, 65536, None, ""),
        HeapRow("fr_exec", "FreeRTOS with lwIP, zenoh and an executor", 262144, None, 65536,
                524288, "[M] 256 KB failed, 512 KB worked"),
        HeapRow("zephyr", "Zephyr kernel heap", None, None, None, 120000,
                "[V] upstream's board samples"),
        HeapRow("threadx", "ThreadX byte pool", None, None, None, 262144, "[M] in use"),
    )
}  # fmt: skip
"""Platform -> requirement."""

BY_PLATFORM = {"mps2-an385": ROWS["mps2"], "esp32-c3": ROWS["c3"], "stm32f4": ROWS["f4"]}
"""Rows of arenas by the platform of their file."""
