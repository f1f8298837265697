"""picolibc in CMake files and toolchain files: include folders, options, and folders that are taken
when a compiler does not name one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitfalls.formats import decode
from pitfalls.formats.c_library import (
    ERRNO_DEFINE,
    PICOLIBC,
    SPECS,
    USES_ERRNO,
    Fallback,
    LibraryBuild,
    LibraryBuilds,
    LibraryFlag,
    facts,
)
from pitfalls.formats.code_text import Lines

_COMMENT = re.compile(r"#(?!\[)[^\n]*")
_STATEMENT = re.compile(
    r"\b([A-Za-z_]\w{0,60})[ \t]*\("
    r"([^()]{0,4000}(?:\([^()]{0,400}\)[^()]{0,2000}){0,8})\)"
)
_WORD = re.compile(r"\"([^\"]*)\"|([^\s\"]+)")
_FIXED = re.compile(r"/usr/[\w/.-]*picolibc[\w/.-]*")
_KEYWORDS = frozenset({"SYSTEM", "BEFORE", "AFTER", "PUBLIC", "PRIVATE", "INTERFACE"})
_INCLUDES = ("include_directories", "target_include_directories")
_OPTIONS = (
    "add_compile_options", "target_compile_options", "set", "string", "add_definitions",
    "target_compile_definitions", "add_compile_definitions", "list",
)  # fmt: skip
_LINKS = ("target_link_options", "add_link_options")
_LINK_FLAGS = re.compile(r"CMAKE_(?:C|CXX|ASM)_FLAGS|CMAKE_EXE_LINKER_FLAGS")
NO_START = re.compile(rb"-nostartfiles|-nostdlib\b")
"""With such an option the specs file adds no crt0."""


def parse(data: bytes) -> LibraryBuilds | None:
    """One CMake file: its folders and options in their order."""
    text = _COMMENT.sub(lambda m: " " * len(m[0]), decode(data))
    lines = Lines(text)
    statements = [(m[1].lower(), m[2], lines.at(m.start())) for m in _STATEMENT.finditer(text)]
    names = {
        _words(body)[0]
        for command, body, _ in statements
        if command == "set" and PICOLIBC.search(body) and _words(body)
    }
    flags: list[LibraryFlag] = []
    overrides: list[str] = []
    links = 0
    for command, body, line in statements:
        if command in _INCLUDES:
            flags += _folders(command, body, line, names)
        elif command in _OPTIONS and "-print-sysroot" not in body:
            flags += _options(body, line)
        elif command in _LINKS and SPECS in body:
            # picolibc's own start-up sets the thread pointer
            links = links or (0 if "--crt0" in body else line)
        elif command in ("file", "configure_file") and "errno.h" in body:
            found = re.search(r"([^\s\"]{1,200})/errno\.h", body.partition("errno.h.in")[2] or body)
            overrides += [found[1].rpartition("}")[2].strip("/")] if found else []
    crt0 = any(SPECS in body and _is_linked(command, body) for command, body, _ in statements)
    build = LibraryBuild(
        "", flags[0].line if flags else 1, tuple(flags), tuple(overrides), links,
        USES_ERRNO.search(text) is not None, crt0 and not NO_START.search(data),
    )  # fmt: skip
    return facts([build], list(_fallbacks(statements)), text)


def _words(body: str) -> list[str]:
    return [word for m in _WORD.finditer(body) if (word := m[1] or m[2])]


def _is_linked(command: str, body: str) -> bool:
    """Whether options reach the linker: CMake hands it the compiler's flags, too."""
    return command in _LINKS or (command == "set" and _LINK_FLAGS.match(body.strip()) is not None)


def _folders(command: str, body: str, line: int, names: set[str]) -> Iterator[LibraryFlag]:
    words = _words(body)
    rest = words[1:] if command.startswith("target") else words
    system = "SYSTEM" in rest
    for word in rest:
        if word not in _KEYWORDS:
            variables = re.findall(r"\$\{(\w+)\}", word)
            known = PICOLIBC.search(word) is not None or any(v in names for v in variables)
            value = word.rpartition("}")[2].strip("/") or word
            yield LibraryFlag("isystem" if system else "include", value, line, known)


def _options(body: str, line: int) -> Iterator[LibraryFlag]:
    words = " ".join(_words(body)).split()
    for at, word in enumerate(words):
        if word == SPECS:
            yield LibraryFlag("specs", word, line, is_picolibc=True)
        elif word.lstrip("-D").startswith(ERRNO_DEFINE):
            yield LibraryFlag("define", ERRNO_DEFINE, line)
        elif word == "-include" and at + 1 < len(words):
            yield LibraryFlag("forced", words[at + 1].rpartition("/")[2], line)
        elif word.startswith("-isystem"):
            value = word[8:] or (words[at + 1] if at + 1 < len(words) else "")
            known = PICOLIBC.search(value) is not None
            yield LibraryFlag("isystem", value.rpartition("}")[2].strip("/"), line, known)


def _fallbacks(statements: list[tuple[str, str, int]]) -> Iterator[Fallback]:
    """A fixed folder that is set behind a question to the compiler for picolibc's sysroot."""
    asked, checked = False, False
    for command, body, line in statements:
        if command == "execute_process":
            asked = "picolibc.specs" in body
            checked = "RESULT_VARIABLE" in body or "COMMAND_ERROR_IS_FATAL" in body
        elif command == "set" and asked and _FIXED.search(body):
            yield Fallback(line, checked)
