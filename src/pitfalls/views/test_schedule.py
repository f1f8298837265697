"""Which tests a runner may overlap, and what the groups of a nextest configuration really do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from pitfalls.formats import filterset, nextest, test_runs
from pitfalls.formats.filterset import Predicate
from pitfalls.formats.test_runs import TestRuns
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.cargo_tests import Assignment, CargoTests, Workspace
from pitfalls.views.layout import Layout
from pitfalls.views.test_resources import Holding, Resource, TestResources

RUNS = Selection(
    name="runs of Rust tests",
    type=TestRuns,
    parse=test_runs.parse,
    names=("*.sh", "*.bash", "justfile", "*.just", "Makefile", "*.mk", "*.yml", "*.yaml"),
    needles=(b"nextest run", b"cargo test", b"cargo t "),
)
MAX_RELATED = 8
"""Tests named per resource; the message counts them all."""


class Overlap(Enum):
    """Whether the holders of a resource may run at the same time."""

    APART = "kept apart"
    MAY = "may overlap"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Case:
    """One resource that several tests hold, under one runner."""

    resource: Resource
    overlap: Overlap
    place: Place
    reason: str
    related: tuple[Related, ...]
    nextest: bool = True


@dataclass(frozen=True)
class Term:
    """One predicate of an override's filter; ``alive`` is None when it cannot be decided."""

    workspace: Workspace
    override: nextest.Override
    subject: str
    alive: bool | None
    reason: str


