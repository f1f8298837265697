"""Commands that end processes by name or port, and how far they reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.model import Place
from pitfalls.source import Source, View, parents
from pitfalls.views.commands import Commands, Run
from pitfalls.views.process_roles import is_debugger
from pitfalls.views.routines import HOST_TOOL, TEST_CODE

Reach = Literal["host", "project", "run", "job", "action", "bench"]

_OWN = re.compile(r"-(?:P|g|F)\S*|--(?:parent|pgroup|pidfile|ns)\b.*")
_PROBES = frozenset({"-0", "-l", "-L", "-V", "--version", "--help"})
_TELLS = re.compile(
    r"(?<!\S)-(?:s |-signal[= ])?(?:(?:SIG)?(?:USR[12]|HUP|WINCH|CONT|URG|CHLD)|1|10|12|18)(?!\S)"
)
_QUIET = re.compile(r"-[A-Za-z]*q[A-Za-z]*|--quiet|--silent")
_HOSTED = re.compile(r"\b(?:ubuntu|windows|macos)-|\b(?:container|image|docker|vmImage)\b")
# A script that is named for where it runs.
_CONTAINED = re.compile(r"(?:^|[/_-])in[_-](?:container|docker|podman)\b(?!/)", re.IGNORECASE)
_PATH = re.compile(r"(?:[\w-]|\.(?![*+?]))+(?:/(?:[\w-]|\.(?![*+?]))+)+/?")
_CHECKOUT = re.compile(
    r"\$\{[^}]*(?:pwd|dir|root|toplevel|workspace|justfile)[^}]*\}/\S", re.IGNORECASE
)
# A variable that is named for what marks one run: `$TAG`, `${RUN_ID}`, the shell's own pid.
_MARK = re.compile(
    r"\$\{(?:\$|\w*?(?:^|_|(?<=\{))(?:tag|uuid|unique|run_?id|session|nonce))(?:_\w+)?(?::[^}]*)?\}",
    re.IGNORECASE,
)
_ANYBODYS = frozenset({"", ".", "..", "bin", "home", "lib", "opt", "tmp", "usr", "var"})


@dataclass(frozen=True)
class Kill:
    """A command that ends processes by name or port. ``reach``: every match on the ``host``, only
    what runs from a path of this ``project``, what carries the mark of a ``run``, or only what a
    hosted CI ``job`` started. One that is handed to an ``action`` of a workflow may run in a
    container. A script that is the entry of a container, or named for one, is a job of its own. A
    debug server is a tool of the ``bench``."""

    place: Place
    subject: str
    text: str
    reach: Reach


class KillSites(View):
    """``kills`` of any language."""

    uses = (Commands,)

    def __init__(self, kills: Iterable[Kill]) -> None:
        self.kills = tuple(kills)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the commands of the tree, without those inside a container file."""
        commands = source.view(Commands).runs
        found = list(_by_name([r for r in commands if r.file.language != "dockerfile"]))
        entries = _entry_scripts(commands, source.paths) if found else frozenset()
        folders = {f for path in source.paths for f in parents(path)} if found else set()
        return cls(
            Kill(run.place, subject_of(run), text_of(run), _reach(run, folders, entries))
            for run in found
        )


def subject_of(run: Run) -> str:
    """The file of a command, with the function or recipe around it."""
    return f"{run.place.path}: {run.owner.name}" if run.owner.name else run.place.path


def text_of(run: Run) -> str:
    """A command as a message shows it."""
    return " ".join(word.text for word in run.words)[:120]


def _by_name(runs: list[Run]) -> Iterator[Run]:
    seen: set[Place] = set()
    enders = {
        (run.place.path, run.place.line) for run in runs
        if (run.program == "kill"
            or (run.program == "xargs" and any(w.text == "kill" for w in run.arguments)))
        and not _TELLS.search(text_of(run))
    }  # fmt: skip
    processes = {(run.place.path, run.place.line) for run in runs if run.program == "ps"}
    for run in runs:
        texts = [word.text for word in run.arguments]
        by_name = run.program in ("pkill", "killall", "skill") or (
            run.program == "fuser" and any(re.match(r"-\w*k", t) or t == "--kill" for t in texts)
        )
        place = (run.place.path, run.place.line)
        # A list that nobody reads, or that is not printed, only asks whether one is running.
        ports = run.program == "lsof" and any(re.match(r"-\w*t", text) for text in texts)
        names = run.program in ("pgrep", "pidof") or (run.program == "grep" and place in processes)
        read = run.command.captured and not any(_QUIET.fullmatch(text) for text in texts)
        listed = (names or ports) and read and place in enders
        own = any(_OWN.fullmatch(text) for text in texts)
        own = own or _TELLS.search(" ".join(texts)) is not None
        matched = (by_name or listed) and texts and not own and not _PROBES & set(texts)
        if matched and run.place not in seen and _is_script(run):
            seen.add(run.place)
            yield run


def _is_script(run: Run) -> bool:
    """Rust and Python commands count in test code and in tools of the host; scripts and recipes
    everywhere."""
    path = run.place.path
    return run.file.language not in ("rust", "python", "cmake") or bool(
        TEST_CODE.search(path) or HOST_TOOL.search(path)
    )


def _entry_scripts(runs: Iterable[Run], paths: Iterable[str]) -> frozenset[str]:
    """Scripts that a Dockerfile's ENTRYPOINT or CMD starts: known by their name in the image, of
    those below the Dockerfile's folder, or of the whole tree when only one has it."""
    named = [
        (run.place.path.rpartition("/")[0], word.text.rpartition("/")[2])
        for run in runs
        if run.file.language == "dockerfile" and run.owner.name in ("ENTRYPOINT", "CMD")
        for word in run.words
    ]
    known = {name for _, name in named}
    same: dict[str, list[str]] = {}
    for path in paths if named else ():
        if (name := path.rpartition("/")[2]) in known:
            same.setdefault(name, []).append(path)
    return frozenset(
        path
        for folder, name in named
        for path in same.get(name, ())
        if len(same[name]) == 1 or not folder or path.startswith(f"{folder}/")
    )


def _reach(run: Run, folders: set[str], entries: frozenset[str]) -> Reach:
    if any(_names_project(word.text, folders) for word in run.arguments):
        return "project"
    if run.file.language == "yaml" and run.owner.name == "with":
        return "action"
    if any(_MARK.search(word.text) for word in run.arguments):
        return "run"
    host = next((h for n in run.file.enclosing(run.command.scope)
                 if (h := run.file.scopes[n].host)), "")  # fmt: skip
    hosted = _HOSTED.search(host) is not None and "self-hosted" not in host
    contained = run.place.path in entries or _CONTAINED.search(run.place.path) is not None
    if hosted or contained:
        return "job"
    return "bench" if any(is_debugger(word.text) for word in run.arguments) else "host"


def _names_project(pattern: str, folders: set[str]) -> bool:
    """Whether a pattern holds the path of the checkout, or a path that is one of this tree:
    ``name/folder/`` or ``folder/folder/``."""
    if _CHECKOUT.search(pattern):
        return True
    for found in _PATH.finditer(pattern):
        parts = found[0].rstrip("/").split("/")
        inside = parts if found[0].endswith("/") else parts[:-1]
        for at in range(len(inside)):
            named = at > 0 and inside[at - 1] not in _ANYBODYS
            deep = "/".join(inside[at : at + 2]) in folders and at + 1 < len(inside)
            if inside[at] in folders and (named or deep):
                return True
    return False
