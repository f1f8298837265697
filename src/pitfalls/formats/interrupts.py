"""C code of interrupts on a Cortex-M: priorities that are set, interrupts that are enabled, and
functions with what they call.

Three ways to write a priority: the *library* calls take it unshifted (``NVIC_SetPriority``, the
vendor HALs), others take the register's byte, *shifted* to its top bits; a name that this file
defines as another name is resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_lines import Branches, object_macros
from pitfalls.formats.syntax import descend, line, parse, text

if TYPE_CHECKING:
    from tree_sitter import Node

Unit = Literal["library", "shifted"]

MAX_CALLS = 200
"""Different functions that one function calls; more are left out."""

_SETTERS: dict[str, Unit] = {
    "NVIC_SetPriority": "library",
    "__NVIC_SetPriority": "library",
    "HAL_NVIC_SetPriority": "library",
    "nvic_irq_enable": "library",
    "NVIC_EnableIRQRequest": "library",
    "IntPrioritySet": "shifted",
    "irq_set_priority": "shifted",
}
_ENABLERS = frozenset(
    {"NVIC_EnableIRQ", "__NVIC_EnableIRQ", "HAL_NVIC_EnableIRQ", "IntEnable", "irq_set_enabled",
     "nvic_irq_enable", "NVIC_EnableIRQRequest"}
)  # fmt: skip
_VECTORS = frozenset(
    {"NVIC_SetVector", "IntRegister", "irq_set_exclusive_handler", "irq_add_shared_handler"}
)
_GROUPERS = frozenset(
    {"NVIC_SetPriorityGrouping", "HAL_NVIC_SetPriorityGrouping", "NVIC_PriorityGroupConfig",
     "nvic_priority_group_set", "nvic_priority_group_config", "NVIC_ConfigPriorityGroup"}
)  # fmt: skip
_REGISTER = re.compile(r"NVIC\s*->\s*IPR?\s*\[|NVIC_IPR?\d*\b|0x[eE]000[eE]4[0-9a-fA-F]{2}")
_RELEVANT = re.compile(
    rb"\b\w+(?:_IRQHandler|FromISR)\s*\(|NVIC_(?:SetPriority|EnableIRQ|PriorityGroup|IRQChannel)"
    rb"|SetPriorityGrouping|NVIC\s*->\s*IPR?\b|NVIC_IPR|Int(?:PrioritySet|Register)\s*\("
    rb"|irq_set_priority\s*\(|nvic_(?:irq_enable|priority_group_\w+)\s*\("
    rb"|NVIC_(?:EnableIRQRequest|ConfigPriorityGroup)\s*\("
)
# The driver that ships with a vendor's library: its handlers are known by name.
_VENDOR = re.compile(rb"^(?:__weak\s+)?void\s+HAL_\w+_IRQHandler\s*\(", re.M)
_NOISE = re.compile(rb"//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/")
_NAME = re.compile(r"[A-Za-z_]\w*")


class Call(msgspec.Struct, frozen=True):
    """The first call of ``name`` in a function."""

    name: str
    line: int


class Function(msgspec.Struct, frozen=True):
    """A function that some build may compile, with the functions it calls, each once."""

    name: str
    line: int
    calls: tuple[Call, ...]


class Write(msgspec.Struct, frozen=True):
    """A priority that is set. ``irq`` is the name of the interrupt (``ETH`` for ``ETH_IRQn``),
    empty when it is computed; ``priority`` is the text of the expression, ``function`` the one
    that holds the call."""

    irq: str
    priority: str
    unit: Unit
    line: int
    call: str
    function: str = ""


class Enable(msgspec.Struct, frozen=True):
    """An interrupt that is enabled at the NVIC."""

    irq: str
    line: int
    call: str


class Vector(msgspec.Struct, frozen=True):
    """A handler that is put into the vector table at run time."""

    irq: str
    handler: str
    line: int


class Grouping(msgspec.Struct, frozen=True):
    """A call that sets the priority grouping: ``preemption`` bits, or the register's ``field``."""

    line: int
    text: str
    preemption: int | None = None
    field: int | None = None


class InterruptCode(msgspec.Struct, frozen=True):
    """The facts of one file. ``macros``: what it defines by itself, name -> text."""

    functions: tuple[Function, ...]
    writes: tuple[Write, ...]
    enables: tuple[Enable, ...]
    vectors: tuple[Vector, ...]
    groupings: tuple[Grouping, ...]
    macros: dict[str, str]


def parse_c(data: bytes) -> InterruptCode | None:
    """The interrupts of one C file; None for a file without any, and for a vendor's driver."""
    plain = _NOISE.sub(b" ", data)
    if not _RELEVANT.search(plain) or _VENDOR.search(plain):
        return None
    source = decode(data)
    macros = {name: value for name, (value, _) in object_macros(source).items()}
    reader = _Reader(Branches(source), macros)
    for node in _definitions(parse("c", data)):
        reader.function(node)
    return InterruptCode(
        tuple(reader.functions),
        tuple(reader.writes),
        tuple(reader.enables),
        tuple(reader.vectors),
        tuple(reader.groupings),
        reader.macros,
    )


