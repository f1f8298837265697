"""Which C library a build for bare metal takes its headers from, and in which order: the flags that
CMake files, build scripts, shell scripts and tables of build data hand to the compiler."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

FlagKind = Literal["include", "isystem", "specs", "forced", "define"]


class LibraryFlag(msgspec.Struct, frozen=True):
    """One flag in the order of the command line. ``include`` and ``isystem`` name a folder,
    ``forced`` a header (``-include``), ``define`` a macro. ``is_picolibc``: the folder, or the
    specs file, is picolibc's."""

    kind: FlagKind
    value: str
    line: int
    is_picolibc: bool = False


class LibraryBuild(msgspec.Struct, frozen=True):
    """The flags of one build: a function of a build script, a script, a CMake file. ``overrides``
    are folders that it puts an ``errno.h`` into; ``links`` is the line that links picolibc's
    archive, 0 for none; ``libraries``: it compiles sources that are known to use errno."""

    scope: str
    line: int
    flags: tuple[LibraryFlag, ...]
    overrides: tuple[str, ...] = ()
    links: int = 0
    libraries: bool = False


class Fallback(msgspec.Struct, frozen=True):
    """A fixed folder of picolibc that is taken when a compiler does not name one; ``checked``:
    only when the compiler accepted picolibc's specs file."""

    line: int
    checked: bool


class LibraryBuilds(msgspec.Struct, frozen=True):
    """Those of one file; ``compilers`` are the prefixes of RISC-V compilers that it names."""

    builds: tuple[LibraryBuild, ...]
    fallbacks: tuple[Fallback, ...]
    compilers: tuple[str, ...]


PICOLIBC = re.compile(r"picolibc", re.IGNORECASE)
SPECS = "--specs=picolibc.specs"
ERRNO_DEFINE = "__PICOLIBC_ERRNO_FUNCTION"
USES_ERRNO = re.compile(
    r"zenoh[-_]?pico[\w\"'}/-]{0,30}?(?:/src\b|_src\b|\.join\(\s*\"src)", re.IGNORECASE
)
"""The sources of zenoh-pico, whose 1.7.2 reads errno behind strtoul when it parses endpoints."""

_COMPILER = re.compile(r"\b(riscv\d*-(?:none|unknown|esp|zephyr)-elf)\b")


def compilers(text: str) -> tuple[str, ...]:
    """The prefixes of RISC-V compilers in a text."""
    return tuple(sorted(set(_COMPILER.findall(text))))


def facts(builds: list[LibraryBuild], fallbacks: list[Fallback], text: str) -> LibraryBuilds | None:
    """The facts of a file; None when none of its builds has to do with picolibc."""
    own = [b for b in builds if b.links or any(f.is_picolibc for f in b.flags)]
    if not own and not fallbacks:
        return None
    return LibraryBuilds(tuple(own), tuple(fallbacks), compilers(text))
