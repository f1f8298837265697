"""The words of a linker script: what a word is depends on where it stands.

In an expression ``a-b`` is a difference and in a file pattern it is a name, so the parser asks for
the next token in one of two modes, as ld's own scanner does. Comments and C-preprocessor lines
are taken out between tokens.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pitfalls.formats import FormatError

Mode = Literal["expression", "name", "file"]

_OPERATORS = r"<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/&|^]=|[-+*/%&|^~!<>?:=(),;{}]"
_EXPRESSION = re.compile(
    r'(?P<string>"[^"\n]*")'
    r"|(?P<number>0[xX][0-9a-fA-F]+[kKmM]?[uUlL]*|\$[0-9a-fA-F]+"
    r"|[0-9][0-9a-fA-F]*[hH](?!\w)|[0-9]+[kKmM]?[uUlL]*)"
    r"|(?P<name>[A-Za-z_.$@\\][\w.$@\\]*)"
    rf"|(?P<operator>{_OPERATORS})"
)
# A name may hold `-`, `+` and wildcards, but not swallow the operator of `a -= b`. Only the name of
# a file holds a colon (`libfoo.a:bar.o`): elsewhere it ends the name of a section or region.
_CHARACTER = r"[\w.$/\\~?*^!@%\[\]]|[-+](?!=)"
_NAME = re.compile(
    rf'(?P<string>"[^"\n]*")|(?P<name>(?:{_CHARACTER}|\*(?!=))+)|(?P<operator>{_OPERATORS})'
)
_FILE = re.compile(
    rf'(?P<string>"[^"\n]*")|(?P<name>(?:{_CHARACTER}|:)+)|(?P<operator>{_OPERATORS})'
)
_PATTERNS = {"expression": _EXPRESSION, "name": _NAME, "file": _FILE}
_SPACE = re.compile(r"[\s\0\ufeff\x1a]+")
_DIRECTIVE = re.compile(r"#[ \t]*(\w*)")
_CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b", re.MULTILINE)
_DEFINE = re.compile(r"\s*([A-Za-z_]\w*)(?!\()\s*(.*)", re.DOTALL)


class Token(NamedTuple):
    """A word: ``kind`` is ``string``, ``number``, ``name``, ``operator``, ``other`` (a
    character that belongs to none) or ``end``."""

    kind: str
    text: str
    line: int


class Directive(NamedTuple):
    """A ``#define`` or ``#include`` that was passed on the way."""

    word: str
    rest: str
    line: int
    conditional: bool


@dataclass
class _Arm:
    """One open ``#if``: ``decided`` when the script alone tells which arm holds."""

    decided: bool
    taken: bool


