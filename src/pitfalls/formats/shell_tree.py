"""Syntax trees of shell scripts: tree-sitter's, with one fault of its grammar mended.

The grammar ends an unquoted word at its second variable: ``$A/$B`` is read as the word ``$A/$`` and
the word ``B``, in an assignment even as a command ``B``. ``$A/${B}`` is read as it is meant.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pitfalls.formats import syntax

if TYPE_CHECKING:
    from tree_sitter import Node, Query

MAX_VARIABLES = 8
"""Variables in one word that are mended; each takes another look at the file."""

_CUT = '(concatenation "$" @cut .)'
_NAME = re.compile(rb"[A-Za-z_]\w*|[0-9]")


@lru_cache(maxsize=2)
def parse(data: bytes) -> Node:
    """The root node of a script, every line where it is in ``data``."""
    root = syntax.parse("bash", data)
    for _ in range(MAX_VARIABLES):
        cuts = [node.end_byte for node in syntax.captures(_query(), root).get("cut", ())]
        names = [found for at in cuts if (found := _NAME.match(data, at))]
        if not names:
            break
        data = _braced(data, names)
        root = syntax.parse("bash", data)
    return root


@cache
def _query() -> Query:
    from tree_sitter import Query

    return Query(syntax.language("bash"), _CUT)


def _braced(data: bytes, names: list[re.Match[bytes]]) -> bytes:
    """``data`` with braces around ``names``, which stand in its order."""
    parts: list[bytes] = []
    at = 0
    for name in names:
        parts += [data[at : name.start()], b"{", name[0], b"}"]
        at = name.end()
    return b"".join([*parts, data[at:]])
