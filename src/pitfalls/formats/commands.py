"""Commands of a file as one typed fact, whatever language wrote them.

Shell, just and Make recipes, Rust and Python launchers, CMake, cargo runners, container files and
workflows all give a :class:`CommandFile`. Parts that are known only at run time stay symbolic:
``${NAME}``, or ``${NAME:-default}`` where the text gives a default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

ScopeKind = Literal["file", "function", "recipe", "loop", "branch", "script"]
HelperKind = Literal["text", "arguments", "command"]


class Word(msgspec.Struct, frozen=True):
    """One argument and the line it is written on.

    ``conditional``: present on some paths only. ``spread``: stands for any number of arguments,
    such as an unquoted ``$FLAGS`` or a helper's list.
    """

    text: str
    line: int
    conditional: bool = False
    spread: bool = False

    @property
    def is_literal(self) -> bool:
        """Whether nothing of the text is decided at run time."""
        return "${" not in self.text


class Scope(msgspec.Struct, frozen=True):
    """A part of a file that commands stand in. Scope 0 is the file itself.

    ``name`` is that of the function or recipe, the loop's variable, or the operator (``&&``,
    ``||``) in front of a branch; ``values`` are the words that a loop runs over, or the parameters
    of a function or recipe. ``host`` is what a workflow says of the machine that a step runs on;
    ``condition`` the text that a ``while`` or ``until`` asks for.
    """

    kind: ScopeKind
    name: str
    line: int
    end_line: int
    parent: int = 0
    values: tuple[str, ...] = ()
    host: str = ""
    condition: str = ""


class Command(msgspec.Struct, frozen=True):
    """One command: ``words[0]`` is the program, after ``wrappers`` such as ``sudo``, ``timeout
    60`` or ``exec`` were taken off. ``captured``: its output is used as text or as input.
    ``returned``: a function hands the prepared command to its caller. ``checked``: the script ends
    when it fails (``set -e``, a line of a recipe). ``folder``: the working directory of a shell,
    seen from where its script, function or line of a recipe starts."""

    words: tuple[Word, ...]
    line: int
    end_line: int
    scope: int = 0
    wrappers: tuple[Word, ...] = ()
    background: bool = False
    captured: bool = False
    returned: bool = False
    checked: bool = False
    folder: str = ""

    @property
    def program(self) -> str:
        """The last path component of the program."""
        return self.words[0].text.rpartition("/")[2] if self.words else ""

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words after the program."""
        return self.words[1:]


class Helper(msgspec.Struct, frozen=True):
    """A named supplier of words: a constant or a function that returns a text (``text``: one word
    an alternative), an argument list (``arguments``), or a prepared command (``command``)."""

    name: str
    kind: HelperKind
    words: tuple[Word, ...]
    line: int


class Document(msgspec.Struct, frozen=True):
    """A here-document: text that a command reads, not commands of this file."""

    text: str
    line: int
    scope: int


class CommandFile(msgspec.Struct, frozen=True):
    """The commands of one file, in the order of its lines."""

    language: str
    commands: tuple[Command, ...]
    scopes: tuple[Scope, ...]
    helpers: tuple[Helper, ...] = ()
    documents: tuple[Document, ...] = ()

    def enclosing(self, scope: int) -> Iterator[int]:
        """``scope`` and the scopes around it, innermost first, the file (0) last."""
        while scope:
            yield scope
            scope = self.scopes[scope].parent
        yield 0

    def owner(self, command: Command) -> Scope:
        """The function, recipe or script that a command stands in, else the file."""
        owners = ("function", "recipe", "script")
        scopes = (self.scopes[number] for number in self.enclosing(command.scope))
        return next((scope for scope in scopes if scope.kind in owners), self.scopes[0])

    def is_conditional(self, command: Command) -> bool:
        """Whether a command stands in a branch."""
        return any(self.scopes[n].kind == "branch" for n in self.enclosing(command.scope))


MAX_TEXT = 4096
"""A longer value is not followed: text that doubles itself must not fill the memory."""

MAX_WORDS = 1024
"""A longer argument list is not followed."""


