"""Functions of C code that make, take or give mutexes: which API each body calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_lines import Branches
from pitfalls.formats.syntax import descend, end_line, line, parse, text

if TYPE_CHECKING:
    from tree_sitter import Node

_CALLS = re.compile(
    r"xSemaphoreCreate\w+$|xSemaphore(?:(?:Take|Give)(?:Recursive)?)$"
    r"|xQueue(?:CreateMutex(?:Static)?|(?:Take|Give)MutexRecursive)$|\w*mutex\w*$",
    re.IGNORECASE,
)


_MACRO_CALL = re.compile(
    r"\b(xSemaphore(?:Create\w*Mutex\w*|(?:Take|Give)(?:Recursive)?))\s*\(\s*([^,()]{0,80})"
)
_MENTION = re.compile(rb"mutex|xSemaphore|xQueue", re.IGNORECASE)
_CAST = re.compile(r"^\(\s*\w+(?:\s*\*)*\s*\)\s*(?=[\w(])")


class Call(msgspec.Struct, frozen=True):
    """A call inside a function: ``argument`` is the text of its first one, ``target`` what the
    result is assigned to."""

    name: str
    argument: str
    line: int
    target: str = ""

    @property
    def handle(self) -> str:
        """The argument without casts and outer parentheses."""
        return _CAST.sub("", self.argument).strip("() ")

    @property
    def recursive(self) -> bool | None:
        """Whether a FreeRTOS mutex call is of the recursive kind; None for other calls.

        ``xQueueCreateMutex`` says it by its argument, ``xQueueGenericCreate`` by its third: 4 is
        recursive (queue.h).
        """
        if self._by_argument:
            return "RECURSIVE" in self.argument or self.argument in ("4", "4U")
        return "Recursive" in self.name if self.name.startswith(("xSemaphore", "xQueue")) else None

    @property
    def _by_argument(self) -> bool:
        return self.name.startswith(("xQueueCreateMutex", "xQueueGenericCreate"))

    @property
    def action(self) -> Literal["create", "take", "give", ""]:
        """What a FreeRTOS call does with the mutex."""
        if not self.name.startswith(("xSemaphore", "xQueue")) or (
            self._by_argument and not re.match(r"\w*QUEUE_TYPE_\w*MUTEX|[14]U?$", self.argument)
        ):
            return ""
        if "Create" in self.name:
            return "create"
        return "take" if "Take" in self.name else "give"


class Function(msgspec.Struct, frozen=True):
    """A function definition. ``conditions`` are the ``#if`` around it, outermost first, with a
    ``!`` before the text in an ``#else``. ``constant`` is what the body returns when that is all
    it does: neither a call nor an assignment, and its parameters are ignored. ``locals`` are its
    parameters and variables, without static ones."""

    name: str
    line: int
    end_line: int
    calls: tuple[Call, ...] = ()
    conditions: tuple[str, ...] = ()
    constant: str = ""
    locals: tuple[str, ...] = ()


class MutexCode(msgspec.Struct, frozen=True):
    """The functions of one file that matter here, what it includes unconditionally, and macros
    with arguments that are named for mutexes and call the kernel."""

    functions: tuple[Function, ...]
    includes: tuple[str, ...]
    macros: tuple[Function, ...] = ()


def parse_c(data: bytes) -> MutexCode | None:
    """Functions that call a mutex API or are named like one."""
    root = parse("c", data)
    # Not by the tree: an #if that cuts a statement in two leaves it with wrong branches.
    branches = Branches(decode(data))
    nodes = list(_definitions(root))
    makers = {_name(node) for node in nodes if b"Create" in (node.text or b"")}
    found = (_function(node, branches, makers) for node in nodes)
    functions = tuple(function for function in found if function)
    macros = tuple(_macros(root, branches))
    if not (functions or macros):
        return None
    return MutexCode(functions, tuple(branches.includes), macros)


def _macros(root: Node, branches: Branches) -> Iterator[Function]:
    for node in descend(root, "preproc_function_def"):
        name, value = text(node.child_by_field_name("name")), node.child_by_field_name("value")
        start = line(node)
        calls = tuple(
            Call(found[1], found[2].strip(), start) for found in _MACRO_CALL.finditer(text(value))
        )
        if calls and "mutex" in name.lower():
            yield Function(name, start, end_line(node), calls, branches.at(start))


def _definitions(root: Node) -> Iterator[Node]:
    """Function definitions that mention a mutex; bodies are not searched for more."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type == "function_definition":
            if _MENTION.search(node.text or b""):
                yield node
        else:
            pending.extend(reversed(node.children))


def _function(node: Node, branches: Branches, makers: set[str]) -> Function | None:
    body = node.child_by_field_name("body")
    name = _name(node)
    if body is None or not name:
        return None
    calls = tuple(call for one in descend(body, "call_expression") if (call := _call(one, makers)))
    if not calls and "mutex" not in name.lower():
        return None
    start = line(node)
    return Function(
        name, start, end_line(node), calls, branches.at(start), _constant(body), _locals(node)
    )


def _name(node: Node) -> str:
    current = node.child_by_field_name("declarator")
    while current is not None and current.type != "identifier":
        current = current.child_by_field_name("declarator")
    return text(current)


def _locals(node: Node) -> tuple[str, ...]:
    names = []
    for declared in descend(node, "parameter_declaration", "declaration"):
        if not text(declared).startswith("static"):
            for child in declared.children_by_field_name("declarator"):
                names += [text(leaf) for leaf in descend(child, "identifier")][:1]
    return tuple(names)


def _call(node: Node, makers: set[str]) -> Call | None:
    name = text(node.child_by_field_name("function"))
    if name not in makers and not _CALLS.match(name):
        return None
    arguments = node.child_by_field_name("arguments")
    first = arguments.named_children[0] if arguments and arguments.named_children else None
    return Call(name, " ".join(text(first).split())[:80], line(node), _target(node))


def _target(node: Node) -> str:
    """``x = call()``, ``T x = call()``, also through a cast."""
    above = node.parent
    if above is not None and above.type == "cast_expression":
        above = above.parent
    if above is not None and above.type == "assignment_expression":
        return text(above.child_by_field_name("left"))
    if above is not None and above.type == "init_declarator":
        return text(above.child_by_field_name("declarator")).lstrip("* ")
    return ""


def _constant(body: Node) -> str:
    """The number or name that a body returns when it does nothing else."""
    returned = ""
    for statement in body.named_children:
        shown = text(statement)
        if statement.type == "comment" or re.fullmatch(r"\(\s*void\s*\)\s*\w+\s*;", shown):
            continue
        found = re.fullmatch(r"return\s*\(?\s*(-?\s*\d+|-?\s*[A-Z_][A-Z0-9_]*)\s*\)?\s*;", shown)
        if returned or not found:
            return ""
        returned = found[1].replace(" ", "")
    return returned
