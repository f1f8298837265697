"""Every stack that runs zenoh, with the requirement that it is held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from pitfalls.model import Place
from pitfalls.source import Source, View, parents
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.kconfig import ZephyrConfigurations
from pitfalls.views.kconfig_stacks import (
    RTOS_CONFIGS,
    THREADS,
    rtos_config_stacks,
    zephyr_stacks,
)
from pitfalls.views.layout import Layout
from pitfalls.views.stack import EXECUTOR_TYPES, Stack
from pitfalls.views.stack_rows import ROWS
from pitfalls.views.stack_symbols import StackSymbols
from pitfalls.views.task_stacks import freertos_stacks, threadx_stacks
from pitfalls.views.tasks import TaskReader, TaskTargets
from pitfalls.views.zephyr_programs import INCLUDES

_RTOS = frozenset({"freertos", "zephyr", "nuttx", "threadx", "esp-idf", "posix"})


class Stacks(View):
    """The stacks of FreeRTOS, ThreadX, Zephyr, NuttX, ESP-IDF and bare-metal targets."""

    uses = (
        EXECUTOR_TYPES, RTOS_CONFIGS, THREADS, MANIFESTS, BuildDefinitions, ZephyrConfigurations,
        StackSymbols, TaskTargets, INCLUDES, *TaskReader.USES,
    )  # fmt: skip

    def __init__(self, stacks: Iterable[Stack]) -> None:
        self.stacks = tuple(stacks)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join what code, Kconfig and linker scripts say."""
        reader = source.view(TaskTargets).reader
        every = [
            *freertos_stacks(source, reader),
            *threadx_stacks(source, reader),
            *zephyr_stacks(source),
            *rtos_config_stacks(source),
            *_main_stacks(source, reader),
        ]
        return cls(_once(every))


def _main_stacks(source: Source, reader: TaskReader) -> Iterator[Stack]:
    """Main stacks of bare-metal images that a linker script reserves, in trees with zenoh."""
    if not any(file.facts.marks for file in source.view(BuildDefinitions).files):
        return
    layout = source.view(Layout)
    kernels = tuple(f for config in reader.configs for f in reader.folders(config))
    for symbol in source.view(StackSymbols).symbols:
        folders = [folder for folder in parents(symbol.place.path) if folder]
        # A kernel starts on the main stack and leaves it to interrupts.
        if any(layout.platform_of(folder) in _RTOS or folder in kernels for folder in folders):
            continue
        reserved = symbol.use in ("section", "runtime", "code")
        size = symbol.size if reserved else None
        missing = f"nothing reserves {symbol.name} bytes; an ELF file"
        yield Stack(
            ROWS["bm_main"], "the main stack", size, symbol.place, symbol.subject,
            symbol.platform, symbol.name if reserved else "", missing,
        )  # fmt: skip


def _once(stacks: Iterable[Stack]) -> Iterator[Stack]:
    """The first of several stacks of one subject that share a row, a place and a name."""
    seen: set[tuple[str, str, Place, str]] = set()
    for stack in stacks:
        key = (stack.subject, stack.row.key, stack.place, stack.name)
        if key not in seen:
            seen.add(key)
            yield stack
