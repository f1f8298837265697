"""The report as GitHub-flavoured Markdown: the summary of a CI job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from pitfalls.model import Finding, PitfallResult, Report, Verdict
from pitfalls.report.common import page_url, plain, source_url, summary_line

_ICONS = {
    Verdict.ERROR: "💥 error",
    Verdict.FAIL: "❌ fail",
    Verdict.WARN: "⚠️ warn",
    Verdict.UNKNOWN: "❔ unknown",
    Verdict.PASS: "✅ pass",
    Verdict.NOT_APPLICABLE: "⚪ not applicable",
}

SHOWN = (Verdict.ERROR, Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)

MAX_FINDINGS = 50
"""Findings shown of one pitfall; a job summary may hold one megabyte."""


def render(report: Report, *, base_url: str = "") -> str:
    """A table of verdicts, then the findings of each pitfall that needs attention."""
    return "\n".join(_lines(report, base_url)) + "\n"


def _lines(report: Report, base_url: str) -> Iterator[str]:
    yield "## Porting pitfalls"
    yield ""
    yield text(summary_line(report))
    yield ""
    yield "| verdict | pitfall | |"
    yield "| --- | --- | --- |"
    shown = [r for r in report.results if r.verdict is not Verdict.NOT_APPLICABLE]
    for result in sorted(shown, key=lambda r: -r.verdict.badness):
        p = result.pitfall
        link = f"[{p.id}]({page_url(p, base_url)})" if base_url else p.id
        yield f"| {_ICONS[result.verdict]} | {link} {text(p.title)} | {_counts(result)} |"
    for result in report.results:
        yield from _findings(result, report)
    for problem in report.problems:
        yield ""
        yield f"- {code(str(problem.place))}: {problem.kind}: {text(problem.message)}"


def _findings(result: PitfallResult, report: Report) -> Iterator[str]:
    shown = [f for f in result.findings if f.counts and f.verdict in SHOWN]
    accepted = [f for f in result.findings if f.allowed is not None]
    if not shown and not accepted:
        return
    yield ""
    yield f"<details><summary>{result.pitfall.id} {html.escape(result.pitfall.title)}</summary>"
    yield ""
    for finding in shown[:MAX_FINDINGS]:
        yield f"- **{finding.verdict.value}** {_place(finding, report)}: {text(finding.message)}"
    if len(shown) > MAX_FINDINGS:
        yield f"- … and {len(shown) - MAX_FINDINGS} more"
    for finding in accepted[:MAX_FINDINGS]:
        assert finding.allowed is not None
        yield f"- accepted {_place(finding, report)}: {text(finding.allowed.reason)}"
    yield ""
    yield "</details>"


def _place(finding: Finding, report: Report) -> str:
    url = source_url(report.target, finding)
    shown = code(str(finding.place))
    return f"[{shown}]({url})" if url else shown


def _counts(result: PitfallResult) -> str:
    numbers = {v: sum(f.verdict is v for f in result.findings if f.counts) for v in SHOWN}
    return ", ".join(f"{number} {verdict.value}" for verdict, number in numbers.items() if number)


def code(value: str) -> str:
    """A code span that holds ``value`` whatever backticks are in it."""
    value = " ".join(plain(value).split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", value)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if value.startswith("`") or value.endswith("`") else ""
    return f"{fence}{pad}{value}{pad}{fence}"


def text(value: str) -> str:
    """``value`` as plain words: no markup of its own, one line, no HTML."""
    value = html.escape(" ".join(plain(value).split()), quote=False)
    return re.sub(r"([\\`*_{}\[\]()#+!|~@])", r"\\\1", value)
