"""The protocol version in the sources of zenoh-pico and of the router."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode


class WireVersion(msgspec.Struct, frozen=True):
    """The number that both sides send when a session opens."""

    number: int
    line: int


_C = re.compile(r"^\s*#\s*define\s+Z_PROTO_VERSION\s+(0[xX][0-9a-fA-F]+|\d+)", re.MULTILINE)
_RUST = re.compile(r"^\s*pub const VERSION: u8 = (0[xX][0-9a-fA-F]+|\d+);", re.MULTILINE)


def parse_c(data: bytes) -> WireVersion | None:
    """``#define Z_PROTO_VERSION 0x09``."""
    return _found(_C, decode(data))


def parse_rust(data: bytes) -> WireVersion | None:
    """``pub const VERSION: u8 = 0x09;`` of the crate ``zenoh-protocol``."""
    return _found(_RUST, decode(data))


def _found(pattern: re.Pattern[str], text: str) -> WireVersion | None:
    found = pattern.search(text)
    if found is None:
        return None
    return WireVersion(int(found[1], 0), text.count("\n", 0, found.start(1)) + 1)
