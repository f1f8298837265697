"""Whether a test in Rust goes on when a wait has failed."""

from __future__ import annotations

import re

from pitfalls.formats.rust_results import WAITS
from pitfalls.formats.rust_routines import Call
from pitfalls.views.routines import Found, Routines

_FALLIBLE = re.compile(r"Result|bool|Option")
_FOR_EVER = frozenset({"wait", "notified"})
"""Of barriers, conditions and signals: they return only when what they wait for came."""


def is_wait(name: str) -> bool:
    """Whether a call waits for a peer, by its name."""
    return bool(WAITS.search(name)) and not name.startswith(("wait_for_router", "from_"))


def heed(routines: Routines, call: Call, helpers: list[Found]) -> tuple[bool, str]:
    """Whether the test goes on when the wait has failed, and what would tell."""
    if call.fate in ("stops", "") or (helpers and all(_ends(routines, h, 3) for h in helpers)):
        return False, ""
    if call.fate == "bare":
        fallible = [_FALLIBLE.search(h.routine.result) is not None for h in helpers]
        if call.name in _FOR_EVER and not helpers:
            return False, ""
        if not helpers or len(set(fallible)) > 1:
            return False, f"the body of {call.name} would tell whether it stops the test"
    elif call.fate == "open":
        return False, "what becomes of the result would tell"
    return True, ""


def _ends(routines: Routines, helper: Found, depth: int) -> bool:
    """Whether a helper that reports nothing ends the test itself, or waits until it came."""
    routine = helper.routine
    if _FALLIBLE.search(routine.result) or not depth:
        return False
    if routine.marks & {"asserts", "endless"}:
        return True
    waits = [c for c in routine.calls if is_wait(c.name)]
    return any(
        c.fate == "stops" or any(_ends(routines, h, depth - 1)
                                 for h in routines.callees(c, helper))
        for c in waits
    )  # fmt: skip
