"""Markdown that links a pitfall from an issue: title, permanent link, revision, verdict, place."""

from __future__ import annotations

from pitfalls.model import Finding, Pitfall, Report
from pitfalls.report.common import permalink, plain
from pitfalls.report.markdown import code, text


def render(
    pitfall: Pitfall, report: Report | None, finding: Finding | None, base_url: str = ""
) -> str:
    """One line, or two with a finding. Without ``base_url`` no host is made up: the id and the
    path within the site are named."""
    address = permalink(pitfall.id, base_url)
    title = f"{pitfall.id} {text(pitfall.title)}"
    named = f"[{title}]({address})" if base_url else f"{title} ({code(address)})"
    parts = [named]
    result = report.result(pitfall.id) if report is not None else None
    if report is not None and result is not None:
        target = report.target
        revision = f" at {code(target.revision[:12])}" if target.revision else ""
        dirty = " with local changes" if target.dirty else ""
        parts.append(f"{result.verdict.value}{revision}{dirty}")
    if finding is not None:
        where = code(plain(str(finding.place)))
        parts.append(f"{where} {finding.rule}: {text(finding.message)}")
    return ": ".join(parts) + "\n"
