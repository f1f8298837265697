"""Scripts and recipes that call ``west build``, name a target directory, or start a router."""

from __future__ import annotations

from functools import partial

from pitfalls.formats import recipes, shell
from pitfalls.formats.commands import Command, CommandFile
from pitfalls.source import Located, Selection, Source
from pitfalls.views.layout import Layout

WANTED = ("west build", "--target-dir", "zenohd -", "zenohd &", "zenohd >", "zenohd\n")


def parse_just(data: bytes) -> CommandFile | None:
    """The recipes that hold one of :data:`WANTED`."""
    return recipes.parse_just(data, tuple(text.strip() for text in WANTED))


_selection = partial(Selection, type=CommandFile, needles=tuple(text.encode() for text in WANTED))
SHELL = _selection(name="build scripts in shell", parse=shell.parse, names=("*.sh", "*.bash"))
JUST = _selection(
    name="build recipes of justfiles",
    parse=parse_just,
    names=("*.just", "justfile", "Justfile", ".justfile"),
)
MAKE = _selection(
    name="build recipes of Makefiles",
    parse=recipes.parse_make,
    names=("Makefile", "GNUmakefile", "*.mk"),
)
BUILD_COMMANDS = (SHELL, JUST, MAKE)


def build_commands(source: Source, layout: Layout) -> list[Located[CommandFile]]:
    """The files that are evidence."""
    found = [file for selection in BUILD_COMMANDS for file in source.facts(selection)]
    return [file for file in found if layout.is_evidence(file.path)]


_MAX_TURNS = 50


def turns(file: CommandFile, command: Command, words: list[str]) -> list[list[str]]:
    """The words of a command, once for each turn of the loops over literal values around it."""
    turns = [words]
    for scope in (file.scopes[number] for number in file.enclosing(command.scope)):
        name = f"${{{scope.name}}}"
        literal = scope.values and not any("$" in value for value in scope.values)
        if scope.kind == "loop" and literal and any(name in word for word in words):
            turns = [
                [word.replace(name, value) for word in turn]
                for turn in turns
                for value in scope.values
            ][:_MAX_TURNS]
    return turns
