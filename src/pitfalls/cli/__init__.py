"""The command ``pitfalls``; each subcommand is a module of this package.

Only the standard library is imported before the arguments are known.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from pitfalls.cli import baseline, bisect, check, diagnose, init, link, show
from pitfalls.cli.common import EPILOG, EXIT_NOTHING, EXIT_OK, EXIT_USAGE, UsageError

COMMANDS = (check, show, diagnose, link, init, baseline, bisect)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = parser().parse_args(argv)
    from pitfalls.catalogue import CatalogueError
    from pitfalls.config import ConfigError
    from pitfalls.tree import TreeError

    try:
        return int(arguments.run(arguments))
    except TreeError as error:
        return _complain(str(error), EXIT_NOTHING)
    except (ConfigError, CatalogueError, UsageError) as error:
        return _complain(str(error), EXIT_USAGE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK


def _complain(message: str, code: int) -> int:
    print(f"pitfalls: {message}", file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command; the reference pages are held against it."""
    from pitfalls import __version__

    top = argparse.ArgumentParser(
        prog="pitfalls",
        description="Which known porting trap has this firmware tree stepped into?",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"pitfalls {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_to(commands)
    return top
