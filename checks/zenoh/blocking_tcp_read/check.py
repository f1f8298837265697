"""TCP below zenoh-pico must not keep the one thread that drives it, or a socket others need."""

from collections.abc import Iterator

from pitfalls import Finding, FindingMaker, Place, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.host_waits import HostWaits
from pitfalls.views.network_layer import NetworkLayers, TcpFunction
from pitfalls.views.offloaded_sockets import OffloadedSockets
from pitfalls.views.zenoh_spins import Spin, ZenohSpins

MAX_READ = 100
"""Milliseconds that a read may look for data on the only thread."""

MAX_WAIT = 1000
"""Milliseconds that anything may hold the only thread, or a socket that senders need: a third of
the keep-alive interval of a 10 s lease."""


@rule(
    level="fail",
    tag="seed",
    fix="Look once whether data is there and return 0 if not; the spin comes again.",
)
def blocking_read(layers: NetworkLayers, sockets: OffloadedSockets) -> Iterator[Finding]:
    """On a target with one thread the TCP read looks once, or waits for a bounded, short time: no
    loop on a clock deadline above 100 ms, no recv() without a timeout of at most 1000 ms."""
    for function in layers.functions:
        if function.wait.role == "read" and function.threads == "single":
            make, message = _judge_read(function)
            yield _finding(make, function, message)
        elif function.wait.role == "read" and function.blocks and function.threads == "unknown":
            yield from _open_question(function)
    for application in sockets.unbounded:
        yield fail(
            application.switch,
            "zenoh-pico runs on one thread, and without CONFIG_NET_CONTEXT_RCVTIMEO=y Zephyr's"
            " recv() waits for ever",
            subject=application.application,
            platform="zephyr",
        )


@rule(
    level="fail",
    fix="Keep what has arrived and return, or yield to the scheduler in each turn of the loop.",
)
def blocking_read_exact(layers: NetworkLayers) -> Iterator[Finding]:
    """Reading an exact length does not wait longer than 1000 ms on a deadline of its own without
    giving way."""
    yield from _deadlines(layers, fail, "read_exact")


@rule(level="warn", fix="Send what fits and come back, or yield in each turn of the loop.")
def blocking_send_connect(layers: NetworkLayers) -> Iterator[Finding]:
    """Sending and connecting do not hold the only thread longer than 1000 ms."""
    yield from _deadlines(layers, warn, "send", "open")


@rule(level="warn", fix="Pass zp_read_options_t with single_read = true.")
def partial_read(spins: ZenohSpins) -> Iterator[Finding]:
    """A spin over a TCP layer that returns at once reads one message at a time: reading all that
    is there starts with an empty buffer, and drops the part of a message that came before."""
    for spin in spins.spins:
        layer = next((layer for layer in spin.layers if layer.is_polled), None)
        if layer is None:
            continue
        for call, options in spin.reads:
            make = {"one message": ok, "all": warn, "unknown": unknown}[options]
            yield make(
                Place(spin.path, call.line),
                {
                    "one message": f"{spin.function} reads one message at a time",
                    "all": f"{call.name} of {spin.function} empties the buffer before it reads",
                    "unknown": f"what {call.arguments[-1]} holds decides whether {spin.function}"
                    " keeps partial messages",
                }[options],
                subject=f"{spin.subject}: {spin.function}",
                platform=spin.platform,
                related=[Related(layer.place, f"{layer.wait.name} returns what there is")],
            )


@rule(
    level="warn",
    fix="Call zp_spin_once() (zenoh-pico 1.9), or zp_send_keep_alive() and the processing of"
    " pending query timeouts.",
)
def query_housekeeping(spins: ZenohSpins) -> Iterator[Finding]:
    """On a target with one thread that issues queries, the spin sends keep-alives and lets pending
    queries time out: nobody else does."""
    if spins.queries is None:
        return
    for spin in spins.spins:
        if spin.is_loop:
            make, message = _judge_housekeeping(spin)
            yield make(
                spin.place,
                message,
                subject=f"{spin.subject}: {spin.function}",
                platform=spin.platform,
                related=[Related(spins.queries, "queries are issued here")],
            )


@rule(level="fail", fix="Set Z_CONFIG_SOCKET_TIMEOUT to 100 where ZENOH_ZEPHYR is defined.")
def lock_held_recv(sockets: OffloadedSockets) -> Iterator[Finding]:
    """With Zephyr's offloaded sockets the receive timeout is at most 1000 ms: recv() holds the lock
    of the socket, and every send waits until it returns."""
    if sockets.offloads is None:
        return
    hop = Related(sockets.offloads.place, "sockets are offloaded here")
    for window in sockets.windows:
        if window.milliseconds is None:
            make, message = unknown, f"{window.origin} is not a number that the text decides"
        elif window.milliseconds > MAX_WAIT or window.milliseconds == 0:
            make = fail
            message = (
                f"{window.origin}: the read task holds the socket for"
                f" {window.milliseconds or 'unlimited'} ms, and keep-alives wait"
            )
        else:
            make, message = ok, f"{window.origin}: {window.milliseconds} ms"
        subject = window.subject
        yield make(window.place, message, subject=subject, platform="zephyr", related=[hop])


