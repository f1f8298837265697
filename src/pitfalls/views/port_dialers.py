"""What makes a repeated local port harmless so far: nothing of the firmware connects, or it is a
program of the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitfalls.source import Source
from pitfalls.views.crate_links import CrateLinks
from pitfalls.views.routines import TEST_CODE
from pitfalls.views.rust_modules import is_live

_OPENS = re.compile(
    r"\b\w*(?:open|connect|dial|session|executor|client|broker)\w*\s*!?\s*(?:\(|::\s*\w)",
    re.IGNORECASE,
)
_STD = re.compile(r"\bstd\s*::")
_NO_STD = re.compile(r"\bno_std\b")
OWN_ROOT = re.compile(r"(?:^|/)(?:examples/[^/]+|examples/[^/]+/main|src/bin/[^/]+|src/main)\.rs$")
"""Files that are the root of a program of their own."""


def connects(source: Source, crate: str, links: CrateLinks) -> bool:
    """Whether a call of a crate may open a connection. A library's users may, so only a program
    that nothing depends on can be told to have none."""
    folder = links.folders.get(crate, "")
    inside = f"{folder}/" if folder else ""
    bins = source.exists(f"{inside}src/main.rs") and not source.exists(f"{inside}src/lib.rs")
    if not bins or links.users(crate):
        return True
    return any(_OPENS.search(code) for code in _code(source, inside))


def _code(source: Source, inside: str) -> Iterator[str]:
    for path in source.paths:
        own = path.startswith(inside) and path.endswith(".rs")
        if own and not TEST_CODE.search(path) and is_live(path, source.read):
            yield source.code(path).code


def is_hosted(source: Source, path: str, folder: str) -> bool:
    """Whether a Rust file is part of a program with ``std``: its crate root is not ``no_std``."""
    if not _STD.search(source.code(path).code):
        return False
    inside = f"{folder}/" if folder else ""
    roots = (path, f"{inside}src/lib.rs", f"{inside}src/main.rs")
    for root in roots[:1] if OWN_ROOT.search(path) else roots:
        if source.exists(root) and _NO_STD.search(source.code(root).code):
            return False
    return True
