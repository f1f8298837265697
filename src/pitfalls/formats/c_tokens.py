"""Statements of a C file without its comments: enough to find objects and calls.

No compiler: types are not resolved and macros are not expanded, so a file full of attributes and
of vendor macros reads as well as a plain one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pitfalls.formats import decode

MAX_DEPTH = 200
"""Braces nested deeper end the reading of a file."""

_TOKEN = re.compile(
    r"[ \t\r\f\v\0]+|(?P<newline>\n)|(?P<line>//)|(?P<block>/\*)|(?P<hash>#)"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")|\'(?:[^\'\\\n]|\\.)*\''
    r"|(?P<word>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<other>.)",
    re.DOTALL,
)
_TYPES = frozenset({"struct", "union", "enum", "class", "namespace"})


class Token(NamedTuple):
    """A word: ``kind`` is ``word``, ``number``, ``string``, ``other`` or ``pragma``; ``arms``
    are the conditions of the ``#if`` that are open."""

    kind: str
    text: str
    line: int
    arms: tuple[str, ...]


class Statement(NamedTuple):
    """The tokens up to a semicolon or an opening brace. ``inside`` is whether it stands in a
    function; ``ended`` whether it ended with a semicolon."""

    tokens: tuple[Token, ...]
    inside: bool
    ended: bool


def tokens(data: bytes) -> list[Token]:
    """The tokens of a file; preprocessor lines become ``arms``, a ``#pragma`` one token."""
    text = decode(data)
    found: list[Token] = []
    arms: tuple[str, ...] = ()
    position, line, fresh = 0, 1, True
    while position < len(text):
        match = _TOKEN.match(text, position)
        assert match is not None
        kind, end = match.lastgroup, match.end()
        if kind == "newline":
            line, fresh = line + 1, True
        elif kind == "line":
            end = _end(text, "\n", end)
        elif kind == "block":
            end = min(_end(text, "*/", end) + 2, len(text))
            line += text.count("\n", position, end)
        elif kind == "hash" and fresh:
            end, directive = _directive(text, end)
            arms = _arms(arms, directive)
            if directive.startswith("pragma"):
                found.append(Token("pragma", directive[6:].strip(), line, arms))
            line += text.count("\n", position, end)
        elif kind is not None:
            fresh = False
            found.append(Token("other" if kind == "hash" else kind, match[0], line, arms))
        position = end
    return found


def _end(text: str, mark: str, position: int) -> int:
    found = text.find(mark, position)
    return found if found >= 0 else len(text)


def _directive(text: str, position: int) -> tuple[int, str]:
    """The end of a preprocessor line and its text, continued lines joined."""
    start = position
    while True:
        end = _end(text, "\n", position)
        if not text[position:end].rstrip("\r").endswith("\\") or end >= len(text):
            return end, text[start:end].replace("\\\n", " ").strip()
        position = end + 1


def _arms(arms: tuple[str, ...], directive: str) -> tuple[str, ...]:
    word, _, rest = directive.replace("(", " (", 1).partition(" ")
    if word in ("if", "ifdef", "ifndef"):
        condition = rest.strip() if word != "ifndef" else f"!{rest.strip()}"
        return (*arms, condition) if len(arms) < MAX_DEPTH else arms
    if word in ("elif", "else") and arms:
        # The last part after `;` is the arm that is open; those before it are closed.
        opened = rest.strip() if word == "elif" else "else"
        return (*arms[:-1], f"!({arms[-1][:400]}) ; {opened}")
    return arms[:-1] if word == "endif" else arms


def statements(found: Sequence[Token]) -> Iterator[Statement]:
    """Every statement, at file scope and in functions; initialisers and the bodies of types are
    passed over."""
    blocks: list[bool] = []  # for each open brace: does it lie in a function?
    current: list[Token] = []
    parentheses = index = 0
    while index < len(found):
        token = found[index]
        index += 1
        inside = bool(blocks) and blocks[-1]
        if token.kind != "other":
            current.append(token)
        elif token.text == "{":
            if _is_value(current) or parentheses:
                index = closing(found, index)
                continue
            yield Statement(tuple(current), inside, ended=False)
            is_linkage = [t.text for t in current] == ["extern", '"C"']
            names_scope = bool(current) and current[0].text == "namespace"
            blocks.append(inside or not (is_linkage or names_scope))
            current = []
            if len(blocks) > MAX_DEPTH:
                return
        elif token.text == "}":
            if blocks:
                blocks.pop()
            current, parentheses = [], 0
        elif token.text == ";" and parentheses == 0:
            yield Statement(tuple(current), inside, ended=True)
            current = []
        else:
            parentheses = max(parentheses + (token.text == "(") - (token.text == ")"), 0)
            current.append(token)


def _is_value(current: Sequence[Token]) -> bool:
    """Whether a brace after ``current`` opens an initialiser or the body of a type."""
    texts = [t.text for t in current]
    if texts and texts[0] == "namespace":
        return False
    return (
        "=" in texts[-1:]
        or (bool(_TYPES & set(texts)) and "(" not in texts)
        or ("=" in texts and texts[-1:] != [")"])
    )


def closing(found: Sequence[Token], index: int) -> int:
    """The index behind what closes the brace, parenthesis or bracket before ``index``."""
    opened = found[index - 1].text
    closed = {"{": "}", "(": ")", "[": "]"}[opened]
    depth = 1
    while index < len(found) and depth:
        text = found[index].text if found[index].kind == "other" else ""
        depth += (text == opened) - (text == closed)
        index += 1
    return index
