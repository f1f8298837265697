"""The tutorial 'Write a check' does what it says, word for word."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pitfalls import Verdict, catalogue
from pitfalls.engine import run
from pitfalls.testing import places
from pitfalls.tree import FolderTree
from tests.conftest import Write
from tests.test_catalogue import PAGE, tree

TUTORIAL = Path(__file__).parents[1] / "docs/reference/write-a-check.md"


def blocks(language: str) -> list[str]:
    """The code blocks of the page in one language."""
    text = TUTORIAL.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_check_of_the_tutorial_works(tmp_path: Path, write: Write) -> None:
    """Its first block is a check that can be loaded, fails without and passes with a console."""
    page = PAGE.replace("MEM001", "MEM901")
    (tmp_path / "catalogue").mkdir()
    check = blocks("python")[0]
    (entry,) = catalogue.load(tree(tmp_path / "catalogue", page=page, check=check))
    assert entry.broken == ""
    expected = tomllib.loads(blocks("toml")[0])
    root = write({"app/prj.conf": "CONFIG_GPIO=y\n\n# CONFIG_UART_CONSOLE is not set\n"})
    result = run(FolderTree(root), [entry]).results[0]
    bad = expected["bad"][0]
    assert places(result) == [(bad["rule"], bad["verdict"], bad["path"], bad["line"])]
    write({"app/prj.conf": "CONFIG_GPIO=y\n\n\nCONFIG_UART_CONSOLE=y\n"})
    result = run(FolderTree(root), [entry]).results[0]
    good = expected["good"][0]
    assert places(result) == [(good["rule"], good["verdict"], good["path"], good["line"])]
    assert result.verdict is Verdict.PASS


def test_the_names_in_the_tutorial_exist() -> None:
    """What the other blocks import can be imported."""
    for block in blocks("python"):
        for line in re.findall(r"^from pitfalls[\w.]* import .+$", block, re.MULTILINE):
            exec(line, {})  # noqa: S102 - lines of our own page
