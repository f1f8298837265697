"""Scripts and recipes of the tree that remove the host's sockets, by how a program calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Self

from pitfalls.formats import python_commands, recipes, shell, socket_tools
from pitfalls.formats.socket_tools import SocketKill, SocketKills
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout

_kills = partial(
    Selection, type=SocketKills,
    needles=(b"ss -K", b"ss --kill", b"tcpkill", b"conntrack -D", b'"ss"', b"'ss'"),
)  # fmt: skip
SELECTIONS = (
    _kills(name="socket kills of scripts", parse=socket_tools.reader(shell.parse),
           names=("*.sh", "*.bash")),
    _kills(name="socket kills of justfiles", parse=socket_tools.reader(recipes.parse_just),
           names=("justfile", "Justfile", ".justfile", "*.just")),
    _kills(name="socket kills of Makefiles", parse=socket_tools.reader(recipes.parse_make),
           names=("Makefile", "makefile", "GNUmakefile", "*.mk")),
    _kills(name="socket kills of Python", parse=socket_tools.reader(python_commands.parse),
           names=("*.py",)),
)  # fmt: skip
_RUNNERS = frozenset({"just", "make", "gmake"})


@dataclass(frozen=True)
class ScriptKill:
    """A script or recipe with its place."""

    place: Place
    kill: SocketKill


class SocketScripts(View):
    """``found`` are the scripts and recipes that remove sockets."""

    uses = (*SELECTIONS, Layout)

    def __init__(self, found: Iterable[ScriptKill]) -> None:
        self.found = tuple(found)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the tree's own files."""
        layout = source.view(Layout)
        return cls(
            ScriptKill(Place(file.path, kill.line), kill)
            for selection in SELECTIONS for file in source.facts(selection)
            if layout.is_evidence(file.path) for kill in file.facts.kills
        )  # fmt: skip

    def run_by(self, words: Iterable[str]) -> ScriptKill | None:
        """What a command runs: a script by its path, a recipe by its name."""
        told = {word for text in words for word in re.split(r"[\s;&|]+", text) if word}
        runs = bool(told & _RUNNERS)
        for item in self.found:
            if item.kill.owner:
                if runs and item.kill.owner in told:
                    return item
            elif any(_names(word, item.place.path) for word in told):
                return item
        return None


def _names(word: str, path: str) -> bool:
    plain = re.sub(r"^(?:\.{0,2}/)+|^(?:\{\w*\}/)+", "", word)
    return bool(plain) and "." in plain and (path == plain or path.endswith(f"/{plain}"))
