"""A status badge: a small SVG of our own, and the JSON that shields.io draws from."""

from __future__ import annotations

from html import escape

from pitfalls.model import Report, Verdict
from pitfalls.report.json import encode

_LABEL = "porting pitfalls"

# Colours with a contrast of at least 4.5:1 to white text.
_COLOURS = {
    Verdict.ERROR: "#8b1a8b",
    Verdict.FAIL: "#b62324",
    Verdict.WARN: "#8a5a00",
    Verdict.UNKNOWN: "#57606a",
    Verdict.PASS: "#1a7f37",
    Verdict.NOT_APPLICABLE: "#57606a",
}


def render(report: Report, *, base_url: str = "") -> str:  # noqa: ARG001 - every output has it
    """The badge as SVG, with its text as the accessible name."""
    verdict, message = _state(report)
    left, right = _width(_LABEL), _width(message)
    title = escape(f"{_LABEL}: {message}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<rect width="{left}" height="20" fill="#24292f"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{_COLOURS[verdict]}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" '
        'font-size="11">'
        f'<text x="{left / 2:g}" y="14">{escape(_LABEL)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(message)}</text></g></svg>\n'
    )


def render_endpoint(report: Report) -> str:
    """What a shields.io endpoint badge reads."""
    verdict, message = _state(report)
    return encode(
        {
            "schemaVersion": 1,
            "label": _LABEL,
            "message": message,
            "color": _COLOURS[verdict].lstrip("#"),
        }
    )


def _state(report: Report) -> tuple[Verdict, str]:
    """The worst verdict and a word of it: ``3 fail``."""
    summary = report.summary()
    for verdict in Verdict:
        if summary.get(verdict.value) and verdict is not Verdict.NOT_APPLICABLE:
            return verdict, f"{summary[verdict.value]} {verdict.value}"
    return Verdict.NOT_APPLICABLE, "not applicable"


def _width(text: str) -> int:
    """Pixels that the text needs at 11 px Verdana, with room at both ends."""
    return round(6.6 * len(text)) + 12
