"""Statics of a Rust file that a DMA controller works on.

Known by their type (a descriptor ring of a published HAL) or by being handed to a call that
starts a transfer.
"""

from __future__ import annotations

import re
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

_MARKS = (*(name.encode() for name in RING_TYPES), b"Transfer::init", b"dcache")
_SECTION = re.compile(r'link_section\s*=\s*"([^"]*)"')
_FIRMWARE = re.compile(r"target_os|target_arch|target_family|not\s*\(\s*test")
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
    """What one file says about DMA and caches; ``mpu`` is whether it touches the MPU."""

    buffers: tuple[RustBuffer, ...]
    cache_calls: tuple[RustCacheCall, ...]
    mpu: bool


def parse(data: bytes) -> RustFile | None:
    """The facts of a file; None when it has neither such statics nor cache calls."""
    if not any(mark in data for mark in _MARKS):
        return None
    root = syntax.parse("rust", data)
    rings = _CRATE.search(data) is not None
    handed = _handed_over(root) if b"Transfer::" in data else frozenset()
    buffers = []
    for node in syntax.descend(root, "static_item"):
        buffer = _buffer(node, handed, rings=rings)
        if buffer is not None:
            buffers.append(buffer)
    calls = tuple(_cache_calls(root)) if b"dcache" in data else ()
    if not buffers and not calls:
        return None
    return RustFile(tuple(buffers), calls, b"MPU" in data or b"mpu" in data)


def _buffer(node: Node, handed: frozenset[str], *, rings: bool) -> RustBuffer | None:
    name = syntax.text(node.child_by_field_name("name"))
    kind = " ".join(syntax.text(node.child_by_field_name("type")).split())
    words = set(_TYPE_WORD.findall(kind))
    is_handle = "&" in kind or "*mut" in kind or "*const" in kind
    if name in handed:
        master = "DMA"
    elif rings and not is_handle and words & RING_TYPES.keys():
        master = "ETH"
    else:
        return None
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
