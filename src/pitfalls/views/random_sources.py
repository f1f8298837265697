"""What a C network stack draws its local ports and sequence numbers from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import random_macros
from pitfalls.formats.random_macros import RandomMacro, RandomMacros, StackStart, StackStarts
from pitfalls.formats.seed_source import ENTROPY
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.layout import Layout
from pitfalls.views.port_seeds import PortSeed
from pitfalls.views.routines import TEST_CODE

HEADERS = Selection(
    "network-stack-random-macros", RandomMacros, random_macros.parse_header,
    ("lwipopts.h", "cc.h", "sys_arch.h", "arch.h", "nx_user.h", "lwipopts*.h"),
)  # fmt: skip
_STARTS = (b"tcpip_init", b"lwip_init", b"nx_system_initialize")
_SEEDS = (b"srand(", b"srandom(", b"_seed_rng(")
C = Selection(
    "network-stack-starts", StackStarts, random_macros.parse_c, ("*.c",), (*_STARTS, *_SEEDS)
)
RUST = Selection(
    "network-stack-starts-in-rust", StackStarts, random_macros.parse_rust, ("*.rs",), _STARTS
)

_SOURCES = re.compile(r"/(?:Src|Inc|Core|LWIP|App|src|inc|include)/")
_LWIP = re.compile(r"(?:^|[/_-])lwip[^/]*$", re.IGNORECASE)
_LIBC = re.compile(r"\b(?:rand|random)\b(?:\s*\(\s*\))?")
Result = Literal["seeded", "node", "unseeded", "hardware", "undefined", "unknown"]


@dataclass(frozen=True)
class RandomSource:
    """One start of a stack: what its random macro is (``macro`` is None when nothing defines it
    and ``default`` holds the stack's own) and the seed that comes before. ``result`` sums it up."""

    start: StackStart
    place: Place
    subject: str
    platform: str
    macro: tuple[Place, RandomMacro] | None
    seed: PortSeed | None
    result: Result


class RandomSources(View):
    """Every start of lwIP or NetX in the tree's own firmware that dials with TCP."""

    uses = (HEADERS, C, RUST, Layout)

    def __init__(self, sources: Iterable[RandomSource]) -> None:
        self.sources = tuple(sources)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the configuration headers and the code of each target."""
        layout = source.view(Layout)
        files = [
            f for f in (*source.facts(C), *source.facts(RUST))
            if layout.is_evidence(f.path) and not TEST_CODE.search(f.path)
        ]  # fmt: skip
        if not any(f.facts.starts for f in files):
            return cls(())
        headers = [h for h in source.facts(HEADERS) if layout.is_evidence(h.path)]
        absent = any(_LWIP.search(path) for path in source.absent)
        return cls(_sources(files, headers, layout, lwip_absent=absent))


def _sources(
    files: list[Located[StackStarts]], headers: list[Located[RandomMacros]], layout: Layout,
    *, lwip_absent: bool,
) -> Iterator[RandomSource]:  # fmt: skip
    seen: set[tuple[str, str]] = set()
    # Code that several targets share may seed for them; another target's own code does not.
    starting = {_subject(layout, f.path) for f in files if f.facts.starts}
    shared = [f for f in files if _subject(layout, f.path) not in starting]
    for file in files:
        subject = _subject(layout, file.path)
        for start in file.facts.starts:
            if (subject, start.stack) in seen:
                continue
            seen.add((subject, start.stack))
            own = [f for f in files if _subject(layout, f.path) == subject]
            if file.facts.program:  # what has a main of its own is another program
                own = [f for f in own if f is file or not f.facts.program]
            seeds = [
                PortSeed(Place(f.path, s.line), s, subject, layout.platform_of(f.path))
                for f in (own if any(f.facts.seeds for f in own) else shared)
                for s in f.facts.seeds
            ]
            own_headers = _own(subject, headers, layout)
            macro, has_header = _macro(start, own_headers)
            dials = any(f.facts.dials for f in own)
            result = _judge(start, macro, has_header, seeds, dials)
            # A port's cc.h may define it, and may lie in what is not checked out.
            ported = any(h.path.endswith("cc.h") for h in own_headers)
            if result == "undefined" and lwip_absent and not ported:
                result = "unknown"
            if result is not None:
                platform = layout.platform_of(file.path)
                best = max(seeds, key=lambda s: _RANK[s.seed.origin], default=None)
                if result in ("undefined", "hardware", "unseeded"):
                    best = None
                yield RandomSource(
                    start, Place(file.path, start.line), subject, platform, macro, best, result
                )


def _subject(layout: Layout, path: str) -> str:
    """The target of a file; where no build file tells, the folder above its source folder."""
    subject = layout.subject_of(path)
    above = _SOURCES.split(path, 1)
    return above[0] if subject == "." and len(above) > 1 and above[0] else subject


_RANK = {"constant": 0, "unknown": 1, "node": 2, "boot": 3}


def _own(
    subject: str, headers: list[Located[RandomMacros]], layout: Layout
) -> list[Located[RandomMacros]]:
    """The headers of a target; those of the only other one when it has none."""
    own = [h for h in headers if _subject(layout, h.path) == subject]
    if own or len({_subject(layout, h.path) for h in headers}) > 1:
        return own
    return headers


def _macro(
    start: StackStart, own: list[Located[RandomMacros]]
) -> tuple[tuple[Place, RandomMacro] | None, bool]:
    """The macro of the target's own headers, and whether there are any: the stack's default
    applies where they are silent."""
    wanted = "LWIP_RAND" if start.stack == "lwip" else "NX_RAND"
    for header in own:
        for macro in header.facts.macros:
            if macro.name == wanted:
                return (Place(header.path, macro.line), macro), True
    name = "lwipopts.h" if start.stack == "lwip" else "nx_user.h"
    return None, any(h.path.endswith(name) and not h.facts.tcp_off for h in own)


def _judge(
    start: StackStart, macro: tuple[Place, RandomMacro] | None, has_header: bool,
    seeds: list[PortSeed], dials: bool,
) -> Result | None:  # fmt: skip
    text = macro[1].text if macro is not None else ""
    if macro is None and start.stack == "lwip":
        return "undefined" if has_header and dials else None
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
