"""The report as JUnit XML: one test suite a family, one test case a pitfall.

What Jenkins, GitLab and GitHub's test reporters read; the form follows Jenkins's schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree

from pitfalls.catalogue import FAMILY_NAMES
from pitfalls.model import PitfallResult, Report, Verdict
from pitfalls.report.text import diagnostic

# What XML 1.0 cannot hold, not even escaped.
_INVALID = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, *, base_url: str = "") -> str:
    """The document; a failing pitfall is a failure, a crashed one an error, a pitfall without a
    decision a skipped test with the reason, a warning a passed test with its text as output."""
    root = ElementTree.Element("testsuites", {"name": "porting-pitfalls"})
    for family, results in groupby(report.results, key=lambda result: result.pitfall.family):
        _suite(root, FAMILY_NAMES[family], list(results), base_url)
    ElementTree.indent(root, " ")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(
    root: ElementTree.Element, name: str, results: Sequence[PitfallResult], base_url: str
) -> None:
    verdicts = [result.verdict for result in results]
    skipped = (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
    counts = {
        "tests": len(results),
        "failures": sum(v is Verdict.FAIL for v in verdicts),
        "errors": sum(v is Verdict.ERROR for v in verdicts),
        "skipped": sum(v in skipped for v in verdicts),
    }
    attributes = {"name": name, **{key: str(value) for key, value in counts.items()}}
    suite = ElementTree.SubElement(root, "testsuite", attributes)
    for result in results:
        _case(suite, result, base_url)


def _case(suite: ElementTree.Element, result: PitfallResult, base_url: str) -> None:
    pitfall, verdict = result.pitfall, result.verdict
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {"classname": f"pitfalls.{pitfall.family}", "name": f"{pitfall.id} {pitfall.slug}"},
    )
    lines = _diagnostics(result, base_url)
    if verdict in (Verdict.FAIL, Verdict.ERROR):
        tag = "failure" if verdict is Verdict.FAIL else "error"
        first = next(f for f in result.findings if f.counts and f.verdict is verdict)
        message = f"{first.place}: {first.message}"
        element = ElementTree.SubElement(
            case, tag, {"message": _clean(message), "type": first.rule}
        )
        element.text = _clean("\n".join(lines))
    elif verdict in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE):
        reasons = [f.message for f in result.findings if f.verdict is Verdict.UNKNOWN]
        message = reasons[0] if reasons else "not applicable"
        ElementTree.SubElement(case, "skipped", {"message": _clean(message)})
    elif lines:
        ElementTree.SubElement(case, "system-out").text = _clean("\n".join(lines))


def _diagnostics(result: PitfallResult, base_url: str) -> list[str]:
    shown = (Verdict.ERROR, Verdict.FAIL, Verdict.WARN)
    findings = [f for f in result.findings if f.verdict in shown]
    rows: Iterable[str] = (
        line for f in findings for line in (*diagnostic(f, result.pitfall, base_url=base_url), "")
    )
    return [*rows, *result.traceback.splitlines()]


def _clean(text: str) -> str:
    return _INVALID.sub("\ufffd", text)
