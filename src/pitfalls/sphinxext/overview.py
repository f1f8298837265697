"""What shows all pitfalls at once: the index, the matrix, the state of the target."""

from __future__ import annotations

from docutils import nodes

from pitfalls.catalogue import FAMILIES, FAMILY_NAMES
from pitfalls.model import PitfallResult, Verdict
from pitfalls.report.common import plain
from pitfalls.sphinxext.blocks import Context, counts, link, revision, status, table


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


def matrix(context: Context) -> list[nodes.Node]:
    """Pitfall x platform; a dash where a pitfall says nothing of a platform."""
    names = sorted({name for r in context.report.results for name in r.by_platform()})
    if not names:
        return [nodes.paragraph("", "No platform was recognised in the target.")]
    rows = []
    for result in context.report.results:
        verdicts = result.by_platform()
        cells = [[link(result.pitfall.page, result.pitfall.id, context)]]
        nothing = "\N{EN DASH}"
        cells += [
            [status(verdicts[name]) if name in verdicts else nodes.Text(nothing)] for name in names
        ]
        rows.append(cells)
    return [table(("Pitfall", *names), rows, "pitfall-matrix")]


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
