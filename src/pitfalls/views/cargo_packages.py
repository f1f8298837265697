"""Cargo packages: their test binaries and the workspace that they belong to."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pitfalls.formats import cargo
from pitfalls.source import Located, join, parents


@dataclass(frozen=True)
class Binary:
    """A test binary: ``kind`` is ``lib``, ``bin`` or ``test``. Without a ``harness`` it names its
    tests itself."""

    package: str
    folder: str
    name: str
    kind: str
    path: str
    harness: bool = True

    @property
    def binary_id(self) -> str:
        """``package`` for a library's unit tests, ``package::name`` for an integration test."""
        if self.kind == "lib":
            return self.package
        return f"{self.package}::{'bin/' if self.kind == 'bin' else ''}{self.name}"


def binaries(manifest: Located[cargo.Manifest], paths: list[str]) -> Iterator[Binary]:
    """The test binaries of one package, written out or found by cargo itself."""
    facts, folder = manifest.facts, posixpath.dirname(manifest.path)
    if not facts.package:
        return
    prefix = folder + "/" if folder else ""
    own = [p[len(prefix) :] for p in below(paths, prefix)]
    seen: set[tuple[str, str]] = set()
    claimed: set[str] = set()  # a file that a written target names is no second one
    for target in facts.targets:
        if target.kind in ("lib", "bin", "test"):
            name = target.name or facts.package.replace("-", "_")
            path = join(folder, target.path) if target.path else None
            found = path or _conventional(prefix, target.kind, name, own)
            seen.add((target.kind, name))
            claimed.add(found)
            yield Binary(facts.package, folder, name, target.kind, found, target.harness)
    if "src/lib.rs" in own and not any(kind == "lib" for kind, _ in seen):
        lib = facts.package.replace("-", "_")
        yield Binary(facts.package, folder, lib, "lib", prefix + "src/lib.rs")
    main = prefix + "src/main.rs"
    if "src/main.rs" in own and ("bin", facts.package) not in seen and main not in claimed:
        yield Binary(facts.package, folder, facts.package, "bin", main)
    yield from _discovered(facts, folder, own, seen, claimed)


def _discovered(
    facts: cargo.Manifest,
    folder: str,
    own: list[str],
    seen: set[tuple[str, str]],
    claimed: set[str],
) -> Iterator[Binary]:
    """Targets that cargo finds by itself: ``tests/x.rs``, ``tests/x/main.rs``, ``src/bin/x.rs``."""
    prefix = folder + "/" if folder else ""
    for path in own:
        found = re.fullmatch(r"(tests|src/bin)/([^/]+?)(?:\.rs|/main\.rs)", path)
        if found is None:
            continue
        kind = "test" if found[1] == "tests" else "bin"
        if prefix + path in claimed:
            continue
        if (kind, found[2]) not in seen and (kind == "bin" or facts.autotests):
            yield Binary(facts.package, folder, found[2], kind, prefix + path)


def below(paths: Sequence[str], prefix: str) -> Iterator[str]:
    """The paths below a folder; ``paths`` is sorted."""
    for path in paths[bisect_left(paths, prefix) :]:
        if not path.startswith(prefix):
            break
        yield path


def _conventional(prefix: str, kind: str, name: str, own: list[str]) -> str:
    options = {
        "lib": ["src/lib.rs"],
        "bin": [f"src/bin/{name}.rs", f"src/bin/{name}/main.rs", "src/main.rs"],
        "test": [f"tests/{name}.rs", f"tests/{name}/main.rs"],
    }[kind]
    return prefix + next((o for o in options if o in own), options[0])


class Members:
    """Which packages belong to the workspace at ``root``."""

    def __init__(self, root: str, manifest: Located[cargo.Manifest] | None) -> None:
        self._root = root
        self._open = manifest is None
        facts = manifest.facts if manifest is not None else None
        self._members = _Folders(facts.members if facts is not None else ())
        self._excluded = _Folders(facts.exclude if facts is not None else ())

    def holds(self, folder: str) -> bool:
        """Whether the package in ``folder`` is a member; without a manifest all below are."""
        if folder == self._root:
            return True
        if self._root and not folder.startswith(self._root + "/"):
            return False
        inner = folder[len(self._root) + 1 :] if self._root else folder
        return self._open or (inner in self._members and inner not in self._excluded)


class _Folders:
    """Folders and shell patterns of a manifest; a folder stands for all below it."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        plain = [p.strip("/").removeprefix("./") for p in patterns]
        self._exact = frozenset(p for p in plain if not set(p) & set("*?["))
        self._globs = tuple(p for p in plain if p not in self._exact)

    def __contains__(self, inner: str) -> bool:
        if inner in self._exact or any(parent in self._exact for parent in parents(inner)):
            return True
        depth = inner.count("/")
        return any(g.count("/") == depth and fnmatchcase(inner, g) for g in self._globs)
