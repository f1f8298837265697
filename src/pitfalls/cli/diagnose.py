"""``pitfalls diagnose``: a log or a bug report in, the pitfalls it speaks of out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pitfalls.cli.common import EXIT_OK, Subcommands, UsageError, session, write

if TYPE_CHECKING:
    from pitfalls.catalogue import Catalogue
    from pitfalls.diagnose import Candidate

MAX_MATCHES = 3
"""Matches shown of one candidate as text; JSON has them all."""

BOOSTS = {"fail": 1.0, "warn": 0.5}
"""What a candidate gains when its check fails or warns on the reporter's tree."""


def add_to(commands: Subcommands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "diagnose", help="which pitfalls a log, a panic or a bug report speaks of"
    )
    parser.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="the text; - is standard input"
    )
    parser.add_argument(
        "--target", type=Path, metavar="DIR", help="check the candidates on this tree too"
    )
    parser.add_argument("--rev", help="read this revision of the target's git repository")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_diagnose)


def _diagnose(arguments: argparse.Namespace) -> int:
    from pitfalls import catalogue
    from pitfalls.diagnose import Diagnosis, symptom_table

    text = _text(arguments.file)
    known = catalogue.cached()
    diagnosis = Diagnosis(symptom_table(entry.pitfall for entry in known))
    candidates = diagnosis.candidates(text)
    verdicts: dict[str, str] = {}
    base_url = ""
    if arguments.target is not None and candidates:
        verdicts, base_url = _verdicts(arguments, candidates)
        boosts = {name: BOOSTS.get(verdict, 0.0) for name, verdict in verdicts.items()}
        candidates = diagnosis.candidates(text, boosts)
    if arguments.format == "json":
        from pitfalls.report import json

        rows = [_row(c, known, verdicts, base_url) for c in candidates]
        write(json.encode({"candidates": rows}), None)
    else:
        write("\n".join(_lines(candidates, known, verdicts, base_url)) + "\n", None)
    return EXIT_OK


def _text(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from None
    return data.decode("utf-8", errors="replace")


def _verdicts(
    arguments: argparse.Namespace, candidates: Sequence[Candidate]
) -> tuple[dict[str, str], str]:
    """Pitfall id -> verdict on the target, and the address of the site."""
    from pitfalls import engine

    with session(arguments.target, arguments.rev) as opened:
        entries = [opened.catalogue.find(candidate.id) for candidate in candidates]
        report = engine.run(opened.tree, entries, config=opened.config, cache=opened.cache)
    verdicts = {result.pitfall.id: result.verdict.value for result in report.results}
    return verdicts, opened.config.site.base_url


def _row(
    candidate: Candidate, known: Catalogue, verdicts: dict[str, str], base_url: str
) -> dict[str, Any]:
    from pitfalls.report.common import permalink

    pitfall = known.find(candidate.id).pitfall
    return {
        "id": candidate.id,
        "slug": candidate.slug,
        "title": pitfall.title,
        "url": permalink(candidate.id, base_url),
        "score": candidate.score,
        "verdict": verdicts.get(candidate.id),
        "matches": [{"line": m.line, "text": m.text, "why": m.why} for m in candidate.matches],
    }


def _lines(
    candidates: Sequence[Candidate], known: Catalogue, verdicts: dict[str, str], base_url: str
) -> Iterator[str]:
    from pitfalls.report.common import permalink, plain

    if not candidates:
        yield "no known pitfall: nothing in this text is a symptom that the pages name"
    for candidate in candidates:
        pitfall = known.find(candidate.id).pitfall
        verdict = verdicts.get(candidate.id)
        on_tree = f", {verdict} on the target" if verdict else ""
        yield f"{candidate.id} {pitfall.title} (score {candidate.score:g}{on_tree})"
        for match in candidate.matches[:MAX_MATCHES]:
            yield f"   line {match.line}: {plain(match.text)[:160]}"
            yield f"      {plain(match.why)}"
        yield f"   page: {permalink(candidate.id, base_url)}"
