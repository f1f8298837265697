"""Discovery domains that a build hands to its images: ``-DCONFIG_X_DOMAIN_ID=$n``."""

from __future__ import annotations

import re

_GIVEN = re.compile(rb"""^[^#\n]*?-D\w*DOMAIN(?:_ID)?=["']*(?!0\b)[\w${(]""", re.MULTILINE)


def parse(data: bytes) -> list[int] | None:
    """The lines that give a build another domain than 0; None without any."""
    return [data.count(b"\n", 0, found.end()) + 1 for found in _GIVEN.finditer(data)] or None
