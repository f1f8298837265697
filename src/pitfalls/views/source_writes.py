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
        manifests = {posixpath.dirname(m.path): m for m in source.facts(MANIFESTS)}
        return cls(
            write for script in scripts for write in _shared(script, manifests, set(source.paths))
        )


def _shared(
    script: Located[SourceWrites], manifests: dict[str, Located[Manifest]], paths: set[str]
) -> Iterable[SharedWrite]:
    folder = posixpath.dirname(script.path)
    manifest = manifests.get(folder)
    if manifest is None or not manifest.facts.package:
        return
    users = _roots(manifest.facts.package, manifests)
    if len(users) < 2:
        return
    for write in script.facts.writes:
        path = join(folder, write.path)
        if path is None or (write.how == "compare" and path in paths):
            continue  # it is there and the same, unless somebody changes what it is made from
        yield SharedWrite(
            manifest.facts.package,
            path,
            Place(script.path, write.line),
            write.how == "rename",
            users,
        )


def _roots(package: str, manifests: dict[str, Located[Manifest]]) -> tuple[str, ...]:
    """The manifests of the workspaces, or of single packages, whose builds run the script."""
    needed, pending = {rust_name(package)}, [rust_name(package)]
    while pending:
        name = pending.pop()
        for manifest in manifests.values():
            own = rust_name(manifest.facts.package)
            if own not in needed and any(
                rust_name(n.package) == name for n in manifest.facts.links
            ):
                needed.add(own)
                pending.append(own)
    roots = {
        _root(folder, manifests)
        for folder, manifest in manifests.items()
        if manifest.facts.package and rust_name(manifest.facts.package) in needed
    }
    return tuple(sorted(roots))


def _root(folder: str, manifests: dict[str, Located[Manifest]]) -> str:
    """The manifest whose target directory a package is built in."""
    for above in (folder, *parents(folder)):
        manifest = manifests.get(above)
        if manifest is not None and manifest.facts.is_workspace:
            if above == folder or Members(above, manifest).holds(folder):
                return manifest.path
            break
    return manifests[folder].path
