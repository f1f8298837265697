"""Where a C network stack gets random numbers from: ``LWIP_RAND`` and ``NX_RAND``, the seeding of
``rand()``, and the calls that start the stack; also in C text in raw strings of Rust files."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode, tcp_dials
from pitfalls.formats.code_text import Lines, Span, Text, blank, c_functions
from pitfalls.formats.port_seeds import Seed, c_facts


class RandomMacro(msgspec.Struct, frozen=True):
    """``#define LWIP_RAND() …``."""

    name: str
    text: str
    line: int


class RandomMacros(msgspec.Struct, frozen=True):
    """The macros of one header; ``tcp`` is whether it sets ``LWIP_TCP`` to 0."""

    macros: tuple[RandomMacro, ...]
    tcp_off: bool


class StackStart(msgspec.Struct, frozen=True):
    """A call that starts a stack: ``lwip`` or ``netx``. ``within`` is the function that it stands
    in, empty for one that only its own file sees."""

    stack: str
    call: str
    line: int
    within: str = ""


class StackStarts(msgspec.Struct, frozen=True):
    """The starts of one file, the seeds that it gives, whether it calls what dials, and whether it
    is a program (defines ``main``)."""

    starts: tuple[StackStart, ...]
    seeds: tuple[Seed, ...]
    dials: bool
    program: bool = False


_MACRO = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(LWIP_RAND|NX_RAND)\b[ \t]*(?:\([ \t]*\))?(.*)$", re.M
)
_TCP_OFF = re.compile(r"^[ \t]*#[ \t]*define[ \t]+LWIP_TCP[ \t]+\(?0\)?[ \t]*$", re.M)
_START = re.compile(r"(?<![\w.>])(tcpip_init|lwip_init|nx_system_initialize)\s*\(")
_RAW = re.compile(r'\bb?r(#{1,8})"(.*?)"\1', re.DOTALL)


def parse_header(data: bytes) -> RandomMacros | None:
    """The macros of a header, None when it has nothing to say."""
    text = blank(decode(data)).code
    macros = tuple(
        RandomMacro(found[1], " ".join(found[2].split()), text.count("\n", 0, found.start()) + 1)
        for found in _MACRO.finditer(text)
    )
    return RandomMacros(macros, bool(_TCP_OFF.search(text)))


def parse_c(data: bytes) -> StackStarts | None:
    """The starts and seeds of a C file, None when it has none."""
    return _facts(blank(decode(data)))


def parse_rust(data: bytes) -> StackStarts | None:
    """The same for C text in the raw strings of a Rust file, at the file's own lines."""
    text = decode(data)
    found = [
        facts
        for raw in _RAW.finditer(text)
        if _START.search(raw[2])
        and (facts := _facts(blank("\n" * text.count("\n", 0, raw.start(2)) + raw[2]))) is not None
    ]
    if not found:
        return None
    return StackStarts(
        tuple(start for facts in found for start in facts.starts),
        tuple(seed for facts in found for seed in facts.seeds),
        any(facts.dials for facts in found),
    )


def _within(functions: list[Span], at: int) -> str:
    """The function around an offset, if other files can call it."""
    around = (s for s in functions if s.opened < at < s.closed)
    return next((s.name for s in around if not re.search(r"\bstatic\b", s.before)), "")


def _facts(text: Text) -> StackStarts | None:
    lines = Lines(text.code)
    functions = c_functions(text)
    stack = [s for s in functions if _START.match(f"{s.name}(")]  # is the stack itself
    starts = tuple(
        StackStart(
            "netx" if found[1].startswith("nx") else "lwip",
            found[1],
            lines.at(found.start()),
            _within(functions, found.start()),
        )
        for found in _START.finditer(text.code)
        if not re.match(r"\s*(?:void|\w+\s+\w+)\s*\)\s*[;{]", text.code[found.end() :])
        and not re.search(r"\b(?:void|extern)\s+$", text.code[: found.start()][-20:])
        and not any(span.opened < found.start() < span.closed for span in stack)
    )
    seeds = c_facts(text)
    if not starts and seeds is None:
        return None
    return StackStarts(
        starts, seeds.seeds if seeds is not None else (), tcp_dials.of(text) is not None,
        bool(tcp_dials.MAIN.search(text.code)),
    )  # fmt: skip
