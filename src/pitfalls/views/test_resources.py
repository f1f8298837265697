"""Which tests hold on to something only one process can have: a TAP, a listening port, a tty.

A claim in a helper that names a parameter is filled in from the call, through several calls. A port
that an allocator hands out is no exclusive resource; one whose value is known at run time only is
left undecided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from pitfalls.formats import build_domains, rust_constants
from pitfalls.formats.c_expression import evaluate
from pitfalls.formats.rust_claims import Claim, port_of, template_of
from pitfalls.formats.rust_tests import Call, Function
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.cargo_tests import CargoTests, RustTest

CONSTANTS = Selection(
    name="numbers that Rust tests name",
    type=rust_constants.RustConstants,
    parse=rust_constants.parse,
    names=("*.rs",),
    needles=(b": u16 =", b"PORT: ", b"port: "),
)

BUILD_DOMAINS = Selection(
    name="discovery domains that builds give their images",
    type=list[int],
    parse=build_domains.parse,
    names=("*.sh", "*.just", "justfile", "Makefile", "*.mk", "*.yml", "*.yaml"),
    needles=(b"DOMAIN=", b"DOMAIN_ID="),
)

MAX_CALLS = 4
"""Calls followed from a test to the helper that claims."""

# An expression that means the same thing in every test: a number, a constant, a field of one, or a
# function of nothing else.
_NUMBER = re.compile(r"(\d[\d_]*)(?:u16|u32|usize|i32)?$")
_CONSTANT = re.compile(
    r"(?:\w+::)*(?:[A-Z][A-Z0-9_]*)(?:\.\w+)*(?:\((?:\s*(?:\w+::)+\w+\s*,?)*\s*\d*\))?$"
)
_OPERATOR = re.compile(r"[-+*]")
_ALLOCATED = re.compile(
    r"free|unique|ephemeral|unused|alloc|lease|random|pick|next|reserve|\.port\(\)"
)


_WORDS = {
    "tap": ("TAP device", "uses the TAP"),
    "port": ("listening port", "listens on"),
    "tty": ("serial port", "opens"),
    "domain": ("RTPS discovery domain", "starts a DDS participant in domain"),
    "counted port": ("port", "each process begins to count at"),
    "counted domain": ("RTPS discovery domain", "each process begins to count at"),
}


@dataclass(frozen=True)
class Holding:
    """A test that holds a resource, and the places of the claim and of the calls to it."""

    test: RustTest
    places: tuple[tuple[Place, str], ...]
    value: str = ""

    @property
    def place(self) -> Place:
        """Where the test is."""
        return Place(self.test.binary.path, self.test.function.line)


@dataclass(frozen=True)
class Resource:
    """One exclusive resource and the tests that hold it."""

    kind: str
    name: str
    holdings: tuple[Holding, ...] = field(default=())

    @property
    def label(self) -> str:
        """``TAP tap-qemu0``, ``port 7447``."""
        return f"{_WORDS[self.kind][0]} {self.name}"

    @property
    def per_process(self) -> bool:
        """Whether tests share it only as processes of their own: a counter in their memory."""
        return self.kind.startswith("counted")


class TestResources(View):
    """Exclusive resources of the tests of a tree, sorted, each with its holders."""

    __test__ = False

    uses = (CargoTests, CONSTANTS, BUILD_DOMAINS)

    def __init__(
        self,
        resources: tuple[Resource, ...],
        undecided: tuple[Holding, ...],
        claims: dict[tuple[str, int], list[Step]],
    ) -> None:
        self.resources = resources
        self.undecided = undecided
        self._claims = claims

    @classmethod
    def build(cls, source: Source) -> Self:
        """Follow each test's calls to claims."""
        cargo = source.view(CargoTests)
        finder = _Finder(cargo.functions)
        built = bool(source.facts(BUILD_DOMAINS))
        constants = {f.path: f.facts.numbers for f in source.facts(CONSTANTS)}
        held: dict[tuple[str, str], dict[str, Holding]] = {}
        undecided: dict[str, Holding] = {}
        claims: dict[tuple[str, int], list[Step]] = {}
        for test in cargo.tests:
            own = list(finder.claims(test.binary.path, test.function))
            claims[test.binary.path, test.function.line] = own
            for kind, value, places in own:
                if kind == "domain" and built:
                    value = "{the RTPS domain that its image was built with}"  # undecided
                holding = Holding(test, places, value.strip("{}") if kind == "domain" else value)
                name = _name(kind, value)
                if name and kind == "port":
                    name = _number(name, [place.path for place, _ in places], constants)
                if name is None:
                    if not _ALLOCATED.search(value):
                        undecided.setdefault(test.label, holding)
                elif name:
                    held.setdefault((kind, name), {}).setdefault(test.label, holding)
        resources = tuple(
            Resource(kind, name, tuple(holders.values()))
            for (kind, name), holders in sorted(held.items())
        )
        return cls(resources, tuple(undecided.values()), claims)

    def claims(self, test: RustTest) -> list[Step]:
        """Everything that a test claims, each with its kind, its value and the way to it."""
        return self._claims.get((test.binary.path, test.function.line), [])


def _name(kind: str, value: str) -> str | None:
    """The resource's name; empty for none (port 0), None when it is known at run time only."""
    if kind in ("tap", "tty", "domain") or kind.startswith("counted"):
        return None if "{" in value or "?" in value else value
    if value.startswith('"'):
        value = port_of(value) or value
    number = _NUMBER.match(value)
    if number is not None:
        port = int(number[1].replace("_", ""))
        return str(port) if port else ""
    # Modules may be named or imported: only types and constants make the name.
    plain = re.sub(r"\b[a-z_][a-z0-9_]*::|\s+", "", value)
    terms = _OPERATOR.split(plain)
    known = all(_NUMBER.match(term) or _CONSTANT.match(term) for term in terms)
    return plain if known and all(terms) else None


