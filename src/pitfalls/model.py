"""The words of the field as plain frozen data: verdicts, places, findings, rules, reports.

Nothing here reads a file. Every class is a :class:`msgspec.Struct`, so that a report or a cached
result is encoded and decoded without code of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What is known about a rule, a subject, a platform or a pitfall; worst first."""

    ERROR = "error"
    FAIL = "fail"
    WARN = "warn"
    UNKNOWN = "unknown"
    PASS = "pass"  # noqa: S105 - not a password
    NOT_APPLICABLE = "not-applicable"
    NOTE = "note"

    @property
    def badness(self) -> int:
        """0 for a note up to 6 for an error."""
        return _BADNESS[self]


_BADNESS = {verdict: len(Verdict) - 1 - index for index, verdict in enumerate(Verdict)}

# The six verdicts a pitfall can have; a note is a finding only.
PITFALL_VERDICTS = tuple(verdict for verdict in Verdict if verdict is not Verdict.NOTE)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of ``verdicts`` without the notes; ``not-applicable`` when nothing is left."""
    judged = [verdict for verdict in verdicts if verdict is not Verdict.NOTE]
    return max(judged, key=lambda verdict: verdict.badness, default=Verdict.NOT_APPLICABLE)


class Tag(StrEnum):
    """Where a rule comes from (CONTRIBUTING.md, 'Provenance')."""

    SEED = "seed"
    SEED_NARROWED = "seed:narrowed"
    SEED_HISTORY = "seed:history"
    NEW = "new"


class Profile(StrEnum):
    """``default``, or ``seed``: superseded statements of the original count as failures."""

    DEFAULT = "default"
    SEED = "seed"


class Place(msgspec.Struct, frozen=True, order=True):
    """Lines of one file: ``path`` is POSIX, relative to the target's root; lines count from 1."""

    path: str
    line: int = 1
    end_line: int | None = None

    @property
    def last(self) -> int:
        """The last line, ``line`` itself for a single one."""
        return self.end_line if self.end_line is not None else self.line

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Related(msgspec.Struct, frozen=True):
    """One hop of the chain that led to a finding: a place and what was read there."""

    place: Place
    message: str


class Allowed(msgspec.Struct, frozen=True):
    """Why a finding does not count. ``kind`` tells what accepts it: an ``allow`` entry, an
    ``inline`` comment, the ``baseline``, or ``since``: it was there at an earlier revision.
    ``source`` is ``path:line``, empty for ``since``."""

    reason: str
    source: str
    kind: str = "allow"


class Excerpt(msgspec.Struct, frozen=True):
    """The target's own lines around a place: ``first`` is the number of the first one."""

    first: int
    lines: tuple[str, ...]


class Measure(msgspec.Struct, frozen=True):
    """A row of a table of required versus found: what was measured, the value with its unit, and
    what is required of it with the origin of that requirement."""

    context: str
    found: str
    required: str


class Finding(msgspec.Struct, frozen=True):
    """One piece of evidence. Checks make them with :func:`pitfalls.fail` and its siblings.

    ``rule``, ``fingerprint``, ``allowed`` and ``excerpt`` are filled in by the engine. A
    fingerprint outlives moved lines: it is made of rule, path, subject and the text of the line,
    not of its number.
    """

    verdict: Verdict
    place: Place
    message: str
    subject: str = ""
    platform: str = ""
    related: tuple[Related, ...] = ()
    rule: str = ""
    fingerprint: str = ""
    allowed: Allowed | None = None
    excerpt: Excerpt | None = None
    measure: Measure | None = None

    @property
    def counts(self) -> bool:
        """Whether the finding takes part in a verdict."""
        return self.allowed is None and self.verdict is not Verdict.NOTE


def fingerprint(finding: Finding, line_text: str, occurrence: int) -> str:
    """16 hex digits that name ``finding`` across runs; ``occurrence`` tells equals apart."""
    parts = (finding.rule, finding.place.path, finding.subject, " ".join(line_text.split()))
    digest = hashlib.blake2b("\0".join((*parts, str(occurrence))).encode(), digest_size=8)
    return digest.hexdigest()


