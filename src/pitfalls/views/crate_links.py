"""Which crates of a tree a firmware links, as far as manifests tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pitfalls.formats.cargo import Manifest
from pitfalls.source import Located


class CrateLinks:
    """Packages by the name that Rust code gives them, and their dependencies."""

    def __init__(self, manifests: Iterable[Located[Manifest]]) -> None:
        self.folders: dict[str, str] = {}
        self._needs: dict[str, set[str]] = {}
        self._optional: dict[str, set[str]] = {}
        for located in manifests:
            if located.facts.package:
                name = rust_name(located.facts.package)
                self.folders[name] = located.path.rpartition("/")[0]
                self._needs[name] = {rust_name(d) for d in located.facts.dependencies}
                self._optional[name] = {rust_name(d) for d in located.facts.optional}

    def closure(self, crate: str) -> set[str]:
        """The crate and every crate of the tree that some feature may bring in."""
        return self._reach(crate, lambda name: self._needs[name])

    def certain(self, crate: str) -> set[str]:
        """The crate and every crate of the tree that comes along with any features."""
        return self._reach(crate, self.always)

    def mentions(self, crate: str, word: re.Pattern[str]) -> bool:
        """Whether a crate, or a program that links it, brings in a crate whose name has a word."""
        every = [name for name in self.folders if crate in self.closure(name)]
        brought = {name for user in every for name in self.closure(user)}
        return any(word.search(n) for name in brought for n in (name, *self._needs[name]))

    def crate_of(self, path: str) -> str:
        """The innermost crate of the tree whose folder holds ``path``; empty without one."""
        inside = (
            name for name, folder in self.folders.items()
            if not folder or path.startswith(f"{folder}/")
        )  # fmt: skip
        return max(inside, key=lambda name: len(self.folders[name]), default="")

    def _reach(self, crate: str, step: Callable[[str], set[str]]) -> set[str]:
        found: set[str] = set()
        pending = [crate]
        while pending:
            name = pending.pop()
            if name not in found and name in self.folders:
                found.add(name)
                pending += step(name)
        return found

    def always(self, crate: str) -> set[str]:
        """The direct dependencies that no feature switches off."""
        return self._needs.get(crate, set()) - self._optional.get(crate, set())

    def users(self, crate: str) -> list[str]:
        """The crates that name ``crate`` as a dependency."""
        return sorted(name for name, needs in self._needs.items() if crate in needs)

    def manifest(self, crate: str) -> str:
        """The path of a crate's manifest."""
        folder = self.folders[crate]
        return f"{folder}/Cargo.toml" if folder else "Cargo.toml"


def rust_name(package: str) -> str:
    """``nros-clock`` -> ``nros_clock``."""
    return package.replace("-", "_")
