"""Functions that have to do with time, who calls them, and in which context code of theirs runs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Self

from pitfalls.formats import clock_code
from pitfalls.formats.clock_facts import Call, ClockCode, Static
from pitfalls.model import Place, Related
from pitfalls.source import MAX_BYTES, Located, Selection, Source, View, parents
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.clock_contexts import MAX_HOPS, START, TIMER, Func, Run, context, is_test
from pitfalls.views.layout import Layout
from pitfalls.views.rust_modules import is_live

RUST = Selection(
    name="clock code in Rust",
    type=ClockCode,
    parse=clock_code.parse_rust,
    names=("*.rs",),
    needles=(b"clock::", b"fn clock_", b"fn smoltcp_clock", b"fn z_clock_now", b"fn uxr_millis",
             b"set_clock_", b"enable_cycle_counter", b"export_name", b"Instant::from_m"),
)  # fmt: skip
C = Selection(
    name="clock code in C",
    type=ClockCode,
    parse=clock_code.parse_c,
    names=("*.c", "*.cpp", "*.cc", "*.cxx", "*.ino"),
    needles=(b"clock_now(void)", b"clock_now_ms(void)", b"clock_ms(void)", b"clock_us(void)",
             b"clock_ns(void)", b"uxr_millis(void)", b"sys_now(", b"HAL_GetTick(void)",
             b"HAL_IncTick", b"_clock_update", b"_clock_advance", b"now_ms(void)",
             b"millis(void)", b"get_time_ms(void)", b"z_time_now(void)"),
)  # fmt: skip

_NUMBER = re.compile(
    r"(?:\b|_)(?:Atomic(?!Ptr|Bool)\w*|u\d+|i\d+|usize|u?int(?:\d+|max)?_t|u?int|long|unsigned|Cell|Mutex"
    r"|RefCell"
    r"|TickType_t|u32_t|TickCell|portTickType)(?:\b|_)"
)
_C_ENDINGS = (".c", ".cpp", ".cc", ".cxx", ".ino")


class ClockFunctions(View):
    """Every live function of the tree's own code that has to do with time."""

    uses = (RUST, C, MANIFESTS, Layout)

    def __init__(
        self,
        functions: Iterable[Func],
        files: dict[str, ClockCode],
        layout: Layout,
        stock: Iterable[Func] = (),
    ) -> None:
        self.functions = tuple(functions)
        self.stock = tuple(stock)
        self.files = files
        self.layout = layout
        self._by_name: dict[str, list[Func]] = defaultdict(list)
        self._calls: dict[str, list[tuple[Func, Call]]] = defaultdict(list)
        self._crate_of = {f.path: f.crate for f in self.functions}
        self.crates = {f.crate_name for f in self.functions if f.crate_name}
        for function in self.functions:
            self._by_name[function.facts.name].append(function)
            for call in function.facts.calls:
                self._calls[call.name.rpartition("::")[2]].append((function, call))

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the Rust and C files that are neither vendored, nor tests, nor dead; and from the
        files that name a variable of a clock, found by that name."""
        layout = source.view(Layout)
        packages = {
            m.path.rpartition("/")[0]: m.facts.package.replace("-", "_")
            for m in source.facts(MANIFESTS)
            if m.facts.package
        }
        files = {f.path: f.facts for f in _own(source, layout) if is_live(f.path, source.read)}
        vendored = {
            f.path: f.facts
            for f in source.facts(C)
            if f.path.endswith("/system.c") and layout.library_of(f.path) is not None
        }
        stock = tuple(_functions(vendored, {}))
        first = cls(_functions(files, packages), files, layout, stock)
        more = _naming(source, layout, first)
        if not more:
            return first
        files.update(more)
        return cls(_functions(files, packages), files, layout, stock)

    def resolve(self, call: Call, caller: Func) -> list[Func]:
        """The functions that a call may mean; several only when the tree does not tell."""
        path, separator, name = call.name.rpartition("::")
        if separator and (not path or path.rpartition("::")[2][:1].isupper()):
            return []  # the type decides
        found = [f for f in self._by_name.get(name, ()) if f != caller or not path]
        if caller.is_rust:
            found = self._resolve_rust(path, [f for f in found if f != caller], caller)
        else:
            own = [f for f in found if f.path == caller.path and f != caller]
            found = own or [f for f in found if f.facts.exported and f != caller]
        return self._nearest(found, caller)

    def _nearest(self, found: list[Func], caller: Func) -> list[Func]:
        strong = [f for f in found if not f.facts.weak] or found
        if len(strong) > 1:
            subject = self.layout.subject_of(caller.path)
            near = [f for f in strong if self.layout.subject_of(f.path) == subject]
            return near or strong
        return strong

    def _resolve_rust(self, path: str, found: list[Func], caller: Func) -> list[Func]:
        same = [f for f in found if f.is_rust and f.crate == caller.crate]
        imports = self.files[caller.path].imports
        first, last = path.partition("::")[0], path.rpartition("::")[2]
        if not path:
            own = [f for f in same if f.path == caller.path]
            named = [f for f in found if f.is_rust and _imported(imports, f, caller)]
            return own or named or [f for f in found if f.facts.symbol and f not in same]
        if first in self.crates and first != caller.crate_name:
            return [f for f in found if f.crate_name == first]
        if last in ("crate", "self", "super"):
            return same
        inner = [f for f in same if f.module == last]
        return inner or [f for f in found if f.module == last and _imported(imports, f, caller)]

    def with_stock(self) -> Iterator[tuple[Func, bool]]:
        """The functions, and those of the stock ports of a vendored library (marked true)."""
        for function in self.functions:
            yield function, False
        for function in self.stock:
            yield function, True

    def statics_of(self, function: Func) -> Iterator[tuple[str, Static]]:
        """The numbers that ``function`` names and that last: its own, its file's, its crate's."""
        names = set(function.facts.globals)
        others = [p for p in self.files if p != function.path and self._shares_crate(p, function)]
        for path in (function.path, *others):
            facts = self.files[path]
            own = function.facts.name if path == function.path else ""
            seen = (static for static in facts.statics if static.owner in ("", own))
            for static in sorted(seen, key=lambda static: not static.owner):
                if static.name in names and _NUMBER.search(static.type):
                    names.discard(static.name)
                    yield path, static

    def _shares_crate(self, path: str, function: Func) -> bool:
        return (
            function.is_rust and path.endswith(".rs") and function.crate == self._crate_of.get(path)
        )

    def sees_statics(self, function: Func, owner: Func) -> bool:
        """Whether a name in ``function`` can mean a static of ``owner``'s file."""
        if function.path == owner.path:
            return True
        if function.is_rust != owner.is_rust:
            return False
        if function.is_rust:
            return function.crate == owner.crate
        return self.layout.subject_of(function.path) == self.layout.subject_of(owner.path)

    def is_start(self, function: Func, reader: Func) -> bool:
        """Whether its name says that it starts the counter that ``reader`` reads: it stands in the
        same file, and speaks of a timer or of the reader's registers."""
        facts = function.facts
        if function.path != reader.path or facts.getter or not START.search(facts.name):
            return False
        shared = set(facts.globals) & set(reader.facts.globals)
        return bool(shared) or bool(TIMER.search(facts.name))

    def callers(self, function: Func) -> Iterator[tuple[Func, Call]]:
        """Every call and mention that may mean ``function``."""
        for caller, call in self._calls.get(function.facts.name, ()):
            if caller != function and function in self.resolve(call, caller):
                yield caller, call

    def runs(self, function: Func, line: int, in_loop: bool) -> list[Run]:
        """The contexts in which a line of ``function`` is reached."""
        return list(self._runs(function, line, in_loop, (), frozenset()))

    def _runs(
        self,
        function: Func,
        line: int,
        in_loop: bool,
        hops: tuple[Related, ...],
        seen: frozenset[Func],
    ) -> Iterator[Run]:
        facts, place = function.facts, Place(function.path, line)
        known = context(facts, in_loop)
        if known is not None:
            yield Run(known[0], place, known[1], hops)
            return
        if function in seen or len(seen) >= MAX_HOPS:
            return
        here = Related(place, f"in {facts.name}()")
        found = False
        for caller, call in self.callers(function):
            found = True
            at = Place(caller.path, call.line)
            if call.mention:
                yield Run(
                    "unknown",
                    at,
                    f"{facts.name} is handed on in {caller.facts.name}()",
                    (here, *hops),
                )
            else:
                yield from self._runs(
                    caller, call.line, call.in_loop, (here, *hops), seen | {function}
                )
        if not found:
            yield self._without_caller(function, place, hops)

    def _without_caller(self, function: Func, place: Place, hops: tuple[Related, ...]) -> Run:
        facts = function.facts
        if facts.mentioned and not facts.exported:
            return Run("unknown", place, f"{facts.name} is handed on in its file", hops)
        if not facts.exported or self.is_visible(function):
            return Run(
                "uncalled", function.place, f"nothing in the tree calls {facts.name}()", hops
            )
        return Run("unknown", place, f"who calls {facts.name}() is not decided", hops)

    def is_visible(self, function: Func) -> bool:
        """Whether a call from another file would have been seen: its path speaks of a clock."""
        if not function.is_rust:
            return any(
                spot in function.facts.name
                for spot in ("_clock_update", "_clock_advance", "HAL_IncTick")
            )
        reexported = any(
            function.module in path.split("::") or path.endswith("::*")
            for file, facts in self.files.items()
            if file.endswith("/lib.rs") and function.crate and file.startswith(function.crate)
            for path in facts.imports
        )
        return function.module == "clock" and not reexported


