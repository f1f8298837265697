"""A progress bar on standard error while checks run; none when that is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from pitfalls.catalogue import Entry


def progress(entries: Sequence[Entry]) -> Iterable[Entry]:
    """Wrap the entries of a run."""
    if not sys.stderr.isatty():
        return entries
    from tqdm import tqdm

    # A short run shows nothing; a finished bar leaves nothing behind.
    return tqdm(entries, desc="checks", unit="check", delay=0.5, leave=False, file=sys.stderr)
