"""Statics of a Rust file that a DMA controller works on.

Known by their type (a descriptor ring of a published HAL) or by being handed to a call that
starts a transfer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats import syntax

if TYPE_CHECKING:
    from tree_sitter import Node

RING_TYPES = {
    "RxRingEntry": "stm32-eth",
    "TxRingEntry": "stm32-eth",
    "RxDescriptorRing": "stm32-eth",
    "TxDescriptorRing": "stm32-eth",
    "PacketQueue": "embassy-stm32",
    "TDes": "embassy-stm32",
    "RDes": "embassy-stm32",
    "DesRing": "stm32h7xx-hal",
}
"""Descriptor rings that an Ethernet DMA walks, with the package that defines them."""

MAX_NESTING = 4
"""Structs inside structs that are followed."""

_MARKS = (*(name.encode() for name in RING_TYPES), b"Transfer::init", b"dcache")
_SECTION = re.compile(r'link_section\s*=\s*"([^"]*)"')
_FIRMWARE = re.compile(r"target_os|target_arch|target_family|not\s*\(\s*test")
_POINTS = re.compile(r"[&*]|\bBox\b|\bVec\b|\bPhantomData\b")
_TYPE_WORD = re.compile(r"\b\w+\b")
_TRANSFER = re.compile(r"\bTransfer::init\w*$|\bTransfer::new\w*$")
_CRATE = re.compile(rb"\b(?:stm32_eth|embassy_stm32|stm32h7xx_hal|ethernet)\b")


class RustBuffer(msgspec.Struct, frozen=True):
    """A static. ``section`` is that of its ``link_section``, empty for none; ``conditional``
    says that a feature decides about it in a
    ``cfg_attr``; ``master`` is ``ETH`` or ``DMA``."""

    name: str
    type: str
    line: int
    end_line: int
    section: str
    section_line: int
    conditional: bool
    master: str


class RustCacheCall(msgspec.Struct, frozen=True):
    """A call on the data cache: ``enable_dcache``, ``clean_dcache_by_slice`` …."""

    name: str
    line: int


class RustFile(msgspec.Struct, frozen=True):
    """What one file says about DMA and caches; ``mpu`` is whether it touches the MPU; ``holders``
    are the structs that hold rings inside them, each with the type of the ring."""

    buffers: tuple[RustBuffer, ...]
    cache_calls: tuple[RustCacheCall, ...]
    mpu: bool
    holders: tuple[tuple[str, str], ...] = ()


class RustStatics(msgspec.Struct, frozen=True):
    """The statics of a file that hold their object inside them; ``master`` is empty."""

    statics: tuple[RustBuffer, ...]


def parse(data: bytes) -> RustFile | None:
    """The facts of a file; None when it has neither such statics nor cache calls."""
    if not any(mark in data for mark in _MARKS):
        return None
    root = syntax.parse("rust", data)
    rings = _CRATE.search(data) is not None
    handed = _handed_over(root) if b"Transfer::" in data else frozenset()
    buffers = []
    for node in syntax.descend(root, "static_item"):
        master = _master(node, handed, rings=rings)
        buffer = _buffer(node, master) if master else None
        if buffer is not None:
            buffers.append(buffer)
    calls = tuple(_cache_calls(root)) if b"dcache" in data else ()
    holders = tuple(_holders(root)) if rings else ()
    if not (buffers or calls or holders):
        return None
    return RustFile(tuple(buffers), calls, b"MPU" in data or b"mpu" in data, holders)


def parse_statics(data: bytes) -> RustStatics | None:
    """Every static of a file but those that only point elsewhere; None when it has none."""
    if b"static " not in data:
        return None
    nodes = syntax.descend(syntax.parse("rust", data), "static_item")
    found = (_buffer(node, "") for node in nodes if not _POINTS.search(_type(node)))
    statics = tuple(buffer for buffer in found if buffer is not None)
    return RustStatics(statics) if statics else None


def _type(node: Node) -> str:
    return " ".join(syntax.text(node.child_by_field_name("type")).split())


def _master(node: Node, handed: frozenset[str], *, rings: bool) -> str:
    if syntax.text(node.child_by_field_name("name")) in handed:
        return "DMA"
    kind = _type(node)
    held = rings and not _POINTS.search(kind) and set(_TYPE_WORD.findall(kind)) & RING_TYPES.keys()
    return "ETH" if held else ""


def _holders(root: Node) -> Iterator[tuple[str, str]]:
    """Structs with a ring among their fields, or with such a struct of the same file."""
    fields: dict[str, set[str]] = {}
    for struct in syntax.descend(root, "struct_item"):
        kinds = [_type(field) for field in syntax.descend(struct, "field_declaration")]
        words = {w for kind in kinds if not _POINTS.search(kind) for w in _TYPE_WORD.findall(kind)}
        fields[syntax.text(struct.child_by_field_name("name"))] = words
    held: dict[str, str] = {}
    for _ in range(MAX_NESTING):
        for name, words in fields.items():
            ring = next(iter(sorted(words & RING_TYPES.keys())), "")
            inner = next((held[word] for word in sorted(words) if word in held), "")
            if name not in held and (ring or inner):
                held[name] = ring or inner
    yield from held.items()


def _buffer(node: Node, master: str) -> RustBuffer | None:
    name = syntax.text(node.child_by_field_name("name"))
    kind = _type(node)
    section, section_line, conditional = "", 0, False
    before = node.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment", "block_comment"):
        text = syntax.text(before)
        if before.type == "attribute_item":
            if re.search(r"\bcfg\s*\(\s*test\s*\)", text):
                return None
            found = _SECTION.search(text)
            if found:
                section, section_line = found[1], syntax.line(before)
                conditional = "cfg_attr" in text and not _FIRMWARE.search(text)
        before = before.prev_named_sibling
    return RustBuffer(
        name,
        kind,
        syntax.line(node),
        syntax.end_line(node),
        section,
        section_line,
        conditional,
        master,
    )


def _handed_over(root: Node) -> frozenset[str]:
    """Names of statics among the arguments of ``Transfer::init…``."""
    names: set[str] = set()
    for call in syntax.descend(root, "call_expression"):
        if not _TRANSFER.search(syntax.text(call.child_by_field_name("function"))):
            continue
        arguments = call.child_by_field_name("arguments")
        if arguments is not None:
            names.update(syntax.text(node) for node in syntax.descend(arguments, "identifier"))
    return frozenset(name for name in names if name.isupper())


def _cache_calls(root: Node) -> list[RustCacheCall]:
    calls = []
    for call in syntax.descend(root, "call_expression"):
        function = call.child_by_field_name("function")
        name = syntax.text(function).rpartition(".")[2]
        if function is not None and re.fullmatch(r"\w*dcache\w*", name):
            calls.append(RustCacheCall(name, syntax.line(function)))
    return calls
