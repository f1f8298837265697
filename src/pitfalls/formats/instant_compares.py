"""Instants of a counter of 32 bits that code compares with < or >, wherever it waits.

Two forms are told from all others: a reading against a start plus a time (``ticks() > start +
timeout``), and a reading against a variable that was set to a reading plus a time. Differences of
readings are right, and a constant is no instant.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from pitfalls.formats import decode, wide_results
from pitfalls.formats.code_text import Lines, blank, braces, closing
from pitfalls.formats.tick_calls import RATES, TICKS
from pitfalls.formats.wide_results import WideResult

NAMES = (*RATES, *TICKS)
NEEDLES = tuple(f"{name}()".encode() for name in NAMES)

_CALL = re.compile(rf"({'|'.join(NAMES)})\s*\(\s*\)(?:\s*/\s*\w+)?")
_WORD = re.compile(rf"\b({'|'.join(NAMES)})\s*\(")
_WIDE = re.compile(r"(?:u?int64_t|long\s+long(?:\s+int)?|ULONG64)\s+(?:\w+::)*$")
_HEAD = re.compile(
    r"([A-Za-z_]\w*)\s*\(([^(){};]*)\)(?:\s*(?:const|noexcept|override|final)\b)*\s*$"
)
_PATH = r"(?:\w+(?:\[\w+\])?(?:->|\.))*[A-Za-z_]\w*(?:\[\w+\])?"
_NAME = re.compile(_PATH)
_SET = re.compile(rf"(?<![\w.>])({_PATH})\s*=(?!=)\s*([^;{{}},]{{1,200}})[;,]")
_DECLARED = re.compile(r"\b(?!return\b|else\b|case\b|goto\b)[A-Za-z_]\w*[ \t*&]+(\w+)\s*[=;,)\[]")
_COMPARE = re.compile(r"(?<![<>=-])[<>]=?(?![<>=])")
_CAST = re.compile(r"\(\s*(?:\w+\s+)?\w+\s*\)\s*(?=[\w(])")
_STOP = re.compile(r"&&|\|\||[;{}?,=!:]|\breturn\b")
_IF = re.compile(r"\bif\s*\([^;{}]*$")
_MAX_OPERAND = 160
_MAX_HEAD = 700


class Comparison(msgspec.Struct, frozen=True):
    """A reading of ``counter`` that ``function`` compares; ``text`` is the comparison."""

    counter: str
    function: str
    line: int
    text: str


class InstantCompares(msgspec.Struct, frozen=True):
    """The comparisons of one file, the first of each function; ``wide``: the functions of a known
    name that the file declares with a result of 64 bits; ``results``: readings that functions of
    any name take in 64 bits, or multiply in 32."""

    comparisons: tuple[Comparison, ...] = ()
    wide: tuple[str, ...] = ()
    results: tuple[WideResult, ...] = ()


class _Body(NamedTuple):
    """One function whose body begins at ``opened``. Which of its variables hold a reading, which
    are set to one at times (``starts``), which to a reading plus a time; ``own`` are the names that
    it declares."""

    name: str
    opened: int
    code: str
    readings: dict[str, str]
    starts: frozenset[str]
    deadlines: dict[str, str]
    own: frozenset[str]


class _Side(NamedTuple):
    """A comparison at an offset of a body, of the reading ``one`` with ``other``."""

    at: int
    counter: str
    one: str
    other: str
    text: str


def parse(data: bytes) -> InstantCompares | None:
    """The comparisons of a C or C++ file; None when it has none."""
    code = blank(decode(data)).code
    calls: list[int] = []
    wide: set[str] = set()
    for word in _WORD.finditer(code):
        if _WIDE.search(code[max(0, word.start() - 60) : word.start()]):
            wide.add(word[1])
        elif code[word.start() - 1 : word.start()] not in (".", ">", ":"):
            calls.append(word.start())
    bodies = list(_bodies(code, calls))
    shared = {
        _shared(name): counter
        for body in bodies
        for name, counter in body.deadlines.items()
        if name not in body.own
    }
    lines = Lines(code)
    found = tuple(one for body in bodies for one in _first(body, shared, lines))
    results = tuple(_results(code, bodies, lines)) if calls else ()
    if not found and not wide and not results:
        return None
    return InstantCompares(found, tuple(sorted(wide)), results)


def _results(code: str, bodies: list[_Body], lines: Lines) -> Iterator[WideResult]:
    wide = list(wide_results.find(code, lines))
    yield from wide
    told = {one.function for one in wide}
    for body in bodies:
        spots = [*wide_results.differences(body.name, body.code, body.own)]
        if body.name not in told:
            spots += wide_results.scaled(body.name, body.code)
        for at, found in spots:
            yield msgspec.structs.replace(found, line=lines.at(body.opened + at))


def _bodies(code: str, calls: list[int]) -> Iterator[_Body]:
    """The outermost functions that hold one of ``calls``, those of classes too."""
    after = -1
    for opened, matched in sorted(braces(code).items()) if calls else ():
        if opened < after:
            continue
        at = bisect(calls, opened)
        if at == len(calls) or calls[at] > matched:
            after = matched
            continue
        head = _HEAD.search(code, max(0, opened - _MAX_HEAD), opened)
        if head is not None:
            column = code.find("\n}", opened, matched)
            after = matched if column < 0 else column
            yield _body(head, opened, code[opened:after])


def _body(head: re.Match[str], opened: int, inside: str) -> _Body:
    readings: dict[str, str] = {}
    deadlines: dict[str, str] = {}
    mixed: set[str] = set()
    for name, value in _SET.findall(inside):
        plain = _path(name)
        counter = _reading(value, readings)
        if counter:
            readings[plain] = counter
        elif counter := _later(value, readings):
            deadlines[plain] = counter
        else:
            mixed.add(plain)
    own = {*_DECLARED.findall(inside), *_DECLARED.findall(head[2] + ")")}
    starts = frozenset(readings.keys() - deadlines.keys())
    known = {name: counter for name, counter in readings.items() if name in starts - mixed}
    return _Body(head[1], opened, inside, known, starts, deadlines, frozenset(own))


def _path(text: str) -> str:
    return text.replace("->", ".")


def _shared(name: str) -> str:
    """A name as other functions know it: a member by itself, whatever holds it."""
    return "".join(name.rpartition(".")[1:])


def _bare(text: str) -> str:
    """An expression without the brackets and casts around it."""
    text = text.strip()
    while (cast := _CAST.match(text)) is not None:
        text = text[cast.end() :].strip()
    while text.startswith("(") and closing(text, 1, len(text)) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _reading(text: str, readings: dict[str, str]) -> str:
    """The counter of an expression that is one reading, in whatever unit; empty for any other."""
    text = _bare(text)
    call = _CALL.fullmatch(text)
    return call[1] if call is not None else readings.get(_path(text), "")


def _later(text: str, readings: dict[str, str]) -> str:
    """The counter of a reading plus a time; empty for any other expression."""
    parts = _summands(text)
    counters = [counter for part in parts if (counter := _reading(part, readings))]
    return counters[0] if len(parts) > 1 and len(counters) == 1 else ""


def _summands(text: str) -> list[str]:
    """The parts of a sum; nothing when something is subtracted from it."""
    text, parts, depth, start = _bare(text), [], 0, 0
    for at, mark in enumerate(text):
        depth += (mark in "([") - (mark in ")]")
        if depth == 0 and mark == "-" and text[at : at + 2] != "->":
            return []
        if depth == 0 and mark == "+":
            parts.append(text[start:at].strip())
            start = at + 1
    return [*parts, text[start:].strip()]


def _first(body: _Body, shared: dict[str, str], lines: Lines) -> Iterator[Comparison]:
    """The first comparison of a function that is wrong across the wrap."""
    sides = list(_sides(body))
    plain = {_path(_bare(side.other)) for side in sides}
    if plain & body.starts or any(_overflows(side, body) for side in sides):
        return  # the wrap is looked for
    for side in sides:
        late = _is_sum(side.other, plain) or _is_deadline(side.other, body, shared)
        if late and not _is_helped(side, body.code):
            line = lines.at(body.opened + side.at)
            yield Comparison(side.counter, body.name, line, " ".join(side.text.split())[:100])
            return


def _sides(body: _Body) -> Iterator[_Side]:
    for spot in _COMPARE.finditer(body.code):
        left, right = _left(body.code, spot.start()), _right(body.code, spot.end())
        for one, other in ((left, right), (right, left)):
            counter = _reading(one, body.readings)
            if counter:
                yield _Side(spot.start(), counter, one, other, f"{left} {spot[0]} {right}")


def _overflows(side: _Side, body: _Body) -> bool:
    """Whether a condition compares a sum with the very variable that it was made from."""
    base, name = _bare(side.one), _bare(side.other)
    before = body.code[: side.at]
    sums = [found for found in _SET.finditer(before) if found[1] == name]
    if not sums or _path(base) not in body.readings or not _IF.search(before):
        return False
    remade = any(found[1] == base for found in _SET.finditer(before, sums[-1].end()))
    return not remade and base in map(str.strip, _summands(sums[-1][2]))


def _is_helped(side: _Side, code: str) -> bool:
    """Whether the two instants are also given to a function, which can compare them by sign."""
    one, other = (re.escape(_bare(text)) for text in (side.one, side.other))
    return bool(re.search(rf"\(\s*(?:{one}\s*,\s*{other}|{other}\s*,\s*{one})\s*\)", code))


def _is_sum(text: str, plain: set[str]) -> bool:
    """Whether an operand is a start plus a time. Where the start is compared by itself as well,
    the code looks after the wrap."""
    parts = _summands(text)
    starts = {_path(p) for p in parts if _NAME.fullmatch(p) and any(c.islower() for c in p)}
    return len(parts) > 1 and bool(starts) and not starts & plain


def _is_deadline(text: str, body: _Body, shared: dict[str, str]) -> bool:
    name = _path(_bare(text))
    if name in body.deadlines:
        return True
    return name not in body.own and _shared(name) in shared


def _left(code: str, end: int) -> str:
    """The operand that ends before a comparison."""
    depth, at = 0, end
    least = max(0, end - _MAX_OPERAND)
    while at > least:
        mark = code[at - 1]
        if mark in ")]":
            depth += 1
        elif mark in "([":
            if depth == 0:
                break
            depth -= 1
        at -= 1
    text = code[at:end]
    stops = [found.end() for found in _STOP.finditer(text) if _depth(text, found.start()) == 0]
    return text[max(stops, default=0) :].strip()


def _right(code: str, start: int) -> str:
    """The operand that begins after a comparison."""
    end = closing(code, start, _MAX_OPERAND)
    text = code[start:end]
    stops = [found.start() for found in _STOP.finditer(text) if _depth(text, found.start()) == 0]
    return text[: min(stops, default=len(text))].strip()


def _depth(text: str, at: int) -> int:
    return sum((mark in "([") - (mark in ")]") for mark in text[:at])
