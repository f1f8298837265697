"""Facts and results by content: one SQLite file of plain bytes, safe to delete at any time.

A damaged file is removed and begun again; when the folder cannot be written, nothing is cached and
nothing fails.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

MAX_BYTES = 400 * 1024 * 1024
"""Above this size the file is begun again at the next opening."""

_BATCH = 500


def default_path() -> Path:
    """``$PITFALLS_CACHE`` or ``$XDG_CACHE_HOME/porting-pitfalls`` (``~/.cache`` when unset)."""
    named = os.environ.get("PITFALLS_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "porting-pitfalls"


@cache
def code_digest() -> str:
    """Names the code that makes facts and results: any change of this package changes it.

    Size and time of each file stand for its text: reading a hundred files would cost more than
    the rest of a run in which nothing changed.
    """
    import msgspec

    rows = sorted(stamps(str(Path(__file__).parent), ".py"))
    text = "\n".join((msgspec.__version__, *rows))
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


def stamps(folder: str, ending: str = "") -> Iterator[str]:
    """The stamps of all files below ``folder`` with that ending, in no order."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                yield from stamps(entry.path, ending)
            elif entry.name.endswith(ending):
                yield stamp(entry.path, entry.stat(follow_symlinks=False))


def stamp(path: str, info: os.stat_result) -> str:
    """Names what a file of ours holds, without reading it."""
    return f"{path}\0{info.st_size}\0{info.st_mtime_ns}"


class Cache:
    """Bytes by name. Names carry the code digest, so a new version never reads old facts."""

    def __init__(self, folder: Path | None) -> None:
        self._db: sqlite3.Connection | None = None
        self._pending: dict[str, bytes] = {}
        if folder is None:
            return
        path = folder / "facts.sqlite"
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > MAX_BYTES:
                path.unlink()
        self._db = _open(path)

    def get(self, name: str) -> bytes | None:
        """The bytes kept under ``name``."""
        return self.get_many([name]).get(name)

    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """The bytes of those names that are kept."""
        asked = list(names)
        found = {name: self._pending[name] for name in asked if name in self._pending}
        if self._db is None:
            return found
        wanted = [name for name in asked if name not in found]
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            try:
                rows = self._db.execute(f"SELECT k, v FROM kv WHERE k IN ({marks})", part)
                found.update(rows.fetchall())
            except sqlite3.Error:
                self._drop()
                break
        return found

    def put_many(self, values: Mapping[str, bytes]) -> None:
        """Keep ``values``; they reach the disk with :meth:`flush`."""
        self._pending.update(values)

    def flush(self) -> None:
        """Write what is pending."""
        if self._db is not None and self._pending:
            try:
                with self._db:
                    self._db.executemany(
                        "INSERT OR REPLACE INTO kv VALUES (?, ?)", self._pending.items()
                    )
            except sqlite3.Error:
                self._drop()
        self._pending.clear()

    def close(self) -> None:
        """Write what is pending and let go of the file."""
        self.flush()
        if self._db is not None:
            self._db.close()
            self._db = None

    def _drop(self) -> None:
        """Stop using a file that does not answer, for the rest of the run."""
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
        self._db = None


def _open(path: Path) -> sqlite3.Connection | None:
    """A usable connection; a damaged file is removed once."""
    for _ in range(2):
        try:
            db = sqlite3.connect(path, timeout=5)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=OFF")
            db.execute("CREATE TABLE IF NOT EXISTS kv (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID")
            db.execute("SELECT count(*) FROM (SELECT k FROM kv LIMIT 1)").fetchone()
        except sqlite3.DatabaseError as error:
            damaged = not isinstance(error, sqlite3.OperationalError)
            if not damaged:
                return None
            with contextlib.suppress(OSError):
                path.unlink()
        else:
            return db
    return None
