"""Other projects: a site for another tree, links into ours, and our directives in their pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.sphinx.project import ROOT, Project

CONF = """
extensions = ["myst_parser", "sphinx.ext.intersphinx"{more}]
intersphinx_mapping = {{"pitfalls": ("{site}/", "{site}/objects.inv")}}
html_theme = "alabaster"
{values}
"""


def build(folder: Path, out: str) -> BeautifulSoup:
    """Build a small project with warnings as errors; its start page."""
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-n", "-W", "-q", str(folder), str(folder / out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return BeautifulSoup((folder / out / "index.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our built site."""
    project = Project.copy(tmp_path_factory.mktemp("ours"))
    project.environment["PITFALLS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    project.build()
    return project.folder / "build/html"


def test_another_project_links_by_id(site: Path, tmp_path: Path) -> None:
    """Without our extension: by role and, in MyST, by inventory link, for ids and rules."""
    (tmp_path / "conf.py").write_text(CONF.format(site=site, more="", values=""))
    (tmp_path / "index.md").write_text(
        "# Theirs\n\n{external+pitfalls:ref}`mem001`\n\n[](inv:pitfalls#MEM001)\n\n"
        "[a rule](inv:pitfalls#MEM001.dma-region)\n"
    )
    page = build(tmp_path, "out")
    links = [str(a["href"]) for a in page.select("a.reference.external")]
    home = f"{site}/pitfalls/memory/dma-buffer-placement.html"
    assert links == [f"{home}#MEM001"] * 2 + [f"{home}#MEM001.dma-region"]


def test_our_directives_work_in_their_pages(site: Path, tmp_path: Path) -> None:
    """With our extension a page of theirs shows the state of their tree."""
    port = tmp_path / "port"
    (port / ".config").mkdir(parents=True)
    (port / "Cargo.toml").write_text('[package]\nname = "a"\n')
    (port / ".config/nextest.toml").write_text(
        "[[profile.default.overrides]]\nfilter = 'all()'\ntest-group = \"nowhere\"\n"
    )
    docs = tmp_path / "docs"
    docs.mkdir()
    values = f'pitfalls_target = "{port}"'
    conf = CONF.format(site=site, more=', "pitfalls.sphinxext"', values=values)
    (docs / "conf.py").write_text(conf)
    (docs / "index.md").write_text(
        "# Theirs\n\n```{pitfall-summary}\n```\n\n```{pitfall-evidence} TST002\n```\n"
    )
    page = build(docs, "out")
    finding = page.select_one(".pitfall-finding")
    assert finding is not None
    assert "group nowhere is not defined" in finding.text


def test_the_session_builds_for_another_tree() -> None:
    """`nox -s docs -- --target DIR` is what the guide tells; its options are read."""
    text = (ROOT / "docs/guide/own-tree.md").read_text("utf-8")
    assert "noxfile.py -s docs -- --target ." in text
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-l", "-f", str(ROOT / "noxfile.py")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "--target DIR" in done.stdout
