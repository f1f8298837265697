"""``pitfalls baseline write``: accept what is there, so that only new findings fail."""

from __future__ import annotations

import argparse
from pathlib import Path

from pitfalls.cli.common import EXIT_OK, Subcommands, UsageError, add_target, session, write


def add_to(commands: Subcommands) -> None:
    """Add the subcommand with its one action."""
    parser = commands.add_parser("baseline", help="accept the findings that are there now")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    writing = actions.add_parser("write", help="write the baseline file of a target")
    add_target(writing)
    writing.add_argument(
        "--output", type=Path, metavar="FILE",
        help="where to (default: pitfalls-baseline.json in the target)",
    )  # fmt: skip
    writing.set_defaults(run=_write)


def _write(arguments: argparse.Namespace) -> int:
    import msgspec

    from pitfalls import baseline, engine

    target = Path(arguments.target)
    with session(
        target, arguments.rev, config=arguments.config, cached=not arguments.no_cache
    ) as opened:
        configured = opened.config.baseline
        # What an older baseline accepts belongs into the new one.
        config = msgspec.structs.replace(opened.config, baseline="")
        report = engine.run(
            opened.tree, opened.catalogue.entries, config=config, cache=opened.cache
        )
    output = arguments.output or target / (configured or baseline.DEFAULT_NAME)
    if arguments.output is None and arguments.rev is not None:
        raise UsageError("with --rev say where to write: --output FILE")
    text = baseline.render(report)
    write(text, output)
    print(f"{output}: {len(baseline.parse(text.encode(), str(output)).entries)} findings")
    if not configured:
        print(f'now set `baseline = "{output.name}"` in pitfalls.toml')
    return EXIT_OK