class TestSchedule(View):
    """Resources against the runner: nextest where it is configured, else ``cargo test``."""

    __test__ = False

    uses = (CargoTests, TestResources, RUNS, Layout)

    def __init__(
        self,
        cargo: CargoTests,
        resources: TestResources,
        serial: dict[bool, Place] | None = None,
    ) -> None:
        self._cargo = cargo
        self.cases = tuple(_one_at_a_time(c, serial or {}) for c in _cases(cargo, resources))
        self.undecided = resources.undecided
        self.terms = tuple(self._terms())

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the tests and what they hold, and from the lines that run them."""
        cargo, resources = source.view(CargoTests), source.view(TestResources)
        return cls(cargo, resources, _serial_runs(source))

    @property
    def unassigned_groups(self) -> Iterator[tuple[Workspace, nextest.Group]]:
        """Serial groups that no override assigns, in a workspace whose tests share something."""
        for workspace in self._cargo.workspaces:
            named = {override.test_group for override in workspace.config.overrides}
            shares = any(
                {h.test.binary for h in case.resource.holdings} & set(workspace.binaries)
                for case in self.cases
            )
            for group in workspace.config.groups:
                if shares and group.max_threads == 1 and group.name not in named:
                    yield workspace, group

    @property
    def undefined_groups(self) -> Iterator[tuple[Workspace, nextest.Override]]:
        """Overrides whose group is not defined."""
        for workspace in self._cargo.workspaces:
            defined = {group.name for group in workspace.config.groups}
            for override in workspace.config.overrides:
                if override.test_group and override.test_group not in defined:
                    yield workspace, override

    @property
    def wide_qemu_groups(self) -> Iterator[tuple[Workspace, nextest.Group]]:
        """Groups named for QEMU with more than one thread."""
        for workspace in self._cargo.workspaces:
            for group in workspace.config.groups:
                if "qemu" in group.name.lower() and group.max_threads > 1:
                    yield workspace, group

    @property
    def live_workspaces(self) -> Iterator[tuple[Workspace, int]]:
        """Workspaces whose tests share a resource and whose filter terms all match, with the
        number of terms."""
        for workspace in self._cargo.workspaces:
            own = [term for term in self.terms if term.workspace is workspace]
            members = set(workspace.binaries)
            shares = any(h.test.binary in members for c in self.cases for h in c.resource.holdings)
            if shares and own and all(term.alive for term in own):
                yield workspace, len(own)

    def _terms(self) -> Iterator[Term]:
        """Every predicate of every filter that decides a group."""
        for workspace in self._cargo.workspaces:
            for override, expression in workspace.filters:
                if expression is None:
                    reason = f"the filter cannot be read: {override.filter}"
                    yield Term(workspace, override, override.filter, None, reason)
                    continue
                for predicate in filterset.predicates(expression):
                    if predicate.name in ("test", "binary", "binary_id", "package"):
                        yield self._term(workspace, override, predicate)

    def _term(self, workspace: Workspace, override: nextest.Override, predicate: Predicate) -> Term:
        text = str(predicate)
        if predicate.name == "test":
            alive, reason = _test_term(workspace, predicate, text)
        else:
            names = {
                "binary": self._cargo.all_binaries,
                "binary_id": {binary.binary_id for binary in workspace.binaries},
                "package": self._cargo.packages,
            }[predicate.name]
            alive = any(predicate.matches(name) for name in names)
            reason = f"{text} matches {'a target' if alive else 'nothing'} of the workspace"
        return Term(workspace, override, text, alive, reason)


def _test_term(workspace: Workspace, predicate: Predicate, text: str) -> tuple[bool | None, str]:
    """Whether any test of the workspace has such a name, whatever binary the filter also asks."""
    if any(predicate.matches(name) for names in workspace.names.values() for name in names):
        return True, f"{text} matches a test"
    if workspace.opaque:
        return None, f"{text} matches no test that is written out; macros or a harness make others"
    return False, f"{text} matches no test of the workspace"


def _serial_runs(source: Source) -> dict[bool, Place]:
    """For nextest and for `cargo test`: a line that runs one test at a time, when all do."""
    layout = source.view(Layout)
    found: dict[bool, Place] = {}
    other: set[bool] = set()
    for file in source.facts(RUNS):
        for run in file.facts.runs if layout.is_evidence(file.path) else ():
            if run.serial:
                found.setdefault(run.nextest, Place(file.path, run.line))
            else:
                other.add(run.nextest)
    return {runner: place for runner, place in found.items() if runner not in other}


def _one_at_a_time(case: Case, serial: dict[bool, Place]) -> Case:
    """A case under a runner that every recipe tells to run one test at a time."""
    place = serial.get(case.nextest)
    if case.overlap is not Overlap.MAY or place is None:
        return case
    reason = f"{len(case.resource.holdings)} tests use it, and every recipe runs one at a time"
    return replace(case, overlap=Overlap.APART, place=place, reason=reason)


def _cases(cargo: CargoTests, resources: TestResources) -> Iterator[Case]:
    for resource in resources.resources:
        left = list(resource.holdings)
        for workspace in cargo.workspaces:
            members = set(workspace.binaries)
            own = [h for h in left if h.test.binary in members]
            left = [h for h in left if h.test.binary not in members]
            if _several(own):
                yield _under_nextest(workspace, Resource(resource.kind, resource.name, tuple(own)))
        by_binary: dict[str, list[Holding]] = {}
        for holding in () if resource.per_process else left:
            by_binary.setdefault(holding.test.binary.path, []).append(holding)
        for own in by_binary.values():
            if _several(own):
                yield _under_cargo_test(Resource(resource.kind, resource.name, tuple(own)))


def _several(holdings: list[Holding]) -> bool:
    """Two tests, or one that runs once per case."""
    details = [h.test.function.test for h in holdings if not h.test.case]
    return len(holdings) > 1 or any(test is not None and test.parametrized for test in details)


def _under_nextest(workspace: Workspace, resource: Resource) -> Case:
    rest = [
        holding
        for holding in resource.holdings
        if not workspace.runs_alone(holding.test) and not _locked(holding, "file_serial")
    ]
    assignments = [workspace.group_of(holding.test) for holding in rest]
    place = _deciding(workspace, assignments)

    def case(overlap: Overlap, reason: str) -> Case:
        count = f"{len(resource.holdings)} tests use it"
        related = tuple(_related(resource.holdings))
        return Case(resource, overlap, place, f"{count}{reason}", related)

    if any(not assignment.decided for assignment in assignments):
        return case(Overlap.UNDECIDED, "; a filter cannot be evaluated")
    if not rest:
        return case(Overlap.APART, ", each runs alone or holds a lock")
    groups = {(a.group, a.max_threads) for a in assignments}
    if len(rest) < len(resource.holdings) and len(rest) == 1:
        groups.add(("", 0))  # one test without a lock beside those that have it
    if len(groups) == 1 and (only := next(iter(groups)))[0] and only[1] == 1:
        return case(Overlap.APART, f", all in group {only[0]} with max-threads = 1")
    named = ", ".join(sorted(_described(group, threads) for group, threads in groups))
    if resource.per_process:
        counted = ", the first number of a counter that each process has for itself"
        found = case(Overlap.MAY, f"{counted}, and may overlap: {named}")
        lets = Related(place, "lets them run at once")
        return replace(found, place=rest[0].places[-1][0], related=(lets, *found.related))
    found = case(Overlap.MAY, f" and may overlap: {named}")
    wide = next((g for g in workspace.config.groups if {(g.name, g.max_threads)} == groups), None)
    if wide is None:
        return found
    assigned = Related(place, f"assigns the group {wide.name}")
    return replace(
        found,
        place=Place(workspace.path, wide.threads_line),
        related=(assigned, *found.related),
    )


def _described(group: str, threads: int) -> str:
    return f"group {group} (max-threads {threads})" if group else "no group"


def _deciding(workspace: Workspace, assignments: Iterable[Assignment]) -> Place:
    """The line that assigns the first holder's group, else the default profile's."""
    for assignment in assignments:
        if assignment.override is not None:
            return Place(workspace.path, assignment.override.group_line)
    lines = [p.line for p in workspace.config.profiles if p.name == "default"]
    return Place(workspace.path, lines[0] if lines else 1)


def _under_cargo_test(resource: Resource) -> Case:
    """``cargo test`` overlaps the tests of one binary, and runs binaries one after another."""
    first = resource.holdings[0]
    locks = {t.lock for h in resource.holdings if (t := h.test.function.test) is not None}
    mutex = tuple(lock for lock in locks if lock.isupper() and len(locks) == 1)
    unlocked = [h for h in resource.holdings if not _locked(h, "serial", "file_serial", *mutex)]
    count = f"{len(resource.holdings)} tests of one binary use it"
    related = tuple(_related(resource.holdings))
    if unlocked:
        reason = f"{count}, and cargo test runs them in parallel"
        return Case(resource, Overlap.MAY, unlocked[0].place, reason, related, nextest=False)
    return Case(
        resource,
        Overlap.APART,
        first.place,
        f"{count}, all of them {f'lock {mutex[0]}' if mutex else 'serial'}",
        related,
    )


def _locked(holding: Holding, *locks: str) -> bool:
    test = holding.test.function.test
    return test is not None and test.lock in locks


def _related(holdings: Iterable[Holding]) -> Iterator[Related]:
    for number, holding in enumerate(holdings):
        if number == MAX_RELATED:
            break
        yield Related(holding.place, f"test {holding.test.label}")
        for place, text in holding.places[-1:]:
            yield Related(place, text)
