"""Zephyr native_sim images that run beside each other, and the seeds of their entropy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, Self

from pitfalls.formats import native_sim_starts, recipes, shell
from pitfalls.formats.commands import Command, CommandFile
from pitfalls.formats.native_sim_starts import NativeStarts
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout
from pitfalls.views.process_roles import role

_scripts = partial(Selection, type=CommandFile, needles=(b"zephyr.exe",))
SCRIPTS = (
    _scripts(name="native_sim scripts", parse=shell.parse, names=("*.sh", "*.bash")),
    _scripts(
        name="native_sim recipes", parse=recipes.parse_just,
        names=("*.just", "justfile", "Justfile", ".justfile"),
    ),
    _scripts(
        name="native_sim Makefiles", parse=recipes.parse_make, names=("Makefile", "*.mk"),
    ),
)  # fmt: skip
RUST = Selection(
    "native_sim starts in Rust", NativeStarts, native_sim_starts.parse, ("*.rs",),
    (b"NativeSim", b"native_sim", b"NativePosix", b"zephyr.exe"),
)  # fmt: skip

_IMAGE = re.compile(r"zephyr\.exe$")
_VARIES = re.compile(r"\$|\{|RANDOM|--seed-random")


@dataclass(frozen=True)
class NativeGroup:
    """Instances that run together: in one script or recipe (``certain``), or in recipes of one
    file that play the two sides of a pair. ``seeds`` are their ``--seed`` texts, empty without."""

    place: Place
    subject: str
    seeds: tuple[str, ...]
    certain: bool
    related: tuple[Related, ...] = ()

    @property
    def state(self) -> Literal["none", "same", "distinct", "varies"]:
        """``none`` when an instance has no seed; ``varies`` when it is made at run time."""
        if not all(self.seeds):
            return "none"
        if all(_VARIES.search(seed) for seed in self.seeds):
            return "varies"
        literal = [seed for seed in self.seeds if not _VARIES.search(seed)]
        return "distinct" if len(set(literal)) == len(literal) > 1 else "same"


class NativeSims(View):
    """Every group of instances of the tree; ``seeding`` are the names of the helpers of tests that
    give each instance a seed made at run time."""

    uses = (*SCRIPTS, RUST, Layout)

    def __init__(self, groups: Iterable[NativeGroup], seeding: frozenset[str]) -> None:
        self.groups = tuple(groups)
        self.seeding = seeding

    @classmethod
    def build(cls, source: Source) -> Self:
        """From scripts, recipes and helpers of tests."""
        layout = source.view(Layout)
        groups: list[NativeGroup] = []
        for selection in SCRIPTS:
            for file in source.facts(selection):
                if layout.is_evidence(file.path):
                    groups += _in_script(file.path, file.facts)
        varying: dict[str, bool] = {}
        for starts in source.facts(RUST):
            for s in starts.facts.starts if layout.is_evidence(starts.path) else ():
                subject = f"{starts.path}: {s.function}"
                groups.append(NativeGroup(Place(starts.path, s.line), subject, (s.seed,), True))
                varies = groups[-1].state == "varies"
                varying[s.function] = varies and varying.get(s.function, True)
        return cls(groups, frozenset(name for name, varies in varying.items() if varies))


def _in_script(path: str, facts: CommandFile) -> Iterator[NativeGroup]:
    runs = [c for c in facts.commands if c.words and _IMAGE.search(c.words[0].text)]
    owners: dict[str, list[Command]] = {}
    for run in runs:
        owners.setdefault(facts.owner(run).name, []).append(run)
    for name, own in owners.items():
        if len(own) > 1 and any(run.background for run in own):
            yield _group(path, name, own, certain=True)
    alone = {name: own[0] for name, own in owners.items() if len(own) == 1 and name}
    sides: dict[str, dict[str, tuple[str, Command]]] = {}
    for name, run in alone.items():
        kind, side = role(name)
        stem = re.sub(r"talker|listener|server|client|pub\w*|sub\w*", "*", name)
        if side:
            sides.setdefault(f"{kind} {stem}", {}).setdefault(side, (name, run))
    for pair in sides.values():
        if len(pair) == 2:
            (one, first), (two, second) = pair["receiver"], pair["sender"]
            first, second = sorted((first, second), key=lambda run: run.line)
            yield _group(path, f"{one} and {two}", [first, second], certain=False)


def _group(path: str, name: str, runs: list[Command], *, certain: bool) -> NativeGroup:
    hops = tuple(Related(Place(path, run.line), "runs beside it") for run in runs[1:])
    subject = f"{path}: {name}" if name else path
    seeds = tuple(map(_seed, runs))
    return NativeGroup(Place(path, runs[0].line), subject, seeds, certain, hops)


def _seed(command: Command) -> str:
    words = [word.text for word in command.arguments]
    for number, word in enumerate(words):
        if word.startswith(("--seed=", "-seed=")) or word == "--seed-random":
            return word
        if word in ("--seed", "-seed") and number + 1 < len(words):
            return f"--seed={words[number + 1]}"
    return ""
