"""Build scripts that compile C: what they read from the environment, which of it becomes a define,
and what makes cargo run them again.

Cargo runs a build script again when a file of the package changed, until the script prints a
``rerun-if-`` line: from then on only what those lines name counts. A change of an environment
variable never counts without its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import (
    Lines,
    Text,
    blank,
    braces,
    closing,
    rust_functions,
    statement_end,
)
from pitfalls.formats.rust_text import names_of


class Read(msgspec.Struct, frozen=True):
    """An environment variable whose value ends in a define or in a text that is written, or
    decides whether there is one: ``helper`` is the function that is handed the name, empty for
    ``env::var`` itself."""

    name: str
    line: int
    helper: str


class EnvHelper(msgspec.Struct, frozen=True):
    """A function that is handed the name of a variable: whether it reads it, whether it prints
    ``rerun-if-env-changed`` for it, and the functions that it ``hands`` the name on to."""

    name: str
    reads: bool
    registers: bool
    hands: tuple[str, ...] = ()


class Input(msgspec.Struct, frozen=True):
    """A C file handed to ``cc``: the literal end of its path, empty when there is none."""

    path: str
    line: int


class Conditional(msgspec.Struct, frozen=True):
    """A define of the ``cmake`` crate that stands in an ``if`` without ``else``."""

    key: str
    condition: str
    line: int


class BuildScript(msgspec.Struct, frozen=True):
    """One file. ``registered`` are variables with a ``rerun-if-env-changed`` line of their own;
    ``watched`` literal paths of ``rerun-if-changed``; ``watches_more`` whether other such lines
    are made at run time, or by a helper; ``emits`` whether ``cc`` prints lines by itself."""

    reads: tuple[Read, ...]
    helpers: tuple[EnvHelper, ...]
    registered: tuple[str, ...]
    registers_more: bool
    watched: tuple[str, ...]
    watches_more: bool
    inputs: tuple[Input, ...]
    emits: bool
    configures: tuple[int, ...]
    configure_once: tuple[int, ...]
    conditional: tuple[Conditional, ...]
    wipes: bool


_READ = re.compile(r"\benv::var(?:_os)?\s*\(\s*(?:\"(\w+)\"|&?\s*(\w+))\s*\)")
_HELPER_CALL = re.compile(r"(?<![\w.:!])((?:\w+::)*[a-z_]\w*)\s*\(\s*\"([A-Z][A-Z0-9_]{2,})\"")
_HANDS_NAME = re.compile(r"\(\s*\"[A-Z]")
_HANDS_ON = re.compile(r"(?<![\w.:!])((?:\w+::)*[a-z_]\w*)\s*\(\s*&?\s*(\w+)\s*[,)]")
_RERUN_ENV = re.compile(r"rerun-if-env-changed=(?:([A-Z_]\w*)|\{(\w*)[^}]*\})")
_RERUN_FILE = re.compile(r"rerun-if-changed=([^\"{}\\]*)(\{|\\)?")
_WATCHER = re.compile(
    r"\b(?!emit_rerun_if_env)(\w*(?:rerun|watch|track)\w*)\s*(?:\(|!)", re.IGNORECASE
)
_FILE = re.compile(r"\.(?:file|files)\s*\(")
_C_END = re.compile(r"\"([^\"]*\.(?:c|cc|cpp|cxx|S|s|asm))\"")
_DEFINE = re.compile(r"\.(define|flag|flag_if_supported|cflag|cxxflag|configure_arg)\s*\(")
_WRITES = re.compile(r"\b(?:writeln|write|format)!\s*\(|\.push_str\s*\(")
_TEMPLATE = re.compile(
    r"\.replace\s*\(\s*r?#?\"(?=[^\"]*[A-Za-z])[$@{<%_#!]+[\w .-]+[@}>%_#!]+\"#?\s*,"
)
_SAVES = re.compile(r"\bfs::write\s*\(|\.write_all\s*\(|\bwrite(?:ln)?!\s*\(")
_DEFINE_LINE = re.compile(r"#\s*define\s+\w+|\b(?:const|static)\s+[\w{}]+\s*:(?!:)")
_LET = re.compile(
    r"\blet\s+(?:mut\s+)?(?:(?:Ok|Some)\s*\(\s*(?:mut\s+)?(\w+)\s*\)|(\w+)(?:\s*:[^=;]+)?)\s*=(?!=)"
)
_MATCH = re.compile(r"\bmatch\s+(?=[^{};]*\bvar)")
_ARM = re.compile(r"\b(?:Ok|Some)\s*\(\s*(?:mut\s+|ref\s+)*([a-z]\w*)\s*\)\s*(?:if\b[^{};]*?)?=>")
_IF = re.compile(r"\bif\s+")
_CMAKE_CONFIG = re.compile(r"(?:\bcmake::Config|(?<!:)\bConfig)::new\s*\(")
_ONCE = re.compile(r"\.always_configure\s*\(\s*false\s*\)")
_PRINT = re.compile(r"\bprintln!\s*\(")
_CONFIG_DEFINE = re.compile(r"\b(\w+)\s*\.define\(\s*\"(\w+)\"")
_OF_CARGO = ("CARGO", "TARGET", "HOST", "PROFILE", "OPT_LEVEL", "DEBUG", "DEP_", "OUT_DIR")
_MAX_VALUE = 2000
_ROUNDS = 3


def parse(data: bytes) -> BuildScript | None:
    """The facts of a build script, or of a library that helps build scripts."""
    text = blank(decode(data))
    matching = braces(text.code)
    lines = Lines(text.plain)
    spans = rust_functions(text)
    reads: list[Read] = []
    helpers: list[EnvHelper] = []
    conditional: list[Conditional] = []
    for span in spans:
        function = _Function(text, span.opened, span.closed, matching)
        helpers += function.helpers(span.name, span.parameters)
        reads += [
            Read(name, lines.at(offset), helper) for offset, name, helper in function.defining()
        ]
        conditional += [
            Conditional(key, condition, lines.at(offset))
            for key, condition, offset in function.conditional()
        ]
    plain = text.plain
    cmake = "cmake" in plain
    envs = _RERUN_ENV.findall(plain)
    files = _RERUN_FILE.findall(plain)
    return BuildScript(
        tuple(reads),
        tuple(helpers),
        tuple(sorted({name for name, _ in envs if name})),
        any(not name for name, _ in envs),
        tuple(sorted({path for path, more in files if path and not more})),
        any(more or not path for path, more in files) or _WATCHER.search(text.code) is not None,
        tuple(_inputs(text, lines)),
        "cc::Build" in plain and ".compile(" in plain
        and not re.search(r"emit_rerun_if_env_changed\s*\(\s*false", plain),
        tuple(lines.at(m.start()) for m in _CMAKE_CONFIG.finditer(text.code)) if cmake else (),
        tuple(lines.at(m.start()) for m in _ONCE.finditer(text.code)),
        tuple(conditional) if cmake else (),
        "remove_dir_all" in text.code,
    )  # fmt: skip


def _inputs(text: Text, lines: Lines) -> Iterator[Input]:
    for call in _FILE.finditer(text.code):
        written = text.plain[call.end() : closing(text.code, call.end(), _MAX_VALUE)]
        names = _C_END.findall(written)
        for name in names or ([""] if written.strip() else []):
            yield Input(name if "{" not in name else "", lines.at(call.start()))


@dataclass(frozen=True)
class _Function:
    """One function of the script, by offsets into the text."""

    text: Text
    start: int
    end: int
    matching: dict[int, int]

    def helpers(self, name: str, parameters: str) -> Iterator[EnvHelper]:
        """Whether the function reads or registers a variable that it is handed."""
        handed = set(re.findall(r"(\w+)\s*:\s*&", parameters))
        body = self.text.plain[self.start : self.end]
        reads = any(m[2] in handed for m in _READ.finditer(body))
        registers = any(m[2] in handed for m in _RERUN_ENV.finditer(body)) or (
            bool(handed) and "rerun-if-env-changed={}" in body
        )
        calls = ((m[1].rpartition("::")[2], m[2]) for m in _HANDS_ON.finditer(body))
        hands = tuple(sorted({called for called, given in calls if given in handed}))
        if reads or registers or hands:
            yield EnvHelper(name, reads, registers, hands)

    def defining(self) -> Iterator[tuple[int, str, str]]:
        """``(offset, variable, helper)`` of the reads that end in a define."""
        flowing = self._flowing()
        yield from (source for source in self._sources if source[0] in flowing)

    @cached_property
    def _sources(self) -> list[tuple[int, str, str]]:
        return list(self._find_sources())

    def _find_sources(self) -> Iterator[tuple[int, str, str]]:
        body = self.text.plain[self.start : self.end]
        for found in _READ.finditer(body):
            names = [found[1]] if found[1] else names_of(self.text.plain, found[2])
            yield from ((self.start + found.start(), name, "") for name in names)
        for found in _HELPER_CALL.finditer(body) if _HANDS_NAME.search(body) else ():
            if not found[1].endswith(("env::var", "env::var_os", "env::set_var")):
                yield self.start + found.start(), found[2], found[1].rpartition("::")[2]

    def _flowing(self) -> set[int]:
        """Offsets of reads whose value reaches a define, through variables of the function, or
        that decide whether there is one."""
        names: dict[str, set[int]] = {}
        sources = [offset for offset, _, _ in self._sources]
        if not sources:
            return set()
        bound = list(self._bound())
        for _ in range(_ROUNDS):
            for name, first, last in bound:
                found = self._within(sources, names, first, last)
                if found:
                    names.setdefault(name, set()).update(found)
        flowing: set[int] = set()
        for first, last in self._sinks():
            flowing |= self._within(sources, names, first, last)
        return flowing

    def _within(
        self, sources: list[int], names: dict[str, set[int]], first: int, last: int
    ) -> set[int]:
        found = {offset for offset in sources if first <= offset < last}
        for word in set(re.findall(r"[A-Za-z_]\w*", self.text.plain[first:last])):
            found |= names.get(word, set())
        return found

    def _bound(self) -> Iterator[tuple[str, int, int]]:
        """``(name, start, end)`` of the values of ``let`` and ``if let``, and of the expression
        whose success an arm of a ``match`` names."""
        code = self.text.code
        for found in _LET.finditer(code, self.start, self.end):
            stop = statement_end(code, found.end())
            if code[stop : stop + 1] == "{" and not found[1]:  # `let x = match y { … };`
                stop = statement_end(code, self.matching.get(stop, stop) + 1)
            yield found[1] or found[2], found.end(), stop
        for found in _MATCH.finditer(code, self.start, self.end):
            opened = code.find("{", found.end())
            for arm in _ARM.finditer(code, opened, self.matching.get(opened, opened)):
                yield arm[1], found.end(), opened

    def _sinks(self) -> Iterator[tuple[int, int]]:
        """The arguments of defines, and the conditions of those that are conditional."""
        code = self.text.code
        for call in _DEFINE.finditer(code, self.start, self.end):
            stop = closing(code, call.end(), _MAX_VALUE)
            written = self.text.plain[call.end() : stop]
            if call[1] == "define" or "-D" in written:
                yield call.end(), stop
        for call in _WRITES.finditer(code, self.start, self.end):
            stop = closing(code, call.end(), _MAX_VALUE)
            written = self.text.plain[call.end() : stop]
            if _DEFINE_LINE.search(written):
                yield call.end(), stop
                yield from self._inlined(written, call.end())
        yield from self._templates()
        for condition, block, end in self._ifs():
            if ".define(" in code[block:end] and code.find(".define(", block, end) - block < 200:
                yield condition, block

    def _templates(self) -> Iterator[tuple[int, int]]:
        """What takes the place of a marker (``${SIZE}``, ``@SIZE@``) in a text that is saved."""
        if _SAVES.search(self.text.code, self.start, self.end):
            for found in _TEMPLATE.finditer(self.text.plain, self.start, self.end):
                yield found.end(), closing(self.text.code, found.end(), _MAX_VALUE)

    def _inlined(self, written: str, start: int) -> Iterator[tuple[int, int]]:
        """The names in the braces of a format string, which the code without strings lacks."""
        for found in re.finditer(r"\{(\w+)(?::[^{}]*)?\}", written):
            yield start + found.start(1), start + found.end(1)

    def _ifs(self) -> Iterator[tuple[int, int, int]]:
        """``(start of the condition, opening brace, closing brace)``."""
        for found in _IF.finditer(self.text.code, self.start, self.end):
            block = statement_end(self.text.code, found.end(), 400)
            if block in self.matching:
                yield found.end(), block, self.matching[block]

    def conditional(self) -> Iterator[tuple[str, str, int]]:
        """``(key, condition, offset)`` of defines of a ``cmake::Config`` in an ``if``
        without ``else`` that asks the environment, other than for what Cargo itself sets."""
        plain, code = self.text.plain, self.text.code
        body = plain[self.start : self.end]
        configs = set(re.findall(r"let\s+mut\s+(\w+)\s*=\s*cmake::Config::new", body))
        if not configs:
            return
        sources = [o for o, name, _ in self._sources if not name.startswith(_OF_CARGO)]
        names: dict[str, set[int]] = {}
        for name, first, last in self._bound():
            reached = self._within(sources, names, first, last)
            if reached:
                names.setdefault(name, set()).update(reached)
        for condition, block, end in self._ifs():
            if re.match(r"\s*else\b", code[end + 1 : end + 40]):
                continue
            found = _CONFIG_DEFINE.search(plain, block, end)
            if found and found[1] in configs and self._within(sources, names, condition, block):
                shown = " ".join(plain[condition:block].split())[:80]
                yield found[2], shown, found.start()
