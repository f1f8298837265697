"""Where Python, Rust and CMake code configures a CMake build directory only if it is missing.

The facts are those of shell code (:mod:`configure_shell`). Only configures behind a test are told:
one without may stand behind a test in its caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitfalls.formats import decode, syntax
from pitfalls.formats.configure_guards import Guard
from pitfalls.formats.configure_shell import Configure, ConfigurePaths, Owner

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True)
class _Language:
    """The names of a grammar's nodes, and how the language spells a test and an early return."""

    name: syntax.LanguageName
    starts: tuple[str, ...]
    branches: frozenset[str]
    others: frozenset[str]
    functions: frozenset[str]
    missing: re.Pattern[str]
    present: re.Pattern[str]
    start: re.Pattern[str]


_PATH = r"[^\n;{}]{0,120}?"
_PYTHON = _Language(
    "python", ("list", "call"), frozenset({"if_statement"}),
    frozenset({"else_clause", "elif_clause"}), frozenset({"function_definition"}),
    re.compile(rf"\bnot\s{_PATH}(?:exists|is_dir|is_file|isdir|isfile)\b"),
    re.compile(r"\b(?:exists|is_dir|is_file|isdir|isfile)\b"),
    re.compile(r"[\"']cmake\b"),
)  # fmt: skip
_RUST = _Language(
    "rust", ("call_expression",), frozenset({"if_expression"}), frozenset({"else_clause"}),
    frozenset({"function_item"}),
    re.compile(rf"!\s*{_PATH}\.(?:exists|is_dir|is_file)\(\)"),
    re.compile(r"\.(?:exists|is_dir|is_file)\(\)"),
    re.compile(r"Command::new\(\s*\"cmake\""),
)  # fmt: skip
_CMAKE = _Language(
    "cmake", ("normal_command",), frozenset({"if_condition"}),
    frozenset(), frozenset({"function_def", "macro_def"}),
    re.compile(r"\bNOT\s+EXISTS\b"), re.compile(r"\bEXISTS\b"),
    re.compile(r"execute_process", re.IGNORECASE),
)  # fmt: skip

_CACHE = re.compile(r"CMakeCache\.txt|build\.ninja")
_NAMED = re.compile(r"\b(\w+)\s*(?:=|\s)\s*[^=\n;]{0,120}(?:CMakeCache\.txt|build\.ninja)")
_COMMAND = re.compile(r"[\"'](?:cmake\b|\$?\{?CMAKE)|\$\{CMAKE_COMMAND\}|\bCOMMAND\s+cmake\b")
_OTHER = re.compile(r"--build\b|--install\b|[\"'\s]-E\b|[\"'\s]-P\b|--version|--open\b")
_SET_UP = re.compile(r"[\"'\s](?:-S|-B|-G|-D|\.\.)")
_DEFINE = re.compile(r"[\"'\s]-D\s*([A-Za-z_]\w*)")
_COMPARES = re.compile(
    r"!=|==|\b\w*(?:stamp|hash|digest|finger|sig|changed|differ|stale|newer)\w*", re.IGNORECASE
)
_ASKED = re.compile(r"force|clean|fresh|pristine|reconfig|rebuild", re.IGNORECASE)
_WIPES = re.compile(r"rmtree|remove_dir_all|REMOVE_RECURSE|--fresh")
_NEW_FOLDER = re.compile(rb"\bmkdtemp\(|\bTemporaryDirectory\(|\bTempDir::new\(|\btempdir\(")
_RETURNS = re.compile(r"\breturn\b")
_MAX_DEPTH = 40
_MAX_TEXT = 4000


def parse_python(data: bytes) -> ConfigurePaths | None:
    """The guarded configures of a Python file."""
    return _parse(data, _PYTHON)


def parse_rust(data: bytes) -> ConfigurePaths | None:
    """The guarded configures of a Rust file."""
    return _parse(data, _RUST)


def parse_cmake(data: bytes) -> ConfigurePaths | None:
    """The configures that a CMake file runs while it is configured itself."""
    return _parse(data, _CMAKE)


def _parse(data: bytes, language: _Language) -> ConfigurePaths | None:
    text = decode(data)
    if not language.start.search(text) or not language.present.search(text):
        return None
    caches = set(_NAMED.findall(text)) if _CACHE.search(text) else set()
    owners: list[Owner] = []
    configures: list[Configure] = []
    seen: set[int] = set()
    root = syntax.parse(language.name, data)
    found = syntax.collect(language.name, root, *language.starts)
    for node in (n for kind in language.starts for n in found[kind]):
        shown = _command(node, language)
        guard = _guard(node, language, caches) if shown else None
        if guard is None or guard.line in seen:
            continue
        seen.add(guard.line)
        function = _function(node, language)
        if function is not None and _is_new(function, node):
            continue
        body = syntax.text(function)[:_MAX_TEXT] if function is not None else ""
        owners.append(_owner(function, body, guard))
        keys = tuple(dict.fromkeys(_DEFINE.findall(shown)))
        configures.append(Configure(syntax.line(node), len(owners) - 1, "", keys, False, guard))
    return ConfigurePaths(tuple(owners), tuple(configures), (), 0) if configures else None


