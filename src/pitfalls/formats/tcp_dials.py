"""Calls of C code that open a TCP connection to somebody else."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, blank

_DIAL = re.compile(
    r"(?<![\w.>])(?:lwip_connect|connect|tcp_connect|altcp_connect|netconn_connect|z_open|zc?_open"
    r"|mqtt_client_connect|MQTT_Connect|mbedtls_net_connect|httpc_get_file\w*|(?:TCP_)?Sockets_Connect"
    r"|SOCKETS_Connect|nxd?_tcp_client_socket_connect)\s*\("
)
_LWIP_APPLICATION = re.compile(rb"^ \* @ingroup apps\b", re.MULTILINE)
_NOT_A_CALL = re.compile(r"(?:\w|\*)\s*$")
_KEYWORD = re.compile(r"\b(?:return|else|do|case)\s*$")


class TcpDials(msgspec.Struct, frozen=True):
    """The line of the first call in a file."""

    line: int


def parse(data: bytes) -> TcpDials | None:
    """None for a file that only declares or defines such functions, and for a copy of one of
    lwIP's own applications, which can be client and server."""
    if _LWIP_APPLICATION.search(data):
        return None
    text = blank(decode(data))
    found = first(text.code)
    return None if found is None else TcpDials(Lines(text.code).at(found))


def first(code: str) -> int | None:
    """The offset of the first call in code without comments and strings."""
    for call in _DIAL.finditer(code):
        before = code[max(0, call.start() - 80) : call.start()].rpartition("\n")[2]
        if "#" not in before and (not _NOT_A_CALL.search(before) or _KEYWORD.search(before)):
            return call.start()
    return None
