"""A TAP that serves an emulated CPU needs a queue that waits for it."""

from collections.abc import Iterator

from pitfalls import Finding, note, ok, rule, unknown, warn
from pitfalls.views.taps import Tap, TapDevices

FIFO = frozenset({"pfifo", "bfifo", "pfifo_fast"})
DROPS_EARLY = frozenset({"fq_codel", "fq", "codel", "cake", "noqueue"})


def queue_length(tap: Tap) -> str:
    """The transmit queue length in words."""
    return tap.txqueuelen.value if tap.txqueuelen is not None else "left at its default"


@rule(
    level="warn",
    tag="seed:narrowed",
    fix="Add `tc qdisc replace dev <tap> root pfifo limit 1000` next to the line that creates it.",
)
def no_pfifo(devices: TapDevices) -> Iterator[Finding]:
    """A TAP for an emulated CPU gets a first-in first-out root queue where it is created."""
    for tap in devices.taps:
        qdisc = tap.root_qdisc or tap.default_qdisc
        if qdisc is not None and qdisc.kind in DROPS_EARLY:
            continue
        if qdisc is not None and qdisc.kind in FIFO:
            judge, text = ok, f"root queue {qdisc.value}; txqueuelen {queue_length(tap)}"
        elif qdisc is None and tap.set_elsewhere is not None:
            judge, text = unknown, f"named by the caller, and {tap.set_elsewhere} sets a root queue"
        else:
            found = qdisc.value if qdisc is not None else "whatever the host's default is"
            judge, text = warn, f"nothing in this scope gives it a FIFO; its root queue is {found}"
        yield judge(
            tap.place,
            f"{tap.device}: {text}",
            subject=tap.subject,
            platform=tap.platform,
            related=tap.chain,
        )


@rule(
    level="warn",
    tag="seed:narrowed",
    fix="Replace the root queue of the TAP by `pfifo limit 1000`.",
)
def bad_qdisc(devices: TapDevices) -> Iterator[Finding]:
    """The root queue of a TAP for an emulated CPU neither drops by delay nor is absent."""
    for tap in devices.taps:
        qdisc = tap.root_qdisc or tap.default_qdisc
        if qdisc is not None and qdisc.kind in DROPS_EARLY:
            yield warn(
                qdisc.place,
                f"{tap.device}: root queue {qdisc.value}",
                subject=tap.subject,
                platform=tap.platform,
                related=tap.chain,
            )


@rule(level="warn", fix="Raise the ring with `ip link set <tap> txqueuelen 4000`.")
def ring(devices: TapDevices) -> Iterator[Finding]:
    """The transmit ring of a TAP is made longer where the tree pauses the running guest."""
    for tap in devices.taps:
        if tap.txqueuelen is not None:
            continue
        judge, text = note, f"{tap.device}: txqueuelen is left at its default of 1000 packets"
        if devices.pauses:
            judge = warn
            text += f", and {devices.pauses[0].place} stops a running process"
        yield judge(tap.place, text, subject=tap.subject, platform=tap.platform, related=tap.chain)
