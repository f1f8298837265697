"""Results of checks, kept with all that they were made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from pitfalls.cache import Cache
from pitfalls.catalogue import Entry
from pitfalls.evidence import with_evidence
from pitfalls.index import Index
from pitfalls.model import Finding
from pitfalls.source import Selection, Source
from pitfalls.tree import content_id


class Trace(msgspec.Struct):
    """A cached result with all it was made from: the listing; selection -> digest; what was found
    in single files (content and facts); pattern -> path -> content and whether it was found there;
    path -> content and code without comments; the content of files that were read whole, and of
    those that findings show."""

    listing: str
    selections: dict[str, str]
    single_facts: dict[str, tuple[str, str]]
    questions: dict[bytes, dict[str, tuple[str, bool]]]
    codes: dict[str, tuple[str, str]]
    reads: dict[str, str]
    shown: dict[str, str]
    findings: tuple[Finding, ...]


class Traces:
    """The stored results of one target."""

    def __init__(self, index: Index, cache: Cache) -> None:
        self._index = index
        self._cache = cache
        self._stored: dict[str, Trace | None] = {}
        self._verified: dict[str, Trace | None] = {}

    def doubtful(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries whose stored result was not last seen to hold with the target as it is. What
        their results depend on is brought up to date."""
        found = [entry for entry in entries if not self._index.holds(self._name(entry))]
        traces = [trace for entry in found if (trace := self._trace(entry)) is not None]
        self._index.refresh({name for trace in traces for name in trace.selections})
        return found

    def current(self, entry: Entry) -> Trace | None:
        """The stored result when nothing that it was made from changed."""
        if entry.pitfall.id not in self._verified:
            self._verified[entry.pitfall.id] = self._verify(entry)
        return self._verified[entry.pitfall.id]

    def keep(
        self,
        entry: Entry,
        findings: tuple[Finding, ...],
        sources: Sequence[Source],
        selections: Iterable[Selection[Any]],
    ) -> None:
        """Store a new result; ``sources`` are what the views of the check were given."""
        index, single = self._index, self._index.single
        singles = {row for source in sources for row in source.single_facts}
        reads = {path for source in sources for path in source.reads}
        codes = {path: name for source in sources for path, name in source.codes.items()}
        named = {s.name for s in selections if not s.lazy}
        trace = Trace(
            index.listing_digest,
            {n: index.digest(n) for n in sorted(named.union(*(s.searches for s in sources)))},
            {
                f"{name}\0{path}": (index.id_of(path), single.fact_id(name, path))
                for name, path in sorted(singles)
            },
            {
                pattern: {path: (index.id_of(path), told) for path, told in answers.items()}
                for source in sources
                for pattern, answers in source.questions.items()
            },
            {p: (index.id_of(p), name) for p, name in sorted(codes.items()) if p not in reads},
            {path: index.id_of(path) for path in sorted(reads)},
            self._shown(findings),
            findings,
        )
        self._store(entry, trace)

    def _store(self, entry: Entry, trace: Trace) -> None:
        name = self._name(entry)
        self._cache.put_many({name: msgspec.msgpack.encode(trace)})
        self._index.keep(name)

    def _name(self, entry: Entry) -> str:
        config = content_id(self._index.config.digest_source + entry.code)
        digest = self._index.code_digest
        return f"result:{digest}:{entry.pitfall.id}:{config}:{self._index.tree.key}"

    def _trace(self, entry: Entry) -> Trace | None:
        """The stored result, whether it holds or not."""
        if entry.pitfall.id not in self._stored:
            raw = self._cache.get(self._name(entry))
            try:
                trace = msgspec.msgpack.decode(raw, type=Trace) if raw is not None else None
            except msgspec.DecodeError:
                trace = None
            self._stored[entry.pitfall.id] = trace
        return self._stored[entry.pitfall.id]

    def _verify(self, entry: Entry) -> Trace | None:
        trace, index = self._trace(entry), self._index
        if trace is None or index.holds(self._name(entry)):
            return trace
        if trace.listing != index.listing_digest or not self._holds(trace):
            return None
        if (shown := self._shown(trace.findings)) != trace.shown:
            trace.shown, trace.findings = shown, with_evidence(trace.findings, index.read)
        self._store(entry, trace)
        return trace

    def _holds(self, trace: Trace) -> bool:
        """Whether all that the result was made from is as it was. A file of the same content is
        not looked into."""
        index, single = self._index, self._index.single
        return (
            all(index.digest(name) == digest for name, digest in trace.selections.items())
            and all(index.id_of(path) == content for path, content in trace.reads.items())
            and all(self._same(*row) for row in trace.single_facts.items())
            and all(
                index.id_of(path) == content or single.code(path)[1] == code
                for path, (content, code) in trace.codes.items()
            )
            and all(
                index.id_of(path) == content or single.matches(path, pattern) == told
                for pattern, answers in trace.questions.items()
                for path, (content, told) in answers.items()
            )
        )

    def _same(self, row: str, before: tuple[str, str]) -> bool:
        """Whether one file still yields the same facts."""
        name, _, path = row.partition("\0")
        content, facts = before
        return self._index.id_of(path) == content or self._index.single.fact_id(name, path) == facts

    def _shown(self, findings: Iterable[Finding]) -> dict[str, str]:
        return {path: self._index.id_of(path) for path in sorted({f.place.path for f in findings})}
