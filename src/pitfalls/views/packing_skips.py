"""Scripts and recipes that go on, or end well, when the tool that packs a flash image is absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats.commands import Command, CommandFile
from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.commands import Commands

_PACKERS = frozenset({"espflash", "cargo-espflash", "esptool", "esptool.py"})
_SAYS = frozenset({"echo", "printf", "warn", "log"})
_STOPS = frozenset({"exit", "return", "false", "die", "fail", "error"})
_SHRUGS = frozenset({"true", ":", "echo", "printf"})
_LEAVES = frozenset({"exit", "return", "continue"})


@dataclass(frozen=True)
class Skip:
    """A branch that is taken when ``tool`` is not there, and says so without failing: ``place`` is
    its message. ``fails``: it ends with an error, as it should. ``ignored``: the tool runs, and its
    failure is thrown away."""

    place: Place
    tool: str
    subject: str
    fails: bool
    related: tuple[Related, ...]
    ignored: bool = False


class PackingSkips(View):
    """Branches behind ``command -v espflash`` in files that pack with it."""

    uses = (Commands,)

    def __init__(self, skips: Iterable[Skip]) -> None:
        self.skips = tuple(skips)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From shell scripts and recipes."""
        files = source.view(Commands).files
        return cls(skip for path in sorted(files) for skip in _skips(path, files[path]))


def _skips(path: str, file: CommandFile) -> Iterator[Skip]:
    packs = [c for c in file.commands if _packs(c)]
    for command in packs:
        yield from _ignored(path, file, command)
    for probe in file.commands:
        tool = _probed(probe)
        used = [c for c in packs if tool and file.owner(c) == file.owner(probe)]
        if not used:
            continue
        for branch in _branches(file, probe):
            commands = [c for c in file.commands if branch in file.enclosing(c.scope)]
            says = [c for c in commands if c.program in _SAYS]
            if not says or any(c in packs for c in commands):
                continue
            left = [c for c in commands if c.program in _STOPS | _LEAVES]
            fails = any(_is_failure(c) for c in left)
            falls_into_it = not left and any(c.scope == probe.scope for c in used)
            if not falls_into_it:
                owner = file.owner(probe).name
                yield Skip(
                    Place(path, says[0].line), tool, f"{path}: {owner}" if owner else path, fails,
                    (Related(Place(path, used[0].line), f"{tool} packs the image here"),),
                )  # fmt: skip


def _ignored(path: str, file: CommandFile, command: Command) -> Iterator[Skip]:
    """``espflash … || true``: whatever goes wrong, the script goes on."""
    for other in file.commands:
        scope = file.scopes[other.scope]
        behind = scope.kind == "branch" and scope.parent == command.scope
        if behind and scope.line == command.end_line and other.program in _SHRUGS:
            owner = file.owner(command).name
            yield Skip(
                Place(path, command.line, command.end_line), command.program,
                f"{path}: {owner}" if owner else path, False,
                (Related(Place(path, other.line), f"`|| {other.program}` takes any failure"),),
                ignored=True,
            )  # fmt: skip


def _packs(command: Command) -> bool:
    words = {word.text.replace("_", "-") for word in command.words}
    return bool(words & {"save-image", "merge-bin", "elf2image"})


def _probed(command: Command) -> str:
    """The packer that ``command -v``, ``which`` or ``--version`` asks for."""
    words = [word.text.rpartition("/")[2] for word in command.words]
    if command.program in ("command", "which", "type", "hash"):
        return next((w for w in words[1:] if w in _PACKERS), "")
    return words[0] if words[:1] and words[0] in _PACKERS and "--version" in words else ""


def _branches(file: CommandFile, probe: Command) -> Iterator[int]:
    """The branches of the ``if`` whose condition the probe is: those right behind it."""
    end = 0
    for number, scope in enumerate(file.scopes):
        inside = scope.kind == "branch" and scope.parent == probe.scope
        if inside and scope.line <= probe.line <= scope.end_line and not end:
            end = scope.end_line
            yield number
        elif inside and end and scope.line <= end and scope.line >= probe.line:
            yield number


def _is_failure(command: Command) -> bool:
    if command.program in ("false", "die", "fail", "error"):
        return True
    code = [word.text for word in command.arguments]
    return command.program in ("exit", "return") and bool(code) and code[0] != "0"
