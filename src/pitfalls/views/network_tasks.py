"""The tasks of a FreeRTOS target that carry zenoh's traffic: the one that takes frames from the
controller, the IP stack's own, zenoh-pico's, and the application's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import cpp
from pitfalls.formats.cpp import Header
from pitfalls.formats.task_code import Function
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.freertos_config import FreeRTOSConfig
from pitfalls.views.header_macros import given_by_build
from pitfalls.views.layout import Layout
from pitfalls.views.task_makers import Task
from pitfalls.views.task_values import Scope, Value
from pitfalls.views.tasks import TargetTasks, TaskReader, TaskTargets, holds
from pitfalls.views.zenoh_task_options import by_attributes, by_parameters

STACK_OPTIONS = Selection(
    name="options of IP stacks",
    type=Header,
    parse=cpp.parse,
    names=("lwipopts.h", "FreeRTOSIPConfig.h"),
)

Role = Literal["rx", "ip", "read", "lease", "application"]

_RECEIVES = re.compile(
    r"\w*(?:lwip_poll|netif_poll|poll_netif|poll_network|network_poll|net_poll|ethernetif_input"
    r"|ethernetif_poll|low_level_input|eth_poll|emac_poll|rx_poll|poll_rx|drain_rx|rx_drain)\w*"
    r"|HAL_ETH_(?:ReadData|GetReceivedFrame\w*)"
)
_DRIVER = re.compile(r"netif|(?:^|_)eth(?:ernet)?(?:_|\.|if)|enet|emac|wifi|wlan", re.IGNORECASE)
_RX_ENTRY = re.compile(
    r"\w*(?:EMACHandler|EMACDeferred|ethernetif_input|(?:eth|ethernet|emac|net)_rx)\w*"
)
IP_ENTRY = "tcpip_thread"
"""The entry of lwIP's task, which a program may start by itself at a priority of its own."""

IP_OPTION = "TCPIP_THREAD_PRIO"
"""Its priority where the stack starts it."""

_SLEEPS = frozenset(
    {"vTaskDelay", "vTaskDelayUntil", "xTaskDelayUntil", "osDelay", "osDelayUntil", "sys_msleep",
     "taskYIELD", "portYIELD", "osThreadYield"}
)  # fmt: skip
_BLOCKS = re.compile(
    r"xSemaphoreTake\w*|ulTaskNotifyTake\w*|xTaskNotifyWait\w*|xQueueReceive|xQueuePeek"
    r"|xEventGroupWaitBits|x(?:Stream|Message)BufferReceive|os(?:SemaphoreAcquire|SemaphoreWait"
    r"|ThreadFlagsWait|EventFlagsWait|SignalWait|MessageGet|MessageQueueGet|MailGet)"
    r"|sys_arch_(?:sem_wait|mbox_fetch)|sys_sem_wait"
)
_READ = re.compile(r"\w*read_(?:task_)?prio\w*", re.IGNORECASE)
_LEASE = re.compile(r"\w*lease_(?:task_)?prio\w*", re.IGNORECASE)
_OPENS = ("z_open", "zp_start_read_task", "zp_start_lease_task")
_IDLE = re.compile(r"\w*(?:idle|timer)\w*", re.IGNORECASE)


@dataclass(frozen=True)
class Level:
    """A task by its role, with its priority in kernel units. ``polled``: whether an rx task
    sleeps between looks at the controller; None when that cannot be told.
    ``known``: what the number is known from when no line of the tree sets it."""

    role: Role
    name: str
    value: Value
    raw: bool = False
    polled: bool | None = None
    known: str = ""
    made: Place | None = None

    @property
    def number(self) -> int | None:
        """The priority."""
        return self.value.number

    @property
    def related(self) -> tuple[Related, ...]:
        """How the number comes about."""
        text = f"{self.name} has priority {self.number if self.number is not None else 'unknown'}"
        own = Related(self.value.place, f"{text} ({self.known})" if self.known else text)
        return (own, *self.value.chain)


