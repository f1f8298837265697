"""Objects whose address C code or hardware keeps, and whether they stay where they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.formats import rust_escapes
from pitfalls.formats.rust_escapes import TELLING, Escape, RustEscapes
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.layout import Layout
from pitfalls.views.pointer_keepers import C_KEEPERS, RUST_KEEPERS, PointerKeepers

RUST_ESCAPES = Selection(
    "rust-escapes",
    RustEscapes,
    rust_escapes.parse,
    names=("*.rs",),
    needles=(b"c_void", b"as *mut", b"addr_of_mut!", b"&raw mut"),
)

Outcome = Literal["stays", "moves", "may-move", "unknown"]


@dataclass(frozen=True)
class EscapingObject:
    """An object whose address is handed over at ``place``. ``box`` names the kind of box that the
    variable itself is, or whose pointee it is; ``may-move``: it moves, and the address is kept by
    an object of the caller's, or only the function's name tells that it is kept."""

    place: Place
    text: str
    outcome: Outcome
    box: str
    related: tuple[Related, ...]


class EscapingObjects(View):
    """Every such object of the tree's own Rust code."""

    uses = (RUST_ESCAPES, RUST_KEEPERS, C_KEEPERS, Layout)

    def __init__(self, objects: Iterable[EscapingObject]) -> None:
        self.objects = tuple(objects)

    @classmethod
    def build(cls, source: Source) -> Self:
        """Join the places where addresses leave with the functions that get them."""
        layout = source.view(Layout)
        keepers = PointerKeepers.of(source)
        gaps = bool(source.absent)
        return cls(
            found
            for file in source.facts(RUST_ESCAPES)
            if layout.is_evidence(file.path)
            for escape in file.facts.escapes
            for found in _judge(file.path, escape, keepers, has_gaps=gaps)
        )


def _judge(
    path: str, escape: Escape, keepers: PointerKeepers, *, has_gaps: bool
) -> Iterator[EscapingObject]:
    """What one escape amounts to: nothing when the function needs the address for the call only,
    or when that cannot be told."""
    place = Place(path, escape.line)
    if escape.storage:
        text = f"{escape.callee} gets {escape.name.rstrip('( ')}: {escape.storage}"
        box = "box" if "box" in escape.storage else ""
        yield EscapingObject(place, text, "stays", box, ())
        return
    kept = keepers.keeping(escape.callee, escape.argument)
    chain = kept.chain if kept else ()
    told = TELLING.search(escape.callee) is not None
    outcome: Outcome
    if kept and chain and (told or not kept.lent):
        outcome = "may-move" if kept.lent else "moves"
        why = f"{escape.callee} keeps the address of the local {escape.name}"
    elif kept is not None or escape.bare or not escape.called_back:
        return
    elif told and (escape.owner or escape.made):
        outcome = "may-move"
        why = f"{escape.callee}, by its name, keeps the address of the local {escape.name}"
    elif has_gaps and not told and (escape.owner or escape.made):
        outcome = "unknown"
        why = f"{escape.callee} gets the address of the local {escape.name}"
    else:
        return
    moved = Related(Place(path, escape.moved_line), f"{escape.name} is {escape.moved}")
    text = f"{why}; then {escape.name} is {escape.moved}"
    yield EscapingObject(place, text, outcome, escape.owner, (*chain, moved))
