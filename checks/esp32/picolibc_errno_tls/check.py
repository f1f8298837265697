"""The errno of picolibc is thread-local: set that storage up, or bring an errno of your own."""

from collections.abc import Iterator

from pitfalls import Finding, FindingMaker, Place, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.c_libraries import CLibraries
from pitfalls.views.libc_builds import LibcBuild

_STARTS = "whether picolibc's own crt0 starts the image would decide; no -nostartfiles was seen"


@rule(
    level="fail",
    tag="seed",
    fix="Search a folder with an errno.h of your own before picolibc's (-I), or define"
    " __PICOLIBC_ERRNO_FUNCTION, or set up tp and TLS before main.",
)
def tls_errno(libraries: CLibraries) -> Iterator[Finding]:
    """C that uses errno is compiled against picolibc for bare metal only with TLS set up, or with
    an errno of the project's own."""
    for build in libraries.builds:
        if build.picolibc is None or build.override == "behind":
            continue
        names = [flag.value for flag in build.build.flags if flag.kind == "forced"]
        header = next((h for h in map(libraries.header, names) if h is not None), None)
        if header is None:
            make, message = _judge(build)
            yield _finding(make, build, message)
        elif header[1].guards:
            yield _finding(ok, build, f"{build.name} forces a header that keeps picolibc's out")


@rule(level="fail", fix="Give the folder with -I, before picolibc's folder.")
def override_order(libraries: CLibraries) -> Iterator[Finding]:
    """A folder with an errno.h of the project's own is searched before picolibc's."""
    for build in libraries.builds:
        if build.own is not None and build.override == "behind":
            yield fail(
                Place(build.path, build.own.line),
                f"the errno.h of {build.name} is never found: {build.why}",
                subject=build.subject,
                platform=build.platform,
                related=[Related(build.place, "picolibc is selected here")],
            )


@rule(level="warn", tag="seed:history", fix="Search a folder with your own errno.h first.")
def forced_include(libraries: CLibraries) -> Iterator[Finding]:
    """The original asked for -include of a header that declares errno. With picolibc's errno.h
    behind it that does not compile; a folder that is searched first works."""
    for build in libraries.builds:
        forced = any(flag.kind == "forced" for flag in build.build.flags)
        if build.picolibc is not None and not forced:
            yield _finding(note, build, f"{build.name} forces no errno header with -include")


@rule(level="fail", fix="Define picolibc's include guards in the header, or search it as errno.h.")
def forced_include_conflict(libraries: CLibraries) -> Iterator[Finding]:
    """A header that -include forces does not declare a plain errno while sources include
    picolibc's errno.h after it: the second declaration is an error."""
    for build in libraries.builds:
        for flag in build.build.flags:
            header = libraries.header(flag.value) if flag.kind == "forced" else None
            includer = libraries.includers(build.folder)
            if header is None or includer is None or build.override == "first":
                continue
            make = ok if header[1].guards else fail
            yield make(
                Place(build.path, flag.line),
                f"{flag.value} declares errno and keeps picolibc's header out"
                if header[1].guards
                else f"{flag.value} declares errno, and picolibc's errno.h declares it again",
                subject=build.subject,
                platform=build.platform,
                related=[
                    Related(header[0], "extern int errno"),
                    Related(includer, "errno.h is included"),
                ],
            )


@rule(level="fail", fix="Define the function in the project, or set up TLS before main.")
def archive_tls(libraries: CLibraries) -> Iterator[Finding]:
    """An image that links picolibc's archive without setting TLS up calls none of its functions
    that keep state in thread-local storage."""
    for build in libraries.builds:
        if not build.build.links:
            continue
        place = Place(build.path, build.build.links)
        if build.sets_up is not None:
            yield ok(
                place,
                "the start-up sets the thread pointer for picolibc's archive",
                subject=build.subject,
                platform=build.platform,
                related=[Related(build.sets_up, "the thread pointer is set")],
            )
            continue
        if build.no_tls and build.plain is not None:
            yield ok(
                place, "picolibc is built without thread-local storage", subject=build.subject,
                platform=build.platform, related=[Related(build.plain, "the option is set")],
            )  # fmt: skip
            continue
        calls = list(libraries.thread_local_calls(build.folder))
        for path, call in calls:
            reached = f"{call.name}() of picolibc's archive reaches thread-local storage"
            yield (unknown if build.crt0 else fail)(
                Place(path, call.line),
                f"{reached}: {_STARTS}" if build.crt0 else f"{reached} that nothing sets up",
                subject=build.subject,
                platform=build.platform,
                related=[Related(place, "picolibc's archive is linked here")],
            )
        if not calls:
            yield ok(
                place,
                "no function of the archive that keeps state in TLS is called",
                subject=build.subject,
                platform=build.platform,
            )


@rule(level="warn", fix="Define `int errno;` in one file of the image.")
def errno_definition(libraries: CLibraries) -> Iterator[Finding]:
    """Where an errno.h of the project's own declares a plain errno, the project defines it."""
    defined = libraries.defines()
    for build in libraries.builds:
        if build.override != "first" or build.own is None:
            continue
        own = [p for p in defined if p.path.startswith(f"{build.folder}/")]
        make, message = ok, "errno is defined in the tree"
        if not defined:
            make, message = warn, "nothing in the tree defines the errno that the header declares"
        elif len(own) > 1:
            make, message = warn, f"errno is defined {len(own)} times in this target"
        yield make(
            Place(build.path, build.own.line),
            message,
            subject=build.subject,
            platform=build.platform,
            related=[Related(place, "errno is defined here") for place in (own or defined)[:3]],
        )


@rule(level="fail", fix="Take picolibc only when the compiler accepts --specs=picolibc.specs.")
def mixed_libc(libraries: CLibraries) -> Iterator[Finding]:
    """Headers of picolibc are not handed to a compiler that brings another C library: its errno is
    thread-local in another way, and nothing defines `__emutls_v.errno`."""
    for one in libraries.mixed:
        make = ok if one.checked else fail
        yield make(
            one.place,
            "the compiler's answer is looked at before picolibc's folder is taken"
            if one.checked
            else f"picolibc's folder is taken whatever the compiler answered, {one.other}-gcc too",
            subject=one.place.path,
        )


def _judge(build: LibcBuild) -> tuple[FindingMaker, str]:
    """Whether errno of one build works without a thread pointer, or has one."""
    if build.override == "first":
        return ok, f"{build.name} finds an errno.h of its own before picolibc's"
    if build.plain is not None:
        return ok, f"{build.name} builds picolibc with an errno that is not thread-local"
    if build.replaces_errno:
        return ok, f"{build.name} names a function for errno"
    if build.sets_up is not None:
        return ok, f"the start-up of {build.name} sets the thread pointer"
    if build.crt0:
        return unknown, f"{build.name}: {_STARTS}"
    if build.uses is not None:
        return fail, f"{build.name} compiles code that uses errno, which is thread-local here"
    return unknown, f"whether the sources of {build.name} use errno would decide"


def _finding(make: FindingMaker, build: LibcBuild, message: str) -> Finding:
    hops = [
        Related(place, text)
        for place, text in ((build.uses, "errno is used"), (build.sets_up, "the thread pointer"))
        if place is not None and place != build.place
    ]
    return make(build.place, message, subject=build.subject, platform=build.platform, related=hops)
