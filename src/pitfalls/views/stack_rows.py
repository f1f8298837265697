"""How much stack the threads need that run zenoh-pico, row by row.

``minimum`` is what the original document demands (``seed``) or one of its rows applied to a context
that it does not list; ``recommended`` and ``overflow_seen`` come from zenoh-pico's own ports and
examples or from one real tree. All sizes in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StackRow:
    """One context. ``overflow_seen`` is the largest stack that is known to have overflowed in it
    with an executor on it."""

    key: str
    context: str
    basis: str
    minimum: int | None
    recommended: int | None
    overflow_seen: int | None
    source: str

    @property
    def required(self) -> str:
        """The requirement in words, with its origin."""
        parts = []
        if self.minimum is not None:
            parts.append(f"at least {self.minimum} bytes ({self.basis})")
        if self.recommended is not None:
            parts.append(f"{self.recommended} bytes recommended ({self.source})")
        return ", ".join(parts) or "nothing"


_PORT = "[V] zenoh-pico's port: 5120 words"
_LIKE = "as {}"

ROWS = {
    row.key: row
    for row in (
        StackRow("bm_main", "bare-metal or RTIC main stack", "seed", 8192, None, None, ""),
        StackRow("fr_read", "FreeRTOS zenoh read task", "seed", 2048, 20480, 1024, _PORT),
        StackRow("fr_lease", "FreeRTOS zenoh lease task", "seed", 1024, 20480, 1024, _PORT),
        StackRow(
            "zp_wq", "Zephyr thread or work queue that runs zenoh", "seed", 2048, 5120, None,
            "[V] upstream's board samples",
        ),
        StackRow(
            "fr_open", "FreeRTOS thread that opens the session", "", None, 32768, 8192,
            "[V] upstream's Pico example",
        ),
        StackRow(
            "zp_open", "Zephyr main thread that opens the session", "", None, 5120, 16384,
            "[V] upstream's board samples",
        ),
        StackRow(
            "nx_init", "NuttX init thread that opens the session", _LIKE.format("bm_main"),
            8192, 65536, 3072, "[M]",
        ),
        StackRow(
            "nx_pth", "NuttX default for zenoh's pthreads", _LIKE.format("fr_read"),
            2048, 20480, None, "[D] the same code as fr_read",
        ),
        StackRow(
            "tx_task", "ThreadX thread that runs zenoh", _LIKE.format("fr_read"), 2048, 8192, None,
            "[M]; the port's default is 4096 [V]",
        ),
        StackRow(
            "esp_idf", "ESP-IDF main task that opens the session", _LIKE.format("fr_read"),
            2048, 5120, None, "[V] zenoh-pico's port",
        ),
        StackRow(
            "esp_left", "ESP32-C3 esp-hal leftover main stack", _LIKE.format("bm_main"),
            8192, 65536, 18432, "[M]",
        ),
    )
}  # fmt: skip
"""Context -> requirement."""
