"""Test functions of a Rust file, what they call, and what they hold on to.

A function's facts are kept when it is a test, claims a resource, starts a process, or calls
something; the view joins them through their calls.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pitfalls.formats import decode, process_counters, rust_claims, syntax
from pitfalls.formats.rust_claims import Claim
from pitfalls.formats.rust_test_names import numbered

if TYPE_CHECKING:
    from tree_sitter import Node, Query

T = TypeVar("T")


class Call(msgspec.Struct, frozen=True):
    """``ZenohRouter::start(7447)``: the callee's path without generics, the arguments' text.

    Of ``router.start(7447)`` the callee is ``.start`` and the first argument ``router``; those are
    kept where the method stands in the same file.
    """

    callee: str
    arguments: tuple[str, ...]
    line: int


class Test(msgspec.Struct, frozen=True):
    """What makes a function a test.

    ``cases`` are texts that a parametrised test's full name can hold; ``lock`` is empty,
    ``serial``, ``file_serial`` or the name of a static mutex that it holds; ``values`` are those
    of ``#[values]``: parameter -> text in the full name -> the value as it is written. One that
    ``fails`` on purpose is to panic.
    """

    __test__ = False  # not a class for pytest to collect

    ignored: bool
    parametrized: bool
    cases: tuple[str, ...]
    lock: str
    values: dict[str, dict[str, str]] = {}
    fails: bool = False


class Function(msgspec.Struct, frozen=True):
    """``name`` holds the modules inside the file (``tests::a``); ``owner`` the type of the impl.
    A ``fixture`` of rstest is called for each parameter of its name, which is among ``calls``."""

    name: str
    owner: str
    line: int
    parameters: tuple[str, ...]
    test: Test | None
    calls: tuple[Call, ...]
    claims: tuple[Claim, ...]
    locals: dict[str, str]
    spawns: bool
    fixture: bool = False


class RustTests(msgspec.Struct, frozen=True):
    """One file; ``macro_tests`` when tests are made by a macro, so that names are not all known."""

    functions: tuple[Function, ...]
    macro_tests: bool


_QUERY = """
(function_item) @function
(call_expression) @call
(let_declaration pattern: (identifier) value: (_)) @let
(const_item value: (_)) @let
(macro_definition) @macro
"""

_TEST_ATTRIBUTE = re.compile(
    r"#\[\s*(?:\w+\s*::\s*)*(?:test|rstest|test_case|test_matrix|quickcheck)\b(?!\s*::)"
)
_RSTEST = re.compile(r"#\[\s*(?:rstest\s*::\s*)?(?:rstest|fixture)\b")
_FIXTURE = re.compile(r"#\[\s*(?:rstest\s*::\s*)?fixture\b")
_FROM = re.compile(r"#\[\s*from\s*\(\s*(?:\w+::)*(\w+)\s*\)")
_GIVEN = re.compile(r"#\[\s*(?:case|values|files)\b")
_LOCK = re.compile(r"#\[\s*(?:\w+::)*(file_serial|serial)\b")
# Without a name (`let _ = …`) the guard is dropped at once.
_MUTEX = re.compile(
    r"\blet\s+_?[a-z]\w*\s*=\s*(?:\w+::)*([A-Z][A-Z0-9_]*)\s*\.\s*(?:blocking_)?lock\s*\("
)
_CASE_NAME = re.compile(r"#\[\s*case\b(?:::)?(\w*)")
_PARAMETRIZED = re.compile(r"#\[\s*(?:case|values)\b|\bapply\(|\btest_(?:case|matrix)\s*\(")
_VALUES = re.compile(r"#\[\s*values\s*\(((?:[^()]|\([^()]*\))*)\)\s*\]\s*(?:mut\s+)?(\w+)")
_GENERICS = re.compile(r"::<[^>]*>|<[^<>]*>")

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
    methods = {syntax.text(n.child_by_field_name("name")) for n in nodes if _is_method(n)}
    calls = inside.share(found.get("call", []), lambda node: _call(node, methods))
    lets = inside.share(found.get("let", []), lambda node: node)
    counters = process_counters.counters(decode(data))
    functions = tuple(
        _function(node, calls.get(number, []), lets.get(number, []), counters)
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

    def share(self, nodes: list[Node], read: Callable[[Node], T | None]) -> dict[int, list[T]]:
        """Function number -> what ``read`` makes of its nodes, in source order."""
        shared: dict[int, list[T]] = {}
        for node in nodes:
            what = read(node)
            if what is None:
                continue
            number = bisect_right(self._starts, node.start_byte) - 1
            while number >= 0 and self._functions[number].end_byte < node.end_byte:
                number -= 1
            if number >= 0:
                shared.setdefault(number, []).append(what)
        return shared


def _function(
    node: Node, calls: list[Call], lets: list[Node], counters: dict[str, str]
) -> Function:
    body = _COMMENT.sub(_without_comment, syntax.text(node))
    modules, owner = _scope(node)
    name = syntax.text(node.child_by_field_name("name"))
    parameters = tuple(_parameters(node))
    attributes = list(_attributes(node))
    called = list(calls)
    if any(map(_RSTEST.match, attributes)):
        called += _fixtures(node)
    claims = list(rust_claims.claims(body, syntax.line(node)))
    if counters and not parameters:
        claims += rust_claims.counted(name.lower(), body, counters, syntax.line(node))
    return Function(
        "::".join([*modules, name]),
        owner,
        syntax.line(node),
        parameters,
        _test(node, attributes, body),
        tuple(called),
        tuple(claims),
        {_bound(let): _short(syntax.text(let.child_by_field_name("value"))) for let in lets},
        bool(_SPAWN.search(body)),
        any(map(_FIXTURE.match, attributes)),
    )


def _bound(let: Node) -> str:
    """The name that a ``let`` or a ``const`` gives its value."""
    name = "pattern" if let.type == "let_declaration" else "name"
    return syntax.text(let.child_by_field_name(name))


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


def _fixtures(node: Node) -> Iterator[Call]:
    """The parameters that rstest fills in by calling the fixture of their name."""
    parameters = node.child_by_field_name("parameters")
    attributes = ""
    for child in parameters.named_children if parameters is not None else ():
        if child.type == "attribute_item":
            attributes += syntax.text(child)
        elif child.type == "parameter":
            named = _FROM.search(attributes)
            pattern = syntax.text(child.child_by_field_name("pattern")).removeprefix("mut ")
            if not _GIVEN.search(attributes):
                name = named[1] if named else pattern.lstrip("_")
                yield Call(name, (), syntax.line(child))
            attributes = ""


def _test(node: Node, attributes: list[str], body: str) -> Test | None:
    """What makes a function with some attributes a test."""
    if not any(map(_TEST_ATTRIBUTE.match, attributes)):
        return None
    head = "\n".join(attributes)
    cases = numbered("case", _CASE_NAME.findall(head)[::-1])
    signature = syntax.text(node.child_by_field_name("parameters"))
    values = {}
    for written, argument in _VALUES.findall(signature):
        texts = [text for value in written.split(",") if (text := value.strip())]
        names = numbered(argument, [re.sub(r"\W", "_", text) for text in texts])
        values[argument] = dict(zip(names, texts, strict=True))
        cases += names
    lock = _LOCK.search(head)
    parametrized = _PARAMETRIZED.search(head + signature) is not None
    mutex = _MUTEX.search(body)
    name = lock[1] if lock else mutex[1] if mutex else ""
    fails = "#[should_panic" in head
    return Test("#[ignore" in head, parametrized, tuple(cases), name, values, fails)


def _is_method(node: Node) -> bool:
    parameters = node.child_by_field_name("parameters")
    own = parameters.named_children[:1] if parameters is not None else []
    return any(child.type == "self_parameter" for child in own)


def _call(node: Node, methods: set[str]) -> Call | None:
    """A call of a function, or of one of ``methods`` on something that has a name."""
    callee = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if callee is None or arguments is None:
        return None
    values = tuple(_short(syntax.text(child)) for child in arguments.named_children)
    if callee.type == "field_expression":
        name = syntax.text(callee.child_by_field_name("field"))
        value = callee.child_by_field_name("value")
        if name not in methods or value is None or value.type not in ("identifier", "self"):
            return None
        return Call(f".{name}", (syntax.text(value), *values), syntax.line(node))
    path = "".join(_GENERICS.sub("", syntax.text(callee)).split())
    return Call(path, values, syntax.line(node))


def _short(text: str) -> str:
    return " ".join(text.split())[:160]
