"""Answers that CMake code keeps in the cache and gives before it looks at what it was told.

``set(X … CACHE INTERNAL)`` outlives every configure. Where X is asked first, a variable that the
user sets (``-DY=…``), or the environment, is not read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines


class Memo(msgspec.Struct, frozen=True):
    """``name`` is kept at ``line`` and asked at ``asked``. ``ignored`` is a variable that is read
    only while there is no kept answer, at ``read``; empty when such ones are read first."""

    name: str
    line: int
    asked: int
    ignored: str
    read: int


class Memos(msgspec.Struct, frozen=True):
    """Those of one file."""

    memos: tuple[Memo, ...]


class _Call(NamedTuple):
    name: str
    text: str
    line: int
    depth: int
    end: int
    """The index of the call that closes the block this one opens, or its next branch."""


_COMMENT = re.compile(r"#\[\[.*?\]\]|#[^\n]*", re.DOTALL)
_CALL = re.compile(
    r"^[ \t]*(\w+)[ \t]*\(((?:\"(?:[^\"\\]|\\.)*\"|[^()\"]|\([^()]*\))*)\)", re.MULTILINE
)
_KEPT = re.compile(r"\bset[ \t]*\(\s*(\w+)\s[^()]*?\bCACHE\s+INTERNAL\b", re.IGNORECASE)
_QUESTION = re.compile(r"\bif[ \t]*\(\s*(?:NOT\s+)?(?:DEFINED\s+)?(?:CACHE\{)?(\w+)", re.IGNORECASE)
"""Whoever keeps a name and never asks for it is read no closer."""
_KEEPS = re.compile(r"\s*(\w+)\s+(.*)\bCACHE\s+INTERNAL\b", re.DOTALL)
_OPENS = ("if", "foreach", "while", "function", "macro")
_BRANCHES = ("elseif", "else")
_SETS = re.compile(
    r"^(?:set\s*\(\s*(?P<set>\w+)(?!.*\bCACHE\b)|foreach\s*\(\s*(?P<each>\w+)"
    r"|get_\w+\s*\(\s*(?P<got>\w+)|list\s*\(\s*\w+\s+(?P<list>\w+)"
    r"|.*\b(?:OUTPUT|RESULT)_VARIABLE\s+(?P<out>\w+))",
    re.DOTALL | re.IGNORECASE,
)
_OWN = re.compile(r"(?:CMAKE|PROJECT|ARG[VN]?\d*|_)\w*|ARG[CNV]\d*")


def parse(data: bytes) -> Memos | None:
    """The kept answers of a CMake file, None when there are none."""
    text = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), decode(data))
    kept = {found[1] for found in _KEPT.finditer(text)}
    if not kept & set(_QUESTION.findall(text)):
        return None
    calls = _calls(text)
    assigned = set(_assigned(calls))
    found = tuple(
        memo for at, call in enumerate(calls) if (memo := _memo(calls, at, call, assigned))
    )
    return Memos(found) if found else None


def _calls(text: str) -> list[_Call]:
    """The calls in order, with the blocks that they open."""
    found: list[_Call] = []
    pending: list[int] = []
    lines = Lines(text)
    for call in _CALL.finditer(text):
        name = call[1].lower()
        line = lines.at(call.start(1))
        if (name in _BRANCHES or name.startswith("end")) and pending:
            opened = pending.pop()
            found[opened] = found[opened]._replace(end=len(found))
        if name in _OPENS or name in _BRANCHES:
            pending.append(len(found))
        found.append(_Call(name, call[2], line, len(pending), 0))
    return found


def _assigned(calls: list[_Call]) -> Iterator[str]:
    """Variables that the file itself sets: no input of the user's."""
    for call in calls:
        found = _SETS.match(f"{call.name}({call.text}")
        if found:
            yield from (name for name in found.groups() if name)


def _memo(calls: list[_Call], at: int, call: _Call, assigned: set[str]) -> Memo | None:
    keeps = _KEEPS.match(call.text) if call.name == "set" else None
    if keeps is None or "${" not in keeps[2]:
        return None
    name = keeps[1]
    for asked, first in _guards(calls, at, name):
        # What a function reads before it asks decides whatever is kept.
        start = _function(calls, asked)
        earlier = calls[start if start >= 0 else asked : asked + 1]
        before = {v for c in earlier for v, _ in _inputs(c, assigned)} - {name}
        later = [(v, line) for c in calls[first:at] for v, line in _inputs(c, assigned)]
        used = " ".join(c.text for c in calls[first : at + 1] if c.name in ("set", "list"))
        ignored = next(
            ((v, n) for v, n in later if v not in before | {name} and f"${_braced(v)}" in used),
            None,
        )
        if ignored or before:
            variable, line = ignored or ("", 0)
            return Memo(name, call.line, calls[asked].line, variable, line)
    return None


def _braced(variable: str) -> str:
    return variable.removeprefix("$") if variable.startswith("$ENV") else f"{{{variable}}}"


def _guards(calls: list[_Call], at: int, name: str) -> Iterator[tuple[int, int]]:
    """``(index of the question, index of the first call that is skipped)``: a block that is
    entered without a kept answer and holds the ``set``, or a return with it before that."""
    kept = rf"(?:DEFINED\s+)?(?:CACHE\{{)?{name}\}}?(?![\w}}])"
    for index, call in enumerate(calls[:at]):
        if call.name != "if":
            continue
        if re.match(rf"\s*NOT\s+{kept}", call.text) and at < call.end:
            yield index, index + 1
        elif re.match(rf"\s*{kept}", call.text) and " AND NOT " not in call.text:
            inside = calls[index + 1 : call.end]
            function = _function(calls, at)
            if function == _function(calls, index) and any(c.name == "return" for c in inside):
                yield index, call.end


def _function(calls: list[_Call], at: int) -> int:
    """The index of the function or macro around a call, -1 for none."""
    return next(
        (n for n in range(at, -1, -1)
         if calls[n].name in ("function", "macro") and at < calls[n].end), -1,
    )  # fmt: skip


def _inputs(call: _Call, assigned: set[str]) -> Iterator[tuple[str, int]]:
    """Variables of the user that a condition asks and that become values below it."""
    if call.name in ("if", "elseif"):
        for found in re.finditer(r"(?:(ENV|CACHE)\{)?\b([A-Z][A-Za-z]*_\w+)\b", call.text):
            if found[2] not in assigned and not _OWN.fullmatch(found[2]):
                yield (f"$ENV{{{found[2]}}}" if found[1] == "ENV" else found[2]), call.line
