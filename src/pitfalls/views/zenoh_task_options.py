"""What a target hands over to zenoh-pico for its read and lease tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from re import Pattern
from typing import Literal

from pitfalls.model import Place
from pitfalls.views.task_values import Scope, Value
from pitfalls.views.tasks import TargetTasks

TaskRole = Literal["read", "lease"]

_STARTS: dict[str, TaskRole] = {"zp_start_read_task": "read", "zp_start_lease_task": "lease"}


@dataclass(frozen=True)
class Option:
    """A number for one of the two tasks; ``name`` is the parameter or field that takes it."""

    role: TaskRole
    name: str
    value: Value
    made: Place


def by_parameters(target: TargetTasks, read: Pattern[str], lease: Pattern[str]) -> Iterator[Option]:
    """Calls of a function with parameters that are named for the two tasks."""
    takers: dict[str, tuple[str, ...]] = {}
    for file in target.files:
        for function in file.facts.functions:
            if any(read.fullmatch(p.lstrip("_")) for p in function.parameters):
                takers[function.name] = function.parameters
    for name, parameters in takers.items():
        for path, caller, call in target.calls(name):
            if len(call.arguments) != len(parameters):
                continue
            for parameter, text in zip(parameters, call.arguments, strict=True):
                scope = Scope(path, call.line, caller)
                bare = parameter.lstrip("_")
                if read.fullmatch(bare):
                    value = target.resolver.value(text, scope)
                    yield Option("read", bare, value, scope.place)
                elif lease.fullmatch(bare):
                    value = target.resolver.value(text, scope)
                    yield Option("lease", bare, value, scope.place)


def by_attributes(target: TargetTasks, field: str) -> Iterator[Option]:
    """``zp_start_read_task(session, &options)`` with attributes that set ``field``."""
    for start, role in _STARTS.items():
        for path, caller, call in target.calls(start):
            options = call.arguments[-1].lstrip("& ") if len(call.arguments) > 1 else ""
            fields = [f for file in target.files if file.path == path for f in file.facts.fields]
            for found in fields:
                if found.owner != options or found.name != "task_attributes" or not options:
                    continue
                attributes = found.value.lstrip("& ")
                scope = Scope(path, call.line, caller)
                value = target.resolver.value(f"{attributes}.{field}", scope)
                yield Option(role, field, value, scope.place)
