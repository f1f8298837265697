"""Rust functions that hand out numbers from a static counter, which begins anew in each process."""

from __future__ import annotations

import re

from pitfalls.formats.c_expression import evaluate

_STATIC = re.compile(
    r"static\s+(\w+)\s*:\s*(?:\w+::)*Atomic[UI]\w+\s*=\s*(?:\w+::)*Atomic[UI]\w+::new\(\s*"
    r"(\d[\d_]*)(?:[ui]\d+)?\s*\)\s*;"
)
_TAKEN = re.compile(r"\b(\w+)\s*\.\s*fetch_add\s*\([^()]*\)")
_LET = re.compile(r"^\s*let\s+(\w+)(?:\s*:\s*\w+)?\s*=\s*([^;{}]*);\s*(\w+)(.*)$", re.DOTALL)
_AS_TEXT = re.compile(r"(?:\s*\.\s*(?:to_string|into)\s*\(\s*\))+$")
_CAST = re.compile(r"\s+as\s+[ui](?:\d+|size)\b")
_NUMBER = re.compile(r"(\d[\d_]*)(?:[ui](?:\d+|size))?$")
_TOKEN = re.compile(r"\w+|[-+*%/()]")


def counters(text: str) -> dict[str, str]:
    """Static counters of a file with the number that they begin with."""
    if "fetch_add" not in text:
        return {}
    return {name: number.replace("_", "") for name, number in _STATIC.findall(text)}


def first_number(body: str, known: dict[str, str]) -> str | None:
    """What a function returns first in every process: ``{ PORTS.fetch_add(1, Relaxed) }``,
    also with arithmetic, a cast or ``to_string``.

    None where anything else takes part (a process id, a slot, a probe of the port) or the number
    cannot be computed. ``body`` is without comments.
    """
    inner = _STATIC.sub("", body[body.find("{") + 1 : body.rfind("}")]).strip()
    named = _LET.match(inner)
    if named is not None and named[1] == named[3]:
        inner = f"({named[2].strip()}){named[4]}"
    taken = _TAKEN.search(inner)
    if taken is None or taken[1] not in known:
        return None
    inner = inner[: taken.start()] + known[taken[1]] + inner[taken.end() :]
    inner = _CAST.sub("", _AS_TEXT.sub("", inner))
    tokens = _TOKEN.findall(inner)
    if "".join(tokens) != "".join(inner.split()):
        return None
    numbers = [_NUMBER.sub(lambda m: m[1].replace("_", ""), token) for token in tokens]
    value = evaluate(numbers)
    return None if value is None else str(value)