def _definitions(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type == "function_definition":
            yield node
        else:
            pending.extend(reversed(node.children))


class _Reader:
    """Collects the facts of a file, function by function."""

    def __init__(self, branches: Branches, macros: dict[str, str]) -> None:
        self.branches = branches
        self.macros = macros
        self.functions: list[Function] = []
        self.writes: list[Write] = []
        self.enables: list[Enable] = []
        self.vectors: list[Vector] = []
        self.groupings: list[Grouping] = []
        self.current = ""

    def function(self, node: Node) -> None:
        """One function definition, unless ``#if 0`` cuts it out."""
        body = node.child_by_field_name("body")
        name = self._resolved(_declared(node))
        if body is None or not name or self._cut(line(node)):
            return
        calls: dict[str, int] = {}
        fields: dict[str, str] = {}  # of a StdPeriph NVIC_InitTypeDef that is being filled in
        for part in descend(body, "call_expression", "assignment_expression"):
            if self._cut(line(part)):
                continue
            self.current = name
            if part.type == "assignment_expression":
                self._assignment(part, fields)
                continue
            called = self._resolved(text(part.child_by_field_name("function")))
            if _NAME.fullmatch(called) and len(calls) < MAX_CALLS:
                calls.setdefault(called, line(part))
            self._call(called, part, fields)
        self.functions.append(
            Function(name, line(node), tuple(Call(n, at) for n, at in calls.items()))
        )

    def _cut(self, number: int) -> bool:
        return "0" in self.branches.at(number)

    def _resolved(self, name: str) -> str:
        for _ in range(4):
            other = _bare(self.macros.get(name, ""))
            if not _NAME.fullmatch(other):
                break
            name = other
        return name

    def _irq(self, expression: str) -> str:
        """``ETH`` for ``ETH_IRQn`` behind casts and macros; empty for what is computed."""
        name = self._resolved(_bare(expression))
        found = re.fullmatch(r"([A-Za-z]\w*?)_IRQ(?:n|Channel)?|(INT_\w+)", name)
        return (found[1] or found[2]) if found else ""

    def _call(self, called: str, node: Node, fields: dict[str, str]) -> None:
        arguments = _arguments(node)
        at = line(node)
        if called in _SETTERS and len(arguments) > 1:
            priority = _preemption(arguments[1])
            irq, unit = self._irq(arguments[0]), _SETTERS[called]
            self.writes.append(Write(irq, priority, unit, at, called, self.current))
        if called in _ENABLERS and arguments and arguments[-1] != "false":
            self.enables.append(Enable(self._irq(arguments[0]), at, called))
        elif called in _VECTORS and len(arguments) > 1:
            handler = re.findall(r"[A-Za-z_]\w*", arguments[1])
            if handler:
                self.vectors.append(Vector(self._irq(arguments[0]), handler[-1], at))
        elif called in _GROUPERS and arguments and self.current not in _SETTERS:
            self._grouping(called, arguments[0], at)
        elif called == "NVIC_Init" and "NVIC_IRQChannel" in fields:
            irq = self._irq(fields["NVIC_IRQChannel"])
            priority = fields.get("NVIC_IRQChannelPreemptionPriority", "")
            if priority:
                row = int(fields["line"])
                self.writes.append(Write(irq, priority, "library", row, called))
            if fields.get("NVIC_IRQChannelCmd", "ENABLE") == "ENABLE":
                self.enables.append(Enable(irq, at, called))

    def _grouping(self, called: str, argument: str, at: int) -> None:
        shown = f"{called}({argument[:60]})"
        bits = re.search(r"NVIC_PRI(?:ORITY_?GROUP_|GROUP_PRE)(\d)", argument, re.IGNORECASE)
        number = re.fullmatch(r"\(?\s*(?:0x)?([0-7])[uUlL]*\s*\)?", argument)
        if bits:
            self.groupings.append(Grouping(at, shown, preemption=int(bits[1])))
        elif number and called != "NVIC_PriorityGroupConfig":
            self.groupings.append(Grouping(at, shown, field=int(number[1])))

    def _assignment(self, node: Node, fields: dict[str, str]) -> None:
        left = text(node.child_by_field_name("left"))
        right = " ".join(text(node.child_by_field_name("right")).split())
        member = re.search(r"\b(NVIC_IRQChannel\w*)$", left)
        if member:
            fields[member[1]] = right
            if member[1] == "NVIC_IRQChannelPreemptionPriority":
                fields["line"] = str(line(node))
        elif _REGISTER.search(left):
            index = re.search(r"NVIC\s*->\s*IPR?\s*\[(.*)\]$", left)
            irq = self._irq(index[1]) if index else ""
            self.writes.append(Write(irq, right[:200], "shifted", line(node), left[:60]))


def _bare(expression: str) -> str:
    """The expression without casts to a type of one word and without parentheses."""
    return re.sub(r"\(\s*\w+\s*\)(?=\s*[\w(])|[()\s]", "", expression)


def _declared(node: Node) -> str:
    current = node.child_by_field_name("declarator")
    while current is not None and current.type != "identifier":
        current = current.child_by_field_name("declarator")
    return text(current)


def _arguments(node: Node) -> list[str]:
    listed = node.child_by_field_name("arguments")
    children = listed.named_children if listed is not None else []
    return [" ".join(text(c).split())[:200] for c in children if c.type != "comment"]


def _preemption(expression: str) -> str:
    """The part of ``NVIC_EncodePriority(group, preemption, sub)`` that orders interrupts."""
    encoded = re.fullmatch(r"NVIC_EncodePriority\s*\((.*)\)", expression)
    if not encoded:
        return expression
    parts = re.split(r",(?![^(]*\))", encoded[1])
    return parts[1].strip() if len(parts) == 3 else expression
