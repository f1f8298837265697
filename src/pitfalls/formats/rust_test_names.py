"""Names of the test functions of a Rust file, cheaply: by lines, as rustfmt lays them out.

For the question whether a name exists at all, in files far too many for syntax trees.
"""

from __future__ import annotations

import re

import msgspec


class Names(msgspec.Struct, frozen=True):
    """Names with the modules inside the file (``tests::a``); a parametrised test adds a name per
    case and per value, as far as they are written down. ``made_by_macro``: some are not."""

    names: tuple[str, ...]
    made_by_macro: bool


# Each line is looked at once: the line end comes first, so that the search leaps to it.
_SPOT = re.compile(
    r"\n(?P<indent>[ \t]*)(?:"
    r"(?:pub(?:\([^)]*\))?\s+)?mod\s+(?P<module>\w+)\s*\{"
    r"|#\[\s*(?:\w+\s*::\s*)*(?P<test>test|rstest|test_case)\b"
    r"|(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+)*fn\s+(?P<function>\w+)"
    r"|#\[\s*case\b(?:::)?(?P<case>\w*)"
    r"|macro_rules!\s*(?P<macro>\w+)|(?P<close>\}))"
    r"|#\[\s*values\s*\((?P<values>(?:[^()]|\([^()]*\))*)\)\s*\]\s*(?:mut\s+)?(?P<argument>\w+)"
)


def parse(data: bytes) -> Names | None:
    """The names of one file; None when there are none."""
    reader = _Reader()
    for spot in _SPOT.finditer("\n" + data.decode("utf-8", errors="replace")):
        reader.read(spot)
    if not reader.names and not reader.made_by_macro:
        return None
    return Names(tuple(reader.names), reader.made_by_macro)


class _Reader:
    """What is open while the spots of a file go by."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.made_by_macro = False
        self._modules: list[tuple[str, str]] = []
        self._cases: list[str] = []
        self._is_test = self._in_macro = False
        self._current = ""

    def read(self, spot: re.Match[str]) -> None:
        kind = spot.lastgroup
        if kind == "module":
            self._modules.append((spot["indent"], spot["module"]))
        elif kind == "close":
            self._close(spot["indent"])
        elif kind == "macro":
            self._in_macro = True
        elif kind == "test":
            self._is_test = True
            self.made_by_macro = self.made_by_macro or self._in_macro
        elif kind == "case":
            self._cases.append(spot["case"])
        elif kind == "argument":
            self._values(spot["argument"], spot["values"])
        else:
            self._function(spot["function"])

    def _close(self, indent: str) -> None:
        while self._modules and self._modules[-1][0] == indent:
            self._modules.pop()
        if not indent:
            self._in_macro = False

    def _values(self, argument: str, text: str) -> None:
        values = [re.sub(r"\W", "_", v.strip()) for v in text.split(",") if v.strip()]
        if self._current:
            self.names += [f"{self._current}::{n}" for n in numbered(argument, values)]

    def _function(self, name: str) -> None:
        self._current = ""
        if self._is_test:
            self._current = "::".join([*(module for _, module in self._modules), name])
            cases = numbered("case", self._cases)
            self.names += [self._current, *(f"{self._current}::{case}" for case in cases)]
        self._is_test, self._cases = False, []


def numbered(word: str, names: list[str]) -> list[str]:
    """The names that rstest makes: ``case_1_zenoh``, ``lang_2_Lang__C``; with ten or more the
    number has leading zeros."""
    width = len(str(len(names)))
    return [f"{word}_{n:0{width}}" + (f"_{x}" if x else "") for n, x in enumerate(names, 1)]
