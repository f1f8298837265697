"""Objects of a C file that a DMA controller may work on, and the calls that hand them over.

Known by what they are, never by a name that holds ``DMA``: a descriptor type of a vendor's HAL, a
placement attribute of an RTOS, or an argument of a call that starts a transfer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from pitfalls.formats import c_dma_uses, c_structs, mpu_regions
from pitfalls.formats.c_dma_uses import CUse
from pitfalls.formats.c_structs import CStruct
from pitfalls.formats.c_tokens import Statement, Token, closing, statements, tokens
from pitfalls.formats.mpu_regions import MpuRegion
from pitfalls.formats.section_macros import section_macros

ETH_TYPES = frozenset({"ETH_DMADescTypeDef", "ETH_DMADESCTypeDef"})
"""Ethernet descriptors of STM32Cube and of ST's older standard library."""

ESP_TYPES = frozenset({"lldesc_t", "dma_descriptor_t", "dma_descriptor_align4_t"})
"""Linked-list descriptors of ESP-IDF."""

PLACING = frozenset(
    {
        "__nocache", "__nocache_noinit", "__nocache_load",
        "__ccm_data_section", "__ccm_bss_section", "__ccm_noinit_section",
        "__dtcm_data_section", "__dtcm_bss_section", "__dtcm_noinit_section",
        "DMA_ATTR", "WORD_ALIGNED_ATTR", "EXT_RAM_ATTR", "EXT_RAM_BSS_ATTR", "EXT_RAM_NOINIT_ATTR",
    }
)  # fmt: skip
"""Placement attributes of Zephyr and ESP-IDF."""

_HAL_ITSELF = re.compile(rb"^HAL_StatusTypeDef\s+HAL_\w+\s*\(", re.MULTILINE)
MAX_WRAPPERS = 4
"""ALIGN_32BYTES(ALIGN_32BYTES(…)) nested deeper is not looked into."""

_SECTION = re.compile(r"section", re.IGNORECASE)
_MACRO = re.compile(r"[A-Z][A-Z0-9_]{2,}")


class CBuffer(msgspec.Struct, frozen=True):
    """An object with static storage. ``words`` are the identifiers of its type and its
    attributes; ``address`` is absolute where IAR or Arm Compiler syntax gives one;
    ``conditional`` says that an ``#if`` inside the declaration decides about its attributes."""

    name: str
    line: int
    words: tuple[str, ...]
    section: str = ""
    address: int | None = None
    is_array: bool = False
    is_initialised: bool = False
    arms: tuple[str, ...] = ()
    conditional: bool = False

    @property
    def is_const(self) -> bool:
        """Whether it may live in flash."""
        return "const" in self.words

    @property
    def macros(self) -> tuple[str, ...]:
        """The words that look like macros, any of which may place it."""
        return tuple(w for w in self.words if _MACRO.fullmatch(w) and w not in PLACING)


class CFile(msgspec.Struct, frozen=True):
    """What one file says about DMA and caches."""

    buffers: tuple[CBuffer, ...]
    uses: tuple[CUse, ...]
    cache_calls: tuple[CUse, ...]
    mpu: tuple[MpuRegion, ...]
    structs: tuple[CStruct, ...] = ()


def parse(data: bytes) -> CFile | None:
    """The facts of a file; None for one without any, and for a vendor's HAL itself."""
    if _HAL_ITSELF.search(data):
        return None
    buffers: list[CBuffer] = []
    uses: list[CUse] = []
    cache: list[CUse] = []
    mpu: list[MpuRegion] = []
    fields: dict[str, str] = {}
    placing = section_macros(data)
    found = tokens(data)
    for statement in statements(found):
        for use in c_dma_uses.calls(statement.tokens):
            if c_dma_uses.CACHE.fullmatch(use.callee):
                cache.append(use)
                if use.callee == "HAL_MPU_ConfigRegion":
                    region = mpu_regions.region(fields, use.line)
                    mpu += [region] if region is not None else []
            else:
                uses.append(use)
        uses.extend(c_dma_uses.buffer_fields(statement.tokens))
        _remember_field(statement.tokens, fields)
        if statement.ended:
            buffers.extend(_objects(statement, placing))
    named = {name for use in uses for name in use.names}
    structs = c_structs.structs(found) if b"struct" in data or b"class" in data else ()
    wanted = ETH_TYPES | ESP_TYPES | PLACING | _holders(structs)
    types = {s.names[0] for s in structs if s.is_bare}
    objects = [b for b in buffers if b.name not in types]
    kept = tuple(b for b in objects if b.name in named or wanted & {b.name, *b.words})
    if not (kept or uses or cache):
        return None
    return CFile(kept, tuple(uses), tuple(cache), tuple(mpu), structs if kept else ())


