"""A clock that is made from a narrow counter must outlive the counter's wrap."""

from collections.abc import Iterable, Iterator
from typing import TypedDict

from pitfalls import Finding, Related, fail, ok, rule, unknown, warn
from pitfalls.views.counter_wraps import CounterWraps, Kind, Wrap
from pitfalls.views.counters import spoken
from pitfalls.views.instant_compares import InstantCompare, InstantCompares

HOUR = 3600.0
DAY = 86_400.0


class About(TypedDict):
    """What a finding says besides its message."""

    subject: str
    platform: str
    related: Iterable[Related]


def about(wrap: Wrap | InstantCompare) -> About:
    """Subject, platform and chain of a spot."""
    return {"subject": wrap.subject, "platform": wrap.platform, "related": wrap.related}


def of(wraps: CounterWraps, *kinds: Kind) -> Iterator[tuple[Wrap, str]]:
    """The spots of some kinds, with the function and its counter in words."""
    for wrap in wraps.wraps:
        if wrap.kind in kinds:
            counter = f": {wrap.counter.text}" if wrap.counter else ""
            yield wrap, f"{wrap.function.facts.name}(){counter}"


def beyond(wraps: CounterWraps, instants: InstantCompares) -> Iterator[InstantCompare]:
    """The readings that functions of any name widen, without those of a clock."""
    told = {(wrap.place.path, wrap.function.facts.name) for wrap in wraps.wraps}
    return (one for one in instants.widened if (one.place.path, one.function) not in told)


def judge(wrap: Wrap | InstantCompare, text: str) -> Finding:
    """A short period fails, one of a day or more warns, an unknown one is undecided."""
    long = wrap.counter.is_long if wrap.counter else None
    if long is None:
        return unknown(wrap.place, f"{text}; its rate is not in this tree", **about(wrap))
    return (warn if long or wrap.stock else fail)(wrap.place, text, **about(wrap))


@rule(
    level="fail",
    tag="seed",
    fix="Count the wraps, or add the difference to the last reading up in 64 bits.",
)
def unextended(wraps: CounterWraps, instants: InstantCompares) -> Iterator[Finding]:
    """A counter of 32 bits or fewer is extended by a wrap count, or by summing up differences,
    before it becomes a 64-bit time."""
    for wrap, text in of(wraps, "widened", "divided", "extended"):
        if wrap.kind != "extended":
            yield judge(wrap, f"{text}; it is only {wrap.kind}, so the time jumps back with it")
        else:
            text += "; the getter keeps the last reading, and must run once in that time"
            yield ok(wrap.place, text, **about(wrap))
    for one in beyond(wraps, instants):
        if not one.seconds:
            text = f"{one.function}(): {one.counter.text}; `{one.text}` is taken in 64 bits"
            yield judge(one, f"{text}, where it jumps back at the wrap")


@rule(level="fail", fix="Refresh the start at each reading and add the difference to a 64-bit sum.")
def stale_start(wraps: CounterWraps) -> Iterator[Finding]:
    """A difference of readings is taken against the last one, not against a start that is set once:
    that still wraps."""
    for wrap, text in of(wraps, "stale"):
        yield judge(wrap, f"{text}; it is measured from a start that is never refreshed")


@rule(level="fail", fix="Compare the signed difference of the two instants with zero.")
def order_compare(wraps: CounterWraps, instants: InstantCompares) -> Iterator[Finding]:
    """Instants of a counter that wraps are compared by subtraction, not with < or >, wherever code
    waits for one."""
    told = set()
    for wrap, text in of(wraps, "compared"):
        told.add(wrap.place)
        yield judge(wrap, f"{text}; `{wrap.text}` is wrong across the wrap")
    for one in instants.compares:
        if one.place not in told:
            text = f"{one.function}(): {one.counter.text}; `{one.text}` is wrong across the wrap"
            yield judge(one, text)


@rule(level="fail", fix="Multiply in 64 bits, or divide before you multiply.")
def narrow_arithmetic(wraps: CounterWraps, instants: InstantCompares) -> Iterator[Finding]:
    """The arithmetic of an elapsed time does not overflow its type within a day."""
    spots: list[tuple[Wrap | InstantCompare, str]] = [*of(wraps, "product")]
    spots += [(one, f"{one.function}()") for one in beyond(wraps, instants) if one.seconds]
    for spot, text in spots:
        full = f"{text} overflows 32 bits after {spoken(spot.seconds)}: `{spot.text}`"
        short = spot.seconds < HOUR and not spot.stock
        if spot.seconds < DAY:
            yield (fail if short else warn)(spot.place, full, **about(spot))


@rule(level="warn", fix="Read the counter in the getter, or update it from a periodic interrupt.")
def poll_bound(wraps: CounterWraps) -> Iterator[Finding]:
    """The update that a wrap needs once per period is made by more than a poll."""
    for wrap, text in of(wraps, "polled"):
        yield warn(wrap.place, f"{text}; only this poll takes its readings", **about(wrap))


@rule(level="warn", fix="Put the update into a critical section.")
def nonatomic(wraps: CounterWraps) -> Iterator[Finding]:
    """The last reading and the wrap count are updated by one priority only, or under a lock."""
    for wrap, text in of(wraps, "unprotected"):
        full = f"{text}; an interrupt and other code both update its last reading"
        yield warn(wrap.place, full, **about(wrap))
