"""Projects of Keil's µVision: which files a target compiles, and how its linker is told where
memory is: by a scatter file, or by the ticked boxes of the dialog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.linkerscript import InputPattern, LinkerScript, OutputSection, Region
from pitfalls.formats.scatter import CONSTANTS

_OPENS, _CLOSES = "<Target>", "</Target>"
_FILE = re.compile(r"<FilePath>([^<]+)</FilePath>")
_BLOCK = re.compile(
    r"<OCR_RVCT(\d+)>\s*<Type>\d+</Type>\s*<StartAddress>(0x[0-9a-fA-F]+)</StartAddress>\s*"
    r"<Size>(0x[0-9a-fA-F]+)</Size>"
)
# Tick box -> (the block of its memory, the name in the dialog).
_RAM = {"Ra1Chk": (6, "RAM1"), "Ra2Chk": (7, "RAM2"), "Ra3Chk": (8, "RAM3"),
        "Im1Chk": (9, "IRAM1"), "Im2Chk": (10, "IRAM2")}  # fmt: skip
_ROM = {"Ir1Chk": (4, "IROM1"), "Ir2Chk": (5, "IROM2")}


class KeilTarget(msgspec.Struct, frozen=True):
    """One target. ``files`` are paths as written, with ``/``; ``scatter`` the scatter file, empty
    where the dialog decides: then ``scripts`` are what it may do, one for each ticked RAM."""

    name: str
    line: int
    device: str
    device_line: int
    files: tuple[str, ...]
    scatter: str
    scripts: tuple[LinkerScript, ...]


class KeilProject(msgspec.Struct, frozen=True):
    """The targets of one project file."""

    targets: tuple[KeilTarget, ...]


def parse(data: bytes) -> KeilProject | None:
    """The targets of a ``.uvprojx``; None when it has none."""
    found = []
    line, closed = 1, ""
    for piece in decode(data).replace("\r\n", "\n").split(_CLOSES):
        before, opened, inside = piece.partition(_OPENS)
        line += closed.count("\n") + before.count("\n")
        if opened:
            found.append(_target(opened + inside, line))
        closed = inside
    return KeilProject(tuple(found)) if found else None


def _target(text: str, at: int) -> KeilTarget:
    device = re.search(r"<Device>([^<]*)</Device>", text)
    by_dialog = _value(text, "umfTarg") == "1"
    scatter = "" if by_dialog else _value(text, "ScatterFile").replace("\\", "/")
    return KeilTarget(
        _value(text, "TargetName"),
        at,
        device[1] if device else "",
        at + text.count("\n", 0, device.start()) if device else at,
        tuple(path.replace("\\", "/") for path in _FILE.findall(text)),
        scatter,
        tuple(_scripts(text, at)) if by_dialog else (),
    )


def _value(text: str, tag: str) -> str:
    """The text of the first element of that name: those of single files come later."""
    found = re.search(rf"<{tag}>([^<]*)</{tag}>", text)
    return found[1].strip() if found else ""


def _scripts(text: str, at: int) -> Iterator[LinkerScript]:
    """One for each RAM that the dialog allows for variables without a place of their own."""
    blocks: dict[int, Region] = {}
    for block in _BLOCK.finditer(text):
        line = at + text.count("\n", 0, block.start(2))
        number, origin, length = int(block[1]), int(block[2], 16), int(block[3], 16)
        if length and number not in blocks:
            blocks[number] = Region("", "", (str(origin),), (str(length),), line)
    rom = [_named(blocks[n], name) for tick, (n, name) in _ROM.items() if n in blocks
           and _value(text, tick) == "1"]  # fmt: skip
    for tick, (number, name) in _RAM.items():
        if number not in blocks or _value(text, tick) != "1":
            continue
        ram = _named(blocks[number], name)
        constants = [_output(region, CONSTANTS) for region in rom[:1]]
        yield LinkerScript((*rom, ram, *constants, _output(ram, ("*",))))


def _named(region: Region, name: str) -> Region:
    return msgspec.structs.replace(region, name=name)


def _output(region: Region, sections: tuple[str, ...]) -> OutputSection:
    pattern = InputPattern("*", sections, region.line)
    return OutputSection(region.name, (pattern,), region.line, region.line, region.name)
