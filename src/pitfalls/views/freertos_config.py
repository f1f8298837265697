"""The effective FreeRTOS configuration of every ``FreeRTOSConfig.h`` that is a target's own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import cpp
from pitfalls.formats.cpp import Header, Include, Macro
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View, join, parents
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.layout import Layout

CONFIG_HEADERS = Selection(
    name="FreeRTOS configuration headers",
    type=Header,
    parse=cpp.parse,
    names=("FreeRTOSConfig.h",),
    needles=(b"config", b"include"),
)


_BUILD_FILES = ("CMakeLists.txt", "Makefile", "makefile", "Cargo.toml", "platformio.ini")
_PROJECT_FILES = (*_BUILD_FILES, ".cproject", ".project", ".mxproject")
_KERNEL = ("tasks.c", "include/FreeRTOS.h")
_INNER_FOLDERS = {
    "include", "inc", "config", "conf", "config_files", "core", "src", "source", "cfg",
    "generated_code",
}  # fmt: skip


@dataclass(frozen=True)
class FreeRTOSConfig:
    """One configuration: the macros after the preprocessor has been through the header.

    ``project`` is the folder of the target that it configures, empty for the root. ``includes`` are
    the headers of the tree that it is made of; ``missing`` those that are not
    there, which may define more.
    """

    path: str
    project: str
    platform: str
    macros: Mapping[str, Macro]
    includes: tuple[str, ...]
    missing: tuple[Include, ...]

    @property
    def subject(self) -> str:
        """The project as the subject of a finding."""
        return self.project or "."

    def get(self, name: str) -> Macro | None:
        """The macro; None when no header that is there mentions it."""
        return self.macros.get(name)

    def value(self, name: str, default: int | None = None) -> int | None:
        """The integer that ``name`` resolves to; ``default`` when it is certainly not defined;
        None when that cannot be told."""
        macro = self.get(name)
        if macro is None:
            return None if self.missing else default
        return default if macro.state == "undefined" else macro.value

    def place(self, name: str) -> Place:
        """The line that decides about ``name``: its definition, else the header itself."""
        macro = self.get(name)
        if macro is None or not macro.line:
            return Place(self.path)
        return Place(macro.path or self.path, macro.line)


class FreeRTOSConfigs(View):
    """One configuration per header that is not vendored and not a part of another one."""

    uses = (CONFIG_HEADERS, BuildDefinitions, Layout)

    def __init__(self, configs: Iterable[FreeRTOSConfig]) -> None:
        self.configs = tuple(configs)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Resolve every header with the includes that lead to a file of the tree."""
        layout = source.view(Layout)
        by_name = _headers_by_name(source.paths)
        headers = [h for h in source.facts(CONFIG_HEADERS) if layout.is_evidence(h.path)]
        projects = _projects(source.paths, [h.path for h in headers])
        threadx = _of_threadx(source.paths, projects.values())
        found = [
            _resolve(source, layout, header.path, header.facts, by_name, projects[header.path])
            for header in headers
            if projects[header.path] not in threadx
        ]
        parts = {path for config in found for path in config.includes}
        return cls(config for config in found if config.path not in parts)


def _of_threadx(paths: Iterable[str], projects: Iterable[str]) -> set[str]:
    """The projects that give ThreadX the interface of FreeRTOS, and hold no FreeRTOS kernel."""
    marks = [p for p in paths if p.rpartition("/")[2] in ("tx_freertos.c", "tasks.c")]
    if all(mark.endswith("tasks.c") for mark in marks):
        return set()
    names = {one: {m.rpartition("/")[2] for m in marks if holds(one, m)} for one in set(projects)}
    return {one for one, held in names.items() if held == {"tx_freertos.c"}}


