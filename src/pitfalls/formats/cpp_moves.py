"""C++ classes that hand `this` to a C function together with a callback, and whether an object of
such a class can be copied or moved. Lexical.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, blank, braces

_THIS = re.compile(
    r"(?<=[(,])\s*(?:static_cast<\s*void\s*\*\s*>\(\s*this\s*\)|\(\s*void\s*\*\s*\)\s*this|this)"
    r"\s*(?=[,)])"
)
_CALLEE = re.compile(r"(?<![\w.>:])(?:::)?([a-z]\w*)\s*\Z")
_BACK = re.compile(
    r"::|\[|(?:^|_)(?:cb|on|callback|handler|trampoline|entry|hook|thunk)", re.IGNORECASE
)
_OUTSIDE = re.compile(r"\b(\w+)::(~?\w+)\s*\([^(){};]{0,400}\)[^;{}]{0,400}\{")
_CLASS = re.compile(
    r"\b(?:class|struct)\s+((?:\w+::)*\w+)\s*(?:final\s*)?(?::(?!:)[^;{}()]{0,200})?\{"
)
_METHOD = re.compile(
    r"(?<!\w)((?!(?:catch|for|if|switch|while)\b)~?\w+)\s*\([^(){};]{0,400}\)[^;{}]{0,200}\{"
)
_CALLED = re.compile(r"\b([a-z]\w*)\s*\(")
_REACH = 600


class Registered(msgspec.Struct, frozen=True):
    """``method`` of class ``owner`` hands `this` and a function to ``callee``. A class that is
    written as a member of another keeps that name: ``Outer::Inner``."""

    owner: str
    method: str
    callee: str
    line: int


class Registrations(msgspec.Struct, frozen=True):
    """The registrations of one file."""

    registered: tuple[Registered, ...]


class Member(msgspec.Struct, frozen=True):
    """A copy or move constructor of ``owner``. ``form`` is deleted, defaulted, defined or declared;
    ``calls`` are the functions that its body calls."""

    owner: str
    kind: str
    form: str
    calls: tuple[str, ...]
    line: int


class Members(msgspec.Struct, frozen=True):
    """The copy and move constructors of one file."""

    members: tuple[Member, ...]


def parse_registrations(data: bytes) -> Registrations | None:
    """Where `this` is registered; None when it is nowhere."""
    if b"this" not in data:
        return None
    code = blank(decode(data)).code
    spots = [found.start() for found in _THIS.finditer(code)]
    if not spots:
        return None
    matching = braces(code)
    bodies = [
        (m.end() - 1, matching.get(m.end() - 1, 0), m[1], m[2]) for m in _OUTSIDE.finditer(code)
    ]
    classes = [(m.end() - 1, matching.get(m.end() - 1, 0), m[1]) for m in _CLASS.finditer(code)]
    lines = Lines(code)
    found = []
    for spot in spots:
        call = _call(code, spot)
        if call is None:
            continue
        callee, opened = call
        owner = next(((c, m) for start, end, c, m in bodies if start < spot < end), None)
        if owner is None:
            inner = [(start, c) for start, end, c in classes if start < spot < end]
            if not inner:
                continue
            start, name = inner[-1]
            heads = list(_METHOD.finditer(code, max(start + 1, spot - 4000), spot))
            method = next(
                (h[1] for h in reversed(heads) if matching.get(h.end() - 1, 0) > spot), ""
            )
            owner = (name, method)
        found.append(Registered(owner[0], owner[1], callee, lines.at(opened)))
    return Registrations(tuple(found)) if found else None


def _call(code: str, spot: int) -> tuple[str, int] | None:
    """The function that gets `this`, when another argument looks like a function."""
    depth = 0
    for at in range(spot - 1, max(0, spot - _REACH), -1):
        mark = code[at]
        if mark in ")]}":
            depth += 1
        elif mark in "([{":
            if depth:
                depth -= 1
            elif mark == "(":
                head = _CALLEE.search(code, max(0, at - 80), at)
                if head is None or "_" not in head[1] or head[1].endswith("_cast"):
                    return None
                return (head[1], at) if _BACK.search(code[at + 1 : spot]) else None
            else:
                return None
        elif mark == ";":
            return None
    return None


def parse_members(data: bytes) -> Members | None:
    """The copy and move constructors of a file, in the class or outside; None without any."""
    code = blank(decode(data)).code
    matching = braces(code)
    found = tuple(_members(code, matching, Lines(code)))
    return Members(found) if found else None


_SPECIAL = re.compile(
    r"\b(\w+)\s*\(\s*(?:(const)\s+)?\1\s*(?:const\s*)?(&&?)\s*(?:\w+\s*)?\)\s*(?:noexcept(?:\([^()]{0,80}\))?\s*)?"
)


def _members(code: str, matching: dict[int, int], lines: Lines) -> Iterator[Member]:
    for found in _SPECIAL.finditer(code):
        kind = "move" if found[3] == "&&" else "copy"
        rest = code[found.end() : found.end() + 400]
        calls: tuple[str, ...] = ()
        if re.match(r"=\s*delete\b", rest):
            form = "deleted"
        elif re.match(r"=\s*default\b", rest):
            form = "defaulted"
        elif head := re.match(r"(?::[^;]{0,300}?)?\{", rest):
            form = "defined"
            opened = found.end() + head.end() - 1
            body = code[opened : matching.get(opened, opened + 1)]
            calls = tuple(dict.fromkeys(call[1] for call in _CALLED.finditer(body)))
        else:
            form = "declared"
        yield Member(found[1], kind, form, calls, lines.at(found.start()))