@rule(level="fail", fix="Sleep with the RTOS's own call, then ask the host with a timeout of zero.")
def host_select(waits: HostWaits) -> Iterator[Finding]:
    """A thread of an RTOS that runs on the host does not wait in the host's select(), poll() or
    recv(): its scheduler takes it for running, and threads of lower priority starve."""
    for wait in waits.waits:
        make = {"zero": ok, "some": fail, "for ever": fail}.get(wait.waiting)
        if make is not None:
            how = {"zero": "asks and does not wait", "some": "waits for a time"}
            yield make(
                wait.place,
                f"{wait.call}() of the host in {wait.function}, a thread of {wait.kernel}:"
                f" {how.get(wait.waiting, 'waits for ever')}",
                subject=f"{wait.subject}: {wait.function}",
                platform=wait.platform,
                related=wait.related,
            )


@rule(level="warn", tag="seed:history", fix="Run the tests again: the read does not block.")
def literal_status(spins: ZenohSpins) -> Iterator[Finding]:
    """The original said that service and action tests on RTIC are ignored until the read no longer
    blocks. It did not block any more, and none was ignored."""
    for test in spins.ignored:
        why = f": {test.reason}" if test.reason else ""
        yield note(test.place, f"{test.name} is ignored{why}", subject=test.name)


def _judge_read(function: TcpFunction) -> tuple[FindingMaker, str]:
    """How long a read on the only thread may take."""
    name, longest = function.wait.name, function.longest
    if longest is not None:
        if longest.milliseconds is None:
            return unknown, f"{name} loops until {longest.text}, whose value would decide"
        if longest.milliseconds > MAX_READ:
            return fail, f"{name} loops up to {longest.shown}, and nothing else runs meanwhile"
        return ok, f"{name} waits at most {longest.shown}"
    if function.blocks:
        timeout = function.receive_timeout
        if timeout is None:
            return fail, f"{name} waits in recv() without a timeout"
        if timeout.milliseconds is None:
            return unknown, f"{name} waits in recv(); the value of {timeout.text} would decide"
        if timeout.milliseconds == 0 or timeout.milliseconds > MAX_WAIT:
            return fail, f"{name} waits in recv() for {timeout.shown}"
        return ok, f"{name} waits in recv() for at most {timeout.shown}"
    if function.wait.spins:
        return unknown, f"{name} loops without a limit that is seen; what ends it would decide"
    if function.is_polled:
        return ok, f"{name} looks once for data and returns"
    return unknown, f"{name} hands on to a function whose body would decide"


def _open_question(function: TcpFunction) -> Iterator[Finding]:
    """A recv() without any bound, on a target whose threads are not known."""
    if function.receive_timeout is None:
        message = f"{function.wait.name} waits in recv() without a timeout:"
        yield _finding(unknown, function, f"{message} Z_FEATURE_MULTI_THREAD would decide")


def _deadlines(layers: NetworkLayers, make: FindingMaker, *roles: str) -> Iterator[Finding]:
    """Functions of ``roles`` that hold the only thread longer than :data:`MAX_WAIT`."""
    for function in layers.functions:
        longest = function.longest
        if function.wait.role not in roles or function.threads != "single" or longest is None:
            continue
        name = function.wait.name
        if longest.milliseconds is None:
            text = f"{name} loops until {longest.text}, whose value would decide"
            yield _finding(unknown, function, text)
        elif longest.milliseconds > MAX_WAIT and not function.wait.gives_way:
            yield _finding(make, function, f"{name} loops up to {longest.shown} without a yield")
        else:
            way = ", and gives way" if function.wait.gives_way else ""
            yield _finding(ok, function, f"{name} loops at most {longest.shown}{way}")


def _judge_housekeeping(spin: Spin) -> tuple[FindingMaker, str]:
    """What a spin leaves out."""
    missing = []
    if not spin.keeps_alive:
        missing.append("sends no keep-alive")
    if not spin.ends_queries:
        missing.append("lets no pending query time out")
    if missing:
        return warn, f"{spin.function} {' and '.join(missing)}"
    return ok, f"{spin.function} sends keep-alives and ends queries that timed out"


def _finding(make: FindingMaker, function: TcpFunction, message: str) -> Finding:
    return make(
        function.place,
        message,
        subject=f"{function.subject}: {function.wait.name}",
        platform=function.platform,
        related=function.related,
    )