@dataclass
class Collector:
    """Gathers what a format finds, and makes the facts of it."""

    language: str
    commands: list[Command] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=lambda: [Scope("file", "", 1, 1)])
    helpers: list[Helper] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    def scope(
        self,
        kind: ScopeKind,
        name: str,
        lines: tuple[int, int],
        parent: int,
        values: Iterable[str] = (),
        host: str = "",
        condition: str = "",
    ) -> int:
        """The number of a new scope."""
        self.scopes.append(Scope(kind, name, *lines, parent, tuple(values), host, condition))
        return len(self.scopes) - 1

    def add(self, command: Command) -> None:
        """Keep a command with its wrappers taken off."""
        wrappers, words = unwrap(command.words)
        if words:
            wrapped = (*command.wrappers, *wrappers)
            self.commands.append(msgspec.structs.replace(command, words=words, wrappers=wrapped))

    def finish(self) -> CommandFile | None:
        """The facts; None when there are none."""
        if not self.commands and not self.helpers and not self.documents:
            return None
        commands = sorted(self.commands, key=lambda command: (command.line, command.end_line))
        return CommandFile(
            self.language,
            tuple(commands),
            tuple(self.scopes),
            tuple(self.helpers),
            tuple(self.documents),
        )


# Program -> (options that take a value, positional arguments before the wrapped program).
_WRAPPERS: dict[str, tuple[frozenset[str], int]] = {
    "builtin": (frozenset(), 0),
    "chrt": (frozenset(), 1),
    "command": (frozenset(), 0),
    "doas": (frozenset({"-u"}), 0),
    "env": (frozenset({"-u", "--unset", "-C", "--chdir"}), 0),
    "exec": (frozenset({"-a"}), 0),
    "flock": (frozenset({"-w", "-E"}), 1),
    "gosu": (frozenset(), 1),
    "ionice": (frozenset({"-c", "-n"}), 0),
    "nice": (frozenset({"-n"}), 0),
    "nohup": (frozenset(), 0),
    "setpriv": (frozenset({"--pdeathsig", "--reuid", "--regid"}), 0),
    "setsid": (frozenset(), 0),
    "stdbuf": (frozenset({"-i", "-o", "-e"}), 0),
    "su-exec": (frozenset(), 1),
    "strace": (frozenset({"-o", "-e"}), 0),
    "sudo": (frozenset({"-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T"}), 0),
    "systemd-run": (frozenset({"-p", "-u", "-E"}), 0),
    "taskset": (frozenset(), 1),
    "time": (frozenset({"-f", "-o"}), 0),
    "timeout": (frozenset({"-k", "--kill-after", "-s", "--signal"}), 1),
    "unbuffer": (frozenset(), 0),
    "xvfb-run": (frozenset({"-n", "-s", "-e", "-f", "-p", "-w"}), 0),
}

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_LOOKS_UP = frozenset({"-v", "-V"})  # `command -v x` runs nothing


def unwrap(words: Sequence[Word]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """``(wrappers, rest)``: ``sudo timeout 60 x`` -> ``(sudo timeout 60, x)``."""
    at = 0
    while at < len(words):
        end = _after_wrapper(words, at)
        if end is None or end >= len(words):
            break
        at = end
    return tuple(words[:at]), tuple(words[at:])


def _after_wrapper(words: Sequence[Word], at: int) -> int | None:
    """Where the program wrapped by ``words[at]`` stands, None when that wraps nothing."""
    name = words[at].text.rpartition("/")[2]
    if [w.text for w in words[at + 1 : at + 3]] == ["netns", "exec"] and name == "ip":
        return at + 4
    if name not in _WRAPPERS:
        return None
    valued, positional = _WRAPPERS[name]
    at += 1
    while at < len(words):
        text = words[at].text
        if name == "command" and text in _LOOKS_UP:
            return None
        if text.startswith("-"):
            at += 2 if text in valued else 1
        elif _ASSIGNMENT.match(text):
            at += 1
        elif positional:
            positional -= 1
            at += 1
        else:
            return at
    return None
