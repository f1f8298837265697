"""Calls that seed a network stack's local ports, and whether the seed differs at each boot."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, blank, braces, c_functions, rust_functions


class Seed(msgspec.Struct, frozen=True):
    """One seeding call: its name, its argument, and the word in its function that tells a source
    which differs at each boot; empty when there is none."""

    call: str
    argument: str
    entropy: str
    line: int


class PortSeeds(msgspec.Struct, frozen=True):
    """The calls of one file."""

    seeds: tuple[Seed, ...]


_CALL = re.compile(
    r"(?<!fn )(?<!void )\b((?:\w+::)*(?:seed_\w*port\w*|set_port_seed|seed_local_port\w*))"
    r"\s*\(([^;{}]{0,200})\)\s*;"
)
_ENTROPY = re.compile(
    r"SYS_TIME|semihost\w*|host_time|wall_clock|esp_random|getrandom|hw_rand\w*|\bt?rng\w*"
    r"|entropy|\btime\(|get_random\w*|sys_rand\w*|boot_count",
    re.IGNORECASE,
)


def parse_rust(data: bytes) -> PortSeeds | None:
    """The seeding calls of a Rust file, None when it has none."""
    return _parse(data, rust=True)


def parse_c(data: bytes) -> PortSeeds | None:
    """The seeding calls of a C file, None when it has none."""
    return _parse(data, rust=False)


def _parse(data: bytes, *, rust: bool) -> PortSeeds | None:
    text = blank(decode(data))
    lines, matching = Lines(text.code), braces(text.code)
    spans = (rust_functions if rust else c_functions)(text, matching)
    seeds = []
    for found in _CALL.finditer(text.code):
        inside = [span for span in spans if span.opened < found.start() < span.closed]
        body = text.code[inside[-1].opened : found.end()] if inside else found[0]
        entropy = _ENTROPY.search(body)
        seeds.append(
            Seed(found[1], " ".join(found[2].split()), entropy[0] if entropy else "",
                 lines.at(found.start()))
        )  # fmt: skip
    return PortSeeds(tuple(seeds)) if seeds else None
