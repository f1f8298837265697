"""Measures `pitfalls diagnose` on real texts: is the right pitfall first, or among three?

A file of symptoms is a list of ``{"pitfall": slug, "line": n, "lines": n}`` with either ``rev`` and
``path`` of a file or ``commit``, whose message is meant. Texts of no pitfall are those of
``tests/symptoms/unrelated.toml``: there no answer is right.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from pitfalls.catalogue import Catalogue
from pitfalls.diagnose import Diagnosis, symptom_table
from pitfalls.git import Git

UNRELATED = Path(__file__).resolve().parents[1] / "tests" / "symptoms" / "unrelated.toml"


def measure(repo: Path, file: Path, known: Catalogue) -> tuple[int, int, int]:
    """Print each text that is not answered rightly, and the counts; return ``(texts, right first,
    right among three)``."""
    git = Git(repo)
    diagnosis = Diagnosis(symptom_table(entry.pitfall for entry in known))
    slugs = {entry.pitfall.slug for entry in known}
    total = first = three = 0
    for row in json.loads(file.read_text(encoding="utf-8")):
        text = _text(git, row)
        if row["pitfall"] not in slugs or text is None:
            continue
        found = [candidate.slug for candidate in diagnosis.candidates(text)]
        total += 1
        first += found[:1] == [row["pitfall"]]
        three += row["pitfall"] in found[:3]
        if found[:1] != [row["pitfall"]]:
            said = ", ".join(found[:3]) or "nothing"
            print(f"{row['pitfall']}: diagnosed as {said}: {' / '.join(text.split(chr(10)))}")
    wrong = [text for text in unrelated() if diagnosis.candidates(text)]
    for text in wrong:
        print(f"none: diagnosed as {diagnosis.candidates(text)[0].slug}: {text.strip()[:100]}")
    print(f"\nsymptoms: {first} of {total} first, {three} of {total} among the first three")
    print(f"texts of no pitfall: {len(wrong)} of {len(unrelated())} are answered")
    return total, first, three


def unrelated() -> list[str]:
    """Texts of no pitfall."""
    texts: list[str] = tomllib.loads(UNRELATED.read_text(encoding="utf-8"))["texts"]
    return texts


def _text(git: Git, row: dict[str, Any]) -> str | None:
    """The lines that a row names, None when the repository does not have them."""
    if "path" in row:
        data = git.run("show", f"{row['rev']}:{row['path']}")
    else:
        data = git.run("log", "-1", "--format=%B", str(row["commit"]))
    if data is None:
        return None
    lines = data.decode("utf-8", "replace").split("\n")
    return "\n".join(lines[row["line"] - 1 : row["line"] - 1 + row["lines"]])
