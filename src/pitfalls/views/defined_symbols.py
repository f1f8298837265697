"""Whether the build or a header of the tree meets the conditions of an ``#if``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from pitfalls.formats import symbol_definitions
from pitfalls.formats.c_expression import evaluate, tokenize
from pitfalls.formats.cpp import Macro
from pitfalls.formats.symbol_definitions import SymbolDefinition
from pitfalls.model import Place, Related
from pitfalls.source import Source
from pitfalls.views.layout import Layout

_BUILD = re.compile(
    r"(?:^|/)(?:CMakeLists\.txt|[Mm]akefile|GNUmakefile|justfile|platformio\.ini|SCons\w+|meson\.build"
    r"|config\.toml)$|\.(?:cmake|mk|just|rs|sh|py|gn|gni|bzl|bazel|yml|yaml|ini|cproject|uvprojx|ewp)$"
)
_OUTSIDE = re.compile(r"_|N?DEBUG$|CONFIG_")
"""Symbols of the compiler and of Kconfig: no line of the tree tells."""

_DEFINED = re.compile(r"\bdefined\s*(?:\(\s*(\w+)\s*\)|(\w+))")
_OPEN = "symbol_that_something_else_decides"

Known = Callable[[str], Macro | None]


class Symbols:
    """Answers for one platform; ``known`` are macros that a configuration header resolved."""

    def __init__(self, source: Source, platform: str, known: Known = lambda _name: None) -> None:
        self._source, self.platform, self._known = source, platform, known
        self._layout = source.view(Layout)
        self.places: list[Related] = []
        self.value = cache(self._value)

    def holds(self, conditions: Iterable[str]) -> bool | None:
        """Whether all conditions hold, None when that is not known."""
        told = [self._holds(condition) for condition in conditions]
        return False if False in told else None if None in told else True

    def _holds(self, condition: str) -> bool | None:
        def asked(found: re.Match[str]) -> str:
            value = self.value(found[1] or found[2])
            return "0" if value is None else "1" if value else _OPEN

        text = _DEFINED.sub(asked, condition)
        tokens = [token for one in tokenize(text) for token in self._expanded(one)]
        number = evaluate(tokens)
        return None if number is None else bool(number)

    def _expanded(self, token: str) -> list[str]:
        if token == _OPEN or not re.match(r"[A-Za-z_]", token):
            return [token]
        value = self.value(token)
        return ["0"] if value is None else tokenize(value) or [_OPEN]

    def _value(self, name: str) -> str | None:
        """The text of a symbol, empty when something outside decides, None when nothing in the
        tree defines it."""
        macro = self._known(name)
        if macro is not None and macro.state == "defined":
            return macro.text or "1"
        found = list(self._definitions(name))
        if not found:
            outside = _OUTSIDE.match(name) or (macro is not None and macro.state == "unresolved")
            return "" if outside else None
        own = [item for item in found if item[2]]
        texts = {"" if item[1].conditional else item[1].value for item in own}
        if len(texts) != 1:
            return ""
        path, item, _ = own[0]
        self.places.append(Related(Place(path, item.line), f"{name} is defined"))
        return texts.pop()

    def _definitions(self, name: str) -> Iterator[tuple[str, SymbolDefinition, bool]]:
        """``(path, definition, whether it is the platform's or everybody's)``."""
        word = re.escape(name).encode() + rb"\b"
        for path in self._source.paths:
            header = path.endswith((".h", ".hpp", ".inc"))
            if not (header or _BUILD.search(path)) or not self._source.matches(path, word):
                continue
            read = symbol_definitions.of_header if header else symbol_definitions.of_build
            platform = self._layout.platform_of(path)
            for item in read(self._source.read(path) or b"", name):
                yield path, item, not platform or platform == self.platform
