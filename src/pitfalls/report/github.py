"""Workflow commands of GitHub Actions: one annotation a finding, shown at its file and line.

Paths are those in the repository, whatever part of it the target is. See "Workflow commands for
GitHub Actions" in GitHub's documentation for the escaping.
"""

from __future__ import annotations

from collections.abc import Iterator

from pitfalls.model import Finding, Pitfall, Report, Verdict
from pitfalls.report.common import page_url, plain, summary_line

_LEVELS = {Verdict.ERROR: "error", Verdict.FAIL: "error", Verdict.WARN: "warning",
           Verdict.UNKNOWN: "notice"}  # fmt: skip


def render(report: Report, *, base_url: str = "") -> str:
    """The annotations, then one line that sums up."""
    return "\n".join((*_lines(report, base_url), summary_line(report))) + "\n"


def _lines(report: Report, base_url: str) -> Iterator[str]:
    for result in report.results:
        for finding in result.findings:
            if finding.counts and finding.verdict in _LEVELS:
                yield _annotation(finding, result.pitfall, report.target.prefix, base_url)
    for problem in report.problems:
        place = problem.place
        text = _data(problem.message)
        where = f"file={_property(report.target.prefix + place.path)},line={place.line}"
        yield f"::notice {where},title=pitfalls: {problem.kind}::{text}"


def _annotation(finding: Finding, pitfall: Pitfall, prefix: str, base_url: str) -> str:
    place = finding.place
    rule = pitfall.rule(finding.rule)
    body = [finding.message, *(f"via {r.place}: {r.message}" for r in finding.related)]
    body += [f"fix: {rule.fix}"] if rule is not None else []
    body.append(f"page: {page_url(pitfall, base_url)}")
    where = f"file={_property(prefix + place.path)},line={place.line},endLine={place.last}"
    title = _property(f"{finding.rule}: {pitfall.title}")
    return f"::{_LEVELS[finding.verdict]} {where},title={title}::{_data(chr(10).join(body))}"


def _data(text: str) -> str:
    text = plain(text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
