"""A revision of a git repository as a target tree."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pitfalls.git import Git
from pitfalls.source import join
from pitfalls.tree import Entry, TreeError


class GitTree:
    """A revision of a git repository, read through ``git cat-file``; nothing is checked out."""

    content_addressed = True

    def __init__(self, target: Path, git: Git, rev: str) -> None:
        revision = git.revision(rev)
        if revision is None:
            raise TreeError(f"{target}: no such revision {rev!r}")
        self._git = git
        self.label = str(target)
        self.revision = revision
        self.dirty = False
        self.web_url = git.web_url(revision).replace("{path}", git.prefix + "{path}")
        self.key = f"git:{target.resolve()}"
        self.prefix = git.prefix
        self._reader: subprocess.Popen[bytes] | None = None
        self._links: dict[str, str] = {}
        self._files, self.absent = self._list()

    def _list(self) -> tuple[dict[str, Entry], tuple[str, ...]]:
        answer = self._git.run("ls-tree", "-r", "-z", "-l", self.revision)
        if answer is None:
            raise TreeError(f"{self.label}: the tree of {self.revision} cannot be listed")
        files: dict[str, Entry] = {}
        absent: list[str] = []
        for row in answer.decode("utf-8", "surrogateescape").split("\0"):
            head, _, name = row.partition("\t")
            if not name:
                continue
            mode, kind, blob, size = head.split()
            if kind == "commit":
                absent.append(name)
            elif mode == "120000":
                self._links[name] = blob
            else:
                files[name] = Entry(int(size) if size.isdigit() else 0, blob)
        return dict(sorted(files.items())), tuple(absent)

    def files(self) -> dict[str, Entry]:
        """Every blob of the revision, sorted."""
        return self._files

    def read(self, path: str) -> bytes | None:
        """The blob of ``path``; a link is followed inside the tree, eight hops at most."""
        for _ in range(8):
            if path in self._files:
                return self._blob(self._files[path].stamp)
            if path not in self._links:
                return None
            goal = (self._blob(self._links[path]) or b"").decode("utf-8", "surrogateescape")
            inside = join(path.rpartition("/")[0], goal)
            if inside is None:
                return None
            path = inside
        return None

    def _blob(self, blob: str) -> bytes | None:
        if self._reader is None:
            self._reader = self._git.start_reader()
        reader = self._reader
        assert reader.stdin is not None
        assert reader.stdout is not None
        try:
            reader.stdin.write(blob.encode() + b"\n")
            reader.stdin.flush()
            header = reader.stdout.readline().split()
            if len(header) != 3:
                return None
            data = reader.stdout.read(int(header[2]))
            reader.stdout.read(1)
        except OSError:
            return None
        return data

    def prefetch(self) -> None:
        """The listing is there already."""

    def close(self) -> None:
        """End ``git cat-file``."""
        self.release()

    def release(self) -> None:
        """End ``git cat-file``; the next read begins another."""
        if self._reader is not None:
            assert self._reader.stdin is not None
            assert self._reader.stdout is not None
            self._reader.stdin.close()
            self._reader.stdout.close()
            self._reader.wait()
            self._reader = None
