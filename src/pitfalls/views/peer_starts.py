"""Tests, scripts and documents that start a receiver and a sender, with what lies between."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from pitfalls.formats.rust_routines import Call
from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.heeded_waits import heed, is_wait
from pitfalls.views.process_roles import is_between, role
from pitfalls.views.routines import Found, Routines
from pitfalls.views.script_peers import ScriptPeers

_ENDS = re.compile(r"wait_for_(?:all_)?output$|wait_with_output|^wait$|exit|finish|collect_output")
_SECONDS = re.compile(r"from_(secs|millis|secs_f32|secs_f64)\(\s*([\d_.]+)")
_COUNTS = re.compile(r"\"(?:-n|-c|--count|--once|-1|--times)\"|_MAX\"|_COUNT\"|--once|burst")
_MEANT = re.compile(
    r"late|first|before|reconnect|restart|order|transient|durab|history|cache|retained|recover"
    r"|without|absent|no_server|timeout|unreachable|concurrent|simultaneous",
    re.IGNORECASE,
)
_OUTPUT = re.compile(r"wait|collect|output|read|expect|recv|drain")
_CACHE = re.compile(r"transient.?local|--history|advanced|cache|durability", re.IGNORECASE)


@dataclass(frozen=True)
class Start:
    """A process that plays one side."""

    place: Place
    kind: str
    side: str
    name: str
    text: str = ""


@dataclass(frozen=True)
class Wait:
    """A readiness wait between the two starts. ``helper`` is its body's place; ``lenient`` the
    line on which that returns success without the text, None when it does not; ``dropped`` when
    the test goes on whatever the wait reports; ``open`` what would tell that, where it is not
    known; ``text`` what is waited for, when it is written there."""

    place: Place
    name: str
    helper: Related | None = None
    lenient: Place | None = None
    dropped: bool = False
    text: str = ""
    open: str = ""

    @property
    def is_strict(self) -> bool:
        """Whether the test goes on only when what it waits for came."""
        return self.lenient is None and not self.dropped and not self.open


@dataclass(frozen=True)
class Pair:
    """One receiver and one sender. ``settle`` is the sum of the literal sleeps between them in
    seconds; ``finite`` whether the sender is known to end; ``meant`` whether the order is the
    subject of the test, or both sides keep what was sent; ``awaited`` whether the test goes on to
    wait for the receiver while the sender runs, ``foreground`` whether a script does."""

    subject: str
    first: Start
    second: Start
    waits: tuple[Wait, ...] = ()
    settle: float = 0.0
    open_sleep: bool = False
    finite: bool | None = None
    meant: bool = False
    awaited: bool = False
    document: bool = False
    foreground: bool = False

    @property
    def receiver_first(self) -> bool:
        """Whether the order is right."""
        return self.first.side == "receiver"

    @property
    def related(self) -> tuple[Related, ...]:
        """The two starts, the waits and their helpers."""
        hops = [Related(self.second.place, f"then {self.second.name} is started")]
        for wait in self.waits:
            hops.append(Related(wait.place, f"waits: {wait.name}"))
            if wait.helper is not None:
                hops.append(wait.helper)
        return tuple(hops)


class PeerStarts(View):
    """The pairs of the tree."""

    uses = (Routines, ScriptPeers)

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.pairs = tuple(pairs)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the functions of the tests, then scripts, compose files and documents."""
        reader = _Reader(source.view(Routines))
        scripts = (
            Pair(
                subject=p.subject,
                first=Start(p.first.place, p.kind, p.first.side, p.first.name),
                second=Start(p.second.place, p.kind, p.second.side, p.second.name),
                waits=tuple(
                    Wait(w.place, w.name, lenient=w.lenient, dropped=w.dropped, open=w.open)
                    for w in p.waits
                ),
                settle=p.settle,
                open_sleep=p.open_sleep,
                finite=p.finite,
                document=p.document,
                foreground=p.foreground,
            )
            for p in source.view(ScriptPeers).pairs
        )
        return cls((*reader.pairs(), *scripts))


