"""``subprocess.Popen`` calls of a Python file, with what guards and ends their children."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines


class Popen(msgspec.Struct, frozen=True):
    """One call: the text of its arguments, whether that sets the parent-death signal, whether the
    file ends a child (``terminate``, ``kill``, ``killpg``), and whether its end is waited for."""

    arguments: str
    line: int
    guarded: bool
    ended: bool
    waits: bool


class PythonProcesses(msgspec.Struct, frozen=True):
    """The calls of one file."""

    calls: tuple[Popen, ...]


_POPEN = re.compile(r"(?<![\w#\"'])(?:subprocess\.)?Popen\(")
_NOISE = re.compile(r'"""(?:.|\n)*?"""|\'\'\'(?:.|\n)*?\'\'\'|(?<![\w"\'&])#[^\n]*')
_ENDS = re.compile(r"\.(?:terminate|kill|send_signal)\(|\bkillpg\(|os\.kill\(|\b(?i:taskkill)\b")
_GUARD = re.compile(r"pdeathsig|PDEATHSIG|prctl", re.IGNORECASE)
_PREEXEC = re.compile(r"preexec_fn\s*=\s*(?:\w+\.)*(\w+)")
_NAMED = re.compile(r"(\w+)\s*=\s*\Z")
MAX_ARGUMENTS = 2000


def parse(data: bytes) -> PythonProcesses | None:
    """The calls of one file, None when it has none."""
    text = _NOISE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), decode(data))
    lines = Lines(text)
    ended = bool(_ENDS.search(text))
    calls = []
    for found in _POPEN.finditer(text):
        inside = _inside(text, found.end())
        hook = _PREEXEC.search(inside)
        body = _function(text, hook[1]) if hook else ""
        rest = text[found.end() + len(inside) : found.end() + len(inside) + 200]
        calls.append(
            Popen(
                " ".join(inside.split())[:300],
                lines.at(found.start()),
                bool(_GUARD.search(inside) or _GUARD.search(body)),
                ended,
                _waits(text[max(0, found.start() - 80) : found.start()], rest),
            )
        )
    return PythonProcesses(tuple(calls)) if calls else None


def _waits(before: str, rest: str) -> bool:
    """Whether the child's end is waited for, by itself or by a helper that is handed the child."""
    if ".communicate(" in rest or ".wait()" in rest:
        return True
    name = _NAMED.search(before)
    return bool(name and re.search(rf"\bwait\w*\(\s*{re.escape(name[1])}\b", rest))


def _inside(text: str, start: int) -> str:
    """The text up to the bracket that closes the call."""
    depth = 1
    for at in range(start, min(len(text), start + MAX_ARGUMENTS)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if not depth:
            return text[start:at]
    return text[start : start + MAX_ARGUMENTS]


def _function(text: str, name: str) -> str:
    """The body of a function of the file, by its indentation."""
    found = re.search(rf"^([ \t]*)def {re.escape(name)}\b.*\n((?:\1[ \t]+.*\n|[ \t]*\n)*)", text,
                      re.MULTILINE)  # fmt: skip
    return found[2] if found else ""
