"""Who dials with TCP in C firmware, and whether several programs share that code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pitfalls.formats import tcp_dials
from pitfalls.formats.tcp_dials import TcpDials
from pitfalls.source import Located, Selection, Source, any_of, parents
from pitfalls.views.layout import MIDDLEWARE, Layout
from pitfalls.views.routines import TEST_CODE

DIALS = Selection(
    "tcp-dials", TcpDials, tcp_dials.parse, ("*.c", "*.cpp", "*.cc"),
    (b"connect(", b"Connect(", b"connect (", b"Connect (", b"z_open", b"httpc_get_file"),
)  # fmt: skip

# Code of others, part of which a project compiles: that it can start a stack or dial says nothing.
VENDORED = re.compile(rf"(?:^|/)(?:{MIDDLEWARE}|libraries)/", re.IGNORECASE)
_PROGRAM = re.compile(r"/main\.(?:c|cc|cpp)$")
_SOURCES = re.compile(r"/(?:Src|Inc|Core|LWIP|App|src|inc|include)/")


@dataclass(frozen=True)
class Dialling:
    """A file that dials. ``alone``: it is no code which others share, for its target is known by
    its source folder only, or is a program beside those that start a stack."""

    path: str
    subject: str
    base: str
    program: bool
    alone: bool


def dialling(
    source: Source, layout: Layout, rust: Iterable[str], starting: list[str]
) -> Iterator[Dialling]:
    """The files that dial, ``rust`` files among them; ``starting`` ones start a stack."""
    apart = _programs(source, layout, starting)
    yield from (_of(layout, path, False, apart) for path in rust)
    for file in source.facts(DIALS):
        if not layout.is_evidence(file.path) or TEST_CODE.search(file.path):
            continue
        if not VENDORED.search(file.path) and (file.facts.line or _is_called(file, source)):
            yield _of(layout, file.path, file.facts.program, apart)


def _of(layout: Layout, path: str, program: bool, apart: set[str]) -> Dialling:
    subject = subject_in(layout, path)
    base = layout.subject_of(path)
    return Dialling(path, subject, base, program, subject != base or subject in apart)


def count(source: Source, layout: Layout, name: str) -> int:
    """How many own files of a name the tree has."""
    return sum(p.endswith(f"/{name}") and layout.is_evidence(p) for p in source.paths)


def _programs(source: Source, layout: Layout, starting: list[str]) -> set[str]:
    """The targets with a ``main`` of their own whose folder holds no other target that starts a
    stack: what they dial, they dial for themselves."""
    mains = {layout.subject_of(path) for path in source.paths if _PROGRAM.search(f"/{path}")}
    others = {f for path in starting for f in parents(subject_in(layout, path))}
    return {subject for subject in mains if subject != "." and subject not in others}


def _is_called(file: Located[TcpDials], source: Source) -> bool:
    """Whether a file beside it calls one of its wrappers of a connect."""
    folder = file.path.rpartition("/")[0]
    near = (p for p in source.paths if p != file.path and p.rpartition("/")[0] == folder)
    calls = any_of(f"{name}(".encode() for name in file.facts.wrappers)
    return any(source.matches(p, calls) for p in near if p.endswith((".c", ".cc", ".cpp")))


def subject_in(layout: Layout, path: str) -> str:
    """The target of a file; where no build file tells, the folder above its source folder."""
    subject = layout.subject_of(path)
    above = _SOURCES.split(path, 1)
    return above[0] if subject == "." and len(above) > 1 and above[0] else subject
