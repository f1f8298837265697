"""One pass over a file for everything that has to do with time: reads, writes, calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pitfalls.formats import (
    clock_feeds,
    clock_sources,
    code_text,
    counter_arithmetic,
    register_reads,
    static_writes,
    tick_scale,
)  # fmt: skip
from pitfalls.formats.clock_facts import (
    GETTER,
    Call,
    ClockCode,
    Function,
    Static,
    Write,
    link_name,
)  # fmt: skip
from pitfalls.formats.clock_roles import role_of
from pitfalls.formats.clock_sources import Source
from pitfalls.formats.code_text import Lines, Span, Text, span_at
from pitfalls.formats.counter_arithmetic import Arithmetic
from pitfalls.formats.tick_scale import Factor

Conditions = Callable[[Span, int], tuple[str, ...]]
"""The conditions around a function that begins on a line."""

MAX_BODY = 2500
"""A longer body is not kept."""

MAX_ROUNDS = 3
"""Calls that are followed upwards inside a file."""

_SPOTS = ("clock", "tick", "Tick", "timer", "Timer")
_SPOT = re.compile("|".join(_SPOTS))
_WORD = re.compile(r"[\w:]*")
_UPPER = re.compile(r"\b[A-Z][A-Z0-9_]+\b")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_ANY_CALL = re.compile(r"\b([A-Za-z_][\w:]*)\s*\(")
_CONSTANT = re.compile(r"\{\s*(?:return\s+)?\(?\s*(\d[\w']*)\s*\)?\s*;?\s*\}")
_TIMED = re.compile(
    r"clock|tick|time|millis|micros|nanos|now|jiffies|count|elapsed|update|advance|uptime|Tick|Time"
)
"""Names of functions that may read time."""
_WANTED = re.compile(
    r"z_clock_advance_|elapsed|init|start|enable|setup|configure|Init|Start|Enable"
)
_NO_CALLS = frozenset(
    {"if", "for", "while", "switch", "return", "sizeof", "loop", "match", "unsafe", "defined"}
)


@dataclass
class _Parts:
    """What was found inside one function."""

    calls: list[Call] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


class Reader:
    """One file: passes over the whole text, each spot given to the function around it."""

    def __init__(
        self, text: Text, matching: dict[int, int], spans: list[Span], language: str
    ) -> None:
        self.code = text.code
        self.text = text
        self.matching = matching
        self.spans = spans
        self.rust = language == "rust"
        self.opened = [span.opened for span in spans]
        self.lines = Lines(text.code)
        self.parts: dict[int, _Parts] = {}
        self._narrow: tuple[str, ...] = ()
        self._asked: dict[str, str] = {}
        self._loops: dict[int, list[tuple[int, int]]] = {}

    def read(
        self,
        statics: tuple[Static, ...],
        conditions: Conditions,
        imports: tuple[str, ...],
        foreign: frozenset[str] = frozenset(),
    ) -> ClockCode | None:
        """All passes, and the functions that they found something in."""
        names = frozenset(static.name for static in statics) | foreign
        feeding, self._asked = clock_feeds.names(self.code, self.spans)
        for index, span in enumerate(self.spans):
            timed = span.name in feeding or _TIMED.search(link_name(span.before) or span.name)
            if timed and span.closed - span.opened <= MAX_BODY:
                self._find_sources(index, span)
        if "cycle_count" in self.code or "CYCCNTENA" in self.code:
            self._find_starts()
        if not self.rust and "volatile" in self.code:
            self._find_registers()
        self._find_writes(names)
        self._find_calls()
        self._find_callers()
        functions = []
        getters = [self._is_getter(index, span) for index, span in enumerate(self.spans)]
        clocks = any(getters)
        for index, span in enumerate(self.spans):
            getter = getters[index]
            if getter or index in self.parts or (clocks and _WANTED.search(span.name)):
                functions.append(self._function(index, span, getter, names, conditions))
        rate = counter_arithmetic.frequency(self.code) if clocks else 0
        return ClockCode(tuple(functions), statics, imports, rate) if functions else None

    def _is_getter(self, index: int, span: Span) -> bool:
        if span.parameters.strip() not in ("", "void"):
            return False
        asked = span.name in self._asked and index in self.parts and self.parts[index].sources
        if not (asked or GETTER.fullmatch(link_name(span.before) or span.name)):
            return False
        return (
            bool(span.result) if self.rust else not re.search(r"\bvoid\s*$", span.before.rstrip())
        )

    def _at(self, offset: int) -> _Parts | None:
        index = span_at(self.spans, self.opened, offset)
        return None if index is None else self.parts.setdefault(index, _Parts())

    def _in_loop(self, offset: int) -> bool:
        index = span_at(self.spans, self.opened, offset)
        if index is None:
            return False
        if index not in self._loops:
            self._loops[index] = code_text.loops(self.code, self.spans[index], self.matching)
        return any(start < offset < end for start, end in self._loops[index])

    def _find_sources(self, index: int, span: Span) -> None:
        for kind, name, at in clock_sources.found(self.text, span, rust=self.rust):
            source = clock_sources.Source(kind, name, self.lines.at(at))
            self.parts.setdefault(index, _Parts()).sources.append(source)

    def _find_starts(self) -> None:
        for match in clock_sources.STARTS.finditer(self.code):
            parts = self._at(match.start())
            if parts is not None:
                parts.starts.append(self.lines.at(match.start()))

    def _find_registers(self) -> None:
        """Macros of the file that stand for a volatile register."""
        found = register_reads.macros(self.code)
        self._narrow = tuple(name for name, is_narrow in found.items() if is_narrow)
        for match in re.finditer(register_reads.reads_of(found), self.code) if found else ():
            if (parts := self._at(match.start())) is not None:
                line = self.lines.at(match.start())
                parts.sources.append(Source("hardware", match[0], line))

    def _find_writes(self, statics: frozenset[str]) -> None:
        if self.rust:
            found = static_writes.rust_writes(self.code, self.spans)
        else:
            found = static_writes.c_writes(self.code, statics)
        for name, start, after in found:
            parts = self._at(start)
            if parts is not None:
                end = self.code.find(";", after, after + 120)
                text = " ".join(self.code[start : max(end, after)].split())
                line, looped = self.lines.at(start), self._in_loop(start)
                parts.writes.append(Write(name, line, looped, text))

    def _find_callers(self) -> None:
        """Calls of functions of the file that move or start a clock, whatever their names."""
        known: set[str] = set()
        for _ in range(MAX_ROUNDS):
            moving = (self.spans[i].name for i, p in self.parts.items() if p.calls or p.writes)
            names = {name for name in moving if not _SPOT.search(name)} - known
            if not names:
                return
            known |= names
            one = "|".join(map(re.escape, sorted(names)))
            for call in re.finditer(rf"(?<![\w.:])(?<!fn )({one})\s*\(", self.code):
                parts = self._at(call.start())
                if parts is not None and not self._is_head(call.start()):
                    line, looped = self.lines.at(call.start()), self._in_loop(call.start())
                    parts.calls.append(Call(call[1], line, looped))

    def _is_head(self, offset: int) -> bool:
        """Whether a name is the one of a definition of C."""
        return any(span.start == offset for span in self.spans)

    def _find_calls(self) -> None:
        """Calls and mentions of functions whose path speaks of a clock, a tick or a timer."""
        seen: set[int] = set()
        for spot in _SPOTS:
            at = self.code.find(spot)
            while at >= 0:
                start = at
                while start and (self.code[start - 1].isalnum() or self.code[start - 1] in "_:"):
                    start -= 1
                word = _WORD.match(self.code, start)
                assert word is not None
                if start not in seen:
                    seen.add(start)
                    self._take_call(word[0], start, word.end())
                at = self.code.find(spot, word.end())

    def _take_call(self, name: str, start: int, end: int) -> None:
        called = self.code[end : end + 1] == "("
        if self.code[max(0, start - 3) : start] == "fn " or name.endswith(":"):
            return
        if not called and self.code[end : end + 1] not in ",);":
            return
        parts = self._at(start)
        if parts is not None:
            line = self.lines.at(start)
            parts.calls.append(Call(name, line, self._in_loop(start), not called))

    def _function(
        self,
        index: int,
        span: Span,
        getter: bool,
        statics: frozenset[str],
        conditions: Conditions,
    ) -> Function:
        parts = self.parts.get(index, _Parts())
        line = self.lines.at(span.start)
        short = span.closed - span.opened < MAX_BODY
        body = self.code[span.opened : span.closed + 1] if short else ""
        calls = parts.calls
        if short and (getter or parts.writes or parts.sources):
            known = {(c.name, c.line) for c in calls}
            calls = calls + [c for c in self._all_calls(span) if (c.name, c.line) not in known]
        words = set((_UPPER if self.rust else _IDENTIFIER).findall(body) if short else ())
        held = words if self.rust else words & statics
        constant = _CONSTANT.fullmatch(body) if short else None
        exported, symbol = self._exported(span)
        return Function(
            name=span.name,
            line=line,
            role=role_of(span, rust=self.rust),
            exported=exported,
            symbol=symbol,
            weak="weak" in span.before.lower(),
            getter=getter,
            result=span.result if self.rust else span.before.strip(),
            parameters=" ".join(span.parameters.split()),
            conditions=conditions(span, line),
            calls=tuple(calls),
            writes=tuple(parts.writes),
            sources=tuple(parts.sources),
            globals=tuple(sorted(held)),
            starts=tuple(parts.starts),
            mentioned=bool(parts.writes) and self.code.count(span.name) > 1,
            constant=constant[1] if constant else "",
            factors=self._factors(parts, body, span),
            arithmetic=self._arithmetic(body, span, getter or bool(parts.sources)),
            body=body if short and (getter or parts.sources) else "",
            link_name=link_name(span.before),
        )

    def _arithmetic(self, body: str, span: Span, timed: bool) -> tuple[Arithmetic, ...]:
        elapsed = "elapsed" in span.name
        if not (body and (timed or elapsed)):
            return ()
        line = self.lines.at(span.opened)
        head = "" if self.rust else span.before
        name = self._asked.get(span.name, span.name)
        reads = register_reads.read(name, body, self.code, rust=self.rust, narrow=self._narrow)
        return counter_arithmetic.read(reads, line, rust=self.rust, elapsed=elapsed, head=head)

    def _factors(self, parts: _Parts, body: str, span: Span) -> tuple[Factor, ...]:
        if self.rust or not parts.sources or len(body) > MAX_BODY:
            return ()
        if not any(macro in self.code for macro in tick_scale.RATE_MACROS):
            return ()
        known = tick_scale.macros(self.code)
        return tick_scale.factors(body, self.lines.at(span.opened), known)

    def _all_calls(self, span: Span) -> Iterator[Call]:
        for match in _ANY_CALL.finditer(self.code, span.opened, span.closed):
            before = self.code[match.start() - 1 : match.start()]
            name = f"::{match[1]}" if before == ":" else match[1]
            if (
                name not in _NO_CALLS
                and before != "."
                and self.code[max(0, match.start() - 3) : match.start()] != "fn "
            ):
                yield Call(name, self.lines.at(match.start()), self._in_loop(match.start()))

    def _exported(self, span: Span) -> tuple[bool, bool]:
        """Whether other files can call it, and whether the linker knows it by its name."""
        if not self.rust:
            seen = "static" not in span.before.split()
            return seen, seen
        symbol = "no_mangle" in span.before or "export_name" in span.before
        return symbol or bool(re.search(r"\bpub\b", span.before)), symbol
