"""The test that decides whether a shell command runs: around it, or a return before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from pitfalls.formats import syntax

if TYPE_CHECKING:
    from tree_sitter import Node


class Guard(msgspec.Struct, frozen=True):
    """A command runs only if a file of the build directory (``cache``) or the directory itself
    (``directory``) is missing. ``compared``: or if recorded arguments differ; ``optional``: or if
    the user asks for it."""

    kind: Literal["cache", "directory", "other"]
    line: int
    condition: str
    compared: bool = False
    optional: bool = False


_EXISTS = re.compile(r"(!\s*)?(?:\[+|test|&&|\|\||\()?\s*(!\s*)?-([fedsr])\s+(\"[^\"]*\"|[^\s\]]+)")
_CACHE = re.compile(r"CMakeCache\.txt|build\.ninja|/Makefile")
_RECORD = re.compile(
    r"stamp|sig|hash|args|want|cached|desired|cat\b|\bcur|old|prev|last|record|digest|finger",
    re.IGNORECASE,
)
_COMPARE = re.compile(r"\bcmp\b|\bdiff\b|-[no]t\b|\bgrep\b|\w+sum\b")
_EQUAL = re.compile(r"!=|==?")
_ASKED = re.compile(r"force|clean|fresh|pristine|reconfig|rebuild", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_LEAVES = re.compile(r"^(?:return|exit)(?:\s+0)?$|^continue$")
_MAX_DEPTH = 40


def guard_of(
    node: Node, commands: list[Node], *, folder: str = "", any_test: bool = False
) -> Guard | None:
    """The test in front of ``node``, None when it always runs. ``any_test`` takes every branch."""
    for condition, negated, at in _around(node):
        if any_test:
            return Guard("other", syntax.line(at), condition)
        found = _existence(condition, negated, folder)
        if found == "" and not negated and (flag := _flag(condition, commands)) is not None:
            condition, at = flag
            found = _existence(condition, False, folder)
        if found:
            return _guard(found, condition, at, commands)
    return None if any_test else _returned_before(node, commands, folder)


def _guard(kind: str, condition: str, at: Node, commands: list[Node]) -> Guard:
    compared = _compares(condition) or any(_wiped_on_difference(c) for c in commands)
    shown = " ".join(condition.split())[:100]
    asked = _ASKED.search(condition) is not None
    return Guard(
        "cache" if kind == "cache" else "directory", syntax.line(at), shown, compared, asked
    )


def _around(node: Node) -> Iterator[tuple[str, bool, Node]]:
    """``(condition, negated, where)`` of each branch that a command stands in, innermost first."""
    child, parent = node, node.parent
    for _ in range(_MAX_DEPTH):
        if parent is None or parent.type == "function_definition":
            return
        if parent.type == "if_statement" and child != parent.child_by_field_name("condition"):
            negated = child.type == "else_clause"
            if child.type != "elif_clause":
                yield _condition(parent), negated, parent
        elif parent.type == "elif_clause":
            yield _condition(parent), False, parent
        elif parent.type == "list" and child != parent.named_children[0]:
            operator = next((c.type for c in parent.children if c.type in ("||", "&&")), "")
            yield syntax.text(parent.named_children[0]), operator == "||", parent
        child, parent = parent, parent.parent


def _condition(node: Node) -> str:
    """The text between ``if`` and ``then``."""
    parts = []
    for child in node.children[1:]:
        if child.type == "then":
            break
        parts.append(syntax.text(child))
    return " ".join(parts)


def _existence(condition: str, negated: bool, folder: str) -> str:
    """``cache`` or ``directory`` when a condition holds because that is missing; ``present`` when
    because it is there; empty when it tests neither."""
    answer = ""
    plain = folder.strip("\"'")
    for found in _EXISTS.finditer(condition):
        path = found[4].strip("\"'")
        kind = "cache" if _CACHE.search(path) else ""
        if not kind and found[3] in "de" and (path == plain or "build" in path.lower()):
            kind = "directory"
        if kind:
            missing = bool(found[1]) ^ bool(found[2]) ^ negated
            if missing:
                return kind
            answer = "present"
    return "" if answer == "present" else answer


def _flag(condition: str, commands: list[Node]) -> tuple[str, Node] | None:
    """The test that sets the variable which ``condition`` asks for."""
    names = set(_VARIABLE.findall(condition))
    if not names or not commands:
        return None
    root = commands[0]
    while root.parent is not None and root.type != "function_definition":
        root = root.parent
    for assignment in syntax.descend(root, "variable_assignment"):
        name, _, value = syntax.text(assignment).partition("=")
        parent = assignment.parent
        if name in names and value.strip("\"'") in ("1", "true", "yes", "y"):
            while parent is not None and parent.type not in ("if_statement", "function_definition"):
                parent = parent.parent
            if parent is not None and parent.type == "if_statement":
                return _condition(parent), parent
    return None


def _compares(condition: str) -> bool:
    """Whether a condition holds what was recorded against what is wanted."""
    if _COMPARE.search(condition):
        return True
    return _EQUAL.search(condition) is not None and _RECORD.search(condition) is not None


def _wiped_on_difference(command: Node) -> bool:
    """``if [ "$(cat stamp)" != "$args" ]; then rm -rf …``."""
    if not re.match(r"rm\s+-\w*[rf]", syntax.text(command)):
        return False
    return any(_compares(condition) for condition, _, _ in _around(command))


def _returned_before(node: Node, commands: list[Node], folder: str) -> Guard | None:
    """``if [ -f build/CMakeCache.txt ]; then return 0; fi`` in front of the command."""
    for command in commands:
        if command.start_byte >= node.start_byte or not _LEAVES.match(syntax.text(command)):
            continue
        for condition, negated, at in _around(command):
            if at.start_byte <= node.start_byte < at.end_byte:
                break
            kind = _existence(condition, not negated, folder)
            if kind:
                return _guard(kind, condition, at, commands)
            break
    return None


_BRANCHES = frozenset({"if_statement", "elif_clause", "else_clause", "list", "case_item"})


def same_branch(first: Node, second: Node) -> bool:
    """Whether ``second`` runs whenever ``first``, which stands before it, does."""
    branch = first.parent
    while branch is not None and branch.type not in _BRANCHES:
        branch = branch.parent
    if branch is None or not branch.start_byte <= second.start_byte < branch.end_byte:
        return False
    child, parent = second, second.parent
    while parent is not None and parent != branch:
        child, parent = parent, parent.parent
    return child.type not in ("elif_clause", "else_clause")


def leaves_when(commands: list[Node], condition: re.Pattern[str]) -> bool:
    """Whether a function returns early, with nothing removed, when a condition of that text
    holds."""
    for command in commands:
        if not _LEAVES.match(syntax.text(command)):
            continue
        for shown, negated, at in _around(command):
            if not negated and condition.search(shown) and "rm " not in syntax.text(at):
                return True
            break
    return False
