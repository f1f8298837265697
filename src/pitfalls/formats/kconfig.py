"""Kconfig configuration files: ``prj.conf``, ``defconfig``, ``sdkconfig.defaults``, ``.config``."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_SETTING = re.compile(r"\s*CONFIG_(\w+)\s*=\s*(.*?)\s*$")
_NOT_SET = re.compile(r"\s*#\s*CONFIG_(\w+) is not set\s*$")


class Setting(msgspec.Struct, frozen=True):
    """One line. ``name`` goes without ``CONFIG_``; ``value`` is ``y``, ``n``, ``m``, a number as
    written, or the text of a string without its quotes. ``# CONFIG_X is not set`` is ``n``."""

    name: str
    value: str
    line: int


class KconfigFile(msgspec.Struct, frozen=True):
    """The settings of one file in its order; of two of the same name the later one counts."""

    settings: tuple[Setting, ...]


def parse(data: bytes) -> KconfigFile | None:
    """The settings of a configuration file, None when it has none."""
    settings = []
    for number, row in enumerate(decode(data).splitlines(), 1):
        if found := _SETTING.match(row):
            settings.append(Setting(found[1], _value(found[2]), number))
        elif found := _NOT_SET.match(row):
            settings.append(Setting(found[1], "n", number))
    return KconfigFile(tuple(settings)) if settings else None


def _value(written: str) -> str:
    """``"text"`` -> ``text``; a comment after a value, which Kconfig rejects, is dropped."""
    if written.startswith('"'):
        quoted = re.match(r'"((?:[^"\\]|\\.)*)"', written)
        if quoted:
            return re.sub(r"\\(.)", r"\1", quoted[1])
    return written.partition("#")[0].strip()
