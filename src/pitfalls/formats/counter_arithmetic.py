"""What a function does with the value of a counter: widens, subtracts, compares, multiplies it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

Kind = Literal["widened", "summed", "since", "compared", "multiplied"]


class Arithmetic(msgspec.Struct, frozen=True):
    """One spot. ``counter`` is the function or register that is read, empty for a product;
    ``summed`` is a difference of two readings that is widened. ``against`` is the start that is
    subtracted, the other side of a comparison, or the factor; ``text`` the expression."""

    kind: Kind
    counter: str
    against: str
    line: int
    text: str


_CALL = r"([A-Za-z_][\w:]*)\s*\(\s*\)"
_C_WIDE = r"\(\s*(?:u?int64_t|ULONG64|(?:unsigned\s+)?long\s+long)\s*\)\s*"
_C_WIDENED = re.compile(rf"{_C_WIDE}(?:{_CALL}|(DWT\s*->\s*CYCCNT)|([A-Za-z_]\w*)\b(?!\s*[(.\[-]))")
_C_ASSIGNED = re.compile(
    rf"\b([A-Za-z_]\w*)\s*=\s*(?:\(\s*\w+\s*\)\s*)?(?:{_CALL}|(DWT\s*->\s*CYCCNT))\s*;"
)
_C_WIDE_ASSIGNED = re.compile(rf"\bu?int64_t\s+\w+\s*=\s*{_CALL}\s*[*;/]")
_RUST_WIDENED = re.compile(
    rf"(?:[ui]64::from\(\s*(?:{_CALL}|([a-z_]\w*))\s*\)"
    rf"|{_CALL}\s*\}}?\s*as\s+[ui]64|\b([a-z_]\w*)\s+as\s+[ui]64)"
)
_RUST_ASSIGNED = re.compile(
    rf"\blet\s+(?:mut\s+)?([a-z_]\w*)(?:\s*:\s*u32)?\s*=\s*(?:unsafe\s*\{{\s*)?{_CALL}\s*\}}?\s*;"
)
_RUST_DIFFERENCE = re.compile(r"\blet\s+([a-z_]\w*)\s*=\s*([a-z_]\w*)\s*\.wrapping_sub\(")
_C_DIFFERENCE = re.compile(
    rf"{_C_WIDE}(?:\(\s*\w+\s*\)\s*)?\(\s*([A-Za-z_]\w*)\s*-\s*[A-Za-z_]\w*\s*\)"
)
_RUST_SINCE = re.compile(rf"{_CALL}\s*\.wrapping_sub\(\s*([A-Z][A-Z0-9_]+)")
_C_SINCE = re.compile(rf"(?:{_CALL}|(DWT\s*->\s*CYCCNT))\s*-\s*([A-Za-z_]\w*)\b(?!\s*\()")
_DEADLINE = r"((?:\w+(?:->|\.))*\w*(?:deadline|next|until|expir|_end|due|target)\w*)"
_COMPARED = re.compile(rf"{_CALL}\s*[<>]=?\s*{_DEADLINE}\b|{_DEADLINE}\s*[<>]=?\s*{_CALL}")
_INSTANTS = re.compile(r"(\*\s*\w+)\s*([<>])\s*(\*\s*\w+)\s*\?")
_PRODUCT = re.compile(
    r"[\w)\]]\s*\*\s*(1000|1000000|1000000000)(?:U|L|UL)?\b(?![\w.])"
    r"|\b(1000|1000000|1000000000)(?:U|L|UL)?\s*\*\s*[\w(]"
)
_RUST_PRODUCT = re.compile(r"[\w)]\s*\*\s*(1_?000(?:_?000){0,2})(?:u32|usize)?\b")
_SIXTY_FOUR = re.compile(r"64|long\s+long|[uU]?LL\b|double|float")


def read(body: str, line: int, *, rust: bool, elapsed: bool) -> tuple[Arithmetic, ...]:
    """The spots of a body that begins on ``line``; products only where time has ``elapsed``."""
    found = list(_widened(body, line, rust=rust))
    for spot in (_RUST_SINCE if rust else _C_SINCE).finditer(body):
        counter = next(group for group in spot.groups()[:-1] if group)
        against = spot.groups()[-1]
        found.append(_spot("since", "".join(counter.split()), against, body, spot, line))
    if not rust:
        for spot in _COMPARED.finditer(body):
            counter, against = spot[1] or spot[4], spot[2] or spot[3]
            found.append(_spot("compared", counter, against, body, spot, line))
        if elapsed:
            found += [
                _spot("compared", "", spot[3].lstrip("* "), body, spot, line)
                for spot in _INSTANTS.finditer(body)
            ]
    if elapsed:
        for spot in (_RUST_PRODUCT if rust else _PRODUCT).finditer(body):
            factor = next(group for group in spot.groups() if group).replace("_", "")
            if not _SIXTY_FOUR.search(_statement(body, spot)):
                found.append(_spot("multiplied", "", factor, body, spot, line))
    return tuple(found)


def _widened(body: str, line: int, *, rust: bool) -> Iterator[Arithmetic]:
    variables: dict[str, str] = {}
    for spot in (_RUST_ASSIGNED if rust else _C_ASSIGNED).finditer(body):
        variables[spot[1]] = next((g for g in spot.groups()[1:] if g), "")
    differences = {}
    if rust:
        for spot in _RUST_DIFFERENCE.finditer(body):
            differences[spot[1]] = variables.get(spot[2], "")
    else:
        yield from _widened_in_c(body, line, variables)
    for spot in (_RUST_WIDENED if rust else _C_WIDENED).finditer(body):
        groups = spot.groups()
        called = groups[0] or (groups[2] if rust else groups[1]) or ""
        variable = (groups[1] or groups[3]) if rust else groups[2]
        counter = called or variables.get(variable or "", "")
        difference = differences.get(variable or "", "")
        if difference:
            yield _spot("summed", "".join(difference.split()), "", body, spot, line)
        elif counter:
            yield _spot("widened", "".join(counter.split()), "", body, spot, line)


def _widened_in_c(body: str, line: int, variables: dict[str, str]) -> Iterator[Arithmetic]:
    for spot in _C_DIFFERENCE.finditer(body):
        if variables.get(spot[1]):
            yield _spot("summed", variables[spot[1]], "", body, spot, line)
    for spot in _C_WIDE_ASSIGNED.finditer(body):
        yield _spot("widened", spot[1], "", body, spot, line)


def _statement(body: str, spot: re.Match[str]) -> str:
    start = max(body.rfind(mark, 0, spot.start()) for mark in ";{}") + 1
    ends = [end for mark in ";}" if (end := body.find(mark, spot.end())) >= 0]
    return body[start : min(ends, default=len(body))]


def _spot(
    kind: Kind, counter: str, against: str, body: str, spot: re.Match[str], line: int
) -> Arithmetic:
    at = line + body.count("\n", 0, spot.end())
    text = " ".join(_statement(body, spot).split())[:100]
    return Arithmetic(kind, counter, against, at, text)


_FREQUENCIES = (
    re.compile(
        r"(?:const|static)\s+(?:mut\s+)?(\w*(?:HZ|PER_MS|PER_US)\w*)\s*:\s*\w+\s*=\s*(\d[\d_]*)\s*;"
    ),
    re.compile(
        r"#[ \t]*define[ \t]+(\w*(?:HZ|PER_MS|PER_US)\w*)[ \t]+\(?(\d+)[uUlL]*\)?[ \t]*$",
        re.MULTILINE,
    ),
)


def frequency(code: str) -> int:
    """The rate in Hz that a file's constants give its counter (``SYSCLK_HZ``, ``TICKS_PER_MS``); 0
    when there is none, or several that differ."""
    found = set()
    for pattern in _FREQUENCIES:
        for name, digits in pattern.findall(code):
            scale = 1000 if "PER_MS" in name else 1_000_000 if "PER_US" in name else 1
            if "TICK_RATE" not in name:
                found.add(int(digits.replace("_", "")[:12]) * scale)
    return found.pop() if len(found) == 1 else 0
