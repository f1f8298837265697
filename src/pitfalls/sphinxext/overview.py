"""What shows all pitfalls at once: the index, ways in, the state of the target."""

from __future__ import annotations

from docutils import nodes

from pitfalls.catalogue import FAMILIES, FAMILY_NAMES
from pitfalls.model import PitfallResult, Verdict, worst
from pitfalls.report.common import plain
from pitfalls.sphinxext.blocks import Context, counts, link, revision, status

MAX_WORST = 8
"""Pitfalls named on the front page; the others are in the matrix."""


def index(context: Context) -> list[nodes.Node]:
    """A list a family: status, id, title, number of findings."""
    out: list[nodes.Node] = []
    for family in FAMILIES:
        results = [r for r in context.report.results if r.pitfall.family == family]
        if results:
            title = nodes.rubric("", FAMILY_NAMES[family], ids=[family], classes=["pitfall-family"])
            out.append(title)
            rows = [_index_row(result, context) for result in results]
            out.append(nodes.bullet_list("", *rows, classes=["pitfall-index"]))
    return out


def _index_row(result: PitfallResult, context: Context) -> nodes.list_item:
    p = result.pitfall
    row = nodes.paragraph("", "", status(result.verdict), nodes.Text(" "))
    row += [nodes.literal("", p.id), nodes.Text(" "), link(p.page, p.title, context)]
    row += nodes.inline("", counts(result), classes=["pitfall-about"])
    return nodes.list_item("", row)


def state(context: Context) -> list[nodes.Node]:
    """What needs attention, worst first, with the counts by verdict above."""
    order = sorted(context.report.results, key=lambda r: (-r.verdict.badness, r.pitfall.id))
    bad = [r for r in order if r.verdict.badness >= Verdict.UNKNOWN.badness]
    out = summary(context)
    if bad:
        rows = [_index_row(result, context) for result in bad[:MAX_WORST]]
        out.append(nodes.bullet_list("", *rows, classes=["pitfall-index"]))
    if len(bad) > MAX_WORST:
        more = nodes.paragraph("", "", nodes.Text(f"{len(bad) - MAX_WORST} more in the "))
        more += [link("matrix", "matrix", context), nodes.Text(".")]
        out.append(more)
    return out


def platforms(context: Context) -> list[nodes.Node]:
    """Ways in by platform: the worst verdict of each, and a link into the matrix."""
    names: dict[str, list[Verdict]] = {}
    for result in context.report.results:
        for name, verdict in result.by_platform().items():
            names.setdefault(name, []).append(verdict)
    items = nodes.bullet_list(classes=["pitfall-index"])
    for name in sorted(names):
        row = nodes.paragraph("", "", status(worst(names[name])), nodes.Text(" "))
        row += link("matrix", name, context, query=f"platform={name}")
        items += nodes.list_item("", row)
    if not names:
        return [nodes.paragraph("", "No platform was recognised in the target.")]
    return [items]


def families(context: Context) -> list[nodes.Node]:
    """Ways in by family: the worst verdict of each, and a link to its pitfalls."""
    items = nodes.bullet_list(classes=["pitfall-index"])
    for family in FAMILIES:
        verdicts = [r.verdict for r in context.report.results if r.pitfall.family == family]
        if verdicts:
            row = nodes.paragraph("", "", status(worst(verdicts)), nodes.Text(" "))
            row += link("pitfalls/index", FAMILY_NAMES[family], context, anchor=family)
            row += nodes.inline("", f" ({len(verdicts)})", classes=["pitfall-about"])
            items += nodes.list_item("", row)
    return [items]


def search(_context: Context) -> list[nodes.Node]:
    """The place of the symptom search; what it holds is shown where no script runs."""
    words = "The search by symptom needs a script. `pitfalls diagnose FILE` does the same."
    return [nodes.container("", nodes.paragraph("", words), classes=["pitfall-search"])]


def summary(context: Context) -> list[nodes.Node]:
    """Which target was examined, the counts by verdict, and what else a reader must know."""
    target = context.report.target
    line = nodes.paragraph("", "", nodes.Text("Examined: "), nodes.literal("", target.path))
    line += nodes.Text(revision(context) + ". ")
    counts = nodes.paragraph("", "", classes=["pitfall-platforms"])
    for name, number in context.report.summary().items():
        if number:
            counts += [status(Verdict(name), extra=f": {number}"), nodes.Text("  ")]
    out: list[nodes.Node] = [nodes.container("", line, counts, classes=["pitfall-box"])]
    if context.report.problems:
        problems = nodes.bullet_list()
        for problem in context.report.problems:
            text = f"{problem.place}: {plain(problem.message)}"
            problems += nodes.list_item("", nodes.paragraph("", text))
        out.append(problems)
    return out
