"""Statements that count the requested timeout, or the turns of a loop, as time that has passed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import code_text, decode
from pitfalls.formats.code_text import Lines, Span, Text

_ASSIGNED = re.compile(
    r"(?:delta|elapsed)(?:_\w+)?(?:\s*:\s*\w+)?\s*(\+?)=\s*(?:\(\s*\w+\s*\)\s*)?(\w*timeout\w*)"
    r"\s*(?:as\s+\w+\s*)?;"
)
_TURNS = re.compile(
    r"for\s+\w+\s+in\s+0\s*\.\.=?\s*\(?(\w*timeout_(?:ms|us))\b[^{};]{0,40}\{"
    r"|for\s*\([^;{}]{0,60};\s*\w+\s*<=?\s*(\w*timeout_(?:ms|us))\s*;[^;{}]{0,40}\)\s*\{"
)
_STEP = re.compile(
    r"(?:elapsed|waited|spent)(?:_\w+)?\s*\+=\s*"
    r"(?:static_cast\s*<[\w\s:]{1,30}>\s*\(\s*|\(\s*\w+\s*\)\s*)?([a-z]\w*)\s*(?:as\s+\w+\s*)?\)?\s*;"
)
_DIVIDED = re.compile(
    r"\b(\w+)(?:\s*:\s*\w+)?\s*=\s*\(?\s*(\w*timeout_(?:ms|us))\s*(?:as\s+\w+\s*)?/[^/*;][^;]{0,60};"
)
_RETURNS_EARLY = re.compile(r"(?:spin|poll|drive|recv|run_session)\w*\s*\(")
"""Calls that take a timeout and may come back before it."""
_SPINS = r"(?:spin|drive|run_session)\w*\s*\("
"""Those whose caller goes on when they do; an event that poll() tells of ends the loop."""
_WAITS = re.compile(r"sleep|delay|wait|clock|tick|elapsed|nanos|millis|micros|now\(", re.IGNORECASE)
_MEASURED = re.compile(r"\bnow\s*\(|clock|elapsed\s*\(|[tT]ick_?[cC]ount|uptime")
_CFG = re.compile(r"#\[\s*cfg\s*\([^\]]{1,200}\)\s*\]\s*(?:let\s+)?(?:mut\s+)?\Z")


class RequestedTime(msgspec.Struct, frozen=True):
    """One such statement in ``function``: ``kind`` is ``assigned`` or ``turns``. ``alternative`` is
    the line of a measured one that other builds compile instead, 0 when there is none."""

    kind: str
    function: str
    timeout: str
    line: int
    alternative: int


class RequestedTimes(msgspec.Struct, frozen=True):
    """The statements of one file."""

    statements: tuple[RequestedTime, ...]


def parse_rust(data: bytes) -> RequestedTimes | None:
    """The statements of a Rust file."""
    return _parse(data, rust=True)


def parse_c(data: bytes) -> RequestedTimes | None:
    """The statements of a C file."""
    return _parse(data, rust=False)


_QUICK = (
    re.compile(rb"(?:elapsed|waited|spent)\w* \+= "),
    re.compile(rb"timeout_[mu]s[\w )]{0,12}/ "),
    re.compile(rb"delta[^\n;=]{0,40}=[^\n;=]{0,20}timeout"),
    re.compile(rb"elapsed[^\n;=]{0,40}=[^\n;=]{0,20}timeout"),
    re.compile(rb"\.\.=?\(?\w{0,20}timeout_[mu]s"),
    re.compile(rb"; ?\w{1,20} ?<=? ?\w{0,20}timeout_[mu]s ?;"),
)


def _parse(data: bytes, *, rust: bool) -> RequestedTimes | None:
    if not any(pattern.search(data) for pattern in _QUICK):
        return None
    text = code_text.blank(decode(data))
    matching = code_text.braces(text.code)
    spans = code_text.rust_functions(text) if rust else code_text.c_functions(text)
    if not rust and "class " in text.code:
        spans = spans + code_text.cpp_methods(text)
    lines = Lines(text.code)
    found: list[RequestedTime] = []
    for span in spans:
        found += _assignments(text, span, lines)
        found += _turns(text, span, lines, matching)
    return RequestedTimes(tuple(found)) if found else None


def _assignments(text: Text, span: Span, lines: Lines) -> list[RequestedTime]:
    """Statements that give or add what was asked for to what passed; once a line."""
    body = text.code[span.opened : span.closed]
    found = {}
    for spot in _ASSIGNED.finditer(body):
        if _is_given_to_a_call(body[: spot.start()], spot[2]):
            other = _alternative(text.plain, body, spot, span.opened)
            line, measured = lines.at(span.opened + spot.start()), lines.at(other) if other else 0
            found[line] = RequestedTime("assigned", span.name, spot[2], line, measured)
    for spot in _STEP.finditer(body):
        line = lines.at(span.opened + spot.start())
        if line not in found and _steps_a_call(body[: spot.start()], spot[1]):
            found[line] = RequestedTime("assigned", span.name, spot[1], line, 0)
    return list(found.values())


def _turns(
    text: Text, span: Span, lines: Lines, matching: dict[int, int]
) -> Iterator[RequestedTime]:
    body = text.code[span.opened : span.closed]
    for spot, timeout, divided in _loops(body):
        opened = span.opened + spot.end() - 1
        inner = text.code[opened : matching.get(opened, opened)]
        if not _WAITS.search(inner) and (not divided or _RETURNS_EARLY.search(inner)):
            line = lines.at(span.opened + spot.start())
            yield RequestedTime("turns", span.name, timeout, line, 0)


def _loops(body: str) -> Iterator[tuple[re.Match[str], str, bool]]:
    """Loops that run so often as a timeout says, and those that run a quotient of it."""
    for spot in _TURNS.finditer(body):
        yield spot, spot[1] or spot[2], False
    for bound in _DIVIDED.finditer(body):
        loop = re.compile(
            rf"for\s+\w+\s+in\s+0\s*\.\.=?\s*{bound[1]}\b[^{{}};]{{0,40}}\{{"
            rf"|for\s*\([^;{{}}]{{0,60}};\s*\w+\s*<=?\s*{bound[1]}\s*;[^;{{}}]{{0,40}}\)\s*\{{"
        )
        counted = loop.search(body, bound.end())
        if counted:
            yield counted, bound[2], True


def _steps_a_call(before: str, step: str) -> bool:
    """Whether the step went to a call that may come back early, more than once."""
    return bool(re.search(rf"{_SPINS}[^;{{}}]{{0,160}}?\b{step}\b", before))


def _is_given_to_a_call(before: str, timeout: str) -> bool:
    """Whether the timeout went to a call that may come back early."""
    return bool(re.search(rf"\w\s*\((?:[^();]*,)?\s*&?{re.escape(timeout)}\s*[,)]", before))


def _alternative(plain: str, body: str, spot: re.Match[str], opened: int) -> int:
    """Offset of a measured assignment to the same variable under another ``cfg``; 0 without."""
    start = opened + spot.start()
    if not _CFG.search(plain, max(0, start - 3000), start):
        return 0
    name = re.match(r"\w+", spot[0])
    assert name is not None
    for other in re.finditer(rf"\b{name[0]}\b(?:\s*:\s*\w+)?\s*=\s*", body[: spot.start()]):
        if _MEASURED.search(body[other.end() : spot.start()]):
            return opened + other.start()
    return 0
