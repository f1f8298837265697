"""Features of which only one may be chosen must say so when two are."""

from collections.abc import Iterator

from pitfalls import Finding, Place, Related, fail, ok, rule, unknown, warn
from pitfalls.views.exclusive_options import ExclusiveOptionsView
from pitfalls.views.feature_axes import Axis, FeatureAxes
from pitfalls.views.layout import Layout

MAX_PAIRS = 3


def _pairs(axis: Axis) -> str:
    shown = ", ".join(f"{first} + {second}" for first, second in axis.uncovered[:MAX_PAIRS])
    more = len(axis.uncovered) - MAX_PAIRS
    return f"{shown} and {more} more" if more > 0 else shown


@rule(
    level="fail",
    tag="seed",
    fix='Refuse each pair: #[cfg(all(feature = "a", feature = "b"))] compile_error!("pick one"), '
    "or count CARGO_FEATURE_* in build.rs; in the crate that uses the features.",
)
def unguarded_pair(axes: FeatureAxes, options: ExclusiveOptionsView) -> Iterator[Finding]:
    """Every two members of a set that is declared exclusive are refused with a clear message."""
    for axis in axes.axes:
        related = [Related(axis.guard, "refuses other pairs")] if axis.guard is not None else []
        if not axis.uncovered:
            guard = axis.guard or axis.declared
            message = f"{len(axis.members)} members, each pair is refused"
            yield ok(
                guard, message, subject=axis.subject,
                related=[Related(axis.declared, axis.reason)],
            )  # fmt: skip
        elif axis.expands and axis.guard is None:
            message = "a macro makes the guards; its expansion would decide"
            yield unknown(axis.declared, message, subject=axis.subject)
        elif axis.elsewhere and axis.guard is None:
            message = f"{axis.reason}; {axis.elsewhere} gets both and may refuse them"
            yield unknown(axis.declared, message, subject=axis.subject)
        else:
            message = f"{axis.reason}; nothing refuses {_pairs(axis)}"
            make = warn if axis.final else fail
            yield make(axis.declared, message, subject=axis.subject, related=related)
    if options.choices:
        place, choice = options.choices[0]
        count = len(options.choices)
        message = f"{count} Kconfig choices are exclusive by construction"
        yield ok(place, message, subject=choice.prompt or "Kconfig choices")


@rule(level="fail", fix="Let members of a set stand side by side; share a third feature.")
def implied_member(axes: FeatureAxes) -> Iterator[Finding]:
    """No member of an exclusive set enables another one."""
    for axis in axes.axes:
        for first, second in axis.implied:
            message = f"{first} enables {second}: choosing {first} is always two"
            yield fail(axis.declared, message, subject=axis.subject)


@rule(
    level="warn",
    fix="Leave the choice to the final crate: take the member out of default.",
)
def default_member(axes: FeatureAxes) -> Iterator[Finding]:
    """No member of an exclusive set is a default: every other choice would be two."""
    for axis in axes.axes:
        if axis.default:
            message = f"default enables {', '.join(axis.default)}: another choice makes two"
            yield warn(axis.declared, message, subject=axis.subject)


@rule(level="warn", fix="default-features = false, and forward what each member needs.")
def default_leak(axes: FeatureAxes, layout: Layout) -> Iterator[Finding]:
    """A crate that chooses the features of a dependency does not take its defaults, when these
    hold a member of an exclusive set or a platform's sources."""
    for place, package, dependency, features in axes.leaks:
        message = f"{dependency} brings its default {', '.join(features)} into every choice"
        platform = layout.platform_of(place.path)
        yield warn(place, message, subject=f"{package} -> {dependency}", platform=platform)


@rule(
    level="warn",
    fix="message(FATAL_ERROR) for two, or one STRING cache variable with the STRINGS property.",
)
def cmake_options(options: ExclusiveOptionsView, layout: Layout) -> Iterator[Finding]:
    """CMake options that are documented as exclusive are refused when two are ON."""
    for path, group in options.groups:
        names = ", ".join(group.names[:4])
        subject, platform = f"{path}: {names}", layout.platform_of(path)
        if group.refused:
            where = Place(path, group.refused)
            related = [Related(Place(path, group.line), group.words)]
            yield ok(
                where, f"two of {names} are refused", subject=subject, platform=platform,
                related=related,
            )  # fmt: skip
        else:
            message = f"{group.words}; nothing refuses two of {names}"
            yield warn(Place(path, group.line), message, subject=subject, platform=platform)
