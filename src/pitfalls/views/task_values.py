"""The numbers behind the expressions that tasks are made with, through constants, locals, fields of
configuration structures and functions that convert a scale."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pitfalls.formats.c_calls import call_arguments, joined
from pitfalls.formats.c_expression import evaluate, number, tokenize
from pitfalls.formats.task_code import Field, Function, TaskCode
from pitfalls.model import Place, Related
from pitfalls.source import Located
from pitfalls.views import cmsis_priorities
from pitfalls.views.freertos_config import FreeRTOSConfig
from pitfalls.views.header_macros import Finder

MAX_DEPTH = 12
"""Hops from an expression to a number."""

MAX_STEPS = 20_000
"""Expressions that are evaluated for one target; the rest does not resolve."""

_WORD = re.compile(r"[A-Za-z_]\w*")
_CAST = re.compile(
    r"(?:unsigned|signed|int|long|short|char|const|volatile|\w+_t|\w+Type_t|osPriority|u?int\d+)"
)

_BOUNDS: dict[str, Callable[[int, int], int]] = {"min": min, "max": max}
_SIZES = {
    "char": 1, "uint8_t": 1, "int8_t": 1, "UCHAR": 1, "CHAR": 1, "unsigned char": 1,
    "uint16_t": 2, "int16_t": 2, "uint32_t": 4, "int32_t": 4, "uint64_t": 8, "int64_t": 8,
}  # fmt: skip
_WORDS = frozenset({"StackType_t", "portSTACK_TYPE", "size_t", "ULONG", "void *"})
"""Types of four bytes, but for 64-bit processors."""

_KERNEL = {"tskIDLE_PRIORITY": 0, "pdFALSE": 0, "pdTRUE": 1}


@dataclass(frozen=True)
class Value:
    """What an expression is: ``number`` is None when that cannot be told, and ``missing`` names
    what would tell it. ``place`` is where the number is written; ``chain`` the hops to it."""

    number: int | None
    place: Place
    chain: tuple[Related, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class Scope:
    """Where an expression stands; ``bound`` are the arguments of a function that is followed."""

    path: str
    line: int
    function: Function | None = None
    bound: Mapping[str, Value] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """The line of the expression."""
        return Place(self.path, self.line)


class Resolver:
    """Resolves the expressions of one target. ``files`` are its own; ``others`` gives the files
    of the tree that configure a field, and is asked last."""

    def __init__(
        self,
        config: FreeRTOSConfig,
        files: Iterable[Located[TaskCode]],
        others: Callable[[str, bool], Iterable[Located[TaskCode]]],
        header: Finder,
    ) -> None:
        self._config = config
        self._files = list(files)
        self._find_others = others
        self._others: dict[str, Located[TaskCode]] = {}
        self._header = header
        self._left = MAX_STEPS
        calls = (c.name for f in self._files for fn in f.facts.functions for c in fn.calls)
        self._cmsis = 1 if "osThreadDef" in calls else 2

    def value(self, text: str, scope: Scope, depth: int = 0) -> Value:
        """The value of an expression."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            return Value(None, scope.place, missing=text)
        reader = _Reader(self, scope, depth)
        result = evaluate(reader.tokens(text))
        used = [v for v in reader.used if v.number is not None]
        missing = next((v.missing for v in reader.used if v.number is None), text)
        one = used[0] if len(reader.used) == 1 and used else None
        if result is None:
            return Value(None, scope.place, missing=missing)
        if one is None:
            return Value(result, scope.place, tuple(h for v in used for h in v.chain))
        return Value(result, one.place, _with_hop(one, scope.place, text))

    def named(self, path: str, scope: Scope, depth: int) -> Value:
        """The value of a name or of a path of fields."""
        parts = [part for part in re.split(r"\.|->|::", path) if part]
        name = parts[-1]
        if len(parts) > 1 and "::" not in path:
            return self._field(parts[0], name, scope, depth)
        if name in scope.bound:
            return scope.bound[name]
        function = scope.function
        if function is not None and name in function.values:
            return self.value(function.values[name], scope, depth + 1)
        if function is not None and name in function.parameters:
            return Value(None, scope.place, missing=f"the argument {name} of {function.name}")
        return self._constant(name, scope, depth)

    def _constant(self, name: str, scope: Scope, depth: int) -> Value:
        known = cmsis_priorities.number(name, version=self._cmsis)
        if known is not None:
            return Value(known, scope.place)
        if name in _KERNEL:
            return Value(_KERNEL[name], scope.place)
        macro = self._config.get(name)
        if macro is not None and macro.value is not None:
            return Value(macro.value, self._config.place(name))
        others = list(self._others.values())
        same = [f for f in (*self._files, *others) if f.path == scope.path]
        for files in (same, self._files, others):
            found = [(f.path, c) for f in files for c in f.facts.constants if c.name == name]
            values = [self.value(c.text, Scope(p, c.line), depth + 1) for p, c in found]
            if values:
                return _agreed(values, scope, name)
        header = self._header(name, scope.path)
        if header is not None:
            return self.value(header[0], Scope(header[1].path, header[1].line), depth + 1)
        return Value(None, scope.place, missing=name)

    def _field(self, owner: str, name: str, scope: Scope, depth: int) -> Value:
        """``owner.name``: what the owner's initialiser says in C, what ``Default`` says in Rust."""
        rust = scope.path.endswith(".rs")
        # Rust's fields have no owner here, so that a name like `priority` may be any structure's.
        named = not rust or "_" in name
        own = self._files if named else [f for f in self._files if f.path == scope.path]
        for files in (own, *(self._configured(name, rust) if named else ())):
            found = [
                (file.path, f)
                for file in files
                for f in file.facts.fields
                if f.name == name
                and file.path.endswith(".rs") == rust
                and (rust or f.owner == owner)
                and not _is_copy(f)
                and (not f.function or rust or _is_in(scope, file.path, f))
            ]
            values = [self.value(f.value, Scope(p, f.line), depth + 1) for p, f in found]
            if values:
                return _agreed(values, scope, f"{owner}.{name}")
        return Value(None, scope.place, missing=f"{owner}.{name}")

    def call(self, name: str, arguments: list[str], scope: Scope, depth: int) -> Value:
        """What a function that only computes returns for these arguments."""
        if name == "sizeof":
            return self._size(" ".join(arguments), scope, depth)
        values = [self.value(a, scope, depth + 1) for a in arguments]
        if (known := _BOUNDS.get(name.lower().removeprefix("lwip_"))) and len(values) == 2:
            return _bounded(known, values)
        for path, function in self._computing(name):
            if function is scope.function or len(function.parameters) != len(values):
                continue
            result = self._run(path, function, values, depth)
            if result is None or result.number is None:
                continue
            hop = Related(Place(path, function.line), f"{name} makes {result.number} of it")
            first = values[0] if values else result
            return Value(result.number, first.place, (*first.chain, hop))
        missing = next((v.missing for v in values if v.number is None), f"{name}()")
        return Value(None, scope.place, missing=missing)

    def _size(self, text: str, scope: Scope, depth: int) -> Value:
        """``sizeof`` a type of known width, or an array of such elements."""
        bits64 = "64" in self._config.platform
        if text in _SIZES or (text in _WORDS and not bits64):
            return Value(_SIZES.get(text, 4), scope.place)
        return self._constant(f"sizeof {text}", scope, depth)

    def _run(self, path: str, function: Function, values: list[Value], depth: int) -> Value | None:
        bound = dict(zip(function.parameters, values, strict=True))
        # Without its locals: they are bound step by step.
        bare = Function(function.name, function.line, function.parameters)
        for step in function.steps:
            scope = Scope(path, function.line, bare, bound)
            if step.condition:
                holds = self.value(step.condition, scope, depth + 1).number
                if holds is None:
                    return None
                if not holds:
                    continue
            value = self.value(step.text, scope, depth + 1)
            if not step.name:
                return value
            bound = {**bound, step.name: value}
        return None

    def _configured(self, name: str, rust: bool) -> tuple[list[Located[TaskCode]], ...]:
        """Files that configure a field of that name: the target's, then those of the tree."""
        own = {file.path for file in self._files}
        found = [file for file in self._find_others(name, rust) if file.path not in own]
        self._others.update((file.path, file) for file in found)
        near = f"{self._config.project}/"
        return [file for file in found if file.path.startswith(near)], found

    def _computing(self, name: str) -> list[tuple[str, Function]]:
        return [
            (file.path, function)
            for file in (*self._files, *self._others.values())
            for function in file.facts.functions
            if function.name == name and function.steps
        ]