def _number(name: str, paths: list[str], constants: dict[str, dict[str, str]]) -> str | None:
    """The number of a constant: as a file on the way defines it, else the only one of the tree.
    None when several could be meant; the name itself when nothing tells. A sum is computed."""
    if _OPERATOR.search(name):
        parts = [
            _number(part, paths, constants) if _CONSTANT.match(part) else part
            for part in re.split(f"({_OPERATOR.pattern})", name)
        ]
        total = evaluate([re.sub(r"_|u\d+$|usize$", "", p) for p in parts if p])
        return None if None in parts else name if total is None else str(total)
    for path in paths:
        if name in constants.get(path, {}):
            return constants[path][name]
    known = {numbers[name] for numbers in constants.values() if name in numbers}
    if len(known) > 1:
        return None
    return next(iter(known), name)


Step = tuple[str, str, tuple[tuple[Place, str], ...]]


class _Finder:
    """Claims of a function, its own and those of the functions it calls."""

    def __init__(self, functions: tuple[tuple[str, Function], ...]) -> None:
        self._by_name: dict[str, list[tuple[str, Function]]] = {}
        for path, function in functions:
            last = function.name.rpartition("::")[2]
            self._by_name.setdefault(f"{function.owner}::{last}", []).append((path, function))

    def claims(self, path: str, function: Function, depth: int = 0) -> Iterator[Step]:
        """``(kind, value, places)``; parameters of ``function`` stay as ``{name}`` or name."""
        for claim in function.claims:
            if claim.kind == "domain" and (depth or not self._in_default_domain(function)):
                continue
            value = _resolved(claim.kind, claim.expression, function)
            if value is not None:
                yield claim.kind, value, ((Place(path, claim.line), _said(claim)),)
        if depth == MAX_CALLS:
            return
        for call in function.calls:
            for callee_path, callee in self._callees(call, function):
                for kind, value, places in self.claims(callee_path, callee, depth + 1):
                    filled = _filled(kind, value, callee, call, function)
                    here = (Place(path, call.line), f"calls {call.callee}")
                    if filled is not None:
                        yield kind, filled, (here, *places)

    def _in_default_domain(self, function: Function) -> bool:
        """Whether a process is started and no helper is told a domain."""
        told = any(
            "domain" in parameter.lower()
            for call in function.calls
            for _, callee in self._callees(call, function)
            for parameter in callee.parameters
        )
        return not told and self._spawns(function)

    def _spawns(self, function: Function, depth: int = 0) -> bool:
        """Whether a process is started, by the function or by those it calls."""
        return function.spawns or (
            depth < MAX_CALLS
            and any(
                self._spawns(callee, depth + 1)
                for call in function.calls
                for _, callee in self._callees(call, function)
            )
        )

    def _callees(self, call: Call, caller: Function) -> list[tuple[str, Function]]:
        """Functions of that name and type; nothing when a name is ambiguous across files."""
        parts = call.callee.split("::")
        owner = parts[-2] if len(parts) > 1 else ""
        owner = caller.owner if owner == "Self" else owner
        found = self._by_name.get(f"{owner}::{parts[-1]}", [])
        if not found and owner[:1].islower():
            found = self._by_name.get(f"::{parts[-1]}", [])
        found = [(path, function) for path, function in found if function is not caller]
        return found if len(found) == 1 else []


def _said(claim: Claim) -> str:
    return f"{_WORDS[claim.kind][1]} {claim.expression}"


def _resolved(kind: str, expression: str, function: Function) -> str | None:
    """An expression with the function's own locals filled in; None when it is no resource."""
    known = {k: v for k, v in function.locals.items() if k not in function.parameters}
    for _ in range(3):
        if expression in known:
            value = known[expression]
            if value.startswith(('"', "format!")):
                return _from_text(kind, value, known)
            expression = value
    return _with_locals(expression, known)


def _from_text(kind: str, value: str, known: dict[str, str]) -> str | None:
    if kind == "port":
        port = port_of(value)
        return known.get(port, port) if port is not None else None
    template = template_of(value)
    return _with_locals(template, known) if template is not None else value


def _with_locals(expression: str, known: dict[str, str]) -> str:
    """Placeholders that name a local with a literal value, filled in."""
    for name in re.findall(r"\{(\w+)\}", expression):
        text = known.get(name, "")
        value = text if _NUMBER.match(text) else template_of(text)
        if value is not None and value != "{}":
            expression = expression.replace(f"{{{name}}}", value)
    return expression


def _filled(kind: str, value: str, callee: Function, call: Call, caller: Function) -> str | None:
    """``value`` of the callee as the caller sees it: parameters replaced by arguments."""
    parameters = [p for p in callee.parameters if p not in ("self", "&self", "&mut self")]
    arguments = dict(zip(parameters, call.arguments, strict=False))
    if value in arguments:
        return _resolved(kind, arguments[value].lstrip("&"), caller)
    for name in re.findall(r"\{(\w+)\}", value):
        argument = _resolved(kind, arguments.get(name, "?").lstrip("&"), caller) or "?"
        if _NUMBER.match(argument):
            value = value.replace(f"{{{name}}}", argument)
        elif argument.startswith('"') or "{" in argument:
            value = value.replace(f"{{{name}}}", argument.strip('"'))
    return value
