"""What keeps cargo features apart: ``compile_error!`` under ``#[cfg]``, build scripts that count,
and items that only one feature may define."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Text, blank, braces
from pitfalls.formats.exclusivity import Declaration, in_documentation, mentions


class Guard(msgspec.Struct, frozen=True):
    """A refusal to build. ``cfg``: the predicates, all of which must hold, as written; ``names``:
    features of which a macro or an assertion lets only one through."""

    line: int
    cfg: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    message: str = ""


class Singleton(msgspec.Struct, frozen=True):
    """An item that a program can have once (``panic_handler``, ``global_allocator``), with the
    predicates in front of it."""

    kind: str
    line: int
    cfg: tuple[str, ...]


class FeatureGuards(msgspec.Struct, frozen=True):
    """One Rust file. ``counted`` are the ``CARGO_FEATURE_`` names (or the beginnings of names,
    with a trailing ``*``) of a build script that stops when several are set."""

    guards: tuple[Guard, ...]
    singletons: tuple[Singleton, ...]
    declarations: tuple[Declaration, ...]
    counted: tuple[str, ...]
    counted_line: int
    expands: bool


_ERROR = re.compile(r"\bcompile_error!\s*[({\[]")
_CFG = re.compile(r"#!?\[\s*cfg\s*\(")
_MACRO = re.compile(r"((?:exclusive|unique|one_of|at_most_one|exactly_one)\w*)!\s*[({\[]")
_ASSERT = re.compile(r"\bassert!\s*\(")
_STRING = re.compile(r'"([^"\\]*)"')
_CFG_FEATURE = re.compile(r'cfg!\s*\(\s*feature\s*=\s*"([^"]+)"')
_SINGLETON = re.compile(r"#\[\s*(panic_handler|global_allocator)\s*\]")
_CARGO_FEATURE = re.compile(r"\"CARGO_FEATURE_([A-Z0-9_]+)\"")
_COUNTS = re.compile(
    r">\s*1\b|>=\s*2\b|!=\s*1\b|get_one|exclusive|more than one|multiple"
    r"|(?:only|exactly|at most) one",
    re.IGNORECASE,
)
_STOPS = re.compile(r"\b(?:panic!|assert!|assert_eq!|exit\s*\(|compile_error!|unreachable!)")
_COMMENT = re.compile(r"\s*//[/!]?(.*)")
_MACRO_RULES = re.compile(r"\bmacro_rules!\s*\w+\s*\{")
_GUARDS = re.compile(
    r"compile_error!|panic_handler|global_allocator|\"CARGO_FEATURE_|cfg!\(|"
    r"(?:exclusive|unique|one_of|at_most_one|exactly_one)\w*!"
)
_LEVELS = 3


def parse(data: bytes) -> FeatureGuards | None:
    """The guards, single items and declarations of a Rust file; None when it has none."""
    source = decode(data)
    declarations = tuple(_declarations(source)) if mentions(source) else ()
    if not _GUARDS.search(source):
        return FeatureGuards((), (), declarations, (), 0, False) if declarations else None
    text = blank(source)
    lines = Lines(text.plain)
    closes = braces(text.code)
    refuses = "compile_error!" in text.code
    guards = [*(_errors(text, lines, closes) if refuses else ()), *_named(text, lines)]
    singles = tuple(
        Singleton(m[1], lines.at(m.start()), tuple(_predicates(text, m.start(), m.end())))
        for m in _SINGLETON.finditer(text.code)
    )
    counted, line = _counted(text, lines)
    expands = refuses and any(
        "compile_error!" in text.code[m.end() : closes.get(m.end() - 1, m.end())]
        for m in _MACRO_RULES.finditer(text.code)
    )
    if not (guards or singles or declarations or counted):
        return None
    return FeatureGuards(tuple(guards), singles, declarations, counted, line, expands)


def _errors(text: Text, lines: Lines, closes: dict[int, int]) -> Iterator[Guard]:
    for error in _ERROR.finditer(text.code):
        cfg: list[str] = []
        position = error.start()
        for _ in range(_LEVELS):
            cfg += _predicates(text, position, position)
            brace = _around(position, closes)
            if brace is None:
                break
            position = brace
        if cfg:
            message = _STRING.search(text.plain, error.end(), error.end() + 400)
            shown = " ".join(message[1].split())[:100] if message else ""
            yield Guard(lines.at(error.start()), tuple(cfg), (), shown)


def _around(position: int, closes: dict[int, int]) -> int | None:
    """The opening brace of the block around ``position``."""
    around = [start for start, end in closes.items() if start < position < end]
    return max(around, default=None)


def _predicates(text: Text, start: int, end: int) -> Iterator[str]:
    """The predicates of the attributes of the item at ``start``: before it, or after ``end``."""
    code = text.code
    floor = max(code.rfind(mark, 0, start) for mark in ";{}") + 1
    for found in _CFG.finditer(code, floor, start):
        yield text.plain[found.end() : _closing(code, found.end())]
    ceiling = code.find("{", end) if end > start else end
    for found in _CFG.finditer(code, end, max(end, ceiling)):
        yield text.plain[found.end() : _closing(code, found.end())]


_BRACKETS = re.compile(r"[()\[\]{}]")


def _closing(code: str, start: int, limit: int = 6000) -> int:
    depth = 1
    for found in _BRACKETS.finditer(code, start, start + limit):
        depth += 1 if found[0] in "([{" else -1
        if not depth:
            return found.start()
    return min(len(code), start + limit)


def _named(text: Text, lines: Lines) -> Iterator[Guard]:
    """``mutually_exclusive!("a", "b")``, ``assert!(cfg!(feature = "a") as u8 + … == 1)``."""
    for call in _MACRO.finditer(text.code):
        names = _STRING.findall(text.plain, call.end(), _closing(text.code, call.end()))
        if len(names) > 1:
            yield Guard(lines.at(call.start()), (), tuple(names), call[1])
    for call in _ASSERT.finditer(text.code) if "cfg!" in text.plain else ():
        names = _CFG_FEATURE.findall(text.plain, call.end(), _closing(text.code, call.end()))
        if len(names) > 1:
            yield Guard(lines.at(call.start()), (), tuple(names), "assert!")


def _counted(text: Text, lines: Lines) -> tuple[tuple[str, ...], int]:
    """Names that a build script looks at, when it also stops for more than one."""
    found = [*_CARGO_FEATURE.finditer(text.plain)] if "CARGO_FEATURE_" in text.plain else []
    first = _COUNTS.search(text.plain) if found else None
    if first is None or not _STOPS.search(text.code):
        return (), 0
    names = dict.fromkeys(
        m[1] + ("*" if "starts_with" in text.plain[max(0, m.start() - 30) : m.start()]
                or "strip_prefix" in text.plain[max(0, m.start() - 30) : m.start()] else "")
        for m in found
    )  # fmt: skip
    return tuple(names), lines.at(first.start())


def _declarations(source: str) -> Iterator[Declaration]:
    """Declarations in runs of comment lines."""
    block: list[tuple[int, str]] = []
    for number, row in enumerate([*source.split("\n"), ""], 1):
        comment = _COMMENT.match(row)
        if comment:
            block.append((number, comment[1]))
        elif block:
            yield from in_documentation(block)
            block = []