def _functions(files: dict[str, ClockCode], packages: dict[str, str]) -> Iterator[Func]:
    for path, facts in files.items():
        rust = path.endswith(".rs")
        crate = next((p for p in parents(path) if p in packages), None) if rust else None
        name = packages[crate] if crate is not None else ""
        for function in facts.functions:
            if not function.is_test:
                yield Func(path, function, crate, name)


def _naming(source: Source, layout: Layout, known: ClockFunctions) -> dict[str, ClockCode]:
    """Files that name a shared variable which a getter returns, and were not read yet."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for getter in known.functions:
        if getter.facts.getter and not getter.facts.weak and not getter.facts.sources:
            shared = [s.name for _, s in known.statics_of(getter) if not s.private]
            names[getter.is_rust].update(shared)
    found = {}
    for path in source.paths:
        rust = path.endswith(".rs")
        wanted = names[rust] if rust or path.endswith(_C_ENDINGS) else None
        if not wanted or path in known.files or not layout.is_evidence(path) or is_test(path):
            continue
        data = source.read(path) or b""
        if len(data) <= MAX_BYTES and any(name.encode() in data for name in wanted):
            facts = (
                clock_code.parse_rust(data) if rust
                else clock_code.parse_c(data, frozenset(wanted))
            )  # fmt: skip
            if facts is not None and is_live(path, source.read):
                found[path] = facts
    return found


def _own(source: Source, layout: Layout) -> Iterator[Located[ClockCode]]:
    for selection in (RUST, C):
        for file in source.facts(selection):
            if layout.is_evidence(file.path) and not is_test(file.path):
                yield file


def _imported(imports: Iterable[str], function: Func, caller: Func) -> bool:
    """Whether a ``use`` of the caller's file brings in the function's crate, or its module."""
    same = function.crate == caller.crate
    for path in imports:
        first = path.partition("::")[0]
        if first == function.crate_name and not same:
            return True
        inside = first in ("crate", "super", "self") and same
        if inside and function.module in re.split(r"\W+", path):
            return True
    return False
