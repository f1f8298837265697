"""What a view is built from: selections of files, their facts, and other views.

A :class:`Selection` says which files are read and how they are parsed; a :class:`View` joins the
facts of many files into one meaning. A view declares both in ``uses``, so that the engine can read
every file once, and knows which edit touches which check.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

if TYPE_CHECKING:
    from pitfalls.config import Config
    from pitfalls.formats.code_text import Text
    from pitfalls.index import Index
    from pitfalls.model import Problem

T = TypeVar("T")
V = TypeVar("V", bound="View")

MAX_BYTES = 4 * 1024 * 1024
"""A larger file is not parsed; a pitfall that would have needed it is at best ``unknown``."""


_WILD = frozenset("*?[/")


class Listing:
    """The paths of a target, grouped by base name and by the last suffix (``.rs``)."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.paths = paths
        self.by_name: dict[str, list[str]] = {}
        self.by_suffix: dict[str, list[str]] = {}
        for path in paths:
            name = path.rpartition("/")[2]
            self.by_name.setdefault(name, []).append(path)
            _, dot, ending = name.rpartition(".")
            if dot:
                self.by_suffix.setdefault("." + ending, []).append(path)


def matching(names: Iterable[str], listing: Listing) -> tuple[str, ...]:
    """The paths of a listing that one of the names of a selection matches, sorted."""
    found: set[str] = set()
    for name in names:
        ending = name[1:] if name.startswith("*.") else ""
        if not set(name) & _WILD:
            found.update(listing.by_name.get(name, ()))
        elif ending and not set(ending) & _WILD and ending.count(".") == 1:
            found.update(listing.by_suffix.get(ending, ()))
        else:
            pattern = re.compile(translate(name))
            if "/" in name:
                found.update(path for path in listing.paths if pattern.match(path))
            else:
                bases = (base for base in listing.by_name if pattern.match(base))
                found.update(path for base in bases for path in listing.by_name[base])
    return tuple(sorted(found))


@dataclass(frozen=True)
class Selection(Generic[T]):
    """Files by name and by a cheap byte needle, and the format that reads them.

    A ``lazy`` selection is not read in advance: the view asks for single files with
    :meth:`Source.fact`, after it found out which of them matter. A ``pinned`` one is asked for in
    every run: what it found is kept where a run in which nothing changed looks first.

    ``names`` are shell patterns for the base name, or for the whole path when they hold a ``/``.
    A file is parsed only when it holds one of ``needles`` (or there are none). ``parse`` returns
    None for a file without anything of interest; ``type`` is what it returns otherwise.
    """

    name: str
    type: type[T]
    parse: Callable[[bytes], T | None]
    names: tuple[str, ...]
    needles: tuple[bytes, ...] = ()
    max_bytes: int = MAX_BYTES
    lazy: bool = False
    pinned: bool = False

    def wants(self, data: bytes) -> bool:
        """Whether the bytes hold a needle, or none is asked for."""
        return not self.needles or any(needle in data for needle in self.needles)


@dataclass(frozen=True)
class Located(Generic[T]):
    """The facts of one file of the target."""

    path: str
    facts: T


def search(selection: Selection[Any], words: Iterable[bytes]) -> Selection[list[str]]:
    """Which files of ``selection`` hold one of ``words``, whatever else they hold."""
    needles = tuple(sorted(set(words)))
    words_id = hashlib.blake2b(b"\0".join(needles), digest_size=8).hexdigest()
    name = f"{SEARCH}{selection.name}, {words_id}"
    return Selection(name, list[str], held_by(needles), selection.names, needles)


SEARCH = "search: "
"""How the names of selections begin that a view made up while it was built."""


def held_by(needles: tuple[bytes, ...]) -> Callable[[bytes], list[str]]:
    """A parser that tells which of ``needles`` a file holds."""

    def parse(data: bytes) -> list[str]:
        return [needle.decode(errors="replace") for needle in needles if needle in data]

    return parse


class View:
    """One meaning joined from many files. Subclasses name their inputs in ``uses``."""

    uses: ClassVar[tuple[Selection[Any] | type[View], ...]] = ()

    @classmethod
    def build(cls, source: Source) -> Self:
        """Make the view; ``source`` gives only what ``uses`` names, and reads on demand."""
        raise NotImplementedError


def closure(views: Iterable[type[View]]) -> tuple[list[type[View]], list[Selection[Any]]]:
    """The views needed by ``views``, dependencies first, and every selection they read."""
    ordered: list[type[View]] = []
    selections: dict[str, Selection[Any]] = {}

    def visit(view: type[View], path: tuple[type[View], ...]) -> None:
        if view in path:
            raise TypeError("views need each other: " + " -> ".join(v.__name__ for v in path))
        if view in ordered:
            return
        for used in view.uses:
            if isinstance(used, Selection):
                selections[used.name] = used
            else:
                visit(used, (*path, view))
        ordered.append(view)

    for view in views:
        visit(view, ())
    return ordered, list(selections.values())


