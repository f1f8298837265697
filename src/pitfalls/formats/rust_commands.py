"""Commands of Rust launchers: ``Command::new(..).arg(..)`` chains, mutations of the same variable,
helper functions that supply a program, arguments or a prepared command, and ``cmd!`` macros.

Each function is read in the order of its text. Texts that the function or a constant of the file
decides are put in; the rest stays symbolic and is resolved across files by the view.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pitfalls.formats import syntax
from pitfalls.formats.commands import Collector, CommandFile, Word
from pitfalls.formats.rust_evaluator import Function
from pitfalls.formats.rust_values import Built, Result, Text, helper, is_known

if TYPE_CHECKING:
    from tree_sitter import Node

_BUILDS = (b"Command", b".arg(", b".args(", b"cmd!")
_SUPPLIES = re.compile(r"str\b|String|Path|Vec|\[")
MAX_SUPPLIER = 4000
"""A longer function is not read as a supplier of texts."""


def parse(data: bytes) -> CommandFile | None:
    """The commands and helpers of a Rust file, None when it has none."""
    root = syntax.parse("rust", data)
    collector = Collector("rust")
    constants: dict[str, Result] = {}
    items = list(_items(root))
    for node in items:
        if node.type in ("const_item", "static_item"):
            _constant(node, constants, collector)
    for node in items:
        if node.type == "function_item":
            _function(node, constants, collector)
    return collector.finish()


def _items(root: Node) -> Iterator[Node]:
    """Constants and functions of the file, of its modules, implementations and traits."""
    pending = [root]
    while pending:
        for child in pending.pop().named_children:
            if child.type in ("mod_item", "impl_item", "trait_item", "declaration_list", "ERROR"):
                pending.append(child)
            elif child.type in ("const_item", "static_item", "function_item"):
                yield child


def _constant(node: Node, constants: dict[str, Result], collector: Collector) -> None:
    value = node.child_by_field_name("value")
    if value is None or b'"' not in (value.text or b""):
        return
    name = syntax.text(node.child_by_field_name("name"))
    result = Function(collector, dict(constants), 0).evaluate(value, 0)
    if isinstance(result, Built) or (isinstance(result, Text) and not is_known(result.text)):
        return
    constants[name] = result
    collector.helpers.append(helper(name, result, syntax.line(node)))


def _function(node: Node, constants: dict[str, Result], collector: Collector) -> None:
    body = node.child_by_field_name("body")
    name = syntax.text(node.child_by_field_name("name"))
    returns = syntax.text(node.child_by_field_name("return_type"))
    source = (body.text if body is not None else None) or b""
    builds = any(mark in source for mark in _BUILDS)
    supplies = bool(_SUPPLIES.search(returns)) and b'"' in source and len(source) < MAX_SUPPLIER
    if body is None or not (builds or supplies):
        return
    parameters = dict(_parameters(node))
    lines = (syntax.line(node), syntax.end_line(node))
    scope = collector.scope("function", name, lines, 0, parameters)
    reader = Function(collector, dict(constants), scope)
    for parameter, kind in parameters.items():
        if re.search(r"&mut\s+(?:\w+::)*Command\b", kind):
            word = Word("${" + parameter + "}", lines[0])
            reader.values[parameter] = Built([word], lines[0], scope, parameter=True)
        else:
            reader.values[parameter] = Text("${" + parameter + "}", lines[0])
    if (tail := reader.block(body, scope)) is not None:
        reader.results.append(tail)
    reader.finish(name, lines[0], supplies=supplies)


def _parameters(node: Node) -> Iterable[tuple[str, str]]:
    parameters = node.child_by_field_name("parameters")
    for child in parameters.named_children if parameters is not None else ():
        if child.type == "parameter":
            pattern = child.child_by_field_name("pattern")
            yield syntax.text(pattern), syntax.text(child.child_by_field_name("type"))
