"""Statements that change a variable outside every function: in Rust directly, through a cell, a
lock or a reference; in C by name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitfalls.formats.code_text import Span

_NAME = r"([A-Z][A-Z0-9_]+)"
_METHODS = r"store|fetch_\w+|swap|set|replace|update|compare_exchange\w*"
_DIRECT = re.compile(
    rf"\b{_NAME}\s*(?:\.(?:{_METHODS})\(|[-+|]?=(?!=)"
    rf"|\.borrow(?:_ref_mut)?\([^();]{{0,20}}\)(?:\.(?:set|replace)\(|\s*[-+]?=(?!=))"
    rf"|\.with_borrow_mut\()"
    rf"|write_volatile\(\s*(?:&raw mut |addr_of_mut!\()\s*{_NAME}"
    rf"|\*\s*{_NAME}\s*\.(?:lock|get|write|borrow_mut|borrow_ref_mut|as_ptr)\([^();]{{0,20}}\)"
    rf"(?:\.unwrap\(\))?\s*[-+|]?=(?!=)"
)
_ACCESS = r"lock|with_lock|with|with_mut|borrow|borrow_mut|borrow_ref_mut|get|get_mut|write|as_ptr"
_LENT = re.compile(
    rf"\blet\s+(?:mut\s+)?(?P<bound>[a-z_]\w*)(?:\s*:[^=;]{{1,60}})?\s*=[^;]{{0,40}}?"
    rf"(?:(?<!\w){_NAME}\s*\.(?:{_ACCESS})\(|&(?:raw\s+)?mut\s+{_NAME})[^;]{{0,80}};"
    rf"|(?<!\w){_NAME}\s*\.(?:{_ACCESS})\(\s*(?:move\s+)?\|\s*(?:mut\s+)?(?P<handed>[a-z_]\w*)"
)


def rust_writes(code: str, spans: list[Span]) -> Iterator[tuple[str, int, int]]:
    """``(static, start, end)`` of every write."""
    for found in _DIRECT.finditer(code):
        name = next(group for group in found.groups() if group)
        yield name, found.start(), found.end()
    if any(f".{access}(" in code for access in _ACCESS.split("|")) or "mut " in code:
        for span in spans:
            yield from _lent(code, span)


def _lent(code: str, span: Span) -> Iterator[tuple[str, int, int]]:
    """Writes through what a function borrows from a static."""
    for lent in _LENT.finditer(code, span.opened, span.closed):
        alias = lent["bound"] or lent["handed"]
        name = next(g for g in lent.groups() if g and g != alias)
        written = re.compile(rf"\*\s*{alias}\s*[-+|]?=(?!=)|(?<![\w.]){alias}\.(?:{_METHODS})\(")
        for found in written.finditer(code, lent.end(), span.closed):
            yield name, found.start(), found.end()


def c_writes(code: str, statics: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    """The same for the variables of a C file that are known."""
    if not statics:
        return
    one = "|".join(map(re.escape, sorted(statics)))
    pattern = re.compile(
        rf"(?<![\w.>])(?:\+\+|--)({one})\b|(?<![\w.>])({one})\s*(?:\+\+|--|[-+*/|&^]?=(?!=))"
    )
    for found in pattern.finditer(code):
        yield found[1] or found[2], found.start(), found.end()
