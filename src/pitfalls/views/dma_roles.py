"""Which master works on an object of a C file, and what shows it: a call, or its type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pitfalls.formats import c_buffers, c_structs
from pitfalls.formats.c_buffers import CBuffer
from pitfalls.formats.c_dma_uses import ETH_REGISTERS, CUse
from pitfalls.formats.c_structs import CField, CStruct, CStructs
from pitfalls.source import Selection, Source

HEADER_STRUCTS = Selection(
    "c-structs", CStructs, c_structs.parse, names=("*.h", "*.hpp"), lazy=True
)
_SERIAL_FLASH = ("HAL_QSPI_", "HAL_OSPI_", "HAL_XSPI_", "HAL_JPEG_")


class Role(NamedTuple):
    """The master, why it is one, and the use that shows it."""

    master: str
    why: str
    use: CUse | None = None


def role(buffer: CBuffer, uses: Iterable[CUse], fields: dict[str, CField]) -> Role | None:
    """None for what is no DMA object: a handle, a pointer's target, an object only placed."""
    if fields:
        return next(_by_field(buffer, uses, fields), None) or _by_type_of_field(fields)
    use = next((u for u in uses if buffer.name in u.names), None)
    if use is not None and (buffer.is_array or use.callee.startswith("HAL_ETH")):
        return _by_use(use, "it")
    kinds = set(buffer.words)
    if kinds & c_buffers.ETH_TYPES:
        return Role("ETH", f"its type is {sorted(kinds & c_buffers.ETH_TYPES)[0]}", use)
    if kinds & c_buffers.ESP_TYPES:
        return Role("DMA", f"its type is {sorted(kinds & c_buffers.ESP_TYPES)[0]}", use)
    return Role("DMA", "it is marked DMA_ATTR", use) if "DMA_ATTR" in kinds else None


def _by_use(use: CUse, what: str) -> Role | None:
    why = f"{what} is given to {use.callee}"
    if use.callee.startswith(("HAL_ETH", "ETH_")) or use.callee in ETH_REGISTERS:
        return Role("ETH", why, use)
    if use.callee == "HAL_PCD_EP_Transmit":
        return Role("OTG_HS", why, use) if "HS" in use.first else None
    return Role("QSPI" if use.callee.startswith(_SERIAL_FLASH) else "DMA", why, use)


def _by_field(buffer: CBuffer, uses: Iterable[CUse], fields: dict[str, CField]) -> Iterator[Role]:
    """The struct as a whole, or an array inside it, is handed over."""
    for use in uses:
        for name in use.names:
            field = fields.get(name.removeprefix(f"{buffer.name}."))
            if name == f"&{buffer.name}":
                found = _by_use(use, "it")
            elif field is not None and field.is_array and name != field.name:
                found = _by_use(use, f"its field {field.name}")
            else:
                continue
            if found is not None:
                yield found


def _by_type_of_field(fields: dict[str, CField]) -> Role | None:
    for master, types in (("ETH", c_buffers.ETH_TYPES), ("DMA", c_buffers.ESP_TYPES)):
        for name, field in fields.items():
            if types & set(field.words):
                kind = sorted(types & set(field.words))[0]
                return Role(master, f"the type of its field {name} is {kind}")
    return None


class StructTypes:
    """The structs that a C file can see: its own, and those of headers below a folder."""

    def __init__(self, source: Source, folder: str, own: Iterable[CStruct]) -> None:
        self._source = source
        self._prefix = f"{folder}/" if folder else ""
        self._own = {name: struct for struct in own for name in struct.names}

    def fields(self, buffer: CBuffer, *, handed: bool) -> dict[str, CField]:
        """The fields of an object; headers are read where a use tells that it is ``handed``."""
        words = [word for word in buffer.words if word not in ("static", "struct", "const")]
        known = self._own
        if handed and not known.keys() & {buffer.name, *words}:
            known = known | self._of_headers(words)
        inline = [] if known.keys() & set(words) else [buffer.name]
        return c_structs.fields_of([*words, *inline], known)

    def _of_headers(self, words: list[str]) -> dict[str, CStruct]:
        named = [w.encode() for w in words if not w.startswith("__")]
        paths = self._source.holding(HEADER_STRUCTS, named)
        files = [p for p in paths if p.startswith(self._prefix)]
        structs = [s for f in self._source.facts_of(HEADER_STRUCTS, files) for s in f.facts.structs]
        found: dict[str, CStruct] = {}
        for struct in structs:
            for name in struct.names:
                # The same name for two structs: neither is believed.
                same = found.get(name, struct) == struct
                found[name] = struct if same else CStruct((name,), ())
        return found
