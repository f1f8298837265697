"""TAP devices that the tree creates, each with the queue statements of its own scope."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import msgspec

from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.commands import Argument, Commands, Run
from pitfalls.views.kconfig import ZephyrConfigurations
from pitfalls.views.launches import Launch, QemuLaunches

_NATIVE_NAMES = ("ETH_NATIVE_POSIX_DRV_NAME", "ETH_NATIVE_TAP_DRV_NAME")
_NATIVE_DEFAULT = "zeth"
_STOPS = frozenset({"-STOP", "-SIGSTOP", "-19"})


@dataclass(frozen=True)
class Setting:
    """A statement about one device: its value (``pfifo limit 1000``, ``4000``) and its place."""

    value: str
    place: Place

    @property
    def kind(self) -> str:
        """The first word of the value."""
        return self.value.partition(" ")[0]


@dataclass(frozen=True)
class Tap:
    """One creation of a TAP device.

    ``root_qdisc`` and ``txqueuelen`` come from the same loop, function or script and name the same
    device; ``default_qdisc`` is a sysctl of the same file before the creation. ``emulator`` is the
    launch that shows that an emulated CPU uses it, ``named`` whether that launch names the device.
    """

    device: str
    run: Run
    platform: str
    root_qdisc: Setting | None
    txqueuelen: Setting | None
    default_qdisc: Setting | None
    emulator: Launch
    named: bool
    set_elsewhere: Place | None

    @property
    def place(self) -> Place:
        """The lines of the creation."""
        return self.run.place

    @property
    def subject(self) -> str:
        """``path: device``."""
        return f"{self.place.path}: {self.device}"

    @property
    def chain(self) -> tuple[Related, ...]:
        """The statements that belong to the device, and its user."""
        hops = [
            Related(setting.place, f"{what} {setting.value}")
            for what, setting in (
                ("root qdisc", self.root_qdisc),
                ("default qdisc", self.default_qdisc),
                ("txqueuelen", self.txqueuelen),
            )
            if setting is not None
        ]
        user = "opens it" if self.named else "opens a TAP; nothing tells another user of this one"
        return (*hops, Related(self.emulator.place, f"{self.emulator.program} {user}"))


class TapDevices(View):
    """TAPs that serve an emulated CPU; empty when the tree launches no emulator on a TAP.

    ``pauses`` are statements that stop a running process with a signal.
    """

    uses = (Commands, QemuLaunches, ZephyrConfigurations)

    def __init__(self, taps: Iterable[Tap], pauses: Iterable[Run]) -> None:
        self.taps = tuple(taps)
        self.pauses = tuple(pauses)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the commands and the launches of the tree."""
        runs = source.view(Commands).runs
        emulated = [
            launch
            for launch in source.view(QemuLaunches).launches
            if not launch.accelerated and any(n.kind == "tap" for n in launch.netdevs)
        ]
        if not emulated:
            return cls((), ())
        native = _native_names(source.view(ZephyrConfigurations))
        statements = [run for run in runs if run.program in ("tc", "ip", "ifconfig", "sysctl")]
        created = ((run, device) for run in runs for device in _created(run))
        sites: dict[tuple[str, int, str], Tap] = {}  # branches that create one device are one site
        for run, device in created:
            if not device.startswith(native):
                site = (run.place.path, _home(run)[0], device)
                sites.setdefault(
                    site, _tap(run, device, [*statements, *_handed(run, device, runs)], emulated)
                )
        pauses = (
            run
            for run in runs
            if run.program in ("kill", "pkill") and _STOPS & {w.text for w in run.arguments}
        )
        return cls(sites.values(), pauses)


def _native_names(zephyr: ZephyrConfigurations) -> tuple[str, ...]:
    """Interface names of native_sim applications, which run at the speed of the host."""
    values = (c.get(name) for c in zephyr.configurations for name in _NATIVE_NAMES)
    return (_NATIVE_DEFAULT, *{value.text for value in values if value is not None and value.text})


def _created(run: Run) -> Iterator[str]:
    """The TAP device that a command creates, nothing for any other command."""
    words = _operands(run.arguments)
    if run.program == "ip" and words[:2] in (["tuntap", "add"], ["tuntap", "a"]):
        if _after(words, "mode") != "tap":
            return
        rest = _without(words[2:], "mode", "user", "group", "multi_queue", "vnet_hdr", "pi")
        if name := _after(words, "dev") or _after(words, "name") or next(iter(rest), ""):
            yield name
    elif run.program == "tunctl" and "-d" not in words:
        yield _after(words, "-t") or "tap0"


def _operands(arguments: Sequence[Argument]) -> list[str]:
    """The texts of arguments after the global options of ``ip`` and ``tc``."""
    texts = [word.text for word in arguments]
    at = 0
    while at < len(texts) and texts[at].startswith("-") and texts[at] not in ("-t", "-d", "-u"):
        at += 2 if texts[at] in ("-n", "-netns") else 1
    return texts[at:]


def _after(words: Sequence[str], key: str) -> str:
    """The word after ``key``; empty when there is none."""
    return words[words.index(key) + 1] if key in words[:-1] else ""


