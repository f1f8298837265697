"""Finds the pages and the checks and holds them against each other.

The page ``docs/pitfalls/<family>/<slug>.md`` is the one source of a pitfall's metadata, the folder
``checks/<family>/<slug_>/`` of its rules and examples. Nothing is registered by hand.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import msgspec

from pitfalls import snapshot
from pitfalls.api import RuleSpec
from pitfalls.cache import Cache, code_digest, default_path, stamp
from pitfalls.config import nearest
from pitfalls.frontmatter import CatalogueError, front_matter
from pitfalls.model import Pitfall, Rule
from pitfalls.tree import content_id

__all__ = ["Catalogue", "CatalogueError", "CheckModule", "Entry", "data_root", "load"]

SUBJECT = "catalogue"

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


@dataclass(frozen=True)
class CheckModule:
    """The rules of a check in the order of their text, or the traceback of its import."""

    rules: tuple[RuleSpec, ...]
    broken: str


@dataclass(frozen=True)
class Entry:
    """A pitfall with where its page and its check are, and its rule functions.

    A check that cannot be imported ends in ``error`` and stops no other.
    """

    pitfall: Pitfall
    page: Path
    folder: Path

    @cached_property
    def module(self) -> CheckModule:
        """The check, imported when it is first asked for."""
        return check_module(self.pitfall.family, self.folder)

    @property
    def rules(self) -> tuple[RuleSpec, ...]:
        """The rule functions in the order of their text."""
        return self.module.rules

    @property
    def broken(self) -> str:
        """The traceback of a check that cannot be imported, else empty."""
        return self.module.broken

    @cached_property
    def code(self) -> bytes:
        """The source of the check, part of the key of its cached result."""
        return (self.folder / "check.py").read_bytes()


@dataclass(frozen=True)
class Catalogue:
    """All pitfalls, by family in the order of :data:`FAMILIES`, then by id.

    ``unpaired`` tells of pages without a check and checks without a page; they are left out.
    ``digest`` names the text of all pages and checks, and our own code.
    """

    root: Path
    entries: tuple[Entry, ...]
    unpaired: tuple[str, ...] = ()
    digest: str = ""

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
    def renamed(self) -> dict[str, str]:
        """Former ids, which pages keep among their aliases -> the ids that replaced them."""
        former = re.compile(rf"(?:{'|'.join(FAMILIES.values())})\d{{3}}")
        return {
            alias: entry.pitfall.id
            for entry in self.entries
            for alias in entry.pitfall.aliases
            if former.fullmatch(alias)
        }

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

        Raises KeyError with a message that names the nearest valid one, or for a former id the
        one that replaced it. (Permanent links of former ids go on working.)
        """
        entry = self._names.get(name.strip().lower())
        if entry is not None and (new := self.renamed.get(name.strip().upper())):
            raise KeyError(f"{name.strip().upper()} is now called {new}")
        if entry is None:
            raise KeyError(f"no pitfall {name!r}{nearest(name.lower(), self._names)}")
        return entry


