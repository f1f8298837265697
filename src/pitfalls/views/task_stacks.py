"""Stacks of tasks that code makes: FreeRTOS and ThreadX."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitfalls.formats.task_code import Function
from pitfalls.model import Place, Related
from pitfalls.source import Source
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.freertos_config import FreeRTOSConfig
from pitfalls.views.freertos_ports import FreeRTOSPorts
from pitfalls.views.layout import Layout
from pitfalls.views.stack import (
    LargeObject,
    Stack,
    definitions,
    large_objects,
    opens_session,
    reached,
    small_executors,
)
from pitfalls.views.stack_rows import ROWS
from pitfalls.views.task_makers import APIS, Task
from pitfalls.views.task_values import Scope, Value
from pitfalls.views.tasks import MENTIONS, TargetTasks, TaskReader, holds
from pitfalls.views.zenoh_task_options import Option, by_attributes, by_parameters

_READ = re.compile(r"\w*read_(?:task_)?stack\w*", re.IGNORECASE)
_LEASE = re.compile(r"\w*lease_(?:task_)?stack\w*", re.IGNORECASE)
_APPLICATION = re.compile(
    r"(?:\w+_)?app(?:lication)?(?:_(?:main|task|thread|entry)\w*)?|(?:\w+_)?executor(?:_\w+)?"
)
_PORT_TASK = re.compile(r"\w*_task_init")
"""``_z_task_init`` of a port, or the function of the platform layer that it hands on to."""
_THREADX_STACK = APIS["tx_thread_create"].stack
_SESSION_CALLS = ("z_open", "zp_start_read_task", "zp_start_lease_task")
_PORT_WORDS = 5120
_PICO_PORT_WORDS = 1024
_PICO = re.compile(
    r"(?:^|[/_-])(?:rpi|raspberry[_-]?pi)[_-]?pico|(?:^|/)pico(?:[_-](?:sdk|w)|2)?(?:$|/)"
)


def freertos_stacks(source: Source, reader: TaskReader) -> Iterator[Stack]:
    """The stacks of every FreeRTOS target that runs zenoh-pico."""
    small = small_executors(source)
    for config in reader.configs:
        if runs_zenoh(source, reader, reader.folders(config)):
            target = reader.read(config)
            yield from zenoh_task_stacks(source, target)
            yield from _open_tasks(target, _word(source, config), small)
    yield from _port_defaults(source, reader)


def _port_defaults(source: Source, reader: TaskReader) -> Iterator[Stack]:
    """What a task of zenoh-pico gets without attributes, by the tree's own platform layer."""
    for own, base in (*((c, c) for c in reader.configs), *reader.detached()):
        if not runs_zenoh(source, reader, reader.folders(base)):
            continue
        target = reader.read(own)
        for path, function, call in target.calls("xTaskCreate"):
            if not _PORT_TASK.fullmatch(function.name) or "attr" not in function.parameters:
                continue
            for depth in function.defaults:
                if depth.name in call.arguments[2:3]:
                    at = Scope(path, depth.line, function)
                    found = target.resolver.value(depth.text, at)
                    hops = (Related(found.place, depth.text),) if found.place != at.place else ()
                    value = Value(found.number, at.place, hops, found.missing)
                    name = "a zenoh task without attributes"
                    yield _stack(own, "fr_read", name, value, "words", _word(source, base))


def runs_zenoh(source: Source, reader: TaskReader, folders: tuple[str, ...]) -> bool:
    """Whether a target's folders build zenoh-pico, call it, or configure its tasks."""
    if _marks(source, folders) or reader.mentions(folders, *_SESSION_CALLS):
        return True
    return any(
        "zenoh" in name
        for file in source.facts(MENTIONS)
        if holds(folders, file.path)
        for name in file.facts.fields
    )


def _marks(source: Source, folders: tuple[str, ...]) -> list[Place]:
    """The statements of the folders' build files that build or link zenoh-pico."""
    files = [f for folder in folders for f in source.view(BuildDefinitions).below(folder)]
    return [Place(file.path, mark.line) for file in files for mark in file.facts.marks]


def _word(source: Source, config: FreeRTOSConfig) -> int:
    """Bytes of a StackType_t."""
    ports = source.view(FreeRTOSPorts).of(config)
    return 8 if any("64" in port.name for port in ports) else 4


