"""Drivers that keep DMA buffers inside their own struct, and where such a struct is set up.

A method that writes the address of a field of ``self`` to hardware (or into a descriptor) ties the
object to the place where it is at that moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from pitfalls.formats import syntax

if TYPE_CHECKING:
    from tree_sitter import Node

    Kinds: TypeAlias = dict[str, list[Node]]

_POINTER_METHODS = frozenset({"as_ptr", "as_mut_ptr", "as_ptr_range"})
_STORES = frozenset({"write_volatile", "write", "modify", "write_reg", "write_register", "write32"})
# What must stand in a file before it is worth a syntax tree.
_ADDRESS = re.compile(
    rb"self\.\w+(?:\[[^\]\n]*\])?\.as_(?:mut_)?ptr\w*\(|addr_of(?:_mut)?!\s*\(\s*self\."
    rb"|&raw\s+\w+\s+self\."
)
# Registers are written so; a driver that never does has its addresses in plain structs only.
_HARDWARE = re.compile(rb"\bwrite_volatile\b|\.(?:write|modify)\(\||\bwrite_reg\w*\(|Volatile")
_BOUND = re.compile(
    rb"\blet\s+mut\s+(\w+)[^=;\n]*=\s*(?:unsafe\s*\{\s*)?(?:\w+::)*"
    rb"(?!Vec|String|Box|HashMap|HashSet|BTree|Command|Default|Option|PathBuf)[A-Z]\w*"
    rb"(?:<[^>\n]*>)?(?:::\w+(?:::<[^>\n]*>)?\s*\(|\s*\{)"
)
_STATIC = re.compile(
    rb"\bstatic\s+(?:mut\s+)?[A-Z]\w*\s*:[^;=]*(?:MaybeUninit|StaticCell|Option|Once)"
)
_PLACED = re.compile(
    rb"=[^;\n]*\b[A-Z][A-Z0-9_]*\s*\.\s*(?:assume_init_mut|write|init|as_mut|init_with)\("
)
# Wrappers whose argument moves: STATIC.write(x), CELL.init(x), Some(x), Box::new(x) …
_MOVING = frozenset(
    {"write", "init", "set", "replace", "insert", "push", "Some", "Ok", "Box::new", "new", "put"}
)


MAX_FUNCTION = 20_000
"""Bytes behind a `let` in which the move is looked for."""


class Escape(msgspec.Struct, frozen=True):
    """``method`` of ``type`` stores the address of ``field``, an array of ``self``."""

    type: str
    method: str
    field: str
    line: int


class Call(msgspec.Struct, frozen=True):
    """``name.method()`` on a local variable or a static."""

    method: str
    line: int


class LocalDriver(msgspec.Struct, frozen=True):
    """A local variable that holds a value of ``type``, with the calls on it before it is moved:
    ``moved`` says how, ``moved_line`` where."""

    name: str
    type: str
    line: int
    calls: tuple[Call, ...]
    moved: str
    moved_line: int


class PlacedDriver(msgspec.Struct, frozen=True):
    """A reference into the static ``static``, of type ``type``, with the calls made on it."""

    static: str
    type: str
    line: int
    calls: tuple[Call, ...]


class RustDrivers(msgspec.Struct, frozen=True):
    """What one file says about drivers with inline buffers."""

    escapes: tuple[Escape, ...]
    locals: tuple[LocalDriver, ...]
    placed: tuple[PlacedDriver, ...]


def parse(data: bytes) -> RustDrivers | None:
    """The facts of a file; None when there are none."""
    defines = bool(_ADDRESS.search(data) and _HARDWARE.search(data))
    moves = (defines or _STATIC.search(data) is not None) and _may_move(data)
    places = _PLACED.search(data) is not None
    if not (defines or moves or places):
        return None
    kinds: dict[str, list[Node]] = {}
    wanted = ("struct_item", "impl_item", "function_item", "static_item")
    for node in syntax.descend(syntax.parse("rust", data), *wanted):
        kinds.setdefault(node.type, []).append(node)
    found = RustDrivers(
        tuple(_escapes(kinds)) if defines else (),
        tuple(_locals(kinds)) if moves else (),
        tuple(_placed(kinds)) if places else (),
    )
    return found if found.escapes or found.locals or found.placed else None


def _may_move(data: bytes) -> bool:
    """Whether some `let mut x = Type…` is later called and then given away whole."""
    for found in _BOUND.finditer(data):
        name = re.escape(found[1])
        given = rb"[(,=:{]\s*" + name + rb"\s*[),;}]|\breturn\s+" + name + rb"\s*;"
        given += rb"|\n\s*" + name + rb"\s*\n\s*\}"
        rest = data[found.end() : found.end() + MAX_FUNCTION]
        if re.search(rb"\b" + name + rb"\.\w+\(", rest) and re.search(given, rest):
            return True
    return False


def _escapes(kinds: Kinds) -> Iterator[Escape]:
    arrays = {
        syntax.text(node.child_by_field_name("name")): _array_fields(node)
        for node in kinds.get("struct_item", ())
    }
    for block in kinds.get("impl_item", ()):
        name = _last(syntax.text(block.child_by_field_name("type")))
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


def _locals(kinds: Kinds) -> Iterator[LocalDriver]:
    for function in kinds.get("function_item", ()):
        body = function.child_by_field_name("body")
        if body is None:
            continue
        for let in (n for n in body.named_children if n.type == "let_declaration"):
            driver = _local(body, let)
            if driver is not None:
                yield driver


def _local(body: Node, let: Node) -> LocalDriver | None:
    """The variable of ``let mut x = Type::new(…)`` when it is used and then moved."""
    pattern, value = let.child_by_field_name("pattern"), let.child_by_field_name("value")
    if pattern is None or pattern.type != "identifier" or value is None:
        return None
    kind = _constructed(value)
    name = syntax.text(pattern)
    if not kind:
        return None
    calls: list[Call] = []
    following = [n for n in body.named_children if n.start_byte > let.end_byte]
    for statement in following:
        shadows = statement.type == "let_declaration" and name == syntax.text(
            statement.child_by_field_name("pattern")
        )
        moved = _moves(statement, name, is_tail=statement == following[-1])
        if moved and calls:
            kind = _own_type(body) if kind == "Self" else kind
            line = syntax.line(let)
            return LocalDriver(name, kind, line, tuple(calls), moved, syntax.line(statement))
        calls.extend(_calls_on(statement, name))
        if moved or shadows:
            return None
    return None


def _constructed(value: Node) -> str:
    """``Type`` for ``Type::new(…)``, ``Type { … }``, also inside ``unsafe { }``."""
    while value.type in ("unsafe_block", "block", "try_expression", "parenthesized_expression"):
        inner = [n for n in value.named_children if not n.type.endswith("comment")]
        if len(inner) != 1:
            return ""
        value = inner[0]
    if value.type == "struct_expression":
        return _last(syntax.text(value.child_by_field_name("name")))
    if value.type == "call_expression":
        function = syntax.text(value.child_by_field_name("function"))
        if re.search(r"\.(?:unwrap|expect)$", function):
            inside = value.child_by_field_name("function")
            inner_call = inside.child_by_field_name("value") if inside else None
            return _constructed(inner_call) if inner_call is not None else ""
        path = re.sub(r"<[^<>]*>", "", function).split("::")
        if len(path) >= 2 and path[-2][:1].isupper():
            return path[-2]
    return ""


def _own_type(node: Node) -> str:
    """The type of the ``impl`` around a function's body."""
    parent: Node | None = node
    while parent is not None and parent.type != "impl_item":
        parent = parent.parent
    return _last(syntax.text(parent.child_by_field_name("type"))) if parent else "Self"


