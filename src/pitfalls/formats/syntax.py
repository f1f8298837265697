"""Syntax trees by tree-sitter, one parser a language, made when first used.

Trees are tolerant: a file with mistakes still gives a tree, with ``ERROR`` nodes. Walks are
iterative, so that deep nesting cannot exhaust the stack.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Literal

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


def parse(name: LanguageName, data: bytes) -> Node:
    """The root node of ``data``."""
    return _parser(name).parse(data).root_node


def captures(query: Query, node: Node) -> dict[str, list[Node]]:
    """Capture name -> its nodes below ``node``; much faster than a walk in Python."""
    from tree_sitter import QueryCursor

    return QueryCursor(query).captures(node)


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
    pending = [node]
    while pending:
        current = pending.pop()
        if current.type in wanted:
            yield current
        pending.extend(reversed(current.children))
