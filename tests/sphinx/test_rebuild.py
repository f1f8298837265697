"""What each kind of edit makes Sphinx read and write, exactly."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pitfalls import catalogue
from pitfalls.config import load_config
from pitfalls.engine import run
from pitfalls.model import PitfallResult
from pitfalls.tree import FolderTree
from tests.sphinx.project import BuildError, Built, Project

PAGE = "pitfalls/testing/sequential-qemu-tests"
OVERVIEWS = {"index", "pitfalls/index", "matrix"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was built once; tests take copies of it."""
    os.environ["PITFALLS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    project = Project.copy(tmp_path_factory.mktemp("project"))
    first = project.build()
    assert first.warnings == ""
    return project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """A copy with its build folder and its times, to edit freely."""
    shutil.copytree(built.folder, tmp_path / "p", dirs_exist_ok=True)
    moved = Project(tmp_path / "p")
    moved.build()  # paths in the stored environment are those of the copy from now on
    return moved


def changed(built: Built) -> tuple[set[str], set[str]]:
    """Documents read and written."""
    return built.read, built.written


def results(target: Path) -> dict[str, PitfallResult]:
    """Page -> what its check says of the target, with the lines that are shown."""
    tree = FolderTree(target)
    report = run(tree, catalogue.load().entries, config=load_config(tree, catalogue.load()))
    return {result.pitfall.page: result for result in report.results}


def test_nothing_changed_writes_nothing(project: Project) -> None:
    """A second build reads and writes no page."""
    assert changed(project.build()) == (set(), set())


def test_a_touched_page_is_read_and_written(project: Project) -> None:
    """Only that page (and what its title shows in: nothing when it stays)."""
    with (project.folder / f"docs/{PAGE}.md").open("a") as page:
        page.write("\nMore words.\n")
    built = project.build()
    assert built.read == {PAGE}
    assert PAGE in built.written


def test_an_edited_target_writes_the_pages_whose_result_changed(project: Project) -> None:
    """No page is read; that pitfall's page and the overviews are written."""
    target = project.folder / "examples/nros-port"
    before = results(target)
    project.edit("examples/nros-port/.config/nextest.toml", "max-threads = 1", "max-threads = 4")
    pages = {page for page, result in results(target).items() if result != before[page]}
    assert PAGE in pages
    assert len(pages) <= 3
    assert changed(project.build()) == (set(), pages | OVERVIEWS)
    assert "max-threads 4" in project.output(f"html/{PAGE}.html")
    assert changed(project.build()) == (set(), set())


def test_a_table_follows_the_target(project: Project) -> None:
    """A value that changes in the target changes in the table, and no page is read."""
    project.edit(
        "examples/nros-port/boards/mps2-an385-freertos/src/main.c",
        "EXECUTOR_STACK_WORDS 4096", "EXECUTOR_STACK_WORDS 8192",
    )  # fmt: skip
    again = project.build()
    assert again.read == set()
    assert "pitfalls/memory/stack-sizing" in again.written
    assert PAGE not in again.written
    assert "32768 bytes (8192 words" in project.output("html/pitfalls/memory/stack-sizing.html")


def test_a_target_edit_without_a_changed_result_writes_nothing(project: Project) -> None:
    """A file that no check looks at does not matter."""
    project.edit("examples/nros-port/README.md", "in progress", "under way")
    assert changed(project.build()) == (set(), set())


def test_an_edited_check_reads_and_writes_its_page(project: Project) -> None:
    """The page of that check is read again, for its rules may have changed."""
    project.edit(
        "checks/testing/sequential_qemu_tests/check.py",
        "Define [test-groups.NAME]", "Please define [test-groups.NAME]",
    )  # fmt: skip
    assert changed(project.build()) == ({PAGE}, {PAGE} | OVERVIEWS)
    assert "Please define" in project.output(f"html/{PAGE}.html")


def test_another_release_of_the_package_writes_every_page(project: Project) -> None:
    """What an earlier release made of the pages does not stay."""
    project.edit("src/pitfalls/sphinxext/page.py", '"Fix: "', '"Remedy: "')
    built = project.build()
    assert built.read == built.written
    assert PAGE in built.read
    assert "Remedy: " in project.output(f"html/{PAGE}.html")
    assert changed(project.build()) == (set(), set())


def test_an_edited_example_writes_its_page(project: Project) -> None:
    """The bad tree is shown as it is now."""
    project.edit("checks/testing/sequential_qemu_tests/bad/.config/nextest.toml", '"60s"', '"61s"')
    assert changed(project.build()) == (set(), {PAGE} | OVERVIEWS)


def test_another_target_writes_and_reads_nothing(project: Project) -> None:
    """The target's path is configuration that changes no parsing."""
    shutil.copytree(project.folder / "examples/nros-port", project.folder / "other")
    built = project.build(pitfalls_target="other")
    assert built.read == set()
    assert OVERVIEWS | {PAGE} <= built.written


def test_the_target_s_configuration_counts(project: Project) -> None:
    """An allow entry changes the verdict that is shown, with its reason."""
    project.edit("examples/nros-port/.config/nextest.toml", "max-threads = 1", "max-threads = 4")
    (project.folder / "examples/nros-port/pitfalls.toml").write_text(
        "[[allow]]\nid = 'TST002'\nreason = 'one runner only'\n"
    )
    project.build()
    html = project.output(f"html/{PAGE}.html")
    assert "one runner only" in html


def test_two_builders_on_one_doctree_folder(project: Project) -> None:
    """Each output folder knows what it showed: html does not consume the change for text."""
    project.build("text")
    project.edit("examples/nros-port/.config/nextest.toml", "max-threads = 1", "max-threads = 4")
    assert PAGE in project.build("html").written
    assert PAGE in project.build("text").written
    assert "max-threads 4" in project.output(f"text/{PAGE}.txt")


def test_css_alone_reads_no_page(project: Project) -> None:
    """A changed style sheet is copied; no page is read."""
    with (project.folder / "src/pitfalls/sphinxext/static/pitfalls.css").open("a") as css:
        css.write("/* more */\n")
    assert changed(project.build()) == (set(), set())
    assert "/* more */" in project.output("html/_static/pitfalls.css")


def test_a_failed_build_is_tried_again(project: Project) -> None:
    """What a build that ended in an exception would have shown is not taken as shown."""
    project.edit("examples/nros-port/.config/nextest.toml", "max-threads = 1", "max-threads = 4")
    with pytest.raises(BuildError):
        project.build(pitfalls_fail_on="sometimes")
    assert PAGE in project.build().written
