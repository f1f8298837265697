"""What code says about tasks: calls with their arguments, and the numbers behind them.

The facts are the same for C and Rust. Expressions are C text (a Rust ``if`` becomes ``? :``, a
cast is dropped), so that one evaluator serves both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

MAX_CALLS = 400
"""Calls of one function that are kept."""

MAX_AUTOMATICS = 40
"""Large objects of one function that are kept."""

MAX_TEXT = 300
"""Characters of one expression; a longer one is cut and does not resolve."""


class Call(msgspec.Struct, frozen=True):
    """A call: ``name`` is the last part of the callee's path."""

    name: str
    arguments: tuple[str, ...]
    line: int


class Step(msgspec.Struct, frozen=True):
    """A step of a function that only computes: ``condition`` guards ``return text``; with a
    ``name`` it binds ``text`` to it."""

    text: str
    name: str = ""
    condition: str = ""


class Automatic(msgspec.Struct, frozen=True):
    """An object on a function's stack that may be large: an array of ``count`` elements, or one of
    a type that is called an executor (``count`` empty)."""

    name: str
    type: str
    count: str
    line: int


class Constant(msgspec.Struct, frozen=True):
    """A macro, a ``const`` or a ``static`` with one expression."""

    name: str
    text: str
    line: int


class Function(msgspec.Struct, frozen=True):
    """A function or its declaration. ``values`` are locals that are given one expression;
    ``steps`` what a function that only computes does, else empty; ``automatics`` what may be
    large on its stack; ``defaults`` locals that keep their first expression unless an ``if``
    replaces it."""

    name: str
    line: int
    parameters: tuple[str, ...]
    calls: tuple[Call, ...] = ()
    values: dict[str, str] = {}
    steps: tuple[Step, ...] = ()
    automatics: tuple[Automatic, ...] = ()
    defaults: tuple[Constant, ...] = ()


class Field(msgspec.Struct, frozen=True):
    """``.name = value`` of the variable ``owner`` (empty in Rust), in ``function`` if local."""

    owner: str
    name: str
    value: str
    line: int
    function: str = ""


class TaskCode(msgspec.Struct, frozen=True):
    """The facts of one file."""

    functions: tuple[Function, ...]
    constants: tuple[Constant, ...]
    fields: tuple[Field, ...]

    def calls_of(self, name: str) -> list[tuple[Function, Call]]:
        """Every call of a function, with the caller."""
        return [(f, c) for f in self.functions for c in f.calls if c.name == name]


class Mentions(msgspec.Struct, frozen=True):
    """What a file names, so that the few files that matter are parsed and no others: ``calls`` of
    the known functions, and ``fields`` of configurations that set a priority or a stack."""

    calls: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


_CALLS = re.compile(
    rb"(?:xTaskCreate\w*|sys_thread_new|tx_thread_create|osThreadNew|osThreadDef|z_open|zp_start_\w+"
    rb"|(?:create|spawn)_(?:task|thread)|(?:task|thread)_(?:create|spawn))\s*(?:::<[^>]{0,100}>)?\("
)
_WORD = re.compile(rb"\w*$")
_NEAR = 80  # characters before the end of a long name
# Not a field's type, and not a copy from another structure.
_FIELDS = re.compile(
    rb"\.\s*(\w*(?:prio|stack)\w*)\s*=(?!=)"
    rb"|\b(\w*(?:prio|stack_)\w*)\s*:\s*(?!(?:[ui](?:8|16|32|64|size)|Option)\b|\w+\.)[^,:;{}]{1,200},"
)
_CALL_WORDS = (
    b"xTaskCreate", b"sys_thread_new", b"osThread", b"z_open", b"zp_start_", b"create_t",
    b"spawn_t", b"task_create", b"task_spawn", b"thread_create", b"thread_spawn",
)  # fmt: skip
"""One of them is in whatever ``_CALLS`` finds."""
_BEGINNING = re.compile(rb"\w*\Z")
_PART = re.compile(rb"prio|stack")
_TABLE = re.compile(rb"\bfn\s+default\s*\(|=\s*\{")


def mentions(data: bytes) -> Mentions | None:
    """By regular expressions alone."""
    called = _CALLS.finditer(data) if any(word in data for word in _CALL_WORDS) else ()
    calls = {_name(data, found) for found in called}
    fields = set()
    if (b"prio" in data or b"stack_" in data) and _TABLE.search(data):
        fields = set(_fields(data))
    return Mentions(tuple(sorted(calls)), tuple(sorted(fields))) if calls or fields else None


def _fields(data: bytes) -> Iterator[str]:
    """The names that ``_FIELDS`` finds, looked for only where a word may be one."""
    end = 0
    for part in _PART.finditer(data):
        if part.start() < end:
            continue
        before = _BEGINNING.search(data, max(end, part.start() - _NEAR), part.start())
        word = before.start() if before else part.start()
        for start in (data.rfind(b".", max(end, word - _NEAR), word), word):
            found = _FIELDS.match(data, start) if start >= end else None
            if found is not None:
                yield (found[1] or found[2]).decode()
                end = found.end()
                break


def _name(data: bytes, found: re.Match[bytes]) -> str:
    """The whole name of which a match is the end."""
    before = _WORD.search(data[max(0, found.start() - _NEAR) : found.start()])
    own = re.match(rb"\w+", found[0])
    return ((before[0] if before else b"") + (own[0] if own else b"")).decode()
