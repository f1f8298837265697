"""Programs that scripts, recipes and Python tests start in the background."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import python_processes
from pitfalls.formats.python_processes import PythonProcesses
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source, View, join
from pitfalls.views.commands import Commands, Run
from pitfalls.views.kill_sites import subject_of, text_of
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

_SIGNALS = frozenset({"EXIT", "0", "INT", "TERM", "SIGINT", "SIGTERM"})
_SCRIPT = re.compile(r"test|e2e|demo|bench|smoke|interop|check|ci\b", re.IGNORECASE)
_TALK = frozenset({"echo", "printf", "export", "sleep", "exit", "true", ":"})
_ENDER = re.compile(r"(?:\w+_)?(?:kill|stop|terminate|end)(?:_\w+)?", re.IGNORECASE)
_KEPT = re.compile(r"(?:^|[/_-])(?:start|set[_-]?up|up|daemon|serve)|[-_]on$", re.IGNORECASE)
_INSIDE = re.compile(r"(?:^|/)(?:initramfs|initrd|rootfs(?:[_-]overlay)?)/", re.IGNORECASE)
_TEXT = re.compile(r"""f?(?:"[^"]*"|'[^']*')""")


@dataclass(frozen=True)
class Spawn:
    """A background start; fields as those of a spawn site. ``left``: the script does nothing
    after it but tell that it runs."""

    place: Place
    subject: str
    program: str
    long_running: bool | None
    guard: Related | None
    teardown: Related | None
    left: bool = False


class ScriptSpawns(View):
    """``spawns`` of scripts, recipes and Python."""

    uses = (Commands, PYTHON, Layout)

    def __init__(self, spawns: Iterable[Spawn]) -> None:
        self.spawns = tuple(spawns)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the commands of the tree and its Python files."""
        layout = source.view(Layout)
        runs = source.view(Commands).runs
        python = [f for f in source.facts(PYTHON) if layout.is_evidence(f.path)]
        return cls((*_spawns(runs), *_python(python)))


def _home(run: Run) -> str:
    """A recipe is a script of its own; a trap of a shell script holds for all its functions."""
    name = run.owner.name if run.file.language in ("just", "make") else ""
    return f"{run.place.path}/{name}"


def _spawns(runs: Sequence[Run]) -> Iterator[Spawn]:
    """Background commands of tests' scripts and of recipes."""
    traps: dict[str, Related] = {}
    ended: dict[str, Related] = {}
    waited = set()
    for run in runs:
        home = _home(run)
        if _traps(run):
            traps.setdefault(home, Related(run.place, f"`{text_of(run)}`"))
        elif _ends(run):
            ended.setdefault(home, Related(run.place, f"`{text_of(run)}` on some paths"))
        elif run.program == "wait":
            waited.add(home)
    for home, trap in _sourced_traps(runs):
        traps.setdefault(home, trap)
    for run in runs:
        language = run.file.language
        if not run.command.background or language not in ("shell", "just", "make"):
            continue
        where = f"{run.place.path}/{run.owner.name}"
        home = _home(run)
        alone = language != "shell" and not (home in waited or home in traps)
        tested = alone or TEST_CODE.search(run.place.path) or _SCRIPT.search(where)
        known = long_running(run.words[0].text) if run.words else None
        if not tested or not known or _KEPT.search(where) or _is_inside(run):
            continue
        wrappers = " ".join(word.text for word in run.command.wrappers)
        guarded = "pdeathsig" in wrappers
        yield Spawn(
            run.place, subject_of(run), run.program, known,
            Related(run.place, f"started by `{wrappers}`") if guarded else None,
            traps.get(home) or ended.get(home),
            language == "shell" and not any(_works(run, later) for later in runs),
        )  # fmt: skip


def _is_inside(run: Run) -> bool:
    """Whether a script of a guest's file system starts it: it ends with the guest."""
    return bool(_INSIDE.search(run.place.path)) and not run.program.startswith("qemu-")


def _traps(run: Run) -> bool:
    return run.program == "trap" and bool(_SIGNALS & {w.text for w in run.arguments})


def _sourced_traps(runs: Sequence[Run]) -> Iterator[tuple[str, Related]]:
    """``(home, trap)`` of a script that sources another: a trap that stands there outside of
    functions, or in a function that the script calls."""
    traps = [run for run in runs if run.file.language == "shell" and _traps(run)]
    sourcing = [r for r in runs if r.program in ("source", ".") and r.arguments] if traps else []
    for run in sourcing:
        paths = _sourced(run, {trap.place.path for trap in traps})
        called = {r.program for r in runs if r.place.path == run.place.path} if paths else set()
        for trap in traps:
            armed = trap.owner.kind == "file" or trap.owner.name in called
            if armed and trap.place.path in paths:
                yield _home(run), Related(trap.place, f"`{text_of(trap)}`")


def _sourced(run: Run, known: set[str]) -> set[str]:
    """Which of the known files ``source ${HERE}/../lib/x.sh`` means: seen from the script's folder,
    from the root, or the only one whose path ends so."""
    tail = run.arguments[0].text.rpartition("}/")[2]
    folder = run.place.path.rpartition("/")[0]
    for path in (join(folder, tail), join("", tail)):
        if path in known:
            return {path}
    ending = "/" + tail.rpartition("../")[2]
    found = {path for path in known if f"/{path}".endswith(ending)}
    return found if len(found) == 1 else set()


def _works(run: Run, later: Run) -> bool:
    """Whether a script does something after it started a program."""
    behind = later.place.path == run.place.path and later.place.line > run.place.line
    return behind and later.program not in _TALK


def _ends(run: Run) -> bool:
    """``kill $pid``, or a function named for that which is handed a variable."""
    texts = [word.text for word in run.arguments]
    if run.program == "kill":
        return "-0" not in texts
    return _ENDER.fullmatch(run.program) is not None and any(t.startswith("${") for t in texts)


def _python(files: Iterable[Located[PythonProcesses]]) -> Iterator[Spawn]:
    for file in files:
        if not TEST_CODE.search(file.path):
            continue
        for call in file.facts.calls:
            first = re.sub(r"^[\[(\s]*", "", call.arguments)
            text = _TEXT.match(first)
            first = text[0] if text else first.partition(",")[0].strip("]")
            if call.waits or short_lived(first.strip("'"), [first]):
                continue
            place = Place(file.path, call.line)
            guard = Related(place, "sets the parent-death signal") if call.guarded else None
            end = Related(place, "the file ends it") if call.ended else None
            known = long_running(call.arguments)
            yield Spawn(place, file.path, first, known, guard, end)
