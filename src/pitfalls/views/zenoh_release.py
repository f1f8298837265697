"""The release of zenoh-pico that the tree builds, where it tells exactly one."""

from __future__ import annotations

from typing import Self

from pitfalls.formats import zenoh_version
from pitfalls.formats.zenoh_version import Version
from pitfalls.source import Selection, Source, View
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.layout import Layout

VERSION_FILES = Selection(
    name="version.txt",
    type=Version,
    parse=zenoh_version.parse_version_txt,
    names=("version.txt",),
)
WEST_MANIFESTS = Selection(
    name="west manifests",
    type=Version,
    parse=zenoh_version.parse_west,
    names=("west.yml", "west.yaml", "*.west.yml", "west-*.yml"),
    needles=(b"zenoh-pico",),
)


class ZenohRelease(View):
    """``version`` is None when the tree names no release of zenoh-pico, or several."""

    uses = (VERSION_FILES, WEST_MANIFESTS, BuildDefinitions, Layout)

    def __init__(self, version: Version | None) -> None:
        self.version = version

    @classmethod
    def build(cls, source: Source) -> Self:
        """From a checkout's ``version.txt``, west manifests, and tags in build files."""
        return cls(_version(source, source.view(Layout)))


def _version(source: Source, layout: Layout) -> Version | None:
    """The one version of zenoh-pico that the tree tells; None when it tells none, or several."""
    found = {
        (v.facts.major, v.facts.minor, v.facts.patch): v.facts
        for v in source.facts(VERSION_FILES)
        if layout.libraries.get(v.path.rpartition("/")[0]) == "zenoh-pico"
        or "zenoh-pico" in v.path.split("/")[-2:-1]
        or (v.path == "version.txt" and source.exists("include/zenoh-pico.h"))
    }
    for manifest in source.facts(WEST_MANIFESTS):
        v = manifest.facts
        found.setdefault((v.major, v.minor, v.patch), v)
    for file in source.view(BuildDefinitions).files:
        for mark in file.facts.marks:
            named = zenoh_version.from_text(mark.version) if mark.version else None
            if named:
                found.setdefault((named.major, named.minor, named.patch), named)
    return next(iter(found.values())) if len(found) == 1 else None
