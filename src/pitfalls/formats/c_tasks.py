"""C code that makes tasks, also in templates that a build system fills in (``config.c.in``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfalls.formats import decode
from pitfalls.formats.c_lines import Branches, object_macros
from pitfalls.formats.code_text import blank
from pitfalls.formats.named_values import enumerators
from pitfalls.formats.syntax import descend, line, parse, text
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

_PLACEHOLDER = re.compile(rb"@(\w+)@")
_EXECUTOR = re.compile(r"executor", re.IGNORECASE)
_NAME = re.compile(r"(?:\w+(?:\.|->|::))*(\w+)")


def parse_c(data: bytes) -> TaskCode | None:
    """The functions, constants and initialised fields of a C file."""
    data = _PLACEHOLDER.sub(rb"_\1_", data)  # as long as before
    source = decode(data)
    branches = Branches(source)
    functions: list[Function] = []
    fields: list[Field] = []
    constants = [Constant(n, t, at) for n, (t, at) in object_macros(source).items()]
    if "enum" in source:
        listed = enumerators(blank(source).code)
        constants += [Constant(n, t, at) for n, (t, at) in listed.items()]
    for node in _top(parse("c", data)):
        if "0" in branches.at(line(node)):
            continue
        if node.type == "function_definition":
            found = _function(node, branches)
            if found is not None:
                functions.append(found)
                fields += _fields(node, found.name)
        elif node.type == "declaration":
            functions += _declared(node)
            fields += _fields(node, "")
            constants += (*_constants(node), *_arrays(node))
    if not functions and not fields:
        return None
    return TaskCode(tuple(functions), tuple(constants), tuple(fields))


def _top(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type in ("function_definition", "declaration"):
            yield node
        else:
            pending.extend(reversed(node.children))


def _function(node: Node, branches: Branches) -> Function | None:
    body = node.child_by_field_name("body")
    declarator = _declarator(node)
    if body is None or declarator is None:
        return None
    calls = [
        c
        for c in map(_call, descend(body, "call_expression"))
        if c and "0" not in branches.at(c.line)
    ]
    sets = list(descend(body, "init_declarator", "assignment_expression"))
    return Function(
        text(declarator.child_by_field_name("declarator")),
        line(node),
        _parameters(declarator),
        tuple(calls[:MAX_CALLS]),
        _values(sets),
        _steps(body),
        tuple(_automatics(body))[:MAX_AUTOMATICS],
        tuple(_defaults(sets, body)),
    )


def _declarator(node: Node) -> Node | None:
    current = node.child_by_field_name("declarator")
    while current is not None and current.type != "function_declarator":
        current = current.child_by_field_name("declarator")
    return current


def _parameters(declarator: Node) -> tuple[str, ...]:
    listed = declarator.child_by_field_name("parameters")
    found = []
    for child in listed.named_children if listed is not None else ():
        if child.type == "parameter_declaration":
            inner = child.child_by_field_name("declarator")
            names = [text(n) for n in descend(inner, "identifier")] if inner is not None else []
            found.append(names[0] if names else "")
    return tuple(found)


def _declared(node: Node) -> Iterator[Function]:
    declarator = _declarator(node)
    if declarator is not None:
        name = text(declarator.child_by_field_name("declarator"))
        yield Function(name, line(node), _parameters(declarator))


def _call(node: Node) -> Call | None:
    named = _NAME.fullmatch(text(node.child_by_field_name("function")))
    listed = node.child_by_field_name("arguments")
    if named is None or listed is None:
        return None
    arguments = tuple(_plain(c) for c in listed.named_children if c.type != "comment")
    return Call(named[1], arguments, line(node))


def _plain(node: Node) -> str:
    return " ".join(text(node).split())[:MAX_TEXT]


def _values(sets: list[Node]) -> dict[str, str]:
    """Locals with one value; one that is set again is left out."""
    found: dict[str, list[str]] = {}
    for node in sets:
        target = node.child_by_field_name("declarator") or node.child_by_field_name("left")
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        if target is not None and value is not None and target.type == "identifier":
            found.setdefault(text(target), []).append(_plain(value))
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _defaults(sets: list[Node], body: Node) -> Iterator[Constant]:
    """Locals that are set again, and only in branches."""
    first: dict[str, Constant] = {}
    again: dict[str, bool] = {}
    for node in sets:
        target = node.child_by_field_name("declarator") or node.child_by_field_name("left")
        name = text(target)
        if node.type == "init_declarator":
            first.setdefault(name, Constant(name, _plain(_required(node, "value")), line(node)))
        elif name in first:
            again[name] = again.get(name, True) and _is_in_branch(node, body)
    yield from (first[name] for name, branches in again.items() if branches)


def _is_in_branch(node: Node, body: Node) -> bool:
    while node.parent is not None and node.id != body.id:
        node = node.parent
        if node.type == "if_statement":
            return True
    return False


def _fields(node: Node, function: str) -> Iterator[Field]:
    """Designated initialisers and assignments to members."""
    for part in descend(node, "init_declarator", "assignment_expression"):
        if part.type == "assignment_expression":
            left = part.child_by_field_name("left")
            if left is not None and left.type == "field_expression":
                owner = text(left.child_by_field_name("argument"))
                name = text(left.child_by_field_name("field"))
                value = _plain(_required(part, "right"))
                yield Field(owner, name, value, line(part), function)
            continue
        owner = text(part.child_by_field_name("declarator"))
        for pair in descend(part, "initializer_pair"):
            value_node = pair.child_by_field_name("value")
            designator = pair.child_by_field_name("designator")
            if value_node is None or designator is None or value_node.type == "initializer_list":
                continue
            name = text(designator).lstrip(".").strip()
            yield Field(owner, name, _plain(value_node), line(pair), function)


def _automatics(body: Node) -> Iterator[Automatic]:
    """Arrays and executors that live on the stack."""
    for node in descend(body, "declaration"):
        if any(c.type == "storage_class_specifier" for c in node.children):
            continue
        kind = text(node.child_by_field_name("type")).removeprefix("struct ")
        for part in node.children_by_field_name("declarator"):
            set_up = part.type == "init_declarator"
            inner = (part.child_by_field_name("declarator") if set_up else part) or part
            if inner.type == "array_declarator":
                size = inner.child_by_field_name("size")
                name = inner.child_by_field_name("declarator")
                if size is not None and name is not None and name.type == "identifier":
                    yield Automatic(text(name), kind, _plain(size), line(inner))
            elif inner.type == "identifier" and _EXECUTOR.search(kind):
                yield Automatic(text(inner), kind, "", line(inner))


def _required(node: Node, name: str) -> Node:
    return node.child_by_field_name(name) or node


def _constants(node: Node) -> Iterator[Constant]:
    for part in descend(node, "init_declarator"):
        target = part.child_by_field_name("declarator")
        value = part.child_by_field_name("value")
        if target is not None and value is not None and target.type == "identifier":
            yield Constant(text(target), _plain(value), line(part))


def _arrays(node: Node) -> Iterator[Constant]:
    """``sizeof NAME`` of arrays with a size."""
    kind = text(node.child_by_field_name("type"))
    for part in descend(node, "array_declarator"):
        name, size = part.child_by_field_name("declarator"), part.child_by_field_name("size")
        if name is not None and name.type == "identifier" and size is not None:
            of = f"({_plain(size)}) * sizeof({kind})"[:MAX_TEXT]
            yield Constant(f"sizeof {text(name)}", of, line(part))


def _steps(body: Node) -> tuple[Step, ...]:
    """The steps of a body that only computes; empty for any other."""
    steps: list[Step] = []
    for node in body.named_children:
        found = _step(node)
        if found is None:
            return ()
        steps += found
    return tuple(steps) if steps and steps[-1].text and not steps[-1].name else ()


def _step(node: Node) -> list[Step] | None:
    if node.type == "comment":
        return []
    if node.type == "return_statement" and node.named_children:
        return [Step(_plain(node.named_children[0]))]
    if node.type == "declaration":
        return [
            Step(_plain(_required(part, "value")), text(part.child_by_field_name("declarator")))
            for part in descend(node, "init_declarator")
        ]
    if node.type == "if_statement":
        condition = _plain(_required(node, "condition"))
        consequence = _inner(node.child_by_field_name("consequence"))
        alternative = node.child_by_field_name("alternative")
        if consequence is None:
            return None
        steps = [Step(consequence, condition=condition)]
        if alternative is not None and alternative.named_children:
            otherwise = _inner(alternative.named_children[0])
            if otherwise is None:
                return None
            steps.append(Step(otherwise))
        return steps
    return None


def _inner(node: Node | None) -> str | None:
    """The expression that a branch returns, when that is all it does."""
    if node is not None and node.type == "compound_statement":
        inner = [child for child in node.named_children if child.type != "comment"]
        node = inner[0] if len(inner) == 1 else None
    if node is None or node.type != "return_statement" or not node.named_children:
        return None
    return _plain(node.named_children[0])
