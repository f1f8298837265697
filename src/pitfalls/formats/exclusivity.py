"""Words that declare alternatives exclusive, in comments of Rust, TOML and CMake files."""

from __future__ import annotations

import re

import msgspec


class Declaration(msgspec.Struct, frozen=True):
    """A comment that says ``select one``: its words, its line, and the names that it lists."""

    words: str
    line: int
    names: tuple[str, ...]


_EXCLUSIVE = re.compile(
    r"\bmutual(?:ly)?[- ]exclusiv|\b(?:features|options) are exclusive"
    r"|\b(?:select|pick|choose|enable|set|activate)\s+(?:exactly\s+|only\s+|at\s+most\s+)?one\b"
    r"|\b(?:exactly|at most|only) one (?:of|feature|backend|platform|chip|must|may|can|should)\b"
    r"|\b(?:exactly|at most|only) one \S+ (?:feature|backend|platform|chip|device|target)s? "
    r"(?:must|may|can|should)\b"
    r"|\bonly a single\b[^.]{0,60}\b(?:must|may|can|should)\b"
    r"|\bcan(?:not| ?not|'t) (?:both )?be (?:enabled|used|combined|selected|active|set)\b[^.]{0,30}"
    r"\b(?:together|at once|simultaneously|at the same time)\b"
    r"|\bmust not be (?:enabled|used|selected|set) together\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"not (?:mutually )?exclusive|non-exclusive|no longer|one or more|at least one|used to be|"
    r"additive|one of each|were mutually|need(?:s)? not"
    r"|\b(?:has|have|had|there (?:is|was)) (?:only|exactly|just) one\b",
    re.IGNORECASE,
)
_STRICT = re.compile(r"\b(?:exactly|only|at most|single|exclusiv\w*|multiple)\b", re.IGNORECASE)
_HINTS = ("exclusiv", "one", "together", "at once", "simultaneously", "same time", "only a single")
_NAME = re.compile(r"`([a-z0-9][\w-]*)`")
_ONE = re.compile(r"\sone\b")
_ITEM = re.compile(r"\s*[-*+]\s+")


def declares(text: str) -> bool:
    """Whether a line of a comment says that only one of several can be chosen."""
    lowered = text.lower()
    if not any(word in lowered for word in _HINTS):
        return False
    return _EXCLUSIVE.search(text) is not None and not _NOT.search(text)


def is_strict(text: str) -> bool:
    """Whether such a line rules out two, also when it is shown because none was chosen: `select
    one of these` then asks for one at least."""
    return _STRICT.search(text) is not None


def mentions(text: str) -> bool:
    """Whether such words stand anywhere in a longer text: a quick look."""
    lowered = text.lower()  # where `None` is a word like another
    quick = any(word in lowered for word in _HINTS if word != "one") or _ONE.search(lowered)
    return bool(quick) and _EXCLUSIVE.search(text) is not None


def shown(text: str) -> str:
    """A line of a comment, short and without its marks."""
    return " ".join(text.strip().lstrip("#/! ").split())[:100].rstrip(": ")


def in_documentation(rows: list[tuple[int, str]]) -> list[Declaration]:
    """Declarations in a comment, given as ``(line, text)``: with the names in backticks of the
    same sentence, or of the list that follows."""
    found = []
    for number, (line, text) in enumerate(rows):
        if not declares(text):
            continue
        names = _NAME.findall(text)
        listed: list[str] = []
        for _, row in rows[number + 1 :]:
            if not _ITEM.match(row):
                if listed or not row.strip() or len(names) > 1:
                    break
                continue
            listed += _NAME.findall(row)[:1]
        chosen = listed if len(listed) > 1 else names
        if len(chosen) > 1:
            found.append(Declaration(shown(text), line, tuple(chosen)))
    return found
