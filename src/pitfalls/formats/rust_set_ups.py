"""Where a Rust file makes an object and calls it: in a local variable that is moved afterwards, or
in a static, where it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats import syntax
from pitfalls.formats.rust_drivers import may_move, may_place
from pitfalls.formats.rust_text import last_name

if TYPE_CHECKING:
    from tree_sitter import Node

# Wrappers whose argument moves: STATIC.write(x), CELL.init(x), Some(x), Box::new(x) …
_MOVING = frozenset(
    {"write", "init", "set", "replace", "insert", "push", "Some", "Ok", "Box::new", "new", "put"}
)


class Call(msgspec.Struct, frozen=True):
    """``name.method()`` on a local variable or a static."""

    method: str
    line: int


class LocalDriver(msgspec.Struct, frozen=True):
    """A local variable that holds a value of ``type``, with the calls on it before it is moved:
    ``moved`` says how, ``moved_line`` where."""

    name: str
    type: str
    line: int
    calls: tuple[Call, ...]
    moved: str
    moved_line: int


class PlacedDriver(msgspec.Struct, frozen=True):
    """A reference into the static ``static``, of type ``type``, with the calls made on it."""

    static: str
    type: str
    line: int
    calls: tuple[Call, ...]


class SetUps(msgspec.Struct, frozen=True):
    """The objects of one file that are called after they were made."""

    locals: tuple[LocalDriver, ...]
    placed: tuple[PlacedDriver, ...]


def parse(data: bytes) -> SetUps | None:
    """The facts of a file; None when there are none."""
    moves, places = may_move(data), may_place(data)
    if not (moves or places):
        return None
    nodes = syntax.collect("rust", syntax.parse("rust", data), "function_item", "static_item")
    functions = nodes["function_item"]
    return SetUps(
        tuple(_locals(functions)) if moves else (),
        tuple(_placed(functions, nodes["static_item"])) if places else (),
    )


def _locals(functions: Iterable[Node]) -> Iterator[LocalDriver]:
    for function in functions:
        body = function.child_by_field_name("body")
        if body is None:
            continue
        for let in (n for n in body.named_children if n.type == "let_declaration"):
            driver = _local(body, let)
            if driver is not None:
                yield driver


def _local(body: Node, let: Node) -> LocalDriver | None:
    """The variable of ``let mut x = Type::new(…)`` when it is used and then moved."""
    pattern, value = let.child_by_field_name("pattern"), let.child_by_field_name("value")
    if pattern is None or pattern.type != "identifier" or value is None:
        return None
    kind = _constructed(value)
    name = syntax.text(pattern)
    if not kind:
        return None
    calls: list[Call] = []
    following = [n for n in body.named_children if n.start_byte > let.end_byte]
    for statement in following:
        shadows = statement.type == "let_declaration" and name == syntax.text(
            statement.child_by_field_name("pattern")
        )
        moved = _moves(statement, name, is_tail=statement == following[-1])
        if moved and calls:
            kind = _own_type(body) if kind == "Self" else kind
            line = syntax.line(let)
            return LocalDriver(name, kind, line, tuple(calls), moved, syntax.line(statement))
        calls.extend(_calls_on(statement, name))
        if moved or shadows:
            return None
    return None


def _constructed(value: Node) -> str:
    """``Type`` for ``Type::new(…)``, ``Type { … }``, also inside ``unsafe { }``."""
    while value.type in ("unsafe_block", "block", "try_expression", "parenthesized_expression"):
        inner = [n for n in value.named_children if not n.type.endswith("comment")]
        if len(inner) != 1:
            return ""
        value = inner[0]
    if value.type == "struct_expression":
        return last_name(syntax.text(value.child_by_field_name("name")))
    if value.type == "call_expression":
        function = syntax.text(value.child_by_field_name("function"))
        if re.search(r"\.(?:unwrap|expect)$", function):
            inside = value.child_by_field_name("function")
            inner_call = inside.child_by_field_name("value") if inside else None
            return _constructed(inner_call) if inner_call is not None else ""
        path = re.sub(r"<[^<>]*>", "", function).split("::")
        if len(path) >= 2 and path[-2][:1].isupper():
            return path[-2]
    return ""


def _own_type(node: Node) -> str:
    """The type of the ``impl`` around a function's body."""
    parent: Node | None = node
    while parent is not None and parent.type != "impl_item":
        parent = parent.parent
    return last_name(syntax.text(parent.child_by_field_name("type"))) if parent else "Self"


def _moves(statement: Node, name: str, *, is_tail: bool) -> str:
    """How a statement moves the variable ``name`` away, or nothing."""
    if is_tail and statement.type == "identifier" and syntax.text(statement) == name:
        return "returned"
    for node in syntax.descend(statement, "call_expression", "assignment_expression",
                               "return_expression", "field_initializer",
                               "shorthand_field_initializer"):  # fmt: skip
        if node.type == "call_expression":
            function = syntax.text(node.child_by_field_name("function"))
            arguments = node.child_by_field_name("arguments")
            plain = [syntax.text(n) for n in arguments.named_children] if arguments else []
            short = function.rpartition(".")[2]
            if name in plain and (short in _MOVING or function.rpartition("::")[2] in _MOVING):
                return f"moved by {short}()"
        elif node.type == "assignment_expression":
            if syntax.text(node.child_by_field_name("right")) == name:
                return f"moved into {syntax.text(node.child_by_field_name('left'))}"
        elif node.type == "return_expression":
            if [syntax.text(n) for n in node.named_children] == [name]:
                return "returned"
        elif syntax.text(node.named_children[-1] if node.named_children else node) == name:
            return "moved into a struct"
    return ""


def _calls_on(statement: Node, name: str) -> Iterator[Call]:
    for call in syntax.descend(statement, "call_expression"):
        function = call.child_by_field_name("function")
        if function is not None and function.type == "field_expression":
            value = function.child_by_field_name("value")
            if syntax.text(value) == name:
                method = syntax.text(function.child_by_field_name("field"))
                yield Call(method, syntax.line(function))


def _placed(functions: Iterable[Node], static_items: Iterable[Node]) -> Iterator[PlacedDriver]:
    """``let dev = unsafe { DEV.assume_init_mut() }; dev.init();``."""
    statics = {
        syntax.text(node.child_by_field_name("name")): syntax.text(node.child_by_field_name("type"))
        for node in static_items
    }
    for function in functions:
        body = function.child_by_field_name("body")
        for let in body.named_children if body is not None and statics else ():
            if let.type != "let_declaration":
                continue
            value = syntax.text(let.child_by_field_name("value"))
            found = re.search(
                r"\b([A-Z][A-Z0-9_]*)\s*\.\s*(?:assume_init_mut|write|init|as_mut|init_with)\b",
                value,
            )
            pattern = let.child_by_field_name("pattern")
            if found is None or found[1] not in statics or pattern is None:
                continue
            name = syntax.text(pattern)
            calls = [
                call
                for n in (body.named_children if body is not None else ())
                if n.start_byte > let.end_byte
                for call in _calls_on(n, name)
            ]
            if calls:
                line = syntax.line(let)
                yield PlacedDriver(found[1], statics[found[1]], line, tuple(calls))
