"""The calls that make a task, and what each of them makes: entry, stack and priority."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pitfalls.formats.task_code import Call, Function, TaskCode
from pitfalls.model import Place
from pitfalls.source import Located
from pitfalls.views import cmsis_priorities
from pitfalls.views.task_values import Resolver, Scope, Value

Unit = Literal["words", "bytes", "port", "unknown"]


@dataclass(frozen=True)
class Api:
    """A call that makes a task: the positions of its arguments. ``stack`` counts ``unit``:
    ``words`` of StackType_t, ``bytes``, whatever lwIP's ``port`` makes of it, or ``unknown``."""

    entry: int
    name: int
    stack: int
    unit: Unit
    priority: int


APIS = {
    "xTaskCreate": Api(0, 1, 2, "words", 4),
    "xTaskCreateStatic": Api(0, 1, 2, "words", 4),
    "xTaskCreateAffinitySet": Api(0, 1, 2, "words", 4),
    "xTaskCreatePinnedToCore": Api(0, 1, 2, "words", 4),
    "sys_thread_new": Api(1, 0, 3, "port", 4),
    "tx_thread_create": Api(2, 1, 5, "bytes", 6),
    "osThreadDef": Api(1, 0, 4, "words", 2),
}
_BY_ATTRIBUTES = "osThreadNew"


_MAKER = re.compile(r"\w*(?:create|spawn)_(?:task|thread)|\w*(?:task|thread)_(?:create|spawn)")
_ENTRY = re.compile(r"entry\w*|func\w*|function|task|run|code|start_routine")
_PRIORITY = re.compile(r"\w*prio\w*")
_STACK = re.compile(r"\w*stack\w*|\w*depth\w*")


@dataclass(frozen=True)
class Task:
    """A task that is made at ``place`` by ``api``; ``raw``: its priority reaches the kernel as it
    is, without a layer that checks it. ``function`` makes it. ``stack_texts`` are the expressions
    that the stack's depth goes through, the innermost last, where ``depth_place`` hands it to the
    kernel."""

    api: str
    entry: str
    name: str
    stack: Value
    unit: Unit
    priority: Value
    place: Place
    function: str
    raw: bool
    stack_texts: tuple[str, ...] = ()
    depth_place: Place | None = None


def wrappers(
    files: Iterable[Located[TaskCode]],
) -> Iterator[tuple[str, Located[TaskCode], Function, Call]]:
    """Functions that make a task with the entry and the priority that they are given."""
    for file in files:
        for function in file.facts.functions:
            for call in function.calls:
                api = APIS.get(call.name)
                if api is None or len(call.arguments) <= max(api.entry, api.priority):
                    continue
                if call.arguments[api.entry] in function.parameters:
                    yield function.name, file, function, call


def _declared(files: Iterable[Located[TaskCode]]) -> dict[str, Api]:
    """Functions that are only declared, and by the names of their parameters make a task."""
    known = {name for name, _, _, _ in wrappers(files)}
    found: dict[str, Api] = {}
    for file in files:
        for function in file.facts.functions:
            if function.calls or function.name in known or not _MAKER.fullmatch(function.name):
                continue
            spots = [
                [n for n, p in enumerate(function.parameters) if pattern.fullmatch(p)]
                for pattern in (_ENTRY, _STACK, _PRIORITY)
            ]
            if all(len(spot) == 1 for spot in spots):
                (entry,), (stack,), (priority,) = spots
                words = "words" in function.parameters[stack]
                found[function.name] = Api(
                    entry, entry, stack, "words" if words else "unknown", priority
                )
    return found


