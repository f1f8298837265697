"""CMake functions that run cargo: for which manifests, into which target directory."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode


class CargoFunction(msgspec.Struct, frozen=True):
    """A function whose manifest can be another one from call to call: the values that it gives
    the variable, and the directory with the condition-free value it always takes. ``keyed`` when
    the directory follows the manifest."""

    name: str
    line: int
    manifest: str
    manifests: tuple[str, ...]
    folder: str
    folder_line: int
    keyed: bool


class CargoFunctions(msgspec.Struct, frozen=True):
    """Those of one file."""

    functions: tuple[CargoFunction, ...]


_FUNCTION = re.compile(
    r"^[ \t]*(?:function|macro)[ \t]*\([ \t]*(\w+)(.*?)^[ \t]*end(?:function|macro)[ \t]*\(",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_COMMENT = re.compile(r"#[^\n]*")
_MANIFEST = re.compile(r"--manifest-path[\s\"=]+\$\{(\w+)\}")
_FOLDER = re.compile(r"--target-dir[\s\"=]+\$\{(\w+)\}|CARGO_TARGET_DIR=\$\{(\w+)\}")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def parse(data: bytes) -> CargoFunctions | None:
    """The functions of a CMake file, None when it has none of that kind."""
    text = _COMMENT.sub(lambda m: " " * len(m[0]), decode(data))
    found = [f for block in _FUNCTION.finditer(text) for f in _function(text, block)]
    return CargoFunctions(tuple(found)) if found else None


def _function(text: str, block: re.Match[str]) -> Iterator[CargoFunction]:
    body = block[2]
    manifest, folder = _MANIFEST.search(body), _FOLDER.search(body)
    if manifest is None or folder is None:
        return
    names = manifest[1], folder[1] or folder[2]
    values = _values(body, names[0])
    folders = _values(body, names[1])
    if len(set(values)) < 2 or not folders:
        return
    used = {name for value in folders for name in _VARIABLE.findall(value)}
    keyed = len(set(folders)) > 1 or bool(used & {names[0], *_derived(body, names[0])})
    at = re.search(rf"\bset\s*\(\s*{names[1]}\b", body)
    start = block.start(2) + (at.start() if at else 0)
    line = text.count("\n", 0, block.start(1)) + 1
    folder_line = text.count("\n", 0, start) + 1
    yield CargoFunction(block[1], line, names[0], tuple(values), folders[0], folder_line, keyed)


def _values(body: str, name: str) -> list[str]:
    return [
        " ".join(found.split()).strip('"')
        for found in re.findall(rf"\bset\s*\(\s*{name}\s+([^()]*)\)", body, re.IGNORECASE)
    ]


def _derived(body: str, name: str) -> set[str]:
    """Variables that some command fills from the manifest."""
    found: set[str] = set()
    for line in body.split("\n"):
        if f"${{{name}}}" in line:
            found.update(re.findall(r"\b([A-Za-z_]\w*)\b", line))
    return found - {name}
