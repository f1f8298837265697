"""What ``pitfalls explain`` prints: the page's words, and the rules with their fixes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitfalls.catalogue import Entry

# Sections of the page that read well without the site around them.
_SECTIONS = ("Symptom", "Why it happens", "How to avoid it", "Limits")


def render(entry: Entry) -> str:
    """The pitfall as plain text."""
    return "\n".join(_lines(entry)).rstrip() + "\n"


def _lines(entry: Entry) -> Iterator[str]:
    pitfall = entry.pitfall
    yield f"{pitfall.id} {pitfall.slug}: {pitfall.title}"
    yield f"severity {pitfall.severity}; platforms: {', '.join(pitfall.platforms)}"
    body = entry.page.read_text(encoding="utf-8").partition("\n---\n")[2]
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", body, re.DOTALL | re.MULTILINE))
    for name in _SECTIONS:
        text = _plain(sections.get(name, ""))
        if text:
            yield f"\n{name}\n"
            yield text
    yield "\nRules\n"
    for rule in pitfall.rules:
        yield f"  {rule.id} ({rule.level}, {rule.tag}): {rule.statement}"
        yield f"      fix: {rule.fix}"


def _plain(markdown: str) -> str:
    """Markdown without directives, role markup and link targets."""
    text = re.sub(r"^```\{.*?^```$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\{[\w+:-]+\}`([^`<]+?)(?: <[^`>]*>)?`", r"\1", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
