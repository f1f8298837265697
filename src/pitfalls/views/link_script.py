"""One linker script with what it includes: regions, output sections, and what goes where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from pitfalls.formats import linkerscript
from pitfalls.formats.linkerscript import Assignment, InputPattern, Item, Memory, OutputSection
from pitfalls.model import Place

# The sections that a Rust runtime's own link.x maps besides those of memory.x, and the region
# that takes writable data (cortex-m-rt 0.7 and riscv-rt 0.12, link.x.in).
_RUNTIMES: dict[str, tuple[tuple[str, ...], str]] = {
    "cortex-m-rt": (
        (".vector_table*", ".text", ".text.*", ".HardFault*", ".rodata", ".rodata.*", ".data",
         ".data.*", ".bss", ".bss.*", "COMMON", ".uninit", ".uninit.*", ".gnu.sgstubs*",
         ".ARM.*", ".got*"),
        "RAM",
    ),
    "riscv-rt": (
        (".init", ".init.*", ".text", ".text.*", ".trap*", ".rodata", ".rodata.*", ".srodata*",
         ".data", ".data.*", ".sdata", ".sdata.*", ".bss", ".bss.*", ".sbss", ".sbss.*", "COMMON",
         ".uninit", ".uninit.*", ".got*"),
        "REGION_BSS",
    ),
}  # fmt: skip


_TOOLCHAIN = ("libc", "libm", "libg", "libstdc++", "libsupc++", "libnosys", "librdimon", "crt")


@dataclass(frozen=True)
class Destination:
    """Where a script puts an input section.

    ``output`` is the output section, None when the runtime's own script maps it; ``memory`` the
    region, None when it has none or the script does not declare it; ``place`` the line that says
    so; ``address`` the one that the script gives it, None when that depends on what lies before.
    """

    output: OutputSection | None
    memory: Memory | None
    region: str
    place: Place
    address: int | None = None


@dataclass(frozen=True)
class LinkScript:
    """One script with everything it includes. ``missing`` are includes that are not in the
    target; ``runtime`` names the package whose own script completes this one, ``?`` when
    something must and nobody can tell what."""

    path: str
    items: tuple[tuple[str, Item], ...]
    missing: tuple[str, ...]
    runtime: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def memories(self) -> tuple[Memory, ...]:
        """Every region, in order."""
        return linkerscript.memory_of([item for _, item in self.items])

    @cached_property
    def outputs(self) -> tuple[tuple[str, OutputSection], ...]:
        """Every output section with its file, in order."""
        return tuple((p, item) for p, item in self.items if isinstance(item, OutputSection))

    def place_of(self, memory: Memory) -> Place:
        """The line of a region's declaration."""
        path = next(p for p, item in self.items if item is memory.region)
        return Place(path, memory.region.line)

    def memory(self, name: str) -> Memory | None:
        """The region of that name, through REGION_ALIAS."""
        for _ in range(8):
            if name not in self.aliases:
                break
            name = self.aliases[name]
        return next((m for m in self.memories if m.region.name == name), None)

    def maps(self, section: str, source: str) -> Destination | None:
        """The first output section that takes ``section`` of the object file made from
        ``source``; None for an orphan (or, with an unknown runtime, for one that nobody can
        tell)."""
        for path, output in self.outputs:
            taken = next((p for p in output.inputs if _takes(p, section, source)), None)
            if taken is not None:
                return self._sent(path, output, self._address(path, output, taken))
        patterns, region = _RUNTIMES.get(self.runtime, ((), ""))
        if any(fnmatchcase(section, pattern) for pattern in patterns):
            memory = self.memory(region)
            place = self.place_of(memory) if memory else Place(self.path)
            return Destination(None, memory, region, place)
        # An orphan joins an output section of its own name [V, run, GNU ld 2.40].
        same = next(((p, o) for p, o in self.outputs if o.name == section), None)
        return self._sent(*same) if same is not None else None

    def _sent(self, path: str, output: OutputSection, address: int | None = None) -> Destination:
        line = output.end_line if output.region else output.line
        memory = self.memory(output.region) if output.region else None
        return Destination(output, memory, output.region, Place(path, line), address)

    def _address(self, path: str, output: OutputSection, taken: InputPattern) -> int | None:
        """By `. = ABSOLUTE(address)` or the head, with nothing but an alignment behind it."""
        before = output.inputs[: output.inputs.index(taken)]
        begin = before[-1].line + 1 if before else output.line
        address = None if before else linkerscript.evaluate(output.address, {})
        for where, item in self.items:
            if not isinstance(item, Assignment) or where != path or item.name != ".":
                continue
            call = item.value[-1] if item.value else ""
            inside = item.section == output.name and begin <= item.line <= taken.line
            if inside and not call.startswith("call:ALIGN/"):
                absolute = call.startswith("call:ABSOLUTE/")
                address = linkerscript.evaluate(item.value, {}) if absolute else None
        return address

    def may_map(self, section: str) -> OutputSection | None:
        """An output section that takes ``section`` from the members of some archive only."""
        return next(
            (
                output
                for _, output in self.outputs
                for p in output.inputs
                if _is_own_archive(p.files) and _names(p, section)
            ),
            None,
        )

    def outputs_in(self, memory: Memory) -> list[tuple[str, OutputSection]]:
        """The output sections that are sent to a region."""
        return [(p, o) for p, o in self.outputs if o.region and self.memory(o.region) is memory]


def _is_own_archive(files: str) -> bool:
    """Whether a file pattern means members of an archive that is not the toolchain's."""
    archive = files.partition(":")[0].rpartition("/")[2].strip("*")
    return (".a" in files or ":" in files) and not archive.startswith(_TOOLCHAIN)


def _names(pattern: InputPattern, section: str) -> bool:
    return any(fnmatchcase(section, glob) for glob in pattern.sections)


def _takes(pattern: InputPattern, section: str, source: str) -> bool:
    """Whether a pattern takes ``section`` of the object file that ``source`` becomes."""
    if not _names(pattern, section):
        return False
    name = source.rpartition("/")[2]
    stem = name.rpartition(".")[0]
    made = [f"{base}.{ending}" for base in (stem, name) for ending in ("o", "obj")]
    if any(
        fnmatchcase(m, glob) or fnmatchcase(f"x/{m}", glob)
        for m in made
        for glob in pattern.excluded
    ):
        return False
    return any(fnmatchcase(m, pattern.files) or fnmatchcase(f"x/{m}", pattern.files) for m in made)
