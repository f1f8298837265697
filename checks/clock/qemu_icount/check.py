"""The virtual clock of an emulated guest must keep pace with the host that it talks to."""

from collections.abc import Iterable, Iterator
from typing import TypedDict

from pitfalls import Finding, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.kconfig import Configuration, ZephyrConfigurations
from pitfalls.views.launches import Launch, QemuLaunches

EMULATED_BOARDS = ("qemu_", "mps2", "mps3")
DATAGRAM = frozenset({"dgram", "socket", "stream"})


class About(TypedDict):
    """What a finding says besides its message."""

    subject: str
    platform: str
    related: Iterable[Related]


def networked(launches: QemuLaunches, *guests: str) -> Iterator[Launch]:
    """Emulated launches of those guests that exchange data with the host."""
    for launch in launches.launches:
        if launch.is_networked and launch.guest in guests and not launch.accelerated:
            yield launch


def about(launch: Launch) -> About:
    """Subject, platform and chain of a launch."""
    return {"subject": launch.subject, "platform": launch.platform, "related": launch.chain}


@rule(
    level="warn",
    tag="seed:narrowed",
    fix="Add `-icount shift=auto` to the launch, or record why the guest keeps time without it.",
)
def missing_icount(launches: QemuLaunches) -> Iterator[Finding]:
    """A bare-metal guest that exchanges data with the host runs with `-icount shift=auto`."""
    for launch in networked(launches, "bare-metal", "unknown"):
        icount, what = (
            launch.icount,
            f"{launch.machine or launch.program} with {launch.input_output}",
        )
        if icount is not None and icount.shift:
            conditions = {device.conditional for device in launch.netdevs}
            if icount.conditional and False in conditions:
                text = f"{what}: `-icount {icount.text}` is there on some paths only"
                yield unknown(icount.place, text, **about(launch))
            elif icount.shift == "auto" and icount.sleeps and icount.align != "on":
                yield ok(icount.place, f"{what}: `-icount {icount.text}`", **about(launch))
        elif launch.open_arguments:
            open_ = launch.open_arguments[0]
            text = f"{what}: no `-icount`, unless `{open_.text}` brings one"
            yield unknown(open_.place, text, **about(launch))
        elif launch.guest == "unknown":
            text = f"{what}: no `-icount`; {launch.guest_reason} whether the guest is bare metal"
            yield unknown(launch.place, text, **about(launch))
        else:
            said = (
                f" (`-icount {icount.text}` gives no shift and enables nothing)" if icount else ""
            )
            text = f"{what}: no `-icount`{said}; bare metal: {launch.guest_reason}"
            yield warn(icount.place if icount else launch.place, text, **about(launch))


@rule(
    level="warn",
    tag="seed:history",
    fix="Add `-icount shift=auto` to every networked launch.",
)
def literal_all(launches: QemuLaunches) -> Iterator[Finding]:
    """Every networked QEMU launch, RTOS guests included, has `-icount shift=auto`; superseded,
    because icount starved RTOS guests and Zephyr switches it off for networking."""
    for launch in networked(launches, "bare-metal", "rtos", "zephyr", "linux", "unknown"):
        if launch.icount is None or launch.icount.shift != "auto":
            found = f"-icount {launch.icount.text}" if launch.icount else "no -icount"
            text = f"{launch.input_output}: {found}; the original asks for `-icount shift=auto`"
            yield note(launch.place, text, **about(launch))


@rule(level="warn", fix="Use `shift=auto` instead of a fixed shift.")
def fixed_shift(launches: QemuLaunches) -> Iterator[Finding]:
    """A guest with host-timed input and output is not launched with a fixed icount shift."""
    for launch in networked(launches, "bare-metal", "unknown"):
        icount = launch.icount
        if icount is None or icount.shift in ("", "auto"):
            continue
        text = f"shift {icount.shift} with {launch.input_output}: while the guest computes, its "
        text += "clock runs at the speed of the emulation, not of the host"
        if not icount.shift.isdigit():
            text = f"the shift `{icount.shift}` is known at run time only"
        judge = unknown if launch.guest == "unknown" or not icount.shift.isdigit() else warn
        yield judge(icount.place, text, **about(launch))


