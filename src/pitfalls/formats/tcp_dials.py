"""Calls of C code that open a TCP connection to somebody else."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, c_functions

_NAMES = (
    r"(?:lwip_connect|connect|tcp_connect|altcp_connect|netconn_connect|z_open|zc?_open"
    r"|mqtt_client_connect|MQTT_?Connect|NetworkConnect|mbedtls_net_connect|httpc_get_file\w*"
    r"|(?:TCP_)?Sockets_Connect|SOCKETS_Connect|nxd?_tcp_client_socket_connect)"
)
_DIAL = re.compile(rf"(?<![\w.>]){_NAMES}(?=\s*\()")
_DEFINED = re.compile(rf"{_NAMES}|mbedtls_net_\w+")
MAIN = re.compile(r"^(?:int|void)?\s*main\s*\([^;{}]{0,200}\)\s*\{", re.M)
_WRAPS = ("connect", "accept")
_LWIP_APPLICATION = re.compile(rb"^ \* @ingroup apps\b", re.MULTILINE)
_NOT_A_CALL = re.compile(r"(?:\w|\*)\s*$")
_KEYWORD = re.compile(r"\b(?:return|else|do|case)\s*$")
# What only a connectionless socket is made of, and what one for TCP is.
_KINDS = {
    "netconn_connect": ("NETCONN_UDP", "NETCONN_TCP"),
    "connect": ("SOCK_DGRAM", "SOCK_STREAM"),
    "lwip_connect": ("SOCK_DGRAM", "SOCK_STREAM"),
}


class TcpDials(msgspec.Struct, frozen=True):
    """The line of the first call in a file, 0 when all are in ``wrappers``: functions named for a
    connect, as a library has them for clients. Somebody has to call those. ``program``: the file
    defines ``main``."""

    line: int
    wrappers: tuple[str, ...] = ()
    program: bool = False


def parse(data: bytes) -> TcpDials | None:
    """None for a file that only declares or defines such functions, and for a copy of one of
    lwIP's own applications, which can be client and server."""
    return None if _LWIP_APPLICATION.search(data) else of(blank(decode(data)))


def of(text: Text) -> TcpDials | None:
    """The same for text that was read already. A call inside of such a function's own definition
    is none, nor is one in mbedTLS's layer, which connects UDP to answer."""
    calls = [call for call in _DIAL.finditer(text.code) if _is_call(text.code, call)]
    if not calls:
        return None
    functions = c_functions(text)
    calls = [call for call in calls if not _is_datagram(text.code, call, functions)]
    spans = [s for s in functions if s.name.endswith(_WRAPS) or _DEFINED.fullmatch(s.name)]
    calls = [call for call in calls if not any(_heads(text.code, call, s) for s in spans)]
    wrappers: dict[str, None] = {}
    for call in calls:
        around = [s.name for s in spans if s.opened < call.start() < s.closed]
        if not around:
            line = Lines(text.code).at(call.start())
            return TcpDials(line, program=MAIN.search(text.code) is not None)
        # A datagram socket is connected to the peer that was accepted.
        wrappers.update((n, None) for n in around[-1:] if n.endswith("connect"))
    own = tuple(name for name in wrappers if not _DEFINED.fullmatch(name))
    return TcpDials(0, own) if own else None


def _heads(code: str, call: re.Match[str], span: Span) -> bool:
    """Whether what looks like a call is the head of that function's definition, whose type may
    stand on the line above."""
    head = code[call.end() : span.opened] if span.name == call[0] else ";"
    return span.opened > call.end() and not {";", "{", "}"} & set(head)


def _is_datagram(code: str, call: re.Match[str], functions: list[Span]) -> bool:
    """Whether the file, or the function around the call, makes sockets for datagrams only."""
    udp, tcp = _KINDS.get(call[0], ("", ""))
    around = [code[s.opened : s.closed] for s in functions if s.opened < call.start() < s.closed]
    return any(udp in part and tcp not in part for part in (code, *around) if udp)


def _is_call(code: str, call: re.Match[str]) -> bool:
    before = code[max(0, call.start() - 80) : call.start()].rpartition("\n")[2]
    return "#" not in before and (
        _NOT_A_CALL.search(before) is None or _KEYWORD.search(before) is not None
    )
