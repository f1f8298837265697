"""``west build`` lines by build directory."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from pitfalls.formats import shell_folders
from pitfalls.formats.commands import CommandFile
from pitfalls.model import Place
from pitfalls.source import Located, Source, View
from pitfalls.views.build_commands import BUILD_COMMANDS, build_commands, turns
from pitfalls.views.layout import Layout


@dataclass(frozen=True)
class WestBuild:
    """One line. ``pristine`` is ``always``, ``auto`` or empty; ``keys`` are the ``-D`` keys,
    overlays, shields and snippets; ``values`` the same with their values. ``wiped``: the script
    removes the directory before. ``base``: the working directory, which ``folder`` is seen from."""

    place: Place
    owner: str
    folder: str
    board: str
    application: str
    pristine: str
    keys: frozenset[str]
    values: frozenset[str]
    wiped: bool = False
    base: str = ""

    @property
    def directory(self) -> str:
        """The build directory, seen from where the script begins."""
        return shell_folders.seen_from(self.base, self.folder)


@dataclass(frozen=True)
class SharedBuild:
    """The lines of one file that build in one directory: how they differ, and the worst line."""

    folder: str
    builds: tuple[WestBuild, ...]

    @property
    def varies_target(self) -> bool:
        """Whether board or application differ; a line without one takes what is cached."""
        boards = {b.board for b in self.builds} - {""}
        return len(boards) > 1 or len({b.application for b in self.builds} - {""}) > 1

    @property
    def varies_options(self) -> bool:
        """Whether a key is given on some lines only: what a line leaves out stays set."""
        return len({build.keys for build in self.builds}) > 1

    @property
    def without_pristine(self) -> tuple[WestBuild, ...]:
        """The lines that neither say always nor auto; without the first, which meets another
        board in the next run only, where the directory is removed before all others."""
        first = all(build.wiped for build in self.builds[1:])
        return tuple(b for b in self.builds[first:] if not b.pristine and not b.wiped)

    @property
    def without_always(self) -> tuple[WestBuild, ...]:
        """The lines that do not say always."""
        return tuple(b for b in self.builds if b.pristine != "always" and not b.wiped)


class WestBuilds(View):
    """The ``west build`` lines of scripts, justfiles and Makefiles."""

    uses = (*BUILD_COMMANDS, Layout)

    def __init__(self, builds: Iterable[WestBuild]) -> None:
        self.builds = tuple(builds)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the tree's own files; a workflow starts from a clean checkout and is left out."""
        layout = source.view(Layout)
        return cls(b for f in build_commands(source, layout) for b in _builds(f))

    @property
    def shared(self) -> Iterator[SharedBuild]:
        """Directories that several lines of one file name literally."""
        groups: dict[tuple[str, str], list[WestBuild]] = defaultdict(list)
        for build in self.builds:
            # A line that names nothing builds again what was configured.
            names = build.board or build.application or build.keys
            if "$" not in build.folder and names:
                groups[build.place.path, build.directory].append(build)
        for (_, folder), builds in sorted(groups.items()):
            if len(builds) > 1:
                yield SharedBuild(folder, tuple(builds))


_VALUED = {"-b": "board", "--board": "board", "-d": "folder", "--build-dir": "folder"}
_OPTIONS = frozenset({"-S", "--snippet", "--shield", "--extra-conf", "--extra-dtc-overlay"})
_OTHER_VALUES = frozenset({"-t", "--target", "-o", "--build-opt", "-T", "--test-item", "--domain"})


def _builds(file: Located[CommandFile]) -> Iterator[WestBuild]:
    for number, command in enumerate(file.facts.commands):
        words = [word.text for word in command.words]
        if command.program == "west" and "build" in words[1:4]:
            owner = file.facts.owner(command).name
            rest = words[words.index("build") + 1 :]
            if not {"-t", "--target"} & set(rest):
                every = turns(file.facts, command, rest)
                for turn in every:
                    build = _build(Place(file.path, command.line), owner, turn)
                    build = _placed(build, file.facts, number)
                    wiped = _wiped(file.facts, number, build, again=len(every) > 1)
                    yield replace(build, wiped=wiped)


def _placed(build: WestBuild, file: CommandFile, number: int) -> WestBuild:
    """A build with its directory: where the script is, and what the file told west before to
    name directories that ``-d`` does not name."""
    folder = build.folder
    for command in reversed(file.commands[:number]):
        words = [word.text for word in command.words if not word.text.startswith("-")]
        if not folder and words[:3] == ["west", "config", "build.dir-fmt"] and len(words) > 3:
            folder = words[3].replace("{board}", build.board).replace("{app}", build.application)
    return replace(build, folder=folder or "build", base=file.commands[number].folder)


def _wiped(file: CommandFile, number: int, build: WestBuild, *, again: bool) -> bool:
    """Whether the same function removes the directory after the build in front of this one; in a
    loop, on each turn."""
    own = file.commands[number]
    before = [(n, c) for n, c in enumerate(file.commands[:number])
              if file.owner(c) == file.owner(own)]  # fmt: skip
    turn = [(n, c) for n, c in enumerate(file.commands) if c.scope == own.scope]
    for place, command in turn if again else reversed(before):
        words = [word.text for word in command.arguments]
        if command.program == "rm" and any(re.match(r"-\w*[rR]|--recursive", w) for w in words):
            removed = (shell_folders.seen_from(command.folder, word) for word in words)
            if build.directory.rstrip("/") in (folder.rstrip("/") for folder in removed):
                return True
        elif command.program == "west" and "build" in words[:3] and not again:
            at = words.index("build") + 1
            other = _placed(_build(build.place, "", words[at:]), file, place)
            if other.directory == build.directory:
                return False
    return False


def _split(word: str) -> tuple[str, ...]:
    """``--board=x`` as the two words that it stands for."""
    name, separator, value = word.partition("=")
    known = name in _VALUED or name in _OPTIONS
    return (name, value) if separator and known else (word,)


def _build(place: Place, owner: str, words: list[str]) -> WestBuild:
    found = {"board": "", "folder": "", "application": ""}
    pristine = ""
    keys: set[str] = set()
    values: set[str] = set()
    rest = iter([part for word in words for part in _split(word)])
    for word in rest:
        if word in _VALUED:
            found[_VALUED[word]] = next(rest, "")
        elif word in ("-p", "--pristine"):
            value = next(rest, "")
            pristine = value if value in ("always", "auto", "never") else "always"
            if value not in ("always", "auto", "never"):
                found["application"] = found["application"] or value
        elif word.startswith(("-p=", "--pristine=")):
            pristine = word.partition("=")[2]
        elif word in _OPTIONS:
            keys.add(word)
            values.add(f"{word} {next(rest, '')}")
        elif word in _OTHER_VALUES:
            next(rest, "")
        elif word.startswith("-D"):
            keys.add(word.partition("=")[0])
            values.add(word)
        elif not word.startswith("-") and not found["application"]:
            found["application"] = word
    unset = "" if pristine == "never" else pristine
    return WestBuild(
        place, owner, found["folder"], found["board"], found["application"], unset,
        frozenset(keys), frozenset(values),
    )  # fmt: skip
