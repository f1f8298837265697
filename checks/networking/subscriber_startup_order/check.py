"""A subscriber must be known to the router before something is published."""

from collections.abc import Iterator

from pitfalls import Finding, Place, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.peer_starts import Pair, PeerStarts
from pitfalls.views.printed_markers import PrintedMarkers

SETTLE = 1.0
"""Seconds; a fixed sleep that is not longer was seen to be too short under load."""

ORIGINAL_SETTLE = 5.0
"""Seconds of the original rule."""


def names(pair: Pair) -> str:
    """The two peers in words, in the order of their start."""
    return f"{pair.first.name} is started before {pair.second.name}"


@rule(
    level="fail",
    tag="seed",
    fix="Start the subscriber (or server) first and wait until it is ready, or keep what was "
    "published: a publisher cache and a subscriber that asks for history.",
)
def publisher_first(peers: PeerStarts) -> Iterator[Finding]:
    """Where one test or script starts both, the subscriber (or server) comes before the publisher
    (or client) that it needs. An endless publisher may come first."""
    for pair in peers.pairs:
        if pair.document:
            continue
        if pair.receiver_first:
            strict = [w for w in pair.waits if w.is_strict]
            if strict or pair.settle > SETTLE:
                how = f"after {strict[0].name}" if strict else f"after {pair.settle:g} s"
                yield ok(
                    pair.first.place, f"{names(pair)}, {how}",
                    subject=pair.subject, related=pair.related,
                )  # fmt: skip
        elif pair.meant:
            yield note(pair.first.place, f"{names(pair)}, as the test says", subject=pair.subject)
        elif pair.finite or pair.first.kind == "service":
            # A client that goes on while the script waits for the server may well ask again.
            asks = pair.foreground and not pair.finite
            tail = ", unless it asks again" if asks else ""
            yield (warn if asks else fail)(
                pair.first.place, f"{names(pair)}: what it sends before that is lost{tail}",
                subject=pair.subject, related=pair.related,
            )  # fmt: skip
        else:
            yield note(
                pair.first.place, f"{names(pair)}: only what it sends later arrives",
                subject=pair.subject, related=pair.related,
            )  # fmt: skip


@rule(level="warn", tag="seed:history", fix="Wait for readiness instead of a fixed time.")
def fixed_five_seconds(peers: PeerStarts) -> Iterator[Finding]:
    """A fixed sleep between subscriber and publisher is at least 5 s. The original asked for
    that; a readiness wait is faster, and right under load too."""
    for pair in peers.pairs:
        if pair.receiver_first and not pair.waits and 0 < pair.settle < ORIGINAL_SETTLE:
            yield note(
                pair.first.place, f"{names(pair)}, {pair.settle:g} s apart", subject=pair.subject
            )


@rule(
    level="warn",
    fix="Wait for the subscriber's own marker, for a matching status or for a liveliness token, "
    "with an error when it does not come.",
)
def no_settle(peers: PeerStarts) -> Iterator[Finding]:
    """Between subscriber and publisher stands a readiness wait, or a sleep of more than 1 s."""
    for pair in peers.pairs:
        if pair.document or not pair.receiver_first or pair.waits or pair.meant:
            continue
        if pair.awaited and not pair.finite:
            yield note(
                pair.second.place, f"{names(pair)}, which runs on until enough arrived",
                subject=pair.subject,
            )  # fmt: skip
        elif pair.settle <= SETTLE:
            make = unknown if pair.open_sleep else warn
            sleep = f"but {pair.settle:g} s of sleep" if pair.settle else "at all"
            text = "that can be read here" if pair.open_sleep else sleep
            yield make(
                pair.second.place, f"{names(pair)}, and between them is no wait {text}",
                subject=pair.subject, related=[Related(pair.first.place, pair.first.name)],
            )  # fmt: skip


@rule(level="warn", fix="Return an error when the time is up, with the output in it; heed it.")
def lenient_readiness(peers: PeerStarts, markers: PrintedMarkers) -> Iterator[Finding]:
    """A wait for readiness reports an error when what it waits for never comes, the test heeds
    it, and what it waits for is printed by some program of the tree."""
    helpers: dict[Place, list[Pair]] = {}
    for pair in peers.pairs:
        proven = any(wait.is_strict for wait in pair.waits)
        for wait in pair.waits:
            if wait.lenient is not None:
                helpers.setdefault(wait.lenient, []).append(pair)
            elif wait.dropped and not proven:
                yield warn(
                    wait.place,
                    f"{names(pair)}, and goes on whatever {wait.name} reports",
                    subject=pair.subject, related=pair.related,
                )  # fmt: skip
            elif wait.open and not proven and pair.settle <= SETTLE:
                yield unknown(
                    wait.place, f"{names(pair)}: {wait.open}",
                    subject=pair.subject, related=pair.related,
                )  # fmt: skip
    for place, users in helpers.items():
        yield warn(
            place,
            "success is returned here although the text never came; "
            f"pairs that rely on it: {len(users)}",
            subject=place.path,
            related=[Related(pair.first.place, names(pair)) for pair in users[:8]],
        )
    for marker in markers.unprinted:
        yield warn(
            marker.wait.place, f"no program of the tree prints `{marker.wait.text}`",
            subject=marker.pair.subject, related=marker.pair.related,
        )  # fmt: skip


@rule(level="fail", fix="Put the subscriber into the terminal before the publisher's.")
def docs_order(peers: PeerStarts) -> Iterator[Finding]:
    """Instructions with numbered terminals, in documents or printed by recipes, start the
    subscriber before a publisher that ends; a warning when the publisher is not known to end."""
    for pair in peers.pairs:
        if not pair.document:
            continue
        if pair.receiver_first:
            yield ok(pair.first.place, names(pair), subject=pair.subject, related=pair.related)
        else:
            make = fail if pair.finite else warn
            yield make(
                pair.first.place, f"{names(pair)}", subject=pair.subject, related=pair.related
            )
