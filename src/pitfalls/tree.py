"""Target trees: a folder, or a git repository at a revision. Read, never run, never written.

A target is untrusted data: see :mod:`pitfalls.git` for how git is called. Symbolic links are not
listed; one read by name is followed inside the tree only.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol

import msgspec

from pitfalls.git import Git

EXCLUDED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".nox", ".tox", ".venv", "__pycache__", "node_modules", "target"}
)
"""Folders that a walk (a target that is not a git checkout) does not enter."""


class TreeError(Exception):
    """A target that cannot be read: there is none, or no such revision."""


class Entry(msgspec.Struct, frozen=True):
    """One file. ``stamp`` changes when the content does: a blob id, or (mtime ns, size, inode)."""

    size: int
    stamp: str


class Tree(Protocol):
    """What the index needs of a target."""

    @property
    def label(self) -> str:
        """The target as the user named it."""

    @property
    def key(self) -> str:
        """Names the target in the cache."""

    @property
    def content_addressed(self) -> bool:
        """Whether a stamp names the content for ever (a blob id)."""

    @property
    def revision(self) -> str:
        """Full commit id, or an empty string."""

    @property
    def dirty(self) -> bool:
        """Whether files differ from ``revision``."""

    @property
    def web_url(self) -> str:
        """See :class:`pitfalls.model.TargetInfo`."""

    @property
    def prefix(self) -> str:
        """See :class:`pitfalls.model.TargetInfo`."""

    @property
    def absent(self) -> tuple[str, ...]:
        """Submodules that are not checked out."""

    def files(self) -> dict[str, Entry]:
        """Every regular file, POSIX paths relative to the root, sorted."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None when there is none, or it cannot be read."""

    def prefetch(self) -> None:
        """Begin what takes long, in the background."""

    def release(self) -> None:
        """End helper processes that must not be shared with a forked child; others begin anew."""

    def close(self) -> None:
        """End all helper processes."""


def open_tree(target: Path, rev: str | None = None) -> Tree:
    """The tree at ``target``; with ``rev`` it must be a git repository, bare or not.

    A bare repository without ``rev`` is read at HEAD. Raises :class:`TreeError`.
    """
    if not target.is_dir():
        raise TreeError(f"{target}: no such folder; give a source tree or a git repository")
    from pitfalls.git_tree import GitTree

    git = Git(target)
    if rev is not None:
        if not git.is_repository:
            raise TreeError(f"{target}: not a git repository, so --rev {rev} cannot be read")
        return GitTree(target, git, rev)
    if git.is_bare:
        return GitTree(target, git, "HEAD")
    return FolderTree(target, git if git.is_repository else None)


_LISTING = ("ls-files", "-z", "-s", "-c", "-o", "--exclude-standard")
_GITLINK = "160000"


