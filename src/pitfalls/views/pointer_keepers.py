"""Whether a function keeps a pointer that it is given, as its own code in the tree says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from pitfalls.formats import pointer_keepers
from pitfalls.formats.pointer_keepers import Function, Keepers
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source

C_KEEPERS = Selection(
    "c-pointer-keepers",
    Keepers,
    pointer_keepers.parse_c,
    names=("*.c", "*.cc", "*.cpp"),
    lazy=True,
)
RUST_KEEPERS = Selection(
    "rust-pointer-keepers", Keepers, pointer_keepers.parse_rust, names=("*.rs",), lazy=True
)
MAX_HOPS = 4


@dataclass(frozen=True)
class Keeping:
    """The places by which a pointer is kept, empty when it is not. ``lent``: it is kept in an
    object that the caller hands over as well, and that may be gone as early."""

    chain: tuple[Related, ...]
    lent: bool = False


@dataclass
class PointerKeepers:
    """Answers for the functions of one tree; a file is read when a function of it is asked for.
    A view that has one names both selections in its ``uses``."""

    source: Source
    _known: dict[str, list[tuple[str, Function]]] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source) -> Self:
        """The answers for a tree."""
        return cls(source)

    def keeping(self, name: str, argument: int, hops: int = MAX_HOPS) -> Keeping | None:
        """How argument ``argument`` of ``name`` is kept; None when the code of ``name`` is not in
        the tree.

        Of several functions of that name one in C is enough, since variants of a platform share a
        name; of those in Rust all must keep it, since methods of unrelated types do too."""
        found = [(p, f) for p, f in self._definitions(name) if argument in f.pointers]
        if not found:
            return None
        answers = [(path, self._of(path, function, argument, hops)) for path, function in found]
        in_c = [answer for path, answer in answers if answer.chain and not path.endswith(".rs")]
        if in_c:
            return in_c[0]
        return answers[0][1] if all(answer.chain for _, answer in answers) else Keeping(())

    def _of(self, path: str, function: Function, argument: int, hops: int) -> Keeping:
        for kept in sorted(function.kept, key=lambda kept: kept.lent):
            if kept.index == argument:
                text = f"{function.name} stores the pointer in {kept.where}"
                return Keeping((Related(Place(path, kept.line), text),), kept.lent)
        for passed in function.passed if hops > 0 else ():
            if passed.index == argument and passed.callee != function.name:
                rest = self.keeping(passed.callee, passed.argument, hops - 1)
                if rest and rest.chain:
                    text = f"{function.name} passes the pointer to {passed.callee}"
                    hop = Related(Place(path, passed.line), text)
                    return Keeping((hop, *rest.chain), rest.lent)
        return Keeping(())

    def _definitions(self, name: str) -> list[tuple[str, Function]]:
        if name not in self._known:
            self._known[name] = []
            if "_" in name or len(name) > 8:  # a short word names methods of many types
                self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> list[tuple[str, Function]]:
        found = []
        word = name.encode()
        shapes = (
            (RUST_KEEPERS, rb"\bfn\s+" + word + rb"\b"),
            (C_KEEPERS, rb"\b" + word + rb"\s*\([^;{}]{0,800}\{"),
        )
        for selection, shape in shapes:
            for path in self.source.holding(selection, [word]):
                if self.source.matches(path, shape):
                    facts = self.source.fact(selection, path)
                    functions = facts.functions if facts else ()
                    found += [(path, f) for f in functions if f.name == name]
        return found
