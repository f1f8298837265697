"""Which C files with interrupts make up the firmware of a FreeRTOS configuration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pitfalls.formats import interrupts
from pitfalls.formats.interrupts import InterruptCode
from pitfalls.source import Located, Selection, Source
from pitfalls.views.freertos_config import FreeRTOSConfigs, has_build_file, holds
from pitfalls.views.interrupt_limits import InterruptLimit
from pitfalls.views.layout import Layout

INTERRUPT_CODE = Selection(
    name="interrupt code",
    type=InterruptCode,
    parse=interrupts.parse_c,
    names=("*.c", "*.cc", "*.cpp"),
    needles=(
        b"_IRQHandler",
        b"FromISR",
        b"NVIC_SetPriority",
        b"NVIC_EnableIRQ",
        b"NVIC_PriorityGroup",
        b"SetPriorityGrouping",
        b"NVIC_IRQChannel",
        b"NVIC->IP",
        b"NVIC_IPR",
        b"IntPrioritySet",
        b"IntRegister",
        b"irq_set_priority",
        b"nvic_irq_enable",
        b"nvic_priority_group_",
        b"NVIC_EnableIRQRequest",
        b"NVIC_ConfigPriorityGroup",
    ),
    lazy=True,
)

Files = list[Located[InterruptCode]]


def firmwares(
    source: Source, limits: Iterable[InterruptLimit]
) -> Iterator[tuple[InterruptLimit, Files]]:
    """Every limit with the files that it holds for: those of its project's own folder, where the
    innermost project owns a file. The only configuration of a tree, in a folder that nothing
    builds, is shared: it holds for each project beside it, together with that folder's files."""
    every = list(limits)
    projects = {limit.config.project for limit in every}
    if len(every) == 1 and _is_shared(source, every[0]):
        apart = list(_apart(source, every[0].config.project))
        yield from ((every[0], files) for files in apart)
        return
    owned: dict[str, Files] = defaultdict(list)
    for path in source.candidates(INTERRUPT_CODE) if projects else ():
        holding = [project for project in projects if holds(project, path)]
        if holding:
            owned[max(holding, key=len)] += _read(source, path)
    for limit in every:
        yield limit, owned[limit.config.project]


def elsewhere(source: Source, limits: Iterable[InterruptLimit]) -> Files:
    """The files that are in no project of a limit: boards and drivers that several may share."""
    projects = {limit.config.project for limit in limits}
    outside = [
        path
        for path in source.candidates(INTERRUPT_CODE)
        if not any(holds(project, path) for project in projects)
    ]
    return [file for path in outside for file in _read(source, path)]


def _is_shared(source: Source, limit: InterruptLimit) -> bool:
    project = limit.config.project
    alone = len(source.view(FreeRTOSConfigs).configs) == 1
    return alone and project != "" and not has_build_file(project, source.paths)


def _apart(source: Source, project: str) -> Iterator[Files]:
    """The files of each project that something builds, with those that belong to none."""
    layout = source.view(Layout)
    groups: dict[str, Files] = defaultdict(list)
    for path in source.candidates(INTERRUPT_CODE):
        subject = "." if holds(project, path) else layout.subject_of(path)
        groups[subject] += _read(source, path)
    common = groups.pop(".", [])
    yield from ([*common, *files] for files in groups.values() if files)
    if not any(groups.values()):
        yield common


def _read(source: Source, path: str) -> Files:
    facts = source.fact(INTERRUPT_CODE, path) if source.view(Layout).is_evidence(path) else None
    return [Located(path, facts)] if facts is not None else []
