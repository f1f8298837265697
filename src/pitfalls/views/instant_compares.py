"""Functions anywhere in a tree that compare instants of a counter which wraps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from pitfalls.formats import instant_compares
from pitfalls.formats.instant_compares import InstantCompares as Facts
from pitfalls.model import Place, Related
from pitfalls.source import Selection, Source, View
from pitfalls.views.clock_contexts import is_test
from pitfalls.views.counters import Counter, kernel_counter
from pitfalls.views.freertos_config import FreeRTOSConfigs
from pitfalls.views.layout import MIDDLEWARE, Layout

FILES = Selection(
    name="comparisons of instants",
    type=Facts,
    parse=instant_compares.parse,
    names=("*.c", "*.cpp", "*.cc", "*.cxx", "*.ino", "*.h", "*.hpp"),
    needles=instant_compares.NEEDLES,
)

_OTHERS = re.compile(rf"(?:^|/)(?:STM32\w+_HAL_Driver|{MIDDLEWARE})/", re.IGNORECASE)
"""Drivers and middleware of others, which nobody edits."""


@dataclass(frozen=True)
class InstantCompare:
    """The first comparison of a function that is wrong across the wrap of ``counter``."""

    place: Place
    function: str
    counter: Counter
    text: str
    subject: str
    platform: str
    stock: ClassVar[bool] = False  # the ports that come with a library are left out

    @property
    def related(self) -> tuple[Related, ...]:
        """What tells the rate of the counter."""
        return self.counter.related


class InstantCompares(View):
    """Such comparisons in the tree's own code. A function that the tree gives a result of 64 bits
    does not count, whatever its name."""

    uses = (FILES, FreeRTOSConfigs, Layout)

    def __init__(self, compares: Iterable[InstantCompare]) -> None:
        self.compares = tuple(compares)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the files of C and C++ that call a function of :data:`tick_calls.RATES`."""
        layout = source.view(Layout)
        configs = list(source.view(FreeRTOSConfigs).configs)
        files = source.facts(FILES)
        wide = {name for file in files for name in file.facts.wide}
        found = []
        for file in files:
            own = layout.is_evidence(file.path) and not _OTHERS.search(file.path)
            if not own or is_test(file.path):
                continue
            subject = layout.subject_of(file.path)
            for one in file.facts.comparisons:
                counter = kernel_counter(one.counter, subject, configs)
                if counter is not None and one.counter not in wide:
                    found.append(
                        InstantCompare(
                            Place(file.path, one.line), one.function, counter, one.text, subject,
                            layout.platform_of(file.path),
                        )
                    )  # fmt: skip
        return cls(found)
