"""``pitfalls bisect``: which commit introduced a finding."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pitfalls.cli.common import EXIT_OK, Session, Subcommands, UsageError, add_target, session

if TYPE_CHECKING:
    from pitfalls.bisect import Culprit
    from pitfalls.catalogue import Entry
    from pitfalls.git import Git
    from pitfalls.model import Finding, Pitfall


def add_to(commands: Subcommands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "bisect", help="find the commit that introduced a finding, without checking anything out"
    )
    parser.add_argument("name", metavar="ID", help="an id, slug, alias, or a single rule")
    add_target(parser, rev=False)
    parser.add_argument("--good", required=True, metavar="REV", help="where it was not there yet")
    parser.add_argument("--bad", default="HEAD", metavar="REV", help="where it is (default: HEAD)")
    parser.add_argument("--finding", default="", metavar="FINGERPRINT", help="only this finding")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_bisect)


def _bisect(arguments: argparse.Namespace) -> int:
    from pitfalls.bisect import BisectError, Bisection
    from pitfalls.git import Git

    target = Path(arguments.target)
    with session(target, config=arguments.config, cached=not arguments.no_cache) as opened:
        try:
            entry = opened.catalogue.find(arguments.name)
        except KeyError as error:
            raise UsageError(error.args[0]) from None
        git = Git(target)
        if not git.is_repository:
            raise UsageError(f"{target}: not a git repository")

        @cache
        def examine(revision: str) -> Sequence[Finding]:
            return _findings(target, revision, entry, arguments.name, opened)

        try:
            search = Bisection(git, arguments.good, arguments.bad, examine, arguments.finding)
            for step in search.steps():
                word = "has it" if step.present else "has it not"
                print(f"{step.revision[:12]} {word}, {step.left} left", file=sys.stderr)
            culprit = search.culprit()
        except BisectError as error:
            raise UsageError(str(error)) from None
        _show(culprit, git, entry.pitfall, arguments.format)
    return EXIT_OK


def _findings(
    target: Path, revision: str, entry: Entry, name: str, opened: Session
) -> list[Finding]:
    from pitfalls.model import Verdict
    from pitfalls.since import at

    report = at(target, revision, [entry], config=opened.config, cache=opened.cache)
    rule = name if entry.pitfall.rule(name) is not None else ""
    return [
        f
        for f in report.results[0].findings
        if f.verdict in (Verdict.FAIL, Verdict.WARN) and rule in ("", f.rule)
    ]


def _show(culprit: Culprit, git: Git, pitfall: Pitfall, form: str) -> None:
    from pitfalls.cli.common import write
    from pitfalls.report import json
    from pitfalls.report.text import diagnostic

    row = git.run("show", "-s", "--format=%an%x00%aI%x00%s", culprit.revision) or b"\0\0"
    author, date, subject = row.decode("utf-8", "replace").rstrip("\n").split("\0", 2)
    if form == "json":
        found = {
            "commit": culprit.revision, "author": author, "date": date, "subject": subject,
            "skipped": list(culprit.skipped), "finding": json.finding(culprit.finding),
        }  # fmt: skip
        write(json.encode(found), None)
        return
    lines = [f"{culprit.revision} introduced it", f"   {author}, {date}: {subject}", ""]
    lines += diagnostic(culprit.finding, pitfall)
    lines += [f"   could not be read, may be it too: {rev}" for rev in culprit.skipped]
    from pitfalls.report.common import plain

    write(plain("\n".join(lines)) + "\n", None)