@dataclass
class Scanner:
    """Hands out tokens of ``text``; ``directives`` collects what the preprocessor lines say."""

    text: str
    position: int = 0
    directives: list[Directive] = field(default_factory=list)
    _macros: dict[str, str] = field(default_factory=dict)
    _arms: list[_Arm] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [m.end() for m in re.finditer("\n", self.text)]

    @property
    def conditional(self) -> bool:
        """Whether the position lies in an ``#if`` that the script does not decide."""
        return any(not arm.decided for arm in self._arms)

    @property
    def line(self) -> int:
        """The line of the position."""
        return self.line_at(self.position)

    def line_at(self, position: int) -> int:
        """The line of any position."""
        return bisect_right(self._starts, position) + 1

    def peek(self, mode: Mode = "expression") -> Token:
        """The next token, which stays."""
        self._skip()
        if self.position >= len(self.text):
            return Token("end", "", self.line)
        found = _PATTERNS[mode].match(self.text, self.position)
        if found is None:
            return Token("other", self.text[self.position], self.line)
        kind = found.lastgroup or ""
        return Token(kind, found[0], self.line)

    def take(self, mode: Mode = "expression") -> Token:
        """The next token, which is consumed."""
        token = self.peek(mode)
        self.position += len(token.text)
        return token

    def accept(self, text: str, mode: Mode = "expression") -> bool:
        """Consume the next token if it reads ``text``."""
        if self.peek(mode).text != text:
            return False
        self.position += len(text)
        return True

    def expect(self, text: str, mode: Mode = "expression") -> Token:
        """Consume ``text`` or raise :class:`FormatError`."""
        token = self.take(mode)
        if token.text != text:
            shown = repr(token.text) if token.text else "the end of the file"
            raise FormatError(f"{text!r} expected, found {shown}", token.line)
        return token

    def _skip(self) -> None:
        """Pass white space, comments and preprocessor lines."""
        text = self.text
        while self.position < len(text):
            space = _SPACE.match(text, self.position)
            if space:
                self.position = space.end()
            elif text.startswith("/*", self.position):
                end = text.find("*/", self.position + 2)
                if end < 0:
                    raise FormatError("a comment is not closed", self.line)
                self.position = end + 2
            elif text.startswith("//", self.position):
                self.position = self._end_of_line(self.position)
            elif text[self.position] == "#" and self._begins_line():
                self._directive()
            else:
                return

    def _end_of_line(self, position: int) -> int:
        end = self.text.find("\n", position)
        return end if end >= 0 else len(self.text)

    def _begins_line(self) -> bool:
        start = self.text.rfind("\n", 0, self.position) + 1
        return not self.text[start : self.position].strip("\ufeff \t")

    def _directive(self) -> None:
        found = _DIRECTIVE.match(self.text, self.position)
        assert found is not None
        line, word = self.line, found[1]
        rest = self._rest_of_directive(found.end())
        if word in ("if", "ifdef", "ifndef"):
            value = self._value(word, rest)
            self._arms.append(_Arm(value is not None, bool(value)))
            if value is False:
                self._to_next_arm()
        elif word in ("elif", "else"):
            self._next_arm(word, rest)
        elif word == "endif":
            if self._arms:
                self._arms.pop()
        elif word in ("define", "include"):
            named = _DEFINE.match(rest) if word == "define" else None
            if named:
                self._macros[named[1]] = named[2]
            self.directives.append(Directive(word, rest, line, self.conditional))

    def _rest_of_directive(self, position: int) -> str:
        """The text up to the end of the line: continued lines joined, comments taken out."""
        text, parts = self.text, []
        while True:
            end = self._end_of_line(position)
            comment = text.find("/*", position, end)
            if comment >= 0:
                parts.append(text[position:comment])
                position = text.find("*/", comment + 2) + 2
                if position == 1:
                    raise FormatError("a comment is not closed", self.line_at(comment))
            elif text[position:end].endswith("\\"):
                parts.append(text[position : end - 1])
                position = end + 1
            else:
                parts.append(text[position:end].partition("//")[0])
                self.position = end
                return " ".join(parts).strip()

    def _next_arm(self, word: str, rest: str) -> None:
        if not self._arms:
            return
        arm = self._arms[-1]
        if arm.decided and arm.taken:
            self._to_next_arm()
        elif arm.decided:
            value = True if word == "else" else self._value("if", rest)
            self._arms[-1] = _Arm(value is not None, bool(value))
            if value is False:
                self._to_next_arm()

    def _value(self, word: str, rest: str) -> bool | None:
        """What a condition is worth as far as the script tells."""
        if re.fullmatch(r"\(?\s*\d+\s*\)?", rest):
            return int(rest.strip("() \t")) != 0
        name = re.fullmatch(r"(!?)\s*(?:defined)?\s*\(?\s*([A-Za-z_]\w*)\s*\)?", rest)
        if name is None or (word == "if" and "defined" not in rest):
            return None
        negated = bool(name[1]) != (word == "ifndef")
        if name[2] in self._macros:
            return not negated
        return True if word == "ifndef" and self._is_guard(name[2]) else None

    def _is_guard(self, name: str) -> bool:
        """Whether the next line defines ``name``: an include guard, or a default."""
        return bool(re.match(rf"\s*#[ \t]*define[ \t]+{name}\b", self.text[self.position :][:400]))

    def _to_next_arm(self) -> None:
        """Skip to the directive that ends the present arm, which is read next."""
        depth = 0
        for found in _CONDITIONAL.finditer(self.text, self.position):
            if found[1].startswith("if"):
                depth += 1
            elif depth == 0:
                self.position = found.start() + len(found[0]) - len(found[0].lstrip())
                return
            elif found[1] == "endif":
                depth -= 1
        self.position = len(self.text)
