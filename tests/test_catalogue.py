"""Pages and checks fit each other, and a mistake in either is told with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pitfalls import catalogue
from pitfalls.catalogue import CatalogueError, Entry
from pitfalls.config import ConfigError, parse_config

HEADINGS = [
    "Symptom",
    "Why it happens",
    "How to avoid it",
    "On your tree",
    "What the check looks at",
    "Limits",
    "Notes on the source",
    "Often mistaken for",
    "References",
]

PAGE = """---
id: MEM001
title: A title
severity: high
platforms: [stm32f4]
symptoms:
  - text: "it hangs"
aliases: []
references: []
since: "0.1"
---
# A title
"""

CHECK = '''"""States."""
from collections.abc import Iterator
from pitfalls import Finding, Place, fail, rule
from pitfalls.views.layout import Layout


@rule(level="fail", fix="Mend it.")
def a_rule(layout: Layout) -> Iterator[Finding]:
    """A statement."""
    yield fail(Place("a"), "message")
'''


def tree(folder: Path, page: str = PAGE, check: str = CHECK) -> Path:
    """A catalogue of one pitfall below ``folder``."""
    (folder / "docs/pitfalls/memory").mkdir(parents=True)
    (folder / "checks/memory/a_slug").mkdir(parents=True)
    (folder / "docs/pitfalls/memory/a-slug.md").write_text(page)
    (folder / "checks/memory/a_slug/check.py").write_text(check)
    return folder


def test_pages_and_checks_are_equal_sets() -> None:
    """No page without a check, no check without a page, no check that cannot be imported."""
    known = catalogue.load()
    assert known.unpaired == ()
    assert [entry.pitfall.id for entry in known if entry.broken] == []
    assert len(known.ids) == len(set(known.ids))


@pytest.mark.parametrize("entry", catalogue.load().entries, ids=lambda entry: entry.pitfall.slug)
def test_a_page_has_its_fixed_shape(entry: Entry) -> None:
    """Every page has the same headings in the same order, and its directives name its own id."""
    text = entry.page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    named = dict(re.findall(r"^```\{(pitfall[\w-]*)\} (\S+)$", text, re.MULTILINE))
    pitfall_id = entry.pitfall.id
    # A table of required versus found is there for pitfalls that measure something.
    assert named.pop("pitfall-table", pitfall_id) == pitfall_id
    assert named == dict.fromkeys(
        ("pitfall", "pitfall-examples", "pitfall-evidence", "pitfall-rules", "pitfall-neighbours"),
        pitfall_id,
    )
    assert entry.pitfall.mistaken_for
    assert set(entry.pitfall.mistaken_for) <= set(catalogue.load().ids) - {pitfall_id}
    assert entry.pitfall.symptoms
    assert entry.pitfall.references
    for reference in entry.pitfall.references:
        assert reference.url in text, f"{reference.url} is not among the page's references"


@pytest.mark.parametrize("entry", catalogue.load().entries, ids=lambda entry: entry.pitfall.slug)
def test_a_check_has_its_parts(entry: Entry) -> None:
    """Each folder has two example trees and the expectations; each rule says how to mend."""
    assert (entry.folder / "expect.toml").is_file()
    for name in ("bad", "good"):
        assert any((entry.folder / name).rglob("*"))
    for rule in entry.pitfall.rules:
        assert rule.fix.endswith("."), rule.id
        assert len(rule.statement) > 20, rule.id


def test_names_lead_to_the_entry() -> None:
    """Id, slug, alias and rule, in any case; an unknown name is told the nearest."""
    known = catalogue.load()
    entry = known.entries[0]
    p = entry.pitfall
    for name in (p.id, p.id.lower(), p.slug, p.rules[0].id, *p.aliases):
        assert known.find(name) is entry
    with pytest.raises(KeyError, match="did you mean"):
        known.find(p.slug[:-1])


def test_half_a_pair_is_left_out_and_told(tmp_path: Path) -> None:
    """A page without a check does not stop the others."""
    root = tree(tmp_path)
    shutil.copy(root / "docs/pitfalls/memory/a-slug.md", root / "docs/pitfalls/memory/other.md")
    known = catalogue.load(root)
    assert known.ids == ("MEM001",)
    assert [text.partition(": ")[2] for text in known.unpaired] == ["page without a check folder"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("severity: high", "severity: hihg", "none of critical, high"),
        ("severity: high\n", "", "severity"),
        ("title: A title", "titel: A title", "unknown field `titel`"),
        ("id: MEM001", "id: CLK001", "is not MEM and three digits"),
        ("platforms: [stm32f4]", "platforms: [stm32f4", "did not find expected"),
        ("---\nid", "id", "no front matter"),
        ("aliases: []", "aliases: []\naliases: []", ":9: 'aliases' is given a second time"),
        ('- text: "it hangs"', '- {text: "it hangs", text: "it"}', ":7: 'text' is given a second"),
    ],
)
def test_a_mistake_in_front_matter_is_told(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    """The message names the file and what is wrong."""
    root = tree(tmp_path, page=PAGE.replace(old, new, 1))
    with pytest.raises(CatalogueError, match=r"a-slug\.md") as caught:
        catalogue.load(root)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("layout: Layout", "layout", "must be annotated with a view"),
        ("def a_rule(", "def a_rule((", "SyntaxError"),
        ("@rule", "# @rule", "no function is decorated"),
        ('    """A statement."""\n', "", "needs a docstring"),
    ],
)
def test_a_broken_check_does_not_stop_the_catalogue(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    """A check that cannot be imported is kept with its traceback."""
    root = tree(tmp_path, check=CHECK.replace(old, new, 1))
    (entry,) = catalogue.load(root)
    assert message in entry.broken


def test_a_former_id_names_its_replacement(tmp_path: Path) -> None:
    """On the command line and in the configuration; any other alias is just a name."""
    page = PAGE.replace("aliases: []", "aliases: [MEM900, an-old-anchor]")
    known = catalogue.load(tree(tmp_path, page))
    assert known.find("an-old-anchor").pitfall.id == "MEM001"
    with pytest.raises(KeyError, match="MEM900 is now called MEM001"):
        known.find("mem900")
    text = b"[[allow]]\nid = 'MEM900'\nreason = 'r'\n"
    with pytest.raises(ConfigError, match=r"pitfalls\.toml:1: .*; MEM900 is now called MEM001"):
        parse_config(text, "pitfalls.toml", known.ids, known.rule_ids, known.renamed)
