"""How programs spin a session of zenoh-pico without its background tasks, and which of the tree's
TCP layers each spin reads from.

A spin belongs to a layer when it stands in an arm that names the layer (``#ifdef APP_SMOLTCP`` and
``src/smoltcp/tcp.rs``), in the arm for one thread that names none, or, outside of arms, in the
same target.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import guarded_calls, ignored_tests
from pitfalls.formats.guarded_calls import GuardedCall, GuardedCalls
from pitfalls.formats.ignored_tests import IgnoredTests
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.clock_contexts import is_test
from pitfalls.views.layout import Layout
from pitfalls.views.network_layer import NetworkLayers, TcpFunction

CALLS = Selection(
    name="spins and host waits in C",
    type=GuardedCalls,
    parse=guarded_calls.parse,
    names=("*.c", "*.cpp", "*.cc"),
    needles=(
        *(b"zp_read", b"zp_spin_once", b"z_get(", b"z_querier_get("),
        *(b"<sys/select.h>", b"<poll.h>", b"<sys/poll.h>"),
    ),
)
IGNORED = Selection(
    name="ignored tests",
    type=IgnoredTests,
    parse=ignored_tests.parse,
    names=("*.rs",),
    needles=(b"#[ignore",),
)

Options = Literal["one message", "all", "unknown"]

_QUERIES = frozenset({"z_get", "_z_get", "z_querier_get", "z_liveliness_get"})
_SPIN_NAME = re.compile(r"spin|poll|loop|main|run|step|tick", re.IGNORECASE)
_MACRO = re.compile(r"[A-Za-z_]\w*")
_SINGLE = re.compile(r"Z_FEATURE_MULTI_THREAD\s*(?:==\s*0|!=\s*1)|!\s*Z_FEATURE_MULTI_THREAD")
_MULTI = re.compile(r"(?<!!)\(?Z_FEATURE_MULTI_THREAD\s*(?:==\s*1|!=\s*0)?(?:$|\s|\))")


@dataclass(frozen=True)
class Spin:
    """The calls of one function in one arm. ``layers`` are the read functions below it."""

    path: str
    function: str
    reads: tuple[tuple[GuardedCall, Options], ...]
    calls: frozenset[str]
    layers: tuple[TcpFunction, ...]
    subject: str
    platform: str

    @property
    def place(self) -> Place:
        """The line of the first read."""
        return Place(self.path, self.reads[0][0].line)

    @property
    def is_loop(self) -> bool:
        """Whether the function is, by its name, what an application spins with."""
        return _SPIN_NAME.search(self.function) is not None

    @property
    def keeps_alive(self) -> bool:
        """Whether it sends keep-alives, or lets zenoh-pico do all of it."""
        return bool(self.calls & {"zp_send_keep_alive", "zp_spin_once"})

    @property
    def ends_queries(self) -> bool:
        """Whether pending queries time out."""
        return "zp_spin_once" in self.calls or any("pending_quer" in c for c in self.calls)


@dataclass(frozen=True)
class Ignored:
    """An ignored test of services or actions on RTIC."""

    place: Place
    name: str
    reason: str


class ZenohSpins(View):
    """Spins over the tree's own TCP layers; ``queries`` is the first query that the tree issues."""

    uses = (CALLS, IGNORED, NetworkLayers, Layout)

    def __init__(
        self, spins: Iterable[Spin], queries: Place | None, ignored: Iterable[Ignored]
    ) -> None:
        self.spins = tuple(spins)
        self.queries = queries
        self.ignored = tuple(ignored)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From C files; tests are left out, and looked at for what they ignore."""
        layout = source.view(Layout)
        files = [f for f in source.facts(CALLS) if layout.is_evidence(f.path)]
        queries = [
            Place(f.path, c.line) for f in files for c in f.facts.calls if c.name in _QUERIES
        ]
        layers = [f for f in source.view(NetworkLayers).functions if f.wait.role == "read"]
        spins = [spin for f in files if not is_test(f.path) for spin in _spins(f, layers, layout)]
        return cls(spins, min(queries, default=None), _ignored(source.facts(IGNORED)))


def _spins(
    file: Located[GuardedCalls], layers: list[TcpFunction], layout: Layout
) -> Iterator[Spin]:
    groups: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[GuardedCall]] = {}
    for call in file.facts.calls:
        if call.name in ("zp_read", "zp_spin_once"):
            groups.setdefault((call.function, call.opened, call.closed), []).append(call)
    for (function, opened, closed), reads in groups.items():
        around = frozenset(
            call.name
            for call in file.facts.calls
            if call.function == function and set(call.opened) <= set(opened)
        )
        below = tuple(_below(file.path, opened, closed, layers, layout))
        if below:
            told = tuple((call, _options(call, file.facts)) for call in reads)
            yield Spin(
                file.path, function, told, around, below,
                layout.subject_of(file.path), below[0].platform or layout.platform_of(file.path),
            )  # fmt: skip


def _below(
    path: str,
    opened: tuple[str, ...],
    closed: tuple[str, ...],
    layers: list[TcpFunction],
    layout: Layout,
) -> Iterator[TcpFunction]:
    """The single-threaded layers that a spin in these arms reads from."""
    if any(_MULTI.search(arm) and not _SINGLE.search(arm) for arm in opened):
        return
    named, refused = _platforms(opened, path), _platforms(closed, path)
    single = any(_SINGLE.search(arm) for arm in opened)
    for layer in layers:
        if layer.threads != "single":
            continue
        where = layer.path.lower()
        if named:
            fits = any(word in where for word in named)
        elif single:
            fits = not any(word in where for word in refused)
        else:
            fits = not closed and layout.subject_of(path) == layer.subject
        if fits:
            yield layer


def _platforms(arms: tuple[str, ...], path: str) -> set[str]:
    """Words of the macros of ``arms`` that may name a platform: longer than three letters, and
    not those of the project, which stand in the path of the file as well."""
    found: set[str] = set()
    for arm in arms:
        for macro in _MACRO.findall(arm):
            if macro not in ("defined", "else") and not macro.startswith(("Z_FEATURE", "__")):
                words = macro.lower().split("_")
                found |= {w for w in words if len(w) > 3 and w not in path.lower()}
    return found - {"zenoh", "feature", "config", "platform", "batch", "thread"}


def _options(call: GuardedCall, facts: GuardedCalls) -> Options:
    """How a read is told to work: zenoh-pico's default is to take all that is there."""
    if call.name == "zp_spin_once":
        return "one message"
    handed = call.arguments[1] if len(call.arguments) > 1 else "NULL"
    if handed in ("NULL", "0", "nullptr"):
        return "all"
    own = [f for f in facts.fields if f.function == call.function and f.owner == handed.strip("&*")]
    values = [
        f.value for f in own if f.field == "single_read" and set(f.opened) <= set(call.opened)
    ]
    values += re.findall(r"single_read=(\w+)", " ".join(f.value for f in own if f.field == "*"))
    if values:
        return "one message" if values[-1] in ("true", "1") else "all"
    return "unknown"


def _ignored(files: Iterable[Located[IgnoredTests]]) -> Iterator[Ignored]:
    for file in files:
        for test in file.facts.tests:
            names = f"{file.path} {test.name}".lower()
            if "rtic" in names and re.search(r"service|action", names):
                yield Ignored(Place(file.path, test.line), test.name, test.reason)
