"""An object whose address C or the hardware keeps must not move afterwards."""

from collections.abc import Iterator

from pitfalls import Finding, fail, ok, rule, unknown, warn
from pitfalls.views.cpp_registrations import CppRegistrations
from pitfalls.views.escaping_objects import EscapingObject, EscapingObjects
from pitfalls.views.inline_buffers import InlineBuffers
from pitfalls.views.layout import Layout

VERDICTS = {"stays": ok, "moves": fail, "may-move": warn, "unknown": unknown}


@rule(
    level="fail",
    tag="seed",
    fix="Put the object where it stays (a static, a heap box) before its address is handed over.",
)
def move_after_escape(
    objects: EscapingObjects, drivers: InlineBuffers, layout: Layout
) -> Iterator[Finding]:
    """A local object whose address a function keeps is not returned, wrapped, stored or captured
    afterwards. An error where the code of the function shows that it keeps the address or writes
    it to hardware, a warning where only its name says so."""
    for found in objects.objects:
        if not found.box:
            yield _finding(found, layout)
    for done in drivers.set_ups:
        call = f"{done.name}.{done.method}() hands the address of its {done.field} to the hardware"
        ends = f"then {done.name} is {done.how}" if done.moved else "and the object stays there"
        yield (fail if done.moved else ok)(
            done.place,
            f"{call}, {ends}",
            subject=layout.subject_of(done.place.path),
            platform=layout.platform_of(done.place.path),
            related=done.related,
        )


@rule(level="fail", fix="Hand over the pointee: Box::into_raw(b), or &mut *b where b outlives C.")
def box_local_address(objects: EscapingObjects, layout: Layout) -> Iterator[Finding]:
    """What a function keeps is the address of what a Box, Arc, Rc or Vec owns, not of the local
    variable that is the Box. An error or a warning as for move-after-escape."""
    for found in objects.objects:
        if found.box:
            yield _finding(found, layout)


@rule(level="warn", fix="Delete the copy and move constructors, or register again in them.")
def cpp_move(classes: CppRegistrations, layout: Layout) -> Iterator[Finding]:
    """A C++ class that registers `this` with C has no copy or move constructor that leaves the
    registration with the old object."""
    for found in classes.registrations:
        yield (warn if found.movable else ok)(
            found.place,
            found.text,
            subject=layout.subject_of(found.place.path),
            platform=layout.platform_of(found.place.path),
            related=found.related,
        )


def _finding(found: EscapingObject, layout: Layout) -> Finding:
    path = found.place.path
    return VERDICTS[found.outcome](
        found.place,
        found.text,
        subject=layout.subject_of(path),
        platform=layout.platform_of(path),
        related=found.related,
    )
