"""``pitfalls list`` and ``pitfalls explain``: the catalogue without a target."""

from __future__ import annotations

import argparse

from pitfalls.cli.common import EXIT_OK, Subcommands, UsageError, write


def add_to(commands: Subcommands) -> None:
    """Add both subcommands."""
    listing = commands.add_parser("list", help="list the pitfalls")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.set_defaults(run=_list)

    explain = commands.add_parser("explain", help="what a pitfall is, and what its check looks at")
    explain.add_argument("name", metavar="ID", help="an id, slug, alias or rule")
    explain.add_argument("--format", choices=("text", "json"), default="text")
    explain.set_defaults(run=_explain)


def _list(arguments: argparse.Namespace) -> int:
    from pitfalls import catalogue

    known = catalogue.load()
    if arguments.format == "json":
        from pitfalls.report import json

        write(json.render_list(known), None)
    else:
        for entry in known:
            p = entry.pitfall
            print(f"{p.id:<7} {p.slug:<28} {p.title}")
    return EXIT_OK


def _explain(arguments: argparse.Namespace) -> int:
    from pitfalls import catalogue

    try:
        entry = catalogue.load().find(arguments.name)
    except KeyError as error:
        raise UsageError(error.args[0]) from None
    from pitfalls.report import explain, json

    if arguments.format == "json":
        write(json.encode(json.describe(entry.pitfall)), None)
    else:
        write(explain.render(entry), None)
    return EXIT_OK
