"""Shell scripts: their commands, with variables and arrays followed where the text decides them.

Values are followed in the order of the text. What branches assign becomes alternatives, what a
loop assigns becomes unknown, and a function sees only variables that the file assigns once. A
here-document is kept apart; text that ``echo`` prints is an argument, never a command.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from pitfalls.formats import shell_folders, shell_tree, syntax
from pitfalls.formats.commands import (
    MAX_TEXT,
    MAX_WORDS,
    Collector,
    Command,
    CommandFile,
    Document,
    Word,
)
from pitfalls.formats.shell_values import Value, Variables, joined, merge
from pitfalls.formats.shell_words import Expander

if TYPE_CHECKING:
    from tree_sitter import Node

# Counts printed text, too: then a function just does not see the variable.
_ASSIGNED = re.compile(rb"(?<![\w$-])([A-Za-z_]\w*)\+?=")
_STRICT = re.compile(rb"#![^\n]*\s-\w*e")
_STATEMENTS = frozenset(
    {
        "case_statement", "command", "compound_statement", "c_style_for_statement",
        "declaration_command", "do_group", "ERROR", "for_statement", "function_definition",
        "if_statement", "list", "negated_command", "pipeline", "redirected_statement",
        "subshell", "test_command", "variable_assignment", "variable_assignments",
        "while_statement",
    }
)  # fmt: skip


@lru_cache(maxsize=1)  # another format may ask for the same file
def parse(data: bytes) -> CommandFile | None:
    """The commands of a shell script, None when it has none."""
    collector = Collector("shell")
    Script(collector).run(data)
    return collector.finish()


@dataclass
class Script:
    """Reads one piece of shell into ``collector``.

    ``first_line`` is where the piece begins in its file; ``scope`` the scope it stands in;
    ``variables`` are known before it starts; ``errexit``: it ends at a command that fails.
    """

    collector: Collector
    first_line: int = 1
    scope: int = 0
    variables: Variables = field(default_factory=dict)
    errexit: bool = False
    _asked: int = 0
    _functions: list[tuple[Node, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._expander = Expander(lambda node: self._lines(node)[0], self._substitute)

    def run(self, data: bytes) -> None:
        """Collect the commands of ``data``."""
        root = shell_tree.parse(data)
        self.errexit |= _STRICT.match(data) is not None
        counts = Counter(name.decode() for name in _ASSIGNED.findall(data))
        variables = dict(self.variables)
        shell_folders.start(variables)
        self._block(root, variables, self.scope)
        fixed = {name: v for name, v in variables.items() if counts[name] <= 1}
        shell_folders.start(fixed)
        while self._functions:
            node, scope = self._functions.pop(0)
            body = node.child_by_field_name("body")
            if body is not None:
                self._block(body, dict(fixed), scope)

    def _lines(self, node: Node) -> tuple[int, int]:
        offset = self.first_line - 1
        return syntax.line(node) + offset, syntax.end_line(node) + offset

    def _block(self, node: Node, variables: Variables, scope: int) -> None:
        """The statements below ``node`` in order."""
        children = node.children
        for index, child in enumerate(children):
            if child.type in _STATEMENTS:
                after = children[index + 1].type if index + 1 < len(children) else ""
                self._statement(child, variables, scope, background=after == "&")

    def _statement(
        self,
        node: Node,
        variables: Variables,
        scope: int,
        *,
        background: bool = False,
        captured: bool = False,
    ) -> None:
        match node.type:
            case "command":
                self._command(node, variables, scope, background, captured)
            case "list":
                self._list(node, variables, scope, background)
            case "redirected_statement":
                self._redirected(node, variables, scope, background, captured)
            case "pipeline":
                for child in node.named_children:
                    feeds = captured or child != node.named_children[-1]
                    self._statement(child, variables, scope, background=background, captured=feeds)
            case _:
                self._structure(node, variables, scope)

    def _structure(self, node: Node, variables: Variables, scope: int) -> None:
        """Assignments, branches, loops and functions."""
        match node.type:
            case "variable_assignment":
                self._assign(node, variables, scope)
            case "if_statement" | "case_statement":
                self._branches(node, variables, scope)
            case "for_statement" | "c_style_for_statement" | "while_statement":
                self._loop(node, variables, scope)
            case "function_definition":
                name = syntax.text(node.child_by_field_name("name"))
                number = self.collector.scope("function", name, self._lines(node), scope)
                self._functions.append((node, number))
            case "subshell":
                self._block(node, dict(variables), scope)
            case "negated_command":
                self._condition(node, variables, scope)
            case _:
                self._block(node, variables, scope)

    def _substitute(self, node: Node, variables: Variables, scope: int) -> None:
        """The commands of a substitution, whose output becomes text."""
        inner = dict(variables)
        for child in node.named_children:
            if child.type in _STATEMENTS:
                self._statement(child, inner, scope, captured=True)

    def _list(self, node: Node, variables: Variables, scope: int, background: bool) -> None:
        """``a && b``: what follows the operator stands in a branch."""
        first, *rest = node.named_children
        self._condition(node, variables, scope, first)
        operator = next((c.type for c in node.children if c.type in ("&&", "||")), "")
        for child in rest:
            branch = self.collector.scope("branch", operator, self._lines(child), scope)
            inner = dict(variables)
            self._statement(child, inner, branch, background=background)
            merge(variables, [inner, dict(variables)])
            if operator == "&&":  # one goes on where both succeeded
                shell_folders.follow(variables, inner)

    def _condition(
        self, node: Node, variables: Variables, scope: int, only: Node | None = None
    ) -> None:
        """Statements whose status something asks for, so that ``set -e`` does not."""
        self._asked += 1
        if only is not None:
            self._statement(only, variables, scope)
        else:
            self._block(node, variables, scope)
        self._asked -= 1

    def _redirected(
        self, node: Node, variables: Variables, scope: int, background: bool, captured: bool
    ) -> None:
        for child in node.named_children:
            if child.type == "heredoc_redirect":
                for inner in child.named_children:
                    if inner.type == "heredoc_body":
                        document = Document(syntax.text(inner), self._lines(inner)[0], scope)
                        self.collector.documents.append(document)
                    elif inner.type in _STATEMENTS:
                        self._statement(inner, variables, scope)
            elif child.type in _STATEMENTS:
                self._statement(child, variables, scope, background=background, captured=captured)

    def _branches(self, node: Node, variables: Variables, scope: int) -> None:
        """Each branch starts from the same values; afterwards they are alternatives."""
        subject = node.child_by_field_name("condition") or node.child_by_field_name("value")
        clauses = {"elif_clause", "else_clause", "case_item"}
        own = [c for c in node.children if c.type in _STATEMENTS and c != subject]
        if subject is not None and subject.type in _STATEMENTS:
            self._statement(subject, variables, scope, captured=True)
        ends: list[Variables | None] = []
        complete = False
        if own:
            ends.append(self._branch(node, own, variables, scope))
        for clause in node.children:
            if clause.type in clauses:
                statements = [c for c in clause.children if c.type in _STATEMENTS]
                ends.append(self._branch(clause, statements, variables, scope))
                pattern = clause.child_by_field_name("value")
                complete |= clause.type == "else_clause" or syntax.text(pattern) == "*"
        stays = [end for end in ends if end is not None]
        merge(variables, stays if complete and stays else [*stays, dict(variables)])

    def _branch(
        self, node: Node, statements: Iterable[Node], variables: Variables, scope: int
    ) -> Variables | None:
        """What the variables hold after a branch, None when it leaves the script."""
        branch = self.collector.scope("branch", "", self._lines(node), scope)
        inner = dict(variables)
        last = ""
        for statement in statements:
            following = statement.next_sibling
            background = following is not None and following.type == "&"
            self._statement(statement, inner, branch, background=background)
            last = syntax.text(statement.child_by_field_name("name"))
        return None if last in ("exit", "return") else inner

    def _loop(self, node: Node, variables: Variables, scope: int) -> None:
        """The loop's variable is unknown inside, what the loop assigns is unknown afterwards."""
        name, values = "", []
        if node.type == "for_statement":
            name = syntax.text(node.child_by_field_name("variable"))
            for child in node.children_by_field_name("value"):
                values += [word.text for word in self._expander.words(child, variables, scope)]
        asked = syntax.text(node.child_by_field_name("condition"))
        told = f"{node.children[0].type} {asked}"[:MAX_TEXT] if node.type[0] == "w" else ""
        number = self.collector.scope(
            "loop", name, self._lines(node), scope, values, condition=told
        )
        inner = {key: value for key, value in variables.items() if key != name}
        self._block(node, inner, number)
        for key in inner.keys() | variables.keys():
            before, after = variables.get(key), inner.get(key)
            if before != after:
                if after is not None and after.words is not None:
                    variables[key] = joined([before, after])
                else:
                    variables.pop(key, None)

    def _assign(self, node: Node, variables: Variables, scope: int) -> None:
        name_node, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name_node is None or name_node.type != "variable_name":
            return
        name = syntax.text(name_node)
        appends = any(child.type == "+=" for child in node.children)
        if value is not None and value.type == "array":
            words: list[Word] = []
            for child in value.named_children:
                if child.type != "comment":
                    words += self._expander.words(child, variables, scope)
            before = variables.get(name) if appends else None
            every = ((before.words or ()) if before else ()) + tuple(words)
            variables[name] = Value(words=every[:MAX_WORDS])
            return
        text = self._expander.text(value, variables, scope) if value is not None else ""
        if appends:
            before = variables.get(name)
            if before is None or len(before.texts) != 1:
                variables.pop(name, None)
                return
            text = before.texts[0] + text
        if len(text) <= MAX_TEXT:
            variables[name] = Value(texts=(text,))
        else:
            variables.pop(name, None)

    def _command(
        self, node: Node, variables: Variables, scope: int, background: bool, captured: bool
    ) -> None:
        words: list[Word] = []
        for child in node.named_children:
            if child.type == "command_name":
                child = child.named_children[0] if child.named_children else child
            elif child.type == "variable_assignment" or child.type.endswith("_redirect"):
                continue
            words += self._expander.words(child, variables, scope)
        if words:
            first, last = self._lines(node)
            if words[0].text == "set":
                self._set([word.text for word in words[1:]])
            checked = self.errexit and not (self._asked or background or captured)
            folder = shell_folders.current(variables)
            self.collector.add(
                Command(tuple(words), first, last, scope, background=background,
                        captured=captured, checked=checked, folder=folder)
            )  # fmt: skip
            if not (background or captured):
                shell_folders.move([word.text for word in words], variables)

    def _set(self, options: list[str]) -> None:
        """``set -e``, ``set +e``, ``set -o errexit``."""
        for at, option in enumerate(options):
            named = option[1:] == "o" and options[at + 1 : at + 2] == ["errexit"]
            if option[:1] in ("-", "+") and (named or re.fullmatch(r".[a-z]*e[a-z]*", option)):
                self.errexit = option[0] == "-"
