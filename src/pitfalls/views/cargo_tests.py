"""The Rust tests of a tree as nextest sees them: package, binary, full name; and their runner."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from pitfalls.formats import FormatError, cargo, filterset, nextest, rust_test_names, rust_tests
from pitfalls.formats.filterset import Expression, Predicate
from pitfalls.formats.rust_claims import DDS_SPELLINGS
from pitfalls.formats.rust_tests import Function
from pitfalls.source import Located, Selection, Source, View, any_of
from pitfalls.views.cargo_packages import Binary, Members, below
from pitfalls.views.cargo_packages import binaries as binaries_of
from pitfalls.views.claiming_calls import claiming_calls

MANIFESTS = Selection("cargo-manifest", cargo.Manifest, cargo.parse, ("Cargo.toml",))

NEXTEST = Selection("nextest", nextest.Nextest, nextest.parse, ("*/.config/nextest.toml",
                    ".config/nextest.toml"))  # fmt: skip

INTEGRATION_TESTS = Selection(
    "rust-integration-tests",
    rust_tests.RustTests,
    rust_tests.parse,
    ("*/tests/*.rs", "tests/*.rs"),
    lazy=True,
)

TEST_SUPPORT = Selection(
    "rust-test-support",
    rust_tests.RustTests,
    rust_tests.parse,
    ("*.rs",),
    (b"--listen", b"ifname=", b"listen/endpoints", b"TcpListener::bind", b"UdpSocket::bind",
     b'"udp4"', b"hostfwd=", b"/dev/tty", b".spawn()"),
)  # fmt: skip

UNIT_TEST_NAMES = Selection(
    "rust-unit-test-names",
    rust_test_names.Names,
    rust_test_names.parse,
    ("*.rs",),
    (b"#[test]", b"#[rstest", b"::test]", b"::test(", b"#[test_case"),
)


@dataclass(frozen=True)
class RustTest:
    """One test function of a binary; a parametrised one stands for all its cases, or for one
    ``case`` of them."""

    binary: Binary
    function: Function
    case: str = ""

    @property
    def label(self) -> str:
        """``binary::name``, and the case."""
        return f"{self.binary.name}::{self.full_name}"

    @property
    def full_name(self) -> str:
        """The name inside the binary."""
        return f"{self.function.name}::{self.case}" if self.case else self.function.name


@dataclass(frozen=True)
class Workspace:
    """A nextest configuration with the binaries and tests it is about."""

    path: str
    config: nextest.Nextest
    binaries: tuple[Binary, ...]
    tests: tuple[RustTest, ...]
    names: dict[str, tuple[str, ...]]
    opaque: frozenset[str]

    @cached_property
    def filters(self) -> list[tuple[nextest.Override, Expression | None]]:
        """Each override with its expression; None where it cannot be read."""
        return [(o, _parsed(o.filter)) for o in self.config.overrides]

    def group_of(self, test: RustTest, profile: str = "default") -> Assignment:
        """The first matching override that sets a group, a named profile's before default's."""
        for name in dict.fromkeys((profile, "default")):
            for override, expression in self.filters:
                if override.profile != name or not override.test_group:
                    continue
                fits = _fits(expression, test)
                if fits is None:
                    return Assignment(override, "", 0, decided=False)
                if fits:
                    threads = self.max_threads(override.test_group)
                    return Assignment(override, override.test_group, threads)
        return Assignment(None, "", 0)

    def max_threads(self, group: str) -> int:
        """``max-threads`` of a group; 0 when it is not defined or not a number."""
        return next((g.max_threads for g in self.config.groups if g.name == group), 0)

    def runs_alone(self, test: RustTest) -> bool:
        """Whether nothing else runs beside the test: ``threads-required = "num-test-threads"`` on
        it, or ``test-threads = 1`` for the profile."""
        if any(p.name == "default" and p.test_threads == 1 for p in self.config.profiles):
            return True
        return any(
            override.threads_required == -1 and override.profile == "default"
            and _fits(expression, test)
            for override, expression in self.filters
        )  # fmt: skip


@dataclass(frozen=True)
class Assignment:
    """Which group a test is in and which override says so; ``decided`` is false when a filter
    that comes before cannot be evaluated."""

    override: nextest.Override | None
    group: str
    max_threads: int
    decided: bool = True


class CargoTests(View):
    """The Rust packages, test binaries and nextest workspaces of a tree."""

    uses = (MANIFESTS, NEXTEST, INTEGRATION_TESTS, TEST_SUPPORT, UNIT_TEST_NAMES)

    def __init__(
        self,
        workspaces: tuple[Workspace, ...],
        tests: tuple[RustTest, ...],
        functions: tuple[tuple[str, Function], ...],
        binaries: tuple[Binary, ...],
        packages: frozenset[str],
    ) -> None:
        self.workspaces = workspaces
        self.tests = tests
        self.functions = functions
        self.binaries = binaries
        self.all_binaries = frozenset(binary.name for binary in binaries)
        self.packages = packages

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join manifests, test files and configurations."""
        manifests = source.facts(MANIFESTS)
        paths = list(source.paths)
        binaries = [b for m in manifests for b in binaries_of(m, paths)]
        support = {f.path: f.facts for f in source.facts(TEST_SUPPORT)}
        files = {found.path: found.facts for found in _concerned(source, support)}
        names = {f.path: f.facts for f in source.facts(UNIT_TEST_NAMES)}
        tests = tuple(_tests(binaries, {**support, **files}))
        named = _all_names(binaries, names)
        opaque = frozenset(p for p, facts in names.items() if facts.made_by_macro)
        workspaces = tuple(
            _workspace(found, manifests, binaries, tests, named, opaque)
            for found in source.facts(NEXTEST)
        )
        functions = tuple(
            (path, function)
            for path, facts in sorted({**support, **files}.items())
            for function in facts.functions
        )
        packages = frozenset(m.facts.package for m in manifests if m.facts.package)
        return cls(workspaces, tests, functions, tuple(binaries), packages)


