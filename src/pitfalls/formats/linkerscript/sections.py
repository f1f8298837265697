"""The statements of SECTIONS and the contents of output sections."""

from __future__ import annotations

from pitfalls.formats import FormatError
from pitfalls.formats.linkerscript.expressions import parse_expression
from pitfalls.formats.linkerscript.facts import (
    Command,
    InputPattern,
    Item,
    OutputSection,
)
from pitfalls.formats.linkerscript.statements import StatementParser, UnfinishedError

_TYPES = frozenset({"NOLOAD", "DSECT", "COPY", "INFO", "OVERLAY", "READONLY", "TYPE"})
_CONSTRAINTS = frozenset({"ONLY_IF_RO", "ONLY_IF_RW", "SPECIAL", "ALIGN_WITH_INPUT", "NOCROSSREFS"})
_DATA = frozenset({"BYTE", "SHORT", "LONG", "QUAD", "SQUAD", "FILL", "ASCIZ", "FLOAT", "DOUBLE"})
_BARE = frozenset({"CONSTRUCTORS", "CREATE_OBJECT_SYMBOLS", "LINKER_VERSION"})
_SORTS = frozenset(
    {
        "SORT",
        "SORT_BY_NAME",
        "SORT_BY_ALIGNMENT",
        "SORT_BY_INIT_PRIORITY",
        "SORT_NONE",
        "REVERSE",
    }
)

MAX_DEPTH = 40
"""KEEP(SORT(SORT(…))) nested deeper is refused."""


