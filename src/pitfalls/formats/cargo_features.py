"""Features of a ``Cargo.toml``, what they enable, and which dependencies bring their defaults."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import tomli

from pitfalls.formats import FormatError, decode
from pitfalls.formats.exclusivity import Declaration, declares, shown


class Feature(msgspec.Struct, frozen=True):
    """``name = ["other", "crate/feature"]`` and its line."""

    name: str
    enables: tuple[str, ...]
    line: int


class Dependency(msgspec.Struct, frozen=True):
    """A dependency under the name that the crate uses; ``package`` is that of the registry.
    ``defaults`` is None when the workspace decides."""

    name: str
    package: str
    defaults: bool | None
    optional: bool
    features: tuple[str, ...]
    line: int


class FeatureTable(msgspec.Struct, frozen=True):
    """One manifest. ``workspace`` are the dependencies of its ``[workspace.dependencies]``;
    ``build`` names the packages of ``[build-dependencies]``."""

    package: str
    features: tuple[Feature, ...]
    dependencies: tuple[Dependency, ...]
    workspace: tuple[Dependency, ...]
    declarations: tuple[Declaration, ...]
    build: tuple[str, ...] = ()


_SECTION = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_PLACEHOLDER = re.compile(r"\"@[A-Za-z_]\w*@[/\"]")
_KEY = re.compile(r"\s*\"?([\w-]+)\"?\s*(?:\.[\w-]+\s*)*=")


def parse(data: bytes) -> FeatureTable | None:
    """The features of one manifest, None when it has neither features nor a workspace, or is a
    template with a placeholder for a path. Raises FormatError for what is not TOML."""
    text = decode(data)
    if _PLACEHOLDER.search(text):
        return None
    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise FormatError(f"not TOML: {error}") from None
    rows = text.split("\n")
    lines = _lines(rows)
    features = tuple(
        Feature(name, tuple(str(item) for item in value), lines.get(("features", name), 1))
        for name, value in _table(table, "features").items()
        if isinstance(value, list)
    )
    shared = _table(_table(table, "workspace"), "dependencies")
    if not features and not shared:
        return None
    tables = [table, *(t for t in _table(table, "target").values() if isinstance(t, dict))]
    return FeatureTable(
        str(_table(table, "package").get("name", "")),
        features,
        tuple(d for t in tables for d in _dependencies(_table(t, "dependencies"), lines, "")),
        tuple(_dependencies(shared, lines, "workspace.")),
        tuple(_declarations(rows, {feature.name for feature in features})),
        tuple(sorted(_table(table, "build-dependencies"))),
    )


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _lines(rows: list[str]) -> dict[tuple[str, str], int]:
    """Section and key -> line of its first definition; ``[dependencies.x]`` counts as a key."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, row in enumerate(rows, 1):
        if head := _SECTION.fullmatch(row.split("#")[0].strip()):
            section = head[1].strip()
            outer, _, last = section.rpartition(".")
            found.setdefault((outer.rpartition(".")[2], last.strip("\"'")), number)
        elif key := _KEY.match(row):
            name = "workspace." if section == "workspace.dependencies" else ""
            found.setdefault((name + section.rpartition(".")[2], key[1]), number)
    return found


def _dependencies(
    table: dict[str, Any], lines: dict[tuple[str, str], int], prefix: str
) -> list[Dependency]:
    found = []
    for name, value in table.items():
        detail = value if isinstance(value, dict) else {}
        written = detail.get("default-features", detail.get("default_features"))
        inherits = detail.get("workspace") is True
        defaults = bool(written) if written is not None else None if inherits else True
        features = detail.get("features")
        found.append(
            Dependency(
                name, str(detail.get("package", name)), defaults, detail.get("optional") is True,
                tuple(str(f) for f in features) if isinstance(features, list) else (),
                lines.get((prefix + "dependencies", name), 1),
            )
        )  # fmt: skip
    return found


def _declarations(rows: list[str], features: set[str]) -> list[Declaration]:
    """Comments that declare the features below them exclusive, up to an empty line or the next
    heading."""
    found = []
    section = ""
    for number, row in enumerate(rows):
        if head := _SECTION.fullmatch(row.split("#")[0].strip()):
            section = head[1]
        text = row.strip()
        if section != "features" or not text.startswith("#") or not declares(text):
            continue
        names: list[str] = []
        for below in rows[number + 1 :]:
            key = _KEY.match(below)
            if key and key[1] in features and key[1] != "default":
                names.append(key[1])
            elif _SECTION.fullmatch(below.strip()) or (names and _ends(below)):
                break
        alike = _alike(names)
        if len(alike) > 1:
            found.append(Declaration(shown(text), number + 1, tuple(alike)))
    return found


def _alike(names: list[str]) -> list[str]:
    """Of ``rate-low``, ``rate-high`` and ``no-counters``, the first two: a comment means those
    features below it that begin alike, where at least two do."""
    head = re.match(r"[^-_]+[-_]", names[0]) if names else None
    same = [name for name in names if head and name.startswith(head[0])]
    return same if len(same) > 1 else names


def _ends(row: str) -> bool:
    """An empty line or a comment ends a group of features."""
    return not row.strip() or row.strip().startswith("#")
