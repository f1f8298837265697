"""Whether any program of the tree prints what a test waits for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.source import Source, View
from pitfalls.views.layout import Layout
from pitfalls.views.peer_starts import Pair, PeerStarts, Wait
from pitfalls.views.routines import TEST_CODE

_SOURCES = (".rs", ".c", ".cpp", ".cc", ".h", ".hpp", ".py", ".sh", ".ino")
_PROGRAM = re.compile(r"listener|subscriber|server|sink|queryable|client|talker|publisher|main\.")
_TEST_PROGRAM = re.compile(r"/bins?/|/examples?/|/apps?/|/main\.|\.(?:c|cpp|cc|py|sh|ino)$")
_PLACEHOLDERS = (b"{", b"%", b"$", b'"')
MIN_LENGTH = 8
"""Characters of a marker that must agree before a part that is filled in at run time."""


@dataclass(frozen=True)
class Unprinted:
    """A wait for a text that no program prints."""

    pair: Pair
    wait: Wait


class PrintedMarkers(View):
    """``unprinted``: waits whose literal text occurs in no source outside the tests."""

    uses = (PeerStarts, Layout)

    def __init__(self, unprinted: Iterable[Unprinted]) -> None:
        self.unprinted = tuple(unprinted)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Look for each text in the sources, those of peers first."""
        waits = [
            (pair, wait) for pair in source.view(PeerStarts).pairs for wait in pair.waits
            if len(wait.text) >= MIN_LENGTH and not pair.document
        ]  # fmt: skip
        missing = {wait.text.encode() for _, wait in waits}
        paths = list(_sources(source)) if missing else []
        if not any(_PROGRAM.search(path) for path in paths):
            return cls(())  # the programs are not part of the tree
        for path in paths:
            data = source.read(path) or b""
            missing -= {text for text in missing if _prints(data, text)}
            if not missing:
                break
        return cls(Unprinted(p, w) for p, w in waits if w.text.encode() in missing)


def _sources(source: Source) -> Iterator[str]:
    """Own programs, those that are named for a peer first."""
    layout = source.view(Layout)
    rest = []
    for path in source.paths:
        if path.endswith(_SOURCES) and _is_program(path) and layout.is_evidence(path):
            if _PROGRAM.search(path):
                yield path
            else:
                rest.append(path)
    yield from rest


def _is_program(path: str) -> bool:
    """Whether a file may be part of a program: product code, or a program made for the tests."""
    return not TEST_CODE.search(path) or _TEST_PROGRAM.search(path) is not None


def _prints(data: bytes, text: bytes) -> bool:
    """Whether a string holds the text, or its beginning before a placeholder."""
    at = data.find(text[:MIN_LENGTH])
    while at >= 0:
        same = MIN_LENGTH
        while same < len(text) and data[at + same : at + same + 1] == text[same : same + 1]:
            same += 1
        if same == len(text) or data[at + same : at + same + 1] in _PLACEHOLDERS:
            return True
        at = data.find(text[:MIN_LENGTH], at + 1)
    return False