def _concerned(
    source: Source, support: dict[str, rust_tests.RustTests]
) -> list[Located[rust_tests.RustTests]]:
    """Integration tests that call a helper which claims something, or start DDS participants.

    Few of the many test files do, and only those are parsed.
    """
    calls = claiming_calls([f for facts in support.values() for f in facts.functions])
    called = rb"(?<!\w)(?:%b)" % any_of(calls)
    paths = set(source.holding(INTEGRATION_TESTS, DDS_SPELLINGS))
    calling = source.holding(INTEGRATION_TESTS, calls)
    paths |= {p for p in calling if p not in paths and source.matches(p, called)}
    return source.facts_of(INTEGRATION_TESTS, sorted(paths))


def _tests(
    binaries: Iterable[Binary], files: dict[str, rust_tests.RustTests]
) -> Iterator[RustTest]:
    for binary in binaries:
        facts = files.get(binary.path)
        for function in facts.functions if facts is not None else ():
            if function.test is not None and not function.test.ignored:
                yield RustTest(binary, function)


def _all_names(
    binaries: Iterable[Binary], names: dict[str, rust_test_names.Names]
) -> dict[Binary, tuple[tuple[str, ...], frozenset[str]]]:
    """Binary -> full test names it can have, and the files they stand in."""
    paths = sorted(names)
    found = {}
    for binary in binaries:
        folder = posixpath.dirname(binary.path)
        # An integration test owns its file and the folder of its name; a crate all of src/, and
        # a test with a main.rs all of its folder.
        alone = binary.kind == "test" and not binary.path.endswith("/main.rs")
        prefix = f"{folder}/{binary.name}/" if alone else f"{folder}/"
        own = [p for p in below(paths, prefix) if p != binary.path]
        own += [binary.path] if binary.path in names else []
        full = []
        for path in own:
            module = _module(path, folder) if path != binary.path else ""
            full += [f"{module}::{n}" if module else n for n in names[path].names]
        found[binary] = (tuple(full), frozenset(own))
    return found


def _module(path: str, folder: str) -> str:
    """The module path of a file below a crate's root folder, by its name."""
    inner = path[len(folder) :].strip("/").removesuffix(".rs").removesuffix("/mod")
    return inner.replace("/", "::")


def _workspace(
    found: Located[nextest.Nextest],
    manifests: list[Located[cargo.Manifest]],
    binaries: list[Binary],
    tests: tuple[RustTest, ...],
    named: dict[Binary, tuple[tuple[str, ...], frozenset[str]]],
    opaque: frozenset[str],
) -> Workspace:
    root = posixpath.dirname(posixpath.dirname(found.path))
    manifest = next((m for m in manifests if posixpath.dirname(m.path) == root), None)
    inside = Members(root, manifest)
    own = [b for b in binaries if inside.holds(b.folder)]
    members = set(own)
    return Workspace(
        found.path,
        found.facts,
        tuple(own),
        tuple(t for t in tests if t.binary in members),
        {b.binary_id: named[b][0] for b in own},
        frozenset(b.binary_id for b in own if named[b][1] & opaque or not b.harness),
    )


def _parsed(text: str) -> Expression | None:
    try:
        return filterset.parse(text) if text.strip() else Predicate("all")
    except FormatError:
        return None


def _fits(expression: Expression | None, test: RustTest) -> bool | None:
    """Whether the filter matches a test; None when it uses what a source tree does not tell."""
    if expression is None:
        return None
    if isinstance(expression, Predicate):
        return _predicate_fits(expression, test)
    if isinstance(expression, filterset.Not):
        inner = _fits(expression.operand, test)
        return None if inner is None else not inner
    left, right = _fits(expression.left, test), _fits(expression.right, test)
    if isinstance(expression, filterset.And):
        return False if False in (left, right) else None if None in (left, right) else True
    return True if True in (left, right) else None if None in (left, right) else False


def _predicate_fits(predicate: Predicate, test: RustTest) -> bool | None:
    binary, function = test.binary, test.function
    if predicate.name in ("all", "none"):
        return predicate.name == "all"
    if predicate.name == "test":
        if predicate.matches(test.full_name):
            return True
        details = function.test
        if details is None or not details.parametrized or test.case:
            return False
        if any(predicate.matches(f"{function.name}::{case}") for case in details.cases):
            return None  # some of its cases: which one uses what is not known
        return False if details.cases else None
    names = {
        "package": binary.package,
        "binary": binary.name,
        "binary_id": binary.binary_id,
        "kind": binary.kind,
    }
    value = names.get(predicate.name)
    return None if value is None else predicate.matches(value)
