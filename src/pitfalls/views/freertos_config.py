"""The effective FreeRTOS configuration of every ``FreeRTOSConfig.h`` that is a target's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import cpp
from pitfalls.formats.cpp import Header, Include, Macro
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View, join, parents
from pitfalls.views.layout import Layout

CONFIG_HEADERS = Selection(
    name="FreeRTOS configuration headers",
    type=Header,
    parse=cpp.parse,
    names=("FreeRTOSConfig.h",),
    needles=(b"config",),
)


@dataclass(frozen=True)
class FreeRTOSConfig:
    """One configuration: the macros after the preprocessor has been through the header.

    ``includes`` are the headers of the tree that it is made of; ``missing`` those that are not
    there, which may define more.
    """

    path: str
    subject: str
    platform: str
    macros: Mapping[str, Macro]
    includes: tuple[str, ...]
    missing: tuple[Include, ...]

    def get(self, name: str) -> Macro | None:
        """The macro; None when no header that is there mentions it."""
        return self.macros.get(name)

    def value(self, name: str, default: int | None = None) -> int | None:
        """The integer that ``name`` resolves to; ``default`` when it is certainly not defined;
        None when that cannot be told."""
        macro = self.get(name)
        if macro is None:
            return None if self.missing else default
        return default if macro.state == "undefined" else macro.value

    def place(self, name: str) -> Place:
        """The line that decides about ``name``: its definition, else the header itself."""
        macro = self.get(name)
        if macro is None or not macro.line:
            return Place(self.path)
        return Place(macro.path or self.path, macro.line)


class FreeRTOSConfigs(View):
    """One configuration per header that is not vendored and not a part of another one."""

    uses = (CONFIG_HEADERS, Layout)

    def __init__(self, configs: Iterable[FreeRTOSConfig]) -> None:
        self.configs = tuple(configs)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Resolve every header with the includes that lead to a file of the tree."""
        layout = source.view(Layout)
        by_name = _headers_by_name(source.paths)
        found = [
            _resolve(source, layout, header.path, header.facts, by_name)
            for header in source.facts(CONFIG_HEADERS)
            if layout.is_evidence(header.path)
        ]
        parts = {path for config in found for path in config.includes}
        return cls(config for config in found if config.path not in parts)


def _headers_by_name(paths: Iterable[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for path in paths:
        if path.endswith(".h"):
            named.setdefault(path.rpartition("/")[2], []).append(path)
    return named


def _resolve(
    source: Source, layout: Layout, path: str, alone: Header, by_name: dict[str, list[str]]
) -> FreeRTOSConfig:
    """``alone`` is the header without its includes: right as it is when none leads anywhere."""
    used: list[str] = []

    def include(name: str, angled: bool, above: str) -> tuple[str, bytes] | None:
        found = _find(source, layout, name, angled, above, path, by_name)
        data = source.read(found) if found else None
        if found is None or data is None:
            return None
        used.append(found)
        return found, data

    header = alone
    if any(_find(source, layout, i.name, i.angled, path, path, by_name) for i in alone.missing):
        header = cpp.preprocess(source.read(path) or b"", path, include)
    return FreeRTOSConfig(
        path,
        layout.subject_of(path),
        layout.platform_of(path) or "freertos",
        header.macros,
        tuple(used),
        header.missing,
    )


def _find(
    source: Source,
    layout: Layout,
    name: str,
    angled: bool,
    above: str,
    config: str,
    by_name: dict[str, list[str]],
) -> str | None:
    """The file that an include means: beside the including file, beside the configuration, else
    the only header of that name in the configuration's own target."""
    folders = [] if angled else [above.rpartition("/")[0]]
    for folder in (*folders, config.rpartition("/")[0]):
        path = join(folder, name)
        if path and source.exists(path):
            return path
    subject = layout.subject_of(config)
    roots = {subject, *list(parents(config))[1:2]} - {".", ""}
    near = [
        path
        for path in by_name.get(name.rpartition("/")[2], ())
        if path.endswith("/" + name) and any(path.startswith(f"{root}/") for root in roots)
    ]
    return near[0] if len(near) == 1 else None
