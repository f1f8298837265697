"""What a C file declares on a zenoh-pico session: publishers, subscribers and their kin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from pitfalls.formats.syntax import descend, line, parse, text

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_NESTING = 200
_DECLARE = re.compile(r"z_declare_(?:background_)?(publisher|querier|subscriber|queryable)$")
_LOOPS = ("for_statement", "while_statement", "do_statement")


class Entities(msgspec.Struct, frozen=True):
    """Lines of the declaring calls. ``repeated``: one of them stands in a loop, so that their
    number cannot be read off the text."""

    senders: tuple[int, ...]
    receivers: tuple[int, ...]
    repeated: bool = False


def parse_c(data: bytes) -> Entities | None:
    """The ``z_declare_*`` calls of a C file."""
    senders: list[int] = []
    receivers: list[int] = []
    repeated = False
    root = parse("c", data)
    for call in descend(root, "call_expression"):
        found = _DECLARE.match(text(call.child_by_field_name("function")))
        if not found:
            continue
        (senders if found[1] in ("publisher", "querier") else receivers).append(line(call))
        repeated = repeated or _in_loop(call)
    if not senders and not receivers:
        return None
    return Entities(tuple(senders), tuple(receivers), repeated)


def _in_loop(call: Node) -> bool:
    """Whether a loop of the function holds the call; so it is taken to be when nested too deep."""
    above = call.parent
    for _ in range(_MAX_NESTING):
        if above is None or above.type == "function_definition":
            return False
        if above.type in _LOOPS:
            return True
        above = above.parent
    return True
