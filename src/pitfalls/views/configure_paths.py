"""Every place where a script or code configures a CMake build directory, and what it reacts to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Self

from pitfalls.formats import configure_code, configure_shell
from pitfalls.formats.configure_guards import Guard
from pitfalls.formats.configure_shell import Configure, ConfigurePaths, Dropped, Owner
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.layout import Layout

_selection = partial(
    Selection, type=ConfigurePaths, needles=(b"cmake", b"CMAKE_TOOLCHAIN_FILE", b"CMakeCache")
)
SHELL = _selection(
    name="configures of shell scripts", parse=configure_shell.parse, names=("*.sh", "*.bash")
)
JUST = _selection(
    name="configures of justfiles",
    parse=configure_shell.parse_just,
    names=("*.just", "justfile", "Justfile", ".justfile"),
)
MAKE = _selection(
    name="configures of Makefiles",
    parse=configure_shell.parse_make,
    names=("Makefile", "makefile", "GNUmakefile", "*.mk"),
)
PYTHON = _selection(
    name="configures of Python code", parse=configure_code.parse_python, names=("*.py",)
)
RUST = _selection(name="configures of Rust code", parse=configure_code.parse_rust, names=("*.rs",))
CMAKE = _selection(
    name="configures that CMake runs",
    parse=configure_code.parse_cmake,
    names=("CMakeLists.txt", "*.cmake"),
    needles=(b"execute_process", b"EXECUTE_PROCESS"),
)
_SELECTIONS: tuple[Selection[ConfigurePaths], ...] = (SHELL, JUST, MAKE, PYTHON, RUST, CMAKE)

_MAX_DEPTH = 3
_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)")
_REACTIONS = ("", "path", "compiler")


@dataclass(frozen=True)
class Reaction:
    """A function that removes a directory of another toolchain."""

    path: str
    owner: Owner

    @property
    def place(self) -> Place:
        """Its head."""
        return Place(self.path, self.owner.line)

    @property
    def subject(self) -> str:
        """The function or recipe, else the script."""
        return f"{self.path}:{self.owner.name}" if self.owner.name else self.path

    @property
    def toolchain(self) -> str:
        """``path`` or ``compiler``."""
        return self.owner.toolchain


@dataclass(frozen=True)
class ConfigurePath:
    """One configure. ``toolchain`` says to which change of the toolchain it reacts by wiping the
    directory: none (empty), that of the file's ``path``, or that of the ``compiler`` behind it."""

    path: str
    configure: Configure
    owner: Owner
    toolchain: str

    @property
    def place(self) -> Place:
        """Where the configure stands."""
        return Place(self.path, self.configure.line)

    @property
    def guard(self) -> Guard | None:
        """The test that skips it."""
        return self.configure.guard

    @property
    def guard_place(self) -> Place:
        """Where the test stands; the configure when there is none."""
        guard = self.configure.guard
        return Place(self.path, guard.line) if guard is not None else self.place

    @property
    def subject(self) -> str:
        """The function or recipe, else the script."""
        return f"{self.path}:{self.owner.name}" if self.owner.name else self.path

    @property
    def reacts(self) -> str:
        """``toolchain``; a wipe after the arguments differed reacts to the path of the file."""
        compared = self.guard is not None and self.guard.compared
        by_arguments = self.configure.fresh == "always" or (self.configure.fresh and compared)
        return self.toolchain or ("path" if by_arguments else "")

    @property
    def varies(self) -> bool:
        """Whether the arguments can differ from one call to the next."""
        return bool(self.configure.defines) or self.configure.opaque


class ConfigurePathsView(View):
    """The configures of the tree's own scripts, recipes and code."""

    uses = (*_SELECTIONS, Layout)

    def __init__(self, files: Iterable[Located[ConfigurePaths]]) -> None:
        self.files = tuple(sorted(files, key=lambda file: file.path))
        self._owners: dict[str, list[Owner]] = {}
        for file in self.files:
            for owner in file.facts.owners:
                if owner.name:
                    self._owners.setdefault(owner.name, []).append(owner)
        self.paths = tuple(
            ConfigurePath(file.path, configure, owner, self._reaction(owner))
            for file in self.files
            for configure in file.facts.configures
            for owner in (file.facts.owners[configure.owner],)
        )

    @classmethod
    def build(cls, source: Source) -> Self:
        """From scripts, recipes and code that are evidence."""
        layout = source.view(Layout)
        files = (file for selection in _SELECTIONS for file in source.facts(selection))
        return cls(file for file in files if layout.is_evidence(file.path))

    @property
    def toolchain_file(self) -> Place | None:
        """A place at which the tree passes a toolchain file."""
        found = (
            Place(f.path, f.facts.toolchain_file) for f in self.files if f.facts.toolchain_file
        )
        return next(found, None)

    @property
    def reacting(self) -> Iterator[Reaction]:
        """The functions with a reaction that reuse directories, or that such a function calls."""
        users = {path.owner.name for path in self.paths if path.guard is not None}
        users |= {
            call for path in self.paths if path.guard is not None for call in path.owner.calls
        }
        for file in self.files:
            for owner in file.facts.owners:
                if owner.toolchain and owner.name in users:
                    yield Reaction(file.path, owner)

    @property
    def compiler_guard(self) -> Place | None:
        """A configure path, or a helper of one, that reacts to another compiler by a wipe."""
        for file in self.files:
            for owner in file.facts.owners:
                if owner.compiler and owner.name:
                    return Place(file.path, owner.line)
        return None

    @property
    def dropped(self) -> Iterator[tuple[Dropped, ConfigurePath]]:
        """Defines of one branch only, in a directory that is kept and that the condition does
        not name."""
        facts = {file.path: file.facts for file in self.files}
        seen: set[tuple[str, int]] = set()
        for path in self.paths:
            for item in facts[path.path].dropped:
                names = set(_NAME.findall(item.condition))
                keyed = any(name in path.configure.folder for name in names)
                kept = not (path.configure.fresh or path.owner.wipes or keyed)
                key = path.path, item.line
                if item.owner == path.configure.owner and kept and key not in seen:
                    seen.add(key)
                    yield item, path

    def _reaction(self, owner: Owner, depth: int = 0) -> str:
        """The owner's own reaction, or that of a function it calls."""
        found: list[str] = [owner.toolchain]
        if depth < _MAX_DEPTH:
            for call in owner.calls:
                found += [
                    self._reaction(o, depth + 1) for o in self._owners.get(call, ()) if o != owner
                ]
        return max(found, key=_REACTIONS.index)
