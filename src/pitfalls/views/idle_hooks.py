"""What the idle task of an emulated RTOS does: FreeRTOS's hook, a port's own waiting loop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import idle_assembly, idle_hook
from pitfalls.formats.idle_assembly import IdleAssembly, WaitLoop
from pitfalls.formats.idle_hook import IdleHook
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs
from pitfalls.views.layout import Layout
from pitfalls.views.networked_guests import Emulated, NetworkedGuests
from pitfalls.views.routines import TEST_CODE

HOOKS = Selection(
    "FreeRTOS idle hooks", IdleHook, idle_hook.parse,
    ("*.c", "*.cc", "*.cpp", "*.rs", "*.c.in"), (b"vApplicationIdleHook",),
)  # fmt: skip
ASSEMBLY = Selection(
    "scheduler assembly", IdleAssembly, idle_assembly.parse, ("*.S", "*.s"),
    (b"schedule", b"idle", b"execute_ptr"),
)  # fmt: skip


@dataclass(frozen=True)
class IdleTask:
    """A FreeRTOS configuration. ``state``: ``tickless``, ``sleeps`` (the hook holds a WFI),
    ``off``, ``empty`` (the hook is called and does not sleep) or ``unknown``."""

    config: FreeRTOSConfig
    place: Place
    state: Literal["tickless", "sleeps", "off", "empty", "unknown"]
    hook: tuple[Place, IdleHook] | None
    emulated: Emulated


@dataclass(frozen=True)
class PortLoop:
    """The waiting loop of a port's scheduler."""

    loop: WaitLoop
    place: Place
    subject: str
    platform: str
    emulated: Emulated


class IdleHooks(View):
    """``tasks`` of FreeRTOS targets that are launched with a network; ``loops`` of ports."""

    uses = (HOOKS, ASSEMBLY, FreeRTOSConfigs, NetworkedGuests, Layout)

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
            if (task := _task(c, hooks, guests, len(configs), is_launched=c in named or not named))
            is not None
        ]  # fmt: skip
        loops = []
        for file in source.facts(ASSEMBLY):
            platform = layout.platform_of(file.path)
            emulated = guests.of(platform, file.path)
            if layout.is_evidence(file.path) and emulated is not None:
                loops += [
                    PortLoop(
                        loop, Place(file.path, loop.line), layout.subject_of(file.path), platform,
                        emulated,
                    )
                    for loop in file.facts.loops
                ]  # fmt: skip
        return cls(tasks, loops)


def _task(
    config: FreeRTOSConfig, hooks: dict[str, IdleHook], guests: NetworkedGuests, count: int,
    *, is_launched: bool,
) -> IdleTask | None:  # fmt: skip
    host = any(word in config.path.lower() for word in ("posix", "win32", "linux", "native"))
    emulated = guests.of("freertos", config.path)
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
    return IdleTask(config, place, "sleeps" if hook[1].sleeps else "empty", hook, emulated)


def _hook(
    config: FreeRTOSConfig, hooks: dict[str, IdleHook], count: int
) -> tuple[Place, IdleHook] | None:
    """The hook in the project's folder, else the only one of the tree."""
    decided = config.place("configUSE_IDLE_HOOK").path
    shared = decided.rpartition("/")[0].rpartition("/")[0]
    found = _near(config.project, hooks) or (_near(shared, hooks) if shared else [])
    if not found and len(hooks) == 1 and count == 1:
        found = list(hooks.items())
    return next(((Place(path, hook.line), hook) for path, hook in found), None)


def _near(project: str, hooks: dict[str, IdleHook]) -> list[tuple[str, IdleHook]]:
    prefix = f"{project}/" if project else ""
    return [(path, hook) for path, hook in sorted(hooks.items()) if path.startswith(prefix)]
