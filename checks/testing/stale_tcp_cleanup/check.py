"""A killed guest leaves sockets on the host, and the next guest must not meet them."""

from collections.abc import Iterator

from pitfalls import Finding, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.stale_sockets import StaleSockets

SETTLE = 1.0
"""Seconds of the original rule."""

KERNELS = {"nuttx": "NuttX", "zephyr": "Zephyr"}
"""Guests whose kernel brings its own network stack, which is not looked at."""


@rule(
    level="fail",
    tag="seed",
    fix="Seed the guest's local ports from something that differs at each boot, or call a helper "
    "that runs `ss -K dst <guest>` before the guest starts.",
)
def no_cleanup(sockets: StaleSockets) -> Iterator[Finding]:
    """A test that starts a guest with a fixed address on a TAP, which dials a fixed port of the
    host, removes what earlier guests left, or the guest's local ports differ at each boot."""
    for guest in sockets.guests:
        if guest.cleanup is not None:
            where = [Related(guest.via, "calls it")] if guest.via is not None else []
            addresses = ", ".join(guest.cleanup.addresses) or "addresses known at run time"
            yield ok(
                guest.place, f"removes sockets to {addresses} before it starts a guest",
                subject=guest.test.label,
                related=[*where, Related(guest.cleanup.place, guest.cleanup.found.label)],
            )  # fmt: skip
        elif guest.seed is not None:
            seed = guest.seed
            yield ok(
                guest.place, f"the guest seeds its ports from {seed.seed.entropy} at each boot",
                subject=guest.test.label, platform=seed.platform,
                related=[Related(seed.place, f"{seed.seed.call}({seed.seed.argument})")],
            )  # fmt: skip
        else:
            tap, kernel = guest.tap.strip("{}"), KERNELS.get(guest.platform, "")
            ports = "nothing seeds the guest's local ports at each boot"
            if kernel:
                ports = f"{kernel} chooses the guest's local ports: its source and configuration "
                ports += "would tell whether they differ at each boot"
            yield (unknown if kernel else fail)(
                guest.place,
                f"starts a guest on {tap}, removes no stale socket, and {ports}",
                subject=guest.test.label,
                platform=guest.platform,
                related=guest.places,
            )


@rule(level="fail", fix="Add the address to those that the helper removes.")
def address_missed(sockets: StaleSockets) -> Iterator[Finding]:
    """A cleanup names every fixed guest address of its network."""
    for missed in sockets.missed:
        yield fail(
            missed.cleanup.place,
            f"removes sockets to {', '.join(missed.cleanup.addresses)}, and a guest has "
            f"{missed.address}",
            subject=missed.cleanup.found.label,
            related=[Related(missed.place, missed.address)],
        )
    for cleanup in sockets.cleanups:
        if not cleanup.addresses:
            yield unknown(
                cleanup.place, "removes sockets to addresses that are known at run time only",
                subject=cleanup.found.label,
            )  # fmt: skip


@rule(
    level="warn",
    fix="List the sockets again (`ss -Htn dst <guest>`) and fail when one is left.",
)
def status_ignored(sockets: StaleSockets) -> Iterator[Finding]:
    """A kill of sockets is followed by a look at what is left: `ss -K` exits with 0 whether it
    killed, found nothing or was refused."""
    for cleanup in sockets.cleanups:
        if cleanup.checked:
            yield ok(
                cleanup.place, "looks at what is left after the kill", subject=cleanup.found.label
            )
        else:
            yield warn(
                cleanup.place, "nothing looks at what is left after the kill",
                subject=cleanup.found.label,
            )  # fmt: skip


@rule(level="warn", tag="seed:history", fix="Check that the sockets are gone instead.")
def settle(sockets: StaleSockets) -> Iterator[Finding]:
    """A cleanup sleeps for 1 s. The original asked for that; a killed socket is gone at once."""
    for cleanup in sockets.cleanups:
        if cleanup.settle < SETTLE:
            yield note(
                cleanup.place, f"sleeps {cleanup.settle:g} s after the kill",
                subject=cleanup.found.label,
            )  # fmt: skip
