"""Predicates of ``#[cfg(…)]``: read, and evaluated for a set of cargo features.

What is no feature (``target_os = "none"``) is not known: it counts as true, in both senses, so
that a guard for one target counts as a guard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(r'\s*(?:([A-Za-z_][\w:]*)|("(?:[^"\\]|\\.)*")|([(),=]))')
_MAX_TOKENS = 2000
_MAX_DEPTH = 30
# A guard under `not(doc)` is one in every real build.
_NEVER = frozenset({"test", "doc", "doctest", "docsrs", "rust_analyzer", "clippy", "miri"})


@dataclass(frozen=True)
class Predicate:
    """``all``, ``any`` or ``not`` of ``items``; a ``feature`` by name; or something else, of which
    ``name`` tells what."""

    kind: Literal["all", "any", "not", "feature", "other"]
    name: str = ""
    items: tuple[Predicate, ...] = ()

    @property
    def features(self) -> frozenset[str]:
        """All features that the predicate names."""
        if self.kind == "feature":
            return frozenset({self.name})
        return frozenset().union(*(item.features for item in self.items))

    @property
    def is_pure(self) -> bool:
        """Whether it asks for nothing but features."""
        return self.kind != "other" and all(item.is_pure for item in self.items)

    def holds(self, enabled: frozenset[str]) -> bool | None:
        """True or False for a set of features; None where something else decides."""
        if self.kind == "feature":
            return self.name in enabled
        if self.kind == "other":
            return False if self.name in _NEVER else None
        values = [item.holds(enabled) for item in self.items]
        if self.kind == "not":
            value = values[0] if values else None
            return None if value is None else not value
        decisive = self.kind == "any"
        if decisive in values:
            return decisive
        return None if None in values else not decisive


def parse(text: str) -> Predicate | None:
    """The predicate between the brackets of ``#[cfg(…)]``; None for what cannot be read."""
    tokens: list[str] = []
    at = 0
    while (found := _TOKEN.match(text, at)) and len(tokens) < _MAX_TOKENS:
        tokens.append(found[1] or found[2] or found[3])
        at = found.end()
    if text[at:].strip():
        return None
    predicate, end = _predicate(tokens, 0, 0)
    return predicate if end >= len(tokens) else None


def _predicate(tokens: list[str], at: int, depth: int) -> tuple[Predicate | None, int]:
    if at >= len(tokens) or depth > _MAX_DEPTH:
        return None, at + 1
    name, following = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else ""
    if following == "=":
        value = tokens[at + 2].strip('"') if at + 2 < len(tokens) else ""
        if name == "feature":
            return Predicate("feature", value), at + 3
        return Predicate("other", f"{name}={value}"), at + 3
    if following != "(":
        return Predicate("other", name), at + 1
    items: list[Predicate] = []
    at += 2
    while at < len(tokens) and tokens[at] != ")":
        item, at = _predicate(tokens, at, depth + 1)
        if item is not None:
            items.append(item)
        if at < len(tokens) and tokens[at] == ",":
            at += 1
    if name in ("all", "any", "not"):
        kind: Literal["all", "any", "not"] = name  # type: ignore[assignment]
        return Predicate(kind, "", tuple(items)), at + 1
    return Predicate("other", name), at + 1
