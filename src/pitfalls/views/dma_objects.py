"""The objects of the target that a DMA controller works on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from msgspec import structs

from pitfalls.formats import c_buffers, rust_buffers
from pitfalls.formats.c_buffers import CBuffer, CFile
from pitfalls.formats.rust_buffers import RustBuffer, RustFile, RustStatics
from pitfalls.formats.section_macros import SECTION
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.dma_roles import HEADER_STRUCTS, StructTypes, role
from pitfalls.views.header_macros import header_macros
from pitfalls.views.layout import Layout

C_BUFFERS = Selection(
    "c-buffers",
    CFile,
    c_buffers.parse,
    names=("*.c", "*.cpp", "*.cc"),
    needles=(
        b"ETH_DMADescTypeDef", b"ETH_DMADESCTypeDef", b"_DMA(", b"HAL_DMA", b"HAL_ETH_D",
        b"lldesc_t", b"dma_descriptor_t", b"DMA_ATTR", b"EXT_RAM_", b"__nocache", b"__ccm_",
        b"__dtcm_", b"SCB_EnableDCache", b"SCB_CleanDCache", b"SCB_InvalidateDCache",
        b"HAL_MPU_ConfigRegion", b"ARM_MPU_", b"LL_MPU_ConfigRegion", b"HAL_PCD_EP_Transmit",
        b"ETH_BufferTypeDef", b"LL_DMA_", b"M0AR", b"M1AR", b"CMAR", b"DMARDLAR",
        b"DMACRDLAR",
    ),
)  # fmt: skip
RUST_BUFFERS = Selection(
    "rust-buffers",
    RustFile,
    rust_buffers.parse,
    names=("*.rs",),
    # The crates that define the ring types: fewer names to search for than the types.
    needles=(
        b"stm32_eth", b"embassy_stm32", b"stm32h7xx_hal", b"ethernet", b"Transfer::", b"dcache",
    ),

)  # fmt: skip

RUST_STATICS = Selection(
    "rust-statics", RustStatics, rust_buffers.parse_statics, names=("*.rs",), lazy=True
)

_OTHER_TOOLCHAIN = re.compile(r"__ICCARM__|__IAR_|__CC_ARM|__ARMCC_VERSION|__ARMCOMPILER")


@dataclass(frozen=True)
class DmaObject:
    """A static object that a master (``ETH``, ``DMA``, ``QSPI``,
    ``OTG_HS``) reads or writes.

    ``section`` is what its attribute names, empty for none; ``placing`` a placement attribute of
    an RTOS; ``address`` the absolute one of IAR's ``@`` or Arm's ``at()``; ``use`` the place and
    the text that show the master.
    """

    name: str
    place: Place
    master: str
    why: str
    section: str = ""
    section_place: Place | None = None
    placing: str = ""
    address: int | None = None
    is_const: bool = False
    is_initialised: bool = False
    other_toolchain: bool = False
    conditional: bool = False
    use: Place | None = field(default=None)

    @property
    def is_flash_source(self) -> bool:
        """Whether it is a constant that a master sends which cannot read flash on every chip."""
        return self.is_const and self.master in ("ETH", "OTG_HS")

    @property
    def default_section(self) -> str:
        """The section of an object without attribute, as GCC's -fdata-sections names it."""
        if self.is_const:
            return f".rodata.{self.name}"
        return f".data.{self.name}" if self.is_initialised else f".bss.{self.name}"


class DmaObjects(View):
    """Every DMA object, and every handing-over of a constant."""

    uses = (C_BUFFERS, RUST_BUFFERS, HEADER_STRUCTS, RUST_STATICS, Layout)

    def __init__(self, objects: Iterable[DmaObject]) -> None:
        self.objects = tuple(objects)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From C and Rust files of the target's own firmware."""
        layout = source.view(Layout)
        found: list[DmaObject] = []
        for c_file in source.facts(C_BUFFERS):
            if layout.is_evidence(c_file.path):
                folder = layout.subject_of(c_file.path).removeprefix(".")
                types = StructTypes(source, folder, c_file.facts.structs)
                found.extend(_c_objects(_placed(source, c_file, folder), types))
        rust = [file for file in source.facts(RUST_BUFFERS) if layout.is_evidence(file.path)]
        for file in rust:
            found.extend(_rust_object(file.path, b) for b in file.facts.buffers)
        found.extend(_holding_rings(source, layout, rust))
        return cls(found)


def _placed(source: Source, located: Located[CFile], folder: str) -> Located[CFile]:
    """The same with the sections that macros of the project's headers name."""
    find = header_macros(source, folder)

    def section(buffer: CBuffer) -> str:
        for name in () if buffer.section or buffer.address is not None else buffer.macros:
            text = find(name, located.path)
            named = SECTION.search(text[0]) if text else None
            if named:
                return named[1]
        return buffer.section

    buffers = tuple(structs.replace(b, section=section(b)) for b in located.facts.buffers)
    return Located(located.path, structs.replace(located.facts, buffers=buffers))


def _holding_rings(
    source: Source, layout: Layout, files: Iterable[Located[RustFile]]
) -> Iterator[DmaObject]:
    """Statics of a struct that holds descriptor rings, in the same package as the struct."""
    holders = [(layout.subject_of(f.path), n, k) for f in files for n, k in f.facts.holders]
    paths = source.holding(RUST_STATICS, (name.encode() for _, name, _ in holders))
    for file in source.facts_of(RUST_STATICS, [p for p in paths if layout.is_evidence(p)]):
        known = {n: k for at, n, k in holders if at == layout.subject_of(file.path)}
        for static in file.facts.statics:
            name = next((w for w in re.findall(r"\w+", static.type) if w in known), "")
            if name:
                why = f"its type {name} holds {known[name]}"
                yield _rust_object(file.path, structs.replace(static, master="ETH"), why)


def _rust_object(path: str, buffer: RustBuffer, why: str = "") -> DmaObject:
    typed = f"its type is {buffer.type}" if buffer.master == "ETH" else "it is given to a transfer"
    return DmaObject(
        buffer.name,
        Place(path, buffer.line, buffer.end_line if buffer.end_line > buffer.line else None),
        buffer.master,
        why or typed,
        buffer.section,
        Place(path, buffer.section_line) if buffer.section else None,
        conditional=buffer.conditional,
    )


def _c_objects(located: Located[CFile], types: StructTypes) -> Iterator[DmaObject]:
    for buffer in located.facts.buffers:
        uses = [u for u in located.facts.uses if buffer.name in u.names]
        found = role(buffer, uses, types.fields(buffer, handed=bool(uses)))
        if found is None or any(re.fullmatch(r"\(?\s*0\s*\)?", arm) for arm in buffer.arms):
            continue
        opened = [arm.rpartition(" ; ")[2] for arm in buffer.arms]
        place = Place(located.path, buffer.line)
        yield DmaObject(
            buffer.name,
            place,
            found.master,
            found.why,
            buffer.section,
            place if buffer.section else None,
            next((w for w in buffer.words if w in c_buffers.PLACING), ""),
            buffer.address,
            buffer.is_const,
            buffer.is_initialised,
            any(_OTHER_TOOLCHAIN.search(arm) and not arm.startswith("!") for arm in opened),
            buffer.conditional,
            Place(located.path, found.use.line) if found.use else None,
        )
