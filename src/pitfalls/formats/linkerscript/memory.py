"""The memory regions that a sequence of items declares, with their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from pitfalls.formats.linkerscript.expressions import evaluate
from pitfalls.formats.linkerscript.facts import Assignment, Item, Region

MAX_PASSES = 8
"""Symbols may refer to later ones and to regions; that many rounds settle any real script."""


class Memory(msgspec.Struct, frozen=True):
    """A region as declared, in bytes; None for what cannot be told from the script."""

    region: Region
    origin: int | None
    length: int | None

    @property
    def end(self) -> int | None:
        """The first address behind it."""
        if self.origin is None or self.length is None:
            return None
        return self.origin + self.length

    def overlaps(self, start: int, length: int) -> bool:
        """Whether any of its bytes lies in ``length`` bytes from ``start``; no when unknown."""
        if self.origin is None or self.end is None:
            return False
        return self.origin < start + length and start < self.end


def memory_of(items: Sequence[Item]) -> tuple[Memory, ...]:
    """Every region of ``items``, in order, evaluated with the symbols that are set there."""
    symbols: dict[str, int] = {}
    regions = [item for item in items if isinstance(item, Region)]
    known: dict[str, tuple[int | None, int | None]] = {}

    def region(name: str) -> tuple[int | None, int | None]:
        return known.get(name, (None, None))

    for _ in range(MAX_PASSES):
        before = (dict(symbols), dict(known))
        symbols.update(_symbols(items, symbols, known))
        known = {
            r.name: (evaluate(r.origin, symbols, region), evaluate(r.length, symbols, region))
            for r in regions
        }
        if (symbols, known) == before:
            break
    return tuple(
        Memory(r, evaluate(r.origin, symbols, region), evaluate(r.length, symbols, region))
        for r in regions
    )


def _symbols(
    items: Iterable[Item],
    symbols: dict[str, int],
    regions: dict[str, tuple[int | None, int | None]],
) -> dict[str, int]:
    """The symbols with a constant value: the last plain assignment holds, a PROVIDE only where
    nothing else sets it; one that is set in different ways under conditions is not known."""
    found: dict[str, int] = {}
    dropped: set[str] = set()
    weak: dict[str, int] = {}
    for item in items:
        if not isinstance(item, Assignment) or item.section or item.name == ".":
            continue
        value = evaluate(item.value, symbols, lambda name: regions.get(name, (None, None)))
        if value is None or item.operator != "=":
            dropped.add(item.name)
        elif item.weak:
            weak.setdefault(item.name, value)
        elif item.conditional and found.get(item.name, value) != value:
            dropped.add(item.name)
        else:
            found[item.name] = value
    return {name: value for name, value in (weak | found).items() if name not in dropped}
