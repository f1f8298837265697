"""Builds that Rust test code starts, with what its callers pass put in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from pitfalls.formats import rust_builders
from pitfalls.formats.rust_builders import Build, BuilderFunction, Builders
from pitfalls.model import Place
from pitfalls.source import Selection, Source

BUILDERS = Selection(
    name="builders in Rust",
    type=Builders,
    parse=rust_builders.parse,
    names=("*.rs",),
    needles=(b'"cargo"', b'"cmake"', b'"CARGO"', b'"cargo build', b'"cargo run'),
)
TEST_FILES = Selection(
    name="tests that call builders",
    type=Builders,
    parse=rust_builders.parse,
    names=("*/tests/*.rs", "tests/*.rs"),
    lazy=True,
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_HARMLESS = frozenset(
    {
        "Some", "None", "vec", "join", "to_string", "as_str", "iter", "collect", "into", "unwrap",
        "String", "from", "concat", "format", "as_ref", "to_owned", "as_deref", "map", "self",
        "crate", "std",
    }
)  # fmt: skip
_DEPTH = 3

_ROOTED = re.compile(r"&?\s*(?:\w+::)*\w*root\w*(?:\(\))?\s*\.join\(")


@dataclass(frozen=True)
class Variant:
    """One build with what callers passed put in: ``options`` are features, or ``-D`` keys and
    values; None when they are known at run time only. ``names`` are the functions through which
    tests start it; ``folder`` is empty for the usual directory, and ``relative`` when it is written
    as a plain text, which counts from the package, ``rooted`` when it is joined to a root."""

    tool: str
    path: str
    place: Place
    builder: Place
    package: str
    options: frozenset[str] | None
    folder: str
    rest: tuple[str, ...]
    names: frozenset[str]
    relative: bool = False
    rooted: bool = False

    @property
    def shown(self) -> str:
        """The options, in order."""
        if self.options is None:
            return "features known at run time only"
        return ",".join(sorted(self.options)) or "no features"


def callers(source: Source, files: dict[str, Builders]) -> Iterator[tuple[str, Builders]]:
    """Test files that call a builder which leaves something to its caller."""
    names = {
        f.name.encode() + b"("
        for facts in files.values()
        for f in facts.functions
        if f.parameters and f.builds
    }
    others = (path for path in source.holding(TEST_FILES, names) if path not in files)
    for found in source.facts_of(TEST_FILES, others):
        yield found.path, found.facts


def variants_in(path: str, files: dict[str, Builders]) -> Iterator[Variant]:
    """The builds of one of the ``files``, once for each call that decides what it leaves open."""
    for function in files[path].functions:
        for build in function.builds:
            yield from _filled(path, function, build, files, Place(path, build.line), path, 0)


def _filled(
    home: str, function: BuilderFunction, build: Build, files: dict[str, Builders],
    place: Place, path: str, depth: int,
) -> Iterator[Variant]:  # fmt: skip
    """The build, once for each call that decides its parameters."""
    texts = (build.package, build.options, build.folder, build.triple)
    open_names = {p for p in function.parameters if any(_names(t, p) for t in texts)}
    calls = [
        (where, caller, call)
        for where, facts in files.items()
        for caller in facts.functions
        for call in caller.calls
        if call.callee == function.name and caller.name != function.name
    ]
    if open_names and calls and depth < _DEPTH:
        for where, caller, call in calls:
            given = dict(zip(function.parameters, call.arguments, strict=False))
            filled = msgspec.structs.replace(
                build,
                package=_put(build.package, given),
                options=_put(build.options, given),
                folder=_put(build.folder, given),
                triple=_put(build.triple, given),
            )
            at = Place(where, call.line)
            yield from _filled(home, caller, filled, files, at, where, depth + 1)
        return
    package = _path(build.folder if build.tool == "cmake" else build.package)
    if package:
        yield Variant(
            build.tool, path, place, Place(home, build.line), package,
            _options(build), _path(build.folder) if build.folder else "",
            (build.profile, build.triple, *build.environment),
            _reaching(function.name, files[path]) | {function.name},
            _STRING.fullmatch(build.folder.lstrip("& ")) is not None,
            _ROOTED.match(build.folder) is not None,
        )  # fmt: skip


def _names(text: str, parameter: str) -> bool:
    bare = _STRING.sub(lambda m: " ".join(re.findall(r"\{(\w+)\}", m[1])), text)
    return re.search(rf"(?<![.\w]){parameter}\b", bare) is not None


def _put(text: str, given: dict[str, str]) -> str:
    """Arguments in place of parameters, also of those inside of format strings."""
    for name, value in given.items():
        literal = _STRING.fullmatch(value.lstrip("& "))
        if literal:
            text = text.replace("{" + name + "}", literal[1])
        text = re.sub(
            rf"(\"(?:[^\"\\]|\\.)*\")|(?<![.\w]){name}\b",
            lambda m, v=value: m[1] or v,  # type: ignore[misc]
            text,
        )
    return text[:2000]


def _path(text: str) -> str:
    """``root().join(format!("examples/{}", "a"))`` -> ``examples/a``; a text without literals
    stays symbolic. The root of the tree is no part of it."""
    literals = _STRING.findall(text)
    parts = []
    while literals:
        part = literals.pop(0)
        while "{}" in part and literals:
            part = part.replace("{}", literals.pop(0), 1)
        parts.append(part)
    found = "/".join(p.strip("/") for p in parts if p.strip("/"))
    return found or "${" + " ".join(re.sub(r"[&${}]", "", text).split())[:60] + "}"


def _options(build: Build) -> frozenset[str] | None:
    words = [w for literal in _STRING.findall(build.options) for w in re.split(r"[,\s]+", literal)]
    rest = re.findall(r"(?<![.\w])[A-Za-z_]\w*", _STRING.sub("", build.options))
    if any(word not in _HARMLESS for word in rest) and not words:
        return None
    return frozenset(word for word in words if word)


def _reaching(name: str, facts: Builders) -> frozenset[str]:
    """The functions of the file that use ``name``, themselves or through others."""
    found = {name}
    for _ in range(_DEPTH + 1):
        found |= {f.name for f in facts.functions if found & set(f.uses)}
    return frozenset(found)
