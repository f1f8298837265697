"""What a function does with the value of a counter: widens, subtracts, compares, multiplies it."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from msgspec import structs

from pitfalls.formats.counter_widening import CALL, REGISTER, WIDE_RESULT, widenings
from pitfalls.formats.register_reads import Reads

Kind = Literal["widened", "summed", "divided", "since", "compared", "multiplied"]


class Arithmetic(msgspec.Struct, frozen=True):
    """One spot. ``counter`` is the function or register that is read, empty for a product;
    ``summed`` is a difference of two readings that is widened, ``divided`` a narrow quotient that
    is returned. ``against`` is the start that is subtracted, the other side of a comparison, or the
    factor; ``text`` the expression. A register that is read directly has ``bits``, a rate if the
    function tells it, and ``is_alone`` when nothing else in the function can extend it."""

    kind: Kind
    counter: str
    against: str
    line: int
    text: str
    bits: int = 0
    hertz: int = 0
    is_alone: bool = True


_RUST_SINCE = re.compile(rf"{CALL}\s*\.wrapping_sub\(\s*([A-Z][A-Z0-9_]+)")
_C_SINCE = re.compile(rf"(?:{CALL}|{REGISTER})\s*-\s*([A-Za-z_]\w*)\b(?!\s*\()")
_DEADLINE = r"((?:\w+(?:->|\.))*\w*(?:deadline|next|until|expir|_end|due|target)\w*)"
_COMPARED = re.compile(rf"{CALL}\s*[<>]=?\s*{_DEADLINE}\b|{_DEADLINE}\s*[<>]=?\s*{CALL}")
_INSTANTS = re.compile(
    r"(\*\s*\w+)\s*([<>])\s*(\*\s*\w+)\s*\?"
    r"|(?<![\w>.])(\w+)\s*>=?\s*(\*?\s*\w+)\s*\?[\s(]*\4\s*-\s*\5(?!\w)"
)
_PRODUCT = re.compile(
    r"[\w)\]]\s*\*\s*(1000|1000000|1000000000)(?:U|L|UL)?\b(?![\w.])"
    r"|\b(1000|1000000|1000000000)(?:U|L|UL)?\s*\*\s*[\w(]"
)
_RUST_PRODUCT = re.compile(r"[\w)]\s*\*\s*(1_?000(?:_?000){0,2})(?:u32|usize)?\b")
_SIXTY_FOUR = re.compile(r"64|long\s+long|[uU]?LL\b|double|float")


def read(
    reads: Reads, line: int, *, rust: bool, elapsed: bool, head: str = ""
) -> tuple[Arithmetic, ...]:
    """The spots of a body that begins on ``line``; products only where time has ``elapsed``.
    ``head`` is what stands before a C function's name: its result may be wider."""
    spots = _spots(reads.body, line, rust=rust, elapsed=elapsed, head=head)
    return tuple(_of_register(spot, reads) for spot in spots)


def _of_register(spot: Arithmetic, reads: Reads) -> Arithmetic:
    """The same with the register as it is written in the code."""
    text = spot.text
    for call, written in reads.texts.items():
        text = text.replace(f"{call}()", written)
    register = reads.registers.get(spot.counter)
    if register is None:
        return structs.replace(spot, text=text)
    return structs.replace(
        spot,
        counter=register.name,
        text=text,
        bits=register.bits,
        hertz=register.hertz,
        is_alone=register.is_alone,
    )


def _spots(body: str, line: int, *, rust: bool, elapsed: bool, head: str) -> list[Arithmetic]:
    wide = WIDE_RESULT.search(head) is not None
    found = [
        _spot(one.kind, one.counter, "", body, one.start, one.end, line)
        for one in widenings(body, rust=rust, wide_result=wide)
    ]
    for spot in (_RUST_SINCE if rust else _C_SINCE).finditer(body):
        counter = next(group for group in spot.groups()[:-1] if group)
        against = spot.groups()[-1]
        found.append(_spot("since", "".join(counter.split()), against, body, *spot.span(), line))
    if not rust:
        for spot in _COMPARED.finditer(body):
            counter, against = spot[1] or spot[4], spot[2] or spot[3]
            found.append(_spot("compared", counter, against, body, *spot.span(), line))
        if elapsed:
            found += [
                _spot("compared", "", (spot[3] or spot[5]).lstrip("* "), body, *spot.span(), line)
                for spot in _INSTANTS.finditer(body)
            ]
    if elapsed:
        for spot in (_RUST_PRODUCT if rust else _PRODUCT).finditer(body):
            factor = next(group for group in spot.groups() if group).replace("_", "")
            if not _SIXTY_FOUR.search(_statement(body, *spot.span())):
                found.append(_spot("multiplied", "", factor, body, *spot.span(), line))
    return found


def _statement(body: str, start: int, end: int) -> str:
    first = max(body.rfind(mark, 0, start) for mark in ";{}") + 1
    ends = [at for mark in ";}" if (at := body.find(mark, end)) >= 0]
    return body[first : min(ends, default=len(body))]


def _spot(
    kind: Kind, counter: str, against: str, body: str, start: int, end: int, line: int
) -> Arithmetic:
    at = line + body.count("\n", 0, end)
    text = " ".join(_statement(body, start, end).split())[:100]
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
