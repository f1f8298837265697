"""Places that start a zenoh router from ``PATH``: programs and scripts, not probes."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode, recipes, shell
from pitfalls.formats.code_text import Lines, blank
from pitfalls.formats.commands import CommandFile


class RouterStarts(msgspec.Struct, frozen=True):
    """The lines of one file."""

    lines: tuple[int, ...]


_SPAWN = re.compile(
    r"(?:Command::new|duct::cmd|cmd!?|Popen|run|create_subprocess_exec|check_call)"
    r"\s*\(\s*\[?\s*[\"']zenohd[\"']"
)
_PROBE = re.compile(r"[\"']--?(?:version|help|V|h)[\"']")
_REACH = 240


def parse_code(data: bytes) -> RouterStarts | None:
    """Rust and Python: a process of the bare name, unless it is asked for its version."""
    text = blank(decode(data))
    lines = Lines(text.plain)
    found = [
        lines.at(m.start())
        for m in _SPAWN.finditer(text.plain)
        if not _PROBE.search(text.plain, m.end(), m.end() + _REACH)
    ]
    return RouterStarts(tuple(found)) if found else None


def parse_shell(data: bytes) -> RouterStarts | None:
    """Shell scripts: the bare name as a command."""
    return _of_commands(shell.parse(data))


def parse_just(data: bytes) -> RouterStarts | None:
    """Recipes of justfiles."""
    return _of_commands(recipes.parse_just(data))


def _of_commands(facts: CommandFile | None) -> RouterStarts | None:
    found = [
        command.line
        for command in (facts.commands if facts is not None else ())
        if command.words[0].text == "zenohd"
        and not {"--version", "--help", "-V", "-h"} & {w.text for w in command.words}
    ]
    return RouterStarts(tuple(found)) if found else None
