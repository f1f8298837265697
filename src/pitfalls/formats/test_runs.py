"""Lines that run Rust tests, and whether each runs them one at a time."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode


class TestRun(msgspec.Struct, frozen=True):
    """``cargo nextest run`` or ``cargo test``; ``serial`` when it allows one test at a time."""

    __test__ = False

    line: int
    nextest: bool
    serial: bool


class TestRuns(msgspec.Struct, frozen=True):
    """Those of one file."""

    __test__ = False

    runs: tuple[TestRun, ...]


_RUN = re.compile(r"\bcargo\s+(?:\+\S+\s+)?(?:(nextest)\s+run|test|t)\b((?:\\\r?\n|[^\n;&|])*)")
_NO_RUN = re.compile(r"--no-run\b|--list\b|--help\b")
_ONE = re.compile(r"(?:--test-threads|--jobs|-j)[\s=]*1(?![\d.])")
_ONE_THREAD = re.compile(r"--test-threads[\s=]+1(?!\d)")
_VARIABLE = {
    True: re.compile(r"\bNEXTEST_TEST_THREADS[\"']?\s*[:=]+\s*[\"']?1\b"),
    False: re.compile(r"\bRUST_TEST_THREADS[\"']?\s*[:=]+\s*[\"']?1\b"),
}
_EXPORTED = {
    kind: re.compile(rf"(?m)^[ \t]*(?:export[ \t]+)?{variable.pattern}[\"']?[ \t\r]*$")
    for kind, variable in _VARIABLE.items()
}
_COMMENT = re.compile(r"(?m)^[ \t]*#[^\n]*")
_PRINTED = re.compile(r"\b(?:echo|printf|println!)\b[^\n]*$")


def parse(data: bytes) -> TestRuns | None:
    """The runs of a script, a recipe or a workflow."""
    text = _COMMENT.sub(lambda m: " " * len(m[0]), decode(data))
    exported = {kind: pattern.search(text) is not None for kind, pattern in _EXPORTED.items()}
    found = []
    for run in _RUN.finditer(text):
        start = text.rfind("\n", 0, run.start()) + 1
        before = text[start : run.start()]
        if _NO_RUN.search(run[2]) or _PRINTED.search(before):
            continue
        nextest = bool(run[1])
        # `cargo test -j 1` builds with one job; its tests still run side by side.
        told = (_ONE if nextest else _ONE_THREAD).search(run[2]) is not None
        variable = _VARIABLE[nextest]
        serial = told or variable.search(before) is not None or exported[nextest]
        found.append(TestRun(text.count("\n", 0, run.start()) + 1, nextest, serial))
    return TestRuns(tuple(found)) if found else None
