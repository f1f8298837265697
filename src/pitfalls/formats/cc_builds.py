"""Libraries that Rust build code compiles with the ``cc`` crate: the folders and macros of each,
and which of them are zenoh-pico or include its headers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, braces, closing, rust_functions


class CcDefine(msgspec.Struct, frozen=True):
    """``.define(macro, value)``; ``value`` is None when it is computed. ``always``: in the block
    that makes the builder, under no condition of its own."""

    macro: str
    value: str | None
    line: int
    always: bool


class CcBuild(msgspec.Struct, frozen=True):
    """One ``cc::Build``. ``name`` is what it compiles, else the function. ``includes`` are its
    folders as text, with variables put in. ``helpers`` are functions that are handed the builder.
    ``library``: it compiles zenoh-pico; ``user``: it includes its headers without.
    ``block`` are the offsets of the outermost block of the file that it is known to run in."""

    name: str
    function: str
    line: int
    includes: tuple[str, ...]
    defines: tuple[CcDefine, ...]
    helpers: tuple[str, ...]
    library: bool
    user: bool
    block: tuple[int, int]


class CcBuilds(msgspec.Struct, frozen=True):
    """Those of one file. ``taking`` are functions that are handed a builder; ``generated`` names
    the folders that zenoh-pico's configuration header is written into."""

    builds: tuple[CcBuild, ...]
    taking: tuple[CcBuild, ...]
    generated: tuple[str, ...]


_PICO = re.compile(r"zenoh[-_]?pico", re.IGNORECASE)
_PICO_SOURCES = re.compile(r"zenoh[-_]?pico\w*[\"')]*(?:\.join\(\s*\"|/)src\b", re.IGNORECASE)
_NEW = re.compile(
    r"(?:\blet\s+(?:mut\s+)?(\w+)\s*(?::[^=;]+)?=\s*)?\b(?:cc::)?Build::new\s*\(\s*\)"
)
_TAKEN = re.compile(r"(\w+)\s*:\s*&\s*mut\s+(?:cc::)?Build\b")
_LINK = re.compile(r"\s*\.\s*(\w+)\s*\(")
_HEADER = re.compile(
    r"(?:(\w+)|\.join\(\s*\"([\w./-]+)\"\s*\))\s*\.join\(\s*\"zenoh_generic_config\.h\""
)
_HEADER_PATH = re.compile(r"\"(?:[^\"\n]*/)?([\w.-]+)/zenoh_generic_config\.h\"")
_WRITES = re.compile(r"\bfs::write\s*\(|\bFile::create\s*\(")
_MAX_CALL = 4000
_ROUNDS = 3


def parse(data: bytes) -> CcBuilds | None:
    """The builders of a Rust file, None when it has none or never names zenoh-pico."""
    source = decode(data)
    if not _PICO.search(source):
        return None
    text = blank(source)
    functions = rust_functions(text)
    reader = _Reader(text, functions, braces(text.code), Lines(text.plain))
    builds = tuple(b for span in functions for b in reader.made(span))
    taking = tuple(b for span in functions for b in reader.taken(span))
    if not builds and not taking:
        return None
    return CcBuilds(builds, taking, tuple(sorted(set(_generated(text.plain)))))


def _generated(plain: str) -> Iterator[str]:
    if not _WRITES.search(plain):
        return
    for found in _HEADER.finditer(plain):
        named = found[2] or re.findall(r'"([\w./-]+)"', _assigned(found[1], plain))[-1:]
        yield (named if isinstance(named, str) else (named or [found[1]])[0]).rpartition("/")[2]
    yield from (m[1] for m in _HEADER_PATH.finditer(plain) if "rerun-if" not in m[0])


def _assigned(name: str, plain: str) -> str:
    found = re.search(rf"\blet\s+(?:mut\s+)?{name}\s*(?::[^=;]+)?=(?!=)\s*([^;]{{1,300}});", plain)
    return found[1] if found else ""


