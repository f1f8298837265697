"""What the functions and macros of a file do to let the CPU sleep, and whom they call for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_lines import Branches
from pitfalls.formats.code_text import Lines, Text, blank, c_functions, closing, rust_functions
from pitfalls.formats.sleep_words import sleep_word

HOOK = "vApplicationIdleHook"
"""FreeRTOS's idle hook."""

_HOOK = re.compile(rf"\b{HOOK}\s*\(\s*(?:void)?\s*\)\s*(?:->\s*\(\)\s*)?\{{")
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(.*)", re.MULTILINE)
_CALLED = re.compile(r"(?<![\w!])(\w+)\s*\(")
_DIRECTIVE = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
_WORDS = frozenset(
    {"if", "while", "for", "switch", "return", "sizeof", "defined", "match", "unsafe", "asm",
     "__asm", "__asm__", "volatile", "Some", "Ok", "fn", "loop", "void", "static"}
)  # fmt: skip
MAX_BODY = 20_000
"""Characters of a body that is cut out of a string."""


class Body(msgspec.Struct, frozen=True):
    """A function or macro. ``sleeps`` is the word that lets the CPU sleep, empty for none;
    ``conditions`` the ``#if`` in the body that the word stands under; ``calls`` whom it calls."""

    name: str
    line: int
    sleeps: str
    conditions: tuple[str, ...]
    calls: tuple[str, ...]


class RestBodies(msgspec.Struct, frozen=True):
    """The bodies of one file."""

    bodies: tuple[Body, ...]


def parse(data: bytes) -> RestBodies | None:
    """Every function and macro of a file, None when it has none."""
    text = decode(data)
    found = tuple(_bodies(blank(text), Branches(text)))
    return RestBodies(found) if found else None


def parse_hook(data: bytes) -> Body | None:
    """FreeRTOS's idle hook, in C, in Rust, or in C text inside Rust; None when the file only
    declares or mentions it."""
    text = decode(data)
    own = [b for b in _bodies(blank(text), Branches(text)) if b.name == HOOK]
    if own:
        return own[0]
    found = _HOOK.search(blank(text).plain)
    if found is None or blank(text).code[found.start() : found.end()].strip():
        return None
    piece = text[found.start() : closing(text, found.end(), MAX_BODY) + 1]
    inner = next(_bodies(blank("void " + piece), Branches(piece)), None)
    line = text.count("\n", 0, found.start()) + 1
    return msgspec.structs.replace(inner, line=line) if inner is not None else None


def _bodies(text: Text, branches: Branches) -> Iterator[Body]:
    lines = Lines(text.code)
    spans = [(s.name, s.start, s.opened + 1, s.closed)
             for s in (*c_functions(text), *rust_functions(text))]  # fmt: skip
    spans += [(m[1], m.start(), *m.span(2)) for m in _MACRO.finditer(text.plain)]
    for name, start, opened, closed in spans:
        outer = branches.at(lines.at(start))
        if "0" in outer:
            continue
        word = sleep_word(text, opened, closed)
        inner = branches.at(lines.at(word[1]))[len(outer) :] if word else ()
        code = _DIRECTIVE.sub("", text.code[opened:closed])
        calls = dict.fromkeys(n for n in _CALLED.findall(code) if n not in _WORDS)
        yield Body(name, lines.at(start), word[0] if word else "", inner, tuple(calls))
