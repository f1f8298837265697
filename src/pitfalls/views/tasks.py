"""Every task that a FreeRTOS target makes, with its entry, its stack and its priority.

A target's code is what lies in its project's folder and in the folders of the configurations that
its ``FreeRTOSConfig.h`` includes; code of several targets belongs to each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from pitfalls.formats import c_tasks, rust_tasks, task_code
from pitfalls.formats.task_code import Call, Function, Mentions, TaskCode
from pitfalls.source import Located, Selection, Source, View, any_of
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs, project_of
from pitfalls.views.freertos_ports import FreeRTOSPorts
from pitfalls.views.header_macros import header_macros
from pitfalls.views.layout import Layout
from pitfalls.views.task_makers import Task, tasks, wrappers
from pitfalls.views.task_values import Resolver

CONFIG_HEADERS = ("*conf*.h", "*cfg*.h", "*settings*.h", "*.h.in")
"""Headers that may hold the fields of a configuration; tasks are not made in them."""

C_CODE = Selection(
    name="C code of tasks",
    type=TaskCode,
    parse=c_tasks.parse_c,
    names=("*.c", "*.cc", "*.cpp", "*.c.in", *CONFIG_HEADERS),
    lazy=True,
)
RUST_CODE = Selection(
    name="Rust code of tasks",
    type=TaskCode,
    parse=rust_tasks.parse_rust,
    names=("*.rs",),
    lazy=True,
)
MENTIONS = Selection(
    name="mentions of tasks",
    type=Mentions,
    parse=task_code.mentions,
    names=("*.c", "*.cc", "*.cpp", "*.rs", "*.c.in", *CONFIG_HEADERS),
    needles=(
        b"xTaskCreate", b"sys_thread_new", b"tx_thread_create", b"osThreadNew", b"osThreadDef",
        b"z_open", b"zp_start_", b"create_task", b"task_create", b"_prio",
        b"stack_bytes", b"stack_size", b"stack_depth", b"stack_words",
    ),
)  # fmt: skip

_HOST = re.compile(r"posix|win32|linux|(?:^|/)(?:win|windows|win64)/", re.IGNORECASE)
_HOST_PORTS = ("posix", "msvc-mingw")


@dataclass(frozen=True)
class TargetTasks:
    """The tasks of one target, and its code for whoever looks for more."""

    config: FreeRTOSConfig
    folders: tuple[str, ...]
    tasks: tuple[Task, ...]
    files: tuple[Located[TaskCode], ...]
    resolver: Resolver

    def calls(self, name: str) -> Iterator[tuple[str, Function, Call]]:
        """Calls of a function anywhere in the target."""
        for file in self.files:
            for function, call in file.facts.calls_of(name):
                yield file.path, function, call

    def functions(self, name: str) -> list[tuple[str, Function]]:
        """Definitions of a function, those without calls last."""
        found = [(f.path, g) for f in self.files for g in f.facts.functions if g.name == name]
        return sorted(found, key=lambda item: not item[1].calls)


class TaskReader:
    """Reads the tasks of one target after the other. A view that uses it names ``USES``."""

    USES = (C_CODE, RUST_CODE, MENTIONS, FreeRTOSConfigs, FreeRTOSPorts, Layout)

    def __init__(self, source: Source) -> None:
        self._source = source
        self._layout = source.view(Layout)
        self._ports = source.view(FreeRTOSPorts)
        self._paths = frozenset(source.paths)
        self._mentions = {file.path: file.facts for file in source.facts(MENTIONS)}
        self._read: dict[tuple[str, str, str], TargetTasks] = {}
        self.configs = tuple(c for c in source.view(FreeRTOSConfigs).configs if self._is_chip(c))

    def _is_chip(self, config: FreeRTOSConfig) -> bool:
        """Not a simulation: its tasks have the stacks of host threads."""
        named = (port.name for port in self._ports.of(config))
        return not _HOST.search(config.path) and all(n.lower() not in _HOST_PORTS for n in named)

    def folders(self, config: FreeRTOSConfig) -> tuple[str, ...]:
        """The project of a configuration, and those of the configurations that it includes."""
        included = (p for p in config.includes if p.endswith("/FreeRTOSConfig.h"))
        shared = [project_of(path, self._paths) for path in included]
        return tuple(dict.fromkeys((config.project, *shared)))

    def mentions(self, folders: tuple[str, ...], *names: str) -> bool:
        """Whether a file in one of the folders calls one of the functions."""
        return any(
            not set(names).isdisjoint(found.calls)
            for path, found in self._mentions.items()
            if holds(folders, path)
        )

    def detached(self) -> Iterator[tuple[FreeRTOSConfig, FreeRTOSConfig]]:
        """Code that makes tasks away from every configuration (a simulator's too), under the one
        project of its platform: ``(the configuration as that code's own, the configuration)``."""
        every = (p for p in self._paths if p.rpartition("/")[2] == "FreeRTOSConfig.h")
        owned = (
            *(folder for config in self.configs for folder in self.folders(config)),
            *(project for path in every if (project := project_of(path, self._paths))),
        )
        found: dict[tuple[str, str], tuple[FreeRTOSConfig, FreeRTOSConfig]] = {}
        for path, mentions in self._mentions.items():
            evidence = self._layout.is_evidence(path) and self._layout.library_of(path) is None
            if not mentions.calls or _is_header(path) or holds(owned, path) or not evidence:
                continue
            platform = self._layout.platform_of(path)
            near = [c for c in self.configs if platform and c.platform == platform]
            if len({c.project for c in near}) == 1:
                subject = self._layout.subject_of(path)
                folder = path.rpartition("/")[0] if subject == "." else subject
                own = replace(near[0], project=folder, includes=())
                found.setdefault((folder, near[0].path), (own, near[0]))
        yield from (found[key] for key in sorted(found) if key[0])

    def read(self, config: FreeRTOSConfig) -> TargetTasks:
        """The tasks of one target, read once."""
        key = (config.path, config.project, config.platform)
        if key not in self._read:
            self._read[key] = self._tasks(config)
        return self._read[key]

    def _tasks(self, config: FreeRTOSConfig) -> TargetTasks:
        folders = self.folders(config)
        files = tuple(self._code(folders))
        header = header_macros(self._source, config.project)
        resolver = Resolver(config, files, self._configuring, header)
        return TargetTasks(config, folders, tuple(tasks(files, resolver)), files, resolver)

    def _facts(self, paths: Iterable[str]) -> list[Located[TaskCode]]:
        rust = {path: path.endswith(".rs") for path in paths}
        in_rust = self._source.facts_of(RUST_CODE, (p for p, known in rust.items() if known))
        in_c = self._source.facts_of(C_CODE, (p for p, known in rust.items() if not known))
        return [*in_rust, *in_c]

    def _configuring(self, field: str, rust: bool) -> Iterator[Located[TaskCode]]:
        """Files anywhere in the tree, templates too, that set a field of that name."""
        yield from self._facts(
            path
            for path, found in self._mentions.items()
            if path.endswith(".rs") == rust
            and field in found.fields
            and self._layout.library_of(path) is None
        )

    def _code(self, folders: tuple[str, ...]) -> Iterator[Located[TaskCode]]:
        """Files that make tasks, and those that call a function which makes them."""
        makers = [p for p, m in self._mentions.items() if m.calls and not _is_header(p)]
        wanted = [p for p in makers if holds(folders, p) and self._layout.is_evidence(p)]
        done: dict[str, Located[TaskCode]] = {}
        for _ in range(3):  # makers of tasks, their callers, and the callers of those
            done.update((found.path, found) for found in self._facts(wanted))
            names = {f"{name}(".encode() for name, _, _, _ in wrappers(done.values())}
            wanted = [p for p in self._others(folders, names) if p not in done]
            if not wanted:
                break
        yield from (done[path] for path in sorted(done))

    def _others(self, folders: tuple[str, ...], names: set[bytes]) -> Iterator[str]:
        """Files of the folders that hold one of ``names``; none for no names."""
        for selection in (C_CODE, RUST_CODE) if names else ():
            for path in self._source.candidates(selection):
                inside = holds(folders, path) and self._layout.is_evidence(path)
                if inside and not _is_header(path) and self._source.matches(path, any_of(names)):
                    yield path


def _is_header(path: str) -> bool:
    return path.endswith((".h", ".h.in"))


def holds(folders: tuple[str, ...], path: str) -> bool:
    """Whether a path lies in one of the folders."""
    return any(not folder or path.startswith(folder + "/") for folder in folders)


class TaskTargets(View):
    """One reader for all views, so that each target is read once, when somebody asks for it."""

    uses = TaskReader.USES

    def __init__(self, reader: TaskReader) -> None:
        self.reader = reader

    @classmethod
    def build(cls, source: Source) -> Self:
        """Reads nothing yet."""
        return cls(TaskReader(source))


class Tasks(View):
    """The tasks of every target that runs on a chip or on its emulation."""

    uses = (TaskTargets,)

    def __init__(self, targets: Iterable[TargetTasks]) -> None:
        self.targets = tuple(targets)

    @classmethod
    def build(cls, source: Source) -> Self:
        """All targets but those for the POSIX port."""
        reader = source.view(TaskTargets).reader
        return cls(reader.read(config) for config in reader.configs)
