"""Where tests and their helpers start long-running programs, and what ends these programs when the
test runner is killed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats.code_text import closing
from pitfalls.formats.rust_routines import Call
from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.process_roles import long_running, short_lived
from pitfalls.views.routines import HOST_TOOL, Found, Routines
from pitfalls.views.script_spawns import ScriptSpawns, Spawn

_RECORDS = re.compile(r"clean|kill|reap|regist|record|track|terminat|teardown|guard|stop", re.I)
_COMMAND = re.compile(r"(?:^|[\s(&])(?:\w+::)*Command::new\(\s*&?(.*)")


@dataclass(frozen=True)
class Site:
    """One place that starts a program. ``program`` is what is known of it, ``long_running`` None
    when that does not tell. ``guard`` sets the parent-death signal or is a wrapper that does;
    ``teardown`` ends the child while the runner lives; ``is_shell`` when children follow;
    ``left``: a script that starts it ends there, and leaves it to its caller."""

    place: Place
    subject: str
    program: str
    long_running: bool | None
    guard: Related | None
    teardown: Related | None
    is_shell: bool = False
    related: tuple[Related, ...] = ()
    left: bool = False


@dataclass(frozen=True)
class StaticHandle:
    """A static that holds a type whose ``Drop`` ends the child."""

    place: Place
    type: str
    drop: Place


@dataclass(frozen=True)
class Chains:
    """Shell chains that a guarded spawn starts. ``sites`` are the spawns, ``timeouts`` the chains
    of one file in which ``timeout`` makes a process group of its own."""

    place: Place
    subject: str
    hops: tuple[Related, ...]


class SpawnSites(View):
    """``sites`` of Rust, Python, scripts and recipes; ``sweeps`` end recorded groups later;
    ``guarded_shells`` is one entry per guard function; ``timeouts`` one per file."""

    uses = (Routines, ScriptSpawns)

    def __init__(
        self,
        sites: Iterable[Site],
        static_handles: Iterable[StaticHandle],
        guarded_shells: Iterable[Chains],
        timeouts: Iterable[Chains],
        sweeps: Iterable[Place],
    ) -> None:
        self.sites = tuple(sites)
        self.static_handles = tuple(static_handles)
        self.guarded_shells = tuple(guarded_shells)
        self.timeouts = tuple(timeouts)
        self.sweeps = tuple(sweeps)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the functions of the tests and the commands of the scripts."""
        finder = _Finder(source.view(Routines))
        sites = [site for item in finder.found for site in finder.sites(item)]
        return cls(
            (*(site for _, site in sites), *map(_script_site, source.view(ScriptSpawns).spawns)),
            finder.static_handles({f for f, s in sites if s.guard is None}),
            finder.guarded_shells(sites),
            finder.timeouts([f for f, s in sites if s.is_shell and s.guard is not None]),
            (
                f.place for f in finder.found
                if {"group-kill", "reads"} <= f.routine.marks and not f.routine.is_test
            ),
        )  # fmt: skip


def _script_site(spawn: Spawn) -> Site:
    return Site(
        spawn.place, spawn.subject, spawn.program, spawn.long_running, spawn.guard, spawn.teardown,
        left=spawn.left,
    )  # fmt: skip


