"""What a check module imports: the ``rule`` decorator and the constructors of findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

from pitfalls.model import Finding, Measure, Place, Related, Tag, Verdict
from pitfalls.source import View

RuleFunction = Callable[..., Iterator[Finding]]


@dataclass(frozen=True)
class RuleSpec:
    """A decorated rule function with what the decorator was told."""

    function: RuleFunction
    level: Verdict
    tag: Tag
    fix: str

    @property
    def name(self) -> str:
        """``dma_region`` -> ``dma-region``."""
        return self.function.__name__.replace("_", "-")

    @property
    def statement(self) -> str:
        """The docstring of the function, on one line."""
        return " ".join((self.function.__doc__ or "").split())

    def views(self) -> dict[str, type[View]]:
        """Parameter name -> view class, from the annotations.

        Raises TypeError for a parameter that is not annotated with a view.
        """
        hints: dict[str, Any] = get_type_hints(self.function)
        hints.pop("return", None)
        names = self.function.__code__.co_varnames[: self.function.__code__.co_argcount]
        for name in names:
            view = hints.get(name)
            if not (isinstance(view, type) and issubclass(view, View)):
                raise TypeError(
                    f"rule {self.name}: parameter {name!r} must be annotated with a view class"
                )
        return {name: hints[name] for name in names}


def rule(
    *,
    level: Literal["fail", "warn"],
    fix: str,
    tag: Literal["seed", "seed:narrowed", "seed:history", "new"] = "new",
) -> Callable[[RuleFunction], RuleSpec]:
    """Make a rule of a generator whose parameters are annotated with views.

    The function's name becomes the rule's name and its docstring the rule's statement. ``level``
    is the worst verdict that it may yield; ``fix`` says in one sentence what to change;
    ``tag`` says where the statement comes from. A ``seed:history`` rule yields notes only: they
    count as failures under the ``seed`` profile.
    """

    def decorate(function: RuleFunction) -> RuleSpec:
        if not (function.__doc__ or "").strip():
            raise TypeError(f"rule {function.__name__} needs a docstring that states the rule")
        return RuleSpec(function, Verdict(level), Tag(tag), fix)

    return decorate


@dataclass(frozen=True)
class FindingMaker:
    """Makes findings of one verdict."""

    verdict: Verdict

    def __call__(
        self,
        place: Place,
        message: str,
        *,
        subject: str = "",
        platform: str = "",
        related: Iterable[Related] = (),
        measure: Measure | None = None,
    ) -> Finding:
        """A finding at ``place``; ``message`` holds the resolved value, ``related`` the hops to it.

        ``subject`` is what the finding is about (a firmware target, a launch command, a resource).
        With a ``measure`` it is a row of the page's table of required versus found.
        """
        hops = tuple(related)
        return Finding(self.verdict, place, message, subject, platform, hops, measure=measure)


fail = FindingMaker(Verdict.FAIL)
"""The rule is broken at the place."""

warn = FindingMaker(Verdict.WARN)
"""The rule is broken in a way that may be meant, or whose harm is not certain."""

ok = FindingMaker(Verdict.PASS)
"""Evidence that the rule is kept: the message says what was shown."""

unknown = FindingMaker(Verdict.UNKNOWN)
"""It applies and cannot be decided: the message says what would decide it."""

note = FindingMaker(Verdict.NOTE)
"""Worth showing, changes no verdict."""
