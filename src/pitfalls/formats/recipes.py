"""Recipes of justfiles and Makefiles: each body is read as shell.

An interpolation (``{{ X }}``, ``$(X)``) becomes the text of the variable where the file decides
it, else ``${X}``. A line of a body is a script of its own, as both tools run it; a just body that
begins with ``#!`` is one script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from msgspec.structs import replace

from pitfalls.formats import decode, just_expressions
from pitfalls.formats.commands import MAX_TEXT, Collector, CommandFile
from pitfalls.formats.shell import Script
from pitfalls.formats.shell_values import Value, Variables

_MAX_ALTERNATIVES = 16
"""Texts of one variable; what conditionals add beyond is taken to be there."""


@lru_cache(maxsize=1)  # another format may ask for the same file
def parse_just(data: bytes, wanted: tuple[str, ...] = ()) -> CommandFile | None:
    """The commands of a justfile, None when it has none. With ``wanted`` only recipes are read
    whose body holds one of these texts."""
    lines = decode(data).split("\n")
    collector = Collector("just")
    variables: dict[str, str] = {}
    for line in lines:
        if found := _JUST_ASSIGNMENT.match(line):
            variables[found[1]] = just_expressions.value(found[2], variables)
    for recipe in just_recipes(lines):
        if wanted and not any(text in row for row in recipe.body for text in wanted):
            continue
        known = {**variables, **_parameters(recipe.parameters, variables)}
        body = [just_expressions.interpolate(row, known) for row in recipe.body]
        scope = collector.scope("recipe", recipe.name, recipe.lines, 0, known.keys() - variables)
        first = next((row for row in body if row.strip()), "")
        if first.lstrip().startswith("#!"):
            if re.search(r"\b(?:ba|da|k|z)?sh\b", first):
                text = "\n".join(body)
                Script(collector, recipe.line + 1, scope).run(text.encode())
        else:
            _run_lines(collector, body, recipe.line + 1, scope, {})
    return collector.finish()


def parse_make(data: bytes) -> CommandFile | None:
    """The commands of a Makefile, None when it has none."""
    lines = decode(data).split("\n")
    collector = Collector("make")
    variables = _make_variables(lines)
    target, number = "", 1
    while number <= len(lines):
        line = lines[number - 1]
        if line.startswith("\t") and target:
            end = number
            while end < len(lines) and lines[end].startswith("\t"):
                end += 1
            scope = collector.scope("recipe", target, (number - 1, end), 0)
            body = [_make_text(row, target) for row in lines[number - 1 : end]]
            _run_lines(collector, body, number, scope, variables)
            number = end + 1
            continue
        if found := _MAKE_RULE.match(line):
            target = found[1].strip()
        elif line.strip() and not line.startswith(("#", "\t", " ")):
            target = ""
        number += 1
    return collector.finish()


def make_rules(lines: list[str]) -> Iterator[tuple[str, int, list[str]]]:
    """``(head, line, rows)`` of the rules of a Makefile, the rows as shell: the head is the target
    and, after its colon, what it depends on."""
    head, at = "", 0
    for number, row in enumerate(lines, 1):
        if row.startswith("\t") and head:
            if lines[number - 2][:1] != "\t":
                end = number
                while end < len(lines) and lines[end].startswith("\t"):
                    end += 1
                target = head.partition(":")[0].strip()
                yield head, at, [_make_text(body, target) for body in lines[number - 1 : end]]
        elif re.match(r"[^\s#=][^:=#]*:(?!=)(?!.*:=)", row):
            head, at = row.split("|")[0].strip(), number
        elif row.strip() and not row.startswith(("#", " ")):
            head = ""


@dataclass(frozen=True)
class Recipe:
    """A recipe of a justfile: the line of its head, its parameters as written, its body."""

    name: str
    line: int
    parameters: str
    body: tuple[str, ...]

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last line."""
        return self.line, self.line + len(self.body)


_JUST_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(.*?)\s*$")
_JUST_HEAD = re.compile(r"@?([A-Za-z_][\w-]*)((?:\s[^:]*)?):(?!=)")
_MAKE_RULE = re.compile(r"([^\s#:=$][^:=#]*):(?!=)(?!.*:=)")
_MAKE_ASSIGNMENT = re.compile(r"\s*(?:export\s+|override\s+)*([\w.-]+)\s*(\+|\?|::?|!)?=\s*(.*)$")


