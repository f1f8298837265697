"""Follows commands, argument lists and texts through one Rust function."""

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
    Helper,
    Word,
)
from pitfalls.formats.rust_text import elements, literal, symbol, with_default
from pitfalls.formats.rust_values import Built, Result, Text, Words, helper, is_known

if TYPE_CHECKING:
    from tree_sitter import Node

_TRANSPARENT = frozenset(
    {
        "as_os_str", "as_path", "as_ref", "as_slice", "as_str", "clone", "collect", "context",
        "display", "expect", "into", "into_boxed_path", "into_os_string", "into_string", "iter",
        "map", "ok", "to_owned", "to_path_buf", "to_str", "to_string", "to_string_lossy",
        "to_vec", "unwrap", "unwrap_or_default",
    }
)  # fmt: skip
_CONVERSIONS = re.compile(r"(?:^|::)(?:\w*(?:String|Str|Path|PathBuf|Box)::(?:from|new)|Some|Ok)$")
_RUNS = {"output": True, "status": False, "spawn": False, "exec": False, "read": True}
_GROWS = frozenset({"push", "extend", "extend_from_slice", "append", "insert"})
_ENCLOSING = frozenset(
    {
        "await_expression", "closure_expression", "expression_statement",
        "parenthesized_expression", "reference_expression", "try_expression", "unary_expression",
    }
)  # fmt: skip
_LOOPS = frozenset({"for_expression", "while_expression", "loop_expression"})


