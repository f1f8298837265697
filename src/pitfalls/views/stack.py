"""One stack of a thread that runs zenoh, and what lies on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pitfalls.formats import executor_types
from pitfalls.formats.c_expression import evaluate, tokenize
from pitfalls.formats.executor_types import ExecutorTypes
from pitfalls.formats.task_code import Function, TaskCode
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source
from pitfalls.views.stack_rows import StackRow

EXECUTOR_TYPES = Selection(
    name="executor types",
    type=ExecutorTypes,
    parse=executor_types.parse,
    names=("*.h", "*.hpp"),
    needles=(b"executor", b"Executor"),
)

MAX_CALLS_DEEP = 4
"""Calls from a thread's entry to a function that is still looked into."""

OPENS = re.compile(
    r"z_open|zp_open|_z_open|zpico_open\w*|zpico_init\w*|zenoh_session_open|session_open"
    r"|\w*(?:executor|Executor)_(?:init|open|create)\w*|nros_(?:init|support_init)"
)
"""Functions that open a session, zenoh-pico's own and those one layer up."""

_SIZES = {
    "uint8_t": 1, "int8_t": 1, "char": 1, "unsigned char": 1, "u8": 1, "i8": 1, "uint16_t": 2,
    "int16_t": 2, "u16": 2, "i16": 2, "short": 2, "uint32_t": 4, "int32_t": 4, "int": 4,
    "unsigned int": 4, "unsigned": 4, "float": 4, "u32": 4, "i32": 4, "uint64_t": 8, "int64_t": 8,
    "u64": 8, "i64": 8, "double": 8,
}  # fmt: skip


@dataclass(frozen=True)
class LargeObject:
    """An automatic object: ``size`` in bytes, None when it is an executor of unknown size."""

    name: str
    place: Place
    size: int | None


@dataclass(frozen=True)
class Stack:
    """A stack and the row that it is held against.

    ``size`` is in bytes, None when ``missing`` would have to tell it. ``place`` is where the number
    is written and ``chain`` the hops to it; ``how`` tells the unit (``16384 words of 4 bytes``) or
    where a default comes from. ``objects`` are on this stack. ``certain``: the build is known to
    run on a chip or its emulation.
    """

    row: StackRow
    name: str
    size: int | None
    place: Place
    subject: str
    platform: str
    how: str = ""
    missing: str = ""
    chain: tuple[Related, ...] = ()
    objects: tuple[LargeObject, ...] = ()
    certain: bool = True

    @property
    def shown(self) -> str:
        """``the task app has 16384 bytes (4096 words)``."""
        if self.size is None:
            return f"{self.name}: {self.missing} would tell the size of its stack"
        return f"{self.name} has {self.size} bytes" + (f" ({self.how})" if self.how else "")


Definitions = Mapping[str, Sequence[tuple[str, Function]]]
"""The functions of some files that do anything, by name, each with its path."""


def definitions(files: Iterable[Located[TaskCode]]) -> Definitions:
    """The functions of ``files``, to look up several threads in."""
    by_name: dict[str, list[tuple[str, Function]]] = {}
    for file in files:
        for function in file.facts.functions:
            if function.calls or function.automatics or function.values:
                by_name.setdefault(function.name, []).append((file.path, function))
    return by_name


def reached(entry: str, by_name: Definitions) -> list[tuple[str, Function]]:
    """The functions that a thread runs, as far as calls by name lead to one definition."""
    found: dict[str, tuple[str, Function]] = {}
    pending = [entry]
    for _ in range(MAX_CALLS_DEEP + 1):
        following: list[str] = []
        for name in pending:
            here = by_name.get(name, [])
            if len(here) == 1 and name not in found:
                found[name] = here[0]
                following += [call.name for call in here[0][1].calls]
        pending = following
    return list(found.values())


def opens_session(functions: Iterable[tuple[str, Function]]) -> Place | None:
    """The call that opens a session, when a thread's functions hold one."""
    for path, function in functions:
        for call in function.calls:
            if OPENS.fullmatch(call.name):
                return Place(path, call.line)
    return None


def large_objects(
    functions: Iterable[tuple[str, Function]],
    count: Callable[[str, str, Function, int], int | None],
    small: Container[str],
) -> Iterator[LargeObject]:
    """Arrays of resolved size, and executors of types that are not known to be ``small``;
    ``count(text, path, function, line)`` resolves a number of elements."""
    for path, function in functions:
        for item in function.automatics:
            place = Place(path, item.line)
            if not item.count and item.type not in small:
                yield LargeObject(f"{item.name} ({item.type})", place, None)
            if not item.count:
                continue
            number = count(item.count, path, function, item.line)
            size = _SIZES.get(item.type)
            if number is not None and size is not None:
                yield LargeObject(item.name, place, number * size)


def small_executors(source: Source) -> frozenset[str]:
    """Types of executors that hold no array, wherever the tree defines them."""
    types = [t for file in source.facts(EXECUTOR_TYPES) for t in file.facts.types]
    return frozenset(t.name for t in types) - {t.name for t in types if t.inline}


def literal(text: str) -> int | None:
    """The value of an expression of literals."""
    return evaluate(tokenize(text))
