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
_LOOP = re.compile(
    r"\b(?:for\b[^{};]{0,120}|while\b[^{};]{0,120}(?:elapsed|deadline|now\(\)|timeout)[^{};]{0,80})\{"
)
_REPORTS = re.compile(
    r"\bErr\b|\bfalse\b|\bNone\b|\?|\b(?:panic|bail|assert\w*)!|\bexit\(|\bunwrap\(|\bexpect\("
    r"|\b\w*(?:wait|expect|until|require|ensure|poll|ready)\w*\("
)
_ENDS_WELL = re.compile(r"\s*(?:return\s+)?(?:Ok\s*\([^{};]*\)|true)\s*;?\s*")
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
    return _always(body) or _after_loop(body, matching)


def _always(body: str) -> int:
    """The last success of a body that reports no failure at all."""
    limited = re.search(r"timeout|deadline|elapsed|\bfor\b", body)
    if _REPORTS.search(body) or not limited:
        return 0
    return max((found.start() for found in re.finditer(r"\bOk\s*\(|\btrue\b", body)), default=0)


def _after_loop(body: str, matching: dict[int, int]) -> int:
    """The success behind a loop that looks for the text and ends by time or count."""
    for loop in _LOOP.finditer(body):
        closed = matching.get(loop.end() - 1, len(body))
        inside = body[loop.end() : closed]
        looks = re.search(r"\breturn\s+(?:Ok\b|true\b)|\bbreak\b", inside)
        ends = _ENDS_WELL.fullmatch(body[closed + 1 :].rstrip().removesuffix("}"))
        if looks and ends and not _REPORTS.search(inside):
            return closed + 1
    return 0
