"""Every heap that zenoh draws from, what its functions do, and what the memory leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Self

from pitfalls.formats.heap_code import Allocator, HeapCode
from pitfalls.model import Place, Related
from pitfalls.source import Located, Source, View
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.freertos_config import FreeRTOSConfig
from pitfalls.views.heap import Heap
from pitfalls.views.kconfig import ZephyrConfigurations
from pitfalls.views.kernel_heaps import (
    HEAP_USES,
    KERNEL_HEAPS,
    Scheme,
    freertos_heaps,
    scheme_of,
    zephyr_heaps,
)
from pitfalls.views.layout import Layout
from pitfalls.views.linkerscripts import LinkerScripts
from pitfalls.views.network_tasks import STACK_OPTIONS
from pitfalls.views.placement import describe
from pitfalls.views.stack_rows import ROWS
from pitfalls.views.task_stacks import runs_zenoh
from pitfalls.views.tasks import TaskReader, TaskTargets
from pitfalls.views.zenoh_arenas import (
    C_HEAPS,
    CARGO_ENVIRONMENTS,
    RUST_HEAPS,
    arenas,
    own_heaps,
)
from pitfalls.views.zephyr_programs import INCLUDES

_MAX_DEPTH = 4
_C3_RAM = 0x50000  # esp-hal's RAM region of the ESP32-C3


@dataclass(frozen=True)
class ZenohAllocator:
    """``z_free``, ``z_realloc``, or a function that one of them is handed on to."""

    role: str
    facts: Allocator
    place: Place
    subject: str
    platform: str
    chain: tuple[Related, ...] = ()


@dataclass(frozen=True)
class KernelTarget:
    """A FreeRTOS target that runs zenoh, with its heap scheme."""

    config: FreeRTOSConfig
    scheme: Scheme | None


@dataclass(frozen=True)
class Budget:
    """Static heaps and the main stack of a platform whose stack is what the heaps leave."""

    heaps: tuple[Heap, ...]
    stack: int
    ram: int
    ram_place: Place
    ram_text: str


class Heaps(View):
    """The heaps of all targets."""

    uses = (
        MANIFESTS, RUST_HEAPS, C_HEAPS, CARGO_ENVIRONMENTS, KERNEL_HEAPS, HEAP_USES, STACK_OPTIONS,
        BuildDefinitions, ZephyrConfigurations, LinkerScripts, TaskTargets, INCLUDES,
        *TaskReader.USES,
    )  # fmt: skip

    def __init__(
        self,
        heaps: Iterable[Heap],
        allocators: Iterable[ZenohAllocator],
        kernels: Iterable[KernelTarget],
        budgets: Iterable[Budget],
        realloc_call: Place | None,
    ) -> None:
        self.heaps = tuple(heaps)
        self.allocators = tuple(allocators)
        self.kernels = tuple(kernels)
        self.budgets = tuple(budgets)
        self.realloc_call = realloc_call

    def beside(self, other: Heap) -> Heap | None:
        """The arena of zenoh on the platform of a Rust heap: the one of the most alike name."""
        if other.row.key != "c3_rust":
            return None
        same = [h for h in self.heaps if h.platform == other.platform and h.row.key == "c3"]
        return max(same, key=lambda heap: _alike(heap.subject, other.subject), default=None)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join code, kernel configurations and linker scripts."""
        layout, reader = source.view(Layout), source.view(TaskTargets).reader
        files = own_heaps(source)
        zenoh = any(file.facts.marks for file in source.view(BuildDefinitions).files)
        # One arena may be declared for several builds, of which any one build has one.
        every: dict[tuple[object, ...], Heap] = {}
        for heap in arenas(source, files, zenoh):
            every.setdefault((heap.name, heap.size, heap.place, heap.subject), heap)
        made = list(every.values())
        kernels = [
            KernelTarget(config, scheme_of(source, reader.folders(config)))
            for config in reader.configs
            if runs_zenoh(source, reader, reader.folders(config))
        ]
        called = (
            Place(file.path, file.facts.realloc)
            for file in source.facts(HEAP_USES)
            if file.facts.realloc and layout.is_evidence(file.path)
        )
        return cls(
            [*made, *freertos_heaps(source, reader), *zephyr_heaps(source)],
            _allocators(files, layout),
            kernels,
            _budgets(made, source.view(LinkerScripts), layout),
            next(called, None),
        )


def _alike(first: str, second: str) -> int:
    """Characters that two subjects have in common at their ends."""
    pairs = zip(reversed(first), reversed(second), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _allocators(files: list[Located[HeapCode]], layout: Layout) -> Iterator[ZenohAllocator]:
    """z_free and z_realloc, and through functions that only hand on, what they call."""
    by_name: dict[str, list[tuple[str, Allocator]]] = {}
    for file in files:
        for allocator in file.facts.allocators:
            by_name.setdefault(allocator.name, []).append((file.path, allocator))
    for role in ("z_free", "z_realloc"):
        done: set[str] = set()
        pending: list[tuple[str, tuple[Related, ...]]] = [(role, ())]
        for _ in range(_MAX_DEPTH):
            following: list[tuple[str, tuple[Related, ...]]] = []
            for name, chain in pending:
                if name in done:
                    continue
                done.add(name)
                for path, allocator in by_name.get(name, ()):
                    place = Place(path, allocator.line)
                    yield ZenohAllocator(
                        role, allocator, place, layout.subject_of(path),
                        layout.platform_of(path), chain,
                    )  # fmt: skip
                    hop = Related(place, f"{name} hands it on")
                    # Short names such as `free` are anybody's.
                    onward = [c for c in allocator.calls if "_" in c and c in by_name]
                    if role == "z_realloc":
                        onward = [c for c in onward if "realloc" in c]
                    following += [(c, (*chain, hop)) for c in onward if c != role]
            pending = following


def _budgets(heaps: list[Heap], scripts: LinkerScripts, layout: Layout) -> Iterator[Budget]:
    """Platforms with one static arena, and Rust's heap beside it."""
    for platform, row in (("esp32-c3", "esp_left"), ("mps2-an385", "bm_main"),
                          ("stm32f4", "bm_main")):  # fmt: skip
        own = [h for h in heaps if h.platform == platform and "of this build" not in h.how]
        sizes = [h.size for h in own]
        keys = [h.row.key for h in own]
        if not own or None in sizes or len(set(keys)) < len(keys):
            continue
        needed = ROWS[row].recommended or ROWS[row].minimum or 0
        rams = [
            (memory, script)
            for script in scripts.scripts
            if layout.platform_of(script.path) == platform
            for memory in script.memories
            if "RAM" in memory.region.name.upper() and "CCM" not in memory.region.name.upper()
            and memory.length
        ]  # fmt: skip
        if rams:
            memory, script = min(rams, key=lambda item: item[0].length or 0)
            yield Budget(tuple(own), needed, memory.length or 0, script.place_of(memory),
                         describe(memory))  # fmt: skip
        elif platform == "esp32-c3":
            text = f"the RAM of the ESP32-C3 has {_C3_RAM} bytes"
            yield Budget(tuple(own), needed, _C3_RAM, own[0].place, text)
