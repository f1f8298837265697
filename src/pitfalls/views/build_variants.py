"""Builds that tests start into the same directory, and whether the tests may run at the same
time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Self

from pitfalls.formats import cmake_cargo, rust_tests
from pitfalls.formats.cmake_cargo import CargoFunction, CargoFunctions
from pitfalls.model import Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.build_calls import BUILDERS, TEST_FILES, Variant, callers, variants_in
from pitfalls.views.cargo_tests import CargoTests, RustTest
from pitfalls.views.layout import Layout
from pitfalls.views.test_schedule import Overlap

TEST_FUNCTIONS = Selection(
    name="tests that use builders",
    type=rust_tests.RustTests,
    parse=rust_tests.parse,
    names=("*/tests/*.rs", "tests/*.rs"),
    lazy=True,
)
CMAKE_CARGO = Selection(
    name="cargo in CMake functions",
    type=CargoFunctions,
    parse=cmake_cargo.parse,
    names=("*.cmake", "CMakeLists.txt"),
    needles=(b"--manifest-path",),
)


@dataclass(frozen=True)
class Shared:
    """Variants of one package that write the same files."""

    tool: str
    package: str
    folder: str
    variants: tuple[Variant, ...]
    overlap: Overlap
    reason: str


class BuildVariants(View):
    """The builds of test code, and CMake functions that run cargo for several manifests."""

    uses = (BUILDERS, TEST_FILES, TEST_FUNCTIONS, CMAKE_CARGO, CargoTests, Layout)

    def __init__(
        self, variants: Iterable[Variant], shared: Iterable[Shared],
        functions: Iterable[tuple[str, CargoFunction]],
    ) -> None:  # fmt: skip
        self.variants = tuple(variants)
        self.shared = tuple(shared)
        self.functions = tuple(functions)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From test crates, their helpers, and CMake files."""
        layout = source.view(Layout)
        files = {f.path: f.facts for f in source.facts(BUILDERS) if layout.is_evidence(f.path)}
        runs = {p for p, facts in files.items() if any(f.builds for f in facts.functions)}
        cargo = source.view(CargoTests)
        tested = {p: files[p] for p in runs if _is_test_code(p, cargo)}
        known = {**tested, **dict(callers(source, tested))}
        variants = [v for path in sorted(tested) for v in variants_in(path, known)]
        shared = [_with_overlap(group, source, cargo) for group in _groups(variants)]
        functions = (
            (file.path, function)
            for file in source.facts(CMAKE_CARGO)
            if layout.is_evidence(file.path)
            for function in file.facts.functions
        )
        return cls(variants, shared, functions)


def _is_test_code(path: str, cargo: CargoTests) -> bool:
    """An integration test, or the library of a crate that has some."""
    if "/tests/" in f"/{path}":
        return True
    return any(
        path.startswith(f"{binary.folder}/src/".lstrip("/"))
        for binary in cargo.binaries
        if binary.kind == "test"
    )


def _groups(variants: list[Variant]) -> Iterator[tuple[Variant, ...]]:
    """Variants that write the same files with different options, or with options of which some
    are not known."""
    places: dict[tuple[str, ...], list[Variant]] = defaultdict(list)
    for variant in variants:
        if "${" in variant.package + variant.folder:
            continue  # a directory made at run time is another one each time
        package = "" if variant.tool == "cmake" else variant.package
        profile = variant.rest[:2]
        places[variant.tool, package, variant.folder or variant.package, *profile].append(variant)
    for group in places.values():
        different = {(v.options, v.rest[2:]) for v in group}
        if len(different) > 1 and not (group[0].tool == "cmake" and not group[0].folder):
            yield tuple(group)


def _with_overlap(group: tuple[Variant, ...], source: Source, cargo: CargoTests) -> Shared:
    first = group[0]
    known = [v for v in group if v.options is not None]
    users = [(v, _tests(v, source, cargo)) for v in group]
    pairs = [
        (a, b)
        for (v, left), (w, right) in combinations(users, 2)
        if (v.options, v.rest[2:]) != (w.options, w.rest[2:])
        for a in left
        for b in right
    ]
    overlap, reason = _overlap(pairs, cargo)
    if overlap is Overlap.MAY and len({(v.options, v.rest[2:]) for v in known}) < 2:
        overlap, reason = Overlap.UNDECIDED, "features are known at run time only"
    return Shared(first.tool, first.package, first.folder, group, overlap, reason)


def _tests(variant: Variant, source: Source, cargo: CargoTests) -> list[RustTest]:
    """The tests whose file names a function that leads to the build."""
    pattern = re.compile(
        rb"(?<!\w)(?:" + b"|".join(re.escape(n.encode()) for n in sorted(variant.names)) + rb")\b"
    )
    found = []
    for binary in cargo.binaries:
        path = binary.path
        data = source.read(path) if path.endswith(".rs") and binary.kind == "test" else None
        if data is None or not pattern.search(data):
            continue
        facts = source.fact(TEST_FUNCTIONS, path)
        lines = data.split(b"\n")
        functions = facts.functions if facts is not None else ()
        starts = [function.line for function in functions] + [len(lines) + 1]
        for function in functions:
            end = min(start for start in starts if start > function.line)
            body = b"\n".join(lines[function.line - 1 : end - 1])
            runs = function.test is not None and not function.test.ignored
            if runs and pattern.search(body):
                found.append(RustTest(binary, function))
    return found


def _overlap(pairs: list[tuple[RustTest, RustTest]], cargo: CargoTests) -> tuple[Overlap, str]:
    """Whether some two tests may run at the same time."""
    if not pairs:
        return Overlap.APART, "no two tests start them"
    reason = ""
    for one, other in pairs:
        workspace = next((w for w in cargo.workspaces if one.binary in w.binaries), None)
        if workspace is None:
            locks = [t.function.test.lock for t in (one, other) if t.function.test is not None]
            if one.binary == other.binary and one != other and not all(locks):
                return Overlap.MAY, f"{one.label} and {other.label} run in parallel"
            reason = reason or "cargo test runs one binary after another"
            continue
        if one == other or workspace.runs_alone(one) or workspace.runs_alone(other):
            reason = reason or "the tests run alone"
            continue
        groups = workspace.group_of(one), workspace.group_of(other)
        if not all(group.decided for group in groups):
            return Overlap.UNDECIDED, "a filter of the runner cannot be evaluated"
        left, right = groups
        if left.group and left.group == right.group and left.max_threads == 1:
            reason = reason or f"all in group {left.group} with max-threads = 1"
            continue
        return Overlap.MAY, f"nextest may run {one.label} beside {other.label}"
    return Overlap.APART, reason


def hops(shared: Shared) -> list[Related]:
    """The variants of a group, for a finding."""
    return [Related(v.place, f"{v.package}: {v.shown}") for v in shared.variants[:6]]
