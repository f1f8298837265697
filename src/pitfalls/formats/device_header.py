"""The CMSIS device header of a microcontroller: how many priority bits its NVIC implements."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_BITS = re.compile(r"^[ \t]*#[ \t]*define[ \t]+__NVIC_PRIO_BITS[ \t]+\(?[ \t]*(\d+)[uUlL]*", re.M)
_DEFAULT = re.compile(r"#[ \t]*ifndef[ \t]+__NVIC_PRIO_BITS\b[^\n]*\n(?:[^\n#]*\n)?[ \t]*\Z")
_NEAR = 300  # characters between the #ifndef of a default and its #define


class PriorityBits(msgspec.Struct, frozen=True):
    """``__NVIC_PRIO_BITS`` and the line that defines it."""

    bits: int
    line: int


def parse(data: bytes) -> PriorityBits | None:
    """The first definition that is a number of bits an NVIC can have (2 to 8); a default under
    ``#ifndef``, as CMSIS' own core headers have it, says nothing about a device."""
    text = decode(data)
    for found in _BITS.finditer(text):
        if 2 <= int(found[1]) <= 8 and not _DEFAULT.search(
            text[max(0, found.start() - _NEAR) : found.start()]
        ):
            return PriorityBits(int(found[1]), text.count("\n", 0, found.start(1)) + 1)
    return None
