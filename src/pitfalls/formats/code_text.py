"""C and Rust text without comments and strings, and the extents of its functions and loops.

Lexical on purpose: it reads vendor macros and unfinished code alike, at the speed of regular
expressions. Every text keeps its length and its line breaks, so that offsets agree.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property, lru_cache
from typing import NamedTuple

# Every alternative begins with a plain character, so that a search skips all others fast.
_NOISE = re.compile(
    r"""//[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)"""
    r"""|b(?<!\wb)r(#{1,8})".*?"\1|r(?<!\wr)(#{1,8})".*?"\2"""
    r"""|"(?:[^"\\]|\\.)*(?:"|\Z)|'(?:[^'\\\n]|\\[^\n][^'\n]{0,8})'""",
    re.DOTALL,
)
_NOT_A_BREAK = re.compile(r"[^\n]")
_BRACES = re.compile(r"[{}]")
_LOOP = re.compile(
    r"\b(?:loop|while|for|do)\b(?!\s*<)[^{};]{0,300}\{|\bfor\s*\([^{}]{0,300}\)\s*\{"
)


class Text(NamedTuple):
    """One file: ``plain`` has no comments, ``code`` has no string contents either."""

    plain: str
    code: str


class Span(NamedTuple):
    """A function: the offset of its name, of the braces of its body, and its head as written
    (``before`` the name; parameters; result)."""

    name: str
    start: int
    opened: int
    closed: int
    before: str
    parameters: str
    result: str


@lru_cache(maxsize=2)
def blank(text: str) -> Text:
    """``text`` with comments, and with comments and strings, replaced by spaces.

    The last is kept: several formats read the same file one after another.
    """
    text = text.replace("\0", " ")
    plain: list[str] = []
    code: list[str] = []
    at = 0
    for noise in _NOISE.finditer(text):
        between, found = text[at : noise.start()], noise[0]
        spaces = _NOT_A_BREAK.sub(" ", found) if "\n" in found else " " * len(found)
        plain += (between, spaces if found[0] == "/" else found)
        code += (between, spaces)
        at = noise.end()
    plain.append(text[at:])
    code.append(text[at:])
    return Text("".join(plain), "".join(code))


@lru_cache(maxsize=2)
def braces(code: str) -> dict[int, int]:
    """Offset of each opening brace -> offset of the closing one; kept, not to be changed."""
    found: dict[int, int] = {}
    pending: list[int] = []
    for brace in _BRACES.finditer(code):
        if brace[0] == "{":
            pending.append(brace.start())
        elif pending:
            found[pending.pop()] = brace.start()
    return found


_BRACKETS = re.compile(r"[()\[\]{}]")


def closing(code: str, start: int, limit: int) -> int:
    """Where the bracket that was opened before ``start`` closes; at most ``limit`` further on."""
    depth = 1
    for found in _BRACKETS.finditer(code, start, start + limit):
        depth += 1 if found[0] in "([{" else -1
        if not depth:
            return found.start()
    return min(len(code), start + limit)


_ENDS = re.compile(r"[()\[\];{]")


def statement_end(code: str, start: int, limit: int = 2000) -> int:
    """The semicolon, or the brace of a block, that ends the expression at ``start``."""
    depth = 0
    for found in _ENDS.finditer(code, start, start + limit):
        if found[0] in ";{":
            if depth <= 0:
                return found.start()
        else:
            depth += 1 if found[0] in "([" else -1
    return min(len(code), start + limit)


class Lines:
    """Line numbers, from 1, of offsets; most files are asked for none."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self._text))]

    def at(self, offset: int) -> int:
        """The line of an offset."""
        return bisect_right(self._starts, offset)


_C_HEAD = re.compile(
    r"^(?P<before>(?:__attribute__[ \t]*\(\([^{};\n]{0,80}\)\)\s*)?"
    r"(?:[A-Za-z_][\w \t*]{0,100}?[ \t*])?)"
    r"(?P<name>[A-Za-z_]\w*)[ \t]*\((?P<parameters>[^(){};]{0,600})\)\s*\{",
    re.MULTILINE,
)
_C_WORDS = frozenset({"if", "for", "while", "switch", "return", "else", "do", "sizeof", "defined"})


def c_functions(text: Text) -> list[Span]:
    """The function definitions of a C file. A body ends at its brace, or at the first brace in
    the first column, which an unbalanced ``#if`` does not hide."""
    return list(_c_functions(text))


