"""One heap, with the requirement that it is held against."""

from __future__ import annotations

from dataclasses import dataclass

from pitfalls.model import Place, Related
from pitfalls.views.heap_rows import HeapRow


@dataclass(frozen=True)
class Net:
    """What is left of a kernel's heap after the stacks that are drawn from it: ``left`` is None
    when one of them, ``missing``, is not known."""

    left: int | None
    missing: str
    drawn: tuple[Related, ...]


@dataclass(frozen=True)
class Heap:
    """``size`` in bytes, None when ``missing`` would have to tell it; ``how`` is the way from
    z_malloc to this heap. ``net`` is worked out where a row knows a net floor."""

    row: HeapRow
    name: str
    size: int | None
    place: Place
    subject: str
    platform: str
    how: str = ""
    missing: str = ""
    chain: tuple[Related, ...] = ()
    net: Net | None = None

    @property
    def shown(self) -> str:
        """``HEAP has 65536 bytes (z_malloc)``."""
        if self.size is None:
            return f"{self.name}: {self.missing} would tell its size"
        return f"{self.name} has {self.size} bytes" + (f" ({self.how})" if self.how else "")
