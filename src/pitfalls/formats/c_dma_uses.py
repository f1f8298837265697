"""Where a C file hands objects to a DMA controller, and where it cares for the data cache."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from pitfalls.formats.c_tokens import Token, closing

_CALL = re.compile(
    r"HAL_(?!ETH_|PCD_)[A-Z0-9]\w*_DMA\w*|HAL_DMA(?:Ex)?_\w*Start\w*"
    r"|HAL_ETH_(?:DMA[RT]xDescListInit|DescAssignMemory)|HAL_PCD_EP_Transmit"
    r"|LL_DMA_(?:SetMemoryAddress|ConfigAddresses|SetM2MSrcAddress|SetM2MDstAddress)"
    r"|uart_rx_enable|uart_rx_buf_rsp|uart_tx"
)
ETH_REGISTERS = frozenset({"DMARDLAR", "DMATDLAR", "DMACRDLAR", "DMACTDLAR"})
"""Of the STM32's Ethernet DMA: where its descriptor lists begin."""

_ADDRESS_REGISTERS = ETH_REGISTERS | {"M0AR", "M1AR", "CMAR", "CM0AR", "CM1AR"}
CACHE = re.compile(
    r"SCB_EnableDCache|SCB_(?:Clean|Invalidate|CleanInvalidate)DCache\w*|HAL_MPU_ConfigRegion"
    r"|arch_dcache_\w+|sys_cache_data_\w+|ARM_MPU_(?:SetRegion\w*|Load\w*)|LL_MPU_ConfigRegion"
)


class CUse(msgspec.Struct, frozen=True):
    """A call (or an assignment to ``.buffer``) with the objects that its arguments name:
    ``eth`` and ``eth.rx`` for ``eth.rx[i]``, ``frame`` and ``&frame`` for ``&frame``."""

    callee: str
    names: tuple[str, ...]
    line: int
    first: str = ""


def calls(found: Sequence[Token]) -> Iterator[CUse]:
    """The calls of a statement that start a transfer, or clean a cache."""
    for index, token in enumerate(found[:-1]):
        if token.kind != "word" or found[index + 1].text != "(":
            continue
        if _CALL.fullmatch(token.text) or CACHE.fullmatch(token.text):
            groups = _arguments(found, index + 2)
            names = [n for group in groups[1:] for n in group]
            first = " ".join(groups[0]) if groups else ""
            if CACHE.fullmatch(token.text):
                names = [n for group in groups for n in group]
            yield CUse(token.text, tuple(dict.fromkeys(names)), token.line, first)


def _arguments(found: Sequence[Token], index: int) -> list[list[str]]:
    """The identifiers of each argument, without those that are only measured by sizeof."""
    groups: list[list[str]] = [[]]
    depth, measured = 1, 0
    for position in range(index, len(found)):
        token = found[position]
        if token.text == "(":
            depth += 1
            if found[position - 1].text == "sizeof":
                measured = depth
        elif token.text == ")":
            if measured == depth:
                measured = 0
            depth -= 1
            if depth == 0:
                break
        elif token.text == "," and depth == 1:
            groups.append([])
        elif token.kind == "word" and not measured:
            groups[-1].extend(_named(found, position))
    return groups


def _named(found: Sequence[Token], position: int) -> list[str]:
    """What a word in an argument names: nothing when it is a field."""
    name, before = found[position].text, [t.text for t in found[position - 2 : position]]
    if before[-1:] == ["."] or before == ["-", ">"]:
        return []
    path, index = name, position + 1
    while index + 1 < len(found) and found[index].text in ("[", "."):
        if found[index].text == "[":
            index = closing(found, index + 1)
        else:
            path += f".{found[index + 1].text}"
            index += 2
    if path != name:
        return [name, path]
    return [name, f"&{name}"] if before[-1:] == ["&"] else [name]


def buffer_fields(found: Sequence[Token]) -> Iterator[CUse]:
    """``Txbuffer[i].buffer = (uint8_t *)page;`` and ``DMA1_Stream5->M0AR = (uint32_t)page;``."""
    texts = [t.text for t in found]
    for index in range(len(texts) - 3):
        if texts[index] in (".", ">") and texts[index + 1] == "buffer" and texts[index + 2] == "=":
            yield CUse("ETH_BufferTypeDef.buffer", _right_of(found, index + 3), found[index].line)
        elif texts[index + 1] in _ADDRESS_REGISTERS and texts[index + 2] == "=":
            yield CUse(texts[index + 1], _right_of(found, index + 3), found[index].line)


def _right_of(found: Sequence[Token], start: int) -> tuple[str, ...]:
    words = [i for i in range(start, len(found)) if found[i].kind == "word"]
    return tuple(name for i in words for name in _named(found, i))
