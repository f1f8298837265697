"""A clock advances with a hardware timer or the kernel's time, never with a poll."""

from collections.abc import Iterable, Iterator
from typing import TypedDict

from pitfalls import Finding, FindingMaker, Measure, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.clock_registrations import ClockRegistrations
from pitfalls.views.clock_status import ROWS, found, required
from pitfalls.views.clocks import Clock, Clocks
from pitfalls.views.requested_times import CountedTimes
from pitfalls.views.tick_rates import TickScales
from pitfalls.views.zephyr_cycles import ZephyrCycles

CYCLES = {
    "guarded": (ok, "is read only where the option is set"),
    "present": (ok, "counts on {board}"),
    "absent": (fail, "returns 0 for ever in a build for {board}"),
    "shared": (
        warn,
        "returns 0 on boards without a 64-bit counter, and this code is for any board",
    ),
    "unknown": (unknown, "counts only if the system timer of {board} has a 64-bit counter"),
}

LINKAGE: dict[str, tuple[FindingMaker, str]] = {
    "linked": (fail, ""),
    "optional": (warn, "; no build of this tree switches this library on"),
    "none": (unknown, "; no firmware of this tree builds on it"),
}


class About(TypedDict):
    """What a finding says besides its message."""

    subject: str
    platform: str
    related: Iterable[Related]


class Judged(About):
    """What a finding says that judges where a clock's time comes from."""

    measure: Measure


def about(clock: Clock, *more: Related) -> About:
    """Subject, platform and chain of a clock."""
    return {
        "subject": clock.subject,
        "platform": clock.platform,
        "related": dict.fromkeys((*clock.chain, *more)),
    }


def judged(clock: Clock, *more: Related) -> Judged:
    """The same with the clock's row in the table of required versus found."""
    measure = Measure(clock.name, found(clock), required(clock.platform))
    return {**about(clock, *more), "measure": measure}


@rule(
    level="fail",
    tag="seed",
    fix="Read the counter inside the getter, or advance the variable in the timer's interrupt.",
)
def poll_driven(clocks: Clocks) -> Iterator[Finding]:
    """What a clock's getter returns is not a variable that only a poll function, a main loop or a
    software task advances: it stands still while nobody polls."""
    for clock in clocks.clocks:
        movement, run = clock.movement
        if movement == "polled" and run:
            text = f"{clock.name}: {clock.static_name} advances only here: {run.why}"
            judge = warn if clock.is_others else fail
            yield judge(run.place, text, **judged(clock, *run.hops))
        elif movement == "moves" and run:
            text = f"{clock.name}: {clock.static_name} advances in an interrupt: {run.why}"
            yield ok(run.place, text, **judged(clock, *run.hops))
        elif movement == "moves":
            source = clock.leaf.sources[0]
            text = f"{clock.name}: reads {source.name} ({clock.leaf.kind})"
            yield ok(clock.place, text, **judged(clock))
        elif movement == "unknown":
            why = (
                run.why
                if run
                else clock.leaf.reason or f"who writes {clock.static_name} is not in this tree"
            )
            yield unknown(
                run.place if run else clock.place, f"{clock.name}: {why}", **judged(clock)
            )


@rule(level="fail", fix="Call the function that advances or starts the clock, or delete the clock.")
def frozen(clocks: Clocks, registrations: ClockRegistrations) -> Iterator[Finding]:
    """Something advances the variable that a getter returns, something starts the counter that it
    reads, and a board registers the clock that waits ask for the time. A warning in a library that
    no build of this tree switches on, and in a stub."""
    yield from _unregistered(registrations)
    for clock in clocks.clocks:
        movement, run = clock.movement
        if movement == "frozen":
            what = run.why if run else "nothing writes it"
            text = f"{clock.name} stands still: {clock.static_name or 'a constant'}: {what}"
            judge, built = LINKAGE[clock.linkage]
            judge = unknown if clock.conditional and judge is fail else judge
            text += built
            if clock.is_stub and judge is fail:
                judge, text = warn, f"{text}; a stub: what waits for a time-out waits for ever"
            yield judge(run.place if run else clock.place, text, **judged(clock))
        elif clock.leaf.kind == "hardware" and clock.starts:
            start = clock.starts[0]
            text = f"{clock.name}: the counter is started: {start.why}"
            yield ok(start.place, text, **judged(clock))
        elif clock.leaf.kind == "hardware" and clock.starters:
            starter = clock.starters[0]
            text = f"{clock.name}: nothing calls {starter.facts.name}(), which starts the counter"
            yield (fail if clock.linkage == "linked" else warn)(
                starter.place, text, **judged(clock)
            )
        elif clock.leaf.kind == "hardware":
            text = f"{clock.name}: the line that starts the counter was not found"
            yield unknown(clock.place, text, **judged(clock))