class SectionParser(StatementParser):
    """Reads output sections."""

    def section_statement(self, items: list[Item]) -> None:
        """One statement directly inside SECTIONS."""
        scanner = self.scanner
        token = scanner.peek("name")
        if token.text in (";", ","):
            scanner.take("name")
        elif token.text == "OVERLAY":
            self._overlay(items)
        elif token.text in ("REGION_ALIAS", "INSERT"):
            raise FormatError(f"{token.text} does not belong inside SECTIONS", token.line)
        elif token.text in _BARE:
            scanner.take("name")
        elif not self.common_statement(items, ""):
            self._output_section(items)

    def _output_section(self, items: list[Item]) -> None:
        scanner = self.scanner
        while True:
            name = scanner.take("name")
            if name.kind not in ("name", "string"):
                raise FormatError(f"an output section expected, found {name.text!r}", name.line)
            conditional = scanner.conditional
            address: tuple[str, ...] = ()
            kind = self._type()
            if not kind and scanner.peek().text != ":":
                address = parse_expression(scanner)
            kind = kind or self._type()
            scanner.expect(":")
            # With `#if … .a : ALIGN(8) #else .a : #endif {` the head comes once for each arm.
            if self._before_contents(conditional=conditional):
                break
        inner: list[Item] = []
        inputs: list[InputPattern] = []
        scanner.expect("{", "name")
        self._contents(inner, inputs, name.text)
        region, load, end = self._after_contents()
        items.append(
            OutputSection(
                name.text.strip('"'),
                tuple(inputs),
                name.line,
                end,
                region,
                load,
                kind,
                address,
                conditional,
            )
        )
        items.extend(inner)

    def _type(self) -> str:
        """``(NOLOAD)`` and its kind, or nothing."""
        scanner = self.scanner
        start = scanner.position
        if not scanner.accept("("):
            return ""
        word = scanner.peek()
        if word.text == ")":
            scanner.take()
            return ""
        if word.text not in _TYPES:
            scanner.position = start
            return ""
        scanner.position = start
        return self.parenthesised().partition(" ")[0]

    def _before_contents(self, *, conditional: bool = False) -> bool:
        """AT(…), ALIGN(…), SUBALIGN(…) and constraints between the colon and the brace; False
        when another head follows under a condition."""
        scanner = self.scanner
        while (token := scanner.peek("name")).text != "{":
            if token.text in _CONSTRAINTS:
                scanner.take("name")
            elif token.text in ("AT", "ALIGN", "SUBALIGN"):
                scanner.take("name")
                self.parenthesised()
            elif token.text == "(" and self._type():
                continue
            elif conditional and token.kind == "name":
                return False
            else:
                shown = repr(token.text) if token.text else "the end of the file"
                raise FormatError(f"'{{' expected, found {shown}", token.line)
        return True

    def _contents(self, items: list[Item], inputs: list[InputPattern], name: str) -> None:
        def statement(found: list[Item]) -> None:
            token = self.scanner.peek("name")
            if token.text in (";", ",") or token.text in _BARE:
                self.scanner.take("name")
            elif token.text in _DATA:
                self.scanner.take("name")
                found.append(Command(token.text, self.parenthesised(), token.line))
            elif not self.common_statement(found, name):
                inputs.append(self._input())

        self.block(items, statement, name)

    def _after_contents(self) -> tuple[str, str, int]:
        """``>region AT>region :phdr =fill ,``: region, load region, last line."""
        scanner = self.scanner
        region = load = ""
        end = scanner.line_at(scanner.position - 1)
        while True:
            start = scanner.position
            token = scanner.peek()
            if token.text == ">":
                scanner.take()
                region = scanner.take("name").text.strip('"')
                end = token.line
            elif token.text == "AT":
                scanner.take()
                if not scanner.accept(">"):
                    scanner.position = start
                    return region, load, end
                load = scanner.take("name").text.strip('"')
                end = token.line
            elif token.text == ":":
                scanner.take()
                scanner.take("name")
            elif token.text == "=":
                scanner.take()
                parse_expression(scanner)
                scanner.accept(";")
            else:
                scanner.accept(",")
                return region, load, end

    def _input(self, depth: int = 0, *, keep: bool = False) -> InputPattern:
        """``KEEP(…)``, ``INPUT_SECTION_FLAGS(…)`` or ``files(sections)``."""
        scanner = self.scanner
        token = scanner.peek("name")
        if depth > MAX_DEPTH:
            raise FormatError("KEEP is nested too deeply to read", token.line)
        if token.text == "KEEP":
            scanner.take("name")
            scanner.expect("(", "name")
            found = self._input(depth + 1, keep=True)
            scanner.expect(")", "name")
            return found
        if token.text == "INPUT_SECTION_FLAGS":
            scanner.take("name")
            self.parenthesised()
            return self._input(depth + 1, keep=keep)
        conditional = scanner.conditional
        excluded: list[str] = []
        files = self._file_pattern(excluded, depth)
        sections: list[str] = []
        if scanner.accept("(", "name"):
            self._section_patterns(sections, excluded, depth)
        return InputPattern(files, tuple(sections), token.line, tuple(excluded), keep, conditional)

    def _file_pattern(self, excluded: list[str], depth: int) -> str:
        scanner = self.scanner
        token = scanner.take("file")
        if token.text in _SORTS and depth <= MAX_DEPTH:
            scanner.expect("(", "name")
            files = self._file_pattern(excluded, depth + 1)
            scanner.expect(")", "name")
            return files
        if token.text == "EXCLUDE_FILE":
            excluded.extend(self.parenthesised().split())
            return self._file_pattern(excluded, depth + 1)
        if token.kind not in ("name", "string"):
            shown = repr(token.text) if token.text else "the end of the file"
            raise FormatError(f"a file pattern expected, found {shown}", token.line)
        return token.text.strip('"')

    def _section_patterns(self, sections: list[str], excluded: list[str], depth: int) -> None:
        """Patterns up to the closing parenthesis, through SORT(…) and EXCLUDE_FILE(…)."""
        scanner = self.scanner
        if depth > MAX_DEPTH:
            raise FormatError("SORT is nested too deeply to read", scanner.line)
        while (token := scanner.take("name")).text != ")":
            if token.kind == "end":
                raise UnfinishedError("a list of input sections is not closed", token.line)
            if token.text in _SORTS:
                scanner.expect("(", "name")
                self._section_patterns(sections, excluded, depth + 1)
            elif token.text == "EXCLUDE_FILE":
                excluded.extend(self.parenthesised().split())
            elif token.kind in ("name", "string"):
                sections.append(token.text.strip('"'))
            elif token.text not in (",", "&"):
                raise FormatError(f"an input section expected, found {token.text!r}", token.line)

    def _overlay(self, items: list[Item]) -> None:
        """OVERLAY: several output sections that share one run address and one region."""
        scanner = self.scanner
        scanner.take("name")
        if scanner.peek().text != ":":
            parse_expression(scanner)
        scanner.expect(":")
        self._before_contents()
        scanner.expect("{", "name")
        start = len(items)

        def member(found: list[Item]) -> None:
            name = scanner.take("name")
            inputs: list[InputPattern] = []
            inner: list[Item] = []
            scanner.expect("{", "name")
            self._contents(inner, inputs, name.text)
            end = self._after_contents()[2]
            found.append(OutputSection(name.text, tuple(inputs), name.line, end))

        self.block(items, member, "OVERLAY")
        region, load, _ = self._after_contents()
        for index in range(start, len(items)):
            item = items[index]
            if isinstance(item, OutputSection):
                items[index] = OutputSection(
                    item.name, item.inputs, item.line, item.end_line, region, load
                )
