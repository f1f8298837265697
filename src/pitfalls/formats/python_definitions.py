"""Macro definitions of Python build scripts: SCons, PlatformIO's extra scripts, lists of arguments.

Values are followed through names, loops over literals and f-strings; nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfalls.formats import syntax
from pitfalls.formats.definitions import NAME, Definition, Definitions, Kind, flags, header_text
from pitfalls.formats.python_values import Values

if TYPE_CHECKING:
    from tree_sitter import Node

_LISTS = re.compile(r"(?:CPPDEFINES|define_macros|defines?|definitions)$", re.IGNORECASE)
_BLOCKS = frozenset(
    {"decorated_definition", "class_definition", "with_statement", "try_statement",
     "except_clause", "finally_clause", "block"}
)  # fmt: skip
_ADDS = frozenset({"append", "extend", "add", "insert", "update", "setdefault"})
_TELLS = re.compile(r"^print$|\blog(?:ger|ging)?\.|\.(?:info|warning|debug|error|Exit)$")
_CMAKE = re.compile(rb"[\"'](?:[\w/]*/)?cmake[\"' ]|cmake_\w*(?:args|options|flags)", re.IGNORECASE)
_ENTRY = re.compile(r"(\w+)(?:=(.*))?", re.DOTALL)
MAX_TURNS = 60
"""Rounds of a loop that are followed."""
MAX_STATEMENTS = 5000
"""Statements of one file that are followed, each round of a loop anew."""
MAX_DEPTH = 40
MAX_LEAVES = 300
"""Lists and their items that are looked at for one statement."""


def parse(data: bytes) -> Definitions | None:
    """The definitions of one file."""
    script = _Script("cmake-variable" if _CMAKE.search(data) else "compile-definition")
    script.block(syntax.parse("python", data), Values(), "", "")
    once: dict[tuple[str, str | None, str, str], Definition] = {}
    for item in script.found:  # a list is told again where it is handed over
        once.setdefault((item.macro, item.value, item.kind, item.scope), item)
    found = sorted(once.values(), key=lambda item: (item.line, item.macro))
    return Definitions(tuple(found)) if found else None


class _Script:
    """Gathers definitions; ``kind`` is what a ``-D`` of the file is."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.found: list[Definition] = []
        self._left, self._depth = MAX_STATEMENTS, 0

    def block(self, node: Node, values: Values, scope: str, condition: str) -> None:
        """The statements of a module, a function or a branch, in order."""
        self._depth += 1
        for child in node.named_children if self._depth < MAX_DEPTH else ():
            self._left -= 1
            if self._left > 0:
                self._statement(child, values, scope, condition)
        self._depth -= 1

    def _statement(self, node: Node, values: Values, scope: str, condition: str) -> None:
        body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
        match node.type:
            case "function_definition" if body is not None:
                self.block(body, values.copy(), syntax.text(node.child_by_field_name("name")), "")
            case "for_statement" if body is not None:
                turns = values.turns(node)
                for _ in zip(range(MAX_TURNS), turns, strict=False):
                    self.block(body, values, scope, condition)
            case "if_statement" | "elif_clause" | "else_clause" if body is not None:
                self._branch(node, body, values, scope, condition)
            case "expression_statement" | "return_statement":
                for child in node.named_children:
                    if node.type[0] == "r" or child.type != "string":  # a docstring
                        self._expression(child, values, scope, condition)
            case kind if kind in _BLOCKS:
                self.block(body or node, values, scope, condition)

    def _branch(self, node: Node, body: Node, values: Values, scope: str, condition: str) -> None:
        """An arm of an ``if``: what it defines stands under the condition."""
        asked = syntax.text(node.child_by_field_name("condition"))[:80] or "else"
        inner = condition if asked.startswith("__name__") else asked
        self.block(body, values, scope, inner)
        for other in node.children_by_field_name("alternative"):
            self._statement(other, values, scope, inner)

    def _expression(self, node: Node, values: Values, scope: str, condition: str) -> None:
        line = syntax.line(node)
        for item in self._defined(node, values, line):
            self.found.append(
                Definition(item.macro, item.value, item.line, item.kind, scope, condition)
            )
        if node.type in ("assignment", "augmented_assignment"):
            values.assign(node)
        elif node.type == "call":
            values.call(node)

    def _defined(self, node: Node, values: Values, line: int) -> Iterator[Definition]:
        """What a statement gives the compiler, CMake, or a header that it writes."""
        if node.type == "call":
            function = syntax.text(node.child_by_field_name("function"))
            arguments = node.child_by_field_name("arguments")
            if _TELLS.search(function):
                return
            method = function.rpartition(".")[2].lower()
            for child in arguments.named_children if arguments is not None else ():
                keyword = child.type == "keyword_argument"
                if keyword:
                    name = syntax.text(child.child_by_field_name("name"))
                    value = values.of(child.child_by_field_name("value"))
                else:
                    name, value = function.rpartition(".")[0], values.of(child)
                yield from self._given(name, value, line, adds=keyword or method in _ADDS)
        elif node.type in ("assignment", "augmented_assignment"):
            name = syntax.text(node.child_by_field_name("left"))
            yield from self._given(name, values.of(node.child_by_field_name("right")), line)
        else:
            yield from self._given("", values.of(node), line)

    def _given(
        self, name: str, value: Any, line: int, *, adds: bool = True
    ) -> Iterator[Definition]:
        for text in _strings(value):
            yield from flags(text, line, self.kind)
            yield from (
                Definition(item.macro, item.value, line, item.kind)
                for item in header_text(text, line)
            )
        listed = re.search(r"\w+(?=[\"'\])]*$)", name)
        if listed and adds and _LISTS.search(listed[0]):
            for macro, written in _entries(value):
                if NAME.fullmatch(macro):
                    yield Definition(macro, written, line, "compile-definition")
        if (key := re.search(r"\[[\"'](\w+)[\"']\]$", name)) and NAME.fullmatch(key[1]):
            yield Definition(key[1], _text(value), line, "compile-definition")


def _strings(value: Any) -> Iterator[str]:
    """The strings in a value."""
    yield from (item for item in _leaves(value, list | tuple) if isinstance(item, str))


def _entries(value: Any) -> Iterator[tuple[str, str | None]]:
    """``X``, ``X=1``, ``("X", 1)``, ``{"X": 1}``, and lists of them."""
    for item in _leaves(value, list):
        if isinstance(item, dict):
            yield from ((str(key), _text(given)) for key, given in item.items())
        elif isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
            yield item[0], _text(item[1])
        elif isinstance(item, tuple):
            yield from ((pair[0], _text(pair[1])) for pair in item
                        if isinstance(pair, tuple) and len(pair) == 2
                        and isinstance(pair[0], str))  # fmt: skip
        elif isinstance(item, str) and (found := _ENTRY.fullmatch(item)):
            yield found[1], _text(found[2] if found[2] is not None else "")


def _leaves(value: Any, branches: Any) -> Iterator[Any]:
    """What lists hold, in order; a list that holds itself, or much of it many times, is cut off."""
    pending = [value]
    for _ in range(MAX_LEAVES):
        if not pending:
            return
        item = pending.pop()
        if isinstance(item, branches):
            pending.extend(reversed(item))
        else:
            yield item


def _text(value: Any) -> str | None:
    """A value as the compiler sees it, None when something else fills it in."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) and not re.search(r"[{}$]", value) else None
