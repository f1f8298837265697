"""Test functions of a Rust file and what functions hold on to: TAPs, listening ports, ttys.

A function's facts are kept when it is a test, claims a resource, starts a process, or calls
something; the view joins them through their calls.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats import syntax
from pitfalls.formats.rust_test_names import numbered

if TYPE_CHECKING:
    from tree_sitter import Node, Query


class Call(msgspec.Struct, frozen=True):
    """``ZenohRouter::start(7447)``: the callee's path without generics, the arguments' text."""

    callee: str
    arguments: tuple[str, ...]
    line: int


class Claim(msgspec.Struct, frozen=True):
    """Something only one process can hold. ``kind`` is ``tap``, ``port``, ``tty`` or ``domain``
    (DDS participants in the default domain); ``expression`` is a literal, or Rust text that names
    a parameter, a local or a constant."""

    kind: str
    expression: str
    line: int


class Test(msgspec.Struct, frozen=True):
    """What makes a function a test. ``cases`` are texts that a parametrised test's full name can
    hold; ``lock`` is empty, ``serial`` or ``file_serial``."""

    __test__ = False  # not a class for pytest to collect

    ignored: bool
    parametrized: bool
    cases: tuple[str, ...]
    lock: str


class Function(msgspec.Struct, frozen=True):
    """``name`` holds the modules inside the file (``tests::a``); ``owner`` the type of the impl."""

    name: str
    owner: str
    line: int
    parameters: tuple[str, ...]
    test: Test | None
    calls: tuple[Call, ...]
    claims: tuple[Claim, ...]
    locals: dict[str, str]
    spawns: bool


class RustTests(msgspec.Struct, frozen=True):
    """One file; ``macro_tests`` when tests are made by a macro, so that names are not all known."""

    functions: tuple[Function, ...]
    macro_tests: bool


_QUERY = """
(function_item) @function
(call_expression) @call
(let_declaration pattern: (identifier) value: (_)) @let
(macro_definition) @macro
"""

_TEST_ATTRIBUTE = re.compile(r"#\[\s*(?:\w+\s*::\s*)*(?:test|rstest|test_case|quickcheck)\b")
_LOCK = re.compile(r"#\[\s*(?:\w+::)*(file_serial|serial)\b")
_CASE_NAME = re.compile(r"#\[\s*case\b(?:::)?(\w*)")
_VALUES = re.compile(r"#\[\s*values\s*\(((?:[^()]|\([^()]*\))*)\)\s*\]\s*(?:mut\s+)?(\w+)")
_GENERICS = re.compile(r"::<[^>]*>|<[^<>]*>")

_VALUE = r"(format!\s*\((?:[^()]|\([^()]*\))*\)|\"[^\"\n]*\"|[\w:.]+(?:\([^()]*\))?)"
_LISTEN = re.compile(rf"\"(?:--listen|-l)\"\s*\)?\s*(?:,|\.\s*arg\s*\()\s*&?\s*{_VALUE}")
_BIND = re.compile(
    rf"(?:TcpListener|UdpSocket)::bind\s*\(\s*(?:\(\s*[^,()]+,\s*([\w:.]+)|&?{_VALUE})"
)
_HOST_FORWARD = re.compile(r"hostfwd=(?:tcp|udp):[^:,\"]*:(\d+|\{\w*\})-")
_ENDPOINTS = re.compile(r"listen/endpoints[^\n]*?(?:tcp|udp)/[^:\"]*:(\d+|\{\w*\})")
_AGENT = re.compile(rf"\"(?:udp4|tcp4)\"[^;]*?\"-p\"\s*\)?\s*(?:,|\.\s*arg\s*\()\s*&?\s*{_VALUE}")
_TAP = re.compile(r"ifname=([\w-]*(?:\{\w*\})?[\w-]*)")
_TTY = re.compile(r"\"(/dev/tty[A-Z]+\d+)\"")
DDS = ("cyclonedds", "cyclone_dds", "fastdds", "fast_dds", "fastrtps", "fast_rtps", "opendds")
"""Names of DDS implementations, in lower case."""

DDS_SPELLINGS = (
    *(name.encode() for name in DDS),
    *(name.upper().encode() for name in DDS),
    b"CycloneDDS", b"CycloneDds", b"FastDDS", b"FastDds", b"FastRTPS", b"OpenDDS", b"OpenDds",
)  # fmt: skip
"""How those names are written in paths, types and variables."""

_EMULATORS = ("qemu", "fvp", "renode")
_SPAWN = re.compile(r"\.\s*spawn\s*\(\s*\)|\bduct::cmd!|\.\s*start\s*\(\s*\)")
# A string is matched first, so that the `//` of an address begins no comment.
_COMMENT = re.compile(r"(\"(?:\\.|[^\"\\])*\")|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


@cache
def _query() -> Query:
    from tree_sitter import Query

    return Query(syntax.language("rust"), _QUERY)


def parse(data: bytes) -> RustTests | None:
    """The functions of one file; None when it has no test, no claim and no process."""
    found = syntax.captures(_query(), syntax.parse("rust", data))
    nodes = found.get("function", [])
    inside = _Inside(nodes)
    calls = inside.share(found.get("call", []))
    lets = inside.share(found.get("let", []))
    functions = tuple(
        _function(node, calls.get(number, []), lets.get(number, []))
        for number, node in enumerate(nodes)
    )
    macros = any("#[test]" in syntax.text(node) for node in found.get("macro", []))
    if not macros and not any(f.test or f.claims or f.spawns for f in functions):
        return None
    return RustTests(functions, macros)


class _Inside:
    """Which function a node lies in: the innermost one."""

    def __init__(self, functions: list[Node]) -> None:
        self._functions = functions
        self._starts = [node.start_byte for node in functions]

    def share(self, nodes: list[Node]) -> dict[int, list[Node]]:
        """Function number -> its nodes in source order."""
        shared: dict[int, list[Node]] = {}
        for node in nodes:
            number = bisect_right(self._starts, node.start_byte) - 1
            while number >= 0 and self._functions[number].end_byte < node.end_byte:
                number -= 1
            if number >= 0:
                shared.setdefault(number, []).append(node)
        return shared


def _function(node: Node, calls: list[Node], lets: list[Node]) -> Function:
    body = _COMMENT.sub(_without_comment, syntax.text(node))
    modules, owner = _scope(node)
    name = syntax.text(node.child_by_field_name("name"))
    return Function(
        "::".join([*modules, name]),
        owner,
        syntax.line(node),
        tuple(_parameters(node)),
        _test(node),
        tuple(call for found in calls if (call := _call(found)) is not None),
        tuple(_claims(body, syntax.line(node))),
        {
            syntax.text(let.child_by_field_name("pattern")): _short(
                syntax.text(let.child_by_field_name("value"))
            )
            for let in lets
        },
        bool(_SPAWN.search(body)),
    )


def _without_comment(match: re.Match[str]) -> str:
    """A string as it is; a comment's line ends, so that lines keep their numbers."""
    return match[1] if match[1] is not None else "\n" * match[0].count("\n")


