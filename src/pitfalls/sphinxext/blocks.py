"""Small pieces of pages as stock docutils nodes: a status, a block of code, a table."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.errors import NoUri

from pitfalls.model import Finding, PitfallResult, Report, Verdict
from pitfalls.report.common import plain, source_url
from pitfalls.sphinxext.live import Live

SYMBOLS = {
    Verdict.ERROR: "‼",
    Verdict.FAIL: "✗",
    Verdict.WARN: "⚠",
    Verdict.UNKNOWN: "?",
    Verdict.PASS: "✓",
    Verdict.NOT_APPLICABLE: "\N{EN DASH}",
    Verdict.NOTE: "i",
}
"""A sign beside the word, so that colour never carries the meaning alone."""

MEANINGS = {
    Verdict.ERROR: "the check crashed",
    Verdict.FAIL: "the target has stepped into this pitfall",
    Verdict.WARN: "something here may bite",
    Verdict.UNKNOWN: "it applies, and what is in the target does not decide it",
    Verdict.PASS: "conforming places were found and no failing one",
    Verdict.NOT_APPLICABLE: "the target has nothing that this pitfall is about",
}

_LANGUAGES = {
    "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp", "rs": "rust", "py": "python", "toml": "toml",
    "sh": "bash", "bash": "bash", "cmake": "cmake", "yml": "yaml", "yaml": "yaml", "just": "make",
    "mk": "make", "conf": "ini",
}  # fmt: skip

_NAMED = {"CMakeLists.txt": "cmake", "justfile": "make", "Makefile": "make"}


@dataclass(frozen=True)
class Context:
    """What rendering needs beside the pitfall: results, the page it is for, the site's address."""

    live: Live
    docname: str
    base_url: str
    relative_uri: Callable[[str, str], str]

    def uri(self, page: str) -> str:
        """The address of a page seen from this one; its name for a builder without addresses."""
        try:
            return self.relative_uri(self.docname, page)
        except NoUri:
            return page

    @property
    def report(self) -> Report:
        """The results of this build."""
        return self.live.report


def status(verdict: Verdict, *, extra: str = "") -> nodes.inline:
    """Sign and word of a verdict."""
    name = verdict.value
    node = nodes.inline("", "", classes=["pitfall-status", f"pitfall-{name}"])
    node += nodes.inline("", SYMBOLS[verdict], classes=["pitfall-sign"])
    node += nodes.Text(f" {name}{extra}")
    return node


def sentence(text: str) -> list[nodes.Node]:
    """What a check says; what stands between backticks, single or double, is code."""
    parts = re.split(r"``?([^`]+)``?", plain(text))
    return [
        nodes.literal("", part) if number % 2 else nodes.Text(part)
        for number, part in enumerate(parts)
        if part
    ]


def place(finding: Finding, context: Context) -> nodes.Node:
    """``path:line``, a link to that line where the remote is known."""
    where = nodes.literal("", plain(str(finding.place)))
    url = source_url(context.report.target, finding)
    return nodes.reference("", "", where, refuri=url) if url else where


def revision(context: Context) -> str:
    """`` at 0123456, with local changes``; empty when there is no revision."""
    target = context.report.target
    if not target.revision:
        return ""
    return f" at {target.revision[:9]}" + (" with local changes" if target.dirty else "")


def counts(result: PitfallResult) -> str:
    """`` (1 fail, 2 pass)``; empty without findings."""
    counted = [finding.verdict for finding in result.findings if finding.counts]
    parts = [f"{counted.count(v)} {v}" for v in Verdict if v in counted]
    return f" ({', '.join(parts)})" if parts else ""


def code(
    text: str, lexer: str, *, first: int = 1, marked: Iterable[int] = (), numbered: bool = True
) -> nodes.literal_block:
    """A block of the target's text; ``force`` keeps half a statement from being a warning.

    ``first`` is the number of its first line, ``marked`` are lines of the block, from 1. Empty
    lines at its beginning are left out: Pygments drops them, and counts on as if there were none.
    """
    shown = text.lstrip("\n")
    left_out = len(text) - len(shown)
    block = nodes.literal_block(shown, shown, language=lexer, force=True, linenos=numbered)
    block["highlight_args"] = {
        "linenostart": first + left_out,
        "hl_lines": [line - left_out for line in marked if line > left_out],
    }
    block["translatable"] = False
    return block


def language(path: str) -> str:
    """The Pygments lexer of a path; plain text when we do not know."""
    name = posixpath.basename(path)
    return _NAMED.get(name) or _LANGUAGES.get(name.rpartition(".")[2], "text")


def link(
    page: str, title: str, context: Context, *, anchor: str = "", query: str = ""
) -> nodes.Node:
    """A reference to a page, resolved by Sphinx like any ``{doc}``; with an anchor or a query it is
    made for HTML, where alone these mean something."""
    if anchor or query:
        uri = context.uri(page)
        uri += f"?{query}" if query else ""
        uri += f"#{anchor}" if anchor else ""
        return nodes.reference("", title, refuri=uri, internal=True)
    return pending_xref(
        "", nodes.inline("", title), refdomain="std", reftype="doc", reftarget=f"/{page}",
        refexplicit=True, refwarn=True, refdoc=context.docname,
    )  # fmt: skip


def table(
    head: Sequence[str], rows: Sequence[Sequence[Sequence[nodes.Node]]], name: str
) -> nodes.table:
    """A table with a head; ``name`` is its class."""
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec("", colwidth=100 // len(head)) for _ in head]
    top = nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in head))
    body = nodes.tbody("")
    for cells in rows:
        body += nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *c)) for c in cells))
    group += [nodes.thead("", top), body]
    return nodes.table("", group, classes=[name, "pitfall-table"])
