"""Whether a Rust helper that waits for a text returns success although the text never came."""

from __future__ import annotations

import re

from pitfalls.formats.code_text import braces

_PATTERN = re.compile(r"\b(?:\w*pattern|\w*marker|needle|expected\w*|text|substring)\s*:\s*&")
_TIMEOUT = re.compile(r"\b(?:timeout|deadline|limit|within|max_wait|duration)\w*\s*:")
_EXPIRED = re.compile(
    r"\bif\s+(?:[^{};]{0,120}(?:elapsed\(\)\s*>=?|now\(\)\s*>=?)[^{};]{0,80}"
    r"|[^{};]{0,80}>\s*deadline\s*)\{"
)
_SUCCESS = re.compile(r"\breturn\s+(?:Ok\s*\(|true\b)")
_COMPARES = re.compile(r"\bcontains\s*\(")


def lenient_return(body: str, parameters: str, result: str) -> int:
    """The offset in ``body`` (code without strings and comments) of a success that is returned
    where the time is up, and where the text was not looked for again; 0 for none.

    Only helpers count that take a text and a time, and that can report failure at all.
    """
    fallible = "Result" in result or result == "bool"
    if not (fallible and _PATTERN.search(parameters) and _TIMEOUT.search(parameters)):
        return 0
    matching = braces(body)
    for expired in _EXPIRED.finditer(body):
        closed = matching.get(expired.end() - 1, len(body))
        block = body[expired.end() : closed]
        success = _SUCCESS.search(block)
        if success is not None and not _COMPARES.search(block[: success.start()]):
            return expired.end() + success.start()
    return 0
