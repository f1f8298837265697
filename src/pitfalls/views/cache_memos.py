"""Answers that CMake code of the tree keeps in the cache."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import cmake_memos
from pitfalls.formats.cmake_memos import Memos
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout

MEMOS = Selection(
    name="answers kept in CMake's cache",
    type=Memos,
    parse=cmake_memos.parse,
    names=("CMakeLists.txt", "*.cmake"),
    needles=(b"CACHE INTERNAL",),
)


@dataclass(frozen=True)
class KeptAnswer:
    """``name`` is asked at ``place`` and kept at ``kept``; ``ignored`` is what the user may set and
    is read only while nothing is kept, at ``read``."""

    name: str
    place: Place
    kept: Place
    ignored: str
    read: Place


class KeptAnswers(View):
    """Those that are given before, or after, the user's own variables are read."""

    uses = (MEMOS, Layout)

    def __init__(self, answers: Iterable[KeptAnswer]) -> None:
        self.answers = tuple(answers)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From CMake files that are evidence."""
        layout = source.view(Layout)
        return cls(
            KeptAnswer(
                memo.name, Place(file.path, memo.asked), Place(file.path, memo.line),
                memo.ignored, Place(file.path, memo.read or memo.asked),
            )
            for file in source.facts(MEMOS)
            if layout.is_evidence(file.path)
            for memo in file.facts.memos
        )  # fmt: skip
