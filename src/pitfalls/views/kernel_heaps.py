"""Heaps of kernels: FreeRTOS's configTOTAL_HEAP_SIZE and Zephyr's system heap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pitfalls.formats import heap_uses, kernel_heap
from pitfalls.formats.heap_uses import HeapUse
from pitfalls.formats.kernel_heap import KernelHeaps
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source
from pitfalls.views.freertos_config import FreeRTOSConfig
from pitfalls.views.freertos_ports import PORT_FILES
from pitfalls.views.heap import Heap, Net
from pitfalls.views.heap_rows import ROWS
from pitfalls.views.kconfig import ZephyrConfigurations
from pitfalls.views.layout import Layout
from pitfalls.views.network_tasks import STACK_OPTIONS
from pitfalls.views.stack import literal
from pitfalls.views.task_stacks import runs_zenoh, zenoh_task_stacks
from pitfalls.views.tasks import TaskReader, holds
from pitfalls.views.zephyr_programs import is_kernel_only
from pitfalls.views.zephyr_zenoh import with_zenoh

KERNEL_HEAPS = Selection(
    name="heap schemes of FreeRTOS",
    type=KernelHeaps,
    parse=kernel_heap.parse,
    names=PORT_FILES.names,
    needles=(b"heap_", b"FREERTOS_HEAP"),
)
HEAP_USES = Selection(
    name="uses of heaps",
    type=HeapUse,
    parse=heap_uses.parse,
    names=("*.c", "*.cpp", "*.rs"),
    needles=(b"z_realloc", b"Executor::", b"executor_init"),
)

TOTAL = "configTOTAL_HEAP_SIZE"
_WORD = 4


@dataclass(frozen=True)
class Scheme:
    """The heap scheme of a FreeRTOS target, by a build file or a file of the kernel."""

    number: int
    place: Place


def scheme_of(source: Source, folders: tuple[str, ...]) -> Scheme | None:
    """The one scheme that the target's folders name; None when they do not tell."""
    found = [
        Scheme(heap.scheme, Place(file.path, heap.line))
        for file in source.facts(KERNEL_HEAPS)
        if holds(folders, file.path)
        for heap in file.facts.heaps
    ]
    return found[0] if len({scheme.number for scheme in found}) == 1 else None


def freertos_heaps(source: Source, reader: TaskReader) -> Iterator[Heap]:
    """configTOTAL_HEAP_SIZE of every target that runs zenoh over lwIP."""
    for config in reader.configs:
        folders = reader.folders(config)
        if not runs_zenoh(source, reader, folders) or not _has_lwip(source, folders):
            continue
        scheme = scheme_of(source, folders)
        if scheme is not None and scheme.number == 3:  # the C library's heap
            continue
        executor = _executor(source, folders)
        row = ROWS["fr_exec" if executor else "fr_lwip"]
        size = config.value(TOTAL)
        chain = [Related(executor, "an executor is constructed here")] if executor else []
        if scheme is not None:
            chain.append(Related(scheme.place, f"heap_{scheme.number}.c is built"))
        net = None
        if size is not None and size < (row.minimum or 0):
            net = _net(source, reader, config, size)
        yield Heap(
            row, TOTAL, size, config.place(TOTAL), config.subject, config.platform,
            "z_malloc calls pvPortMalloc", f"the value of {TOTAL}", tuple(chain), net,
        )  # fmt: skip


def _has_lwip(source: Source, folders: tuple[str, ...]) -> bool:
    """Whether lwIP's options are in the target's folders, or lwIP is in its paths."""
    options = [p for p in source.candidates(STACK_OPTIONS) if p.endswith("lwipopts.h")]
    return any(holds(folders, path) for path in options) or any(
        "lwip" in path.lower() and holds(folders, path) for path in source.paths
    )


def _executor(source: Source, folders: tuple[str, ...]) -> Place | None:
    """Where code of the target, or of the tree's FreeRTOS applications, makes an executor."""
    layout = source.view(Layout)
    found = [
        Place(file.path, file.facts.executor)
        for file in source.facts(HEAP_USES)
        if file.facts.executor
        and layout.is_evidence(file.path)
        and (holds(folders, file.path) or layout.platform_of(file.path) == "freertos")
    ]
    return min(found, key=lambda place: not holds(folders, place.path), default=None)


def _net(source: Source, reader: TaskReader, config: FreeRTOSConfig, size: int) -> Net:
    """What the stacks of all tasks leave of the heap."""
    target = reader.read(config)
    stacks = list(zenoh_task_stacks(source, target))
    drawn = [(s.name, s.size, s.place) for s in stacks]
    for task in target.tasks:
        if task.api == "xTaskCreateStatic":
            continue
        number = task.stack.number
        factor = _WORD if task.unit == "words" else 1
        known = number * factor if number is not None and task.unit in ("words", "bytes") else None
        drawn.append((f"the task {task.entry}", known, task.place))
    drawn += _of_the_kernel(config)
    options = [h for h in source.facts(STACK_OPTIONS) if holds(target.folders, h.path)]
    for header in options:
        macro = header.facts.get("TCPIP_THREAD_STACKSIZE")
        if macro is not None and header.path.endswith("lwipopts.h"):
            # Bytes, unless lwIP's FreeRTOS port is told otherwise.
            drawn.append(("tcpip_thread", macro.value, Place(header.path, macro.line)))
    missing = next((name for name, number, _ in drawn if number is None), "")
    hops = tuple(Related(place, f"{name}: {number} bytes of it") for name, number, place in drawn)
    left = None if missing else size - sum(number or 0 for _, number, _ in drawn)
    return Net(left, missing, hops)


def _of_the_kernel(config: FreeRTOSConfig) -> Iterator[tuple[str, int | None, Place]]:
    """The stacks of the idle and the timer task, unless the application supplies their memory."""
    if config.value("configSUPPORT_STATIC_ALLOCATION", 0):
        return
    depths = {"the idle task": "configMINIMAL_STACK_SIZE"}
    if config.value("configUSE_TIMERS", 0):
        depths["the timer task"] = "configTIMER_TASK_STACK_DEPTH"
    for task, name in depths.items():
        depth = config.value(name)
        yield task, depth * _WORD if depth is not None else None, config.place(name)


def zephyr_heaps(source: Source) -> Iterator[Heap]:
    """CONFIG_HEAP_MEM_POOL_SIZE of every application and shared fragment that configures zenoh."""
    view = source.view(ZephyrConfigurations)
    seen: set[tuple[str, Place]] = set()
    for configuration, chosen in with_zenoh(source, (*view.configurations, *view.fragments)):
        value = configuration.get("HEAP_MEM_POOL_SIZE")
        if value is None or is_kernel_only(source, configuration.application):
            continue
        if (configuration.application, value.place) in seen:
            continue
        seen.add((configuration.application, value.place))
        chain = (Related(chosen, "zenoh is configured here"),)
        yield Heap(
            ROWS["zephyr"], "CONFIG_HEAP_MEM_POOL_SIZE", literal(value.text), value.place,
            configuration.application, "zephyr", "z_malloc calls k_malloc", value.text, chain,
        )  # fmt: skip