def just_recipes(lines: list[str]) -> Iterator[Recipe]:
    """The recipes of a justfile in the order of its lines."""
    at = 0
    while at < len(lines):
        head = _JUST_HEAD.match(lines[at])
        if head is None:
            at += 1
            continue
        end = at + 1
        while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t"):
            end += 1
        body = lines[at + 1 : end]
        while body and not body[-1].strip():
            body.pop()
        yield Recipe(head[1], at + 1, head[2].strip(), tuple(body))
        at = end


def _parameters(written: str, variables: dict[str, str]) -> dict[str, str]:
    """``name='x' *rest`` -> name -> symbolic text."""
    found = re.findall(r"[*+$]*([A-Za-z_][\w-]*)(?:=('[^']*'|\"[^\"]*\"|\S+))?", written)
    return {
        name: just_expressions.symbol(
            name, just_expressions.value(default, variables) if default else ""
        )
        for name, default in found
    }


def _run_lines(
    collector: Collector, body: list[str], first_line: int, scope: int, variables: Variables
) -> None:
    """Run each line, with its continuations, as a script of its own."""
    at = 0
    while at < len(body):
        end = at + 1
        while end < len(body) and body[end - 1].rstrip("\r").endswith("\\"):
            end += 1
        written = "\n".join(body[at:end])
        text = re.sub(r"^\s*[@+-]*", "", written)
        if text.strip():
            before = len(collector.commands)
            Script(collector, first_line + at, scope, variables).run(text.encode())
            lets = "-" in written[: len(written) - len(text)]
            if not lets and len(collector.commands) > before:
                collector.commands[-1] = replace(collector.commands[-1], checked=True)
        at = end


def _make_text(text: str, target: str) -> str:
    """A piece of a Makefile as shell: ``$(X)`` -> ``${X}``, ``$$x`` -> ``$x``."""

    def shown(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        if found[0] == "$@":
            return target if re.fullmatch(r"[\w./-]+", target) else "${target}"
        name = found[1] or found[2]
        if name is None:
            return "${prerequisite}"
        if not re.fullmatch(r"[\w.-]+", name):  # a function, a list of words
            return "${" + (re.split(r"\W", name)[0] or "_") + "}"
        return "${" + _shell_name(name) + "}"

    return re.sub(r"\$\$|\$@|\$[<^*?]|\$\(([^()]*)\)|\$\{([^{}]*)\}", shown, text)


def _shell_name(name: str) -> str:
    """A name of make, which may hold ``-`` and ``.``, as one of the shell's."""
    return re.sub(r"\W", "_", name)


def _make_variables(lines: list[str]) -> Variables:
    """Variables of the file; what conditionals assign differently become alternatives."""
    texts: dict[str, list[str]] = {}
    conditional = 0
    rows = iter(lines)
    for row in rows:
        line = row
        if line.startswith("\t"):
            continue
        while line.rstrip("\r").endswith("\\"):
            line = line.rstrip("\r")[:-1] + " " + next(rows, "").strip()
        word = line.strip().partition(" ")[0]
        conditional += word in ("ifeq", "ifneq", "ifdef", "ifndef")
        conditional -= word == "endif"
        found = _MAKE_ASSIGNMENT.match(line)
        if not found:
            continue
        name, operator = _shell_name(found[1]), found[2]
        text = _make_text(found[3].split(" #")[0].strip(), "")
        before = texts.get(name, [])
        if operator == "+":
            longer = [f"{old} {text}".strip() for old in before or [""]]
            both = conditional > 0 and len(before) < _MAX_ALTERNATIVES
            texts[name] = [*before, *longer] if both else longer
        elif operator == "?" and before:
            continue
        else:
            texts[name] = [*before, text] if conditional > 0 else [text]
    return {name: Value(texts=tuple(_expand(t, texts) for t in own)) for name, own in texts.items()}


def _expand(text: str, texts: dict[str, list[str]]) -> str:
    """``text`` with variables of one value put in, a few levels deep."""
    for _ in range(5):
        wider = re.sub(
            r"\$\{(\w+)\}",
            lambda m: texts[m[1]][0] if len(texts.get(m[1], ())) == 1 else m[0],
            text,
        )
        if wider == text or len(wider) > MAX_TEXT:
            break
        text = wider
    return text
