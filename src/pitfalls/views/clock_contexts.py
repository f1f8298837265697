"""A function that has to do with time, and the context in which a line of it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pitfalls.formats.clock_facts import Function
from pitfalls.model import Place, Related

Context = Literal["interrupt", "poll", "start", "uncalled", "unknown"]

MAX_HOPS = 4
"""Calls that are followed from a writer of a clock to the context it runs in."""

_POLL = re.compile(r"(?:^|_)(?:poll|spin(?!_?lock))|[pP]oll(?:ing|er)?$|Poll|(?:^|_)loop(?:_|$)")
TIMER = re.compile(r"clock|timer|tick|counter|Clock|Timer|Tick|Counter")
START = re.compile(
    r"(?:^|_)(?:init|start|reset|setup|new|enable|default|configure|boot)|Init|Start"
)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testsuite|unit_?tests?|mocks?|fakes?|benches|stubs?|c_stubs)/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|tests)\.\w+$"
)


@dataclass(frozen=True)
class Func:
    """A function at its place. ``crate`` is the folder of its Cargo package, empty for C;
    ``crate_name`` the name that ``use`` gives it."""

    path: str
    facts: Function
    crate: str | None
    crate_name: str

    @property
    def place(self) -> Place:
        """The line of its name."""
        return Place(self.path, self.facts.line)

    @property
    def is_rust(self) -> bool:
        """Whether it is Rust."""
        return self.path.endswith(".rs")

    @property
    def module(self) -> str:
        """The name of its file without ending; of its folder for ``mod.rs``."""
        folder, _, name = self.path.rpartition("/")
        stem = name.partition(".")[0]
        return folder.rpartition("/")[2] if stem == "mod" else stem


@dataclass(frozen=True)
class Run:
    """One way that a place is reached: the context, and the hops from there, outermost first.
    ``place`` is the line in that context."""

    context: Context
    place: Place
    why: str
    hops: tuple[Related, ...]


def context(facts: Function, in_loop: bool) -> tuple[Context, str] | None:
    """What a function's attribute, name or loop tells; None when its callers decide."""
    name = facts.name
    if facts.role == "interrupt":
        return "interrupt", f"{name} runs in an interrupt"
    if _POLL.search(name):
        return "poll", f"{name}() is a poll function"
    if facts.role in ("task", "entry"):
        if in_loop:
            what = "a task's loop" if facts.role == "task" else "the main loop"
            return "poll", f"{name}() does it in {what}"
        return "start", f"{name}() does it once"
    if START.search(name):
        return "start", f"{name}() does it at start"
    return None


def is_test(path: str) -> bool:
    """Whether a file is a test, or stands in for the real thing in tests."""
    return bool(_TEST.search(path))
