"""Which crates and features a build of a package selects, by Cargo's rules.

Features of a package are the union of what all its users ask for. ``dep:x`` brings an optional
dependency in, ``x/f`` does so and turns a feature of it on, ``x?/f`` turns it on if something else
brings it in; an optional dependency that no ``dep:`` names has a feature of its own name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pitfalls.formats.cargo import Link, Manifest
from pitfalls.source import Located, parents
from pitfalls.views.crate_links import rust_name

_MAX_STEPS = 20_000
"""Features and dependencies of one build that are followed."""

Selected = dict[str, frozenset[str]]
"""Crate of the tree, by the name that Rust code gives it -> its features that are on."""


@dataclass
class _State:
    features: dict[str, set[str]] = field(default_factory=dict)
    optional: set[tuple[str, str]] = field(default_factory=set)
    weak: set[tuple[str, str, str]] = field(default_factory=set)
    pending: list[tuple[str, str]] = field(default_factory=list)


class CrateFeatures:
    """The manifests of a tree, and what their builds select."""

    def __init__(self, manifests: Iterable[Located[Manifest]]) -> None:
        found = list(manifests)
        named = [m for m in found if m.facts.package]
        self._facts = {rust_name(m.facts.package): m.facts for m in named}
        self._features = {name: dict(facts.features) for name, facts in self._facts.items()}
        self._named = {
            name: frozenset(i[4:] for items in of.values() for i in items if i.startswith("dep:"))
            for name, of in self._features.items()
        }
        shared = {m.path.rpartition("/")[0]: m.facts.shared for m in found if m.facts.shared}
        self._shared = {
            rust_name(m.facts.package): {
                link.name: link
                for folder in reversed([m.path.rpartition("/")[0], *parents(m.path)])
                for link in shared.get(folder, ())
            }
            for m in named
        } if shared else {}  # fmt: skip
        self._known: dict[tuple[str, bool], Selected] = {}

    def default(self, crate: str) -> Selected:
        """What a build with the default features selects."""
        return self._cached(crate, every=False)

    def every(self, crate: str) -> Selected:
        """What a build with all features of ``crate`` selects: more than any other of its
        builds."""
        return self._cached(crate, every=True)

    def _cached(self, crate: str, *, every: bool) -> Selected:
        key = (crate, every)
        if key not in self._known:
            names = ["default"]
            if every and crate in self._facts:
                own = self._facts[crate]
                names += [
                    *self._features[crate],
                    *_implicit(own, self._named[crate]),
                ]
            self._known[key] = self._select(crate, names)
        return self._known[key]

    def _select(self, root: str, names: Iterable[str]) -> Selected:
        state = _State()
        self._link(state, root, names)
        for _ in range(_MAX_STEPS):
            if not state.pending:
                break
            self._turn_on(state, *state.pending.pop())
        return {name: frozenset(on) for name, on in state.features.items()}

    def _link(self, state: _State, crate: str, names: Iterable[str]) -> None:
        """The crate is part of the build, with these features at least."""
        if crate not in self._facts:
            return
        fresh = crate not in state.features
        on = state.features.setdefault(crate, set())
        for name in names:
            if name not in on:
                on.add(name)
                state.pending.append((crate, name))
        if fresh:
            for link in self._facts[crate].links:
                if not link.optional:
                    self._depend(state, crate, link)

    def _depend(self, state: _State, crate: str, link: Link, *more: str) -> None:
        shared = self._shared.get(crate, {}).get(link.name) if link.inherited else None
        defaults = link.defaults
        if defaults is None:
            defaults = shared is None or shared.defaults is not False
        package = shared.package if shared is not None else link.package
        names = [*link.features, *(shared.features if shared is not None else ()), *more]
        self._link(state, rust_name(package), [*names, "default"] if defaults else names)

    def _turn_on(self, state: _State, crate: str, name: str) -> None:
        written = self._features[crate].get(name)
        if written is None:
            self._bring(state, crate, name)  # the feature of an optional dependency
            return
        for item in written:
            dependency, slash, feature = item.partition("/")
            if item.startswith("dep:"):
                self._bring(state, crate, item[4:])
            elif not slash:
                self._link(state, crate, [item])
            elif dependency.endswith("?"):
                state.weak.add((crate, dependency[:-1], feature))
                if (crate, dependency[:-1]) in state.optional or self._is_plain(
                    crate, dependency[:-1]
                ):
                    self._bring(state, crate, dependency[:-1], feature)
            else:
                self._bring(state, crate, dependency, feature)

    def _is_plain(self, crate: str, name: str) -> bool:
        return any(link.name == name and not link.optional for link in self._facts[crate].links)

    def _bring(self, state: _State, crate: str, name: str, *features: str) -> None:
        for link in self._facts[crate].links:
            if link.name == name:
                state.optional.add((crate, name))
                asked = [f for c, n, f in state.weak if (c, n) == (crate, name)]
                self._depend(state, crate, link, *features, *asked)


def _implicit(facts: Manifest, named: frozenset[str]) -> Iterable[str]:
    """Optional dependencies that are features by their own name."""
    return (link.name for link in facts.links if link.optional and link.name not in named)
