"""Macro definitions of Rust build code: the ``cmake`` and ``cc`` crates, and C text it writes."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats.definitions import (
    NAME,
    Definition,
    Definitions,
    Kind,
    Mark,
    flags,
    header_text,
)
from pitfalls.formats.syntax import collect, line, parse, text

if TYPE_CHECKING:
    from tree_sitter import Node

_PICO = re.compile(r"zenoh|pico", re.IGNORECASE)
_MAX_CHAIN = 200  # calls of one method chain, functions within one
_MAX_BODY = 100_000  # characters of a function in which a builder is declared
_METHODS = {"define", "flag", "flag_if_supported", "cflag", "cxxflag", "configure_arg"}
_STRINGS = ("string_literal", "raw_string_literal")
_PROBES = re.compile(r"(?:contains|starts_with|find|eq|trim_start_matches|replace|assert\w*)$")
_TEST = re.compile(r"#\[\s*(?:cfg\s*\(\s*(?:all\s*\()?\s*test\b|test\s*\])")


def parse_rust(data: bytes) -> Definitions | None:
    """Definitions of a build script, or of a library that build scripts call."""
    root = parse("rust", data)
    kinds = ("attribute_item", "function_item", "call_expression", "for_expression", *_STRINGS)
    nodes = collect("rust", root, *kinds)
    tests = _test_ranges(nodes["attribute_item"])
    functions = _Functions(nodes["function_item"])
    found: list[Definition] = []
    marks: list[Mark] = []
    for call in nodes["call_expression"]:
        if not _inside(call, tests):
            found += _method(call, functions)
            marks += _cmake_project(call, functions)
    for loop in nodes["for_expression"]:
        if not _inside(loop, tests):
            found += _looped(loop, nodes["call_expression"], functions)
    literals = [literal for kind in _STRINGS for literal in nodes[kind]]
    for literal in sorted(literals, key=lambda node: node.start_byte):
        if not _inside(literal, tests):
            found += _embedded(literal, functions)
    if not found and not marks:
        return None
    found.sort(key=lambda d: d.line)
    return Definitions(tuple(_guarded(found, data)), tuple(marks))


def _test_ranges(attributes: list[Node]) -> list[tuple[int, int]]:
    """Byte ranges of items under ``#[cfg(test)]`` or ``#[test]``, apart and in order."""
    ranges: list[tuple[int, int]] = []
    for attribute in attributes:
        if _TEST.match(text(attribute)):
            item = attribute.next_named_sibling
            while item is not None and item.type in ("attribute_item", "line_comment"):
                item = item.next_named_sibling
            if item is not None and not _inside(item, ranges):
                ranges.append((item.start_byte, item.end_byte))
    return ranges


def _inside(node: Node, ranges: list[tuple[int, int]]) -> bool:
    """Whether a node lies in one of the ranges, the last that starts before it."""
    at = bisect.bisect_right(ranges, (node.start_byte, 1 << 62)) - 1
    return at >= 0 and node.start_byte < ranges[at][1]


def _method(call: Node, functions: _Functions) -> Iterator[Definition]:
    """``receiver.define("X", "v")`` and ``receiver.flag("-DX=v")``."""
    function = call.child_by_field_name("function")
    arguments = call.child_by_field_name("arguments")
    if function is None or arguments is None or function.type != "field_expression":
        return
    name = text(function.child_by_field_name("field"))
    values = arguments.named_children
    if name not in _METHODS or not values or values[0].type not in _STRINGS:
        return
    first = _content(values[0])
    tool = _tool(function, functions)
    kind: Kind = (
        "cmake-variable"
        if tool == "cmake" and name in ("define", "configure_arg")
        else ("compile-definition")
    )
    if name != "define":
        yield from flags(first, line(values[0]), kind, functions.name(call))
    elif NAME.fullmatch(first):
        value = _value(values[1]) if len(values) > 1 else ""
        yield Definition(first, value, line(values[0]), kind, functions.name(call))


def _looped(loop: Node, calls: list[Node], functions: _Functions) -> Iterator[Definition]:
    """``for (name, value) in [("X", "1"), …] { receiver.define(name, value); }``."""
    names = re.fullmatch(
        r"&?\(\s*(\w+)\s*,\s*(\w+)\s*\)", text(loop.child_by_field_name("pattern"))
    )
    rows = loop.child_by_field_name("value")
    while rows is not None and rows.type in ("reference_expression", "call_expression"):
        rows = rows.named_children[-1 if rows.type == "reference_expression" else 0]
        if rows.type == "field_expression":  # `[…].iter()`
            rows = rows.child_by_field_name("value")
    if names is None or rows is None or rows.type != "array_expression":
        return
    for call in calls:
        function = call.child_by_field_name("function")
        if not loop.start_byte < call.start_byte < loop.end_byte or function is None:
            continue
        arguments = call.child_by_field_name("arguments")
        handed = [text(a).lstrip("*&") for a in arguments.named_children] if arguments else []
        defines = (
            function.type == "field_expression"
            and text(function.child_by_field_name("field")) == "define"
        )
        if not defines or handed[:1] != [names[1]]:
            continue
        kind: Kind = (
            "cmake-variable" if _tool(function, functions) == "cmake" else "compile-definition"
        )
        for row in rows.named_children:
            cells = row.named_children if row.type == "tuple_expression" else []
            if len(cells) == 2 and cells[0].type in _STRINGS and NAME.fullmatch(_content(cells[0])):
                value = _value(cells[1]) if names[2] in " ".join(handed[1:]) else None
                yield Definition(
                    _content(cells[0]), value, line(cells[0]), kind, functions.name(call)
                )


