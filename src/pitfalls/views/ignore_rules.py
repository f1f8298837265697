"""What git ignores, by the rules of ``.gitignore`` files from the root down."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Self

from pitfalls.formats import gitignore
from pitfalls.formats.gitignore import IgnoreFile
from pitfalls.source import Located, Selection, Source, View

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILES = Selection(
    name="ignore patterns", type=IgnoreFile, parse=gitignore.parse, names=(".gitignore",)
)


class IgnoreRules(View):
    """Answers about folders; the patterns are compiled when first asked for."""

    uses = (IGNORE_FILES,)

    def __init__(self, files: Iterable[Located[IgnoreFile]], paths: frozenset[str]) -> None:
        self._files = {file.path.rpartition("/")[0]: file.facts for file in files}
        self.paths = paths
        self._spec = cache(self._compiled)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From every ``.gitignore``."""
        return cls(source.facts(IGNORE_FILES), frozenset(source.paths))

    def _compiled(self, folder: str) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec  # a sixteenth of a second, and rarely needed

        return GitIgnoreSpec.from_lines(self._files[folder].patterns)

    def ignoring(self, folder: str) -> str | None:
        """The ignore file whose rule decides that files below ``folder`` are ignored; None when
        none does, or a deeper one takes it back."""
        decided: str | None = None
        parts = folder.split("/")
        for depth in range(len(parts)):
            above = "/".join(parts[:depth])
            if above not in self._files:
                continue
            inside = "/".join(parts[depth:])
            answer = self._spec(above).check_file(f"{inside}/file").include
            if answer is not None:
                decided = f"{above}/.gitignore".lstrip("/") if answer else None
        return decided

    def is_folder(self, folder: str) -> bool:
        """Whether the target has a file below a folder; the root always."""
        prefix = folder + "/"
        return not folder or any(path.startswith(prefix) for path in self.paths)

    def tracked_below(self, folder: str) -> list[str]:
        """The files that git tracks below a folder."""
        prefix = folder + "/"
        return sorted(path for path in self.paths if path.startswith(prefix))
