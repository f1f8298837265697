"""Where shell code configures a CMake build directory, and what decides whether it does.

Shell scripts and the recipes of justfiles give the same facts: each configure with the test that
guards it, and each function, recipe or script around one with how it reacts to a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from pitfalls.formats import decode, just_expressions, shell_tree, syntax
from pitfalls.formats.configure_guards import Guard, guard_of, leaves_when, same_branch
from pitfalls.formats.recipes import just_recipes, make_rules

if TYPE_CHECKING:
    from tree_sitter import Node

Reaction = Literal["", "path", "compiler"]


class Configure(msgspec.Struct, frozen=True):
    """One ``cmake -S … -B …``. ``folder`` is the build directory as written, empty when it is the
    working directory; ``defines`` are keys of ``-D``; ``opaque`` when arguments come from outside
    (``"$@"``, an array); ``guard`` is the test that skips it. ``fresh``: the directory is removed
    before the test (``always``, as with ``--fresh``), or between the test and the configure
    (``branch``)."""

    line: int
    owner: int
    folder: str
    defines: tuple[str, ...]
    opaque: bool
    guard: Guard | None = None
    fresh: Literal["", "always", "branch"] = ""


class Dropped(msgspec.Struct, frozen=True):
    """A ``-D`` that only one branch passes on: ``key`` of the define, ``condition`` as written."""

    line: int
    owner: int
    key: str
    condition: str


class Owner(msgspec.Struct, frozen=True):
    """A function, recipe or script. ``calls`` names commands it runs; ``wipes`` whether it removes
    a directory in a branch of its own; ``toolchain`` to which change of the toolchain file it
    reacts: that of its path, or also that of the compiler behind it; ``compiler`` whether it looks
    at a compiler at all."""

    name: str
    line: int
    calls: tuple[str, ...]
    wipes: bool
    toolchain: Reaction
    compiler: bool = False


class ConfigurePaths(msgspec.Struct, frozen=True):
    """One file; ``toolchain_file`` is the line that passes ``-DCMAKE_TOOLCHAIN_FILE``, or 0."""

    owners: tuple[Owner, ...]
    configures: tuple[Configure, ...]
    dropped: tuple[Dropped, ...]
    toolchain_file: int


_CMAKE = re.compile(r'["\']?(?:\$\{?CMAKE\w*(?::-cmake)?\}?|(?:[\w./$-]*/)?cmake)["\']?')
_NOT_CONFIGURE = frozenset(
    {"--build", "--install", "--open", "--workflow", "-E", "-P", "--version", "--help", "-N"}
)
_DEFINE = re.compile(r"[\"']?-D\s*[\"']?([A-Za-z_]\w*)")
_WIPE = re.compile(r"\brm\s+-\w*r\w*\s|\bcmake\s+-E\s+(?:rm|remove_directory)\b|--fresh\b")
_COMPILER = re.compile(
    r"COMPILER|dump(?:full)?version|dumpmachine|\b(?:sha\d*sum|md5sum|b2sum|cksum)\b"
)
_HAS_TOOLCHAIN = re.compile(r"-n\s+\"?\$\{?\w*(?:tc|toolchain)", re.IGNORECASE)
_TOOLCHAIN = re.compile(r"TOOLCHAIN|COMPILER", re.IGNORECASE)
_OPAQUE = re.compile(
    r'"?\$\{?(?:[@*]|\w+\[[@*]\]|\w*(?:ARGS|OPTS|OPTIONS|FLAGS)\w*)\}?"?', re.IGNORECASE
)
_MAX_CALLS = 200
_MADE_FILE = re.compile(
    r"\S*(?:/(?:CMakeCache\.txt|build\.ninja|Makefile)|CMakeCache\.txt)\s*:\s*(.*)"
)


def parse(data: bytes) -> ConfigurePaths | None:
    """The configures of a shell script, None when it has none and passes no toolchain file."""
    reader = _Reader()
    reader.read(data, "", 1)
    return reader.finish(data)


def parse_just(data: bytes) -> ConfigurePaths | None:
    """The configures of the recipes of a justfile."""
    reader = _Reader()
    for recipe in just_recipes(decode(data).split("\n")):
        if not any("cmake" in row.lower() for row in recipe.body):
            continue
        body = "\n".join(just_expressions.interpolate(row, {}) for row in recipe.body)
        reader.read(body.encode(), recipe.name, recipe.line + 1)
    return reader.finish(data)


def parse_make(data: bytes) -> ConfigurePaths | None:
    """The configures of a Makefile. A rule for a file of the build directory, without anything
    that it depends on, runs only if that file is missing."""
    reader = _Reader()
    for target, line, body in make_rules(decode(data).split("\n")):
        if not any("cmake" in row.lower() for row in body):
            continue
        first = len(reader.configures)
        rows = [re.sub(r"^\t\s*[@+-]*", "", row) for row in body]
        reader.read("\n".join(rows).encode(), target.partition(":")[0].strip(), line + 1)
        made = _MADE_FILE.fullmatch(target)
        own = reader.configures[first:]
        if made and made[1]:
            del reader.configures[first:]  # also when one of those is newer
        elif made:
            guard = Guard("cache", line, f"{target.rstrip(': ')} is missing")
            reader.configures[first:] = [
                msgspec.structs.replace(c, guard=c.guard or guard) for c in own
            ]
    return reader.finish(data)


class _Reader:
    """Gathers the facts of one file, piece by piece."""

    def __init__(self) -> None:
        self.owners: list[Owner] = []
        self.configures: list[Configure] = []
        self.dropped: list[Dropped] = []

    def read(self, data: bytes, name: str, first_line: int) -> None:
        """One piece of shell that begins at ``first_line``: itself, and its functions."""
        found = syntax.collect(
            "bash", shell_tree.parse(data), "command", "function_definition", "if_statement"
        )
        functions = found["function_definition"]
        commands = _shares(functions, found["command"])
        branches = _shares(functions, found["if_statement"])
        for number in sorted(commands):
            function = functions[number] if number >= 0 else None
            own = syntax.text(function.child_by_field_name("name")) if function else name
            line = (syntax.line(function) if function else 1) + first_line - 1
            owner = self._owner(own, line, commands[number], first_line - 1)
            if any(c.owner == owner for c in self.configures):
                self.dropped += _dropped(branches.get(number, []), owner, first_line - 1)

    def _owner(self, name: str, line: int, commands: list[Node], offset: int) -> int:
        """Read the commands of one owner, and return its number."""
        rows = [(node, _words(node)) for node in commands]
        calls = dict.fromkeys(words[0] for _, words in rows if words)
        number = len(self.owners)
        wipes = [node for node, words in rows if _WIPE.search(" ".join(words) + " ")]
        in_branch = any(guard_of(node, commands, any_test=True) is not None for node in wipes)
        shown = " ".join((*_tests(commands), *(syntax.text(node) for node in commands)))
        compiler = in_branch and _COMPILER.search(shown) is not None
        reacts: Reaction = ""
        if in_branch and _TOOLCHAIN.search(shown):
            early = leaves_when(commands, _HAS_TOOLCHAIN)
            reacts = "compiler" if compiler and not early else "path"
        owner = Owner(name, line, tuple(calls)[:_MAX_CALLS], in_branch, reacts, compiler)
        self.owners.append(owner)
        for node, words in rows:
            if _configures(words):
                self.configures.append(_configure(node, words, number, commands, wipes, offset))
        return number

    def finish(self, data: bytes) -> ConfigurePaths | None:
        at = data.find(b"-DCMAKE_TOOLCHAIN_FILE")
        line = data.count(b"\n", 0, at) + 1 if at >= 0 else 0
        if not self.configures and not line and not any(o.toolchain for o in self.owners):
            return None
        return ConfigurePaths(tuple(self.owners), tuple(self.configures), tuple(self.dropped), line)


def _holds(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _shares(functions: list[Node], nodes: list[Node]) -> dict[int, list[Node]]:
    """Nodes by the number of the innermost function around them, -1 for none."""
    shares: dict[int, list[Node]] = {}
    for node in nodes:
        around = [n for n, f in enumerate(functions) if _holds(f, node)]
        shares.setdefault(around[-1] if around else -1, []).append(node)
    return shares


def _words(command: Node) -> list[str]:
    return [
        syntax.text(child)
        for child in command.named_children
        if child.type != "variable_assignment" and not child.type.endswith("_redirect")
    ]


def _configures(words: list[str]) -> bool:
    if not words or not _CMAKE.fullmatch(words[0]) or _NOT_CONFIGURE & set(words):
        return False
    return any(
        w.startswith(("-S", "-B", "-D", "-G", "--preset", "..", "$", '"$')) for w in words[1:]
    )


def _configure(
    node: Node, words: list[str], owner: int, commands: list[Node], wipes: list[Node], offset: int
) -> Configure:
    folder = ""
    for at, word in enumerate(words):
        if word == "-B" and at + 1 < len(words):
            folder = words[at + 1]
        elif word.startswith("-B") and len(word) > 2:
            folder = word[2:]
    keys = [found[1] for word in words if (found := _DEFINE.match(word))]
    opaque = any(_OPAQUE.fullmatch(word) for word in words[1:])
    fresh: Literal["", "always", "branch"] = "always" if "--fresh" in words else ""
    for wipe in wipes:
        if wipe.start_byte < node.start_byte and _same_folder(wipe, folder) and not fresh:
            if guard_of(wipe, commands, any_test=True) is None:
                fresh = "always"
            elif same_branch(wipe, node):
                fresh = "branch"
    guard = guard_of(node, commands, folder=folder)
    if guard is not None:
        guard = msgspec.structs.replace(guard, line=guard.line + offset)
    return Configure(
        syntax.line(node) + offset, owner, folder.strip("\"'"), tuple(keys), opaque, guard, fresh
    )


def _same_folder(wipe: Node, folder: str) -> bool:
    """Whether a removal covers the build directory; one in the working directory has no name."""
    shown = syntax.text(wipe)
    plain = folder.strip("\"'")
    return not plain or plain in shown or "build" in shown.lower()


def _tests(commands: list[Node]) -> Iterator[str]:
    """The conditions and patterns around the commands of an owner."""
    seen: set[int] = set()
    for command in commands:
        node = command.parent
        while node is not None and node.type != "function_definition":
            if node.type in ("if_statement", "elif_clause", "case_statement") and (
                node.start_byte not in seen
            ):
                seen.add(node.start_byte)
                yield syntax.text(node)[:600]
            node = node.parent


_APPEND = re.compile(r"\w+\+?=\(?\s*[\"']?\s*(?:\$\{?\w+\}?\s+)?[\"']?-D")


def _dropped(branches: list[Node], owner: int, offset: int) -> Iterator[Dropped]:
    """``if [ -n "$X" ]; then ARGS+=(-DX=$X); fi`` without another branch."""
    for node in branches:
        if any(child.type in ("else_clause", "elif_clause") for child in node.children):
            continue
        condition = syntax.text(node.child_by_field_name("condition"))
        for assignment in syntax.descend(node, "variable_assignment"):
            shown = syntax.text(assignment)
            found = _DEFINE.search(shown)
            if found and _APPEND.match(shown):
                line = syntax.line(assignment) + offset
                yield Dropped(line, owner, found[1], " ".join(condition.split())[:80])
