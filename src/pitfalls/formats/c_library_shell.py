"""picolibc in shell scripts and Makefiles: the compile commands, with their variables put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pitfalls.formats import decode, recipes, shell
from pitfalls.formats.c_library import (
    ERRNO_DEFINE,
    PICOLIBC,
    SPECS,
    USES_ERRNO,
    LibraryBuild,
    LibraryBuilds,
    LibraryFlag,
    facts,
)
from pitfalls.formats.commands import Command, CommandFile

_WRITES = re.compile(r">\s*\"?([^\s\"'<>|;]{1,200})/errno\.h\b")
_ASSIGNED = re.compile(r"^\s*(?:export\s+)?(\w+)\s*[:?]?=\s*\"?([^\"\n]{1,300})", re.MULTILINE)
_VARIABLE = re.compile(r"\$[({]?(\w+)[)}]?")
_TARGET = re.compile("-m(?:arch|abi|cpu)")
"""Without such an option no command compiles for a target."""
_SYMBOL = re.compile(r"\$\{[^}]*\}")


def parse_shell(data: bytes) -> LibraryBuilds | None:
    """A shell script."""
    return _parse(data, shell.parse)


def parse_make(data: bytes) -> LibraryBuilds | None:
    """A Makefile."""
    return _parse(data, recipes.parse_make)


def parse_just(data: bytes) -> LibraryBuilds | None:
    """A justfile."""
    return _parse(data, recipes.parse_just)


def _parse(data: bytes, commands: Callable[[bytes], CommandFile | None]) -> LibraryBuilds | None:
    text = decode(data)
    plain = "\n".join("" if row.lstrip().startswith("#") else row for row in text.split("\n"))
    if not _TARGET.search(plain):
        return facts([], [], plain)
    file = commands(data)
    if file is None:
        return None
    overrides = tuple(dict.fromkeys(_tail(f, plain) for f in _WRITES.findall(plain)))
    words = [word.text for command in file.commands for word in command.words]
    written = " ".join([*words, *(value for scope in file.scopes for value in scope.values)])
    uses = USES_ERRNO.search(f"{plain} {written}") is not None
    builds: dict[str, LibraryBuild] = {}
    for command in file.commands:
        words = [word.text for word in command.words]
        if "-c" not in words or not any(_TARGET.match(word) for word in words):
            continue
        name = file.owner(command).name
        build = LibraryBuild(name, command.line, tuple(_flags(command)), overrides, 0, uses)
        builds.setdefault(name, build)
    return facts(list(builds.values()), [], plain)


def _flags(command: Command) -> Iterator[LibraryFlag]:
    pending = ""
    for word in command.words:
        text = word.text
        default = re.fullmatch(r"\$\{\w+:-(.*)\}", text)
        text = _SYMBOL.sub("${}", default[1] if default else text)
        for part in text.split():
            known = PICOLIBC.search(part) is not None
            if pending:
                name = part.rpartition("/")[2] if pending == "-include" else tail(part)
                kind = {"-isystem": "isystem", "-I": "include"}.get(pending, "forced")
                yield LibraryFlag(kind, name, word.line, known)  # type: ignore[arg-type]
                pending = ""
            elif part in ("-isystem", "-include", "-I"):
                pending = part
            elif part.startswith("-I"):
                yield LibraryFlag("include", tail(part[2:]), word.line, known)
            elif part.startswith("-isystem"):
                yield LibraryFlag("isystem", tail(part[8:]), word.line, known)
            elif part == SPECS:
                yield LibraryFlag("specs", part, word.line, is_picolibc=True)
            elif part.startswith(f"-D{ERRNO_DEFINE}"):
                yield LibraryFlag("define", ERRNO_DEFINE, word.line)


def _tail(folder: str, text: str) -> str:
    """A folder as written, with variables of the file put in, without its symbolic beginning."""
    values = {m[1]: m[2] for m in reversed(list(_ASSIGNED.finditer(text)))}
    for _ in range(5):
        wider = _VARIABLE.sub(
            lambda m: values.get(m[1], m[0]) if "$(" not in values.get(m[1], "$(") else m[0], folder
        )
        if wider == folder or len(wider) > 1000:
            break
        folder = wider
    return tail(folder)


def tail(folder: str) -> str:
    """What is fixed at the end of a path: ``${ROOT}/build/include`` -> ``build/include``."""
    return re.split(r"\$\w+|[})]", folder)[-1].strip("/")
