"""Commands in files that are no programs: cargo's ``runner``, container files, workflows."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import tomli
import yaml

from pitfalls.formats import FormatError, decode
from pitfalls.formats.commands import Collector, Command, CommandFile, Word
from pitfalls.formats.shell import Script

_RUNNER = re.compile(r"\s*(?:runner|[\w.'\"-]+\.runner)\s*=\s*(.*)")
_DOCKER = re.compile(r"\s*(RUN|CMD|ENTRYPOINT)\s+(.*)", re.IGNORECASE | re.DOTALL)
_YAML_HOSTS = ("container", "image", "docker", "vmImage")
_YAML_LINES = frozenset({"script", "before_script", "after_script"})
_YAML_COMMANDS = frozenset({"run", "command", "entrypoint"}) | _YAML_LINES


def parse_cargo_config(data: bytes) -> CommandFile | None:
    """The ``runner`` commands of a cargo configuration file, None when it has none."""
    text = decode(data)
    try:
        tomli.loads(text.replace("\r\n", "\n").replace("\x00", ""))
    except tomli.TOMLDecodeError as error:
        raise FormatError(f"not TOML: {error}") from None
    collector = Collector("cargo")
    lines = text.splitlines()
    section = ""
    for number, row in enumerate(lines, 1):
        if row.startswith("["):
            section = row.strip().strip("[]")
        found = _RUNNER.match(row)
        if found is None:
            continue
        words = _runner_words(found[1], lines, number)
        if words:
            scope = collector.scope("recipe", section, (number, words[-1].line), 0)
            collector.add(Command(tuple(words), number, words[-1].line, scope))
    return collector.finish()


def _runner_words(written: str, lines: list[str], number: int) -> list[Word]:
    """The words of a runner: one string, or an array that may go over several lines."""
    if not written.startswith("["):
        strings = _toml_strings(written)
        try:
            parts = shlex.split(strings[0]) if strings else []
        except ValueError:
            parts = strings[0].split()
        return [Word(part, number) for part in parts]
    words: list[Word] = []
    for at in range(number, len(lines) + 1):
        row = written if at == number else lines[at - 1]
        words += [Word(part, at) for part in _toml_strings(row)]
        if "]" in re.sub(r"\"[^\"]*\"|'[^']*'", "", row):
            break
    return words


def _toml_strings(row: str) -> list[str]:
    found = re.findall(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'", row)
    return [re.sub(r"\\(.)", r"\1", double) or single for double, single in found]


def parse_dockerfile(data: bytes) -> CommandFile | None:
    """The ``RUN``, ``CMD`` and ``ENTRYPOINT`` commands of a Dockerfile, None when it has none."""
    collector = Collector("dockerfile")
    lines = decode(data).split("\n")
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and lines[end - 1].rstrip("\r ").endswith("\\"):
            end += 1
        if found := _DOCKER.match("\n".join(lines[at:end])):
            scope = collector.scope("recipe", found[1].upper(), (at + 1, end), 0)
            _run_text(collector, re.sub(r"^(--\S+\s+)+", "", found[2]), at + 1, scope)
        at = end
    return collector.finish()


def _run_text(collector: Collector, text: str, line: int, scope: int) -> None:
    """A command in shell form, or in the form of a JSON array."""
    try:
        listed = json.loads(text.replace("\\\n", "\n"))
    except ValueError:
        listed = None
    if isinstance(listed, list) and listed and all(isinstance(item, str) for item in listed):
        collector.add(Command(tuple(Word(item, line) for item in listed), line, line, scope))
    else:
        Script(collector, line, scope).run(text.encode())


def parse_yaml(data: bytes) -> CommandFile | None:
    """The commands of a workflow or a compose file, None when it has none."""
    try:
        text = decode(data).replace("\x00", "")
        documents = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FormatError(f"not YAML: {error.problem}", line) from None
    except yaml.YAMLError as error:
        raise FormatError(f"not YAML: {error}") from None
    collector = Collector("yaml")
    for name, host, key, value in _entries(documents):
        lines = (key.start_mark.line + 1, value.end_mark.line + 1)
        scope = collector.scope("recipe", name, lines, 0, host=host)
        lists = isinstance(value, yaml.SequenceNode) and key.value in _YAML_LINES
        for part in value.value if lists else (value,):
            if isinstance(part, yaml.ScalarNode):
                _yaml_script(collector, part, scope)
        if isinstance(value, yaml.SequenceNode) and not lists:
            words = [
                Word(item.value, item.start_mark.line + 1)
                for item in value.value
                if isinstance(item, yaml.ScalarNode)
            ]
            if words:
                collector.add(Command(tuple(words), words[0].line, words[-1].line, scope))
    return collector.finish()


def _yaml_script(collector: Collector, node: yaml.ScalarNode, scope: int) -> None:
    first = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
    text = re.sub(r"\$\{\{\s*([\w.-]+)[^}]*\}\}", _interpolated, node.value)
    Script(collector, first, scope, errexit=True).run(text.encode())


def _interpolated(found: re.Match[str]) -> str:
    return "${" + re.sub(r"\W", "_", found[1]) + "}"


def _entries(documents: list[yaml.Node]) -> Iterator[tuple[str, str, yaml.Node, yaml.Node]]:
    """``(name of the step or service, its host, key, value)`` of every command; shared nodes
    once."""
    pending: list[tuple[str, str, yaml.Node | None]] = [("", "", r) for r in reversed(documents)]
    seen: set[int] = set()
    while pending:
        name, host, node = pending.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            pending += [(name, host, item) for item in reversed(node.value)]
        elif isinstance(node, yaml.MappingNode):
            host = _host(node) or host
            for key, value in reversed(node.value):
                text = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
                if text in _YAML_COMMANDS and not isinstance(value, yaml.MappingNode):
                    yield name, host, key, value
                else:
                    pending.append((text or name, host, value))


def _host(job: yaml.MappingNode) -> str:
    """What a job of a workflow says of its machine: the labels of its runner, those of a matrix
    that the runner is chosen from, and the keys that put it into a container."""
    keys = {key.value: value for key, value in job.value if isinstance(key, yaml.ScalarNode)}
    told = [key for key in _YAML_HOSTS if key in keys]
    if (runner := keys.get("runs-on") or keys.get("vmImage")) is not None:
        told += _scalars(runner)
        if any("${{" in text for text in told) and "strategy" in keys:
            told += _scalars(keys["strategy"])
    return " ".join(told)


def _scalars(node: yaml.Node) -> list[str]:
    """The texts below a node that are written out there, as far as a few levels go."""
    level, found = [node], []
    for _ in range(6):
        found += [str(n.value) for n in level if isinstance(n, yaml.ScalarNode)]
        below = [n for n in level if isinstance(n, yaml.CollectionNode)]
        level = [
            part for n in below for item in n.value
            for part in (item if isinstance(item, tuple) else (item,))
        ]  # fmt: skip
    return found
