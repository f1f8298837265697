"""The facts of one target: lists files once, reads each candidate once, parses only what is new.

What is remembered of a target is in :mod:`pitfalls.manifest`. With nothing changed a run reads no
file at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from pitfalls.cache import Cache, code_digest
from pitfalls.config import Config
from pitfalls.manifest import Found, Known, Manifest, Rows, Summary, decode
from pitfalls.model import Place, Problem
from pitfalls.reading import ABSENT, FACTS, PROBLEM, STATES, Job, Outcome, perform
from pitfalls.single_files import SingleFiles, facts_id
from pitfalls.source import SEARCH, Listing, Located, Selection, matching
from pitfalls.tree import Tree, content_id

T = TypeVar("T")

NOTHING = ABSENT.encode()
"""Kept for a content that was parsed in vain; otherwise the state's letter and what was found."""


class Index:
    """The facts of one target tree."""

    def __init__(self, tree: Tree, config: Config, cache: Cache) -> None:
        self.tree = tree
        self.config = config
        self._cache = cache
        self.code_digest = code_digest()
        excluded = config.is_excluded
        self.files = {p: e for p, e in tree.files().items() if not excluded(p)}
        self._candidates: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._digests: dict[str, str] = {}
        self._decoded: dict[str, list[Located[Any]]] = {}
        self._results: set[str] = set()
        self._changed = False
        self._remembers = False
        self.single = SingleFiles(self, cache)
        self._name = f"{self.code_digest}:{tree.key}"

    @cached_property
    def _summary(self) -> Summary:
        return decode(self._cache.get(f"summary:{self._name}"), Summary)

    @cached_property
    def _state(self) -> str:
        """Names the target as it is now: every path with its stamp."""
        rows = [f"{path}\0{entry.stamp}" for path, entry in self.files.items()]
        return content_id("\n".join((*rows, *self.tree.absent)).encode(errors="replace"))

    @cached_property
    def _unchanged(self) -> bool:
        return self._summary.state == self._state

    @cached_property
    def _manifest(self) -> Manifest:
        """What was known before, with every path that changed since marked as stale."""
        manifest = decode(self._cache.get(f"manifest:{self._name}"), Manifest)
        self._remembers = bool(manifest.files)
        if self._unchanged and manifest.files:
            return manifest
        known, files = manifest.files, {}
        changed = [path for path in known if path not in self.files]
        for path, entry in self.files.items():
            before = known.get(path)
            if before is None or before[0] != entry.stamp:
                changed.append(path)
                before = (entry.stamp, entry.stamp if self.tree.content_addressed else "")
            files[path] = before
        manifest.files = files
        listing = Listing(tuple(changed))
        for name, rows in manifest.rows.items():
            names = manifest.selections[name].names
            rows.stale = sorted({*rows.stale, *matching(names, listing)})
        self._changed = True
        return manifest

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

    def holds(self, result: str) -> bool:
        """Whether a stored result was last seen to hold with the target as it is now."""
        return self._unchanged and result in self._summary.results

    def keep(self, result: str) -> None:
        """Remember that a stored result holds with the target as it is now."""
        self._results.add(result)

    def read(self, path: str) -> bytes | None:
        """The bytes of one file."""
        return self.tree.read(path)

    def id_of(self, path: str) -> str:
        """The content id of a file; empty when there is none."""
        known = self._known_id(path)
        if known:
            return known
        data = self.tree.read(path)
        return self.learn_id(path, content_id(data)) if data is not None else ""

    def candidates(self, selection: Selection[Any]) -> tuple[str, ...]:
        """The paths that the selection's names match, sorted."""
        if selection.names not in self._candidates:
            self._candidates[selection.names] = matching(selection.names, self._listing)
        return self._candidates[selection.names]

    def prepare(self, selections: Iterable[Selection[Any]]) -> None:
        """Read and parse whatever the selections need and is not known yet, each file once."""
        wanted = {}
        for selection in selections:
            if not self._is_pinned(selection):
                wanted[selection.name] = selection
                self._rows(selection)
        self._update(wanted)

    def refresh(self, names: Iterable[str]) -> None:
        """As :meth:`prepare`, for selections that were prepared in an earlier run, by name."""
        known = {name: self.known(name) for name in names}
        self._update({n: s for n, s in known.items() if s is not None and n in self._manifest.rows})

    def facts(self, selection: Selection[T]) -> Iterator[Located[T]]:
        """The facts of every file that has any, sorted by path; :meth:`prepare` came before."""
        if selection.name not in self._decoded:
            self._decoded[selection.name] = list(self._decode_all(selection))
        yield from self._decoded[selection.name]

    def problems(self, selection: Selection[Any]) -> list[Problem]:
        """Files of the selection that could not be read whole."""
        rows = {p: c for p, (c, f) in self._found(selection).items() if f.startswith(PROBLEM)}
        stored = self._cache.get_many(self.key(selection.name, c) for c in rows.values())
        found = []
        for path, content in sorted(rows.items()):
            raw = stored.get(self.key(selection.name, content))
            line, text = msgspec.msgpack.decode(raw[1:], type=tuple[int, str]) if raw else (1, "")
            found.append(Problem("unread", Place(path, line), text or "cannot be read"))
        return found

    def digest(self, selection_name: str) -> str:
        """Names all facts of a selection: changes when they do, not when a file does.

        Empty when that is not known.
        """
        if selection_name not in self._digests:
            rows = self._manifest.rows.get(selection_name)
            if rows is None or rows.stale:
                return ""
            self._digests[selection_name] = rows.digest
        return self._digests[selection_name]

    def save(self) -> None:
        """Keep what was learned for the next run."""
        self._forget()
        results = self._results | (self._summary.results if self._unchanged else set())
        if not self._changed and self._unchanged and results == self._summary.results:
            self._cache.flush()
            return
        manifest = self._manifest
        pinned = {n: r.found for n, r in manifest.rows.items() if manifest.selections[n].pinned}
        records: dict[str, Any] = {f"summary:{self._name}": Summary(self._state, results, pinned)}
        if self._changed:
            records[f"manifest:{self._name}"] = manifest
        self._cache.put_many({n: msgspec.msgpack.encode(r) for n, r in records.items()})
        self._changed = False
        self._cache.flush()

    def _forget(self) -> None:
        """Drop searches that no result of this run made, once the target has changed."""
        if self._unchanged or not self._changed:
            return
        manifest = self._manifest
        for name in [n for n in manifest.rows if n.startswith(SEARCH) and n not in self._digests]:
            del manifest.rows[name], manifest.selections[name]

    def know(self, selection: Selection[Any]) -> None:
        """Remember a lazy selection, so that a later run can ask for single facts by its name."""
        self._manifest.selections.setdefault(selection.name, Known.of(selection))

    def known(self, selection_name: str) -> Selection[Any] | None:
        """A selection of this run or of an earlier one."""
        known = self._manifest.selections.get(selection_name)
        return known.selection(selection_name) if known is not None else None

    def _is_pinned(self, selection: Selection[Any]) -> bool:
        """Whether the summary tells all about it, so that nothing else need be read."""
        return self._unchanged and selection.name in self._summary.pinned

    def _rows(self, selection: Selection[Any]) -> Rows:
        """The rows of a selection; a new one has all its files to look at."""
        known, rows = Known.of(selection), self._manifest.rows.get(selection.name)
        if rows is None or self._manifest.selections[selection.name] != known:
            rows = Rows({}, list(self.candidates(selection)))
            self._manifest.selections[selection.name] = known
            self._manifest.rows[selection.name] = rows
            self._changed = True
        return rows

    def _found(self, selection: Selection[Any]) -> Found:
        if self._is_pinned(selection):
            return self._summary.pinned[selection.name]
        return self._rows(selection).found

    def _update(self, wanted: Mapping[str, Selection[Any]]) -> None:
        """Look at all stale files of these selections, each file once."""
        if not wanted:
            return
        rows = {name: self._manifest.rows[name] for name in wanted}
        jobs: dict[str, list[str]] = {}
        for name, row in rows.items():
            for path in row.stale:
                row.found.pop(path, None)
                if path in self.files:
                    jobs.setdefault(path, []).append(name)
            self._changed |= bool(row.stale)
        self._recall(jobs, rows)
        todo = [Job(p, self.files[p].size, tuple(names)) for p, names in sorted(jobs.items())]
        for outcome in perform(self.tree, todo, wanted):
            self._take(outcome, rows)
        for row in rows.values():
            row.stale = []

    def _recall(self, jobs: dict[str, list[str]], rows: Mapping[str, Rows]) -> None:
        """Take out of ``jobs`` what was found in the same content before."""
        if not self._remembers:
            return
        asked = {
            self.key(name, content): (path, name, content)
            for path, names in jobs.items()
            if (content := self._known_id(path))
            for name in names
        }
        for key, stored in self._cache.get_many(asked).items():
            path, name, content = asked[key]
            if not stored.startswith(STATES):
                continue
            if stored != NOTHING:
                rows[name].found[path] = (content, facts_id(stored))
            jobs[path].remove(name)
            if not jobs[path]:
                del jobs[path]

    def _take(self, outcome: Outcome, rows: Mapping[str, Rows]) -> None:
        """Remember what was found in one file."""
        content = self.learn_id(outcome.path, outcome.content)
        fresh = {}
        for name, (state, value) in outcome.found.items():
            stored = fresh[self.key(name, content)] = state.encode() + value
            if stored != NOTHING:
                rows[name].found[outcome.path] = (content, facts_id(stored))
        self._cache.put_many(fresh)

    def key(self, selection_name: str, content: str) -> str:
        """The name under which the cache keeps what a selection found in a content."""
        return f"{self.code_digest}:{selection_name}:{content}"

    def _known_id(self, path: str) -> str:
        entry = self._manifest.files.get(path)
        return entry[1] if entry is not None else ""

    def learn_id(self, path: str, content: str) -> str:
        """Remember the content id of a file that was read; return it."""
        entry = self._manifest.files.get(path)
        if entry is None or self.tree.content_addressed:
            return entry[1] if entry is not None else content
        self._manifest.files[path] = (entry[0], content)
        self._changed = True
        return content

    def _decode_all(self, selection: Selection[T]) -> Iterator[Located[T]]:
        found = self._found(selection)
        rows = {p: found[p][0] for p in sorted(found) if found[p][1].startswith(FACTS)}
        stored = self._cache.get_many({self.key(selection.name, c) for c in rows.values()})
        decoder = msgspec.msgpack.Decoder(selection.type)
        for path, content in rows.items():
            raw = stored.get(self.key(selection.name, content))
            try:
                facts = decoder.decode(raw[1:]) if raw is not None else None
            except msgspec.DecodeError:
                facts = None
            if facts is None:  # the cache lost it: parse again
                facts = selection.parse(self.tree.read(path) or b"")
            if facts is not None:
                yield Located(path, facts)
