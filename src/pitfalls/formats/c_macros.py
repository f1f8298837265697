"""The macros that a preprocessor knows at one point, and their expansion within a budget."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pitfalls.formats.c_expression import evaluate, tokenize

MAX_DEPTH = 20
"""Macros within macros, and includes within includes."""

MAX_EXPANSION = 20_000
"""Tokens that all expansions of one ``#if`` or one value may produce."""

MAX_TOTAL = 500_000
"""Tokens that all expansions of one header may produce, about a second."""

UNKNOWN = "__unknown"
"""Stands for an uncertain macro in an expansion; nobody defines it."""


STANDARD_HEADERS = re.compile(
    r"(?:assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal"
    r"|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|tgmath"
    r"|threads|time|uchar|wchar|wctype|unistd)\.h"
)
"""Headers of the C library: they define no configuration."""

OTHER_COMPILERS = re.compile(
    r"__(?:ICC\w+|CC_ARM|IAR_SYSTEMS_\w+|IASM\w+|TI_\w+|CODEWARRIOR|BORLANDC|TASKING|CCRX)_*"
    r"|_MSC_VER|__ASSEMBL(?:ER|Y)__|__ASM__|__cplusplus"
)
"""Macros of compilers other than GCC and Clang, which are taken for granted."""

COMPILER = {"__GNUC__": "12", "__STDC__": "1", "__STDC_VERSION__": "201112L"}


@dataclass
class Definition:
    """A table entry; ``text`` None is an ``#undef``. ``others`` are texts it may have instead."""

    parameters: tuple[str, ...] | None
    text: str | None
    path: str
    line: int
    certain: bool = True
    guarded: bool = False
    others: tuple[str, ...] = ()


@dataclass
class MacroTable:
    """Macros by name. With ``assume``, uncertain ones count as the text that came last."""

    entries: dict[str, Definition] = field(default_factory=dict)
    assume: bool = False
    left: int = MAX_TOTAL

    def expand(
        self, tokens: list[str], hidden: frozenset[str], budget: list[int]
    ) -> list[str] | None:
        """``tokens`` with macros replaced; None when that needs an uncertain one, or too much."""
        if len(hidden) > MAX_DEPTH:
            return None
        done: list[str] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            at += 1
            budget[0] -= 1
            self.left -= 1
            if budget[0] < 0 or self.left < 0:
                return None
            known = self.entries.get(token) if token not in hidden else None
            if known is None or known.text is None:
                done.append(token)
                continue
            if not known.certain and not self.assume:
                done.append(UNKNOWN)
                continue
            body = tokenize(known.text)
            if known.parameters is not None:
                arguments, at = _arguments(tokens, at)
                if arguments is None:
                    done.append(token)
                    continue
                body = _substitute(body, known.parameters, arguments)
                if len(body) > budget[0]:
                    return None
            inner = self.expand(body, hidden | {token}, budget)
            if inner is None:
                return None
            done.extend(inner)
        return done

    def value(self, name: str, text: str) -> int | None:
        """The integer that ``text``, the text of macro ``name``, resolves to."""
        tokens = tokenize(text)
        if not tokens:
            return None
        expanded = self.expand(tokens, frozenset({name}), [MAX_EXPANSION])
        return evaluate(expanded) if expanded is not None else None


def _arguments(tokens: list[str], at: int) -> tuple[list[list[str]] | None, int]:
    """The argument lists of a call whose ``(`` is at ``at``, and what follows it."""
    if at >= len(tokens) or tokens[at] != "(":
        return None, at
    level = 0
    arguments: list[list[str]] = [[]]
    for position in range(at, len(tokens)):
        token = tokens[position]
        level += (token == "(") - (token == ")")  # noqa: S105
        if level == 0:
            return arguments, position + 1
        if token == "," and level == 1:  # noqa: S105
            arguments.append([])
        elif not (token == "(" and level == 1):  # noqa: S105
            arguments[-1].append(token)
    return None, at


def _substitute(
    body: list[str], parameters: tuple[str, ...], arguments: list[list[str]]
) -> list[str]:
    values = dict(zip(parameters, arguments, strict=False))
    done: list[str] = []
    for token in body:
        done.extend(values.get(token, [token]))
        if len(done) > MAX_EXPANSION:
            break
    return done
