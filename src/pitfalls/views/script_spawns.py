"""Programs that scripts, recipes and Python tests start in the background, and processes that they
end by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import python_processes
from pitfalls.formats.python_processes import PythonProcesses
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.commands import Commands, Run
from pitfalls.views.layout import Layout
from pitfalls.views.process_roles import long_running, short_lived
from pitfalls.views.routines import TEST_CODE

PYTHON = Selection(
    name="python-processes",
    type=PythonProcesses,
    parse=python_processes.parse,
    names=("*.py",),
    needles=(b"Popen(",),
)

_OWN = re.compile(r"-(?:P|g|F)\S*|--(?:parent|pgroup|pidfile|ns)\b.*")
_PROBES = frozenset({"-0", "-l", "-L", "-V", "--version", "--help"})
_SIGNALS = frozenset({"EXIT", "0", "INT", "TERM", "SIGINT", "SIGTERM"})
_SCRIPT = re.compile(r"test|e2e|demo|bench|smoke|interop|check|ci\b", re.IGNORECASE)
_KEPT = re.compile(r"(?:^|[/_-])(?:start|up|daemon|serve)", re.IGNORECASE)


@dataclass(frozen=True)
class Spawn:
    """A background start; fields as those of a spawn site."""

    place: Place
    subject: str
    program: str
    long_running: bool | None
    guard: Related | None
    teardown: Related | None


@dataclass(frozen=True)
class Kill:
    """A command that ends processes by name or port: whoever they belong to. ``elsewhere``: it is
    handed to an action of a workflow, which may run it in a container."""

    place: Place
    subject: str
    text: str
    elsewhere: bool = False


class ScriptSpawns(View):
    """``spawns`` of scripts, recipes and Python; ``kills`` of any language."""

    uses = (Commands, PYTHON, Layout)

    def __init__(self, spawns: Iterable[Spawn], kills: Iterable[Kill]) -> None:
        self.spawns = tuple(spawns)
        self.kills = tuple(kills)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the commands of the tree and its Python files."""
        layout = source.view(Layout)
        runs = source.view(Commands).runs
        python = [f for f in source.facts(PYTHON) if layout.is_evidence(f.path)]
        return cls(
            (*_spawns(runs), *_python(python)),
            _kills([run for run in runs if run.file.language != "dockerfile"]),
        )


def _subject(run: Run) -> str:
    return f"{run.place.path}: {run.owner.name}" if run.owner.name else run.place.path


def _text(run: Run) -> str:
    return " ".join(word.text for word in run.words)[:120]


def _kills(runs: list[Run]) -> Iterator[Kill]:
    seen: set[Place] = set()
    enders = {
        (run.place.path, run.place.line) for run in runs
        if run.program == "kill"
        or (run.program == "xargs" and any(w.text == "kill" for w in run.arguments))
    }  # fmt: skip
    for run in runs:
        texts = [word.text for word in run.arguments]
        by_name = run.program in ("pkill", "killall", "skill") or (
            run.program == "fuser" and any(re.match(r"-\w*k", t) or t == "--kill" for t in texts)
        )
        place = (run.place.path, run.place.line)
        # A list that nobody reads only asks whether one is running.
        listed = run.program in ("pgrep", "pidof") and run.command.captured and place in enders
        own = any(_OWN.fullmatch(text) for text in texts)
        matched = (by_name or listed) and texts and not own and not _PROBES & set(texts)
        if matched and run.place not in seen and _is_script(run):
            seen.add(run.place)
            handed_on = run.file.language == "yaml" and run.owner.name == "with"
            yield Kill(run.place, _subject(run), _text(run), handed_on)


def _is_script(run: Run) -> bool:
    """Rust and Python commands count in test code; scripts and recipes everywhere."""
    return run.file.language not in ("rust", "python", "cmake") or bool(
        TEST_CODE.search(run.place.path)
    )


def _home(run: Run) -> str:
    """A recipe is a script of its own; a trap of a shell script holds for all its functions."""
    name = run.owner.name if run.file.language in ("just", "make") else ""
    return f"{run.place.path}/{name}"


def _spawns(runs: Iterable[Run]) -> Iterator[Spawn]:
    """Background commands of tests' scripts and of recipes."""
    traps: dict[str, Related] = {}
    ended: dict[str, Related] = {}
    waited = set()
    for run in runs:
        home = _home(run)
        if run.program == "trap" and _SIGNALS & {w.text for w in run.arguments}:
            traps.setdefault(home, Related(run.place, f"`{_text(run)}`"))
        elif run.program == "kill" and not {"-0"} & {w.text for w in run.arguments}:
            ended.setdefault(home, Related(run.place, f"`{_text(run)}` on some paths"))
        elif run.program == "wait":
            waited.add(home)
    for run in runs:
        language = run.file.language
        if not run.command.background or language not in ("shell", "just", "make"):
            continue
        where = f"{run.place.path}/{run.owner.name}"
        home = _home(run)
        alone = language != "shell" and not (home in waited or home in traps)
        tested = alone or TEST_CODE.search(run.place.path) or _SCRIPT.search(where)
        known = long_running(run.words[0].text) if run.words else None
        if not tested or not known or _KEPT.search(where):
            continue
        wrappers = " ".join(word.text for word in run.command.wrappers)
        guarded = "pdeathsig" in wrappers
        yield Spawn(
            run.place, _subject(run), run.program, known,
            Related(run.place, f"started by `{wrappers}`") if guarded else None,
            traps.get(home) or ended.get(home),
        )  # fmt: skip


def _python(files: Iterable[Located[PythonProcesses]]) -> Iterator[Spawn]:
    for file in files:
        if not TEST_CODE.search(file.path):
            continue
        for call in file.facts.calls:
            first = re.sub(r"^\[?\s*", "", call.arguments).partition(",")[0].strip("]")
            if call.waits or short_lived(first.strip("'"), [first]):
                continue
            place = Place(file.path, call.line)
            guard = Related(place, "sets the parent-death signal") if call.guarded else None
            end = Related(place, "the file ends it") if call.ended else None
            known = long_running(call.arguments)
            yield Spawn(place, file.path, first, known, guard, end)
