"""The facts of one target: lists files once, reads each candidate once, parses only what is new.

A manifest per target remembers, for every content that was seen, which selections found facts in
it, and for folders the content that belongs to a file's time and size. With nothing changed a run
reads no file at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from pitfalls.cache import Cache, code_digest
from pitfalls.config import Config
from pitfalls.model import Place, Problem
from pitfalls.reading import ABSENT, FACTS, PROBLEM, Job, Outcome, examine, perform
from pitfalls.source import Listing, Located, Selection, matching
from pitfalls.tree import Tree, content_id

T = TypeVar("T")


class Known(msgspec.Struct, frozen=True):
    """What names the files of a selection, so that it can be asked about without its parser."""

    names: tuple[str, ...]
    needles: tuple[bytes, ...]


class Manifest(msgspec.Struct):
    """What is remembered of a target. ``contents``: file stamp -> content id (folders only);
    ``seen``: selection -> content id -> whether there are facts, a problem, or nothing;
    ``digests``: selection -> digest, which hold while the target is in ``state``."""

    contents: dict[str, tuple[str, str]] = {}
    seen: dict[str, dict[str, str]] = {}
    selections: dict[str, Known] = {}
    state: str = ""
    digests: dict[str, str] = {}


class Index:
    """The facts of one target tree."""

    def __init__(self, tree: Tree, config: Config, cache: Cache) -> None:
        self.tree = tree
        self.config = config
        self._cache = cache
        self.code_digest = code_digest()
        excluded = config.is_excluded
        self.files = {p: e for p, e in tree.files().items() if not excluded(p)}
        self._ids: dict[str, str] = {}
        self._candidates: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._digests: dict[str, str] = {}
        self._decoded: dict[str, list[Located[Any]]] = {}
        self._manifest_name = f"manifest:{self.code_digest}:{tree.key}"
        stored = cache.get(self._manifest_name)
        self._manifest = _decode(stored)
        self._changed = stored is None

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path, sorted."""
        return tuple(self.files)

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.paths)

    @cached_property
    def listing_digest(self) -> str:
        """Names the set of paths and the absent submodules."""
        return content_id("\0".join((*self.paths, "", *self.tree.absent)).encode(errors="replace"))

    @cached_property
    def _state(self) -> str:
        """Names the target as it is now: every path with its stamp."""
        rows = "\n".join(f"{path}\0{entry.stamp}" for path, entry in self.files.items())
        return content_id(rows.encode(errors="replace"))

    def read(self, path: str) -> bytes | None:
        """The bytes of one file."""
        return self.tree.read(path)

    def id_of(self, path: str) -> str:
        """The content id of a file; empty when there is none."""
        known = self._known_id(path)
        if known is not None:
            return known
        data = self.tree.read(path)
        return self._remember_id(path, content_id(data)) if data is not None else ""

    def prepare(self, selections: Iterable[Selection[Any]]) -> None:
        """Read and parse whatever the selections need and is not known yet, each file once."""
        wanted = {selection.name: selection for selection in selections}
        jobs: dict[str, list[str]] = {}
        for selection in wanted.values():
            self._manifest.selections[selection.name] = Known(selection.names, selection.needles)
            seen = self._seen(selection.name)
            for path in self.candidates(selection):
                known = self._known_id(path)
                if known is None or known not in seen:
                    jobs.setdefault(path, []).append(selection.name)
        todo = [
            Job(path, self.files[path].size, tuple(names)) for path, names in sorted(jobs.items())
        ]
        for outcome in perform(self.tree, todo, wanted):
            self._take(outcome, wanted)

    def candidates(self, selection: Selection[Any]) -> tuple[str, ...]:
        """The paths that the selection's names match, sorted."""
        return self._matching(selection.names)

    def _matching(self, names: tuple[str, ...]) -> tuple[str, ...]:
        if names not in self._candidates:
            self._candidates[names] = matching(names, self._listing)
        return self._candidates[names]

    def facts(self, selection: Selection[T]) -> Iterator[Located[T]]:
        """The facts of every file that has any, sorted by path; :meth:`prepare` came before."""
        if selection.name not in self._decoded:
            self._decoded[selection.name] = list(self._decode_all(selection))
        yield from self._decoded[selection.name]

    def fact(self, selection: Selection[T], path: str) -> T | None:
        """The facts of one file, parsed now when its content is new."""
        name = self.id_of(path)
        if name not in self._seen(selection.name):
            data = self.read(path)
            if data is None:
                return None
            found = {selection.name: examine(selection, data)}
            self._take(Outcome(path, name, found), {selection.name: selection})
        if self._seen(selection.name)[name] != FACTS:
            return None
        raw = self._cache.get(self._name(selection, name))
        return msgspec.msgpack.decode(raw, type=selection.type) if raw is not None else None

    def problems(self, selection: Selection[Any]) -> list[Problem]:
        """Files of the selection that could not be read whole."""
        if PROBLEM not in self._seen(selection.name).values():
            return []
        rows = [(p, i) for p, i, state in self._states(selection) if state == PROBLEM]
        stored = self._cache.get_many(self._name(selection, i) for _, i in rows)
        found = []
        for path, name in rows:
            raw = stored.get(self._name(selection, name))
            line, message = msgspec.msgpack.decode(raw, type=tuple[int, str]) if raw else (1, "")
            found.append(Problem("unread", Place(path, line), message or "cannot be read"))
        return found

    def digest(self, selection_name: str) -> str:
        """Names all facts of a selection: changes when a file with facts does.

        Empty when that cannot be told without parsing. A new content without a needle has no facts.
        """
        if self._manifest.state == self._state and selection_name in self._manifest.digests:
            return self._manifest.digests[selection_name]
        if selection_name not in self._digests:
            known = self._manifest.selections.get(selection_name)
            rows = self._rows(selection_name, known) if known is not None else None
            if rows is None:
                return ""
            self._digests[selection_name] = content_id("\n".join(rows).encode(errors="replace"))
        return self._digests[selection_name]

    def _rows(self, selection_name: str, known: Known) -> list[str] | None:
        seen = self._seen(selection_name)
        rows = []
        for path in self._matching(known.names):
            name = self.id_of(path)
            state = seen.get(name)
            if state is None:
                data = self.read(path) or b""
                if not known.needles or any(needle in data for needle in known.needles):
                    return None
                state = seen[name] = ABSENT
                self._changed = True
            if state != ABSENT:
                rows.append(f"{path}\0{name}")
        return rows

    def save(self) -> None:
        """Keep the manifest for the next run."""
        if self._manifest.state != self._state:
            self._manifest.state, self._manifest.digests = self._state, {}
            self._changed = True
        fresh = {n: d for n, d in self._digests.items() if n not in self._manifest.digests}
        if self._changed or fresh:
            self._manifest.digests.update(fresh)
            packed = msgspec.msgpack.encode(self._manifest)
            self._cache.put_many({self._manifest_name: packed})
            self._changed = False
        self._cache.flush()

    def _seen(self, selection_name: str) -> dict[str, str]:
        return self._manifest.seen.setdefault(selection_name, {})

    def _states(self, selection: Selection[Any]) -> Iterator[tuple[str, str, str]]:
        seen = self._seen(selection.name)
        for path in self.candidates(selection):
            name = self._known_id(path) or ""
            yield path, name, seen.get(name, ABSENT)

    def _known_id(self, path: str) -> str | None:
        if path in self._ids:
            return self._ids[path]
        entry = self.files.get(path)
        if entry is None:
            return None
        if self.tree.content_addressed:
            return entry.stamp
        stamped = self._manifest.contents.get(path)
        if stamped is not None and stamped[0] == entry.stamp:
            self._ids[path] = stamped[1]
            return stamped[1]
        return None

    def _remember_id(self, path: str, name: str) -> str:
        entry = self.files.get(path)
        if entry is not None and self.tree.content_addressed:
            return entry.stamp
        self._ids[path] = name
        if entry is not None:
            self._manifest.contents[path] = (entry.stamp, name)
            self._changed = True
        return name

    def _take(self, outcome: Outcome, wanted: dict[str, Selection[Any]]) -> None:
        """Remember what was found in one file."""
        name = self._remember_id(outcome.path, outcome.content)
        fresh = {}
        for selection_name, (state, value) in outcome.found.items():
            selection = wanted[selection_name]
            self._seen(selection.name)[name] = state
            if value:
                fresh[self._name(selection, name)] = value
        self._changed = True
        self._cache.put_many(fresh)

    def _name(self, selection: Selection[Any], content: str) -> str:
        return f"{self.code_digest}:{selection.name}:{content}"

    def _decode_all(self, selection: Selection[T]) -> Iterator[Located[T]]:
        rows = [(p, i) for p, i, state in self._states(selection) if state == FACTS]
        names = {i: self._name(selection, i) for _, i in rows}
        stored = self._cache.get_many(names.values())
        decoder = msgspec.msgpack.Decoder(selection.type)
        for path, content in rows:
            raw = stored.get(names[content])
            try:
                facts = decoder.decode(raw) if raw is not None else None
            except msgspec.DecodeError:
                facts = None
            if facts is None:  # the cache lost it: parse again
                facts = selection.parse(self.tree.read(path) or b"")
            if facts is not None:
                yield Located(path, facts)


def _decode(stored: bytes | None) -> Manifest:
    if stored is None:
        return Manifest({}, {}, {}, "", {})
    try:
        return msgspec.msgpack.decode(stored, type=Manifest)
    except msgspec.DecodeError:
        return Manifest({}, {}, {}, "", {})
