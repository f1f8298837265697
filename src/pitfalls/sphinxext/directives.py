"""The directives. They check their argument, register what has an address, and leave a slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from pitfalls import config, schemas
from pitfalls.config import nearest
from pitfalls.sphinxext import checklist, keys
from pitfalls.sphinxext.live import load_catalogue
from pitfalls.sphinxext.nodes import pitfall_slot

if TYPE_CHECKING:
    from sphinx.domains.std import StandardDomain
    from sphinx.util.typing import OptionSpec

    from pitfalls.catalogue import Entry
    from pitfalls.sphinxext.domain import PitfallDomain

logger = logging.getLogger(__name__)


class PitfallDirective(SphinxDirective):
    """What all share: an optional pitfall as argument, no content, no options."""

    has_content = False
    option_spec: ClassVar[OptionSpec | None] = {}
    required_arguments = 1

    @property
    def domain(self) -> PitfallDomain:
        """Our domain."""
        return cast("PitfallDomain", self.env.get_domain("pitfall"))

    def run(self) -> list[nodes.Node]:
        """A slot for one pitfall, or for all."""
        if not self.required_arguments:
            self.domain.note_shown(self.env.docname, "*")
            return [self.slot("")]
        try:
            entry = load_catalogue().find(self.arguments[0])
        except KeyError as error:
            logger.warning(
                error.args[0], type="pitfalls", subtype="unknown", location=self.get_location()
            )
            return []
        for path in (entry.page, entry.folder / "check.py"):
            self.env.note_dependency(str(path))
        self.domain.note_shown(self.env.docname, entry.pitfall.id)
        return [*self.targets(entry), self.slot(entry.pitfall.id)]

    def slot(self, pitfall_id: str) -> nodes.Node:
        """The placeholder. Without a source, so that a verdict never becomes a message."""
        return pitfall_slot("", kind=self.name, pitfall=pitfall_id)

    def targets(self, _entry: Entry) -> list[nodes.Node]:
        """What has an address here."""
        return []

    def target(self, name: str, kind: str, title: str) -> nodes.Node:
        """An anchor of exactly that name, registered in the domain."""
        self.domain.note_object(
            name, self.env.docname, name, kind, title, location=self.get_location()
        )
        node = nodes.target("", "", ids=[name])
        self.state.document.note_explicit_target(node)
        return node


class Header(PitfallDirective):
    """``pitfall``: id, live status, severity, platforms; the home of the id."""

    def targets(self, entry: Entry) -> list[nodes.Node]:
        """The id as an anchor, as an object and as a label of the standard domain."""
        pitfall = entry.pitfall
        std = cast("StandardDomain", self.env.get_domain("std"))
        std.note_hyperlink_target(pitfall.id.lower(), self.env.docname, pitfall.id, pitfall.title)
        for alias in (pitfall.id, pitfall.slug, *pitfall.aliases):
            self.domain.note_alias(alias, pitfall.id)
        return [self.target(pitfall.id, "pitfall", pitfall.title)]


class Rules(PitfallDirective):
    """``pitfall-rules``: each rule with statement, level, origin and fix; its home."""

    def targets(self, entry: Entry) -> list[nodes.Node]:
        """Each rule as an anchor and as an object."""
        return [self.target(rule.id, "rule", rule.id) for rule in entry.pitfall.rules]


class Evidence(PitfallDirective):
    """``pitfall-evidence``: the findings with the target's own lines."""


class Examples(PitfallDirective):
    """``pitfall-examples``: the bad and the good tree with the verdict they get now."""


class Table(PitfallDirective):
    """``pitfall-table``: what was measured in the target against what is required."""


class Neighbours(PitfallDirective):
    """``pitfall-neighbours``: the pitfalls that look alike, and how to tell them apart."""


class Index(PitfallDirective):
    """``pitfall-index``: all pitfalls by family with their status."""

    required_arguments = 0


class Matrix(PitfallDirective):
    """``pitfall-matrix``: pitfall x platform."""

    required_arguments = 0


class Summary(PitfallDirective):
    """``pitfall-summary``: which target was examined, and the counts by verdict."""

    required_arguments = 0


class State(PitfallDirective):
    """``pitfall-state``: the summary, and what needs attention, worst first."""

    required_arguments = 0


class Platforms(PitfallDirective):
    """``pitfall-platforms``: the platforms of the target, each with its worst verdict."""

    required_arguments = 0


class Families(PitfallDirective):
    """``pitfall-families``: the families, each with its worst verdict."""

    required_arguments = 0


class Checklist(PitfallDirective):
    """``pitfall-checklist``: steps, one a line with the rules that judge it, for each platform."""

    required_arguments = 0
    has_content = True

    def run(self) -> list[nodes.Node]:
        """A slot that carries the steps; a wrong line or name is a warning with its place."""
        try:
            steps = checklist.parse(list(self.content))
            found = [load_catalogue().find(name) for step in steps for name in step.names]
        except (checklist.ChecklistError, KeyError) as error:
            logger.warning(
                error.args[0], type="pitfalls", subtype="unknown", location=self.get_location()
            )
            return []
        for entry in found:
            self.domain.note_shown(self.env.docname, entry.pitfall.id)
        rows = [(step.text, step.names) for step in steps]
        return [pitfall_slot("", kind=self.name, pitfall="", rows=rows)]


class Keys(PitfallDirective):
    """``pitfall-keys NAME``: the keys of one of our JSON Schemas, from the types themselves."""

    def run(self) -> list[nodes.Node]:
        """The tables: they change with our code only."""
        name = self.arguments[0]
        if name not in schemas.NAMES:
            logger.warning(
                "no schema %r%s", name, nearest(name, schemas.NAMES),
                type="pitfalls", subtype="unknown", location=self.get_location(),
            )  # fmt: skip
            return []
        for module in (schemas, config):
            self.env.note_dependency(str(module.__file__))
        return keys.tables(name)


class Search(PitfallDirective):
    """``pitfall-search``: the symptom search; a script fills it, other builders show a hint."""

    required_arguments = 0


DIRECTIVES: dict[str, type[PitfallDirective]] = {
    "pitfall": Header,
    "pitfall-rules": Rules,
    "pitfall-evidence": Evidence,
    "pitfall-examples": Examples,
    "pitfall-table": Table,
    "pitfall-index": Index,
    "pitfall-neighbours": Neighbours,
    "pitfall-matrix": Matrix,
    "pitfall-search": Search,
    "pitfall-summary": Summary,
    "pitfall-state": State,
    "pitfall-platforms": Platforms,
    "pitfall-families": Families,
    "pitfall-checklist": Checklist,
    "pitfall-keys": Keys,
}
