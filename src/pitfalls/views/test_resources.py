"""Which tests hold on to something only one process can have: a TAP, a listening port, a tty.

A claim in a helper that names a parameter is filled in from the call, through several calls. A port
that an allocator hands out is no exclusive resource; one whose value is known at run time only is
left undecided.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Self

from pitfalls.formats import build_domains, rust_constants
from pitfalls.formats.c_expression import evaluate
from pitfalls.formats.rust_claims import port_of
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.cargo_tests import CargoTests, RustTest
from pitfalls.views.resource_claims import NUMBER, ClaimFinder, Step, with_words

CONSTANTS = Selection(
    name="numbers that Rust tests name",
    type=rust_constants.RustConstants,
    parse=rust_constants.parse,
    names=("*.rs",),
    needles=(b": u16 =", b"PORT: ", b"port: ", b'"127.0.0.1:', b'"0.0.0.0:', b'"localhost:'),
)

BUILD_DOMAINS = Selection(
    name="discovery domains that builds give their images",
    type=list[int],
    parse=build_domains.parse,
    names=("*.sh", "*.just", "justfile", "Makefile", "*.mk", "*.yml", "*.yaml"),
    needles=(b"DOMAIN=", b"DOMAIN_ID="),
)

# An expression that means the same thing in every test: a number, a constant, a field of one, or a
# function of nothing else.
_CONSTANT = re.compile(
    r"(?:\w+::)*(?:[A-Z][A-Z0-9_]*)(?:\.\w+)*(?:\((?:\s*(?:\w+::)+\w+\s*,?)*\s*\d*\))?$"
)
_OF_A_CASE = re.compile(r"(?:[A-Z]\w*::)+[A-Z]\w*\.\w+\((?:(?:[A-Z]\w*::)*[A-Z]\w*,?)*\)")
_OPERATOR = re.compile(r"[-+*]")
_ALLOCATED = re.compile(
    r"free|unique|ephemeral|unused|alloc|lease|random|pick|next|reserve|\.port\(\)"
)


_KINDS = {
    "tap": "TAP device",
    "port": "listening port",
    "tty": "serial port",
    "domain": "RTPS discovery domain",
    "counted port": "port",
    "counted domain": "RTPS discovery domain",
}

MAX_CASES = 100
"""A test with more cases than that is not looked at case by case."""


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
        return f"{_KINDS[self.kind]} {self.name}"

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
        finder = ClaimFinder(cargo.functions)
        built = bool(source.facts(BUILD_DOMAINS))
        constants = {f.path: f.facts.numbers for f in source.facts(CONSTANTS)}
        held: dict[tuple[str, str], dict[str, Holding]] = {}
        undecided: dict[str, Holding] = {}
        claims: dict[tuple[str, int], list[Step]] = {}
        for test in cargo.tests:
            own = list(finder.claims(test.binary.path, test.function))
            claims[test.binary.path, test.function.line] = own
            if test.function.test is not None and test.function.test.fails:
                continue  # what it should panic about may be that very claim
            for kind, value, places in own:
                if kind == "domain" and built:
                    value = "{the RTPS domain that its image was built with}"  # undecided
                for case, its in _cases(test, value):
                    name = _name(kind, its)
                    if name and kind == "port":
                        name = _number(name, [place.path for place, _ in places], constants)
                        name = "" if name == "0" else name
                    holding = Holding(case, places, its.strip("{}") if kind == "domain" else its)
                    if name is None and not _ALLOCATED.search(value):
                        undecided.setdefault(test.label, replace(holding, test=test))
                    elif name:
                        held.setdefault((kind, name), {}).setdefault(case.label, holding)
        resources = tuple(
            Resource(kind, name, tuple(holders.values()))
            for (kind, name), holders in sorted(held.items())
        )
        return cls(resources, tuple(undecided.values()), claims)

    def claims(self, test: RustTest) -> list[Step]:
        """Everything that a test claims, each with its kind, its value and the way to it."""
        return self._claims.get((test.binary.path, test.function.line), [])


def _cases(test: RustTest, value: str) -> Iterator[tuple[RustTest, str]]:
    """Each case of a parametrised test with what it claims; the test itself where its cases are
    not known, or what decides the claim is not among the values that ``#[values]`` lists."""
    details = test.function.test
    axes = details.values if details is not None else {}
    named = [case for case in details.cases if case.startswith("case_")] if details else []
    count = math.prod(map(len, axes.values())) * max(len(named), 1)
    if details is None or not details.cases or count > MAX_CASES:
        yield test, value
        return
    for first in named or [""]:
        for chosen in itertools.product(*(values.items() for values in axes.values())):
            labels = [first, *(label for label, _ in chosen)]
            texts = dict(zip(axes, (text for _, text in chosen), strict=True))
            case = "::".join(label for label in labels if label)
            yield replace(test, case=case), with_words(value, texts)


def _name(kind: str, value: str) -> str | None:
    """The resource's name; empty for none (port 0), None when it is known at run time only."""
    if kind in ("tap", "tty", "domain") or kind.startswith("counted"):
        return None if "{" in value or "?" in value else value
    if value.startswith('"'):
        value = port_of(value) or value
    number = NUMBER.match(value)
    if number is not None:
        port = int(number[1].replace("_", ""))
        return str(port) if port else ""
    # Modules may be named or imported: only types and constants make the name.
    plain = re.sub(r"\b[a-z_][a-z0-9_]*::|\s+", "", value)
    terms = _OPERATOR.split(plain)
    known = all(NUMBER.match(term) or _CONSTANT.match(term) for term in terms)
    known |= _OF_A_CASE.fullmatch(plain) is not None and not _ALLOCATED.search(plain)
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