def _scope(node: Node) -> tuple[list[str], str]:
    modules: list[str] = []
    owner = ""
    parent = node.parent
    while parent is not None:
        if parent.type == "mod_item":
            modules.insert(0, syntax.text(parent.child_by_field_name("name")))
        elif parent.type == "impl_item" and not owner:
            owner = _GENERICS.sub("", syntax.text(parent.child_by_field_name("type")))
        parent = parent.parent
    return modules, owner.strip()


def _parameters(node: Node) -> Iterator[str]:
    parameters = node.child_by_field_name("parameters")
    for child in parameters.named_children if parameters is not None else ():
        if child.type == "parameter":
            yield syntax.text(child.child_by_field_name("pattern")).removeprefix("mut ")


def _attributes(node: Node) -> Iterator[str]:
    before = node.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment", "block_comment"):
        if before.type == "attribute_item":
            yield syntax.text(before)
        before = before.prev_named_sibling


def _test(node: Node) -> Test | None:
    attributes = list(_attributes(node))
    if not any(_TEST_ATTRIBUTE.match(text) for text in attributes):
        return None
    head = "\n".join(attributes)
    cases = numbered("case", _CASE_NAME.findall(head)[::-1])
    signature = syntax.text(node.child_by_field_name("parameters"))
    for values, argument in _VALUES.findall(signature):
        plain = [re.sub(r"\W", "_", value.strip()) for value in values.split(",")]
        cases += numbered(argument, [value for value in plain if value])
    lock = _LOCK.search(head)
    parametrized = "#[case" in head + signature or "#[values" in signature or "apply(" in head
    return Test("#[ignore" in head, parametrized, tuple(cases), lock[1] if lock else "")


