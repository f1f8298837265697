"""Drivers that keep DMA buffers inside their own struct.

A method that writes the address of a field of ``self`` to hardware (or into a descriptor) ties the
object to the place where it is at that moment. :mod:`pitfalls.formats.rust_set_ups` reads where
such an object is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats import syntax
from pitfalls.formats.rust_text import last_name

if TYPE_CHECKING:
    from tree_sitter import Node

_POINTER_METHODS = frozenset({"as_ptr", "as_mut_ptr", "as_ptr_range"})
_STORES = frozenset({"write_volatile", "write", "modify", "write_reg", "write_register", "write32"})
# What must stand in a file before it is worth a syntax tree. Each begins with a literal, for which
# a search leaps.
_ADDRESS = (
    re.compile(rb"self\.\w+(?:\[[^\]\n]*\])?\.as_(?:mut_)?ptr\w*\("),
    re.compile(rb"addr_of(?:_mut)?!\s*\(\s*self\."),
    re.compile(rb"&raw\s+\w+\s+self\."),
)
# Registers are written so; a driver that never does has its addresses in plain structs only.
_HARDWARE = re.compile(rb"\bwrite_volatile\b|\.(?:write|modify)\(\||\bwrite_reg\w*\(|Volatile")
_BOUND = re.compile(
    rb"\blet\s+mut\s+(\w+)[^=;\n]*=\s*(?:unsafe\s*\{\s*)?(?:\w+::)*"
    rb"(?!Vec|String|Box|HashMap|HashSet|BTree|Command|Default|Option|PathBuf)[A-Z]\w*"
    rb"(?:<[^>\n]*>)?(?:::\w+(?:::<[^>\n]*>)?\s*\(|\s*\{)"
)
_STATIC = re.compile(
    rb"static(?<!\wstatic)\s+(?:mut\s+)?[A-Z]\w*\s*:[^;=]*(?:MaybeUninit|StaticCell|Option|Once)"
)
_PLACES = re.compile(rb"\.\s*(?:assume_init_mut|write|init|as_mut|init_with)\(")
_PLACED = re.compile(rb"=[^;\n]*\b[A-Z][A-Z0-9_]*\s*" + _PLACES.pattern)

MAX_FUNCTION = 20_000
"""Bytes behind a `let` in which the move is looked for."""


class Escape(msgspec.Struct, frozen=True):
    """``method`` of ``type`` stores the address of ``field``, an array of ``self``."""

    type: str
    method: str
    field: str
    line: int


class RustDrivers(msgspec.Struct, frozen=True):
    """What one file says about drivers with inline buffers. ``may_set_up``: objects are made and
    called in it; of interest when it names a type that has an escape in some file."""

    escapes: tuple[Escape, ...]
    may_set_up: bool


def parse(data: bytes) -> RustDrivers | None:
    """The facts of a file; None when there are none."""
    escapes = tuple(_escapes(syntax.parse("rust", data))) if _defines(data) else ()
    may_set_up = may_move(data) or may_place(data)
    return RustDrivers(escapes, may_set_up) if escapes or may_set_up else None


def _defines(data: bytes) -> bool:
    """Whether a method may hand an address of its own object to the hardware."""
    return any(p.search(data) for p in _ADDRESS) and _HARDWARE.search(data) is not None


def may_place(data: bytes) -> bool:
    """Whether a reference into a static is made by one of the usual cells."""
    return _PLACES.search(data) is not None and _PLACED.search(data) is not None


def may_move(data: bytes) -> bool:
    """Whether some `let mut x = Type…` is later called and then given away whole."""
    if not (_STATIC.search(data) or _defines(data)):
        return False
    for found in _BOUND.finditer(data):
        name = re.escape(found[1])
        given = rb"[(,=:{]\s*" + name + rb"\s*[),;}]|\breturn\s+" + name + rb"\s*;"
        given += rb"|\n\s*" + name + rb"\s*\n\s*\}"
        rest = data[found.end() : found.end() + MAX_FUNCTION]
        if re.search(rb"\b" + name + rb"\.\w+\(", rest) and re.search(given, rest):
            return True
    return False


def _escapes(root: Node) -> Iterator[Escape]:
    nodes = syntax.collect("rust", root, "struct_item", "impl_item")
    arrays = {
        syntax.text(node.child_by_field_name("name")): _array_fields(node)
        for node in nodes["struct_item"]
    }
    for block in nodes["impl_item"]:
        name = last_name(syntax.text(block.child_by_field_name("type")))
        fields = arrays.get(name)
        if not fields:
            continue
        methods = {
            syntax.text(node.child_by_field_name("name")): node
            for node in syntax.descend(block, "function_item")
        }
        direct = {m: hit for m, node in methods.items() if (hit := _stored(node, fields))}
        for method, node in methods.items():
            own = direct.get(method)
            through = next((direct[c] for c in _self_calls(node) if c in direct), None)
            hit = own or through
            if hit:
                yield Escape(name, method, hit[0], hit[1])


def _array_fields(struct: Node) -> frozenset[str]:
    """The fields that are arrays by value, at any nesting of wrappers but not behind pointers."""
    fields = set()
    for node in syntax.descend(struct, "field_declaration"):
        kind = node.child_by_field_name("type")
        if kind is None or kind.type in ("reference_type", "pointer_type"):
            continue
        text = syntax.text(kind)
        if next(syntax.descend(kind, "array_type"), None) is not None and not re.search(
            r"[&*]|\bBox\b|\bVec\b|\bPhantomData\b", text
        ):
            fields.add(syntax.text(node.child_by_field_name("name")))
    return frozenset(fields)


def _stored(method: Node, fields: frozenset[str]) -> tuple[str, int] | None:
    """The first array field whose address the method hands to a store."""
    carriers: dict[str, str] = {}
    for let in syntax.descend(method, "let_declaration"):
        pattern, value = let.child_by_field_name("pattern"), let.child_by_field_name("value")
        if pattern is None or value is None or pattern.type != "identifier":
            continue
        field = _address(value, fields)
        if field:
            carriers[syntax.text(pattern)] = field
    for node in syntax.descend(method, "call_expression", "assignment_expression"):
        if node.type == "call_expression":
            function = syntax.text(node.child_by_field_name("function"))
            target = node.child_by_field_name("arguments")
            if re.split(r"[.:]", function)[-1] not in _STORES:
                continue
        else:
            left = node.child_by_field_name("left")
            if left is None or left.type not in ("field_expression", "unary_expression"):
                continue
            target = node.child_by_field_name("right")
        if target is None:
            continue
        field = _address(target, fields) or next(
            (
                carriers[syntax.text(n)]
                for n in syntax.descend(target, "identifier")
                if syntax.text(n) in carriers
            ),
            "",
        )
        if field:
            return field, syntax.line(node)
    return None


def _address(node: Node, fields: frozenset[str]) -> str:
    """The field of ``self`` whose address ``node`` holds, or nothing."""
    for call in syntax.descend(node, "call_expression"):
        function = call.child_by_field_name("function")
        method = syntax.text(function.child_by_field_name("field")) if function else ""
        if function is not None and method in _POINTER_METHODS:
            field = _self_field(syntax.text(function.child_by_field_name("value")))
            if field in fields:
                return field
    for found in re.finditer(
        r"(?:addr_of(?:_mut)?!\s*\(|&raw\s+\w+\s+)([^()]*)", syntax.text(node)
    ):
        field = _self_field(found[1].strip())
        if field in fields:
            return field
    return ""


def _self_field(text: str) -> str:
    """``self.rx_bufs[i]`` -> ``rx_bufs``."""
    found = re.match(r"\(?&?(?:mut\s+)?self\.(\w+)(?:\.0)?(?:\s*(?:\[|$|\))|\s+as\b)", text)
    return found[1] if found else ""


def _self_calls(method: Node) -> Iterator[str]:
    for call in syntax.descend(method, "call_expression"):
        found = re.fullmatch(r"self\.(\w+)", syntax.text(call.child_by_field_name("function")))
        if found:
            yield found[1]
