"""Assembly of an RTOS port: the loop in which its scheduler waits for a task to become ready."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*|(?m:^[ \t]*[#@;][^\n]*)", re.DOTALL)
_LABEL = re.compile(r"^([A-Za-z_.$][\w.$]*|\d+):[^\S\n]*(?=\S|$)", re.MULTILINE)
_SCHEDULES = re.compile(r"schedul|idle|execute_ptr|ready", re.IGNORECASE)
_LIMIT = 12
"""Instructions of a loop that only waits."""


class WaitLoop(msgspec.Struct, frozen=True):
    """A loop from ``label`` back to it; ``sleeps``: whether it holds a WFI or WFE."""

    label: str
    line: int
    sleeps: bool


class IdleAssembly(msgspec.Struct, frozen=True):
    """The waiting loops of one file."""

    loops: tuple[WaitLoop, ...]


def parse(data: bytes) -> IdleAssembly | None:
    """The loops of a scheduler, None when the file has none."""
    text = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), decode(data))
    if not _SCHEDULES.search(text):
        return None
    found = []
    for label in _LABEL.finditer(text):
        name = re.escape(label[1] + ("b" if label[1].isdigit() else ""))
        back = re.compile(rf"^[ \t]*(?:b\w*|j|jmp|cb\w+)\b[^\n]*[ \t,]{name}[ \t]*$", re.MULTILINE)
        branch = back.search(text, label.end(), label.end() + 2000)
        if branch is None:
            continue
        body = text[label.end() : branch.end()]
        rows = [row for row in body.split("\n") if row.strip()]
        stores = re.search(
            r"^[ \t]*(?:s[wd]|STORE|str\w*|stm\w*|push|call|jal\w*|bl\w?)\b", body, re.M
        )
        context = text[max(0, label.start() - 600) : branch.end()]
        if len(rows) <= _LIMIT and not stores and _SCHEDULES.search(label[1] + context):
            line = text.count("\n", 0, label.start()) + 1
            found.append(WaitLoop(label[1], line, bool(re.search(r"(?i)\bwf[ie]\b", body))))
    return IdleAssembly(tuple(found)) if found else None
