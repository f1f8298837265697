"""Regions of the memory protection unit, as code of the STM32 HAL describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_MPU_SIZE = re.compile(r"(?:MPU_REGION_SIZE_|ARM_MPU_REGION_SIZE_)(\d+)(GB|MB|KB|B)$")
_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


class MpuRegion(msgspec.Struct, frozen=True):
    """A region given to HAL_MPU_ConfigRegion, in bytes; None for what is not a literal. Each bit of
    ``disabled`` takes an eighth out of it, the lowest the first."""

    base: int | None
    size: int | None
    cacheable: bool
    line: int
    disabled: int = 0

    def covers(self, start: int, end: int) -> bool:
        """Whether a part of the region that is not taken out lies between the two."""
        if self.base is None or self.size is None:
            return False
        eighth = self.size // 8 or 1
        parts = range(self.base, self.base + self.size, eighth)
        return any(
            part < end and start < part + eighth and not self.disabled >> index & 1
            for index, part in enumerate(parts)
        )


def region(fields: Mapping[str, str], line: int) -> MpuRegion | None:
    """The region that the fields set before a call of HAL_MPU_ConfigRegion describe. One that
    nobody may access holds no buffer: it only keeps speculative reads away."""
    if "NO_ACCESS" in fields.get("AccessPermission", ""):
        return None
    size = _MPU_SIZE.match(fields.get("Size", ""))
    length = int(size[1]) * _UNITS[size[2]] if size else None
    cacheable = "NOT_CACHEABLE" not in fields.get("IsCacheable", "")
    disabled = number(fields.get("SubRegionDisable", "")) or 0
    return MpuRegion(number(fields.get("BaseAddress", "")), length, cacheable, line, disabled)


def number(text: str) -> int | None:
    """A literal in C; None for an expression, and for an octal one."""
    found = re.fullmatch(r"\(?\s*(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\s*\)?", text)
    return int(found[1], 0) if found and not re.match(r"0\d", found[1]) else None