class _Finder:
    """Follows commands through variables, helpers and wrapper types."""

    def __init__(self, routines: Routines) -> None:
        self.routines = routines
        self.tests = {f for f in routines.found if routines.is_of_tests(f)}
        self.found = [f for f in routines.found if f in self.tests or HOST_TOOL.search(f.path)]
        marked = [f for f in routines.found if "death-signal" in f.routine.marks]
        self.guards = {f for f in routines.reaching(marked, 2) if not f.routine.is_test}
        self.killing = [f for f in routines.found if "kill" in f.routine.marks]
        self.killers = routines.reaching(self.killing, 2)
        self.drops = {
            f.routine.owner: f for f in routines.found
            if f.routine.trait == "Drop" and f in self.killers
        }  # fmt: skip
        self.static_types = [
            (path, static) for path, facts in routines.files.items() for static in facts.statics
        ]

    def sites(self, item: Found) -> Iterator[tuple[Found, Site]]:
        """The spawns of a function."""
        for call in item.routine.calls:
            if call.callee != "spawn" or call.arguments or "thread" in call.receiver:
                continue
            variable, program = self._program(item, call)
            if not program and variable not in (*item.routine.parameters, "self"):
                continue
            names = self._names(item, variable, program)
            if short_lived(program, names) or "blocks" in item.routine.marks:
                continue
            known = long_running(" ".join(names))
            if known is None and item not in self.tests:
                continue
            shown = program.strip('"&') or f"the program that callers of {item.routine.name} name"
            guard = self._guard(item, call, variable)
            teardown = self._teardown(item, call.bound) or self._of_tool(item)
            if "current_exe" in program and teardown is None:
                known = None  # a test that starts itself: what it does then is not told
            shell = self._is_shell(item, program, call)
            yield (
                item,
                Site(item.at(call.line), item.label, shown, known, guard, teardown, is_shell=shell),
            )

    def _program(self, item: Found, call: Call) -> tuple[str, str]:
        """``(variable, program)``: the variable of the command, empty for a chain, and the
        expression of its program, empty when a caller decides it."""
        variable, text = "", call.receiver
        own = re.match(r"self\s*\.\s*(\w+)\(", text)
        if own is not None:
            return variable, own[1]
        if not _COMMAND.search(text):
            handed = re.match(r"(?:\w+::)*\w+\([^()]*&mut (\w+)", text)
            variable = handed[1] if handed else re.split(r"\W", text, maxsplit=1)[0]
            text = item.routine.lets.get(variable, "")
        found = _COMMAND.search(text)
        if found is None:
            helper = re.match(r"(?:\w+::)*(\w+)\(", text)
            return variable, helper[1] if helper else ""
        program = found[1][: closing(found[1], 0, len(found[1]))].strip()
        return variable, program

    def _names(self, item: Found, variable: str, program: str) -> list[str]:
        """Words that may tell the role: the program, its variable, the helper, the callers."""
        lets = item.routine.lets
        inner = re.sub(r"[&*]|\.clone\(\)|\.as_\w+\(\)", "", program)
        names = [program, lets.get(inner, ""), variable, item.routine.label]
        if inner in item.routine.parameters or not program:
            for _, call in self.routines.callers(item):
                names += [*call.arguments, call.bound]
        return names

    def _guard(self, item: Found, call: Call, variable: str) -> Related | None:
        if "death-signal" in item.routine.marks:
            return Related(item.place, "sets the parent-death signal")
        for other in item.routine.calls:
            about = [*other.arguments, other.receiver] if variable else []
            mine = (
                (other.bound == variable and variable)
                or any(re.search(rf"\b{variable}\b", text) for text in about)
                or (not variable and other.name in call.receiver)
                or (not variable and call.receiver in " ".join(other.arguments))
            )  # fmt: skip
            if mine:
                for callee in self.routines.callees(other, item):
                    if callee in self.guards:
                        return Related(callee.place, f"`{callee.routine.label}` sets the signal")
        return None

    def _teardown(self, item: Found, child: str) -> Related | None:
        """What ends the child as long as the runner lives; a static's Drop never runs."""
        kept = [*item.routine.builds, item.routine.owner, *self._takers(item, child)]
        for callee_type in kept:
            drop = self.drops.get(callee_type)
            if drop is not None and not self._static_of(callee_type):
                return Related(drop.place, f"Drop of `{callee_type}` ends it")
        if any(self._static_of(kind) for kind in kept if kind):
            return None
        if item in self.killers:
            return Related(item.place, "the same function ends it")
        recorded = _records(item, child)
        if recorded is not None:
            return recorded
        for user, bound in self._users(item):
            recorded = _records(user, bound)
            if recorded is not None:
                return recorded
            kinds = [k for k in (*user.routine.builds, user.routine.owner) if k in self.drops]
            kinds += self._takers(user, bound) if bound else []
            if user in self.killers or kinds:
                return Related(user.place, f"`{user.routine.label}` ends it")
        return None

    def _takers(self, item: Found, child: str) -> list[str]:
        """Types with a Drop whose constructor is given the child, or the call that starts it."""
        given = re.compile(rf"\b{re.escape(child)}\b(?!\s*\.)" if child else r"\.spawn\(\)")
        kinds = [
            call.callee.rpartition("::")[0].rpartition("::")[2]
            for call in item.routine.calls
            if "::" in call.callee and any(given.search(text) for text in call.arguments)
        ]
        return [kind for kind in kinds if kind in self.drops]

    def _users(self, item: Found, depth: int = 2) -> Iterator[tuple[Found, str]]:
        """Functions that get what a function returns, with the variable that holds it: its
        callers, theirs where they hand a child on, and who is handed the function itself."""
        for caller, call in self.routines.callers(item):
            yield caller, call.bound
            if depth and "Child" in caller.routine.result:
                yield from self._users(caller, depth - 1)
        yield from ((user, "") for user in self.routines.handed(item))

    def _of_tool(self, item: Found) -> Related | None:
        """What ends a process elsewhere in the folder of a tool that runs the firmware."""
        if item in self.tests:
            return None
        folder = item.path.rpartition("/")[0]
        beside = (f for f in self.killing if f.path.rpartition("/")[0] == folder)
        found = next(beside, None)
        return Related(found.place, f"`{found.label}` of this tool ends it") if found else None

    def _static_of(self, kind: str) -> tuple[str, int] | None:
        """Where a static holds values of a type."""
        for path, static in self.static_types:
            if kind and re.search(rf"\b{kind}\b", static.type):
                own = self.routines.files[path].routines
                if any(routine.owner == kind for routine in own):
                    return path, static.line
        return None

    def _is_shell(self, item: Found, program: str, call: Call) -> bool:
        texts = " ".join([call.receiver, *(a for c in item.routine.calls for a in c.arguments)])
        return program.strip('"') in ("sh", "bash", "/bin/sh", "/bin/bash") and '"-c"' in texts

    def static_handles(self, unguarded: set[Found]) -> Iterator[StaticHandle]:
        """Statics of types with a Drop that ends a child which nothing else ends."""
        starting = {kind for f in unguarded for kind in (f.routine.owner, *f.routine.builds)}
        for path, static in self.static_types:
            for kind, drop in self.drops.items():
                if kind in starting and re.search(rf"\b{kind}\b", static.type):
                    yield StaticHandle(Place(path, static.line), kind, drop.place)

    def guarded_shells(self, sites: list[tuple[Found, Site]]) -> Iterator[Chains]:
        """The guards behind which shells are started."""
        by_guard: dict[Place, list[Related]] = {}
        for _, site in sites:
            if site.is_shell and site.guard is not None:
                hop = Related(site.place, f"starts a chain with {site.program}")
                by_guard.setdefault(site.guard.place, []).append(hop)
        for place, hops in by_guard.items():
            name = next((f.label for f in self.found if f.place == place), str(place))
            yield Chains(place, name, tuple(hops))

    def timeouts(self, shells: list[Found]) -> Iterator[Chains]:
        """Chains with ``timeout`` that functions hand to guarded shells."""
        reached = self.routines.reaching(shells, 1)
        by_file: dict[str, list[Related]] = {}
        for item in self.found:
            if item in reached:
                for quote in item.routine.timeouts:
                    hop = Related(item.at(quote.line), quote.text)
                    by_file.setdefault(item.path, []).append(hop)
        for path, hops in by_file.items():
            yield Chains(hops[0].place, path, tuple(hops))


def _records(item: Found, child: str) -> Related | None:
    """Where a function hands the pid of a child to what ends recorded processes."""
    for call in item.routine.calls:
        handed = child and any(f"{child}.id()" in text for text in call.arguments)
        if handed and _RECORDS.search(call.name):
            return Related(item.at(call.line), f"`{call.name}` gets its pid")
    return None
