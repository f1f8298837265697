"""Outputs, one module each: a :class:`~pitfalls.model.Report` in, text out."""

from __future__ import annotations

from pitfalls.model import Report

FORMATS = ("text", "json", "sarif", "junit", "github", "markdown", "badge", "badge-json")
"""Every output; ``badge-json`` is what a shields.io endpoint badge reads."""


def render(report: Report, name: str, *, base_url: str = "") -> str:
    """The report in the format ``name``; modules are imported when they are asked for.

    Raises ValueError for an unknown name.
    """
    from importlib import import_module

    if name not in FORMATS:
        raise ValueError(f"no format {name!r}")
    module = import_module(f"pitfalls.report.{name.removesuffix('-json')}")
    if name == "badge-json":
        return str(module.render_endpoint(report))
    return str(module.render(report, base_url=base_url))
