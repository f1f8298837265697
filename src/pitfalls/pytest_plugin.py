"""Every check as a pytest item: ``pytest -p pitfalls.pytest_plugin checks --target DIR``.

``-k``, ``-x``, ``-n`` and ``--junitxml`` work as ever. A pitfall that fails is a failed test, one
that crashed an error with its traceback; not-applicable and unknown are skipped with the reason,
a warning passes and is listed at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pitfalls import catalogue
from pitfalls.cache import Cache, default_path
from pitfalls.config import Config, ConfigError, load_config
from pitfalls.engine import Examination
from pitfalls.model import PitfallResult, Profile, Verdict
from pitfalls.report.text import SHOWN, diagnostic
from pitfalls.tree import TreeError, open_tree

if TYPE_CHECKING:
    from pitfalls.catalogue import Entry


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--target``, ``--rev`` and ``--profile``."""
    group = parser.getgroup("pitfalls", "porting pitfalls")
    group.addoption("--target", default=".", help="the source tree to examine")
    group.addoption("--rev", help="read this revision of a git repository")
    group.addoption("--profile", choices=("default", "seed"), default="default")


def pytest_configure(config: pytest.Config) -> None:
    """Open the target; a wrong one is a usage error before anything is collected."""
    try:
        config.pluginmanager.register(_Session(config), "pitfalls-session")
    except (TreeError, ConfigError, catalogue.CatalogueError) as error:
        raise pytest.UsageError(str(error)) from None


class _Session:
    """The target and the catalogue of one pytest run."""

    def __init__(self, config: pytest.Config) -> None:
        self.catalogue = catalogue.cached()
        target = Path(config.invocation_params.dir, config.getoption("--target"))
        self.tree = open_tree(target, config.getoption("--rev"))
        self.config: Config = load_config(self.tree, self.catalogue)
        self._cache = Cache(default_path())
        self._profile = Profile(config.getoption("--profile"))
        self._examination: Examination | None = None
        self.results: dict[str, PitfallResult] = {}

    @pytest.hookimpl
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """A ``check.py`` of the catalogue."""
        for entry in self.catalogue:
            if file_path == entry.folder / "check.py":
                return CheckFile.from_parent(parent, path=file_path, entry=entry, session_of=self)
        return None

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Only what the selected checks need is read."""
        chosen = [item.entry for item in session.items if isinstance(item, CheckItem)]
        self._examination = Examination(
            self.tree, chosen, config=self.config, cache=self._cache, profile=self._profile
        )

    def result(self, entry: Entry) -> PitfallResult:
        """The result of one check."""
        assert self._examination is not None
        self.results[entry.pitfall.id] = self._examination.result(entry)
        return self.results[entry.pitfall.id]

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Warnings with their places, after pytest's own summary."""
        warned = [r for r in self.results.values() if r.verdict is Verdict.WARN]
        if warned:
            terminalreporter.section("pitfalls that warn")
        for result in warned:
            for line in _diagnostics(result, self.config.site.base_url):
                terminalreporter.write_line(line)

    @pytest.hookimpl
    def pytest_unconfigure(self) -> None:
        """Keep what was learned."""
        if self._examination is not None and self.results:
            self._examination.save()
        self._cache.close()
        self.tree.close()


class CheckFile(pytest.File):
    """One check module."""

    def __init__(self, *, entry: Entry, session_of: _Session, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._entry = entry
        self._session_of = session_of

    def collect(self) -> Iterator[pytest.Item]:
        """Its one item."""
        pitfall = self._entry.pitfall
        yield CheckItem.from_parent(
            self,
            name=f"{pitfall.id}-{pitfall.slug}",
            entry=self._entry,
            session_of=self._session_of,
        )


class CheckItem(pytest.Item):
    """One pitfall over the target."""

    def __init__(self, *, entry: Entry, session_of: _Session, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.entry = entry
        self._session_of = session_of
        self.extra_keyword_matches.update({entry.pitfall.family, *entry.pitfall.platforms})

    def runtest(self) -> None:
        """Pass, fail, or skip with the reason."""
        result = self._session_of.result(self.entry)
        verdict = result.verdict
        if verdict is Verdict.NOT_APPLICABLE:
            pytest.skip("not applicable: nothing in the target that this pitfall is about")
        if verdict is Verdict.UNKNOWN:
            first = next(f for f in result.findings if f.verdict is verdict and f.counts)
            pytest.skip(f"unknown: {first.place}: {first.message}")
        if verdict in (Verdict.FAIL, Verdict.ERROR):
            raise PitfallError(result, self._session_of.config.site.base_url)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings like a compiler's diagnostics instead of a Python traceback."""
        if isinstance(excinfo.value, PitfallError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the check is."""
        return self.path, None, self.name


class PitfallError(Exception):
    """A failed or crashed check; the text is the diagnostics."""

    def __init__(self, result: PitfallResult, base_url: str) -> None:
        super().__init__("\n".join([*_diagnostics(result, base_url), result.traceback]))


def _diagnostics(result: PitfallResult, base_url: str) -> Iterator[str]:
    for finding in result.findings:
        if finding.counts and finding.verdict in SHOWN:
            yield from diagnostic(finding, result.pitfall, base_url=base_url)
            yield ""
