"""What a test claims, through the helpers that it calls.

A port that a helper is told is filled in from the call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitfalls.formats.rust_claims import Claim, port_of, template_of
from pitfalls.formats.rust_tests import Call, Function
from pitfalls.model import Place

MAX_CALLS = 4
"""Calls followed from a test to the helper that claims."""

SAID = {
    "tap": "uses the TAP",
    "port": "listens on",
    "tty": "opens",
    "domain": "starts a DDS participant in domain",
    "counted port": "each process begins to count at",
    "counted domain": "each process begins to count at",
}
"""Kind of a claim -> how what it claims is introduced."""

NUMBER = re.compile(r"(\d[\d_]*)(?:u16|u32|usize|i32)?$")
"""A number as Rust writes it."""

# A call whose result only its arguments and the thing it is asked of decide.
_COMPUTED = re.compile(r"(?:\w+::)*\w+(?:\.\w+)*\([\w:., &]*\)")

Step = tuple[str, str, tuple[tuple[Place, str], ...]]


class ClaimFinder:
    """Claims of a function, its own and those of the functions it calls."""

    def __init__(self, functions: tuple[tuple[str, Function], ...]) -> None:
        self._by_name: dict[str, list[tuple[str, Function]]] = {}
        for path, function in functions:
            last = function.name.rpartition("::")[2]
            self._by_name.setdefault(f"{function.owner}::{last}", []).append((path, function))
            if function.owner:
                self._by_name.setdefault(f"{path}.{last}", []).append((path, function))

    def claims(self, path: str, function: Function, depth: int = 0) -> Iterator[Step]:
        """``(kind, value, places)``; parameters of ``function`` stay as ``{name}`` or name."""
        for claim in function.claims:
            if claim.kind == "domain" and (depth or not self._in_default_domain(path, function)):
                continue
            value = _resolved(claim.kind, claim.expression, function)
            if value is not None:
                yield claim.kind, value, ((Place(path, claim.line), _said(claim)),)
        if depth == MAX_CALLS:
            return
        for call in function.calls:
            for callee_path, callee in self._callees(call, path, function):
                for kind, value, places in self.claims(callee_path, callee, depth + 1):
                    filled = _filled(kind, value, callee, call, function)
                    here = (Place(path, call.line), f"calls {call.callee}")
                    if filled is not None:
                        yield kind, filled, (here, *places)

    def _in_default_domain(self, path: str, function: Function) -> bool:
        """Whether a process is started and no helper is told a domain."""
        told = any(
            "domain" in parameter.lower()
            for call in function.calls
            for _, callee in self._callees(call, path, function)
            for parameter in callee.parameters
        )
        return not told and self._spawns(path, function)

    def _spawns(self, path: str, function: Function, depth: int = 0) -> bool:
        """Whether a process is started, by the function or by those it calls."""
        return function.spawns or (
            depth < MAX_CALLS
            and any(
                self._spawns(callee_path, callee, depth + 1)
                for call in function.calls
                for callee_path, callee in self._callees(call, path, function)
            )
        )

    def _callees(self, call: Call, path: str, caller: Function) -> list[tuple[str, Function]]:
        """Functions of that name and type; nothing when a name is ambiguous across files. A method
        stands in the file of its caller."""
        if call.callee.startswith("."):
            found = self._by_name.get(f"{path}{call.callee}", [])
            return found if len(found) == 1 and found[0][1] is not caller else []
        parts = call.callee.split("::")
        owner = parts[-2] if len(parts) > 1 else ""
        owner = caller.owner if owner == "Self" else owner
        found = self._by_name.get(f"{owner}::{parts[-1]}", [])
        if not found and owner[:1].islower():
            found = self._by_name.get(f"::{parts[-1]}", [])
        found = [(path, function) for path, function in found if function is not caller]
        return found if len(found) == 1 else []


def _said(claim: Claim) -> str:
    return f"{SAID[claim.kind]} {claim.expression}"


def _resolved(kind: str, expression: str, function: Function) -> str | None:
    """An expression with the function's own locals filled in; None when it is no resource."""
    known = {k: v for k, v in function.locals.items() if k not in function.parameters}
    for _ in range(3):
        if expression in known:
            value = known[expression]
            if value.startswith(('"', "format!")):
                return _from_text(kind, value, known)
            expression = value
    return _with_locals(expression, known)


def _from_text(kind: str, value: str, known: dict[str, str]) -> str | None:
    if kind == "port":
        port = port_of(value)
        return known.get(port, port) if port is not None else None
    template = template_of(value)
    return _with_locals(template, known) if template is not None else value


def _with_locals(expression: str, known: dict[str, str]) -> str:
    """Placeholders that name a local with a literal value, filled in."""
    for name in re.findall(r"\{(\w+)\}", expression):
        text = known.get(name, "")
        value = text if NUMBER.match(text) else template_of(text)
        if value is not None and value != "{}":
            expression = expression.replace(f"{{{name}}}", value)
    return expression


def _filled(kind: str, value: str, callee: Function, call: Call, caller: Function) -> str | None:
    """``value`` of the callee as the caller sees it: parameters replaced by arguments."""
    method = call.callee.startswith(".")
    parameters = ("self", *callee.parameters) if method else callee.parameters
    arguments = dict(zip(parameters, call.arguments, strict=False))
    if value in arguments:
        return _resolved(kind, arguments[value].lstrip("&"), caller)
    if _COMPUTED.fullmatch(value):
        words = {n: _resolved(kind, text.lstrip("&"), caller) for n, text in arguments.items()}
        return with_words(value, {n: text for n, text in words.items() if text})
    for name in re.findall(r"\{(\w+)\}", value):
        argument = _resolved(kind, arguments.get(name, "?").lstrip("&"), caller) or "?"
        if NUMBER.match(argument):
            value = value.replace(f"{{{name}}}", argument)
        elif argument.startswith('"') or "{" in argument:
            value = value.replace(f"{{{name}}}", argument.strip('"'))
    return value


def with_words(value: str, texts: dict[str, str]) -> str:
    """An expression with some of its names replaced: no part of a path, no method, no function."""
    return re.sub(r"(?<![\w:.])(\w+)(?![\w:(])", lambda m: texts.get(m[1], m[1]), value)
