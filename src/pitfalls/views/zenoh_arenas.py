"""Heaps that code makes: static arenas behind z_malloc, ThreadX byte pools, Rust's own heap."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitfalls.formats import cargo_environment, heap_code
from pitfalls.formats.c_expression import evaluate, tokenize
from pitfalls.formats.cargo_environment import CargoEnvironment
from pitfalls.formats.heap_code import Arena, HeapCode
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.crate_links import CrateLinks
from pitfalls.views.header_macros import Finder, header_macros
from pitfalls.views.heap import Heap
from pitfalls.views.heap_rows import BY_PLATFORM, ROWS
from pitfalls.views.layout import Layout
from pitfalls.views.rust_modules import is_live

RUST_HEAPS = Selection(
    name="heaps in Rust code",
    type=HeapCode,
    parse=heap_code.parse_rust,
    names=("*.rs",),
    needles=(b"z_malloc", b"z_free", b"z_realloc", b"heap_allocator!", b"Heap<", b"HEAP_MEM",
             b"HEAP:"),
)  # fmt: skip
C_HEAPS = Selection(
    name="heaps in C code",
    type=HeapCode,
    parse=heap_code.parse_c,
    names=("*.c", "*.cpp", "*.cc"),
    needles=(b"z_malloc", b"z_free", b"z_realloc", b"tx_byte_pool_create", b"_dealloc("),
)
CARGO_ENVIRONMENTS = Selection(
    name="build variables of Cargo",
    type=CargoEnvironment,
    parse=cargo_environment.parse,
    names=("config.toml",),
    needles=(b"[env]",),
)

_ALLOCATES = re.compile(r"(?:\w+_)?(?:m?alloc)")
_ZENOH = re.compile(r"zenoh|zpico|rmw")
_FREES = re.compile(r"(?:\w+_)?(?:free|dealloc)")
_OTHER_CHIP = re.compile(r"esp32-?(?:s2|s3|c2|c6|h2|p4)")
_TEST_CODE = re.compile(
    r"(?:^|/)(?:tests?|mocks?|stubs?|benches|\w*stubs)/|host|posix|native|linux"
)
_SAYS_NOTHING = re.compile(r"#[^\n]*|^\[patch\b[^\n]*\n(?:(?!\[)[^\n]*\n?)*", re.MULTILINE)
_MODULES = re.compile(r"(?:\w+::)+")
_NAME = re.compile(r"[A-Z][A-Z0-9_]+")
_MAX_DEPTH = 6


def own_heaps(source: Source) -> list[Located[HeapCode]]:
    """The facts of the tree's own code that is no test."""
    layout = source.view(Layout)
    return [
        file
        for selection in (RUST_HEAPS, C_HEAPS)
        for file in source.facts(selection)
        if layout.is_evidence(file.path)
        and not _TEST_CODE.search(file.path)
        and is_live(file.path, source.read)
    ]


def defines(facts: HeapCode, name: str) -> bool:
    """Whether a file defines the function."""
    return any(a.name == name for a in facts.allocators)


def arenas(source: Source, files: list[Located[HeapCode]], zenoh: bool) -> Iterator[Heap]:
    """The heaps of code in trees with zenoh."""
    layout = source.view(Layout)
    zenoh = zenoh or any(defines(file.facts, "z_malloc") for file in files)
    links = CrateLinks(source.facts(MANIFESTS))
    giving = {links.crate_of(file.path) for file in files if _reached(file.facts)}
    for file in files if zenoh else ():
        platform = layout.platform_of(file.path)
        for arena in file.facts.arenas:
            if arena.optional or _OTHER_CHIP.search(file.path):
                continue
            if arena.kind == "pool":
                yield _heap(source, file, arena, "threadx", "a byte pool")
            elif arena.kind == "global" and platform == "esp32-c3":
                crate = links.crate_of(file.path)
                if crate and crate not in giving and not links.mentions(crate, _ZENOH):
                    continue
                yield _heap(source, file, arena, "c3_rust", "Rust's allocator, not z_malloc")
            elif arena.kind == "static" and platform in BY_PLATFORM:
                how = _reached(file.facts)
                if how:
                    row = BY_PLATFORM[platform].key
                    yield _heap(source, file, arena, row, how)
                    yield from _overridden(source, file, arena, row, platform)


