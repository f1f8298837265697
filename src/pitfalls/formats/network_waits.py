"""How long the TCP functions of a network layer can keep their caller: C and Rust.

A function counts by its name (``_z_read_tcp``, ``platform_tcp_send``) or, in Rust, by the trait
that it implements (``read`` in ``impl PlatformTcp for Board``). Kept are deadlines that a loop
compares the clock with, calls that block in the socket, and what gives way to others meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import (
    Lines,
    Span,
    Text,
    blank,
    braces,
    c_functions,
    loops,
    rust_functions,
)

Role = Literal["read", "read_exact", "send", "open"]


class Wait(msgspec.Struct, frozen=True):
    """One function. ``deadlines`` are the expressions that loops compare the time with;
    ``limits_line`` is the line of the first comparison. ``polls``: it drives the network stack
    itself. ``gives_way``: a loop sleeps, yields or idles. ``receives`` is the line of a receiving
    call that waits inside the socket, 0 for none; ``bounded``: something waits before it with a
    limit, or it is told not to block; ``spins`` is the line of a loop that polls or receives and is
    limited by neither the time nor a count, 0 for none."""

    name: str
    role: Role
    line: int
    end_line: int
    deadlines: tuple[str, ...] = ()
    limits_line: int = 0
    polls: bool = False
    gives_way: bool = False
    receives: int = 0
    bounded: bool = False
    spins: int = 0


class Constant(msgspec.Struct, frozen=True):
    """``name`` stands for ``text``; ``variable`` names what overrides it at build time."""

    name: str
    text: str
    line: int
    variable: str = ""


class NetworkWaits(msgspec.Struct, frozen=True):
    """Those of one file, with its constants. ``timeouts`` are the values that it sets as receive
    timeout of a socket; ``non_blocking``: it switches sockets to non-blocking, and never
    back."""

    waits: tuple[Wait, ...]
    constants: tuple[Constant, ...]
    timeouts: tuple[str, ...]
    non_blocking: bool


_ROLE = re.compile(
    r"(?:^|_)(read_exact|read|send|write|open|connect)_tcp$"
    r"|(?:^|_)tcp_(read_exact|read|send|write|open|connect)$"
)
_METHODS: dict[str, Role] = {
    "read_exact": "read_exact", "read": "read", "send": "send", "write": "send", "open": "open",
    "connect": "open",
}  # fmt: skip
_IMPL = re.compile(r"\bimpl\b[^{};]{0,200}?\b\w*Tcp\w*\b[^{};]{0,80}?\bfor\b[^{};]{0,200}\{")
_CLOCK = r"\b[\w:.>\-]{0,60}(?:clock|now|millis|elapsed|[Tt]ick|uptime|time)\w{0,40}"
_LATER = re.compile(
    _CLOCK + r"\s{0,4}(?:\([^()]{0,60}\))?(?:\.\w{1,40}\(\))?[^;{}<>=]{0,60}?\s(?:>=?|<=?)\s{0,4}"
    r"(?P<limit>[^;{}&|()]{1,80}(?:\([^()]{0,80}\))?)"
)
_KEYWORD = re.compile(r"\b(?:loop|while|for|do)\b")
_FOR_EVER = re.compile(r"for\s*\(\s*;\s*;\s*\)")
_SIGNED = re.compile(
    r"-\s{0,4}((?:\w{1,40}(?:->|\.)){0,3}[a-z_]\w{0,60})\s{0,4}\)?\s{0,4}[<>]=?\s{0,4}0$"
)
_WAY = re.compile(r"\b\w*(?:yield|sleep|delay|wfi|wait_for_interrupt|idle|await)\w*", re.IGNORECASE)
_POLLS = re.compile(r"\b(?:\w+::)*\w*(?:poll|check_timeouts|netif_input)\w*\s*\(")
_RECEIVE = re.compile(r"\b(?:lwip_|zsock_|nx_bsd_|FreeRTOS_)?(?:recv|recvfrom|lwip_read)\s*\(")
_BOUNDED = re.compile(r"\bMSG_DONTWAIT\b|\b(?:lwip_|zsock_|nx_bsd_|FreeRTOS_)?(?:select|poll)\s*\(")
_NON_BLOCKING = re.compile(r"\bO_NONBLOCK\b|\bFIONBIO\b|set_nonblocking\(\s*true|\bSOCK_NONBLOCK\b")
_RESTORES = re.compile(r"~\s*O_NONBLOCK|F_SETFL\s*,\s*[^)|]*\)")
_RCVTIMEO = re.compile(r"\b(?:FREERTOS_)?SO_RCVTIMEO\b")
_TIME_NAME = r"(\w{0,60}?(?:TIME|DEADLINE|_MS)\w{0,40})"
_C_CONSTANT = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+" + _TIME_NAME + r"[ \t]+([^\n]{1,200})", re.MULTILINE
)
_CONSTANT = re.compile(
    r"\b(?:const|static)\s+(?:[\w ]{1,40}\s)?"
    + _TIME_NAME
    + r"\s{0,4}(?::\s{0,4}[\w:]{1,40})?\s{0,4}=\s{0,4}([^;\n]{1,200});"
)
_ENVIRONMENT = re.compile(r"\blet\s+(?:mut\s+)?(\w+)\s*(?::[^=;]+)?=\s*(\w*env\w*)!?\s*\(")
_WORD = re.compile(r"[A-Za-z_]\w*")


def parse_c(data: bytes) -> NetworkWaits | None:
    """A C or C++ file."""
    return _parse(data, rust=False)


def parse_rust(data: bytes) -> NetworkWaits | None:
    """A Rust file, macro bodies and generated text included."""
    return _parse(data, rust=True)


def _parse(data: bytes, *, rust: bool) -> NetworkWaits | None:
    text = blank(decode(data))
    lines = Lines(text.plain)
    matching = braces(text.code)
    spans = rust_functions(text) if rust else c_functions(text)
    heads = _IMPL.finditer(text.code) if rust and "Tcp" in text.code else ()
    methods = [(m.end(), matching.get(m.end() - 1, 0)) for m in heads]
    waits = []
    for span in spans:
        role = _role(span, methods)
        if role is not None:
            waits.append(_wait(text, span, role, lines, matching))
    constants = tuple(_constants(text, lines))
    if not waits and not constants:
        return None
    timeouts = tuple(dict.fromkeys(_timeouts(text, spans)))
    return NetworkWaits(tuple(waits), constants, timeouts, _switches(text.code))


def _switches(code: str) -> bool:
    if "NONBLOCK" not in code and "FIONBIO" not in code and "set_nonblocking" not in code:
        return False
    return _NON_BLOCKING.search(code) is not None and not _RESTORES.search(code)


def _role(span: Span, methods: list[tuple[int, int]]) -> Role | None:
    if any(start <= span.start < end for start, end in methods):
        return _METHODS.get(span.name)
    found = _ROLE.search(span.name) if "udp" not in span.name else None
    return _METHODS[found[1] or found[2]] if found else None


def _wait(text: Text, span: Span, role: Role, lines: Lines, matching: dict[int, int]) -> Wait:
    code = text.code
    deadlines: list[str] = []
    line, gives_way, spins = 0, False, 0
    for start, opened, end in _loops(code, span, matching):
        if not spins and _spins(code, span, start, opened, end):
            spins = lines.at(opened)
        for found in _LATER.finditer(code, start, end):
            deadlines += _limits(code, span, _limit(found))
            line = line or lines.at(found.start())
        gives_way |= _WAY.search(code, start, end) is not None
    received = _RECEIVE.search(code, span.opened, span.closed)
    body = code[span.opened : span.closed]
    return Wait(
        span.name, role, lines.at(span.start), lines.at(span.closed),
        tuple(dict.fromkeys(deadlines)), line,
        _POLLS.search(body) is not None, gives_way,
        lines.at(received.start()) if received else 0,
        _BOUNDED.search(body) is not None,
        spins,
    )  # fmt: skip


def _loops(code: str, span: Span, matching: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    """The loops of a function, their heads (and the tail of ``do … while``) included: where they
    begin, open and end."""
    for start, end in loops(code, span, matching):
        head = max(span.opened, max(code.rfind(mark, 0, start) for mark in ";{}"))
        tail = code.find(";", end)
        is_do = code[end : end + 12].strip(" }\n\t").startswith("while")
        yield head, start, tail if is_do and tail > 0 else end


def _spins(code: str, span: Span, start: int, opened: int, end: int) -> bool:
    """Whether a loop that polls or receives has no limit of time and no count. A loop that goes on
    while there is more to do (``while iface.poll() {}``) ends by itself."""
    if not (_POLLS.search(code, opened, end) or _RECEIVE.search(code, opened, end)):
        return False
    words = list(_KEYWORD.finditer(code, max(span.opened, opened - 300), opened))
    head = code[words[-1].start() : opened] if words else ""
    counted = head.startswith("for") and not _FOR_EVER.match(head)
    return not counted and not _LATER.search(code, start, end)


def _limit(found: re.Match[str]) -> str:
    """``(int32_t)(now() - deadline) >= 0`` waits for the deadline, not for zero."""
    signed = _SIGNED.search(found[0].strip())
    return signed[1] if signed else found["limit"]


def _limits(code: str, span: Span, limit: str) -> list[str]:
    """A limit with a local variable replaced by the texts that it may have."""
    limit = " ".join(limit.split())
    body = code[span.opened : span.closed]
    if not re.fullmatch(r"[a-z_]\w*", limit):
        return [limit]
    found = re.search(rf"\b{limit}\s*(?::[^=;{{}}]{{1,40}})?=(?!=)\s*([^;]{{1,300}})\s*;", body)
    if found is None:
        return [limit]
    named = [w for w in _WORD.findall(found[1]) if w.isupper() and len(w) > 1]
    return named or [" ".join(found[1].split())]


def _constants(text: Text, lines: Lines) -> Iterator[Constant]:
    """Definitions, also those in text that a build script writes."""
    variables = {m[1]: _call(text, m.end(), m[2]) for m in _ENVIRONMENT.finditer(text.code)}
    for pattern in (_C_CONSTANT, _CONSTANT):
        for found in pattern.finditer(text.plain):
            name, value = found[1], found[2].strip().rstrip("\\").strip()
            filled = re.fullmatch(r"\{(\w+)\}", value)
            line = lines.at(found.start(1))
            if filled is None:
                yield Constant(name, value, line)
            elif variables.get(filled[1]):
                variable, default = variables[filled[1]]
                yield Constant(name, default, line, variable)


def _call(text: Text, start: int, name: str) -> tuple[str, str]:
    """``(variable, default)`` of ``env_usize("NAME", 10_000)``, empty texts when there is none."""
    end = text.code.find(";", start)
    written = text.plain[start : end if 0 < end < start + 400 else start + 400]
    names = re.findall(r"\"(\w+)\"", written)
    default = re.search(r",\s*(\d[\d_]*)\s*,?\s*\)", written)
    return (names[0] if names else name, default[1] if default else "")


def _timeouts(text: Text, spans: list[Span]) -> Iterator[str]:
    """What a function that sets the receive timeout puts into the structure, or the name of the
    parameter that it is handed."""
    for span in spans:
        body = text.code[span.opened : span.closed]
        if "SO_RCVTIMEO" not in body or not _RCVTIMEO.search(body):
            continue
        values = re.findall(r"(?:tv_sec|tv_usec)\s*=\s*([^;,}]{1,80})[;,}]", body)
        yield from (" ".join(v.split()) for v in values)
        if not values:
            words = re.findall(r"\b(\w*(?:tout|timeout)\w*)\b", span.parameters + body)
            yield words[0] if words else "?"
