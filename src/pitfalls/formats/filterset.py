"""Nextest filtersets: ``binary(x) and (test(=a::b) or not kind(lib))``.

The grammar is that of the nextest book: predicates ``all() none() default() test() package()
deps() rdeps() binary() binary_id() kind() platform() group()``, the matchers ``=`` equality, ``~``
contains, ``#`` glob and ``/regex/``, and the operators ``not ! - and & + or |``. ``and`` binds
tighter than ``or``; difference (``-``) is ``and not``.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import msgspec

from pitfalls.formats import FormatError

# What `test(x)` and its siblings mean without a matcher sign (nextest book, 'Name matchers').
_DEFAULT_MATCHER = {"test": "~", "package": "#", "binary": "#", "binary_id": "#", "kind": "="}
_DEFAULT_MATCHER |= {"deps": "#", "rdeps": "#", "platform": "=", "group": "#"}

_TOKEN = re.compile(
    r"\s*(?:\\\n\s*)?(?P<word>all|none|default|test|package|deps|rdeps|binary_id|binary|kind|platform"
    r"|group)\s*\(|\s*(?:\\\n\s*)?(?P<op>\(|\)|\bnot\b|!|\band\b|&|\+|-|\bor\b|\|)"
)


class Predicate(msgspec.Struct, frozen=True, tag=True):
    """``name(matcher value)``: ``matcher`` is one of ``= ~ # /``, empty for ``all()`` and alike."""

    name: str
    matcher: str = ""
    value: str = ""

    def __str__(self) -> str:
        sign = "" if self.matcher == _DEFAULT_MATCHER.get(self.name, "") else self.matcher
        return f"{self.name}({sign}{self.value}{'/' if sign == '/' else ''})"

    def matches(self, text: str) -> bool:
        """Whether the value fits a name."""
        if self.matcher == "=":
            return text == self.value
        if self.matcher == "~":
            return self.value in text
        if self.matcher == "#":
            return fnmatchcase(text, self.value)
        try:
            return re.search(self.value, text) is not None
        except re.error:
            return False


class Not(msgspec.Struct, frozen=True, tag=True):
    """Negation."""

    operand: Expression


class And(msgspec.Struct, frozen=True, tag=True):
    """Both."""

    left: Expression
    right: Expression


class Or(msgspec.Struct, frozen=True, tag=True):
    """Either."""

    left: Expression
    right: Expression


Expression = Predicate | Not | And | Or

SUPPORTED = frozenset({"all", "none", "test", "package", "binary", "binary_id", "kind"})
"""Predicates that can be decided from a source tree."""

MAX_TOKENS = 2000


def parse(text: str) -> Expression:
    """The expression. Raises FormatError for a text that nextest would refuse too."""
    tokens = _tokens(text)
    expression, rest = _or(tokens, 0, 0)
    if rest != len(tokens):
        raise FormatError(f"filter: unexpected {tokens[rest]!r}")
    return expression


def predicates(expression: Expression) -> list[Predicate]:
    """Every predicate, from left to right."""
    found: list[Predicate] = []
    pending: list[Expression] = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, Predicate):
            found.append(node)
        elif isinstance(node, Not):
            pending.append(node.operand)
        else:
            pending += [node.right, node.left]
    return found


_Token = str | Predicate


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    text = text.rstrip().removesuffix("\\").rstrip()
    while at < len(text):
        if len(found) > MAX_TOKENS:
            raise FormatError("filter: too long")
        match = _TOKEN.match(text, at)
        if match is None:
            if not text[at:].strip(" \t\r\n\\"):
                break
            raise FormatError(f"filter: cannot read {text[at : at + 30]!r}")
        at = match.end()
        if match["op"]:
            found.append(_OPERATORS.get(match["op"], match["op"]))
        else:
            predicate, at = _predicate(match["word"], text, at)
            found.append(predicate)
    return found


_OPERATORS = {"!": "not", "&": "and", "+": "or", "|": "or"}


def _predicate(name: str, text: str, at: int) -> tuple[Predicate, int]:
    """The part from after the opening parenthesis to after the closing one."""
    sign = re.compile(r"\s*([=~#/])?").match(text, at)
    matcher = sign[1] if sign and sign[1] else ""
    at = sign.end() if sign else at
    if matcher == "/":
        end = re.compile(r"((?:\\.|[^/\\])*)/\s*\)").match(text, at)
        value = end[1].replace("\\/", "/") if end else ""
    else:
        end = re.compile(r"((?:\\.|[^()\\]|\([^()]*\))*)\)").match(text, at)
        value = re.sub(r"\\(.)", r"\1", end[1]).strip() if end else ""
    if end is None:
        raise FormatError(f"filter: {name}( is not closed")
    return Predicate(name, matcher or _DEFAULT_MATCHER.get(name, ""), value), end.end()


MAX_DEPTH = 100


def _or(tokens: list[_Token], at: int, depth: int) -> tuple[Expression, int]:
    left, at = _and(tokens, at, depth)
    while at < len(tokens) and tokens[at] == "or":
        right, at = _and(tokens, at + 1, depth)
        left = Or(left, right)
    return left, at


def _and(tokens: list[_Token], at: int, depth: int) -> tuple[Expression, int]:
    left, at = _unary(tokens, at, depth)
    while at < len(tokens) and tokens[at] in ("and", "-"):
        right, after = _unary(tokens, at + 1, depth)
        left, at = And(left, Not(right) if tokens[at] == "-" else right), after
    return left, at


def _unary(tokens: list[_Token], at: int, depth: int) -> tuple[Expression, int]:
    if at >= len(tokens):
        raise FormatError("filter: ends too early")
    if depth > MAX_DEPTH:
        raise FormatError("filter: nested too deeply")
    token = tokens[at]
    if isinstance(token, Predicate):
        return token, at + 1
    if token == "not":  # noqa: S105
        operand, at = _unary(tokens, at + 1, depth + 1)
        return Not(operand), at
    if token == "(":  # noqa: S105
        inner, at = _or(tokens, at + 1, depth + 1)
        if at >= len(tokens) or tokens[at] != ")":
            raise FormatError("filter: a parenthesis is not closed")
        return inner, at + 1
    raise FormatError(f"filter: unexpected {token!r}")