@dataclass
class Function:
    """The values of one function while its text is read."""

    collector: Collector
    values: dict[str, Result]
    scope: int
    built: list[Built] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def finish(self, name: str, line: int, *, supplies: bool) -> None:
        """Hand over the commands, and what the function supplies to its callers."""
        for result in self.results:
            if isinstance(result, Built) and not result.parameter:
                result.returned = True
        suppliers = [r for r in self.results if not isinstance(r, Text) or is_known(r.text)]
        texts = [r for r in suppliers if isinstance(r, Text)]
        for result in suppliers:
            if isinstance(result, Built) or (isinstance(result, Words) and result.words):
                self.collector.helpers.append(helper(name, result, line))
        if texts and supplies:
            words = tuple(Word(r.text, r.line) for r in texts)
            self.collector.helpers.append(Helper(name, "text", words, line))
        for value in self.values.values():
            if isinstance(value, Built) and value.parameter and len(value.words) > 1:
                words = tuple(value.words[1:])
                self.collector.helpers.append(Helper(name, "arguments", words, line))
        for built in self.built:
            if built.words:
                last = max([built.end_line, *(word.line for word in built.words)])
                self.collector.add(
                    Command(
                        tuple(built.words),
                        built.line,
                        last,
                        built.scope,
                        captured=built.captured,
                        returned=built.returned,
                    )
                )

    def block(self, node: Node, scope: int) -> Result | None:
        """Read the statements of a block; the value of its last expression."""
        tail = None
        for child in node.named_children:
            tail = None
            if child.type in ("let_declaration", "const_item", "static_item"):
                self._let(child, scope)
            elif child.type not in ("function_item", "line_comment", "block_comment"):
                value = self.evaluate(child, scope)
                tail = value if child.type != "expression_statement" else None
                if child.type == "expression_statement" and not syntax.text(child).endswith(";"):
                    tail = value
        return tail

    def _let(self, node: Node, scope: int) -> None:
        value = node.child_by_field_name("value")
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
        if value is not None:
            result = self.evaluate(value, scope)
            if pattern is not None and pattern.type == "identifier":
                name = syntax.text(pattern)
                if isinstance(result, Text) and not is_known(result.text):
                    result = Text(result.text, syntax.line(node))
                if isinstance(result, Text) and len(result.text) > MAX_TEXT:
                    result = Text("${" + name + "}", result.line)
                self.values[name] = result
        if (otherwise := node.child_by_field_name("alternative")) is not None:
            self.evaluate(otherwise, scope)

    def evaluate(self, node: Node, scope: int) -> Result:
        """The value of an expression, with its effects on commands and lists."""
        line = syntax.line(node)
        match node.type:
            case "string_literal" | "raw_string_literal":
                return Text(literal(syntax.text(node)), line)
            case "identifier" | "scoped_identifier":
                name = syntax.text(node).rpartition("::")[2]
                return self.values.get(name) or Text("${" + name + "}", line)
            case "array_expression":
                return Words(self._list(node.named_children, scope), scope)
            case "call_expression":
                return self._call(node, scope)
            case "macro_invocation":
                return self._macro(node, scope)
            case "line_comment" | "block_comment" | "token_tree":
                return Text("${}", line)
            case _:
                return self._structure(node, scope)

    def _structure(self, node: Node, scope: int) -> Result:
        """Blocks, branches, loops, returns; other expressions pass on what they enclose."""
        line = syntax.line(node)
        if node.type in ("if_expression", "match_expression"):
            return self._choice(node, scope)
        if node.type in ("block", "unsafe_block", "async_block"):
            return self.block(node, scope) or Text("${block}", line)
        if node.type in _LOOPS:
            lines = (line, syntax.end_line(node))
            name = syntax.text(node.child_by_field_name("pattern"))
            scope = self.collector.scope("loop", name, lines, scope)
        found: Result = Text(symbol(node), line)
        for child in node.named_children:
            value = self.evaluate(child, scope)
            if node.type == "return_expression":
                self.results.append(value)
            elif node.type in _ENCLOSING and child.type not in (
                "mutable_specifier",
                "line_comment",
            ):
                found = value
        return found

    def _choice(self, node: Node, scope: int) -> Result:
        """The first known value of the branches; each branch is a scope."""
        found: list[Result] = []
        for child in node.named_children:
            arms = child.named_children if child.type == "match_block" else [child]
            for arm in arms:
                if arm.type in ("block", "else_clause", "match_arm"):
                    lines = (syntax.line(arm), syntax.end_line(arm))
                    branch = self.collector.scope("branch", "", lines, scope)
                    inner = arm.named_children[-1:] if arm.type != "block" else [arm]
                    found += [self.evaluate(body, branch) for body in inner]
                else:
                    self.evaluate(arm, scope)
        known = (r for r in found if not isinstance(r, Text) or is_known(r.text))
        first = next(known, Text(symbol(node), syntax.line(node)))
        if isinstance(first, Text) and first.text and "$" not in first.text:
            return Text("${choice:-" + first.text + "}", first.line)
        return first

    def _call(self, node: Node, scope: int) -> Result:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        given = (
            [c for c in arguments.named_children if "comment" not in c.type] if arguments else []
        )
        if function is None:
            return Text("${call}", syntax.line(node))
        if function.type == "field_expression":
            return self._method(function, given, scope)
        path = syntax.text(function)
        if path.endswith("Command::new") and given:
            program = self._list(given[:1], scope)
            built = Built(program, syntax.line(node), scope, syntax.end_line(node))
            self.built.append(built)
            return built
        if _CONVERSIONS.search(path) and given:
            return self.evaluate(given[0], scope)
        name = path.rpartition("::")[2] + "()"
        for child in given:
            value = self.evaluate(child, scope)
            if isinstance(value, Built) and "&mut" in syntax.text(child):
                symbol = "${" + name.removesuffix("()") + "(&mut)}"
                self._extend(value, [Word(symbol, syntax.line(node), spread=True)], scope)
        return Text("${" + name + "}", syntax.line(node))

    def _method(self, function: Node, given: list[Node], scope: int) -> Result:
        receiver, name = (
            function.child_by_field_name("value"),
            function.child_by_field_name("field"),
        )
        method = syntax.text(name)
        if receiver is None or name is None:
            return Text("${call}", syntax.line(function))
        value = self.evaluate(receiver, scope)
        if method in ("arg", "args") and given:
            value = self._as_command(receiver, value, scope)
            self._extend(value, self._list(given, scope, spread=method == "args"), scope)
            return value
        if isinstance(value, Built):
            value.end_line = max(value.end_line, syntax.line(name))
            value.captured |= _RUNS.get(method, False)
        elif isinstance(value, Words) and method in _GROWS:
            many = method.startswith(("extend", "append"))
            self._extend(value, self._list(given[-1:], scope, spread=many), scope)
            return value
        results = [self.evaluate(child, scope) for child in given]
        if isinstance(value, Text) and results and isinstance(results[0], Text):
            if method == "join":
                return Text(f"{value.text}/{results[0].text}", value.line)
            if method.startswith("unwrap_or"):
                text = with_default(value.text, results[0].text)
                return Text(text, results[0].line)
        if method in _RUNS or (isinstance(value, Text) and method not in _TRANSPARENT):
            return Text(symbol(function), syntax.line(function))
        return value

    def _as_command(self, receiver: Node, value: Result, scope: int) -> Built:
        """What ``.arg`` is called on; an unknown value becomes a command of unknown program."""
        if isinstance(value, Built):
            return value
        text = value.text if isinstance(value, Text) else "${list}"
        line = value.line if isinstance(value, Text) else syntax.line(receiver)
        built = Built([Word(text, line)], line, scope)
        self.built.append(built)
        if receiver.type == "identifier":
            self.values[syntax.text(receiver)] = built
        return built

    def _extend(self, target: Built | Words, words: list[Word], scope: int) -> None:
        """Add words; on a path that the target's own scope does not imply they are conditional."""
        while scope not in (target.scope, 0):
            kind = self.collector.scopes[scope].kind
            if kind in ("branch", "loop"):
                words = [msgspec.structs.replace(word, conditional=True) for word in words]
                break
            scope = self.collector.scopes[scope].parent
        target.words += words[: max(0, MAX_WORDS - len(target.words))]

    def _list(self, nodes: Iterable[Node], scope: int, *, spread: bool = False) -> list[Word]:
        """The words that expressions stand for; an unknown one is any number with ``spread``."""
        words: list[Word] = []
        for node in nodes:
            if "comment" in node.type:
                continue
            value = self.evaluate(node, scope)
            if isinstance(value, Text):
                unknown = spread and "${" in value.text
                words.append(Word(value.text, syntax.line(node), spread=unknown))
            elif isinstance(value, Words):
                words += value.words
        return words

    def _macro(self, node: Node, scope: int) -> Result:
        name = syntax.text(node.child_by_field_name("macro")).rpartition("::")[2]
        if name not in ("vec", "format", "concat", "cmd"):
            if any(mark in (node.text or b"") for mark in (b"Command", b".arg", b"cmd!")):
                for child in elements(node):
                    self.evaluate(child, scope)
            return Text("${" + name + "!}", syntax.line(node))
        nodes = elements(node)
        if name == "vec":
            return Words(self._list(nodes, scope), scope)
        if name == "cmd":
            words = self._list(nodes, scope)
            if len(words) == 2 and " " in words[1].text:  # xshell: cmd!(shell, "program args")
                line = words[1].line
                parts = re.sub(r"\{(\w*)[^}]*\}", r"${\1}", words[1].text).split()
                words = [Word(part, line) for part in parts]
            built = Built(words, syntax.line(node), scope, syntax.end_line(node))
            self.built.append(built)
            return built
        texts = [word.text for word in self._list(nodes, scope)]
        if name == "concat":
            return Text("".join(texts), syntax.line(node))
        text = self._format(texts) if texts else ""
        return Text(text, syntax.line(node))

    def _format(self, texts: list[str]) -> str:
        """``format!`` with what is known of its arguments put in."""
        template, *given = texts
        following = iter(given)

        def shown(found: re.Match[str]) -> str:
            if found[0] in ("{{", "}}"):
                return found[0][0]
            name = found[1]
            if not name:
                return next(following, "${}")
            if name.isdigit():
                return given[int(name)] if int(name) < len(given) else "${}"
            value = self.values.get(name)
            return value.text if isinstance(value, Text) else "${" + name + "}"

        return re.sub(r"\{\{|\}\}|\{(\w*)(?::[^{}]*)?\}", shown, template)
