"""Which firmware links a definition of a clock symbol that it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal

from pitfalls.formats import cfg_predicate
from pitfalls.formats.cfg_predicate import Predicate
from pitfalls.source import Source, parents
from pitfalls.views.clock_contexts import Func
from pitfalls.views.crate_features import CrateFeatures, Selected
from pitfalls.views.crate_links import CrateLinks
from pitfalls.views.routines import TEST_CODE
from pitfalls.views.rust_modules import module_conditions

Live = Literal["yes", "maybe", "no"]

MAX_FEATURES = 10
"""Features of one condition that are tried in every combination."""


@dataclass(frozen=True)
class Definer:
    """A definition with the crate that it belongs to (empty outside any) and its conditions, those
    of the modules around it too. ``read`` is whether all of them could be read."""

    function: Func
    home: str
    conditions: tuple[Predicate, ...]
    read: bool

    @cached_property
    def is_dead(self) -> bool:
        """Whether its conditions exclude each other, so that no build compiles it."""
        names = sorted(frozenset().union(*(c.features for c in self.conditions)))
        if len(self.conditions) < 2 or len(names) > MAX_FEATURES:
            return False
        sets = (
            frozenset(n for n, on in zip(names, bits, strict=True) if on)
            for bits in product((False, True), repeat=len(names))
        )
        return all(any(c.holds(on) is False for c in self.conditions) for on in sets)

    def live(self, selected: Selected) -> Live:
        """Whether a build that selects these crates and features compiles it."""
        if self.is_dead or (self.home and self.home not in selected):
            return "no"
        if not self.home or not self.function.is_rust or not self.read:
            return "maybe"
        held = [c.holds(selected[self.home]) for c in self.conditions]
        return "no" if False in held else "maybe" if None in held else "yes"


_TARGET = re.compile(r"(?:src/bin|examples|tests|benches)/[^/]+|src/main\.rs$")


def _target_of(function: Func) -> str:
    """The file or folder of the program that a function belongs to alone; empty for the library,
    and for modules of ``src``, which may belong to either."""
    inside = function.path.removeprefix(f"{function.crate}/" if function.crate else "")
    found = _TARGET.match(inside)
    return found[0] if found else ""


class Firmwares:
    """The programs of a tree and what their builds select."""

    def __init__(self, source: Source, links: CrateLinks, features: CrateFeatures) -> None:
        self.features = features
        self._read, self._exists, self._paths = source.read, source.exists, source.paths
        self._matches, self._code = source.matches, source.code
        self._by_folder = {folder: name for name, folder in links.folders.items()}
        self.programs = tuple(
            crate for crate, folder in sorted(links.folders.items())
            if source.exists(f"{folder}/src/main.rs".lstrip("/")) and not TEST_CODE.search(folder)
        )  # fmt: skip

    def share_program(self, first: Func, second: Func) -> bool:
        """Whether one program can hold both functions of one package: each binary, example and
        test is linked by itself, with the package's library."""
        mine, other = (_target_of(f) for f in (first, second))
        if mine == other:
            return True
        folder = f"{first.crate}/" if first.crate else ""
        return "" in (mine, other) and self._exists(f"{folder}src/lib.rs")

    def is_made_by_macro(self, name: str, user: str) -> bool:
        """Whether code that may be linked into ``user`` hands ``name`` to a macro, which may define
        a function of that name."""
        handed = re.compile(rf"\w+!\s*[({{\[][^;{{}}]{{0,200}}\b{name}\b(?!\s*\()")
        folders = [f for f, crate in self._by_folder.items() if crate in self.features.every(user)]
        return any(
            handed.search(self._code(path).code)
            for path in self._paths
            if path.endswith(".rs")
            and any(not folder or path.startswith(f"{folder}/") for folder in folders)
            and self._matches(path, name.encode())
        )

    def crate_of(self, path: str) -> str:
        """The crate of a file, empty outside any."""
        return next((self._by_folder[f] for f in parents(path) if f in self._by_folder), "")

    def definer(self, function: Func) -> Definer:
        """A definition with its conditions read."""
        texts = function.facts.conditions
        if function.is_rust:
            texts += module_conditions(function.path, self._read)
        read = [cfg_predicate.parse(text) for text in texts] if function.is_rust else []
        known = tuple(p for p in read if p is not None)
        return Definer(function, self.crate_of(function.path), known, len(known) == len(texts))

    def without(self, own: str, definers: list[Definer]) -> list[str]:
        """The programs that link ``own`` and none of the definitions, whatever their features."""
        found = []
        for crate in self.programs:
            least = self.features.default(crate)
            if own in least:
                most = self.features.every(crate)
                if not any(self._possible(d, most, least) for d in definers):
                    found.append(crate)
        return found

    def _possible(self, definer: Definer, most: Selected, least: Selected) -> bool:
        """Whether some set between the least and the most features compiles it: a condition may
        ask that a feature is off."""
        if definer.is_dead or (definer.home and definer.home not in most):
            return False
        if not definer.home or not definer.function.is_rust or not definer.read:
            return True
        on, fixed = most[definer.home], least.get(definer.home, frozenset())
        names = sorted(frozenset().union(*(c.features for c in definer.conditions)))
        free = [n for n in names if n in on and n not in fixed]
        if len(free) > MAX_FEATURES:
            return True
        return any(
            all(
                c.holds(fixed | {n for n, use in zip(free, bits, strict=True) if use}) is not False
                for c in definer.conditions
            )
            for bits in product((False, True), repeat=len(free))
        )

    def all_link(self, own: str, definers: list[Definer]) -> bool:
        """Whether every program that links ``own`` with its default features has a definition."""
        builds = [b for c in self.programs if own in (b := self.features.default(c))]
        return bool(builds) and all(
            any(d.live(build) == "yes" for d in definers) for build in builds
        )
