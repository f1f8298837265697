"""Texts of Rust source: literals, symbolic parts, the expressions in a macro's brackets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitfalls.formats import syntax

if TYPE_CHECKING:
    from tree_sitter import Node


def elements(macro: Node) -> list[Node]:
    """The expressions in a macro's brackets, at their own lines."""
    tokens = next((c for c in macro.named_children if c.type == "token_tree"), None)
    if tokens is None:
        return []
    inner = (tokens.text or b"  ")[1:-1]
    source = b"\n" * (syntax.line(tokens) - 1) + b"fn f(){[" + inner + b"]}"
    array = next(syntax.descend(syntax.parse("rust", source), "array_expression"), None)
    return array.named_children if array is not None else []


def literal(source: str) -> str:
    """The text of a string literal."""
    if found := re.fullmatch(r"b?r(#*)\"(.*)\"\1", source, re.DOTALL):
        return found[2]
    text = re.sub(r"\\\r?\n\s*", "", source.lstrip("bc").strip('"'))
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text)


def symbol(node: Node) -> str:
    """A symbolic part named by its source."""
    return "${" + re.sub(r"[${}\s]", "", syntax.text(node))[-40:] + "}"


def with_default(text: str, default: str) -> str:
    """A symbolic text with the default that the source gives."""
    if "$" in default:
        return text
    return "${" + re.sub(r"[${}]", "", text) + ":-" + default + "}"


def last_name(path: str) -> str:
    """``a::b::Type<'a, T>`` -> ``Type``."""
    return re.sub(r"<.*", "", path, flags=re.DOTALL).strip().rpartition("::")[2]


def names_of(plain: str, name: str) -> list[str]:
    """The texts that a name stands for: a constant, or the words that a loop goes through."""
    word = re.escape(name)
    bound = re.search(rf"\b(?:const|static|let)\s+{word}\b[^=;]{{0,60}}=\s*\"(\w+)\"", plain)
    if bound:
        return [bound[1]]
    loop = re.search(
        rf"\bfor\s+(?:&|\(\s*&?)?{word}\b[^{{}}]{{0,60}}?\bin\s+&?\[([^\]]{{1,600}})\]", plain
    )
    if not loop:
        return []
    first = re.findall(r"\(\s*\"(\w+)\"", loop[1])
    return first or re.findall(r"\"(\w+)\"", loop[1])
