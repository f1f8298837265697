"""Pitfall x platform as a table that a script can filter; readable without the script."""

from __future__ import annotations

from docutils import nodes

from pitfalls.catalogue import FAMILY_NAMES
from pitfalls.model import PitfallResult
from pitfalls.sphinxext.blocks import Context, link, status, table

NOTHING = "\N{EN DASH}"


def matrix(context: Context) -> list[nodes.Node]:
    """One row a pitfall: its verdict on the whole tree, then on each platform that has one."""
    names = sorted({name for r in context.report.results for name in r.by_platform()})
    rows = [_row(result, names, context) for result in context.report.results]
    head = ("Pitfall", "Family", "Whole tree", *names)
    return [table(head, rows, "pitfall-matrix")]


def _row(result: PitfallResult, names: list[str], context: Context) -> list[list[nodes.Node]]:
    p, verdicts = result.pitfall, result.by_platform()
    home = nodes.inline("", "", nodes.literal("", p.id), nodes.Text(" "))
    home += link(p.page, p.title, context)
    cells: list[list[nodes.Node]] = [[home], [nodes.Text(FAMILY_NAMES[p.family])]]
    cells.append([status(result.verdict)])
    cells += [
        [status(verdicts[name]) if name in verdicts else nodes.Text(NOTHING)] for name in names
    ]
    return cells
