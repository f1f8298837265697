"""Threads, stacks and work items of Zephyr code, whose macros no C parser knows."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_lines import object_macros
from pitfalls.formats.code_text import blank

_STACK = re.compile(
    r"\bK_(?:THREAD|KERNEL)_STACK_DEFINE\s*\(\s*(\w+)\s*,\s*([^;{}\n]{1,200}?)\s*\)\s*;"
)
_THREAD = re.compile(r"\bK_THREAD_DEFINE\s*\(\s*(\w+)\s*,\s*([^,;{}]{1,200}?)\s*,\s*(\w+)\s*,")
_CREATE = re.compile(
    r"\bk_thread_create\s*\(\s*[^,;]{1,100},\s*(\w+)\s*,[^;]{0,200}?,\s*(?:\([^()]*\)\s*)?(\w+)\s*,"
)
_WORK = re.compile(
    r"\bK_WORK_(?:DELAYABLE_)?DEFINE\s*\(\s*\w+\s*,\s*(\w+)\s*\)"
    r"|\bk_work_init(?:_delayable)?\s*\(\s*[^,;]{1,100},\s*(\w+)\s*\)"
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ROUNDS = 3
_MAX_TEXT = 300


class Thread(msgspec.Struct, frozen=True):
    """A thread with a stack of its own; ``size`` is the text of its stack's size in bytes."""

    entry: str
    size: str
    line: int


class ZephyrThreads(msgspec.Struct, frozen=True):
    """The facts of one file; ``handlers`` are functions of work items, with their lines."""

    threads: tuple[Thread, ...]
    handlers: tuple[tuple[str, int], ...]


def parse(data: bytes) -> ZephyrThreads | None:
    """The threads and work items of a C file; None when it has none."""
    text = decode(data)
    source = blank(text).code
    macros = object_macros(text)

    def line(found: re.Match[str]) -> int:
        return source.count("\n", 0, found.start()) + 1

    def size(written: str) -> str:
        """With the file's own macros filled in."""
        for _ in range(_ROUNDS):
            written = _NAME.sub(
                lambda m: f"({macros[m[0]][0]})" if m[0] in macros else m[0], written
            )
        return written[:_MAX_TEXT]

    stacks = {m[1]: (size(m[2]), line(m)) for m in _STACK.finditer(source)}
    threads = [Thread(m[3], size(m[2]), line(m)) for m in _THREAD.finditer(source)]
    created = (m for m in _CREATE.finditer(source) if m[1] in stacks)
    threads += [Thread(m[2], *stacks[m[1]]) for m in created]
    handlers = tuple((m[1] or m[2], line(m)) for m in _WORK.finditer(source))
    return ZephyrThreads(tuple(threads), handlers) if threads or handlers else None
