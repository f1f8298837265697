"""Functions of Rust test helpers that start a Zephyr native_sim image, and the seed they give."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, braces, rust_functions


class NativeStart(msgspec.Struct, frozen=True):
    """A start in ``function``; ``seed`` is the text of its ``--seed`` option, empty without one."""

    function: str
    seed: str
    line: int


class NativeStarts(msgspec.Struct, frozen=True):
    """The starts of one file."""

    starts: tuple[NativeStart, ...]


_COMMAND = re.compile(r"\bCommand::new\s*\(\s*&?([\w.]+|\"[^\"]*\")")
_ARM = re.compile(r"\bNative(?:Sim|Posix)\b[^=;{}]{0,40}=>\s*\{")
_NATIVE = re.compile(r"native_?sim|native_?posix", re.IGNORECASE)
_SEED = re.compile(r"\"--seed(?:-random\"|=?[^\"]*\"(?:\s*,\s*[^)\n]{1,60})?)")
_TEST = re.compile(r"#\s*\[\s*(?:\w+::)*(?:test|rstest)\b")
_TOOLS = re.compile(r"qemu|west|cargo|cmake|pkill|ss|ip|git", re.IGNORECASE)


def parse(data: bytes) -> NativeStarts | None:
    """The starts of a Rust file, None when it has none."""
    if b".spawn(" not in data or b"Command::new" not in data:
        return None
    text = blank(decode(data))
    matching = braces(text.code)
    lines = Lines(text.code)
    starts = tuple(
        start for span in rust_functions(text) for start in _of(text, span, matching, lines)
    )
    return NativeStarts(starts) if starts else None


def _of(text: Text, span: Span, matching: dict[int, int], lines: Lines) -> Iterator[NativeStart]:
    """The start in the arm of a match for the native board, or in a function for it."""
    arm = _ARM.search(text.code, span.opened, span.closed)
    begin, end = span.opened, span.closed
    if arm is not None:
        begin, end = arm.end() - 1, matching.get(arm.end() - 1, span.closed)
    elif not (_NATIVE.search(span.name) or '"zephyr.exe"' in text.plain[span.opened : span.closed]):
        return
    part = text.plain[begin:end]
    commands = list(_COMMAND.finditer(part))
    if len(commands) == 1 and _TEST.search(span.before):
        return  # a test that runs one instance
    command = commands[0] if commands else None
    if command is None or ".spawn(" not in text.code[begin:end]:
        return
    if command[1].startswith('"') and _TOOLS.search(command[1]):
        return
    seed = _SEED.search(part)
    yield NativeStart(span.name, seed[0] if seed else "", lines.at(begin + command.start()))
