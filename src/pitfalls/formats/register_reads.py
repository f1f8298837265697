"""Counters that a function reads from a register: by its address, by a structure of the vendor's
header, or by a peripheral access crate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_FIELDS = r"(?:CNT|VALUE|CVR|CURRENT|TCNT|COUNT)"
# SysTick reloads every millisecond and an RTC counts seconds: neither is widened to make a time.
_C = re.compile(
    rf"(?<![\w.>])(?:\w+\s*(?:\.|->)\s*)?(?!SysTick|SYST|RTC)[A-Z]\w*\s*->\s*{_FIELDS}\b(?!\s*=[^=])"
    r"|\b(?:__HAL_TIM_GET_COUNTER|LL_TIM_GetCounter)\s*\([^();]{1,60}\)"
    r"|\*\s*\(\s*(?:const\s+)?(?:volatile|__IO)\s+(?:uint(?:32|16)_t|unsigned(?:\s+int)?|u32)\s*\*\s*\)"
    r"\s*(?:\w+|\([^();]{1,80}\))(?!\s*=[^=])"
)
_RUST = re.compile(
    r"(?:\b(?:core::|std::)?ptr::)?\bread_volatile\s*\((?P<given>[^();]{1,80}|\([^();]{1,60}\)[^();]{1,40})\)"
    r"|\(?(?P<cast>[^();{}=]{1,80}|\([^();]{1,60}\)[^();{}=]{1,40})\)?\s*\.\s*read_volatile\s*\(\s*\)"
    r"|(?:\(\s*\*\s*[\w:]+\s*\(\s*\)\s*\)|\b[a-zA-Z_][\w.:]*)\s*\.\s*(?:cnt|cvr|count|value)\b(?:\(\))?"
    r"\s*\.\s*read\(\)(?:\s*\.\s*\w+\(\))?\s*\.\s*bits\(\)"
)
_C_WORDS = ("->", "volatile", "__IO", "TIM_")
_RUST_WORDS = ("read_volatile", "bits()")
_MACRO = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(\w+)[^\n]{0,80}\bvolatile\b([^\n*]{0,40})\*", re.MULTILINE
)
_NARROW = re.compile(r"\*\s*(?:const|mut)\s+u(?:32|16)\b|\bu(?:32|16)\b")
_VOLATILE = re.compile(r"volatile|__IO")
_TIMER = re.compile(r"(?:LP)?TIM_?(\d+)", re.IGNORECASE)
_MAY_BE_WIDE = frozenset({2, 3, 4, 5, 23, 24})
"""Timers of an STM32 that have 32 bits on some chips; all others have 16."""

_WORD = re.compile(r"(?<![\w.:>'])([a-z_]\w*)\b(?!\s*::)")
_LOCAL = re.compile(
    r"\blet\s+(?:mut\s+)?(\w+)|\b(?:u?int\d+_t|TickType_t|unsigned|int|long|u32_t)\s+(\w+)\s*[=;,]"
)
_PLAIN = frozenset(
    {"return", "const", "volatile", "unsigned", "int", "long", "unsafe", "let", "mut", "as", "cs",
     "static_cast", "u16", "u32", "u64", "i64", "i32", "usize", "u128", "uint16_t", "uint32_t",
     "uint64_t", "int64_t", "z_clock_t", "f32", "f64", "float", "double"}
)  # fmt: skip
_UNITS = (
    (re.compile(r"(?:_|\b)(?:ms|millis)(?:\b|_)"), 1_000),
    (re.compile(r"(?:_|\b)(?:us|micros)(?:\b|_)"), 1_000_000),
    (re.compile(r"(?:_|\b)(?:ns|nanos)(?:\b|_)"), 1_000_000_000),
)
_FACTOR = re.compile(r"[\w)\]]\s*([*/])\s*([\w']+)")
_DIGITS = re.compile(r"(\d[\d_']*)(?:[uUlL]+|u64|u32)?")


class Register(NamedTuple):
    """A counter of ``bits``, at most 32. ``is_alone`` is whether the function uses nothing else, so
    that nothing can account for its wraps."""

    name: str
    bits: int
    hertz: int
    is_alone: bool


class Reads(NamedTuple):
    """A body in which each register reads like a call; ``registers`` by the name of that call,
    ``texts`` what stood there."""

    body: str
    registers: dict[str, Register]
    texts: dict[str, str]


def macros(code: str) -> dict[str, bool]:
    """The macros of a C file that stand for a volatile register -> whether it is narrow."""
    return {name: "64" not in kind for name, kind in _MACRO.findall(code)}


def reads_of(names: Iterable[str]) -> str:
    """The pattern of reads of these macros: where they are not assigned."""
    return rf"\b(?:{'|'.join(map(re.escape, names))})\b(?!\s*[-+|&]?=[^=])"


def read(name: str, body: str, code: str, *, rust: bool, narrow: tuple[str, ...] = ()) -> Reads:
    """The registers of the function ``name``. ``code`` is its whole file, where a Rust constant has
    its type; ``narrow`` macros stand for registers of 32 bits."""
    if not (narrow or any(word in body for word in (_RUST_WORDS if rust else _C_WORDS))):
        return Reads(body, {}, {})
    spots = list(_rust(body, code) if rust else _c(body, narrow))
    calls: dict[str, str] = {}
    parts, end = [], 0
    for start, stop, register in spots:
        call = calls.setdefault(register, f"q{len(calls)}__")
        parts += [body[end:start], f"{call}()", "\n" * body.count("\n", start, stop)]
        end = stop
    new = "".join((*parts, body[end:]))
    alone = len(calls) == 1 and not _others(new, calls)
    hertz = _hertz(name, new)
    registers = {
        call: Register(_short(text), _bits(text, body), hertz, alone)
        for text, call in calls.items()
    }
    return Reads(new, registers, {call: text for text, call in calls.items()})


def _c(body: str, narrow: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    pattern = _C
    if narrow:
        pattern = re.compile(rf"{_C.pattern}|{reads_of(narrow)}")
    for spot in pattern.finditer(body):
        yield spot.start(), spot.end(), "".join(spot[0].split())


def _rust(body: str, code: str) -> Iterator[tuple[int, int, str]]:
    for spot in _RUST.finditer(body):
        given = spot["given"] or spot["cast"]
        if given is None or _is_narrow(given.strip(), code):
            yield spot.start(), spot.end(), " ".join(spot[0].split())


def _is_narrow(pointer: str, code: str) -> bool:
    """Whether a pointer leads to at most 32 bits: by its cast, or by the constant's type."""
    if _NARROW.search(pointer):
        return True
    if not re.fullmatch(r"[A-Z]\w*", pointer):
        return False
    kind = re.search(rf"\b{pointer}\s*:\s*([^=;]{{1,40}})", code)
    return kind is not None and _NARROW.search(kind[1]) is not None


