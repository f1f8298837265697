"""Functions of C and Rust that take a pointer, and what they do with it: keep it in a field or a
global, or pass it on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import (
    Lines,
    Span,
    Text,
    blank,
    c_functions,
    rust_functions,
)

_CALL = re.compile(r"\b([A-Za-z_]\w*)\s*(?:::<[^<>;]{0,80}>)?\s*\(")
_NO_CALL = frozenset({"if", "while", "for", "switch", "return", "sizeof", "match", "Some"})
_C_LOCAL = r"\b(?:[A-Za-z_]\w*\s+)+\**\s*{name}\s*(?:=|;|\[|,)"
_TARGET = r"(?P<root>[A-Za-z_]\w*)(?P<rest>(?:\s*(?:\.|->)\s*\w+|\[[^\]\n]{0,60}\]){0,6})"
_FUNCTION_POINTER = re.compile(r"\(\s*\*\s*(\w+)\s*\)\s*\([^(){};]{0,300}\)")
_CELL = (
    r"\b((?:self\.\w+|[A-Z][A-Z0-9_]+)(?:\[[^\]\n]{0,60}\])?)"
    r"\.(?:store|set|replace|push|write)\(\s*"
)
MAX_BODY = 20_000
"""Bytes of a function's body that are looked at."""


class Kept(msgspec.Struct, frozen=True):
    """Parameter ``index`` is stored in ``where``; ``lent`` when that belongs to the caller: a field
    of `self` or of another parameter's pointee."""

    index: int
    where: str
    lent: bool
    line: int


class Passed(msgspec.Struct, frozen=True):
    """Parameter ``index`` is argument ``argument`` of ``callee``."""

    index: int
    callee: str
    argument: int
    line: int


class Function(msgspec.Struct, frozen=True):
    """A definition. ``pointers`` are the indices of its pointer parameters, `self` not counted."""

    name: str
    line: int
    pointers: tuple[int, ...]
    kept: tuple[Kept, ...]
    passed: tuple[Passed, ...]


class Keepers(msgspec.Struct, frozen=True):
    """The functions of one file that take a pointer."""

    functions: tuple[Function, ...]


def parse_c(data: bytes) -> Keepers | None:
    """The functions of a C file; None without any."""
    code = _FUNCTION_POINTER.sub(_plain, blank(decode(data)).code)
    text = Text(code, code)
    return _keepers(text, c_functions(text), rust=False)


def _plain(pointer: re.Match[str]) -> str:
    """A function pointer without its brackets, as long as before."""
    return f"* {pointer[1]}".ljust(len(pointer[0])) if "\n" not in pointer[0] else pointer[0]


def parse_rust(data: bytes) -> Keepers | None:
    """The functions of a Rust file; None without any."""
    text = blank(decode(data))
    return _keepers(text, rust_functions(text), rust=True)


def _keepers(text: Text, spans: list[Span], *, rust: bool) -> Keepers | None:
    lines = Lines(text.code)
    found = tuple(_functions(text.code, spans, lines, rust=rust))
    return Keepers(found) if found else None


def _functions(code: str, spans: list[Span], lines: Lines, *, rust: bool) -> Iterator[Function]:
    for span in spans:
        names = _pointers(span.parameters, rust=rust)
        if not names:
            continue
        body = code[span.opened : min(span.closed, span.opened + MAX_BODY)]
        kept = tuple(
            Kept(index, where, lent, lines.at(span.opened + at))
            for index, name in names
            for where, lent, at in _stores(body, name, span.parameters, rust=rust)
        )
        passed = tuple(
            Passed(index, callee, argument, lines.at(span.opened + at))
            for index, name in names
            for callee, argument, at in _hands_on(body, name)
        )
        indices = tuple(index for index, _ in names)
        yield Function(span.name, lines.at(span.start), indices, kept, passed)


def _pointers(parameters: str, *, rust: bool) -> list[tuple[int, str]]:
    """Index and name of the pointer parameters."""
    parts = [part.strip() for part in _split(parameters)]
    if rust:
        parts = [
            p for p in parts if not re.fullmatch(r"(?:&\s*)?(?:'\w+\s+)?(?:mut\s+)?self\b.*", p)
        ]
        pattern = re.compile(
            r"(?:mut\s+)?(\w+)\s*:\s*(?:\*\s*(?:mut|const)\b|&\s*mut\b).*", re.DOTALL
        )
    else:
        pattern = re.compile(r"[^(\[]*\*[^,]*?\b(\w+)\s*", re.DOTALL)
    return [(i, m[1]) for i, p in enumerate(parts) if (m := pattern.fullmatch(p))]


def _split(parameters: str) -> list[str]:
    """At the commas outside brackets."""
    parts, depth, begun = [], 0, 0
    for at, mark in enumerate(parameters):
        if mark in "(<[":
            depth += 1
        elif mark in ")>]":
            depth -= 1
        elif mark == "," and depth <= 0:
            parts.append(parameters[begun:at])
            begun = at + 1
    parts.append(parameters[begun:])
    return parts


def _stores(
    body: str, name: str, parameters: str, *, rust: bool
) -> Iterator[tuple[str, bool, int]]:
    """What outlives the call and is assigned the pointer itself, casts aside; whether it is the
    caller's; where."""
    value = rf"(?:Some\(\s*)?(?:\([\w\s]{{1,40}}\*+\s*\)\s*)?{name}\s*(?:as\s+[^;]{{1,60}})?\)?\s*;"
    for found in re.finditer(rf"(?<![\w.>]){_TARGET}\s*=\s*{value}", body):
        root, rest = found["root"], "".join(found["rest"].split())
        is_parameter = re.search(rf"\b{root}\b", parameters) is not None
        if rust:
            outlives = (root == "self" and rest) or root.isupper()
        else:
            local = is_parameter or re.search(_C_LOCAL.format(name=root), body)
            outlives = "->" in rest or not local
        if outlives:
            yield f"{root}{rest}", root == "self" or is_parameter, found.start()
    for found in (
        re.finditer(rf"{_CELL}(?:Some\(\s*)?{name}\b[^()]{{0,60}}\)", body) if rust else ()
    ):
        yield found[1], found[1].startswith("self"), found.start()


def _hands_on(body: str, name: str) -> Iterator[tuple[str, int, int]]:
    """The calls that have the pointer as an argument, casts aside."""
    word = re.compile(rf"(?<![\w.]){name}\b")
    alone = re.compile(
        rf"(?:\([\w\s]{{1,40}}\*+\s*\)\s*)?{name}\s*(?:as\s+.{{1,60}}|\.cast.{{0,40}})?"
    )
    for call in _CALL.finditer(body):
        if call[1] in _NO_CALL:
            continue
        closed = _closing(body, call.end() - 1)
        inside = body[call.end() : closed]
        if not word.search(inside):
            continue
        for argument, part in enumerate(_split(inside)):
            if alone.fullmatch(part.strip()):
                yield call[1], argument, call.start()


def _closing(body: str, opened: int) -> int:
    """The parenthesis that closes the one at ``opened``, within reach."""
    depth = 0
    for at in range(opened, min(len(body), opened + 800)):
        if body[at] == "(":
            depth += 1
        elif body[at] == ")":
            depth -= 1
            if not depth:
                return at
    return opened + 1
