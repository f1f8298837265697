"""Symbols of linker scripts that name a stack's size, and whether anything reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import linkerscript, stack_symbols
from pitfalls.formats.linkerscript import Assignment, Command, OutputSection, Region
from pitfalls.formats.stack_symbols import SymbolMentions
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout
from pitfalls.views.link_script import LinkScript
from pitfalls.views.linkerscripts import LinkerScripts

SYMBOL_MENTIONS = Selection(
    name="stack symbols in code",
    type=SymbolMentions,
    parse=stack_symbols.parse,
    names=("*.c", "*.s", "*.S", "*.asm", "*.rs", "*.cpp"),
    needles=(b"_stack_size", b"_Stack_Size", b"_stack_size__"),
)

Use = Literal["section", "expression", "code", "runtime", "none"]

_NAME = re.compile(r"_*(?:min_|main_|hart_|c_)?stack_size_*", re.IGNORECASE)
_READ_BY_RUNTIME = {"_hart_stack_size": "riscv-rt", "_stack_size": "", "_max_hart_id": "riscv-rt"}


@dataclass(frozen=True)
class StackSymbol:
    """``_Min_Stack_Size = 0x2000;``: ``use`` is the strongest use of it, at ``used``."""

    name: str
    place: Place
    size: int | None
    use: Use
    used: Place | None
    script: LinkScript
    subject: str
    platform: str


class StackSymbols(View):
    """The symbols of every script of the tree's own."""

    uses = (SYMBOL_MENTIONS, LinkerScripts, Layout)

    def __init__(self, symbols: Iterable[StackSymbol]) -> None:
        self.symbols = tuple(symbols)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Look for a use in the script itself, then in code, then in known runtimes."""
        layout = source.view(Layout)
        mentioned: dict[str, str] = {}
        for file in source.facts(SYMBOL_MENTIONS):
            for name in file.facts.names:
                mentioned.setdefault(name, file.path)
        return cls(
            symbol
            for script in source.view(LinkerScripts).scripts
            for symbol in _symbols(script, mentioned, layout)
        )


def _symbols(
    script: LinkScript, mentioned: dict[str, str], layout: Layout
) -> Iterator[StackSymbol]:
    for path, item in script.items:
        # A PROVIDE is defined only when something refers to it.
        if (
            not isinstance(item, Assignment)
            or item.macro
            or item.weak
            or not _NAME.fullmatch(item.name)
        ):
            continue
        use, used = _use(item, script)
        if use == "none" and _is_other_name(item, script):
            continue
        if use in ("none", "expression") and item.name in mentioned:
            use, used = "code", Place(mentioned[item.name])
        if use == "none" and _READ_BY_RUNTIME.get(item.name, "") == "riscv-rt":
            use = "runtime"
        size = linkerscript.evaluate(item.value, {})
        yield StackSymbol(
            item.name, Place(path, item.line), size, use, used, script,
            layout.subject_of(path), layout.platform_of(path),
        )  # fmt: skip


def _is_other_name(symbol: Assignment, script: LinkScript) -> bool:
    """Whether a symbol is only another name of one that is used."""
    others = (other for _, other in script.items if isinstance(other, Assignment))
    return any(
        symbol.value == (f"${other.name}",) and _use(other, script)[0] == "section"
        for other in others
    )


def _use(symbol: Assignment, script: LinkScript) -> tuple[Use, Place | None]:
    """A section or an ASSERT before a mere expression."""
    wanted = f"${symbol.name}"
    found: tuple[Use, Place | None] = ("none", None)
    for path, item in script.items:
        if item is symbol:
            continue
        place = Place(path, item.line)
        if isinstance(item, Command) and re.search(
            rf"\b{re.escape(symbol.name)}\b", item.arguments
        ):
            return "section", place
        if isinstance(item, Assignment) and wanted in item.value:
            if item.name == "." or item.section:
                return "section", place
            found = ("expression", place)
        elif (isinstance(item, OutputSection) and wanted in item.address) or (
            isinstance(item, Region) and wanted in (*item.origin, *item.length)
        ):
            return "section", place
    return found
