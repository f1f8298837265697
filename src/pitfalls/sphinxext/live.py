"""The results of a build: checks run once in the main process, and what was shown last time.

What was shown is kept in the output folder, so that two builders on one doctree folder each know
their own pages.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.display import status_iterator

from pitfalls import catalogue, engine
from pitfalls.cache import Cache, code_digest, default_path, stamps
from pitfalls.config import ConfigError, load_config
from pitfalls.model import PitfallResult, Profile, Report, TargetInfo, Verdict
from pitfalls.tree import FolderTree, TreeError, content_id, open_tree

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from pitfalls.catalogue import Catalogue, Entry
    from pitfalls.sphinxext.domain import PitfallDomain

logger = logging.getLogger(__name__)

SHOWN_FILE = ".pitfalls-shown.json"


@dataclass(frozen=True)
class Example:
    """The bad or good tree of a pitfall with what its check says of it, and its files' text."""

    name: str
    result: PitfallResult
    files: dict[str, str]


@dataclass(frozen=True)
class Live:
    """All that a slot can show."""

    report: Report = field(default_factory=lambda: Report(TargetInfo(""), ()))
    examples: dict[str, tuple[Example, ...]] = field(default_factory=dict)

    def digests(self) -> dict[str, str]:
        """Pitfall id -> name of everything shown of it."""
        target = msgspec.json.encode(self.report.target)
        return {
            result.pitfall.id: content_id(
                target + msgspec.json.encode((result, self._example_rows(result.pitfall.id)))
            )
            for result in self.report.results
        }

    def _example_rows(self, pitfall_id: str) -> list[tuple[str, PitfallResult, dict[str, str]]]:
        return [(e.name, e.result, e.files) for e in self.examples.get(pitfall_id, ())]


def load_catalogue() -> Catalogue:
    """The catalogue of this build; a mistake in it stops the build with file and line."""
    try:
        return catalogue.cached()
    except catalogue.CatalogueError as error:
        raise ExtensionError(str(error)) from None


def examine_target(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """``env-updated``: run the checks; return the documents whose shown results changed."""
    entries = load_catalogue().entries
    cache = Cache(default_path() if app.config.pitfalls_cache else None)
    try:
        report = _examine(app, entries, cache)
        examples = _all_examples(entries, cache)
    finally:
        cache.close()
    domain = cast("PitfallDomain", env.get_domain("pitfall"))
    domain.live = Live(report, examples)
    domain.relative_uri = app.builder.get_relative_uri
    _warn(app, report)
    return _changed(app, domain)


def _examine(app: Sphinx, entries: Sequence[Entry], cache: Cache) -> Report:
    target = Path(
        app.confdir, app.config.pitfalls_target or catalogue.data_root() / "examples/nros-port"
    )

    def progress(running: Sequence[Entry]) -> Iterable[Entry]:
        return status_iterator(
            running, "running checks... ", "purple", len(running), app.verbosity,
            stringify_func=lambda entry: f"{entry.pitfall.id} {entry.pitfall.slug}",
        )  # fmt: skip

    try:
        tree = open_tree(target, app.config.pitfalls_rev or None)
        try:
            report = engine.run(
                tree, entries, config=load_config(tree, load_catalogue()), cache=cache,
                profile=Profile(app.config.pitfalls_profile), progress=progress,
            )  # fmt: skip
            # Shown relative, so that the site does not tell where it was built.
            shown = os.path.relpath(target, app.confdir)
            return msgspec.structs.replace(
                report, target=msgspec.structs.replace(report.target, path=shown)
            )
        finally:
            tree.close()
    except (TreeError, ConfigError, ValueError) as error:
        raise ExtensionError(f"pitfalls_target: {error}") from None


def _all_examples(entries: Sequence[Entry], cache: Cache) -> dict[str, tuple[Example, ...]]:
    """The examples of every pitfall, kept while neither they nor the check change."""
    names = {e.pitfall.id: _name_of_examples(e) for e in entries}
    stored = cache.get_many(names.values())
    found: dict[str, tuple[Example, ...]] = {}
    for entry in entries:
        pitfall = entry.pitfall.id
        with contextlib.suppress(KeyError, msgspec.MsgspecError):
            kept = stored[names[pitfall]]
            found[pitfall] = msgspec.msgpack.decode(kept, type=tuple[Example, ...])
            continue
        found[pitfall] = _examples(entry, cache)
        if not any(example.result.traceback for example in found[pitfall]):
            cache.put_many({names[pitfall]: msgspec.msgpack.encode(found[pitfall])})
    return found


def _name_of_examples(entry: Entry) -> str:
    rows = sorted(row for name in ("bad", "good") for row in stamps(str(entry.folder / name)))
    text = "\n".join((msgspec.json.encode(entry.pitfall).decode(), *rows))
    made_of = content_id(text.encode(errors="replace") + entry.code)
    return f"examples:{code_digest()}:{made_of}"


def _examples(entry: Entry, cache: Cache) -> tuple[Example, ...]:
    found = []
    for name in ("bad", "good"):
        tree = FolderTree(entry.folder / name)
        result = engine.run(tree, [entry], cache=cache).results[0]
        paths = sorted({finding.place.path for finding in result.findings})
        texts = {path: (tree.read(path) or b"").decode("utf-8", "replace") for path in paths}
        found.append(Example(name, result, texts))
    return tuple(found)


def _changed(app: Sphinx, domain: PitfallDomain) -> list[str]:
    before = _shown(Path(app.outdir, SHOWN_FILE))
    now = domain.live.digests()
    changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    return sorted(
        docname
        for docname, ids in domain.data["shown"].items()
        if changed & set(ids) or ("*" in ids and changed)
    )


def _shown(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}


def remember_shown(app: Sphinx, exception: Exception | None) -> None:
    """``build-finished``: keep what the pages of this output folder show now."""
    if exception is not None or app.env is None:
        return
    domain = cast("PitfallDomain", app.env.get_domain("pitfall"))
    digests = domain.live.digests()
    if digests:
        packed = msgspec.json.encode(digests, order="sorted")
        Path(app.outdir, SHOWN_FILE).write_bytes(packed)


def _warn(app: Sphinx, report: Report) -> None:
    """A failing pitfall is no warning of the build unless ``pitfalls_fail_on`` says so."""
    threshold = app.config.pitfalls_fail_on
    if threshold:
        try:
            least = Verdict(threshold).badness
        except ValueError:
            raise ExtensionError(f"pitfalls_fail_on: {threshold!r} is no verdict") from None
        for result in report.results:
            if result.verdict.badness >= least:
                logger.warning(
                    "%s %s: %s", result.pitfall.id, result.pitfall.slug, result.verdict,
                    type="pitfalls", subtype=result.verdict.value,
                )  # fmt: skip
    for text in load_catalogue().unpaired:
        logger.warning("%s", text, type="pitfalls", subtype="unpaired")
    for result in report.results:
        if result.traceback:
            logger.warning(
                "check %s crashed:\n%s", result.pitfall.id, result.traceback,
                type="pitfalls", subtype="crash",
            )  # fmt: skip
