"""Numbers behind the names of ports: constants, fields of constants, and functions of those."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Self

from pitfalls.formats import number_functions, rust_constants
from pitfalls.formats.c_expression import evaluate
from pitfalls.formats.number_functions import Expression, NumberFunction
from pitfalls.source import Selection, Source, View

CONSTANTS = Selection(
    name="numbers that Rust tests name",
    type=rust_constants.RustConstants,
    parse=rust_constants.parse,
    names=("*.rs",),
    needles=(
        b": u16 =", b"PORT: ", b"port: ", b"ADDR: ", b"ADDRESS: ", b"ENDPOINT: ", b"LOCATOR: ",
        b"BIND: ", b"LISTEN: ", b'"127.0.0.1:', b'"0.0.0.0:', b'"localhost:',
    ),
)  # fmt: skip

FUNCTIONS = Selection(
    name="functions that compute ports",
    type=list[NumberFunction],
    parse=number_functions.parse,
    names=("*.rs",),
    needles=(b"-> u16", b": u16 ="),
)

MAX_CALLS = 8
"""Calls inside calls that are followed."""

_NAME = re.compile(r"(?:\w+::)*[A-Z][A-Z0-9_]*(?:\.\w+)*")
_OPERATOR = re.compile(r"[-+*]")
_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv,
    "%": operator.mod, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_SAME = re.compile(r"[ui](?:8|16|32|64|size)::from")

Value = int | str
"""A number, or what has a name: a constant, ``Type::Variant``."""


class PortNumbers(View):
    """What the names that stand for ports come to."""

    uses = (CONSTANTS, FUNCTIONS)

    def __init__(
        self, constants: Mapping[str, Mapping[str, str]], functions: Iterable[NumberFunction]
    ) -> None:
        self._constants = constants
        self._functions: dict[str, list[NumberFunction]] = {}
        self._open: set[str] = set()
        for function in functions:
            self._functions.setdefault(function.name, []).append(function)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Gather what has a name."""
        constants = {f.path: f.facts.numbers for f in source.facts(CONSTANTS)}
        return cls(constants, (one for f in source.facts(FUNCTIONS) for one in f.facts))

    def number(self, name: str, paths: list[str]) -> str | None:
        """The digits of a constant, a sum or a call: as a file of ``paths`` defines it, else the
        only one of the tree. None when several could be meant; the name itself when nothing
        tells."""
        if "(" in name:
            return self.called(name, paths) or name
        if _OPERATOR.search(name):
            parts = [
                self.number(part, paths) if _NAME.match(part) else part
                for part in re.split(f"({_OPERATOR.pattern})", name)
            ]
            total = evaluate([re.sub(r"_|u\d+$|usize$", "", p) for p in parts if p])
            return None if None in parts else name if total is None else str(total)
        for path in paths:
            if name in self._constants.get(path, {}):
                return self._constants[path][name]
        known = {numbers[name] for numbers in self._constants.values() if name in numbers}
        known |= self._computed(name, paths)
        if len(known) > 1:
            return None
        return next(iter(known), name)

    def called(self, text: str, paths: list[str]) -> str | None:
        """The digits of what functions compute; None when that is not told."""
        expression = number_functions.expression(text)
        value = self._value(expression, {}, paths, 0) if expression is not None else None
        return str(value) if isinstance(value, int) else None

    def _computed(self, name: str, paths: list[str]) -> set[str]:
        """The numbers of the constants of that name that an expression gives; its own name where
        it gives none."""
        if name in self._open:
            return {name}
        self._open.add(name)
        bodies = [f.body for f in self._functions.get(name, ()) if not f.parameters]
        values = [self._value(body, {}, paths, 0) for body in bodies]
        self._open.remove(name)
        return {str(value) if isinstance(value, int) else name for value in values}

    def _value(
        self, node: Expression, known: Mapping[str, Value], paths: list[str], depth: int
    ) -> Value | None:
        """What an expression comes to where names have the values ``known``; None when not told."""
        match node.kind:
            case "number":
                return int(node.text)
            case "name":
                return known[node.text] if node.text in known else self._named(node.text, paths)
            case "let" | "match" | "if":
                return self._chosen(node, known, paths, depth)
        values = [self._value(part, known, paths, depth) for part in node.parts]
        given = [value for value in values if value is not None]
        if len(given) < len(values):
            return None
        if node.kind == "operation":
            return _operation(node.text, given)
        if node.kind == "field":
            return self._named(f"{given[0]}.{node.text}", paths)
        return self._called(node, given, paths, depth)

    def _named(self, name: str, paths: list[str]) -> Value | None:
        """The number of a constant; a string, a variant or a constant of another kind is its own
        value."""
        if name.startswith('"'):
            return name
        found = self.number(name, paths)
        if found is not None and found.isdigit():
            return int(found)
        return name if found is not None and name[:1].isupper() and "." not in name else None

    def _chosen(
        self, node: Expression, known: Mapping[str, Value], paths: list[str], depth: int
    ) -> Value | None:
        """A ``let``, ``match`` or ``if``: what its first part comes to decides about the others."""
        first = self._value(node.parts[0], known, paths, depth)
        if first is None:
            return None
        if node.kind == "let":
            return self._value(node.parts[1], {**known, node.text: first}, paths, depth)
        if node.kind == "if":
            branch = node.parts[1 if first else 2]
            return self._value(branch, known, paths, depth) if isinstance(first, int) else None
        for arm in node.parts[1:]:
            if {"_", str(first)} & set(arm.text.split("|")):
                return self._value(arm.parts[0], known, paths, depth)
        return None

    def _called(
        self, node: Expression, given: list[Value], paths: list[str], depth: int
    ) -> Value | None:
        """What the only function comes to that fits name, receiver and arguments."""
        if node.kind == "call" and _SAME.fullmatch(node.text) and len(given) == 1:
            return given[0]
        owner, _, name = node.text.rpartition("::")
        functions = [f for f in self._functions.get(name, ()) if len(f.parameters) == len(given)]
        kind = owner if node.kind == "call" else str(given[0]).rpartition("::")[0]
        if kind:
            functions = [f for f in functions if f.owner == kind] or functions
        if depth == MAX_CALLS:
            return None
        values = {
            value
            for f in functions
            if (value := self._value(
                f.body, dict(zip(f.parameters, given, strict=True)), paths, depth + 1
            )) is not None
        }  # fmt: skip
        return values.pop() if len(values) == 1 else None


def _operation(sign: str, given: list[Value]) -> int | None:
    left, right = given
    if not isinstance(left, int) or not isinstance(right, int):
        return None
    if sign in ("/", "%") and not right:
        return None
    return int(_OPERATIONS[sign](left, right))
