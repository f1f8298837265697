"""A checklist whose items are rules: for each platform of the target, each step with its verdict
and the evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docutils import nodes

from pitfalls.model import Finding, Verdict, worst
from pitfalls.sphinxext.blocks import Context, link, place, sentence, status, table

MAX_EVIDENCE = 3
"""Findings shown of one step on one platform, worst first."""


class ChecklistError(ValueError):
    """A line of a checklist that is none."""


@dataclass(frozen=True)
class Step:
    """One item: what to do, and the rules or pitfalls that tell whether it was done."""

    text: str
    names: tuple[str, ...]

    def covers(self, finding: Finding) -> bool:
        """Whether a finding belongs to the step."""
        return bool({finding.rule, finding.rule.partition(".")[0]} & set(self.names))


def parse(lines: Sequence[str]) -> list[Step]:
    """``Identify a hardware timer. (CLK001.frozen, CLK001)`` -> a step for each line.

    Raises :class:`ChecklistError`.
    """
    steps = []
    for line in lines:
        found = re.fullmatch(r"\s*(.+?)\s*\(([\w.,\s-]+)\)\s*", line)
        if found:
            names = tuple(name.strip() for name in found[2].split(","))
            steps.append(Step(found[1], names))
        elif line.strip():
            raise ChecklistError(f"{line.strip()!r}: write `what to do (ID.rule, ID)`")
    return steps


def render(rows: Sequence[Any], context: Context) -> list[nodes.Node]:
    """The table of all platforms, then the evidence of each."""
    steps = [Step(text, tuple(names)) for text, names in rows]
    findings = [f for result in context.report.results for f in result.findings if f.counts]
    concerned = [f for f in findings if any(step.covers(f) for step in steps)]
    names = sorted({f.platform for f in concerned if f.platform})
    if not names:
        return [nodes.paragraph("", "No platform of the target has anything to check here yet.")]
    out: list[nodes.Node] = [_table(steps, names, concerned, context)]
    for name in names:
        out.append(nodes.rubric("", name, ids=[f"on-{nodes.make_id(name)}"]))
        out += _evidence(steps, [f for f in concerned if f.platform == name], context)
    return out


def _table(
    steps: Sequence[Step], names: Sequence[str], findings: Sequence[Finding], context: Context
) -> nodes.Node:
    rows = []
    for number, step in enumerate(steps, 1):
        cells: list[list[nodes.Node]] = [
            [nodes.Text(f"{number}. {step.text} "), *_links(step, context)]
        ]
        for name in names:
            here = [f.verdict for f in findings if f.platform == name and step.covers(f)]
            cells.append([status(worst(here))] if here else [nodes.Text("\N{EN DASH}")])
        rows.append(cells)
    return table(("Step", *names), rows, "pitfall-checklist")


def _links(step: Step, context: Context) -> list[nodes.Node]:
    """The pitfalls of a step."""
    out: list[nodes.Node] = []
    for name in dict.fromkeys(name.partition(".")[0] for name in step.names):
        result = context.report.result(name)
        if result is not None:
            out += [link(result.pitfall.page, name, context), nodes.Text(" ")]
    return out


def _evidence(
    steps: Sequence[Step], findings: Sequence[Finding], context: Context
) -> list[nodes.Node]:
    items = nodes.bullet_list(classes=["pitfall-says"])
    for number, step in enumerate(steps, 1):
        here = sorted((f for f in findings if step.covers(f)), key=lambda f: -f.verdict.badness)
        for finding in here[:MAX_EVIDENCE]:
            row = nodes.paragraph("", "", nodes.Text(f"{number}. "), status(finding.verdict))
            row += [nodes.Text(" "), place(finding, context)]
            row += [nodes.Text(": "), *sentence(finding.message)]
            items += nodes.list_item("", row)
        if len(here) > MAX_EVIDENCE:
            rest = len(here) - MAX_EVIDENCE
            items += nodes.list_item("", nodes.paragraph("", f"{number}. … and {rest} more"))
        if not here:
            row = nodes.paragraph("", "", nodes.Text(f"{number}. "))
            row += [status(Verdict.NOT_APPLICABLE), nodes.Text(" nothing to look at")]
            items += nodes.list_item("", row)
    return [items]