def _call(node: Node) -> Call | None:
    callee = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if callee is None or arguments is None or callee.type == "field_expression":
        return None
    path = "".join(_GENERICS.sub("", syntax.text(callee)).split())
    values = tuple(_short(syntax.text(child)) for child in arguments.named_children)
    return Call(path, values, syntax.line(node))


def _short(text: str) -> str:
    return " ".join(text.split())[:160]


def _claims(body: str, line: int) -> Iterator[Claim]:
    for kind, expression, at in _claim_texts(body):
        yield Claim(kind, expression, line + body.count("\n", 0, at))


def _claim_texts(body: str) -> Iterator[tuple[str, str, int]]:
    """``(kind, expression, offset)``; comments were taken out of ``body``."""
    yield from _port_texts(body)
    for match in _TAP.finditer(body):
        if match[1]:
            yield "tap", _filled(match[1], body[match.end() :]), match.start()
    for match in _TTY.finditer(body):
        yield "tty", match[1], match.start()
    # A participant inside an emulator discovers on the emulator's network, not on the host's.
    text = body.lower()
    emulated = any(word in text for word in _EMULATORS)
    if any(word in text for word in DDS) and "domain" not in text and not emulated:
        yield "domain", "0", 0


def _port_texts(body: str) -> Iterator[tuple[str, str, int]]:
    for match in _LISTEN.finditer(body):
        if (port := port_of(match[1])) is not None:
            yield "port", port, match.start()
    for match in _BIND.finditer(body):
        port = match[1] or port_of(match[2])
        if port is not None:
            yield "port", port, match.start()
    for pattern in (_HOST_FORWARD, _ENDPOINTS):
        for match in pattern.finditer(body):
            yield "port", _placeholder(match[1], body[match.end() :]), match.start()
    for match in _AGENT.finditer(body):
        yield "port", match[1].removesuffix(".to_string()").strip('"'), match.start()


def template_of(value: str) -> str | None:
    """``format!("tap{}", n)`` as ``tap{n}``, a literal as its text; None for anything else."""
    found = re.match(
        r"(?:format!\s*\(\s*)?\"([^\"]*)\"\s*,?\s*(.*?)\)?(?:\.\w+\(\))*$", value, re.DOTALL
    )
    if found is None:
        return None
    arguments = iter(part.strip() for part in found[2].split(",") if part.strip())
    return re.sub(r"\{\}", lambda _: "{" + next(arguments, "?") + "}", found[1])


def port_of(value: str) -> str | None:
    """The port in an address: ``"tcp/[::]:7447"``, ``format!("tcp/{}:{}", host, port)``, a name;
    None for text without a port."""
    found = re.match(r"(?:format!\s*\(\s*)?\"([^\"]*)\"\s*,?\s*(.*?)\)?$", value, re.DOTALL)
    if found is None:
        return value if re.fullmatch(r"[\w:.]+(?:\([^()]*\))?", value) else None
    text, arguments = found[1], [part.strip() for part in found[2].split(",") if part.strip()]
    if ":" not in text:
        return None
    last = text.rpartition(":")[2]
    if last.isdigit():
        return last
    if last == "{}":
        return arguments[-1] if arguments else None
    named = re.fullmatch(r"\{(\w+)\}", last)
    return named[1] if named else None


def _placeholder(text: str, rest: str) -> str:
    """A literal, the name in ``{name}``, or the argument that follows the string for ``{}``."""
    if not text.startswith("{"):
        return text
    if text != "{}":
        return text.strip("{}")
    following = re.search(r"\"\s*,\s*([\w.:]+)", rest)
    return following[1] if following else "?"


def _filled(template: str, rest: str) -> str:
    """``tap-qemu{}`` with its argument's name inside: ``tap-qemu{peer}``."""
    return re.sub(r"\{\}", lambda _: "{" + _placeholder("{}", rest) + "}", template)