def zenoh_task_stacks(source: Source, target: TargetTasks) -> Iterator[Stack]:
    """The read and the lease task: what is handed over, else the port's default."""
    word = _word(source, target.config)
    options = [
        *by_parameters(target, _READ, _LEASE),
        *by_attributes(target, "stack_depth"),
    ]
    for option in options:
        in_bytes = "byte" in option.name or "size" in option.name
        yield _stack(
            target.config, f"fr_{option.role}", f"zenoh-pico's {option.role} task", option.value,
            "bytes" if in_bytes else "words", word, option,
        )  # fmt: skip
    builds = source.view(BuildDefinitions)
    files = [f for folder in target.folders for f in builds.below(folder)]
    threads = {
        d.integer for f in files for d in f.facts.definitions if d.macro == "Z_FEATURE_MULTI_THREAD"
    }
    started = [Place(p, c.line) for name in _SESSION_CALLS for p, _, c in target.calls(name)]
    if threads == {0} or any(option.role == "read" for option in options):
        return
    for place in (started or _marks(source, target.folders))[:1]:
        on_pico = any(_PICO.search(folder) for folder in (target.config.project, *target.folders))
        value = Value(_PICO_PORT_WORDS if on_pico else _PORT_WORDS, place)
        for role in ("read", "lease"):
            name = f"zenoh-pico's {role} task"
            yield _stack(target.config, f"fr_{role}", name, value, "words", word,
                         note="the port's default, ")  # fmt: skip


def _open_tasks(target: TargetTasks, word: int, small: frozenset[str]) -> Iterator[Stack]:
    """Tasks that open the session: by what they call, or by their name."""
    by_name = definitions(target.files)
    for task in target.tasks:
        functions = reached(task.entry, by_name)
        opened = opens_session(functions)
        if opened is None and not _is_application(task):
            continue
        if task.unit not in ("words", "bytes"):
            continue
        yield _stack(target.config, "fr_open", f"the task {task.entry}", task.stack, task.unit,
                     word, task, functions, target, opened, small=small)  # fmt: skip


def _is_application(task: Task) -> bool:
    return any(_APPLICATION.fullmatch(name) for name in (task.entry, task.name))


def _stack(
    config: FreeRTOSConfig,
    row: str,
    name: str,
    value: Value,
    unit: str,
    word: int,
    made: Task | Option | None = None,
    functions: list[tuple[str, Function]] | None = None,
    target: TargetTasks | None = None,
    opened: Place | None = None,
    note: str = "",
    small: frozenset[str] = frozenset(),
) -> Stack:
    size = value.number
    how = ""
    if size is not None and unit == "words":
        how = f"{note}{size} words of {word} bytes"
        size *= word
    place = made.place if isinstance(made, Task) else made.made if made else value.place
    hops = [Related(place, f"{name} is made here")] if place != value.place else []
    if opened is not None:
        hops.append(Related(opened, "it opens the session"))
    objects: tuple[LargeObject, ...] = ()
    if functions and target is not None:
        resolver = target.resolver

        def count(text: str, path: str, function: Function, line: int) -> int | None:
            return resolver.value(text, Scope(path, line, function)).number

        objects = tuple(large_objects(functions, count, small))
    return Stack(
        ROWS[row], name, size, value.place, config.subject, config.platform, how, value.missing,
        (*value.chain, *hops), objects,
    )  # fmt: skip


def threadx_stacks(source: Source, reader: TaskReader) -> Iterator[Stack]:
    """The stacks of ThreadX threads that run zenoh, outside FreeRTOS projects."""
    if not runs_zenoh(source, reader, ("",)):
        return
    layout = source.view(Layout)
    groups: dict[str, list[str]] = {}
    for file in source.facts(MENTIONS):
        if "tx_thread_create" in file.facts.calls and layout.is_evidence(file.path):
            groups.setdefault(layout.subject_of(file.path), []).append(file.path)
    small = small_executors(source)
    known = {folder for config in reader.configs for folder in reader.folders(config)}
    for subject, paths in groups.items():
        platforms = {layout.platform_of(path) for path in paths}
        if subject in known or "posix" in platforms or any("linux" in path for path in paths):
            continue
        folder = "" if subject == "." else subject
        target = reader.read(FreeRTOSConfig(paths[0], folder, "threadx", {}, (), ()))
        yield from _threadx_port(target)
        by_name = definitions(target.files)
        for task in target.tasks:
            functions = reached(task.entry, by_name)
            opened = opens_session(functions)
            if task.api == "tx_thread_create" and (opened or _is_application(task)):
                yield _stack(target.config, "tx_task", f"the thread {task.entry}", task.stack,
                             "bytes", 4, task, functions, target, opened, small=small)  # fmt: skip


def _threadx_port(target: TargetTasks) -> Iterator[Stack]:
    """What a port of the tree's own, not zenoh-pico's, gives every task of zenoh-pico."""
    for path, function, call in target.calls("tx_thread_create"):
        if "/system/threadx/" in f"/{path}":
            continue
        if _PORT_TASK.fullmatch(function.name) and len(call.arguments) > _THREADX_STACK:
            at = Scope(path, call.line, function)
            value = target.resolver.value(call.arguments[_THREADX_STACK], at)
            yield _stack(target.config, "tx_task", "a zenoh task", value, "bytes", 4)
