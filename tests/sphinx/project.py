"""A copy of the whole project to build from, so that pages, checks and target may be edited."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Builds in a process of its own and prints what was read and written, and the warnings.
RUNNER = """
import io, json, sys
from sphinx.application import Sphinx
builder, out, doctrees, parallel = sys.argv[1:5]
read, written, warning = [], [], io.StringIO()
app = Sphinx("docs", ".", out, doctrees, builder, status=None, warning=warning,
             parallel=int(parallel), confoverrides=json.loads(sys.argv[5]))
app.connect("source-read", lambda app, docname, text: read.append(docname))
app.connect("doctree-resolved", lambda app, tree, docname: written.append(docname))
app.build()
print(json.dumps([sorted(read), sorted(written), warning.getvalue(), app.statuscode]))
"""


@dataclass(frozen=True)
class Built:
    """Documents read, documents written, the warnings and the exit status of one build."""

    read: set[str]
    written: set[str]
    warnings: str
    status: int


@dataclass
class Project:
    """A copy of the project in ``folder``."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def copy(cls, folder: Path) -> Project:
        """Copy what a build needs; no git, so that the revision does not matter."""
        ignore = shutil.ignore_patterns("__pycache__", ".*cache")
        for name in ("src", "docs", "checks", "examples"):
            shutil.copytree(ROOT / name, folder / name, ignore=ignore)
        shutil.copy(ROOT / "conf.py", folder)
        return cls(folder)

    def build(
        self,
        builder: str = "html",
        *,
        out: str | None = None,
        doctrees: str = "doctrees",
        parallel: int = 0,
        **config: object,
    ) -> Built:
        """Build with ``config`` on top of conf.py; raises when Sphinx does."""
        arguments = [builder, f"build/{out or builder}", f"build/{doctrees}", str(parallel)]
        done = subprocess.run(
            [sys.executable, "-c", RUNNER, *arguments, json.dumps(config)],
            cwd=self.folder, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(self.folder / "src"), "NO_COLOR": "1",
                 **self.environment},
        )  # fmt: skip
        if done.returncode:
            raise BuildError(done.stderr)
        read, written, warnings, status = json.loads(done.stdout.splitlines()[-1])
        return Built(set(read), set(written), warnings, status)

    def output(self, path: str) -> str:
        """The text of a built file."""
        return (self.folder / "build" / path).read_text(encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in a file of the copy; the text must be there."""
        full = self.folder / path
        text = full.read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        full.write_text(text.replace(old, new), encoding="utf-8")


class BuildError(Exception):
    """Sphinx raised; the text is its traceback."""
