"""Peers that are started together, with the TAP device that each opens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Self

from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.cargo_tests import CargoTests
from pitfalls.views.commands import Commands, Run
from pitfalls.views.guest_macs import Mac, Networks, is_unnamed, mac_of, opened_tap
from pitfalls.views.launches import Launch, QemuLaunches
from pitfalls.views.native_sims import NativeSims
from pitfalls.views.peer_images import ImagePair, PeerImages
from pitfalls.views.peer_starts import Pair, PeerStarts
from pitfalls.views.routines import Found, Routines
from pitfalls.views.script_ends import ended
from pitfalls.views.test_resources import TestResources
from pitfalls.views.test_schedule import Case, Overlap, TestSchedule
from pitfalls.views.zephyr_recipes import both_in, run_by

_NATIVE = re.compile(r"zephyr|native_?sim", re.IGNORECASE)
_INTERFACE = re.compile(r"--eth-if(?:[= \",]+([\w.-]+)(?![\w.{-]))?")
_SEED = re.compile(r"--seed-random\b|--(?:seed|mac-addr)[= \",]+[\w:]*")


@dataclass(frozen=True)
class Opened:
    """A peer and the TAP it opens, empty when the kernel chooses one; ``mac`` is None when
    something outside decides."""

    place: Place
    name: str
    tap: str
    mac: Mac | None = None


@dataclass(frozen=True)
class TapPair:
    """Two peers that one test or script starts at the same time; ``apart`` when their TAPs lie in
    networks of their own."""

    subject: str
    first: Opened
    second: Opened
    related: tuple[Related, ...] = ()
    apart: bool = False

    @property
    def shares_tap(self) -> bool:
        """Whether both open one device."""
        return self.first.tap == self.second.tap != ""

    @property
    def shared_mac(self) -> tuple[Mac, Mac] | None:
        """The MACs when they are one; None when they differ, or do not matter."""
        one, other = self.first.mac, self.second.mac
        if one is None or other is None or one.text != other.text:
            return None
        told = one.given and other.given
        return (one, other) if told or not (self.apart or self.shares_tap) else None


@dataclass(frozen=True)
class Started:
    """A pair of applications with the test that starts both; None when nothing does.
    ``seeded`` when the start gives seeds or MACs; ``creation`` is where the TAP is made, if the
    scripts make exactly one of that name and none for the other; ``recipes`` are the lines of one
    file that run each."""

    images: ImagePair
    start: Pair | None
    seeded: bool
    creation: Place | None
    recipes: tuple[Related, ...] = ()

    @property
    def taps(self) -> tuple[str, str]:
        """What the first and the second open: ``--eth-if`` of the start overrides the image;
        empty when its value comes from outside."""
        names = []
        for image in (self.images.first, self.images.second):
            sides = (self.start.first, self.start.second) if self.start is not None else ()
            text = next((s.text for s in sides if s.side == image.side), "")
            given = _INTERFACE.search(text)
            names.append(image.tap_name if given is None else given[1] or "")
        return names[0], names[1]


class PeerTaps(View):
    """``pairs`` of guests by their launch, ``started`` pairs of Zephyr applications, ``cases`` of
    tests that overlap on one TAP, and ``unnamed`` launches: one per peer, without a MAC."""

    uses = (Commands, QemuLaunches, PeerImages, PeerStarts, CargoTests, TestResources,
            TestSchedule, Routines, NativeSims)  # fmt: skip

    def __init__(
        self,
        pairs: Iterable[TapPair],
        started: Iterable[Started],
        cases: Iterable[Case],
        unnamed: Iterable[Launch],
    ) -> None:
        self.pairs = tuple(pairs)
        self.started = tuple(started)
        self.cases = tuple(cases)
        self.unnamed = tuple(unnamed)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join launches, tests and applications."""
        launches = [
            launch for launch in source.view(QemuLaunches).launches
            if any(netdev.kind in ("tap", "bridge") for netdev in launch.netdevs)
        ]  # fmt: skip
        cases = source.view(TestSchedule).cases
        return cls(
            (
                *_in_scripts(launches, source.view(Commands).runs),
                *_in_tests(
                    source.view(CargoTests), source.view(TestResources), source.view(Routines),
                    launches,
                ),
            ),
            _started(
                source.view(PeerImages),
                _starts(source.view(PeerStarts), source.view(Routines), source.view(PeerImages)),
                source.view(Commands).runs,
                source.view(NativeSims).seeding,
            ),
            (case for case in cases if case.resource.kind == "tap"),
            (launch for launch in launches if is_unnamed(launch, source.view(Commands).runs)),
        )  # fmt: skip


