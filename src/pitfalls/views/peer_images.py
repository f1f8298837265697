"""Zephyr applications for native_sim that open a TAP, and pairs of them that talk to each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pitfalls.model import Place
from pitfalls.source import Source, View
from pitfalls.views.kconfig import Configuration, Value, ZephyrConfigurations
from pitfalls.views.process_roles import role

DEFAULT_TAP = "zeth"
"""Zephyr's own default of the driver name."""

_NAMES = ("ETH_NATIVE_TAP_DRV_NAME", "ETH_NATIVE_POSIX_DRV_NAME")
_MACS = ("ETH_NATIVE_TAP_MAC_ADDR", "ETH_NATIVE_POSIX_MAC_ADDR")
_ADDRESS = "NET_CONFIG_MY_IPV4_ADDR"
_OFF = ("ETH_NATIVE_TAP", "ETH_NATIVE_POSIX")
_ELSEWHERE = ("NET_NATIVE_OFFLOADED_SOCKETS", "NET_SOCKETS_OFFLOAD", "ETH_NATIVE_SLIRP")
_NATIVE = re.compile(r"native[_-]?(?:sim|posix)")


@dataclass(frozen=True)
class Image:
    """One application as it is built for native_sim. ``tap`` is None when the default applies."""

    application: str
    kind: str
    side: str
    tap: Value | None
    address: Value | None
    mac: Value | None
    place: Place

    @property
    def tap_name(self) -> str:
        """The name of the TAP that it opens."""
        return self.tap.text if self.tap is not None else DEFAULT_TAP

    @property
    def tap_place(self) -> Place:
        """Where the name is set, else the application's configuration."""
        return self.tap.place if self.tap is not None else self.place


@dataclass(frozen=True)
class ImagePair:
    """Two sibling applications, the sender's first."""

    sender: Image
    receiver: Image

    @property
    def subject(self) -> str:
        """``apps/talker and apps/listener``."""
        return f"{self.sender.application} and {self.receiver.application}"

    @property
    def first(self) -> Image:
        """The talker or the server, which take the first TAP and address where they are counted."""
        return self.sender if self.sender.kind == "topic" else self.receiver

    @property
    def second(self) -> Image:
        """The other."""
        return self.receiver if self.sender.kind == "topic" else self.sender

    @property
    def one_network(self) -> bool:
        """Whether different addresses of one network are set: the two are meant to meet."""
        texts = [i.address.text for i in (self.sender, self.receiver) if i.address is not None]
        return len(set(texts)) == 2 and len({t.rpartition(".")[0] for t in texts}) == 1


class PeerImages(View):
    """``images`` that open a TAP, and the ``pairs`` among them."""

    uses = (ZephyrConfigurations,)

    def __init__(self, images: Iterable[Image]) -> None:
        self.images = tuple(images)
        self.pairs = tuple(_pairs(self.images))

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the merged configuration of each application for the native board."""
        known: dict[str, list[Configuration]] = {}
        for configuration in source.view(ZephyrConfigurations).configurations:
            known.setdefault(configuration.application, []).append(configuration)
        found = (_image(name, own) for name, own in sorted(known.items()))
        return cls(image for image in found if image is not None)


def _image(application: str, configurations: list[Configuration]) -> Image | None:
    """The application on native_sim; None when it is not networked there, or not through a TAP."""
    native = [c for c in configurations if _NATIVE.search(c.board)]
    boards = [c for c in configurations if c.board]
    chosen = next(iter(native or [c for c in configurations if not c.board]), None)
    kind, side = role(application.rpartition("/")[2])
    if chosen is None or not side or (boards and not native and not _named(chosen)):
        return None
    if any(chosen.is_on(name) for name in _ELSEWHERE) or any(
        (value := chosen.get(name)) is not None and value.text == "n" for name in _OFF
    ):
        return None
    address = chosen.get(_ADDRESS)
    if chosen.networking is None or not (chosen.networking.is_on and (address or _named(chosen))):
        return None
    return Image(
        application, kind, side, _named(chosen), address,
        next((v for n in _MACS if (v := chosen.get(n)) is not None and v.text), None),
        address.place if address is not None else chosen.networking.place,
    )  # fmt: skip


def _named(configuration: Configuration) -> Value | None:
    return next((v for n in _NAMES if (v := configuration.get(n)) is not None and v.text), None)


def _pairs(images: Iterable[Image]) -> Iterator[ImagePair]:
    """Siblings whose names differ in the role only."""
    groups: dict[tuple[str, str], dict[str, Image]] = {}
    for image in images:
        stem = re.sub(
            r"talker|listener|publisher|subscriber|pub|sub|server|client|queryable", "*",
            image.application,
        )  # fmt: skip
        groups.setdefault((image.kind, stem), {}).setdefault(image.side, image)
    for found in groups.values():
        if len(found) == 2:
            yield ImagePair(found["sender"], found["receiver"])
