"""Scatter files: how Arm's linker is told where memory is and what goes there.

The facts are those of a GNU script, so that one view can place objects under either. Arm's linker
chooses by the kind of a section (``+RW``, ``+ZI``) where GNU ld chooses by its name, and takes the
most precise selector, not the first: selectors are put in that order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pitfalls.formats import decode
from pitfalls.formats.linkerscript import InputPattern, Item, LinkerScript, OutputSection, Region

_NOISE = re.compile(r";[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z)|^[ \t]*#[^\n]*", re.DOTALL | re.MULTILINE)
_TOKEN = re.compile(r"[{}]|\([^()]*\)|[^\s{}()]+")
_DEFINE = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+\(?(0[xX][0-9a-fA-F]+|\d+)\)?[ \t]*$", re.M
)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|\d+")
CONSTANTS = (".text*", ".rodata*", ".constdata*")
"""What ``+RO`` takes: code and constants."""

_KINDS = {
    "+RO": CONSTANTS, "+RO-CODE": (".text*",), "+RO-DATA": CONSTANTS[1:], "+CODE": (".text*",),
    "+CONST": CONSTANTS[1:], "+RW": (".data*",), "+RW-DATA": (".data*",), "+DATA": (".data*",),
    "+ZI": (".bss*",), "+BSS": (".bss*",),
}  # fmt: skip


class _Token(NamedTuple):
    text: str
    line: int


def parse(data: bytes) -> tuple[LinkerScript, ...]:
    """What the file may do, one script each: where several regions take any variable (``.ANY``),
    the linker chooses among them."""
    source = decode(data).replace("\r\n", "\n")
    text = _NOISE.sub(lambda m: "\n" * m[0].count("\n"), source)
    defined = _DEFINE.findall(source)
    ambiguous = {name for name, value in defined if (name, value) != (name, dict(defined)[name])}
    macros = {name: value for name, value in defined if name not in ambiguous}
    regions = list(_regions(_tokens(text, macros)))
    takers: list[_Region | None] = [region for region in regions if region.takes_any]
    return tuple(_script(regions, taker) for taker in takers or [None] if regions)


class _Region(NamedTuple):
    """An execution region; selectors are ``(rank, pattern)``, the most precise have rank 0."""

    name: str
    origin: str
    length: str
    line: int
    selectors: list[tuple[int, InputPattern]]

    @property
    def takes_any(self) -> bool:
        return any(rank == 3 and "*" in pattern.sections for rank, pattern in self.selectors)


def _tokens(text: str, macros: dict[str, str]) -> list[_Token]:
    """The words of a file, names of numbers replaced."""
    found, line, at = [], 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        found.append(_Token(macros.get(match[0], match[0]), line))
    return found


def _regions(tokens: list[_Token]) -> Iterator[_Region]:
    """The blocks of the second level; the first are load regions."""
    depth, head, region = 0, list[_Token](), None
    for number, token in enumerate(tokens):
        if token.text == "{":
            depth += 1
            region = _region(head) if depth == 2 and head else None
            head = []
        elif token.text == "}":
            if region is not None:
                yield region
            depth, head, region = max(0, depth - 1), [], None
        elif region is None:
            head.append(token)
        elif token.text.startswith("(") and number:
            region.selectors.append(_selector(tokens[number - 1], token))


def _region(head: list[_Token]) -> _Region:
    """``RW_IRAM1 0x20000000 UNINIT 0x20000``: the name, the address, and the size behind it."""
    name, rest = head[0], [token.text for token in head[1:]]
    origin = rest[0] if rest and _NUMBER.fullmatch(rest[0]) else ""
    sizes = [text for text in rest[1:] if _NUMBER.fullmatch(text)]
    return _Region(name.text, origin, sizes[-1] if sizes else "", name.line, [])


def _selector(files: _Token, choice: _Token) -> tuple[int, InputPattern]:
    words = choice.text.strip("()").replace(",", " ").split()
    kinds = {word.upper() for word in words} & _KINDS.keys()
    names = tuple(word for word in words if word[0] not in "+!\"'")
    if kinds & {"+RW", "+DATA"} and kinds & {"+ZI", "+BSS"}:
        names += ("*",)  # every variable, whatever its section is called
    else:
        names += tuple(glob for kind in sorted(kinds) for glob in _KINDS[kind])
    any_file = files.text.upper().startswith(".ANY")
    pattern = InputPattern("*" if any_file else files.text, names, files.line)
    if not kinds:
        return 0, pattern
    return (3 if any_file else 2 if files.text == "*" else 1), pattern


def _script(regions: list[_Region], taker: _Region | None) -> LinkerScript:
    """The script in which ``taker`` gets what any region may have."""
    rows = [
        (rank, region, pattern)
        for region in regions
        for rank, pattern in region.selectors
        if rank < 3 or region is taker or not region.takes_any
    ]
    rows.sort(key=lambda row: (row[0], "*" in row[2].sections))
    items: list[Item] = [
        Region(r.name, "", _expression(r.origin), _expression(r.length), r.line) for r in regions
    ]
    items += [
        OutputSection(region.name, (pattern,), pattern.line, pattern.line, region.name)
        for _, region, pattern in rows
    ]
    last = regions[-1].line
    # What no selector takes by its name may be taken by its kind, which a name does not tell.
    items.append(OutputSection("", (InputPattern("*", ("*",), last),), last, last))
    return LinkerScript(tuple(items))


def _expression(number: str) -> tuple[str, ...]:
    return (str(int(number, 0)),) if number else ()
