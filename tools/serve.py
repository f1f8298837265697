"""Serves the site and refreshes the open browser: ``sphinx-autobuild`` with builds that start warm.

``nox -s live`` runs it. The first build is a process of its own, as there. After that the libraries
that a build imports are loaded once, in the server; it forks for every further build, which so
starts without half a second of imports. Our own modules and the checks are never loaded in the
server: an edit of them is in the next build.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from sphinx.cmd import build
from sphinx_autobuild import __main__ as autobuild
from sphinx_autobuild.build import Builder
from sphinx_autobuild.utils import show_message

LIBRARIES = (
    "bs4", "docutils.parsers.rst.states", "docutils.writers.html5_polyglot", "jinja2.ext",
    "msgspec", "myst_parser.sphinx_ext.main", "notfound.extension", "pydata_sphinx_theme",
    "sphinx_copybutton", "sphinx_design", "sphinx_sitemap", "sphinxext.opengraph",
    "soupsieve.css_parser", "tomli", "tree_sitter", "tree_sitter_bash", "tree_sitter_c",
    "tree_sitter_cmake", "tree_sitter_python", "tree_sitter_rust", "yaml",
)  # fmt: skip
"""What our site's builds import beside Sphinx itself; one that is missing is passed over."""


class WarmBuilder(Builder):  # type: ignore[misc]  # the library has no types
    """The first build in a process of its own, the others in the fork that calls this."""

    def __call__(self, *, changed_paths: Sequence[Path]) -> None:
        """Build; what Sphinx complains of is on the terminal, and the server goes on."""
        if not changed_paths:
            super().__call__(changed_paths=changed_paths)
            _load()
            return
        names = ", ".join(path.name for path in changed_paths[:5])
        show_message(f"Detected changes ({names}), rebuilding...")
        importlib.invalidate_caches()
        code = build.main(self.sphinx_args)
        if code:
            print(
                f"Sphinx exited with exit code {code}: the site that is served is the one before."
            )
        sys.stdout.flush()
        show_message(f"Serving on {self.uri}")


def _load() -> None:
    from sphinx.application import builtin_extensions

    for name in (*builtin_extensions, *LIBRARIES):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


if __name__ == "__main__":
    autobuild.Builder = WarmBuilder
    autobuild.main()
