"""``pitfalls.toml``: what is accepted, and how a mistake is told."""

from __future__ import annotations

import pytest

from pitfalls import catalogue
from pitfalls.config import Config, ConfigError, load_config, parse_config
from pitfalls.tree import open_tree
from tests.conftest import Write

IDS = ("MEM001", "TST002")
RULES = ("MEM001.dma-region", "TST002.shared-resource")


def parse(text: str) -> Config:
    """The configuration of ``text``."""
    return parse_config(text.encode(), "pitfalls.toml", IDS, RULES)


def test_everything_is_optional() -> None:
    """An empty file is a configuration."""
    assert parse("") == Config(path="pitfalls.toml")


def test_a_full_configuration() -> None:
    """Every key has its type."""
    config = parse(
        """
exclude = ["vendor/", "*.gen.c"]
[platforms.f4]
paths = ["boards/f4/"]
[[allow]]
rule = "MEM001.dma-region"
path = "boards/legacy/"
reason = "the MAC is never enabled"
until = 2027-01-31
[site]
base_url = "https://example.org/"
"""
    )
    assert config.is_excluded("vendor/a/b.c")
    assert config.is_excluded("src/x.gen.c")
    assert not config.is_excluded("src/vendor.c")
    (allow,) = config.allow
    assert allow.line == 5
    assert allow.matches("MEM001", "MEM001.dma-region", "boards/legacy/memory.x")
    assert not allow.matches("MEM001", "MEM001.dma-region", "boards/new/memory.x")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = = 1\n", 1, "not TOML"),
        ("\nexlude = []\n", 2, "unknown key 'exlude'; did you mean 'exclude'?"),
        ("exclude = 3\n", 1, "Expected `array`"),
        ("\n[platforms.f4]\npath = []\n", 3, "unknown key 'path'; did you mean 'paths'?"),
        ("\n\n[[allow]]\nid = 'MEM001'\n", 3, "needs a `reason`"),
        ("[[allow]]\nid = 'MEM01'\nreason = 'r'\n", 1, "did you mean 'MEM001'?"),
        ("[[allow]]\nrule = 'MEM001.dma'\nreason = 'r'\n", 1, "did you mean 'MEM001.dma-region'?"),
        ("[[allow]]\nreason = 'r'\n", 1, "either `id`"),
        ("[[allow]]\nid = 'MEM001'\nreason = 'r'\nutil = 2027-01-01\n", 4, "did you mean 'until'?"),
        ("[site]\nurl = ''\n", 2, "unknown key 'url'"),
    ],
)
def test_a_mistake_names_file_line_and_remedy(text: str, line: int, message: str) -> None:
    """A wrong key, type or name is an error that stands at its line."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"pitfalls.toml:{line}: ")
    assert message in str(caught.value)


def test_pyproject_has_a_table_of_its_own(write: Write) -> None:
    """``[tool.pitfalls]`` counts where there is no ``pitfalls.toml``."""
    known = catalogue.load()
    root = write({"pyproject.toml": "[tool.other]\nx = 1\n[tool.pitfalls]\nexclude = ['a/']\n"})
    assert load_config(open_tree(root), known).exclude == ("a/",)
    write({"pitfalls.toml": "exclude = ['b/']\n"})
    assert load_config(open_tree(root), known).exclude == ("b/",)


def test_a_configuration_file_that_is_missing_is_an_error(write: Write) -> None:
    """``--config`` with a wrong path names it."""
    root = write({"a": ""})
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(open_tree(root), catalogue.load(), root / "nothing.toml")
