"""Build scripts that compile C or configure CMake, with what makes cargo run them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Self

from pitfalls.formats import build_script
from pitfalls.formats.build_script import BuildScript, Conditional, EnvHelper
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.layout import Layout

_selection = partial(Selection, type=BuildScript, parse=build_script.parse)
SCRIPTS = _selection(
    name="build scripts",
    names=("build.rs", "*/build/main.rs", "build/main.rs"),
    needles=(
        b"cmake::",
        b"cc::Build",
        b"rerun-if-env-changed={",
        b"#define ",
        b"const ",
        b".replace(",
    ),
)
HELPERS = _selection(
    name="libraries of build scripts",
    names=("*build*.rs", "*/*build*/src/*.rs", "*-sys/src/*.rs", "*/build/*.rs"),
    needles=(b"cc::Build", b"cmake::Config", b"rerun-if-env-changed={"),
)

# Cargo sets these and knows when they change, docs.rs sets one for a build of its own; cc and its
# kin print their own lines for the rest.
_CARGO = re.compile(
    r"(?:CARGO\w*|DEP_\w+|OUT_DIR|TARGET|HOST|PROFILE|OPT_LEVEL|DEBUG|NUM_JOBS|DOCS_RS|RUSTC\w*|RUSTDOC"
    r"|(?:HOST_|TARGET_)?(?:CC|CXX|AR|RANLIB|CFLAGS|CXXFLAGS|ARFLAGS|CRATE_CC_NO_DEFAULTS)\w*|PATH)"
)


@dataclass(frozen=True)
class EnvironmentDefine:
    """A variable that becomes a define; ``registered`` when cargo is told to look at it."""

    name: str
    place: Place
    registered: bool


@dataclass(frozen=True)
class Inputs:
    """The C files of a script: how many, the first one, and what makes cargo see an edit.

    ``watched`` is empty when nothing does although the script prints ``rerun-if`` lines.
    """

    place: Place
    names: tuple[str, ...]
    watched: str


class BuildScripts(View):
    """The build scripts of the tree's own packages."""

    uses = (SCRIPTS, HELPERS, Layout)

    def __init__(
        self, scripts: Iterable[Located[BuildScript]], libraries: Iterable[Located[BuildScript]]
    ) -> None:
        self.scripts = tuple(scripts)
        self._libraries = tuple(libraries)
        self._helpers = {
            helper.name: helper
            for file in (*self._libraries, *self.scripts)
            for helper in file.facts.helpers
        }
        self._registered = {
            n for f in (*self._libraries, *self.scripts) for n in f.facts.registered
        }

    @classmethod
    def build(cls, source: Source) -> Self:
        """From build scripts and the libraries that they call."""
        layout = source.view(Layout)
        scripts = [f for f in source.facts(SCRIPTS) if layout.is_evidence(f.path)]
        paths = {file.path for file in scripts}
        libraries = [
            f for f in source.facts(HELPERS) if f.path not in paths and layout.is_evidence(f.path)
        ]
        return cls(scripts, libraries)

    @property
    def defines(self) -> Iterator[EnvironmentDefine]:
        """Variables that become defines, once per file."""
        for file in (*self.scripts, *self._libraries):
            own_helpers = {helper.name: helper for helper in file.facts.helpers}
            seen: set[str] = set()
            for read in file.facts.reads:
                if _CARGO.fullmatch(read.name) or read.name in seen:
                    continue
                helpers = self._behind(read.helper, own_helpers)
                if read.helper and not any(helper.reads for helper in helpers):
                    continue  # a function of another name's sake: no read that we know of
                known = self._registered if file in self._libraries else file.facts.registered
                registered = read.name in known or any(helper.registers for helper in helpers)
                if not registered and file.facts.registers_more:
                    continue  # a loop over names: cannot be told apart
                seen.add(read.name)
                yield EnvironmentDefine(read.name, Place(file.path, read.line), registered)

    def _behind(self, name: str, own: dict[str, EnvHelper]) -> list[EnvHelper]:
        """The helper of that name, and those that it hands the variable's name on to."""
        found: list[EnvHelper] = []
        pending = [name]
        while pending:
            called = pending.pop()
            helper = own.get(called) or self._helpers.get(called)
            if helper is not None and helper not in found:
                found.append(helper)
                pending += helper.hands
        return found

    @property
    def configures(self) -> Iterator[tuple[Place, bool]]:
        """Where a script configures with the ``cmake`` crate, which keeps ``OUT_DIR/build`` from
        run to run, and whether the script can remove that."""
        for file in self.scripts:
            for line in file.facts.configures[:1]:
                yield Place(file.path, line), file.facts.wipes

    @property
    def configured_once(self) -> Iterator[Place]:
        """``.always_configure(false)``."""
        for file in self.scripts:
            for line in file.facts.configure_once:
                yield Place(file.path, line)

    @property
    def conditional(self) -> Iterator[tuple[Place, Conditional]]:
        """Defines of the ``cmake`` crate that only one state of the environment passes."""
        for file in self.scripts:
            for item in file.facts.conditional:
                yield Place(file.path, item.line), item

    @property
    def inputs(self) -> Iterator[Inputs]:
        """The C files of each script that prints ``rerun-if`` lines, or whose ``cc`` does."""
        for file in self.scripts:
            facts = file.facts
            prints = facts.registered or facts.watched or facts.watches_more or facts.emits
            if not facts.inputs or not prints:
                continue
            names = tuple(dict.fromkeys(item.path for item in facts.inputs if item.path))
            watched = next((w for w in facts.watched if _covers(w, names)), "")
            if not watched and facts.watches_more:
                watched = "paths made at run time"
            yield Inputs(Place(file.path, facts.inputs[0].line), names, watched)


def _covers(watched: str, names: tuple[str, ...]) -> bool:
    """Whether a watched path is one of the files, or a folder that may hold them."""
    last = watched.rstrip("/").rpartition("/")[2]
    if "." not in last:
        return True
    return not last.endswith((".rs", ".toml", ".h", ".hpp", ".in")) and (
        not names or any(name.rpartition("/")[2] == last for name in names)
    )
