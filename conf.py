"""Sphinx configuration; the pages are in ``docs/`` (``sphinx-build -c . docs build/html``)."""

import os
from urllib.parse import urlsplit

from pitfalls import __version__

project = "porting-pitfalls"
author = "The porting-pitfalls authors"
copyright = f"2026, {author}"
release = version = __version__

extensions = [
    "myst_parser",
    "notfound.extension",
    "pitfalls.sphinxext",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxext.opengraph",
]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

# The tree whose state the site shows; PITFALLS_TARGET and PITFALLS_REV point it at yours.
pitfalls_target = os.environ.get("PITFALLS_TARGET", "examples/nros-port")
pitfalls_rev = os.environ.get("PITFALLS_REV", "")
html_baseurl = os.environ.get("PITFALLS_BASE_URL", "")

# Pages of a site that is published somewhere tell their address to search engines.
if html_baseurl:
    extensions.append("sphinx_sitemap")
    sitemap_url_scheme = "{link}"
    sitemap_excludes = ["404.html", "search.html", "genindex.html"]
ogp_site_url = html_baseurl
ogp_social_cards = {"enable": False}
ogp_enable_meta_description = False  # ours tells of the symptom
notfound_urls_prefix = urlsplit(html_baseurl).path or "/"

html_theme = "pydata_sphinx_theme"
html_title = "porting-pitfalls"
html_favicon = "docs/images/icon.svg"
html_logo = "docs/images/icon.svg"
html_static_path: list[str] = []
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "porting-pitfalls", "alt_text": "porting-pitfalls"},
    "show_prev_next": False,
    "navigation_with_keys": False,
    "navbar_align": "left",
    # Pages of pitfalls need the width for wrong and right side by side.
    "secondary_sidebar_items": {"guide/**": ["page-toc"], "reference/**": ["page-toc"]},
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars: dict[str, list[str]] = {"index": [], "matrix": []}
copybutton_exclude = ".linenos, .gp"

linkcheck_retries = 2
linkcheck_timeout = 20
epub_show_urls = "no"
suppress_warnings = ["epub.unknown_project_files"]
