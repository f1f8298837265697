"""Versions of zenoh components where build files, scripts and containers pin them, and places that
take whatever is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.version_variables import filled_in


class Pin(msgspec.Struct, frozen=True):
    """``component`` is ``zenoh-pico``, ``zenohd`` (the router and its crates), ``zenoh-c`` or
    ``zenoh-python``.
    ``version`` is empty for what is not pinned; ``how`` says what was read."""

    component: str
    version: str
    line: int
    how: str


class Pins(msgspec.Struct, frozen=True):
    """Those of one file."""

    pins: tuple[Pin, ...]


_VERSION = r"v?(\d+\.\d+\.\d+)"
_COMPONENTS = {"zenoh": "zenohd", "zenohd": "zenohd", "zenoh-pico": "zenoh-pico",
               "zenoh_pico": "zenoh-pico", "zenoh-c": "zenoh-c",
               "eclipse-zenoh": "zenoh-python", "zenohpico": "zenoh-pico"}  # fmt: skip
_NAME = r"(zenohd|zenoh-pico|zenoh-c|zenoh)"

_DOWNLOAD = re.compile(
    rf"eclipse-zenoh/{_NAME}/(?:releases/download|archive(?:/refs/tags)?)/{_VERSION}"
)
_LATEST = re.compile(rf"eclipse-zenoh/{_NAME}/releases/latest")
_INSTALL = re.compile(r"\bcargo\s+(?:\+\S+\s+)?install\b([^\n;&|]*)")
_INSTALLED = re.compile(r"(?<![\w./-])(zenohd|zenoh)(?:@(\d+\.\d+\.\d+))?(?![\w./-])")
_OF_VERSION = re.compile(rf"--version[\s=]+[\"']?=?{_VERSION}|--tag[\s=]+[\"']?{_VERSION}")
_IMAGE = re.compile(
    r"\beclipse/zenoh:([\w.-]+)|(?:\bimage:\s*[\"']?|\bFROM\s+|\bdocker\s+(?:run|pull)\b[^\n;&|]*?\s)"
    r"(?:docker\.io/)?eclipse/zenoh(?![\w/:@.-])"
)
_PACKAGE = re.compile(
    r"\b(?:apt(?:-get)?|brew|dnf)\s+(?:-\S+\s+)*install\b[^\n;&|]*?\s(zenohd|zenoh)"
    rf"(?:={_VERSION}\S*)?(?![\w./-])"
)
_PYTHON = re.compile(rf"(?<![\w/-])(eclipse-zenoh)(?:\[\w+\])?\s*==\s*{_VERSION}")
_CHECKOUT = re.compile(
    rf"git\s+clone\b(?![^\n]*(?:\s-b|--branch))[^\n]*?/{_NAME}(?:\.git)?\b[^\n]*"
    r"(?:\n[^\n]*){0,3}?\bgit\b[^\n]*?\b(?:checkout|switch|reset\s+--hard)\s+(?:-\S+\s+)*[\"']?(?:tags/)?"
    rf"{_VERSION}"
)
_CLONE = re.compile(
    r"git\s+clone\b[^\n;&|]*?(?:-b|--branch)[\s=]+[\"']?([\w./-]+)[\"']?"
    rf"[^\n;&|]*?/{_NAME}(?:\.git)?\b"
)
_SETTING = re.compile(
    rf"\b(ZENOH(?:D|_PICO|_C|_ROUTER)?)_VERSION\s*[:=]{{1,2}}\s*[\"']?{_VERSION}", re.IGNORECASE
)
_GIT_TAG = re.compile(
    rf"(?:GIT_REPOSITORY|VCS_URL)\s+\S*/{_NAME}(?:\.git)?\s[^()]*?"
    r"\b(GIT_TAG|VCS_VERSION)\s+[\"']?([\w./${}-]+)",
    re.DOTALL,
)
_CPM = re.compile(rf"\bgh:eclipse-zenoh/{_NAME}[#@]{_VERSION}")
_FIND = re.compile(rf"\bfind_package\s*\(\s*(zenohpico)\s+{_VERSION}\s+EXACT", re.IGNORECASE)
_LIB_DEPS = re.compile(rf"/{_NAME}(?:\.git)?(?:[#@][ \t]*([^\s;]+))?[ \t\r]*$", re.MULTILINE)
_CARGO = re.compile(r"^[ \t]*(zenoh)[ \t]*=[ \t]*(?:\"([^\"]*)\"|\{([^}]*)\})", re.MULTILINE)
_SECTION = re.compile(
    rf"^[ \t]*\[{{1,2}}[^\[\]\n]{{0,200}}\b{_NAME}\b[^\[\]\n]{{0,200}}\]+[ \t\r]*$", re.MULTILINE
)
_TOML_VERSION = re.compile(
    rf"^[ \t]*(?:version|tag|rev)[ \t]*=[ \t]*\"{_VERSION}[^\"]*\"", re.MULTILINE
)
_ENTRY = re.compile(  # `- name: zenoh-pico` of west, `eclipse-zenoh/zenoh-pico:` of components
    r"^([ \t]*)(?:-[ \t]*)?(?:name:[ \t]*)?[\"']?(?:[\w.-]{1,80}/)?"
    rf"{_NAME}[\"']?[ \t]*:?[ \t\r]*$",
    re.MULTILINE,
)
_ORIGIN = re.compile(rf"\n\s+(?:repo-path|url):[ \t]*[\"']?(?:\S*/)?{_NAME}(?:\.git)?[\"']?\s")
_INLINE = re.compile(
    rf"^[ \t]+[\"']?(?:[\w.-]{{1,80}}/){_NAME}[\"']?:[ \t]*[\"']?=*{_VERSION}[\"']?[ \t\r]*$",
    re.MULTILINE,
)
_RELEASE = re.compile(r"v?\d+\.\d+\.\d+")
_TAG = re.compile(rf"{_VERSION}(?:\.\d+)?(?:-[\w.]+)?")  # zenoh-c has a fourth number
_COMMENT = re.compile(r"^[ \t]*(?:#|//)[^\n]*", re.MULTILINE)


def parse_scripts(data: bytes) -> Pins | None:
    """Shell scripts, recipes, container files and workflows."""
    return _pins(data, _of_script)


def parse_cmake(data: bytes) -> Pins | None:
    """``FetchContent``, ``ExternalProject``, ROS's vendor packages, and what scripts have."""
    return _pins(data, _of_cmake)


