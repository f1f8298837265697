"""errno in C, assembly, Rust and linker scripts: who includes, declares and defines it, who calls
functions of picolibc that keep their state in thread-local storage, and what sets that up."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_lines import Branches
from pitfalls.formats.code_text import Lines, blank


class Spot(msgspec.Struct, frozen=True):
    """A name and its line."""

    name: str
    line: int


class ErrnoCode(msgspec.Struct, frozen=True):
    """One file. Lines are 0 where there is none. ``guards``: it defines an include guard of
    picolibc's errno.h; ``sets_up``: it writes the thread pointer, or calls what does."""

    includes: int
    declares: int
    defines: int
    guards: bool
    sets_up: int
    calls: tuple[Spot, ...]
    functions: tuple[str, ...]


TLS_FUNCTIONS = (
    "strtol", "strtoul", "strtoll", "strtoull", "strtod", "strtof", "wcstol", "wcstoul", "atof",
    "malloc", "calloc", "realloc", "free", "fseek", "ftell", "setenv", "perror", "strsignal",
    "wcrtomb", "mbrtowc", "rand", "srand", "drand48", "srand48", "strtok", "localtime", "asctime",
    "signal", "ecvt", "fcvt", "l64a",
)  # fmt: skip
"""Functions of picolibc's archive whose members hold, or reach, thread-local objects."""

_CALL = re.compile(r"(?<![\w.>:])(" + "|".join(TLS_FUNCTIONS) + r")\s*\(")
_DEFINED = re.compile(
    r"^[ \t]*(?:[A-Za-z_][\w \t*]{0,80}?[ \t*])("
    + "|".join(TLS_FUNCTIONS)
    + r")[ \t]*\([^;{}]{0,200}\)\s*\{",
    re.MULTILINE,
)
_RUST = re.compile(r"extern\s+\"C\"\s+fn\s+(" + "|".join(TLS_FUNCTIONS) + r")\s*\(")
_INCLUDES = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<errno\.h>", re.MULTILINE)
_DECLARES = re.compile(r"^[ \t]*extern[ \t]+int[ \t]+errno[ \t]*;", re.MULTILINE)
_DEFINES = re.compile(r"^(?:volatile[ \t]+)?int[ \t]+errno[ \t]*(?:=[^;\n]{1,20})?;", re.MULTILINE)
_RUST_DEFINES = re.compile(r"\bpub\s+static\s+mut\s+errno\s*:")
_GUARDS = re.compile(r"^[ \t]*#[ \t]*define[ \t]+_{0,2}(?:SYS_)?ERRNO_H_{1,2}\b", re.MULTILINE)
_SETS_UP = re.compile(
    r"\b_set_tls\s*\(|\b_init_tls\s*\(|\bla(?:\.tls\.\w+)?\s+tp\s*,|\bmv\s+tp\s*,|TPIDR_?(?:EL0|URO)"
    r"|\bpicocrt"
)
_REFUSED = re.compile(r"!\s*defined\s*\(?\s*\w+\)?|!\s*\((?:[^()]|\([^()]*\))*\)")
_OTHER_LIBRARY = re.compile(
    r"defined\s*\(?\s*\w*(?:nuttx|linux|unix|posix|zephyr|apple|win32)", re.IGNORECASE
)

# A part of whatever the pattern above finds, without its boundaries, which make a search slow.
_MAY_SET_UP = re.compile(r"_(?:set|init)_tls|tp\s*,|TPIDR|picocrt")


def parse(data: bytes) -> ErrnoCode | None:
    """The facts of one file, None when it has nothing to do with errno or TLS."""
    text = decode(data)
    plain, code = blank(text)
    lines = Lines(plain)

    def at(pattern: re.Pattern[str], word: str, where: str = plain) -> int:
        found = pattern.search(where) if word in where else None
        return lines.at(found.start()) if found else 0

    functions = tuple(sorted({*_DEFINED.findall(code), *_RUST.findall(plain)}))
    calls = tuple(
        Spot(m[1], lines.at(m.start())) for m in _CALL.finditer(code) if m[1] not in functions
    )[:50]
    facts = ErrnoCode(
        _included(plain, lines), at(_DECLARES, "errno", code),
        at(_DEFINES, "errno", code) or at(_RUST_DEFINES, "errno", code),
        "ERRNO_H" in plain and _GUARDS.search(plain) is not None,
        at(_SETS_UP, "", code) if _MAY_SET_UP.search(code) else 0, calls, functions,
    )  # fmt: skip
    told = (facts.includes, facts.declares, facts.defines, facts.sets_up, calls, functions)
    return facts if any(told) else None


def _included(plain: str, lines: Lines) -> int:
    """The first line that includes errno.h, but for branches of systems with another library."""
    found = [lines.at(m.start()) for m in _INCLUDES.finditer(plain)] if "<errno.h>" in plain else []
    branches = Branches(plain) if found else None
    for line in found:
        if branches is None or not any(_is_elsewhere(text) for text in branches.at(line)):
            return line
    return 0


def _is_elsewhere(condition: str) -> bool:
    """Whether a condition asks for a system that brings a C library of its own."""
    asked = _REFUSED.sub("", condition)
    return "||" not in asked and _OTHER_LIBRARY.search(asked) is not None
