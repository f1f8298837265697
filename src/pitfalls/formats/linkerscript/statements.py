"""What statements of every level share: assignments, INCLUDE, ASSERT, blocks, recovery."""

from __future__ import annotations

from collections.abc import Callable

from pitfalls.formats import FormatError
from pitfalls.formats.linkerscript.expressions import parse_expression
from pitfalls.formats.linkerscript.facts import (
    Assignment,
    Command,
    Include,
    Item,
    Problem,
)
from pitfalls.formats.linkerscript.tokens import Directive, Scanner

ASSIGNING = frozenset({"=", "+=", "-=", "*=", "/=", "<<=", ">>=", "&=", "|=", "^="})
_PROVIDING = frozenset({"PROVIDE", "PROVIDE_HIDDEN", "HIDDEN"})

MAX_PROBLEMS = 50
"""A text with more unreadable statements is not a linker script."""

Statement = Callable[[list[Item]], None]


class UnfinishedError(FormatError):
    """The text ended inside a block: there is nothing left to recover with."""


class StatementParser:
    """A scanner with the statements that are allowed at every level."""

    def __init__(self, text: str) -> None:
        self.scanner = Scanner(text)
        self.problems: list[Problem] = []
        self.inside: list[str] = []

    def block(self, items: list[Item], statement: Statement, name: str) -> None:
        """Statements up to the closing brace; the opening one was taken."""
        start = self.scanner.line
        self.inside.append(name)
        while not self.scanner.accept("}", "name"):
            if self.scanner.peek("name").kind == "end":
                raise UnfinishedError(f"{name}, opened on line {start}, is not closed", start)
            self.recovering(items, statement)
        self.inside.pop()

    def recovering(self, items: list[Item], statement: Statement) -> None:
        """Read one statement; one that cannot be read is noted and passed over."""
        before, depth = self.scanner.position, len(self.inside)
        try:
            statement(items)
        except UnfinishedError:
            raise
        except FormatError as error:
            del self.inside[depth:]
            self.problems.append(Problem(error.message, error.line))
            if len(self.problems) > MAX_PROBLEMS:
                raise UnfinishedError("not a linker script", self.problems[0].line) from None
            self._resynchronise(before)
        self.take_directives(items)

    def _resynchronise(self, before: int) -> None:
        """Go to the end of the line or block in which reading failed."""
        text = self.scanner.text
        position = max(self.scanner.position, before + 1)
        depth = max(text.count("{", before, position) - text.count("}", before, position), 0)
        while position < len(text):
            character = text[position]
            if character == "{":
                depth += 1
            elif character == "}":
                if depth == 0:
                    break
                depth -= 1
            elif character in ";\n" and depth == 0:
                position += 1
                break
            position += 1
        self.scanner.position = position

    def take_directives(self, items: list[Item]) -> None:
        """Turn the preprocessor lines that were passed into items."""
        for directive in self.scanner.directives:
            item = _from_directive(directive, self.inside[-1] if self.inside else "")
            if item is not None:
                items.append(item)
        self.scanner.directives.clear()

    def common_statement(self, items: list[Item], section: str) -> bool:
        """An assignment, PROVIDE, ASSERT or INCLUDE, if that is what comes."""
        scanner = self.scanner
        token = scanner.peek("name")
        if token.text == "ASSERT" or token.text == "ENTRY":
            scanner.take("name")
            arguments = self.parenthesised()
            scanner.accept(";")
            items.append(Command(token.text, arguments, token.line, scanner.conditional))
        elif token.text == "INCLUDE":
            scanner.take("name")
            path = scanner.take("name").text.strip('"')
            inside = self.inside[-1] if self.inside else ""
            items.append(Include(path, token.line, inside, conditional=scanner.conditional))
            scanner.accept(";")
        elif token.text in _PROVIDING:
            scanner.take("name")
            scanner.expect("(")
            self._assignment(items, section, weak=True)
            scanner.expect(")")
            scanner.accept(";")
        elif token.kind in ("name", "string"):
            start = scanner.position
            scanner.take("name")
            if scanner.peek().text not in ASSIGNING:
                scanner.position = start
                return False
            scanner.position = start
            self._assignment(items, section, weak=False)
            # ld wants a semicolon; a comma or the closing brace is seen in its place.
            if not scanner.accept(",") and scanner.peek("name").text not in ("}", ""):
                scanner.expect(";")
        else:
            return False
        return True

    def _assignment(self, items: list[Item], section: str, *, weak: bool) -> None:
        scanner = self.scanner
        name = scanner.take("name")
        operator = scanner.take().text
        if operator not in ASSIGNING:
            raise FormatError(f"an assignment expected, found {operator!r}", name.line)
        conditional = scanner.conditional
        value = parse_expression(scanner)
        items.append(
            Assignment(
                name.text.strip('"'),
                value,
                name.line,
                operator,
                weak=weak,
                section=section,
                conditional=conditional,
            )
        )

    def parenthesised(self) -> str:
        """``( … )`` as text without its parentheses, whatever is inside."""
        scanner = self.scanner
        scanner.expect("(", "name")
        start, line = scanner.position, scanner.line
        depth = 1
        while True:
            token = scanner.take("name")
            if token.kind == "end":
                raise UnfinishedError("a parenthesis is not closed", line)
            if token.kind == "operator":
                depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                return " ".join(scanner.text[start : scanner.position - 1].split())

    def skip_block(self) -> None:
        """Pass to behind the closing brace; the opening one was taken."""
        line = self.scanner.line
        depth = 1
        while depth:
            token = self.scanner.take("name")
            if token.kind == "end":
                raise UnfinishedError("a block is not closed", line)
            if token.kind == "operator":
                depth += (token.text == "{") - (token.text == "}")


def _from_directive(directive: Directive, inside: str) -> Item | None:
    """A ``#include`` as an Include; ``#define NAME value`` as an assignment of a macro."""
    if directive.word == "include":
        path = directive.rest.strip().strip('"<>')
        return Include(path, directive.line, inside, macro=True, conditional=directive.conditional)
    name, _, body = directive.rest.partition(" ")
    if not body.strip() or "(" in name:
        return None
    scanner = Scanner(body)
    try:
        value = parse_expression(scanner)
        if scanner.peek().kind != "end":
            return None
    except FormatError:
        return None
    return Assignment(name, value, directive.line, macro=True, conditional=directive.conditional)
