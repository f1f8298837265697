"""Finds the pages and the checks and holds them against each other.

The page ``docs/pitfalls/<family>/<slug>.md`` is the one source of a pitfall's metadata, the folder
``checks/<family>/<slug_>/`` of its rules and examples. Nothing is registered by hand.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import msgspec
import yaml

from pitfalls.api import RuleSpec
from pitfalls.config import nearest
from pitfalls.model import Pitfall, Reference, Rule, Symptom

FAMILIES = {
    "memory": "MEM",
    "clock": "CLK",
    "networking": "NET",
    "zenoh": "ZEN",
    "esp32": "ESP",
    "freertos": "RTOS",
    "build": "BLD",
    "testing": "TST",
}
"""Family folder -> prefix of its ids, in the order of the original document."""

FAMILY_NAMES = {
    "memory": "Memory",
    "clock": "Clocks",
    "networking": "Networking",
    "zenoh": "zenoh-pico",
    "esp32": "ESP32-C3 (RISC-V)",
    "freertos": "FreeRTOS",
    "build": "Build system",
    "testing": "Test infrastructure",
}
"""Family folder -> its name for people."""

# The same safe loader in C, where PyYAML has it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SEVERITIES = ("critical", "high", "medium", "low")


class CatalogueError(Exception):
    """A page and a check that do not fit each other, or a mistake in front matter."""


class FrontMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The YAML head of a pitfall page."""

    id: str
    title: str
    severity: str
    platforms: tuple[str, ...]
    symptoms: tuple[Symptom, ...]
    aliases: tuple[str, ...]
    references: tuple[Reference, ...]
    since: str


@dataclass(frozen=True)
class Entry:
    """A pitfall with where its page and its check are, and its rule functions.

    ``broken`` is the traceback of a check that cannot be imported: it ends in ``error`` and stops
    no other.
    """

    pitfall: Pitfall
    page: Path
    folder: Path
    rules: tuple[RuleSpec, ...]
    broken: str = ""

    @cached_property
    def code(self) -> bytes:
        """The source of the check, part of the key of its cached result."""
        return (self.folder / "check.py").read_bytes()


@dataclass(frozen=True)
class Catalogue:
    """All pitfalls, by family in the order of :data:`FAMILIES`, then by id.

    ``unpaired`` tells of pages without a check and checks without a page; they are left out.
    """

    root: Path
    entries: tuple[Entry, ...]
    unpaired: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every id, in order."""
        return tuple(entry.pitfall.id for entry in self.entries)

    @cached_property
    def rule_ids(self) -> tuple[str, ...]:
        """Every rule id, in order."""
        return tuple(rule.id for entry in self.entries for rule in entry.pitfall.rules)

    @cached_property
    def _names(self) -> dict[str, Entry]:
        names: dict[str, Entry] = {}
        for entry in self.entries:
            p = entry.pitfall
            for name in (p.id, p.slug, *p.aliases, *(rule.id for rule in p.rules)):
                names.setdefault(name.lower(), entry)
        return names

    def find(self, name: str) -> Entry:
        """The entry of an id, slug, alias or rule id, whatever its case.

        Raises KeyError with a message that names the nearest valid one.
        """
        entry = self._names.get(name.strip().lower())
        if entry is None:
            raise KeyError(f"no pitfall {name!r}{nearest(name.lower(), self._names)}")
        return entry


def data_root() -> Path:
    """The folder with ``docs``, ``checks`` and ``examples``: a checkout, else inside the wheel."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "checks").is_dir() and (checkout / "docs" / "pitfalls").is_dir():
        return checkout
    return Path(__file__).resolve().parent / "_data"


