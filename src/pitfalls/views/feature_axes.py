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

from pitfalls.formats import cargo_features, cfg_predicate, feature_guards
from pitfalls.formats.cargo_features import FeatureTable
from pitfalls.formats.exclusivity import declares
from pitfalls.formats.feature_guards import FeatureGuards
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View, parents
from pitfalls.views.feature_crates import Crate, fires
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
        b"unique_feature",
        b"one_of!",
        b"together",
    ),
)

MAX_MEMBERS = 30
"""Pairs of larger sets are not looked at: chip selections of that size are generated."""


@dataclass(frozen=True)
class Axis:
    """``members`` of a crate of which one may be enabled. ``uncovered`` are pairs that nothing
    refuses; ``implied`` pairs of which the first enables the second; ``default`` the members that
    the crate's defaults enable; ``guard`` a place that refuses some pair; ``final`` when no other
    crate can depend on this one, so that only who builds it chooses."""

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
        for members, place, reason in _groups(crate):
            wide = _with_siblings(crate, _without_base(crate, members))
            wide = _without_base(crate, wide)  # siblings may share one
            if any(len(wide & other) > 1 for other in seen) or len(wide) > MAX_MEMBERS:
                continue
            seen.append(wide)
            names = tuple(f.name for f in crate.table.features if f.name in wide)
            pairs = list(combinations(names, 2))
            places = {pair: self._refusal(crate, *pair, 0) for pair in pairs}
            yield Axis(
                crate.table.package, names, place, reason,
                tuple(pair for pair in pairs if places[pair] is None),
                tuple((a, b) for a in names for b in names if a != b and b in crate.closure([a])),
                tuple(n for n in names if n in crate.closure(["default"])),
                next((found for found in places.values() if found is not None), None),
                any(file.facts.expands for file in crate.files),
                crate.final,
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


def _groups(crate: Crate) -> Iterator[tuple[frozenset[str], Place, str]]:
    """Declared sets of features, those of comments first."""
    known = crate.enables.keys()
    documents = [(file.path, file.facts.declarations) for file in crate.files]
    for path, declarations in [*documents, (crate.path, crate.table.declarations)]:
        for declaration in declarations:
            names = frozenset(declaration.names) & known
            if len(names) > 1 and len(names) == len(set(declaration.names)):
                yield names, Place(path, declaration.line), _declared(declaration.words)
    for place, guard, predicates in crate.guards:
        named = frozenset(guard.names) & known
        if len(named) > 1:
            yield named, place, f"{guard.message}!"
        if declares(guard.message):
            listed = frozenset().union(*(p.features for p in predicates)) & known
            if len(listed) > 1:
                yield listed, place, _declared(guard.message)
    yield from _guarded(crate)
    yield from _singletons(crate)


def _declared(words: str) -> str:
    """A sentence of the target as a part of a finding's sentence."""
    return f"declared: {words.rstrip('. ')}"


def _guarded(crate: Crate) -> Iterator[tuple[frozenset[str], Place, str]]:
    """Sets whose pairs are all refused; or of one prefix, when some pairs are."""
    pairs: dict[frozenset[str], Place] = {}
    for place, _, predicates in crate.guards:
        names = frozenset().union(*(p.features for p in predicates)) & crate.enables.keys()
        if 1 < len(names) <= MAX_MEMBERS:
            for first, second in combinations(sorted(names), 2):
                fired = [fires(predicates, frozenset(s)) for s in ((first,), (second,), ())]
                if not any(fired) and fires(predicates, frozenset({first, second})):
                    pairs.setdefault(frozenset({first, second}), place)
    left = dict(pairs)
    while left:
        start, place = next(iter(left.items()))
        group = set(start)
        while True:
            near = [pair for pair in left if pair & group]
            joined = group.union(*near)
            if joined == group:
                break
            group = joined
        left = {pair: where for pair, where in left.items() if not pair & group}
        complete = all(frozenset(pair) in pairs for pair in combinations(group, 2))
        if complete or len({_prefix(name) for name in group}) == 1:
            yield frozenset(group), place, "some pairs are refused"
        else:
            yield start, place, "the pair is refused"


def _singletons(crate: Crate) -> Iterator[tuple[frozenset[str], Place, str]]:
    """Features that each define the program's panic handler, its allocator, or one symbol."""
    items: dict[str, list[tuple[str, Place]]] = defaultdict(list)
    for file in crate.files:
        for single in file.facts.singletons:
            name = _single(single.cfg)
            if name in crate.enables:
                items[single.kind].append((name, Place(file.path, single.line)))
    for kind, found in items.items():
        names = frozenset(name for name, _ in found)
        if 1 < len(names) <= MAX_MEMBERS:
            what = kind if kind.startswith("symbol ") else kind.replace("_", " ")
            yield names, found[0][1], f"each defines the {what}"


def _single(cfg: tuple[str, ...]) -> str:
    """The feature of a ``cfg(feature = "x")`` that asks for nothing else."""
    read = [cfg_predicate.parse(text) for text in cfg]
    if len(read) == 1 and read[0] is not None and read[0].kind == "feature":
        return read[0].name
    return ""


def _prefix(name: str) -> str:
    return name.replace("_", "-").partition("-")[0] if "-" in name or "_" in name else ""


def _without_base(crate: Crate, members: frozenset[str]) -> frozenset[str]:
    """Members without what several of them enable: that is a base they share."""
    base = {
        name
        for name in members
        if sum(name in crate.closure([other]) for other in members - {name}) > 1
    }
    return members - base if len(members - base) > 1 else members


def _with_siblings(crate: Crate, members: frozenset[str]) -> frozenset[str]:
    """Members that were added later: of the same prefix, and listed with members by a guard that
    asks for at least one; or bringing in a dependency of their own, as all members do, and
    forwarding their own name like them."""
    prefixes = {_prefix(name) for name in members}
    prefix = next(iter(prefixes)) if len(prefixes) == 1 else ""
    if not prefix:
        return members
    alike = {name for name in crate.enables if _prefix(name) == prefix} - members
    listed = {
        name
        for _, _, predicates in crate.guards
        for p in predicates
        if p.features & members and p.holds(frozenset()) is True
        for name in p.features
    }
    targets = {d for n in members for d, names in crate.forwards(n).items() if n in names}
    backends = all(_brings_dependency(crate, name) for name in members)
    added = {
        name
        for name in alike
        if name in listed
        or (
            backends
            and _brings_dependency(crate, name)
            and any(d in targets and name in own for d, own in crate.forwards(name).items())
        )
    }
    implied = crate.closure(members) - members  # a capability that members share
    return members | {n for n in added - implied if not crate.closure([n]) & members}


def _brings_dependency(crate: Crate, name: str) -> bool:
    return any(item.startswith("dep:") for item in crate.enables[name])