def _bounded(bound: Callable[[int, int], int], values: list[Value]) -> Value:
    """The smaller or the greater of two values, with the way to the one that counts."""
    first, second = values
    if first.number is None or second.number is None:
        return first if first.number is None else second
    number = bound(first.number, second.number)
    chosen = first if number == first.number else second
    return Value(number, first.place, chosen.chain)


def _is_in(scope: Scope, path: str, found: Field) -> bool:
    """Whether a local field belongs to the function of the expression."""
    name = scope.function.name if scope.function is not None else ""
    return path == scope.path and found.function == name


def _is_copy(found: Field) -> bool:
    """``priority: other.priority`` says nothing about the number."""
    return re.fullmatch(rf"(?:\w+(?:\.|->|::))*{re.escape(found.name)}", found.value) is not None


def _agreed(values: list[Value], scope: Scope, name: str) -> Value:
    """The one value of several definitions."""
    if len({value.number for value in values}) == 1:
        return values[0]
    return Value(None, scope.place, missing=f"which definition of {name} counts")


def _with_hop(value: Value, place: Place, text: str) -> tuple[Related, ...]:
    """The chain of a value with the place of the expression that led to it, once a place."""
    known = {value.place, *(hop.place for hop in value.chain)}
    shown = text if len(text) <= 80 else text[:77] + "..."
    return value.chain if place in known else (Related(place, shown), *value.chain)


class _Reader:
    """Replaces the names and calls of an expression by numbers."""

    def __init__(self, resolver: Resolver, scope: Scope, depth: int) -> None:
        self.resolver = resolver
        self.scope = scope
        self.depth = depth
        self.used: list[Value] = []

    def tokens(self, text: str) -> list[str]:
        """The tokens of ``text`` with numbers for what is known."""
        words = joined(tokenize(text))
        done: list[str] = []
        at = 0
        while at < len(words):
            word = words[at]
            at += 1
            if number(word) is not None or not _WORD.match(word):
                done.append(word)
                continue
            if words[at : at + 1] == ["("] and not _is_cast(done, word):
                arguments, at = call_arguments(words, at)
                value = self.resolver.call(
                    re.split(r"\.|->|::", word)[-1], arguments, self.scope, self.depth
                )
            elif _is_cast(done, word) and words[at : at + 1] == [")"] and _CAST.fullmatch(word):
                done.append(word)
                continue
            else:
                value = self.resolver.named(word, self.scope, self.depth)
            self.used.append(value)
            done.append("unknown" if value.number is None else str(value.number))
        return done


def _is_cast(done: list[str], word: str) -> bool:
    return done[-1:] == ["("] and _CAST.fullmatch(word) is not None
