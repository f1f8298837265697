"""Expands the words of a shell command: quotes, variables, arrays, substitutions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats import syntax
from pitfalls.formats.commands import Word
from pitfalls.formats.shell_values import Variables, expansion, split, symbol

if TYPE_CHECKING:
    from tree_sitter import Node


_ESCAPED = re.compile(r"\\\r?\n|\\(.)")
_ESCAPED_IN_QUOTES = re.compile(r'\\\r?\n|\\([$`"\\])')


@dataclass(frozen=True)
class Expander:
    """``line_of`` gives the line of a node in its file; ``substitute`` reads the commands of
    ``$(…)`` in a scope."""

    line_of: Callable[[Node], int]
    substitute: Callable[[Node, Variables, int], None]

    def words(self, node: Node, variables: Variables, scope: int) -> list[Word]:
        """The words that one argument expands to."""
        line = self.line_of(node)
        inner = node
        if node.type == "string" and len(node.named_children) == 1 and len(node.children) == 3:
            inner = node.named_children[0]
        if inner.type in ("simple_expansion", "expansion"):
            name, operator, rest = expansion(inner)
            value = variables.get(name.partition("[")[0])
            if name.endswith(("[@]", "[*]")) or name in ("@", "*"):
                if value is not None and value.words is not None:
                    return list(value.words)
                return [Word("${" + name + "}", line, spread=True)]
            if operator in (":+", "+") and inner is node:
                return [
                    msgspec.structs.replace(word, conditional=True)
                    for child in rest
                    for word in self.words(child, variables, scope)
                ]
            if inner is node and not operator:
                if value is None or value.words is not None:
                    return [Word("${" + name + "}", line, spread=True)]
                unsure = len(value.texts) > 1
                return [
                    Word(part, line, conditional=unsure, spread=part.startswith("${"))
                    for text in value.texts
                    for part in split(text)
                ]
        return [Word(self.text(node, variables, scope), line)]

    def text(self, node: Node, variables: Variables, scope: int) -> str:
        """The text of a node with known variables put in."""
        match node.type:
            case "string":
                return self._string(node, variables, scope)
            case "concatenation" | "command_name":
                return "".join(self.text(c, variables, scope) for c in node.named_children)
            case "raw_string":
                return syntax.text(node)[1:-1]
            case "ansi_c_string":
                return syntax.text(node)[2:-1]
            case "simple_expansion" | "expansion":
                return self._expanded(node, variables, scope)
            case "command_substitution" | "process_substitution":
                self.substitute(node, variables, scope)
                text = syntax.text(node)
                return symbol(text[1 if text.startswith("`") else 2 : -1])
            case "arithmetic_expansion":
                return symbol(syntax.text(node)[1:])
            case _:
                text = syntax.text(node)
                return _ESCAPED.sub(r"\1", text) if "\\" in text else text

    def _string(self, node: Node, variables: Variables, scope: int) -> str:
        """A double-quoted string: the text between its children belongs to it, too."""
        raw = node.text or b""
        parts: list[str] = []
        at = 1
        for child in node.named_children:
            start = child.start_byte - node.start_byte
            parts.append(raw[at:start].decode(errors="replace"))
            literal = child.type == "string_content"
            text = syntax.text(child) if literal else self.text(child, variables, scope)
            quoted = literal and "\\" in text
            parts.append(_ESCAPED_IN_QUOTES.sub(r"\1", text) if quoted else text)
            at = child.end_byte - node.start_byte
        parts.append(raw[at:-1].decode(errors="replace"))
        return "".join(parts)

    def _expanded(self, node: Node, variables: Variables, scope: int) -> str:
        name, operator, rest = expansion(node)
        value = variables.get(name)
        known = value.texts[0] if value is not None and len(value.texts) == 1 else None
        if operator in (":-", "-", ":=", "="):
            if known:
                return known
            default = "".join(self.text(child, variables, scope) for child in rest)
            return "${" + name + ":-" + default.replace("}", "") + "}"
        if operator:
            return symbol(syntax.text(node)[2:-1])
        if known is None and value is not None:  # one of several: show the first that is literal
            literal = next((text for text in value.texts if text and "$" not in text), "")
            return "${" + name + (f":-{literal}" if literal else "") + "}"
        return known if known is not None else "${" + name + "}"
