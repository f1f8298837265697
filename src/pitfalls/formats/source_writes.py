"""Files that a build script writes into the source tree of its package instead of ``OUT_DIR``.

Followed from ``main`` through functions of the same file. What is written only when somebody asks
for it (by the environment, by a feature) or only when it is missing does not count.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, braces, rust_functions


class SourceWrite(msgspec.Struct, frozen=True):
    """``path`` counts from the package, with ``?`` for what is not known. ``how``: ``write``,
    ``compare`` (written when it differs) or ``rename`` (put in place in one step)."""

    path: str
    line: int
    how: str


class SourceWrites(msgspec.Struct, frozen=True):
    """Those of one build script."""

    writes: tuple[SourceWrite, ...]


_LET = re.compile(r"\blet\s+(?:mut\s+)?(\w+)(?:\s*:\s*[^=;]{1,80})?\s*=\s*([^;]{1,300});")
_STEP = (
    r"\s*\.\s*(?:join\(\s*[^()]{0,200}\)|(?:clone|to_path_buf|as_path|as_ref|parent|unwrap)\(\))"
)
_VALUE = re.compile(
    rf"&?\s*(?:(?:\w+::)*Path(?:Buf)?::(?:new|from)\(\s*&?\s*(\w+|\"[^\"]*\")\s*\)|(\w+|\"[^\"]*\"))"
    rf"((?:{_STEP}){{0,8}})\s*$"
)
_PACKAGE = re.compile(
    r"(?:(?:\w+::)*Path(?:Buf)?::(?:new|from)\(\s*)?&?\s*(?:std::)?env(?:::var(?:_os)?\(|!\(\s*)"
    r"\s*\"CARGO_MANIFEST_DIR\"[^;]{0,80}?\)((?:" + _STEP + r"){0,8})\s*$"
)
_JOIN = re.compile(r"join\(\s*(?:\"([^\"]*)\")?|(parent)\(\)")
_ARGUMENT = r"((?:[^(),;]|\([^()]{0,200}\)){1,300})"
_SINKS = (
    (re.compile(rf"\bfs::write\(\s*{_ARGUMENT},"), "write"),
    (re.compile(rf"\bFile::create\(\s*{_ARGUMENT}\)"), "write"),
    (re.compile(rf"\.\s*write_to_file\(\s*{_ARGUMENT}\)"), "compare"),
    (re.compile(rf"\bfs::copy\(\s*{_ARGUMENT},\s*{_ARGUMENT}\)"), "write"),
    (re.compile(rf"\bfs::rename\(\s*{_ARGUMENT},\s*{_ARGUMENT}\)"), "rename"),
)
_IF = re.compile(r"\bif\s+([^{};]{1,300})\{")
_ASKED = re.compile(r"\bvar(?:_os)?\(|\bcfg!\s*\(|option_env!|\.exists\(|try_exists|\bis_file\(")
_ASKS = re.compile(r"\bvar(?:_os)?\(\s*\"(?!CARGO|OUT_DIR|TARGET|HOST|PROFILE)[^;]*\.is_|cfg!\s*\(")
_LEAVES = re.compile(r"[^{}]{0,300}\breturn\b")
_CALL = re.compile(r"(?<![\w.:!])(\w+)\(([^;{}]{0,300})\)")
_MAX_CALLS = 200


def parse(data: bytes) -> SourceWrites | None:
    """The writes of a build script, None when there are none."""
    text = blank(decode(data))
    reader = _Reader(text, {span.name: span for span in rust_functions(text)})
    reader.visit("main", {})
    found = sorted(reader.found.values(), key=lambda write: write.line)
    return SourceWrites(tuple(found)) if found else None


@dataclass
class _Reader:
    text: Text
    functions: dict[str, Span]
    found: dict[int, SourceWrite] = field(default_factory=dict)
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lines = Lines(self.text.code)

    def visit(self, name: str, given: dict[str, str]) -> None:
        """Read one function, whose parameters hold the paths ``given``."""
        span, key = self.functions.get(name), (name, tuple(sorted(given.items())))
        if span is None or key in self.seen or len(self.seen) >= _MAX_CALLS:
            return
        if re.search(r"\bcfg\s*\([^)]*feature", span.before):
            return
        self.seen.add(key)
        known = dict(given)
        for let in _LET.finditer(self.text.plain, span.opened, span.closed):
            path = _path(let[2], known)
            if path is not None:
                known[let[1]] = path
        self._sinks(span, known)
        for call in _CALL.finditer(self.text.plain, span.opened, span.closed):
            callee = self.functions.get(call[1])
            if callee is None or self._is_asked(span, call.start()):
                continue
            names = re.findall(r"(\w+)\s*:", callee.parameters)
            values = (_path(value, known) for value in call[2].split(","))
            handed = zip(names, values, strict=False)
            self.visit(call[1], {n: path for n, path in handed if path is not None})

    def _sinks(self, span: Span, known: dict[str, str]) -> None:
        for pattern, how in _SINKS:
            for sink in pattern.finditer(self.text.plain, span.opened, span.closed):
                path = _path(sink[sink.lastindex or 1], known)
                if path is None or _is_output(path) or self._is_asked(span, sink.start()):
                    continue
                line = self._lines.at(sink.start())
                self.found.setdefault(line, SourceWrite(path, line, how))

    def _is_asked(self, span: Span, offset: int) -> bool:
        """Whether a place is reached only when somebody asked for it, or the file is missing."""
        for test in _IF.finditer(self.text.plain, span.opened, offset):
            if not _ASKED.search(test[1]) and not self._names_asked(test[1], span):
                continue
            if test.end() <= offset < self._closing(test.end() - 1):
                return True
            refused = "is_err" in test[1] or "is_none" in test[1] or test[1].startswith("!")
            if refused and _LEAVES.match(self.text.code, test.end()):
                return True
        return False

    def _names_asked(self, condition: str, span: Span) -> bool:
        """Whether a condition names a variable that was set from the environment."""
        own = self.text.plain[span.opened : span.closed]
        names = {let[1] for let in _LET.finditer(own) if _ASKS.search(let[2])}
        return bool(names & set(re.findall(r"\w+", condition)))

    def _closing(self, opened: int) -> int:
        return braces(self.text.code).get(opened, len(self.text.code))


def _path(written: str, known: dict[str, str]) -> str | None:
    """The path below the package that an expression gives, None for any other."""
    written = written.strip()
    if (package := _PACKAGE.match(written)) is not None:
        return _joined("", package[1])
    found = _VALUE.match(written)
    if found is None:
        return None
    start = found[1] or found[2]
    if start.startswith('"'):
        literal = start.strip('"')
        base = literal if "/" in literal and literal[0] not in "/{~." else None
    else:
        base = known.get(start)
    return _joined(base, found[3]) if base is not None else None


def _joined(base: str, steps: str) -> str:
    for step in _JOIN.finditer(steps):
        base = posixpath.dirname(base) if step[2] else posixpath.join(base, step[1] or "?")
    return base


def _is_output(path: str) -> bool:
    """Whether a path lies in a folder of build output, or outside of the package."""
    parts = path.split("/")
    return path.startswith("/") or any(p.startswith("target") or p == "build" for p in parts[:-1])
