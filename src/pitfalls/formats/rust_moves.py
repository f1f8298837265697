"""How a local variable of Rust moves away: returned, wrapped, stored, captured; and which functions
of a file are worth a look. Lexical.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WRAPPERS = (
    r"(?:ManuallyDrop|Box|Arc|Rc|Mutex|RefCell|Cell|UnsafeCell|Some|Ok)"
    r"(?:::<[^>()]{0,80}>)?(?:::new)?"
)
_UNDONE = re.compile(
    r"\b\w*(?:undeclare|unregister|deregister|unsubscribe|remove|clear|cancel|close|destroy"
    r"|delete|detach|deinit|stop|join|wait)\w*\s*\("
)
_MOVE_CLOSURE = re.compile(r"\bmove\s*\|[^|{};]{0,200}\|\s*\{")


def move_of(
    code: str, matching: dict[int, int], name: str, start: int, end: int, callee: str
) -> tuple[str, int] | None:
    """How and where ``name`` moves between two offsets; None when it stays, when something is
    unregistered before, or when ``callee`` is called once more afterwards with the new address."""
    rest = code[start:end]
    shadow = re.search(rf"\blet\s+(?:mut\s+)?{name}\b", rest)
    limit = shadow.start() if shadow else len(rest)
    ways = [
        ("wrapped", rf"\b{_WRAPPERS}\(\s*{name}\s*,?\s*\)"),
        (
            "stored",
            rf"\.(?:write|push|init|set|replace|insert|put)\(\s*(?:\w+,\s*)?{name}\s*,?\s*\)",
        ),
        ("stored", rf"(?:[\w\]]\s*\.\s*\w+|\*\s*\w+|\b[A-Z][A-Z0-9_]+)\s*=\s*{name}\s*;"),
        ("moved into a struct", rf"[{{,]\s*\w+\s*:\s*{name}\s*[,}}]"),
        ("moved into a struct", rf"\b[A-Z]\w*\s*\{{(?:[^{{}};]{{0,300}},)?\s*{name}\s*[,}}]"),
        ("returned", rf"\breturn\s+{name}\s*;"),
    ]
    found = [(m.start(), how) for how, p in ways if (m := re.search(p, rest[:limit]))]
    if shadow:  # `let x = Wrapper::new(x)` moves, any other `let x` hides
        value = re.match(rf"[^=;]{{0,100}}=\s*{_WRAPPERS}\(\s*{name}\s*\)", rest[limit:])
        if value:
            found.append((limit, "wrapped"))
    elif tail := re.search(rf"[;}}]\s*{name}\s*\Z", rest):
        found.append((tail.start() + len(tail[0]) - len(tail[0].lstrip(";} \n\t")), "returned"))
    for closure in _MOVE_CLOSURE.finditer(rest, 0, limit):
        closed = matching.get(start + closure.end() - 1, 0)
        if re.search(rf"(?<![\w.]){name}\b", code[start + closure.end() : closed]):
            found.append((closure.start(), "captured by a move closure"))
    if not found:
        return None
    at, how = min(found)
    if _UNDONE.search(rest, 0, at) or re.search(rf"\b{callee}\s*(?:::<[^>]*>)?\(", rest[at:]):
        return None
    skipped = len(rest[at:]) - len(rest[at:].lstrip("{,;} \n\t"))
    return how, start + at + skipped


_HEAD = re.compile(
    r"^([ \t]*)(?:pub(?:\([\w:]+\))?\s+)?"
    r"(?:(?:const|async|unsafe|extern)\s+(?:\"[^\"\n]*\"\s+)?)*fn\s",
    re.MULTILINE,
)
_CAST = re.compile(r"as \*(?:mut|const)\b")
_BEFORE_CAST = re.compile(r"&\s*(?:mut\s+)?([a-z_]\w*)(?:\.\w+)*\)?\s+\Z")
# With a literal that stands in every match: to look for that first saves most of the time.
_ADDRESS = (
    ("&raw ", re.compile(r"&raw\s+\w+\s+([a-z_]\w*)")),
    ("addr_of", re.compile(r"addr_of(?:_mut)?!\(\s*([a-z_]\w*)")),
    ("from_mut(", re.compile(r"from_mut\(\s*&\s*(?:mut\s+)?([a-z_]\w*)")),
    ("from_ref(", re.compile(r"from_ref\(\s*&\s*(?:mut\s+)?([a-z_]\w*)")),
)
_PLAIN = re.compile(r"&mut ([a-z_]\w*)\s*[,)]")
_CALLEE = re.compile(r"\b(\w+)\([^(){};]*\Z")
_TELLING_CALL = re.compile(
    r"(?:declare|register|subscribe|create|install|attach|spawn|callback|handler|hook|listener"
    r"|closure|_init)\w*\s*(?:::<[^;]{0,80}>)?\("
)
_STAYS = (
    ("::into_raw(", re.compile(r"::into_raw\(")),
    ("::leak(", re.compile(r"::leak\(")),
    ("get_unchecked_mut(", re.compile(r"get_unchecked_mut\(")),
    ("&raw ", re.compile(r"&raw\s+\w+\s+[A-Z]")),
    ("addr_of", re.compile(r"addr_of(?:_mut)?!\(\s*[A-Z]")),
    (".as_mut_ptr(", re.compile(r"\.as_mut_ptr\((?<=[A-Z0-9_]\.as_mut_ptr\()")),
)
_STAYS_BEFORE_CAST = re.compile(
    r"(?:(?:idx|index|slot)\w*|&\s*mut\s+\*\s*\w+|&\s*(?:mut\s+)?[A-Z]\w*)\s+\Z"
)
_MOST = 40_000
_BEHIND = 8_000
_LEFT = ("(", ",", "=", ":", "{", "|", ";", "}", "return")
_RIGHT = (")", ",", ";", "}")


def functions_of_interest(text: str, declared: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The extents of the functions in which the address of a local that moves is taken, or one
    that stays good is handed to what looks like a registration. By indentation, as rustfmt
    leaves it, so that a file of a hundred functions costs little."""
    moving = {at for at, name in _taken(text, declared).items() if _is_given(text, at, name)}
    done = 0
    for spot in sorted({*moving, *_staying(text)}):
        if spot < done:
            continue
        start, end = _extent(text, spot)
        if start < end and (spot in moving or _TELLING_CALL.search(text, start, end)):
            yield start, end
            done = end


