"""Build scripts that write into the source tree, and the builds that run them side by side."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import source_writes
from pitfalls.formats.cargo import Manifest
from pitfalls.formats.source_writes import SourceWrites
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View, join, parents
from pitfalls.views.cargo_packages import Members
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.crate_links import rust_name
from pitfalls.views.layout import Layout

WRITES = Selection(
    name="writes of build scripts into the source",
    type=SourceWrites,
    parse=source_writes.parse,
    names=("build.rs",),
    needles=(b"fs::write", b"File::create", b"write_to_file", b"fs::copy", b"fs::rename"),
)


@dataclass(frozen=True)
class SharedWrite:
    """A file at ``path`` that the build script of ``package`` writes at ``place``; ``users`` are
    the manifests of builds that have a target directory each and depend on it. ``atomic``: other
    builds see the old file or the new one."""

    package: str
    path: str
    place: Place
    atomic: bool
    users: tuple[str, ...]


class SharedWrites(View):
    """Those of packages that at least two workspaces of the tree build."""

    uses = (WRITES, MANIFESTS, Layout)

    def __init__(self, writes: Iterable[SharedWrite]) -> None:
        self.writes = tuple(writes)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From build scripts that are evidence."""
        layout = source.view(Layout)
        scripts = [f for f in source.facts(WRITES) if layout.is_evidence(f.path)]
        if not scripts:
            return cls(())
        packages = _Packages(source.facts(MANIFESTS))
        return cls(write for f in scripts for write in _shared(f, packages, set(source.paths)))


def _shared(
    script: Located[SourceWrites], packages: _Packages, paths: set[str]
) -> Iterable[SharedWrite]:
    folder = posixpath.dirname(script.path)
    package = packages.name(folder)
    users = packages.roots(package) if package else ()
    if len(users) < 2:
        return
    for write in script.facts.writes:
        path = join(folder, write.path)
        if path is None or (write.how == "compare" and path in paths):
            continue  # it is there and the same, unless somebody changes what it is made from
        place = Place(script.path, write.line)
        yield SharedWrite(package, path, place, write.how == "rename", users)


class _Packages:
    """The packages of a tree: who depends on whom, and where each is built."""

    def __init__(self, manifests: Iterable[Located[Manifest]]) -> None:
        self._manifests = {posixpath.dirname(m.path): m for m in manifests}
        self._users: dict[str, set[str]] = {}
        self._folders: dict[str, list[str]] = {}
        for folder, manifest in self._manifests.items():
            own = rust_name(manifest.facts.package)
            if not own:
                continue
            self._folders.setdefault(own, []).append(folder)
            for link in manifest.facts.links:
                self._users.setdefault(rust_name(link.package), set()).add(own)

    def name(self, folder: str) -> str:
        """The package in a folder; empty for none."""
        manifest = self._manifests.get(folder)
        return manifest.facts.package if manifest is not None else ""

    def roots(self, package: str) -> tuple[str, ...]:
        """The manifests of the workspaces, or of single packages, whose builds need a package."""
        needed, pending = {rust_name(package)}, [rust_name(package)]
        while pending:
            new = self._users.get(pending.pop(), set()) - needed
            needed |= new
            pending += new
        return tuple(sorted({self._root(f) for n in needed for f in self._folders.get(n, ())}))

    def _root(self, folder: str) -> str:
        """The manifest whose target directory the package of a folder is built in."""
        for above in (folder, *parents(folder)):
            manifest = self._manifests.get(above)
            if manifest is not None and manifest.facts.is_workspace:
                if above == folder or Members(above, manifest).holds(folder):
                    return manifest.path
                break
        return self._manifests[folder].path
