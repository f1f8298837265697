"""The C preprocessor for configuration headers: what each macro is at the end of a file.

Not a compiler: no text comes out, only macros with their final value and the line that decides
it. Three-valued: what depends on a header that is not there, or on the compiler, is ``unresolved``
and never a guess. Time is bounded whatever the input: expansion by a token budget, includes by
depth and number.

Our own and not a library's, because a library that yields text has to choose a branch at an
``#if`` that it cannot decide, and expands macros without a bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_expression import all_of, evaluate, negate, tokenize
from pitfalls.formats.c_lines import DIRECTIVE, GUARD, include_guard, logical_lines
from pitfalls.formats.c_macros import (
    COMPILER,
    MAX_DEPTH,
    MAX_EXPANSION,
    OTHER_COMPILERS,
    STANDARD_HEADERS,
    UNKNOWN,
    Definition,
    MacroTable,
)

State = Literal["defined", "undefined", "unresolved"]

IncludeCallback = Callable[[str, bool, str], tuple[str, bytes] | None]
"""``(name, angled, including path) -> (path, bytes)``, or None for a file that is not there."""

MAX_INCLUDES = 200
"""Files that one header may be made of."""

MAX_TEXT = 20_000
"""Characters of one macro; a longer one is not resolved."""

_NEAR = 8  # conditionals between a define and the #ifndef that guards it
_DEFINE = re.compile(r"\s*([A-Za-z_]\w*)(\([^)]*\))?(.*)", re.DOTALL)
_INCLUDE = re.compile(r"\s*(?:\"([^\"\n]+)\"|<([^>\n]+)>)")


class Macro(msgspec.Struct, frozen=True):
    """One macro at the end of the file.

    ``path`` is empty for the file itself; ``value`` is None when the text is no integer;
    ``guarded``: the ``#define`` stands under ``#ifndef`` of its own name, so ``-D`` wins;
    ``candidates``: for an unresolved macro, the integers that this file's own text would give.
    """

    name: str
    state: State
    text: str
    value: int | None
    line: int
    path: str = ""
    guarded: bool = False
    candidates: tuple[int, ...] = ()


class Include(msgspec.Struct, frozen=True):
    """An ``#include`` that was reached and led to no file."""

    name: str
    angled: bool
    line: int
    path: str = ""


class Header(msgspec.Struct, frozen=True):
    """The macros of a header by name, and the includes that were reached and are missing."""

    macros: dict[str, Macro]
    missing: tuple[Include, ...] = ()

    def get(self, name: str) -> Macro | None:
        """The macro, None when no line of the file mentions its definition."""
        return self.macros.get(name)


def parse(data: bytes) -> Header:
    """The header by itself: every include of it counts as missing."""
    return preprocess(data)


def preprocess(
    data: bytes,
    path: str = "",
    include: IncludeCallback | None = None,
    predefined: Mapping[str, Macro] | None = None,
    wanted: Callable[[str, str], bool] = lambda _name, _path: True,
) -> Header:
    """The header at ``path`` with its includes and the macros of the command line.

    ``wanted`` says by name and file which macros are resolved: device headers define thousands.
    """
    run = _Run(include)
    for name, macro in (predefined or {}).items():
        run.table[name] = Definition(None, macro.text, macro.path, macro.line)
    run.file(data, path, 0)
    names = (n for n, d in run.table.items() if n not in COMPILER and wanted(n, d.path))
    macros = {name: run.result(name) for name in names}
    return Header(macros, tuple(run.missing))


@dataclass
class _Frame:
    """One ``#if`` group: whether this branch, and any so far, is taken (None: unknown), and
    whether what stands around the group is."""

    active: bool | None
    taken: bool | None
    outer: bool | None = True
    guard: str = ""

    @property
    def runs(self) -> bool | None:
        """Whether a line of the branch is seen by the compiler."""
        return all_of((self.outer, self.active))


