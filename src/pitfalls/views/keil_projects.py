"""Which memory layout Keil's projects give a source file that they compile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import chips, keil_project, scatter
from pitfalls.formats.linkerscript import LinkerScript
from pitfalls.model import Place
from pitfalls.source import Selection, Source, View, join
from pitfalls.views.chips import Chip
from pitfalls.views.layout import Layout
from pitfalls.views.link_script import LinkScript

PROJECTS = Selection(
    name="Keil projects",
    type=keil_project.KeilProject,
    parse=keil_project.parse,
    names=("*.uvprojx", "*.uvproj"),
    needles=(b"<umfTarg>",),
)
SCATTER = Selection(
    name="scatter files",
    type=tuple[LinkerScript, ...],
    parse=scatter.parse,
    names=("*.sct", "*.scf", "*.scat"),
)


@dataclass(frozen=True)
class KeilLayout:
    """What one target of a project does: the scripts between which the linker chooses, and the
    device that the target is for."""

    scripts: tuple[LinkScript, ...]
    devices: tuple[Chip, ...]


class KeilProjects(View):
    """The layouts of all projects, by the files that they compile."""

    uses = (PROJECTS, SCATTER, Layout)

    def __init__(self, layouts: Mapping[str, tuple[KeilLayout, ...]]) -> None:
        self._layouts = layouts

    @classmethod
    def build(cls, source: Source) -> Self:
        """Of every project of the tree's own."""
        layout = source.view(Layout)
        scatters = {located.path: located.facts for located in source.facts(SCATTER)}
        found: dict[str, list[KeilLayout]] = defaultdict(list)
        for located in source.facts(PROJECTS):
            if not layout.is_evidence(located.path):
                continue
            folder = located.path.rpartition("/")[0]
            for target in located.facts.targets:
                one = _layout(located.path, target, scatters)
                for file in target.files:
                    if path := join(folder, file):
                        found[path].append(one)
        return cls({path: tuple(layouts) for path, layouts in found.items()})

    def of(self, path: str) -> tuple[KeilLayout, ...]:
        """The layouts that a source file is linked under; none when no project compiles it, or
        when the layout of one cannot be read."""
        layouts = self._layouts.get(path, ())
        return layouts if all(one.scripts for one in layouts) else ()


def _layout(
    path: str, target: keil_project.KeilTarget, scatters: Mapping[str, tuple[LinkerScript, ...]]
) -> KeilLayout:
    folder = path.rpartition("/")[0]
    where, scripts = path, target.scripts
    if target.scatter:
        where = join(folder, target.scatter) or ""
        scripts = scatters.get(where, ())
    place = Place(path, target.device_line)
    return KeilLayout(
        tuple(LinkScript(where, tuple((where, i) for i in s.items), ()) for s in scripts),
        tuple(Chip(name, place) for name in chips.names_in(target.device)),
    )
