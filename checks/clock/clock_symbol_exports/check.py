"""Every clock symbol that the linked stack needs is defined once, with type and source right."""

from collections.abc import Iterator

from pitfalls import Finding, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.calendar_waits import CalendarWaits
from pitfalls.views.clock_symbols import INTERFACE, LITERAL, ClockSymbols
from pitfalls.views.clocks import Clocks


@rule(
    level="fail", tag="seed:narrowed", fix="Define the symbol in a crate that the firmware links."
)
def symbols_missing(symbols: ClockSymbols) -> Iterator[Finding]:
    """A clock symbol that is declared as external has a definition that the firmware links."""
    for need in symbols.needs:
        judge, text = {
            "defined": (ok, "is defined in what is linked"),
            "missing": (fail, f"is defined nowhere, and {need.firmware} links this"),
            "unlinked": (
                fail,
                f"is defined for no build of {need.firmware}",
            ),
            "unknown": (unknown, need.reason),
        }[need.outcome]
        yield judge(
            need.place,
            f"{need.name}() {text}" if need.outcome != "unknown" else f"{need.name}(): {text}",
            subject=need.subject,
            platform=need.platform,
            related=need.related,
        )


@rule(level="fail", tag="seed", fix="Move the clock on in an interrupt, not in the network poll.")
def poll_advances(clocks: Clocks) -> Iterator[Finding]:
    """The network poll does not advance, set or update the clock."""
    for clock in clocks.clocks:
        for run in clock.network_polls:
            text = f"the network poll moves {clock.static_name}, the time of {clock.name}"
            yield fail(
                run.place, text, subject=clock.subject, platform=clock.platform, related=run.hops
            )


@rule(level="fail", fix="Return the type that the platform header gives z_clock_t.")
def type_mismatch(symbols: ClockSymbols) -> Iterator[Finding]:
    """z_clock_now() returns what the platform header calls z_clock_t, in width and in kind."""
    for one in symbols.definitions:
        if one.matches is None or one.function.facts.symbol_name != "z_clock_now":
            continue
        found = one.function.facts.result
        header = [Related(one.expected[0], "z_clock_t is given here")] if one.expected else []
        said = one.expected[1] if one.expected else "z_clock_t"
        text = f"z_clock_now() returns {found}; the header says {said}"
        judge = ok if one.matches else fail
        place = one.function.place
        yield judge(place, text, subject=one.subject, platform=one.platform, related=header)


@rule(level="fail", fix="Read the monotonic clock instead.")
def wall_clock(clocks: Clocks, waits: CalendarWaits) -> Iterator[Finding]:
    """A deadline clock reads monotonic time, not the calendar, which jumps when it is set."""
    for clock in clocks.clocks:
        if clock.leaf.kind != "wall":
            continue
        names = {getter.facts.name for getter in clock.getters}
        stamps = all(name.startswith("smoltcp") for name in names)
        text = f"{clock.name} reads {clock.leaf.sources[0].name}, the calendar"
        yield (warn if stamps else fail)(
            clock.read_place,
            text,
            subject=f"{clock.subject}: {clock.getters[0].facts.name}",
            platform=clock.platform,
            related=clock.chain,
        )
    for wait in waits.waits:
        yield fail(
            wait.place,
            f"{wait.function}() measures how long it waits with {wait.call}(), the calendar",
            subject=f"{wait.subject}: {wait.function}",
            platform=wait.platform,
            related=wait.related,
        )


@rule(
    level="fail",
    fix="Keep one definition, or put the two under conditions that exclude each other.",
)
def duplicate(symbols: ClockSymbols) -> Iterator[Finding]:
    """No build can select two definitions of one clock symbol."""
    for one in symbols.definitions:
        if one.twin is not None:
            text = f"{one.function.facts.symbol_name}() is defined twice in one program"
            yield fail(
                one.function.place,
                text,
                subject=one.subject,
                platform=one.platform,
                related=[Related(one.twin.place, "the other definition")],
            )


@rule(level="fail", fix="Name the crate in the firmware: `extern crate` or `use ... as _`.")
def not_linked(symbols: ClockSymbols) -> Iterator[Finding]:
    """A crate that defines a clock symbol is named somewhere in the firmware that depends on it:
    else the linker never sees it."""
    for one in symbols.definitions:
        if one.dropped is not None:
            function = one.function
            text = f"{function.facts.symbol_name}() is lost: nothing names {function.crate_name}"
            yield fail(
                one.dropped,
                text,
                subject=symbols.layout.subject_of(one.dropped.path),
                platform=one.platform,
                related=[Related(one.function.place, "is defined here")],
            )


@rule(level="warn", tag="seed:history", fix="Define all eight symbols in the platform.")
def literal_set(symbols: ClockSymbols) -> Iterator[Finding]:
    """A platform defines all eight names of the original by itself. Superseded: what counts is that
    each symbol that is needed is defined once."""
    done: set[str] = set()
    for one in symbols.definitions:
        lacking = [name for name in LITERAL if name not in symbols.literal.get(one.subject, ())]
        interface = INTERFACE.fullmatch(one.function.facts.symbol_name)
        if lacking and interface and one.subject not in done:
            done.add(one.subject)
            text = f"{one.subject} does not define {', '.join(lacking)}"
            yield note(one.function.place, text, subject=one.subject, platform=one.platform)