def _moves(statement: Node, name: str, *, is_tail: bool) -> str:
    """How a statement moves the variable ``name`` away, or nothing."""
    if is_tail and statement.type == "identifier" and syntax.text(statement) == name:
        return "returned"
    for node in syntax.descend(statement, "call_expression", "assignment_expression",
                               "return_expression", "field_initializer",
                               "shorthand_field_initializer"):  # fmt: skip
        if node.type == "call_expression":
            function = syntax.text(node.child_by_field_name("function"))
            arguments = node.child_by_field_name("arguments")
            plain = [syntax.text(n) for n in arguments.named_children] if arguments else []
            short = function.rpartition(".")[2]
            if name in plain and (short in _MOVING or function.rpartition("::")[2] in _MOVING):
                return f"moved by {short}()"
        elif node.type == "assignment_expression":
            if syntax.text(node.child_by_field_name("right")) == name:
                return f"moved into {syntax.text(node.child_by_field_name('left'))}"
        elif node.type == "return_expression":
            if [syntax.text(n) for n in node.named_children] == [name]:
                return "returned"
        elif syntax.text(node.named_children[-1] if node.named_children else node) == name:
            return "moved into a struct"
    return ""


def _calls_on(statement: Node, name: str) -> Iterator[Call]:
    for call in syntax.descend(statement, "call_expression"):
        function = call.child_by_field_name("function")
        if function is not None and function.type == "field_expression":
            value = function.child_by_field_name("value")
            if syntax.text(value) == name:
                method = syntax.text(function.child_by_field_name("field"))
                yield Call(method, syntax.line(function))


def _placed(kinds: Kinds) -> Iterator[PlacedDriver]:
    """``let dev = unsafe { DEV.assume_init_mut() }; dev.init();``."""
    statics = {
        syntax.text(node.child_by_field_name("name")): syntax.text(node.child_by_field_name("type"))
        for node in kinds.get("static_item", ())
    }
    for function in kinds.get("function_item", ()):
        body = function.child_by_field_name("body")
        for let in body.named_children if body is not None and statics else ():
            if let.type != "let_declaration":
                continue
            value = syntax.text(let.child_by_field_name("value"))
            found = re.search(
                r"\b([A-Z][A-Z0-9_]*)\s*\.\s*(?:assume_init_mut|write|init|as_mut|init_with)\b",
                value,
            )
            pattern = let.child_by_field_name("pattern")
            if found is None or found[1] not in statics or pattern is None:
                continue
            name = syntax.text(pattern)
            calls = [
                call
                for n in (body.named_children if body is not None else ())
                if n.start_byte > let.end_byte
                for call in _calls_on(n, name)
            ]
            if calls:
                line = syntax.line(let)
                yield PlacedDriver(found[1], statics[found[1]], line, tuple(calls))


def _last(path: str) -> str:
    """``a::b::Type<'a, T>`` -> ``Type``."""
    return re.sub(r"<.*", "", path, flags=re.DOTALL).strip().rpartition("::")[2]
