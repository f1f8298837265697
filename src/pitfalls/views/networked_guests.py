"""Which platforms of a tree run under QEMU with a network or a serial transport."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pitfalls.model import Place, Related
from pitfalls.source import Source, View
from pitfalls.views.launches import Launch, QemuLaunches


@dataclass(frozen=True)
class Emulated:
    """A platform with its networked launches; ``shift`` is the one with a numeric ``-icount``
    shift, whose virtual time leaves the host's when the guest spins."""

    launches: tuple[Launch, ...]
    shift: Launch | None

    @property
    def related(self) -> tuple[Related, ...]:
        """The launch that makes it matter."""
        if self.shift is not None and self.shift.icount is not None:
            return (Related(self.shift.icount.place, f"-icount {self.shift.icount.text}"),)
        first = self.launches[0]
        return (Related(Place(first.place.path, first.place.line), f"launched with "
                        f"{first.input_output}"),)  # fmt: skip


class NetworkedGuests(View):
    """The networked launches by platform."""

    uses = (QemuLaunches,)

    def __init__(self, launches: Iterable[Launch]) -> None:
        self.launches = tuple(one for one in launches if one.is_networked and one.guest != "linux")

    @classmethod
    def build(cls, source: Source) -> Self:
        """From every QEMU launch of the tree."""
        return cls(source.view(QemuLaunches).launches)

    def of(self, platform: str, path: str = "") -> Emulated | None:
        """The launches of a platform, or of a machine that ``path`` names; None without any."""
        own = [
            one for one in self.launches
            if (platform and one.platform == platform) or (one.machine and one.machine in path)
        ]  # fmt: skip
        if not own:
            return None
        shifted = (o for o in own if o.icount is not None and o.icount.shift.isdigit())
        return Emulated(tuple(own), next(shifted, None))