def _unregistered(registrations: ClockRegistrations) -> Iterator[Finding]:
    for one in registrations.registrations:
        name, keeps = one.wrapper.facts.name, one.registrar.facts.name
        if one.call is None:
            text = f"nothing calls {name}(): waits that ask the clock of {keeps}() have none"
        else:
            text = f"{name}() gives waits their clock"
        yield (fail if one.call is None else ok)(
            one.call or one.place, text, subject=one.subject, platform=one.platform,
            related=one.related,
        )  # fmt: skip


@rule(
    level="fail",
    fix="Use k_uptime_ticks() where CONFIG_TIMER_HAS_64BIT_CYCLE_COUNTER is not enabled.",
)
def zephyr_cycle64(cycles: ZephyrCycles) -> Iterator[Finding]:
    """A clock reads k_cycle_get_64() only where CONFIG_TIMER_HAS_64BIT_CYCLE_COUNTER is set:
    elsewhere it returns 0 for ever."""
    for read in cycles.reads:
        judge, text = CYCLES[read.outcome]
        full = f"{read.clock.name}: k_cycle_get_64() {text.format(board=read.board or 'its board')}"
        yield judge(read.place, full, **about(read.clock, *read.related))


@rule(
    level="fail",
    fix="Multiply before you divide: ticks * 1000 / rate, in 64 bits.",
)
def scale_zero(scales: TickScales) -> Iterator[Finding]:
    """No constant factor of a tick conversion folds to 0 or is upside down at the tick rate of the
    build."""
    for scale in scales.scales:
        factor, rate = scale.factor, scale.rate
        quotient = f"{factor.numerator} / {factor.denominator}"
        at = f"at {rate.hertz} Hz" if rate else "at an unknown tick rate"
        judge, text = {
            "zero": (fail, f"{quotient} is 0 {at}: the clock stands still"),
            "inverted": (fail, f"{quotient} {at} scales the ticks the wrong way"),
            "exact": (ok, f"{quotient} {at} scales the ticks"),
            "unknown": (unknown, f"{quotient}: the tick rate is not in this tree"),
        }[scale.outcome]
        if judge is fail:
            judge = warn if scale.presumed else fail if scale.own else unknown
        yield judge(
            scale.place,
            f"{scale.function.facts.name}(): {text}",
            subject=scales.subject_of(scale),
            platform=scales.platform_of(scale),
            related=scale.related,
        )


@rule(level="warn", fix="Read a clock before and after, and count the difference.")
def requested_time(times: CountedTimes) -> Iterator[Finding]:
    """Time that has passed is measured: neither the timeout that was asked for nor the turns of a
    loop count as it."""
    for time in times.statements:
        facts = time.facts
        where: About = {"subject": time.subject, "platform": time.platform, "related": ()}
        if facts.kind == "turns":
            text = (
                f"{facts.function}() counts turns of a loop for {facts.timeout}, not units of time"
            )
            yield warn(time.place, text, **where)
            continue
        text = f"{facts.function}() counts {facts.timeout}, which it asked for, as time that passed"
        if facts.alternative:
            text += f" in some builds; line {facts.alternative} measures it in others"
        yield (unknown if facts.alternative else warn)(time.place, text, **where)


@rule(level="warn", tag="seed:history", fix="Use the clock source that the table names.")
def status_table(clocks: Clocks) -> Iterator[Finding]:
    """Each platform's clock reads the very source of the original's table. Superseded: any
    hardware or kernel clock will do."""
    for clock in clocks.clocks:
        row = ROWS.get(clock.platform)
        if row and not any(word in source.name for word in row[1] for source in clock.leaf.sources):
            source = clock.leaf.sources[0].name if clock.leaf.sources else clock.leaf.kind
            text = f"{clock.name} reads {source}; the original's row says {row[0]}"
            yield note(clock.place, text, **about(clock))