class Rule(msgspec.Struct, frozen=True):
    """One decidable statement of a pitfall, such as ``MEM001.dma-region``."""

    id: str
    level: Verdict
    tag: Tag
    statement: str
    fix: str

    @property
    def name(self) -> str:
        """The part after the pitfall's id: ``dma-region``."""
        return self.id.partition(".")[2]


class Symptom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody in trouble sees; ``kind`` tells how ``text`` is looked for.

    ``code``: an error number or name, matched as a whole word; ``log``: a text that a program
    prints, matched literally; ``pattern``: a regular expression; ``phrase``: plain words, matched
    by how many of them occur; ``words``: words of which all must occur, in any order, each of them
    in one of its forms (``two/both guest/VM``); ``term``: a word of the field that only hints.
    ``weight`` is below 1 where a text has other causes too, above 1 where it has no other.
    """

    text: str
    kind: str = "phrase"
    weight: float = 1.0


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A primary source: title and address."""

    title: str
    url: str


class Pitfall(msgspec.Struct, frozen=True):
    """One entry of the catalogue: the metadata of its page and the rules of its check.

    ``page`` is the docname below ``docs/``; ``aliases`` holds old ids, slugs and anchors;
    ``mistaken_for`` tells of the pitfalls that look alike, id -> how they differ.
    """

    id: str
    slug: str
    title: str
    family: str
    severity: str
    platforms: tuple[str, ...]
    symptoms: tuple[Symptom, ...]
    aliases: tuple[str, ...]
    references: tuple[Reference, ...]
    since: str
    page: str
    rules: tuple[Rule, ...] = ()
    mistaken_for: dict[str, str] = {}

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with that full id, or None for the engine's own findings."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


class PitfallResult(msgspec.Struct, frozen=True):
    """The findings of one pitfall over one target."""

    pitfall: Pitfall
    findings: tuple[Finding, ...]
    traceback: str = ""

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings that count."""
        return worst(finding.verdict for finding in self.findings if finding.counts)

    def by_platform(self) -> dict[str, Verdict]:
        """Verdict per platform, sorted by name; findings without a platform are left out."""
        names = sorted({f.platform for f in self.findings if f.platform and f.counts})
        return {
            name: worst(f.verdict for f in self.findings if f.counts and f.platform == name)
            for name in names
        }

    def by_subject(self) -> dict[str, Verdict]:
        """Verdict per subject, sorted by name."""
        names = sorted({finding.subject for finding in self.findings if finding.counts})
        return {
            name: worst(f.verdict for f in self.findings if f.counts and f.subject == name)
            for name in names
        }


class TargetInfo(msgspec.Struct, frozen=True):
    """Which tree was examined.

    ``revision`` is a full commit id, empty when there is none; ``web_url`` the address of a file
    view at that commit with ``{path}``, ``{line}`` and ``{end_line}`` to fill in, empty when the
    remote is not known; ``prefix`` the folder of the target inside its repository, ending in a
    slash, empty for the whole of it.
    """

    path: str
    revision: str = ""
    dirty: bool = False
    web_url: str = ""
    prefix: str = ""


class Problem(msgspec.Struct, frozen=True):
    """Something outside the checks that a reader must know: an entry that accepts nothing any
    more, a file that was cut off. ``kind`` is ``allow``, ``inline``, ``baseline`` or ``unread``."""

    kind: str
    place: Place
    message: str


class Report(msgspec.Struct, frozen=True):
    """All findings of one run over one target, in the order of the catalogue."""

    target: TargetInfo
    results: tuple[PitfallResult, ...]
    problems: tuple[Problem, ...] = ()

    def summary(self) -> dict[str, int]:
        """Number of pitfalls per verdict, every verdict named."""
        counts = dict.fromkeys((verdict.value for verdict in PITFALL_VERDICTS), 0)
        for result in self.results:
            counts[result.verdict.value] += 1
        return counts

    def result(self, pitfall_id: str) -> PitfallResult | None:
        """The result of one pitfall."""
        return next((r for r in self.results if r.pitfall.id == pitfall_id), None)
