"""``pitfalls init`` and ``pitfalls schema``: a configuration to start from, and its schema."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from pitfalls.cli.common import EXIT_OK, Subcommands, UsageError, write

# The schemas of pitfalls.schemas, named here so that --help imports nothing.
SCHEMAS = ("baseline", "catalogue", "config", "diagnosis", "report")


def add_to(commands: Subcommands) -> None:
    """Add both subcommands."""
    parser = commands.add_parser("init", help="write a commented pitfalls.toml for a tree")
    parser.add_argument("target", nargs="?", default=".", help="a folder (default: .)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.set_defaults(run=_init)

    schema = commands.add_parser("schema", help="print a JSON Schema")
    schema.add_argument("name", choices=SCHEMAS)
    schema.set_defaults(run=_schema)


def _schema(arguments: argparse.Namespace) -> int:
    from pitfalls.report.json import encode
    from pitfalls.schemas import schema

    write(encode(schema(arguments.name)), None)
    return EXIT_OK


def _init(arguments: argparse.Namespace) -> int:
    from pitfalls.tree import open_tree

    target = Path(arguments.target)
    tree = open_tree(target)
    try:
        paths = tuple(tree.files())
    finally:
        tree.close()
    output = target / "pitfalls.toml"
    if output.exists() and not arguments.force:
        raise UsageError(f"{output} is there already; --force writes over it")
    platforms = recognised(paths)
    write("\n".join(_lines(platforms)) + "\n", output)
    found = ", ".join(platforms) or "none"
    print(f"{output}: written; platforms recognised: {found}")
    return EXIT_OK


def recognised(paths: Iterable[str]) -> dict[str, list[str]]:
    """Platform -> the outermost folders of firmware targets that belong to it."""
    from pitfalls.views.layout import Layout

    known = tuple(paths)
    layout = Layout(known, {})
    found: dict[str, set[str]] = defaultdict(set)
    for path in known:
        subject = layout.subject_of(path)
        platform = layout.platform_of(subject + "/")
        if platform and subject != "." and layout.is_evidence(path):
            found[platform].add(subject)
    return {name: _outermost(folders) for name, folders in sorted(found.items())}


def _outermost(folders: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for folder in sorted(folders):
        if not any(folder.startswith(outer + "/") for outer in kept):
            kept.append(folder)
    return kept


def _lines(platforms: dict[str, list[str]]) -> Iterator[str]:
    yield "# What `pitfalls check` is told about this tree. Everything is optional."
    yield "# For completion in editors: `pitfalls schema config > pitfalls.schema.json`, and here"
    yield "# a first line `#:schema ./pitfalls.schema.json`."
    yield ""
    yield "# Paths, folders or shell patterns that no check looks at."
    yield '# exclude = ["vendor/", "*.generated.c"]'
    yield ""
    yield "# Accept what is there now; only new findings fail. Made by `pitfalls baseline write`."
    yield '# baseline = "pitfalls-baseline.json"'
    yield ""
    yield "# Which paths belong to which platform. Recognised from the names of folders; correct"
    yield "# what is wrong, a platform can have any name."
    for name, folders in platforms.items():
        yield f"[platforms.{name}]"
        yield "paths = ["
        yield from (f'  "{_quoted(folder)}/",' for folder in folders)
        yield "]"
        yield ""
    if not platforms:
        yield "# [platforms.stm32f4]"
        yield '# paths = ["boards/f4/"]'
        yield ""
    yield "# Accept findings, with the reason."
    yield "# [[allow]]"
    yield '# rule = "MEM001.dma-region"   # or id = "MEM001" for the whole pitfall'
    yield '# path = "boards/legacy/"'
    yield '# reason = "the legacy board never enables the Ethernet MAC"'
    yield "# until = 2027-06-30           # optional"
    yield ""
    yield "# Where the built pages are published: links in reports lead there."
    yield "# [site]"
    yield '# base_url = "https://example.org/pitfalls/"'


def _quoted(text: str) -> str:
    """``text`` inside a basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped)
