"""Heaps and allocators in C and Rust code: arenas, their sizes, and what the functions do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Text, blank, c_functions, rust_functions

_ALLOCATES = re.compile(r"\w*(?:malloc|alloc|free|dealloc|calloc)\w*")
_CALL = re.compile(r"\b(?:[A-Za-z_]\w*(?:::|\.|->))*([A-Za-z_]\w*)\s*\(")
_COPIES = re.compile(
    r"\b(?:memcpy|memmove|copy_nonoverlapping|copy|copy_from_slice|realloc|\w+_realloc)\s*\("
    r"|(?:\[\s*\w+\s*\]|\.add\(\w+\)|\*\s*\w+\+\+)\s*=(?!=)"
)
_IGNORES = re.compile(
    r"\(\s*void\s*\)\s*\w+\s*;|\blet\s+_\w*\s*=\s*\w+\s*;|\b\w*UNUSED\w*\s*\(\s*\w+\s*\)"
    r"|\bif\b\s*\(?\s*!?\s*\w+(?:\.is_null\(\)|\s*[!=]=\s*(?:NULL|nullptr|0))?\s*\)?(?=\s*(?:\{|return))"
    r"|\breturn\b\s*(?=;)|\bunsafe\b|[{};\s]"
)
"""What a function that gives nothing back may say all the same."""
_CONST = re.compile(r"\bconst\s+(\w+)\s*:\s*usize\s*=\s*([^;]{1,600});")
_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+([^\n]{1,200})", re.MULTILINE)
_ENVIRONMENT = re.compile(r'option_env!\s*\(\s*"(\w+)"\s*\)')
_DEFAULT = re.compile(r"\bNone\s*=>\s*([^,}]{1,100})|unwrap_or\s*\(\s*([^()]{1,100})\)")
_HEAP_TYPE = re.compile(
    r"\bstatic\s+(?:mut\s+)?(\w+)\s*:\s*(?:(?:\w+::)*\w+<\s*)*(?:\w+::)*\w*(?:Heap|Allocator|Arena)\w*\s*<\s*\{?\s*([^<>{}]{1,100}?)\s*\}?\s*>"
)
_ARRAY = re.compile(
    r"\bstatic\s+(?:mut\s+)?(\w*(?:HEAP|ARENA|POOL|Heap)\w*)\s*:\s*"
    r"(?:(?:\w+::)*\w+<)*\[\s*(?:(?:\w+::)*MaybeUninit<)?u8>?\s*;\s*([^\]]{1,100})\]"
)
_FILLED = re.compile(
    r"\bstatic\s+(?:mut\s+)?(\w*(?:HEAP|ARENA|POOL|Heap)\w*)\s*:\s*[^=;\[\]]{1,80}="
    r"[^;\[\]{}]{0,120}\[\s*0(?:u8)?\s*;\s*([^\]]{1,100})\]"
)
_C_ARRAY = re.compile(
    r"\bstatic\b[^;=(){}\[\]]{0,40}\b(?:u?int8_t|char|byte|UCHAR)\b(?:\s*\w+\([^();]{0,40}\))?"
    r"\s*(\w*(?:heap|HEAP|Heap|arena|ARENA|pool|POOL)\w*)\s*\[([^\]]{1,100})\]"
)
_GLOBAL = re.compile(
    r"\bheap_allocator!\s*\(\s*(?:size\s*:\s*)?([^();]{1,100}(?:\([^()]*\))?[^();]{0,50})\)"
)
_POOL = re.compile(r"\btx_byte_pool_create\s*\(([^;]{1,400})\)\s*;?")
_CFG = re.compile(r"#\[cfg\((.*)\)\]\s*$")


class HeapConstant(msgspec.Struct, frozen=True):
    """A constant of sizes. ``environment`` is the build's variable that replaces ``text``;
    ``optional`` one that is there with some feature only."""

    name: str
    text: str
    line: int
    environment: str = ""
    optional: bool = False


class Arena(msgspec.Struct, frozen=True):
    """Memory that is handed out in parts: ``kind`` is ``static``, ``global`` (Rust's own
    allocator) or ``pool`` (a ThreadX byte pool); ``size`` is an expression in bytes."""

    name: str
    kind: str
    size: str
    line: int
    optional: bool = False


class Allocator(msgspec.Struct, frozen=True):
    """A function that allocates, resizes or frees: ``empty`` does nothing with its argument,
    ``copies`` keeps the contents of a block."""

    name: str
    calls: tuple[str, ...]
    line: int
    empty: bool = False
    copies: bool = False
    exported: bool = True


class HeapCode(msgspec.Struct, frozen=True):
    """The facts of one file."""

    constants: tuple[HeapConstant, ...]
    arenas: tuple[Arena, ...]
    allocators: tuple[Allocator, ...]


def parse_rust(data: bytes) -> HeapCode | None:
    """The heaps of a Rust file."""
    text = blank(decode(data))
    lines = Lines(text.plain)
    constants = tuple(_constants(text, lines))
    arenas = [
        Arena(m[1], "static", m[2], lines.at(m.start()), _optional(text, m.start()))
        for pattern in (_HEAP_TYPE, _ARRAY, _FILLED)
        for m in pattern.finditer(text.code)
    ]
    arenas += [
        Arena("the global allocator", "global", m[1].strip(), lines.at(m.start()),
              _optional(text, m.start()))
        for m in _GLOBAL.finditer(text.code)
    ]  # fmt: skip
    allocators = [
        _allocator(s.name, text.code[s.opened + 1 : s.closed], lines.at(s.start), "pub" in s.before
                   or "extern" in s.before or "no_mangle" in s.before)
        for s in rust_functions(text)
        if _ALLOCATES.fullmatch(s.name)
    ]  # fmt: skip
    return _facts(constants, arenas, allocators)


def parse_c(data: bytes) -> HeapCode | None:
    """The heaps of a C file."""
    text = blank(decode(data))
    lines = Lines(text.plain)
    constants = tuple(
        HeapConstant(m[1], m[2].strip(), lines.at(m.start())) for m in _DEFINE.finditer(text.code)
        if re.search(r"HEAP|POOL|ARENA|SIZE", m[1])
    )  # fmt: skip
    arenas = []
    for found in _POOL.finditer(text.code):
        arguments = found[1].split(",")
        if len(arguments) >= 4:
            name = arguments[0].strip("& \n")
            size = ",".join(arguments[3:]).strip()
            arenas.append(Arena(name, "pool", size, lines.at(found.start())))
    arenas += [
        Arena(m[1], "static", m[2], lines.at(m.start())) for m in _C_ARRAY.finditer(text.code)
    ]
    functions = [s for s in c_functions(text) if _ALLOCATES.fullmatch(s.name)]
    # zenoh-pico's z_malloc takes a size. A zone allocator of that name takes more.
    foreign = any(s.name == "z_malloc" and "," in text.code[s.start : s.opened] for s in functions)
    allocators = [
        _allocator(s.name, text.code[s.opened + 1 : s.closed], lines.at(s.start),
                   "static" not in s.before)
        for s in functions
        if not (foreign and s.name.startswith("z_"))
    ]  # fmt: skip
    return _facts(constants, arenas, allocators)


def _facts(
    constants: tuple[HeapConstant, ...],
    arenas: list[Arena],
    allocators: list[Allocator],
) -> HeapCode | None:
    if not arenas and not allocators:
        return None
    return HeapCode(constants[:60], tuple(arenas[:20]), tuple(allocators[:60]))


def _constants(text: Text, lines: Lines) -> Iterator[HeapConstant]:
    for found in _CONST.finditer(text.plain):
        value, optional = found[2].strip(), _optional(text, found.start())
        environment = _ENVIRONMENT.search(value)
        if environment is None:
            yield HeapConstant(found[1], value, lines.at(found.start()), "", optional)
            continue
        default = _DEFAULT.search(value)
        shown = (default[1] or default[2]).strip() if default else ""
        yield HeapConstant(found[1], shown, lines.at(found.start()), environment[1], optional)


def _optional(text: Text, at: int) -> bool:
    """Whether the item stands under a ``#[cfg(...)]`` that asks for a feature, not against one."""
    before = text.code[:at].rstrip()
    before = before[: before.rfind("\n") + 1] if before.endswith("unsafe") else before
    found = _CFG.search(before.rpartition("\n")[2].strip())
    if found is None:
        return False
    positive = re.sub(r"not\s*\((?:[^()]|\([^()]*\))*\)", "", found[1])
    return "feature" in positive


def _allocator(name: str, body: str, line: int, exported: bool) -> Allocator:
    calls = tuple(dict.fromkeys(_CALL.findall(body)))[:20]
    empty = not _IGNORES.sub("", body)
    return Allocator(name, calls, line, empty, _COPIES.search(body) is not None, exported)
