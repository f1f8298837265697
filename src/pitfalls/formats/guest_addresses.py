"""Fixed IPv4 addresses of guests in board code and configuration."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines


class Address(msgspec.Struct, frozen=True):
    """A dotted address and its line."""

    text: str
    line: int


class GuestAddresses(msgspec.Struct, frozen=True):
    """The addresses of one file, in order."""

    addresses: tuple[Address, ...]


_FIELD = re.compile(
    r"^[ \t]*(?:pub\s+)?ip(?:v4)?(?:_addr(?:ess)?)?\s*[:=]\s*"
    r"(?:\[\s*(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})\s*\]|\"(\d{1,3}(?:\.\d{1,3}){3})[\"/])",
    re.MULTILINE,
)


def parse(data: bytes) -> GuestAddresses | None:
    """The ``ip`` fields of a Rust, TOML or similar file, None when it has none."""
    text = decode(data)
    lines = Lines(text)
    found = tuple(
        Address(
            match[5] or ".".join(match.groups()[:4]), lines.at(match.start(1 if match[1] else 5))
        )
        for match in _FIELD.finditer(text)
    )
    return GuestAddresses(found) if found else None
