"""Launches of Espressif chips in QEMU, each with the file that it boots and the commands that make
that file, and packing steps that are left out without an error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import flash_steps
from pitfalls.formats.flash_steps import FlashStep
from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.commands import Argument, Commands, Run, default
from pitfalls.views.flash_inputs import MANIFESTS, Input, inputs
from pitfalls.views.launches import Launch, QemuLaunches

_MACHINE = re.compile(r"esp32\w*")
_DRIVE = re.compile(r"(?:^|,)file=((?:\$\{[^}]*\}|[^,])+)")
_SYMBOL = re.compile(r"\$\{[^}]*\}")
_GENERAL = frozenset({"objcopy", "truncate"})
_LISTS = re.compile(r"\*[\w.-]*\.bin\b|\bls\s|\bfind\s|\bglob")


@dataclass(frozen=True)
class Producer:
    """A command that makes a flash image. ``inputs`` are the executables that it packs."""

    run: Run
    step: FlashStep
    inputs: tuple[Input, ...] = ()

    @property
    def place(self) -> Place:
        """The lines of the command."""
        return self.run.place

    @property
    def subject(self) -> str:
        """``path: function or recipe``."""
        name = self.run.owner.name
        return f"{self.place.path}: {name}" if name else self.place.path


@dataclass(frozen=True)
class FlashLaunch:
    """One launch of an Espressif machine. ``file`` is the text of what it boots; ``lists`` when
    that is picked from a folder; ``producers`` make a file of that name, in the order of the
    commands; ``builds`` is an ESP-IDF build of the same file, None when there is none."""

    launch: Launch
    machine: str
    drive: Argument
    file: str
    lists: bool
    producers: tuple[Producer, ...]
    builds: Producer | None

    @property
    def related(self) -> tuple[Related, ...]:
        """The commands that make the file."""
        return tuple(Related(p.place, f"{p.step.tool} makes it") for p in self.producers)


class FlashImages(View):
    """Launches whose image the tree names; one that is only handed in is left out. ``producers``
    are the commands of Espressif's tools, and others that make what a launch boots."""

    uses = (QemuLaunches, Commands, MANIFESTS)

    def __init__(self, launches: Iterable[FlashLaunch], producers: Iterable[Producer]) -> None:
        self.launches = tuple(launches)
        self.producers = tuple(producers)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the commands of the tree."""
        producers = []
        for run in source.view(Commands).runs:
            step = flash_steps.of_words([word.text for word in run.words])
            if step is not None:
                packed = tuple(inputs(source, step.source, run)) if step.source else ()
                producers.append(Producer(run, step, packed))
        found = (_launch(one, producers) for one in source.view(QemuLaunches).launches)
        launches = [launch for launch in found if launch is not None]
        booted = {id(producer) for launch in launches for producer in launch.producers}
        own = (p for p in producers if p.step.tool not in _GENERAL or id(p) in booted)
        return cls(launches, own)


def _launch(launch: Launch, producers: list[Producer]) -> FlashLaunch | None:
    machine = default(launch.machine)
    drives = [a for a in launch.run.arguments if "if=mtd" in a.text and "file=" in a.text]
    if not drives or not (_MACHINE.fullmatch(machine) or machine.startswith("${")):
        return None
    found = _DRIVE.search(drives[0].text)
    file = default(found[1]) if found else ""
    lists = _LISTS.search(file) is not None
    if not file or not (lists or re.search(r"\w", _SYMBOL.sub("", file))):
        return None
    if not _MACHINE.fullmatch(machine) and "esp32" not in f"{file}{launch.place.path}":
        return None
    own = [p for p in producers if not lists and p.step.output and same_file(p.step.output, file)]
    near = [p for p in own if p.place.path == launch.place.path]
    builds = [
        p for p in producers if p.step.tool == "idf.py build" and p.place.path == launch.place.path
    ]
    return FlashLaunch(
        launch,
        machine if _MACHINE.fullmatch(machine) else "",
        drives[0],
        file,
        lists,
        tuple(near or own),
        builds[0] if builds else None,
    )


def same_file(one: str, other: str) -> bool:
    """Whether two paths with symbolic parts can be one file: equal, or one the end of the other."""
    pairs = ((_clean(one), _clean(other)), (_clean(other), _clean(one)))
    return any(re.fullmatch(_pattern(a), _SYMBOL.sub("\0", b)) is not None for a, b in pairs)


def _clean(path: str) -> str:
    return re.sub(r"^(?:\./|\$\{PWD\}/|\$\{pwd\}/)+", "", path.strip("\"'"))


def _pattern(path: str) -> str:
    """A symbolic part stands for anything; a path may stand behind a folder."""
    parts = _SYMBOL.split(path)
    if "/" not in path and not "".join(parts).strip("/."):
        return r"(?!)"  # all of it is symbolic
    body = ".{0,200}".join(re.escape(part).replace(r"\*", "[^/]{0,100}") for part in parts)
    return rf"(?:.{{0,200}}/)?{body}"
