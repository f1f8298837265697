"""The tree's own TCP layers below zenoh-pico: how long each function can keep its caller, and
whether anything else runs meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, Self

from pitfalls.formats import network_waits, zenoh_timeouts
from pitfalls.formats.c_expression import evaluate, tokenize
from pitfalls.formats.network_waits import Constant, NetworkWaits, Wait
from pitfalls.formats.zenoh_timeouts import ZenohTimeouts
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.clock_contexts import is_test
from pitfalls.views.layout import Layout
from pitfalls.views.wait_limits import Limit, resolve

_NEEDLES = (b"_tcp(", b"tcp_read", b"tcp_send", b"TIMEOUT_MS", b"SOCKET_TIMEOUT", b"Tcp for")
C = Selection(
    name="network layers in C",
    type=NetworkWaits,
    parse=network_waits.parse_c,
    names=("*.c", "*.cpp", "*.cc", "*.h"),
    needles=_NEEDLES[:5],
)
RUST = Selection(
    name="network layers in Rust",
    type=NetworkWaits,
    parse=network_waits.parse_rust,
    names=("*.rs",),
    needles=(*_NEEDLES[1:], b"_z_read_tcp"),
)
HEADERS = Selection(
    name="timeouts of zenoh-pico",
    type=ZenohTimeouts,
    parse=zenoh_timeouts.parse,
    names=("*.h", "*.hpp"),
    needles=(b"define Z_CONFIG_SOCKET_TIMEOUT", b"define Z_FEATURE_MULTI_THREAD"),
)

Threads = Literal["single", "multi", "unknown"]

UPSTREAM_TIMEOUT = 100
"""Z_CONFIG_SOCKET_TIMEOUT of zenoh-pico 1.7 to 1.9 on unix, lwIP and FreeRTOS+TCP, in ms."""

_WORD = re.compile(r"[A-Za-z_]\w*")
_PARAMETER = re.compile(r"tout|time", re.IGNORECASE)


@dataclass(frozen=True)
class TcpFunction:
    """One function at its place. ``limits`` are the deadlines of its loops; ``receive_timeout``
    is what the file sets as receive timeout of its sockets, None when it sets none."""

    path: str
    wait: Wait
    subject: str
    platform: str
    threads: Threads
    limits: tuple[Limit, ...]
    receive_timeout: Limit | None
    non_blocking: bool

    @property
    def place(self) -> Place:
        """The lines of the comparison with the clock, of the receiving call, or of the head."""
        return Place(self.path, self.wait.limits_line or self.wait.receives or self.wait.line)

    @property
    def longest(self) -> Limit | None:
        """The longest deadline; one that does not resolve when there is no other."""
        return max(self.limits, key=lambda limit: limit.milliseconds or -1, default=None)

    @property
    def blocks(self) -> bool:
        """Whether it receives with a call that waits inside the socket."""
        return bool(self.wait.receives) and not (self.wait.bounded or self.non_blocking)

    @property
    def is_polled(self) -> bool:
        """Whether it looks for data once and returns."""
        looks = self.wait.polls or self.wait.bounded or self.non_blocking
        return looks and not (self.limits or self.blocks or self.wait.spins)

    @property
    def related(self) -> tuple[Related, ...]:
        """Where the deadlines are defined."""
        return tuple(Related(limit.place, limit.shown) for limit in self.limits)


class NetworkLayers(View):
    """Every TCP function of a network layer in own code, in a tree that has to do with zenoh."""

    uses = (C, RUST, HEADERS, BuildDefinitions, Layout)

    def __init__(
        self, functions: Iterable[TcpFunction], headers: Iterable[Located[ZenohTimeouts]]
    ) -> None:
        self.functions = tuple(functions)
        self.headers = tuple(headers)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From C and Rust; tests and vendored libraries are left out."""
        layout = source.view(Layout)
        definitions = source.view(BuildDefinitions)
        headers = source.facts(HEADERS)
        own = [h for h in headers if layout.is_evidence(h.path) and not is_test(h.path)]
        found = [
            file
            for selection in (C, RUST)
            for file in source.facts(selection)
            if layout.is_evidence(file.path) and not is_test(file.path)
        ]
        names = {w.name for f in found for w in f.facts.waits}
        if not (headers or definitions.files or any(n.startswith("_z_") for n in names)):
            return cls((), ())
        reader = _Reader(layout, definitions, own, found)
        functions = [reader.function(f, wait) for f in found for wait in f.facts.waits]
        return cls(functions, headers)


