"""``.config/nextest.toml``: test groups, overrides in order, and test-threads per profile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli

from pitfalls.formats import FormatError, decode


class Group(msgspec.Struct, frozen=True):
    """``[test-groups.NAME]``; ``max_threads`` is 0 when it is not a number (``num-cpus``), and
    ``threads_line`` where it is set."""

    name: str
    max_threads: int
    line: int
    threads_line: int


class Override(msgspec.Struct, frozen=True):
    """One ``[[profile.NAME.overrides]]`` table. ``threads_required`` is -1 for
    ``num-test-threads`` and 0 when it is not set; ``line`` is that of the table's head."""

    profile: str
    filter: str
    test_group: str
    threads_required: int
    line: int
    filter_line: int
    group_line: int


class Profile(msgspec.Struct, frozen=True):
    """``[profile.NAME]``; ``test_threads`` is 0 when it is not set or not a number."""

    name: str
    test_threads: int
    line: int


class Nextest(msgspec.Struct, frozen=True):
    """The file."""

    groups: tuple[Group, ...]
    overrides: tuple[Override, ...]
    profiles: tuple[Profile, ...]


_HEAD = re.compile(r"\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?$")


def parse(data: bytes) -> Nextest:
    """The facts of one file. Raises FormatError for what is not TOML."""
    text = decode(data)
    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise FormatError(f"not TOML: {error}", int(found[1]) if found else 1) from None
    lines = text.splitlines()
    heads = [(n, _keys(m[1])) for n, row in enumerate(lines, 1) if (m := _HEAD.match(row))]
    profiles = _table(table, "profile")
    return Nextest(
        tuple(_groups(_table(table, "test-groups"), heads, lines)),
        tuple(_overrides(profiles, heads, lines)),
        tuple(
            Profile(name, _number(body.get("test-threads")), _line(heads, ("profile", name)))
            for name, body in profiles.items()
            if isinstance(body, dict)
        ),
    )


_Heads = list[tuple[int, tuple[str, ...]]]


def _keys(dotted: str) -> tuple[str, ...]:
    parts = re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", dotted)
    return tuple(part.strip().strip("\"'") for part in parts)


def _table(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _line(heads: _Heads, keys: tuple[str, ...]) -> int:
    return next((n for n, found in heads if found[: len(keys)] == keys), 1)


def _groups(groups: dict[str, Any], heads: _Heads, lines: list[str]) -> Iterator[Group]:
    for name, body in groups.items():
        threads = _number(body.get("max-threads")) if isinstance(body, dict) else 0
        start = _line(heads, ("test-groups", name))
        end = next((n for n, _ in heads if n > start), len(lines) + 1)
        yield Group(name, threads, start, _key_line(lines, start, end, "max-threads"))


def _overrides(profiles: dict[str, Any], heads: _Heads, lines: list[str]) -> Iterator[Override]:
    for name, body in profiles.items():
        tables = body.get("overrides", []) if isinstance(body, dict) else []
        starts = [n for n, keys in heads if keys == ("profile", name, "overrides")]
        for start, table in zip(starts, tables, strict=False):
            if not isinstance(table, dict):
                continue
            end = next((n for n, _ in heads if n > start), len(lines) + 1)
            required = table.get("threads-required")
            yield Override(
                name,
                str(table.get("filter", "")),
                str(table.get("test-group", "")).removeprefix("@global"),
                -1 if required == "num-test-threads" else _number(required),
                start,
                _key_line(lines, start, end, "filter"),
                _key_line(lines, start, end, "test-group"),
            )


def _key_line(lines: list[str], start: int, end: int, key: str) -> int:
    pattern = re.compile(rf"\s*[\"']?{key}[\"']?\s*=")
    return next((n for n in range(start, end) if pattern.match(lines[n - 1])), start)
