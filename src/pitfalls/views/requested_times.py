"""Places where the requested timeout, or the turns of a loop, count as time that has passed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import requested_time
from pitfalls.formats.requested_time import RequestedTime, RequestedTimes
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.clock_contexts import is_test
from pitfalls.views.layout import Layout

_NEEDLES = (
    b"= timeout_", b"..timeout_", b"< timeout_", b"timeout_ms /", b"timeout_us /",
    b"elapsed +=", b"waited +=",
)  # fmt: skip

RUST = Selection(
    name="requested time in Rust",
    type=RequestedTimes,
    parse=requested_time.parse_rust,
    names=("*.rs",),
    needles=_NEEDLES,
)
C = Selection(
    name="requested time in C",
    type=RequestedTimes,
    parse=requested_time.parse_c,
    names=("*.c", "*.cpp", "*.cc", "*.h", "*.hpp", "*.hh"),
    needles=_NEEDLES,
)


@dataclass(frozen=True)
class CountedTime:
    """A statement at its place."""

    place: Place
    facts: RequestedTime
    subject: str
    platform: str


class CountedTimes(View):
    """Every such statement of the tree's own code, tests left out."""

    uses = (RUST, C, Layout)

    def __init__(self, statements: Iterable[CountedTime]) -> None:
        self.statements = tuple(statements)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From Rust and C."""
        layout = source.view(Layout)
        return cls(
            CountedTime(
                Place(f.path, s.line), s, layout.subject_of(f.path), layout.platform_of(f.path)
            )
            for selection in (RUST, C)
            for f in source.facts(selection)
            if layout.is_evidence(f.path) and not is_test(f.path)
            for s in f.facts.statements
        )
