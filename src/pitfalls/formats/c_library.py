"""Which C library a build for bare metal takes its headers from, and in which order: the flags that
CMake files, build scripts, shell scripts and tables of build data hand to the compiler."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

FlagKind = Literal["include", "isystem", "specs", "forced", "define"]
Override = Literal["none", "first", "behind"]


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
    archive, 0 for none; ``libraries``: it compiles sources that are known to use errno; ``crt0``:
    as far as it says, picolibc's own start-up is linked."""

    scope: str
    line: int
    flags: tuple[LibraryFlag, ...]
    overrides: tuple[str, ...] = ()
    links: int = 0
    libraries: bool = False
    crt0: bool = False


class Fallback(msgspec.Struct, frozen=True):
    """A fixed folder of picolibc that is taken when a compiler does not name one; ``checked``:
    only when the compiler accepted picolibc's specs file."""

    line: int
    checked: bool


class LibraryBuilds(msgspec.Struct, frozen=True):
    """Those of one file; ``compilers`` are the prefixes of RISC-V compilers that it names.
    ``plain_errno`` is the line that builds picolibc with an errno outside thread-local storage,
    ``no_tls`` the one that builds it without such storage at all; 0 for none."""

    builds: tuple[LibraryBuild, ...]
    fallbacks: tuple[Fallback, ...]
    compilers: tuple[str, ...]
    plain_errno: int = 0
    no_tls: int = 0


PICOLIBC = re.compile(r"picolibc", re.IGNORECASE)
SPECS = "--specs=picolibc.specs"
ERRNO_DEFINE = "__PICOLIBC_ERRNO_FUNCTION"
USES_ERRNO = re.compile(
    r"zenoh[-_]?pico[\w\"'}/-]{0,30}?(?:/src\b|_src\b|\.join\(\s*\"src)", re.IGNORECASE
)
"""The sources of zenoh-pico, whose 1.7.2 reads errno behind strtoul when it parses endpoints."""

_NO_TLS = re.compile(r"-D\s?thread-local-storage=false\b")
_PLAIN_ERRNO = re.compile(r"-D\s?(?:newlib-global-errno=true|errno-function=(?!auto\b|false\b)\w)")
_COMPILER = re.compile(r"\b(riscv\d*-(?:none|unknown|esp|zephyr)-elf)\b")


def compilers(text: str) -> tuple[str, ...]:
    """The prefixes of RISC-V compilers in a text."""
    return tuple(sorted(set(_COMPILER.findall(text))))


def facts(builds: list[LibraryBuild], fallbacks: list[Fallback], text: str) -> LibraryBuilds | None:
    """The facts of a file; None when none of its builds has to do with picolibc."""
    own = [b for b in builds if b.links or any(f.is_picolibc for f in b.flags)]
    no_tls, plain = _line(_NO_TLS, text), _line(_PLAIN_ERRNO, text)
    if not own and not fallbacks and not no_tls and not plain:
        return None
    return LibraryBuilds(tuple(own), tuple(fallbacks), compilers(text), plain or no_tls, no_tls)


def _line(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def order(flags: tuple[LibraryFlag, ...], own: LibraryFlag) -> tuple[Override, str]:
    """Whether a folder is found before picolibc's, and why not. GCC's order: every ``-I``, then
    every ``-isystem``, those of a specs file first."""
    at = flags.index(own)
    rivals = [(n, f) for n, f in enumerate(flags) if f.is_picolibc]
    for number, rival in rivals:
        if rival.kind == "specs" and own.kind == "isystem":
            return "behind", "the specs file puts its own -isystem before that of the command line"
        if rival.kind == "include" and own.kind == "isystem":
            return "behind", "an -isystem folder is searched after every -I folder"
        if rival.kind == own.kind and number < at:
            return "behind", "picolibc's folder stands before it"
    return "first", ""
