"""Macro definitions and zenoh-pico build statements of CMake files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pitfalls.formats import decode
from pitfalls.formats.definitions import (
    NAME,
    Definition,
    Definitions,
    Kind,
    Link,
    Mark,
    flags,
    header_text,
)

_TOKEN = re.compile(
    # What is never closed reaches to the end: nothing is tried twice.
    r"""\#\[(?P<c>=*)\[(?:.*?\](?P=c)\]|.*)|\#[^\n]*|\[(?P<b>=*)\[(?:.*?\](?P=b)\]|.*)"""
    r"""|"(?:\\.|[^"\\])*(?:"|\Z|\\\Z)|[()]|[^\s()"#]+(?:"[^"\n]*")?""",
    re.DOTALL,
)
_PICO = re.compile(r"zenoh[-_]?pico", re.IGNORECASE)
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+)")

# Whole-directory commands take definitions with or without -D.
_DIRECTORY = {
    "add_definitions",
    "add_compile_definitions",
    "add_compile_options",
    "zephyr_compile_definitions",
    "zephyr_compile_options",
    "zephyr_library_compile_definitions",
    "zephyr_library_compile_options",
}
_TARGET = {"target_compile_definitions", "target_compile_options"}
_BUILD = {
    "find_package",
    "add_subdirectory",
    "fetchcontent_declare",
    "externalproject_add",
    "cpmaddpackage",
}
_SOURCES = {"add_library", "add_executable", "target_sources", "zephyr_library_sources", "file"}


@dataclass(frozen=True)
class Command:
    """``name(arguments)``, the name in lower case; ``lines`` are those of the arguments."""

    name: str
    arguments: tuple[str, ...]
    lines: tuple[int, ...]
    line: int


def parse(data: bytes) -> Definitions | None:
    """The definitions, marks and links of one CMake file."""
    found: list[Definition] = []
    marks: list[Mark] = []
    links: list[Link] = []
    conditions: list[str] = []
    for command in commands(decode(data)):
        if command.name in ("if", "elseif", "else", "endif"):
            _track(command, conditions)
            continue
        inside = conditions[-1] if conditions else ""
        found += (
            Definition(d.macro, d.value, d.line, d.kind, d.scope, inside, d.guarded)
            for d in _definitions(command)
        )
        marks += _marks(command)
        if command.name == "target_link_libraries" and command.arguments:
            names = tuple(a for a in command.arguments[1:] if a.upper() not in _KEYWORDS)
            links.append(Link(command.arguments[0], names, command.line))
    if not found and not marks:
        return None
    return Definitions(tuple(found), tuple(marks), tuple(links))


_KEYWORDS = {"PRIVATE", "PUBLIC", "INTERFACE"}


def _track(command: Command, conditions: list[str]) -> None:
    text = " ".join(command.arguments)
    if command.name == "if":
        conditions.append(text)
    elif conditions and command.name == "endif":
        conditions.pop()
    elif conditions:
        conditions[-1] = text if command.name == "elseif" else f"NOT ({conditions[-1]})"


def commands(text: str) -> Iterator[Command]:
    """The command invocations of a file, comments left out; nested parentheses are flattened."""
    name, start, level = "", 1, 0
    arguments: list[str] = []
    lines: list[int] = []
    line, seen = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", seen, token.start())
        seen = token.start()
        word = token[0]
        if word.startswith("#"):
            continue
        if level == 0:
            if word == "(":
                level, arguments, lines = 1, [], []
            else:
                name, start = word, line
        elif word == "(":
            level += 1
        elif word == ")":
            level -= 1
            if level == 0:
                yield Command(name.lower(), tuple(arguments), tuple(lines), start)
        else:
            arguments.append(word[1:-1] if word.startswith('"') and word.endswith('"') else word)
            lines.append(line)


def _definitions(command: Command) -> Iterator[Definition]:
    name, arguments, lines = command.name, command.arguments, command.lines
    if not arguments:
        return
    if name in ("set", "option", "set_property") and NAME.fullmatch(arguments[0]):
        value = arguments[1] if name == "set" else (arguments[2:] or ("OFF",))[0]
        yield Definition(arguments[0], _plain(value), command.line, "cmake-variable")
        return
    if name in _DIRECTORY or name in _TARGET:
        scope = arguments[0] if name in _TARGET else ""
        for word, line in zip(arguments, lines, strict=True):
            yield from _words(word.removeprefix("-D"), line, "compile-definition", scope)
        return
    flag_variable = name in ("set", "string", "list") and any("FLAGS" in a for a in arguments[:3])
    kind: Kind = "compile-definition" if flag_variable else "cmake-variable"
    for word, line in zip(arguments, lines, strict=True):
        if "#" in word and "define" in word:
            yield from header_text(word.replace("\\n", "\n"), line)
        elif name != "message":
            yield from flags(word, line, kind)


def _words(word: str, line: int, kind: Kind, scope: str) -> Iterator[Definition]:
    macro, _, value = word.partition("=")
    if NAME.fullmatch(macro):
        yield Definition(macro, _plain(value), line, kind, scope)


def _plain(value: str) -> str | None:
    return None if "$" in value or "@" in value else value


def _marks(command: Command) -> Iterator[Mark]:
    text = " ".join(command.arguments)
    if not _PICO.search(text):
        return
    shown = f"{command.name}({text[:100]})"
    version = _VERSION.search(text)
    number = version[1] if version else ""
    if command.name in _BUILD:
        yield Mark(command.line, shown, "cmake", version=number)
    elif command.name == "target_link_libraries":
        yield Mark(command.line, shown, "link", command.arguments[0])
    elif command.name in _SOURCES and re.search(r"/src/\S*\.c\b|src/\*|GLOB", text):
        yield Mark(command.line, shown, "sources")
