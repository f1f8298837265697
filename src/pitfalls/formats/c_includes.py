"""Headers that a C or C++ file includes, as they are written."""

from __future__ import annotations

import re

_INCLUDE = re.compile(rb"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]{1,200})[>\"]", re.MULTILINE)


def parse(data: bytes) -> list[str] | None:
    """Each header once, in the order of the file; empty for a file without any."""
    return [h.decode("utf-8", "replace") for h in dict.fromkeys(_INCLUDE.findall(data))]