def tasks(files: tuple[Located[TaskCode], ...], resolver: Resolver) -> Iterator[Task]:
    """Every task that the files make, also through a function of the target."""
    made_by = list(wrappers(files))
    wrapped = {(file.path, call.line) for _, file, _, call in made_by}
    apis = {**_declared(files), **APIS}
    for file in files:
        for function in file.facts.functions:
            for call in function.calls:
                api = apis.get(call.name)
                if api is not None and (file.path, call.line) not in wrapped:
                    yield from _made(file.path, function, call, api, resolver)
                elif call.name == _BY_ATTRIBUTES and len(call.arguments) == 3:
                    yield _by_attributes(file.path, function, call, resolver)
                else:
                    for name, where, wrapper, inner in made_by:
                        if name == call.name:
                            outer = (file.path, function, call)
                            yield from _through(outer, (where.path, wrapper, inner), resolver)


def _made(
    path: str, function: Function, call: Call, api: Api, resolver: Resolver
) -> Iterator[Task]:
    arguments = call.arguments
    if len(arguments) <= max(api.entry, api.name, api.stack, api.priority):
        return
    scope = Scope(path, call.line, function)
    priority = resolver.value(arguments[api.priority], scope)
    if call.name == "osThreadDef":
        number = cmsis_priorities.number(arguments[api.priority], version=1)
        priority = Value(number, scope.place, missing=arguments[api.priority])
    yield Task(
        call.name,
        _function_name(arguments[api.entry]),
        arguments[api.name].strip('"'),
        resolver.value(arguments[api.stack], scope),
        api.unit,
        priority,
        scope.place,
        function.name,
        call.name.startswith("xTaskCreate"),
        _texts(arguments[api.stack], function),
        scope.place,
    )


def _through(
    outer: tuple[str, Function, Call], inner: tuple[str, Function, Call], resolver: Resolver
) -> Iterator[Task]:
    """The task that a call of a wrapper makes."""
    path, function, call = outer
    where, wrapper, made = inner
    if len(call.arguments) != len(wrapper.parameters):
        return
    scope = Scope(path, call.line, function)
    given = dict(zip(wrapper.parameters, call.arguments, strict=True))
    bound = {name: resolver.value(text, scope) for name, text in given.items()}
    api = APIS[made.name]
    within = Scope(where, made.line, wrapper, bound)
    priority = resolver.value(made.arguments[api.priority], within)
    stack = resolver.value(made.arguments[api.stack], within)
    name = made.arguments[api.name]
    yield Task(
        made.name,
        _function_name(given[made.arguments[api.entry]]),
        re.sub(r"^b?\"|\\0|\".*$", "", given.get(name, name)),
        stack,
        api.unit,
        priority,
        scope.place,
        function.name,
        made.name.startswith("xTaskCreate"),
        _depths(given, made.arguments[api.stack], function),
        within.place,
    )


def _texts(text: str, function: Function) -> tuple[str, ...]:
    """An expression, after the one that a local in it was given."""
    local = function.values.get(re.sub(r"^\(.*?\)\s*", "", text))
    return (local, text) if local is not None else (text,)


def _depths(given: dict[str, str], inner: str, function: Function) -> tuple[str, ...]:
    """The caller's expression for the stack, and what the wrapper hands on."""
    outer = next((t for name, t in given.items() if re.search(rf"\b{name}\b", inner)), "")
    return (*_texts(outer, function), inner) if outer else (inner,)


def _by_attributes(path: str, function: Function, call: Call, resolver: Resolver) -> Task:
    """``osThreadNew(entry, argument, &attributes)``."""
    entry, _, attributes = call.arguments
    scope = Scope(path, call.line, function)
    owner = attributes.lstrip("& ")
    priority = resolver.value(f"{owner}.priority", scope)
    if attributes == "NULL":
        priority = Value(24, scope.place)
    return Task(
        _BY_ATTRIBUTES,
        _function_name(entry),
        owner,
        resolver.value(f"{owner}.stack_size", scope),
        "bytes",
        priority,
        scope.place,
        function.name,
        raw=False,
    )


def _function_name(text: str) -> str:
    """``run`` for ``&run``, ``(TaskFunction_t) run`` and ``run::<F>``."""
    bare = re.sub(r"^\(.*?\)\s*|[&\s]|::<.*$", "", text)
    return re.split(r"::|\.", bare)[-1]
