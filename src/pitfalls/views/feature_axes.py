"""Axes of cargo features: sets of which only one member may be enabled, and what guards them.

A crate declares an axis in a comment (``select one``), by a guard for some of its pairs, or by
items that a program can have only once. A guard is evaluated for every pair of members.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Self

from pitfalls.formats import cargo_features, feature_guards
from pitfalls.formats.cargo_features import FeatureTable
from pitfalls.formats.feature_guards import FeatureGuards
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View, parents
from pitfalls.views.feature_crates import Crate
from pitfalls.views.feature_groups import MAX_MEMBERS, groups, with_siblings, without_base
from pitfalls.views.layout import Layout

MANIFESTS = Selection(
    name="cargo features",
    type=FeatureTable,
    parse=cargo_features.parse,
    names=("Cargo.toml",),
    needles=(b"[features]", b"[workspace.dependencies"),
)
GUARDS = Selection(
    name="feature guards",
    type=FeatureGuards,
    parse=feature_guards.parse,
    names=("*.rs",),
    needles=(
        b"compile_error!",
        b"#[panic_handler]",
        b"#[global_allocator]",
        b'"CARGO_FEATURE_',
        b"no_mangle",
    ),
)
ROOTS = Selection(
    name="crate documentation about features",
    type=FeatureGuards,
    parse=feature_guards.parse,
    names=("lib.rs", "main.rs", "build.rs"),
    needles=(
        b"xclusive",
        b"elect one",
        b"hoose one",
        b"ick one",
        b"xactly one",
        b"most one",
        b"cfg!(feature",
        b"cfg!(all",
        b"unique_feature",
        b"one_of!",
        b"_feature!",
        b"together",
    ),
)


@dataclass(frozen=True)
class Axis:
    """``members`` of a crate of which one may be enabled. ``uncovered`` are pairs that nothing
    refuses; ``implied`` pairs of which the first enables the second; ``default`` the members that
    the crate's defaults enable; ``guard`` a place that refuses some pair; ``final`` when no other
    crate can depend on this one, so that only who builds it chooses. ``elsewhere`` is a crate
    outside of the tree that every uncovered pair is passed on to; empty when there is none."""

    package: str
    members: tuple[str, ...]
    declared: Place
    reason: str
    uncovered: tuple[tuple[str, str], ...]
    implied: tuple[tuple[str, str], ...]
    default: tuple[str, ...]
    guard: Place | None
    expands: bool
    final: bool
    elsewhere: str = ""

    @property
    def subject(self) -> str:
        """``crate: first|second|…``."""
        shown = self.members[:4]
        return f"{self.package}: {'|'.join(shown)}{'|…' if len(self.members) > 4 else ''}"


class FeatureAxes(View):
    """The axes of the tree's own crates, and dependencies that bring a default member along."""

    uses = (MANIFESTS, GUARDS, ROOTS, Layout)

    def __init__(self, crates: Iterable[Crate]) -> None:
        self.crates = tuple(crates)
        self._by_package = {c.table.package: c for c in self.crates if c.table.package}
        self.axes = tuple(axis for crate in self.crates for axis in self._axes(crate))

    @classmethod
    def build(cls, source: Source) -> Self:
        """From manifests with features and the Rust files beside them."""
        layout = source.view(Layout)
        manifests = [f for f in source.facts(MANIFESTS) if layout.is_evidence(f.path)]
        crates = {folder: Crate(f.path, f.facts) for f in manifests
                  for folder in (f.path.rpartition("/")[0],)}  # fmt: skip
        used = {d.package for crate in crates.values() for d in crate.table.dependencies}
        for folder, crate in crates.items():
            library = source.exists(f"{folder}/src/lib.rs".lstrip("/"))
            program = source.exists(f"{folder}/src/main.rs".lstrip("/"))
            crate.final = not library or (program and crate.table.package not in used)
        files = {f.path: f for s in (GUARDS, ROOTS) for f in source.facts(s)}
        folders = {p.rpartition("/")[0] for p in source.paths if p.endswith("Cargo.toml")}
        users: dict[str, list[Crate]] = defaultdict(list)  # library of build scripts -> crates
        for crate in crates.values():
            for name in crate.table.build:
                users[name].append(crate)
        for path, file in sorted(files.items()):
            home = next((folder for folder in parents(path) if folder in folders), None)
            if home is not None and home in crates:
                crates[home].files.append(file)
            if home and file.facts.counted:
                for crate in users.get(home.rpartition("/")[2], ()):
                    crate.files.append(file)
        return cls(crates.values())

    def _axes(self, crate: Crate) -> Iterator[Axis]:
        if "bridge" in crate.table.package:
            return
        seen: list[frozenset[str]] = []
        for members, place, reason in groups(crate):
            wide = with_siblings(crate, without_base(crate, members))
            wide = without_base(crate, wide)  # siblings may share one
            if any(len(wide & other) > 1 for other in seen) or len(wide) > MAX_MEMBERS:
                continue
            seen.append(wide)
            names = tuple(f.name for f in crate.table.features if f.name in wide)
            pairs = list(combinations(names, 2))
            places = {pair: self._refusal(crate, *pair, 0) for pair in pairs}
            uncovered = tuple(pair for pair in pairs if places[pair] is None)
            yield Axis(
                crate.table.package, names, place, reason, uncovered,
                tuple((a, b) for a in names for b in names if a != b and b in crate.closure([a])),
                tuple(n for n in names if n in crate.closure(["default"])),
                next((found for found in places.values() if found is not None), None),
                any(file.facts.expands for file in crate.files),
                crate.final, self._elsewhere(crate, uncovered),
            )  # fmt: skip

    def _refusal(self, crate: Crate, first: str, second: str, depth: int) -> Place | None:
        """What refuses a pair: the crate itself, or one that both features are forwarded to."""
        own = crate.refuses(first, second)
        if own is not None or depth > 3:
            return own
        left, right = crate.forwards(first), crate.forwards(second)
        packages = {d.name: d.package for d in crate.table.dependencies}
        for dependency in sorted(left.keys() & right.keys()):
            target = self._by_package.get(packages.get(dependency, dependency))
            if target is None or target is crate:
                continue
            for one in sorted(left[dependency] - right[dependency]):
                for other in sorted(right[dependency] - left[dependency]):
                    if one in target.enables and other in target.enables:
                        found = self._refusal(target, one, other, depth + 1)
                        if found is not None:
                            return found
        return None

    def _elsewhere(self, crate: Crate, pairs: Iterable[tuple[str, str]]) -> str:
        """A crate outside of the tree that gets different features from both members of each
        pair, so that it may refuse them."""
        packages = {d.name: d.package for d in crate.table.dependencies}
        found: set[str] | None = None
        for pair in pairs:
            left, right = (crate.forwards(name) for name in pair)
            apart = {
                n for n in left.keys() & right.keys() if left[n] - right[n] and right[n] - left[n]
            }
            found = apart if found is None else found & apart
        outside = (n for n in sorted(found or ()) if packages.get(n, n) not in self._by_package)
        return next(outside, "")

    @property
    def leaks(self) -> Iterator[tuple[Place, str, str, tuple[str, ...]]]:
        """``(place, crate, dependency, features)``: a dependency with its defaults, of a crate
        that chooses the dependency's features itself, whose defaults hold a member of an axis or
        a platform's sources."""
        shared = {d.name: d for c in self.crates for d in c.table.workspace}
        members = {a.package: set(a.members) for a in self.axes}
        for crate in self.crates:
            chosen: dict[str, set[str]] = defaultdict(set)
            for feature in crate.table.features:
                for name, wanted in crate.forwards(feature.name).items():
                    chosen[name] |= wanted
            for dependency in crate.table.dependencies:
                target = self._by_package.get(dependency.package)
                defaults = dependency.defaults
                if defaults is None:
                    inherited = shared.get(dependency.name)
                    defaults = inherited is None or inherited.defaults is not False
                if target is None or not defaults or target is crate:
                    continue
                axis = members.get(dependency.package, set())
                brought = target.closure(["default"]) - {"default"}
                found = {n for n in brought if n in axis or n.startswith("platform")}
                if found and len(chosen[dependency.name] & (axis or chosen[dependency.name])) > 1:
                    place = Place(crate.path, dependency.line)
                    yield place, crate.table.package, dependency.name, tuple(sorted(found))
