"""The domain ``pitfall``: ids and rules as objects, references to them, and a std label per id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.locale import _
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from pitfalls.sphinxext.live import Live

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)


class PitfallRole(XRefRole):
    """``{pitfall}`MEM001` ``: a link by id, slug or rule; a wrong name is a warning."""

    def __init__(self) -> None:
        super().__init__(warn_dangling=True)

    def process_link(
        self,
        env: BuildEnvironment,
        refnode: Element,
        has_explicit_title: bool,
        title: str,
        target: str,
    ) -> tuple[str, str]:
        """Aim at this domain also where the role is used without its prefix."""
        refnode["refdomain"] = "pitfall"
        refnode["reftype"] = "ref"
        return super().process_link(env, refnode, has_explicit_title, title, target)


class PitfallDomain(Domain):
    """``objects``: name -> (docname, anchor, type, title); ``shown``: docname -> ids shown there,
    ``*`` for all."""

    name = "pitfall"
    label = "Pitfall"
    object_types: ClassVar[dict[str, ObjType]] = {
        "pitfall": ObjType(_("pitfall"), "ref"),
        "rule": ObjType(_("rule"), "ref"),
    }
    roles: ClassVar[dict[str, Any]] = {"ref": PitfallRole()}
    initial_data: ClassVar[dict[str, Any]] = {"objects": {}, "names": {}, "shown": {}}
    data_version = 1
    dangling_warnings: ClassVar[dict[str, str]] = {"ref": "unknown pitfall or rule: %(target)s"}

    live: Live = Live()
    """The results of this build. An attribute of the object, not domain data: never pickled."""

    relative_uri: Callable[[str, str], str] = staticmethod(lambda _source, target: target)
    """The builder's own: addresses of pages seen from another. Never pickled either."""

    @property
    def base_url(self) -> str:
        """Where the site is published."""
        return str(self.env.config.html_baseurl or "")

    def note_object(
        self, name: str, docname: str, anchor: str, kind: str, title: str, location: Any
    ) -> None:
        """Register an id or a rule; a second home page is a warning."""
        other = self.data["objects"].get(name)
        if other is not None and other[0] != docname:
            self._warn_duplicate(name, other[0], docname, location)
        self.data["objects"][name] = (docname, anchor, kind, title)

    def note_alias(self, alias: str, name: str) -> None:
        """Let references find ``name`` by a slug or an old anchor."""
        self.data["names"][alias.lower()] = name

    def note_shown(self, docname: str, pitfall_id: str) -> None:
        """Remember that a document shows a result (``*``: all of them)."""
        shown: dict[str, list[str]] = self.data["shown"]
        shown[docname] = sorted({*shown.get(docname, ()), pitfall_id})

    def _warn_duplicate(self, name: str, first: str, second: str, location: Any) -> None:
        logger.warning(
            "pitfall %s has two pages: %s and %s",
            name, first, second,
            type="pitfalls", subtype="duplicate", location=location,
        )  # fmt: skip

    def clear_doc(self, docname: str) -> None:
        """Forget what a document registered."""
        objects = self.data["objects"]
        gone = [name for name, row in objects.items() if row[0] == docname]
        for name in gone:
            del objects[name]
        names = self.data["names"]
        for alias in [alias for alias, name in names.items() if name in gone]:
            del names[alias]
        self.data["shown"].pop(docname, None)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel reader registered, in sorted order."""
        for name, row in sorted(otherdata["objects"].items()):
            if row[0] in docnames:
                docname, anchor, kind, title = row
                self.note_object(name, docname, anchor, kind, title, location=docname)
        self.data["objects"] = dict(sorted(self.data["objects"].items()))
        self.data["names"] = dict(sorted({**self.data["names"], **otherdata["names"]}.items()))
        for docname, ids in sorted(otherdata["shown"].items()):
            if docname in docnames:
                self.data["shown"][docname] = ids

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> nodes.reference | None:
        """A link to an id, slug, alias or rule."""
        name = self.data["names"].get(target.lower(), target)
        row = self.data["objects"].get(name)
        if row is None:
            return None
        docname, anchor, _kind, title = row
        return make_refnode(builder, fromdocname, docname, anchor, contnode, title)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Nothing: each id is a std label too, and would be ambiguous."""
        return []

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        """For the inventory and the search."""
        for name, (docname, anchor, kind, title) in sorted(self.data["objects"].items()):
            yield name, title, kind, docname, anchor, 1
