"""Zephyr builds whose sockets are those of the host or of a modem, with the time that zenoh-pico's
read task may keep them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import kconfig_defaults
from pitfalls.formats.kconfig_defaults import IntegerOptions
from pitfalls.formats.zenoh_timeouts import NAME
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.kconfig import Configuration, Value, ZephyrConfigurations
from pitfalls.views.layout import Layout
from pitfalls.views.network_layer import NetworkLayers

OPTIONS = Selection(
    name="socket timeouts in Kconfig",
    type=IntegerOptions,
    parse=kconfig_defaults.parse,
    names=("Kconfig", "Kconfig.*"),
    needles=(b"SOCKET_TIMEOUT",),
)

_OPTION = re.compile(r"\w*ZENOH\w*SOCKET_TIMEOUT(?:_MS)?")
_OFFLOAD = ("NET_NATIVE_OFFLOADED_SOCKETS", "NET_SOCKETS_OFFLOAD")
_ZEPHYR = "ZENOH_ZEPHYR"


@dataclass(frozen=True)
class ReadWindow:
    """A setting of the receive timeout that counts on Zephyr, in milliseconds."""

    place: Place
    milliseconds: int | None
    origin: str
    subject: str


@dataclass(frozen=True)
class BlockingApplication:
    """An application with one thread whose receive timeout Zephyr ignores: ``switch`` switches
    zenoh-pico on."""

    application: str
    switch: Place


class OffloadedSockets(View):
    """``offloads`` is a line that offloads sockets, None when no build does; ``windows`` are the
    timeouts that the tree sets for Zephyr."""

    uses = (ZephyrConfigurations, NetworkLayers, BuildDefinitions, OPTIONS, Layout)

    def __init__(
        self,
        offloads: Value | None,
        windows: Iterable[ReadWindow],
        unbounded: Iterable[BlockingApplication],
    ) -> None:
        self.offloads = offloads
        self.windows = tuple(windows)
        self.unbounded = tuple(unbounded)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From Kconfig files, zenoh-pico's headers and definitions of build files."""
        zephyr = source.view(ZephyrConfigurations)
        every = [*zephyr.configurations, *zephyr.fragments]
        offloads = next((v for v in (_offload(c) for c in every) if v is not None), None)
        layout = source.view(Layout)
        windows = [*_of_headers(source.view(NetworkLayers), layout), *_of_options(source, every)]
        windows += _of_builds(source, layout, passed=bool(list(_of_options(source, every))))
        single = {layout.subject_of(p) for p in _single_threaded(source)}
        return cls(offloads, windows, _unbounded(zephyr.configurations, single))


def _offload(configuration: Configuration) -> Value | None:
    for name in _OFFLOAD:
        value = configuration.get(name)
        if value is not None and value.is_on:
            return value
    return None


def _of_headers(layers: NetworkLayers, layout: Layout) -> Iterator[ReadWindow]:
    for header in layers.headers:
        timeout = header.facts.of(_ZEPHYR)
        if timeout is not None and layout.is_evidence(header.path):
            place = Place(header.path, timeout.line)
            subject = layout.subject_of(header.path)
            yield ReadWindow(place, timeout.value, f"{NAME} where {_ZEPHYR} is defined", subject)


def _of_options(source: Source, every: Iterable[Configuration]) -> Iterator[ReadWindow]:
    """Defaults of Kconfig options for the timeout, and what configurations set them to."""
    layout = source.view(Layout)
    for file in source.facts(OPTIONS):
        for option in file.facts.options if layout.is_evidence(file.path) else ():
            if _OPTION.fullmatch(option.name):
                place = Place(file.path, option.line)
                subject = layout.subject_of(file.path)
                yield ReadWindow(
                    place, option.value, f"the default of CONFIG_{option.name}", subject
                )
    seen: set[Place] = set()
    for one in every:
        for name, value in one.values.items():
            if _OPTION.fullmatch(name) and value.place not in seen:
                seen.add(value.place)
                number = int(value.text) if value.text.isdigit() else None
                yield ReadWindow(value.place, number, f"CONFIG_{name}", one.application)


def _of_builds(source: Source, layout: Layout, *, passed: bool) -> Iterator[ReadWindow]:
    """Definitions on Zephyr's compiler line; ``passed``: what is not a number is a Kconfig option
    that is looked at by itself."""
    for file in source.view(BuildDefinitions).files:
        if layout.platform_of(file.path) != "zephyr":
            continue
        for item in file.facts.definitions:
            if item.macro == NAME and not (passed and item.integer is None):
                place, subject = Place(file.path, item.line), layout.subject_of(file.path)
                yield ReadWindow(place, item.integer, f"-D{NAME}", subject)


def _single_threaded(source: Source) -> Iterator[str]:
    for file in source.view(BuildDefinitions).files:
        if any(
            d.macro == "Z_FEATURE_MULTI_THREAD" and d.integer == 0 for d in file.facts.definitions
        ):
            yield file.path


def _unbounded(
    configurations: Iterable[Configuration], single: set[str]
) -> Iterator[BlockingApplication]:
    seen: set[Place] = set()
    for one in configurations:
        switch = one.get("ZENOH_PICO")
        threads = one.get("ZENOH_PICO_MULTI_THREAD")
        alone = one.application in single or (threads is not None and not threads.is_on)
        if switch is None or not switch.is_on or not alone or switch.place in seen:
            continue
        if _offload(one) is None and not one.is_on("NET_CONTEXT_RCVTIMEO"):
            seen.add(switch.place)
            yield BlockingApplication(one.application, switch.place)
