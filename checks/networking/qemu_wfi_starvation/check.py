"""An emulated guest lets its CPU rest while it waits for the network."""

from collections.abc import Iterator

from pitfalls import Finding, FindingMaker, Related, fail, ok, rule, unknown, warn
from pitfalls.views.idle_guests import IdleGuests, Spin
from pitfalls.views.idle_hooks import IdleHooks, IdleTask
from pitfalls.views.networked_guests import Emulated

REST = "Await a delay between two polls, or sleep with WFI in the loop once an interrupt is armed."


def _level(emulated: Emulated) -> FindingMaker:
    """Under a numeric -icount shift a spinning guest leaves the host's time behind."""
    return fail if emulated.shift is not None else warn


@rule(level="fail", tag="seed:narrowed", fix=REST)
def busy_loop(guests: IdleGuests) -> Iterator[Finding]:
    """An endless loop that polls the network lets the CPU rest: an await, a delay, WFI, a call
    that blocks on a preemptive kernel."""
    for spin in guests.spins:
        if spin.loop.kind != "wait":
            yield from _loop(spin, "the loop polls with {}() and never rests")


@rule(level="fail", fix="Call an idle callback, or WFI, in the waiting loop.")
def platform_busy_wait(guests: IdleGuests) -> Iterator[Finding]:
    """A waiting loop under the application (sleep, connect, send, read) lets the CPU rest: a delay
    in the application does not reach it."""
    for spin in guests.spins:
        if spin.loop.kind == "wait":
            yield from _loop(spin, spin.loop.function + "() waits with {}() and never rests")


def _loop(spin: Spin, message: str) -> Iterator[Finding]:
    if spin.asks:
        return  # hook_never_called tells
    if spin.rests:
        hops = [Related(spin.installed, "installs it")] if spin.installed is not None else []
        yield ok(
            spin.place, f"the loop rests: {spin.rests}", subject=spin.subject,
            platform=spin.platform, related=[*hops, *spin.emulated.related],
        )  # fmt: skip
    else:
        yield _level(spin.emulated)(
            spin.place, message.format(spin.loop.call), subject=spin.subject,
            platform=spin.platform, related=spin.emulated.related,
        )  # fmt: skip


@rule(
    level="warn",
    fix="Set configUSE_IDLE_HOOK to 1 and execute WFI in vApplicationIdleHook(), or use tickless "
    "idle.",
)
def idle_hook(hooks: IdleHooks) -> Iterator[Finding]:
    """The idle task of an emulated FreeRTOS target executes WFI."""
    for task in hooks.tasks:
        make, message = _hook(task)
        related = [*task.related, *task.emulated.related]
        if task.hook is not None:
            related.insert(0, Related(task.hook, "vApplicationIdleHook"))
        yield make(
            task.place, message, subject=task.config.subject, platform=task.config.platform,
            related=related,
        )  # fmt: skip


def _hook(task: IdleTask) -> tuple[FindingMaker, str]:
    if task.state == "off":
        return warn, "configUSE_IDLE_HOOK is 0 and idle is not tickless: the idle task spins"
    if task.state == "empty":
        told = f": {task.told}" if task.told else ""
        return warn, f"the idle hook is called and does not sleep{told}"
    if task.state == "unknown":
        return unknown, task.told or (
            "whether the idle task sleeps is told by a header that is missing, or by the "
            "definition of vApplicationIdleHook"
        )
    if task.hook is None:
        return ok, "idle is tickless"
    return ok, f"the idle hook executes {task.word}"


@rule(level="fail", fix="Install the idle callback once an interrupt is armed, before the session "
      "is opened.")  # fmt: skip
def hook_never_called(guests: IdleGuests) -> Iterator[Finding]:
    """A board that links a crate with an installer of an idle callback calls it."""
    for board in guests.boards:
        place, name = board.installer
        if board.use is not None:
            where, use = board.use
            yield ok(
                where, f"{use.name}() gives the waiting loops an idle callback",
                subject=board.subject, platform=board.platform, related=board.emulated.related,
            )  # fmt: skip
        else:
            yield _level(board.emulated)(
                board.place, f"the board is brought up and nothing calls {name}(): its waiting "
                "loops spin", subject=board.subject, platform=board.platform,
                related=[Related(place, f"{name} is defined here"), *board.emulated.related],
            )  # fmt: skip


@rule(level="warn", fix="Arm a timer, SysTick or another interrupt before the first WFI.")
def wfi_unarmed(guests: IdleGuests) -> Iterator[Finding]:
    """A target arms an interrupt before it executes WFI or installs an idle callback that does:
    without one the first WFI never returns."""
    told = {board.subject for board in guests.boards if board.use is not None}
    for spin in guests.spins:
        if spin.subject in told:
            continue
        if spin.needs_interrupt and spin.loop.kind != "wait" and not spin.armed:
            yield warn(
                spin.place, "the loop executes WFI and nothing arms an interrupt",
                subject=spin.subject, platform=spin.platform,
            )  # fmt: skip
    for board in guests.boards:
        if board.use is None:
            continue
        where, use = board.use
        if board.arms:
            yield ok(where, f"an interrupt is armed: {board.arms}", subject=board.subject,
                     platform=board.platform)  # fmt: skip
        else:
            yield warn(where, f"{use.name}() is called and nothing arms an interrupt",
                       subject=board.subject, platform=board.platform)  # fmt: skip


@rule(level="warn", fix="Execute WFI in the loop, after interrupts are enabled.")
def rtos_idle_spin(hooks: IdleHooks) -> Iterator[Finding]:
    """The loop in which a port's scheduler waits for a ready task executes WFI."""
    for found in hooks.loops:
        label = found.loop.label
        make, what = ok, "executes WFI"
        if found.sleeps is None:
            make, what = unknown, f"depends on {found.told}, which something else decides"
        elif not found.sleeps:
            make, what = warn, "waits for a ready task and has no WFI"
            what += f": {found.told} does not hold" if found.loop.sleeps else ""
        yield make(
            found.place, f"{label} {what}", subject=found.subject, platform=found.platform,
            related=[*found.related, *found.emulated.related],
        )  # fmt: skip
