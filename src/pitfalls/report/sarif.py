"""The report as SARIF 2.1.0, for code scanning: rules that fired, places, fingerprints.

Accepted findings are results with a suppression. Columns are not known, so regions are whole lines.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from pitfalls import __version__
from pitfalls.model import Allowed, Excerpt, Finding, Pitfall, Place, Report, Rule, Tag, Verdict
from pitfalls.report.common import page_url, plain
from pitfalls.report.json import encode

SCHEMA_URI = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

_LEVELS = {Verdict.FAIL: "error", Verdict.ERROR: "error", Verdict.WARN: "warning",
           Verdict.UNKNOWN: "note"}  # fmt: skip

_SEVERITIES = {"critical": "9.0", "high": "7.0", "medium": "5.0", "low": "3.0"}
"""What code scanning sorts by (0 to 10)."""

_ROOT = "the root of the repository, or of a target that is none"

FINGERPRINT = "pitfalls/v1"


def render(report: Report, *, base_url: str = "") -> str:
    """The log: one run, only the rules that fired."""
    pairs = [
        (finding, result.pitfall)
        for result in report.results
        for finding in result.findings
        if finding.verdict in _LEVELS
    ]
    fired = {finding.rule: pitfall for finding, pitfall in pairs}
    order = sorted(fired)
    target = report.target
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "porting-pitfalls",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(name, fired[name], base_url) for name in order],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"TARGET": {"description": {"text": _ROOT}}},
        "results": [_result(f, order.index(f.rule), target.prefix) for f, _ in pairs],
        "properties": {"target": plain(target.path)},
    }
    if target.revision:
        run["properties"]["revision"] = target.revision
    return encode({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]})


def _rule(name: str, pitfall: Pitfall, base_url: str) -> dict[str, Any]:
    # The engine's own findings: a check that crashed, a file that was cut off.
    own = Rule(name, Verdict.FAIL, Tag.NEW, pitfall.title, "See the message.")
    rule = pitfall.rule(name) or own
    described: dict[str, Any] = {
        "id": name,
        "name": _pascal(rule.name),
        "shortDescription": {"text": pitfall.title},
        "fullDescription": {"text": rule.statement},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
        "properties": {
            "tags": ["porting", pitfall.family],
            "problem.severity": "error" if rule.level is Verdict.FAIL else "warning",
            "security-severity": _SEVERITIES[pitfall.severity],
            "precision": "high",
        },
    }
    if base_url:
        described["helpUri"] = f"{page_url(pitfall, base_url)}#{name}"
    return described


def _result(finding: Finding, index: int, prefix: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.verdict],
        "kind": "review" if finding.verdict is Verdict.UNKNOWN else "fail",
        "message": {"text": plain(finding.message) or finding.rule},
        "locations": [{"physicalLocation": _physical(finding.place, finding.excerpt, prefix)}],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {"subject": plain(finding.subject), "platform": finding.platform},
    }
    if result["kind"] != "fail":
        result["level"] = "none"
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _physical(related.place, None, prefix),
                "message": {"text": plain(related.message) or "see here"},
            }
            for number, related in enumerate(finding.related)
        ]
    if finding.allowed is not None:
        result["suppressions"] = [_suppression(finding.allowed)]
    return result


def _suppression(allowed: Allowed) -> dict[str, Any]:
    inside = allowed.kind == "inline"
    return {"kind": "inSource" if inside else "external", "justification": plain(allowed.reason)}


def _physical(place: Place, excerpt: Excerpt | None, prefix: str) -> dict[str, Any]:
    # Lone surrogates stand for bytes of a name that is no UTF-8.
    path = quote((prefix + place.path).encode("utf-8", "surrogateescape"))
    location: dict[str, Any] = {
        "artifactLocation": {"uri": path, "uriBaseId": "TARGET"},
        "region": {"startLine": place.line, "endLine": place.last},
    }
    if excerpt is not None:
        own = excerpt.lines[place.line - excerpt.first : place.last - excerpt.first + 1]
        if own:
            location["region"]["snippet"] = {"text": plain("\n".join(own))}
        location["contextRegion"] = {
            "startLine": excerpt.first,
            "endLine": excerpt.first + len(excerpt.lines) - 1,
            "snippet": {"text": plain("\n".join(excerpt.lines))},
        }
    return location


def _pascal(name: str) -> str:
    """``dma-region`` -> ``DmaRegion``."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_]", name))
