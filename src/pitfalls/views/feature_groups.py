"""Sets of cargo features of which only one member may be enabled, as a crate declares them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from pitfalls.formats import cfg_predicate
from pitfalls.formats.cfg_predicate import Predicate
from pitfalls.formats.exclusivity import declares, is_strict
from pitfalls.model import Place
from pitfalls.views.feature_crates import Crate, fires

MAX_MEMBERS = 30
"""Pairs of larger sets are not looked at: chip selections of that size are generated."""


def groups(crate: Crate) -> Iterator[tuple[frozenset[str], Place, str]]:
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
            yield from _of_message(crate, place, guard.message, predicates)
    yield from _guarded(crate)
    yield from _singletons(crate)


def _of_message(
    crate: Crate, place: Place, message: str, predicates: tuple[Predicate, ...]
) -> Iterator[tuple[frozenset[str], Place, str]]:
    """The features of a guard whose message declares them exclusive. A guard that asks for one at
    least may ask for what all members enable; one that names a feature which the crate does not
    have means the features of that prefix, and never fires."""
    named = frozenset().union(*(p.features for p in predicates))
    listed = named & crate.enables.keys()
    if predicates and fires(predicates, frozenset()):
        bases = {name: crate.enablers(name) for name in listed}
        shared = frozenset().union(*(b for b in bases.values() if len(b) > 1))
        if is_strict(message) and len(shared or listed) > 1:
            yield shared or listed, place, _declared(message)
        return
    for missing in named - listed - crate.optional:
        prefix = _prefix(missing)
        alike = {name for name in crate.enables if prefix and _prefix(name) == prefix}
        if len(listed) == 1 and listed < alike:
            words = f"{_declared(message)} (the guard names {missing}, which is no feature)"
            yield frozenset(alike), place, words
    if len(listed) > 1:
        yield listed, place, _declared(message)


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


def without_base(crate: Crate, members: frozenset[str]) -> frozenset[str]:
    """Members without what several of them enable: that is a base they share."""
    base = {
        name
        for name in members
        if sum(name in crate.closure([other]) for other in members - {name}) > 1
    }
    return members - base if len(members - base) > 1 else members


def with_siblings(crate: Crate, members: frozenset[str]) -> frozenset[str]:
    """Members that were added later: of the same prefix, and listed with members by a guard that
    asks for at least one; or bringing in a dependency of their own, as all members do, and
    forwarding their own name like them. One that adds to a single other one is chosen with that."""
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
    added = {n for n in added - implied if not crate.closure([n]) & members}
    users = {n: [m for m in added - {n} if n in crate.closure([m])] for n in added}
    extensions = {used[0] for used in users.values() if len(used) == 1}
    return members | (added - extensions)


def _brings_dependency(crate: Crate, name: str) -> bool:
    return any(item.startswith("dep:") for item in crate.enables[name])
