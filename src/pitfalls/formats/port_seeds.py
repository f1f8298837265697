"""Local ports of a network stack in Rust or C code: the counter that hands them out, the calls
that seed it, and where the stack starts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, c_functions, rust_functions
from pitfalls.formats.seed_source import Origin, entropy_word, origin, unfold

DYNAMIC = range(49152, 65536)
"""The range of dynamic ports (RFC 6335)."""

FREE = 1024
"""The first port that no system service has; what counts local ports may begin there."""


class Seed(msgspec.Struct, frozen=True):
    """One seeding call: its path, its argument, the word that tells a source which differs at
    each boot (empty when there is none), and what the argument is made of."""

    call: str
    argument: str
    entropy: str
    line: int
    origin: Origin = "unknown"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.call.rpartition("::")[2]


class Counter(msgspec.Struct, frozen=True):
    """A static that hands out ports from ``start``. ``seeder`` is the function of the same file
    that sets it to something else than a count; empty when there is none."""

    name: str
    start: int
    line: int
    seeder: str


class Stack(msgspec.Struct, frozen=True):
    """Where a stack of ``kind`` is made: ``smoltcp``, ``smoltcp 0.7``, which takes no seed, or
    ``embassy``. ``seeded``: whether its ``random_seed`` is given, None when its configuration comes
    from elsewhere; ``origin`` what it is made of."""

    kind: str
    line: int
    seeded: bool | None
    argument: str
    origin: Origin


class Dial(msgspec.Struct, frozen=True):
    """A TCP connect; ``port`` is the constant source port, None when it is none. ``text`` is what
    is given for it; a socket of embassy-net is given none (``is_short``)."""

    line: int
    port: int | None
    text: str

    @property
    def is_short(self) -> bool:
        """Whether the stack chooses the port."""
        return not self.text


class PortSeeds(msgspec.Struct, frozen=True):
    """The facts of one file. ``defined`` are the functions named like a seeding function that it
    defines, ``declared`` those that it only declares in an ``extern`` block."""

    seeds: tuple[Seed, ...] = ()
    counters: tuple[Counter, ...] = ()
    stacks: tuple[Stack, ...] = ()
    dials: tuple[Dial, ...] = ()
    defined: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()


_SEEDER = r"\w*seed\w*port\w*|\w*port_?seed\w*|seed_\w*rng\w*|\w+_seed_rng|srand|srandom"
_CALL = re.compile(
    rf"(?<!fn )(?<!void )(?<!\w)((?:\w+::)*(?:{_SEEDER}))\s*\(([^;{{}}]{{0,200}})\)\s*;"
)
_DEFINED = re.compile(rf"\bfn\s+((?:{_SEEDER}))\s*[(<][^;{{}}]{{0,200}}([;{{])")
_COUNTER = re.compile(
    r"\bstatic\s+(?:mut\s+)?(\w+)\s*:\s*(?:\w+::)*(?:u16|u32|AtomicU16|AtomicU32|Cell<u16>)"
    r"\s*=\s*(?:(?:\w+::)*\w+::new\(\s*)?([\w]+)\s*\)?\s*;"
)
# A field of a structure, or a local variable, that begins in the range of dynamic ports.
_FIELD = re.compile(
    r"(?<![\w.])(\w*(?:port|ephemeral)\w*)\s*:\s*(?:(?:\w+::)*\w+::new\(\s*)?(\w+)\s*\)?\s*[,}]"
)
_LOCAL = re.compile(r"\blet\s+mut\s+(\w+)\s*(?::\s*u16\s*)?=\s*(\w+)\s*;")
# Sockets that no connection to another machine leaves from.
_OF_NO_DIAL = re.compile(
    r"(?<![a-z])(?:unix|udp|ipc|listen|server|loopback)(?![a-z])", re.IGNORECASE
)
_KEYWORDS = {"if", "else", "self", "match", "unsafe", "let", "mut", "MIN", "MAX"}
_CONST = re.compile(r"\bconst\s+(\w+)\s*:\s*u(?:16|32)\s*=\s*(0x[\dA-Fa-f_]+|[\d_]+)\s*;")
_NUMBER = re.compile(r"0x[\dA-Fa-f_]+|\d[\d_]*")
_IN_RANGE = re.compile(r"(?<!\w)(?:(?:49|5\d|6[0-5])_?\d{3}|4_9\d{3}|0x_?[C-Fc-f])")
_CONNECTS = (re.compile(r"\.connect\s*\("), re.compile(r"TcpClient::new\s*\("))
_NEW = re.compile(r"::new\s*\(")
_MAKER = re.compile(r"[\w:]*$")
_RENAMED = re.compile(r"\buse\s+embassy_net::new\s+as\s+(\w+)\s*;")
_SMOLTCP = frozenset({"Interface", "InterfaceBuilder", "EthernetInterfaceBuilder"})
_EMBASSY_ARGUMENTS = 4
"""Device, configuration, resources and seed; ``Stack::new`` took them up to embassy-net 0.4."""

_TEST = re.compile(r"#\s*\[\s*cfg\s*\(\s*test\s*\)\s*\]\s*(?:pub\s+)?mod\s+\w+\s*\{")


def parse_rust(data: bytes) -> PortSeeds | None:
    """The facts of a Rust file, None when it has none."""
    text = blank(decode(data))
    if (tests := _TEST.search(text.code)) is not None:
        text = Text(text.plain[: tests.start()], text.code[: tests.start()])
    lines, spans = Lines(text.code), rust_functions(text)
    heads = list(_DEFINED.finditer(text.code))
    facts = PortSeeds(
        tuple(_seeds(text, spans, lines)),
        tuple(_counters(text.code, spans, lines)),
        tuple(_stacks(text, spans, lines)),
        tuple(_dials(text.code, lines)),
        tuple(head[1] for head in heads if head[2] == "{"),
        tuple(head[1] for head in heads if head[2] == ";"),
    )
    return facts if facts != PortSeeds() else None


def parse_c(data: bytes) -> PortSeeds | None:
    """The seeding calls and seeding functions of a C file, None when it has none."""
    return c_facts(blank(decode(data)))


def c_facts(text: Text) -> PortSeeds | None:
    """The same for text that was read already."""
    spans = c_functions(text)
    pattern = re.compile(_SEEDER)
    facts = PortSeeds(
        tuple(_seeds(text, spans, Lines(text.code))),
        defined=tuple(span.name for span in spans if pattern.fullmatch(span.name)),
    )
    return facts if facts != PortSeeds() else None


def _seeds(text: Text, spans: list[Span], lines: Lines) -> Iterator[Seed]:
    if "seed" not in text.code and "srand" not in text.code:
        return  # the pattern is tried at every word
    bodies = {span.name: text.code[span.opened : span.closed] for span in spans}
    for found in _CALL.finditer(text.code):
        inside = [span for span in spans if span.opened < found.start() < span.closed]
        if not inside and not found[1].startswith("srand"):
            continue
        span = inside[-1] if inside else None
        body = text.code[span.opened : found.start()] if span is not None else ""
        whole = unfold(found[2], body, bodies)
        given = span.parameters if span is not None else ""
        yield Seed(
            found[1], " ".join(found[2].split()), entropy_word(whole), lines.at(found.start()),
            origin(whole, given),
        )  # fmt: skip


def _counters(code: str, spans: list[Span], lines: Lines) -> Iterator[Counter]:
    if not (_IN_RANGE.search(code) or "local_port" in code):
        return
    known = dict(_CONST.findall(code))
    for pattern in (_COUNTER, _FIELD, _LOCAL):
        for found in pattern.finditer(code):
            name, start = found[1], _number(found[2], known)
            if start not in DYNAMIC and not ("local_port" in name and start >= FREE):
                continue
            if _OF_NO_DIAL.search(name) or _is_wide(code, name):
                continue
            counted = _is_counted(code, name)
            own = counted and "local_port" in name and start >= FREE
            if not own and (start not in DYNAMIC or not ("PORT" in name or counted)):
                continue
            if pattern is _LOCAL and not re.search(rf"\.connect\s*\([^;]*\b{name}\b", code):
                continue
            setters = (s.name for s in spans if _sets(code[s.opened : s.closed], name, known))
            seeder = "" if pattern is _LOCAL else next(setters, "")
            if seeder and "PORT" not in name and not re.fullmatch(_SEEDER, seeder):
                continue  # who calls that is not looked at
            yield Counter(name, start, lines.at(found.start(1)), seeder)


def _is_wide(code: str, name: str) -> bool:
    """Whether a counter has more bits than a port of TCP, and the file narrows nothing."""
    wide = rf"\b{re.escape(name)}\s*:\s*(?:\w+::)*(?:Atomic)?[uU](?:32|64|size)\b"
    return re.search(wide, code) is not None and "u16" not in code


def _is_counted(code: str, name: str) -> bool:
    """Whether something is added to a name, or to what was read from it."""
    written = re.escape(name)
    return re.search(
        rf"\b{written}\s*\+=|\b{written}\.fetch_(?:add|update)\s*\(|\b{written}\s*=(?!=)[^;]*"
        rf"(?:wrapping_add|checked_add|\+\s*1)"
        rf"|\b{written}(?:\.\w+\(\))*\.(?:wrapping|overflowing|checked)_add\s*\(",
        code,
    ) is not None  # fmt: skip


def _sets(body: str, counter: str, constants: dict[str, str]) -> bool:
    """Whether a body gives ``counter`` a value that is no count and no constant."""
    if counter not in body:
        return False
    written = rf"\b{counter}\s*(?:=(?!=)|\.(?:store|set|swap)\s*\()\s*([^;]{{1,300}})"
    for found in re.finditer(written, body):
        words = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", found[1]))
        words -= {counter, "Ordering", "Relaxed", "SeqCst", "Release", "as", "u16", "u32"}
        words -= _KEYWORDS
        free = {word for word in words - set(constants) if not word.isupper()}
        local = {w for w in free if re.search(rf"\b(?:let|mut)\s+{w}\b[^;]*{counter}", body)}
        if free - local - {w for w in free if _counts(w, body, local)}:
            return True
    return False


def _counts(word: str, body: str, local: set[str]) -> bool:
    """Whether a local variable is made from what came out of the counter."""
    found = re.search(rf"\blet\s+(?:mut\s+)?{word}\b[^=;]*=([^;]*)", body)
    return found is not None and bool(local & set(re.findall(r"\w+", found[1])))


def _number(text: str, known: dict[str, str]) -> int:
    text = re.sub(r"_?u(?:16|32)$", "", known.get(text, text))
    return int(text.replace("_", ""), 0) if _NUMBER.fullmatch(text) else 0


def _stacks(text: Text, spans: list[Span], lines: Lines) -> Iterator[Stack]:
    code = text.code
    if "smoltcp" not in code and "embassy_net" not in code:
        return
    renamed = _RENAMED.search(code)
    new = re.compile(rf"::new\s*\(|(?<![\w:]){renamed[1]}\s*\(") if renamed else _NEW
    for found in new.finditer(code):
        start = max(0, found.start() - 80)
        maker = _MAKER.search(code, start, found.start())
        path, _, name = (maker[0] if maker else "").rpartition("::")
        if not found[0].startswith("::"):
            name = "embassy_net"
        line = lines.at(found.start())
        if name == "embassy_net" or (name == "Stack" and path in ("", "embassy_net")):
            arguments = _arguments(code, found.end())
            old = name == "Stack"
            if old and ("embassy_net" not in code or len(arguments) != _EMBASSY_ARGUMENTS):
                continue
            seed = (arguments or [""])[-1]
            yield Stack("embassy", line, True, seed, _made_of(seed, code, spans, found.start()))
        elif name in _SMOLTCP and "smoltcp" in code:
            made = "Builder" in name or re.search(r"\bConfig\s*(?:::|\{)", code)
            given = re.search(r"\brandom_seed\s*(?:=(?!=)|:|\()", code)
            seeded = given is not None if made or given else None
            kind = "smoltcp 0.7" if "Ethernet" in name else "smoltcp"
            yield Stack(kind, line, seeded, "", "unknown")


def _made_of(seed: str, code: str, spans: list[Span], at: int) -> Origin:
    """What a seed is made of that is given at an offset."""
    if dict(_CONST.findall(code)).keys() & set(re.findall(r"\w+", seed)):
        return "constant"
    around = [s for s in spans if s.opened < at < s.closed]
    body = code[around[-1].opened : at] if around else ""
    whole = unfold(seed, body, {span.name: code[span.opened : span.closed] for span in spans})
    return origin(whole, around[-1].parameters if around else "")


def _dials(code: str, lines: Lines) -> Iterator[Dial]:
    calls = [found for pattern in _CONNECTS for found in pattern.finditer(code)]
    known = dict(_CONST.findall(code)) if calls else {}
    for found in sorted(calls, key=re.Match.start):
        arguments = _arguments(code, found.end())
        if "TcpClient" in found[0]:  # opens whatever it is asked for
            yield Dial(lines.at(found.start()), None, "")
        elif len(arguments) == 3 or (len(arguments) == 2 and "TcpSocket" in code):
            # The context (since smoltcp 0.8), remote and local address.
            port = _number(arguments[-1], known)
            yield Dial(lines.at(found.start()), port or None, arguments[-1])
        elif len(arguments) == 1:
            yield Dial(lines.at(found.start()), None, "")


def _arguments(code: str, start: int, limit: int = 600) -> list[str]:
    """The arguments of a call whose bracket opened before ``start``."""
    depth, begin, found = 0, start, []
    for at in range(start, min(len(code), start + limit)):
        mark = code[at]
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            if depth == 0:
                found.append(code[begin:at])
                break
            depth -= 1
        elif mark == "," and depth == 0:
            found.append(code[begin:at])
            begin = at + 1
    return [" ".join(item.split()) for item in found if item.strip()]
