"""Where C macros are defined outside C headers, and which build statements name zenoh-pico.

One parser a language: CMake, Rust build code, shell and recipes, Make, PlatformIO. Only names of
zenoh-pico's configuration and of FreeRTOS's (``Z_FEATURE_*``, ``ZENOH_*``, ``config*``) are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.c_expression import evaluate, tokenize

Kind = Literal["cmake-variable", "compile-definition", "generated-header", "patch", "kconfig"]


class Definition(msgspec.Struct, frozen=True):
    """One definition site.

    ``value`` is the text as written, empty for a bare ``-DX`` (the compiler makes it 1), None when
    it is computed. ``scope`` names the function or the CMake target that it belongs to, empty for
    the whole file. ``condition`` is the innermost ``if`` around it. ``guarded``: it stands under
    an ``#ifndef`` of its own name.
    """

    macro: str
    value: str | None
    line: int
    kind: Kind
    scope: str = ""
    condition: str = ""
    guarded: bool = False

    @property
    def integer(self) -> int | None:
        """The value as an integer, None when it is not one."""
        if self.value is None:
            return None
        text = self.value.strip().strip("\"'")
        if text.upper() in _BOOLEAN:
            return _BOOLEAN[text.upper()]
        return 1 if not text else evaluate(tokenize(text))


_BOOLEAN = {"ON": 1, "YES": 1, "TRUE": 1, "OFF": 0, "NO": 0, "FALSE": 0}


class Mark(msgspec.Struct, frozen=True):
    """A statement that builds, fetches or links zenoh-pico. ``tool``: ``cmake`` when zenoh-pico's
    own CMake project is configured by it, ``link`` for a link line, else ``sources``."""

    line: int
    text: str
    tool: Literal["cmake", "link", "sources"]
    scope: str = ""
    version: str = ""


class Link(msgspec.Struct, frozen=True):
    """``target_link_libraries``: ``target`` uses ``libraries``."""

    target: str
    libraries: tuple[str, ...]
    line: int


class Definitions(msgspec.Struct, frozen=True):
    """All of one file, in its order."""

    definitions: tuple[Definition, ...]
    marks: tuple[Mark, ...] = ()
    links: tuple[Link, ...] = ()


def decided(sites: Sequence[Definition]) -> Definition | None:
    """The site that holds: those outside any condition beat the others; None on a conflict."""
    known = [s for s in sites if s.integer is not None]
    plain = [s for s in known if not s.condition] or known
    if not known and sites:
        return msgspec.structs.replace(sites[0], value=None)
    return plain[-1] if plain and len({s.integer for s in plain}) == 1 else None


_NAME = r"(?:Z_FEATURE_|Z_CONFIG_|ZENOH_)\w+|ZP_PLATFORM|config[A-Z]\w+"
NAME = re.compile(_NAME)
"""The macros and variables that are looked for."""

FLAG = re.compile(rf"(?<![\w-])-D\s*({_NAME})(?::\w+)?(?:=(\"[^\"]*\"|'[^']*'|[^\s\"'\\;)]*))?")
DEFINE = re.compile(rf"^[ \t]*#[ \t]*define[ \t]+({_NAME})(?:[ \t]+([^\n/]*))?", re.MULTILINE)
_IFNDEF = re.compile(rf"#[ \t]*ifndef[ \t]+({_NAME})")
_PICO = re.compile(r"zenoh[-_]?pico", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?\s*['\"\\]?(\w+)['\"]?")
_ENVIRONMENT = re.compile(r"(?<![\w$/{-])(Z_FEATURE_\w+)\s*[:?]?=\s*([^\s;&]*)")
_SED = re.compile(rf"s(.)[^\n]*?#\s*define\s+({_NAME})\b[^\n]*?\1[^\n]*?#\s*define\s+\2\s+(\w+)")
_MAX_SED = 1000  # characters of a line: the pattern tries every pair of places


def flags(text: str, line: int, kind: Kind, scope: str = "") -> Iterator[Definition]:
    """The ``-DX=v`` of one line."""
    for found in FLAG.finditer(text):
        yield Definition(found[1], _literal(found[2] or ""), line, kind, scope)


def header_text(text: str, line: int, scope: str = "") -> Iterator[Definition]:
    """The ``#define X v`` of C text that stands at ``line`` of another file."""
    guards = set(_IFNDEF.findall(text))
    for found in DEFINE.finditer(text):
        number = line + text.count("\n", 0, found.start(1))
        value = _literal((found[2] or "").strip())
        guarded = found[1] in guards
        yield Definition(found[1], value, number, "generated-header", scope, guarded=guarded)


