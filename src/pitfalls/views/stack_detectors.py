"""What would notice a stack overflow: the kernel's check, a guard by MPU or stack limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import overflow_hook
from pitfalls.formats.overflow_hook import Hook
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View, parents
from pitfalls.views.freertos_config import FreeRTOSConfig
from pitfalls.views.freertos_ports import FreeRTOSPorts
from pitfalls.views.kconfig import Configuration, ZephyrConfigurations
from pitfalls.views.kconfig_stacks import HOST_BOARD, RTOS_CONFIGS, only_on_host
from pitfalls.views.layout import Layout
from pitfalls.views.tasks import TaskReader, TaskTargets, holds

Outcome = Literal["on", "off", "unknown"]

CHECK = "configCHECK_FOR_STACK_OVERFLOW"
HOOK = "vApplicationStackOverflowHook"
HOOKS = Selection(
    name="stack overflow hooks",
    type=Hook,
    parse=overflow_hook.parse,
    names=("*.c", "*.cc", "*.cpp", "*.rs", "*.c.in"),
    needles=(HOOK.encode(),),
)

ZEPHYR_OPTIONS = ("HW_STACK_PROTECTION", "STACK_SENTINEL", "STACK_CANARIES", "STACK_CANARIES_ALL",
                  "STACK_CANARIES_STRONG", "MPU_STACK_GUARD", "BUILTIN_STACK_GUARD")  # fmt: skip
NUTTX_OPTIONS = ("ARMV7M_STACKCHECK", "ARMV8M_STACKCHECK", "STACK_CANARIES", "ARCH_STACKCHECK",
                 "STACKCHECK", "STACKCHECK_SOFTWARE", "ARMV7M_STACKCHECK_HARDWARE",
                 "ARMV8M_STACKCHECK_HARDWARE")  # fmt: skip

# Upstream boards whose own defconfig and Kconfig.defconfig switch none of these on [V].
_BARE_BOARDS = re.compile(
    r"(?:^|[^a-z0-9])(?:mps2[_-]an(?:383|385|386|500)|qemu_cortex_(?:a53|a9|m3))(?![a-z0-9])"
)
_MPU_PORT = re.compile(r".*MPU.*|ARM_CM(?:33|35P|52|55|85).*")


@dataclass(frozen=True)
class Detector:
    """One build: whether something notices an overflow, where that is decided, and why."""

    outcome: Outcome
    place: Place
    why: str
    subject: str
    platform: str
    related: tuple[Related, ...] = ()


class StackDetectors(View):
    """Every FreeRTOS, Zephyr and NuttX build of the tree."""

    uses = (HOOKS, RTOS_CONFIGS, ZephyrConfigurations, TaskTargets, *TaskReader.USES)

    def __init__(self, detectors: Iterable[Detector]) -> None:
        self.detectors = tuple(detectors)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From FreeRTOSConfig.h, Kconfig files and defconfigs."""
        return cls([*_freertos(source), *_zephyr(source), *_nuttx(source)])


def _freertos(source: Source) -> Iterator[Detector]:
    ports = source.view(FreeRTOSPorts)
    reader = source.view(TaskTargets).reader
    for config in reader.configs:
        named = [p for p in ports.of(config) if not p.name.startswith("heap_")]
        guarding = [p for p in named if _MPU_PORT.fullmatch(p.name)]
        value = config.value(CHECK, 0)
        place = config.place(CHECK)
        about = (config.subject, config.platform)
        if value:
            hook = _hook(source, reader, config)
            related = (Related(hook, "the hook"),) if hook is not None else ()
            text = f"{CHECK} is {value}"
            if hook is None:
                yield Detector("unknown", place, f"{text}; {HOOK} is not defined here",
                               *about)  # fmt: skip
            else:
                yield Detector("on", place, text, *about, related)
        elif guarding and len(guarding) == len(named):
            port = guarding[0]
            yield Detector("on", port.place, f"the port {port.name} limits stacks", *about)
        elif guarding:
            names = " or ".join(dict.fromkeys(p.name for p in named))
            text = f"{CHECK} is off, and whether the port is {names} would decide"
            yield Detector("unknown", place, text, *about)
        elif value is None:
            yield Detector("unknown", place, f"{CHECK} is not resolved", *about)
        else:
            state = "is 0" if config.get(CHECK) else "is not defined"
            yield Detector("off", place, f"{CHECK} {state}", *about)


def _hook(source: Source, reader: TaskReader, config: FreeRTOSConfig) -> Place | None:
    """The line that defines the hook: in the target's folders, else nearest to it in the tree;
    without one, the default of the vendored RTOS2 layer, which stops at an assertion."""
    layout = source.view(Layout)
    folders = reader.folders(config)
    every = source.facts(HOOKS)
    found = [f for f in every if layout.is_evidence(f.path)]
    found = found or [f for f in every if f.path.endswith("/cmsis_os2.c")]
    above = [config.path, *parents(config.path)]
    near = sorted(
        found,
        key=lambda f: (not holds(folders, f.path), min(above.index(p) for p in parents(f.path)
                                                       if p in above)),
    )  # fmt: skip
    return Place(near[0].path, near[0].facts.line) if near else None


def _zephyr(source: Source) -> Iterator[Detector]:
    view = source.view(ZephyrConfigurations)
    for configuration in view.configurations:
        boards = [c for c in view.configurations
                  if c.application == configuration.application and c.board]  # fmt: skip
        # The application's own files alone are judged only where no board's are known.
        if (not configuration.board and boards) or HOST_BOARD.search(configuration.board):
            continue
        if not only_on_host(configuration, view.configurations):
            yield _detector(configuration, configuration.board)
    for fragment in view.fragments:
        board = _BARE_BOARDS.search(fragment.files[-1].lower())
        if board and "MAIN_STACK_SIZE" in fragment.values:
            yield _detector(fragment, board[0].strip("/_-"))


def _detector(configuration: Configuration, board: str) -> Detector:
    about = (configuration.application, "zephyr")
    for option in ZEPHYR_OPTIONS:
        value = configuration.get(option)
        if value is not None and value.is_on:
            return Detector("on", value.place, f"CONFIG_{option} is y", *about)
    place = Place(configuration.files[-1])
    size = configuration.get("MAIN_STACK_SIZE")
    if size is not None:
        place = size.place
    if _BARE_BOARDS.search(board.lower()):
        text = f"no option detects an overflow, and none is the default of {board}"
        return Detector("off", place, text, *about)
    text = f"no file here detects an overflow; the defaults of {board or 'the board'} decide"
    return Detector("unknown", place, text, *about)


def _nuttx(source: Source) -> Iterator[Detector]:
    layout = source.view(Layout)
    if source.exists("sched/Kconfig"):  # NuttX itself: its configurations are samples
        return
    for file in source.facts(RTOS_CONFIGS):
        if not file.path.endswith("defconfig") or not layout.is_evidence(file.path):
            continue
        values = {s.name: s for s in file.facts.settings}
        if "nuttx" not in file.path.lower() and "INIT_ENTRYPOINT" not in values:
            continue
        about = (layout.subject_of(file.path), "nuttx")
        option = next((o for o in NUTTX_OPTIONS if o in values and values[o].value == "y"), None)
        if option:
            place = Place(file.path, values[option].line)
            yield Detector("on", place, f"CONFIG_{option} is y", *about)
        else:
            named = values.get("INIT_STACKSIZE") or values.get("DEFAULT_TASK_STACKSIZE")
            place = Place(file.path, named.line if named else 1)
            yield Detector("off", place, "no option detects an overflow", *about)
