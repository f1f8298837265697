"""Functions that a clock is made from, whatever their names: those that a getter calls, and those
whose result becomes an instant."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pitfalls.formats.clock_facts import GETTER, link_name
from pitfalls.formats.code_text import Span

_CALL = re.compile(r"(?<![\w.:>])([a-z_]\w*)\s*\(\s*\)")
_INSTANT = re.compile(
    r"\bInstant::from_(millis|micros)\w*\s*\(\s*(?:(?:self|crate|super)::)?([a-z_]\w*)\s*\(\s*\)"
)
_STAMP = "z_time_now"
"""zenoh-pico's time of day: its caller takes what is returned for a time, too."""


def names(code: str, spans: Iterable[Span]) -> tuple[frozenset[str], dict[str, str]]:
    """All such functions without parameters; and those among them that no getter calls, each with a
    name that tells its unit."""
    found = _INSTANT.findall(code) if "Instant::from_" in code else []
    asked = {name: f"{name}_{unit}" for unit, name in found}
    called: set[str] = set()
    for span in spans:
        name = link_name(span.before) or span.name
        if name == _STAMP:
            asked.update((one, one) for one in _CALL.findall(code, span.opened, span.closed))
        elif GETTER.fullmatch(name):
            called.update(_CALL.findall(code, span.opened, span.closed))
    return frozenset(called | asked.keys()), {n: a for n, a in asked.items() if n not in called}
