"""Finds the commit that introduced a finding, as ``git bisect`` does; nothing is checked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pitfalls.git import Git
from pitfalls.model import Finding

Examine = Callable[[str], Sequence[Finding]]
"""Revision -> the findings to look for among."""


class BisectError(Exception):
    """A search that cannot be made, with what to do about it."""


@dataclass(frozen=True)
class Step:
    """One revision that was examined: whether a sought finding was there, and how many commits are
    left."""

    revision: str
    present: bool
    left: int


@dataclass(frozen=True)
class Culprit:
    """The first revision with the finding, and the finding there. Revisions that could not be read
    are ``skipped``: any of them may be the culprit too."""

    revision: str
    finding: Finding
    skipped: tuple[str, ...]


class Bisection:
    """A search between a good and a bad revision, one step at a time."""

    def __init__(
        self, git: Git, good: str, bad: str, examine: Examine, fingerprint: str = ""
    ) -> None:
        self._git = git
        self._good, self._bad = self._commit(good), self._commit(bad)
        self._examine = examine
        answer = git.run("merge-base", "--is-ancestor", self._good, self._bad)
        if answer is None:
            raise BisectError(f"{good} is no ancestor of {bad}: give an earlier good revision")
        before = {mark for f in examine(self._good) for mark in _marks(f)}
        after = [f for f in examine(self._bad) if not before.intersection(_marks(f))]
        wanted = [f for f in after if fingerprint in ("", f.fingerprint)]
        self._sought = {mark for f in wanted for mark in _marks(f)}
        if not self._sought:
            what = f"finding {fingerprint}" if fingerprint else "finding"
            raise BisectError(f"no {what} at {bad} that is not at {good} too: nothing to search")

    def _commit(self, rev: str) -> str:
        found = self._git.revision(rev)
        if found is None:
            raise BisectError(f"no such revision {rev!r}")
        return found

    def steps(self) -> Iterator[Step]:
        """Examine revisions until one commit is left; :meth:`culprit` names it then."""
        self._first, self._goods, self._skipped = self._bad, [self._good], list[str]()
        while middle := self._middle():
            revision, left = middle
            found = self._present(revision)
            if found is None:
                self._skipped.append(revision)
            elif found:
                self._first = revision
            else:
                self._goods.append(revision)
            yield Step(revision, bool(found), left)

    def culprit(self) -> Culprit:
        """The commit that is left."""
        found = next(f for f in self._examine(self._first) if self._sought.intersection(_marks(f)))
        return Culprit(self._first, found, tuple(self._skipped))

    def _present(self, revision: str) -> bool | None:
        """Whether a sought finding is there; None when that revision cannot be read."""
        from pitfalls.tree import TreeError

        try:
            return any(self._sought.intersection(_marks(f)) for f in self._examine(revision))
        except TreeError:
            return None

    def _middle(self) -> tuple[str, int] | None:
        """The revision that halves what is left, and how many commits that is."""
        excluded = [f"^{revision}" for revision in self._goods]
        answer = self._git.run("rev-list", "--bisect-all", self._first, *excluded, "--") or b""
        rows = [line.split()[0].decode() for line in answer.splitlines() if line.strip()]
        for revision in rows:
            if revision != self._first and revision not in self._skipped:
                return revision, len(rows)
        return None


def _marks(finding: Finding) -> tuple[str, tuple[str, str]]:
    """What a finding is known by at another commit: its fingerprint, or the rule with the same
    message where its file was moved."""
    return finding.fingerprint, (finding.rule, finding.message)
