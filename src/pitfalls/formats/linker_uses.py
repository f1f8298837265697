"""Which linker scripts a build file names, whatever language it is written in.

``-Tlink.x`` in ``.cargo/config.toml``, ``LDSCRIPT = board.ld`` in a Makefile,
``target_link_options(… -T …)``, ``include_bytes!("stm32f4.x")`` in a build script, the option of
an Eclipse project: in all of them the script stands as a file name.
"""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_SCRIPT = re.compile(
    r"(?P<option>-T\s*(?:\"|')?)?(?P<path>[\w./${}()+\-]*?[\w})\-]\.(?:ldscript|lds|ld|x)\b)"
)
# Cheap to look for: the paths of a long line are not, where none of them is a script.
_ENDING = re.compile(r"\.(?:ldscript|lds|ld|x)\b")
_COMMENT = re.compile(r"^\s*(?:#|//)")


class ScriptUse(msgspec.Struct, frozen=True):
    """A script's file name as written, and whether it follows ``-T``."""

    path: str
    line: int
    option: bool

    @property
    def name(self) -> str:
        """The base name."""
        return self.path.rpartition("/")[2]


class ScriptUses(msgspec.Struct, frozen=True):
    """All scripts that one build file names."""

    uses: tuple[ScriptUse, ...]


def parse(data: bytes) -> ScriptUses | None:
    """The scripts named outside comment lines; None when there are none."""
    uses = []
    for number, line in enumerate(decode(data).splitlines(), 1):
        if not _ENDING.search(line, 0, 4000) or _COMMENT.match(line):
            continue
        for found in _SCRIPT.finditer(line[:4000]):
            path = found["path"].removeprefix("-T")
            uses.append(ScriptUse(path, number, bool(found["option"]) or path != found["path"]))
    return ScriptUses(tuple(uses)) if uses else None
