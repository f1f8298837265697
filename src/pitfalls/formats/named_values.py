"""What a file gives a name as its number: macros, enumerators and constants of C, ``-D`` of build
files, constants and enumerations of Rust."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from pitfalls.formats import decode
from pitfalls.formats.c_lines import logical_lines
from pitfalls.formats.code_text import blank

_ENUM = re.compile(r"\benum\b(?:\s+(?:class|struct))?[^;{}()]{0,100}\{([^{}]*)\}")
_MEMBER = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:=([^,]*))?(?:,|$)")
_MAX_MEMBERS = 200

Given = Iterator[tuple[str, int]]


def enumerators(text: str) -> dict[str, tuple[str, int]]:
    """The members of all enumerations of C text without comments: name -> (expression, line). One
    without a value of its own counts on from the last that has one."""
    found: dict[str, tuple[str, int]] = {}
    for listed in _ENUM.finditer(text):
        base, steps = "", -1
        members = list(_MEMBER.finditer(listed[1]))[:_MAX_MEMBERS]
        if any(one.end() != other.start() for one, other in pairwise(members)):
            continue  # attributes or macros between the members
        for member in members:
            own = " ".join((member[2] or "").split())
            base, steps = (own, 0) if own else (base, steps + 1)
            line = text.count("\n", 0, listed.start(1) + member.start(1)) + 1
            found[member[1]] = (_counted(base, steps), line)
    return found


def _counted(base: str, steps: int) -> str:
    if not base:
        return str(steps)
    return f"({base}) + {steps}" if steps else base


def of_header(data: bytes, name: str) -> Given:
    """``#define NAME x``, a member of an enumeration, ``static const T NAME = x;``."""
    text = decode(data)
    for line, row in logical_lines(text):
        defined = re.match(rf"\s*#\s*define\s+{re.escape(name)}[ \t]+(\S.*)", row)
        if defined:
            yield " ".join(defined[1].split()), line
    plain = blank(text).code
    if name in plain and (member := enumerators(plain).get(name)):
        yield member
    yield from _matched(
        plain,
        rf"\b(?:const|constexpr)\b[\w\s]{{1,60}}\b{re.escape(name)}\s*=\s*([^;{{}}]{{1,200}});",
    )


def of_build(data: bytes, name: str) -> Given:
    """``-DNAME=x``, ``target_compile_definitions(t PRIVATE NAME=x)``, ``.define("NAME", "x")``."""
    word = re.escape(name)
    text = re.sub(r"(?m)^[ \t]*(?:#|//)[^\n]*", "", decode(data).replace("\r\n", "\n"))
    yield from _matched(
        text, rf"(?:(?<=[\s(;\"'])|(?<=-D))\s?{word}=[\"']?(\d[\w.]*|\(\d[^()\"']*\))"
    )
    yield from _matched(text, rf"\.define\(\s*\"{word}\"\s*,\s*(?:Some\(\s*)?\"(\d[^\"]*)\"")


def of_rust(data: bytes, name: str) -> Given:
    """``const NAME: T = x;`` and ``Name = x`` of an enumeration."""
    word = re.escape(name)
    plain = blank(decode(data)).code
    yield from _matched(
        plain, rf"\b(?:const|static)\s+{word}\s*:\s*[\w:]+\s*=\s*([^;{{}}]{{1,200}});"
    )
    if name[:1].isupper() and not name.isupper():
        yield from _matched(plain, rf"[{{,]\s*{word}\s*=\s*(\d\w*)\s*(?=[,}}])")


def _matched(text: str, pattern: str) -> Given:
    for found in re.finditer(pattern, text):
        yield " ".join(found[1].split()), text.count("\n", 0, found.start(1)) + 1


READERS: dict[str, Callable[[bytes, str], Given]] = {
    "header": of_header,
    "build": of_build,
    "Rust": of_rust,
}
