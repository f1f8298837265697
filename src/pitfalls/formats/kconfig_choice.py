"""``choice`` blocks of Kconfig files: of their options exactly one can be chosen."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_ROW = re.compile(r"\s*(choice|endchoice|config|prompt)\b\s*\"?([^\"\n]*)")


class Choice(msgspec.Struct, frozen=True):
    """One block: its prompt, its line, and its options."""

    prompt: str
    line: int
    options: tuple[str, ...]


class Choices(msgspec.Struct, frozen=True):
    """The blocks of one file."""

    choices: tuple[Choice, ...]


def parse(data: bytes) -> Choices | None:
    """The choices of a Kconfig file, None when it has none."""
    found: list[Choice] = []
    line, prompt, options = 0, "", list[str]()
    for number, row in enumerate(decode(data).split("\n"), 1):
        match = _ROW.match(row)
        if match is None:
            continue
        word, rest = match[1], match[2].strip()
        if word == "choice":
            line, prompt, options = number, rest, []
        elif word == "endchoice" and line:
            found.append(Choice(prompt, line, tuple(options)))
            line = 0
        elif line and word == "config":
            options.append(rest.split()[0] if rest else "")
        elif line and word == "prompt" and not options:
            prompt = rest
    return Choices(tuple(found)) if found else None
