"""The effective Kconfig settings of every Zephyr application of the tree.

Zephyr merges the files of an application in a fixed order (Zephyr's own documentation, 'Setting
Kconfig configuration values'): the board's defconfig, ``prj.conf``, ``boards/<board>.conf``, then
what ``EXTRA_CONF_FILE`` names. A later file wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import kconfig
from pitfalls.formats.kconfig import KconfigFile
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout

KCONFIG_FILES = Selection(
    name="Kconfig configuration",
    type=KconfigFile,
    parse=kconfig.parse,
    names=("*.conf", "*_defconfig"),
    needles=(b"CONFIG_",),
)

_BASE = re.compile(r"prj(?:_(?P<suffix>[^/]+))?\.conf")


@dataclass(frozen=True)
class Value:
    """The text of a setting (``y``, ``n``, a number, a string) and where it was set last."""

    text: str
    place: Place

    @property
    def is_on(self) -> bool:
        """Whether the value is ``y``."""
        return self.text == "y"


@dataclass(frozen=True)
class Configuration:
    """One way to configure an application: ``files``, lowest first, merged into ``values``.

    ``application`` is its folder. ``board`` is empty for the application's own files alone.
    """

    application: str
    board: str
    files: tuple[str, ...]
    values: dict[str, Value]

    def get(self, name: str) -> Value | None:
        """The value of ``CONFIG_<name>``; None when no file of the tree sets it."""
        return self.values.get(name)

    @property
    def networking(self) -> Value | None:
        """``CONFIG_NETWORKING``; for a fragment without it an option that needs it."""
        value = self.values.get("NETWORKING")
        if value is not None:
            return value
        return next((v for n, v in self.values.items() if n.startswith("NET_") and v.is_on), None)

    def is_on(self, name: str) -> bool:
        """Whether a file of the tree sets ``CONFIG_<name>=y`` and none takes it back."""
        value = self.values.get(name)
        return value is not None and value.is_on


class ZephyrConfigurations(View):
    """Every application with a ``prj*.conf``: plain, once for each of its ``boards/*.conf``, and
    once for each extra ``.conf`` beside it, which a build may name.

    ``fragments`` are configuration files that belong to no application: shared ones that a build
    line adds.
    """

    uses = (KCONFIG_FILES, Layout)

    def __init__(
        self, configurations: Iterable[Configuration], fragments: Iterable[Configuration]
    ) -> None:
        self.configurations = tuple(configurations)
        self.fragments = tuple(fragments)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the configuration files of the tree's own applications."""
        layout = source.view(Layout)
        files = {f.path: f.facts for f in source.facts(KCONFIG_FILES) if layout.is_evidence(f.path)}
        configurations = [c for path in files for c in _of_base(path, files)]
        used = {path for configuration in configurations for path in configuration.files}
        fragments = (
            _merged(_folder(path), "", (path,), files)
            for path in files
            if path.endswith(".conf") and path not in used
        )
        return cls(configurations, fragments)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _of_base(base: str, files: dict[str, KconfigFile]) -> Iterator[Configuration]:
    """The configurations that start from ``base``, nothing when it is no ``prj*.conf``."""
    named = _BASE.fullmatch(base.rpartition("/")[2])
    if not named:
        return
    folder = _folder(base)
    prefix = f"{folder}/" if folder else ""
    yield _merged(folder, "", (base,), files)
    boards = [p for p in files if _folder(p) == f"{prefix}boards" and p.endswith(".conf")]
    for path in _fitting(boards, named["suffix"]):
        board = path.rpartition("/")[2].removesuffix(".conf")
        yield _merged(folder, board, (*_defconfig(board, files), base, path), files)
    if named["suffix"] is None:
        for path in files:
            if _folder(path) == folder and path.endswith(".conf") and not _is_base(path):
                yield _merged(folder, "", (base, path), files)


def _is_base(path: str) -> bool:
    return _BASE.fullmatch(path.rpartition("/")[2]) is not None


def _fitting(boards: list[str], suffix: str | None) -> list[str]:
    """The board files that go with ``prj_<suffix>.conf``: those of the same suffix, else all."""
    own = [path for path in boards if suffix and path.endswith(f"_{suffix}.conf")]
    return own or boards


def _defconfig(board: str, files: dict[str, KconfigFile]) -> tuple[str, ...]:
    """The defconfig of a board that the tree itself defines."""
    return tuple(p for p in files if p.rpartition("/")[2] == f"{board}_defconfig")[:1]


def _merged(
    folder: str, board: str, paths: tuple[str, ...], files: dict[str, KconfigFile]
) -> Configuration:
    values = {
        setting.name: Value(setting.value, Place(path, setting.line))
        for path in paths
        for setting in files[path].settings
    }
    return Configuration(folder or ".", board, paths, values)
