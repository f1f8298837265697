"""Tests that use one exclusive resource must not overlap."""

from collections.abc import Iterator

from pitfalls import Finding, Place, Related, fail, note, ok, rule, unknown
from pitfalls.views.test_schedule import Overlap, TestSchedule


@rule(
    level="fail",
    tag="seed:narrowed",
    fix="Put all tests that use the resource into one test group with max-threads = 1, or give "
    "each its own resource.",
)
def shared_resource(schedule: TestSchedule) -> Iterator[Finding]:
    """Two tests that the runner may overlap use one exclusive resource (a TAP device, a literal
    listening port, a serial port) and are not kept apart."""
    for case in schedule.cases:
        make = {Overlap.APART: ok, Overlap.MAY: fail, Overlap.UNDECIDED: unknown}[case.overlap]
        yield make(
            case.place, f"{case.resource.label}: {case.reason}",
            subject=case.resource.label, related=case.related,
        )  # fmt: skip
    for holding in schedule.undecided:
        yield unknown(
            holding.place,
            f"{holding.test.label} holds {holding.value}, which is known when it is built or run",
            subject=holding.test.label,
            related=[Related(place, text) for place, text in holding.places],
        )


@rule(
    level="fail",
    fix="Add an override with a filter and this test-group, or delete the group.",
)
def unassigned_group(schedule: TestSchedule) -> Iterator[Finding]:
    """A serial test group is defined, no override assigns it, and tests share a resource."""
    for workspace, group in schedule.unassigned_groups:
        yield fail(
            Place(workspace.path, group.line),
            f"group {group.name} (max-threads = 1) is defined, and no override puts a test in it",
            subject=group.name,
        )


@rule(level="fail", fix="Define [test-groups.NAME] with max-threads, or correct the name.")
def undefined_group(schedule: TestSchedule) -> Iterator[Finding]:
    """An override names a test group that is not defined."""
    for workspace, override in schedule.undefined_groups:
        yield fail(
            Place(workspace.path, override.group_line),
            f"group {override.test_group} is not defined: nextest refuses the configuration",
            subject=override.test_group,
        )


@rule(level="fail", fix="Correct the name in the filter, or delete the term.")
def dead_filter(schedule: TestSchedule) -> Iterator[Finding]:
    """A filter term matches nothing: a test() term no test, or a binary(), binary_id() or
    package() term nothing of the workspace (cargo-nextest 0.9.92 and later refuse that)."""
    for term in schedule.terms:
        if not term.alive:
            make = unknown if term.alive is None else fail
            place = Place(term.workspace.path, term.override.filter_line)
            yield make(place, term.reason, subject=term.subject)
    for workspace, count in schedule.live_workspaces:
        place = Place(workspace.path, workspace.config.overrides[0].line)
        yield ok(place, f"all {count} filter terms match something", subject=workspace.path)


@rule(
    level="warn",
    tag="seed:history",
    fix="Set max-threads = 1 where the group's tests share a TAP or a port.",
)
def literal_group(schedule: TestSchedule) -> Iterator[Finding]:
    """A test group for QEMU tests has max-threads above 1. The original asked for 1 everywhere;
    with user-mode networking and ports of their own, tests may run in parallel."""
    for workspace, group in schedule.wide_qemu_groups:
        yield note(
            Place(workspace.path, group.line),
            f"group {group.name} runs up to {group.max_threads} tests at once",
            subject=group.name,
        )