def _holders(structs: Sequence[CStruct]) -> set[str]:
    """Names of structs that hold descriptors, or a struct that does."""
    found: set[str] = set()
    for _ in range(c_structs.MAX_NESTING):
        kinds = ETH_TYPES | ESP_TYPES | found
        held = {n for s in structs if any(kinds & set(f.words) for f in s.fields) for n in s.names}
        if held <= found:
            break
        found |= held
    return found


def _remember_field(found: Sequence[Token], fields: dict[str, str]) -> None:
    """Keep ``x.BaseAddress = …`` for the HAL_MPU_ConfigRegion that follows."""
    texts = [t.text for t in found]
    if "=" in texts:
        at = texts.index("=")
        if at >= 2 and texts[at - 2] in (".", ">"):
            fields[texts[at - 1]] = " ".join(texts[at + 1 :])


def _objects(statement: Statement, placing: dict[str, str]) -> Iterator[CBuffer]:
    """The objects with static storage that one statement declares."""
    found = [t for t in statement.tokens if t.kind != "pragma"]
    words = {t.text for t in found}
    if not found or words & {"typedef", "extern", "return"}:
        return
    if statement.inside and "static" not in words:
        return
    section, address, plain = _attributes(statement.tokens)
    named = (placing[t.text] for t in found if t.text in placing)
    section = section or next(named, "")
    plain = [t for t in plain if t.text not in placing]
    equals = next((i for i, t in enumerate(plain) if t.text == "="), len(plain))
    head = plain[:equals]
    if any(t.text in ("(", ")") for t in head):
        return  # a function, or a pointer to one
    for part in _split(head):
        if any(t.text == "*" for t in part):
            continue
        bracket = next((i for i, t in enumerate(part) if t.text == "["), len(part))
        names = [t for t in part[:bracket] if t.kind == "word" and t.text not in PLACING]
        names = [t for t in names if not t.text.startswith("__")]
        if len(names) < 2 and part is head:
            continue
        if not names:
            continue
        identifiers = tuple(t.text for t in plain[:equals] if t.kind == "word")
        yield CBuffer(
            names[-1].text,
            names[-1].line,
            tuple(w for w in dict.fromkeys(identifiers) if w != names[-1].text),
            section,
            address,
            bracket < len(part),
            equals < len(plain),
            names[-1].arms,
            any(t.arms != names[-1].arms for t in statement.tokens),
        )


def _split(head: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The declarators of ``type a[2], b[2]``."""
    start = depth = 0
    for index, token in enumerate(head):
        depth += (token.text == "[") - (token.text == "]")
        if token.text == "," and depth == 0:
            yield head[start:index]
            start = index + 1
    yield head[start:]


def _attributes(found: Sequence[Token], depth: int = 0) -> tuple[str, int | None, list[Token]]:
    """Section, absolute address, and the declaration without its attributes."""
    section, address = "", None
    plain: list[Token] = []
    index = 0
    while index < len(found):
        token = found[index]
        following = found[index + 1] if index + 1 < len(found) else None
        if token.kind == "pragma":
            place = re.match(r"location\s*=\s*(.+)", token.text)
            if place:
                section, address = _placed(place[1], section, address)
        elif token.text == "@" and following is not None:
            section, address = _placed(following.text, section, address)
            index += 1
        elif token.kind == "word" and following is not None and following.text == "(":
            end = closing(found, index + 2)
            group = found[index + 2 : end - 1]
            texts = [t.text for t in group]
            if token.text.startswith("ALIGN") and "[" in texts and depth < MAX_WRAPPERS:
                # ALIGN_32BYTES(static uint8_t buffer[64])
                inner_section, inner_address, inner = _attributes(group, depth + 1)
                section, address = inner_section or section, inner_address or address
                plain.extend(inner)
            else:
                strings = [t.text.strip('"') for t in group if t.kind == "string"]
                if strings and _SECTION.search(" ".join([token.text, *texts])):
                    section = strings[0]
                if "at" in texts:
                    numbers = [mpu_regions.number(t.text) for t in group if t.kind == "number"]
                    address = numbers[0] if numbers else address
                if token.text.startswith("__") or token.text.isupper():
                    index = end
                    continue
                plain.append(token)
                plain.extend(found[index + 1 : end])
            index = end
            continue
        else:
            plain.append(token)
        index += 1
    return section, address, plain


def _placed(text: str, section: str, address: int | None) -> tuple[str, int | None]:
    if text.startswith('"'):
        return text.strip('"'), address
    return section, mpu_regions.number(text) if mpu_regions.number(text) is not None else address
