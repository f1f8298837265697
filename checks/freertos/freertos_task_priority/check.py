"""The tasks that a frame passes through must not starve the one before them."""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from pitfalls import Finding, Place, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.network_tasks import Level, NetworkTasks, NetworkTaskSets, Role

Make = Callable[..., Finding]

SLICING = "configUSE_TIME_SLICING"
HIGHEST = "configMAX_PRIORITIES"
TRANSPORT: tuple[Role, ...] = ("rx", "read", "lease")
CHAIN: tuple[Role, ...] = ("rx", "ip", "read")


@rule(
    level="warn",
    tag="seed:history",
    fix="Give the rx task, the read task and tcpip_thread the same priority.",
)
def equal(networks: NetworkTaskSets) -> Iterator[Finding]:
    """The rx task, zenoh-pico's read task and the IP stack's task have the same priority. Too
    strict: what counts is which of them is above which."""
    for network in _applying(networks):
        for rx in network.of("rx"):
            others = [*network.beside(rx, "read"), *network.of("ip")]
            numbers = {level.number for level in (rx, *others)}
            if len(others) > 1 and None not in numbers and len(numbers) > 1:
                yield _about(network, note, rx, *others)


@rule(level="fail", tag="seed:narrowed", fix="Raise the rx task to the read task's priority.")
def rx_below_read(networks: NetworkTaskSets) -> Iterator[Finding]:
    """The task that takes frames from the controller is not below zenoh-pico's read task. It is
    an error where the rx task polls, and a warning where an interrupt wakes it."""
    for network in _applying(networks):
        for rx in network.of("rx"):
            for read in network.beside(rx, "read"):
                yield _judge(network, rx, read, fail if rx.polled else warn)


@rule(level="fail", tag="seed:narrowed", fix="Raise the IP stack's task to the other's priority.")
def tcpip_below_read(networks: NetworkTaskSets) -> Iterator[Finding]:
    """The IP stack's task is not below a polled rx task, nor below zenoh-pico's read task: an
    error in a target whose rx task polls, else a warning, since the read task waits in recv."""
    for network in _applying(networks):
        polled = [rx for rx in network.of("rx") if rx.polled]
        for ip in network.of("ip"):
            for rx in polled:
                yield _judge(network, ip, rx, fail)
            for read in network.of("read"):
                yield _judge(network, ip, read, fail if polled else warn)


@rule(level="warn", fix="Give the polled rx task and the IP stack's task the same priority.")
def rx_below_tcpip(networks: NetworkTaskSets) -> Iterator[Finding]:
    """A polled rx task is not below the IP stack's task: whatever keeps that busy keeps the
    controller's FIFO from being emptied. One that an interrupt wakes may have any priority."""
    for network in _applying(networks):
        for rx in network.of("rx"):
            broken = warn if rx.polled else ok if rx.polled is False else unknown
            for ip in network.of("ip"):
                yield _judge(network, rx, ip, broken)


@rule(level="fail", fix=f"Use a priority below {HIGHEST}.")
def out_of_range(networks: NetworkTaskSets) -> Iterator[Finding]:
    """A priority that reaches xTaskCreate as it is, is below configMAX_PRIORITIES: the kernel
    asserts it, and without configASSERT takes the highest priority instead."""
    for network in _applying(networks):
        most = network.config.value(HIGHEST)
        for level in network.levels:
            if not level.raw or level.number is None or most is None:
                continue
            make = ok if level.number < most else fail
            limit = Related(network.config.place(HIGHEST), f"{HIGHEST} is {most}")
            text = f"{level.name} has priority {level.number}; {HIGHEST} is {most}"
            yield _finding(network, make, level, text, [*level.value.chain, limit])


@rule(level="warn", fix="Put application tasks below the tasks of the transport.")
def app_above(networks: NetworkTaskSets) -> Iterator[Finding]:
    """No application task is above the lowest of the transport's tasks (rx, read, lease), nor level
    with it on a kernel that does not slice time."""
    for network in _applying(networks):
        for task in network.of("application"):
            known = [v for r in TRANSPORT for v in network.beside(task, r) if v.number is not None]
            lowest = min(known, key=lambda level: level.number or 0, default=None)
            if lowest is None or task.number is None:
                continue
            sliced = network.config.value(SLICING, 1) != 0
            make = warn if task.number >= (lowest.number or 0) + sliced else ok
            yield _about(network, make, task, lowest)


@rule(level="warn", fix=f"Leave {SLICING} at 1.")
def no_time_slicing(networks: NetworkTaskSets) -> Iterator[Finding]:
    """Where two of these tasks share a priority, the kernel slices time between them."""
    for network in _applying(networks):
        levels = [v for r in CHAIN for v in network.of(r) if v.number is not None]
        pairs = ((a, b) for a, b in combinations(levels, 2) if a.role != b.role)
        same = next(((a, b) for a, b in pairs if a.number == b.number), None)
        if same is None:
            continue
        slicing = network.config.value(SLICING, 1)
        make = unknown if slicing is None else ok if slicing else warn
        value = "is not resolved" if slicing is None else f"is {slicing}"
        text = f"{SLICING} {value}; {same[0].name} and {same[1].name} share {same[0].number}"
        place = network.config.place(SLICING)
        related = [*same[0].related, *same[1].related]
        yield _finding(network, make, place, text, related)


def _applying(networks: NetworkTaskSets) -> Iterator[NetworkTasks]:
    return (network for network in networks.sets if network.applies)


def _judge(network: NetworkTasks, below: Level, above: Level, broken: Make) -> Finding:
    """``below`` must be at least at ``above``'s priority."""
    for level in (below, above):
        if level.number is None:
            other = above if level is below else below
            text = f"the priority of {level.name} against {_shown(other)}: "
            text += f"{level.value.missing} would decide"
            return _finding(network, unknown, level, text, other.related)
    right = (below.number or 0) >= (above.number or 0)
    make = ok if right else broken
    # A line of the tree is easier to mend than a library's default.
    first, second = (below, above) if not below.known or above.known else (above, below)
    if below.role == "ip" and above.role == "rx":
        first, second = above, below
    how = "" if below.role != "rx" else _manner(below)
    text = f"{_shown(below)}{how}, {_shown(above)}"
    if above.role == "rx":
        text += _manner(above)
    return _finding(network, make, first, text, [*first.value.chain, *second.related])


def _manner(rx: Level) -> str:
    if rx.polled is None:
        return " (how it waits is not told here)"
    return " (polled)" if rx.polled else " (woken by an interrupt)"


def _about(network: NetworkTasks, make: Make, first: Level, *others: Level) -> Finding:
    text = ", ".join(_shown(level) for level in (first, *others))
    related = [*first.value.chain, *(hop for level in others for hop in level.related)]
    return _finding(network, make, first, text, related)


def _shown(level: Level) -> str:
    known = f" ({level.known})" if level.known else ""
    return f"{level.name} has priority {level.number}{known}"


def _finding(
    network: NetworkTasks, make: Make, at: Level | Place, text: str, related: Iterable[Related]
) -> Finding:
    config = network.config
    place = at.value.place if isinstance(at, Level) else at
    return make(place, text, subject=config.subject, platform=config.platform, related=related)
