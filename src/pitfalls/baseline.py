"""Findings that were there when the checks were adopted: only new ones fail.

A baseline names findings by fingerprint, which outlives moved lines. It is a JSON file, one finding
a line, so that a change of it reads well in a diff.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec

from pitfalls.config import ConfigError
from pitfalls.model import Report, Verdict

DEFAULT_NAME = "pitfalls-baseline.json"

SCHEMA = 1


class Entry(msgspec.Struct, frozen=True):
    """One accepted finding; all but the fingerprint is for people."""

    fingerprint: str
    rule: str = ""
    path: str = ""
    message: str = ""


class File(msgspec.Struct, frozen=True):
    """The file as it is stored."""

    schema: int
    findings: tuple[Entry, ...]


@dataclass(frozen=True)
class Baseline:
    """Entries by fingerprint with the line each stands on; ``path`` is that of the file, and
    ``reason`` what is said of a finding that is in it."""

    path: str = ""
    entries: dict[str, tuple[int, Entry]] = field(default_factory=dict)
    reason: str = "in the baseline: it was there when the checks were adopted"


def parse(data: bytes, path: str) -> Baseline:
    """Read the file ``path``. Raises :class:`~pitfalls.config.ConfigError`."""
    try:
        stored = msgspec.json.decode(data, type=File)
    except msgspec.DecodeError as error:
        remedy = "write it anew with `pitfalls baseline write`"
        raise ConfigError(path, 1, f"not a baseline: {error}; {remedy}") from None
    if stored.schema != SCHEMA:
        raise ConfigError(path, 1, f"baseline schema {stored.schema} is not {SCHEMA}")
    lines = data.decode("utf-8", "replace").splitlines()
    places: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        for entry in stored.findings:
            if entry.fingerprint not in places and f'"{entry.fingerprint}"' in line:
                places[entry.fingerprint] = number
    rows = {e.fingerprint: (places.get(e.fingerprint, 1), e) for e in stored.findings}
    return Baseline(path, rows)


def render(report: Report) -> str:
    """The file for all failures, warnings and unknowns of ``report`` that nothing else accepts."""
    rows = sorted(
        {
            (f.rule, f.place.path, f.fingerprint, f.message)
            for result in report.results
            for f in result.findings
            if f.counts and f.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)
        }
    )
    lines = [_row(*row) for row in rows]
    body = ",\n  ".join(lines)
    return (
        f'{{"schema": {SCHEMA}, "findings": [\n  {body}\n]}}\n'
        if lines
        else (f'{{"schema": {SCHEMA}, "findings": []}}\n')
    )


def _row(rule: str, path: str, fingerprint: str, message: str) -> str:
    row: dict[str, Any] = {"rule": rule, "path": path, "fingerprint": fingerprint}
    return json.dumps({**row, "message": message}, ensure_ascii=False)
