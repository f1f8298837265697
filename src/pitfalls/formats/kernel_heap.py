"""Which of FreeRTOS's ``heap_1.c`` to ``heap_5.c`` a build file names."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_HEAP = re.compile(r"\bheap_([1-5])\b|FREERTOS_HEAP\"?\s*[,= ]\s*\"?([1-5])\b")


class KernelHeap(msgspec.Struct, frozen=True):
    """The scheme's number and the line."""

    scheme: int
    line: int


class KernelHeaps(msgspec.Struct, frozen=True):
    """All schemes that a file names."""

    heaps: tuple[KernelHeap, ...]


def parse(data: bytes) -> KernelHeaps | None:
    """The schemes named outside comment lines; None when there are none."""
    found = [
        KernelHeap(int(match[1] or match[2]), number)
        for number, row in enumerate(decode(data).splitlines(), 1)
        if not row.lstrip().startswith(("#", "//"))
        for match in _HEAP.finditer(row[:2000])
    ]
    return KernelHeaps(tuple(found)) if found else None
