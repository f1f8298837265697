"""Values of a narrow counter that become wider: by a cast, by ``u64::from``, by C's own rules.

A value that is derived from one reading (a quotient, what is left of a counter that runs down)
wraps like the counter; a difference of two readings does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pitfalls.formats.code_text import closing

CALL = r"([A-Za-z_][\w:]*)\s*\(\s*\)"
"""A call without arguments."""

REGISTER = r"(DWT\s*->\s*CYCCNT|DWT_CYCCNT)\b"
"""The cycle counter of an Arm core in C."""

_READ = re.compile(rf"{CALL}|{REGISTER}|(?<![\w.>])([A-Za-z_]\w*)\b(?!\s*[(.\[]|::)")
_RECEIVER = re.compile(r"([a-z_]\w*)\s*\.\s*(?:wrapping_\w+|saturating_\w+|into)\s*\(")
_SIXTY_FOUR = re.compile(r"\b[ui]64\b|u?int64_t|long\s+long|\d[uU]?LL\b|double|float|f32|f64")
_SUBTRACTS = re.compile(r"[\w)\]]\s*-\s*(?!>)[\w(*]|\b(?:wrapping|saturating)_sub\s*\(")
_FROM_TOP = re.compile(
    r"[\s(]*(?:u32::MAX|UINT32_MAX|0x[fF_]+\w*|[A-Z][A-Z0-9_]*)\s*(?:-(?!>)|\.\s*(?:wrapping|saturating)_sub)"
)
_OF_STATICS = re.compile(r"\.\s*(?:swap|store|load|set|get|fetch_\w+|borrow\w*|replace)\s*\(")
_RUST_LET = re.compile(
    r"\blet\s+(?:mut\s+)?([a-z_]\w*)(?:\s*:\s*([iu]\w+))?\s*=\s*((?:unsafe\s*\{)?[^;{]{1,300});"
)
_INTO = re.compile(r"\.into\s*\(\s*\)\s*$")
_RUST_CAST = re.compile(r"\s*\bas\s+[ui]64\b")
_RUST_FROM = re.compile(r"\b[ui]64::from\s*\(")
_C_WIDE_TYPE = r"(?:u?int64_t|ULONG64|(?:unsigned\s+)?long\s+long(?:\s+int)?)"
_C_CAST = re.compile(rf"\(\s*{_C_WIDE_TYPE}\s*\)\s*(?:\(\s*\w+\s*\)\s*(?=[\w(]))?")
_C_ASSIGNED = re.compile(
    rf"(\b{_C_WIDE_TYPE}\s+)?(?<![\w.>])([A-Za-z_]\w*)\s*=(?!=)\s*([^;{{}}]{{1,300}});"
)
_C_RETURNED = re.compile(r"\breturn\b\s*([^;{}]{1,300});")
_C_OPERAND = re.compile(rf"{CALL}|{REGISTER}|[A-Za-z_]\w*\b(?!\s*[(.\[-])")
_HALVES = re.compile(r"<<\s*32\b")
_DIVIDED = re.compile(r"/(?![/*])")
_MAX_OPERAND = 300

WIDE_RESULT = re.compile(rf"\b{_C_WIDE_TYPE}")
"""A result of 64 bits in the head of a C function."""


class Widening(NamedTuple):
    """``summed``: a difference of readings; ``divided``: a narrow quotient of one that is returned.
    The expression is at ``start`` to ``end``."""

    kind: Literal["widened", "summed", "divided"]
    counter: str
    start: int
    end: int


@dataclass
class _Values:
    """The variables of a body that hold a reading, or a difference of readings."""

    readings: dict[str, str] = field(default_factory=dict)
    differences: dict[str, str] = field(default_factory=dict)

    def kind_of(self, text: str) -> tuple[Literal["widened", "summed"], str] | None:
        """What an expression is, with its counter; None when it is no narrow value of one."""
        if _SIXTY_FOUR.search(text):
            return None
        subtracts = _SUBTRACTS.search(text) and not _FROM_TOP.match(text)
        if _OF_STATICS.search(text) and not subtracts:
            return None
        reads = [*_READ.finditer(text), *_RECEIVER.finditer(text)]
        for read in sorted(reads, key=lambda found: found.start()):
            name = read[1] if read.re is _RECEIVER else read[3]
            if name in self.differences:
                return "summed", self.differences[name]
            counter = self.readings.get(name, "") if name else read[1] or read[2]
            if counter:
                first = not subtracts or not text[: read.start()].strip(" (\n")
                return ("summed" if subtracts else "widened", counter) if first else None
        return None

    def keep(self, name: str, text: str) -> None:
        """Remember a variable by what it is set to."""
        kind = self.kind_of(text)
        for where, wanted in ((self.readings, "widened"), (self.differences, "summed")):
            if kind is not None and kind[0] == wanted:
                where[name] = kind[1]


def widenings(body: str, *, rust: bool, wide_result: bool) -> list[Widening]:
    """The spots of a function; none where two counters make one number of 64 bits. Quotients are
    told of a result that is narrow."""
    values = _Values()
    found = list(_rust(body, values) if rust else _c(body, values, wide_result=wide_result))
    if not wide_result:
        found += _quotients(body, values, rust=rust)
    counters = {*values.readings.values(), *(one.counter for one in found)}
    if len(counters) > 1 and _HALVES.search(body):
        return []
    return sorted(
        (one._replace(counter="".join(one.counter.split())) for one in found),
        key=lambda one: one.start,
    )


def _quotients(body: str, values: _Values, *, rust: bool) -> Iterator[Widening]:
    """Readings of which a narrow quotient is the result: it wraps with them, and not where its own
    type does, so that differences of two results are wrong then."""
    results = [_last(body)] if rust else [found.span(1) for found in _C_RETURNED.finditer(body)]
    for start, end in results:
        text = body[start:end].rstrip()
        divided = _DIVIDED.search(text)
        kind = values.kind_of(text[: divided.start()]) if divided else None
        if kind and kind[0] == "widened" and not _SIXTY_FOUR.search(text):
            yield Widening("divided", kind[1], start, start + len(text))


def _last(body: str) -> tuple[int, int]:
    """The last expression of a Rust body, or what its last statement returns."""
    end = len(body.rstrip("}; \t\n"))
    start = max(body.rfind(mark, 0, end) for mark in ";{}") + 1
    head = re.match(r"\s*(?:return\b\s*)?", body[start:end])
    return start + (head.end() if head else 0), end


def _rust(body: str, values: _Values) -> Iterator[Widening]:
    for let in _RUST_LET.finditer(body):
        text = let[3].replace("unsafe", "").strip("{} \n")
        if let[2] in (None, "u32", "usize"):
            values.keep(let[1], text)
        elif let[2] in ("u64", "i64") and _INTO.search(text):
            yield from _spot(values, _INTO.sub("", text), let.start(3), let.end(3))
    for cast in _RUST_CAST.finditer(body):
        start = _operand(body, cast.start())
        yield from _spot(values, body[start : cast.start()], start, cast.end())
    for cast in _RUST_FROM.finditer(body):
        end = closing(body, cast.end(), _MAX_OPERAND)
        yield from _spot(values, body[cast.end() : end], cast.start(), end)


def _c(body: str, values: _Values, *, wide_result: bool) -> Iterator[Widening]:
    for one in _C_ASSIGNED.finditer(body):
        if one[1]:
            yield from _spot(values, one[3], one.start(3), one.end(3))
        else:
            values.keep(one[2], one[3])
    for cast in _C_CAST.finditer(body):
        grouped = body[cast.end() : cast.end() + 1] == "("
        operand = None if grouped else _C_OPERAND.match(body, cast.end())
        end = (
            closing(body, cast.end() + 1, _MAX_OPERAND) + 1
            if grouped
            else operand.end()
            if operand
            else 0
        )
        yield from _spot(values, body[cast.end() : end], cast.start(), end)
    for one in _C_RETURNED.finditer(body) if wide_result else ():
        yield from _spot(values, one[1], one.start(), one.end(1))


def _spot(values: _Values, text: str, start: int, end: int) -> Iterator[Widening]:
    kind = values.kind_of(text)
    if kind is not None:
        yield Widening(*kind, start, end)


def _operand(body: str, end: int) -> int:
    """Where the operand of a Rust cast that ends at ``end`` begins: a path with its calls."""
    at, least = end, max(0, end - _MAX_OPERAND)
    while at > least:
        last = body[at - 1]
        if last in ")}]":
            at = _opening(body, at - 1, least)
            if last == "}":
                break
        elif last.isalnum() or last in "_:.":
            at -= 1
        else:
            break
    return at


def _opening(body: str, closed: int, least: int) -> int:
    depth = 0
    for at in range(closed, least - 1, -1):
        depth += (body[at] in ")]}") - (body[at] in "([{")
        if depth == 0:
            return at
    return least
