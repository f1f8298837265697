"""Whether a firmware of the tree is built on a library that makes a clock."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pitfalls.source import Source
from pitfalls.views.cargo_tests import MANIFESTS
from pitfalls.views.clock_contexts import Func
from pitfalls.views.crate_features import CrateFeatures
from pitfalls.views.crate_links import rust_name

Linkage = Literal["linked", "optional", "none"]
"""``optional``: the crate is a dependency, and no build of this tree switches it on."""


class ClockLinks:
    """The crates of a tree, and what depends on them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._manifests = source.facts(MANIFESTS)
        facts = [m.facts for m in self._manifests]
        self._used = {rust_name(name) for one in facts for name in one.dependencies}
        self._plain = {
            rust_name(name) for one in facts for name in {*one.dependencies} - {*one.optional}
        }

    def of(self, function: Func) -> Linkage:
        """C is compiled into whatever links it; a crate with a program is one."""
        inside = f"{function.crate}/" if function.crate else ""
        plain = function.crate_name in self._plain
        if not function.is_rust or plain or self._source.exists(f"{inside}src/main.rs"):
            return "linked"
        if function.crate_name not in self._used:
            return "none"
        return "linked" if function.crate_name in self._selected else "optional"

    @cached_property
    def _selected(self) -> set[str]:
        """What the default features of any crate, or any features of a program, bring in."""
        features, found = CrateFeatures(self._manifests), set[str]()
        for manifest in self._manifests:
            if manifest.facts.package:
                folder = manifest.path.removesuffix("Cargo.toml")
                name = rust_name(manifest.facts.package)
                program = self._source.exists(f"{folder}src/main.rs")
                selected = features.every(name) if program else features.default(name)
                found |= selected.keys() - {name}
        return found
