"""Commands of Python launchers: ``subprocess``, ``os.system``, ``asyncio`` and ``pexpect`` calls.

Lists that a function builds up (``append``, ``extend``, ``+=``) are followed in the order of the
text; what is decided at run time stays symbolic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats import syntax
from pitfalls.formats.commands import (
    MAX_TEXT,
    MAX_WORDS,
    Collector,
    Command,
    CommandFile,
    Helper,
    Word,
)
from pitfalls.formats.shell import Script

if TYPE_CHECKING:
    from tree_sitter import Node

_CALLS = re.compile(
    r"(?:^|\.)(?:Popen|check_call|check_output|run|call|system|popen|spawn|execvp?|"
    r"create_subprocess_(?:exec|shell))$"
)
_SHELL_CALLS = ("system", "popen", "shell", "spawn")
_SCOPES = frozenset({"function_definition", "if_statement", "elif_clause", "else_clause"})
_LOOPS = frozenset({"for_statement", "while_statement"})
_CAPTURES = re.compile(r"check_output|popen")

Value = str | list[Word]


def parse(data: bytes) -> CommandFile | None:
    """The commands of a Python file, None when it has none."""
    collector = Collector("python")
    reader = _Reader(collector)
    reader.block(syntax.parse("python", data), 0)
    return collector.finish()


@dataclass
class _Reader:
    """The values of one function, or of the module."""

    collector: Collector
    values: dict[str, Value] = field(default_factory=dict)
    name: str = ""

    def block(self, node: Node, scope: int) -> None:
        """Read what stands below ``node``, in order."""
        for child in node.named_children:
            lines = (syntax.line(child), syntax.end_line(child))
            match child.type:
                case "function_definition":
                    name = syntax.text(child.child_by_field_name("name"))
                    number = self.collector.scope("function", name, lines, scope)
                    _Reader(self.collector, dict(self.values), name).block(child, number)
                case "if_statement" | "elif_clause" | "else_clause" | "match_statement":
                    number = self.collector.scope("branch", "", lines, scope)
                    self.block(child, number)
                case kind if kind in _LOOPS:
                    name = syntax.text(child.child_by_field_name("left"))
                    self.block(child, self.collector.scope("loop", name, lines, scope))
                case "assignment" | "augmented_assignment":
                    self._assign(child, scope)
                    self.block(child, scope)
                case "return_statement":
                    for value in child.named_children:
                        self._supply(value)
                    self.block(child, scope)
                case "call":
                    self._call(child, scope)
                    self.block(child, scope)
                case "comment" | "string" | "import_statement":
                    continue
                case _:
                    self.block(child, scope)

    def _assign(self, node: Node, scope: int) -> None:
        target, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        if target is None or value is None or target.type != "identifier":
            return
        name, result = syntax.text(target), self.value(value)
        if node.type == "augmented_assignment":
            before = self.values.get(name)
            if isinstance(before, list):
                words = result if isinstance(result, list) else [self._spread(result, node)]
                self._grow(before, words, scope)
            return
        too_long = len(result) > (MAX_TEXT if isinstance(result, str) else MAX_WORDS)
        self.values[name] = "${" + name + "}" if too_long else result
        if scope == 0 and name.isupper():
            self._supply(value, name)

    def _supply(self, node: Node, name: str = "") -> None:
        """What a function returns, or a constant holds, for callers elsewhere."""
        result = self.value(node)
        name = name or self.name
        line = syntax.line(node)
        if isinstance(result, list) and result:
            self.collector.helpers.append(Helper(name, "arguments", tuple(result), line))
        elif isinstance(result, str) and "${" not in result and name:
            self.collector.helpers.append(Helper(name, "text", (Word(result, line),), line))

    def _call(self, node: Node, scope: int) -> None:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return
        path = syntax.text(function)
        given = [
            c for c in arguments.named_children if c.type not in ("comment", "keyword_argument")
        ]
        receiver, _, method = path.rpartition(".")
        grown = self.values.get(receiver)
        if isinstance(grown, list) and method in ("append", "extend", "insert") and given:
            value = self.value(given[-1])
            words = value if isinstance(value, list) else [Word(value, syntax.line(given[-1]))]
            if method == "extend" and isinstance(value, str):
                words = [self._spread(value, given[-1])]
            self._grow(grown, words, scope)
        elif _CALLS.search(path) and given:
            self._command(node, path, given, scope)

    def _command(self, node: Node, path: str, given: list[Node], scope: int) -> None:
        first = self.value(given[0])
        lines = (syntax.line(node), syntax.end_line(node))
        keywords = syntax.text(node.child_by_field_name("arguments"))
        in_shell = "shell=True" in keywords.replace(" ", "")
        if isinstance(first, str) and (in_shell or path.endswith(_SHELL_CALLS)):
            if b'"' in (given[0].text or b"") or b"'" in (given[0].text or b""):
                Script(self.collector, syntax.line(given[0]), scope).run(first.encode())
            return
        words = list(first) if isinstance(first, list) else [Word(first, syntax.line(given[0]))]
        if "create_subprocess_exec" in path or path.endswith("spawn"):
            words += self._list(given[1:])
        captured = bool(_CAPTURES.search(path)) or "capture_output=True" in keywords
        self.collector.add(Command(tuple(words), *lines, scope, captured=captured))

    def _grow(self, target: list[Word], words: list[Word], scope: int) -> None:
        """Add words; in a branch or a loop they are conditional."""
        if self.collector.scopes[scope].kind in ("branch", "loop"):
            words = [msgspec.structs.replace(word, conditional=True) for word in words]
        target += words[: max(0, MAX_WORDS - len(target))]

    def _spread(self, text: str, node: Node) -> Word:
        return Word(text, syntax.line(node), spread="${" in text)

    def _list(self, nodes: Iterable[Node]) -> list[Word]:
        words: list[Word] = []
        for node in nodes:
            if node.type == "comment":
                continue
            splat = node.type == "list_splat"
            value = self.value(node.named_children[0] if splat else node)
            if isinstance(value, list):
                words += value
            else:
                words.append(Word(value, syntax.line(node), spread=splat))
        return words

    def value(self, node: Node) -> Value:
        """The text or the list that an expression gives, symbolic where it is not known."""
        match node.type:
            case "string":
                return self._string(node)
            case "concatenated_string":
                return "".join(self._string(child) for child in node.named_children)
            case "list" | "tuple":
                return self._list(node.named_children)
            case "identifier":
                known = self.values.get(syntax.text(node))
                return known if known is not None else "${" + syntax.text(node) + "}"
            case "parenthesized_expression":
                return self.value(node.named_children[0])
            case "binary_operator":
                return self._sum(node)
            case "call":
                return self._result(node)
            case _:
                return "${" + re.sub(r"[${}\s]", "", syntax.text(node))[-40:] + "}"

    def _sum(self, node: Node) -> Value:
        left, right = (self.value(child) for child in node.named_children[:2])
        if isinstance(left, list) or isinstance(right, list):
            sides = zip((left, right), node.named_children, strict=False)
            return [
                word
                for side, child in sides
                for word in (side if isinstance(side, list) else [self._spread(side, child)])
            ]
        joint = "/" if any(child.type == "/" for child in node.children) else ""
        return left + joint + right

    def _result(self, node: Node) -> Value:
        """Calls that hand their argument on, or supply a default; others are symbolic."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        name = syntax.text(function).rpartition(".")[2]
        given = arguments.named_children if arguments is not None else []
        if name in ("str", "Path", "split", "list") and given:
            return self.value(given[0])
        if name == "split" and function is not None and function.named_children:
            text = self.value(function.named_children[0])
            if isinstance(text, str):
                return [Word(part, syntax.line(node)) for part in text.split()]
        if name in ("get", "getenv") and len(given) == 2:
            key, default = (self.value(child) for child in given)
            if isinstance(key, str) and isinstance(default, str) and "$" not in default:
                return "${" + re.sub(r"[${}]", "", key) + ":-" + default + "}"
        return "${" + name + "()}"

    def _string(self, node: Node) -> str:
        parts = []
        for child in node.named_children:
            if child.type == "string_content":
                parts.append(re.sub(r"\\(.)", r"\1", syntax.text(child)))
            elif child.type == "interpolation" and child.named_children:
                value = self.value(child.named_children[0])
                parts.append(value if isinstance(value, str) else "${list}")
        return "".join(parts)
