"""Target directories that cargo is given without an option: in its configuration, or in
``CARGO_TARGET_DIR``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode


class TargetDir(msgspec.Struct, frozen=True):
    """A directory as written, relative to the folder that holds ``.cargo`` or to where a script
    starts."""

    folder: str
    line: int


class TargetDirs(msgspec.Struct, frozen=True):
    """Those of one file."""

    folders: tuple[TargetDir, ...]


_CONFIG = re.compile(
    r"^\[build\][^\[]*?^[ \t]*target-dir[ \t]*=[ \t]*[\"']([^\"'\n]+)[\"']",
    re.MULTILINE | re.DOTALL,
)
_SCRIPT = re.compile(
    r"(?:^|[\s;@(])(?:export\s+)?CARGO_TARGET_DIR[ \t]*[:?]?=[ \t]*[\"']?([^\s\"';&|)]+)",
    re.MULTILINE,
)
_PYTHON = re.compile(
    r"[\"']--target-dir[\"']\s*,\s*[\"']([^\"'\n]+)[\"']"
    r"|[\"'](?:--target-dir=)([^\"'\n]+)[\"']"
    r"|[\"']CARGO_TARGET_DIR[\"']\]?\s*[:=]\s*[\"']([^\"'\n]+)[\"']"
)
_COMMENT = re.compile(r"(?m)^[ \t]*#[^\n]*")
_MOVES = re.compile(r"(?:^|[\s;&(])(?:cd|pushd)\s|cwd\s*=|os\.chdir")


def parse_config(data: bytes) -> TargetDirs | None:
    """``[build] target-dir`` of ``.cargo/config.toml``."""
    return _dirs(data, _CONFIG)


def parse_script(data: bytes) -> TargetDirs | None:
    """``CARGO_TARGET_DIR=…`` of a script or recipe that stays in its folder."""
    return None if _MOVES.search(decode(data)) else _dirs(data, _SCRIPT)


def parse_python(data: bytes) -> TargetDirs | None:
    """Literal directories of a Python program that stays in its folder."""
    return None if _MOVES.search(decode(data)) else _dirs(data, _PYTHON)


def _dirs(data: bytes, pattern: re.Pattern[str]) -> TargetDirs | None:
    text = _COMMENT.sub(lambda m: " " * len(m[0]), decode(data))
    found = tuple(_found(text, pattern))
    return TargetDirs(found) if found else None


def _found(text: str, pattern: re.Pattern[str]) -> Iterator[TargetDir]:
    for match in pattern.finditer(text):
        group = next(n for n, value in enumerate(match.groups(), 1) if value)
        yield TargetDir(match[group], text.count("\n", 0, match.start(group)) + 1)
