"""What Rust functions hold on to that only one process can have: TAPs, listening ports, ttys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats.process_counters import first_number


class Claim(msgspec.Struct, frozen=True):
    """Something only one process can hold. ``kind`` is ``tap``, ``port``, ``tty``, ``domain``
    (DDS participants in the default domain), ``counted port`` or ``counted domain`` (the first
    number of a counter that each process begins anew); ``expression`` is a literal, or Rust text
    that names a parameter, a local or a constant."""

    kind: str
    expression: str
    line: int


_VALUE = r"(format!\s*\((?:[^()]|\([^()]*\))*\)|\"[^\"\n]*\"|[\w:.]+(?:\([^()]*\))?)"
_LISTEN = re.compile(rf"\"(?:--listen|-l)\"\s*\)?\s*(?:,|\.\s*arg\s*\()\s*&?\s*{_VALUE}")
_BIND = re.compile(
    rf"(?:TcpListener|UdpSocket)::bind\s*\(\s*(?:\(\s*[^,()]+,\s*([\w:.]+)|&?{_VALUE})"
)
_HOST_FORWARD = re.compile(r"hostfwd=(?:tcp|udp):[^:,\"]*:(\d+|\{\w*\})-")
_ENDPOINTS = re.compile(r"listen/endpoints[^\n]*?(?:tcp|udp)/[^:\"]*:(\d+|\{\w*\})")
# In a setting, not in a message that tells how to start a router.
_WHOLE_ENDPOINT = re.compile(r"(?<=[\";])listen/endpoints[=:]\s*\[\\?[\"'](\{\w*\})\\?[\"']")
_AGENT = re.compile(rf"\"(?:udp4|tcp4)\"[^;]*?\"-p\"\s*\)?\s*(?:,|\.\s*arg\s*\()\s*&?\s*{_VALUE}")
_TAP = re.compile(r"ifname=([\w-]*(?:\{\w*\})?[\w-]*)")
_TTY = re.compile(r"\"(/dev/tty[A-Z]+\d+)\"")
DDS = ("cyclonedds", "cyclone_dds", "fastdds", "fast_dds", "fastrtps", "fast_rtps", "opendds")
"""Names of DDS implementations, in lower case."""

DDS_SPELLINGS = (
    *(name.encode() for name in DDS),
    *(name.upper().encode() for name in DDS),
    b"CycloneDDS", b"CycloneDds", b"FastDDS", b"FastDds", b"FastRTPS", b"OpenDDS", b"OpenDds",
)  # fmt: skip
"""How those names are written in paths, types and variables."""

_EMULATORS = ("qemu", "fvp", "renode")


def claims(body: str, line: int) -> Iterator[Claim]:
    """What the text of a function claims that begins at ``line``; comments were taken out."""
    for kind, expression, at in _claim_texts(body):
        yield Claim(kind, expression, line + body.count("\n", 0, at))


def counted(name: str, body: str, counters: dict[str, str], line: int) -> Iterator[Claim]:
    """What a function without parameters claims that hands out numbers of one of ``counters``: its
    ``name``, in lower case, tells what for."""
    number = first_number(body, counters)
    if number is not None and "port" in name:
        yield Claim("counted port", number, line)
    elif number is not None and "domain" in name and any(word in name for word in DDS):
        yield Claim("counted domain", number, line)


def _claim_texts(body: str) -> Iterator[tuple[str, str, int]]:
    """``(kind, expression, offset)``; comments were taken out of ``body``."""
    yield from _port_texts(body)
    for match in _TAP.finditer(body):
        if match[1]:
            yield "tap", _filled(match[1], body[match.end() :]), match.start()
    for match in _TTY.finditer(body):
        yield "tty", match[1], match.start()
    # A participant inside an emulator discovers on the emulator's network, not on the host's.
    text = body.lower()
    emulated = any(word in text for word in _EMULATORS)
    if any(word in text for word in DDS) and "domain" not in text and not emulated:
        yield "domain", "0", 0


def _port_texts(body: str) -> Iterator[tuple[str, str, int]]:
    for match in _LISTEN.finditer(body):
        if (port := port_of(match[1])) is not None:
            yield "port", port, match.start()
    for match in _BIND.finditer(body):
        port = match[1] or port_of(match[2])
        if port is not None:
            yield "port", port, match.start()
    for pattern in (_HOST_FORWARD, _ENDPOINTS, _WHOLE_ENDPOINT):
        for match in pattern.finditer(body):
            yield "port", _placeholder(match[1], body[match.end() :]), match.start()
    for match in _AGENT.finditer(body):
        yield "port", match[1].removesuffix(".to_string()").strip('"'), match.start()


def template_of(value: str) -> str | None:
    """``format!("tap{}", n)`` as ``tap{n}``, a literal as its text; None for anything else."""
    found = re.match(
        r"(?:format!\s*\(\s*)?\"([^\"]*)\"\s*,?\s*(.*?)\)?(?:\.\w+\(\))*$", value, re.DOTALL
    )
    if found is None:
        return None
    arguments = iter(part.strip() for part in found[2].split(",") if part.strip())
    return re.sub(r"\{\}", lambda _: "{" + next(arguments, "?") + "}", found[1])


def port_of(value: str) -> str | None:
    """The port in an address: ``"tcp/[::]:7447"``, ``format!("tcp/{}:{}", host, port)``, a name;
    None for text without a port."""
    found = re.match(r"(?:format!\s*\(\s*)?\"([^\"]*)\"\s*,?\s*(.*?)\)?$", value, re.DOTALL)
    if found is None:
        return value if re.fullmatch(r"[\w:.]+(?:\([^()]*\))?", value) else None
    text, arguments = found[1], [part.strip() for part in found[2].split(",") if part.strip()]
    if ":" not in text or text.startswith("serial/"):
        return None
    last = text.rpartition(":")[2]
    if last.isdigit():
        return last
    if last == "{}":
        return arguments[-1] if arguments else None
    named = re.fullmatch(r"\{(\w+)\}", last)
    return named[1] if named else None


def _placeholder(text: str, rest: str) -> str:
    """A literal, the name in ``{name}``, or the argument that follows the string for ``{}``."""
    if not text.startswith("{"):
        return text
    if text != "{}":
        return text.strip("{}")
    following = re.search(r"\"\s*,\s*([\w.:]+)", rest)
    return following[1] if following else "?"


def _filled(template: str, rest: str) -> str:
    """``tap-qemu{}`` with its argument's name inside: ``tap-qemu{peer}``."""
    return re.sub(r"\{\}", lambda _: "{" + _placeholder("{}", rest) + "}", template)