def _value(node: Node) -> str | None:
    if node.type in _STRINGS:
        return _content(node)
    if text(node) == "None":
        return ""
    wrapped = re.fullmatch(r'Some\(\s*"([^"]*)"\s*\)', text(node))
    return wrapped[1] if wrapped else None


def _content(node: Node) -> str:
    raw = text(node)
    if node.type == "raw_string_literal":
        return raw.lstrip("br").strip("#")[1:-1]
    return raw.lstrip("bc")[1:-1]


class _Functions:
    """The functions of a file by place: a syntax tree answers ``parent`` by a walk from its root,
    which long method chains make slow."""

    def __init__(self, functions: list[Node]) -> None:
        self._nodes = functions
        self._starts = [node.start_byte for node in self._nodes]

    def around(self, node: Node) -> Node | None:
        """The innermost function that holds ``node``."""
        at = bisect.bisect_right(self._starts, node.start_byte) - 1
        for function in reversed(self._nodes[max(0, at - _MAX_CHAIN) : at + 1]):
            if node.start_byte < function.end_byte:
                return function
        return None

    def name(self, node: Node) -> str:
        """The name of that function, empty outside of any."""
        function = self.around(node)
        return text(function.child_by_field_name("name")) if function is not None else ""


def _root_of(function: Node) -> Node:
    """The innermost receiver of a method chain."""
    current = function
    for _ in range(_MAX_CHAIN):
        inner = current.child_by_field_name("value")
        if current.type == "call_expression":
            inner = current.child_by_field_name("function")
        if inner is None or current.type not in ("field_expression", "call_expression"):
            break
        current = inner
    return current


def _tool(function: Node, functions: _Functions) -> str:
    """``cmake`` when the chain starts at a ``cmake::Config``, else ``cc``."""
    root = _root_of(function)
    start = text(root)
    if root.type == "identifier":
        body = text(functions.around(function))[:_MAX_BODY]
        bound = re.search(
            rf"\b{re.escape(start)}\s*(?::\s*[^=;,)]+)?=?\s*(?:&\s*mut\s+)?([\w:]*(?:Config|Build)\b)",
            body,
        )
        typed = re.search(rf"\b{re.escape(start)}\s*:\s*&?\s*(?:mut\s+)?([\w:]+)", body)
        start = (bound or typed or [start, start])[1]
    return "cmake" if "Config" in start else "cc"


def _cmake_project(call: Node, functions: _Functions) -> Iterator[Mark]:
    """``cmake::Config::new(..)`` in a function, or with an argument, that names zenoh-pico."""
    function = call.child_by_field_name("function")
    if function is None or not re.fullmatch(r"(?:cmake::)?Config::new", text(function)):
        return
    shown = text(call)
    if _PICO.search(shown) or _PICO.search(functions.name(call)):
        yield Mark(line(call), " ".join(shown.split())[:120], "cmake", functions.name(call))


def _embedded(literal: Node, functions: _Functions) -> Iterator[Definition]:
    """C text in a string, unless the string is only looked for."""
    raw = text(literal)
    if "define" not in raw or "#" not in raw:
        return
    parent = literal.parent
    probe = ""
    if parent is not None and parent.type == "arguments" and parent.parent is not None:
        probe = text(parent.parent.child_by_field_name("function"))
        if probe.endswith("replace") and parent.named_children[-1:] == [literal]:
            patch = header_text(_content(literal), line(literal), functions.name(literal))
            yield from (Definition(d.macro, d.value, d.line, "patch", d.scope) for d in patch)
            return
    while parent is not None and parent.type == "token_tree":  # inside a macro call
        if not _PROBES.search(probe):
            probe = text(parent.prev_named_sibling)
        parent = parent.parent
    if parent is not None and parent.type == "macro_invocation" and not _PROBES.search(probe):
        probe = text(parent.child_by_field_name("macro"))
    if not _PROBES.search(probe):
        content = _content(literal)
        if literal.type == "string_literal":
            content = content.replace("\\n", "\n")
        yield from header_text(content, line(literal), functions.name(literal))


def _guarded(found: list[Definition], data: bytes) -> Iterator[Definition]:
    """Lines that are written one by one: the ``#ifndef`` stands in the string before."""
    rows = data.splitlines()
    for item in found:
        before = b"\n".join(rows[max(0, item.line - 4) : item.line - 1])
        opened = re.search(rb"#\s*ifndef\s+" + item.macro.encode() + rb"\b", before)
        if item.kind == "generated-header" and opened:
            yield msgspec.structs.replace(item, guarded=True)
        else:
            yield item
