"""The ``chosen`` node of a devicetree source or overlay: which memory is the default RAM."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_CHOSEN = re.compile(r"\b(zephyr,(?:sram|dtcm|ccm|itcm|ocm))\s*=\s*&\s*(\w+)\s*;")


class Choice(msgspec.Struct, frozen=True):
    """``zephyr,sram = &dtcm;``."""

    property: str
    label: str
    line: int


class Chosen(msgspec.Struct, frozen=True):
    """The memory choices of one file."""

    choices: tuple[Choice, ...]


_ENTROPY = re.compile(r"\b(zephyr,entropy)\s*=\s*&\s*(\w+)\s*;")


def parse(data: bytes) -> Chosen | None:
    """The choices of memory of one file; None when it makes none."""
    return _parse(data, _CHOSEN)


def parse_entropy(data: bytes) -> Chosen | None:
    """The choice of the random number generator; None when the file makes none."""
    return _parse(data, _ENTROPY)


def _parse(data: bytes, pattern: re.Pattern[str]) -> Chosen | None:
    text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), decode(data))
    choices = tuple(
        Choice(found[1], found[2], text.count("\n", 0, found.start()) + 1)
        for found in pattern.finditer(text)
    )
    return Chosen(choices) if choices else None