@rule(
    level="fail", fix="Remove `sleep=off` from `-icount`, so that idle time passes at host speed."
)
def sleep_off(launches: QemuLaunches) -> Iterator[Finding]:
    """A guest with host-timed input and output is not launched with `sleep=off`."""
    for launch in networked(launches, "bare-metal", "unknown"):
        icount = launch.icount
        if icount is not None and icount.shift and not icount.sleeps:
            text = (
                f"`-icount {icount.text}` with {launch.input_output}: an idle guest jumps to its "
            )
            text += "next timer at once, so its timeouts expire before the host can answer"
            judge = unknown if launch.guest == "unknown" else fail
            yield judge(icount.place, text, **about(launch))


@rule(level="warn", fix="Use either `shift=auto` or `align=on` with a fixed shift.")
def align_auto(launches: QemuLaunches) -> Iterator[Finding]:
    """`align=on` is not combined with `shift=auto`."""
    for launch in networked(launches, "bare-metal", "unknown"):
        icount = launch.icount
        if icount is not None and icount.shift == "auto" and icount.align in ("on", "yes", "true"):
            text = (
                f"`-icount {icount.text}`: QEMU documents align=on and shift=auto as incompatible"
            )
            yield warn(icount.place, text, **about(launch))


def taken_back(zephyr: ZephyrConfigurations, common: Configuration) -> bool:
    """Whether every emulated board of an application switches off what its common file sets."""
    boards = [
        c
        for c in zephyr.configurations
        if c.application == common.application and c.board.startswith(EMULATED_BOARDS)
    ]
    icounts = [board.get("QEMU_ICOUNT") for board in boards]
    emulated = common.board.startswith(EMULATED_BOARDS)
    return bool(icounts) and not emulated and all(i and not i.is_on for i in icounts)


@rule(level="fail", fix="Set CONFIG_QEMU_ICOUNT=n, or at least CONFIG_QEMU_ICOUNT_SLEEP=y.")
def zephyr_networked(zephyr: ZephyrConfigurations) -> Iterator[Finding]:
    """A networked Zephyr application does not switch icount on."""
    for configuration in (*zephyr.configurations, *zephyr.fragments):
        icount, network = configuration.get("QEMU_ICOUNT"), configuration.networking
        if network is None or not network.is_on or taken_back(zephyr, configuration):
            continue
        where: About = {
            "subject": configuration.application,
            "platform": "zephyr",
            "related": [Related(network.place, "networking is on")],
        }
        if icount is None:
            if configuration.board.startswith(EMULATED_BOARDS):
                text = f"{configuration.board}: icount is left at its default, off with networking"
                yield ok(network.place, text, **where)
        elif not icount.is_on:
            yield ok(icount.place, "CONFIG_QEMU_ICOUNT=n with networking", **where)
        elif configuration.is_on("QEMU_ICOUNT_SLEEP"):
            text = "icount is on with networking; CONFIG_QEMU_ICOUNT_SLEEP=y keeps idle time real"
            yield warn(icount.place, text, **where)
        else:
            text = "icount is on with networking and Zephyr passes sleep=off to QEMU: timeouts "
            yield fail(icount.place, text + "expire before the host can answer", **where)


@rule(level="warn", fix="Remove `-icount` from the launch: the RTOS keeps time without it.")
def dgram_rtos(launches: QemuLaunches) -> Iterator[Finding]:
    """An RTOS guest whose only back end is a datagram or stream socket runs without icount."""
    for launch in networked(launches, "rtos", "zephyr"):
        icount = launch.icount
        sockets = launch.netdevs and all(n.kind in DATAGRAM for n in launch.netdevs)
        if icount is not None and icount.shift and sockets:
            text = (
                f"`-icount {icount.text}` with {launch.input_output} only: bursts of packets cost "
            )
            text += "instructions, so the guest's clock falls behind its peers"
            yield warn(icount.place, text, **about(launch))
