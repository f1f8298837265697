"""What a C file declares on a zenoh-pico session: publishers, subscribers and their kin."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats.syntax import descend, line, parse, text

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
    senders, receivers, repeated = [], [], False
    root = parse("c", data)
    for call in descend(root, "call_expression"):
        found = _DECLARE.match(text(call.child_by_field_name("function")))
        if not found:
            continue
        (senders if found[1] in ("publisher", "querier") else receivers).append(line(call))
        above = call.parent
        while above is not None and above.type != "function_definition":
            repeated = repeated or above.type in _LOOPS
            above = above.parent
    if not senders and not receivers:
        return None
    return Entities(tuple(senders), tuple(receivers), repeated)
