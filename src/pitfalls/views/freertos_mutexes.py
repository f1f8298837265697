"""Which mutexes the code of a FreeRTOS target makes, and which code needs the recursive ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import mutex_api, mutex_rust
from pitfalls.formats.mutex_api import Call, Function, MutexCode
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs
from pitfalls.views.freertos_mutex_needs import Need, builders, needs_of
from pitfalls.views.layout import Layout
from pitfalls.views.rust_modules import is_live

MUTEX_CODE = Selection(
    name="mutex code",
    type=MutexCode,
    parse=mutex_api.parse_c,
    names=("*.c", "*.h", "*.cc", "*.cpp", "*.hpp"),
    needles=(
        b"xSemaphoreCreateRecursiveMutex",
        b"xSemaphoreTakeRecursive",
        b"xSemaphoreGiveRecursive",
        b"xQueueTakeMutexRecursive",
        b"mutex_rec_init",
        b"mutex_recursive_init",
        b"_z_mutex_init",
        b"xQueueCreateMutex",
    ),
)
RUST = Selection(
    "mutex code in Rust", MutexCode, mutex_rust.parse, ("*.rs",),
    (b"xQueueCreateMutex", b"MutexRecursive", b"xQueueGenericCreate", b"xSemaphoreCreate"),
)  # fmt: skip

_RECURSIVE_INIT = re.compile(r"\w*mutex_rec(?:ursive)?_(?:init|create|new)")
_PLAIN_INIT = re.compile(r"_z_mutex_(?:init|create|new)")
_TESTS = frozenset({"test", "tests", "mock", "mocks", "stubs", "proofs"})
_SINGLE_THREADED = re.compile(r"(?<!P)THREAD|MUTEX|TASK", re.IGNORECASE)
_KERNELS = re.compile(
    r"zephyr/kernel\.h|FreeRTOS\.h|freertos/FreeRTOS\.h|tx_api\.h|nuttx/\w+\.h|rtthread\.h"
    r"|cmsis_os2?\.h"
)


@dataclass(frozen=True)
class Creation:
    """How an interface function comes to its mutex: the calls on the way, last the one that
    creates, or a function that only returns ``constant``."""

    path: str
    function: Function
    recursive: bool
    calls: tuple[tuple[Function, Call], ...]
    stub: Function | None = None

    @property
    def created(self) -> Call:
        """The call that creates the mutex."""
        return self.calls[-1][1]


@dataclass(frozen=True)
class Pair:
    """The making of a mutex and one use of it, in ``function``."""

    path: str
    create: Call
    use: Call
    function: str

    @property
    def fits(self) -> bool:
        """Whether both are calls of the same kind, recursive or not."""
        return self.create.recursive == self.use.recursive


class FreeRTOSMutexes(View):
    """The mutex layers of the tree, and the need of every FreeRTOS configuration."""

    uses = (MUTEX_CODE, RUST, FreeRTOSConfigs, BuildDefinitions, Layout)

    def __init__(
        self,
        units: Iterable[Located[MutexCode]],
        needs: dict[str, tuple[Need, ...]],
        layout: Layout,
        with_zenoh: bool = False,
    ) -> None:
        self.units = tuple(units)
        self._needs = needs
        self.layout = layout
        self.with_zenoh = with_zenoh

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join code, build files and configurations."""
        layout = source.view(Layout)
        units = [u for u in source.facts(MUTEX_CODE) if layout.is_evidence(u.path)]
        units += [
            u for u in source.facts(RUST)
            if layout.is_evidence(u.path) and is_live(u.path, source.read)
        ]  # fmt: skip
        units = [u for u in units if not _is_test(u.path)]
        configs = source.view(FreeRTOSConfigs).configs
        builds = source.view(BuildDefinitions)
        # An SDK of ESP fixes the kernel's configuration by itself.
        own = [u for u in units if not layout.platform_of(u.path).startswith("esp")]
        with_zenoh = next(builders(builds), None) is not None
        return cls(units, needs_of(source, configs, own, builds), layout, with_zenoh)

    def needs(self, config: FreeRTOSConfig) -> tuple[Need, ...]:
        """The evidence that ``config`` must offer recursive mutexes."""
        return self._needs.get(config.path, ())

    def creations(self) -> Iterator[Creation]:
        """What every function makes that implements zenoh-pico's mutexes on FreeRTOS: those named
        for the recursive ones, those that ``_z_mutex_init`` reaches, and, where the tree builds
        zenoh-pico, the plain twin of one named for the recursive ones."""
        for unit in self.units:
            twins = _plain_twins(unit.facts) if self.with_zenoh else ()
            for function in unit.facts.functions:
                recursive = bool(_RECURSIVE_INIT.fullmatch(function.name))
                if recursive or _PLAIN_INIT.fullmatch(function.name) or function.name in twins:
                    yield from _creations(unit, function, recursive)

    def stubs(self) -> Iterator[Creation]:
        """Recursive mutexes on a kernel that are never made: the function that should only
        returns an error. Code for builds without threads is left out."""
        for unit in self.units:
            if not any(_KERNELS.fullmatch(name) for name in unit.facts.includes):
                continue
            for function in unit.facts.functions:
                if _RECURSIVE_INIT.fullmatch(function.name):
                    yield from _stubs(unit, function)

    def pairs(self) -> Iterator[Pair]:
        """Uses of recursive mutexes, and whatever does not fit its making; once a line."""
        seen: set[tuple[str, int]] = set()
        for unit in self.units:
            for pair in (*_of_interface(unit), *_of_expressions(unit)):
                if (pair.path, pair.use.line) not in seen:
                    seen.add((pair.path, pair.use.line))
                    yield pair


