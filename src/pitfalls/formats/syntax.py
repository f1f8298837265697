"""Syntax trees by tree-sitter, one parser a language, made when first used.

Trees are tolerant: a file with mistakes still gives a tree, with ``ERROR`` nodes. Walks are
iterative, so that deep nesting cannot exhaust the stack.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Literal

from pitfalls.formats import FormatError

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Query

LanguageName = Literal["bash", "c", "cmake", "python", "rust"]


@cache
def language(name: LanguageName) -> Language:
    """The grammar of a language."""
    from tree_sitter import Language

    return Language(importlib.import_module(f"tree_sitter_{name}").language())


@cache
def _parser(name: LanguageName) -> Parser:
    from tree_sitter import Parser

    return Parser(language(name))


PARSE_SECONDS = 5.0
"""A file that takes longer is refused: a parser's recovery can be quadratic on hostile text."""

_CHUNK = 1 << 16


def parse(name: LanguageName, data: bytes) -> Node:
    """The root node of ``data``. Raises FormatError after :data:`PARSE_SECONDS`."""
    end = time.monotonic() + PARSE_SECONDS
    parser = _parser(name)
    try:
        # Only a source that is asked for in pieces can be interrupted.
        tree = parser.parse(
            lambda offset, _: data[offset : offset + _CHUNK],
            progress_callback=lambda _offset, _error: time.monotonic() > end,
        )
    except ValueError:
        _parser.cache_clear()  # one that was interrupted is not used again
        raise FormatError(f"takes longer than {PARSE_SECONDS:.0f} s to read") from None
    return tree.root_node


def captures(query: Query, node: Node) -> dict[str, list[Node]]:
    """Capture name -> its nodes below ``node`` in source order, outer ones first; much faster than
    a walk in Python."""
    from tree_sitter import QueryCursor

    found = QueryCursor(query).captures(node)  # in no order: it gathers them in a set
    return {name: sorted(nodes, key=_extent) for name, nodes in found.items()}


def _extent(node: Node) -> tuple[int, int]:
    return node.start_byte, -node.end_byte


@cache
def _kinds(name: LanguageName, kinds: tuple[str, ...]) -> Query:
    from tree_sitter import Query

    return Query(language(name), " ".join(f"({kind}) @{kind}" for kind in kinds))


def collect(name: LanguageName, node: Node, *kinds: str) -> dict[str, list[Node]]:
    """The nodes of each of ``kinds`` below ``node``, in source order; faster than
    :func:`descend`, for large trees."""
    found = captures(_kinds(name, kinds), node)
    return {kind: found.get(kind, []) for kind in kinds}


def text(node: Node | None) -> str:
    """The source text of a node, empty for None."""
    raw = node.text if node is not None else None
    return raw.decode("utf-8", errors="replace") if raw else ""


def line(node: Node) -> int:
    """The line on which a node begins, from 1."""
    return node.start_point[0] + 1


def end_line(node: Node) -> int:
    """The line on which a node ends, from 1."""
    return node.end_point[0] + 1


def descend(node: Node, *kinds: str) -> Iterator[Node]:
    """Every node below ``node`` (itself included) of one of ``kinds``, in source order."""
    wanted = frozenset(kinds)
    cursor = node.walk()  # a third of the time that lists of children take
    while (current := cursor.node) is not None:
        if current.type in wanted:
            yield current
        if not cursor.goto_first_child():
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return
