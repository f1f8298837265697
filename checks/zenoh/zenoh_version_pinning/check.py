"""Zenoh components that talk to each other are pinned, and to one version."""

from collections.abc import Iterator
from itertools import combinations

from pitfalls import Finding, Related, fail, ok, rule, unknown, warn
from pitfalls.views.layout import Layout
from pitfalls.views.zenoh_pins import ZenohPin, ZenohPins

PARTS = ("major", "minor", "patch")


def _difference(one: ZenohPin, other: ZenohPin) -> str:
    """Which number differs first: ``major``, ``minor``, ``patch``; empty for equal ones."""
    if one.version is None or other.version is None:
        return ""
    pairs = zip(PARTS, one.version, other.version, strict=True)
    return next((part for part, left, right in pairs if left != right), "")


def _mismatches(pins: ZenohPins, *parts: str) -> Iterator[tuple[ZenohPin, ZenohPin, str]]:
    """``(older, newer, difference)``, each literal pin once, against the newest it differs from."""
    worst: dict[ZenohPin, tuple[ZenohPin, str]] = {}
    for one, other in combinations(pins.known, 2):
        difference = _difference(one, other)
        literal = [pin for pin in (one, other) if not pin.declared]
        if difference in parts and literal:
            older = min(literal, key=lambda pin: pin.version or ())
            newer = other if older is one else one
            before = worst.get(older)
            if before is None or PARTS.index(difference) < PARTS.index(before[1]):
                worst[older] = newer, difference
    for pin, (newer, difference) in worst.items():
        yield pin, newer, difference


@rule(
    level="fail",
    tag="seed:narrowed",
    fix="Pin all components that talk to each other to one release.",
)
def minor_mismatch(pins: ZenohPins, layout: Layout) -> Iterator[Finding]:
    """Pinned components that talk to each other are of one minor version; copies of one component
    too."""
    differing: set[ZenohPin] = set()
    for pin, other, difference in _mismatches(pins, "major", "minor"):
        differing |= {pin, other}
        copies = pin.component == other.component and not other.declared
        make = fail if difference == "major" or copies else warn
        said = " is declared as" if other.declared else ""
        yield make(
            pin.place,
            f"{pin.component} {pin.text} ({pin.how}); {other.component}{said} {other.text}",
            subject=pin.component, platform=layout.platform_of(pin.place.path),
            related=[Related(other.place, f"{other.component} {other.text} ({other.how})")],
        )  # fmt: skip
    same = [pin for pin in pins.known if pin not in differing]
    literal = [pin for pin in same if not pin.declared]
    if len(same) > 1 and literal:
        first = literal[0]
        yield ok(
            first.place, f"{len(same)} pins of one version: {first.text}",
            subject=first.component, platform=layout.platform_of(first.place.path),
            related=[Related(p.place, f"{p.component} {p.text} ({p.how})") for p in same[:8]],
        )  # fmt: skip
    for component, path in pins.absent:
        place = next((pin.place for pin in pins.pins), None)
        if place is not None:
            message = f"{component} is the submodule {path}, which is not checked out"
            yield unknown(place, message, subject=component)


@rule(
    level="warn",
    tag="seed:narrowed",
    fix="Pin all components that talk to each other to one release.",
)
def patch_mismatch(pins: ZenohPins, layout: Layout) -> Iterator[Finding]:
    """Pinned components that talk to each other are of one patch version."""
    for pin, other, _ in _mismatches(pins, "patch"):
        yield warn(
            pin.place, f"{pin.component} {pin.text}; {other.component} {other.text}",
            subject=pin.component, platform=layout.platform_of(pin.place.path),
            related=[Related(other.place, f"{other.component} {other.text} ({other.how})")],
        )  # fmt: skip


@rule(level="fail", fix="Take client and router from releases of one protocol version.")
def wire_mismatch(pins: ZenohPins) -> Iterator[Finding]:
    """Z_PROTO_VERSION of zenoh-pico is the protocol version of the router's sources."""
    for place, number in pins.pico_wire:
        for other, theirs in pins.router_wire:
            related = [Related(other, f"the router speaks {theirs:#04x}")]
            if number == theirs:
                message = f"both speak protocol version {number:#04x}"
                yield ok(place, message, subject="protocol", related=related)
            else:
                message = f"zenoh-pico speaks {number:#04x}, the router {theirs:#04x}"
                yield fail(place, message, subject="protocol", related=related)


@rule(
    level="warn",
    fix="Name a release, and start the router that was built or downloaded for it.",
)
def unpinned(pins: ZenohPins, layout: Layout) -> Iterator[Finding]:
    """No component is a branch, the latest release, an install without a version, or a router
    from PATH."""
    if not (pins.known or pins.absent or pins.branches):
        return
    for pin in pins.pins:
        if pin.version is None:
            message = f"{pin.component} is not pinned: {pin.how}"
            platform = layout.platform_of(pin.place.path)
            yield warn(pin.place, message, subject=pin.component, platform=platform)
    for place in pins.starts:
        message = "starts whatever zenohd is on PATH"
        platform = layout.platform_of(place.path)
        yield warn(place, message, subject=place.path, platform=platform)


@rule(level="warn", fix="Correct the text, or name the file that holds the pin instead.")
def text_drift(pins: ZenohPins) -> Iterator[Finding]:
    """A version beside zenoh in documentation, comments or build-script text is one that is
    pinned."""
    versions = {pin.version for pin in pins.known}
    shown = ", ".join(sorted({pin.text for pin in pins.known}))
    for statement in pins.statements:
        if versions and statement.version not in versions:
            message = f"the text says {statement.component} {statement.text}, pinned is {shown}"
            related = [Related(p.place, f"{p.component} {p.text} ({p.how})") for p in pins.known]
            subject = f"{statement.place.path}: {statement.component}"
            yield warn(statement.place, message, subject=subject, related=related[:4])
