"""Where the time of a clock's getter comes from: its calls followed to what reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pitfalls.formats.clock_facts import GETTER, Static
from pitfalls.formats.clock_sources import Kind
from pitfalls.formats.clock_sources import Source as TimeSource
from pitfalls.model import Place, Related
from pitfalls.views.clock_contexts import Func
from pitfalls.views.clock_functions import ClockFunctions

LeafKind = Literal["hardware", "driver", "os", "wall", "static", "constant", "unknown"]

# What a call may read that keeps account of a counter's wraps in its own variables.
_COUNTER = re.compile(r"count|cycle|timer|tick|time", re.IGNORECASE)

MAX_HOPS = 3
"""Calls that are followed from a getter to what it reads."""

_ORDER: tuple[Kind, ...] = ("os", "driver", "hardware", "wall")


@dataclass(frozen=True)
class Leaf:
    """Where time comes from: the function that reads it, what it reads, and the hops there.
    ``reason`` says of an unknown one what would decide it."""

    kind: LeafKind
    function: Func
    sources: tuple[TimeSource, ...] = ()
    statics: tuple[tuple[str, Static], ...] = ()
    hops: tuple[Related, ...] = ()
    reason: str = ""


def leaf_of(
    function: Func, functions: ClockFunctions, hops: tuple[Related, ...], seen: frozenset[Func]
) -> Leaf | None:
    """What a function reads; None when it only hands on a clock of which there are several, each
    of which is judged by itself."""
    facts = function.facts
    if facts.sources:
        kind = next(kind for kind in _ORDER if any(s.kind == kind for s in facts.sources))
        sources = tuple(s for s in facts.sources if s.kind == kind)
        return Leaf(kind, function, sources, (), hops)
    unresolved = ""
    ambiguous = False
    for call in facts.calls:
        if call.mention or function in seen or len(seen) >= MAX_HOPS:
            continue
        targets = functions.resolve(call, function)
        hop = Related(Place(function.path, call.line), f"{facts.name}() calls {call.name}()")
        if len(targets) == 1:
            below = leaf_of(targets[0], functions, (*hops, hop), seen | {function})
        else:
            below = _calendar(targets, function, functions, (*hops, hop))
        if (below is None and len(targets) == 1) or (below and below.kind != "unknown"):
            return below
        ambiguous |= len(targets) > 1
        unresolved = unresolved or (call.name if not targets else "")
    statics = tuple(functions.statics_of(function))
    if statics and (counter := _unseen_counter(function, statics, functions)):
        return Leaf("unknown", function, (), (), hops, f"{counter}() is not defined in this tree")
    if statics:
        return Leaf("static", function, (), statics, hops)
    if facts.constant:
        return Leaf("constant", function, (), (), hops)
    if ambiguous or _is_dispatch(unresolved):
        return None
    reason = (
        f"{unresolved}() is not defined in this tree" if unresolved else "it reads nothing known"
    )
    return Leaf("unknown", function, (), (), hops, reason)


def _unseen_counter(
    function: Func, statics: tuple[tuple[str, Static], ...], functions: ClockFunctions
) -> str:
    """A call that may read a counter, which the tree does not define, in a function that keeps all
    of its variables itself: they may be the account of that counter's wraps."""
    kept = {write.name for write in function.facts.writes}
    if not kept.issuperset(static.name for _, static in statics):
        return ""
    calls = [c for c in function.facts.calls if not c.mention and _COUNTER.search(c.name)]
    return next((c.name for c in calls if not functions.resolve(c, function)), "")


def _calendar(
    targets: list[Func], caller: Func, functions: ClockFunctions, hops: tuple[Related, ...]
) -> Leaf | None:
    """The leaf of a function of which each platform has one, when some of them read the calendar
    and none reads another time. Clocks by name are judged by themselves; the builds of Rust crates
    differ too much."""
    if caller.is_rust or any(GETTER.fullmatch(target.facts.name) for target in targets):
        return None
    leaves = [leaf_of(target, functions, hops, frozenset()) for target in targets]
    walls = [leaf for leaf in leaves if leaf is not None and leaf.kind == "wall"]
    others = [leaf for leaf in leaves if leaf is None or leaf.kind not in _NO_TIME]
    return walls[0] if walls and not others else None


_NO_TIME = ("wall", "constant", "unknown")


def _is_dispatch(call: str) -> bool:
    """``P::clock_ms``, ``<T as Clock>::now``: the type decides."""
    path, separator, _ = call.rpartition("::")
    return bool(separator) and (not path or path.rpartition("::")[2][:1].isupper())
