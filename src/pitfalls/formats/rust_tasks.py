"""Rust code that makes RTOS tasks, and the ``Default`` values of their configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfalls.formats.c_tasks import parse_c
from pitfalls.formats.syntax import collect, descend, in_order, line, parse, text
from pitfalls.formats.task_code import (
    MAX_AUTOMATICS,
    MAX_CALLS,
    MAX_TEXT,
    Automatic,
    Call,
    Constant,
    Field,
    Function,
    Step,
    TaskCode,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_NESTING = 40
"""Expressions nested deeper are taken as they stand, and do not resolve."""

_SUFFIX = re.compile(r"\b(\d[\d_]*)(?:[ui](?:8|16|32|64|size))?\b")
_TYPED = re.compile(r"\d([ui](?:8|16|32|64|size))$")
_CONSTRUCTED = re.compile(r"\b(\w*Executor)(?:::<.*>)?::(?:new|open|create|init|with_\w+|default)$")
_FUNCTIONS = ("function_item", "function_signature_item")
_ITEMS = ("const_item", "static_item")
_LOOPS = frozenset({"for_expression", "while_expression", "loop_expression"})
_CHOICES = {"min": "<", "max": ">"}


def parse_rust(data: bytes) -> TaskCode | None:
    """The functions, constants and default fields of a Rust file."""
    root = parse("rust", data)
    found = collect("rust", root, *_FUNCTIONS, *_ITEMS)
    items = in_order(found, *_FUNCTIONS)
    functions = [f for f in map(_function, items) if f.name]
    constants = [
        Constant(
            text(node.child_by_field_name("name")),
            _of(node.child_by_field_name("value")),
            line(node),
        )
        for node in in_order(found, *_ITEMS)
    ]
    fields = [field for node in items for field in _fields(node)]
    holds_c = b"xTaskCreate" in data and b'r#"' in data
    for node in descend(root, "raw_string_literal") if holds_c else ():
        if b"xTaskCreate" in (node.text or b""):
            inside = parse_c(_content(node))
            if inside is not None:
                functions += inside.functions
                constants += inside.constants
                fields += inside.fields
    return TaskCode(tuple(functions), tuple(constants), tuple(fields))


def _content(node: Node) -> bytes:
    """The C text in a raw string, at its own lines of the file."""
    inner = (node.text or b"").partition(b'"')[2].rpartition(b'"')[0]
    return b"\n" * (line(node) - 1) + inner


def _function(node: Node) -> Function:
    body = node.child_by_field_name("body")
    listed = node.child_by_field_name("parameters")
    parameters = tuple(
        text(child.child_by_field_name("pattern"))
        for child in (listed.named_children if listed is not None else ())
        if child.type == "parameter"
    )
    name = text(node.child_by_field_name("name"))
    if body is None:
        return Function(name, line(node), parameters)
    inside = collect("rust", body, "call_expression", "let_declaration")
    calls = [c for c in map(_call, inside["call_expression"]) if c]
    bindings = inside["let_declaration"]
    return Function(
        name,
        line(node),
        parameters,
        tuple(calls[:MAX_CALLS]),
        _values(bindings),
        _steps(body),
        tuple(_automatics(bindings))[:MAX_AUTOMATICS],
    )


def _automatics(bindings: list[Node]) -> Iterator[Automatic]:
    """``let x = [0u8; N]``, and an executor that a constructor returns by value."""
    for node in bindings:
        value = node.child_by_field_name("value")
        while value is not None and value.type in ("try_expression", "call_expression"):
            if value.type == "call_expression":
                function = value.child_by_field_name("function")
                if function is None or function.type != "field_expression":
                    break
                value = function.child_by_field_name("value")
            else:
                value = value.named_children[0] if value.named_children else None
        if value is None:
            continue
        name = text(node.child_by_field_name("pattern")).removeprefix("mut ")
        if value.type == "array_expression" and b";" in (value.text or b""):
            element, count = value.named_children[0], value.child_by_field_name("length")
            kind = _TYPED.search(text(element))
            yield Automatic(name, kind[1] if kind else "", _of(count), line(node))
        elif value.type == "call_expression":
            path = text(value.child_by_field_name("function"))
            owner = _CONSTRUCTED.search(path)
            if owner is not None:
                yield Automatic(name, owner[1], "", line(node))


def _call(node: Node) -> Call | None:
    function = node.child_by_field_name("function")
    listed = node.child_by_field_name("arguments")
    if function is None or listed is None:
        return None
    if function.type == "generic_function":
        function = function.child_by_field_name("function") or function
    name = re.split(r"::|\.", text(function))[-1].strip()
    arguments = tuple(_of(c) for c in listed.named_children if not c.type.endswith("comment"))
    return Call(name, arguments, line(node))


def _values(bindings: list[Node]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for node in bindings:
        pattern = node.child_by_field_name("pattern")
        if pattern is not None and pattern.type == "identifier":
            found.setdefault(text(pattern), []).append(_of(node.child_by_field_name("value")))
    return {name: values[0] for name, values in found.items() if len(values) == 1 and values[0]}


def _fields(node: Node) -> Iterator[Field]:
    """The fields that ``default`` sets."""
    body = node.child_by_field_name("body")
    if body is None or text(node.child_by_field_name("name")) != "default":
        return
    for part in descend(body, "field_initializer"):
        name = text(part.child_by_field_name("field") or part.child_by_field_name("name"))
        value = part.child_by_field_name("value")
        if value is not None and value.type != "struct_expression":
            yield Field("", name, _of(value), line(part), "default")


def _steps(body: Node) -> tuple[Step, ...]:
    """The steps of a body that only computes; empty for any other."""
    nodes = [node for node in body.named_children if not node.type.endswith("comment")]
    steps: list[Step] = []
    for node in nodes:
        if node.type == "let_declaration":
            name = text(node.child_by_field_name("pattern"))
            steps.append(Step(_of(node.child_by_field_name("value")), name))
            continue
        inner = node.named_children[0] if node.type == "expression_statement" else node
        returned = [r for r in descend(inner, "return_expression") if r.named_children]
        if inner.type == "return_expression" and returned:
            steps.append(Step(_of(inner.named_children[0])))
        elif inner.type == "if_expression" and len(returned) == 1 and node is not nodes[-1]:
            if inner.child_by_field_name("alternative") is not None:
                return ()
            condition = _of(inner.child_by_field_name("condition"))
            steps.append(Step(_of(returned[0].named_children[0]), condition=condition))
        elif node is nodes[-1] and not returned and inner.type not in _LOOPS:
            steps.append(Step(_of(inner)))
        else:
            return ()
    return tuple(steps) if steps and not steps[-1].name else ()


def _of(node: Node | None) -> str:
    """The expression as C text."""
    return " ".join(_c(node, 0).split())[:MAX_TEXT]


def _c(node: Node | None, depth: int) -> str:
    if node is None:
        return ""
    if depth > MAX_NESTING:
        return text(node)
    if node.type == "type_cast_expression":
        value = _c(node.child_by_field_name("value"), depth + 1)
        # The only cast that is kept: it may cut a stack's depth.
        return f"(uint16_t)({value})" if text(node.child_by_field_name("type")) == "u16" else value
    if node.type == "if_expression":
        condition = _c(node.child_by_field_name("condition"), depth + 1)
        yes = _block(node.child_by_field_name("consequence"), depth)
        otherwise = node.child_by_field_name("alternative")
        no = _block(otherwise.named_children[0], depth) if otherwise is not None else ""
        return f"(({condition}) ? ({yes}) : ({no}))"
    if node.type == "binary_expression":
        left = _c(node.child_by_field_name("left"), depth + 1)
        right = _c(node.child_by_field_name("right"), depth + 1)
        return f"{left} {text(node.child_by_field_name('operator'))} {right}"
    if node.type == "parenthesized_expression" and node.named_children:
        return f"({_c(node.named_children[0], depth + 1)})"
    if node.type == "integer_literal":
        return _SUFFIX.sub(lambda m: m[1].replace("_", ""), text(node))
    if node.type == "call_expression":
        return _method(node, depth)
    return text(node)


def _block(node: Node | None, depth: int) -> str:
    if node is not None and node.type == "block":
        return _c(node.named_children[0], depth + 1) if len(node.named_children) == 1 else ""
    return _c(node, depth + 1)


def _method(node: Node, depth: int) -> str:
    """``a.min(b)`` as a choice; conversions between integer types as nothing; other calls by the
    last part of their name."""
    function = node.child_by_field_name("function")
    listed = node.child_by_field_name("arguments")
    values = [_c(c, depth + 1) for c in (listed.named_children if listed is not None else ())]
    name = re.split(r"::|\.", text(function))[-1]
    if function is not None and function.type == "field_expression":
        receiver = _c(function.child_by_field_name("value"), depth + 1)
        if name in _CHOICES and len(values) == 1 and len(receiver) < MAX_TEXT:
            return f"((({receiver}) {_CHOICES[name]} ({values[0]})) ? ({receiver}) : ({values[0]}))"
        if name in ("into", "unwrap", "clone"):
            return receiver
    if name == "from" and len(values) == 1:
        return values[0]
    return f"{name}({', '.join(values)})"
