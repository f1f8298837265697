"""Names of microcontrollers in build files: ``STM32F407VGTx``, ``stm32h7xx``, ``esp32s3``.

Which chip a firmware is for is told by a Cargo feature, a compiler definition, a debugger's
``--chip``, a project file; each names it in its own spelling, with the same stem.
"""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

MAX_NAMES = 40
"""A file with more names lists chips, it does not choose one."""

_NAME = re.compile(
    r"(?:(?<![a-zA-Z0-9])|(?<=-D))stm32(?P<family>[a-z]{1,2}\d)(?:(?P<model>\d\d)|x)?"
    r"|(?<![a-zA-Z0-9])(?P<esp>esp32(?:[-_]?[schp]\d{1,2})?)(?![a-z0-9])",
    re.IGNORECASE,
)
_PROSE = re.compile(r"^\s*(?:#(?!\s*include)|//|;|\*|description\b|keywords\b|[^=]*\.GPIO_Label=)")
_TABLE = re.compile(r"^\s*\[+\s*([\w.\-]+)")


class ChipName(msgspec.Struct, frozen=True):
    """A name in lower case, cut to the model: ``stm32f407``, ``stm32f4``, ``esp32s3``."""

    name: str
    line: int


class ChipNames(msgspec.Struct, frozen=True):
    """The names in one file, each once, at its first line."""

    names: tuple[ChipName, ...]


def names_in(text: str) -> list[str]:
    """Every chip named in ``text``, normalised, in order."""
    found = []
    for match in _NAME.finditer(text):
        if match["esp"]:
            found.append(re.sub(r"[-_]", "", match["esp"]).lower())
        else:
            found.append(f"stm32{match['family']}{match['model'] or ''}".lower())
    return found


def parse(data: bytes) -> ChipNames | None:
    """The chips that a build file names, comments, descriptions and Cargo's ``[features]`` left
    out: that table lists what may be chosen."""
    seen: dict[str, int] = {}
    table = ""
    for number, line in enumerate(decode(data).splitlines(), 1):
        header = _TABLE.match(line)
        if header:
            table = header[1]
        if table == "features" or _PROSE.match(line):
            continue
        for name in names_in(line[:4000]):
            seen.setdefault(name, number)
    if not seen or len(seen) > MAX_NAMES:
        return None
    return ChipNames(tuple(ChipName(name, line) for name, line in seen.items()))
