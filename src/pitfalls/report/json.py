"""The report as JSON: keys sorted, no time stamps, the same bytes for the same input."""

from __future__ import annotations

from typing import Any

import msgspec

from pitfalls import __version__
from pitfalls.catalogue import Catalogue
from pitfalls.model import Finding, Pitfall, PitfallResult, Report, Rule
from pitfalls.report.common import page_url

SCHEMA = 1
"""Raised when a key changes its meaning or goes away."""


def render(report: Report, *, base_url: str = "") -> str:
    """The whole report."""
    target = report.target
    return _encode(
        {
            "schema": SCHEMA,
            "tool": {"name": "porting-pitfalls", "version": __version__},
            "target": {
                "path": target.path,
                "revision": target.revision,
                "dirty": target.dirty,
            },
            "summary": report.summary(),
            "pitfalls": [_result(result, base_url) for result in report.results],
            "problems": [
                {"kind": p.kind, "path": p.place.path, "line": p.place.line, "message": p.message}
                for p in report.problems
            ],
        }
    )


def render_list(catalogue: Catalogue, *, base_url: str = "") -> str:
    """The catalogue: ``{"pitfalls": [...]}``."""
    return _encode({"pitfalls": [describe(e.pitfall, base_url) for e in catalogue]})


def describe(pitfall: Pitfall, base_url: str = "") -> dict[str, Any]:
    """One pitfall of the catalogue."""
    return {
        "id": pitfall.id,
        "slug": pitfall.slug,
        "title": pitfall.title,
        "family": pitfall.family,
        "severity": pitfall.severity,
        "platforms": list(pitfall.platforms),
        "aliases": list(pitfall.aliases),
        "symptoms": [{"text": s.text, "kind": s.kind} for s in pitfall.symptoms],
        "rules": [_rule(rule) for rule in pitfall.rules],
        "url": page_url(pitfall, base_url),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": rule.level.value,
        "tag": rule.tag.value,
        "statement": rule.statement,
        "fix": rule.fix,
    }


def _result(result: PitfallResult, base_url: str) -> dict[str, Any]:
    pitfall = result.pitfall
    return {
        "id": pitfall.id,
        "slug": pitfall.slug,
        "title": pitfall.title,
        "url": page_url(pitfall, base_url),
        "verdict": result.verdict.value,
        "platforms": {name: v.value for name, v in result.by_platform().items()},
        "findings": [_finding(finding) for finding in result.findings],
        **({"traceback": result.traceback} if result.traceback else {}),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "verdict": finding.verdict.value,
        "message": finding.message,
        "subject": finding.subject,
        "platform": finding.platform,
        "path": finding.place.path,
        "line": finding.place.line,
        "end_line": finding.place.last,
        "related": [
            {"path": r.place.path, "line": r.place.line, "message": r.message}
            for r in finding.related
        ],
        "fingerprint": finding.fingerprint,
        "allowed": None
        if finding.allowed is None
        else {"reason": finding.allowed.reason, "source": finding.allowed.source},
    }


def _encode(value: dict[str, Any]) -> str:
    packed = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1)
    return packed.decode("utf-8") + "\n"
