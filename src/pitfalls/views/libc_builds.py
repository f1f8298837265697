"""Builds of C with picolibc, as they are judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pitfalls.formats.c_library import LibraryBuild, LibraryBuilds, LibraryFlag, Override
from pitfalls.model import Place
from pitfalls.source import Located


@dataclass(frozen=True)
class LibcBuild:
    """One build that takes headers, or the archive, of picolibc. ``folder`` holds the code that
    is looked at with it. ``picolibc`` is the flag that
    does, ``own`` the flag of the folder with an errno.h of the tree's own, and ``why`` tells how
    it loses. ``sets_up`` is where its target sets thread-local storage up; ``uses`` where errno is
    used, None when that cannot be seen. ``plain`` is the line that builds picolibc itself with a
    plain errno, ``no_tls`` whether that leaves thread-local storage out altogether. ``crt0``: the
    specs file links picolibc's own start-up, as far as the build files of its platform tell."""

    path: str
    build: LibraryBuild
    folder: str
    subject: str
    platform: str
    picolibc: LibraryFlag | None
    own: LibraryFlag | None
    override: Override
    why: str
    sets_up: Place | None
    uses: Place | None
    plain: Place | None = None
    no_tls: bool = False
    crt0: bool = False

    @property
    def place(self) -> Place:
        """The line that selects picolibc, or links it."""
        line = self.picolibc.line if self.picolibc else self.build.links or self.build.line
        return Place(self.path, line)

    @property
    def name(self) -> str:
        """How a message calls the build."""
        return self.build.scope or self.path.rpartition("/")[2]

    def holds(self, path: str) -> bool:
        """Whether a file belongs to the same target."""
        return path.startswith(f"{self.folder}/" if self.folder else "")

    def may_start(self, builds: Iterable[LibcBuild]) -> bool:
        """Whether CMake code of its target links with the specs file, which adds a crt0."""
        own = self.path.endswith((".cmake", "CMakeLists.txt"))
        return own and any(other.build.crt0 and self.holds(other.path) for other in builds)

    @property
    def replaces_errno(self) -> bool:
        """Whether a function of the project supplies errno."""
        return any(flag.kind == "define" for flag in self.build.flags)


@dataclass(frozen=True)
class Mixed:
    """picolibc's folder for any compiler: ``place`` sets it, ``other`` is the prefix of a compiler
    that the tree may build with and that brings another libc."""

    place: Place
    other: str
    checked: bool


def with_library(build: LibcBuild, files: list[Located[LibraryBuilds]]) -> LibcBuild:
    """The same, told of a picolibc that its own folder builds."""
    for file in files:
        line = file.facts.plain_errno
        if line and (not build.folder or file.path.startswith(f"{build.folder}/")):
            return replace(build, plain=Place(file.path, line), no_tls=file.facts.no_tls > 0)
    return build
