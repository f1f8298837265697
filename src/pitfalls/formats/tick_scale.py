"""Constant factors of tick conversions in C: ``ticks * (TX_TIMER_TICKS_PER_SECOND / 1000)``.

Integer division folds such a factor to 0 when the divisor is the larger one.
"""

from __future__ import annotations

import re

import msgspec


class Factor(msgspec.Struct, frozen=True):
    """``numerator / denominator`` (a number or a macro each) that scales a time, and its text.
    ``divides`` is true when the time is divided by it, ``direct`` when it scales the very call that
    reads the ticks."""

    numerator: str
    denominator: str
    divides: bool
    direct: bool
    line: int
    text: str


_ATOM = (
    r"(?:\(\s*(?:u?int\d*_t|unsigned|long|uint|u?long\s+long)\s*\)\s*)?([A-Za-z_]\w*|\d+)[uUlL]*"
)
_QUOTIENT = re.compile(rf"\(\s*{_ATOM}\s*/\s*{_ATOM}\s*\)")
_PERIOD = re.compile(r"portTICK_(?:PERIOD|RATE)_MS\b")
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+([^\n]*/[^\n]*)$", re.MULTILINE)
_TICKS = re.compile(r"(?:xTaskGetTickCount(?:FromISR)?|tx_time_get)\s*\(\s*\)\s*\)?\s*[*/]\Z")
RATE_MACROS = (
    "configTICK_RATE_HZ",
    "TX_TIMER_TICKS_PER_SECOND",
    "portTICK_PERIOD_MS",
    "portTICK_RATE_MS",
)
"""Macros that a tick rate is written with."""


def macros(code: str) -> dict[str, tuple[str, str]]:
    """Macros of a file that are one quotient: name -> numerator and denominator."""
    found = {}
    for macro in _MACRO.finditer(code):
        quotient = _QUOTIENT.search(macro[2])
        if quotient:
            found[macro[1]] = (quotient[1], quotient[2])
    return found


def factors(body: str, line: int, known: dict[str, tuple[str, str]]) -> tuple[Factor, ...]:
    """The factors of one function body, which begins on ``line``."""
    found = []
    spots = [(m.start(), m.end(), m[1], m[2]) for m in _QUOTIENT.finditer(body)]
    spots += [(m.start(), m.end(), "1000", "configTICK_RATE_HZ") for m in _PERIOD.finditer(body)]
    for name, (numerator, denominator) in known.items():
        spots += [
            (m.start(), m.end(), numerator, denominator)
            for m in re.finditer(rf"\b{re.escape(name)}\b", body)
        ]
    for start, end, numerator, denominator in sorted(spots):
        before, after = body[:start].rstrip(), body[end:].lstrip()
        if not (before.endswith(("*", "/")) or after.startswith("*")):
            continue
        divides, direct = before.endswith("/"), bool(_TICKS.search(before, max(0, start - 60)))
        if divides and not direct:
            continue  # from milliseconds to ticks
        at = line + body.count("\n", 0, start)
        statement = max(body.rfind(mark, 0, start) for mark in ";{}\n") + 1
        text = " ".join(body[statement:end].split())
        found.append(Factor(numerator, denominator, divides, direct, at, text))
    return tuple(found)
