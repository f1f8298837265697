"""What the functions of a Rust file do, in order: calls, with what they are called on and what
their result is bound to, and marks of how they start, guard, end and wait for processes.

Lexical, like :mod:`pitfalls.formats.code_text`, on which it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, braces, rust_functions
from pitfalls.formats.rust_marks import marks
from pitfalls.formats.rust_results import WAITS, Fate, fate
from pitfalls.formats.rust_waits import lenient_return


class Call(msgspec.Struct, frozen=True):
    """``let mut router = Router::start(7447)``: ``callee`` is the path, or the method's name when
    there is a ``receiver`` (the text before its dot); ``bound`` the variable of the ``let``;
    ``fate`` what becomes of the result of a wait."""

    callee: str
    receiver: str
    arguments: tuple[str, ...]
    line: int
    bound: str = ""
    fate: Fate = ""

    @property
    def name(self) -> str:
        """The last part of the callee."""
        return self.callee.rpartition("::")[2]


class Quote(msgspec.Struct, frozen=True):
    """A string literal and its line."""

    text: str
    line: int


class Routine(msgspec.Struct, frozen=True):
    """A function. ``owner`` is the type of the ``impl``, ``trait`` what it implements there.

    ``marks`` is a subset of ``death-signal`` (sets the parent-death signal), ``group-kill``
    (signals a process group), ``kill`` (ends a child), ``reads`` (reads files), ``blocks``
    (waits for the exit of what it started), ``asserts`` (can panic or exit) and ``endless`` (loops
    without a limit). ``lenient`` is the line on which a wait for a text
    returns success without it, 0 for none. ``builds`` are types whose values it makes.
    """

    name: str
    owner: str
    trait: str
    line: int
    end_line: int
    parameters: tuple[str, ...]
    result: str
    is_test: bool
    ignored: bool
    calls: tuple[Call, ...]
    lets: dict[str, str]
    marks: frozenset[str]
    timeouts: tuple[Quote, ...]
    addresses: tuple[Quote, ...]
    builds: tuple[str, ...]
    lenient: int = 0

    @property
    def label(self) -> str:
        """``Router::start``."""
        return f"{self.owner}::{self.name}" if self.owner else self.name


class Static(msgspec.Struct, frozen=True):
    """A ``static`` item: the text of its type, and its line."""

    type: str
    line: int


class RustRoutines(msgspec.Struct, frozen=True):
    """The functions of one file, its statics, and the line of its module of unit tests, or 0."""

    routines: tuple[Routine, ...]
    statics: tuple[Static, ...]
    unit_tests: int = 0


_IGNORED = frozenset(
    {
        "Err", "None", "Ok", "Some", "as_bytes", "as_deref", "as_mut", "as_path", "as_ref",
        "as_str", "clone", "cmp", "collect", "contains", "display", "elapsed", "expect", "fn",
        "for", "if", "into", "into_iter", "is_empty", "is_err", "is_file", "is_none", "is_ok",
        "is_some",
        "iter", "join", "len", "map", "map_err", "match", "ok", "push", "push_str", "return",
        "stderr", "stdin", "stdout", "then", "to_string", "trim", "unwrap", "unwrap_or",
        "unwrap_or_default", "unwrap_or_else", "while", "write", "parse", "env", "piped", "null",
        "inherit", "lines", "filter", "any", "exists", "to_path_buf", "to_str",
    }
)  # fmt: skip
_LET_HEAD = r"let\s+(?:mut\s+)?(\w+)\s*(?::[^=;{}]{0,80})?=\s*"
_BOUND = re.compile(_LET_HEAD + r"(?:match\s+|Some\(|Ok\()?&?$")
_LET = re.compile(_LET_HEAD + r"([^;{}]{1,200})")
_IMPL = re.compile(
    r"impl\b\s*(?:<[^{};]{0,200}?>\s*)?(?:(?P<trait>[\w:]+)(?:<[^{};]{0,120}>)?\s+for\s+)?"
    r"&?(?P<type>[\w:]+)[^{};]{0,200}\{"
)
_STATIC = re.compile(r"static\s+(?:mut\s+)?\w+\s*:\s*([^=;]{1,200})=")
_TEST = re.compile(r"#\[\s*(?:\w+\s*::\s*)*(?:test|rstest|test_case)\b(?!\s*::)")
_UNIT_TESTS = re.compile(
    r"#\[\s*cfg\s*\([^\]]*\btest\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{"
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_TIMEOUT = re.compile(
    r"(?:^|[\s;&|(])timeout\s+(?!--foreground|--version)(?:-\S+\s+)*[\d{$]\S*\s+(?!sleep\b)"
)
_BUILT = re.compile(r"\b([A-Z]\w*)\s*(?:\{(?!\s*\})|\()")
_SOCKET_TOOLS = (
    '"ss"', '/ss"', '"tcpkill"', '"conntrack"', "ss -K", "ss --kill", "tcpkill ", "conntrack -D",
)  # fmt: skip
_ADDRESS = re.compile(r'(?<=[" ])(\d{1,3}(?:\.\d{1,3}){3})(?=[" ;])')
_SEPARATOR = re.compile(r"[\[\](){},]")
MAX_ARGUMENTS = 4000
"""Characters of an argument list that are read."""
_PARENS = re.compile(r"[()]")


def parse(data: bytes) -> RustRoutines | None:
    """The functions of a Rust file; None when it has none that calls anything."""
    text = blank(decode(data))
    matching = braces(text.code)
    reader = _Reader(text, matching)
    routines = tuple(reader.routine(span) for span in rust_functions(text))
    if not any(routine.calls for routine in routines):
        return None
    statics = tuple(
        Static(" ".join(found[1].split()), reader.lines.at(found.start()))
        for found in _STATIC.finditer(text.code)
    )
    module = _UNIT_TESTS.search(text.code)
    line = reader.lines.at(module.start()) if module is not None else 0
    return RustRoutines(routines, statics, line)


class _Reader:
    """One file, with its parentheses and ``impl`` blocks."""

    def __init__(self, text: Text, matching: dict[int, int]) -> None:
        self.text = text
        self.lines = Lines(text.code)
        self.opener: dict[int, int] = {}
        self.closer: dict[int, int] = {}
        pending: list[int] = []
        for found in _PARENS.finditer(text.code):
            if found[0] == "(":
                pending.append(found.start())
            elif pending:
                opened = pending.pop()
                self.opener[found.start()], self.closer[opened] = opened, found.start()
        self.opened = sorted(self.closer)
        self.impls = [
            (found.end() - 1, matching.get(found.end() - 1, len(text.code)),
             found["type"].rpartition("::")[2], (found["trait"] or "").rpartition("::")[2])
            for found in _IMPL.finditer(text.code)
        ]  # fmt: skip

    def routine(self, span: Span) -> Routine:
        """The facts of one function."""
        code = self.text.code[span.opened : span.closed]
        plain = self.text.plain[span.opened : span.closed]
        owner, trait = next(
            ((kind, trait) for opened, closed, kind, trait in reversed(self.impls)
             if opened < span.start < closed), ("", "")
        )  # fmt: skip
        offset = lenient_return(code, span.parameters, span.result)
        return Routine(
            name=span.name,
            owner=owner,
            trait=trait,
            line=self.lines.at(span.start),
            end_line=self.lines.at(span.closed),
            parameters=tuple(re.findall(r"(?:^|,)\s*(?:#\[[^\]]*\]\s*)?(?:mut\s+)?(\w+)\s*:(?!:)",
                                        span.parameters)),
            result=span.result,
            is_test=bool(_TEST.search(span.before)),
            ignored="#[ignore" in span.before,
            calls=tuple(self._calls(span)),
            lets={name: " ".join(value.split()) for name, value in _LET.findall(plain)},
            marks=marks(code, plain),
            timeouts=tuple(self._timeouts(plain, span.opened)),
            addresses=tuple(self._addresses(plain, span.opened)),
            builds=tuple(dict.fromkeys(owner if name == "Self" else name
                                       for name in _BUILT.findall(code))),
            lenient=self.lines.at(span.opened + offset) if offset else 0,
        )  # fmt: skip

    def _timeouts(self, plain: str, start: int) -> Iterator[Quote]:
        """Strings that run ``timeout`` without ``--foreground``."""
        if "timeout " in plain:
            for found in _STRING.finditer(plain):
                if _TIMEOUT.search(found[1]):
                    yield Quote(found[1][:160], self.lines.at(start + found.start()))

    def _addresses(self, plain: str, start: int) -> Iterator[Quote]:
        """Strings that are an IPv4 address, in functions that run a tool on sockets."""
        if any(tool in plain for tool in _SOCKET_TOOLS):
            for found in _ADDRESS.finditer(plain):
                yield Quote(found[1], self.lines.at(start + found.start()))

    def _calls(self, span: Span) -> Iterator[Call]:
        code = self.text.code
        first, last = (bisect_left(self.opened, end) for end in (span.opened, span.closed))
        for opened in self.opened[first:last]:
            at, callee = self._callee(opened, span.opened)
            if not callee or callee in _IGNORED or callee.startswith("Stdio::"):
                continue
            root = self._root(at, span.opened) if code[at - 1] == "." or callee == "spawn" else at
            receiver = self.text.plain[root:at].rstrip(". \n\t") if root < at else ""
            before = code[max(span.opened, root - 160) : root]
            bound = _BOUND.search(before) if "let" in before else None
            told: Fate = ""
            if WAITS.search(callee):
                ended = self.closer.get(opened, opened)
                told = fate(code, root, ended, span.opened + 1, span.closed)
            yield Call(
                callee, " ".join(receiver.split())[:200], tuple(self._arguments(opened)),
                self.lines.at(at), bound[1] if bound else "", told,
            )  # fmt: skip

    def _callee(self, opened: int, least: int) -> tuple[int, str]:
        """Where the path before a parenthesis begins, and its text without a turbofish; empty
        when there is none, as in macros and tuples."""
        code, end = self.text.code, opened
        while end > least and code[end - 1] in " \n\t\r":
            end -= 1
        if code[end - 1] == ">":
            end = max(code.rfind("::<", max(least, end - 80), end), least)
        at = end
        while at > least and (code[at - 1].isalnum() or code[at - 1] in "_:"):
            at -= 1
        while at < end and code[at] == ":":
            at += 1
        return at, code[at:end] if code[at - 1] != "!" else ""

    def _root(self, at: int, least: int) -> int:
        """Where the chain of calls begins whose last name stands at ``at``."""
        code = self.text.code
        while True:
            dot = at - 1
            while dot > least and code[dot] in " \n\t\r?":
                dot -= 1
            if code[dot] != ".":
                return at
            end = dot - 1
            while end > least and code[end] in " \n\t\r?":
                end -= 1
            if code[end] == ")" and end in self.opener:
                end = self.opener[end] - 1
            start = end
            while start > least and (code[start].isalnum() or code[start] in "_:<>!"):
                start -= 1
            if start + 1 > end + 1 or start + 1 >= at:
                return at
            at = start + 1

    def _arguments(self, opened: int) -> Iterator[str]:
        closed = self.closer.get(opened, opened)
        if closed - opened < 2 or closed - opened > MAX_ARGUMENTS:
            return
        depth, start = 0, opened + 1
        for found in _SEPARATOR.finditer(self.text.code, opened + 1, closed):
            mark = found[0]
            if mark in "([{":
                depth += 1
            elif mark != ",":
                depth -= 1
            elif not depth:
                yield self._short(start, found.start())
                start = found.end()
        if (last := self._short(start, closed)) or start > opened + 1:
            yield last

    def _short(self, start: int, end: int) -> str:
        return " ".join(self.text.plain[start:end].split())[:200]