class FolderTree:
    """A folder on disk: git's own listing when ``git`` is given, else a walk."""

    content_addressed = False

    def __init__(self, root: Path, git: Git | None = None) -> None:
        self.root = root.resolve()
        self.label = str(root)
        self.key = f"folder:{self.root}"
        self._git = git
        self._listed: frozenset[str] = frozenset()
        self._listing: subprocess.Popen[bytes] | None = None
        self._comparison: subprocess.Popen[bytes] | None = None
        self.revision = (git.revision("HEAD") or "") if git is not None else ""
        self.prefix = git.prefix if git is not None else ""

    def prefetch(self) -> None:
        """Let git list and compare in the background while the caller does something else."""
        if self._git is not None:
            self._listing = self._git.start(*_LISTING)
            if self.revision:
                self._comparison = self._git.start_comparison()

    @cached_property
    def dirty(self) -> bool:
        """Whether tracked files differ from HEAD."""
        if self._git is None or not self.revision:
            return False
        process = self._comparison or self._git.start_comparison()
        process.communicate()
        self._comparison = None
        return process.returncode != 0

    @property
    def web_url(self) -> str:
        """See :class:`pitfalls.model.TargetInfo`; empty when the forge is unknown."""
        if self._git is None or not self.revision:
            return ""
        template = self._git.web_url(self.revision)
        return template.replace("{path}", self._git.prefix + "{path}")

    @cached_property
    def absent(self) -> tuple[str, ...]:
        """Submodules whose folder is empty or missing."""
        return tuple(path for path in self._listed_by_git[1] if not _has_files(self.root / path))

    @cached_property
    def _listed_by_git(self) -> tuple[list[str] | None, list[str]]:
        """Git's listing, None when there is none, and the paths of the submodules in the index."""
        return self._list_git(self._git) if self._git is not None else (None, [])

    def files(self) -> dict[str, Entry]:
        """Every regular file, sorted; links and what git ignores are left out."""
        names = self._listed_by_git[0]
        found: dict[str, Entry] = {}
        root = str(self.root)
        for name in sorted(self._walk() if names is None else names):
            try:
                info = os.lstat(f"{root}/{name}")
            except OSError:
                continue
            if stat.S_ISREG(info.st_mode):
                stamp = f"{info.st_mtime_ns:x}.{info.st_size:x}.{info.st_ino:x}"
                found[name] = Entry(info.st_size, stamp)
        self._listed = frozenset(found)
        return found

    def read(self, path: str) -> bytes | None:
        """The bytes of a file inside the tree; links are followed only inside it."""
        full = self.root / path
        try:
            if path in self._listed:  # no link: neither git nor the walk lists through one
                with open(f"{self.root}/{path}", "rb") as file:  # noqa: PTH123 - thousands of files
                    return file.read()
            if not os.path.lexists(full) or not full.resolve().is_relative_to(self.root):
                return None
            return full.read_bytes()
        except (OSError, RuntimeError, ValueError):
            return None

    def release(self) -> None:
        """Files are read without a helper."""

    def close(self) -> None:
        """End what was started and not collected."""
        for process in (self._listing, self._comparison):
            if process is not None:
                process.kill()
                process.communicate()
        self._listing = self._comparison = None

    def _list_git(self, git: Git) -> tuple[list[str] | None, list[str]]:
        process = (self._listing if git is self._git else None) or git.start(*_LISTING)
        answer, _ = process.communicate()
        self._listing = None
        if process.returncode:
            return None, []
        names, links = _staged(answer.decode("utf-8", "surrogateescape"))
        for link in links:
            if _has_files(git.folder / link):
                inner, _ = self._list_git(Git(git.folder / link))
                names += [f"{link}/{name}" for name in inner or ()]
        return names, links

    def _walk(self) -> Iterator[str]:
        pending = [""]
        while pending:  # plain strings: thousands of files
            prefix = pending.pop()
            try:
                with os.scandir(f"{self.root}/{prefix}") as entries:
                    found = list(entries)
            except OSError:
                continue
            if prefix and any(entry.name == "CMakeCache.txt" for entry in found):
                continue
            for entry in found:
                if not entry.is_dir(follow_symlinks=False):
                    yield prefix + entry.name
                elif entry.name not in EXCLUDED_FOLDERS:
                    pending.append(f"{prefix}{entry.name}/")


def _staged(listing: str) -> tuple[list[str], list[str]]:
    """Files, and submodules, of a listing: ``mode id stage<TAB>path`` for what is in the index
    (a path in conflict several times), the path alone for what git does not know."""
    names: dict[str, None] = {}
    links: dict[str, None] = {}
    for row in listing.split("\0"):
        head, tab, path = row.partition("\t")
        known = tab and head[6:7] == " " and len(head) in (49, 73)
        if known and head.startswith(_GITLINK):
            links[path] = None
        else:
            names[path if known else row] = None
    return [name for name in names if name and not name.endswith("/")], list(links)


def _has_files(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def content_id(data: bytes) -> str:
    """The name of a content in the cache: 32 hex digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