def _opened(launch: Launch) -> Opened | None:
    """What a launch opens; None when the name is decided outside."""
    tap = opened_tap(launch)
    if tap is None:
        return None
    return Opened(launch.place, launch.kernel or launch.program, tap, mac_of(launch))


def _in_scripts(launches: list[Launch], runs: tuple[Run, ...]) -> Iterator[TapPair]:
    """Launches of one script or recipe, the first of them in the background."""
    own = [x for x in launches if x.run.file.language in ("shell", "just", "make", "yaml")]

    def home_of(run: Run) -> tuple[str, str, int]:
        return run.place.path, run.owner.name, run.owner.line

    networks = Networks(runs)
    for _, group in groupby(own, key=lambda launch: home_of(launch.run)):
        known = [(x, o) for x in group if (o := _opened(x)) is not None]
        for (first, a), (second, b) in combinations(known, 2):
            branches = first.run.file.is_conditional(first.run.command)
            own_runs = [r for r in runs if home_of(r) == home_of(first.run)]
            over = all(x.run in own_runs for x in (first, second)) and ended(
                own_runs, first.run, second.run
            )
            apart = _namespace(first.run) != _namespace(second.run)
            if first.run.command.background and not branches and not over and not apart:
                alone = networks.are_apart(a.tap, b.tap)
                yield TapPair(first.subject, a, b, apart=alone)


def _namespace(run: Run) -> str:
    """The network namespace of ``ip netns exec NAME``, empty for the host's."""
    wrappers = [word.text for word in run.command.wrappers]
    text = " ".join([*wrappers, *(word.text for word in run.words)])
    found = re.search(r"\bnetns exec (\S+)", text)
    return found[1] if found else ""


def _in_tests(
    cargo: CargoTests, resources: TestResources, routines: Routines, launches: list[Launch]
) -> Iterator[TapPair]:
    """Guests that one test starts."""

    def mac_at(places: Iterable[Place]) -> Mac | None:
        found = (
            launch for at in places for launch in launches
            if launch.place.path == at.path and opened_tap(launch)
            and launch.place.line <= at.line <= (launch.place.end_line or launch.place.line)
        )  # fmt: skip
        return mac_of(launch) if (launch := next(found, None)) is not None else None

    bodies = {(f.path, f.routine.line): f for f in routines.found}
    for test in cargo.tests:
        path = test.binary.path
        opened = [
            (places, value)
            for kind, value, places in resources.claims(test)
            if kind == "tap" and "{" not in value and "?" not in value
        ]
        for (a, first), (b, second) in combinations(opened, 2):
            body = bodies.get((path, test.function.line))
            lines = a[0][0].line, b[0][0].line
            dropped = any(
                call.callee == "drop" and lines[0] < call.line < lines[1]
                for call in test.function.calls
            )
            if lines[0] != lines[1] and not dropped and not _ended(body, *lines):
                hops = tuple(Related(place, text) for place, text in (*a, *b))
                yield TapPair(
                    test.label,
                    Opened(a[0][0], "the first guest", first, mac_at(p for p, _ in a)),
                    Opened(b[0][0], "the second guest", second, mac_at(p for p, _ in b)), hops,
                )  # fmt: skip


