"""Expressions of justfiles, reduced to the text that they give where the file decides it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_STRING = re.compile(r"\"\"\"(.*?)\"\"\"|'''(.*?)'''|\"((?:[^\"\\]|\\.)*)\"|'([^']*)'", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_CALL = re.compile(r"([A-Za-z_][\w-]*)\s*\((.*)\)", re.DOTALL)
_BRANCHES = re.compile(r"if\b.*?\{(.*?)\}\s*else\s*(?:\{(.*)\}|(if\b.*))", re.DOTALL)
_ENVIRONMENT = frozenset({"env", "env_var", "env_var_or_default"})

MAX_DEPTH = 8
"""Expressions nested deeper stay symbolic."""


def symbol(name: str, default: str = "") -> str:
    """``${name}``, or ``${name:-default}``, as a shell reads it."""
    plain = re.sub(r"\W", "_", name) or "_"
    return "${" + plain + (f":-{default}" if default and "$" not in default else "") + "}"


def value(expression: str, variables: Mapping[str, str], depth: int = 0) -> str:
    """The text of an expression; what is decided at run time is symbolic."""
    text = expression.strip()
    if depth > MAX_DEPTH or not text:
        return symbol("expression")
    if found := _STRING.fullmatch(text):
        return next(group for group in found.groups() if group is not None)
    if _NAME.fullmatch(text):
        return variables.get(text, symbol(text))
    if found := _BRANCHES.fullmatch(text):
        name = _NAME.search(found[1])
        otherwise = value(found[2] if found[2] is not None else found[3], variables, depth + 1)
        return symbol(name[0] if name else "condition", otherwise)
    for separator, joint in (("+", ""), ("/", "/")):
        parts = list(_split(text, separator))
        if len(parts) > 1:
            return joint.join(value(part, variables, depth + 1) for part in parts)
    if text.startswith("(") and text.endswith(")"):
        return value(text[1:-1], variables, depth + 1)
    if found := _CALL.fullmatch(text):
        return _call(found[1], list(_split(found[2], ",")), variables, depth)
    return symbol(text[:40])


def interpolate(line: str, variables: Mapping[str, str]) -> str:
    """A line of a recipe's body with ``{{ … }}`` replaced by shell text."""
    return re.sub(
        r"\{\{\{\{|\{\{(?!\{)(.*?)\}\}(?!\})",
        lambda found: "{{" if found[1] is None else value(found[1], variables),
        line,
    )


def _call(name: str, arguments: list[str], variables: Mapping[str, str], depth: int) -> str:
    if name in _ENVIRONMENT and arguments:
        default = value(arguments[1], variables, depth + 1) if len(arguments) > 1 else ""
        return symbol(value(arguments[0], variables, depth + 1), default)
    return symbol(name)


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts of ``text`` between separators outside strings and brackets."""
    depth, start, at = 0, 0, 0
    while at < len(text):
        if (char := text[at]) in "'\"" and (found := _STRING.match(text, at)):
            at = found.end()
            continue
        depth += (char in "({[") - (char in ")}]")
        if char == separator and depth == 0:
            yield text[start:at]
            start = at + 1
        at += 1
    yield text[start:]
