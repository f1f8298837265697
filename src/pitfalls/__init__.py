"""Porting pitfalls: pages paired with checks that run against a firmware source tree."""

from pitfalls.api import FindingMaker, RuleSpec, fail, note, ok, rule, unknown, warn
from pitfalls.model import Finding, Measure, Place, Related, Verdict

__all__ = [
    "Finding",
    "FindingMaker",
    "Measure",
    "Place",
    "Related",
    "RuleSpec",
    "Verdict",
    "fail",
    "note",
    "ok",
    "rule",
    "unknown",
    "warn",
]

__version__ = "0.1.0"