@dataclass(frozen=True)
class NetworkTasks:
    """The levels of one target, as far as it has them."""

    config: FreeRTOSConfig
    levels: tuple[Level, ...]

    def of(self, role: Role) -> tuple[Level, ...]:
        """The levels of a role."""
        return tuple(level for level in self.levels if level.role == role)

    @property
    def applies(self) -> bool:
        """Whether two of the tasks that frames pass through are there."""
        return len({level.role for level in self.levels} & {"rx", "ip", "read"}) > 1

    def beside(self, level: Level, role: Role) -> tuple[Level, ...]:
        """The levels of a role that run together with ``level``: those made in the same file when
        there are any, since a target may have one set of tasks for each language."""
        every = self.of(role)
        near = [o for o in every if o.made and level.made and o.made.path == level.made.path]
        return tuple(near) or every


class NetworkTaskSets(View):
    """The network tasks of every target."""

    uses = (STACK_OPTIONS, BuildDefinitions, TaskTargets, *TaskReader.USES)

    def __init__(self, sets: Iterable[NetworkTasks]) -> None:
        self.sets = tuple(sets)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Sort tasks by what they do, and add those that libraries start."""
        layout = source.view(Layout)
        options = [h for h in source.facts(STACK_OPTIONS) if layout.is_evidence(h.path)]
        builds = source.view(BuildDefinitions)
        reader = source.view(TaskTargets).reader
        found = []
        for config, base in (*((c, c) for c in reader.configs), *reader.detached()):
            folders = reader.folders(config)
            stacks = [h for h in options if holds(reader.folders(base), h.path)]
            marks = [f for folder in folders for f in builds.below(folder) if f.facts.marks]
            # An rx task alone is no chain, so a target without either need not be read.
            if not stacks and not marks and not reader.mentions(folders, *_OPENS):
                continue
            target = reader.read(config)
            levels = _without_driver(level for t in target.tasks if (level := _level(target, t)))
            if not any(level.role == "ip" for level in levels):
                levels += _ip(source, reader.read(base), stacks)
            levels += _zenoh(target, builds)
            found.append(NetworkTasks(target.config, tuple(_once(levels))))
        return cls(found)


def _without_driver(levels: Iterable[Level]) -> list[Level]:
    """The levels without tasks that a network driver makes beside its rx task: one that watches
    the link is no application."""
    known = list(levels)
    drivers = {
        v.made.path for v in known
        if v.role == "rx" and v.made and _DRIVER.search(v.made.path.rpartition("/")[2])
    }  # fmt: skip
    return [
        v for v in known
        if v.role != "application" or v.made is None or v.made.path not in drivers
    ]  # fmt: skip


def _once(levels: Iterable[Level]) -> Iterator[Level]:
    """The first of several tasks of a file that share a role and the line of their number."""
    seen = set()
    for level in levels:
        key = (level.role, level.value.place, level.number, level.made and level.made.path)
        if key not in seen:
            seen.add(key)
            yield level


def _level(target: TargetTasks, task: Task) -> Level | None:
    """An rx task or one of the application; None for what carries no role."""
    if _IDLE.fullmatch(task.entry) or not task.entry:
        return None
    entries = target.functions(task.entry)
    run = next((function for _, function in entries if function.calls), None)
    name = f"the task {task.entry}"
    if task.entry == IP_ENTRY:
        own = not _is_the_option(task.priority)
        return Level("ip", IP_ENTRY, task.priority, task.raw, made=task.place) if own else None
    if _RX_ENTRY.fullmatch(task.entry) or (run is not None and _receives(run)):
        polled = None if run is None else _polls(target, run)
        return Level("rx", name, task.priority, task.raw, polled, made=task.place)
    return Level("application", name, task.priority, task.raw, made=task.place)


def _is_the_option(priority: Value) -> bool:
    """Whether the stack itself starts its task, in a copy: the option says at which priority."""
    told = (priority.missing, *(hop.message for hop in priority.chain))
    return any(IP_OPTION in text for text in told)


def _polls(target: TargetTasks, run: Function) -> bool | None:
    """Whether a task sleeps between two looks; None when it waits in a way that is not known."""
    inner = (g for call in run.calls for _, g in target.functions(call.name))
    called = {call.name for function in (run, *inner) for call in function.calls}
    if any(_BLOCKS.fullmatch(name) for name in called):
        return False
    return True if any(call.name in _SLEEPS for call in run.calls) else None


def _receives(function: Function) -> bool:
    """Whether a task's entry takes frames itself, waiting by a call that is known."""
    waits = any(c.name in _SLEEPS or _BLOCKS.fullmatch(c.name) for c in function.calls)
    return waits and any(_RECEIVES.fullmatch(c.name) for c in function.calls)