@dataclass(frozen=True)
class _Reader:
    layout: Layout
    definitions: BuildDefinitions
    headers: list[Located[ZenohTimeouts]]
    files: list[Located[NetworkWaits]]

    def function(self, file: Located[NetworkWaits], wait: Wait) -> TcpFunction:
        path = file.path
        find = partial(self._find, path=path)
        return TcpFunction(
            path,
            wait,
            self.layout.subject_of(path),
            self.layout.platform_of(path),
            self._threads(path, wait),
            tuple(
                resolve(text, Place(path, wait.limits_line or wait.line), find)
                for text in wait.deadlines
            ),
            self._receive_timeout(file, wait),
            file.facts.non_blocking,
        )

    def _threads(self, path: str, wait: Wait) -> Threads:
        """What the target's own build says, defaults left out; a layer that drives its network
        stack itself has nobody else to do it."""
        values = set(self._said(self.layout.subject_of(path).removeprefix(".")))
        if values == {1}:
            return "multi"
        return "single" if wait.polls or values == {0} else "unknown"

    def _said(self, folder: str) -> Iterator[int]:
        for file in self.definitions.below(folder):
            for item in file.facts.definitions:
                if item.macro == zenoh_timeouts.THREADS and not item.guarded:
                    yield -1 if item.integer is None else item.integer
        prefix = f"{folder}/" if folder else ""
        for header in self.headers:
            if header.path.startswith(prefix) and header.facts.threads is not None:
                yield header.facts.threads

    def _receive_timeout(self, file: Located[NetworkWaits], wait: Wait) -> Limit | None:
        texts = file.facts.timeouts
        if not texts:
            return None
        place = Place(file.path, wait.receives or wait.line)
        names = [word for text in texts for word in _WORD.findall(text)]
        known = next((w for w in names if w.isupper() and self._find(w, file.path)), "")
        if known:
            return resolve(known, place, partial(self._find, path=file.path))
        if any(_PARAMETER.search(word) for word in names):
            return self._configured(place)
        numbers = [evaluate(tokenize(text)) for text in texts]
        seconds, micros = [*numbers, 0][:2]
        if seconds is None or micros is None:
            return Limit("SO_RCVTIMEO", None, place)
        return Limit("SO_RCVTIMEO", seconds * 1000 + micros // 1000, place)

    def _configured(self, place: Place) -> Limit:
        """What zenoh-pico hands to the function that opens a socket."""
        for header in self.headers:
            timeout = header.facts.of("")
            if timeout is not None and timeout.value is not None:
                where = Place(header.path, timeout.line)
                return Limit(zenoh_timeouts.NAME, timeout.value, where)
        return Limit(f"{zenoh_timeouts.NAME} (upstream, knowledge)", UPSTREAM_TIMEOUT, place)

    def _find(self, name: str, path: str) -> tuple[str, Constant] | None:
        """The definition in the same file, else in the same target, else the only one."""
        found = [(f.path, c) for f in self.files for c in f.facts.constants if c.name == name]
        subject = self.layout.subject_of(path)
        for group in (
            [item for item in found if item[0] == path],
            [item for item in found if self.layout.subject_of(item[0]) == subject],
            found,
        ):
            if group and (len({c.text for _, c in group}) == 1 or group is not found):
                return group[0]
        return None
