"""The structs, unions and classes of a C or C++ file, with the fields that lie inside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from pitfalls.formats.c_tokens import Token, closing, tokens

MAX_NESTING = 6
"""Structs inside structs, inline or by name, that are followed."""

_AGGREGATES = frozenset({"struct", "union", "class"})
_ENDS = frozenset({"[", ",", "=", ":", ";"})


class CField(msgspec.Struct, frozen=True):
    """A field that lies inside its struct: pointers are left out. ``words`` are the identifiers of
    its type; the name of one in an inline struct is dotted."""

    name: str
    words: tuple[str, ...]
    is_array: bool


class CStruct(msgspec.Struct, frozen=True):
    """``names`` are the tag and what follows the closing brace: a typedef's name, or objects."""

    names: tuple[str, ...]
    fields: tuple[CField, ...]
    is_bare: bool = False
    """Whether it has a tag and nothing else: no object is declared with it."""


class CStructs(msgspec.Struct, frozen=True):
    """The structs of one file."""

    structs: tuple[CStruct, ...]


def parse(data: bytes) -> CStructs | None:
    """The structs of a file; None when it defines none."""
    found = structs(tokens(data)) if b"struct" in data or b"class" in data else ()
    return CStructs(found) if found else None


def structs(found: Sequence[Token]) -> tuple[CStruct, ...]:
    """Every struct of the tokens that has a body."""
    return tuple(_structs(found))


def _structs(found: Sequence[Token]) -> Iterator[CStruct]:
    for index, token in enumerate(found):
        if token.text in _AGGREGATES and token.kind == "word":
            opened = _opened(found, index + 1)
            if opened is not None:
                closed = closing(found, opened + 1)
                tag = _tag(found[index + 1 : opened])
                names = (*tag, *_declarators(found, closed))
                fields = tuple(_fields(found[opened + 1 : closed - 1], 0))
                yield CStruct(names, fields, is_bare=len(names) == len(tag) == 1)


def _opened(found: Sequence[Token], index: int) -> int | None:
    """Where the body opens; None for a mere use of the type."""
    while index < len(found):
        text, before = found[index].text, found[index - 1].text
        if text == "{":
            return index
        if text == "(" and (before.startswith("__") or before == "alignas" or before.isupper()):
            index = closing(found, index + 1)
            continue
        if text in ("[", "(", ")", ",", "=", ";", "*", "&"):
            return None
        index += 1
    return None


def _tag(head: Sequence[Token]) -> list[str]:
    """The name between ``struct`` and its body, without attributes and base classes."""
    end = next((i for i, t in enumerate(head) if t.text == ":"), len(head))
    words = [t.text for t in head[:end] if t.kind == "word" and not t.text.startswith("__")]
    return words[-1:]


def _declarators(found: Sequence[Token], index: int) -> Iterator[str]:
    """The names between a closing brace and the semicolon, attributes in parentheses left out."""
    depth = 0
    while index < len(found) and found[index].text not in (";", "{", "="):
        depth += (found[index].text == "(") - (found[index].text == ")")
        if found[index].kind == "word" and depth == 0:
            yield found[index].text
        index += 1


def _fields(body: Sequence[Token], nesting: int) -> Iterator[CField]:
    start = index = 0
    while index < len(body):
        text = body[index].text
        if text == "{":
            closed = closing(body, index + 1)
            if nesting < MAX_NESTING and {t.text for t in body[start:index]} & _AGGREGATES:
                inner = list(_fields(body[index + 1 : closed - 1], nesting + 1))
                name = next(_declarators(body, closed), "")
                dotted = f"{name}." if name else ""
                yield from (CField(dotted + f.name, f.words, f.is_array) for f in inner)
            while closed < len(body) and body[closed].text != ";":
                closed += 1
            start = index = closed
        elif text == ";":
            yield from _field(body[start:index])
            start = index + 1
        index += 1


def _field(found: Sequence[Token]) -> Iterator[CField]:
    """The declarators of ``type a[2], b;``."""
    if any(t.text in ("(", "*", "&") for t in found if t.kind == "other"):
        return  # a function or a pointer
    kind: tuple[str, ...] = ()
    words: list[str] = []
    for index, token in enumerate(found):
        if token.kind == "word" and not (index and found[index - 1].text in ("[", "=")):
            words.append(token.text)
        following = found[index + 1].text if index + 1 < len(found) else ";"
        if token.kind == "word" and following in _ENDS and words:
            kind = kind or tuple(words[:-1])
            if kind:
                yield CField(words[-1], kind, following == "[")


def fields_of(words: Iterable[str], known: Mapping[str, CStruct]) -> dict[str, CField]:
    """The fields of the struct that one of ``words`` names, those of named structs inside it with
    dotted names."""
    found: dict[str, CField] = {}
    _add_fields(words, known, "", found, 0)
    return found


def _add_fields(
    words: Iterable[str],
    known: Mapping[str, CStruct],
    prefix: str,
    found: dict[str, CField],
    nesting: int,
) -> None:
    struct = next((known[word] for word in words if word in known), None)
    if struct is None or nesting > MAX_NESTING:
        return
    for one in struct.fields:
        found[prefix + one.name] = one
        _add_fields(one.words, known, f"{prefix}{one.name}.", found, nesting + 1)