def load(root: Path | None = None) -> Catalogue:
    """Read the catalogue. Raises :class:`CatalogueError` for the first thing that does not fit."""
    base = root if root is not None else data_root()
    pages = {_key(page): page for page in sorted(base.glob("docs/pitfalls/*/*.md"))}
    pages = {key: page for key, page in pages.items() if key[1] != "index"}
    folders = {
        (check.parent.parent.name, check.parent.name.replace("_", "-")): check.parent
        for check in sorted(base.glob("checks/*/*/check.py"))
    }
    unpaired = [
        *(f"{pages[key]}: page without a check folder" for key in pages.keys() - folders.keys()),
        *(f"{folders[key]}: check without a page" for key in folders.keys() - pages.keys()),
    ]
    paired = sorted(pages.keys() & folders.keys())
    entries = [_entry(family, slug, pages[family, slug], folders[family, slug])
               for family, slug in paired]  # fmt: skip
    order = list(FAMILIES)
    entries.sort(key=lambda e: (order.index(e.pitfall.family), e.pitfall.id))
    seen: dict[str, Path] = {}
    for entry in entries:
        if entry.pitfall.id in seen:
            raise CatalogueError(
                f"{entry.page}: id {entry.pitfall.id} is also on {seen[entry.pitfall.id]}"
            )
        seen[entry.pitfall.id] = entry.page
    return Catalogue(base, tuple(entries), tuple(sorted(unpaired)))


@cache
def cached() -> Catalogue:
    """:func:`load` of the default place, once a process."""
    return load()


def _key(page: Path) -> tuple[str, str]:
    return page.parent.name, page.stem


def front_matter(page: Path) -> FrontMatter:
    """The validated YAML head of a page. Raises :class:`CatalogueError` with file and line."""
    text = page.read_text(encoding="utf-8")
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if not found:
        raise CatalogueError(f"{page}:1: no front matter between two lines of ---")
    try:
        data = yaml.load(found[1], Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise CatalogueError(f"{page}:{line}: {error.problem}") from None
    try:
        matter = msgspec.convert(data, type=FrontMatter, str_keys=True)
    except msgspec.ValidationError as error:
        named = re.search(r"`([^`$]+)`", str(error))
        key = named[1] if named else ""
        line = next((n for n, row in enumerate(found[1].splitlines(), 2) if row.startswith(key)), 1)
        raise CatalogueError(f"{page}:{line}: front matter: {error}") from None
    if matter.severity not in SEVERITIES:
        raise CatalogueError(
            f"{page}: severity {matter.severity!r} is none of {', '.join(SEVERITIES)}"
        )
    return matter


def _entry(family: str, slug: str, page: Path, folder: Path) -> Entry:
    if family not in FAMILIES:
        raise CatalogueError(f"{page}: family {family!r} is unknown{nearest(family, FAMILIES)}")
    matter = front_matter(page)
    if not re.fullmatch(FAMILIES[family] + r"\d{3}", matter.id):
        raise CatalogueError(f"{page}: id {matter.id!r} is not {FAMILIES[family]} and three digits")
    specs, broken = _load_rules(f"pitfalls_checks.{family}.{folder.name}", folder / "check.py")
    rules = tuple(
        Rule(f"{matter.id}.{spec.name}", spec.level, spec.tag, spec.statement, spec.fix)
        for spec in specs
    )
    pitfall = Pitfall(
        id=matter.id,
        slug=slug,
        title=matter.title,
        family=family,
        severity=matter.severity,
        platforms=matter.platforms,
        symptoms=matter.symptoms,
        aliases=matter.aliases,
        references=matter.references,
        since=matter.since,
        page=f"pitfalls/{family}/{slug}",
        rules=rules,
    )
    return Entry(pitfall, page, folder, specs, broken)


def _load_rules(name: str, path: Path) -> tuple[tuple[RuleSpec, ...], str]:
    """The rules of a check module in the order of its text, or the traceback of its import."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        rules = tuple(value for value in vars(module).values() if isinstance(value, RuleSpec))
        if not rules:
            raise CatalogueError(f"{path}: no function is decorated with @rule")
        for rule in rules:
            rule.views()
    except Exception:
        return (), traceback.format_exc()
    return rules, ""