def _ip(source: Source, target: TargetTasks, headers: list[Located[Header]]) -> Iterator[Level]:
    """The tcpip_thread of lwIP or the IP task of FreeRTOS+TCP, by the stack's own options."""
    for name, macro, default in (
        ("lwipopts.h", IP_OPTION, "1"),
        ("FreeRTOSIPConfig.h", "ipconfigIP_TASK_PRIORITY", "configMAX_PRIORITIES - 2"),
    ):
        own = [h for h in headers if h.path.endswith(name)]
        if not own or any(_macro_is(h.facts, "NO_SYS", 1) for h in own):
            continue
        title = IP_ENTRY if name == "lwipopts.h" else "the IP task"
        set_by = [(h.path, m) for h in own if (m := h.facts.get(macro)) and m.state != "undefined"]
        for path, found in set_by:
            text, place = found.text, Place(path, found.line)
            if found.guarded:  # a definition of the build comes first
                text, place = given_by_build(source, target.config.project, macro) or (text, place)
            value = target.resolver.value(text, Scope(place.path, place.line))
            yield Level("ip", title, _at(value, place))
        if not set_by:
            place = Place(own[0].path)
            hidden = [i for h in own for i in h.facts.missing if not _is_in(own, i.name)]
            value = target.resolver.value(default, Scope(place.path, place.line))
            if hidden:
                value = Value(None, place, missing=f"{macro}, which {hidden[0].name} may define,")
            yield Level("ip", title, _at(value, place), known=f"{macro} is not set: {default}")


def _macro_is(header: Header, name: str, number: int) -> bool:
    macro = header.get(name)
    return macro is not None and macro.value == number


def _is_in(headers: list[Located[Header]], include: str) -> bool:
    return any(h.path.endswith("/" + include.rpartition("/")[2]) for h in headers)


def _at(value: Value, place: Place) -> Value:
    """The value at the option's own line."""
    return Value(value.number, place, value.chain, value.missing)


def _zenoh(target: TargetTasks, builds: BuildDefinitions) -> Iterator[Level]:
    """zenoh-pico's tasks: at the priorities that a call hands over, else at its port's default."""
    files = [f for folder in target.folders for f in builds.below(folder)]
    threads = {
        d.integer for f in files for d in f.facts.definitions if d.macro == "Z_FEATURE_MULTI_THREAD"
    }
    if threads == {0}:
        return
    options = [*by_parameters(target, _READ, _LEASE), *by_attributes(target, "priority")]
    found = [Level(o.role, f"zenoh-pico's {o.role} task", o.value, made=o.made) for o in options]
    yield from found
    if any(level.role == "read" for level in found):
        return
    marks = [Place(f.path, m.line) for f in files for m in f.facts.marks]
    opens = [Place(p, c.line) for name in _OPENS for p, _, c in target.calls(name)]
    for place in (opens or marks)[:1]:
        value = target.resolver.value("configMAX_PRIORITIES / 2", Scope(place.path, place.line))
        known = "zenoh-pico's default, configMAX_PRIORITIES / 2"
        at = Value(value.number, place, missing=value.missing)
        yield Level("read", "zenoh-pico's read task", at, known=known)
