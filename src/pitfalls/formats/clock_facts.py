"""Facts about code that makes a clock."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from pitfalls.formats.clock_sources import Source
from pitfalls.formats.counter_arithmetic import Arithmetic
from pitfalls.formats.tick_scale import Factor

Role = Literal["interrupt", "task", "entry", ""]

GETTER = re.compile(
    r"z_clock_now|smoltcp_(?:clock_)?now(?:_ms)?|uxr_(?:millis|nanos)|sys_now|sys_jiffies|HAL_GetTick"
    r"|(?:\w+_)?clock_(?:ms|us|ns|millis|micros|nanos|now|time)(?:_(?:ms|us|ns))?"
    r"|(?!clock_gettime$)(?:\w+_)?clock_get_?(?:time|now)?(?:_?(?:ms|us|ns))?"
    r"|(?:get_)?(?:now|uptime|monotonic)_(?:ms|us|ns|millis|micros|nanos)|millis|micros"
    r"|(?:\w+_)?get_(?:tick|time|uptime)_(?:ms|us)"
)
"""Names of functions without parameters that return the time since start."""


_LINK_NAME = re.compile(r'export_name\s*=\s*"(\w+)"')


def link_name(head: str) -> str:
    """The name that an attribute of a Rust function gives it for the linker; empty without one."""
    found = _LINK_NAME.search(head)
    return found[1] if found else ""


class Call(msgspec.Struct, frozen=True):
    """A call, its ``name`` with the path in front of it (``clock::update``). ``mention`` is a
    function's name that is handed on without being called."""

    name: str
    line: int
    in_loop: bool = False
    mention: bool = False


class Write(msgspec.Struct, frozen=True):
    """A statement that changes a static: ``text`` as written."""

    name: str
    line: int
    in_loop: bool
    text: str


class Function(msgspec.Struct, frozen=True):
    """A function that has to do with time. ``role`` is what an attribute or its name tells;
    ``symbol`` whether the linker sees it, under ``link_name`` where that is not its own name;
    ``conditions`` the ``cfg`` or ``#if``
    around it; ``globals`` the statics whose names it holds; ``starts`` the lines that start a
    counter; ``mentioned`` whether the file names it elsewhere; ``constant`` is the literal it
    returns when that is all it does; ``factors`` scale the ticks it reads; ``arithmetic`` is what
    it does with a counter; ``body`` is kept of
    short functions, without comments and strings."""

    name: str
    line: int
    role: Role
    exported: bool
    symbol: bool
    weak: bool
    getter: bool
    result: str
    parameters: str
    conditions: tuple[str, ...]
    calls: tuple[Call, ...] = ()
    writes: tuple[Write, ...] = ()
    sources: tuple[Source, ...] = ()
    globals: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()
    mentioned: bool = False
    constant: str = ""
    factors: tuple[Factor, ...] = ()
    arithmetic: tuple[Arithmetic, ...] = ()
    body: str = ""
    link_name: str = ""

    @property
    def symbol_name(self) -> str:
        """The name that the linker knows."""
        return self.link_name or self.name

    @property
    def is_test(self) -> bool:
        """Whether it is compiled for unit tests only."""
        return any(c in ("test", "cfg(test)") or "(test" in c for c in self.conditions)


class Static(msgspec.Struct, frozen=True):
    """A variable that keeps its value; ``private`` to its file or module. ``owner`` is the C
    function inside which alone it is known, empty outside every function."""

    name: str
    type: str
    line: int
    private: bool
    owner: str = ""


class Declared(msgspec.Struct, frozen=True):
    """A getter that is defined elsewhere: an ``extern`` declaration."""

    name: str
    line: int
    result: str


class ClockCode(msgspec.Struct, frozen=True):
    """One file. ``imports`` are the paths of ``use`` items that speak of a clock;
    ``frequency`` the rate in Hz that its constants tell, or 0."""

    functions: tuple[Function, ...]
    statics: tuple[Static, ...]
    imports: tuple[str, ...] = ()
    frequency: int = 0
    declared: tuple[Declared, ...] = ()
