"""Every format against input that nobody meant: it is read, or refused with a reason."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pitfalls import catalogue
from pitfalls.reading import FACTS, PROBLEM, examine
from pitfalls.source import Listing, Selection, closure, matching

ROOT = Path(__file__).parents[2]


def _selections() -> list[Selection[Any]]:
    """What the checks of the catalogue read."""
    found: dict[str, Selection[Any]] = {}
    for entry in catalogue.load():
        views = [view for rule in entry.rules for view in rule.views().values()]
        found.update((selection.name, selection) for selection in closure(views)[1])
    return [found[name] for name in sorted(found)]


SELECTIONS = _selections()

NESTED = [
    b"(" * 20000, b"{" * 20000, b"[" * 20000, b"a(" * 10000 + b")" * 10000, b"#if 1\n" * 5000,
    b"if true; then\n" * 3000, b"$(" * 5000, b"/* " * 10000, b'"' * 9999, b"<<EOF\n" * 2000,
    b"mod a {\n" * 3000, b"#define A B\n#define B A\nA\n", b"${A${B" * 4000,
]  # fmt: skip

ODD = [
    b"", b"\x00", b"\xff\xfe\x00\x00", b"\xef\xbb\xbf", b"\r\n" * 1000, b"\r" * 1000,
    b"a" * 300_000, b"= = =\n", b"\\\n" * 5000, "h\u00e9llo \u2717\n".encode() * 50,
]  # fmt: skip


def _read(selection: Selection[Any], data: bytes) -> None:
    """Read as the engine does; what comes out can be kept, a refusal has a line and a reason."""
    state, kept = examine(selection, data)
    if state == FACTS:
        msgspec.msgpack.decode(kept, type=selection.type)
    elif state == PROBLEM:
        line, message = msgspec.msgpack.decode(kept, type=tuple[int, str])
        assert line >= 1
        assert message


def _samples(selection: Selection[Any]) -> list[bytes]:
    """Files of our own examples that the selection reads."""
    paths = [
        path.relative_to(ROOT).as_posix()
        for folder in ("checks", "examples")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    names = matching(selection.names, Listing(tuple(sorted(paths))))
    found = [(ROOT / name).read_bytes() for name in names]
    return [data for data in found if selection.wants(data)][:6]


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda selection: selection.name)
def test_odd_and_nested_input_is_read_or_refused(selection: Selection[Any]) -> None:
    """Empty, binary, endless and deeply nested files end in facts or in a refusal."""
    needle = selection.needles[0] if selection.needles else b""
    for data in (*NESTED, *ODD):
        _read(selection, data)
        _read(selection, needle + b"\n" + data)
        _read(selection, data + needle)


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda selection: selection.name)
def test_cut_off_and_damaged_files_are_read_or_refused(selection: Selection[Any]) -> None:
    """Real files cut at any place, or with bytes exchanged, end in facts or in a refusal."""
    dice = random.Random(20)  # noqa: S311 - the same damage every time
    for data in _samples(selection):
        _read(selection, data)
        _read(selection, data.replace(b"\n", b"\r\n"))
        for _ in range(25):
            cut = dice.randrange(len(data) + 1)
            _read(selection, data[:cut])
            damaged = bytearray(data)
            for _ in range(5):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            _read(selection, bytes(damaged))
            _read(selection, data[:cut] + data[dice.randrange(len(data)) :])


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda selection: selection.name)
def test_windows_line_ends_change_no_fact(selection: Selection[Any]) -> None:
    """The same file with CRLF gives the same facts."""
    for data in _samples(selection):
        if b"\r" not in data:
            assert selection.parse(data.replace(b"\n", b"\r\n")) == selection.parse(data)
