"""What a CMake build directory remembers must not outlive what it was told."""

from collections.abc import Iterator
from typing import TypedDict

from pitfalls import Finding, Related, fail, note, ok, rule, warn
from pitfalls.views.build_scripts import BuildScripts
from pitfalls.views.cache_memos import KeptAnswers
from pitfalls.views.configure_paths import ConfigurePath, ConfigurePathsView
from pitfalls.views.layout import Layout
from pitfalls.views.package_finds import PackageFinds
from pitfalls.views.west_builds import WestBuilds


class _Where(TypedDict):
    subject: str
    platform: str


def _guarded_by(path: ConfigurePath) -> list[Related]:
    condition = path.guard.condition if path.guard is not None else ""
    return [Related(path.place, "the configure"), Related(path.guard_place, f"if {condition}")]


@rule(
    level="fail",
    fix="Configure every time (CMake is quick when nothing changed), or record the arguments and "
    "configure again when they differ.",
)
def configure_once(
    paths: ConfigurePathsView, scripts: BuildScripts, layout: Layout
) -> Iterator[Finding]:
    """A configure that is skipped when the cache or the directory exists compares its arguments
    with those of the last time."""
    for path in paths.paths:
        platform = layout.platform_of(path.path)
        guard = path.guard
        if not path.varies:
            continue
        if guard is None or path.configure.fresh == "always":
            how = "into an empty directory" if path.configure.fresh else "on every run"
            yield ok(path.place, f"configures {how}", subject=path.subject, platform=platform)
        elif guard.compared:
            yield ok(
                path.guard_place, "configures again when recorded arguments differ",
                subject=path.subject, platform=platform, related=_guarded_by(path),
            )  # fmt: skip
        else:
            make = warn if guard.optional else fail
            yield make(
                path.guard_place,
                f"configures only if the {guard.kind} is missing: a changed argument has no effect",
                subject=path.subject, platform=platform, related=_guarded_by(path),
            )  # fmt: skip
    for place in scripts.configured_once:
        yield fail(
            place, "always_configure(false): a changed define has no effect",
            subject=place.path, platform=layout.platform_of(place.path),
        )  # fmt: skip


@rule(
    level="fail",
    fix="Remove the build directory when the toolchain file, or the compiler it resolves to, is "
    "another one than the cache names; a second configure cannot change it.",
)
def toolchain_reuse(
    paths: ConfigurePathsView, scripts: BuildScripts, layout: Layout
) -> Iterator[Finding]:
    """What reuses configured directories in a tree with toolchain files removes a directory
    whose toolchain changed."""
    passed = paths.toolchain_file
    for path in paths.paths:
        own = "CMAKE_TOOLCHAIN_FILE" in path.configure.defines
        if passed is None or path.guard is None or not (own or path.configure.opaque):
            continue
        where: _Where = {"subject": path.subject, "platform": layout.platform_of(path.path)}
        related = [*_guarded_by(path), Related(passed, "a toolchain file is passed here")]
        if path.reacts:
            yield ok(path.place, "removes the directory of another toolchain file", **where)
        else:
            message = "reuses a directory that was configured with another toolchain file"
            yield fail(path.guard_place, message, **where, related=related)
    known = paths.compiler_guard
    for place, wipes in scripts.configures:
        crate: _Where = {"subject": place.path, "platform": layout.platform_of(place.path)}
        if wipes:
            yield ok(place, "can remove OUT_DIR/build before it configures", **crate)
        elif known is not None:
            yield warn(
                place,
                "the cmake crate keeps OUT_DIR/build under another compiler: cached results of "
                "checks describe the old one",
                **crate, related=[Related(known, "shell builds of this tree guard against it")],
            )  # fmt: skip


@rule(
    level="warn",
    fix="Ask which compiler the toolchain file resolves to today, or hash the file, and remove the "
    "directory when the cache names another one.",
)
def toolchain_path(paths: ConfigurePathsView, layout: Layout) -> Iterator[Finding]:
    """What removes directories of another toolchain file sees the compiler behind the file, not
    only its path."""
    for path in paths.reacting:
        where: _Where = {"subject": path.subject, "platform": layout.platform_of(path.path)}
        if path.toolchain == "compiler":
            yield ok(path.place, "looks at the compiler behind the toolchain file", **where)
        else:
            message = "compares the path of the toolchain file, not the compiler behind it"
            yield warn(path.place, message, **where)


@rule(
    level="fail",
    tag="seed:narrowed",
    fix="Give each board and option set its own -d directory, or pass -p always; -p auto sees "
    "another board or application and nothing else.",
)
def west_varying(west: WestBuilds, layout: Layout) -> Iterator[Finding]:
    """West builds that share a directory agree on board, application and options, or are
    pristine."""
    for shared in west.shared:
        late = shared.without_pristine if shared.varies_target else ()
        loose = shared.without_always if shared.varies_options else ()
        first = shared.builds[0]
        related = [Related(b.place, f"{b.board} {b.application}".strip()) for b in shared.builds]
        where: _Where = {
            "subject": f"{first.place.path}:{shared.folder}",
            "platform": layout.platform_of(first.place.path) or "zephyr",
        }
        if late:
            message = f"builds another board or application in {shared.folder} without -p"
            yield fail(late[-1].place, message, **where, related=related)
        elif loose:
            message = f"options that an earlier build in {shared.folder} gave stay set"
            yield fail(loose[-1].place, message, **where, related=related)
        else:
            yield ok(first.place, f"the builds in {shared.folder} agree or are pristine", **where)


