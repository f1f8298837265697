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
    large_objects,
    opens_session,
    reached,
    small_executors,
)
from pitfalls.views.stack_rows import ROWS
from pitfalls.views.task_makers import Task
from pitfalls.views.task_values import Scope, Value
from pitfalls.views.tasks import MENTIONS, TargetTasks, TaskReader
from pitfalls.views.zenoh_task_options import Option, by_attributes, by_parameters

_READ = re.compile(r"\w*read_(?:task_)?stack\w*", re.IGNORECASE)
_LEASE = re.compile(r"\w*lease_(?:task_)?stack\w*", re.IGNORECASE)
_APPLICATION = re.compile(r"(?:\w+_)?app(?:lication)?(?:_(?:main|task|thread|entry)\w*)?")
_SESSION_CALLS = ("z_open", "zp_start_read_task", "zp_start_lease_task")
_PORT_WORDS = 5120


def freertos_stacks(source: Source, reader: TaskReader) -> Iterator[Stack]:
    """The stacks of every FreeRTOS target that runs zenoh-pico."""
    builds, ports = source.view(BuildDefinitions), source.view(FreeRTOSPorts)
    for config in reader.configs:
        folders = reader.folders(config)
        marks = [Place(f.path, m.line) for d in folders for f in builds.below(d)
                 for m in f.facts.marks]  # fmt: skip
        named = [
            Place(f.path) for f in source.facts(MENTIONS)
            if any("zenoh" in name for name in f.facts.fields)
            and any(f.path.startswith(d + "/") for d in folders if d)
        ]  # fmt: skip
        if not marks and not named and not reader.mentions(folders, *_SESSION_CALLS):
            continue
        target = reader.read(config)
        word = 8 if any("64" in port.name for port in ports.of(config)) else 4
        yield from _zenoh_tasks(target, word, marks, builds)
        yield from _open_tasks(target, word, small_executors(source))


def _zenoh_tasks(
    target: TargetTasks, word: int, marks: list[Place], builds: BuildDefinitions
) -> Iterator[Stack]:
    """The read and the lease task: what is handed over, else the port's default."""
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
    files = [f for folder in target.folders for f in builds.below(folder)]
    threads = {
        d.integer for f in files for d in f.facts.definitions if d.macro == "Z_FEATURE_MULTI_THREAD"
    }
    started = [Place(p, c.line) for name in _SESSION_CALLS for p, _, c in target.calls(name)]
    if threads == {0} or any(option.role == "read" for option in options):
        return
    for place in (started or marks)[:1]:
        value = Value(_PORT_WORDS, place)
        for role in ("read", "lease"):
            name = f"zenoh-pico's {role} task"
            yield _stack(target.config, f"fr_{role}", name, value, "words", word,
                         note="the port's default, ")  # fmt: skip


def _open_tasks(target: TargetTasks, word: int, small: frozenset[str]) -> Iterator[Stack]:
    """Tasks that open the session: by what they call, or by their name."""
    for task in target.tasks:
        functions = reached(task.entry, target.files)
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
        for task in target.tasks:
            functions = reached(task.entry, target.files)
            opened = opens_session(functions)
            if task.api == "tx_thread_create" and (opened or _is_application(task)):
                yield _stack(target.config, "tx_task", f"the thread {task.entry}", task.stack,
                             "bytes", 4, task, functions, target, opened, small=small)  # fmt: skip
