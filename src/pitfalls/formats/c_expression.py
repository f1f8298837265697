"""Integer expressions of the C preprocessor: tokens in, an integer out, or None for *unknown*.

Casts are stripped (one to an unsigned type of fixed width truncates), suffixes and character case
are ignored. Three-valued logic: an unknown operand makes the result unknown unless the other one
decides it, so that a caller never takes a guess for a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOKEN = re.compile(
    r"""\.?\d(?:[eEpP][+-]|[\w.])*|[A-Za-z_]\w*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    r"""|<<|>>|<=|>=|==|!=|&&|\|\||\#\#|\S"""
)
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9]\d*)[uUlLzZ]*")
_CAST_WORD = re.compile(
    r"(?:unsigned|signed|int|long|short|char|const|volatile|float|double|\w+_t|\w+Type_t"
    r"|port\w+_TYPE|UBaseType|u?int\d+)"
)
_UNSIGNED = {
    "uint8_t": 8,
    "uint16_t": 16,
    "uint32_t": 32,
    "uint64_t": 64,
    "unsigned char": 8,
    "unsigned short": 16,
}

_PRECEDENCE = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6,
    "<": 7, ">": 7, "<=": 7, ">=": 7, "<<": 8, ">>": 8,
    "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip

MAX_TOKENS = 4096
"""A longer expression is unknown."""

_MAX_DEPTH = 60
_MAX_BITS = 128


def tokenize(text: str) -> list[str]:
    """The preprocessing tokens of one line without comments."""
    return _TOKEN.findall(text)


def number(token: str) -> int | None:
    """The value of an integer literal."""
    found = _NUMBER.fullmatch(token)
    if not found:
        return None
    digits = found[1].lower()
    if digits.startswith(("0x", "0b")):
        return int(digits, 0)
    return int(digits, 8) if digits.startswith("0") else int(digits)


def evaluate(tokens: Sequence[str], undefined: int | None = None) -> int | None:
    """The value of fully expanded ``tokens``; an identifier that is left counts as ``undefined``.

    None when a part of the expression that matters is unknown, or it is not an expression.
    """
    if not tokens or len(tokens) > MAX_TOKENS:
        return None
    try:
        parser = _Parser(tokens, undefined)
        value = parser.ternary(0)
        return value if parser.at_end and (value is None or _fits(value)) else None
    except _NotAnExpressionError:
        return None


def _fits(value: int) -> bool:
    return value.bit_length() <= _MAX_BITS


class _NotAnExpressionError(Exception):
    pass


class _Parser:
    """Precedence climbing over a token list, with a bound on nesting."""

    def __init__(self, tokens: Sequence[str], undefined: int | None) -> None:
        self._tokens = tokens
        self._undefined = undefined
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise _NotAnExpressionError
        self._at += 1
        return token

    def ternary(self, depth: int) -> int | None:
        """An expression with ``? :``."""
        if depth > _MAX_DEPTH:
            raise _NotAnExpressionError
        condition = self._binary(1, depth + 1)
        if self._peek() != "?":
            return condition
        self._take("?")
        yes = self.ternary(depth + 1)
        self._take(":")
        no = self.ternary(depth + 1)
        if condition is None:
            return yes if yes == no else None
        return yes if condition else no

    def _binary(self, least: int, depth: int) -> int | None:
        if depth > _MAX_DEPTH:
            raise _NotAnExpressionError
        left = self._unary(depth + 1)
        while _PRECEDENCE.get(self._peek(), 0) >= least:
            operator = self._take()
            right = self._binary(_PRECEDENCE[operator] + 1, depth + 1)
            left = _apply(operator, left, right)
        return left

    def _unary(self, depth: int) -> int | None:
        if depth > _MAX_DEPTH:
            raise _NotAnExpressionError
        token = self._take()
        if token in ("+", "-", "~", "!"):
            value = self._unary(depth + 1)
            if value is None:
                return None
            return {"+": value, "-": -value, "~": ~value, "!": int(not value)}[token]
        if token == "(":  # noqa: S105 - not a password
            width = self._cast()
            if width is not None:
                value = self._unary(depth + 1)
                return value & ((1 << width) - 1) if value is not None and width else value
            value = self.ternary(depth + 1)
            self._take(")")
            return value
        if token[0].isalpha() or token[0] == "_":
            if self._peek() == "(":  # a call, or sizeof
                self._skip_group()
                return None
            return self._undefined
        if token[0].isdigit():
            return number(token)
        raise _NotAnExpressionError

    def _cast(self) -> int | None:
        """Take ``type )`` when that comes next: the width of an unsigned type, else 0."""
        end = self._at
        while end < len(self._tokens) and _CAST_WORD.fullmatch(self._tokens[end]):
            end += 1
        if end == self._at or end >= len(self._tokens) or self._tokens[end] != ")":
            return None
        words = " ".join(self._tokens[self._at : end])
        self._at = end + 1
        return _UNSIGNED.get(words.removesuffix(" int"), 0)

    def _skip_group(self) -> None:
        level = 0
        while True:
            token = self._take()
            level += (token == "(") - (token == ")")  # noqa: S105
            if level == 0:
                return


def _apply(operator: str, left: int | None, right: int | None) -> int | None:
    if operator == "&&":
        if left == 0 or right == 0:
            return 0
        return None if left is None or right is None else 1
    if operator == "||":
        if left or right:
            return 1
        return None if left is None or right is None else 0
    if left is None or right is None:
        return None
    return _arithmetic(operator, left, right)


def _arithmetic(operator: str, left: int, right: int) -> int | None:  # noqa: C901 - one table
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right if _fits(left) and _fits(right) else None
        case "/" | "%":
            if right == 0:
                return None
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if operator == "/" else left - quotient * right
        case "<<" | ">>":
            if not 0 <= right < 64 or not _fits(left):
                return None
            return left << right if operator == "<<" else left >> right
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
    comparison = {
        "==": left == right, "!=": left != right, "<": left < right,
        ">": left > right, "<=": left <= right, ">=": left >= right,
    }  # fmt: skip
    return int(comparison[operator])


def all_of(values: tuple[bool | None, ...]) -> bool | None:
    """False when one is, else unknown when one is, else True."""
    known: bool | None = True
    for value in values:
        if value is False:
            return False
        if value is None:
            known = None
    return known


def negate(value: bool | None) -> bool | None:
    """The opposite; unknown stays unknown."""
    return None if value is None else not value
