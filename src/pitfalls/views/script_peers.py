"""Receivers and senders that scripts, recipes, compose files and documents start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Self

from pitfalls.formats import compose_services, terminal_recipes
from pitfalls.formats.compose_services import Compose, Service
from pitfalls.formats.terminal_recipes import Recipes, Terminal
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.commands import Commands, Run, default
from pitfalls.views.layout import Layout
from pitfalls.views.process_roles import role
from pitfalls.views.script_ends import ended
from pitfalls.views.script_waits import ScriptWait, ScriptWaits

_recipes = partial(Selection, type=Recipes, needles=(b"erminal 1", b"erminal 2", b"erminal #1"))
DOCUMENTS = _recipes(
    name="terminal-recipes", parse=terminal_recipes.parse_document, names=("*.md", "*.rst")
)
PRINTED = _recipes(
    name="printed-terminal-recipes",
    parse=terminal_recipes.parse_printed,
    names=("*.sh", "*.just", "justfile", "Makefile", "*.mk"),
)
COMPOSE = Selection(
    "compose-services", Compose, compose_services.parse,
    ("*compose*.yml", "*compose*.yaml"), (b"services",),
)  # fmt: skip

_FINITE = re.compile(
    r"(?:^|\s)(?:-[nc](?:\s+|=)?[\d$]|(?:--count|--once|-1|--times)(?:\s|=|$))|\btimeout\s"
)
_PAST = re.compile(r"archive|roadmap|/issues?/|changelog|history", re.IGNORECASE)
_STARTED = re.compile(r"already running|keep|leave|optional|alternativ|or:|instead", re.IGNORECASE)


@dataclass(frozen=True)
class Side:
    """One of the two: where it is started, what it is, what it is called."""

    place: Place
    side: str
    name: str


@dataclass(frozen=True)
class ScriptPair:
    """A pair outside the tests' own language; ``document`` for instructions to people,
    ``foreground``: the script waits for the end of the receiver while the sender runs."""

    subject: str
    kind: str
    first: Side
    second: Side
    waits: tuple[ScriptWait, ...] = ()
    settle: float = 0.0
    finite: bool | None = None
    open_sleep: bool = False
    document: bool = False
    foreground: bool = False


class ScriptPeers(View):
    """``pairs`` of scripts, compose files and documents."""

    uses = (Commands, DOCUMENTS, PRINTED, COMPOSE, Layout)

    def __init__(self, pairs: Iterable[ScriptPair]) -> None:
        self.pairs = tuple(pairs)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From commands in order, ``depends_on``, and numbered terminals."""
        layout = source.view(Layout)
        recipes = [*source.facts(DOCUMENTS), *source.facts(PRINTED)]
        return cls(
            (
                *_scripts(source.view(Commands).runs),
                *(p for f in source.facts(COMPOSE) if layout.is_evidence(f.path)
                  for p in _compose(f)),
                *(p for f in recipes if _is_current(f.path, layout) for p in _documents(f)),
            )
        )  # fmt: skip


def _is_current(path: str, layout: Layout) -> bool:
    """Whether a document is the tree's own, and no record of the past."""
    return layout.is_evidence(path) and not _PAST.search(path)


def _scripts(runs: Iterable[Run]) -> Iterator[ScriptPair]:
    """Shell functions and recipes: a background receiver, then a sender."""
    shell = [r for r in runs if r.file.language in ("shell", "just", "make", "yaml")]
    waits = ScriptWaits(shell)
    for (path, name, _), group in groupby(
        shell, key=lambda r: (r.place.path, r.owner.name, r.owner.line)
    ):
        own = list(group)
        if not any(run.command.background for run in own):
            continue
        starts = [(n, run, *role(*_words(run))) for n, run in enumerate(own) if _starts(run)]
        for kind in ("topic", "service"):
            found: dict[str, tuple[int, Run]] = {}
            for number, run, what, side in starts:
                others = (r for n, r, w, s in starts if n > number and w == kind and s != side)
                if (other := next(others, None)) is not None and ended(own, run, other):
                    continue
                if what == kind and (run.command.background or found):
                    found.setdefault(side, (number, run))
            if len(found) == 2:
                (a, first), (b, second) = sorted(found.values(), key=lambda item: item[0])
                sides = {id(run): side for side, (_, run) in found.items()}
                if not first.command.background:
                    continue
                between = own[a + 1 : b]
                sender = found["sender"][1]
                yield ScriptPair(
                    f"{path}: {name}" if name else path, kind,
                    Side(first.place, sides[id(first)], first.program),
                    Side(second.place, sides[id(second)], second.program),
                    tuple(waits.between(own, first, second)),
                    sum(_seconds(r) or 0.0 for r in between if r.program == "sleep"),
                    _is_finite(sender),
                    any(r.program == "sleep" and _seconds(r) is None for r in between),
                    foreground=second is not sender and not second.command.background,
                )  # fmt: skip


