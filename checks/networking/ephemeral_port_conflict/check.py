"""Each boot dials from other local ports, with other sequence numbers and session ids."""

from collections.abc import Iterator

from pitfalls import Finding, FindingMaker, Related, fail, ok, rule, unknown, warn
from pitfalls.views.native_sims import NativeSims
from pitfalls.views.port_seeds import SeededPorts, Starter
from pitfalls.views.random_sources import RandomSource, RandomSources
from pitfalls.views.session_ids import SessionIds
from pitfalls.views.zephyr_entropy import ZephyrEntropy

SEEDER = "Seed the counter before the first connect from something that differs at each boot: "
SEEDER += "a random number generator, the host's time through semihosting, a boot counter."


@rule(level="fail", tag="seed", fix=SEEDER)
def unseeded_counter(ports: SeededPorts) -> Iterator[Finding]:
    """Firmware that hands out the local ports of its TCP connections itself, or seeds
    embassy-net, starts from another port at each boot. A warning where nothing can meet the port
    that repeats: behind QEMU's user-mode network, in a program of the host, and while no code of
    the firmware connects."""
    for one in ports.starters:
        seeded = next((seed for seed in one.seeds if seed.per_boot), None)
        if one.stack.kind == "embassy":
            yield from _embassy(one)
        elif one.dial is not None and one.counter is None:
            place, port = one.dial
            yield _broken(one)(
                place, f"dials from local port {port} at every boot{_but(one)}",
                subject=one.subject, platform=one.platform,
                related=[Related(one.place, "the stack starts here")],
            )  # fmt: skip
        elif one.counter is not None and seeded is not None:
            yield ok(
                seeded.place, f"the port counter is seeded from {seeded.seed.entropy} at each boot",
                subject=one.subject, platform=one.platform,
                related=[Related(one.counter[0], f"{one.counter[1].name} starts at that")],
            )  # fmt: skip
        elif one.counter is not None:
            yield from _counter(one)


def _embassy(one: Starter) -> Iterator[Finding]:
    if one.stack.origin == "boot":
        yield ok(
            one.place, f"embassy-net is seeded from {one.stack.argument}", subject=one.subject,
            platform=one.platform,
        )  # fmt: skip
    elif one.stack.origin == "constant":
        yield _broken(one)(
            one.place, f"embassy-net is seeded with the constant {one.stack.argument}{_but(one)}",
            subject=one.subject, platform=one.platform,
        )  # fmt: skip
    elif one.stack.origin == "unknown":
        yield unknown(
            one.place, f"where the seed {one.stack.argument} comes from is not in this file",
            subject=one.subject, platform=one.platform,
        )  # fmt: skip


def _counter(one: Starter) -> Iterator[Finding]:
    if one.counter is None:
        return
    place, counter = one.counter
    origins = {seed.seed.origin for seed in one.seeds}
    if "node" in origins:
        return  # node_only_seed tells
    hop = Related(place, f"{counter.name} starts at {counter.start}")
    if "unknown" in origins:
        yield unknown(
            one.seeds[0].place, f"whether {one.seeds[0].seed.argument} differs at each boot is "
            "not told by this file", subject=one.subject, platform=one.platform, related=[hop],
        )  # fmt: skip
        return
    why = "nothing seeds" if not one.seeds else "a constant seeds"
    how = f"{counter.seeder}() is never called" if counter.seeder else "no function could seed it"
    tail = f": {how}" if not one.seeds else ""
    yield _broken(one)(
        one.place, f"{why} {counter.name}, so local ports count from {counter.start} at every "
        f"boot{tail}{_but(one)}", subject=one.subject, platform=one.platform, related=[hop],
    )  # fmt: skip


def _broken(one: Starter) -> FindingMaker:
    return warn if one.harmless else fail


def _but(one: Starter) -> str:
    return f" ({one.harmless})" if one.harmless else ""


@rule(level="fail", fix="Define the function where it is declared, or link the crate that does.")
def seed_undefined(ports: SeededPorts) -> Iterator[Finding]:
    """A seeding function that is called is defined in the crate that the call names."""
    for one in ports.undefined:
        seed = one.seed
        yield fail(
            seed.place, f"{seed.seed.call}() is called, and {one.crate} defines no such function",
            subject=seed.subject, platform=seed.platform,
        )  # fmt: skip


@rule(
    level="fail",
    tag="seed",
    fix="Give each instance a seed of its own: `zephyr.exe --seed=$RANDOM`, or `--seed-random`.",
)
def native_sim_seed(native: NativeSims) -> Iterator[Finding]:
    """native_sim instances that run together have different seeds."""
    for group in native.groups:
        if group.state in ("varies", "distinct"):
            yield ok(
                group.place, f"each instance has a seed of its own: {', '.join(group.seeds)}",
                subject=group.subject, platform="zephyr", related=group.related,
            )  # fmt: skip
            continue
        what = "without --seed" if group.state == "none" else f"with {group.seeds[-1]} for all"
        yield (fail if group.certain else warn)(
            group.place, f"native_sim is started {what}: instances draw the same numbers, so the "
            "same local ports and session ids", subject=group.subject, platform="zephyr",
            related=group.related,
        )  # fmt: skip


