"""What was known at an earlier revision, so that only what came since is reported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pitfalls.baseline import Baseline, Entry
from pitfalls.cache import Cache
from pitfalls.catalogue import Entry as CatalogueEntry
from pitfalls.config import Config
from pitfalls.engine import run
from pitfalls.git import Git
from pitfalls.model import Profile, Report, Verdict
from pitfalls.tree import TreeError, open_tree

COMPARED = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)


def known_at(
    target: Path,
    rev: str,
    head: str,
    entries: Sequence[CatalogueEntry],
    *,
    config: Config,
    cache: Cache,
    profile: Profile = Profile.DEFAULT,
) -> Baseline:
    """The findings at the commit where ``rev`` and ``head`` part: what ``rev`` mended since is not
    held against ``head``. Both sides are analysed with one configuration, through the cache.

    Raises :class:`~pitfalls.tree.TreeError` when there is no such revision.
    """
    base = Git(target).merge_base(rev, head) or rev
    report = at(target, base, entries, config=config, cache=cache, profile=profile)
    rows = {
        f.fingerprint: (0, Entry(f.fingerprint, f.rule, f.place.path))
        for result in report.results
        for f in result.findings
        if f.verdict in COMPARED
    }
    return Baseline("", rows, f"it was there at {rev}")


def at(
    target: Path,
    rev: str,
    entries: Sequence[CatalogueEntry],
    *,
    config: Config,
    cache: Cache,
    profile: Profile = Profile.DEFAULT,
) -> Report:
    """The report of the tree at ``rev``; nothing is checked out."""
    if not Git(target).is_repository:
        raise TreeError(f"{target}: not a git repository, so {rev} cannot be read")
    tree = open_tree(target, rev)
    try:
        return run(tree, entries, config=config, cache=cache, profile=profile)
    finally:
        tree.close()