@lru_cache(maxsize=2)
def _c_functions(text: Text) -> tuple[Span, ...]:
    found: list[Span] = []
    matching = braces(text.code)
    code, after = text.code, 0
    for head in _C_HEAD.finditer(code):
        if head.start() < after or head["name"] in _C_WORDS:
            continue
        opened = head.end() - 1
        column = code.find("\n}", opened)
        ends = [end for end in (matching.get(opened), column + 1 if column >= 0 else None) if end]
        closed = min(ends, default=len(code))
        before = head["before"]
        if not before.strip():
            before = code[code.rfind("\n", 0, max(0, head.start() - 1)) + 1 : head.start()]
        found.append(
            Span(head["name"], head.start("name"), opened, closed, before, head["parameters"], "")
        )
        after = closed
    return tuple(found)


def span_at(spans: list[Span], opened: list[int], offset: int) -> int | None:
    """The innermost function around an offset; an outer one when the nearest has ended."""
    at = bisect_right(opened, offset) - 1
    for index in range(at, max(-1, at - 4), -1):
        if spans[index].closed >= offset:
            return index
    return None


_CLASS = re.compile(r"\b(?:class|struct)\s+\w+\s*(?:final\s*)?(?::[^;{}()]{0,200})?\{")
_METHOD = re.compile(
    r"(?<![\w.>:~])(?P<name>[A-Za-z_]\w*)[ \t]*"
    r"\((?P<parameters>[^(){};]{0,400})\)(?:\s*(?:const|noexcept|override|final)\b)*\s*\{"
)


def cpp_methods(text: Text) -> list[Span]:
    """The functions with a body that stand inside a class of a C++ file."""
    code, matching, found, after = text.code, braces(text.code), [], 0
    for head in _CLASS.finditer(code):
        ended = matching.get(head.end() - 1, head.end())
        for method in _METHOD.finditer(code, head.end() - 1, ended):
            opened = method.end() - 1
            if opened < after or method["name"] in _C_WORDS:
                continue
            after = matching.get(opened, opened)
            before = code[code.rfind("\n", 0, method.start()) + 1 : method.start()]
            found.append(
                Span(
                    method["name"], method.start(), opened, after,
                    before, method["parameters"], "",
                )
            )  # fmt: skip
    return found


_RUST_HEAD = re.compile(
    r"fn\s+(?P<name>\w+)\s*(?:<[^{};()]{0,200}>\s*)?"
    r"\((?P<parameters>(?:[^(){};]|\([^(){};]*\)){0,400})\)"
    r"\s*(?P<result>(?:->[^{};]{0,120})?)(?:where[^{};]{0,300})?\{"
)


def rust_functions(text: Text) -> list[Span]:
    """The functions with a body of a Rust file, nested ones too; ``before`` are attributes and
    modifiers, with their strings."""
    return list(_rust_functions(text))


@lru_cache(maxsize=2)
def _rust_functions(text: Text) -> tuple[Span, ...]:
    found = []
    matching = braces(text.code)
    for head in _RUST_HEAD.finditer(text.code):
        opened = head.end() - 1
        before = text.plain[item_start(text.code, head.start()) : head.start()]
        found.append(
            Span(
                head["name"], head.start("name"), opened,
                matching.get(opened, len(text.code)), before, head["parameters"],
                head["result"].removeprefix("->").strip(),
            )
        )  # fmt: skip
    return tuple(found)


_HEAD_LIMIT = 1500
"""Attributes and modifiers of an item that are longer are cut off."""


def item_start(code: str, offset: int) -> int:
    """Where the item around ``offset`` begins: after the brace or semicolon before it."""
    least = max(0, offset - _HEAD_LIMIT)
    return max(max(code.rfind(mark, least, offset) for mark in ";{}") + 1, least)


def loops(code: str, span: Span, matching: dict[int, int]) -> list[tuple[int, int]]:
    """The bodies of the loops in a function, as offsets."""
    return [
        (found.end() - 1, matching.get(found.end() - 1, span.closed))
        for found in _LOOP.finditer(code, span.opened, span.closed)
    ]
