"""Target directories that builds of the tree name, and that lie inside of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Self

from pitfalls.formats import gitignore, target_dirs
from pitfalls.formats.commands import CommandFile
from pitfalls.formats.gitignore import IgnoreFile
from pitfalls.formats.target_dirs import TargetDirs
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View, join
from pitfalls.views.build_commands import BUILD_COMMANDS, build_commands, turns
from pitfalls.views.build_variants import BuildVariants
from pitfalls.views.ignore_rules import IgnoreRules
from pitfalls.views.layout import Layout

# `build/` and `target/` are ignored everywhere; OUT_DIR and /tmp lie outside.
_USUAL = re.compile(r"(?:^|/)(?:target|build|out|tmp)(?:/|$)|^/|[${}()*\s]")


_MARKS = (".rustc_info.json",)  # cargo writes it at the top of each target directory
MARKS = Selection(
    name="marks of target directories", type=IgnoreFile, parse=gitignore.parse, names=_MARKS,
    lazy=True,
)  # fmt: skip

_given = partial(Selection, type=TargetDirs, needles=(b"target-dir", b"CARGO_TARGET_DIR"))
GIVEN: tuple[Selection[TargetDirs], ...] = (
    _given(
        name="target directories of cargo's configuration", parse=target_dirs.parse_config,
        names=("*/.cargo/config.toml", ".cargo/config.toml", "*/.cargo/config", ".cargo/config"),
    ),
    _given(
        name="target directories in the environment", parse=target_dirs.parse_script,
        names=("*.sh", "*.bash", "justfile", "*.just", "Makefile", "*.mk"),
    ),
    _given(
        name="target directories in Python", parse=target_dirs.parse_python, names=("*.py",)
    ),
)  # fmt: skip


@dataclass(frozen=True)
class TargetFolder:
    """A directory below the root: who names it, the ignore file that covers it, and files below
    it that git tracks."""

    folder: str
    place: Place
    ignored_by: str | None
    tracked: tuple[str, ...]


class TargetFolders(View):
    """Each named directory once, and each that git tracks cargo's own marks of (``leaked``)."""

    uses = (*BUILD_COMMANDS, *GIVEN, MARKS, BuildVariants, IgnoreRules, Layout)

    def __init__(self, folders: Iterable[TargetFolder]) -> None:
        self.folders = tuple(folders)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From test builders and from scripts and recipes."""
        layout = source.view(Layout)
        rules = source.view(IgnoreRules)
        named = [
            *_of_tests(source.view(BuildVariants), rules),
            *(named for file in build_commands(source, layout) for named in _of_script(file)),
            *_given_otherwise(source, layout),
        ]
        found: dict[str, TargetFolder] = {}
        for folder, place in named:
            above = folder.rpartition("/")[0]
            if folder not in found and not _USUAL.search(folder) and rules.is_folder(above):
                tracked = tuple(rules.tracked_below(folder))
                found[folder] = TargetFolder(folder, place, rules.ignoring(folder), tracked)
        leaked = {mark.rpartition("/")[0]: Place(mark) for mark in source.candidates(MARKS)}
        for folder, place in sorted(leaked.items()):
            if folder not in found and not any(o.startswith(f"{folder}/") for o in leaked):
                tracked = tuple(rules.tracked_below(folder))
                found[folder] = TargetFolder(folder, place, rules.ignoring(folder), tracked)
        return cls(found.values())


def _of_tests(variants: BuildVariants, rules: IgnoreRules) -> Iterator[tuple[str, Place]]:
    for variant in variants.variants:
        if variant.tool != "cargo" or not variant.folder or variant.folder == variant.package:
            continue
        if variant.relative:
            yield f"{variant.package}/{variant.folder}", variant.place
        elif variant.rooted and "$" not in variant.folder:
            yield _made(variant.folder, rules), variant.place
        elif "/" in variant.folder:
            yield variant.folder, variant.place


def _made(folder: str, rules: IgnoreRules) -> str:
    """The part of a path that a build has to make: of ``target-all/posix``, ``target-all``."""
    parts = folder.split("/")
    above = ("/".join(parts[:n]) for n in range(1, len(parts)))
    return next((path for path in above if not rules.is_folder(path)), folder)


def _given_otherwise(source: Source, layout: Layout) -> Iterator[tuple[str, Place]]:
    """By cargo's configuration, whose paths start above ``.cargo``, or by the environment."""
    for selection in GIVEN:
        for file in source.facts(selection):
            base = file.path.rpartition(".cargo/")[0] if "/config" in f"/{file.path}" else ""
            for item in file.facts.folders if layout.is_evidence(file.path) else ():
                folder = join(base, item.folder)
                if folder:
                    yield folder, Place(file.path, item.line)


def _of_script(file: Located[CommandFile]) -> Iterator[tuple[str, Place]]:
    """``--target-dir X`` of cargo, seen from where the script has gone."""
    for command in file.facts.commands:
        inside = "$" not in command.folder and not command.folder.startswith(("/", "~"))
        if command.program == "cargo" and inside:
            for turn in turns(file.facts, command, [word.text for word in command.words]):
                folder = _target_dir(turn)
                joined = join(command.folder, folder) if folder else None
                if joined and "$" not in joined:
                    yield joined, Place(file.path, command.line)


def _target_dir(words: list[str]) -> str:
    for at, word in enumerate(words):
        if word == "--":  # what follows is not for cargo
            break
        if word == "--target-dir" and at + 1 < len(words):
            return words[at + 1]
        if word.startswith("--target-dir="):
            return word.partition("=")[2]
    return ""