def data_root() -> Path:
    """The folder with ``docs``, ``checks`` and ``examples``: a checkout, else inside the wheel."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "checks").is_dir() and (checkout / "docs" / "pitfalls").is_dir():
        return checkout
    return Path(__file__).resolve().parent / "_data"


class Snapshot(msgspec.Struct, frozen=True):
    """The metadata of a catalogue whose pages and checks have not changed since."""

    pitfalls: tuple[Pitfall, ...]
    unpaired: tuple[str, ...]


def load(root: Path | None = None, cache: Cache | None = None) -> Catalogue:
    """Read the catalogue. Checks are imported only when their rules are needed, once it has been
    read (for another ``root`` than ours: with a ``cache``).

    Raises :class:`CatalogueError` for the first thing that does not fit.
    """
    base = root if root is not None else data_root()
    pages = {
        (family, name.removesuffix(".md")): base / "docs" / "pitfalls" / family / name
        for family, name in _in_families(base / "docs" / "pitfalls")
        if name.endswith(".md") and name != "index.md"
    }
    folders = {
        (family, name.replace("_", "-")): base / "checks" / family / name
        for family, name in _in_families(base / "checks")
        if (base / "checks" / family / name / "check.py").is_file()
    }
    name = _snapshot_name(pages, folders)
    stored = snapshot.read(SUBJECT, name) if root is None else None
    if stored is None and cache is not None:
        stored = cache.get(name)
    if stored is not None:
        with contextlib.suppress(msgspec.DecodeError):
            kept = msgspec.msgpack.decode(stored, type=Snapshot)
            known = [Entry(p, pages[p.family, p.slug], folders[p.family, p.slug])
                     for p in kept.pitfalls]  # fmt: skip
            return Catalogue(base, tuple(known), kept.unpaired, name)
    catalogue = replace(_read(base, pages, folders), digest=name)
    if not any(entry.broken for entry in catalogue):
        pitfalls = tuple(entry.pitfall for entry in catalogue)
        packed = msgspec.msgpack.encode(Snapshot(pitfalls, catalogue.unpaired))
        if root is None:
            snapshot.write(SUBJECT, name, packed)
        if cache is not None:
            cache.put_many({name: packed})
    return catalogue


_Paths = dict[tuple[str, str], Path]


def _snapshot_name(pages: _Paths, folders: _Paths) -> str:
    """Names the text of all pages and checks, and our own code."""
    paths = [*map(str, pages.values()), *(f"{folder}/check.py" for folder in folders.values())]
    rows = "\n".join((code_digest(), *(stamp(path, os.stat(path)) for path in paths)))  # noqa: PTH116
    return f"catalogue:{content_id(rows.encode())}"


def _in_families(folder: Path) -> Iterator[tuple[str, str]]:
    """Family and name of everything two levels below ``folder``, sorted."""
    for family in sorted(os.listdir(folder)) if folder.is_dir() else ():  # noqa: PTH208
        inner = f"{folder}/{family}"
        if os.path.isdir(inner):  # noqa: PTH112
            yield from ((family, name) for name in sorted(os.listdir(inner)))  # noqa: PTH208


def _read(base: Path, pages: _Paths, folders: _Paths) -> Catalogue:
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
    """:func:`load` of the default place with the default cache, once a process."""
    kept = Cache(default_path())
    try:
        return load(cache=kept)
    finally:
        kept.close()


def _entry(family: str, slug: str, page: Path, folder: Path) -> Entry:
    if family not in FAMILIES:
        raise CatalogueError(f"{page}: family {family!r} is unknown{nearest(family, FAMILIES)}")
    matter = front_matter(page)
    if not re.fullmatch(FAMILIES[family] + r"\d{3}", matter.id):
        raise CatalogueError(f"{page}: id {matter.id!r} is not {FAMILIES[family]} and three digits")
    pitfall = Pitfall(
        id=matter.id,
        slug=slug,
        title=matter.title,
        family=family,
        severity=matter.severity,
        platforms=matter.platforms,
        symptoms=matter.all_symptoms(),
        aliases=matter.aliases,
        references=matter.references,
        since=matter.since,
        mistaken_for=matter.mistaken_for,
        page=f"pitfalls/{family}/{slug}",
    )
    module = check_module(family, folder)
    rules = tuple(
        Rule(f"{matter.id}.{spec.name}", spec.level, spec.tag, spec.statement, spec.fix)
        for spec in module.rules
    )
    entry = Entry(msgspec.structs.replace(pitfall, rules=rules), page, folder)
    entry.__dict__["module"] = module  # what the cached property would import again
    return entry


def check_module(family: str, folder: Path) -> CheckModule:
    """Import ``check.py`` of a folder; a failure is kept as a traceback."""
    name, path = f"pitfalls_checks.{family}.{folder.name}", folder / "check.py"
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
        return CheckModule((), traceback.format_exc())
    return CheckModule(rules, "")