def _headers_by_name(paths: Iterable[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for path in paths:
        if path.endswith(".h"):
            named.setdefault(path.rpartition("/")[2], []).append(path)
    return named


def _resolve(
    source: Source,
    layout: Layout,
    path: str,
    alone: Header,
    by_name: dict[str, list[str]],
    project: str,
) -> FreeRTOSConfig:
    """``alone`` is the header without its includes: right as it is when none leads anywhere."""
    used: list[str] = []

    def include(name: str, angled: bool, above: str) -> tuple[str, bytes] | None:
        found = _find(source, name, angled, above, path, (project, by_name))
        data = source.read(found) if found else None
        if found is None or data is None:
            return None
        used.append(found)
        return found, data

    given = _command_line(source.view(BuildDefinitions), project)
    header = alone
    if given or any(
        _find(source, i.name, i.angled, path, path, (project, by_name)) for i in alone.missing
    ):
        header = cpp.preprocess(source.read(path) or b"", path, include, given, _is_wanted)
    return FreeRTOSConfig(
        path,
        project,
        layout.platform_of(path) or "freertos",
        header.macros,
        tuple(used),
        header.missing,
    )


def _is_wanted(name: str, path: str) -> bool:
    """Macros of a configuration header, of the command line, and the kernel's own wherever."""
    return path.endswith("FreeRTOSConfig.h") or name.startswith(("config", "INCLUDE_", "__NVIC_"))


def _command_line(builds: BuildDefinitions, project: str) -> dict[str, Macro]:
    """The kernel's macros that the project's build files define for the compiler, each once."""
    given: dict[str, Macro] = {}
    for file in builds.below(project):
        for item in file.facts.definitions:
            if item.kind == "compile-definition" and item.macro.startswith("config"):
                known = item.value is not None and not item.condition
                text = (item.value or "1") if known else "(computed)"
                if item.macro in given and given[item.macro].text != text:
                    text = "(computed)"
                value = item.integer if known else None
                given[item.macro] = Macro(
                    item.macro, "defined", text, value, item.line, file.path, True
                )
    return given


def _find(
    source: Source,
    name: str,
    angled: bool,
    above: str,
    config: str,
    within: tuple[str, dict[str, list[str]]],
) -> str | None:
    """The file that an include means: beside the including file, beside the configuration, else
    the only header of that name in the configuration's own project."""
    folders = [] if angled else [above.rpartition("/")[0]]
    for folder in (*folders, config.rpartition("/")[0]):
        path = join(folder, name)
        if path and source.exists(path):
            return path
    project, by_name = within
    near = [
        path
        for path in by_name.get(name.rpartition("/")[2], ())
        if path.endswith("/" + name) and project and path.startswith(f"{project}/")
    ]
    return near[0] if len(near) == 1 else None


def _projects(paths: Iterable[str], configs: list[str]) -> dict[str, str]:
    """The project of each configuration. One in a folder beside the rest of its firmware, which
    neither a build file nor the kernel marks as a project, belongs to the folder that holds the
    kernel too, as long as no other configuration lies there."""
    every = frozenset(paths)
    kernels = [
        folder for path in every
        for folder, name in ((path.rpartition("/")[0], path.rpartition("/")[2]),)
        if name == "tasks.c" and all(f"{folder}/{n}" in every for n in ("queue.c", "list.c"))
    ]  # fmt: skip
    found = {}
    for config in configs:
        project = found[config] = project_of(config, every)
        if (
            not project
            or has_build_file(project, every)
            or any(holds(project, kernel) for kernel in kernels)
        ):
            continue
        for folder in parents(project):
            if sum(holds(folder, other) for other in configs) > 1:
                break
            if any(holds(folder, kernel) for kernel in kernels):
                found[config] = folder
                break
    return found


def has_build_file(folder: str, paths: Container[str]) -> bool:
    """Whether a folder is one that something builds, or a project of a vendor's environment."""
    return any(f"{folder}/{name}" in paths for name in _PROJECT_FILES)


def holds(folder: str, path: str) -> bool:
    """Whether a path lies in a folder, or is it; the root (empty) holds everything."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def project_of(config: str, paths: Container[str]) -> str:
    """The folder of the project that a configuration belongs to: the nearest one above it with a
    build file, as long as only folders named like ``include`` or ``config`` lie between. For one
    among the kernel's own headers, the nearest one above the kernel, whatever lies between."""
    folder = config.rpartition("/")[0]
    kernel = next((f for f in parents(config) if all(f"{f}/{n}" in paths for n in _KERNEL)), None)
    if kernel is not None:
        above = (f for f in parents(kernel) if f)
        return next((f for f in above if any(f"{f}/{n}" in paths for n in _PROJECT_FILES)), "")
    while folder:
        if any(f"{folder}/{name}" in paths for name in _BUILD_FILES):
            return folder
        if folder.rpartition("/")[2].lower() not in _INNER_FOLDERS:
            return folder
        folder = folder.rpartition("/")[0]
    return folder
