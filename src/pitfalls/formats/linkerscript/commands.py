"""The statements of a linker script, outside the contents of output sections."""

from __future__ import annotations

from pitfalls.formats import FormatError
from pitfalls.formats.linkerscript.expressions import parse_expression
from pitfalls.formats.linkerscript.facts import (
    Command,
    Include,
    Insert,
    Item,
    LinkerScript,
    Region,
    RegionAlias,
)
from pitfalls.formats.linkerscript.sections import SectionParser
from pitfalls.formats.linkerscript.statements import UnfinishedError

_ORIGIN = ("ORIGIN", "org", "o")
_LENGTH = ("LENGTH", "len", "l")
_BLOCKS = frozenset({"PHDRS", "VERSION"})
_BARE = frozenset({"NOCROSSREFS", "FORCE_COMMON_ALLOCATION", "FORCE_GROUP_ALLOCATION"})


class Parser(SectionParser):
    """Reads a whole script."""

    def script(self) -> LinkerScript:
        """Every statement up to the end of the text."""
        items: list[Item] = []
        memory = sections = False
        while (token := self.scanner.peek("name")).kind != "end":
            memory = memory or token.text == "MEMORY"
            sections = sections or token.text == "SECTIONS"
            self.recovering(items, self._statement)
        self.take_directives(items)
        return LinkerScript(tuple(items), tuple(self.problems), memory, sections)

    def _statement(self, items: list[Item]) -> None:
        token = self.scanner.peek("name")
        if token.text == ";":
            self.scanner.take("name")
        elif token.text == "MEMORY":
            self.scanner.take("name")
            self._memory(items)
        elif token.text == "SECTIONS":
            self.scanner.take("name")
            self.scanner.expect("{")
            self.block(items, self.section_statement, "SECTIONS")
        elif token.text == "INSERT":
            self.scanner.take("name")
            where = self.scanner.take("name").text
            section = self.scanner.take("name").text.strip('"')
            self.scanner.accept(";")
            items.append(Insert(where, section, token.line))
        elif token.text == "REGION_ALIAS":
            self.scanner.take("name")
            self._region_alias(items, token.line)
        elif token.text in _BLOCKS:
            self.scanner.take("name")
            self._opaque_block(items, token.text, token.line)
        elif not self.common_statement(items, ""):
            self._other(items)

    def _memory(self, items: list[Item]) -> None:
        self.scanner.expect("{")
        self.block(items, self._region, "MEMORY")

    def _region(self, items: list[Item]) -> None:
        scanner = self.scanner
        token = scanner.take("name")
        if token.text in (";", ","):
            return
        if token.text == "INCLUDE":
            path = scanner.take("name").text.strip('"')
            items.append(Include(path, token.line, "MEMORY", conditional=scanner.conditional))
            return
        if token.kind not in ("name", "string"):
            raise FormatError(f"the name of a region expected, found {token.text!r}", token.line)
        conditional = scanner.conditional
        attributes = ""
        if scanner.accept("("):
            while not scanner.accept(")"):
                part = scanner.take()
                if part.kind == "end":
                    raise UnfinishedError("the script ends inside MEMORY", part.line)
                attributes += part.text
        scanner.expect(":")
        origin = self._region_value(_ORIGIN)
        scanner.accept(",")
        length = self._region_value(_LENGTH)
        name = token.text.strip('"')
        items.append(Region(name, attributes, origin, length, token.line, conditional))

    def _region_value(self, words: tuple[str, ...]) -> tuple[str, ...]:
        token = self.scanner.take()
        if token.text not in words:
            raise FormatError(f"{words[0]} expected, found {token.text!r}", token.line)
        self.scanner.expect("=")
        return parse_expression(self.scanner)

    def _region_alias(self, items: list[Item], line: int) -> None:
        scanner = self.scanner
        scanner.expect("(")
        alias = scanner.take("name").text.strip('"')
        scanner.expect(",")
        region = scanner.take("name").text.strip('"')
        scanner.expect(")")
        scanner.accept(";")
        items.append(RegionAlias(alias, region, line, scanner.conditional))

    def _opaque_block(self, items: list[Item], word: str, line: int) -> None:
        """PHDRS and VERSION, whose contents nothing here needs."""
        self.scanner.expect("{", "name")
        self.skip_block()
        items.append(Command(word, "", line, self.scanner.conditional))

    def _other(self, items: list[Item]) -> None:
        """ENTRY(…), OUTPUT_FORMAT(…), STARTUP(…) and whatever else has this form."""
        token = self.scanner.take("name")
        if token.kind == "name" and self.scanner.peek("name").text == "(":
            arguments = self.parenthesised()
        elif token.text not in _BARE:
            raise FormatError(f"a statement expected, found {token.text!r}", token.line)
        else:
            arguments = ""
        self.scanner.accept(";")
        items.append(Command(token.text, arguments, token.line, self.scanner.conditional))
