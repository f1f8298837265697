"""What a C network stack draws its local ports and sequence numbers from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from msgspec.structs import replace

from pitfalls.formats import random_macros
from pitfalls.formats.port_seeds import Seed
from pitfalls.formats.random_macros import RandomMacro, RandomMacros, StackStart, StackStarts
from pitfalls.formats.seed_source import ENTROPY
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View, parents
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.layout import Layout
from pitfalls.views.port_seeds import PortSeed
from pitfalls.views.routines import TEST_CODE
from pitfalls.views.tcp_dialling import DIALS, VENDORED, Dialling, count, dialling, subject_in

HEADERS = Selection(
    "network-stack-random-macros", RandomMacros, random_macros.parse_header,
    ("lwipopts.h", "cc.h", "sys_arch.h", "arch.h", "nx_user.h", "nx_port.h", "lwipopts*.h"),
)  # fmt: skip
_NETX_PORT = "/nx_port.h"
_STARTS = (b"tcpip_init", b"lwip_init", b"nx_system_initialize")
_SEEDS = (b"srand(", b"srandom(", b"_seed_rng(")
C = Selection(
    "network-stack-starts", StackStarts, random_macros.parse_c, ("*.c",), (*_STARTS, *_SEEDS)
)
RUST = Selection(
    "network-stack-starts-in-rust", StackStarts, random_macros.parse_rust, ("*.rs",), _STARTS
)

# Where a vendor's copy of lwIP keeps the port's own definitions; contrib/ has those of hosts.
_PORT_HEADER = re.compile(r"^(?!.*/contrib/).*/(?:system|port)s?/(?:.*/)?arch/cc\.h$")
# Samples of a manual, and examples that came along with a library.
_NO_PROGRAM = re.compile(
    r"(?:^|/)docs?/|(?:^|/)(?:libs?|external|extern|vendor|deps|submodules)/(?:.*/)?"
    r"(?:examples?|demos?|samples?)/",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"(?:^|/)(?:examples?|demos?|samples?)/", re.IGNORECASE)
_LWIP = re.compile(r"(?:^|[/_-])lwip[^/]*$", re.IGNORECASE)
_LIBC = re.compile(r"\b(?:rand|random)\b(?:\s*\(\s*\))?")
Result = Literal["seeded", "node", "unseeded", "hardware", "undefined", "unknown"]


@dataclass(frozen=True)
class RandomSource:
    """One start of a stack: what its random macro is (``macro`` is None when nothing defines it
    and ``default`` holds the stack's own) and the seed that comes before. ``result`` sums it up;
    ``astray`` is a seed that a generator gets which the macro does not draw from."""

    start: StackStart
    place: Place
    subject: str
    platform: str
    macro: tuple[Place, RandomMacro] | None
    seed: PortSeed | None
    result: Result
    astray: PortSeed | None = None


@dataclass(frozen=True)
class _Tree:
    """What the tree holds for all its targets. ``vendored``: headers of ports of lwIP and NetX;
    ``has_lwip``: whether lwIP itself is there to read. ``single``: it is one firmware, by its
    configurations, whose source folders are no targets."""

    layout: Layout
    files: list[Located[StackStarts]]
    headers: list[Located[RandomMacros]]
    vendored: list[Located[RandomMacros]]
    dialling: tuple[Dialling, ...]
    zenoh: bool
    has_lwip: bool
    single: bool

    @property
    def starting(self) -> set[str]:
        """The targets that start a stack."""
        return {subject_in(self.layout, f.path) for f in self.files if f.facts.starts}

    def dials(self, file: Located[StackStarts], home: str) -> Literal["own", "shared", ""]:
        """Whether the target of a file dials in its own code below ``home``, or code that all
        targets share does. Of two programs of one target each dials for itself."""
        subject = subject_in(self.layout, file.path)
        others = [d for d in self.dialling
                  if d.path == file.path or not (d.program and file.facts.program)]  # fmt: skip
        if any(d.path.startswith(home) and d.subject == subject for d in others):
            return "own"
        if self.single and any(d.base == self.layout.subject_of(file.path) for d in others):
            return "own"
        if self.zenoh or {d.subject for d in others if not d.alone} - self.starting:
            return "own" if len(self.starting) == 1 else "shared"
        return ""


class RandomSources(View):
    """Every start of lwIP or NetX in the tree's own firmware that dials with TCP."""

    uses = (HEADERS, C, RUST, DIALS, BuildDefinitions, Layout)

    def __init__(self, sources: Iterable[RandomSource]) -> None:
        self.sources = tuple(sources)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the configuration headers and the code of each target."""
        layout = source.view(Layout)
        files = [
            f for f in (*source.facts(C), *source.facts(RUST))
            if layout.is_evidence(f.path) and not TEST_CODE.search(f.path)
            and not VENDORED.search(f.path) and not _NO_PROGRAM.search(f.path)
        ]  # fmt: skip
        if not any(f.facts.starts for f in files):
            return cls(())
        rust = [f.path for f in files if f.facts.dials and f.path.endswith(".rs")]
        starting = [f.path for f in files if f.facts.starts]
        headers = source.facts(HEADERS)
        absent = any(_LWIP.search(path) for path in source.absent)
        tree = _Tree(
            layout, files, [h for h in headers if layout.is_evidence(h.path) and not _is_port(h)],
            [h for h in headers if _is_port(h)
             or (layout.library_of(h.path) and _PORT_HEADER.search(h.path))],
            tuple(dialling(source, layout, rust, starting)),
            any(file.facts.marks for file in source.view(BuildDefinitions).files),
            not absent,
            all(count(source, layout, n) == 1 for n in ("FreeRTOSConfig.h", "lwipopts.h")),
        )  # fmt: skip
        return cls(_sources(tree))


def _sources(tree: _Tree) -> Iterator[RandomSource]:
    seen: dict[tuple[str, str, str], set[Result | None]] = {}
    for file in tree.files:
        subject = subject_in(tree.layout, file.path)
        for start in file.facts.starts:
            fitting = [
                h for h in tree.headers if h.path.endswith("nx_user.h") == (start.stack != "lwip")
            ]
            home = _home(file.path, [h for h in fitting
                                     if subject_in(tree.layout, h.path) == subject])  # fmt: skip
            # Of two definitions of one function no image links both: one of each result.
            others = [f for f in tree.files if _defines(f, start.within) and f is not file]
            known = seen.setdefault((subject, home, start.stack), set())
            if not known or others:
                found = _source(tree, file, start, home, fitting, others)
                result = found.result if found is not None else None
                if found is not None and result not in known:
                    yield found
                known.add(result)


def _source(
    tree: _Tree, file: Located[StackStarts], start: StackStart, home: str,
    headers: list[Located[RandomMacros]], others: list[Located[StackStarts]],
) -> RandomSource | None:  # fmt: skip
    """What one start of a stack draws from; None where that does not matter. ``others`` are the
    files that are linked in its place."""
    layout = tree.layout
    subject = subject_in(layout, file.path)
    # Code that several targets share may seed for them; another target's own code does not.
    shared = [f for f in tree.files if subject_in(layout, f.path) not in tree.starting]
    own = [f for f in tree.files
           if subject_in(layout, f.path) == subject and f.path.startswith(home)
           and f not in others]  # fmt: skip
    if file.facts.program:  # what has a main of its own is another program
        own = [f for f in own if f is file or not f.facts.program]
    seeds = [
        PortSeed(Place(f.path, s.line), s, subject, layout.platform_of(f.path))
        for f, seeds in (
            [(f, f.facts.seeds) for f in own] if any(f.facts.seeds for f in own)
            else [(f, _of_others(f, layout)) for f in shared]
        )
        for s in seeds
    ]  # fmt: skip
    near = [h for h in headers if h.path.startswith(home)]
    own_headers = near if home else _own(subject, headers, layout)
    ported = [h for h in tree.vendored if _is_port(h) == (start.stack != "lwip")]
    macro, has_header = _macro(start, own_headers, _nearest(file.path, ported))
    result = _judge(start, macro, has_header, seeds, tree.dials(file, home))
    # A port's cc.h may define it, and may lie in what is not checked out.
    has_port = any(h.path.endswith("cc.h") for h in own_headers)
    if result == "undefined" and not tree.has_lwip and not has_port:
        result = "unknown"
    if result is None:
        return None
    best = max(seeds, key=lambda s: _RANK[s.seed.origin], default=None)
    if result in ("undefined", "hardware", "unseeded"):
        best = None
    astray = next((s for s in seeds if not s.seed.name.startswith("srand")), None)
    return RandomSource(
        start, Place(file.path, start.line), subject, layout.platform_of(file.path), macro, best,
        result, astray if result == "unseeded" else None,
    )  # fmt: skip


def _defines(file: Located[StackStarts], function: str) -> bool:
    """Whether a file starts a stack in a function of that name, which others can call."""
    return bool(function) and any(s.within == function for s in file.facts.starts)


def _is_port(header: Located[RandomMacros]) -> bool:
    """Whether a header is that of a port of NetX, which may define the generator."""
    return header.path.endswith(_NETX_PORT)


def _home(path: str, headers: list[Located[RandomMacros]]) -> str:
    """Of several applications that nothing else tells apart, the folder that the file shares with
    its own options alone; empty when there is one set of options, or several are as near."""
    options = [h.path for h in headers if not h.path.endswith(("cc.h", "sys_arch.h", "arch.h"))]
    if len(options) < 2:
        return ""
    best = max((posixpath.commonpath((path, option)) for option in options), key=len)
    near = [option for option in options if option.startswith(f"{best}/")]
    return f"{best}/" if best and len(near) == 1 else ""


def _of_others(file: Located[StackStarts], layout: Layout) -> tuple[Seed, ...]:
    """The seeds of code outside of the target; when that is another program's, nothing tells
    whether it runs here."""
    if subject_in(layout, file.path) == "." and not _EXAMPLE.search(file.path):
        return file.facts.seeds
    return tuple(replace(seed, origin="unknown") for seed in file.facts.seeds)


_RANK = {"constant": 0, "unknown": 1, "node": 2, "boot": 3}


def _nearest(path: str, headers: list[Located[RandomMacros]]) -> list[Located[RandomMacros]]:
    """The headers below the nearest folder above ``path`` that holds any."""
    for folder in parents(path):
        found = [h for h in headers if not folder or h.path.startswith(f"{folder}/")]
        if found:
            return found
    return []


def _own(
    subject: str, headers: list[Located[RandomMacros]], layout: Layout
) -> list[Located[RandomMacros]]:
    """The headers of a target; those of the only other one when it has none."""
    own = [h for h in headers if subject_in(layout, h.path) == subject]
    if own or len({subject_in(layout, h.path) for h in headers}) > 1:
        return own
    return headers


def _macro(
    start: StackStart, own: list[Located[RandomMacros]], vendored: list[Located[RandomMacros]]
) -> tuple[tuple[Place, RandomMacro] | None, bool]:
    """The macro of the target's own headers, then of the port's that came with the stack, and
    whether there are any: the stack's default applies where they are silent."""
    wanted = "LWIP_RAND" if start.stack == "lwip" else "NX_RAND"
    for header in (*own, *vendored):
        for macro in header.facts.macros:
            if macro.name == wanted:
                return (Place(header.path, macro.line), macro), True
    name = "lwipopts.h" if start.stack == "lwip" else "nx_user.h"
    return None, any(h.path.endswith(name) and not h.facts.tcp_off for h in own)


def _judge(
    start: StackStart, macro: tuple[Place, RandomMacro] | None, has_header: bool,
    seeds: list[PortSeed], dials: Literal["own", "shared", ""],
) -> Result | None:  # fmt: skip
    text = macro[1].text if macro is not None else ""
    if not dials:
        return None  # it only listens, or speaks UDP
    if macro is None and start.stack == "lwip":
        return "undefined" if has_header and dials == "own" else None
    if macro is None and not has_header:
        return None
    if macro is None or _LIBC.fullmatch(
        re.sub(r"\([^()]*_t\)|[()]|\bULONG\b|\bUINT\b", " ", text).strip()
    ):
        libc = [s for s in seeds if s.seed.name.startswith("srand")]
        return _of_seeds(libc) or "unseeded"
    if ENTROPY.search(text):
        return "hardware"
    return _of_seeds([s for s in seeds if not s.seed.name.startswith("srand")]) or "unknown"


def _of_seeds(seeds: list[PortSeed]) -> Result | None:
    origins = {s.seed.origin for s in seeds}
    if "boot" in origins:
        return "seeded"
    if "node" in origins:
        return "node"
    if "unknown" in origins:
        return "unknown"
    return "unseeded" if origins else None