def _without(words: Sequence[str], *keys: str) -> list[str]:
    """``words`` without the keys and, for those that take one, their values."""
    kept, skip = [], False
    for word in words:
        if word in keys:
            skip = word in ("mode", "user", "group")
        elif not skip:
            kept.append(word)
        else:
            skip = False
    return kept


def _tap(run: Run, device: str, statements: list[Run], emulated: list[Launch]) -> Tap:
    own = [s for s in statements if s.place.path == run.place.path and _together(run, s, device)]
    roots = [Setting(kind, s.place) for s in own if (kind := _root_qdisc(s, device))]
    queues = [Setting(text, s.place) for s in own if (text := _queue_length(s, device))]
    defaults = [
        Setting(kind, s.place)
        for s in statements
        if s.place.path == run.place.path and s.place.line < run.place.line
        if (kind := _default_qdisc(s))
    ]
    user = next((launch for launch in emulated if _opens(launch, device)), None)
    outside = re.fullmatch(r"\$\{\w+\}", device) is not None
    elsewhere = (s.place for s in statements if s.place.path != run.place.path and _sets_root(s))
    return Tap(
        device=device,
        run=run,
        platform=user.platform if user is not None else "",
        root_qdisc=roots[-1] if roots else None,
        txqueuelen=queues[-1] if queues else None,
        default_qdisc=defaults[-1] if defaults else None,
        emulator=user or emulated[0],
        named=user is not None,
        set_elsewhere=next(elsewhere, None) if outside else None,
    )


def _handed(creation: Run, device: str, runs: Sequence[Run]) -> Iterator[Run]:
    """The ``tc`` of a shell function that the creation's scope calls with the device, as if it
    stood there."""
    for call in runs:
        same = call.place.path == creation.place.path and _home(call)[0] == _home(creation)[0]
        if not same or [word.text for word in call.arguments] != [device]:
            continue
        for inner in runs:
            scope = inner.file.scopes[_home(inner)[0]]
            named = scope.kind == "function" and scope.name == call.program
            if named and inner.program == "tc" and inner.place.path == call.place.path:
                words = tuple(
                    replace(w, text=device) if w.text == "${1}" else w for w in inner.words
                )
                command = msgspec.structs.replace(inner.command, scope=creation.command.scope)
                yield replace(inner, command=command, words=words)


def _home(run: Run) -> tuple[int, ...]:
    """The scopes around a command without the branches, innermost first."""
    scopes = run.file.scopes
    return tuple(n for n in run.file.enclosing(run.command.scope) if scopes[n].kind != "branch")


def _together(creation: Run, statement: Run, device: str) -> bool:
    """Whether a statement stands in the scope of a creation: in the same loop or function, in a
    loop over the same values, or, for a device named in full, anywhere around it."""
    here, there = _home(creation), _home(statement)
    if here[0] == there[0]:
        return True
    if "${" not in device:
        return here[0] in there or there[0] in here
    first, second = creation.file.scopes[here[0]], statement.file.scopes[there[0]]
    loops = first.kind == second.kind == "loop" and here[1:] == there[1:]
    named = re.sub(r"\$\{[^}]*\}", "", device) != ""
    return loops and named and first.values == second.values


def _root_qdisc(run: Run, device: str) -> str:
    """``pfifo limit 1000`` of ``tc qdisc replace dev <device> root pfifo limit 1000``."""
    words = _operands(run.arguments)
    if not _sets_root(run) or _after(words, "dev") != device:
        return ""
    rest = words[words.index("root") + 1 :]
    if rest[:1] == ["handle"]:
        rest = rest[2:]
    return " ".join(rest)


def _sets_root(run: Run) -> bool:
    words = _operands(run.arguments)
    verbs = ("add", "replace", "change")
    return run.program == "tc" and "root" in words[:-1] and words[1:2] != [] and words[1] in verbs


def _queue_length(run: Run, device: str) -> str:
    """The ``txqueuelen`` that a command gives to ``device``."""
    words = _operands(run.arguments)
    length = _after(words, "txqueuelen") or _after(words, "qlen")
    return length if length and device in words else ""


def _default_qdisc(run: Run) -> str:
    """The queue discipline of ``sysctl -w net.core.default_qdisc=…``."""
    if run.program != "sysctl":
        return ""
    text = " ".join(word.text for word in run.arguments)
    found = re.search(r"net[./]core[./]default_qdisc\s*=\s*(\w+)", text)
    return found[1] if found else ""


def _opens(launch: Launch, device: str) -> bool:
    """Whether a launch may open ``device``; parts known at run time only match anything."""
    for netdev in launch.netdevs:
        found = re.search(r"ifname=([^,]+)", netdev.text)
        if netdev.kind == "tap" and found and _may_equal(found[1], device):
            return True
    return False


def _may_equal(first: str, second: str) -> bool:
    """Whether two names with symbolic parts can be the same; a wholly symbolic one says nothing."""
    heads = [
        re.split(r"\$\{", re.sub(r"\$\{\w+:-([^}$]*)\}", r"\1", t))[0] for t in (first, second)
    ]
    if not all(heads):
        return False
    return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])
