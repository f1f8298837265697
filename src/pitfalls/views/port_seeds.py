"""Where firmware seeds the local ports of its network stack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Self

from pitfalls.formats import port_seeds
from pitfalls.formats.port_seeds import PortSeeds, Seed
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout

_seeds = partial(Selection, type=PortSeeds, needles=(b"seed_", b"_port_seed"))
RUST = _seeds(
    name="rust-port-seeds", parse=port_seeds.parse_rust, names=("*.rs",),
    needles=(b"seed_ephemeral", b"seed_local_port", b"set_port_seed", b"seed_port"),
)  # fmt: skip
C = _seeds(
    name="c-port-seeds", parse=port_seeds.parse_c, names=("*.c",),
    needles=(b"seed_ephemeral", b"seed_local_port", b"set_port_seed", b"seed_port"),
)  # fmt: skip


@dataclass(frozen=True)
class PortSeed:
    """One seeding call with its place, its firmware target and its platform."""

    place: Place
    seed: Seed
    subject: str
    platform: str

    @property
    def per_boot(self) -> bool:
        """Whether a source is named that differs at each boot."""
        return bool(self.seed.entropy)


class SeededPorts(View):
    """Every seeding call of the tree's own firmware."""

    uses = (RUST, C, Layout)

    def __init__(self, seeds: Iterable[PortSeed]) -> None:
        self.seeds = tuple(seeds)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From Rust and C files, sorted by path."""
        layout = source.view(Layout)
        files = [*source.facts(RUST), *source.facts(C)]
        return cls(
            PortSeed(
                Place(file.path, seed.line), seed, layout.subject_of(file.path),
                layout.platform_of(file.path),
            )
            for file in files
            if layout.is_evidence(file.path)
            for seed in file.facts.seeds
        )  # fmt: skip
