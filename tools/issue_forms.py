"""Writes the GitHub issue forms whose pitfall picker lists the catalogue.

``python tools/issue_forms.py`` after a pitfall was added or renamed; a test keeps them in step.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pitfalls import catalogue

FOLDER = Path(__file__).resolve().parents[1] / ".github" / "ISSUE_TEMPLATE"

HEADER = "# Made by tools/issue_forms.py: edit that, then run it.\n"


def forms() -> dict[str, str]:
    """File name -> text of every form."""
    options = [f"{e.pitfall.id} {e.pitfall.title}" for e in catalogue.load()]
    picker = {
        "type": "dropdown",
        "id": "pitfall",
        "attributes": {
            "label": "Pitfall",
            "description": "`pitfalls diagnose` and the search of the site help to find it.",
            "options": options,
        },
        "validations": {"required": True},
    }
    return {
        "false-alarm.yml": _form(
            "A finding is wrong",
            "A check says fail or warn where the code is right.",
            ["false alarm"],
            [
                picker,
                _area(
                    "link",
                    "The finding",
                    "What `pitfalls link ID --finding FINGERPRINT` prints.",
                    render="markdown",
                ),
                _area(
                    "code",
                    "The code",
                    "The lines that are right, as small as they can be.",
                    render="text",
                ),
                _area("why", "Why it is right", "What the check did not see."),
                _input("version", "Version", "What `pitfalls --version` prints."),
            ],
        ),
        "missed-pitfall.yml": _form(
            "A pitfall was missed",
            "The check passes or is silent on a tree that has stepped into the pitfall.",
            ["missed"],
            [
                picker,
                _area("symptom", "Symptom", "The log, the panic, the error code.", render="text"),
                _area("code", "The code", "The lines that are wrong, or a link to the commit."),
                _input("version", "Version", "What `pitfalls --version` prints."),
            ],
        ),
        "new-pitfall.yml": _form(
            "A new pitfall",
            "Something cost you days while porting, and no page tells of it.",
            ["new pitfall"],
            [
                _area("symptom", "Symptom", "What one sees first: log lines, error codes, words."),
                _area("cause", "Cause", "Why it happens, with a source where there is one."),
                _area("fix", "Fix", "Wrong and right code side by side."),
                _input("platform", "Platform", "Board, RTOS, emulator."),
            ],
        ),
    }


def _form(name: str, description: str, labels: list[str], body: list[dict[str, Any]]) -> str:
    form = {"name": name, "description": description, "labels": labels, "body": body}
    return HEADER + yaml.safe_dump(form, sort_keys=False, allow_unicode=True, width=1000)


def _area(key: str, label: str, description: str, *, render: str = "") -> dict[str, Any]:
    attributes = {"label": label, "description": description}
    if render:
        attributes["render"] = render
    return {
        "type": "textarea", "id": key, "attributes": attributes, "validations": {"required": True},
    }  # fmt: skip


def _input(key: str, label: str, description: str) -> dict[str, Any]:
    return {
        "type": "input", "id": key, "attributes": {"label": label, "description": description},
        "validations": {"required": True},
    }  # fmt: skip


def main() -> None:
    """Write all forms."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in forms().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
