"""What a test starts must end when the test runner is killed."""

from collections.abc import Iterator

from pitfalls import Finding, FindingMaker, Related, fail, ok, rule, unknown, warn
from pitfalls.views.kill_sites import KillSites
from pitfalls.views.process_roles import is_debugger
from pitfalls.views.spawn_sites import SpawnSites

MAX_HOPS = 8

REACH: dict[str, tuple[FindingMaker, str]] = {
    "host": (fail, "on the host, whoever started it"),
    "project": (warn, "that runs from such a path, also those of another run or checkout"),
    "run": (warn, "that carries this mark, whoever set it"),
    "action": (
        unknown,
        "on the host, whoever started it; whether the action that gets it runs it in a container"
        " would decide",
    ),
    "bench": (warn, "on the machine, the server of another board's probe too"),
    "job": (warn, "where it runs: its own in a hosted job or a container, everybody's elsewhere"),
}


@rule(
    level="fail",
    tag="seed",
    fix="Set PR_SET_PDEATHSIG in pre_exec (and check getppid() after it), or start the program "
    "through `setpriv --pdeathsig KILL`.",
)
def unguarded_spawn(spawns: SpawnSites) -> Iterator[Finding]:
    """A long-running program that test code starts gets the parent-death signal. A warning when
    only a teardown ends it, which does not run when the test runner is killed, when a script is
    there to start it, and for a debug server."""
    for site in spawns.sites:
        related = [hop for hop in (site.guard, site.teardown) if hop is not None]
        if site.guard is not None:
            make, text = ok, "is ended with the process that started it"
        elif site.long_running is None:
            make, text = unknown, "gets no parent-death signal; its name does not tell its role"
        elif site.teardown is not None:
            make, text = warn, "is ended by a teardown only, which a killed runner does not run"
        elif site.left:
            make, text = warn, "is left running for whoever calls the script"
        elif is_debugger(site.program):
            make, text = warn, "stays behind: a debug server that the next run meets"
        else:
            make, text = fail, "has neither parent-death signal nor teardown"
        yield make(
            site.place, f"{site.program} {text}", subject=site.subject, related=related
        )  # fmt: skip


@rule(
    level="fail",
    tag="seed",
    fix="End the processes that you recorded: by pid, by process group, or with `pkill -P $$`.",
)
def kill_by_name(sites: KillSites) -> Iterator[Finding]:
    """No script, recipe, test or CI step ends processes by name or by port: on a shared host they
    may be somebody else's. A warning where the pattern names a path of this project or holds the
    mark of a run, in a job of a hosted runner or container, which nobody shares, in the entry
    script of a container, and where it is a debug server, a tool of somebody's bench; undecided
    where an action of a workflow gets the command."""
    for kill in sites.kills:
        make, text = REACH[kill.reach]
        yield make(kill.place, f"`{kill.text}` ends every match {text}", subject=kill.subject)


@rule(level="warn", fix="Keep the handle in a value that is dropped, or set the death signal.")
def static_drop(spawns: SpawnSites) -> Iterator[Finding]:
    """A child's handle does not live in a static when only its Drop ends the child: Rust never
    drops a static."""
    for handle in spawns.static_handles:
        yield warn(
            handle.place, f"a static holds {handle.type}, whose Drop ends the child: it never runs",
            subject=handle.type,
            related=[Related(handle.drop, f"Drop of `{handle.type}`")],
        )  # fmt: skip


@rule(
    level="warn",
    fix="Record the process group in a file, and end recorded groups before the next run.",
)
def grandchild(spawns: SpawnSites) -> Iterator[Finding]:
    """The parent-death signal ends one level: where a guarded spawn starts a shell chain,
    something outside the test ends the process groups that are left."""
    for shells in spawns.guarded_shells:
        number = len(shells.hops)
        count = f"shell chains behind it: {number}"
        if spawns.sweeps:
            swept = Related(spawns.sweeps[0], "ends the groups that earlier runs left")
            yield ok(
                shells.place, f"{count}, and recorded process groups are ended later",
                subject=shells.subject, related=[swept, *shells.hops[:MAX_HOPS]],
            )  # fmt: skip
        else:
            yield warn(
                shells.place,
                f"{count}: the signal ends the shell, and what that started lives on",
                subject=shells.subject,
                related=shells.hops[:MAX_HOPS],
            )


@rule(level="warn", fix="Write `timeout --foreground`: the command stays in the recorded group.")
def timeout_group(spawns: SpawnSites) -> Iterator[Finding]:
    """``timeout`` in a chain keeps the process group: without ``--foreground`` it makes another,
    and ending the recorded one misses the command."""
    for chains in spawns.timeouts:
        yield warn(
            chains.place,
            f"`timeout` without --foreground leaves the group ({len(chains.hops)} in this file)",
            subject=chains.subject,
            related=chains.hops[:MAX_HOPS],
        )
