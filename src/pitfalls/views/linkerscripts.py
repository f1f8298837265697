"""The linker scripts of the target: what each maps where, and which firmware it is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Self

from pitfalls.formats import FormatError, linker_uses, linkerscript
from pitfalls.formats.linkerscript import (
    Include,
    Insert,
    Item,
    LinkerScript,
    Region,
    RegionAlias,
)
from pitfalls.source import Selection, Source, View, join, parents
from pitfalls.views.layout import Layout
from pitfalls.views.link_script import LinkScript

SCRIPTS = Selection(
    "linkerscript",
    LinkerScript,
    linkerscript.parse,
    names=("*.ld", "*.lds", "*.x", "*.ldscript", "*.ld.in", "*.ld.S", "*.lds.S"),
    needles=(b"MEMORY", b"SECTIONS", b"REGION_ALIAS"),
)
SCRIPT_USES = Selection(
    "linker-uses",
    linker_uses.ScriptUses,
    linker_uses.parse,
    names=(
        "config.toml", "build.rs", "CMakeLists.txt", "*.cmake", "Makefile", "*.mk", "Make.defs",
        ".cproject", "platformio.ini",
    ),
    needles=(b".ld", b".x"),
)  # fmt: skip

MAX_INCLUDES = 20
"""Files that one script may pull in."""

MAX_SCRIPTS = 4
"""A folder with more scripts holds several firmwares, and no one script is that of its files."""


# STM32CubeMX writes two scripts: the one for flash links the firmware, the other a debugger's copy.
_FOR_RAM = re.compile(r"_RAM\.ld$")


@dataclass(frozen=True)
class Binding:
    """The scripts that may link a source file, and the folder that they were found in."""

    folder: str
    scripts: tuple[LinkScript, ...]


class LinkerScripts(View):
    """All scripts that declare memory."""

    uses = (SCRIPTS, SCRIPT_USES, Layout)

    def __init__(
        self,
        scripts: Iterable[LinkScript],
        used: Mapping[str, frozenset[str]],
        crates: frozenset[str],
    ) -> None:
        self.scripts = tuple(scripts)
        self._used = used
        self._crates = crates
        self.bound_to = cache(self._bound_to)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join includes, find what is included only, and what build files name."""
        layout = source.view(Layout)
        parsed = {located.path: located.facts for located in source.facts(SCRIPTS)}
        used = {
            located.path: frozenset(use.name for use in located.facts.uses)
            for located in source.facts(SCRIPT_USES)
            if layout.is_evidence(located.path)
        }
        joined = [_Joiner(source, parsed).script(p) for p in parsed if layout.is_evidence(p)]
        inner = {path for script in joined for path, _ in script.items if path != script.path}
        mains = [
            s
            for s in joined
            if s.path not in inner and any(isinstance(i, Region) for _, i in s.items)
        ]
        rest = [s for s in joined if s not in mains and s.path not in inner]
        crates = frozenset(
            path.rpartition("/")[0] for path in source.paths if path.endswith("Cargo.toml")
        )
        return cls((_complete(s, rest, used) for s in mains), used, crates)

    def _bound_to(self, path: str) -> Binding:
        """The scripts for the source file ``path``: those below the nearest folder above it that
        has any; of several, those that a build file there names. From a crate that has none, only
        those beside it on the way up: cargo links in the workspace's folder, and the script of a
        sister crate is another firmware's."""
        left_crate = False
        for folder in parents(path):
            prefix = folder + "/" if folder else ""
            below = [s for s in self.scripts if s.path.startswith(prefix)]
            if left_crate:
                below = [s for s in below if "/" not in s.path[len(prefix) :]]
            left_crate = left_crate or folder in self._crates
            if not below:
                continue
            names = {
                name
                for file, uses in self._used.items()
                if file.startswith(prefix)
                for name in uses
            }
            named = [s for s in below if s.path.rpartition("/")[2] in names] or below
            known = {s.path for s in named}
            named = [s for s in named if _FOR_RAM.sub("_FLASH.ld", s.path) not in known - {s.path}]
            return Binding(folder, tuple(named) if len(named) <= MAX_SCRIPTS else ())
        return Binding("", ())


class _Joiner:
    """Puts the items of included files where the INCLUDE stands."""

    def __init__(self, source: Source, parsed: Mapping[str, LinkerScript]) -> None:
        self._source = source
        self._parsed = parsed
        self._missing: list[str] = []
        self._visited: list[str] = []

    def script(self, path: str) -> LinkScript:
        items = tuple(self._items(path))
        aliases = {i.alias: i.region for _, i in items if isinstance(i, RegionAlias)}
        return LinkScript(path, items, tuple(self._missing), aliases=aliases)

    def _items(self, path: str) -> Iterator[tuple[str, Item]]:
        self._visited.append(path)
        facts = self._parsed.get(path) or self._read(path)
        for item in facts.items if facts else ():
            if not isinstance(item, Include):
                yield path, item
                continue
            found = self._find(path, item.path)
            if found is None:
                if not item.macro:
                    self._missing.append(item.path)
            elif found not in self._visited and len(self._visited) < MAX_INCLUDES:
                yield from self._items(found)

    def _find(self, path: str, name: str) -> str | None:
        """The file of that name beside the script or in a folder above it."""
        for folder in parents(path):
            candidate = join(folder, name)
            if candidate and candidate != path and self._source.exists(candidate):
                return candidate
        return None

    def _read(self, path: str) -> LinkerScript | None:
        data = self._source.read(path)
        try:
            return linkerscript.parse(data) if data else None
        except FormatError:
            return None


def _complete(
    script: LinkScript, rest: Iterable[LinkScript], used: Mapping[str, frozenset[str]]
) -> LinkScript:
    """Add the sibling that maps the sections of a script that declares memory only, else name
    the runtime that does."""
    if any(output.name in (".text", ".bss", ".data") for _, output in script.outputs):
        inserts = any(isinstance(item, Insert) for _, item in script.items)
        return script if not inserts else _with(script, runtime="?")
    folder = script.path.rpartition("/")[0]
    siblings = [
        s
        for s in rest
        if s.path.rpartition("/")[0] == folder and any(o.name == ".bss" for _, o in s.outputs)
    ]
    if len(siblings) == 1:
        items = script.items + siblings[0].items
        return LinkScript(script.path, items, script.missing, "", script.aliases)
    if _becomes_memory_x(script.path, used):
        is_riscv = any(name.startswith("REGION_") for name in script.aliases)
        return _with(script, runtime="riscv-rt" if is_riscv else "cortex-m-rt")
    return _with(script, runtime="?")


def _becomes_memory_x(path: str, used: Mapping[str, frozenset[str]]) -> bool:
    """Whether the script is called ``memory.x``, or a build script beside it writes it there."""
    folder, _, name = path.rpartition("/")
    if name == "memory.x":
        return True
    return any(
        {name, "memory.x"} <= names
        for file, names in used.items()
        if file.endswith("build.rs") and file.rpartition("/")[0] == folder
    )


def _with(script: LinkScript, *, runtime: str) -> LinkScript:
    return LinkScript(script.path, script.items, script.missing, runtime, script.aliases)