def _is_test(path: str) -> bool:
    return not _TESTS.isdisjoint(path.lower().split("/")[:-1])


def _plain_twins(code: MutexCode) -> set[str]:
    """``port_mutex_init`` for every ``port_mutex_rec_init`` of a file."""
    return {
        re.sub(r"_rec(?:ursive)?(?=_)", "", function.name)
        for function in code.functions
        if _RECURSIVE_INIT.fullmatch(function.name)
    }


def _creations(unit: Located[MutexCode], function: Function, recursive: bool) -> Iterator[Creation]:
    for chain in _reach(unit.facts, function, ()):
        if chain[-1][1].action == "create":
            yield Creation(unit.path, function, recursive, chain)


def _reach(
    code: MutexCode, function: Function, above: tuple[tuple[Function, Call], ...]
) -> Iterator[tuple[tuple[Function, Call], ...]]:
    """Chains of calls from ``function`` to the creating ones, through functions of the file."""
    for call in function.calls:
        chain = (*above, (function, call))
        if call.action == "create":
            yield chain
        elif not call.action and len(chain) < 4:
            for callee in _callees(code, function, call.name):
                yield from _reach(code, callee, chain)


def _callees(code: MutexCode, caller: Function, name: str) -> list[Function]:
    """Definitions of ``name`` that can be compiled together with ``caller``."""
    return [
        f
        for f in code.functions
        if f.name == name and f != caller and not _exclude(f.conditions, caller.conditions)
    ]


def _exclude(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(f"!({c})" in other for c in one) or any(f"!({c})" in one for c in other)


def _stubs(unit: Located[MutexCode], function: Function) -> Iterator[Creation]:
    if any(_SINGLE_THREADED.search(condition) for condition in function.conditions):
        return
    if function.constant:
        if _is_error(function.constant):
            yield Creation(unit.path, function, True, (), function)
    elif len(function.calls) == 1:
        for callee in _callees(unit.facts, function, function.calls[0].name):
            if callee.constant and _is_error(callee.constant):
                chain = ((function, function.calls[0]),)
                yield Creation(unit.path, function, True, chain, callee)


def _is_error(constant: str) -> bool:
    return constant.startswith("-") or "ERR" in constant


def _of_expressions(unit: Located[MutexCode]) -> Iterator[Pair]:
    """One expression that is created recursive and used plain, or the reverse."""
    made: dict[str, list[tuple[Function, Call]]] = defaultdict(list)
    for function in unit.facts.functions:
        for call in function.calls:
            if call.action == "create" and call.target:
                made[call.target].append((function, call))
    for function in unit.facts.functions:
        for call in function.calls:
            created = made.get(call.handle, []) if call.action in ("take", "give") else []
            kinds = {c.recursive for _, c in created}
            if len(kinds) != 1 or kinds == {call.recursive} or _chooses(function, call):
                continue
            creator, create = created[0]
            local = call.handle in function.locals or call.handle in creator.locals
            if (creator == function or not local) and not _exclude(
                creator.conditions, function.conditions
            ):
                yield Pair(unit.path, create, call, function.name)


def _chooses(function: Function, call: Call) -> bool:
    """Whether a function does the same to one handle in both ways: the mutex's own flag tells."""
    return any(
        other.action == call.action
        and other.handle == call.handle
        and other.recursive != call.recursive
        for other in function.calls
    )


_USE = re.compile(r"(\w*mutex(?:_rec(?:ursive)?)?)_(?:lock|take|try_?lock|unlock|give)")


def _of_interface(unit: Located[MutexCode]) -> Iterator[Pair]:
    """``x_mutex_init`` against ``x_mutex_lock`` and ``x_mutex_unlock`` of the same file."""
    interface = (*unit.facts.functions, *unit.facts.macros)
    for function in interface:
        stem = _USE.fullmatch(function.name)
        if not stem:
            continue
        made = [
            call
            for other in interface
            if re.fullmatch(rf"{stem[1]}_(?:init|create|new)", other.name)
            and not _exclude(other.conditions, function.conditions)
            for call in other.calls
            if call.action == "create"
        ]
        kinds = {call.recursive for call in made}
        for call in function.calls:
            if (
                call.action in ("take", "give")
                and len(kinds) == 1
                and (True in kinds or call.recursive)
                and not _chooses(function, call)
            ):
                yield Pair(unit.path, made[0], call, function.name)