def _taken(text: str, declared: frozenset[str]) -> dict[int, str]:
    """Where the address of which variable is taken."""
    taken = {}
    for cast in _CAST.finditer(text):
        if found := _BEFORE_CAST.search(text[max(0, cast.start() - 80) : cast.start()]):
            taken[cast.start()] = found[1]
    for pattern in _present(_ADDRESS, text):
        taken.update((found.start(), found[1]) for found in pattern.finditer(text))
    for plain in _PLAIN.finditer(text) if declared else ():
        callee = _CALLEE.search(text[max(0, plain.start() - 200) : plain.start()])
        if callee and callee[1] in declared:
            taken[plain.start()] = plain[1]
    return taken


def _staying(text: str) -> Iterator[int]:
    for pattern in _present(_STAYS, text):
        yield from (found.start() for found in pattern.finditer(text))
    for cast in _CAST.finditer(text):
        if _STAYS_BEFORE_CAST.search(text[max(0, cast.start() - 80) : cast.start()]):
            yield cast.start()


def _present(
    patterns: tuple[tuple[str, re.Pattern[str]], ...], text: str
) -> Iterator[re.Pattern[str]]:
    return (pattern for literal, pattern in patterns if literal in text)


def _is_given(text: str, at: int, name: str) -> bool:
    """Whether the variable is a local and stands alone somewhere behind, as it does where it
    moves."""
    before = text[max(0, at - _BEHIND) : at]
    if f"let mut {name}" not in before and f"let {name}" not in before:
        return False
    behind = text[at : at + _BEHIND]
    if "move |" in behind:
        return True
    spot = behind.find(name, 1)
    while spot >= 0:
        left = behind[max(0, spot - 40) : spot].rstrip()
        right = behind[spot + len(name) : spot + len(name) + 40].lstrip()
        if left.endswith(_LEFT) and right.startswith(_RIGHT):
            return True
        spot = behind.find(name, spot + 1)
    return False


def _extent(text: str, spot: int) -> tuple[int, int]:
    """Start and end of the function around ``spot``; equal when none is found."""
    least = max(0, spot - _MOST)
    for head in _heads(text, least, spot):
        limit = min(len(text), head.start() + _MOST)
        close = re.compile(rf"^{head[1]}\}}", re.MULTILINE).search(text, head.end(), limit)
        end = close.end() if close else limit
        if end > spot:
            return head.start(), end
    return spot, spot


def _heads(text: str, least: int, spot: int) -> Iterator[re.Match[str]]:
    """The heads of functions before ``spot``, nearest first, five at most."""
    given = 0
    while given < 5 and (spot := text.rfind("fn ", least, spot)) >= 0:
        line = text.rfind("\n", 0, spot) + 1
        if head := _HEAD.match(text, line):
            given += 1
            yield head
