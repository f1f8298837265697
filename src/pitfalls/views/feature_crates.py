"""Crates with features: what each enables, and what in the crate refuses two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from pitfalls.formats import cfg_predicate
from pitfalls.formats.cargo_features import FeatureTable
from pitfalls.formats.cfg_predicate import Predicate
from pitfalls.formats.feature_guards import FeatureGuards, Guard
from pitfalls.model import Place
from pitfalls.source import Located


@dataclass
class Crate:
    """A package with features: its manifest and its files that say something about them."""

    path: str
    table: FeatureTable
    final: bool = False
    files: list[Located[FeatureGuards]] = field(default_factory=list)

    @cached_property
    def enables(self) -> dict[str, tuple[str, ...]]:
        """Feature -> what it enables, as written."""
        return {feature.name: feature.enables for feature in self.table.features}

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """The features that are on when ``names`` are."""
        found: set[str] = set()
        pending = list(names)
        while pending:
            name = pending.pop()
            if name in self.enables and name not in found:
                found.add(name)
                pending += self.enables[name]
        return frozenset(found)

    def enablers(self, name: str) -> frozenset[str]:
        """The features that turn a feature on, without ``default``."""
        others = self.enables.keys() - {name, "default"}
        return frozenset(other for other in others if name in self.closure([other]))

    @cached_property
    def optional(self) -> frozenset[str]:
        """Optional dependencies, which may be features of their own name."""
        return frozenset(d.name for d in self.table.dependencies if d.optional)

    def forwards(self, name: str) -> dict[str, set[str]]:
        """Dependency -> its features that ``name`` turns on."""
        found: dict[str, set[str]] = defaultdict(set)
        for feature in self.closure([name]):
            for item in self.enables[feature]:
                dependency, slash, wanted = item.partition("/")
                if slash:
                    found[dependency.rstrip("?")].add(wanted)
        return found

    def line(self, name: str) -> int:
        """The line that defines a feature."""
        return next((f.line for f in self.table.features if f.name == name), 1)

    @cached_property
    def guards(self) -> list[tuple[Place, Guard, tuple[Predicate, ...]]]:
        """The guards with a predicate, and those that name features."""
        found = []
        for file in self.files:
            for guard in file.facts.guards:
                if guard.in_script and not file.path.endswith("build.rs"):
                    continue
                read = [cfg_predicate.parse(text) for text in guard.cfg]
                predicates = tuple(p for p in read if p is not None)
                if len(predicates) == len(read):
                    found.append((Place(file.path, guard.line), guard, predicates))
        return found

    def counted(self, name: str) -> Place | None:
        """The build script that counts a feature."""
        upper = name.upper().replace("-", "_")
        for file in self.files:
            for item in file.facts.counted:
                if item == upper or (item.endswith("*") and upper.startswith(item[:-1])):
                    return Place(file.path, file.facts.counted_line)
        return None

    def refuses(self, first: str, second: str) -> Place | None:
        """What in this crate refuses to build with both features, and builds with either."""
        both, one, other = (self.closure(n) for n in ((first, second), (first,), (second,)))
        for place, guard, predicates in self.guards:
            if {first, second} <= set(guard.names):
                return place
            if predicates and fires(predicates, both):
                alone = [fires(predicates, names) for names in (one, other)]
                implies = second in one or first in other  # the one that implies refuses itself
                if not any(alone) or (implies and not all(alone)):
                    return place
        counted = self.counted(first), self.counted(second)
        return counted[0] if counted[0] is not None and counted[0] == counted[1] else None


def fires(predicates: tuple[Predicate, ...], enabled: frozenset[str]) -> bool:
    """Whether a guard may stop a build with these features."""
    return all(predicate.holds(enabled) is not False for predicate in predicates)
