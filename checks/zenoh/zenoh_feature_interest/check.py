"""INTEREST of zenoh-pico: one value in all builds of a tree, with what it depends on."""

from collections import Counter
from collections.abc import Iterator

from pitfalls import Finding, FindingMaker, Place, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.zenoh_builds import Feature, ZenohBuild, ZenohBuilds
from pitfalls.views.zenoh_cc_builds import ZenohCcBuilds
from pitfalls.views.zenoh_pools import MUTEXES, Pool, ZephyrSession, ZephyrSessions

Judgement = tuple[FindingMaker, str]

GUARDED_SINCE = (1, 3, 1)
"""From this release on zenoh-pico's own CMake switches MATCHING off when INTEREST is off."""

UNCOUNTED_MUTEXES = 16
"""A mutex pool of this size is taken for enough when the entities cannot be counted."""


@rule(level="warn", tag="seed:history", fix="Leave Z_FEATURE_INTEREST at 1 in every build.")
def disable_interest(builds: ZenohBuilds) -> Iterator[Finding]:
    """The original asked for INTEREST 0 in every build; that stops the router from routing to
    clients of other builds, and was taken back."""
    for build in builds.builds:
        if build.interest.value:
            yield note(
                build.interest.place,
                f"INTEREST is {_shown(build.interest)}: the original text wanted 0",
                subject=build.subject,
                platform=build.platform,
            )


@rule(
    level="fail",
    tag="seed",
    fix="Set Z_FEATURE_MATCHING to 0 wherever Z_FEATURE_INTEREST is 0, or both to 1.",
)
def matching_without_interest(builds: ZenohBuilds) -> Iterator[Finding]:
    """No build has MATCHING 1 with INTEREST 0, unless zenoh-pico's own CMake (from 1.3.1) switches
    MATCHING off by itself."""
    for build in builds.builds:
        interest, matching = build.interest, build.matching
        pair = f"INTEREST {_shown(interest)}, MATCHING {_shown(matching)}"
        make, message = ok, pair
        if interest.value is None or matching.value is None:
            make, message = unknown, f"{pair}; {_undecided(build)}"
        elif matching.value and not interest.value:
            make, message = _unguarded(build, pair)
        yield make(
            matching.place if matching.is_set and make is fail else interest.place,
            message,
            subject=build.subject,
            platform=build.platform,
            related=[Related(matching.place, f"MATCHING {_shown(matching)}")],
        )


@rule(level="fail", fix="Give every build that can share a router the same Z_FEATURE_INTEREST.")
def interest_disagrees(builds: ZenohBuilds) -> Iterator[Finding]:
    """All builds of zenoh-pico in the tree have the same INTEREST: a client without it is not
    told about subscribers behind the router, one with it waits for declarations. A warning where
    a header that is not in the tree tells whether the odd value wins."""
    decided = [build for build in builds.builds if build.interest.value is not None]
    if len(decided) < 2:
        return
    # The odd ones out are shown; of two equal halves, those without the protocol.
    counts = Counter(build.interest.value for build in decided)
    common = max(counts, key=lambda value: (counts[value], value or 0))
    usual = [build for build in decided if build.interest.value == common]
    other = next((build for build in usual if build.interest.seen), usual[0])
    for build in decided:
        agrees = build.interest.value == common
        make, unlike = ok, ""
        if not agrees:
            make = fail if build.interest.seen and other.interest.seen else warn
            unlike = f" and {common} in {counts[common]} other builds"
        yield make(
            build.interest.place,
            f"INTEREST is {_shown(build.interest)}{unlike}",
            subject=build.subject,
            platform=build.platform,
            related=[]
            if agrees
            else [Related(other.interest.place, f"INTEREST is {_shown(other.interest)}")],
        )


@rule(level="fail", fix="Raise CONFIG_MAX_PTHREAD_MUTEX_COUNT and CONFIG_MAX_PTHREAD_COND_COUNT.")
def mutex_pool(zephyr: ZephyrSessions) -> Iterator[Finding]:
    """Zephyr's static pools of POSIX mutexes and condition variables hold what a zenoh-pico
    session with its publishers and subscribers takes."""
    for session in zephyr.sessions:
        for pool in session.pools:
            make, message = _judge_pool(session, pool)
            yield make(
                pool.place,
                message,
                subject=session.application,
                platform="zephyr",
                related=[Related(session.switch, "zenoh-pico is switched on")],
            )


