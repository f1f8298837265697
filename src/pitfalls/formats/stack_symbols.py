"""Symbols of a stack's size that code mentions, outside comments."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import blank

_SYMBOL = re.compile(r"\b_*(?:\w{1,30}_)?[Ss]tack_[Ss]ize_*\b")


class SymbolMentions(msgspec.Struct, frozen=True):
    """The names, once each."""

    names: tuple[str, ...]


def parse(data: bytes) -> SymbolMentions | None:
    """The names in C, assembly or Rust code, or None."""
    names = sorted(set(_SYMBOL.findall(blank(decode(data)).plain)))
    return SymbolMentions(tuple(names)) if names else None