def _ended(body: Found | None, first: int, second: int) -> bool:
    """Whether the guest that starts on the first line has ended before the second starts."""
    if body is None:
        return False
    starts = [c.bound for c in body.routine.calls if c.line == first and c.bound]
    return any(
        first < call.line < second
        and call.name in ("drop", "kill", "wait_for_exit", "wait", "wait_for_output")
        and any(name in (call.receiver, *call.arguments) for name in starts)
        for call in body.routine.calls
    )


def _starts(starts: PeerStarts, routines: Routines, images: PeerImages) -> dict[ImagePair, Pair]:
    """The first test that starts each pair of applications. Where several pairs could be meant, it
    is the one whose folders the test names most of, and none when two are named alike."""
    found: dict[ImagePair, Pair] = {}
    for start in starts.pairs:
        if not (_NATIVE.search(start.first.text) and _NATIVE.search(start.second.text)):
            continue
        own = [pair for pair in images.pairs if pair.sender.kind == start.first.kind]
        shared = set.intersection(*(_words(pair.subject) for pair in own)) if own else set()
        said = _words(_told(start, routines)) - shared
        scores = [len(said & _words(pair.subject)) for pair in own]
        best = [pair for pair, score in zip(own, scores, strict=True) if score == max(scores)]
        if len(best) == 1:
            found.setdefault(best[0], start)
    return found


def _told(start: Pair, routines: Routines) -> str:
    """What is said of both processes, with the arguments in the helpers that give the programs."""
    text = f"{start.first.text} {start.second.text}"
    called = set(re.findall(r"\b(\w+)\s*\(", text))
    bodies = [
        f for f in routines.found
        if f.routine.name in called and not any(c.callee == "spawn" for c in f.routine.calls)
    ]  # fmt: skip
    here = [f for f in bodies if f.path == start.first.place.path] or bodies
    told = (argument for f in here for call in f.routine.calls for argument in call.arguments)
    return " ".join((text, *told))


def _words(text: str) -> set[str]:
    """The words of paths and names, the short name of a language written out."""
    return {"rust" if w == "rs" else w for w in re.split(r"[^a-z0-9]+", text.lower()) if w}


def _started(
    images: PeerImages,
    together: dict[ImagePair, Pair],
    runs: tuple[Run, ...],
    seeding: frozenset[str],
) -> Iterator[Started]:
    created = {name: run.place for run in runs for name in _created(run)}
    recipes = run_by(runs)
    for pair in images.pairs:
        start = together.get(pair)
        seeded = start is not None and _is_seeded(start, seeding)
        name = pair.sender.tap_name
        numbered = any(other != name and other.startswith(name) for other in created)
        creation = created.get(name) if not numbered else None
        together_in = both_in(recipes, pair.sender.application, pair.receiver.application)
        yield Started(pair, start, seeded, creation, together_in or ())


def _is_seeded(start: Pair, seeding: frozenset[str]) -> bool:
    """Whether the helper they call, or the test, gives both a seed or a MAC of their own."""
    sides = start.first.text, start.second.text
    if all(text.partition(" ")[0].rpartition("::")[2] in seeding for text in sides):
        return True
    texts = [found[0] for text in sides if (found := _SEED.search(text)) is not None]
    return len(texts) == 2 and ("random" in texts[0] or texts[0] != texts[1])


def _created(run: Run) -> Iterator[str]:
    """The device of ``ip tuntap add [dev] NAME mode tap``."""
    words = [word.text for word in run.arguments] if run.program == "ip" else []
    if words[:2] == ["tuntap", "add"] and "multi_queue" not in words:
        rest = [w for w in words[2:] if w not in ("dev", "name", "mode", "tap", "user")]
        if rest:
            yield rest[0]


def may_overlap(case: Case) -> bool:
    """Whether the tests of a case can run at once."""
    return case.overlap is Overlap.MAY
