"""Whether a function lets the CPU sleep, by its body and by the bodies of what it calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pitfalls.formats.rest_bodies import Body, RestBodies
from pitfalls.model import Place, Related
from pitfalls.source import Located
from pitfalls.views.defined_symbols import Symbols

MAX_DEPTH = 3
"""Functions that call functions are followed that far."""

_KERNEL = re.compile(
    r"(?:x|v|ul|ux|pv|pc|task|port|mem|str|HAL_|LL_|__)[A-Z_]\w*|(?:mem|str)\w+|f?put[cs]\w*|\w*printf"
    r"|config\w+|UNUSED"
)
"""The kernel's own calls, and the C library's: none of them sleeps in an idle hook."""


@dataclass(frozen=True)
class Rest:
    """``told``: what would decide, or why a WFI that is there does not count."""

    state: Literal["sleeps", "empty", "unknown"]
    word: str = ""
    told: str = ""
    related: tuple[Related, ...] = ()


class Rests:
    """``find`` gives the files that may define a function; those of ``project`` come first."""

    def __init__(
        self, find: Callable[[str], list[Located[RestBodies]]], symbols: Symbols, project: str
    ) -> None:
        self._find, self._symbols, self._project = find, symbols, project

    def of(self, body: Body, path: str, depth: int = 0) -> Rest:
        """What a body does."""
        told = ""
        if body.sleeps:
            holds = self._symbols.holds(body.conditions)
            if holds:
                return Rest("sleeps", body.sleeps)
            told = f"{body.sleeps} in {body.name} stands under {' and '.join(body.conditions)}"
            if holds is None:
                return Rest("unknown", told=f"{told}, which something outside the tree decides")
            told += ", which does not hold"
        called = [self._called(name, path, depth) for name in body.calls if name != body.name]
        for state in ("sleeps", "unknown"):
            for rest in called:
                if rest.state == state:
                    return rest
        return Rest("empty", told=told or next((r.told for r in called if r.told), ""))

    def _called(self, name: str, path: str, depth: int) -> Rest:
        if _KERNEL.fullmatch(name):
            return Rest("empty")
        bodies = self._bodies(name, path) if depth < MAX_DEPTH else []
        if not bodies:
            return Rest("unknown", told=f"the body of {name}() would tell, and is not in the tree")
        rests = [self.of(body, where, depth + 1) for where, body in bodies]
        if len({rest.state for rest in rests}) > 1:
            return Rest("unknown", told=f"which of the functions {name}() is linked would tell")
        where, body = bodies[0]
        hop = Related(Place(where, body.line), f"`{name}`")
        return Rest(rests[0].state, rests[0].word, rests[0].told, (hop, *rests[0].related))

    def _bodies(self, name: str, path: str) -> list[tuple[str, Body]]:
        """The definitions of that name: of the same file, else of the project, else of the tree."""
        found = [
            (file.path, body) for file in self._find(name)
            for body in file.facts.bodies if body.name == name
        ]  # fmt: skip
        prefix = f"{self._project}/" if self._project else ""
        own = [item for item in found if item[0] == path]
        return own or [item for item in found if item[0].startswith(prefix)] or found
