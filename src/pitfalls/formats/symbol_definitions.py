"""Where a file defines a symbol of the preprocessor: by ``#define``, or for the compiler."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_lines import Branches, logical_lines

_COMMENT = re.compile(r"(?m)^[ \t]*(?:#|//)[^\n]*|[ \t]#[^\n\"']*$")
_COMMAND = re.compile(
    r"\b(?:\w*definitions?|\w*defines?|CPPDEFINES|DEFS)\b[^()\n\[=]{0,40}[(\[=]", re.I
)


class SymbolDefinition(msgspec.Struct, frozen=True):
    """``value`` is ``1`` where none is written; ``conditional``: whether something decides whether
    the line counts."""

    value: str
    line: int
    conditional: bool


def of_header(data: bytes, name: str) -> Iterator[SymbolDefinition]:
    """``#define NAME [value]``."""
    text = decode(data)
    branches: Branches | None = None
    for line, row in logical_lines(text):
        found = re.match(rf"\s*#\s*define\s+{name}(?![\w(])(.*)", row)
        if found:
            branches = branches or Branches(text)
            own = (f"!defined({name})", f"!(defined({name}))")
            around = [c for c in branches.at(line) if c not in own]
            yield SymbolDefinition(found[1].strip() or "1", line, bool(around))


def of_build(data: bytes, name: str) -> Iterator[SymbolDefinition]:
    """``-DNAME[=value]``, CMake's definition commands, ``.define("NAME", …)``, lists of names."""
    text = _COMMENT.sub("", decode(data).replace("\r\n", "\n"))
    word = rf"{name}(?![\w])(?:\s*=\s*[\"']?([\w.]+))?"
    for found in re.finditer(rf"-D\s?{word}", text):
        yield _made(text, found)
    for found in re.finditer(rf"(?<![\w-]){word}", text):
        opened = list(_COMMAND.finditer(text, max(0, found.start() - 2000), found.start()))
        if opened and not re.search(
            r"[)\]]", text[opened[-1].end() : found.start()].replace("})", "")
        ):
            yield _made(text, found)


def _made(text: str, found: re.Match[str]) -> SymbolDefinition:
    line = text.count("\n", 0, found.start()) + 1
    before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    return SymbolDefinition(found[1] or "1", line, "$<" in before)
