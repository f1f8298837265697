"""Files of the built site beside its pages: permanent links, data for programs, the badge.

Written when a build has finished, and only where the content differs, so that a build without a
change writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import msgspec
from docutils import nodes

from pitfalls import report as reports
from pitfalls import schemas
from pitfalls.catalogue import Catalogue
from pitfalls.diagnose import packed, symptom_table
from pitfalls.report.json import encode, render_list
from pitfalls.sphinxext.live import load_catalogue
from pitfalls.tree import content_id

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from pitfalls.sphinxext.domain import PitfallDomain

BUILDERS = ("html", "dirhtml")

PUBLISHED_FILE = ".pitfalls-published"
"""In the output folder: what its permanent links and data files were made of."""

MAX_DESCRIPTION = 200
"""Characters of a description; what is longer is cut by those who show it."""

SCRIPTS = {
    "pitfall-search": ("pitfalls-symptoms.js", "pitfalls-search.js"),
    "pitfall-matrix": ("pitfalls-matrix.js",),
}
"""Class of a part of a page -> the scripts that make it work."""


def add_scripts(
    app: Sphinx, _pagename: str, _template: str, _context: dict[str, Any], doctree: nodes.document
) -> None:
    """``html-page-context``: the symptom search and the matrix get their scripts, other pages
    none."""
    classes = {name for node in _scripted(doctree) for name in node["classes"]} if doctree else ()
    for wanted, scripts in SCRIPTS.items():
        if wanted in classes:
            for name in scripts:
                app.add_js_file(name, loading_method="defer")


def describe(
    _app: Sphinx, _pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """``html-page-context``: what a search engine or a chat shows of a pitfall is its symptom, not
    the state of the tree."""
    sections = doctree.findall(nodes.section) if doctree else ()
    for section in sections:
        if "symptom" in section["ids"]:
            words = " ".join(next(iter(section.findall(nodes.paragraph))).astext().split())
            meta = dict(context.get("meta") or {})
            short = words if len(words) <= MAX_DESCRIPTION else words[:MAX_DESCRIPTION] + "…"
            context["meta"] = {"og:description": short, **meta}
            tag = f'<meta name="description" content="{escape(short, quote=True)}">'
            context["metatags"] = context.get("metatags", "") + tag
            return


def _scripted(doctree: nodes.document) -> Iterator[nodes.Element]:
    yield from doctree.findall(nodes.container)
    yield from doctree.findall(nodes.table)


def publish(app: Sphinx, exception: Exception | None) -> None:
    """``build-finished``: write what changed."""
    if exception is not None or app.env is None or app.builder.name not in BUILDERS:
        return
    out = Path(app.outdir)
    domain = cast("PitfallDomain", app.env.get_domain("pitfall"))
    files = dict(_badges(domain))
    homes = {name: f"{_uri(app, row[0])}#{quote(row[1])}"
             for name, row in domain.data["objects"].items()}  # fmt: skip
    known = load_catalogue()
    made_of = [known.digest, homes, domain.base_url, _uri(app, "pitfalls/index")]
    mark = content_id(msgspec.json.encode(made_of))
    if _read(out / PUBLISHED_FILE) != mark.encode():
        files |= _fixed_files(app, known, homes, domain.base_url)
        files[PUBLISHED_FILE] = mark
    for name, text in files.items():
        path = out / name
        data = text.encode("utf-8", errors="replace")
        if _read(path) != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _badges(domain: PitfallDomain) -> Iterator[tuple[str, str]]:
    yield "_static/pitfalls-badge.svg", reports.render(domain.live.report, "badge")
    yield "_static/pitfalls-badge.json", reports.render(domain.live.report, "badge-json")


def _fixed_files(
    app: Sphinx, known: Catalogue, homes: dict[str, str], base_url: str
) -> Iterator[tuple[str, str]]:
    """What depends on pages and checks only, not on the target."""
    for name, target in permanent_names(known, homes, _uri(app, "pitfalls/index")):
        yield f"p/{name}/index.html", _redirect(name, f"../../{target}", base_url, target)
    table = symptom_table(entry.pitfall for entry in known)
    for row in table["pitfalls"]:
        pitfall = known.find(row["id"]).pitfall
        row["title"], row["url"] = pitfall.title, homes.get(pitfall.id, "")
    # A script, not JSON: pages opened as files may not fetch.
    data = json.dumps(packed(table), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    yield "_static/pitfalls-symptoms.js", f"window.pitfallsSymptoms = {_in_script(data)};\n"
    yield "_static/pitfalls.json", render_list(known, base_url=base_url)
    for name in schemas.NAMES:
        yield f"_static/schemas/{name}.schema.json", encode(schemas.schema(name))


def permanent_names(
    known: Catalogue, homes: dict[str, str], index: str
) -> Iterator[tuple[str, str]]:
    """``(name, where)`` of every permanent link: ids in both cases, slugs, aliases, rules, and
    families. ``homes`` gives the address of ids and rules that have a page."""
    families: dict[str, str] = {}
    for entry in known:
        p = entry.pitfall
        families.setdefault(p.family, f"{index}#{p.family}")
        home = homes.get(p.id)
        if home is None:
            continue
        for name in dict.fromkeys((p.id, p.id.lower(), p.slug, *p.aliases)):
            yield name, home
        for rule in p.rules:
            yield rule.id, homes.get(rule.id, home)
    yield from families.items()


def _uri(app: Sphinx, docname: str) -> str:
    return app.builder.get_target_uri(docname)


def _redirect(name: str, relative: str, base_url: str, target: str) -> str:
    """A page that leads on without a script."""
    href = escape(relative, quote=True)
    canonical = ""
    if base_url:
        address = escape(f"{base_url.rstrip('/')}/{target.partition('#')[0]}", quote=True)
        canonical = f'<link rel="canonical" href="{address}">'
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(name)}</title>"
        f'<meta http-equiv="refresh" content="0; url={href}">{canonical}'
        '<meta name="robots" content="noindex"></head>'
        f'<body><p><a href="{href}">{escape(name)}</a></p></body></html>\n'
    )


def _in_script(data: str) -> str:
    """JSON that cannot end the script it stands in."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
