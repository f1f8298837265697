"""What the checks say of strangers' trees, and how many of the findings are right.

``nox -s precision -- --tree NAME@REV=GITDIR …`` runs all checks over each tree and holds failures
and warnings against ``tools/judgements.json``, in which somebody who opened a finding wrote whether
it is right, wrong or debatable, and why. ``--update`` adds findings that nobody judged yet, with an
empty judgement, and takes out those that are gone. The table in ``docs/reference/precision.md`` is
made of the judgements by ``--write``; a test keeps the two in step.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from pitfalls import catalogue
from pitfalls.cache import Cache, default_path
from pitfalls.engine import run
from pitfalls.model import Finding, Report, Verdict
from pitfalls.tree import open_tree

ROOT = Path(__file__).resolve().parents[1]
JUDGEMENTS = ROOT / "tools" / "judgements.json"
PAGE = ROOT / "docs" / "reference" / "precision.md"
BEGIN, END = "<!-- made by tools/precision.py -->\n", "<!-- end -->"

WORDS = ("right", "debatable", "wrong")

Trees = dict[str, dict[str, Any]]


def main() -> int:
    """Examine, compare, print; 1 when a failure is judged wrong or by nobody."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tree", action="append", default=[], metavar="NAME@REV=GITDIR")
    parser.add_argument("--update", action="store_true", help="write new findings, unjudged")
    parser.add_argument("--write", action="store_true", help="write the table of the page")
    arguments = parser.parse_args()
    trees = load()
    for text in arguments.tree:
        name, _, folder = text.partition("=")
        trees[name] = examined(name, Path(folder), trees.get(name, {}))
    if arguments.update:
        text = json.dumps(trees, indent=1, sort_keys=True, ensure_ascii=False)
        JUDGEMENTS.write_text(text + "\n", encoding="utf-8")
    print(table(trees))
    for name, tree in trees.items():
        for mark, row in tree["findings"].items():
            if not row["judgement"] or (row["verdict"], row["judgement"]) == ("fail", "wrong"):
                said = row["judgement"] or "not judged"
                print(f"{name} {mark} {row['verdict']} {row['rule']} {row['place']}: {said}")
    if arguments.write:
        head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        tail = rest.partition(END)[2]
        PAGE.write_text(f"{head}{BEGIN}{table(trees)}{END}{tail}", encoding="utf-8")
    bad = {("fail", "wrong"), ("fail", "")}
    rows = [row for tree in trees.values() for row in tree["findings"].values()]
    return 1 if any((row["verdict"], row["judgement"]) in bad for row in rows) else 0


def load() -> Trees:
    """The judgements that are stored."""
    if not JUDGEMENTS.exists():
        return {}
    found: Trees = json.loads(JUDGEMENTS.read_text("utf-8"))
    return found


def examined(name: str, folder: Path, known: dict[str, Any]) -> dict[str, Any]:
    """The findings of a tree, each with the judgement that it had."""
    revision = name.rpartition("@")[2]
    tree = open_tree(folder, revision)
    cache = Cache(default_path())
    try:
        report = run(tree, catalogue.load(cache=cache).entries, cache=cache)
    finally:
        tree.close()
        cache.close()
    before = known.get("findings", {})
    return {
        "files": len(tree.files()),
        "summary": report.summary(),
        "findings": {
            f.fingerprint: _row(f, before.get(f.fingerprint, {})) for f in _counted(report)
        },
    }


def _counted(report: Report) -> list[Finding]:
    judged = (Verdict.ERROR, Verdict.FAIL, Verdict.WARN)
    return [f for result in report.results for f in result.findings if f.verdict in judged]


def _row(finding: Finding, before: dict[str, Any]) -> dict[str, Any]:
    return {
        "verdict": finding.verdict.value,
        "rule": finding.rule,
        "place": str(finding.place),
        "judgement": before.get("judgement", ""),
        "why": before.get("why", ""),
    }


def table(trees: Trees) -> str:
    """All together first, then one row a tree with findings: these by judgement, and the pitfalls
    that do not apply. Trees of which nothing is said are named in a list that opens."""
    lines = [
        "::::{container} pitfall-long-names",
        "",
        "| tree | files | fail: right / debatable / wrong | warn: right / debatable / wrong | "
        "not applicable | error |",
        "| --- |" + " ---: |" * 5,
    ]
    total: Counter[tuple[str, str]] = Counter()
    silent: list[str] = []
    for name in sorted(trees):
        tree = trees[name]
        count = Counter((r["verdict"], r["judgement"]) for r in tree["findings"].values())
        total += count
        if not count and not tree["summary"]["error"]:
            silent.append(f"{name} ({tree['files']})")
            continue
        summary = tree["summary"]
        cells = [name, tree["files"], *_judged(count), summary["not-applicable"], summary["error"]]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    lines.insert(4, "| **all** | | " + " | ".join(f"**{n}**" for n in _judged(total)) + " | | |")
    if silent:
        named = "\n".join(f"- {tree}" for tree in silent)
        lines += [
            "",
            f":::{{dropdown}} {len(silent)} trees without a failure or a warning (files)",
            named,
            ":::",
        ]
    lines += ["", "::::"]
    return "\n".join(lines) + "\n"


def _judged(count: Counter[tuple[str, str]]) -> list[str]:
    """How many findings are right, debatable and wrong, for failures and for warnings."""
    return [" / ".join(str(count[verdict, word]) for word in WORDS) for verdict in ("fail", "warn")]


if __name__ == "__main__":
    sys.exit(main())
