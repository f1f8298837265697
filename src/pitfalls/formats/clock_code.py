"""Code that makes a clock: what its getters read, who writes that, and who calls the writers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import structs

from pitfalls.formats import code_text, decode
from pitfalls.formats.c_lines import Branches
from pitfalls.formats.clock_facts import GETTER, ClockCode, Declared, Static
from pitfalls.formats.clock_reader import Reader
from pitfalls.formats.code_text import Span, Text, span_at


def parse_c(data: bytes, foreign: frozenset[str] = frozenset()) -> ClockCode | None:
    """The clock functions of a C or C++ file; ``foreign`` are variables of other files."""
    text = code_text.blank(decode(data))
    matching = code_text.braces(text.code)
    spans = code_text.c_functions(text)
    branches: list[Branches] = []

    def conditions(_: Span, line: int) -> tuple[str, ...]:
        if not branches:
            branches.append(Branches(decode(data)))
        return branches[0].at(line)

    facts = Reader(text, matching, spans, "c").read(
        tuple(_c_statics(text.code, spans)), conditions, (), foreign
    )
    declared = _declared(_C_DECLARED.finditer(text.code), text.code)
    return _with_declared(_scoped(facts), declared)


def parse_rust(data: bytes) -> ClockCode | None:
    """The clock functions of a Rust file."""
    text = code_text.blank(decode(data))
    matching = code_text.braces(text.code)
    spans = code_text.rust_functions(text) + _macro_blocks(text, matching)
    spans.sort(key=lambda span: span.opened)
    modules = list(_rust_modules(text, matching))

    def conditions(span: Span, _: int) -> tuple[str, ...]:
        around = [cfg for opened, closed, cfg in modules if opened < span.start < closed]
        return tuple(c for c in (*around, *_CFG.findall(span.before)) if c)

    statics = tuple(
        Static(
            m[1],
            " ".join(m[2].split()),
            text.code.count("\n", 0, m.start()) + 1,
            not re.search(r"\bpub\b[^;{}]{0,20}$", text.code[max(0, m.start() - 24) : m.start()]),
        )
        for m in _RUST_STATIC.finditer(text.code)
    )
    imports = tuple(
        "".join(m[1].split())
        for m in _USE.finditer(text.code)
        if "clock" in m[1].lower() or "Instant" in m[1]
    )
    facts = Reader(text, matching, spans, "rust").read(statics, conditions, imports)
    blocks = [
        (m.end() - 1, matching.get(m.end() - 1, m.end())) for m in _EXTERN.finditer(text.plain)
    ]
    spots = (m for a, b in blocks for m in _RUST_DECLARED.finditer(text.code, a, b))
    return _with_declared(facts, _declared(spots, text.code))


_EXTERN = re.compile(r"extern\s+\"C\"\s*\{")
_RUST_DECLARED = re.compile(r"fn\s+(?P<name>\w+)\s*\(\s*\)\s*->\s*(?P<result>[\w:*\s]{1,60}?)\s*;")
_C_DECLARED = re.compile(
    r"^[ \t]*extern[ \t]+(?P<result>[\w \t*]{1,60}?)"
    r"\b(?P<name>\w+)[ \t]*\([ \t]*(?:void)?[ \t]*\)[ \t]*;",
    re.MULTILINE,
)


def _declared(spots: Iterable[re.Match[str]], code: str) -> tuple[Declared, ...]:
    return tuple(
        Declared(m["name"], code.count("\n", 0, m.start("name")) + 1, m["result"].strip())
        for m in spots
        if GETTER.fullmatch(m["name"])
    )


def _with_declared(facts: ClockCode | None, declared: tuple[Declared, ...]) -> ClockCode | None:
    if not declared:
        return facts
    return structs.replace(facts or ClockCode((), ()), declared=declared)


_CFG = re.compile(r"#\[\s*cfg\s*\((.{1,200}?)\)\s*\]", re.DOTALL)
# Patterns begin with a literal, which the regular expression engine finds fast.
_RUST_STATIC = re.compile(r"static\s+(?:mut\s+)?([A-Z_][A-Z0-9_]*)\s*:\s*([^=;]{1,120})")
_USE = re.compile(r"use\s+([\w:{}*,\s]{1,300});")
_MODULE = re.compile(r"mod\s+\w+\s*\{")
_BLOCK = re.compile(r"(?:poll|spin)\w*\s*[=:]\s*(?:\|\w*\|\s*)?\{")
_C_STATIC = re.compile(
    r"^(?:(?:static|extern|volatile|const|unsigned|__IO)[ \t]+){0,4}"
    r"(\w+[ \t*]+(?:volatile[ \t]+)?)(\w+)[ \t]*(?:=[^;{}]{0,80})?;",
    re.MULTILINE,
)
# What a function keeps from one call to the next.
_C_KEPT = re.compile(
    r"\bstatic[ \t]+(?:volatile[ \t]+)?((?:unsigned[ \t]+)?\w+(?:[ \t]+volatile)?)[ \t]+"
    r"([^;(){}*]{1,200});"
)
_NAME = re.compile(r"(?:^|,)\s*([A-Za-z_]\w*)")
_C_NOT_A_TYPE = frozenset({"return", "goto", "typedef", "struct", "break", "else", "using"})


def _macro_blocks(text: Text, matching: dict[int, int]) -> list[Span]:
    """``after_poll = { ... }`` in the arguments of a macro: code that runs in a poll function."""
    return [
        Span(
            m[0].split()[0].rstrip("=:"),
            m.start(),
            m.end() - 1,
            matching.get(m.end() - 1, m.end()),
            "",
            "",
            "",
        )
        for m in _BLOCK.finditer(text.code)
    ]


def _rust_modules(text: Text, matching: dict[int, int]) -> Iterator[tuple[int, int, str]]:
    for found in _MODULE.finditer(text.code):
        before = text.plain[code_text.item_start(text.code, found.start()) : found.start()]
        for condition in _CFG.findall(before):
            yield found.end() - 1, matching.get(found.end() - 1, len(text.code)), condition


def _c_statics(code: str, spans: list[Span]) -> Iterator[Static]:
    lines, opened = code_text.Lines(code), [span.opened for span in spans]
    for found in _C_STATIC.finditer(code):
        inside = span_at(spans, opened, found.start(2))
        if inside is None and found[1].split()[0] not in _C_NOT_A_TYPE:
            private = found[0].startswith("static")
            yield Static(found[2], " ".join(found[1].split()), lines.at(found.start(2)), private)
    for span in spans:
        for found in _C_KEPT.finditer(code, span.opened, span.closed):
            line, kind = lines.at(found.start()), " ".join(found[1].split())
            for name in _NAME.findall(found[2]):
                yield Static(name, kind, line, private=True, owner=span.name)


def _scoped(facts: ClockCode | None) -> ClockCode | None:
    """Without writes of names that only another function's static has."""
    owners: dict[str, set[str]] = {}
    for static in facts.statics if facts else ():
        owners.setdefault(static.name, set()).add(static.owner)
    if facts is None or not any(static.owner for static in facts.statics):
        return facts
    functions = tuple(
        structs.replace(
            one,
            writes=tuple(w for w in one.writes if owners.get(w.name, {""}) & {"", one.name}),
        )
        for one in facts.functions
    )
    return structs.replace(facts, functions=functions)