def parse_python(data: bytes) -> Pins | None:
    """Requirements of Python packages."""
    return _pins(data, _of_script)


def parse_platformio(data: bytes) -> Pins | None:
    """``lib_deps`` of ``platformio.ini``."""
    return _pins(data, _of_platformio)


def parse_toml(data: bytes) -> Pins | None:
    """``zenoh = "=1.7.2"`` of manifests, and tables named after a component with a version."""
    return _pins(data, _of_toml)


def parse_yaml(data: bytes) -> Pins | None:
    """Workflows, compose files, west and component manifests."""
    return _pins(data, _of_yaml)


def _pins(data: bytes, read: Callable[[str], Iterator[tuple[str, str, int, str]]]) -> Pins | None:
    text, given = filled_in(_COMMENT.sub(lambda m: " " * len(m[0]), decode(data)))
    found: dict[tuple[str, str, int], Pin] = {}
    for name, version, at, how in read(text):
        line = text.count("\n", 0, at) + 1
        plain = version.lstrip("v")
        line = given.get((line, plain), line)
        key = _COMPONENTS[name.lower()], plain, line
        found.setdefault(key, Pin(*key, how))
    pins = sorted(found.values(), key=lambda pin: (pin.line, pin.component, pin.version))
    return Pins(tuple(pins)) if pins else None


_Row = tuple[str, str, int, str]


