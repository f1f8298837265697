"""The placeholder that directives leave, and the transform that fills it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from pitfalls.model import PitfallResult
from pitfalls.sphinxext import checklist, matrix, overview, page, tables
from pitfalls.sphinxext.blocks import Context

if TYPE_CHECKING:
    from pitfalls.sphinxext.domain import PitfallDomain


class pitfall_slot(nodes.General, nodes.Element):  # noqa: N801 - docutils' nodes are lower case
    """A place to fill: ``kind`` is the directive's name, ``pitfall`` an id or empty, ``rows`` the
    content of a checklist."""


class FillSlots(SphinxPostTransform):
    """Replace every placeholder by stock nodes made from the latest results.

    Runs before references are resolved (priority 10), so that the nodes may hold references, and
    after messages were extracted for translation: a verdict never reaches a .pot file.
    """

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Fill all slots of one document."""
        domain = cast("PitfallDomain", self.env.get_domain("pitfall"))
        for slot in list(self.document.findall(pitfall_slot)):
            context = Context(domain.live, self.env.docname, domain.base_url, domain.relative_uri)
            if slot["kind"] == "pitfall-checklist":
                slot.replace_self(checklist.render(slot["rows"], context))
            else:
                slot.replace_self(fill(slot["kind"], slot["pitfall"], context))


def fill(kind: str, pitfall_id: str, context: Context) -> list[nodes.Node]:
    """The nodes of one slot."""
    if not pitfall_id:
        return _WHOLE[kind](context)
    result = context.report.result(pitfall_id)
    return _SINGLE[kind](result, context) if result is not None else []


_SINGLE: dict[str, Callable[[PitfallResult, Context], list[nodes.Node]]] = {
    "pitfall": page.header,
    "pitfall-rules": page.rules,
    "pitfall-evidence": page.evidence,
    "pitfall-examples": page.examples,
    "pitfall-neighbours": page.neighbours,
    "pitfall-table": tables.required_and_found,
}

_WHOLE: dict[str, Callable[[Context], list[nodes.Node]]] = {
    "pitfall-index": overview.index,
    "pitfall-families": overview.families,
    "pitfall-matrix": matrix.matrix,
    "pitfall-platforms": overview.platforms,
    "pitfall-search": overview.search,
    "pitfall-state": overview.state,
    "pitfall-summary": overview.summary,
}
