"""Tokens of an expression: paths of fields as one word, and the arguments of a call."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z_]\w*")
_JOINS = frozenset({".", "->", "::"})


def joined(words: list[str]) -> list[str]:
    """Tokens with ``a . b -> c :: d`` as one."""
    done: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        pair = word + (words[at + 1] if at + 1 < len(words) else "")
        join = pair if pair in ("->", "::") else word
        step = 2 if join == pair and pair in _JOINS else 1
        follows = words[at + step] if at + step < len(words) else ""
        if join in _JOINS and done and _WORD.match(done[-1]) and _WORD.match(follows):
            done[-1] += join + follows
            at += step + 1
        else:
            done.append(word)
            at += 1
    return done


def call_arguments(words: list[str], at: int) -> tuple[list[str], int]:
    """The texts of the arguments of a call whose ``(`` is at ``at``, and what follows it."""
    level = 0
    arguments: list[list[str]] = [[]]
    for position in range(at, len(words)):
        word = words[position]
        level += (word == "(") - (word == ")")
        if level == 0:
            return [" ".join(a) for a in arguments if a], position + 1
        if word == "," and level == 1:
            arguments.append([])
        elif not (word == "(" and level == 1):
            arguments[-1].append(word)
    return [], len(words)