@dataclass(frozen=True)
class _Reader:
    text: Text
    functions: list[Span]
    matching: dict[int, int]
    lines: Lines

    @cached_property
    def opened(self) -> list[int]:
        """The opening braces of the file, in order."""
        return sorted(self.matching)

    def made(self, span: Span) -> Iterator[CcBuild]:
        """The builders that a function makes."""
        found = list(_NEW.finditer(self.text.code, span.opened, span.closed))
        for number, new in enumerate(found):
            later = (m.start() for m in found[number + 1 :] if m[1] == new[1])
            end = next(later, span.closed)
            calls = list(self._chain(new.end()))
            if new[1]:
                calls += self._calls_on(new[1], new.end(), end)
            yield self._build(span, new.start(), calls, self._helpers(new[1], new.end(), end))

    def taken(self, span: Span) -> Iterator[CcBuild]:
        """The builder that a function is handed."""
        named = _TAKEN.search(span.parameters)
        if named:
            calls = list(self._calls_on(named[1], span.opened, span.closed))
            helpers = self._helpers(named[1], span.opened, span.closed)
            yield self._build(span, span.opened + 1, calls, helpers)

    def _chain(self, start: int) -> Iterator[tuple[str, int, int]]:
        """``(method, start, end of its arguments)`` of a chain of calls."""
        while call := _LINK.match(self.text.code, start):
            end = closing(self.text.code, call.end(), _MAX_CALL)
            yield call[1], call.end(), end
            start = end + 1

    def _calls_on(self, name: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        for use in re.finditer(rf"(?<![\w.]){name}\b(?=\s*\.)", self.text.code[start:end]):
            yield from self._chain(start + use.end())

    def _helpers(self, name: str | None, start: int, end: int) -> tuple[str, ...]:
        if not name:
            return ()
        pattern = rf"(\w+)\s*\((?:[^()]*,)?\s*&mut\s+{name}\b"
        return tuple(dict.fromkeys(re.findall(pattern, self.text.code[start:end])))

    def _build(
        self, span: Span, start: int, calls: list[tuple[str, int, int]], helpers: tuple[str, ...]
    ) -> CcBuild:
        block = self._around(start)
        includes, sources, defines, name = [], [], [], ""
        for method, first, last in calls:
            written = self._resolved(self.text.plain[first:last], span)
            if method in ("include", "includes"):
                includes.append(written)
            elif method in ("file", "files"):
                sources.append(written)
            elif method in ("compile", "try_compile"):
                name = written.strip('"& ')
            elif method == "define" and (define := self._define(first, last, block)):
                defines.append(define)
        library = bool(_PICO.match(name)) or any(_PICO_SOURCES.search(s) for s in sources)
        return CcBuild(
            name or span.name, span.name, self.lines.at(start), tuple(includes), tuple(defines),
            helpers, library, not library and any(_PICO.search(i) for i in includes),
            self._runs_in(block),
        )  # fmt: skip

    def _define(self, first: int, last: int, block: int) -> CcDefine | None:
        written = self.text.plain[first:last]
        macro = re.match(r"\s*\"(\w+)\"\s*,\s*(.*)", written, re.DOTALL)
        if macro is None:
            return None
        value = re.fullmatch(r"(?:Some\(\s*)?\"([^\"]*)\"\s*\)?\s*,?\s*", macro[2])
        text = value[1] if value else "" if macro[2].strip(" ,\n") == "None" else None
        return CcDefine(macro[1], text, self.lines.at(first), self._around(first) == block)

    def _resolved(self, written: str, span: Span) -> str:
        """An argument with the variables of the function replaced by what they are set to."""
        body = self.text.plain[span.opened : span.closed]
        for _ in range(_ROUNDS):
            name = re.fullmatch(r"\s*&?\s*([a-z_]\w*)\s*", written)
            value = _assigned(name[1], body) if name else ""
            if not value:
                break
            written = value
        return " ".join(written.split())

    def _around(self, offset: int) -> int:
        """The opening brace of the innermost block around an offset."""
        opened = self.opened
        for at in range(bisect_right(opened, offset - 1) - 1, -1, -1):
            if offset <= self.matching[opened[at]]:
                return opened[at]
        return 0

    def _runs_in(self, block: int) -> tuple[int, int]:
        """The block that a builder runs in: of a function that one place calls, the block there."""
        for _ in range(_ROUNDS):
            span = next((f for f in self.functions if f.opened == block), None)
            named = rf"(?<![\w.])(?<!fn ){span.name}\s*\(" if span is not None else r"(?!)"
            calls = [m.start() for m in re.finditer(named, self.text.code)]
            if len(calls) != 1:
                break
            block = self._around(calls[0])
        return block, self.matching.get(block, len(self.text.code))
