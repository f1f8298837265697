"""The table of required versus found: one row for each thing of the target that was measured."""

from __future__ import annotations

from collections.abc import Iterable

from docutils import nodes

from pitfalls.model import Finding, Measure, PitfallResult
from pitfalls.report.common import plain
from pitfalls.sphinxext.blocks import Context, place, status, table

HEAD = ("Platform", "Context", "Found", "Required", "Verdict")

MAX_ROWS = 200
"""Rows of one table; the rest are counted."""


def required_and_found(result: PitfallResult, context: Context) -> list[nodes.Node]:
    """What was measured in the target, where that stands, what is required, and the verdict."""
    rows = list(_rows(result.findings))
    if not rows:
        return [nodes.paragraph("", "The target has nothing that a row of the table is about.")]
    shown = [_cells(finding, measure, context) for finding, measure in rows[:MAX_ROWS]]
    out: list[nodes.Node] = [table(HEAD, shown, "pitfall-measures")]
    if len(rows) > MAX_ROWS:
        out.append(nodes.paragraph("", f"… and {len(rows) - MAX_ROWS} more rows."))
    return out


def _rows(findings: Iterable[Finding]) -> list[tuple[Finding, Measure]]:
    """The measured findings by platform and subject; of those that say the same of one thing, as
    rules that look at different sides of it do, the worst."""
    worst: dict[tuple[str, str, str, str], tuple[Finding, Measure]] = {}
    for finding in findings:
        measure = finding.measure
        if measure is None:
            continue
        key = (finding.platform, finding.subject, measure.context, measure.found)
        known = worst.get(key)
        if known is None or finding.verdict.badness > known[0].verdict.badness:
            worst[key] = (finding, measure)
    return [worst[key] for key in sorted(worst)]


def _cells(finding: Finding, measure: Measure, context: Context) -> list[list[nodes.Node]]:
    what: list[nodes.Node] = [nodes.Text(plain(measure.context))]
    if finding.subject:
        subject = nodes.inline("", f" {plain(finding.subject)}", classes=["pitfall-about"])
        what.append(subject)
    found = [nodes.Text(f"{plain(measure.found)} "), place(finding, context)]
    extra = " (accepted)" if finding.allowed is not None else ""
    return [
        [nodes.Text(plain(finding.platform) or "\N{EN DASH}")],
        what,
        found,
        [nodes.Text(plain(measure.required))],
        [status(finding.verdict, extra=extra)],
    ]
