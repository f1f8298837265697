"""Assembly of an RTOS port: the loop in which its scheduler waits for a task to become ready."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_lines import Branches

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*|(?m:^[ \t]*[#@;][^\n]*)", re.DOTALL)
_LABEL = re.compile(r"^([A-Za-z_.$][\w.$]*|\d+):[^\S\n]*(?=\S|$)", re.MULTILINE)
_SLEEP = re.compile(r"\b(?:wf[ie]|waiti|hlt)\b", re.IGNORECASE)
_SCHEDULES = re.compile(r"schedul|idle|execute_ptr|ready", re.IGNORECASE)
_ROWS = re.IGNORECASE | re.MULTILINE
_WORKS = re.compile(r"^[ \t]*(?:st[mp]\w*|push|call\w*|jal\w*|bl|blx|bsr)\b", _ROWS)
_STORES = re.compile(r"^[ \t]*(?:s[wd]|store|str\w*|s32i)\b", _ROWS)
_ENDS = re.compile(r"fault|panic|error|fatal|halt|abort|die\b|exit|trap", re.IGNORECASE)
_LIMIT = 12
"""Instructions of a loop that only waits."""


class WaitLoop(msgspec.Struct, frozen=True):
    """A loop from ``label`` back to it; ``sleeps``: whether it holds a WFI or WFE; ``conditions``
    the ``#if`` inside the loop that they stand under, ``within`` those around the loop."""

    label: str
    line: int
    sleeps: bool
    conditions: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


class IdleAssembly(msgspec.Struct, frozen=True):
    """The waiting loops of one file."""

    loops: tuple[WaitLoop, ...]


def parse(data: bytes) -> IdleAssembly | None:
    """The loops of a scheduler, None when the file has none."""
    text = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), decode(data))
    if not _SCHEDULES.search(text):
        return None
    branches = Branches(decode(data))
    found = []
    for label in _LABEL.finditer(text):
        name = re.escape(label[1] + ("b" if label[1].isdigit() else ""))
        back = re.compile(rf"^[ \t]*(?:b\w*|j|jmp|cb\w+)\b[^\n]*[ \t,](?-i:{name})[ \t]*$", _ROWS)
        branch = back.search(text, label.end(), label.end() + 2000)
        if branch is None or _ENDS.search(label[1]):
            continue
        line = text.count("\n", 0, label.start()) + 1
        body = text[label.end() : branch.end()]
        outer = branches.at(line)
        sleeps = [
            branches.at(line + body.count("\n", 0, wfi.start()))[len(outer) :]
            for wfi in _SLEEP.finditer(body)
        ]
        body = "\n".join(
            row for number, row in enumerate(body.split("\n"), line)
            if row.strip() and branches.at(number) == outer
        )  # fmt: skip
        rows = body.split("\n")
        stores = _WORKS.search(body) or len(_STORES.findall(body)) > 1
        context = text[max(0, label.start() - 600) : branch.end()]
        if 1 < len(rows) <= _LIMIT and not stores and _SCHEDULES.search(label[1] + context):
            conditions = min(sleeps, key=len, default=())
            found.append(WaitLoop(label[1], line, bool(sleeps), conditions, outer))
    return IdleAssembly(tuple(found)) if found else None
