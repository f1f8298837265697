"""Functions of Rust code that make, take or give FreeRTOS mutexes through ``extern "C"``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, closing, rust_functions
from pitfalls.formats.mutex_api import Call, Function, MutexCode
from pitfalls.formats.named_values import of_rust

_CALL = re.compile(
    r"(?<![\w!])(xSemaphoreCreate\w+|xSemaphore(?:Take|Give)(?:Recursive)?|xQueueGenericCreate(?:Static)?"
    r"|xQueueCreateMutex(?:Static)?|xQueue(?:Take|Give)MutexRecursive|xQueueSemaphoreTake"
    r"|xQueueGenericSend|\w*mutex\w*)\s*\("
)
_TARGET = re.compile(
    r"(?:\blet\s+(?:mut\s+)?(\w+)\s*(?::[^=;{}]+)?|([\w.*()]+))\s*=\s*(?:unsafe\s*\{\s*)?(?:\w+::)*$"
)
_NUMBER = re.compile(r"(\d+)_?(?:[ui](?:8|16|32|64|size))?(?:\s+as\s+[\w:]+)?")
_TESTS = re.compile(r"#\s*\[\s*cfg\s*\(\s*test\s*\)\s*\]\s*(?:pub\s+)?mod\s+\w+\s*\{")
_LETS = re.compile(r"\blet\s+(?:mut\s+)?(\w+)|(?:^|[(,])\s*(?:mut\s+)?(\w+)\s*:(?!:)")
MAX_ARGUMENTS = 400
"""Characters of an argument list that are read."""


def parse(data: bytes) -> MutexCode | None:
    """The functions that call the kernel's mutexes, or one another on the way to them."""
    text = blank(decode(data))
    if (tests := _TESTS.search(text.code)) is not None:
        text = Text(text.plain[: tests.start()], text.code[: tests.start()])
    lines = Lines(text.code)
    functions = tuple(
        Function(
            span.name, lines.at(span.start), lines.at(span.closed), calls,
            locals=_locals(f"({span.parameters}){text.code[span.opened : span.closed]}"),
        )
        for span in rust_functions(text)
        if (calls := tuple(_calls(text, span, lines, data)))
    )  # fmt: skip
    kernel = any(call.action for function in functions for call in function.calls)
    return MutexCode(functions, ()) if kernel else None


def _locals(text: str) -> tuple[str, ...]:
    return tuple(bound or given for bound, given in _LETS.findall(text))


def _calls(text: Text, span: Span, lines: Lines, data: bytes) -> Iterator[Call]:
    for found in _CALL.finditer(text.code, span.opened, span.closed):
        before = text.code[max(span.opened, found.start() - 120) : found.start()]
        if before.rstrip().endswith("fn"):
            continue
        inside = text.plain[found.end() : closing(text.code, found.end(), MAX_ARGUMENTS)]
        given = [part.strip() for part in inside.split(",")]
        told = given[2:3] if found[1].startswith("xQueueGenericCreate") else given[:1]
        target = _TARGET.search(before)
        yield Call(
            found[1], _argument(told[0] if told else "", data)[:80], lines.at(found.start()),
            (target[1] or target[2] or "") if target else "",
        )  # fmt: skip


def _argument(text: str, data: bytes) -> str:
    """A number without its type, also of a constant of the file; any other text without a cast."""
    name = text.rpartition("::")[2]
    if name.isupper():
        values = {value for value, _ in of_rust(data, name)}
        text = values.pop() if len(values) == 1 else text
    number = _NUMBER.fullmatch(text)
    return number[1] if number else re.sub(r"\s+as\s+[\w:*\s]+$", "", " ".join(text.split()))
