"""``[env]`` of ``.cargo/config.toml``: variables of a build, and the words of the file."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_SECTION = re.compile(r"\s*\[([^\]\n]+)\]")
_SET = re.compile(r"""\s*"?(\w+)"?\s*=\s*(?:\{[^}]*\bvalue\s*=\s*)?["']([^"'\n]*)["']""")


class Variable(msgspec.Struct, frozen=True):
    """One variable with its text."""

    name: str
    value: str
    line: int


class CargoEnvironment(msgspec.Struct, frozen=True):
    """The variables of one file; ``text`` is the rest of it without comments, where the board
    stands."""

    variables: tuple[Variable, ...]
    text: str


def parse(data: bytes) -> CargoEnvironment | None:
    """The variables; None when the file sets none."""
    section, variables, kept = "", [], []
    for number, row in enumerate(decode(data).splitlines(), 1):
        if row.lstrip().startswith("#"):
            continue
        kept.append(row)
        if named := _SECTION.match(row):
            section = named[1].strip()
        elif section == "env" and (found := _SET.match(row)):
            variables.append(Variable(found[1], found[2], number))
    text = "\n".join(kept)[:4000]
    return CargoEnvironment(tuple(variables), text) if variables else None
