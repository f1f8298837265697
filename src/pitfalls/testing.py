"""For tests of checks: examine a tree that is written down in the test itself."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from pitfalls import catalogue
from pitfalls.config import Config
from pitfalls.engine import run
from pitfalls.model import Finding, PitfallResult, Verdict
from pitfalls.tree import FolderTree


def examine_folder(name: str, folder: Path, config: Config | None = None) -> PitfallResult:
    """Run one pitfall's check (id, slug or alias) over a folder, without a cache."""
    entry = catalogue.load().find(name)
    report = run(FolderTree(folder), [entry], config=config)
    return report.results[0]


def examine(
    name: str, files: Mapping[str, str | bytes], config: Config | None = None
) -> PitfallResult:
    """Run one pitfall's check over ``files``: path -> content."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            full = Path(folder, path)
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(content.encode() if isinstance(content, str) else content)
        return examine_folder(name, Path(folder), config)


def places(result: PitfallResult, *verdicts: Verdict) -> list[tuple[str, str, str, int]]:
    """``(rule name, verdict, path, line)`` of the findings, sorted; every verdict by default."""
    return sorted(
        _place(finding)
        for finding in result.findings
        if not verdicts or finding.verdict in verdicts
    )


def _place(finding: Finding) -> tuple[str, str, str, int]:
    rule = finding.rule.partition(".")[2]
    return rule, finding.verdict.value, finding.place.path, finding.place.line
