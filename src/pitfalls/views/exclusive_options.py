"""Alternatives outside of cargo: CMake options that are declared exclusive, Kconfig choices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pitfalls.formats import cmake_options, kconfig_choice
from pitfalls.formats.cmake_options import ExclusiveOptions, OptionFile
from pitfalls.formats.kconfig_choice import Choice, Choices
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout

OPTIONS = Selection(
    name="exclusive CMake options",
    type=OptionFile,
    parse=cmake_options.parse,
    names=("CMakeLists.txt", "*.cmake"),
    needles=(b"option(", b"option (", b"OPTION("),
)
CHOICES = Selection(
    name="Kconfig choices",
    type=Choices,
    parse=kconfig_choice.parse,
    names=("Kconfig", "Kconfig.*"),
    needles=(b"endchoice",),
)


class ExclusiveOptionsView(View):
    """Groups of options, and the choices of Kconfig files, of the tree's own files."""

    uses = (OPTIONS, CHOICES, Layout)

    def __init__(
        self,
        groups: Iterable[tuple[str, ExclusiveOptions]],
        choices: Iterable[tuple[Place, Choice]],
    ) -> None:
        self.groups = tuple(groups)
        self.choices = tuple(choices)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From CMake and Kconfig files that are evidence."""
        layout = source.view(Layout)
        options = [f for f in source.facts(OPTIONS) if layout.is_evidence(f.path)]
        kconfig = [f for f in source.facts(CHOICES) if layout.is_evidence(f.path)]
        return cls(
            ((file.path, group) for file in options for group in file.facts.groups),
            (
                (Place(file.path, choice.line), choice)
                for file in kconfig
                for choice in file.facts.choices
                if len(choice.options) > 1
            ),
        )
