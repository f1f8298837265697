"""Whether a script ends what it started in the background before it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from pitfalls.views.commands import Run


def ended(runs: Sequence[Run], first: Run, second: Run) -> bool:
    """Whether ``first`` has ended before ``second`` starts: a ``wait`` for all, or a ``kill`` or
    ``wait`` right after it, before anything else goes to the background. ``runs`` are the
    commands of one script, function or recipe in order."""
    begin, end = runs.index(first), runs.index(second)
    latest = True
    for run in runs[begin + 1 : end]:
        if run.command.background:
            latest = False
        elif run.program in ("wait", "kill") and not run.file.is_conditional(run.command):
            words = [word.text for word in run.arguments]
            everything = run.program == "wait" and not words
            if everything or (latest and words and "-0" not in words):
                return True
    return False
