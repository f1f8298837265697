"""Zephyr applications with zenoh-pico: the pools of POSIX mutexes and condition variables that
they have, and the numbers that a session needs.

The numbers were counted on running sessions of the releases named: mutexes and condition
variables of a session 4/0 up to 1.7, 6/1 on 1.8, 6/2 from 1.9; one mutex more for a publisher or
querier with the interest protocol; one of each more for a subscriber or queryable from 1.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import zenoh_entities
from pitfalls.formats.zenoh_entities import Entities
from pitfalls.formats.zenoh_version import Version
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.kconfig import Configuration, Value, ZephyrConfigurations
from pitfalls.views.layout import Layout
from pitfalls.views.zenoh_builds import ZenohBuilds
from pitfalls.views.zephyr_programs import INCLUDES, is_kernel_only

ENTITIES = Selection(
    name="zenoh-pico entities",
    type=Entities,
    parse=zenoh_entities.parse_c,
    names=("*.c", "*.cpp", "*.cc", "*.h"),
    needles=(b"z_declare_",),
)

DEFAULT_POOL = 5
"""Zephyr's CONFIG_MAX_PTHREAD_MUTEX_COUNT and CONFIG_MAX_PTHREAD_COND_COUNT when unset."""

MUTEXES, CONDVARS = "MAX_PTHREAD_MUTEX_COUNT", "MAX_PTHREAD_COND_COUNT"
_SWITCH = re.compile(r"(?:\w+_)?ZENOH(?:_PICO)?")
_POSIX = ("POSIX_API", "PTHREAD", "PTHREAD_IPC", "POSIX_THREADS")


@dataclass(frozen=True)
class Need:
    """How many objects a session takes at least (of the releases that may be meant) and at
    most."""

    least: int
    most: int


@dataclass(frozen=True)
class Pool:
    """One pool of one application. ``size`` is None when the text is no number; ``place`` is the
    line that sets it, or the one that switches zenoh-pico on when nothing does."""

    option: str
    size: int | None
    is_set: bool
    place: Place
    need: Need


@dataclass(frozen=True)
class ZephyrSession:
    """An application: its pools, and how many entities it declares; None when they cannot be
    counted in its C files."""

    application: str
    switch: Place
    pools: tuple[Pool, Pool]
    senders: int | None
    receivers: int | None
    version: Version | None


class ZephyrSessions(View):
    """Every Zephyr application that switches zenoh-pico and POSIX threads on."""

    uses = (ZephyrConfigurations, ZenohBuilds, ENTITIES, INCLUDES, Layout)

    def __init__(self, sessions: Iterable[ZephyrSession]) -> None:
        self.sessions = tuple(sessions)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Once for each way to configure an application; equal ones only once."""
        builds = source.view(ZenohBuilds)
        layout = source.view(Layout)
        entities = [e for e in source.facts(ENTITIES) if layout.is_evidence(e.path)]
        interest = {b.interest.value for b in builds.builds if b.platform == "zephyr"} or {1}
        found: dict[object, ZephyrSession] = {}
        for configuration in _final(source.view(ZephyrConfigurations).configurations):
            switch = _switch(configuration)
            if switch is not None and not is_kernel_only(source, configuration.application):
                counts = _counts(configuration.application, entities)
                session = _session(configuration, switch, counts, builds.version, interest)
                found.setdefault(tuple(pool.place for pool in session.pools), session)
        return cls(found.values())


def _final(configurations: Iterable[Configuration]) -> Iterator[Configuration]:
    """Those that can be built as they are: the plain one of an application only when no other
    configuration completes it with a pool of its own."""
    everything = list(configurations)
    for one in everything:
        larger = [
            other
            for other in everything
            if other.application == one.application and set(one.files) < set(other.files)
        ]
        sized_elsewhere = any(c.get(MUTEXES) for c in larger) and not one.get(MUTEXES)
        if not sized_elsewhere:
            yield one


def _switch(configuration: Configuration) -> Value | None:
    """The line that switches zenoh-pico on in an application with POSIX threads."""
    for name, value in configuration.values.items():
        if _SWITCH.fullmatch(name) and value.is_on:
            posix = any(configuration.is_on(option) for option in _POSIX)
            own_threads = configuration.get(f"{name}_MULTI_THREAD")
            if own_threads is not None and own_threads.text == "n":
                return None
            return value if posix or configuration.get(MUTEXES) else None
    return None


def _counts(
    application: str, entities: Iterable[Located[Entities]]
) -> tuple[int | None, int | None]:
    prefix = "" if application == "." else f"{application}/"
    own = [e.facts for e in entities if e.path.startswith(prefix)]
    if not own or any(e.repeated for e in own):
        return None, None
    return sum(len(e.senders) for e in own), sum(len(e.receivers) for e in own)


def _session(
    configuration: Configuration,
    switch: Value,
    counts: tuple[int | None, int | None],
    version: Version | None,
    interest: set[int | None],
) -> ZephyrSession:
    senders, receivers = counts[0] or 0, counts[1] or 0
    mutexes, condvars = needs(version, senders if interest != {0} else 0, receivers)
    pools = (
        _pool(configuration, MUTEXES, switch, mutexes),
        _pool(configuration, CONDVARS, switch, condvars),
    )
    return ZephyrSession(configuration.application, switch.place, pools, *counts, version)


def _pool(configuration: Configuration, option: str, switch: Value, need: Need) -> Pool:
    value = configuration.get(option)
    if value is None:
        return Pool(option, DEFAULT_POOL, False, switch.place, need)
    size = int(value.text) if value.text.isdecimal() else None
    return Pool(option, size, True, value.place, need)


def needs(version: Version | None, senders: int, receivers: int) -> tuple[Need, Need]:
    """Mutexes and condition variables of one session with its entities."""
    old = (4 + senders, 0)
    middle = (6 + senders + receivers, 1 + receivers)
    new = (6 + senders + receivers, 2 + receivers)
    if version is None:
        return Need(old[0], new[0]), Need(old[1], new[1])
    number = (version.major, version.minor)
    mutexes, condvars = old if number < (1, 8) else middle if number < (1, 9) else new
    return Need(mutexes, mutexes), Need(condvars, condvars)
