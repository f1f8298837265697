"""Builds for bare metal with picolibc: whether an errno.h of their own comes first, whether
anything sets thread-local storage up, and what of errno and of the archive their target uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Self

from pitfalls.formats import (
    c_library_cmake,
    c_library_data,
    c_library_rust,
    c_library_shell,
    errno_code,
)
from pitfalls.formats.c_library import LibraryBuild, LibraryBuilds, LibraryFlag, Override, order
from pitfalls.formats.errno_code import ErrnoCode, Spot
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View, any_of, join
from pitfalls.views.clock_contexts import is_test
from pitfalls.views.layout import PICOLIBC, Layout
from pitfalls.views.libc_builds import LibcBuild, Mixed, with_library

_NEEDLES = (b"picolibc",)
CMAKE = Selection(
    "picolibc in CMake", LibraryBuilds, c_library_cmake.parse,
    names=("CMakeLists.txt", "*.cmake"), needles=_NEEDLES,
)  # fmt: skip
SELECTIONS = (
    Selection(
        "picolibc in build scripts", LibraryBuilds, c_library_rust.parse,
        names=("build.rs", "*build*.rs", "*/*build*/src/*.rs"), needles=_NEEDLES,
    ),
    CMAKE,
    Selection(
        "picolibc in shell", LibraryBuilds, c_library_shell.parse_shell,
        names=("*.sh", "*.bash"), needles=_NEEDLES,
    ),
    Selection(
        "picolibc in Makefiles", LibraryBuilds, c_library_shell.parse_make,
        names=("Makefile", "GNUmakefile", "*.mk"), needles=_NEEDLES,
    ),
    Selection(
        "picolibc in justfiles", LibraryBuilds, c_library_shell.parse_just,
        names=("justfile", "*.just"), needles=_NEEDLES,
    ),
    Selection(
        "picolibc in build data", LibraryBuilds, c_library_data.parse,
        names=("*.toml",), needles=_NEEDLES,
    ),
)  # fmt: skip
CODE = Selection(
    name="errno and thread-local storage",
    type=ErrnoCode,
    parse=errno_code.parse,
    names=("*.c", "*.h", "*.S", "*.s", "*.rs"),
    needles=(
        *(b"<errno.h>", b"int errno", b"mut errno", b"_set_tls", b"_init_tls", b"TPIDR"),
        *(b"la tp", b"la\ttp", b"mv tp", b"mv\ttp", b"tls.ie tp", b"tls.gd tp"),
    ),
)

ARCHIVE_USERS = Selection(
    name="code of images that link picolibc",
    type=ErrnoCode,
    parse=errno_code.parse,
    names=("*.c", "*.h", "*.S", "*.s", "*.rs"),
    lazy=True,
)
MAX_FILES = 400
"""Files of one target that are read for calls into the archive."""

_NEWLIB = ("-none-elf", "-esp-elf")
"""Ends of the prefixes of RISC-V compilers that bring newlib."""


class CLibraries(View):
    """The builds with picolibc, and the errno code of their targets."""

    uses = (*SELECTIONS, CODE, ARCHIVE_USERS, Layout)

    def __init__(
        self, builds: Iterable[LibcBuild], mixed: Iterable[Mixed], code: list[Located[ErrnoCode]]
    ) -> None:
        self.builds = tuple(builds)
        self.mixed = tuple(mixed)
        self._code = code

    @classmethod
    def build(cls, source: Source) -> Self:
        """From build files of every kind; code is looked at in trees that have such a build, other
        than the library's own."""
        layout = source.view(Layout)
        files = [
            f for s in SELECTIONS for f in source.facts(s) if layout.is_evidence(f.path)
        ]  # fmt: skip
        if not files or all(source.exists(mark) for mark in PICOLIBC):
            return cls((), (), [])
        code = [f for f in source.facts(CODE) if layout.is_evidence(f.path) and not is_test(f.path)]
        paths = frozenset(source.paths)
        builds = [_build(f, b, code, paths, layout) for f in files for b in f.facts.builds]
        builds = [with_library(build, files) for build in builds]
        builds = [
            replace(build, crt0=build.may_start(builds) and not _no_start(build, source, layout))
            for build in builds
        ]
        known = {file.path for file in code}
        for build in builds:
            if build.build.links:
                code += _rest(source, build.folder, known, layout)
                code += _substitutes(source, build, code, known, layout)
        return cls(builds, _mixed(files, layout), code)

    def defines(self) -> list[Place]:
        """Where own code defines errno."""
        return [Place(f.path, f.facts.defines) for f in self._code if f.facts.defines]

    def header(self, name: str) -> tuple[Place, ErrnoCode] | None:
        """The one header of that name that declares errno."""
        found = [f for f in self._code if f.path.rpartition("/")[2] == name and f.facts.declares]
        return (Place(found[0].path, found[0].facts.declares), found[0].facts) if found else None

    def includers(self, folder: str) -> Place | None:
        """A source below ``folder`` that includes errno.h."""
        return next(
            (
                Place(f.path, f.facts.includes)
                for f in _below(self._code, folder)
                if f.facts.includes
            ),
            None,
        )

    def thread_local_calls(self, folder: str) -> Iterator[tuple[str, Spot]]:
        """Calls below ``folder`` of functions that keep state in thread-local storage and that
        nothing of the project defines, one for each function."""
        own = {name for file in self._code for name in file.facts.functions}
        for file in _below(self._code, folder):
            if file.path.endswith((".c", ".h")):
                for call in file.facts.calls:
                    if call.name not in own:
                        own.add(call.name)
                        yield file.path, call


