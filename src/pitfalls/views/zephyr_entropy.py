"""Networked Zephyr applications that allow a random number generator for tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import devicetree_chosen
from pitfalls.formats.devicetree_chosen import Chosen
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.kconfig import Configuration, Value, ZephyrConfigurations
from pitfalls.views.layout import Layout

ENTROPY = Selection(
    "devicetree-entropy", Chosen, devicetree_chosen.parse_entropy, ("*.overlay", "*.dts"),
    (b"zephyr,entropy",),
)  # fmt: skip

WITHOUT = ("qemu_cortex_m3", "qemu_cortex_m0", "mps2_an385", "mps2", "qemu_x86", "qemu_riscv32")
"""Boards whose devicetree chooses no ``zephyr,entropy``."""

WITH = ("native_sim", "native_posix", "nucleo_f4", "nucleo_h7", "esp32", "nrf52", "frdm_k64f")
"""Boards whose devicetree does."""


@dataclass(frozen=True)
class TestEntropy:
    """A networked image and the option that lets it run on test numbers."""

    configuration: Configuration
    option: Value
    device: Place | None
    outcome: Literal["timer", "device", "unknown"]

    @property
    def subject(self) -> str:
        """The application, with the board that it is configured for."""
        board = self.configuration.board
        return f"{self.configuration.application} on {board}" if board else (
            self.configuration.application)  # fmt: skip


class ZephyrEntropy(View):
    """Every networked image that sets ``CONFIG_TEST_RANDOM_GENERATOR`` or the timer's."""

    uses = (ZephyrConfigurations, ENTROPY, Layout)

    def __init__(self, images: Iterable[TestEntropy]) -> None:
        self.images = tuple(images)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the merged configurations and the overlays of each application."""
        zephyr = source.view(ZephyrConfigurations)
        devices = [Place(f.path, f.facts.choices[0].line) for f in source.facts(ENTROPY)]
        images: dict[tuple[str, str], TestEntropy] = {}
        for configuration in (*zephyr.configurations, *zephyr.fragments):
            found = _image(configuration, devices)
            if found is not None:
                images.setdefault((found.option.place.path, configuration.board), found)
        told = {path for path, board in images if board}
        return cls(one for (path, board), one in images.items() if board or path not in told)


def _image(configuration: Configuration, devices: list[Place]) -> TestEntropy | None:
    networking = configuration.networking
    if networking is None or not networking.is_on:
        return None
    timer, test = (
        configuration.get("TIMER_RANDOM_GENERATOR"),
        configuration.get("TEST_RANDOM_GENERATOR"),
    )
    if timer is not None and timer.is_on:
        return TestEntropy(configuration, timer, None, "timer")
    if test is None or not test.is_on:
        return None
    folder = configuration.application
    own = next((d for d in devices if d.path.startswith(f"{folder}/") or folder == "."), None)
    board = configuration.board
    if own is not None or board.startswith(WITH):
        return TestEntropy(configuration, test, own, "device")
    return TestEntropy(
        configuration, test, None, "timer" if board.startswith(WITHOUT) else "unknown"
    )
