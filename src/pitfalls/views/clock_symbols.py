"""Clock symbols that a linked stack needs, their definitions, types, and crates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import clock_types
from pitfalls.formats.clock_types import ClockType
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.clock_contexts import Func
from pitfalls.views.clock_functions import ClockFunctions
from pitfalls.views.clock_needs import Definer, Firmwares
from pitfalls.views.crate_features import CrateFeatures
from pitfalls.views.crate_links import CrateLinks
from pitfalls.views.layout import Layout
from pitfalls.views.rust_modules import module_conditions

TYPES = Selection(
    name="types of z_clock_t",
    type=ClockType,
    parse=clock_types.parse,
    names=("*.h",),
    needles=(b"z_clock_t;",),
)

INTERFACE = re.compile(r"z_clock_now|smoltcp_clock\w*|uxr_(?:millis|nanos)")
"""Symbols that a network stack takes from its port."""

_ELSEWHERE = re.compile(r"z_|uxr_|HAL_|sys_|millis|micros")
"""Symbols that a library outside the tree may define."""

_VENDORS = re.compile(r"HAL_|sys_|millis|micros")
"""What C code declares of its own vendor's library: no interface between a stack and a port."""

LITERAL = ("smoltcp_clock_now_ms", "z_clock_now", "z_clock_elapsed_us", "z_clock_elapsed_ms",
           "z_clock_elapsed_s", "z_clock_advance_us", "z_clock_advance_ms",
           "z_clock_advance_s")  # fmt: skip
"""The eight names of the original."""


Outcome = Literal["defined", "missing", "unlinked", "unknown"]


@dataclass(frozen=True)
class Need:
    """A declaration of a symbol that is defined elsewhere. ``defined`` somewhere that is linked;
    ``missing`` in the whole tree; ``unlinked`` is defined, but for no build of ``firmware``."""

    name: str
    place: Place
    outcome: Outcome
    firmware: str
    subject: str
    platform: str
    related: tuple[Related, ...]
    reason: str = ""


@dataclass(frozen=True)
class Definition:
    """A definition of an interface symbol. ``expected`` is the type of the platform header, for
    z_clock_now; ``twin`` another definition that is linked with it; ``dropped`` the manifest of a
    firmware that depends on its crate and never names it."""

    function: Func
    subject: str
    platform: str
    expected: tuple[Place, str] | None
    matches: bool | None
    twin: Func | None
    dropped: Place | None