@dataclass
class Source:
    """What :meth:`View.build` gets: the target as far as this view may see it."""

    index: Index
    owner: type[View]
    views: dict[type[View], View]
    reads: set[str] = field(default_factory=set)
    single_facts: set[tuple[str, str]] = field(default_factory=set)
    searches: set[str] = field(default_factory=set)
    questions: dict[bytes, dict[str, bool]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        """The target's ``pitfalls.toml``."""
        return self.index.config

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path of the target, sorted."""
        return self.index.paths

    @property
    def absent(self) -> tuple[str, ...]:
        """Submodules that are recorded in the target and not checked out."""
        return self.index.tree.absent

    def under_absent(self, path: str) -> str | None:
        """The absent submodule that ``path`` would lie in."""
        return next((s for s in self.absent if path == s or path.startswith(s + "/")), None)

    def exists(self, path: str) -> bool:
        """Whether the target has a file of that path."""
        return path in self.index.files

    def facts(self, selection: Selection[T]) -> list[Located[T]]:
        """The facts of every file of the selection that has any, sorted by path."""
        self._declared(selection)
        return list(self.index.facts(selection))

    def candidates(self, selection: Selection[Any]) -> tuple[str, ...]:
        """The paths that a selection's names match, whatever the files hold."""
        self._declared(selection)
        return self.index.candidates(selection)

    def fact(self, selection: Selection[T], path: str) -> T | None:
        """The facts of one file of a lazy selection."""
        self._declared(selection)
        self.single_facts.add((selection.name, path))
        return self.index.single.fact(selection, path)

    def facts_of(self, selection: Selection[T], paths: Iterable[str]) -> list[Located[T]]:
        """The facts of some files of a lazy selection, in the order of ``paths``; those without
        any are left out. Faster than :meth:`fact` for one after the other."""
        wanted = list(paths)
        self._declared(selection)
        self.index.single.parse_ahead(selection, wanted)
        found = ((path, self.fact(selection, path)) for path in wanted)
        return [Located(path, facts) for path, facts in found if facts is not None]

    def holding(self, selection: Selection[Any], words: Iterable[bytes]) -> list[str]:
        """The paths of a selection's files that hold one of ``words``, sorted; none for no words.

        What was found is remembered: the next run looks at files that changed only.
        """
        self._declared(selection)
        sought = search(selection, words)
        if not sought.needles:
            return []
        self.searches.add(sought.name)
        self.index.prepare([sought])
        return [located.path for located in self.index.facts(sought)]

    def code(self, path: str) -> Text:
        """A file of C, C++ or Rust without its comments, at most :data:`MAX_BYTES` of it; empty
        when the target has no such file. An edit of comments makes no check run again."""
        text, self.codes[path] = self.index.single.code(path)
        return text

    def matches(self, path: str, pattern: bytes) -> bool:
        """Whether the regular expression ``pattern`` is found in a file.

        An edit after which the answer is the same makes no check run again, as it would after
        :meth:`read`.
        """
        answers = self.questions.setdefault(pattern, {})
        if path not in answers:
            answers[path] = self.index.single.matches(path, pattern)
        return answers[path]

    def problems(self, selection: Selection[Any]) -> list[Problem]:
        """Files of the selection that could not be read whole."""
        self._declared(selection)
        return self.index.problems(selection)

    def view(self, view: type[V]) -> V:
        """Another view that this one declares."""
        self._declared(view)
        return cast("V", self.views[view])

    def read(self, path: str) -> bytes | None:
        """The bytes of one file, for includes; None when the target has no such file."""
        self.reads.add(path)
        return self.index.read(path)

    def _declared(self, used: Selection[Any] | type[View]) -> None:
        if used not in self.owner.uses:
            name = used.name if isinstance(used, Selection) else used.__name__
            raise TypeError(f"{self.owner.__name__} reads {name} but does not name it in `uses`")


def any_of(words: Iterable[bytes]) -> bytes:
    """A regular expression for one of ``words``; it matches nothing when there are none."""
    return b"|".join(re.escape(word) for word in sorted(words)) or b"(?!)"


def join(directory: str, relative: str) -> str | None:
    """``relative`` seen from ``directory``, both POSIX; None when it leads out of the target."""
    parts: list[str] = [] if relative.startswith("/") else [p for p in directory.split("/") if p]
    if relative.startswith("/"):
        return None
    for part in relative.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def parents(path: str) -> Iterator[str]:
    """The folders above ``path``, nearest first, the root (``""``) last."""
    while path:
        path = path.rpartition("/")[0]
        yield path
