"""Readings of a counter of 32 bits that C and C++ code takes in 64 bits, or scales in 32.

As the result of a function, where nothing can extend it: the expression holds the reading,
constants and casts, and the function keeps nothing from one call to the next. And in a difference
with what was kept from an earlier call, which is right in the width of the counter only. A reading
that is multiplied before it is divided overflows long before the counter does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats.code_text import Lines, braces
from pitfalls.formats.tick_calls import RATES, TICKS

_WIDE = r"(?:u?int64_t|(?:unsigned\s+)?long\s+long(?:\s+(?:unsigned\s+)?int)?|ULONG64)"
_HEAD = re.compile(
    rf"\b{_WIDE}\s+(?:\w+::)*([A-Za-z_]\w*)\s*\([^(){{}};]*\)"
    r"(?:\s*(?:const|noexcept|override|final)\b)*\s*\{"
)
_SEED = re.compile(r"seed|rand|entropy|nonce|uuid", re.IGNORECASE)
_READ = rf"\b({'|'.join((*RATES, *TICKS))})\s*\(\s*\)"
_STATEMENT = re.compile(
    rf"(?<![\w.>])(?:return\b|(\w+)\s*=(?!=))\s*([^;{{}}=]{{0,160}}?{_READ}[^;{{}}=]{{0,160}});"
)
_STATE = re.compile(r"\bstatic\b|\+\+|--|[-+|]=|<<")
_CAST = re.compile(
    r"\bstatic_cast\s*<[\w\s]+>|\(\s*(?:unsigned\s+|signed\s+)?"
    r"(?:u?int\d*_t|long(?:\s+long)?|int|TickType_t|ULONG64)\s*\)|\(\s*unsigned\s*\)"
)
_PLAIN = re.compile(rf"(?:[\s()*/+]|\b\d\w*\b|\b(?:pd|port|config)?[A-Z][A-Z0-9_]*\b|{_READ})*")
_SIXTY_FOUR = re.compile(rf"\b{_WIDE}|\d[uU]?(?:LL|ll)")
_CAST_OF_ALL = re.compile(rf"\(\s*{_WIDE}\s*\)\s*(?=\()")
_FACTOR = re.compile(r"\*\s*\(?\s*(1000(?:000){0,2})[uUlL]*\b")
_KEPT = re.compile(
    rf"(?<!static )\b{_WIDE}\s+(\w+)\s*=\s*(?:\(\s*\w+\s*\)\s*)?{_READ}(?:\s*/\s*\w+)?\s*;"
)
_PATH = r"((?:\w+(?:\[\w+\])?(?:->|\.))*[A-Za-z_]\w*)(?!\s*[\w(])"
_NARROWED = re.compile(
    r"\(\s*(?:uint32_t|unsigned\s+long|unsigned(?:\s+int)?)\s*\)\s*\(\s*$"
    r"|\b(?:u?int32_t|long|unsigned|int)\s+\w+\s*=\s*$"
)
_SCALED = re.compile(
    rf"\breturn\b\s*([^;{{}}=]{{0,80}}?(?:{_READ}\s*\)?\s*\*\s*(1000(?:000)?)[uUlL]*"
    rf"|\b(1000(?:000)?)[uUlL]*\s*\*\s*{_READ})\s*\)?\s*/[^;{{}}=]{{0,80}});"
)
_MILLISECONDS = re.compile(r"\bpdTICKS_TO_MS\b|\bportTICK_(?:PERIOD|RATE)_MS\b")


class WideResult(msgspec.Struct, frozen=True):
    """A reading of ``counter`` that ``function`` gives in 64 bits; ``text`` is the expression, and
    ``seconds`` tells after what time a product in it overflows 32 bits, 0 if none does. One that
    is given in 32 bits is multiplied by ``factor``: the rate of the counter tells the time."""

    counter: str
    function: str
    line: int
    text: str
    seconds: float = 0.0
    factor: int = 0


def find(code: str, lines: Lines) -> Iterator[WideResult]:
    """The first such expression of every function; ``code`` has no comments and strings."""
    pairs: dict[int, int] = {}
    for head in _HEAD.finditer(code):
        pairs = pairs or braces(code)
        opened = head.end() - 1
        body = code[opened : pairs.get(opened, opened)]
        if _STATE.search(body) or _SEED.search(head[1]):
            continue
        for one in _STATEMENT.finditer(body):
            if _is_result(one[1], body) and _PLAIN.fullmatch(_CAST.sub(" ", one[2])):
                text = " ".join(one[2].split())
                line = lines.at(opened + one.start(2))
                yield WideResult(one[3], head[1], line, text, _seconds(text, one[3]))
                break


def differences(name: str, body: str, own: frozenset[str]) -> Iterator[tuple[int, WideResult]]:
    """The first reading of a function that is taken in 64 bits and from which it subtracts what it
    did not read itself, with its offset in ``body``; ``own`` are the variables of the function."""
    for kept in _KEPT.finditer(body):
        for found in re.finditer(rf"\b{kept[1]}\s*-(?!>)\s*{_PATH}", body[kept.end() :]):
            at, other = kept.end() + found.start(), found[1]
            first = re.split(r"\W", other, maxsplit=1)[0]
            stays = first not in own or re.search(rf"\bstatic\b[^;]*\b{first}\b", body)
            compared = re.search(rf"\b{kept[1]}\s*[<>]=?\s*{re.escape(other)}", body)
            if stays and not compared and not other.isupper() and not _NARROWED.search(body[:at]):
                yield kept.start(), WideResult(kept[2], name, 0, " ".join(found[0].split()))
                return


def scaled(name: str, body: str) -> Iterator[tuple[int, WideResult]]:
    """The first reading that a function multiplies in 32 bits, divides and returns, with its offset
    in ``body``; what it keeps from call to call can extend the reading."""
    found = _SCALED.search(body)
    if found is None or _STATE.search(body) or _SEED.search(name):
        return
    text = " ".join(found[1].split())
    if not _SIXTY_FOUR.search(text) and _PLAIN.fullmatch(_CAST.sub(" ", text).replace("/", " ")):
        counter, factor = found[2] or found[5], found[3] or found[4]
        yield found.start(1), WideResult(counter, name, 0, text, factor=int(factor))


def _is_result(name: str | None, body: str) -> bool:
    """Whether an expression is given to the result or to a variable of 64 bits, and the readings
    are no part of a difference, which is a duration."""
    times = rf"(?:{_READ})" if name is None else rf"(?:{_READ}|\b{name}\b)"
    if re.search(rf"{times}\s*-(?!>)|-\s*{times}", body):
        return False
    return name is None or re.search(rf"\b{_WIDE}\s+{name}\b", body) is not None


def _seconds(text: str, counter: str) -> float:
    """After what time a product in 32 bits overflows; 0 when there is none."""
    hertz = 1000 if _MILLISECONDS.search(text) else RATES.get(counter, 0)
    factor = _FACTOR.search(text)
    if factor is None or not hertz or _SIXTY_FOUR.search(_CAST_OF_ALL.sub(" ", text)):
        return 0.0
    return 2.0**32 / (hertz * int(factor[1]))