@rule(
    level="fail",
    fix="Define LWIP_RAND (NX_RAND) as a hardware random number generator, or call srand() before "
    "the stack starts with something that differs at each boot.",
)
def constant_rng(random: RandomSources) -> Iterator[Finding]:
    """A C stack that dials does not draw its ports from an unseeded generator."""
    for one in random.sources:
        if one.astray is not None and one.macro is not None:
            place, macro = one.macro
            yield fail(
                place, f"{macro.name} draws from {macro.text}, and the seed goes to another "
                f"generator, by {one.astray.seed.name}()", subject=one.subject,
                platform=one.platform, related=[
                    Related(one.astray.place, f"calls {one.astray.seed.name}()"),
                    Related(one.place, "the stack starts here"),
                ],
            )  # fmt: skip
        elif one.result in ("unseeded", "undefined"):
            yield fail(
                one.place, f"{one.start.call}() starts the stack, and {_why(one)}",
                subject=one.subject, platform=one.platform, related=_macro(one),
            )  # fmt: skip
        elif one.result == "unknown":
            yield unknown(
                one.place, "whether the stack's random numbers differ at each boot is not told by "
                "its headers and seeding calls", subject=one.subject, platform=one.platform,
                related=_macro(one),
            )  # fmt: skip
        elif one.result in ("seeded", "hardware"):
            source = one.seed.seed.entropy if one.seed is not None else "the generator it names"
            place = one.seed.place if one.seed is not None else one.place
            yield ok(
                place, f"the stack's random numbers come from {source}", subject=one.subject,
                platform=one.platform, related=_macro(one),
            )  # fmt: skip


def _why(one: RandomSource) -> str:
    if one.result == "undefined":
        return "LWIP_RAND is not defined: local ports count from 0xC000 at every boot"
    name = one.macro[1].text if one.macro is not None else "rand (NetX's own default)"
    return f"{name} is drawn from without a seed that changes: the same numbers at every boot"


def _macro(one: RandomSource) -> list[Related]:
    if one.macro is None:
        return []
    place, macro = one.macro
    return [Related(place, f"{macro.name} is {macro.text}")]


@rule(level="warn", fix="Add something that differs at each boot to the seed.")
def node_only_seed(ports: SeededPorts, random: RandomSources) -> Iterator[Finding]:
    """A seed is made of more than the node's address or configuration, which are the same at each
    boot of the node."""
    message = "the seed {} separates nodes and is the same at every boot of one"
    for starter in ports.starters:
        origins = {seed.seed.origin for seed in starter.seeds}
        node = next((seed for seed in starter.seeds if seed.seed.origin == "node"), None)
        if starter.counter is not None and node is not None and "boot" not in origins:
            yield warn(
                node.place, message.format(node.seed.argument), subject=starter.subject,
                platform=starter.platform, related=[Related(starter.place, "the stack starts")],
            )  # fmt: skip
        elif starter.stack.kind == "embassy" and starter.stack.origin == "node":
            yield warn(
                starter.place, message.format(starter.stack.argument), subject=starter.subject,
                platform=starter.platform,
            )  # fmt: skip
    for one in random.sources:
        if one.result == "node" and one.seed is not None:
            yield warn(
                one.seed.place, message.format(one.seed.seed.argument), subject=one.subject,
                platform=one.platform, related=_macro(one),
            )  # fmt: skip


@rule(level="warn", fix="Set `config.random_seed` before the interface is made.")
def smoltcp_seed(ports: SeededPorts) -> Iterator[Finding]:
    """The `Config::random_seed` of smoltcp, which is 0 by default, is set: sequence numbers
    depend on it."""
    for one in ports.starters:
        if one.stack.kind != "smoltcp" or one.stack.seeded is None:
            continue
        if one.stack.seeded:
            yield ok(one.place, "random_seed is set", subject=one.subject, platform=one.platform)
        else:
            yield warn(
                one.place, "random_seed stays 0: the sequence numbers of every boot are the same",
                subject=one.subject, platform=one.platform,
            )  # fmt: skip


@rule(
    level="warn",
    fix="Seed the generator before the session opens, with something that differs between nodes "
    "and between boots.",
)
def constant_session_id(sessions: SessionIds) -> Iterator[Finding]:
    """The generator from which zenoh-pico draws its session id does not begin at the same number
    on every node: the router closes the second session with that id (reason 4)."""
    for one in sessions.sources:
        state, seeder = one.generator.state, one.generator.seeder
        if one.seeded:
            continue
        how = f"{seeder}() is never called" if seeder else "no function sets it"
        yield warn(
            one.place, f"{one.generator.serves}() draws from {state}, which begins at "
            f"{one.generator.start} on every node and at every boot: {how}",
            subject=one.subject, platform=one.platform,
        )  # fmt: skip


@rule(level="warn", fix="Choose a `zephyr,entropy` device, or a board that has one.")
def test_entropy(zephyr: ZephyrEntropy) -> Iterator[Finding]:
    """A networked Zephyr image has an entropy device: the timer's generator counts from the same
    value at each boot."""
    for image in zephyr.images:
        name = image.option.place
        if image.outcome == "device":
            yield ok(
                name, "an entropy device is preferred to the test generator", platform="zephyr",
                subject=image.subject,
                related=[Related(image.device, "chosen here")] if image.device is not None else [],
            )  # fmt: skip
        elif image.outcome == "timer":
            yield warn(
                name, "random numbers come from a timer, the same at every boot",
                subject=image.subject, platform="zephyr",
            )  # fmt: skip
        else:
            yield unknown(
                name, "whether the board has an entropy device is told by its devicetree or the "
                "built .config", subject=image.subject, platform="zephyr",
            )  # fmt: skip
