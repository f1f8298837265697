"""Sphinx extension: pages that show what the checks say about a target tree, now.

Directives leave placeholders that carry only an id; the checks run once in ``env-updated``; a
post-transform fills the placeholders with stock docutils nodes, so that every builder works and no
verdict is frozen in a doctree.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemBytecodeCache

from pitfalls import __version__, catalogue
from pitfalls.cache import code_digest
from pitfalls.sphinxext.directives import DIRECTIVES
from pitfalls.sphinxext.domain import PitfallDomain, PitfallRole
from pitfalls.sphinxext.live import examine_target, remember_shown
from pitfalls.sphinxext.nodes import FillSlots, pitfall_slot
from pitfalls.sphinxext.published import add_scripts, describe, publish

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register everything; see ``docs/reference/sphinx.md`` for the configuration values."""
    app.setup_extension("sphinx_design")  # wrong and right are tabs
    app.add_config_value("pitfalls_target", "", "", (str,))
    app.add_config_value("pitfalls_rev", "", "", (str,))
    app.add_config_value("pitfalls_profile", "default", "", (str,))
    app.add_config_value("pitfalls_fail_on", "", "", (str,))
    app.add_config_value("pitfalls_cache", True, "", (bool,))
    app.add_node(pitfall_slot)
    app.add_domain(PitfallDomain)
    app.add_role("pitfall", PitfallRole())
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    app.add_post_transform(FillSlots)
    app.connect("config-inited", _add_static_files)
    app.connect("builder-inited", _keep_templates)
    app.connect("env-updated", examine_target)
    app.connect("html-page-context", add_scripts)
    app.connect("html-page-context", describe, priority=300)  # before what writes tags of it
    app.connect("build-finished", remember_shown)
    app.connect("build-finished", publish)
    return {
        "version": __version__,
        "env_version": int(code_digest(), 16),  # another release makes every page anew
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _keep_templates(app: Sphinx) -> None:
    """``builder-inited``: keep compiled templates beside the doctrees. Compiling them takes longer
    than the checks of a target in which one file was edited."""
    environment = getattr(getattr(app.builder, "templates", None), "environment", None)
    if isinstance(environment, Environment) and environment.bytecode_cache is None:
        folder = Path(app.doctreedir) / ".templates"
        folder.mkdir(parents=True, exist_ok=True)
        environment.bytecode_cache = FileSystemBytecodeCache(str(folder))


def _add_static_files(app: Sphinx, config: Config) -> None:
    catalogue.cached.cache_clear()  # another build in this process may follow an edited check
    config.html_static_path.append(str(Path(__file__).parent / "static"))
    app.add_css_file("pitfalls.css")
