"""Why a FreeRTOS configuration must offer recursive mutexes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pitfalls.formats.definitions import Definitions
from pitfalls.formats.mutex_api import MutexCode
from pitfalls.model import Place, Related
from pitfalls.source import Located, Source
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.freertos_config import FreeRTOSConfig

_SOURCE_LISTS = ("CMakeLists.txt", "Makefile", "makefile")
_INTERFACE = re.compile(r"_z_mutex_\w+|\w*mutex_rec(?:ursive)?_\w+")


@dataclass(frozen=True)
class Need:
    """Why a configuration must offer recursive mutexes. ``own``: the evidence stands in the
    configuration's own project, not only in the same tree; ``threads``: the value of
    Z_FEATURE_MULTI_THREAD, None when it cannot be told."""

    related: Related
    own: bool
    threads: int | None = 1


def needs_of(
    source: Source,
    configs: tuple[FreeRTOSConfig, ...],
    units: list[Located[MutexCode]],
    builds: BuildDefinitions,
) -> dict[str, tuple[Need, ...]]:
    """Path of a configuration -> the evidence that it must offer recursive mutexes."""
    paths = set(source.paths)
    projects = {config.path: config.project for config in configs}
    reasons = [*_callers(units), *builders(builds)]
    found: dict[str, list[Need]] = defaultdict(list)
    shared = []
    for related, threads, is_zenoh in reasons:
        owners = _owners(related.place.path, projects)
        for path in owners:
            found[path].append(Need(related, True, threads))
        if not owners and is_zenoh:
            shared.append(Need(related, len(configs) == 1, threads))
    names = Counter(path.rpartition("/")[2] for path in paths)
    for path, project in projects.items():
        found[path] += _named_sources(source, project, units, names)
        found[path] += sorted(shared, key=lambda need: -_common(path, need.related.place.path))
    return {path: tuple(needs) for path, needs in found.items()}


def _common(one: str, other: str) -> int:
    """How many leading folders two paths share."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), 0)


def _owners(path: str, projects: dict[str, str]) -> list[str]:
    """The configurations in whose project a file lies; the innermost project counts."""
    holding = {c: p for c, p in projects.items() if not p or path.startswith(p + "/")}
    longest = max((len(p) for p in holding.values()), default=0)
    return [c for c, p in holding.items() if len(p) == longest]


def _callers(units: list[Located[MutexCode]]) -> Iterator[tuple[Related, int | None, bool]]:
    """Code that calls the recursive API, once a file; code of zenoh-pico's own interface is
    shared by every target that links it."""
    for unit in units:
        calls = [
            (function, call)
            for function in unit.facts.functions
            for call in function.calls
            if call.recursive
        ]
        if calls:
            function, call = calls[0]
            interface = any(_INTERFACE.fullmatch(f.name) for f, _ in calls)
            place = Place(unit.path, call.line)
            yield Related(place, f"{function.name} calls {call.name}"), 1, interface


def builders(builds: BuildDefinitions) -> Iterator[tuple[Related, int | None, bool]]:
    """Build statements that compile zenoh-pico for FreeRTOS."""
    for file in builds.files:
        threads = _threads(file.facts)
        for item in file.facts.definitions:
            platform = item.macro.startswith("ZENOH_FREERTOS") or (
                item.macro == "ZP_PLATFORM" and (item.value or "").startswith("freertos")
            )
            value = threads.get(item.scope, threads.get("", 1))
            if platform and value != 0 and not item.scope.startswith("probe"):
                text = f"builds zenoh-pico for FreeRTOS ({item.macro})"
                yield Related(Place(file.path, item.line), text), value, True
                break
        else:
            for mark in file.facts.marks[:1]:
                value = threads.get(mark.scope, threads.get("", 1))
                if value != 0:
                    related = Related(Place(file.path, mark.line), "builds or links zenoh-pico")
                    yield related, value, False


def _threads(facts: Definitions) -> dict[str, int | None]:
    """Z_FEATURE_MULTI_THREAD by scope."""
    return {
        item.scope: item.integer
        for item in facts.definitions
        if item.macro == "Z_FEATURE_MULTI_THREAD"
    }


def _named_sources(
    source: Source, project: str, units: list[Located[MutexCode]], names: Counter[str]
) -> Iterator[Need]:
    """Shared C files that call the recursive API and are named in the project's build file; a
    name that several files of the tree have says nothing."""
    prefix = f"{project}/" if project else ""
    for name in _SOURCE_LISTS:
        data = source.read(prefix + name) if source.exists(prefix + name) else None
        for unit in units if data is not None else ():
            base = unit.path.rpartition("/")[2]
            calls = [c for f in unit.facts.functions for c in f.calls if c.recursive]
            if not calls or unit.path.startswith(prefix) or names[base] > 1:
                continue
            found = re.search(
                rb"(?<![\w.-])" + re.escape(base.encode()) + rb"(?![\w.-])", data or b""
            )
            if found and data is not None:
                place = Place(prefix + name, data.count(b"\n", 0, found.start()) + 1)
                text = f"compiles {unit.path}, which calls {calls[0].name}"
                yield Need(Related(place, text), True)
