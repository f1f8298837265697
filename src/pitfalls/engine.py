"""Runs checks over a target: computes the views they need, isolates each, caches, reports.

Sphinx, pytest and the command line call :func:`run`.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import msgspec

from pitfalls import baseline
from pitfalls.acceptance import COMMENTS, Acceptances
from pitfalls.baseline import Baseline
from pitfalls.cache import Cache
from pitfalls.catalogue import Entry
from pitfalls.config import Config, ConfigError
from pitfalls.evidence import with_evidence
from pitfalls.index import Index
from pitfalls.model import (
    Finding,
    PitfallResult,
    Place,
    Profile,
    Report,
    Tag,
    TargetInfo,
    Verdict,
)
from pitfalls.source import Selection, Source, View, closure
from pitfalls.traces import Traces
from pitfalls.tree import Tree

Progress = Callable[[Sequence[Entry]], Iterable[Entry]]


class RuleError(Exception):
    """A rule that yielded what it must not: a bug of the check, reported as ``error``."""


def run(
    tree: Tree,
    entries: Sequence[Entry],
    *,
    config: Config | None = None,
    cache: Cache | None = None,
    profile: Profile = Profile.DEFAULT,
    baselines: Sequence[Baseline] = (),
    progress: Progress = tuple,
) -> Report:
    """Examine ``tree`` with the checks of ``entries``.

    Findings in one of the ``baselines`` are accepted, beside those of the configuration.
    ``progress`` wraps the sequence of entries and is iterated while they run.
    """
    examination = Examination(
        tree, entries, config=config, cache=cache, profile=profile, baselines=baselines
    )
    for entry in progress(entries):
        examination.result(entry)
    return examination.report()


class Examination:
    """Checks over one target, one at a time; :func:`run` for all at once."""

    def __init__(
        self,
        tree: Tree,
        entries: Sequence[Entry],
        *,
        config: Config | None = None,
        cache: Cache | None = None,
        profile: Profile = Profile.DEFAULT,
        baselines: Sequence[Baseline] = (),
    ) -> None:
        self._tree = tree
        self._config = config if config is not None else Config()
        cache = cache if cache is not None else Cache(None)
        self._workshop = _Workshop(Index(tree, self._config, cache), cache)
        self._profile = profile
        self._baselines = baselines
        self._results: dict[str, PitfallResult] = {}
        self._entries = entries

    def result(self, entry: Entry) -> PitfallResult:
        """The findings of one check; files that all entries need are read at the first call."""
        if entry.pitfall.id not in self._results:
            accept = self._acceptances
            findings, error = self._workshop.result(entry)
            shown = tuple(accept.judge(_under(self._profile, f, entry)) for f in findings)
            self._results[entry.pitfall.id] = PitfallResult(entry.pitfall, shown, error)
        return self._results[entry.pitfall.id]

    @cached_property
    def _acceptances(self) -> Acceptances:
        """What accepts findings; files that all entries need are read on the way."""
        self._workshop.prepare(self._entries)
        baselines = list(self._baselines)
        if self._config.baseline:
            data = self._tree.read(self._config.baseline)
            if data is None:
                raise ConfigError(
                    self._config.path, self._config.baseline_line,
                    f"there is no baseline {self._config.baseline}; make it with "
                    "`pitfalls baseline write`",
                )  # fmt: skip
            baselines.append(baseline.parse(data, self._config.baseline))
        comments = self._workshop.index.facts(COMMENTS)
        return Acceptances(self._config, comments, baselines)

    def save(self) -> None:
        """Keep what was learned in the cache."""
        self._workshop.index.save()

    def report(self) -> Report:
        """All results in the order of the entries; what was learned is kept in the cache."""
        results = tuple(self.result(entry) for entry in self._entries)
        self.save()
        tree = self._tree
        return Report(
            TargetInfo(tree.label, tree.revision, tree.dirty, tree.web_url, tree.prefix),
            results,
            tuple(self._acceptances.problems(entry.pitfall for entry in self._entries)),
        )


def _under(profile: Profile, finding: Finding, entry: Entry) -> Finding:
    """The finding as the profile counts it."""
    rule = entry.pitfall.rule(finding.rule)
    superseded = rule is not None and rule.tag is Tag.SEED_HISTORY
    if superseded and profile is Profile.SEED and finding.verdict is Verdict.NOTE:
        return msgspec.structs.replace(finding, verdict=Verdict.FAIL)
    return finding


class _Workshop:
    """The index, the views that were built so far, and the cached results."""

    def __init__(self, index: Index, cache: Cache) -> None:
        self.index = index
        self._traces = Traces(index, cache)
        self._views: dict[type[View], View] = {}
        self._sources: dict[type[View], Source] = {}
        self._errors: dict[type[View], str] = {}

    def prepare(self, entries: Iterable[Entry]) -> None:
        """Read every file that the checks of ``entries`` need, once; a check whose stored result
        still holds is not even imported."""
        selections: dict[str, Selection[Any]] = {}
        for entry in self._traces.doubtful(entries):
            if self._traces.current(entry) is None and not entry.broken:
                selections.update((s.name, s) for s in self._needs(entry)[1] if not s.lazy)
        self.index.prepare((*selections.values(), COMMENTS))

    def result(self, entry: Entry) -> tuple[tuple[Finding, ...], str]:
        """The findings of a check, from the cache when nothing they were made from changed."""
        stored = self._traces.current(entry)
        if stored is not None:
            return stored.findings, ""
        if entry.broken:
            return (_error(entry, entry.broken),), entry.broken
        try:
            findings = self._examine(entry)
        except Exception:
            text = traceback.format_exc()
            return (_error(entry, text),), text
        views, selections = self._needs(entry)
        self._traces.keep(entry, findings, [self._sources[view] for view in views], selections)
        return findings, ""

    @staticmethod
    def _needs(entry: Entry) -> tuple[list[type[View]], list[Selection[Any]]]:
        return closure(view for rule in entry.rules for view in rule.views().values())

    def _examine(self, entry: Entry) -> tuple[Finding, ...]:
        found: list[Finding] = []
        for rule in entry.rules:
            arguments = {name: self._view(view) for name, view in rule.views().items()}
            for finding in rule.function(**arguments):
                if finding.verdict.badness > rule.level.badness:
                    raise RuleError(f"rule {rule.name} is {rule.level} and yielded {finding}")
                if rule.tag is Tag.SEED_HISTORY and finding.verdict is not Verdict.NOTE:
                    raise RuleError(f"rule {rule.name} is superseded and yielded {finding}")
                full = f"{entry.pitfall.id}.{rule.name}"
                found.append(msgspec.structs.replace(finding, rule=full))
        if any(f.verdict is not Verdict.NOTE for f in found):
            found += self._unread(entry)
        found.sort(key=_order)
        return with_evidence(found, self.index.read)

    def _view(self, view: type[View]) -> View:
        if view in self._errors:
            raise RuleError(f"view {view.__name__} failed before:\n{self._errors[view]}")
        if view not in self._views:
            for used in view.uses:
                if not isinstance(used, Selection):
                    self._view(used)
            source = self._sources[view] = Source(self.index, view, self._views)
            try:
                self._views[view] = view.build(source)
            except Exception:
                self._errors[view] = traceback.format_exc()
                raise
        return self._views[view]

    def _unread(self, entry: Entry) -> Iterable[Finding]:
        """A pitfall that applies is at best unknown while a file that it reads was cut off."""
        for selection in self._needs(entry)[1]:
            for problem in self.index.problems(selection):
                yield Finding(
                    Verdict.UNKNOWN,
                    problem.place,
                    f"{selection.name}: {problem.message}",
                    subject=problem.place.path,
                    rule=f"{entry.pitfall.id}.unread",
                )


def _order(finding: Finding) -> tuple[int, str, int, str, str, str]:
    place = finding.place
    return (
        -finding.verdict.badness,
        place.path,
        place.line,
        finding.rule,
        finding.subject,
        finding.message,
    )


def _error(entry: Entry, text: str) -> Finding:
    """The finding of a check that crashed."""
    place = Place(f"checks/{entry.pitfall.family}/{entry.folder.name}/check.py")
    last = text.strip().splitlines()[-1] if text.strip() else "no traceback"
    rule = f"{entry.pitfall.id}.crash"
    return Finding(Verdict.ERROR, place, f"the check crashed: {last}", rule=rule)
