"""Target directories that builds of the tree name, and that lie inside of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import gitignore
from pitfalls.formats.commands import Command, CommandFile
from pitfalls.formats.gitignore import IgnoreFile
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View, join
from pitfalls.views.build_commands import BUILD_COMMANDS, build_commands
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

    uses = (*BUILD_COMMANDS, MARKS, BuildVariants, IgnoreRules, Layout)

    def __init__(self, folders: Iterable[TargetFolder]) -> None:
        self.folders = tuple(folders)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From test builders and from scripts and recipes."""
        layout = source.view(Layout)
        rules = source.view(IgnoreRules)
        named = [
            *_of_tests(source.view(BuildVariants)),
            *(named for file in build_commands(source, layout) for named in _of_script(file)),
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


def _of_tests(variants: BuildVariants) -> Iterator[tuple[str, Place]]:
    for variant in variants.variants:
        if variant.tool != "cargo" or not variant.folder or variant.folder == variant.package:
            continue
        if variant.relative:
            yield f"{variant.package}/{variant.folder}", variant.place
        elif "/" in variant.folder:
            yield variant.folder, variant.place


def _of_script(file: Located[CommandFile]) -> Iterator[tuple[str, Place]]:
    """``--target-dir X`` of cargo, seen from the last ``cd`` of the same recipe."""
    folders: dict[int, str | None] = {}
    for command in file.facts.commands:
        owner = file.facts.owner(command).line
        words = [word.text for word in command.words]
        if words[0] == "cd" and len(words) > 1:
            target = words[1]
            folders[owner] = target if "$" not in target and not target.startswith("/") else None
        elif command.program == "cargo":
            base = folders.get(owner, "")
            folder = _target_dir(command)
            if folder and base is not None and "$" not in folder:
                joined = join(base, folder)
                if joined:
                    yield joined, Place(file.path, command.line)


def _target_dir(command: Command) -> str:
    words = [word.text for word in command.words]
    for at, word in enumerate(words):
        if word == "--target-dir" and at + 1 < len(words):
            return words[at + 1]
        if word.startswith("--target-dir="):
            return word.partition("=")[2]
    return ""