def _reached(facts: HeapCode) -> str:
    """How z_malloc gets to the arenas of the same file; empty when it does not. That one of them is
    Rust's global allocator as well does not matter."""
    if defines(facts, "z_malloc"):
        return "z_malloc"
    gives = next((a.name for a in facts.allocators if _ALLOCATES.fullmatch(a.name)), "")
    frees = any(_FREES.fullmatch(a.name) for a in facts.allocators)
    return f"the platform's {gives}()" if gives and frees else ""


def _heap(source: Source, file: Located[HeapCode], arena: Arena, row: str, how: str) -> Heap:
    layout, start = source.view(Layout), Place(file.path, arena.line)
    folder = layout.subject_of(file.path).removeprefix(".")
    size, place, environment = resolved(file, arena.size, start, header_macros(source, folder))
    chain = [Related(start, f"{arena.name} is made here")]
    if environment:
        how += f"; {environment} may replace it"
    subject = layout.subject_of(file.path)
    platform = layout.platform_of(file.path) or ("threadx" if row == "threadx" else "")
    return Heap(
        ROWS[row], arena.name, size, place, subject, platform, how, arena.size,
        tuple(hop for hop in chain if hop.place != place),
    )  # fmt: skip


def resolved(
    file: Located[HeapCode], text: str, place: Place, elsewhere: Finder, depth: int = 0
) -> tuple[int | None, Place, str]:
    """The bytes behind an expression, the line that sets them, and the build's variable that may
    replace them. Of constants under different features the one without a feature counts; what the
    file does not define, ``elsewhere`` may."""
    environment = ""
    words = tokenize(_MODULES.sub("", text))
    for at, word in enumerate(words):
        found = [c for c in file.facts.constants if c.name == word]
        known = [c for c in found if not c.optional] or found
        if known and depth < _MAX_DEPTH:
            constant = known[-1]
            where = Place(file.path, constant.line)
            value, where, inner = resolved(file, constant.text, where, elsewhere, depth + 1)
            words[at] = str(value) if value is not None else "unknown"
            environment = environment or constant.environment or inner
            place = where
        elif not found and _NAME.fullmatch(word) and (given := elsewhere(word, file.path)):
            value, place = evaluate(tokenize(given[0])), given[1]
            words[at] = str(value) if value is not None else "unknown"
    return evaluate(words), place, environment


def _overridden(
    source: Source, file: Located[HeapCode], arena: Arena, row: str, platform: str
) -> Iterator[Heap]:
    """Builds that set the variable in ``.cargo/config.toml``."""
    layout = source.view(Layout)
    _, _, environment = resolved(file, arena.size, Place(file.path), lambda *_: None)
    for config in source.facts(CARGO_ENVIRONMENTS) if environment else ():
        if not layout.is_evidence(config.path):
            continue
        folder = config.path.removesuffix("config.toml").removesuffix(".cargo/").rstrip("/")
        manifest = source.read(f"{folder}/Cargo.toml" if folder else "Cargo.toml") or b""
        text = config.facts.text + manifest.decode("utf-8", "replace")
        if platform not in _platforms(text, layout) or _is_without_zenoh(text):
            continue
        for variable in config.facts.variables:
            if variable.name == environment:
                place = Place(config.path, variable.line)
                yield Heap(
                    ROWS[row], arena.name, evaluate(tokenize(variable.value)), place,
                    folder or ".", platform, f"{environment} of this build", environment,
                    (Related(Place(file.path, arena.line), f"{arena.name} takes it"),),
                )  # fmt: skip


def _platforms(text: str, layout: Layout) -> set[str]:
    """The platforms that the words of a manifest name."""
    words = set(re.findall(r"[\w-]*(?:mps2|esp32|stm32)[\w-]*", text.lower()))
    return {layout.platform_of(word) for word in words}


def _is_without_zenoh(text: str) -> bool:
    """Whether another middleware is used, and no dependency or feature speaks of zenoh: comments
    and tables that only say where a crate would come from do not count."""
    text = _SAYS_NOTHING.sub("", text)
    return "zenoh" not in text and ("xrce" in text or "dds" in text)
