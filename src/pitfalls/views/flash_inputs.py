"""The executables that Cargo packages of the tree produce, for commands that pack one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pitfalls.formats import cargo
from pitfalls.formats.cargo import Manifest
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source
from pitfalls.views.cargo_packages import below, binaries
from pitfalls.views.commands import Run

MANIFESTS = Selection(
    name="Cargo manifests of images",
    type=Manifest,
    parse=cargo.parse,
    names=("Cargo.toml",),
    lazy=True,
)

_ARTEFACT = re.compile(
    r"(?:(?P<crate>[^$]{1,300}?)/)?target(?:-[\w-]+)?/(?P<triple>[\w.-]+)/"
    r"(?P<profile>\$\{[^}]*\}|[\w-]+)/(?P<name>[^/]+)"
)
MAX_PACKAGES = 60
"""Packages of one workspace that are looked at."""


@dataclass(frozen=True)
class Input:
    """An artefact that is packed: what its package produces, and where that is said. ``profile``
    is symbolic when the text does not tell it; ``built`` is the profile that the same recipe
    builds, empty when it builds none, or several."""

    name: str
    profile: str
    triple: str
    produced: tuple[str, ...]
    manifest: Place
    built: str


def inputs(source: Source, path: str, run: Run) -> Iterator[Input]:
    """The packages behind ``crate/target/<triple>/<profile>/<name>``, one for each value of the
    loop around the command; none where no manifest of the tree stands. A path that begins with
    ``target`` is one of the script's own folder."""
    for text in _unrolled(path, run):
        found = _ARTEFACT.fullmatch(text.removeprefix("./"))
        if found is None or "${" in found["name"]:
            continue
        folder = found["crate"] or run.place.path.rpartition("/")[0]
        root = f"{folder}/Cargo.toml".removeprefix("/")
        if not source.exists(root):
            continue
        produced = tuple(sorted(set(_produced(source, folder))))
        if produced:
            yield Input(
                found["name"], found["profile"], found["triple"], produced, Place(root),
                _built(run),
            )  # fmt: skip


def _unrolled(path: str, run: Run) -> list[str]:
    """``path`` with the variables of the loops around the command put in."""
    texts = [path]
    for number in run.file.enclosing(run.command.scope):
        scope = run.file.scopes[number]
        if scope.kind == "loop" and scope.values and f"${{{scope.name}}}" in path:
            texts = [t.replace(f"${{{scope.name}}}", v) for t in texts for v in scope.values]
    return texts[:MAX_PACKAGES]


def _produced(source: Source, folder: str) -> Iterator[str]:
    paths = list(source.candidates(MANIFESTS))
    every = list(source.paths)
    for path in list(below(paths, f"{folder}/" if folder else ""))[:MAX_PACKAGES]:
        facts = source.fact(MANIFESTS, path)
        if facts is not None:
            yield from (b.name for b in binaries(Located(path, facts), every) if b.kind == "bin")


def _built(run: Run) -> str:
    """The profile of the ``cargo build`` commands of the same recipe."""
    found = set()
    for command in run.file.commands:
        words = [word.text for word in command.words]
        if run.file.owner(command) != run.owner or command.program != "cargo":
            continue
        if "build" in words and not any("${" in w for w in words if w.startswith("-")):
            named = words[words.index("--profile") + 1 :][:1] if "--profile" in words else []
            found.add(named[0] if named else "release" if "--release" in words else "debug")
    return found.pop() if len(found) == 1 else ""
