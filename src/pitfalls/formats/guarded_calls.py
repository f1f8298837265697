"""Calls of C functions with the ``#if`` arms that they stand in: how a program spins zenoh-pico,
and where it waits in the host's own calls.

A file that serves several platforms has one spin for each of them, in arms of one function. Calls
are grouped by function and by the arms that are open around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_tokens import Token, tokens

Timeout = Literal["zero", "none", "some", "passed"]


class GuardedCall(msgspec.Struct, frozen=True):
    """``arguments`` are texts without spaces; ``opened`` the conditions that hold around the call,
    ``closed`` those of arms before it, which do not."""

    function: str
    name: str
    arguments: tuple[str, ...]
    line: int
    opened: tuple[str, ...]
    closed: tuple[str, ...]


class TimeField(msgspec.Struct, frozen=True):
    """``owner.field = value`` of a ``timeval``, or of the options of a read; an initialiser has
    the field ``*``."""

    function: str
    owner: str
    field: str
    value: str
    line: int
    opened: tuple[str, ...]


class GuardedCalls(msgspec.Struct, frozen=True):
    """Those of one file; ``kernels`` are the RTOS headers and ``hosts`` the headers of the host's
    sockets that it includes."""

    calls: tuple[GuardedCall, ...]
    fields: tuple[TimeField, ...]
    kernels: tuple[str, ...]
    hosts: tuple[str, ...]


_WANTED = re.compile(
    r"zp_\w+|_?z_\w*(?:get|pending_quer\w+|lease\w*|keep_alive)|select|poll|ppoll|recv|recvfrom"
    r"|\w*(?:sleep|yield|delay)\w*"
)
_FIELDS = frozenset({"tv_sec", "tv_usec", "tv_nsec", "single_read"})
_KERNEL = re.compile(r"#\s*include\s*[<\"](tx_api\.h|FreeRTOS\.h|zephyr/kernel\.h)[>\"]")
_HOST = re.compile(r"#\s*include\s*<(sys/select\.h|poll\.h|sys/poll\.h)>")
MAX_ARGUMENTS = 400
"""Tokens of one call that are looked at."""


def parse(data: bytes) -> GuardedCalls | None:
    """The calls of a C or C++ file, None when it has none that count."""
    found = tokens(data)
    calls: list[GuardedCall] = []
    fields: list[TimeField] = []
    for function, at in _inside(found):
        token = found[at]
        if token.kind != "word":
            continue
        opened, closed = _arms(token.arms)
        after = found[at + 1].text if at + 1 < len(found) else ""
        if after == "(" and _WANTED.fullmatch(token.text) and not _is_member(found, at):
            arguments = tuple(_arguments(found, at + 2))
            calls.append(GuardedCall(function, token.text, arguments, token.line, opened, closed))
        elif token.text in _FIELDS and after == "=" and at >= 2:
            value = _until(found, at + 2)
            fields.append(
                TimeField(function, found[at - 2].text, token.text, value, token.line, opened)
            )
        elif token.text in ("timeval", "zp_read_options_t") and _initialised(found, at):
            name = found[at + 1].text
            value = _until(found, at + 3)
            fields.append(TimeField(function, name, "*", value, token.line, opened))
    if not calls:
        return None
    text = decode(data)
    return GuardedCalls(
        tuple(calls), tuple(fields),
        tuple(dict.fromkeys(_KERNEL.findall(text))), tuple(dict.fromkeys(_HOST.findall(text))),
    )  # fmt: skip


def _inside(found: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """``(function, index)`` of the tokens in functions. Each arm of an ``#if`` starts at the depth
    of the first, so that braces which two of them open count once."""
    depth, function = 0, ""
    arms: tuple[str, ...] = ()
    entered: dict[int, int] = {}
    for at, token in enumerate(found):
        if token.arms != arms:
            for level in range(len(arms), len(token.arms)):
                entered[level] = depth
            if len(token.arms) == len(arms):
                depth = entered.get(len(arms) - 1, depth)
            arms = token.arms
        if token.kind == "other" and token.text == "{":
            function = _head(found, at) if depth == 0 else function
            depth += 1
        elif token.kind == "other" and token.text == "}":
            depth = max(0, depth - 1)
            function = function if depth else ""
        elif function:
            yield function, at


def _head(found: Sequence[Token], brace: int) -> str:
    """The name of the function whose body opens at ``brace``, empty for another block."""
    at = brace - 1
    if at < 0 or found[at].text != ")":
        return ""
    level = 0
    for at in range(brace - 1, max(-1, brace - MAX_ARGUMENTS), -1):
        level += (found[at].text == ")") - (found[at].text == "(")
        if level == 0:
            break
    return found[at - 1].text if at > 0 and found[at - 1].kind == "word" else ""


def _is_member(found: Sequence[Token], at: int) -> bool:
    """``client.poll()``, ``client->poll()``, ``Client::poll()``: not the function of that name."""
    return at > 0 and found[at - 1].text in (".", ">", ":")


def _arms(arms: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Conditions that hold, and those that were refused before."""
    opened, closed = [], []
    for arm in arms:
        before, mark, now = arm.rpartition(" ; ")
        opened.append(now if mark else arm)
        if mark:
            closed.append(before)
    return tuple(o for o in opened if o != "else"), tuple(closed)


def _arguments(found: Sequence[Token], at: int) -> Iterator[str]:
    level, current = 0, ""
    for token in found[at : at + MAX_ARGUMENTS]:
        if token.text == ")" and level == 0:
            break
        level += (token.text in "([{") - (token.text in ")]}") if token.kind == "other" else 0
        if token.text == "," and level == 0:
            yield current
            current = ""
        else:
            current += token.text
    if current:
        yield current


def _until(found: Sequence[Token], at: int) -> str:
    """The text up to the semicolon."""
    parts = []
    for token in found[at : at + MAX_ARGUMENTS]:
        if token.text == ";":
            break
        parts.append(token.text)
    return "".join(parts)


def _initialised(found: Sequence[Token], at: int) -> bool:
    return at + 2 < len(found) and found[at + 1].kind == "word" and found[at + 2].text == "="
