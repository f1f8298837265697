"""Every ``qemu-system-*`` launch of the tree, whatever language wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.commands import Argument, Commands, Run, basename, default
from pitfalls.views.guests import MICROCONTROLLERS, Guest, guest_of, has_bare_metal
from pitfalls.views.layout import Layout

_QEMU = re.compile(r"qemu-system-[\w-]+")
_PROBES = frozenset({"-version", "-help", "-h", "help", "?"})
_MACHINE = ("-machine", "-M")
_IMAGE = ("-kernel", "-bios", "-drive", "-pflash", "-device", "-hda", "-cdrom")
_FLAGS = frozenset(
    {
        "S", "daemonize", "enable-kvm", "no-reboot", "no-shutdown", "nodefaults", "nographic", "s",
        "semihosting", "snapshot",
    }
)  # fmt: skip
# Options that no other program has; they tell QEMU when its path is known at run time only.
_TELLTALE = frozenset({"-nographic", "-semihosting-config", "-semihosting"})

# Boards with an Ethernet controller on board, which QEMU connects to a user-mode back end when
# no network option is given (seen with `info network` of QEMU 7.2).
_ON_BOARD_NIC = re.compile(
    r"mps2-an(?:385|386|500|505|511|521)|mps3-an5\d\d|lm3s6965evb|emcraft-sf2"
)
_NETWORK_NAMES = re.compile(r"zenoh|xrce|agent|router|mqtt|broker|_networked", re.IGNORECASE)


@dataclass(frozen=True)
class Icount:
    """The ``-icount`` option. ``shift``: ``auto``, digits, a symbolic text, or empty when the
    option names none and so switches nothing on; ``sleep`` and ``align`` as written, or empty."""

    text: str
    place: Place
    shift: str
    sleep: str
    align: str
    conditional: bool = False

    @property
    def sleeps(self) -> bool:
        """Whether idle time passes at host speed (``sleep=on`` is QEMU's default)."""
        return self.sleep not in ("off", "no", "false")


@dataclass(frozen=True)
class Netdev:
    """A host back end: ``kind`` is ``user``, ``tap``, ``socket``, ``dgram``, ``stream`` …; its
    ``text`` is empty for the back end that QEMU adds by itself."""

    kind: str
    text: str
    place: Place
    conditional: bool = False


@dataclass(frozen=True)
class Launch:
    """One launch command. ``transports`` are serial lines that end in a PTY or socket while the
    console is elsewhere; ``open_arguments`` are lists that are known at run time only."""

    run: Run
    program: str
    machine: str
    kernel: str
    netdevs: tuple[Netdev, ...]
    transports: tuple[Argument, ...]
    icount: Icount | None
    guest: Guest
    guest_reason: str
    open_arguments: tuple[Argument, ...]
    accelerated: bool
    platform: str

    @property
    def place(self) -> Place:
        """The lines of the command."""
        return self.run.place

    @property
    def subject(self) -> str:
        """``path: function or recipe``."""
        name = self.run.owner.name
        return f"{self.place.path}: {name}" if name else self.place.path

    @property
    def is_networked(self) -> bool:
        """Whether the guest exchanges data with something that runs on host time."""
        return bool(self.netdevs or self.transports)

    @property
    def input_output(self) -> str:
        """The back ends in words; the chain shows them in full."""
        shown = [
            f"a {n.kind} back end" if n.text else f"the default {n.kind} back end of {self.machine}"
            for n in self.netdevs
        ]
        return " or ".join(
            dict.fromkeys([*shown, *("a serial transport" for _ in self.transports)])
        )

    @property
    def chain(self) -> tuple[Related, ...]:
        """Where the machine's input and output come from, and the helpers that supply parts."""
        hops = [Related(n.place, f"host back end `{n.text}`") for n in self.netdevs if n.text]
        hops += [Related(t.place, f"serial transport `{t.text}`") for t in self.transports]
        return (*hops, *self.run.helpers)


class QemuLaunches(View):
    """Launches in own code, without probes such as ``--version`` and ``-machine help``."""

    uses = (Commands, Layout)

    def __init__(self, launches: Iterable[Launch]) -> None:
        self.launches = tuple(launches)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the commands of the tree."""
        layout = source.view(Layout)
        bare_metal = has_bare_metal(source.paths)
        runs = source.view(Commands).runs
        found = (_launch(run, layout, bare_metal=bare_metal) for run in runs)
        return cls(launch for launch in found if launch is not None)


def _launch(run: Run, layout: Layout, *, bare_metal: bool) -> Launch | None:
    """The launch that a command is, None for any other command."""
    program, arguments = _emulator(run)
    options = [w.text[1:] if w.text.startswith("--") else w.text for w in arguments]
    if not program or _PROBES & set(options):
        return None
    machine = next(_values(arguments, *_MACHINE), None)
    name = _kind(default(machine.text)) if machine else ""
    if machine is None and not set(options) & set(_IMAGE):
        return None
    kernel = _kernel(arguments)
    guest, reason = guest_of(run, program, name, kernel, arguments, bare_metal=bare_metal)
    return Launch(
        run=run,
        program=program,
        machine=name,
        kernel=kernel,
        netdevs=tuple(_netdevs(run, name, arguments, kernel)),
        transports=tuple(_transports(arguments)),
        icount=_icount(arguments),
        guest=guest,
        guest_reason=reason,
        open_arguments=tuple(_open(arguments)),
        accelerated=any("kvm" in w.text or "hvf" in w.text for w in _accelerators(arguments)),
        platform=_platform(run, name, kernel, layout),
    )


def _emulator(run: Run) -> tuple[str, Sequence[Argument]]:
    """``(program, arguments)``; also behind the ``--`` of a wrapper script."""
    if _QEMU.fullmatch(run.program):
        return run.program, run.arguments
    texts = [word.text for word in run.words]
    if "--" in texts:
        at = texts.index("--") + 1
        if at < len(texts) and _QEMU.fullmatch(basename(texts[at])):
            return basename(texts[at]), run.words[at + 1 :]
    symbolic = bool(run.words) and not run.words[0].is_literal
    if symbolic and _TELLTALE & set(texts) and set(_MACHINE) & set(texts):
        return texts[0], run.arguments
    return "", ()


def _values(arguments: Sequence[Argument], *options: str) -> Iterator[Argument]:
    """What follows each of ``options``; QEMU takes one dash or two."""
    for option, value in pairwise(arguments):
        text = option.text[1:] if option.text.startswith("--") else option.text
        if text in options:
            yield value


def _kind(value: str) -> str:
    """``tap`` of ``tap,id=n``, ``type=tap,id=n`` and ``id=n,type=tap``."""
    parts = value.split(",")
    named = (part.removeprefix("type=") for part in parts if part.startswith("type="))
    return next(named, parts[0])


def _open(arguments: Sequence[Argument]) -> Iterator[Argument]:
    """Words that may be any number of options: not the value of one, not a single parameter."""
    before = ""
    for word in arguments:
        is_value = before.startswith("-") and before.lstrip("-") not in _FLAGS
        single = word.is_literal or re.fullmatch(r"\$\{\d+\}", word.text)
        if word.spread and not is_value and not single:
            yield word
        before = word.text


def _accelerators(arguments: Sequence[Argument]) -> Iterator[Argument]:
    yield from _values(arguments, "-accel", *_MACHINE)
    yield from (word for word in arguments if word.text.lstrip("-") == "enable-kvm")


def _kernel(arguments: Sequence[Argument]) -> str:
    for value in _values(arguments, "-kernel", "-bios"):
        if value.text != "none":
            return value.text
    for value in _values(arguments, "-drive", "-device"):
        if found := re.search(r"(?:^|,)file=([^,]+)", value.text):
            return found[1]
    return ""


def _icount(arguments: Sequence[Argument]) -> Icount | None:
    for value in _values(arguments, "-icount"):
        options = dict(
            part.partition("=")[::2] if "=" in part else ("shift", part)
            for part in value.text.split(",")
        )
        shift, sleep = options.get("shift", ""), options.get("sleep", "")
        align = options.get("align", "")
        return Icount(value.text, value.place, shift, sleep, align, value.conditional)
    return None


def _netdevs(
    run: Run, machine: str, arguments: Sequence[Argument], kernel: str
) -> Iterator[Netdev]:
    """The host back ends; the one that QEMU adds by itself when the launch evidently uses it."""
    options = list(_values(arguments, "-nic", "-netdev", "-net"))
    for value in options:
        kind = _kind(value.text)
        if kind not in ("none", "nic") and not kind.startswith("hubport"):
            yield Netdev(kind, value.text, value.place, value.conditional)
    bare = any(word.text.lstrip("-") == "nodefaults" for word in arguments)
    names = f"{run.owner.name} {kernel}"
    if (
        not (options or bare or any(w.spread for w in arguments))
        and run.file.language != "cargo"
        and _ON_BOARD_NIC.fullmatch(machine)
        and _NETWORK_NAMES.search(names)
    ):
        yield Netdev("user", "", run.place)


def _transports(arguments: Sequence[Argument]) -> Iterator[Argument]:
    """Serial lines to a PTY or socket, while the console is somewhere else."""
    serials = list(_values(arguments, "-serial"))
    texts = {word.text.lstrip("-") for word in arguments}
    console_elsewhere = bool({"semihosting", "semihosting-config"} & texts)
    chardevs = {
        found[1]: value
        for value in _values(arguments, "-chardev")
        if (found := re.search(r"(?:^|,)id=([^,]+)", value.text))
    }
    for number, serial in enumerate(serials):
        end = serial
        if serial.text.startswith("chardev:"):
            end = chardevs.get(serial.text.removeprefix("chardev:"), serial)
        outside = re.match(r"pty|unix:|tcp:|udp:|telnet:|socket,|serial,|/dev/|\$\{", end.text)
        if outside and (console_elsewhere or number > 0):
            yield end


def _platform(run: Run, machine: str, kernel: str, layout: Layout) -> str:
    """The platform of the kernel, else of the launching file, else of the machine."""
    for text in (kernel, f"{run.place.path}/{run.owner.name}", machine):
        if text and (found := layout.platform_of(text)):
            return found
    return machine if MICROCONTROLLERS.match(machine) else ""