def _starts(run: Run) -> bool:
    tools = (
        "echo",
        "printf",
        "head",
        "tail",
        "tee",
        "kill",
        "cd",
        "grep",
        "cat",
        "log_info",
        "rm",
        "test",
        "[",
        "export",
    )
    return run.program not in tools and not run.command.captured


def _words(run: Run) -> list[str]:
    return [run.program, *(w.text for w in run.arguments if not w.text.startswith("-"))]


def _seconds(run: Run) -> float | None:
    """The seconds of a sleep, by the default of a variable; None when the text does not tell."""
    text = default(run.arguments[0].text) if run.arguments else ""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([sm]?)", text)
    return float(found[1]) * (60 if found[2] == "m" else 1) if found else None


def _is_finite(run: Run) -> bool | None:
    """A sender that runs in the foreground ends, and so does one with a count."""
    wrappers = [word.text for word in run.command.wrappers]
    text = " ".join([*wrappers, *(word.text for word in run.words)])
    return True if _FINITE.search(text) or not run.command.background else None


def _compose(file: Located[Compose]) -> Iterator[ScriptPair]:
    services = {s.name: (s, role(s.name, s.command)) for s in file.facts.services}
    for receiver, (kind, side) in services.values():
        for sender, told in services.values():
            if side == "receiver" and told == (kind, "sender"):
                yield _composed(file.path, kind, receiver, sender)


def _composed(path: str, kind: str, receiver: Service, sender: Service) -> ScriptPair:
    first = Side(Place(path, receiver.line), "receiver", receiver.name)
    second = Side(Place(path, sender.line), "sender", sender.name)
    condition = sender.depends.get(receiver.name, "")
    healthy = condition == "service_healthy"
    waits = (ScriptWait(second.place, f"depends_on: {condition}"),) if healthy else ()
    if sender.name in receiver.depends:
        first, second = second, first
    sleep = re.search(r"\bsleep\s+(\d+)", sender.command)
    return ScriptPair(
        path, kind, first, second, waits, float(sleep[1]) if sleep else 0.0,
        True if _FINITE.search(sender.command) else None, ".sh" in sender.command,
    )  # fmt: skip


def _documents(file: Located[Recipes]) -> Iterator[ScriptPair]:
    for recipe in file.facts.recipes:
        told = [(terminal, *_terminal_role(terminal)) for terminal in recipe]
        for kind in ("topic", "service"):
            found: dict[str, Terminal] = {}
            for terminal, what, side in told:
                if what == kind:
                    found.setdefault(side, terminal)
            if len(found) == 2:
                first, second = sorted(found.items(), key=lambda item: item[1].line)
                sending = found["sender"].text
                yield ScriptPair(
                    f"{file.path}: terminals {first[1].number} and {second[1].number}", kind,
                    _told(file.path, *first), _told(file.path, *second),
                    finite=True if _FINITE.search(sending) else None, document=True,
                )  # fmt: skip


def _terminal_role(terminal: Terminal) -> tuple[str, str]:
    """By the label, else by the first command that tells."""
    if _STARTED.search(terminal.text.partition("\n")[0]):
        return "", ""
    return role(*terminal.text.split("\n"))


def _told(path: str, side: str, terminal: Terminal) -> Side:
    label = terminal.text.partition("\n")[0].strip(" :*#`-")
    short = label if 0 < len(label) <= 50 else f"the {side} in terminal {terminal.number}"
    return Side(Place(path, terminal.line), side, short)
