"""picolibc in Rust build scripts: the calls of the ``cc`` crate, function by function."""

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
from pitfalls.formats.code_text import Lines, Span, Text, blank, braces, closing, rust_functions

_CALL = re.compile(r"\.(include|includes|flag|flag_if_supported|define)\s*\(")
_BOUND = re.compile(r"\blet\s+(?:mut\s+)?(?:Some\()?(\w+)\)?\s*(?::[^=;]{1,60})?=\s*([^;{]{1,300})")
_WRITES = re.compile(r"(?:write|copy|create)\w*\s*\(\s*[^;]{0,200}?(\w+)\.join\(\s*\"errno\.h\"")
_FIXED = re.compile(r"\"/usr/[\w/.-]*picolibc[\w/.-]*\"")
_REFUSED = re.compile(r"\bif\s+!\s*[\w.()]{1,60}\.success\s*\(\s*\)\s*\{\s*(?:return|continue)\b")
_ACCEPTED = re.compile(r"\bif\b(?!\s*!)[^{};]{0,400}\bsuccess\s*\(\s*\)[^{};]{0,100}\{")
_JOINED = re.compile(r"\.join\(\s*\"([^\"]*)\"\s*\)")
_APPENDED = re.compile(r"(?:\{\w*\}|\)\s*,\s*\")(/[^\"{}]*)\"")
_START = re.compile(
    r"&?\s*(?:(?:\w+::)*(?:Path|PathBuf)::(?:new|from)\(\s*)?"
    r"(?:\"(?P<literal>[^\"]*)\"|format!\(\s*\"\{(?P<shown>\w+)\}|"
    r"format!\(\s*\"\{\}[^\"]*\"\s*,\s*(?P<handed>\w+)|(?P<name>[a-z_]\w*))"
)
_MAX_HOPS = 4
_MAX_CALL = 600
_LINKS = re.compile(r"rustc-link-lib=(?:static=)?c\b")


def parse(data: bytes) -> LibraryBuilds | None:
    """The builds of a Rust file, one for each function that hands flags to a compiler."""
    text = blank(decode(data))
    lines = Lines(text.plain)
    spans = rust_functions(text)
    builds = [_build(text, span, lines) for span in spans]
    fallbacks = [f for span in spans for f in _fallbacks(text, span, lines)]
    return facts([b for b in builds if b is not None], fallbacks, text.plain)


def _fallbacks(text: Text, span: Span, lines: Lines) -> Iterator[Fallback]:
    """A fixed folder in a function that asks a compiler for picolibc's: checked inside the branch
    of a yes, not behind it."""
    body = text.plain[span.opened : span.closed]
    if "picolibc.specs" not in body or "-print-" not in body:
        return
    matching = braces(text.code)
    accepted = _ACCEPTED.finditer(text.code, span.opened, span.closed)
    refused = _REFUSED.finditer(text.code, span.opened, span.closed)
    yes = [(m.end() - 1, matching.get(m.end() - 1, m.end())) for m in accepted]
    yes += [(m.end(), span.closed) for m in refused]
    for fixed in _FIXED.finditer(text.plain, span.opened, span.closed):
        inside = any(opened < fixed.start() < closed for opened, closed in yes)
        yield Fallback(lines.at(fixed.start()), inside)


def _build(text: Text, span: Span, lines: Lines) -> LibraryBuild | None:
    body = text.plain[span.opened : span.closed]
    values = {m[1]: m[2] for m in _BOUND.finditer(body)}
    flags = tuple(_flags(text, span, values, lines))
    linked = _LINKS.search(body) if PICOLIBC.search(body) else None
    if not flags and linked is None:
        return None
    return LibraryBuild(
        span.name,
        lines.at(span.start),
        flags,
        tuple(dict.fromkeys(_folder(name, values) for name in _WRITES.findall(body))),
        lines.at(span.opened + linked.start()) if linked else 0,
        USES_ERRNO.search(body) is not None,
    )


def _flags(text: Text, span: Span, values: dict[str, str], lines: Lines) -> Iterator[LibraryFlag]:
    pending = ""  # `.flag("-isystem").flag(path)`
    for call in _CALL.finditer(text.code, span.opened, span.closed):
        written = text.plain[call.end() : closing(text.code, call.end(), _MAX_CALL)].strip()
        line = lines.at(call.start())
        literal = re.match(r"&?\s*\"([^\"]*)\"", written)
        word = literal[1] if literal else written
        known = _is_picolibc(written, values)
        if call[1] == "define":
            if word.startswith(ERRNO_DEFINE):
                yield LibraryFlag("define", word, line)
        elif call[1] in ("include", "includes"):
            yield LibraryFlag("include", _folder(written, values), line, known)
        elif word == SPECS:
            yield LibraryFlag("specs", word, line, is_picolibc=True)
        elif word in ("-isystem", "-include", "-I"):
            pending = word
        elif pending or word.startswith(("-isystem", "-I")):
            kind = pending or ("-isystem" if word.startswith("-isystem") else "-I")
            value = _folder(written, values) if pending else word.removeprefix(kind).strip(" {}")
            pending = ""
            if kind == "-include":
                yield LibraryFlag("forced", word.rpartition("/")[2], line)
            else:
                yield LibraryFlag(
                    "isystem" if kind == "-isystem" else "include", value, line, known
                )


def _is_picolibc(written: str, values: dict[str, str]) -> bool:
    """Whether an expression names picolibc, itself or through the value of a variable."""
    names = re.findall(r"[A-Za-z_]\w*", written)
    return any(PICOLIBC.search(name) or PICOLIBC.search(values.get(name, "")) for name in names)


def _folder(written: str, values: dict[str, str]) -> str:
    """A folder of the package by its path from the build script; else the variable that leads to
    it."""
    inside = _inside(written, values)
    return _root(written) if inside is None else inside or "."


def _inside(written: str, values: dict[str, str], depth: int = 0) -> str | None:
    """The path below the package that an expression puts together; None when it leads elsewhere."""
    steps = _JOINED.findall(written) if written.find(".join") > 0 else []
    steps += [step.strip("/") for step in _APPENDED.findall(written)]
    start = _START.match(written)
    if "CARGO_MANIFEST_DIR" in written:
        return "/".join(steps)
    if start is None or depth > _MAX_HOPS:
        return None
    if start["literal"] is not None:
        fixed = start["literal"].startswith("/")
        return None if fixed else "/".join([start["literal"], *steps])
    name = start["shown"] or start["handed"] or start["name"]
    base = _inside(values[name], values, depth + 1) if name in values else None
    return None if base is None else "/".join([base, *steps] if base else steps)


def _root(written: str) -> str:
    """``&errno_dir`` and ``errno_dir.join("include")`` -> ``errno_dir``; a literal as it is."""
    literal = re.match(r"&?\s*\"([^\"]*)\"", written)
    if literal:
        return literal[1]
    inner = re.search(r"&?\s*(\w+)(?:\.\w+|\s*,|\s*$|\))", written)
    return inner[1] if inner else written[:80]
