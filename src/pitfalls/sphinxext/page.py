"""What the page of one pitfall shows: header, rules, findings, examples."""

from __future__ import annotations

from docutils import nodes
from sphinx_design.shared import create_component

from pitfalls.model import Finding, Pitfall, PitfallResult, Rule, Verdict
from pitfalls.report import link as bug_link
from pitfalls.report.common import permalink, plain, worst_finding
from pitfalls.sphinxext.blocks import (
    MEANINGS,
    Context,
    code,
    counts,
    language,
    link,
    place,
    revision,
    sentence,
    status,
)
from pitfalls.sphinxext.live import Example

EXAMPLE_LINES = 20
"""An example file up to that long is shown whole."""

EXAMPLE_CONTEXT = 5
"""Lines shown before and after a marked line of a longer one."""

MAX_PASSES = 12
"""Passing findings shown one by one; the rest are counted."""


def header(result: PitfallResult, context: Context) -> list[nodes.Node]:
    """Id, live status, severity, platforms and permanent link."""
    pitfall = result.pitfall
    line = nodes.paragraph("", "", classes=["pitfall-head"])
    line += [nodes.strong("", pitfall.id), nodes.Text(" "), status(result.verdict), nodes.Text(" ")]
    target = context.report.target
    line += nodes.Text(f"on {target.path or 'no target'}{revision(context)}: ")
    line += nodes.Text(f"{MEANINGS[result.verdict]}{counts(result)}. ")
    if result.findings:
        line += nodes.reference("", "See the lines", refuri="#on-your-tree", internal=True)
    facts = nodes.paragraph("", "", classes=["pitfall-facts"])
    facts += nodes.Text(
        f"Severity {pitfall.severity} · platforms {', '.join(pitfall.platforms)} · "
        f"since {pitfall.since} · permanent link "
    )
    address = permalink(pitfall.id, context.base_url)
    facts += nodes.reference(
        "", address, refuri=address if context.base_url else f"#{pitfall.id}",
        internal=not context.base_url,
    )  # fmt: skip
    box = nodes.container("", line, facts, classes=["pitfall-box", f"pitfall-box-{result.verdict}"])
    platforms = result.by_platform()
    if platforms:
        row = nodes.paragraph("", "", classes=["pitfall-platforms"])
        for name, verdict in platforms.items():
            row += [nodes.literal("", name), nodes.Text(" "), status(verdict), nodes.Text("  ")]
        box += row
    return [box]


def rules(result: PitfallResult, _context: Context) -> list[nodes.Node]:
    """Every rule with its level, origin, statement and fix, and what it found."""
    items = nodes.definition_list(classes=["pitfall-rules"])
    for rule in result.pitfall.rules:
        items += _rule(rule, result)
    return [items]


def _rule(rule: Rule, result: PitfallResult) -> nodes.definition_list_item:
    judged = [f.verdict for f in result.findings if f.rule == rule.id and f.counts]
    term = nodes.term("", "", nodes.literal("", rule.id), nodes.Text(" "))
    term += nodes.inline("", f"{rule.level} · {rule.tag} ", classes=["pitfall-level"])
    for verdict in Verdict:
        if verdict in judged:
            term += [status(verdict, extra=f" {judged.count(verdict)}"), nodes.Text(" ")]
    body = nodes.definition("", nodes.paragraph("", "", *sentence(rule.statement)))
    fix = nodes.paragraph("", "", nodes.emphasis("", "Fix: "), *sentence(rule.fix))
    body += fix
    return nodes.definition_list_item("", term, body)


def evidence(result: PitfallResult, context: Context) -> list[nodes.Node]:
    """The findings, worst first, and a text for a bug report."""
    if not result.findings:
        return [nodes.paragraph("", f"Nothing to show: {MEANINGS[Verdict.NOT_APPLICABLE]}.")]
    passes = [f for f in result.findings if f.verdict is Verdict.PASS]
    out: list[nodes.Node] = [
        _finding(finding, result.pitfall, context)
        for finding in result.findings
        if finding.verdict is not Verdict.PASS or finding in passes[:MAX_PASSES]
    ]
    if len(passes) > MAX_PASSES:
        out.append(nodes.paragraph("", f"… and {len(passes) - MAX_PASSES} more passing places."))
    if result.traceback:
        out.append(code(result.traceback, "pytb"))
    out += _bug_report(result, context)
    return out


