"""What keeps cargo features apart: ``compile_error!`` under ``#[cfg]``, build scripts that count,
and items that only one feature may define."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Text, blank, braces, closing
from pitfalls.formats.exclusivity import Declaration, in_documentation, mentions


class Guard(msgspec.Struct, frozen=True):
    """A refusal to build. ``cfg``: the predicates, all of which must hold, as written; ``names``:
    features of which a macro or an assertion lets only one through. ``in_script``: a test at run
    time, which refuses a build only in a build script."""

    line: int
    cfg: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    message: str = ""
    in_script: bool = False


class Singleton(msgspec.Struct, frozen=True):
    """An item that a program can have once (``panic_handler``, ``global_allocator``, the symbol of
    an exported item), with the predicates in front of it."""

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
_ONE = r"(?:exclusive|unique|one_of|(?:at_most|exactly|only)_one|single_(?:\w+_)?feature)\w*"
_MACRO = re.compile(rf"({_ONE})!\s*[({{\[]")
_ASSERT = re.compile(r"\bassert!\s*\(")
_STRING = re.compile(r'"([^"\\]*)"')
_CFG_FEATURE = re.compile(r'cfg!\s*\(\s*feature\s*=\s*"([^"]+)"')
_SUM = re.compile(r"\bconst\s+(\w+)\s*:\s*\w+\s*=\s*([^;]{1,2000});")
_IF_BOTH = re.compile(r"\bif\s+([^{};]{1,400}?&&[^{};]{1,400}?)\{")
_IF_CFG = re.compile(r"\bif\s+cfg!\s*\(\s*((?:all|any)\s*\([^{};]{1,2000}?\))\s*\)\s*\{")
# A feature that is asked for excludes nothing.
_ABSENT = re.compile(r"!\s*(?:cfg!|[\w:]*env)|\.is_(?:err|none)\s*\(")
_SPELLED = re.compile(r"\"CARGO_FEATURE_\{")
_NAME = re.compile(r"\"([A-Za-z][\w-]*)\"")
_SINGLETON = re.compile(r"#\[\s*(panic_handler|global_allocator)\s*\]")
_SYMBOL = re.compile(
    r"#\[\s*(?:unsafe\s*\(\s*)?no_mangle\s*\)?\s*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub\s+)?(?:unsafe\s+)?"
    r"(?:extern\s+)?(?:unsafe\s+)?(?:fn|static(?:\s+mut)?)\s+(\w+)"
)
_CARGO_FEATURE = re.compile(r"\"CARGO_FEATURE_([A-Z0-9_]*)\"")
_COUNTS = re.compile(
    r">\s*1\b|>=\s*2\b|!=\s*1\b|get_one|exclusive|more than one|multiple"
    r"|(?:only|exactly|at most) one|\bassert!\s*\([^;]{1,600}?==\s*1\b",
    re.IGNORECASE,
)
_STOPS = re.compile(r"\b(?:panic!|assert!|assert_eq!|exit\s*\(|compile_error!|unreachable!)")
_STOPS_CARGO = re.compile(r"\"cargo::error=")
_COMMENT = re.compile(r"\s*//[/!]?(.*)")
_MACRO_RULES = re.compile(r"\bmacro_rules!\s*\w+\s*\{")
_GUARDS = re.compile(
    r"compile_error!|no_mangle|panic_handler|global_allocator|\"CARGO_FEATURE_|cfg!\(|" + _ONE + "!"
)
_OTHER_GUARDS = re.compile(_GUARDS.pattern.replace("no_mangle|", ""))
"""Without `no_mangle`: an exported symbol matters under a feature only."""

_LEVELS = 3
_MAX_GUARD = 6000


def parse(data: bytes) -> FeatureGuards | None:
    """The guards, single items and declarations of a Rust file; None when it has none."""
    source = decode(data)
    declarations = tuple(_declarations(source)) if mentions(source) else ()
    exported_alone = "feature" not in source and not _OTHER_GUARDS.search(source)
    if exported_alone or not _GUARDS.search(source):
        return FeatureGuards((), (), declarations, (), 0, False) if declarations else None
    text = blank(source)
    lines = Lines(text.plain)
    closes = braces(text.code)
    refuses = "compile_error!" in text.code
    guards = [*(_errors(text, lines, closes) if refuses else ()), *_named(text, lines)]
    singles = (
        *_singletons(text, lines, _SINGLETON, ""),
        *_singletons(text, lines, _SYMBOL, "symbol "),
    )
    counted, line = _counted(text, lines)
    expands = refuses and any(
        "compile_error!" in text.code[m.end() : closes.get(m.end() - 1, m.end())]
        for m in _MACRO_RULES.finditer(text.code)
    )
    if not (guards or singles or declarations or counted):
        return None
    return FeatureGuards(tuple(guards), singles, declarations, counted, line, expands)


def _singletons(
    text: Text, lines: Lines, pattern: re.Pattern[str], before: str
) -> Iterator[Singleton]:
    for found in pattern.finditer(text.code):
        cfg = tuple(_predicates(text, found.start(), found.end()))
        if cfg or not before:
            yield Singleton(before + found[1], lines.at(found.start()), cfg)


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
        yield text.plain[found.end() : closing(code, found.end(), _MAX_GUARD)]
    ceiling = code.find("{", end) if end > start else end
    for found in _CFG.finditer(code, end, max(end, ceiling)):
        yield text.plain[found.end() : closing(code, found.end(), _MAX_GUARD)]


def _named(text: Text, lines: Lines) -> Iterator[Guard]:
    """``mutually_exclusive!("a", "b")``, ``assert!(cfg!(feature = "a") as u8 + … == 1)``."""
    for call in _MACRO.finditer(text.code):
        names = _STRING.findall(text.plain, call.end(), closing(text.code, call.end(), _MAX_GUARD))
        if len(names) > 1:
            yield Guard(lines.at(call.start()), (), tuple(names), call[1])
    yield from _conditions(text, lines)
    for sum_ in _SUM.finditer(text.plain) if "cfg!" in text.plain else ():
        names = _CFG_FEATURE.findall(sum_[2])
        if len(names) > 1 and re.search(rf"assert!\s*\([^;]*\b{sum_[1]}\b", text.code):
            yield Guard(lines.at(sum_.start()), (), tuple(names), "assert!")
    for call in _ASSERT.finditer(text.code) if "cfg!" in text.plain else ():
        names = _CFG_FEATURE.findall(
            text.plain, call.end(), closing(text.code, call.end(), _MAX_GUARD)
        )
        if len(names) > 1:
            yield Guard(lines.at(call.start()), (), tuple(names), "assert!")


def _conditions(text: Text, lines: Lines) -> Iterator[Guard]:
    """``if cfg!(feature = "a") && cfg!(feature = "b") { panic!(…) }``, or by the environment, or
    with a predicate."""
    if "cfg!" not in text.plain and "CARGO_FEATURE_" not in text.plain:
        return
    for found in _IF_CFG.finditer(text.plain):
        if _stops(text, found.end()):
            yield Guard(lines.at(found.start()), (found[1],), (), "panic!", in_script=True)
    for found in _IF_BOTH.finditer(text.plain):
        if not _stops(text, found.end()) or _ABSENT.search(found[1]):
            continue
        names = _CFG_FEATURE.findall(found[1])
        for upper in _CARGO_FEATURE.findall(found[1]):
            names += [upper.lower().replace("_", "-"), upper.lower()]
        if len(names) > 1 and "||" not in found[1]:
            yield Guard(lines.at(found.start()), (), tuple(names), "panic!", in_script=True)


def _stops(text: Text, start: int) -> bool:
    """Whether the block that begins at ``start`` ends the build before its first closing brace."""
    end = start + len(text.code[start : start + 300].partition("}")[0])
    return bool(_STOPS.search(text.code, start, end) or _STOPS_CARGO.search(text.plain, start, end))


def _counted(text: Text, lines: Lines) -> tuple[tuple[str, ...], int]:
    """Names that a build script looks at, when it also stops for more than one."""
    found = [*_CARGO_FEATURE.finditer(text.plain)] if "CARGO_FEATURE_" in text.plain else []
    spelled = _SPELLED.search(text.plain)
    if spelled:  # the rest of the name comes from a list
        found = [*_NAME.finditer(text.plain)]
    first = _COUNTS.search(text.plain) if found else None
    if first is None or not (_STOPS.search(text.code) or _STOPS_CARGO.search(text.plain)):
        return (), 0
    names = dict.fromkeys(_counted_name(text.plain, m) for m in found)
    return tuple(names), lines.at(first.start())


def _counted_name(plain: str, found: re.Match[str]) -> str:
    """As in the variable; with ``*`` where only its beginning is asked for."""
    before = plain[max(0, found.start() - 30) : found.start()]
    begins = "starts_with" in before or "strip_prefix" in before
    return found[1].upper().replace("-", "_") + ("*" if begins else "")


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
