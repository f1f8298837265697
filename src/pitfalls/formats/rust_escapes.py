"""Where Rust code hands the address of an object to a function that may keep it, and whether the
object moves afterwards. Lexical, on text without comments and strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, blank, braces, rust_functions
from pitfalls.formats.rust_moves import functions_of_interest, move_of

TELLING = re.compile(
    r"(?:^|_)(?:declare|register|subscribe|create|install|attach|spawn)(?:_|$)"
    r"|set_(?:\w+_)?(?:callback|handler|hook|listener)|(?:add|on)_\w*(?:callback|handler|listener)"
    r"|_closure(?:_|$)|_init$"
)
"""Names of functions that keep the context they are given, where their code is not at hand."""

_NAME = r"(?P<name>[a-z_]\w*)(?P<fields>(?:\.[a-z_]\w*){0,4})"
_TAKEN = re.compile(
    r"&\s*(?:mut\s+)?" + _NAME + r"\)?\s+as\s+\*(?:mut|const)\b"
    r"|&raw\s+(?:mut|const)\s+(?P<name2>[a-z_]\w*)(?P<fields2>(?:\.[a-z_]\w*){0,4})"
    r"|addr_of(?:_mut)?!\(\s*(?P<name3>[a-z_]\w*)(?P<fields3>(?:\.[a-z_]\w*){0,4})\s*\)"
    r"|from_(?:mut|ref)\(\s*&\s*(?:mut\s+)?(?P<name4>[a-z_]\w*)\s*\)"
    r"|(?<=[(,\s])&\s*mut\s+(?P<plain>[a-z_]\w*)(?=\s*[,)])"
)
_POINTEE = "the pointee of a box"
_KEPT = (
    ("leaked from its box", re.compile(r"\b(?:Box|Arc|Rc|Pin)::(?:into_raw|leak)\(")),
    ("pinned", re.compile(r"\bget_unchecked_mut\(")),
    (
        "a static",
        re.compile(
            r"(?:(?:&\s*(?:mut\s+)?|&raw\s+(?:mut|const)\s+|addr_of(?:_mut)?!\(\s*)[A-Z][A-Z0-9_]+\b"
            r"|\b[A-Z][A-Z0-9_]{2,}\.as_mut_ptr\()"
            r"(?=[^;,]{0,80}(?:\bas\s+\*(?:mut|const)\s+(?:(?:\w+::)*c_void|_)|\.cast\b))"
        ),
    ),
    (_POINTEE, re.compile(r"&\s*mut\s+\*\s*(\w+)\s+as\s+\*(?:mut|const)")),
    (
        "an index, no address",
        re.compile(
            r"\b\w*(?:idx|index|slot)\w*\s+as\s+(?:usize\s+as\s+)?\*(?:mut|const)\s+(?:\w+::)*c_void"
        ),
    ),
)
_LET = re.compile(r"\blet\s+(?:mut\s+)?(\w+)\s*(?::[^=;{}]{1,200})?=\s*(?:unsafe\s*\{\s*)?")
_OWNER = re.compile(r"(?:\w+::)*(Box|Arc|Rc|Vec)(?:::<[^>]{0,80}>)?::\w+\(|vec!\s*\[()")
_MADE = re.compile(r"(?:\w+::)*[A-Z]\w*(?:::<[^>\n]{0,80}>)?(?:::(?P<how>\w+)\(|\s*\{)")
_EMPTY = frozenset({"zeroed", "uninit", "uninit_array", "null", "null_mut", "default"})
_CALLEE = re.compile(r"(?P<dot>\.\s*)?\b(?P<name>[A-Za-z_]\w*)\s*(?:::<[^<>;]{0,80}>)?\s*$")
_THROUGH = frozenset({"Some", "new_unchecked", "from", "NonNull", "cast"})
_CALLBACK = re.compile(r"(?:Some\(\s*)?(?:\w+::)*[a-z_]\w*(?:::<[^;]{0,120}>)?\s*\)?")
_EXTERN = 'extern "C" {'
_FN = re.compile(r"\bfn\s+(\w+)")
_FUNCTION = re.compile(
    r"::<|(?:^|[_:(\s])(?:cb|on|callback|handler|trampoline|entry|hook|thunk|notify|isr)(?:_|\)|$|\s)"
    r"|(?:_|^)(?:cb|callback|handler|trampoline|entry|hook|thunk)\w*\s*\)?$|^Some\("
)
_NAMES = ("name", "name2", "name3", "name4", "plain")
_REACH = 600


class Escape(msgspec.Struct, frozen=True):
    """The address of ``name`` is an argument of ``callee``.

    ``storage`` says why the address stays good, empty for a local variable. ``owner`` is Box, Arc,
    Rc or Vec when the variable is one; ``made``: a constructor made it in this function;
    ``called_back``: a function is another argument; ``declared``: the file declares ``callee`` as
    an extern function, ``bare``: the address is a plain ``&mut``. ``moved`` says how the variable
    is moved later, empty when it is not.
    """

    name: str
    storage: str
    owner: str
    made: bool
    callee: str
    argument: int
    called_back: bool
    bare: bool
    line: int
    moved: str
    moved_line: int


class RustEscapes(msgspec.Struct, frozen=True):
    """The escapes of one file."""

    escapes: tuple[Escape, ...]


class _Call(NamedTuple):
    """A call around an offset: the arguments lie between ``opened`` and ``closed``."""

    callee: str
    argument: int
    method: bool
    opened: int
    closed: int
    called_back: bool


class _File(NamedTuple):
    """A part of a file without comments and strings; ``above``: the lines before it."""

    code: str
    matching: dict[int, int]
    lines: Lines
    above: int
    declared: frozenset[str]

    def line(self, offset: int) -> int:
        """The line in the file."""
        return self.above + self.lines.at(offset)


def parse(data: bytes) -> RustEscapes | None:
    """The escapes of locals that move afterwards, and of objects that stay; None without any."""
    text = decode(data)
    declared = frozenset(_declared(text))
    escapes: list[Escape] = []
    for start, end in functions_of_interest(text, declared):
        part = blank(text[start:end])
        matching = braces(part.code)
        file = _File(part.code, matching, Lines(part.code), text.count("\n", 0, start), declared)
        for span in rust_functions(part):
            escapes += (*_moving(file, span), *_staying(file, span))
    unique = {(escape.line, escape.callee, escape.name): escape for escape in reversed(escapes)}
    return RustEscapes(tuple(unique[key] for key in sorted(unique))) if unique else None


def _declared(text: str) -> Iterator[str]:
    """The functions of the `extern "C"` blocks."""
    at = text.find(_EXTERN)
    while at >= 0:
        end = text.find("}", at)
        end = end if end >= 0 else len(text)
        yield from (found[1] for found in _FN.finditer(text, at, end))
        at = text.find(_EXTERN, end)


def _moving(file: _File, span: Span) -> Iterator[Escape]:
    """The locals of one function whose address leaves and that move afterwards."""
    code = file.code
    for taken in _TAKEN.finditer(code, span.opened, span.closed):
        name = next(taken[key] for key in _NAMES if taken[key])
        made = _made_by(code, span, name, taken.start())
        is_field = any(taken[key] for key in ("fields", "fields2", "fields3"))
        owner = _OWNER.match(made or "")
        if made is None or (is_field and (owner or not made)):
            continue  # no local of this function, or perhaps a field behind a pointer
        head = _MADE.match(made)
        bare = bool(taken["plain"])
        for call in _uses(code, span, taken.start()):
            if bare and (call.method or call.callee not in file.declared):
                continue
            moved = move_of(code, file.matching, name, call.closed, span.closed, call.callee)
            if moved is not None:
                yield Escape(
                    name, "", (owner[1] or "Vec") if owner else "",
                    head is not None and head["how"] not in _EMPTY,
                    call.callee, call.argument, call.called_back, bare,
                    file.line(call.opened), moved[0], file.line(moved[1]),
                )  # fmt: skip


def _staying(file: _File, span: Span) -> Iterator[Escape]:
    """The registrations of one function with a context that stays good."""
    code = file.code
    for storage, pattern in _KEPT:
        for found in pattern.finditer(code, span.opened, span.closed):
            if storage == _POINTEE and not _is_box(code, span, found):
                continue
            for call in _uses(code, span, found.start()):
                if call.called_back and TELLING.search(call.callee):
                    shown = " ".join(code[found.start() : found.end()].split())
                    line = file.line(call.opened)
                    yield Escape(
                        shown, storage, "", False, call.callee, call.argument, True, False,
                        line, "", 0,
                    )  # fmt: skip


def _is_box(code: str, span: Span, found: re.Match[str]) -> bool:
    """Whether the variable behind the star is a box of this function."""
    owner = _OWNER.match(_made_by(code, span, found[1], found.start()) or "")
    return owner is not None and owner[1] == "Box"


def _made_by(code: str, span: Span, name: str, before: int) -> str | None:
    """What the last `let` of ``name`` assigns: the text that begins there, empty when that is no
    constructor; None when the function has no such `let`."""
    lets = [let for let in _LET.finditer(code, span.opened, before) if let[1] == name]
    if not lets:
        return None
    value = code[lets[-1].end() : lets[-1].end() + 200]
    return value if _OWNER.match(value) or _MADE.match(value) else ""


def _uses(code: str, span: Span, offset: int) -> Iterator[_Call]:
    """The call that has the expression at ``offset`` as an argument, or, where a `let` names the
    expression, the calls that have that name as one."""
    call = _call_around(code, span, offset)
    if call is not None:
        yield call
        return
    start = max(code.rfind(";", span.opened, offset), span.opened)
    lets = list(_LET.finditer(code, start, offset))
    if not lets:
        return
    end = code.find(";", offset, span.closed)
    again = re.compile(rf"(?<![\w.&])(?<!let ){lets[-1][1]}\b(?!\s*(?:[(:]|\.(?!cast\b)))")
    for found in list(again.finditer(code, end, span.closed))[:8] if end >= 0 else ():
        call = _call_around(code, span, found.start())
        if call is not None:
            yield call


def _call_around(code: str, span: Span, offset: int) -> _Call | None:
    """The innermost call around ``offset``, past casts and `Some`."""
    least = max(span.opened, offset - _REACH)
    depth, commas, at = 0, 0, offset - 1
    while at > least:
        mark = code[at]
        if mark in ")]":
            depth += 1
        elif mark in "([":
            if depth:
                depth -= 1
            elif mark == "[":
                return None
            else:
                head = _CALLEE.search(code, max(least, at - 200), at)
                if head is not None and head["name"] not in _THROUGH:
                    return _call(code, span, head, commas, at)
                if head is None and code[at + 1 : offset].strip(" &\n(") and commas:
                    return None
                commas = 0
        elif mark in ";{}":
            return None
        elif mark == "," and not depth:
            commas += 1
        at -= 1
    return None


def _call(code: str, span: Span, head: re.Match[str], argument: int, opened: int) -> _Call | None:
    """The call whose parenthesis opens at ``opened``."""
    depth, parts, begun = 0, [], opened + 1
    for at in range(opened, min(span.closed, opened + 2 * _REACH)):
        mark = code[at]
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            if not depth:
                parts.append(code[begun:at].strip())
                others = [p for i, p in enumerate(parts) if i != argument]
                back = any(_CALLBACK.fullmatch(p) and _is_function(p) for p in others)
                return _Call(head["name"], argument, bool(head["dot"]), opened, at, back)
        elif mark == "," and depth == 1:
            parts.append(code[begun:at].strip())
            begun = at + 1
    return None


def _is_function(argument: str) -> bool:
    """Whether an argument is named like a function that is called back."""
    return _FUNCTION.search(argument) is not None