def _finding(finding: Finding, pitfall: Pitfall, context: Context) -> nodes.container:
    head = nodes.paragraph("", "", status(finding.verdict), nodes.Text(" "))
    head += [nodes.literal("", finding.rule), nodes.Text(" ")]
    head += place(finding, context)
    about = " · ".join(part for part in (finding.subject, finding.platform) if part)
    if about:
        head += nodes.inline("", f" {plain(about)}", classes=["pitfall-about"])
    box = nodes.container("", head, nodes.paragraph("", "", *sentence(finding.message)))
    box["classes"] = ["pitfall-finding", f"pitfall-finding-{finding.verdict.value}"]
    if finding.excerpt is not None:
        first = finding.excerpt.first
        marked = range(finding.place.line - first + 1, finding.place.last - first + 2)
        text = "\n".join(plain(line) for line in finding.excerpt.lines)
        box += code(text, language(finding.place.path), first=first, marked=marked)
    if finding.related:
        chain = nodes.bullet_list(classes=["pitfall-chain"])
        for hop in finding.related:
            where = nodes.literal("", plain(str(hop.place)))
            chain += nodes.list_item(
                "", nodes.paragraph("", "", where, nodes.Text(" "), *sentence(hop.message))
            )
        box += chain
    if finding.allowed is not None:
        box += nodes.paragraph(
            "", f"Allowed at {finding.allowed.source}: {plain(finding.allowed.reason)}"
        )
    rule = pitfall.rule(finding.rule)
    if rule is not None and finding.verdict in (Verdict.FAIL, Verdict.WARN):
        box += nodes.paragraph("", "", nodes.emphasis("", "Fix: "), *sentence(rule.fix))
    return box


def _bug_report(result: PitfallResult, context: Context) -> list[nodes.Node]:
    """Markdown to paste into an issue; sphinx-copybutton puts a button on it."""
    first = worst_finding(context.report, result.pitfall.id)
    text = bug_link.render(result.pitfall, context.report, first, context.base_url)
    block = code(text.rstrip("\n"), "text", numbered=False)
    return [nodes.rubric("", "Link this from a bug report"), block]


def examples(result: PitfallResult, context: Context) -> list[nodes.Node]:
    """The bad and the good tree, with the verdict that the check gives them now: two tabs, side by
    side where there is room."""
    items = []
    for example in context.live.examples.get(result.pitfall.id, ()):
        title = {"bad": "Wrong", "good": "Right"}[example.name]
        label = nodes.rubric(title, "", nodes.Text(f"{title} "), classes=["sd-tab-label"])
        label += status(example.result.verdict)
        box = create_component("tab-content", classes=["sd-tab-content", f"pitfall-{example.name}"])
        for path, text in example.files.items():
            box += _example_file(path, text, example)
        tab = create_component("tab-item", classes=["sd-tab-item"], children=[label, box])
        tab["selected"] = example.name == "bad"
        items.append(tab)
    tabs = create_component("tab-set", classes=["sd-tab-set"], children=items)
    return [nodes.container("", tabs, classes=["pitfall-examples"])] if items else []


def neighbours(result: PitfallResult, context: Context) -> list[nodes.Node]:
    """The pitfalls that look alike, with their status here and how they differ."""
    items = nodes.bullet_list()
    for name, difference in result.pitfall.mistaken_for.items():
        other = context.report.result(name)
        if other is None:
            continue
        row = nodes.paragraph("", "", status(other.verdict), nodes.Text(" "))
        row += [nodes.literal("", name), nodes.Text(" ")]
        row += link(other.pitfall.page, other.pitfall.title, context)
        row += nodes.Text(f". {difference}")
        items += nodes.list_item("", row)
    return [items] if len(items) else []


def _windows(marked: set[int], count: int) -> list[tuple[int, int]]:
    """First and last lines to show: all of a short file, else the surroundings of the marks."""
    if count <= EXAMPLE_LINES:
        return [(1, count)]
    windows: list[tuple[int, int]] = []
    for line in sorted(marked):
        first, last = max(1, line - EXAMPLE_CONTEXT), min(count, line + EXAMPLE_CONTEXT)
        if windows and first <= windows[-1][1] + 1:
            windows[-1] = (windows[-1][0], last)
        else:
            windows.append((first, last))
    return windows


def _example_file(path: str, text: str, example: Example) -> list[nodes.Node]:
    here = [f for f in example.result.findings if f.place.path == path and f.counts]
    marked = {line for f in here for line in range(f.place.line, f.place.last + 1)}
    caption = nodes.paragraph("", "", nodes.literal("", path), classes=["pitfall-path"])
    out: list[nodes.Node] = [caption]
    lines = text.rstrip("\n").split("\n")
    for first, last in _windows(marked, len(lines)):
        part = "\n".join(lines[first - 1 : last])
        here_marked = [line - first + 1 for line in marked if first <= line <= last]
        out.append(code(part, language(path), first=first, marked=here_marked))
    says = nodes.bullet_list(classes=["pitfall-says"])
    for finding in here:
        item = nodes.paragraph("", "", status(finding.verdict), nodes.Text(" "))
        item += nodes.literal("", finding.rule)
        item += [nodes.Text(f" line {finding.place.line}: "), *sentence(finding.message)]
        says += nodes.list_item("", item)
    return [*out, says] if len(says) else out
