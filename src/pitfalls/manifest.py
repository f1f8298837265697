"""What is remembered of one target between runs.

The :class:`Summary` is all that a run needs in which nothing changed. The :class:`Manifest` tells,
when something did, which files changed and which facts came of every file, so that only those are
read again; a file that is edited and yields the same facts makes no check run again. Both are
written together, and replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import msgspec

from pitfalls.source import SEARCH, Selection, held_by
from pitfalls.tree import content_id

T = TypeVar("T")

Found = dict[str, tuple[str, str]]
"""Path -> content id and facts id, for the files in which a selection found anything."""


class Known(msgspec.Struct, frozen=True):
    """A selection without its code: it can be asked about, and its parser imported when needed."""

    names: tuple[str, ...]
    needles: tuple[bytes, ...]
    max_bytes: int
    pinned: bool
    parser: tuple[str, str]

    @classmethod
    def of(cls, selection: Selection[Any]) -> Known:
        """What is to be remembered of ``selection``."""
        module = getattr(selection.parse, "__module__", "")
        name = getattr(selection.parse, "__qualname__", "")
        importable = module.startswith("pitfalls.") and name.isidentifier()
        parser = (module, name) if importable else ("", "")
        s = selection
        return cls(s.names, s.needles, s.max_bytes, s.pinned, parser)

    def selection(self, name: str) -> Selection[Any] | None:
        """The selection again, its parser imported at its first use; None when it cannot be."""
        parse: Callable[[bytes], Any]
        if name.startswith(SEARCH):
            parse = held_by(self.needles)
        elif self.parser[0]:
            parse = _imported(*self.parser)
        else:
            return None
        return Selection(name, object, parse, self.names, self.needles, self.max_bytes)


@cache  # selections that share a parser share it here, too
def _imported(module: str, name: str) -> Callable[[bytes], Any]:
    def parse(data: bytes) -> Any:
        return getattr(import_module(module), name)(data)

    return parse


class Rows(msgspec.Struct):
    """What one selection found, and the paths that it has to look at again."""

    found: Found
    stale: list[str]

    @property
    def digest(self) -> str:
        """Names all facts of the selection with their paths."""
        rows = (f"{path}\0{self.found[path][1]}" for path in sorted(self.found))
        return content_id("\n".join(rows).encode(errors="replace"))


class Manifest(msgspec.Struct):
    """``files``: path -> stamp and content id (empty while nobody read the file)."""

    files: dict[str, tuple[str, str]] = {}
    selections: dict[str, Known] = {}
    rows: dict[str, Rows] = {}


class Summary(msgspec.Struct):
    """``results`` hold while the target is in ``state``; ``pinned`` is what was found by the
    selections that every run asks for."""

    state: str = ""
    results: set[str] = set()
    pinned: dict[str, Found] = {}


def decode(stored: bytes | None, kind: type[T]) -> T:
    """The record, or an empty one when it is missing or damaged."""
    try:
        return msgspec.msgpack.decode(stored, type=kind) if stored is not None else kind()
    except msgspec.DecodeError:
        return kind()
