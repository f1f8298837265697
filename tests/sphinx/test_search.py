"""The symptom search of the site scores as ``pitfalls diagnose`` does: one definition."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from pitfalls import catalogue
from pitfalls.diagnose import Diagnosis, packed, symptom_table
from tools.symptoms import unrelated

RELATED = Path(__file__).parents[1] / "symptoms/related.toml"
SCRIPT = Path(__file__).parents[2] / "src/pitfalls/sphinxext/static/pitfalls-search.js"

RUNNER = """
const diagnose = require(process.argv[1]);
const {table, texts} = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map((text) => diagnose(table, text))));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_script_and_the_command_agree() -> None:
    """Texts of every pitfall, its symptoms, mixtures of them, and texts of no pitfall: the same
    candidates in the same order with the same scores and lines."""
    pitfalls = [entry.pitfall for entry in catalogue.load()]
    table = symptom_table(pitfalls)
    symptoms = [symptom for pitfall in pitfalls for symptom in pitfall.symptoms]
    words = [symptom.text for symptom in symptoms if symptom.kind != "term"][::2]
    related = tomllib.loads(RELATED.read_text(encoding="utf-8"))
    texts = [
        *words,
        *(text for some in related.values() for text in some),
        *unrelated(),
        " ".join(symptom.text for symptom in symptoms if symptom.kind == "term"),
        *(
            f"first\r\n// {one}\n * and {other}\n\x1b[1mlast"
            for one, other in zip(words[::5], words[7::5], strict=False)
        ),
        "",
        "Compiling serde v1.0\nFinished in 3 s",
        "x\n" * 600_000 + words[0],
        "\n".join(words),
    ]
    given = json.dumps({"table": packed(table), "texts": texts})
    done = subprocess.run(
        ["node", "-e", RUNNER, str(SCRIPT)], input=given,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    diagnosis = Diagnosis(table)
    for text, answer in zip(texts, json.loads(done.stdout), strict=True):
        expected = diagnosis.candidates(text)
        assert [c["id"] for c in answer] == [c.id for c in expected], text[:200]
        for mine, theirs in zip(expected, answer, strict=True):
            assert theirs["score"] == pytest.approx(mine.score, abs=0.011)
            assert [(m["line"], m["text"], m["why"]) for m in theirs["matches"]] == [
                (m.line, m.text, m.why) for m in mine.matches
            ]
