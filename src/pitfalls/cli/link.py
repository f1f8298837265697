"""``pitfalls link``: Markdown for a bug report."""

from __future__ import annotations

import argparse
from pathlib import Path

from pitfalls.cli.common import EXIT_OK, Subcommands, UsageError, add_target, session, write


def add_to(commands: Subcommands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("link", help="Markdown that links a pitfall from a bug report")
    parser.add_argument("name", metavar="ID", help="an id, slug, alias or rule")
    add_target(parser)
    parser.add_argument(
        "--finding", metavar="FINGERPRINT", help="name this finding, not the worst one"
    )
    parser.set_defaults(run=_link)


def _link(arguments: argparse.Namespace) -> int:
    from pitfalls import engine
    from pitfalls.report import link
    from pitfalls.report.common import worst_finding

    with session(
        Path(arguments.target), arguments.rev, config=arguments.config,
        cached=not arguments.no_cache,
    ) as opened:  # fmt: skip
        try:
            entry = opened.catalogue.find(arguments.name)
        except KeyError as error:
            raise UsageError(error.args[0]) from None
        report = engine.run(opened.tree, [entry], config=opened.config, cache=opened.cache)
    finding = worst_finding(report, entry.pitfall.id)
    if arguments.finding:
        found = report.results[0].findings
        finding = next((f for f in found if f.fingerprint == arguments.finding), None)
        if finding is None:
            raise UsageError(
                f"{entry.pitfall.id} has no finding {arguments.finding} on {arguments.target}; "
                "`pitfalls check --format json` lists them"
            )
    write(link.render(entry.pitfall, report, finding, opened.config.site.base_url), None)
    return EXIT_OK
