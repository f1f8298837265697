"""What the subcommands share: exit codes, mistakes, writing, and opening a target."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pitfalls.cache import Cache
    from pitfalls.catalogue import Catalogue
    from pitfalls.config import Config
    from pitfalls.tree import Tree

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_NOTHING, EXIT_CRASHED = range(5)

EPILOG = """\
exit codes:
  0  no pitfall failed
  1  a pitfall failed
  2  usage or configuration error
  3  nothing could be examined: no such target, or no check applies to it
  4  a check crashed
"""

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class UsageError(Exception):
    """A mistake in the arguments, with its remedy."""


@dataclass(frozen=True)
class Session:
    """An open target with all that a run needs."""

    tree: Tree
    catalogue: Catalogue
    config: Config
    cache: Cache


@contextmanager
def session(
    target: Path, rev: str | None = None, *, config: Path | None = None, cached: bool = True
) -> Iterator[Session]:
    """Open a target; git works in the background while the catalogue is read."""
    from pitfalls import catalogue
    from pitfalls.cache import Cache, default_path
    from pitfalls.config import load_config
    from pitfalls.tree import open_tree

    tree = open_tree(target, rev)
    tree.prefetch()
    cache = Cache(default_path() if cached else None)
    try:
        known = catalogue.load(cache=cache)
        yield Session(tree, known, load_config(tree, known, config), cache)
    finally:
        tree.close()
        cache.close()


def add_target(parser: argparse.ArgumentParser, *, rev: bool = True) -> None:
    """``TARGET``, ``--rev``, ``--config`` and ``--no-cache``, the same everywhere."""
    parser.add_argument(
        "target", nargs="?", default=".", help="a folder or a git repository (default: .)"
    )
    if rev:
        parser.add_argument(
            "--rev", help="read this revision of a git repository; nothing is checked out"
        )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="instead of TARGET/pitfalls.toml"
    )
    parser.add_argument("--no-cache", action="store_true", help="read and parse everything anew")


def wants_colour() -> bool:
    """Whether standard output is a terminal and ``NO_COLOR`` is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def write(text: str, output: Path | None) -> None:
    """To a file, or to standard output. Raises :class:`UsageError` when that cannot be done."""
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", errors="replace"))
        sys.stdout.flush()
        return
    try:
        output.write_text(text, encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}") from None
