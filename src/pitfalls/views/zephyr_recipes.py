"""Recipes and scripts that build a Zephyr application and run it on the host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from pitfalls.model import Place, Related
from pitfalls.views.commands import Run

_LANGUAGES = ("just", "make", "shell")


def run_by(runs: Iterable[Run]) -> dict[str, dict[str, Place]]:
    """Path of a file -> the application folders, as written, that its recipes build and run; each
    with the line that builds it."""
    own = [run for run in runs if run.file.language in _LANGUAGES]
    found: dict[str, dict[str, Place]] = {}
    for (path, _, _), group in groupby(
        own, key=lambda run: (run.place.path, run.owner.name, run.owner.line)
    ):
        members = list(group)
        if any(run.program == "zephyr.exe" for run in members):
            found.setdefault(path, {}).update(_built(members))
    return found


def _built(runs: Iterable[Run]) -> Iterator[tuple[str, Place]]:
    for run in runs:
        texts = [word.text for word in run.arguments]
        if run.program == "west" and texts[:1] == ["build"]:
            for before, text in pairwise(texts):
                if not text.startswith("-") and "/" in text and not before.startswith("-"):
                    yield text.rstrip("/"), run.place


def both_in(
    recipes: dict[str, dict[str, Place]], first: str, second: str
) -> tuple[Related, Related] | None:
    """The lines of one file that build and run two applications; None when no file runs both."""
    for path, built in recipes.items():
        places = []
        for application in (first, second):
            ends = (
                place for text, place in built.items() if f"/{text}".endswith(f"/{application}")
            )
            places.append(next(ends, None))
        if places[0] and places[1]:
            text = f"{path} runs both"
            return Related(places[0], text), Related(places[1], text)
    return None
