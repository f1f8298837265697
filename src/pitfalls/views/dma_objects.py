"""The objects of the target that a DMA controller works on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from msgspec import structs

from pitfalls.formats import c_buffers, rust_buffers
from pitfalls.formats.c_buffers import CBuffer, CFile, CUse
from pitfalls.formats.rust_buffers import RustBuffer, RustFile
from pitfalls.formats.section_macros import SECTION
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
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
        b"ETH_BufferTypeDef", b"LL_DMA_", b"M0AR", b"M1AR", b"CMAR",
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

_OTHER_TOOLCHAIN = re.compile(r"__ICCARM__|__IAR_|__CC_ARM|__ARMCC_VERSION|__ARMCOMPILER")
_SERIAL_FLASH = re.compile(r"HAL_(?:QSPI|OSPI|XSPI|JPEG)_")


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

    uses = (C_BUFFERS, RUST_BUFFERS, Layout)

    def __init__(self, objects: Iterable[DmaObject]) -> None:
        self.objects = tuple(objects)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From C and Rust files of the target's own firmware."""
        layout = source.view(Layout)
        found: list[DmaObject] = []
        for c_file in source.facts(C_BUFFERS):
            if layout.is_evidence(c_file.path):
                found.extend(_c_objects(_placed(source, c_file)))
        for rust_file in source.facts(RUST_BUFFERS):
            if layout.is_evidence(rust_file.path):
                found.extend(_rust_object(rust_file.path, b) for b in rust_file.facts.buffers)
        return cls(found)


def _placed(source: Source, located: Located[CFile]) -> Located[CFile]:
    """The same with the sections that macros of the project's headers name."""
    folder = source.view(Layout).subject_of(located.path).removeprefix(".")
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


def _rust_object(path: str, buffer: RustBuffer) -> DmaObject:
    return DmaObject(
        buffer.name,
        Place(path, buffer.line, buffer.end_line if buffer.end_line > buffer.line else None),
        buffer.master,
        f"its type is {buffer.type}" if buffer.master == "ETH" else "it is given to a transfer",
        buffer.section,
        Place(path, buffer.section_line) if buffer.section else None,
        conditional=buffer.conditional,
    )


def _c_objects(located: Located[CFile]) -> Iterator[DmaObject]:
    for buffer in located.facts.buffers:
        use = next((u for u in located.facts.uses if buffer.name in u.names), None)
        role = _role(buffer, use)
        if role is None or any(re.fullmatch(r"\(?\s*0\s*\)?", arm) for arm in buffer.arms):
            continue
        master, why = role
        opened = [arm.rpartition(" ; ")[2] for arm in buffer.arms]
        place = Place(located.path, buffer.line)
        yield DmaObject(
            buffer.name,
            place,
            master,
            why,
            buffer.section,
            place if buffer.section else None,
            next((w for w in buffer.words if w in c_buffers.PLACING), ""),
            buffer.address,
            buffer.is_const,
            buffer.is_initialised,
            any(_OTHER_TOOLCHAIN.search(arm) and not arm.startswith("!") for arm in opened),
            buffer.conditional,
            Place(located.path, use.line) if use else None,
        )


def _role(buffer: CBuffer, use: CUse | None) -> tuple[str, str] | None:
    """Master and reason; None for what is no DMA object: a handle, an object only placed."""
    if use is not None and (buffer.is_array or use.callee.startswith("HAL_ETH")):
        if use.callee.startswith(("HAL_ETH", "ETH_")):
            return "ETH", f"it is given to {use.callee}"
        if use.callee == "HAL_PCD_EP_Transmit":
            return ("OTG_HS", f"it is given to {use.callee}") if "HS" in use.first else None
        master = "QSPI" if _SERIAL_FLASH.match(use.callee) else "DMA"
        return master, f"it is given to {use.callee}"
    kinds = set(buffer.words)
    if kinds & c_buffers.ETH_TYPES:
        return "ETH", f"its type is {sorted(kinds & c_buffers.ETH_TYPES)[0]}"
    if kinds & c_buffers.ESP_TYPES:
        return "DMA", f"its type is {sorted(kinds & c_buffers.ESP_TYPES)[0]}"
    if "DMA_ATTR" in kinds:
        return "DMA", "it is marked DMA_ATTR"
    return None
