"""The report as JSON: keys sorted, no time stamps, the same bytes for the same input."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from pitfalls import __version__
from pitfalls.catalogue import Catalogue
from pitfalls.model import Finding, Pitfall, PitfallResult, Report, Rule
from pitfalls.report.common import page_url, permalink

SCHEMA = 1
"""Raised when a key changes its meaning or goes away."""


def render(report: Report, *, base_url: str = "") -> str:
    """The whole report."""
    target = report.target
    return encode(
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
    return encode({"pitfalls": [describe(e.pitfall, base_url) for e in catalogue]})


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
        "symptoms": [
            {"text": s.text, "kind": s.kind, "weight": s.weight} for s in pitfall.symptoms
        ],
        "rules": [_rule(rule, base_url) for rule in pitfall.rules],
        "url": page_url(pitfall, base_url),
        "permalink": permalink(pitfall.id, base_url),
    }


def _rule(rule: Rule, base_url: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": rule.level.value,
        "tag": rule.tag.value,
        "statement": rule.statement,
        "fix": rule.fix,
        "permalink": permalink(rule.id, base_url),
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
        "findings": [finding(one) for one in result.findings],
        **({"traceback": result.traceback} if result.traceback else {}),
    }


def finding(found: Finding) -> dict[str, Any]:
    """One finding, with the agreed keys."""
    return {
        "rule": found.rule,
        "verdict": found.verdict.value,
        "message": found.message,
        "subject": found.subject,
        "platform": found.platform,
        "path": found.place.path,
        "line": found.place.line,
        "end_line": found.place.last,
        "related": [
            {"path": r.place.path, "line": r.place.line, "message": r.message}
            for r in found.related
        ],
        "fingerprint": found.fingerprint,
        "allowed": None
        if found.allowed is None
        else {
            "kind": found.allowed.kind,
            "reason": found.allowed.reason,
            "source": found.allowed.source,
        },
        **({"measure": msgspec.structs.asdict(found.measure)} if found.measure else {}),
    }


def encode(value: dict[str, Any]) -> str:
    """The same bytes for the same value: keys sorted, indented by one space.

    A lone surrogate stands for a byte of a path that is no UTF-8; it is written as an escape.
    """
    try:
        packed = msgspec.json.encode(value, order="sorted")
        return msgspec.json.format(packed, indent=1).decode("utf-8") + "\n"
    except UnicodeEncodeError:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)
        return re.sub("[\ud800-\udfff]", lambda m: f"\\u{ord(m[0]):04x}", text) + "\n"
