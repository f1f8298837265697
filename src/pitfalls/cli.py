"""The command ``pitfalls``: ``check``, ``list`` and ``explain``.

Only the standard library is imported before the arguments are known.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pitfalls.catalogue import Catalogue, Entry
    from pitfalls.model import Report

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_NOTHING, EXIT_CRASHED = range(5)

_EPILOG = """\
exit codes:
  0  no pitfall failed
  1  a pitfall failed
  2  usage or configuration error
  3  nothing could be examined: no such target, or no check applies to it
  4  a check crashed
"""


class UsageError(Exception):
    """A mistake in the arguments, with its remedy."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = _parser().parse_args(argv)
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


def _parser() -> argparse.ArgumentParser:
    from pitfalls import __version__

    parser = argparse.ArgumentParser(
        prog="pitfalls",
        description="Which known porting trap has this firmware tree stepped into?",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pitfalls {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser(
        "check",
        help="examine a source tree",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument(
        "target", nargs="?", default=".", help="a folder or a git repository (default: .)"
    )
    check.add_argument(
        "--rev", help="read this revision of a git repository; nothing is checked out"
    )
    check.add_argument(
        "--select", action="append", default=[], metavar="NAME",
        help="only these pitfalls: id, slug, alias, rule or family; may be repeated, or a,b,c",
    )  # fmt: skip
    check.add_argument(
        "--ignore", action="append", default=[], metavar="NAME", help="without these pitfalls"
    )
    check.add_argument(
        "--profile", choices=("default", "seed"), default="default",
        help="seed: superseded statements of the original document count as failures",
    )  # fmt: skip
    check.add_argument("--format", choices=("text", "json"), default="text")
    check.add_argument("--output", type=Path, metavar="FILE", help="write the report to FILE")
    check.add_argument(
        "--config", type=Path, metavar="FILE", help="instead of TARGET/pitfalls.toml"
    )
    check.add_argument("--no-cache", action="store_true", help="read and parse everything anew")
    check.add_argument("--verbose", "-v", action="store_true", help="show passes and notes too")
    check.set_defaults(run=_check)

    listing = commands.add_parser("list", help="list the pitfalls")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.set_defaults(run=_list)

    explain = commands.add_parser("explain", help="what a pitfall is, and what its check looks at")
    explain.add_argument("name", metavar="ID", help="an id, slug, alias or rule")
    explain.add_argument("--format", choices=("text", "json"), default="text")
    explain.set_defaults(run=_explain)
    return parser


def _check(arguments: argparse.Namespace) -> int:
    from pitfalls import catalogue, engine
    from pitfalls.cache import Cache, default_path
    from pitfalls.config import load_config
    from pitfalls.model import Profile
    from pitfalls.tree import open_tree

    # Facts are plain data without cycles, and the process ends soon: looking for garbage would
    # take a tenth of a cold run.
    gc.disable()
    tree = open_tree(Path(arguments.target), arguments.rev)
    tree.prefetch()
    cache = Cache(None if arguments.no_cache else default_path())
    try:
        known = catalogue.load(cache=cache)
        entries = select(known, arguments.select, arguments.ignore)
        config = load_config(tree, known, arguments.config)
        report = engine.run(
            tree, entries, config=config, cache=cache, profile=Profile(arguments.profile)
        )
    finally:
        tree.close()
        cache.close()
    base_url = config.site.base_url
    if arguments.format == "json":
        from pitfalls.report import json

        text = json.render(report, base_url=base_url)
    else:
        from pitfalls.report import text as terminal

        colour = arguments.output is None and wants_colour()
        text = terminal.render(report, base_url=base_url, colour=colour, verbose=arguments.verbose)
    _write(text, arguments.output)
    return exit_code(report)


def wants_colour() -> bool:
    """Whether standard output is a terminal and ``NO_COLOR`` is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", errors="replace"))
        sys.stdout.flush()
        return
    try:
        output.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}") from None


def exit_code(report: Report) -> int:
    """The exit code of a report (see ``pitfalls check --help``)."""
    summary = report.summary()
    if summary["error"]:
        return EXIT_CRASHED
    if summary["fail"]:
        return EXIT_FAILED
    if not any(number for name, number in summary.items() if name != "not-applicable"):
        return EXIT_NOTHING
    return EXIT_OK


def select(catalogue: Catalogue, wanted: Sequence[str], ignored: Sequence[str]) -> list[Entry]:
    """The entries that ``--select`` and ``--ignore`` leave. Raises :class:`UsageError`."""
    chosen = _named(catalogue, wanted) or list(catalogue)
    left_out = _named(catalogue, ignored)
    entries = [e for e in catalogue if e in chosen and e not in left_out]
    if not entries:
        raise UsageError("--select and --ignore leave no pitfall")
    return entries


def _named(catalogue: Catalogue, names: Sequence[str]) -> list[Entry]:
    found: list[Entry] = []
    for name in (part.strip() for text in names for part in text.split(",")):
        family = [e for e in catalogue if e.pitfall.family == name.lower()]
        if family:
            found += family
        elif name:
            try:
                found.append(catalogue.find(name))
            except KeyError as error:
                raise UsageError(error.args[0]) from None
    return found


def _list(arguments: argparse.Namespace) -> int:
    from pitfalls import catalogue

    known = catalogue.load()
    if arguments.format == "json":
        from pitfalls.report import json

        _write(json.render_list(known), None)
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
        import msgspec

        packed = msgspec.json.encode(json.describe(entry.pitfall), order="sorted")
        _write(msgspec.json.format(packed, indent=1).decode() + "\n", None)
    else:
        _write(explain.render(entry), None)
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
