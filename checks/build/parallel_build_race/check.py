"""Builds that may run at the same time must not write the same files."""

from collections.abc import Iterator
from itertools import groupby

from pitfalls import Finding, Place, Related, fail, ok, rule, unknown, warn
from pitfalls.views.build_variants import BuildVariants, Shared, hops
from pitfalls.views.layout import Layout
from pitfalls.views.source_writes import SharedWrites
from pitfalls.views.target_folders import TargetFolders
from pitfalls.views.test_schedule import Overlap
from pitfalls.views.zenoh_release import ZenohRelease

MAKERS = {Overlap.MAY: fail, Overlap.APART: ok, Overlap.UNDECIDED: unknown}


def _finding(shared: Shared, layout: Layout, what: str) -> Finding:
    options = "; ".join(sorted({variant.shown for variant in shared.variants})[:4])
    folder = shared.folder or "the usual target directory"
    place = max(shared.variants, key=lambda v: len(v.options or ())).place
    return MAKERS[shared.overlap](
        place, f"{what} in {folder} with {options}: {shared.reason}",
        subject=shared.package, platform=layout.platform_of(shared.package), related=hops(shared),
    )  # fmt: skip


@rule(
    level="fail",
    tag="seed",
    fix="Give each variant its own --target-dir, build all of them before the tests run, or put "
    "every user into one test group with max-threads = 1.",
)
def shared_target_dir(variants: BuildVariants, layout: Layout) -> Iterator[Finding]:
    """Two builds of one package that tests may start at the same time do not share a target
    directory when features or environment differ: the binary of one replaces the other's."""
    for shared in variants.shared:
        if shared.tool == "cargo":
            yield _finding(shared, layout, "built")
    built = sorted(
        (v for v in variants.variants if v.tool == "cargo" and v.options is not None),
        key=lambda v: (v.package, v.folder, v.shown),
    )
    racing = {shared.package for shared in variants.shared}
    for package, group in groupby(built, key=lambda v: v.package):
        own = list(group)
        folders = {variant.folder for variant in own}
        if package not in racing and len(folders) > 1 and len({v.options for v in own}) > 1:
            yield ok(
                own[-1].place, f"{len(folders)} variants, each in a directory of its own",
                subject=package, platform=layout.platform_of(package),
                related=[Related(v.place, f"{v.folder or 'target'}: {v.shown}") for v in own],
            )  # fmt: skip


@rule(
    level="fail",
    fix="Give each set of -D a build directory of its own, or keep the tests apart.",
)
def shared_cmake_dir(variants: BuildVariants, layout: Layout) -> Iterator[Finding]:
    """Two configures that tests may start at the same time do not share a build directory when
    their -D differ."""
    for shared in variants.shared:
        if shared.tool == "cmake":
            yield _finding(shared, layout, "configured")


@rule(
    level="warn",
    fix="Configure one after the other, or copy the source: config.h is written into it.",
)
def zenoh_header(
    variants: BuildVariants, releases: ZenohRelease, layout: Layout
) -> Iterator[Finding]:
    """Two build directories of one zenoh-pico source with different Z_FEATURE values are not
    configured at the same time: up to 1.9.0 its CMakeLists writes config.h into the source."""
    own = [
        variant
        for variant in variants.variants
        if variant.tool == "cmake" and variant.options and "zenoh-pico" in variant.folder
    ]
    features = {frozenset(o for o in v.options or () if "Z_FEATURE_" in o) for v in own}
    folders = {variant.folder for variant in own}
    release = releases.version
    fixed = release is not None and (release.major, release.minor) > (1, 9)
    if len(features) > 1 and len(folders) > 1 and not fixed:
        place = own[0].place
        yield warn(
            place, "several build directories of one zenoh-pico write one config.h",
            subject="zenoh-pico", platform=layout.platform_of(place.path),
            related=[Related(v.place, f"{v.folder}: {v.shown}") for v in own],
        )  # fmt: skip


@rule(
    level="fail",
    tag="seed",
    fix="Ignore it; one pattern such as /target*/ covers directories that are added later.",
)
def not_ignored(folders: TargetFolders) -> Iterator[Finding]:
    """A target directory that the tree names and that lies inside of it is ignored by git."""
    for folder in folders.folders:
        if folder.ignored_by is None:
            message = f"{folder.folder}/ is named as target directory, and no pattern ignores it"
            yield fail(folder.place, message, subject=folder.folder)
        else:
            message = f"{folder.folder}/ is ignored"
            related = [Related(Place(folder.ignored_by), "by this file")]
            yield ok(folder.place, message, subject=folder.folder, related=related)


@rule(level="fail", fix="git rm -r --cached the directory, and ignore it.")
def tracked(folders: TargetFolders) -> Iterator[Finding]:
    """Git tracks no file below a target directory."""
    for folder in folders.folders:
        if folder.tracked:
            message = f"git tracks {len(folder.tracked)} files below {folder.folder}/"
            related = [Related(folder.place, "it is a target directory")]
            yield fail(Place(folder.tracked[0]), message, subject=folder.folder, related=related)


@rule(
    level="warn",
    fix="Derive the directory from the workspace root (cargo locate-project --workspace): a target "
    "directory serves one root.",
)
def cross_workspace(variants: BuildVariants, layout: Layout) -> Iterator[Finding]:
    """A build function that is handed different manifests does not force one target directory on
    all of them: crates that two workspaces share are then built twice and collide."""
    for path, function in variants.functions:
        place = Place(path, function.folder_line)
        subject, platform = f"{path}:{function.name}", layout.platform_of(path)
        if function.keyed:
            message = "the target directory follows the manifest"
            yield ok(place, message, subject=subject, platform=platform)
        else:
            shown = ", ".join(function.manifests[:3])
            message = f"{function.folder} serves every manifest ({shown})"
            related = [Related(Place(path, function.line), f"in {function.name}()")]
            yield warn(place, message, subject=subject, platform=platform, related=related)


@rule(
    level="warn",
    fix="Write below OUT_DIR, or to a temporary file beside it that std::fs::rename puts in place.",
)
def source_write(shared: SharedWrites, layout: Layout) -> Iterator[Finding]:
    """A build script that builds with target directories of their own run at the same time writes
    no file of the source tree, where one of them reads what another is still writing."""
    for write in shared.writes:
        make, message = ok, f"{write.path} is put into the source tree in one step"
        if not write.atomic:
            shown = f"the build script of {write.package} writes {write.path} into the source tree"
            make, message = warn, f"{shown}, which {len(write.users)} workspaces build"
        yield make(
            write.place, message, subject=write.path,
            platform=layout.platform_of(write.place.path),
            related=[Related(Place(user), "builds it") for user in write.users[:4]],
        )  # fmt: skip
