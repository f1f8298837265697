"""C++ classes that register `this` with C, and whether their objects can move afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import cpp_moves
from pitfalls.formats.cpp_moves import Member, Members, Registered, Registrations
from pitfalls.formats.rust_escapes import TELLING
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.layout import Layout

CPP_NAMES = ("*.cpp", "*.cc", "*.cxx", "*.hpp", "*.hh", "*.h")
CPP_REGISTRATIONS = Selection(
    "cpp-registrations",
    Registrations,
    cpp_moves.parse_registrations,
    names=CPP_NAMES,
    needles=(b", this)", b",this)", b", this,", b"(void *)this", b"(void*)this", b"*>(this)"),
)
CPP_MEMBERS = Selection(
    "cpp-copy-and-move", Members, cpp_moves.parse_members, names=CPP_NAMES, lazy=True
)


@dataclass(frozen=True)
class CppRegistration:
    """A class that registers `this` at ``registered``. ``movable`` is the constructor that leaves
    the registration behind; None when both are deleted."""

    place: Place
    text: str
    movable: bool
    related: tuple[Related, ...]


class CppRegistrations(View):
    """The classes that register `this` and say how they are copied and moved."""

    uses = (CPP_REGISTRATIONS, CPP_MEMBERS, Layout)

    def __init__(self, registrations: Iterable[CppRegistration]) -> None:
        self.registrations = tuple(registrations)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join registrations with the constructors, wherever they are written."""
        layout = source.view(Layout)
        found: list[CppRegistration] = []
        for file in source.facts(CPP_REGISTRATIONS):
            if not layout.is_evidence(file.path):
                continue
            told = [r for r in file.facts.registered if TELLING.search(r.callee)]
            for owner in dict.fromkeys(r.owner for r in told):
                mine = [r for r in told if r.owner == owner]
                found += _judge(file.path, mine, _members(source, file.path, owner))
        return cls(found)


def _members(source: Source, path: str, owner: str) -> list[Located[Member]]:
    """The constructors of a class, from the files beside ``path`` and those that share its root
    folder and define or implement that class."""
    name = re.escape(owner.encode())
    named = rb"\b(?:class|struct)\s+" + name + rb"\b[^;]|\b" + name + rb"::"
    root = path.partition("/")[0]
    found = []
    for candidate in source.candidates(CPP_MEMBERS):
        if candidate.partition("/")[0] == root and source.matches(candidate, named):
            facts = source.fact(CPP_MEMBERS, candidate)
            members = facts.members if facts else ()
            found += [Located(candidate, m) for m in members if m.owner == owner]
    return found


def _judge(
    path: str, registered: list[Registered], members: list[Located[Member]]
) -> Iterator[CppRegistration]:
    """Nothing for a class that says nothing about copies, or whose constructor is not at hand."""
    first, more = registered[0], len(registered) - 1
    call = f"{first.owner}::{first.method} hands this to {first.callee}"
    call += f" and {more} more" if more else ""
    hop = Related(Place(path, first.line), call)
    again = {name for r in registered for name in (r.callee, r.method)}
    usable = [m for m in members if m.facts.form in ("defaulted", "defined")]
    for member in usable:
        if not again & set(member.facts.calls):
            text = f"the {member.facts.kind} constructor of {first.owner} is {member.facts.form}"
            text += f" and registers nothing; {call}"
            yield CppRegistration(Place(member.path, member.facts.line), text, True, (hop,))
    deleted = [m for m in members if m.facts.form == "deleted"]
    if deleted and not usable and not any(m.facts.form == "declared" for m in members):
        text = f"{first.owner} cannot be copied or moved; {call}"
        place = Place(deleted[0].path, deleted[0].facts.line)
        yield CppRegistration(place, text, False, (hop,))
