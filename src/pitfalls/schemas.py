"""JSON Schemas of what we read and write, made from the types themselves.

``config`` is ``pitfalls.toml``; ``report`` what ``pitfalls check --format json`` writes;
``catalogue`` what ``pitfalls list --format json`` and the site's ``pitfalls.json`` hold;
``diagnosis`` what ``pitfalls diagnose --format json`` writes; ``baseline`` the baseline file.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from pitfalls import baseline
from pitfalls.config import Config

VerdictName = Literal["error", "fail", "warn", "unknown", "pass", "not-applicable"]
FindingVerdict = Literal["error", "fail", "warn", "unknown", "pass", "not-applicable", "note"]


class Tool(msgspec.Struct):
    """Who made the report."""

    name: str
    version: str


class Target(msgspec.Struct):
    """Which tree was examined; `revision` is a full commit id or empty."""

    path: str
    revision: str
    dirty: bool


class RelatedPlace(msgspec.Struct):
    """A hop of the chain that led to a finding."""

    path: str
    line: int
    message: str


class Allowance(msgspec.Struct):
    """What accepts a finding, why, and where that is written (empty for `since`)."""

    kind: Literal["allow", "inline", "baseline", "since"]
    reason: str
    source: str


class MeasureRow(msgspec.Struct):
    """What was measured, the value with its unit, and what is required with its origin."""

    context: str
    found: str
    required: str


class FindingRow(msgspec.Struct, omit_defaults=True):
    """One piece of evidence; paths are POSIX and relative to the target, lines count from 1.
    `measure` is there for a row of a table of required versus found."""

    rule: str
    verdict: FindingVerdict
    message: str
    subject: str
    platform: str
    path: str
    line: int
    end_line: int
    related: list[RelatedPlace]
    fingerprint: str
    allowed: Allowance | None
    measure: MeasureRow | None = None


class PitfallRow(msgspec.Struct, omit_defaults=True):
    """What one check found; `traceback` is there when it crashed."""

    id: str
    slug: str
    title: str
    url: str
    verdict: VerdictName
    platforms: dict[str, VerdictName]
    findings: list[FindingRow]
    traceback: str = ""


class ProblemRow(msgspec.Struct):
    """An entry that accepts nothing any more, or a mistake in one."""

    kind: Literal["allow", "inline", "baseline", "unread"]
    path: str
    line: int
    message: str


class ReportFile(msgspec.Struct):
    """The report of one run; `summary` counts pitfalls by verdict."""

    schema: Literal[1]
    tool: Tool
    target: Target
    summary: dict[VerdictName, int]
    pitfalls: list[PitfallRow]
    problems: list[ProblemRow]


class SymptomRow(msgspec.Struct):
    """A text that a symptom search looks for."""

    text: str
    kind: Literal["phrase", "words", "log", "code", "pattern", "term"]
    weight: float


class RuleRow(msgspec.Struct):
    """One decidable statement of a pitfall."""

    id: str
    level: Literal["fail", "warn"]
    tag: Literal["seed", "seed:narrowed", "seed:history", "new"]
    statement: str
    fix: str
    permalink: str


class CatalogueRow(msgspec.Struct):
    """One pitfall; `url` is its page and `permalink` the address that it keeps for ever."""

    id: str
    slug: str
    title: str
    family: str
    severity: Literal["critical", "high", "medium", "low"]
    platforms: list[str]
    aliases: list[str]
    symptoms: list[SymptomRow]
    rules: list[RuleRow]
    url: str
    permalink: str


class CatalogueFile(msgspec.Struct):
    """All pitfalls, in the order of the original document."""

    pitfalls: list[CatalogueRow]


class MatchRow(msgspec.Struct):
    """A line that matched, and why."""

    line: int
    text: str
    why: str


class CandidateRow(msgspec.Struct):
    """A pitfall that a text speaks of; `verdict` is that of the target, null without one."""

    id: str
    slug: str
    title: str
    url: str
    score: float
    verdict: VerdictName | None
    matches: list[MatchRow]


class DiagnosisFile(msgspec.Struct):
    """Candidates, best first; empty when nothing fits."""

    candidates: list[CandidateRow]


_TYPES: dict[str, Any] = {
    "baseline": baseline.File,
    "catalogue": CatalogueFile,
    "config": Config,
    "diagnosis": DiagnosisFile,
    "report": ReportFile,
}

NAMES = tuple(_TYPES)

# What the reader of a configuration adds to it.
_INTERNAL = {"Config": ("path", "baseline_line"), "Allow": ("line",)}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) called ``name``. Raises KeyError for an unknown one."""
    made = msgspec.json.schema(_TYPES[name])
    for owner, fields in _INTERNAL.items():
        for field in fields if owner in made.get("$defs", {}) else ():
            made["$defs"][owner]["properties"].pop(field, None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"porting-pitfalls {name}",
        **made,
    }