def _is_new(function: Node, node: Node) -> bool:
    """Whether the function makes a folder of its own first, in which nothing is configured."""
    before = (function.text or b"")[: node.start_byte - function.start_byte]
    return _NEW_FOLDER.search(before) is not None


def _owner(function: Node | None, body: str, guard: Guard) -> Owner:
    name = ""
    if function is not None:
        named = function.child_by_field_name("name")
        name = syntax.text(named) if named is not None else ""
    line = syntax.line(function) if function is not None else 1
    return Owner(name, line, (), bool(_WIPES.search(body)), "path" if guard.compared else "")


def _command(node: Node, language: _Language) -> str:
    """The text of the statement, when it starts a configure; empty otherwise."""
    own = syntax.text(node)[:_MAX_TEXT]
    first = own[:200]
    if language is _RUST:
        if not re.match(r"(?:\w+::)*Command::new\(\s*\"cmake\"", own):
            return ""
        own = _statement(node)
    elif language is _CMAKE:
        if not own.lower().startswith("execute_process"):
            return ""
    elif not re.match(r"\[\s*[\"']cmake[\"']|[\w.]+\(\s*f?[\"']cmake\s", first):
        return ""
    if not _COMMAND.search(own) or _OTHER.search(own) or not _SET_UP.search(own):
        return ""
    return own


def _statement(node: Node) -> str:
    """The chain that a ``Command`` begins, and the statements after it that name its variable."""
    current = node
    for _ in range(_MAX_DEPTH):
        if current.parent is None or current.parent.type in ("block", "source_file"):
            break
        current = current.parent
    shown = syntax.text(current)[:_MAX_TEXT]
    bound = re.match(r"let\s+(?:mut\s+)?(\w+)", shown)
    following = current.next_named_sibling
    while bound and following is not None and len(shown) < _MAX_TEXT:
        text = syntax.text(following)
        if re.search(rf"\b{bound[1]}\b", text):
            shown += "\n" + text[:_MAX_TEXT]
        following = following.next_named_sibling
    return shown


def _function(node: Node, language: _Language) -> Node | None:
    current = node.parent
    while current is not None and current.type not in language.functions:
        current = current.parent
    return current


def _guard(node: Node, language: _Language, caches: set[str]) -> Guard | None:
    """The innermost test for the cache or the directory around a node, or an early return."""
    child, parent = node, node.parent
    for _ in range(_MAX_DEPTH):
        if parent is None:
            return None
        if parent.type in language.branches:
            condition, otherwise = _condition(parent, child, language)
            kind = _kind(condition, otherwise, language, caches)
            if kind:
                return _made(kind, condition, parent, node, language)
        found = _left_before(child, language, caches)
        if found is not None:
            return _made(*found, node, language)
        if parent.type in language.functions:
            return None
        child, parent = parent, parent.parent
    return None


def _condition(branch: Node, child: Node, language: _Language) -> tuple[str, bool]:
    """The condition of a branch, and whether ``child`` stands in its other half."""
    if language is _CMAKE:
        other = [c for c in branch.children if c.type in ("else_command", "elseif_command")]
        otherwise = any(c.start_byte < child.start_byte for c in other)
        return syntax.text(branch.children[0]), otherwise
    condition = branch.child_by_field_name("condition")
    shown = syntax.text(condition) if condition is not None else ""
    return ("" if child == condition else shown), child.type in language.others


def _kind(condition: str, otherwise: bool, language: _Language, caches: set[str]) -> str:
    """``cache`` or ``directory`` when a branch runs because that is missing."""
    found = language.present.search(condition)
    if found is None or bool(language.missing.search(condition)) == otherwise:
        return ""
    words = set(re.findall(r"\w+", condition))
    if _CACHE.search(condition) or caches & words:
        return "cache"
    return "directory" if "build" in condition.lower() else ""


def _left_before(node: Node, language: _Language, caches: set[str]) -> tuple[str, str, Node] | None:
    """``if cache.exists(): return`` in front of a statement."""
    for before in _earlier(node):
        inner = before.named_children[0] if before.type == "expression_statement" else before
        if inner.type not in language.branches or not _RETURNS.search(syntax.text(inner)[-60:]):
            continue
        condition, _ = _condition(inner, inner, language)
        kind = _kind(condition, True, language, caches)
        if kind and len(syntax.text(inner)) < 400:
            return kind, condition, inner
    return None


def _earlier(node: Node) -> Iterator[Node]:
    current = node.prev_named_sibling
    for _ in range(_MAX_DEPTH):
        if current is None:
            return
        yield current
        current = current.prev_named_sibling


def _made(kind: str, condition: str, at: Node, node: Node, language: _Language) -> Guard:
    function = _function(node, language)
    body = syntax.text(function)[:_MAX_TEXT] if function is not None else ""
    rest = language.missing.sub("", condition)
    compared = bool(_COMPARES.search(rest)) or bool(_WIPES.search(body) and _COMPARES.search(body))
    shown = " ".join(condition.split())[:100]
    return Guard(
        "cache" if kind == "cache" else "directory",
        syntax.line(at), shown, compared, bool(_ASKED.search(condition)),
    )  # fmt: skip
