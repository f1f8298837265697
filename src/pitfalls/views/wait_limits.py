"""How many milliseconds the expression of a deadline stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pitfalls.formats.c_expression import evaluate, tokenize
from pitfalls.formats.network_waits import Constant
from pitfalls.model import Place

MAX_HOPS = 6
"""Constants that are defined by constants are followed that far."""

Finder = Callable[[str], tuple[str, Constant] | None]
"""From the name of a constant to the file and the definition that counts."""

_SECONDS = re.compile(r"\b(?:Duration::from_secs|K_SECONDS)\s*\(([^()]*)\)")
_WRAPPED = re.compile(
    r"\b(?:pdMS_TO_TICKS|K_MSEC|MSEC2TICK|Duration::from_millis|u64::from|u32::from)\s*\(([^()]*)\)"
)
_AS = re.compile(r"\bas\s+\w+")
_DIGITS = re.compile(r"\b(\d[\d_]*?)_?(?:[ui](?:8|16|32|64|size))?\b")
_NAME = re.compile(r"\b(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*")


@dataclass(frozen=True)
class Limit:
    """How long: ``milliseconds`` is None when the text does not resolve. ``place`` is where the
    number stands; ``variable`` overrides it at build time."""

    text: str
    milliseconds: int | None
    place: Place
    variable: str = ""

    @property
    def shown(self) -> str:
        """``SOCKET_TIMEOUT_MS = 10000 ms``."""
        if self.milliseconds is None:
            return f"{self.text} (not resolved)"
        number = f"{self.milliseconds} ms"
        origin = f", unless {self.variable} says otherwise" if self.variable else ""
        return (
            number if self.text == str(self.milliseconds) else f"{self.text} = {number}"
        ) + origin


def resolve(text: str, place: Place, find: Finder) -> Limit:
    """``text`` at ``place`` as a limit; the place becomes that of the last constant."""
    variable = ""
    plain = _plain(text)
    for _ in range(MAX_HOPS):
        named = _NAME.search(plain)
        if named is None:
            return Limit(text, evaluate(tokenize(plain)), place, variable)
        found = find(named[0].rpartition("::")[2])
        if found is None:
            break
        path, constant = found
        place, variable = Place(path, constant.line), constant.variable or variable
        plain = f"{plain[: named.start()]}({_plain(constant.text)}){plain[named.end() :]}"
    return Limit(text, None, place, variable)


def _plain(text: str) -> str:
    """Without casts and conversions, seconds as milliseconds, digits as C writes them."""
    text = _AS.sub("", _WRAPPED.sub(r"(\1)", _SECONDS.sub(r"(\1 * 1000)", text)))
    return _DIGITS.sub(lambda m: m[1].replace("_", ""), text)
