"""Commands that remove TCP sockets of the host: ``ss -K``, ``tcpkill``, ``conntrack -D``, also in a
line of shell that another program hands on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

import msgspec

from pitfalls.formats import shell
from pitfalls.formats.commands import Command, CommandFile

SHELLS = frozenset({"sh", "bash", "dash", "zsh"})
_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
MAX_NESTING = 3


class SocketKill(msgspec.Struct, frozen=True):
    """What a script, or a recipe of the name ``owner``, removes: the ``addresses`` that it names,
    whether it lists what is left (``checked``), and the seconds that it then sleeps."""

    owner: str
    line: int
    addresses: tuple[str, ...]
    checked: bool
    settle: float


class SocketKills(msgspec.Struct, frozen=True):
    """The scripts and recipes of one file that remove sockets."""

    kills: tuple[SocketKill, ...]


def reader(parse: Callable[[bytes], CommandFile | None]) -> Callable[[bytes], SocketKills | None]:
    """The reader of files whose commands ``parse`` gives."""

    def read(data: bytes) -> SocketKills | None:
        file = parse(data)
        found = tuple(_kills(file)) if file is not None else ()
        return SocketKills(found) if found else None

    return read


def in_text(text: str) -> SocketKill | None:
    """What a line of shell removes, None for nothing."""
    file = shell.parse(text.encode())
    return next(_kills(file), None) if file is not None else None


def _kills(file: CommandFile) -> Iterator[SocketKill]:
    recipes = file.language in ("just", "make", "yaml")

    def home(command: Command) -> str:
        return file.owner(command).name if recipes else ""

    for owner, group in groupby(file.commands, key=home):
        flat = [inner for command in group for inner in _flat(file, command, 0)]
        at = [n for n, (words, _) in enumerate(flat) if _removes(words)]
        if not at:
            continue
        told = [text for n in at for text in (*flat[n][0], *flat[n][1])]
        after = [words for words, _ in flat[at[-1] + 1 :]]
        yield SocketKill(
            owner,
            next(c.line for c in file.commands if home(c) == owner),
            tuple(dict.fromkeys(a for text in told for a in _ADDRESS.findall(text))),
            any(words[0].rpartition("/")[2] == "ss" for words in after),
            sum(float(w[1]) for w in after if w[0] == "sleep" and re.fullmatch(r"[\d.]+", w[-1])),
        )


def _flat(
    file: CommandFile, command: Command, depth: int
) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    """The words of a command with the values of the loops around it; of ``sh -c`` what it runs."""
    words = [word.text for word in command.words]
    options = [n for n, text in enumerate(words[:-1]) if re.fullmatch(r"-\w*c", text)]
    if command.program in SHELLS and options and depth < MAX_NESTING:
        inner = shell.parse(words[options[0] + 1].encode())
        for one in inner.commands if inner is not None else ():
            yield from _flat(inner or file, one, depth + 1)
        return
    values = (v for n in file.enclosing(command.scope) for v in file.scopes[n].values)
    yield words, tuple(values)


def _removes(words: list[str]) -> bool:
    program = words[0].rpartition("/")[2]
    if program == "ss":
        return any(re.fullmatch(r"-\w*K\w*|--kill", word) for word in words[1:])
    return program == "tcpkill" or (program == "conntrack" and bool({"-D", "--delete"} & {*words}))
