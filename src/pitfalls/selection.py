"""Which pitfalls and rules a run is about: names from the command line, resolved.

A name is an id, a slug, an alias, a rule or a family, whatever its case. One that is none of these
is a :class:`SelectionError` with the nearest valid one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from pitfalls.catalogue import FAMILIES, Catalogue, Entry
from pitfalls.config import nearest
from pitfalls.frontmatter import SEVERITIES
from pitfalls.model import Finding, PitfallResult, Report


class SelectionError(ValueError):
    """A name that is unknown, or a selection that leaves nothing."""


@dataclass(frozen=True)
class Selected:
    """The entries that are left. ``only`` and ``without`` hold rule ids by pitfall id, for a
    pitfall of which single rules were named; ``platforms`` limits the findings."""

    entries: tuple[Entry, ...]
    only: dict[str, frozenset[str]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    platforms: frozenset[str] = frozenset()

    def narrowed(self, report: Report) -> Report:
        """The report without the findings that were not asked for."""
        if not (self.only or self.without or self.platforms):
            return report
        results = tuple(self._result(result) for result in report.results)
        return msgspec.structs.replace(report, results=results)

    def _result(self, result: PitfallResult) -> PitfallResult:
        kept = tuple(f for f in result.findings if self._keeps(f, result.pitfall.id))
        return msgspec.structs.replace(result, findings=kept)

    def _keeps(self, finding: Finding, pitfall_id: str) -> bool:
        if finding.verdict == "error":
            return True
        named = self.only.get(pitfall_id)
        here = not (self.platforms and finding.platform) or finding.platform in self.platforms
        return here and finding.rule not in self.without and (not named or finding.rule in named)


@dataclass
class _Named:
    whole: list[Entry] = field(default_factory=list)
    rules: dict[str, set[str]] = field(default_factory=dict)

    def covers(self, entry: Entry) -> bool:
        return entry in self.whole or entry.pitfall.id in self.rules


def select(
    catalogue: Catalogue,
    wanted: Sequence[str] = (),
    ignored: Sequence[str] = (),
    *,
    families: Sequence[str] = (),
    platforms: Sequence[str] = (),
    severity: str = "",
    known_platforms: Iterable[str] = (),
) -> Selected:
    """Resolve all options of a selection; what several of them name must satisfy each.

    ``severity`` is the least one. Raises :class:`SelectionError`.
    """
    chosen, left_out = _named(catalogue, wanted), _named(catalogue, ignored)
    groups = [_one_of(name, FAMILIES, "family") for name in _split(families)]
    worst = SEVERITIES[: SEVERITIES.index(severity) + 1] if severity else SEVERITIES
    valid = {p for entry in catalogue for p in entry.pitfall.platforms} | set(known_platforms)
    places = frozenset(_one_of(name, valid, "platform") for name in _split(platforms))
    entries = tuple(
        entry
        for entry in catalogue
        if (not wanted or chosen.covers(entry))
        and entry not in left_out.whole
        and (not groups or entry.pitfall.family in groups)
        and entry.pitfall.severity in worst
        and (not places or places & {*entry.pitfall.platforms, *known_platforms})
    )
    if not entries:
        raise SelectionError("the options leave no pitfall to check")
    whole = {entry.pitfall.id for entry in chosen.whole}
    only = {key: frozenset(names) for key, names in chosen.rules.items() if key not in whole}
    without = frozenset(name for names in left_out.rules.values() for name in names)
    return Selected(entries, only, without, places)


def _named(catalogue: Catalogue, names: Sequence[str]) -> _Named:
    found = _Named()
    for name in _split(names):
        family = [e for e in catalogue if e.pitfall.family == name.lower()]
        if family:
            found.whole += family
            continue
        try:
            entry = catalogue.find(name)
        except KeyError as error:
            raise SelectionError(error.args[0]) from None
        rule = next((r for r in entry.pitfall.rules if r.id.lower() == name.lower()), None)
        if rule is None:
            found.whole.append(entry)
        else:
            found.rules.setdefault(entry.pitfall.id, set()).add(rule.id)
    return found


def _split(names: Sequence[str]) -> list[str]:
    return [part.strip() for text in names for part in text.split(",") if part.strip()]


def _one_of(name: str, valid: Iterable[str], what: str) -> str:
    known = sorted(valid)
    if name.lower() in known:
        return name.lower()
    raise SelectionError(f"no {what} {name!r}{nearest(name.lower(), known)}")
