"""The MAC of an emulated guest's TAP, and whether two TAPs lie in one network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pitfalls.views.commands import Run
from pitfalls.views.launches import Launch

_DEFAULT = "52:54:00:12:34:{:02x}"
_FIRST = 0x56
"""QEMU counts up from here within one process, and begins anew in the next."""


@dataclass(frozen=True)
class Mac:
    """``given`` on the command line, or QEMU's own; ``fixed``: no firmware may set another."""

    text: str
    given: bool
    fixed: bool


def opened_tap(launch: Launch) -> str | None:
    """The TAP that a launch opens, empty when the kernel or a bridge helper names one; None for
    none, or when the name is decided outside."""
    for netdev in launch.netdevs:
        found = re.search(r"ifname=([^,]+)", netdev.text)
        if netdev.kind == "bridge" or (netdev.kind == "tap" and found is None):
            return ""
        if netdev.kind == "tap" and found and "$" not in found[1] and "{" not in found[1]:
            return found[1]
    return None


def mac_of(launch: Launch) -> Mac | None:
    """The MAC of its TAP; None when something outside decides."""
    fixed = launch.guest == "linux"
    given = written_mac(launch)
    if given:
        return None if "$" in given or "{" in given else Mac(given.lower(), True, fixed)
    if any(word.spread for word in launch.run.arguments):
        return None
    kinds = [netdev.kind for netdev in launch.netdevs]
    number = next((n for n, kind in enumerate(kinds) if kind in ("tap", "bridge")), 0)
    return Mac(_DEFAULT.format(_FIRST + number), False, fixed)


def written_mac(launch: Launch) -> str:
    """What follows ``mac=``, ``$`` for a value that is not known; empty for nothing."""
    texts = (word.text for word in launch.run.arguments)
    found = (re.search(r"(?:^|,)(?:mac|macaddr)=([^,]*)", text) for text in texts)
    return next((m[1] or "$" for m in found if m is not None), "")


class Networks:
    """Which bridge each TAP is a port of, and which TAPs have an address of the host instead."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._bridges: dict[str, set[str]] = {}
        self._routed: set[str] = set()
        for run in runs:
            words = [word.text for word in run.arguments]
            for tap, bridge in _ports(run.program, words):
                self._bridges.setdefault(tap, set()).add(bridge)
            if run.program == "ip" and "addr" in " ".join(words[:2]) and "dev" in words[:-1]:
                self._routed.add(words[words.index("dev") + 1])

    def are_apart(self, first: str, second: str) -> bool:
        """Whether the scripts put two TAPs into networks of their own."""
        one, other = self._bridges.get(first, set()), self._bridges.get(second, set())
        if one and other:
            return not one & other
        return any(tap in self._routed and tap not in self._bridges for tap in (first, second))


def _ports(program: str, words: list[str]) -> Iterator[tuple[str, str]]:
    """``(tap, bridge)`` of ``ip link set TAP master BRIDGE`` and ``brctl addif BRIDGE TAP``."""
    if program == "ip" and "master" in words[:-1]:
        at = words.index("master")
        taps = [w for w in words[:at] + words[at + 2 :]
                if w not in ("link", "l", "set", "dev", "up")]  # fmt: skip
        yield from ((tap, words[at + 1]) for tap in taps[:1])
    elif program == "brctl" and words[:1] == ["addif"]:
        yield from ((tap, words[1]) for tap in words[2:])


def _is_started_again(launch: Launch, runs: Iterable[Run]) -> bool:
    """Whether a launch whose TAP a variable names runs for several: in a loop over two names or
    more, or in a function that is called with different ones."""
    named = next((m[1] for n in launch.netdevs
                  if (m := re.search(r"ifname=\$\{(\w+)\}(?:,|$)", n.text))), "")  # fmt: skip
    run = launch.run
    scopes = [run.file.scopes[number] for number in run.file.enclosing(run.command.scope)]
    if any(s.kind == "loop" and s.name == named and len(set(s.values)) > 1 for s in scopes):
        return True
    if run.owner.kind != "function" or not named.isdigit():
        return False
    given = {
        call.words[int(named)].text for call in runs
        if call.place.path == run.place.path and call.words[0].text == run.owner.name
        and len(call.words) > int(named)
    }  # fmt: skip
    return len(given) > 1


def is_unnamed(launch: Launch, runs: Iterable[Run]) -> bool:
    """Whether each peer gets a TAP of its own and all the same default MAC."""
    own = any(
        n.kind == "tap" and re.search(r"ifname=[^,]*(?:\$\{|\{)", n.text) for n in launch.netdevs
    )
    whole = any(re.search(r"ifname=\$\{?\w+\}?(?:,|$)", n.text) for n in launch.netdevs)
    spread = any(word.spread for word in launch.run.arguments)
    if not own or spread or written_mac(launch):
        return False
    return not whole or _is_started_again(launch, runs)