class ClockSymbols(View):
    """The needs and the definitions of the tree's own code; ``literal`` tells which of the eight
    names of the original a subject defines."""

    uses = (ClockFunctions, MANIFESTS, TYPES, Layout)

    def __init__(
        self,
        needs: Iterable[Need],
        definitions: Iterable[Definition],
        layout: Layout,
        literal: dict[str, set[str]] | None = None,
    ) -> None:
        self.literal = literal or {}
        self.needs = tuple(needs)
        self.definitions = tuple(definitions)
        self.layout = layout

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join declarations, definitions, and the crates that link them."""
        functions, layout = source.view(ClockFunctions), source.view(Layout)
        links = CrateLinks(source.facts(MANIFESTS))
        firmwares = Firmwares(source, links, CrateFeatures(source.facts(MANIFESTS)))
        defined: dict[str, list[Func]] = {}
        for function, _ in functions.with_stock():
            if function.facts.symbol:
                defined.setdefault(function.facts.symbol_name, []).append(function)
        needs = list(_needs(source, functions, firmwares, defined, layout))
        if source.exists("include/zenoh-pico.h"):
            return cls(needs, (), layout)
        wanted = {need.name for need in needs}
        types = [
            (Place(f.path, f.facts.line), f.facts.type)
            for f in source.facts(TYPES)
            if layout.is_evidence(f.path)
        ]
        literal: dict[str, set[str]] = {}
        for name in LITERAL:
            for function in defined.get(name, ()):
                literal.setdefault(layout.subject_of(function.path), set()).add(name)
        definitions = [
            _definition(function, defined[name], types, links, firmwares, source, layout)
            for name in sorted(defined)
            if name in wanted or INTERFACE.fullmatch(name)
            for function in defined[name]
            if layout.library_of(function.path) is None and not function.facts.weak
        ]
        return cls(needs, definitions, layout, literal)


def _needs(
    source: Source,
    functions: ClockFunctions,
    firmwares: Firmwares,
    defined: dict[str, list[Func]],
    layout: Layout,
) -> Iterator[Need]:
    if not any(facts.declared for facts in functions.files.values()):
        return
    for path, facts in functions.files.items():
        for declared in facts.declared:
            if not path.endswith(".rs") and _VENDORS.match(declared.name):
                continue
            definers = [firmwares.definer(f) for f in defined.get(declared.name, [])]
            outcome, firmware, reason = _outcome(declared.name, path, definers, firmwares, source)
            yield Need(
                declared.name, Place(path, declared.line), outcome, firmware,
                layout.subject_of(path), layout.platform_of(path),
                tuple(Related(d.function.place, _why(d)) for d in definers), reason,
            )  # fmt: skip


def _why(definer: Definer) -> str:
    if definer.is_dead:
        return "is defined here for no build: its conditions exclude each other"
    return f"is defined here, in {definer.home}" if definer.home else "is defined here"


def _outcome(
    name: str, path: str, definers: list[Definer], firmwares: Firmwares,
    source: Source,
) -> tuple[Outcome, str, str]:  # fmt: skip
    """What becomes of one declaration in a file, and in which firmware."""
    own = firmwares.crate_of(path)
    users = [c for c in firmwares.programs if own in firmwares.features.every(c)] if own else []
    if not definers:
        if source.absent:
            return "unknown", "", f"it may be in {source.absent[0]}, which is not checked out"
        if not users or _ELSEWHERE.match(name):
            return "unknown", "", "nothing in this tree defines it, and what links it may"
        if any(firmwares.is_made_by_macro(name, user) for user in users):
            return "unknown", "", "what a macro makes of the name would decide"
        return "missing", users[0], ""
    elsewhere = source.absent and _ELSEWHERE.match(name)
    if path.endswith(".rs") and own and not elsewhere and all(d.home for d in definers):
        lacking = firmwares.without(own, definers)
        if lacking and not module_conditions(path, source.read):
            more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
            return "unlinked", lacking[0] + more, ""
    if users and firmwares.all_link(own, definers):
        return "defined", "", ""
    return "unknown", "", "which build links one of its definitions is not decided"


def _is_firmware(crate: str, links: CrateLinks, source: Source) -> bool:
    folder = links.folders[crate]
    return source.exists(f"{folder}/src/main.rs" if folder else "src/main.rs")


def _definition(
    function: Func,
    same: list[Func],
    types: list[tuple[Place, str]],
    links: CrateLinks,
    firmwares: Firmwares,
    source: Source,
    layout: Layout,
) -> Definition:
    expected, matches = None, None
    if function.facts.symbol_name == "z_clock_now":
        fitting = [t for t in types if _belongs(t[0].path, function, source, layout)]
        kinds = {clock_types.kind_of(text) for _, text in fitting}
        mine = clock_types.kind_of(function.facts.result)
        if "z_clock_t" in function.facts.result:
            matches = True
        elif len(kinds) == 1 and "" not in kinds and mine:
            expected, matches = fitting[0], mine in kinds
    return Definition(
        function, layout.subject_of(function.path), layout.platform_of(function.path),
        expected, matches, _twin(function, same, links, firmwares),
        _dropped(function, links, source),
    )  # fmt: skip


def _belongs(header: str, function: Func, source: Source, layout: Layout) -> bool:
    """Whether a header is the one of the definition: included by name in C; for Rust of the same
    platform by its path."""
    if function.is_rust:
        platform = layout.platform_of(function.path)
        return bool(platform) and platform == layout.platform_of(header)
    name = re.escape(header.rpartition("/")[2].encode())
    return source.matches(function.path, rb"#\s*include\s*[<\"](?:[^>\"]*/)?" + name + rb"[>\"]")


def _twin(function: Func, same: list[Func], links: CrateLinks, firmwares: Firmwares) -> Func | None:
    """Another Rust definition in the crate, or in one that always comes along, when a build with
    the default features compiles both for sure."""
    if not function.is_rust or function.facts.conditions:
        return None
    for other in same:
        if other == function or not other.is_rust or other.facts.conditions or other.facts.weak:
            continue
        if other.crate == function.crate and not firmwares.share_program(function, other):
            continue
        if other.crate_name in links.always(function.crate_name) or (
            other.crate == function.crate and other.place > function.place
            and other.module not in ("main", "lib")
        ):  # fmt: skip
            build = firmwares.features.default(function.crate_name)
            if all(firmwares.definer(f).live(build) == "yes" for f in (function, other)):
                return other
    return None


def _dropped(function: Func, links: CrateLinks, source: Source) -> Place | None:
    """The firmware that lists the crate and names it nowhere, nor does any other crate it links."""
    name = function.crate_name
    for user in links.users(name) if name else ():
        if not _is_firmware(user, links, source) or name not in links.always(user):
            continue
        around = links.closure(user) - {name}
        namers = [crate for crate in links.users(name) if crate in around]
        if not any(_names(crate, name, links, source) for crate in namers):
            return _dependency(links.manifest(user), name, source)
    return None


def _names(crate: str, name: str, links: CrateLinks, source: Source) -> bool:
    folder = links.folders[crate]
    prefix = f"{folder}/" if folder else ""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(
        source.matches(path, re.escape(name.encode())) and word.search(source.code(path).code)
        for path in source.paths
        if path.startswith(prefix) and path.endswith(".rs")
    )


def _dependency(manifest: str, name: str, source: Source) -> Place:
    lines = (source.read(manifest) or b"").decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        if line.replace("-", "_").lstrip('[ \t"').startswith(name):
            return Place(manifest, number)
    return Place(manifest)
