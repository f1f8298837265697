"""What becomes of the result of a call in Rust: whether a failure stops the function."""

from __future__ import annotations

import re
from typing import Literal

from pitfalls.formats.code_text import closing

Fate = Literal["", "stops", "dropped", "bare", "open"]
"""``stops``: a failure ends the function or goes to its caller. ``dropped``: the function goes on
all the same. ``bare``: a statement of its own, so that the callee decides. ``open``: handed to
something else. Empty where nothing was looked for."""

WAITS = re.compile(r"wait|ready|await|expect_output|settle|until|poll_for|matched", re.IGNORECASE)
"""Names of calls that may wait for a peer: the fate of others is not looked for."""

_LINK = re.compile(r"\s*(?:(\?)|\.\s*(\w+)(?:::<[^<>]*>)?\s*(\()?)")
_STOPS = re.compile(
    r"\b(?:panic|bail|unreachable|todo|unimplemented|ensure|assert\w*|skip\w*|fail\w*)!|\breturn\b"
    r"|\b(?:exit|abort|panic|fail\w*)\s*\(|\bErr\s*\((?![^()]*\)\s*(?:=>|\||if\b))|\?\s*[;)]"
)
_CHECKING = re.compile(r"\b(?:\w*assert\w*|ensure\w*|require\w*|expect\w*|verify\w*)!?\s*$")
_PRINTING = re.compile(
    r"\b(?:print|println|eprint|eprintln|format|write|writeln|dbg|log|trace|debug|info|warn|error"
    r"|drop)!?\s*$"
)
_HEAD = re.compile(r"\b(?:if|while|match)\b[^;{}]*$")
_LET = re.compile(r"\blet\s+(?:mut\s+)?(\w+)\s*(?::[^=;]*)?=\s*[&*]*$")
_TUPLE = re.compile(r"\blet\s*\(([\w\s,]+)\)\s*=$")
_LET_ELSE = re.compile(r"\blet\s+\w[\w:]*\s*\([^=;]*\)\s*=\s*$")
_CONVERTED = frozenset({"map_err", "await", "context", "with_context", "as_ref", "as_deref"})
MAX_TAIL = 6000
"""Characters that are read after a call."""


def fate(code: str, begin: int, closed: int, start: int, end: int) -> Fate:
    """The fate of a call's result. ``code`` is blanked text, ``begin`` where its expression
    begins, ``closed`` its closing parenthesis, ``start`` and ``end`` the function around it."""
    end = min(end, closed + MAX_TAIL)
    at, soft, told = closed + 1, False, False
    while (link := _LINK.match(code, at, end)) is not None:
        name, at = link[2], link.end()
        inside = ""
        if link[3]:
            stop = closing(code, at, MAX_TAIL)
            inside, at = code[at:stop], stop + 1
        if link[1] or name in ("unwrap", "expect", "unwrap_err") or (inside and _fails(inside)):
            return "stops"
        soft |= name not in _CONVERTED
        told |= name == "unwrap_or_else" and "format!" in inside  # kept for a later report
    before = code[max(start, begin - 200) : begin].rstrip("&*! \t\r\n")
    found = _outside(code, before, (begin, at, end), start, soft)
    return "open" if found == "dropped" and told and _LET.search(before) else found


def _fails(text: str) -> bool:
    return _STOPS.search(text) is not None


def _outside(code: str, before: str, span: tuple[int, int, int], start: int, soft: bool) -> Fate:
    """By what stands around the expression, whose chain of methods ends at ``span[1]``."""
    begin, at, end = span
    if (around := _opener(code, begin, start)) is not None:
        return around
    following = code[at:end].lstrip()[:4]
    if before.endswith("return") or code[at:end].isspace():
        return "stops"  # the caller's to heed
    if _LET_ELSE.search(before) and following.startswith("else"):
        return "stops"
    named = _LET.search(before) or _TUPLE.search(before)
    if named is not None:
        fates = {
            _kept(code, name, code.find(";", at, end), end)
            for name in re.findall(r"\b(?!mut\b)\w+", named[1])
        }
        return next(told for told in ("stops", "open", "dropped") if told in fates)
    if _HEAD.search(before):
        return _branched(code, at, end, before)
    if before[-1:] in (";", "{", "}", "") or before.endswith("=>"):
        return "dropped" if soft else "bare"
    return "open"


def _opener(code: str, begin: int, start: int) -> Fate | None:
    """What a call does that has the expression among its arguments; None when there is none."""
    depth = 0
    for at in range(begin - 1, max(start, begin - 400), -1):
        mark = code[at]
        if mark in ")]":
            depth += 1
        elif mark in "([" and depth:
            depth -= 1
        elif mark == "(":
            head = code[max(start, at - 40) : at]
            if re.search(r"\bmatches!\s*$", head):
                return _opener(code, at - 8, start)
            if _CHECKING.search(head):
                return "stops"
            return "dropped" if _PRINTING.search(head) else "open"
        elif mark in ";{}":
            return None
    return None


def _branched(code: str, at: int, end: int, before: str) -> Fate:
    """Of the condition of an ``if``, ``while`` or ``match``: whether an arm ends the function."""
    if re.search(r"\bwhile\b[^;{}]*$", before):
        return "stops"  # until it comes
    opened = code.find("{", at, end)
    if opened < 0:
        return "open"
    text = ""
    while opened >= 0:
        closed = closing(code, opened + 1, MAX_TAIL)
        text += code[opened:closed]
        more = re.compile(r"\s*else\b[^{};]*\{").match(code, closed + 1, end)
        opened = more.end() - 1 if more else -1
    if _fails(text):
        return "stops"
    return "open" if re.search(r"\bbreak\b|=\s*(?:true|false)\b", text) else "dropped"


def _kept(code: str, name: str, after: int, end: int) -> Fate:
    """Of a variable: whether the rest of the function looks at it and can end."""
    if name == "_" or after < 0:
        return "dropped"
    fates: set[Fate] = set()
    for use in re.finditer(rf"(?<![\w.]){name}\b(?!\s*:[^:])", code[after:end]):
        begin = after + use.start()
        if re.search(r"\blet\s+(?:mut\s+)?$", code[after:begin]):
            continue  # bound again; its new value is the use after it
        fates.add(fate(code, begin, after + use.end() - 1, after, end))
    if "stops" in fates:
        return "stops"
    return "open" if "open" in fates else "dropped"
