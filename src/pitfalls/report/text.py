"""The report for a terminal: each finding like a compiler's diagnostic."""

from __future__ import annotations

from collections.abc import Iterator

from pitfalls.model import Finding, Pitfall, PitfallResult, Report, Verdict
from pitfalls.report.common import page_url, plain, summary_line

_COLOURS = {
    Verdict.ERROR: "1;35",
    Verdict.FAIL: "1;31",
    Verdict.WARN: "1;33",
    Verdict.UNKNOWN: "1;36",
    Verdict.PASS: "32",
    Verdict.NOT_APPLICABLE: "2",
    Verdict.NOTE: "34",
}

SHOWN = (Verdict.ERROR, Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)


def render(
    report: Report, *, base_url: str = "", colour: bool = False, verbose: bool = False
) -> str:
    """The whole report as text; ``verbose`` shows passes and notes too."""
    return "\n".join(_lines(report, base_url, colour, verbose)) + "\n"


def _lines(report: Report, base_url: str, colour: bool, verbose: bool) -> Iterator[str]:
    for result in report.results:
        shown = [f for f in result.findings if verbose or (f.counts and f.verdict in SHOWN)]
        for finding in shown:
            yield from diagnostic(finding, result.pitfall, base_url=base_url, colour=colour)
            yield ""
        if result.traceback:
            yield from plain(result.traceback).splitlines()
    for problem in report.problems:
        yield f"{problem.place}: {problem.kind}: {plain(problem.message)}"
    yield from _table(report, colour)
    yield summary_line(report)


def diagnostic(
    finding: Finding, pitfall: Pitfall, *, base_url: str = "", colour: bool = False
) -> Iterator[str]:
    """One finding: place, rule, message, the target's lines, the chain, the fix and the page."""
    word = _painted(finding.verdict.value, finding.verdict, colour)
    where = " ".join(part for part in (finding.subject, finding.platform) if part)
    about = f"  [{plain(where)}]" if where else ""
    yield f"{plain(str(finding.place))}: {word}: {finding.rule}: {plain(finding.message)}{about}"
    if finding.excerpt is not None:
        last = finding.excerpt.first + len(finding.excerpt.lines) - 1
        width = len(str(last))
        for number, line in enumerate(finding.excerpt.lines, finding.excerpt.first):
            mark = ">" if finding.place.line <= number <= finding.place.last else " "
            yield f" {mark} {number:>{width}} | {plain(line)}"
    for related in finding.related:
        yield f"   via {plain(str(related.place))}: {plain(related.message)}"
    if finding.allowed is not None:
        where = f" at {finding.allowed.source}" if finding.allowed.source else ""
        yield f"   allowed{where}: {plain(finding.allowed.reason)}"
    rule = pitfall.rule(finding.rule)
    if rule is not None and finding.verdict in SHOWN:
        yield f"   fix: {rule.fix}"
    yield f"   page: {page_url(pitfall, base_url)}"


def _painted(text: str, verdict: Verdict, colour: bool) -> str:
    return f"\x1b[{_COLOURS[verdict]}m{text}\x1b[0m" if colour else text


def _table(report: Report, colour: bool) -> Iterator[str]:
    width = max((len(r.verdict.value) for r in report.results), default=0)
    for result in report.results:
        verdict = result.verdict
        word = _painted(f"{verdict.value:<{width}}", verdict, colour)
        yield f"{word}  {result.pitfall.id:<7} {result.pitfall.slug}{_counts(result)}"


def _counts(result: PitfallResult) -> str:
    counted = [f for f in result.findings if f.counts]
    parts = [
        f"{number} {verdict.value}"
        for verdict in (*SHOWN, Verdict.PASS)
        if (number := sum(f.verdict is verdict for f in counted))
    ]
    allowed = sum(f.allowed is not None for f in result.findings)
    if allowed:
        parts.append(f"{allowed} allowed")
    return f" ({', '.join(parts)})" if parts else ""