def _of_script(text: str) -> Iterator[_Row]:
    for m in _DOWNLOAD.finditer(text):
        yield m[1], m[2], m.start(), "download"
    for m in _LATEST.finditer(text):
        yield m[1], "", m.start(), "download of the latest release"
    for m in _INSTALL.finditer(text):
        named = _INSTALLED.search(m[1])
        if named and "--path" not in m[1]:
            version = _OF_VERSION.search(m[1])
            written = named[2] or (version and (version[1] or version[2])) or ""
            if written or "$" not in m[1]:
                yield named[1], written, m.start(), "cargo install"
    for m in _IMAGE.finditer(text):
        tag = m[1] or "latest"
        yield "zenoh", tag if _RELEASE.fullmatch(tag) else "", m.start(), f"image tag {tag}"
    yield from _of_packages(text)
    for m in _CLONE.finditer(text):
        yield m[2], m[1] if _RELEASE.fullmatch(m[1]) else "", m.start(), f"clone of {m[1]}"
    for m in _SETTING.finditer(text):
        name = {"ZENOH_PICO": "zenoh-pico", "ZENOH_C": "zenoh-c"}.get(m[1].upper(), "zenohd")
        yield name, m[2], m.start(), f"{m[1]}_VERSION"


def _of_packages(text: str) -> Iterator[_Row]:
    for m in _PACKAGE.finditer(text):
        yield m[1], m[2] or "", m.start(1), "package of the system"
    for m in _PYTHON.finditer(text):
        yield m[1], m[2], m.start(1), "requirement"
    for m in _CHECKOUT.finditer(text):
        yield m[1], m[2], m.start(2), "checkout"


def _of_cmake(text: str) -> Iterator[_Row]:
    yield from _of_script(text)
    for m in _CPM.finditer(text):
        yield m[1], m[2], m.start(1), "CPM package"
    for m in _FIND.finditer(text):
        yield m[1], m[2], m.start(1), "find_package EXACT"
    for m in _GIT_TAG.finditer(text):
        if "$" not in m[3] and not re.fullmatch(r"[0-9a-f]{7,40}", m[3]):
            release = _TAG.fullmatch(m[3])
            yield m[1], release[1] if release else "", m.start(3), f"{m[2]} {m[3]}"


def _of_platformio(text: str) -> Iterator[_Row]:
    for m in _LIB_DEPS.finditer(text):
        written = (m[2] or "").lstrip("=v")
        how = f"lib_deps {m[2]}" if m[2] else "lib_deps without a tag"
        if not re.fullmatch(r"[0-9a-f]{7,40}", written):
            yield m[1], written if _RELEASE.fullmatch(written) else "", m.start(1), how


def _of_toml(text: str) -> Iterator[_Row]:
    for m in _PYTHON.finditer(text):
        yield m[1], m[2], m.start(1), "requirement"
    for m in _CARGO.finditer(text):
        written = m[2] or m[3] or ""
        exact = re.search(rf"=\s*{_VERSION}", m[2] or "") or re.search(
            rf"version\s*=\s*\"=\s*{_VERSION}|tag\s*=\s*\"{_VERSION}", m[3] or ""
        )
        if exact:
            version = next(group for group in exact.groups() if group)
            yield m[1], version, m.start(1), "requirement"
        elif "branch" in written:
            yield m[1], "", m.start(1), "branch"
    for m in _SECTION.finditer(text):
        end = text.find("\n[", m.end())
        version = _TOML_VERSION.search(text, m.end(), end if end >= 0 else len(text))
        if version and "dependencies" not in m[0]:
            yield m[1], version[1], version.start(1), "index"


def _of_yaml(text: str) -> Iterator[_Row]:
    yield from _of_script(text)
    for m in _INLINE.finditer(text):
        yield m[1], m[2], m.start(2), "component"
    for m in _ENTRY.finditer(text):
        block = text[m.end() : m.end() + 400]
        nearer = re.search(r"\n\s*-\s", block)
        version = re.search(
            r"\n\s+(?:version|revision):\s*[\"']?([^\s\"'#]+)",
            block[: nearer.start() if nearer else 400],
        )
        if version and not re.fullmatch(r"[0-9a-f]{7,40}", version[1]):
            plain = version[1].lstrip("=v")
            written = plain if _RELEASE.fullmatch(plain) else ""
            at = m.end() + version.start(1)
            # West may give a project a name of its own; where it is fetched from tells.
            origin = _ORIGIN.search(block[: nearer.start() if nearer else 400])
            yield origin[1] if origin else m[2], written, at, f"revision {version[1]}"