def _no_start(build: LibcBuild, source: Source, layout: Layout) -> bool:
    """Whether a CMake file of the target or its platform keeps start-up files out."""
    return any(
        source.matches(path, c_library_cmake.NO_START.pattern)
        for path in source.candidates(CMAKE)
        if layout.is_evidence(path)
        and (build.holds(path) or layout.platform_of(path) == build.platform)
    )


def _below(code: list[Located[ErrnoCode]], folder: str) -> Iterator[Located[ErrnoCode]]:
    prefix = f"{folder}/" if folder else ""
    yield from (file for file in code if file.path.startswith(prefix))


def _rest(
    source: Source, folder: str, known: set[str], layout: Layout
) -> Iterator[Located[ErrnoCode]]:
    """The other code of a target that links the archive: it may define, or call, anything."""
    prefix = f"{folder}/" if folder else ""
    paths = [p for p in source.candidates(ARCHIVE_USERS) if p.startswith(prefix)]
    for path in paths[:MAX_FILES]:
        if path not in known and layout.is_evidence(path) and not is_test(path):
            known.add(path)
            facts = source.fact(ARCHIVE_USERS, path)
            if facts is not None:
                yield Located(path, facts)


def _substitutes(
    source: Source,
    build: LibcBuild,
    code: list[Located[ErrnoCode]],
    known: set[str],
    layout: Layout,
) -> Iterator[Located[ErrnoCode]]:
    """Code of the same platform elsewhere that names a function which the target calls: it may
    define it without thread-local storage."""
    near = list(_below(code, build.folder))
    called = {c.name for f in near for c in f.facts.calls} - {
        n for f in near for n in f.facts.functions
    }
    marks = any_of(f"{name}(".encode() for name in called)
    if not called or not build.platform:
        return
    for path in source.candidates(ARCHIVE_USERS):
        if path in known or layout.platform_of(path) != build.platform or path.endswith(".h"):
            continue
        if source.matches(path, marks) and layout.is_evidence(path):
            facts = source.fact(ARCHIVE_USERS, path)
            if facts is not None and facts.functions:
                known.add(path)
                yield Located(path, facts)


def _build(
    file: Located[LibraryBuilds],
    build: LibraryBuild,
    code: list[Located[ErrnoCode]],
    paths: frozenset[str],
    layout: Layout,
) -> LibcBuild:
    subject = layout.subject_of(file.path)
    folder = subject if subject != "." else file.path.rpartition("/")[0]
    platform = layout.platform_of(file.path)
    selected = next((f for f in build.flags if f.is_picolibc), None)
    ranked = [(own, *order(build.flags, own)) for own in _own(build, file.path, paths)]
    ranked.sort(key=lambda row: row[1] != "first")
    own: LibraryFlag | None = None
    override: Override = "none"
    why = ""
    if ranked:
        own, override, why = ranked[0]
    near = list(_below(code, folder))
    kin = [f for f in code if platform and layout.platform_of(f.path) == platform]
    sets_up = next((Place(f.path, f.facts.sets_up) for f in (*near, *kin) if f.facts.sets_up), None)
    uses = next((Place(f.path, f.facts.includes) for f in near if f.facts.includes), None)
    if uses is None and build.libraries:
        uses = Place(file.path, build.line)
    return LibcBuild(
        file.path, build, folder, subject, platform, selected, own, override, why, sets_up, uses,
    )  # fmt: skip


def _own(build: LibraryBuild, path: str, paths: frozenset[str]) -> Iterator[LibraryFlag]:
    """The flags of folders that hold an errno.h of the tree, or that the build puts one into."""
    folder = path.rpartition("/")[0]
    for flag in build.flags:
        if flag.kind in ("include", "isystem") and flag.value and not flag.is_picolibc:
            places = (join(folder, f"{flag.value}/errno.h"), f"{flag.value}/errno.h")
            if flag.value in build.overrides or any(place in paths for place in places):
                yield flag


def _mixed(files: list[Located[LibraryBuilds]], layout: Layout) -> Iterator[Mixed]:
    """Folders of picolibc that are taken whatever the compiler said, where the file, or another
    for its platform, names a RISC-V compiler that brings newlib."""
    for file in files:
        platform = layout.platform_of(file.path)
        kin = [
            f for f in files if f is file or (platform and layout.platform_of(f.path) == platform)
        ]
        named = sorted({c for f in kin for c in f.facts.compilers if c.endswith(_NEWLIB)})
        for one in file.facts.fallbacks if named else ():
            yield Mixed(Place(file.path, one.line), named[0], one.checked)
