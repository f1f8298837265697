"""The target's own lines for a finding, and the mark by which it is known again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from pitfalls.model import Excerpt, Finding, Place, fingerprint

CONTEXT_LINES = 2
"""Lines of the target shown before and after a finding."""

EXCERPT_LINES = 16
"""An excerpt is cut after that many lines."""

EXCERPT_COLUMNS = 200
"""A line of an excerpt is cut after that many characters."""


def with_evidence(
    findings: Iterable[Finding], read: Callable[[str], bytes | None]
) -> tuple[Finding, ...]:
    """The findings with excerpt and fingerprint; ``read`` gives the bytes of a path."""
    texts: dict[str, list[str]] = {}
    counts: Counter[str] = Counter()
    done = []
    for finding in findings:
        path = finding.place.path
        if path not in texts:
            data = read(path) or b""
            texts[path] = data.decode("utf-8", errors="replace").splitlines()
        lines = texts[path]
        text = lines[finding.place.line - 1] if finding.place.line <= len(lines) else ""
        first = fingerprint(finding, text, 0)
        mark = fingerprint(finding, text, counts[first]) if counts[first] else first
        counts[first] += 1
        excerpt = _excerpt(lines, finding.place)
        done.append(msgspec.structs.replace(finding, fingerprint=mark, excerpt=excerpt))
    return tuple(done)


def _excerpt(lines: Sequence[str], place: Place) -> Excerpt | None:
    if not 1 <= place.line <= len(lines):
        return None
    first = max(1, place.line - CONTEXT_LINES)
    last = min(len(lines), place.last + CONTEXT_LINES, first + EXCERPT_LINES - 1)
    return Excerpt(first, tuple(line[:EXCERPT_COLUMNS] for line in lines[first - 1 : last]))
