"""Every command of the tree that names an emulator, a TAP device or an Ethernet back end, with
what helper functions and constants of other files supply put in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Self

from pitfalls.formats import (
    cmake_commands,
    launcher_files,
    python_commands,
    recipes,
    rust_commands,
    shell,
)
from pitfalls.formats.commands import Collector, Command, CommandFile, Helper, Scope, Word
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout

# A file is read when it holds one of these. A view that looks for other programs adds its own.
NEEDLES = (b"qemu-system", b"qemu_system", b"icount", b"tuntap", b"tunctl", b"mode tap")

# Commands that pack an image for one of the emulators.
_PACKING = (b"save-image", b"merge_bin", b"merge-bin")

# Programs that tests leave behind, and those that end processes by name; Rust quotes them.
_SCRIPTED = (
    *NEEDLES,
    *_PACKING,
    b"pkill",
    b"killall",
    b"fuser",
    b"pgrep",
    b"lsof -",
    b"xargs",
    b"zenohd",
    b"listener",
    b"subscriber",
    b"z_sub",
    b"_server",
    b"mosquitto",
    b"MicroXRCE",
    b"zephyr.exe",
)
_QUOTED = (*NEEDLES, b'"save-image"', b'"pkill', b'"killall', b'"fuser', b"$(pgrep", b"lsof -t")
_ENDERS = (b"pkill", b"killall", b"fuser", b"pgrep", b"lsof -t")

_selection = partial(Selection, type=CommandFile, needles=NEEDLES)
_scripts = partial(Selection, type=CommandFile, needles=_SCRIPTED)
SELECTIONS = (
    _scripts(
        name="shell scripts",
        parse=shell.parse,
        names=("*.sh", "*.bash", "*.bats"),
        needles=(*_SCRIPTED, b"trap "),  # which a script that sources it may arm
    ),
    _scripts(
        name="justfiles",
        parse=recipes.parse_just,
        names=("*.just", "justfile", "Justfile", ".justfile"),
    ),
    _scripts(
        name="Makefiles",
        parse=recipes.parse_make,
        names=("Makefile", "makefile", "GNUmakefile", "*.mk"),
    ),
    Selection("Rust launchers", CommandFile, rust_commands.parse, names=("*.rs",), needles=_QUOTED),
    Selection(
        "Python launchers",
        CommandFile,
        python_commands.parse,
        names=("*.py",),
        needles=(*NEEDLES, *_ENDERS),
    ),
    _selection(
        name="CMake commands", parse=cmake_commands.parse, names=("*.cmake", "CMakeLists.txt")
    ),
    _selection(
        name="cargo runners",
        parse=launcher_files.parse_cargo_config,
        names=("config.toml",),
    ),
    _selection(
        name="Dockerfiles",
        parse=launcher_files.parse_dockerfile,
        needles=(*NEEDLES, b"ENTRYPOINT", b"CMD"),
        names=("Dockerfile", "Dockerfile.*", "*.dockerfile", "Containerfile"),
    ),
    _scripts(name="YAML commands", parse=launcher_files.parse_yaml, names=("*.yml", "*.yaml")),
)

MAX_DEPTH = 4
"""Helpers that call helpers are followed that far."""

_NAMED = re.compile(r"\$\{(\w+)(?:\(\))?\}")
SHELLS = frozenset({"sh", "bash", "dash", "zsh"})
"""Programs that run the text behind ``-c``."""


@dataclass(frozen=True)
class Argument:
    """A resolved word: its text, where it is written, whether it is there on some paths only
    (``conditional``) and whether it stands for any number of arguments (``spread``)."""

    text: str
    place: Place
    conditional: bool = False
    spread: bool = False

    @property
    def is_literal(self) -> bool:
        """Whether nothing of the text is decided at run time."""
        return "${" not in self.text


@dataclass(frozen=True)
class Run:
    """A command with where it stands. ``helpers`` are the places that supplied parts of it;
    ``owner`` the function, recipe or script around it; ``is_supplier`` when it is only prepared
    for callers, which are runs of their own."""

    place: Place
    file: CommandFile
    command: Command
    words: tuple[Argument, ...]
    owner: Scope
    helpers: tuple[Related, ...] = ()
    is_supplier: bool = False

    @cached_property
    def program(self) -> str:
        """The last path component of the program; the default of a symbolic one."""
        return basename(self.words[0].text) if self.words else ""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """The words after the program."""
        return self.words[1:]


def default(text: str) -> str:
    """``${BOARD:-mps2-an385}`` -> ``mps2-an385``; any other text as it is."""
    found = re.fullmatch(r"\$\{[^}]*?:-([^}]*)\}", text)
    return found[1] if found else text


def basename(text: str) -> str:
    """``${QEMU:-/usr/bin/qemu-system-arm}`` -> ``qemu-system-arm``."""
    return default(text).rpartition("/")[2]


class Commands(View):
    """The commands of the tree's own files; ``files`` are their facts by path."""

    uses = (*SELECTIONS, Layout)

    def __init__(self, files: dict[str, CommandFile]) -> None:
        self.files = files
        self._helpers: dict[tuple[str, str], list[tuple[str, Helper]]] = defaultdict(list)
        for path, facts in files.items():
            for helper in facts.helpers:
                self._helpers[facts.language, helper.name].append((path, helper))
        runs = [self._run(path, facts, c) for path, facts in files.items() for c in facts.commands]
        nested = [inner for run in runs for inner in self._nested(run)]
        called = {hop.place for run in runs for hop in run.helpers}
        self.runs = tuple(
            run
            for run in sorted(runs + nested, key=lambda r: (r.place.path, r.place.line))
            if not (run.is_supplier and Place(run.place.path, run.owner.line) in called)
        )

    @classmethod
    def build(cls, source: Source) -> Self:
        """From every selection of launchers."""
        layout = source.view(Layout)
        found = (facts for selection in SELECTIONS for facts in source.facts(selection))
        return cls({f.path: f.facts for f in found if layout.is_evidence(f.path)})

    def _run(self, path: str, facts: CommandFile, command: Command) -> Run:
        hops: list[Related] = []
        words = [w for word in command.words for w in self._resolve(word, path, facts, hops, 0)]
        place = Place(path, command.line, command.end_line)
        owner = facts.owner(command)
        return Run(place, facts, command, tuple(words), owner, tuple(hops), command.returned)

    def _resolve(
        self, word: Word, path: str, facts: CommandFile, hops: list[Related], depth: int
    ) -> Iterator[Argument]:
        """A word with what helpers of the same language supply put in."""
        place = Place(path, word.line)
        if "${" not in word.text:
            yield Argument(word.text, place, word.conditional, word.spread)
            return
        borrowed = word.text.endswith("(&mut)}")
        named = re.fullmatch(r"\$\{(\w+)(?:\((?:&mut)?\))?\}", word.text)
        found = self._find(facts.language, named[1], path) if named and depth < MAX_DEPTH else None
        if found is not None:
            where, helper = found
            hop = Related(Place(where, helper.line), f"`{helper.name}` supplies it")
            if helper.kind == "text":
                literal = [w for w in helper.words if w.is_literal]
                chosen = literal[-1] if literal else helper.words[-1]
                hops.append(hop)
                yield Argument(chosen.text, place, word.conditional)
                return
            hops.append(hop)
            for inner in helper.words:
                for argument in self._resolve(inner, where, self.files[where], hops, depth + 1):
                    conditional = argument.conditional or word.conditional
                    yield Argument(argument.text, argument.place, conditional, argument.spread)
            return
        if not borrowed:  # a function that was handed the command and adds no argument
            text = self._filled(word.text, path, facts)
            yield Argument(text, place, word.conditional, word.spread)

    def _find(self, language: str, name: str, path: str) -> tuple[str, Helper] | None:
        """The helper of that name: in the same file, else the only one of the tree."""
        known = self._helpers.get((language, name), [])
        own = [item for item in known if item[0] == path]
        if own:
            texts = [item for item in own if item[1].kind != "text"]
            return (texts or own)[0]
        return known[0] if len(known) == 1 else None

    def _filled(self, text: str, path: str, facts: CommandFile) -> str:
        """Constants of other files inside a longer text."""

        def shown(match: re.Match[str]) -> str:
            found = self._find(facts.language, match[1], path)
            if found is None or found[1].kind != "text" or not found[1].words[-1].is_literal:
                return match[0]
            return found[1].words[-1].text

        return _NAMED.sub(shown, text) if "${" in text else text

    def _nested(self, run: Run) -> Iterator[Run]:
        """The commands of ``sh -c "…"``."""
        texts = [word.text for word in run.words]
        if run.program not in SHELLS or "-c" not in texts[:-1]:
            return
        script = run.words[texts.index("-c") + 1]
        collector = Collector("shell")
        shell.Script(collector, script.place.line).run(script.text.encode())
        inner = collector.finish()
        for command in inner.commands if inner is not None else ():
            words = tuple(
                Argument(w.text, Place(run.place.path, w.line), w.conditional, w.spread)
                for w in command.words
            )
            yield Run(run.place, run.file, run.command, words, run.owner)
