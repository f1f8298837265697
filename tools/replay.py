"""Runs the checks at both sides of real commits at which a pitfall came or went.

``nox -s replay -- --repo GITDIR --corpus pairs.json [--symptoms symptoms.json]``. A corpus is a
list of ``{"pitfall": slug, "bad": rev, "good": rev, "bad_paths": [...]}``. A bad side is *found*
when a failure or warning of that pitfall stands in one of the files named (or in any, when none
is); a good side is *clean* when what was found there is gone: same rule, file and subject. Prints a
table and each miss, and writes JSON. With ``--symptoms`` it measures `pitfalls diagnose` too: see
:mod:`tools.symptoms`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pitfalls import Verdict, catalogue
from pitfalls.cache import Cache, default_path
from pitfalls.catalogue import Entry
from pitfalls.engine import run
from pitfalls.model import Finding
from pitfalls.tree import TreeError, open_tree
from tools import symptoms

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Outcome:
    """One pair. ``found`` and ``remaining`` hold ``rule path:line subject`` of findings."""

    pitfall: str
    bad: str
    good: str
    found: list[str]
    remaining: list[str]
    clean: bool
    error: str = ""

    @property
    def word(self) -> str:
        """What the table says."""
        if self.error:
            return "error"
        return "ok" if self.found and self.clean else "miss" if not self.found else "false alarm"


def main() -> int:
    """Run all pairs and return the exit code: 1 when one is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repo", required=True, type=Path, help="a git repository, bare or not")
    parser.add_argument("--corpus", type=Path, help="JSON, as described above")
    parser.add_argument("--symptoms", type=Path, help="JSON: where texts of known pitfalls stand")
    parser.add_argument("--select", action="append", default=[], help="only these pitfalls")
    parser.add_argument("--output", type=Path, default=Path("replay.json"))
    arguments = parser.parse_args()
    known = catalogue.load()
    if arguments.symptoms is not None:
        symptoms.measure(arguments.repo, arguments.symptoms, known)
    if arguments.corpus is None:
        return 0
    try:
        pairs = json.loads(arguments.corpus.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        parser.error(f"{arguments.corpus}: {error}")
    names = {entry.pitfall.slug: entry for entry in known}
    chosen = {known.find(name).pitfall.slug for name in arguments.select} or set(names)
    cache = Cache(default_path())
    outcomes = []
    for pair in pairs:
        if pair["pitfall"] in names and pair["pitfall"] in chosen:
            outcomes.append(_replay(arguments.repo, names[pair["pitfall"]], pair, cache))
            _show(outcomes[-1])
    cache.close()
    _summary(outcomes, len(pairs))
    report = [{**asdict(outcome), "outcome": outcome.word} for outcome in outcomes]
    arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if any(outcome.word != "ok" for outcome in outcomes) else 0


def _replay(repo: Path, entry: Entry, pair: dict[str, Any], cache: Cache) -> Outcome:
    slug = entry.pitfall.slug
    try:
        bad = _findings(repo, pair["bad"], entry, cache)
        good = {_key(f) for f in _findings(repo, pair["good"], entry, cache)}
    except TreeError as error:
        return Outcome(slug, pair["bad"][:9], pair["good"][:9], [], [], False, str(error))
    named = pair.get("bad_paths") or []
    found = [f for f in bad if not named or f.place.path in named]
    gone = [f for f in found if _key(f) not in good]
    remaining = [f for f in found if _key(f) in good]
    # Found findings that were there before and after are not what the commit was about.
    shown = gone or found
    return Outcome(
        slug, pair["bad"][:9], pair["good"][:9], _texts(shown),
        _texts(remaining), bool(gone) or not found,
    )  # fmt: skip


def _findings(repo: Path, revision: str, entry: Entry, cache: Cache) -> list[Finding]:
    tree = open_tree(repo, revision)
    try:
        result = run(tree, [entry], cache=cache).results[0]
    finally:
        tree.close()
    if result.traceback:
        sys.exit(f"replay: {entry.pitfall.id} crashed at {revision}:\n{result.traceback}")
    return [f for f in result.findings if f.verdict in (Verdict.FAIL, Verdict.WARN)]


def _key(finding: Finding) -> Key:
    return finding.rule, finding.place.path, finding.subject


def _texts(findings: Iterable[Finding]) -> list[str]:
    return [f"{f.rule} {f.place} [{f.subject}] {f.message}" for f in findings]


def _show(outcome: Outcome) -> None:
    print(f"{outcome.word:<12} {outcome.pitfall:<28} {outcome.bad} -> {outcome.good}")
    for text in outcome.found:
        print(f"    bad side: {text}")
    if not outcome.clean:
        for text in outcome.remaining:
            print(f"    still at the good side: {text}")
    if outcome.error:
        print(f"    {outcome.error}")


def _summary(outcomes: list[Outcome], total: int) -> None:
    print(f"\n{'pitfall':<28} pairs found clean")
    for slug in dict.fromkeys(outcome.pitfall for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.pitfall == slug]
        found = sum(bool(outcome.found) for outcome in own)
        clean = sum(outcome.clean and bool(outcome.found) for outcome in own)
        print(f"{slug:<28} {len(own):5} {found:5} {clean:5}")
    ok = sum(outcome.word == "ok" for outcome in outcomes)
    print(f"{ok} of {len(outcomes)} pairs are right; {total - len(outcomes)} are of other pitfalls")


if __name__ == "__main__":
    sys.exit(main())
