"""The crates of a tree with what they link and the platform they are for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pitfalls.formats.cargo import Manifest
from pitfalls.source import Located, Source, View, parents
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.crate_links import CrateLinks, rust_name
from pitfalls.views.layout import Layout


class FirmwareCrates(View):
    """``links`` between the crates; which crate a file belongs to; what a crate runs on."""

    uses = (MANIFESTS, Layout)

    def __init__(self, manifests: Iterable[Located[Manifest]], layout: Layout) -> None:
        named = [m for m in manifests if m.facts.package]
        self.links = CrateLinks(named)
        self._crates = {m.path.rpartition("/")[0]: rust_name(m.facts.package) for m in named}
        self._needs = {rust_name(m.facts.package): m.facts.dependencies for m in named}
        self._layout = layout

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the manifests of the tree."""
        return cls(source.facts(MANIFESTS), source.view(Layout))

    def crate_of(self, path: str) -> str:
        """The crate of a file, empty outside any."""
        return next((self._crates[f] for f in parents(path) if f in self._crates), "")

    def platform_of(self, crate: str) -> str:
        """The platform that the crate's own path names, else the only one that names of its
        dependencies tell."""
        own = self._layout.platform_of(self.links.folders.get(crate, ""))
        if own:
            return own
        named = {self._layout.platform_of(name) for name in self._needs.get(crate, ())} - {""}
        return named.pop() if len(named) == 1 else ""

    def is_emulated(self, crate: str) -> bool:
        """Whether a crate for a chip that exists in hardware is the one for the emulator: where a
        crate of that platform says so, the others are not."""
        platform = self.platform_of(crate)
        if not platform.startswith(("esp32", "stm32")) or self._says_qemu(crate):
            return True
        return not any(self._says_qemu(c) for c in self._needs if self.platform_of(c) == platform)

    def _says_qemu(self, crate: str) -> bool:
        texts = (self.links.folders.get(crate, ""), *self._needs.get(crate, ()))
        return any("qemu" in text for text in texts)
