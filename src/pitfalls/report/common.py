"""What several outputs need: text from the target made harmless, and the address of a page."""

from __future__ import annotations

import re
from urllib.parse import quote

from pitfalls.model import Finding, Pitfall, Report, TargetInfo

# ECMA-48 control sequences first, then single control characters (tab and newline stay).
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def plain(text: str) -> str:
    """``text`` without control sequences: safe for a terminal."""
    return _CONTROL.sub("", text)


def page_url(pitfall: Pitfall, base_url: str) -> str:
    """The address of a pitfall's page; relative to the site when no ``base_url`` is known."""
    base = base_url.rstrip("/") + "/" if base_url else ""
    return f"{base}{pitfall.page}.html"


def permalink(name: str, base_url: str) -> str:
    """The address that a pitfall, rule or family keeps for ever; relative to the site when no
    ``base_url`` is known."""
    base = base_url.rstrip("/") + "/" if base_url else ""
    return f"{base}p/{name}/"


def source_url(target: TargetInfo, finding: Finding) -> str:
    """The target's lines at the exact commit, or an empty string when the forge is unknown."""
    if not target.web_url:
        return ""
    place = finding.place
    path = quote(place.path.encode("utf-8", "surrogateescape"))
    return target.web_url.format(path=path, line=place.line, end_line=place.last)


def worst_finding(report: Report, pitfall_id: str) -> Finding | None:
    """The finding to name first in a bug report."""
    result = report.result(pitfall_id)
    counted = [f for f in result.findings if f.counts] if result else []
    return max(counted, key=lambda finding: finding.verdict.badness, default=None)


def summary_line(report: Report) -> str:
    """``../my-port at 1234567890ab: 1 fail, 3 pass``."""
    counts = [f"{number} {name}" for name, number in report.summary().items() if number]
    revision = f" at {report.target.revision[:12]}" if report.target.revision else ""
    dirty = " with local changes" if report.target.dirty else ""
    where = plain(report.target.path)
    return f"{where}{revision}{dirty}: " + (", ".join(counts) or "no check was run")