class _Reader:
    """Test functions: their calls in order."""

    def __init__(self, routines: Routines) -> None:
        self.routines = routines
        spawning = [
            f for f in routines.found
            if any(c.callee == "spawn" and not c.arguments and "thread" not in c.receiver
                   for c in f.routine.calls)
        ]  # fmt: skip
        self.starters = routines.reaching(spawning, 2)

    def pairs(self) -> Iterator[Pair]:
        """One pair per kind and function: the first receiver and the first sender."""
        for item in self.routines.found:
            if item.routine.ignored or not self.routines.is_test_code(item.path):
                continue
            starts = [(i, s) for i, s in self._starts(item) if s.side]
            for kind in ("topic", "service"):
                yield from self._pair(item, [(i, s) for i, s in starts if s.kind == kind])

    def _starts(self, item: Found) -> Iterator[tuple[int, Start]]:
        for number, call in enumerate(item.routine.calls):
            own = call.callee == "spawn" and not call.arguments
            if is_between(call.callee):
                continue
            if not own and not self._starts_process(call, item):
                continue
            labels = [a for a in reversed(call.arguments) if a.startswith(('"', "format!"))]
            others = [a for a in call.arguments if a not in labels]
            lets = [item.routine.lets.get(a.strip("&"), "") for a in others]
            kind, side = role(call.bound, *labels, call.name, *others, *lets, call.receiver)
            name = call.bound or next(iter(labels), call.name)
            if call.bound in ("_", "") and not labels:
                name = call.name
            text = " ".join((call.callee, *call.arguments, *lets, call.receiver))
            yield number, Start(item.at(call.line), kind, side, name.strip('"'), text)

    def _starts_process(self, call: Call, item: Found) -> bool:
        if not re.search(r"::|^(?:start|spawn|boot|launch|run)_", call.callee) or call.receiver:
            return False
        return any(
            f in self.starters and not f.routine.is_test
            for f in self.routines.callees(call, item)
        )  # fmt: skip

    def _pair(self, item: Found, starts: list[tuple[int, Start]]) -> Iterator[Pair]:
        sides: dict[str, tuple[int, Start]] = {}
        for number, start in starts:
            sides.setdefault(start.side, (number, start))
        if len(sides) < 2:
            return
        (begin, first), (end, second) = sorted(sides.values(), key=lambda pair: pair[0])
        between = item.routine.calls[begin + 1 : end]
        helped = self._helped(item.routine.calls[begin], item)
        ends = [c for c in between if _ENDS.search(c.name)]
        if any(first.name == _variable(c.receiver) and c.bound != "_" for c in ends):
            return  # the first has ended: one after the other, not a pair
        sender, receiver = (first, second) if first.side == "sender" else (second, first)
        after = item.routine.calls[end + 1 :]
        asked = (receiver, sender) if sender.kind == "service" else (receiver,)
        if not any(_OUTPUT.search(c.name) and _about(c, one) for c in after for one in asked):
            return  # nobody asks what arrived; of a service the client tells
        pair = Pair(
            subject=f"{item.path}: {item.routine.name}",
            first=first,
            second=second,
            finite=True if _COUNTS.search(self._told(item, sender)) else None,
            meant=bool(_MEANT.search(item.routine.name)) or self._cached(item, first, second),
            awaited=_is_awaited(after, receiver),
        )
        yield self._with_waits(pair, item, [*helped, *((item, call) for call in between)])

    def _helped(self, start: Call, item: Found) -> list[tuple[Found, Call]]:
        """What the helper that starts a process does behind that: it may wait, too."""
        callees = self.routines.callees(start, item)
        if len(callees) != 1 or callees[0] not in self.starters:
            return []
        calls = callees[0].routine.calls
        spawns = [n for n, call in enumerate(calls) if re.search("spawn|start", call.name)]
        return [(callees[0], call) for call in calls[spawns[0] + 1 :]] if spawns else []

    def _told(self, item: Found, start: Start) -> str:
        """What is said of a process: its start, and the calls on its command."""
        named = re.findall(r"\b\w+\b", start.text)
        calls = (
            " ".join(c.arguments) for c in item.routine.calls
            if _variable(c.receiver) in named and c.name in ("arg", "args", "envs")
        )  # fmt: skip
        return " ".join((start.text, *calls))

    def _cached(self, item: Found, first: Start, second: Start) -> bool:
        return all(_CACHE.search(self._told(item, start)) for start in (first, second))

    def _with_waits(self, pair: Pair, own: Found, between: list[tuple[Found, Call]]) -> Pair:
        waits, settle, unknown_sleep = [], 0.0, False
        for item, call in between:
            if call.name == "sleep":
                seconds = _seconds(call)
                settle += seconds or 0.0
                unknown_sleep |= seconds is None
            elif is_wait(call.name) and (
                item is not own or not call.receiver or _about(call, pair.first)
            ):
                waits.append(self._wait(call, item))
        return replace(pair, waits=tuple(waits), settle=settle, open_sleep=unknown_sleep)

    def _wait(self, call: Call, item: Found) -> Wait:
        literal = [a.strip('"') for a in call.arguments[:1] if re.fullmatch(r'"[^"{}]+"', a)]
        text = literal[0] if literal else ""
        callees = self.routines.callees(call, item)
        made = item.routine.lets.get(_variable(call.receiver), "")
        kind = re.match(r"(?:\w+::)*([A-Z]\w*)::", made)
        if kind is not None:
            callees = [c for c in callees if c.routine.owner == kind[1]] or callees
        dropped, open_ = heed(self.routines, call, callees)
        wait = Wait(item.at(call.line), call.name, dropped=dropped, open=open_, text=text)
        if len({c.path for c in callees}) > 1 or not callees:
            return wait
        helper = callees[0]
        lenient = helper.routine.lenient
        return replace(
            wait, helper=Related(helper.place, f"`{helper.routine.label}`"),
            lenient=helper.at(lenient) if lenient else None,
        )  # fmt: skip


def _about(call: Call, start: Start) -> bool:
    """Whether a call concerns a process: its variable, or one that is named for the same side."""
    text = " ".join((call.receiver, *call.arguments))
    named = re.search(rf"\b{re.escape(start.name)}\b", text) is not None
    return named or role(_variable(call.receiver)) == (start.kind, start.side)


def _is_awaited(after: tuple[Call, ...], receiver: Start) -> bool:
    """Whether the test waits for the receiver before anything ends the sender."""
    for call in after:
        if call.name in ("kill", "terminate", "drop"):
            return False
        if _OUTPUT.search(call.name):
            if _about(call, receiver):
                return True
            if _ENDS.search(call.name):
                return False
    return False


def _variable(text: str) -> str:
    return re.split(r"\W", text.lstrip("&* "), maxsplit=1)[0]


def _seconds(call: Call) -> float | None:
    """The seconds of a literal sleep, None when the text does not tell them."""
    found = _SECONDS.search(" ".join(call.arguments))
    if found is None:
        return None
    value = float(found[2].replace("_", "").rstrip(".") or 0)
    return value / 1000 if found[1] == "millis" else value
