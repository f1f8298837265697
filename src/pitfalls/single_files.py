"""What a view asks about single files, once it has found out which of them matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from pitfalls.cache import Cache
from pitfalls.reading import ABSENT, FACTS, FORK_PARSED_BYTES, STATES, Job, examine, perform
from pitfalls.source import MAX_BYTES, Selection
from pitfalls.tree import content_id

if TYPE_CHECKING:
    from pitfalls.formats.code_text import Text
    from pitfalls.index import Index

T = TypeVar("T")


class SingleFiles:
    """Answers about one file of the target at a time, and names for them."""

    def __init__(self, index: Index, cache: Cache) -> None:
        self._index = index
        self._cache = cache

    def fact(self, selection: Selection[T], path: str) -> T | None:
        """The facts of one file, parsed now when its content is new."""
        self._index.know(selection)
        stored = self._stored(selection, path)
        if not stored.startswith(FACTS.encode()):
            return None
        try:
            return msgspec.msgpack.decode(stored[1:], type=selection.type)
        except msgspec.DecodeError:  # the cache is damaged: parse again
            return selection.parse(self._index.read(path) or b"")

    def fact_id(self, selection_name: str, path: str) -> str:
        """Names what :meth:`fact` finds; empty when there is no such file or selection."""
        selection = self._index.known(selection_name)
        stored = self._stored(selection, path) if selection is not None else b""
        return facts_id(stored) if stored else ""

    def parse_ahead(self, selection: Selection[Any], paths: Iterable[str]) -> None:
        """Parse many files for which :meth:`fact` will be asked, on several cores if that pays."""
        index = self._index
        keys = {index.key(selection.name, index.id_of(path)): path for path in paths}
        missing = keys.keys() - self._cache.get_many(keys).keys()
        jobs = [Job(keys[k], index.files[keys[k]].size, (selection.name,))
                for k in sorted(missing) if keys[k] in index.files]  # fmt: skip
        if len(jobs) < 2:
            return
        wanted = {selection.name: selection}
        for outcome in perform(index.tree, jobs, wanted, FORK_PARSED_BYTES):
            content = index.learn_id(outcome.path, outcome.content)
            state, value = outcome.found.get(selection.name, (ABSENT, b""))
            self._cache.put_many({index.key(selection.name, content): state.encode() + value})

    def matches(self, path: str, pattern: bytes) -> bool:
        """Whether the regular expression ``pattern`` is found in a file."""
        return re.search(pattern, self._index.read(path) or b"") is not None

    def code(self, path: str) -> tuple[Text, str]:
        """A file of C, C++ or Rust without its comments, as :meth:`Source.code` tells, and a name
        for it."""
        from pitfalls.formats import code_text, decode

        text = code_text.blank(decode((self._index.read(path) or b"")[:MAX_BYTES]))
        return text, content_id(text.plain.rstrip().encode(errors="replace"))

    def _stored(self, selection: Selection[Any], path: str) -> bytes:
        """What one file holds for a selection, as it is kept; empty when there is no such file."""
        content = self._index.id_of(path)
        if not content:
            return b""
        key = self._index.key(selection.name, content)
        stored = self._cache.get(key)
        if stored is None or not stored.startswith(STATES):
            data = self._index.read(path) or b""
            state, value = examine(selection, data) if selection.wants(data) else (ABSENT, b"")
            stored = state.encode() + value
            self._cache.put_many({key: stored})
        return stored


def facts_id(stored: bytes) -> str:
    """The state's letter and a name for what was found."""
    return chr(stored[0]) + content_id(stored[1:])[:16]
