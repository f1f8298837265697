"""What session identifiers are drawn from, where that begins anew at every boot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import random_generators
from pitfalls.formats.random_generators import Generator, Generators
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.firmware_crates import FirmwareCrates
from pitfalls.views.layout import Layout
from pitfalls.views.routines import TEST_CODE
from pitfalls.views.rust_modules import is_live

RUST = Selection(
    name="random number generators in Rust",
    type=Generators,
    parse=random_generators.parse_rust,
    names=("*.rs",),
    needles=(b"random_fill", b"random_u32", b"seed(", b"seed_rng(", b"rng_seed("),
)
C = Selection(
    name="random number generators in C",
    type=Generators,
    parse=random_generators.parse_c,
    names=("*.c", "*.h", "*.cpp"),
    needles=(b"random_fill", b"random_u32", b"_seed(", b"seed_rng(", b"rng_seed("),
)


@dataclass(frozen=True)
class SessionSource:
    """A generator with its place; ``seeded`` tells whether some code calls its seeder."""

    place: Place
    generator: Generator
    subject: str
    platform: str
    seeded: bool


class SessionIds(View):
    """``sources``: the generators of firmware from which zenoh-pico's identifiers are drawn."""

    uses = (RUST, C, FirmwareCrates, Layout)

    def __init__(self, sources: Iterable[SessionSource]) -> None:
        self.sources = tuple(sources)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From Rust and C files, sorted by path."""
        layout, crates = source.view(Layout), source.view(FirmwareCrates)
        files = [*source.facts(RUST), *source.facts(C)]
        files = [f for f in files if layout.is_evidence(f.path) and not TEST_CODE.search(f.path)]
        return cls(
            SessionSource(
                Place(file.path, one.line), one, layout.subject_of(file.path),
                layout.platform_of(file.path), _is_seeded(file.path, one, files, crates),
            )
            for file in files
            for one in file.facts.generators
            if is_live(file.path, source.read)
        )  # fmt: skip


def _is_seeded(
    path: str, one: Generator, files: list[Located[Generators]], crates: FirmwareCrates
) -> bool:
    """Whether the seeder is called: in Rust through its crate or one that may bring it along, which
    the call or else its place names; in C at all."""
    crate, links = crates.crate_of(path), crates.links
    for file in files:
        for call in file.facts.seeds:
            *way, name = call.split("::")
            named = [part for part in way if part in links.folders]
            through = named or [crates.crate_of(file.path)]
            if name == one.seeder and (
                not path.endswith(".rs") or any(crate in {n, *links.closure(n)} for n in through)
            ):
                return True
    return False