def _others(body: str, calls: dict[str, str]) -> set[str]:
    """The variables and functions of a body that are neither its own nor the register."""
    own = {word for spot in _LOCAL.finditer(body) for word in spot.groups() if word}
    return {word for word in _WORD.findall(body) if word not in _PLAIN} - own - {*calls.values()}


def _short(text: str) -> str:
    return "a volatile register" if _VOLATILE.search(text) else text


def _bits(text: str, body: str) -> int:
    if re.search(r"u(?:int)?16", text):
        return 16
    numbers = {int(n) for n in _TIMER.findall(text)} or {int(n) for n in _TIMER.findall(body)}
    lptim = "LPTIM" in text.upper()
    return 16 if lptim or (numbers and not numbers & _MAY_BE_WIDE) else 32


def _hertz(name: str, body: str) -> int:
    """The rate at which a function's unit comes out right; 0 when a factor is not a number."""
    rate = float(next((hertz for unit, hertz in _UNITS if unit.search(name)), 0))
    for sign, text in _FACTOR.findall(body):
        number = _DIGITS.fullmatch(text)
        factor = int(re.sub(r"[_']", "", number[1])) if number and len(text) < 16 else 0
        if not factor:
            return 0
        rate = rate * factor if sign == "/" else rate / factor
    return round(rate) if "<<" not in body and ">>" not in body else 0