@rule(level="fail", fix="Print cargo:rerun-if-env-changed=NAME where the variable is read.")
def env_no_rerun(scripts: BuildScripts, layout: Layout) -> Iterator[Finding]:
    """An environment variable that build.rs turns into a define makes cargo run it again."""
    for define in scripts.defines:
        where: _Where = {
            "subject": define.place.path,
            "platform": layout.platform_of(define.place.path),
        }
        if define.registered:
            yield ok(define.place, f"cargo looks at {define.name}", **where)
        else:
            message = f"{define.name} becomes a define, and cargo is not told to look at it"
            yield fail(define.place, message, **where)


@rule(
    level="warn",
    fix="Print cargo:rerun-if-changed for the C files or their folder.",
)
def rerun_incomplete(scripts: BuildScripts, layout: Layout) -> Iterator[Finding]:
    """A build script that prints any rerun-if line (cc does so by itself) names its C inputs."""
    for inputs in scripts.inputs:
        where: _Where = {
            "subject": inputs.place.path,
            "platform": layout.platform_of(inputs.place.path),
        }
        if inputs.watched:
            yield ok(inputs.place, f"C inputs are watched: {inputs.watched}", **where)
        else:
            named = ", ".join(inputs.names[:3]) or "files chosen at run time"
            message = f"an edit of the C inputs ({named}) does not build them again"
            yield warn(inputs.place, message, **where)


@rule(
    level="warn",
    fix="Pass the define in both branches (-DX=ON, -DX=OFF), -UX, or name the directory after "
    "the condition.",
)
def dropped_define(
    paths: ConfigurePathsView, scripts: BuildScripts, layout: Layout
) -> Iterator[Finding]:
    """A define that depends on a condition is passed in both branches, or its build directory
    depends on the condition as well."""
    for item, path in paths.dropped:
        place = path.place
        yield warn(
            type(place)(path.path, item.line),
            f"-D{item.key} stays in the cache when this no longer holds: {item.condition}",
            subject=path.subject, platform=layout.platform_of(path.path),
            related=[Related(place, "the configure")],
        )  # fmt: skip
    for place, conditional in scripts.conditional:
        yield warn(
            place,
            f"{conditional.key} stays in OUT_DIR's cache when this no longer holds: "
            f"{conditional.condition}",
            subject=place.path, platform=layout.platform_of(place.path),
        )  # fmt: skip


@rule(
    level="warn",
    fix="unset(<Package>_DIR CACHE) when it lies outside the computed place, or pass NO_CACHE.",
)
def sticky_find(finds: PackageFinds, layout: Layout) -> Iterator[Finding]:
    """A package that is looked for at a computed place is not taken from an older cache."""
    for find in finds.finds:
        where: _Where = {"subject": find.package, "platform": layout.platform_of(find.place.path)}
        if find.resets:
            yield ok(find.place, f"a cached {find.package}_DIR is dropped or set first", **where)
        else:
            message = f"a cached {find.package}_DIR wins over {find.places}"
            yield warn(find.place, message, **where)


@rule(
    level="warn",
    fix="Read what the user sets first, and ask the cache only when that is empty.",
)
def sticky_memo(kept: KeptAnswers, layout: Layout) -> Iterator[Finding]:
    """An answer that CMake code keeps in the cache gives way to a variable that the user sets."""
    for answer in kept.answers:
        where: _Where = {"subject": answer.name, "platform": layout.platform_of(answer.place.path)}
        related = [Related(answer.kept, "kept here, for every later configure")]
        if answer.ignored:
            related.append(Related(answer.read, f"{answer.ignored} is read here"))
            message = f"{answer.name} is taken from the cache before {answer.ignored} is read"
            yield warn(answer.place, message, **where, related=related)
        else:
            message = f"{answer.name} is taken from the cache when nothing else is set"
            yield ok(answer.place, message, **where, related=related)


@rule(
    level="warn",
    tag="seed:history",
    fix="Nothing to do: -DK=V on every configure replaces the cached value.",
)
def literal_clean(paths: ConfigurePathsView) -> Iterator[Finding]:
    """A recipe configures an existing directory with -D and does not clean it first. The original
    asked for a clean; a -D that is given again replaces the cached value."""
    for path in paths.paths:
        if path.guard is None and path.configure.defines and not path.configure.fresh:
            keys = ", ".join(path.configure.defines[:4])
            yield note(path.place, f"configures without a clean: {keys}", subject=path.subject)
