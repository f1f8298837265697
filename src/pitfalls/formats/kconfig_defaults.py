"""Integer options that Kconfig files define, with their defaults."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode


class IntegerOption(msgspec.Struct, frozen=True):
    """``config NAME`` with ``default value``; ``line`` is that of the default. The first default
    without a condition counts."""

    name: str
    value: int
    line: int


class IntegerOptions(msgspec.Struct, frozen=True):
    """Those of one file."""

    options: tuple[IntegerOption, ...]


_CONFIG = re.compile(r"\s*(?:menu)?config\s+(\w+)\s*$")
_DEFAULT = re.compile(r"\s+default\s+(\d+)\s*(?:#.*)?$")
_END = re.compile(r"(?:menu|endmenu|if|endif|source|rsource|choice|endchoice|comment)\b")


def parse(data: bytes) -> IntegerOptions | None:
    """The options of one Kconfig file, None when there is none with a plain default."""
    found: dict[str, IntegerOption] = {}
    name = ""
    for number, row in enumerate(decode(data).splitlines(), 1):
        if opened := _CONFIG.match(row):
            name = opened[1]
        elif _END.match(row):
            name = ""
        elif name and name not in found and (default := _DEFAULT.match(row)):
            found[name] = IntegerOption(name, int(default[1]), number)
    return IntegerOptions(tuple(found.values())) if found else None
