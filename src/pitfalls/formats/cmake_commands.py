"""Commands that CMake runs: ``COMMAND`` of tests and custom targets, ``execute_process``, and
``CMAKE_CROSSCOMPILING_EMULATOR``."""

from __future__ import annotations

from collections import Counter

from pitfalls.formats import syntax
from pitfalls.formats.commands import Collector, Command, CommandFile, Word

_RUNNERS = frozenset({"add_test", "add_custom_target", "add_custom_command", "execute_process"})
_KEYWORDS = frozenset(
    {
        "ALL", "ARGS", "BYPRODUCTS", "COMMAND", "COMMAND_EXPAND_LISTS", "COMMENT", "CONFIGURATIONS",
        "DEPENDS", "ERROR_QUIET", "ERROR_VARIABLE", "JOB_POOL", "MAIN_DEPENDENCY", "NAME", "OUTPUT",
        "OUTPUT_QUIET", "OUTPUT_STRIP_TRAILING_WHITESPACE", "OUTPUT_VARIABLE", "POST_BUILD",
        "PRE_BUILD", "PRE_LINK", "RESULT_VARIABLE", "SOURCES", "TARGET", "TIMEOUT", "USES_TERMINAL",
        "VERBATIM", "WORKING_DIRECTORY",
    }
)  # fmt: skip
_EMULATOR = "CMAKE_CROSSCOMPILING_EMULATOR"


def parse(data: bytes) -> CommandFile | None:
    """The commands of a CMake file, None when it has none."""
    calls = []
    for node in syntax.descend(syntax.parse("cmake", data), "normal_command"):
        name = syntax.text(node.named_children[0]).lower()
        words = [
            Word(_unquoted(syntax.text(argument)), syntax.line(argument))
            for argument in syntax.descend(node, "argument")
        ]
        calls.append((name, words, syntax.line(node), syntax.end_line(node)))
    counts = Counter(words[0].text for name, words, *_ in calls if name == "set" and words)
    variables = {
        words[0].text: words[1:]
        for name, words, *_ in calls
        if name == "set" and len(words) > 1 and counts[words[0].text] == 1
    }
    collector = Collector("cmake")
    for name, words, line, end_line in calls:
        if name in _RUNNERS:
            target = next((w.text for w in words if w.text not in _KEYWORDS), "")
            scope = collector.scope("recipe", target, (line, end_line), 0)
            for command in _commands(words):
                expanded = _expand(command, variables)
                collector.add(Command(expanded, expanded[0].line, expanded[-1].line, scope))
        elif name == "set" and words and words[0].text == _EMULATOR:
            parts = [Word(p, w.line) for w in words[1:] for p in w.text.split(";") if p]
            if parts and parts[0].text not in ("CACHE", "PARENT_SCOPE"):
                collector.add(Command(tuple(parts), line, end_line))
    return collector.finish()


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _commands(words: list[Word]) -> list[list[Word]]:
    """The words after each ``COMMAND``, up to the next keyword."""
    found: list[list[Word]] = []
    inside = False
    for word in words:
        if word.text == "COMMAND":
            found.append([])
            inside = True
        elif word.text in _KEYWORDS and word.text != "ARGS":
            inside = False
        elif inside and word.text != "ARGS":
            found[-1].append(word)
    return [command for command in found if command]


def _expand(words: list[Word], variables: dict[str, list[Word]]) -> tuple[Word, ...]:
    """``words`` with variables that the file sets once put in."""
    expanded: list[Word] = []
    for word in words:
        name = word.text[2:-1] if word.text.startswith("${") and word.text.endswith("}") else ""
        if name in variables:
            parts = [p for w in variables[name] for p in w.text.split(";")]
            expanded += [Word(part, word.line) for part in parts if part]
        else:
            expanded.append(Word(word.text, word.line, spread=bool(name)))
    return tuple(expanded) or tuple(words)
