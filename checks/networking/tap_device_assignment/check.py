"""Each peer needs a TAP, an address and a MAC of its own."""

from collections.abc import Iterator

from pitfalls import Finding, Place, Related, fail, ok, rule, unknown, warn
from pitfalls.views.peer_taps import PeerTaps, Started, may_overlap


def start_of(started: Started) -> list[Related]:
    """The test that starts both applications, or the recipes that run each."""
    start = started.start
    if start is None:
        return list(started.recipes)
    return [Related(start.first.place, f"{start.subject} starts both")]


@rule(
    level="fail",
    tag="seed",
    fix="Give each peer a TAP of its own on one bridge, or keep the tests apart.",
)
def shared_tap(taps: PeerTaps) -> Iterator[Finding]:
    """Two peers that run at the same time open two TAP devices."""
    for pair in taps.pairs:
        make = fail if pair.shares_tap else ok
        one, other = (peer.tap or "one that the kernel names" for peer in (pair.first, pair.second))
        text = f"{pair.first.name} opens {one}, {pair.second.name} {other}"
        yield make(pair.second.place, text, subject=pair.subject, related=pair.related)
    for case in taps.cases:
        if may_overlap(case):
            yield fail(
                case.place, f"{case.resource.label}: {case.reason}",
                subject=case.resource.label, related=case.related,
            )  # fmt: skip
    for started in taps.started:
        first, second = started.images.first, started.images.second
        one, other = started.taps
        place, text = second.tap_place, f"{one} and {other}"
        related = [Related(first.tap_place, first.tap_name), *start_of(started)]
        make = ok
        if not (one and other):
            make, text = unknown, "the value of --eth-if tells which TAP is opened"
        elif one == other:
            text = f"both applications open {one}"
            make = fail if started.start is not None else unknown
            if started.start is None and started.creation and started.images.one_network:
                make, place = warn, started.creation
                text += ", with addresses of their own, and it is the only TAP that is made"
            elif started.start is None and started.recipes:
                make = warn
                text += "; recipes of one file run both"
            elif started.start is None:
                text += "; nothing in the tree starts both"
        yield make(
            place, text, subject=started.images.subject, platform="zephyr", related=related
        )  # fmt: skip


@rule(level="fail", fix="Set another address of the bridge's network in one of the two.")
def shared_ip(taps: PeerTaps) -> Iterator[Finding]:
    """Two peers on one bridge have different guest addresses."""
    for started in taps.started:
        first, second = started.images.first.address, started.images.second.address
        if first is None or second is None:
            continue
        same = first.text == second.text
        without = warn if started.recipes else unknown
        make = (fail if started.start is not None else without) if same else ok
        said = f"both have {first.text}" if same else f"{first.text} and {second.text}"
        yield make(
            second.place, said, subject=started.images.subject, platform="zephyr",
            related=[Related(first.place, first.text), *start_of(started)],
        )  # fmt: skip


@rule(level="fail", fix="Give each peer a MAC: mac= for QEMU, --mac-addr or --seed for native_sim.")
def shared_mac(taps: PeerTaps) -> Iterator[Finding]:
    """Two peers on one bridge have different MACs: QEMU's default, and native_sim's random MAC
    with its default seed, repeat in every process."""
    for pair in taps.pairs:
        if (shared := pair.shared_mac) is None:
            continue
        chosen = all(mac.given for mac in shared) or all(mac.fixed for mac in shared)
        tail = "" if chosen else ", QEMU's default, unless the firmware sets another"
        yield (fail if chosen else warn)(
            pair.second.place, f"both guests have {shared[0].text}{tail}", subject=pair.subject,
            related=[Related(pair.first.place, pair.first.name)],
        )  # fmt: skip
    for launch in taps.unnamed:
        yield warn(
            launch.place,
            "each peer gets a TAP of its own, and no MAC: every guest has 52:54:00:12:34:56 unless "
            "its firmware sets one",
            subject=launch.subject,
            platform=launch.platform,
        )
    random: dict[Place, list[Started]] = {}
    for started in taps.started:
        if started.start is None or started.seeded:
            continue
        macs = [i.mac for i in (started.images.first, started.images.second)]
        set_macs = [mac.text.lower() for mac in macs if mac is not None]
        if not set_macs:
            random.setdefault(started.start.second.place, []).append(started)
            continue
        same = set_macs[0] == set_macs[-1] and len(set_macs) == 2
        yield (fail if same else ok)(
            started.start.second.place, f"MACs set: {' and '.join(set_macs)}",
            subject=started.images.subject, platform="zephyr",
        )  # fmt: skip
    for place, pairs in random.items():
        start = pairs[0].start
        yield warn(
            place,
            "neither --seed nor a MAC is set: random MACs of two images may be one, "
            f"pairs of applications: {len(pairs)}",
            subject=start.subject if start is not None else "",
            platform="zephyr",
            related=[Related(p.images.first.place, p.images.subject) for p in pairs[:8]],
        )
