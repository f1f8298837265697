"""The YAML head of a pitfall page, the one source of a pitfall's metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pitfalls.model import Reference, Symptom

if TYPE_CHECKING:
    import yaml

SEVERITIES = ("critical", "high", "medium", "low")
SYMPTOM_KINDS = ("phrase", "words", "log", "code", "pattern", "term")


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
    mistaken_for: dict[str, str] = {}
    terms: dict[float, tuple[str, ...]] = {}
    """Weight -> terms: symptoms of kind ``term``, in a few lines."""

    def all_symptoms(self) -> tuple[Symptom, ...]:
        """``symptoms``, and one of kind ``term`` for each of ``terms``."""
        named = ((text, weight) for weight, texts in self.terms.items() for text in texts)
        return self.symptoms + tuple(Symptom(text, "term", weight) for text, weight in named)


def front_matter(page: Path) -> FrontMatter:
    """The validated YAML head of a page. Raises :class:`CatalogueError` with file and line."""
    import yaml  # only when a page changed since the last run

    text = page.read_text(encoding="utf-8")
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if not found:
        raise CatalogueError(f"{page}:1: no front matter between two lines of ---")
    try:
        # The safe loader in C, where PyYAML has it.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(found[1])
        root = loader.get_single_node()
        for again in _repeated(root):
            line = again.start_mark.line + 2
            raise CatalogueError(f"{page}:{line}: {again.value!r} is given a second time")
        data = loader.construct_document(root)
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
    for symptom in matter.symptoms:
        _check_symptom(symptom, page)
    return matter


def _repeated(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Keys that their mapping already has: the loader takes the last without a word."""
    import yaml

    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.SequenceNode):
            pending += node.value
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    yield key
                seen.add(key.value)
                pending.append(value)


def _check_symptom(symptom: Symptom, page: Path) -> None:
    """Raises :class:`CatalogueError` for a kind that is unknown or a pattern that is none."""
    if symptom.kind not in SYMPTOM_KINDS:
        kinds = ", ".join(SYMPTOM_KINDS)
        raise CatalogueError(f"{page}: symptom {symptom.text!r}: kind is none of {kinds}")
    if symptom.kind == "pattern":
        try:
            re.compile(symptom.text)
        except re.error as error:
            raise CatalogueError(f"{page}: symptom {symptom.text!r}: {error}") from None
