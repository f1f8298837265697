"""``Cargo.toml``: the package, its targets and the workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import tomli

from pitfalls.formats import FormatError, decode


class Target(msgspec.Struct, frozen=True):
    """A ``[lib]``, ``[[bin]]``, ``[[test]]``, ``[[bench]]`` or ``[[example]]`` that is written out;
    ``path`` is empty when it is the conventional one. Without a ``harness`` it names its tests
    itself."""

    kind: str
    name: str
    path: str
    harness: bool = True


class Link(msgspec.Struct, frozen=True):
    """A dependency of a program or library under the name that the manifest gives it; ``package``
    is its own. ``defaults`` is None where the workspace decides; ``inherited`` whether it takes
    the workspace's features too."""

    name: str
    package: str
    defaults: bool | None
    optional: bool
    features: tuple[str, ...]
    inherited: bool = False


class Manifest(msgspec.Struct, frozen=True):
    """One manifest. ``package`` is empty for a virtual workspace; ``autotests`` says whether
    ``tests/*.rs`` become targets by themselves; ``dependencies`` holds names of all tables;
    ``optional`` those that only a feature brings in. ``features`` are pairs of a feature and what
    it enables; ``links`` the dependencies of the program itself, for any target; ``shared`` those
    of ``[workspace.dependencies]``."""

    package: str
    autotests: bool
    targets: tuple[Target, ...]
    is_workspace: bool
    members: tuple[str, ...]
    exclude: tuple[str, ...]
    dependencies: tuple[str, ...]
    optional: tuple[str, ...] = ()
    features: tuple[tuple[str, tuple[str, ...]], ...] = ()
    links: tuple[Link, ...] = ()
    shared: tuple[Link, ...] = ()


def parse(data: bytes) -> Manifest:
    """The facts of one manifest. Raises FormatError for what is not TOML."""
    try:
        table = tomli.loads(decode(data))
    except tomli.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise FormatError(f"not TOML: {error}", int(found[1]) if found else 1) from None
    package = _table(table, "package")
    workspace = _table(table, "workspace")
    return Manifest(
        str(package.get("name", "")),
        package.get("autotests", True) is not False,
        tuple(_targets(table)),
        "workspace" in table,
        _strings(workspace.get("members")),
        _strings(workspace.get("exclude")),
        tuple(
            sorted(
                {
                    name
                    for key in ("dependencies", "dev-dependencies", "build-dependencies")
                    for name in _table(table, key)
                }
            )
        ),
        tuple(
            sorted(
                name
                for name, value in _table(table, "dependencies").items()
                if isinstance(value, dict) and value.get("optional") is True
            )
        ),
        tuple((name, _strings(value)) for name, value in _table(table, "features").items()),
        tuple(_links(table)),
        tuple(_link(name, value) for name, value in _table(workspace, "dependencies").items()),
    )


def _links(table: dict[str, Any]) -> Iterator[Link]:
    """The dependencies of all targets; those of tests and build scripts link nothing."""
    targets = (t for t in _table(table, "target").values() if isinstance(t, dict))
    for part in (table, *targets):
        for name, value in _table(part, "dependencies").items():
            yield _link(name, value)


def _link(name: str, value: object) -> Link:
    detail = value if isinstance(value, dict) else {}
    written = detail.get("default-features", detail.get("default_features"))
    inherited = detail.get("workspace") is True
    defaults = bool(written) if written is not None else None if inherited else True
    return Link(
        name, str(detail.get("package", name)), defaults, detail.get("optional") is True,
        _strings(detail.get("features")), inherited,
    )  # fmt: skip


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _targets(table: dict[str, Any]) -> list[Target]:
    found = []
    for kind in ("lib", "bin", "test", "bench", "example"):
        value = table.get(kind)
        rows = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
        found += [
            Target(
                kind, str(row.get("name", "")), str(row.get("path", "")),
                row.get("harness") is not False,
            )
            for row in rows
            if isinstance(row, dict)
        ]  # fmt: skip
    return found
