"""``find_package`` calls that say where to look, and whether a cached answer is dropped first.

``find_package`` keeps ``<Package>_DIR`` in the cache and looks nowhere else while it is there.
"""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode


class Find(msgspec.Struct, frozen=True):
    """``find_package(Package PATHS …)``: the places as written; ``resets`` when the file drops or
    forces ``<Package>_DIR``."""

    package: str
    places: str
    line: int
    resets: bool


class Finds(msgspec.Struct, frozen=True):
    """The calls of one file."""

    finds: tuple[Find, ...]


_COMMENT = re.compile(r"#\[\[.*?\]\]|#[^\n]*", re.DOTALL)
_FIND = re.compile(r"\bfind_package\s*\(\s*(\w+)\b([^()]*(?:\([^()]*\)[^()]*)*)\)", re.IGNORECASE)
_PLACES = re.compile(r"\b(?:PATHS|HINTS)\b(.*)", re.DOTALL)
# A place below the source folder is the same for the life of a build directory.
_OWN_VARIABLE = re.compile(r"\$\{(?!(?:CMAKE|PROJECT)_(?:CURRENT_)?(?:SOURCE|LIST)_DIR\})")


def parse(data: bytes) -> Finds | None:
    """The calls with places that the project computes; None when there are none. Places that
    come from the environment alone (``$ENV{ZEPHYR_BASE}``) are the user's own choice."""
    text = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), decode(data))
    found = []
    for call in _FIND.finditer(text):
        places = _PLACES.search(call[2])
        before = text[text.rfind("\n", 0, call.start()) + 1 : call.start()]
        if before.replace('\\"', "").count('"') % 2:
            continue  # text of a file that is written
        if places is None or not _OWN_VARIABLE.search(places[1]) or "NO_CACHE" in call[2]:
            continue
        name = re.escape(call[1])
        drops = rf"\bunset\s*\(\s*{name}_DIR\s+CACHE|\bset\s*\(\s*{name}_(?:DIR|ROOT)\b"
        resets = re.search(drops, text, re.IGNORECASE) is not None
        line = text.count("\n", 0, call.start()) + 1
        found.append(Find(call[1], " ".join(places[1].split())[:100], line, resets))
    return Finds(tuple(found)) if found else None
