"""Functions anywhere in a tree that compare instants of a counter which wraps, or widen them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from pitfalls.formats import instant_compares
from pitfalls.formats.instant_compares import Comparison
from pitfalls.formats.instant_compares import InstantCompares as Facts
from pitfalls.formats.wide_results import WideResult
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.clock_contexts import is_test
from pitfalls.views.counters import Counter, kernel_counter
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs
from pitfalls.views.layout import OTHERS, Layout

FILES = Selection(
    name="comparisons of instants",
    type=Facts,
    parse=instant_compares.parse,
    names=("*.c", "*.cpp", "*.cc", "*.cxx", "*.ino", "*.h", "*.hpp"),
    needles=instant_compares.NEEDLES,
)


@dataclass(frozen=True)
class InstantCompare:
    """The first comparison of a function that is wrong across the wrap of ``counter``, or its
    reading that is given in 64 bits. ``seconds``: after what time a product in that overflows."""

    place: Place
    function: str
    counter: Counter
    text: str
    subject: str
    platform: str
    seconds: float = 0.0
    stock: ClassVar[bool] = False  # the ports that come with a library are left out

    @property
    def related(self) -> tuple[Related, ...]:
        """What tells the rate of the counter."""
        return self.counter.related


class InstantCompares(View):
    """Such comparisons in the tree's own code, and the readings that are ``widened``. A function
    of a known name that the tree gives a result of 64 bits does not count."""

    uses = (FILES, FreeRTOSConfigs, Layout)

    def __init__(
        self, compares: Iterable[InstantCompare], widened: Iterable[InstantCompare] = ()
    ) -> None:
        self.compares = tuple(compares)
        self.widened = tuple(widened)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the files of C and C++ that call a function of :data:`tick_calls.RATES`."""
        layout = source.view(Layout)
        configs = list(source.view(FreeRTOSConfigs).configs)
        files = source.facts(FILES)
        wide = {name for file in files for name in file.facts.wide}
        compares: list[InstantCompare] = []
        widened: list[InstantCompare] = []
        for file in files:
            own = layout.is_evidence(file.path) and not OTHERS.search(file.path)
            if not own or is_test(file.path):
                continue
            for facts, kept in ((file.facts.comparisons, compares), (file.facts.results, widened)):
                for one in facts:
                    found = _found(file.path, one, layout, configs)
                    if found is not None and one.counter not in wide:
                        kept.append(found)
        return cls(compares, widened)


def _found(
    path: str, one: Comparison | WideResult, layout: Layout, configs: list[FreeRTOSConfig]
) -> InstantCompare | None:
    """A spot of a file with its counter; None when that is none of a kernel or vendor."""
    subject = layout.subject_of(path)
    counter = kernel_counter(one.counter, subject, configs)
    if counter is None:
        return None
    seconds = one.seconds if isinstance(one, WideResult) else 0.0
    if isinstance(one, WideResult) and one.factor:
        if not counter.hertz:
            return None
        seconds = 2.0**counter.bits / (counter.hertz * one.factor)
    place, platform = Place(path, one.line), layout.platform_of(path)
    return InstantCompare(place, one.function, counter, one.text, subject, platform, seconds)
