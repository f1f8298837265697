"""Values of shell variables: what they hold, how branches join, how an expansion reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats import syntax
from pitfalls.formats.commands import Word

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_ALTERNATIVES = 4
"""A variable with more possible values than that is unknown."""


@dataclass(frozen=True)
class Value:
    """What a variable holds: a list of words, or for a scalar its possible texts."""

    words: tuple[Word, ...] | None = None
    texts: tuple[str, ...] = ()


Variables = dict[str, Value]


def symbol(source: str) -> str:
    """A symbolic part named by its source text on one line."""
    return "${" + " ".join(re.sub(r"[${}]", "", source).split())[:60] + "}"


def split(text: str) -> list[str]:
    """Words of an unquoted value; a symbolic part is not split."""
    return re.findall(r"(?:\$\{[^}]*\}|\S)+", text)


def expansion(node: Node) -> tuple[str, str, list[Node]]:
    """``(name, operator, operand nodes)`` of ``$X`` or ``${X:-y}``; ``X[@]`` keeps its index."""
    if node.type == "simple_expansion":
        return syntax.text(node)[1:], "", []
    children = node.children[1:-1]
    if not children:
        return "", "", []
    if children[0].type not in ("variable_name", "subscript", "special_variable_name"):
        return syntax.text(node)[2:-1], "?", []
    operator = syntax.text(children[1]) if len(children) > 1 else ""
    return syntax.text(children[0]), operator, children[2:]


def merge(variables: Variables, ends: list[Variables]) -> None:
    """Put what the branches ended with into ``variables``."""
    for name in {name for end in ends for name in end} | set(variables):
        values = [end.get(name) for end in ends]
        if all(value == values[0] for value in values):
            end = values[0]
        elif any(value is not None and value.words is not None for value in values):
            end = joined(values)
        else:
            texts = [text for value in values if value is not None for text in value.texts]
            distinct = tuple(dict.fromkeys(texts))
            sure = None not in values and len(distinct) <= MAX_ALTERNATIVES
            end = Value(texts=distinct) if sure else None
        if end is None:
            variables.pop(name, None)
        else:
            variables[name] = end


def joined(values: list[Value | None]) -> Value:
    """All words of several lists; those that one of them lacks are conditional."""
    lists = [value.words or () if value is not None else () for value in values]
    words = dict.fromkeys(word for words in lists for word in words)
    everywhere = {word for word in words if all(word in words for words in lists)}
    return Value(
        words=tuple(
            word if word in everywhere else msgspec.structs.replace(word, conditional=True)
            for word in words
        )
    )
