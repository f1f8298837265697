"""Syntax trees by tree-sitter, one parser a language, made when first used.

Trees are tolerant: a file with mistakes still gives a tree, with ``ERROR`` nodes. Walks are
iterative, so that deep nesting cannot exhaust the stack.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache, lru_cache
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


OPEN_COMMENTS = 100
"""More block comments without an end than that are refused: for each of them a parser's recovery
runs to the end of the file, minutes in all for a file made for it."""


@lru_cache(maxsize=2)
def parse(name: LanguageName, data: bytes) -> Node:
    """The root node of ``data``. Raises FormatError for text that would take for ever.

    The last tree is kept: several formats read the same file one after another.
    """
    if name in ("c", "rust") and _open_comments(name, data) > OPEN_COMMENTS:
        raise FormatError("block comments do not end")
    return _parser(name).parse(data).root_node


def _open_comments(name: LanguageName, data: bytes) -> int:
    """Openers that no end follows; in Rust, where comments nest, those without one of their own."""
    if name == "rust":
        return data.count(b"/*") - data.count(b"*/")
    rest = data[data.rfind(b"*/") + 2 :]
    return rest.count(b"/*") - rest.count(b"//*")  # a line comment often begins with //****


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


def in_order(found: dict[str, list[Node]], *kinds: str) -> list[Node]:
    """The nodes of some kinds that :func:`collect` found, in source order."""
    return sorted((node for kind in kinds for node in found[kind]), key=_extent)


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
