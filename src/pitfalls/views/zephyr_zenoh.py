"""Which configurations of Zephyr applications bring zenoh in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pitfalls.formats.cargo import Manifest
from pitfalls.model import Place
from pitfalls.source import Source
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.kconfig import Configuration


def with_zenoh(
    source: Source, configurations: Sequence[Configuration]
) -> Iterator[tuple[Configuration, Place]]:
    """The configurations that bring zenoh in, with the option. Where none of an application in Rust
    names it, the application's manifest may choose it, for all of them."""
    options = [_option(configuration) for configuration in configurations]
    named = {c.application for c, place in zip(configurations, options, strict=True) if place}
    manifests = {file.path: file.facts for file in source.facts(MANIFESTS)}
    for configuration, place in zip(configurations, options, strict=True):
        path = f"{configuration.application}/Cargo.toml".removeprefix("./")
        manifest = manifests.get(path) if configuration.application not in named else None
        if manifest is not None and _chooses_zenoh(manifest):
            place = Place(path)
        if place is not None:
            yield configuration, place


def _option(configuration: Configuration) -> Place | None:
    values = configuration.values.items()
    return next((v.place for n, v in values if "ZENOH" in n and v.text not in ("n", "")), None)


def _chooses_zenoh(manifest: Manifest) -> bool:
    """Whether a dependency that is always built is zenoh, or is asked for a feature named so."""
    asked = [word for link in manifest.links if not link.optional
             for word in (link.package, *link.features)]  # fmt: skip
    asked += dict(manifest.features).get("default", ())
    return any("zenoh" in word for word in asked)
