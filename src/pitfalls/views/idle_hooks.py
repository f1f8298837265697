"""What the idle task of an emulated RTOS does: FreeRTOS's hook, a port's own waiting loop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal, Self

from pitfalls.formats import idle_assembly, rest_bodies
from pitfalls.formats.idle_assembly import IdleAssembly, WaitLoop
from pitfalls.formats.rest_bodies import Body, RestBodies
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.defined_symbols import Symbols
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs
from pitfalls.views.layout import Layout
from pitfalls.views.networked_guests import Emulated, NetworkedGuests
from pitfalls.views.rests import Rests
from pitfalls.views.routines import TEST_CODE

HOOKS = Selection(
    "FreeRTOS idle hooks", Body, rest_bodies.parse_hook,
    ("*.c", "*.cc", "*.cpp", "*.rs", "*.c.in"), (b"vApplicationIdleHook",),
)  # fmt: skip
BODIES = Selection(
    "functions that may rest", RestBodies, rest_bodies.parse,
    ("*.c", "*.cc", "*.cpp", "*.h", "*.rs"), lazy=True,
)  # fmt: skip
ASSEMBLY = Selection(
    "scheduler assembly", IdleAssembly, idle_assembly.parse, ("*.S", "*.s"),
    (b"schedule", b"idle", b"execute_ptr"),
)  # fmt: skip


@dataclass(frozen=True)
class IdleTask:
    """A FreeRTOS configuration. ``state``: ``tickless``, ``sleeps`` (the hook executes ``word``),
    ``off``, ``empty`` (the hook is called and does not sleep) or ``unknown``; ``told`` says why,
    where a condition or a function decides."""

    config: FreeRTOSConfig
    place: Place
    state: Literal["tickless", "sleeps", "off", "empty", "unknown"]
    hook: Place | None
    emulated: Emulated
    word: str = ""
    told: str = ""
    related: tuple[Related, ...] = ()


@dataclass(frozen=True)
class PortLoop:
    """The waiting loop of a port's scheduler; ``sleeps`` None when ``told`` is not known to hold,
    the conditions of its WFI."""

    loop: WaitLoop
    place: Place
    subject: str
    platform: str
    emulated: Emulated
    sleeps: bool | None
    told: str = ""
    related: tuple[Related, ...] = ()


class IdleHooks(View):
    """``tasks`` of FreeRTOS targets that are launched with a network; ``loops`` of ports."""

    uses = (HOOKS, BODIES, ASSEMBLY, FreeRTOSConfigs, NetworkedGuests, Layout)

    def __init__(self, tasks: Iterable[IdleTask], loops: Iterable[PortLoop]) -> None:
        self.tasks = tuple(tasks)
        self.loops = tuple(loops)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join configurations, hooks and launches."""
        guests, layout = source.view(NetworkedGuests), source.view(Layout)
        if not guests.launches:
            return cls((), ())
        hooks = {f.path: f.facts for f in source.facts(HOOKS) if layout.is_evidence(f.path)}
        configs = source.view(FreeRTOSConfigs).configs
        machines = {one.machine for one in guests.launches if one.machine}
        named = [c for c in configs if any(m in f"{c.project}/{c.path}" for m in machines)]
        tasks = [
            task for c in configs
            if (task := _task(c, hooks, source, len(configs), is_launched=c in named or not named))
            is not None
        ]  # fmt: skip
        loops = []
        for file in source.facts(ASSEMBLY):
            platform = layout.platform_of(file.path)
            emulated = guests.of(platform, file.path)
            if layout.is_evidence(file.path) and emulated is not None:
                subject = layout.subject_of(file.path)
                for loop in file.facts.loops:
                    place, symbols = Place(file.path, loop.line), Symbols(source, platform)
                    if symbols.holds(loop.within) is not False:
                        loops.append(_port_loop(loop, place, subject, emulated, symbols))
        return cls(tasks, loops)


def _port_loop(
    loop: WaitLoop, place: Place, subject: str, emulated: Emulated, symbols: Symbols
) -> PortLoop:
    """A loop that is compiled, as far as its conditions tell."""
    around, inside = symbols.holds(loop.within), symbols.holds(loop.conditions)
    sleeps = None if around is None else inside if loop.sleeps else False
    told = " and ".join(loop.within if around is None else loop.conditions)
    return PortLoop(
        loop, place, subject, symbols.platform, emulated, sleeps, told, tuple(symbols.places)
    )


def _task(
    config: FreeRTOSConfig, hooks: dict[str, Body], source: Source, count: int,
    *, is_launched: bool,
) -> IdleTask | None:  # fmt: skip
    host = any(word in config.path.lower() for word in ("posix", "win32", "linux", "native"))
    emulated = source.view(NetworkedGuests).of("freertos", config.path)
    if host or emulated is None or TEST_CODE.search(config.path) or not is_launched:
        return None
    tickless = config.value("configUSE_TICKLESS_IDLE", 0)
    used = config.value("configUSE_IDLE_HOOK", 0)
    if tickless:
        place = config.place("configUSE_TICKLESS_IDLE")
        return IdleTask(config, place, "tickless", None, emulated)
    place = config.place("configUSE_IDLE_HOOK")
    if used is None or tickless is None:
        return IdleTask(config, place, "unknown", None, emulated)
    if used == 0:
        return IdleTask(config, place, "off", None, emulated)
    hook = _hook(config, hooks, count)
    if hook is None:
        return IdleTask(config, place, "unknown", None, emulated)
    at, body = hook
    symbols = Symbols(source, config.platform or "freertos", config.get)
    found = Rests(partial(_bodies, source), symbols, config.project).of(body, at.path)
    return IdleTask(
        config, place, found.state, at, emulated, found.word, found.told,
        (*found.related, *symbols.places),
    )  # fmt: skip


def _bodies(source: Source, name: str) -> list[Located[RestBodies]]:
    """The files of the tree's own code that define a function or macro of that name."""
    layout = source.view(Layout)
    words = (f"{name}(".encode(), f"{name} (".encode())
    paths = [path for path in source.holding(BODIES, words) if layout.is_evidence(path)]
    return source.facts_of(BODIES, paths)


def _hook(config: FreeRTOSConfig, hooks: dict[str, Body], count: int) -> tuple[Place, Body] | None:
    """The hook in the project's folder, else the only one of the tree."""
    decided = config.place("configUSE_IDLE_HOOK").path
    shared = decided.rpartition("/")[0].rpartition("/")[0]
    found = _near(config.project, hooks) or (_near(shared, hooks) if shared else [])
    if not found and len(hooks) == 1 and count == 1:
        found = list(hooks.items())
    return next(((Place(path, hook.line), hook) for path, hook in found), None)


def _near(project: str, hooks: dict[str, Body]) -> list[tuple[str, Body]]:
    prefix = f"{project}/" if project else ""
    return [(path, hook) for path, hook in sorted(hooks.items()) if path.startswith(prefix)]
