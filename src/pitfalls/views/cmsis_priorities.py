"""What ``osPriority…`` is to the FreeRTOS kernel, in either generation of CMSIS-RTOS."""

from __future__ import annotations

import re

# Version 1 (cmsis_os.h) counts from -3 (idle); its FreeRTOS layer adds three.
# Version 2 (cmsis_os2.h) hands its numbers to the kernel as they are.
_NUMBERS = {
    1: {
        "osPriorityIdle": 0, "osPriorityLow": 1, "osPriorityBelowNormal": 2,
        "osPriorityNormal": 3, "osPriorityAboveNormal": 4, "osPriorityHigh": 5,
        "osPriorityRealtime": 6,
    },
    2: {
        "osPriorityIdle": 1, "osPriorityLow": 8, "osPriorityBelowNormal": 16,
        "osPriorityNormal": 24, "osPriorityAboveNormal": 32, "osPriorityHigh": 40,
        "osPriorityRealtime": 48, "osPriorityISR": 56,
    },
}  # fmt: skip

_NAME = re.compile(r"(osPriority[A-Za-z]+)([1-7]?)")


def number(name: str, *, version: int) -> int | None:
    """The kernel's priority; ``osPriorityNormal3`` is three above. None for another name."""
    found = _NAME.fullmatch(name.strip())
    base = _NUMBERS[version].get(found[1]) if found else None
    return base + int(found[2] or 0) if found and base is not None else None