def _literal(value: str) -> str | None:
    """None for text that something else still fills in: ``{}``, ``$X``, ``@X@``."""
    value = value.strip("\"'")
    return None if re.search(r"[{}$@%]", value) else value


def parse_shell(data: bytes) -> Definitions | None:
    """Shell scripts and recipes: command lines, here-documents with C text, ``sed`` patches."""
    found: list[Definition] = []
    marks: list[Mark] = []
    heredoc, block, start = "", [""], 1
    for number, row in enumerate(decode(data).splitlines(), 1):
        if heredoc:
            if row.strip() == heredoc:
                found += header_text("\n".join(block), start)
                heredoc = ""
            else:
                block.append(row)
            continue
        if row.lstrip().startswith("#"):
            continue
        kind: Kind = "cmake-variable" if _configures_cmake(row) else "compile-definition"
        found += flags(row, number, kind)
        if "sed" in row and len(row) < _MAX_SED:
            found += (Definition(m[2], m[3], number, "patch") for m in _SED.finditer(row))
        if _configures_cmake(row) and _PICO.search(row):
            marks.append(Mark(number, row.strip()[:120], "cmake"))
        opened = _HEREDOC.search(row)
        if opened:
            heredoc, block, start = opened[1], [], number + 1
    return _facts(found, marks)


_CONFIGURES = re.compile(r"\bcmake\b(?!\s+--build)")


def _configures_cmake(row: str) -> bool:
    # A continuation line of one long cmake call holds options only.
    return row.lstrip().startswith("-D") or ("cmake" in row and bool(_CONFIGURES.search(row)))


def parse_make(data: bytes) -> Definitions | None:
    """Makefiles: flags, and variables that are handed to a CMake configure line."""
    found: list[Definition] = []
    for number, row in enumerate(decode(data).splitlines(), 1):
        text = row.split("#", 1)[0] if row.lstrip().startswith("#") else row
        found += flags(text, number, "compile-definition")
        for match in _ENVIRONMENT.finditer(text):
            value = _literal(match[2])
            found.append(Definition(match[1], value, number, "cmake-variable"))
    return _facts(found, [])


def parse_platformio(data: bytes) -> Definitions | None:
    """``platformio.ini``: ``build_flags`` go to the compiler, ``cmake_extra_args`` to CMake."""
    found: list[Definition] = []
    marks: list[Mark] = []
    option, section = "", ""
    for number, row in enumerate(decode(data).splitlines(), 1):
        if row.lstrip().startswith((";", "#")):
            continue
        if named := re.match(r"\[([^\]\n]+)\]", row):
            section = named[1]
        elif named := re.match(r"([\w.]+)\s*=", row):
            option = named[1]
        variable = option.endswith("cmake_extra_args")
        found += flags(row, number, "cmake-variable" if variable else "compile-definition", section)
        if option == "lib_deps" and _PICO.search(row):
            version = re.search(r"(\d+\.\d+\.\d+)", row)
            text = row.strip()[:120]
            marks.append(Mark(number, text, "sources", section, version[1] if version else ""))
    return _facts(found, marks)


def parse_meta(data: bytes) -> Definitions | None:
    """``colcon.meta`` files: arguments of the CMake configure lines of packages."""
    found: list[Definition] = []
    for number, row in enumerate(decode(data).splitlines(), 1):
        if not row.lstrip().startswith(("#", "//")):
            found += flags(row, number, "cmake-variable")
    return _facts(found, [])


def _facts(
    found: list[Definition], marks: list[Mark], links: list[Link] | None = None
) -> Definitions | None:
    if not found and not marks:
        return None
    return Definitions(tuple(found), tuple(marks), tuple(links or ()))
