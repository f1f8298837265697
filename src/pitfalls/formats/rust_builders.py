"""Functions of Rust tests and their helpers that run ``cargo build`` or configure with CMake.

Expressions are kept as text with the function's own variables put in; the view fills in what
callers pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, rust_functions


class Build(msgspec.Struct, frozen=True):
    """One run of ``tool`` (``cargo`` or ``cmake``). ``package`` is what is built, as the folder it
    runs in, ``-p`` or ``--manifest-path``; ``options`` the features, or the ``-D`` of CMake;
    ``folder`` the target or build directory, empty for the usual one; ``profile`` and ``triple``
    as text. ``environment`` are variables that it sets."""

    tool: str
    line: int
    package: str
    options: str
    folder: str
    profile: str
    triple: str
    environment: tuple[str, ...]


class BuilderCall(msgspec.Struct, frozen=True):
    """A call of a function that may be a builder, with the text of its arguments."""

    callee: str
    arguments: tuple[str, ...]
    line: int


class BuilderFunction(msgspec.Struct, frozen=True):
    """``uses`` names the functions of the same file that it calls, or takes as fixtures."""

    name: str
    line: int
    parameters: tuple[str, ...]
    builds: tuple[Build, ...]
    calls: tuple[BuilderCall, ...]
    uses: tuple[str, ...]


class Builders(msgspec.Struct, frozen=True):
    """The functions of one file that build, call builders, or use those that do."""

    functions: tuple[BuilderFunction, ...]


_EXPRESSION = (
    r"(&?\s*(?:format!\s*\((?:[^()]|\([^()]*\))*\)|\"[^\"]*\"|(?:Some\()?&?\[[^\]]*\]\)?"
    r"|[\w.:]+(?:\((?:[^()]|\([^()]*\))*\))?(?:\.\w+\((?:[^()]|\([^()]*\))*\)){0,6}))"
)
_NEXT = (  # from the option's quote to its value: another element, `.arg(`, `args.push(`
    r"\"\s*(?:\.(?:to_string|into|to_owned)\(\))?\s*\)?\s*;?\s*"
    r"(?:,?\s*\]\s*\)\s*\.arg\s*\(|,|\.?\s*\w*\.?(?:arg|push)\s*\()\s*"
)
_FEATURES = re.compile(r"\"(?:--features|-F)" + _NEXT + _EXPRESSION)
_FEATURES_JOINED = re.compile(r"\"--features=([^\"]+)\"")
_TARGET_DIR = re.compile(r"\"(?:--target-dir|CARGO_TARGET_DIR)" + _NEXT + _EXPRESSION)
_PACKAGE = re.compile(r"\"(?:-p|--package|--manifest-path)" + _NEXT + _EXPRESSION)
_FOLDER = re.compile(r"\.(?:current_dir|dir)\s*\(\s*" + _EXPRESSION)
_BUILD_DIR = re.compile(r"\"-B" + _NEXT + _EXPRESSION)
_TRIPLE = re.compile(r"\"--target" + _NEXT + _EXPRESSION)
_PROFILE = re.compile(r"\"--profile" + _NEXT + _EXPRESSION)
_ENV = re.compile(r"\.env\s*\(\s*\"(\w+)\"\s*,\s*" + _EXPRESSION)
_DEFINES = re.compile(r"\"(-D\w+=?[^\"]*)\"")
_TOOL = re.compile(r"\"(cargo|cmake|CARGO)\"")
_OF_SHELL = re.compile(r"\"((?:[^\"\\]*(?:&&|;)\s*)?cargo\s+(?:build|b|run)\b[^\"\\]*)\"")
_RUNS = re.compile(r"\"(?:build|b|rustc|run)\"")
_NOT_CONFIGURE = re.compile(r"\"(?:--build|--install|--version|--find-package|-E|-P)\"")
_CALL = re.compile(r"(?<![\w.!:])([A-Za-z_][\w:]*)\s*\(")
_MAY_BUILD = re.compile(r"build|compile|cargo")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ROUNDS = 3
_MAX_TEXT = 600


def parse(data: bytes) -> Builders | None:
    """The builders of a Rust file and what leads to them, None when it has none."""
    text = blank(decode(data))
    lines = Lines(text.plain)
    spans = rust_functions(text)
    names = {span.name for span in spans}
    functions = []
    for span in spans:
        builds = tuple(_builds(text, span, lines))
        calls = tuple(_calls(text, span, lines))
        body = set(_WORD.findall(text.code[span.opened : span.closed] + span.parameters))
        uses = tuple(sorted((body & names) - {span.name}))
        if builds or calls or uses:
            parameters = tuple(
                re.findall(r"(?:^|,)\s*(?:#\[[^\]]*\]\s*)?(?:mut\s+)?(\w+)\s*:", span.parameters)
            )
            functions.append(
                BuilderFunction(span.name, lines.at(span.start), parameters, builds, calls, uses)
            )
    return Builders(tuple(functions)) if functions else None


def _builds(text: Text, span: Span, lines: Lines) -> Iterator[Build]:
    plain = text.plain[span.opened : span.closed]
    if '"-c"' in plain:  # one word of a shell's command line as words of their own
        plain = _OF_SHELL.sub(lambda m: ", ".join(f'"{word}"' for word in m[1].split()), plain)
    first = lines.at(span.opened)
    tools = list(_TOOL.finditer(plain))
    for number, found in enumerate(tools):
        alone = len(tools) == 1
        end = len(plain) if alone else (
            tools[number + 1].start() if number + 1 < len(tools) else len(plain))  # fmt: skip
        part = plain if alone else plain[found.start() : end]
        line = first + plain.count("\n", 0, found.start())
        if found[1].lower() == "cargo" and _RUNS.search(part):
            yield _cargo(part, plain, line)
        elif found[1] == "cmake" and not _NOT_CONFIGURE.search(part[:200]):
            defines = " ".join(f'"{item}"' for item in _DEFINES.findall(part))
            folder = _first(part, plain, _BUILD_DIR) or _first(part, plain, _FOLDER)
            yield Build("cmake", line, "", defines, folder, "", "", ())


def _cargo(part: str, body: str, line: int) -> Build:
    joined = _FEATURES_JOINED.search(part)
    features = f'"{joined[1]}"' if joined else _first(part, body, _FEATURES)
    for flag in ("--no-default-features", "--all-features"):
        if f'"{flag}"' in part:
            features += f' "{flag}"'
    package = _first(part, body, _PACKAGE)
    folder = _first(part, body, _FOLDER)
    profile = _first(part, body, _PROFILE) or ("release" if '"--release"' in part else "")
    environment = tuple(
        f"{m[1]}={_resolved(m[2], body)}"
        for m in _ENV.finditer(part)
        if m[1] not in ("CARGO_TARGET_DIR", "PATH", "RUST_LOG", "CARGO_TERM_COLOR")
    )
    return Build(
        "cargo", line, " ".join(filter(None, (folder, package))), features,
        _first(part, body, _TARGET_DIR), profile, _first(part, body, _TRIPLE), environment,
    )  # fmt: skip


def _first(part: str, body: str, pattern: re.Pattern[str]) -> str:
    found = pattern.search(part)
    return _resolved(found[1], body) if found else ""


def _resolved(expression: str, body: str) -> str:
    """An expression with variables of the function replaced by what is assigned to them."""
    for _ in range(_ROUNDS):
        wider = re.sub(
            r"(\"(?:[^\"\\]|\\.)*\")|(?<![.\w])([a-z_]\w*)\b(?!\s*[(!:])",
            lambda m: m[1] or _assigned(m[2], body),
            expression,
        )
        if wider == expression or len(wider) > _MAX_TEXT:
            break
        expression = wider
    return " ".join(expression.split())


def _assigned(name: str, body: str) -> str:
    found = re.search(
        rf"\b{name}\s*(?::[^=;]{{1,60}})?=(?!=)\s*((?:\"[^\"]*\"|[^;{{}}\"]){{1,300}});", body
    )
    return found[1] if found and not re.search(rf"(?<!\.)\b{name}\b", found[1]) else name


def _calls(text: Text, span: Span, lines: Lines) -> Iterator[BuilderCall]:
    body = text.plain[span.opened : span.closed]
    for found in _CALL.finditer(text.code, span.opened, span.closed):
        callee = found[1].rpartition("::")[2]
        if not _MAY_BUILD.search(callee):
            continue
        arguments = _arguments(text, found.end())
        resolved = tuple(_resolved(argument, body) for argument in arguments)
        yield BuilderCall(callee, resolved, lines.at(found.start()))


_PUNCTUATION = re.compile(r"[()\[\]{},]")


def _arguments(text: Text, start: int, limit: int = 1500) -> list[str]:
    """The arguments of a call whose bracket opened before ``start``."""
    depth, begin, found = 0, start, []
    for mark in _PUNCTUATION.finditer(text.code, start, start + limit):
        if mark[0] == ",":
            if depth == 0:
                found.append(text.plain[begin : mark.start()])
                begin = mark.end()
        elif mark[0] in "([{":
            depth += 1
        elif depth == 0:
            found.append(text.plain[begin : mark.start()])
            break
        else:
            depth -= 1
    return [argument.strip() for argument in found if argument.strip()]