@rule(level="fail", fix="Compile the library and everything that includes its headers alike.")
def header_skew(builds: ZenohBuilds, compiled: ZenohCcBuilds) -> Iterator[Finding]:
    """Code that includes zenoh-pico's headers has the same Z_FEATURE_* as the library it links:
    they change the layout of structures."""
    for path, theirs, ours in (*builds.skewed(), *compiled.skewed(builds.fixes)):
        values = (ours.integer, theirs.integer)
        make = unknown if None in values else ok if values[0] == values[1] else fail
        yield make(
            Place(path, ours.line),
            f"{ours.scope} is compiled with {ours.macro}={ours.value or '(computed)'}, and links"
            f" {theirs.scope} with {theirs.value or '(computed)'}",
            subject=builds.layout.subject_of(path),
            platform=builds.layout.platform_of(path),
            related=[Related(Place(path, theirs.line), f"{theirs.macro} of {theirs.scope}")],
        )
    for code in compiled.configured():
        make = unknown if code.same is None else ok if code.same else fail
        with_it = "with" if code.same else "which may lack" if code.same is None else "without"
        yield make(
            code.place,
            f"{code.name} includes zenoh-pico's headers {with_it} {code.folder}, where the"
            f" configuration of {code.library} is generated",
            subject=builds.layout.subject_of(code.place.path),
            platform=builds.layout.platform_of(code.place.path),
            related=[Related(code.at, f"{code.library} is compiled with {code.folder}")],
        )


@rule(level="warn", fix="Set the feature where zenoh-pico's configuration header is made.")
def ineffective_define(builds: ZenohBuilds) -> Iterator[Finding]:
    """A Z_FEATURE_* on the compiler line, or from Zephyr's Kconfig, does not meet another value in
    zenoh-pico's config.h, whose lines are not guarded and win."""
    for item in builds.overridden():
        yield warn(
            item.place,
            f"{item.text} has no effect: config.h defines {item.value} without a guard",
            subject=builds.layout.subject_of(item.place.path),
            platform=builds.layout.platform_of(item.place.path),
            related=[Related(item.header, f"{item.value}, not under #ifndef")],
        )


def _shown(feature: Feature) -> str:
    value = "not resolved" if feature.value is None else str(feature.value)
    return f"{value} ({feature.origin})"


def _undecided(build: ZenohBuild) -> str:
    return f"the value that {build.mechanism} passes at build time would decide"


def _unguarded(build: ZenohBuild, pair: str) -> Judgement:
    if build.mechanism != "CMake variable":
        return fail, f"{pair}: MATCHING needs INTEREST"
    if build.version is None:
        return unknown, f"{pair}; the release would decide: CMake switches MATCHING off from 1.3.1"
    release = build.version
    if (release.major, release.minor, release.patch) < GUARDED_SINCE:
        return fail, f"{pair}: MATCHING needs INTEREST, and CMake of {release.text} lets it pass"
    return ok, f"{pair}, which CMake of zenoh-pico {release.text} switches off"


def _judge_pool(session: ZephyrSession, pool: Pool) -> Judgement:
    counted = session.senders is not None
    origin = "" if pool.is_set else " (Zephyr's default)"
    what = f"CONFIG_{pool.option} is {pool.size}{origin}"
    who = "a session"
    if counted:
        who += f" with {session.senders} sending and {session.receivers} receiving entities"
    if pool.size is None:
        return unknown, f"CONFIG_{pool.option} is no number"
    if pool.size < pool.need.least:
        return fail, f"{what}; {who} takes at least {pool.need.least}"
    if not counted and pool.option == MUTEXES:
        if pool.size < UNCOUNTED_MUTEXES:
            return (
                warn,
                f"{what}; {who} alone takes up to {pool.need.most}, each publisher one more",
            )
        return ok, f"{what}, enough for {who} and about {pool.size - pool.need.most} entities"
    if not counted:
        return note, f"{what}; {who} alone takes up to {pool.need.most}"
    if pool.size < pool.need.most:
        return unknown, f"{what}; {who} takes up to {pool.need.most}, by zenoh-pico's release"
    return ok, f"{what}; {who} takes {pool.need.most}"
