"""Rust functions and constants that compute a small number: which port a board has.

Kept is what can be computed without running anything: one expression of numbers, fields, calls,
``match`` and ``if``, with ``let`` and assertions before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats import syntax

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 30
"""Expressions that are nested deeper are not kept."""

_NUMBER = re.compile(r"(\d[\d_]*)(?:[ui](?:8|16|32|64|size))?")
_MODULES = re.compile(r"(?:\b[a-z_][a-z0-9_]*::)+(?=[A-Z])")
_ASSERTION = re.compile(r"(?:debug_)?assert(?:_eq|_ne)?!")
_OPERATORS = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="})
_PASSED_ON = frozenset({"parenthesized_expression", "reference_expression", "type_cast_expression"})


class Expression(msgspec.Struct, frozen=True):
    """One node; what its ``text`` and ``parts`` are depends on its ``kind``.

    ``number``: the digits. ``name``: a parameter, a constant, ``Type::Variant`` without modules, or
    a string with its quotes. ``field``: its name, of the part. ``call``: the function, with its
    arguments. ``method``: its name, with receiver and arguments. ``operation``: the operator, with
    two operands. ``if``: condition and two branches. ``match``: what is matched, and arms. ``arm``:
    patterns separated by ``|``, with the value. ``let``: a name, its value, and what follows.
    """

    kind: str
    text: str
    parts: tuple[Expression, ...] = ()


class NumberFunction(msgspec.Struct, frozen=True):
    """A function, or a constant, which has no parameters; ``owner`` is the type of its impl,
    ``self`` is among the parameters."""

    owner: str
    name: str
    parameters: tuple[str, ...]
    body: Expression


def parse(data: bytes) -> list[NumberFunction] | None:
    """The computing functions of a file that speaks of ports; None when it has none."""
    if b"port" not in data:
        return None
    nodes = syntax.collect("rust", syntax.parse("rust", data), "function_item", "const_item")
    found = [
        *map(_function, nodes["function_item"]),
        *(one for node in nodes["const_item"] for one in _constants(node)),
    ]
    return [function for function in found if function is not None] or None


def expression(text: str) -> Expression | None:
    """What a text of Rust computes; None when it is no such expression."""
    root = syntax.parse("rust", f"const V: u16 = {text};".encode())
    item = root.named_children[0] if root.named_children and not root.has_error else None
    value = item.child_by_field_name("value") if item is not None else None
    return _expression(value, "", 0) if value is not None else None


def _function(node: Node) -> NumberFunction | None:
    body = node.child_by_field_name("body")
    parameters = node.child_by_field_name("parameters")
    if body is None or parameters is None or node.child_by_field_name("return_type") is None:
        return None
    owner = _owner(node)
    computed = _block(body, owner, 0)
    if computed is None:
        return None
    names = [
        "self"
        if child.type == "self_parameter"
        else syntax.text(child.child_by_field_name("pattern"))
        for child in parameters.named_children
        if child.type in ("self_parameter", "parameter")
    ]
    name = syntax.text(node.child_by_field_name("name"))
    return NumberFunction(owner, name, tuple(names), computed)


def _constants(node: Node) -> Iterator[NumberFunction | None]:
    """A constant that an expression gives; of a structure the fields that one gives."""
    value, name = node.child_by_field_name("value"), syntax.text(node.child_by_field_name("name"))
    if value is not None and value.type == "struct_expression":
        fields = value.child_by_field_name("body")
        for field in fields.named_children if fields is not None else ():
            inner = field.child_by_field_name("value")
            label = syntax.text(field.child_by_field_name("field"))
            yield _computed(f"{name}.{label}", inner, _owner(node))
    else:
        yield _computed(name, value, _owner(node))


def _computed(name: str, value: Node | None, owner: str) -> NumberFunction | None:
    if value is None or value.type in ("integer_literal", "string_literal"):
        return None
    body = _expression(value, owner, 0)
    return NumberFunction(owner, name, (), body) if body is not None else None


def _owner(node: Node) -> str:
    parent = node.parent.parent if node.parent is not None else None
    if parent is None or parent.type != "impl_item":
        return ""
    return syntax.text(parent.child_by_field_name("type")).partition("<")[0]


def _block(node: Node, owner: str, depth: int) -> Expression | None:
    """The last expression of a block, with the ``let`` statements before it around it."""
    inner = [child for child in node.named_children if not _says_nothing(child)]
    if not inner:
        return None
    last = inner[-1]
    if last.type == "expression_statement":
        last = last.named_children[0]
    if last.type == "return_expression" and last.named_children:
        last = last.named_children[0]
    value = _expression(last, owner, depth)
    for statement in reversed(inner[:-1]):
        pattern, bound = (
            statement.child_by_field_name("pattern"),
            statement.child_by_field_name("value"),
        )
        if statement.type != "let_declaration" or pattern is None or pattern.type != "identifier":
            return None
        first = _expression(bound, owner, depth + 1) if bound is not None else None
        if first is None or value is None:
            return None
        value = Expression("let", syntax.text(pattern), (first, value))
    return value


def _says_nothing(node: Node) -> bool:
    """A comment, an assertion."""
    return "comment" in node.type or _ASSERTION.match(syntax.text(node)) is not None


def _expression(node: Node, owner: str, depth: int) -> Expression | None:
    if depth > MAX_DEPTH:
        return None
    text = syntax.text(node)
    match node.type:
        case "integer_literal":
            number = _NUMBER.fullmatch(text)
            return Expression("number", number[1].replace("_", "")) if number else None
        case "string_literal" | "identifier" | "self" | "scoped_identifier":
            quoted = node.type == "string_literal"
            return Expression("name", text if quoted else _plain(text, owner))
        case "block":
            return _block(node, owner, depth + 1)
        case "call_expression":
            return _call(node, owner, depth)
        case "field_expression":
            name = syntax.text(node.child_by_field_name("field"))
            return _of("field", name, [node.child_by_field_name("value")], owner, depth)
        case "binary_expression" | "if_expression" | "match_expression":
            return _choice(node, owner, depth)
        case kind if kind in _PASSED_ON:
            inner = node.child_by_field_name("value") or node.named_children[0]
            return _expression(inner, owner, depth + 1)
    return None


def _call(node: Node, owner: str, depth: int) -> Expression | None:
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return None
    given = [child for child in arguments.named_children if "comment" not in child.type]
    if function.type == "field_expression":
        name = syntax.text(function.child_by_field_name("field"))
        receiver = function.child_by_field_name("value")
        return _of("method", name, [receiver, *given], owner, depth)
    return _of("call", _plain(syntax.text(function), owner), [*given], owner, depth)


def _choice(node: Node, owner: str, depth: int) -> Expression | None:
    """An operation of two sides, an ``if`` or a ``match``."""
    if node.type == "binary_expression":
        operator = syntax.text(node.child_by_field_name("operator"))
        sides = [node.child_by_field_name("left"), node.child_by_field_name("right")]
        return _of("operation", operator, sides, owner, depth) if operator in _OPERATORS else None
    if node.type == "if_expression":
        otherwise = node.child_by_field_name("alternative")
        inner = otherwise.named_children[0] if otherwise is not None else None
        condition = node.child_by_field_name("condition")
        branches = [condition, node.child_by_field_name("consequence"), inner]
        return _of("if", "", branches, owner, depth)
    value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
    if value is None or body is None:
        return None
    arms = []
    for arm in body.named_children:
        if arm.type != "match_arm":
            continue
        pattern = arm.child_by_field_name("pattern")
        words = syntax.text(pattern).split("|")
        patterns = "|".join(_plain(word.strip(), owner) for word in words)
        arms.append(_of("arm", patterns, [arm.child_by_field_name("value")], owner, depth))
    matched = _expression(value, owner, depth + 1)
    known = tuple(arm for arm in arms if arm is not None)
    return Expression("match", "", (matched, *known)) if matched and known else None


def _of(
    kind: str, text: str, nodes: list[Node | None], owner: str, depth: int
) -> Expression | None:
    parts = [_expression(node, owner, depth + 1) if node is not None else None for node in nodes]
    known = tuple(part for part in parts if part is not None)
    return Expression(kind, text, known) if len(known) == len(parts) else None


def _plain(path: str, owner: str) -> str:
    """A path without modules, its ``Self`` replaced."""
    plain = _MODULES.sub("", "".join(path.split()))
    return re.sub(r"^Self(?=::)", owner, plain) if owner else plain
