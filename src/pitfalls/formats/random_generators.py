"""Generators of random numbers that a platform keeps in a static, and the calls that seed them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, c_functions, rust_functions


class Generator(msgspec.Struct, frozen=True):
    """A static that begins at ``start`` at every boot and moves only when a number is drawn.

    ``seeder`` is the function of the same file that sets it to its argument, empty when there is
    none; ``serves`` the function that hands its numbers to zenoh-pico. A program of an operating
    system with processes has none.
    """

    state: str
    start: str
    line: int
    seeder: str
    serves: str


class Generators(msgspec.Struct, frozen=True):
    """The facts of one file; ``seeds`` are the calls of functions that are named like a seeder."""

    generators: tuple[Generator, ...] = ()
    seeds: tuple[str, ...] = ()


_NAME = r"\w*(?:rng|rand|xorshift|lfsr)\w*"
_NUMBER = r"(0[xX][\da-fA-F_]+|\d[\d_]*)"
_RUST_STATE = re.compile(
    rf"\bstatic\s+(?:mut\s+)?({_NAME})\s*:\s*(?:\w+::)*(?:Atomic)?[uU](?:32|64)\s*=\s*"
    rf"(?:(?:\w+::)*Atomic\w+::new\(\s*)?{_NUMBER}",
    re.IGNORECASE,
)
_C_STATE = re.compile(
    rf"^static\s+(?:volatile\s+)?(?:u?int(?:32|64)_t|unsigned(?:\s+(?:int|long))?)\s+({_NAME})\s*="
    rf"\s*{_NUMBER}[uUlL]*\s*;",
    re.IGNORECASE | re.MULTILINE,
)
_SERVES = re.compile(r"(?:z_|\w*platform_)?random_(?:u8|u16|u32|u64|fill)")
_HOSTED = re.compile(
    r"#\s*include\s*<(?:unistd|pthread|sched|sys/random)\.h>|\bstd::(?:process|time)\b"
)
_SEEDED = re.compile(r"(?<!fn )(?<!void )(?<![\w.:])((?:\w+::)*\w*seed\w*)\s*\(")
_CALLED = re.compile(r"\b(\w+)\s*\(")
_MIXING = re.compile(
    r"wrapping_\w+|rotate_\w+|load|store|get|set|swap|if|while|for|return|sizeof|addr_of(?:_mut)?"
    r"|read|write|u?int\d+_t|u\d+"
)


def parse_rust(data: bytes) -> Generators | None:
    """The facts of a Rust file, None when it has none."""
    text = blank(decode(data))
    return _facts(text, _RUST_STATE, rust_functions(text))


def parse_c(data: bytes) -> Generators | None:
    """The facts of a C file, None when it has none."""
    text = blank(decode(data))
    return _facts(text, _C_STATE, c_functions(text))


def _facts(text: Text, state: re.Pattern[str], spans: list[Span]) -> Generators | None:
    found = tuple(_generators(text.code, state, spans))
    seeds = {_with_use(call, text.code) for call in _SEEDED.findall(text.code)}
    return Generators(found, tuple(sorted(seeds))) if found or seeds else None


def _with_use(call: str, code: str) -> str:
    """The path of a call with what a `use` puts before it: ``random::seed`` of
    ``use board::random;`` is ``board::random::seed``."""
    first = call.partition("::")[0]
    used = re.search(rf"\buse\s+((?:\w+::)+)(?:\{{[^{{}};]*)?\b{first}\s*[;,}}]", code)
    if used is not None:
        return used[1] + call
    renamed = re.search(rf"\buse\s+(\w+(?:::\w+)*)\s+as\s+{first}\b", code)
    return renamed[1] + call.removeprefix(first) if renamed is not None else call


def _generators(code: str, state: re.Pattern[str], spans: list[Span]) -> Iterator[Generator]:
    serves = next((span.name for span in spans if _SERVES.fullmatch(span.name)), "")
    if _HOSTED.search(code):
        return
    for one in state.finditer(code) if serves else ():
        word = re.compile(rf"\b{one[1]}\b")
        users = [span for span in spans if word.search(code, span.opened, span.closed)]
        sets = re.compile(rf"\b{one[1]}\s*(?:[-+*^|&]?=(?!=)|\.(?:store|swap)\s*\()")
        setters = [span for span in users if sets.search(code, span.opened, span.closed)]
        told = [span for span in setters if _is_told(span)]
        drawn = [span for span in setters if not _is_told(span)]
        if drawn and len(told) <= 1 and all(_only_mixes(code, span, users) for span in drawn):
            seeder = told[0].name if told else ""
            yield Generator(one[1], one[2], Lines(code).at(one.start()), seeder, serves)


def _is_told(span: Span) -> bool:
    """Whether a function has a parameter of its own."""
    return bool(re.sub(r"&?\s*(?:mut\s+)?self\b|\bvoid\b|[\s,]", "", span.parameters))


def _only_mixes(code: str, span: Span, users: Iterable[Span]) -> bool:
    """Whether a function reads the state and nothing that could differ between boots."""
    own = {user.name for user in users}
    called = _CALLED.findall(code, span.opened, span.closed)
    return all(name in own or _MIXING.fullmatch(name) for name in called)