@dataclass
class _Run:
    include: IncludeCallback | None
    macros: MacroTable = field(default_factory=MacroTable)
    missing: list[Include] = field(default_factory=list)
    once: set[str] = field(default_factory=set)
    guards: set[str] = field(default_factory=set)
    files: int = 0

    @property
    def table(self) -> dict[str, Definition]:
        return self.macros.entries

    def __post_init__(self) -> None:
        for name, text in COMPILER.items():
            self.table[name] = Definition(None, text, "", 0)

    def file(self, data: bytes, path: str, depth: int) -> None:
        """Run through one file; its conditionals cannot reach out of it."""
        self.files += 1
        frames: list[_Frame] = []
        lines = ((line, DIRECTIVE.match(text)) for line, text in logical_lines(decode(data)))
        directives = [(line, found[1], found[2]) for line, found in lines if found]
        guard = include_guard(directives)
        if guard:
            self.guards.add(guard)
        for line, name, rest in directives:
            self._directive(name, rest, line, path, depth, frames)

    def _directive(
        self, name: str, rest: str, line: int, path: str, depth: int, frames: list[_Frame]
    ) -> None:
        if name in ("if", "ifdef", "ifndef", "elif", "else", "endif"):
            self._conditional(name, rest, frames)
            return
        active = frames[-1].runs if frames else True
        if active is False:
            return
        if name == "define":
            guards = {frame.guard for frame in frames[-_NEAR:]}
            self._define(rest, line, path, active, guards)
        elif name == "undef":
            self._set(rest.strip(), Definition(None, None, path, line), active)
        elif name == "include":
            self._include(rest, line, path, depth)
        elif name == "pragma" and rest.strip() == "once":
            self.once.add(path)

    def _conditional(self, name: str, rest: str, frames: list[_Frame]) -> None:
        if name in ("if", "ifdef", "ifndef"):
            word = rest.strip().split(" ")[0]
            text = {"if": rest, "ifdef": f"defined({word})", "ifndef": f"!defined({word})"}[name]
            outer = frames[-1].runs if frames else True
            taken = self._condition(text) if outer is not False else False
            guard = GUARD.match(text)
            frames.append(_Frame(taken, taken, outer, guard[1] if guard else ""))
        elif frames and name == "endif":
            frames.pop()
        elif frames:
            frame = frames[-1]
            fresh = True if name == "else" else self._condition(rest)
            frame.active = all_of((negate(frame.taken), fresh))
            frame.taken = negate(all_of((negate(frame.taken), negate(fresh))))
            frame.guard = ""

    def _define(
        self, rest: str, line: int, path: str, active: bool | None, guards: set[str]
    ) -> None:
        found = _DEFINE.match(rest)
        if not found:
            return
        parameters = None
        if found[2] is not None:
            parameters = tuple(p.strip() for p in found[2][1:-1].split(",") if p.strip())
        text = " ".join(found[3].split())
        new = Definition(parameters, text[:MAX_TEXT], path, line, len(text) <= MAX_TEXT)
        new.guarded = found[1] in guards
        self._set(found[1], new, active)

    def _set(self, name: str, new: Definition, active: bool | None) -> None:
        old = self.table.get(name)
        if active is None and not (old and old.certain and old.text == new.text):
            new.certain = False
            texts = (old.text, *old.others) if old else ()
            new.others = tuple(t for t in texts if t is not None and t != new.text)[:16]
        elif active is None:
            return
        self.table[name] = new

    def _include(self, rest: str, line: int, path: str, depth: int) -> None:
        found = _INCLUDE.match(rest)
        if not found:
            self.missing.append(Include(rest.strip()[:80], False, line, path))
            return
        name, angled = found[1] or found[2], found[1] is None
        if STANDARD_HEADERS.fullmatch(name):
            return
        file = None
        if self.include is not None and depth < MAX_DEPTH and self.files < MAX_INCLUDES:
            file = self.include(name, angled, path)
        if file is None:
            if len(self.missing) < MAX_INCLUDES:
                self.missing.append(Include(name, angled, line, path))
        elif file[0] not in self.once:
            self.file(file[1], file[0], depth + 1)

    def _condition(self, text: str) -> bool | None:
        budget = [MAX_EXPANSION]
        tokens = self.macros.expand(list(self._defined(tokenize(text))), frozenset(), budget)
        if tokens is None:
            return None
        value = evaluate([self._unknown_name(token) for token in tokens])
        return None if value is None else value != 0

    def _unknown_name(self, name: str) -> str:
        """``0`` for a name that is certainly not defined, else the token itself."""
        named = name[0].isalpha() or name[0] == "_"
        return "0" if named and self._is_defined(name) is False else name

    def _defined(self, tokens: list[str]) -> Iterator[str]:
        """Replace ``defined X`` and ``defined(X)``; unknown becomes a name nobody defines."""
        at = 0
        while at < len(tokens):
            if tokens[at] == "defined" and at + 1 < len(tokens):
                bare = tokens[at + 1] != "("
                name = tokens[at + 1] if bare else "".join(tokens[at + 2 : at + 3])
                at += 2 if bare else 4
                state = self._is_defined(name)
                yield UNKNOWN if state is None else str(int(state))
            else:
                yield tokens[at]
                at += 1

    def _is_defined(self, name: str) -> bool | None:
        known = self.table.get(name)
        if known is not None:
            return known.text is not None if known.certain else None
        if name in self.guards or OTHER_COMPILERS.fullmatch(name):
            return False
        if name.startswith("__") or self.missing:
            return None
        return False

    def result(self, name: str) -> Macro:
        """The facts about one entry of the table."""
        entry = self.table[name]
        if entry.text is None and entry.certain:
            return Macro(name, "undefined", "", None, entry.line, entry.path)
        text = entry.text or ""
        if entry.parameters is not None:
            state: State = "defined" if entry.certain else "unresolved"
            return Macro(name, state, text, None, entry.line, entry.path, entry.guarded)
        value = self.macros.value(name, text) if entry.certain else None
        if value is not None:
            return Macro(name, "defined", text, value, entry.line, entry.path, entry.guarded)
        known = self._candidates(name, entry)
        state = "unresolved" if known or not entry.certain else "defined"
        return Macro(name, state, text, None, entry.line, entry.path, entry.guarded, known)

    def _candidates(self, name: str, entry: Definition) -> tuple[int, ...]:
        """What the macro would be were every undecided ``#if`` decided for the file's own text."""
        self.macros.assume = True
        values = {self.macros.value(name, t) for t in (entry.text, *entry.others) if t is not None}
        self.macros.assume = False
        return tuple(sorted(v for v in values if v is not None))
