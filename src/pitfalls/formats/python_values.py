"""Values of Python expressions as far as the text decides them: literals, names, f-strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pitfalls.formats import syntax

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_TEXT = 4096
"""A longer string is not followed."""
MAX_ITEMS = 500
"""Items of a longer list or dictionary are not followed."""
_MAX_DEPTH = 40
_CONSTANTS = {"true": True, "false": False, "none": None}


@dataclass
class Values:
    """The values of names; None is a value that the text does not tell."""

    names: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> Values:
        """The same values, for a function."""
        return Values(dict(self.names))

    def of(self, node: Node | None, depth: int = 0) -> Any:
        """A string, number, list, tuple or dictionary; None when it is not known."""
        if node is None or depth > _MAX_DEPTH:
            return None
        match node.type:
            case "integer":
                return int(syntax.text(node)) if syntax.text(node).isdigit() else None
            case "identifier":
                return self.names.get(syntax.text(node))
            case "list_comprehension" | "generator_expression" | "set_comprehension":
                return self._comprehension(node, depth)
            case "binary_operator":
                return self._sum(node, depth)
            case "call":
                return self._called(node, depth)
            case "string":
                return self._string(node, depth)
            case _:
                return self._display(node, depth)

    def _display(self, node: Node, depth: int) -> Any:
        """Of what stands in brackets or beside one another."""
        children = [c for c in node.named_children if c.type != "comment"][:MAX_ITEMS]
        match node.type:
            case "concatenated_string":
                parts = [self.of(child, depth + 1) for child in children]
                return "".join(parts) if all(isinstance(p, str) for p in parts) else None
            case "list" | "set":
                return [item for child in children for item in self._items(child, depth)]
            case "tuple":
                return tuple(item for child in children for item in self._items(child, depth))
            case "dictionary":
                return self._dictionary(children, depth)
            case "parenthesized_expression" if children:
                return self.of(children[0], depth + 1)
            case _:
                return _CONSTANTS.get(node.type)

    def _dictionary(self, children: list[Node], depth: int) -> dict[Any, Any]:
        found = {}
        for pair in children:
            key = self.of(pair.child_by_field_name("key"), depth + 1)
            if pair.type == "pair" and isinstance(key, str | int):
                found[key] = self.of(pair.child_by_field_name("value"), depth + 1)
        return found

    def _items(self, node: Node, depth: int) -> list[Any]:
        if node.type == "list_splat":
            value = self.of(node.named_children[0], depth + 1)
            return list(value) if isinstance(value, list | tuple) else [None]
        return [self.of(node, depth + 1)]

    def _string(self, node: Node, depth: int) -> str | None:
        text = ""
        for child in node.children:
            if child.type == "interpolation":
                inner = self.of(child.child_by_field_name("expression"), depth + 1)
                known = isinstance(inner, str | int)
                text += str(int(inner) if isinstance(inner, bool) else inner) if known else "{}"
            elif child.type in ("string_content", "escape_sequence"):
                text += syntax.text(child).replace("\\n", "\n").replace("\\t", "\t")
        return text if len(text) <= MAX_TEXT else None

    def _sum(self, node: Node, depth: int) -> Any:
        left = self.of(node.child_by_field_name("left"), depth + 1)
        right = self.of(node.child_by_field_name("right"), depth + 1)
        operator = syntax.text(node.child_by_field_name("operator"))
        if operator == "%" and isinstance(left, str):
            given = list(right) if isinstance(right, tuple) else [right]
            return re.sub(
                r"%[sdi]", lambda _: _shown(given.pop(0)) if given else "{}", left
            )[:MAX_TEXT]  # fmt: skip
        if operator == "+":
            if isinstance(left, str) or isinstance(right, str):
                return (_shown(left) + _shown(right))[:MAX_TEXT]
            if isinstance(left, list | tuple) and isinstance(right, list | tuple):
                return [*left, *right][:MAX_ITEMS]
        return None

    def _called(self, node: Node, depth: int) -> Any:
        """``x.items()``, ``"{}".format(x)``, ``str(x)``, ``dict(a=1)``, ``tuple(x)``."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return None
        given = [self.of(c, depth + 1) for c in arguments.named_children]
        if function.type == "attribute":
            owner = self.of(function.child_by_field_name("object"), depth + 1)
            return _method(owner, syntax.text(function.child_by_field_name("attribute")), given)
        name = syntax.text(function)
        if name == "dict":
            pairs = [c for c in arguments.named_children if c.type == "keyword_argument"]
            return {
                syntax.text(c.child_by_field_name("name")):
                    self.of(c.child_by_field_name("value"), depth + 1)
                for c in pairs
            }  # fmt: skip
        if name in ("str", "list", "tuple", "sorted", "set") and len(given) == 1:
            return _shown(given[0]) if name == "str" else given[0]
        return None

    def _comprehension(self, node: Node, depth: int) -> list[Any]:
        body = node.child_by_field_name("body")
        clause = next((c for c in node.named_children if c.type == "for_in_clause"), None)
        if clause is None:
            return []
        inner = self.copy()
        return [inner.of(body, depth + 1) for _ in inner.turns(clause)][:MAX_ITEMS]

    def turns(self, node: Node) -> Iterator[None]:
        """One turn for each item that a loop runs over, with its names bound; a single one with
        unknown names when the items are not known."""
        target = node.child_by_field_name("left")
        over = self.of(node.child_by_field_name("right"))
        items = list(over) if isinstance(over, list | tuple | dict) else [None]
        for item in items[:MAX_ITEMS]:
            self._bind(target, item)
            yield

    def _bind(self, target: Node | None, value: Any) -> None:
        if target is None:
            return
        if target.type == "identifier":
            self.names[syntax.text(target)] = value
            return
        parts = [c for c in target.named_children if c.type == "identifier"]
        fits = isinstance(value, list | tuple) and len(value) == len(parts)
        for number, part in enumerate(parts):
            self.names[syntax.text(part)] = value[number] if fits else None

    def assign(self, node: Node) -> None:
        """``x = v``, ``x += v``, ``x["k"] = v``."""
        left, value = node.child_by_field_name("left"), self.of(node.child_by_field_name("right"))
        if left is None:
            return
        if left.type == "subscript":
            owner = self.of(left.child_by_field_name("value"))
            key = self.of(left.child_by_field_name("subscript"))
            if isinstance(owner, dict) and isinstance(key, str) and len(owner) < MAX_ITEMS:
                owner[key] = value
        elif node.type == "augmented_assignment":
            before, grown = self.names.get(syntax.text(left)), None
            if isinstance(before, list) and isinstance(value, list | tuple):
                grown = [*before, *value][:MAX_ITEMS]
            self.names[syntax.text(left)] = grown
        else:
            self._bind(left, value)

    def call(self, node: Node) -> None:
        """``x.append(v)`` and ``x.extend(v)`` on a list that is known."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None or function.type != "attribute":
            return
        owner = self.of(function.child_by_field_name("object"))
        given: list[Any] = [self.of(c) for c in arguments.named_children]
        name = syntax.text(function.child_by_field_name("attribute"))
        if isinstance(owner, list) and given and len(owner) < MAX_ITEMS:
            if name == "append":
                owner.append(given[-1])
            elif name == "extend" and isinstance(given[-1], list | tuple):
                owner.extend(given[-1][:MAX_ITEMS])


def _method(owner: Any, name: str, given: list[Any]) -> Any:
    """Methods of strings and dictionaries that make other values of them."""
    if isinstance(owner, dict) and name in ("items", "keys", "values"):
        return {"items": list(owner.items()), "keys": list(owner), "values": list(owner.values())}[
            name
        ]
    if not isinstance(owner, str):
        return None
    if name in ("upper", "lower", "strip"):
        return {"upper": owner.upper(), "lower": owner.lower(), "strip": owner.strip()}[name]
    if name == "split" and not given:
        return owner.split()
    if name == "format":
        return re.sub(r"\{\d*\}", lambda _: _shown(given.pop(0)) if given else "{}", owner)
    return None


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else "{}"
