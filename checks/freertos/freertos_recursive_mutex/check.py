"""zenoh-pico on FreeRTOS needs recursive mutexes: switched on, made, and used as such."""

from collections.abc import Callable, Iterator

from pitfalls import Finding, Place, Related, fail, ok, rule, unknown, warn
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs
from pitfalls.views.freertos_mutex_needs import Need
from pitfalls.views.freertos_mutexes import Creation, FreeRTOSMutexes

RECURSIVE = "configUSE_RECURSIVE_MUTEXES"
MUTEXES = "configUSE_MUTEXES"


@rule(level="fail", tag="seed", fix=f"Define {RECURSIVE} as 1 in FreeRTOSConfig.h.")
def macro(configs: FreeRTOSConfigs, mutexes: FreeRTOSMutexes) -> Iterator[Finding]:
    """A FreeRTOS target that uses recursive mutexes resolves configUSE_RECURSIVE_MUTEXES to a
    value other than 0; the kernel's default is 0."""
    for config in configs.configs:
        need = _strongest(mutexes.needs(config))
        if need is None:
            continue
        make, message = _judge_macro(config, need)
        yield make(
            config.place(RECURSIVE),
            message,
            subject=config.subject,
            platform=config.platform,
            related=[need.related],
        )


@rule(level="fail", fix=f"Define {MUTEXES} as 1 beside {RECURSIVE}.")
def mutexes_off(configs: FreeRTOSConfigs, mutexes: FreeRTOSMutexes) -> Iterator[Finding]:
    """Where recursive mutexes are switched on, configUSE_MUTEXES is 1 too: without it the kernel
    does not compile."""
    for config in configs.configs:
        if not mutexes.needs(config) or not config.value(RECURSIVE, 0):
            continue
        plain = config.value(MUTEXES, 0)
        make = unknown if plain is None else ok if plain == 1 else fail
        value = "is not resolved" if plain is None else f"is {_shown(config, MUTEXES)}"
        yield make(
            config.place(MUTEXES),
            f"{MUTEXES} {value}, {RECURSIVE} is {config.value(RECURSIVE)}",
            subject=config.subject,
            platform=config.platform,
            related=[Related(config.place(RECURSIVE), RECURSIVE)],
        )


@rule(level="fail", fix="Create the mutex with xSemaphoreCreateRecursiveMutex.")
def plain_api(mutexes: FreeRTOSMutexes) -> Iterator[Finding]:
    """A function that implements zenoh-pico's recursive mutex creates a recursive one; a plain one
    for `_z_mutex_t` differs from zenoh-pico's own FreeRTOS port and is a warning."""
    for creation in mutexes.creations():
        if creation.created.recursive:
            make, kind = ok, "a recursive mutex"
        else:
            make, kind = (fail if creation.recursive else warn), "one that is not recursive"
        yield make(
            Place(creation.path, creation.created.line),
            f"{creation.function.name} makes {kind}: {creation.created.name}",
            subject=mutexes.layout.subject_of(creation.path),
            platform=mutexes.layout.platform_of(creation.path) or "freertos",
            related=_chain(creation),
        )


@rule(
    level="fail", fix="Take and give a recursive mutex with the Recursive calls, a plain one not."
)
def mixed_api(mutexes: FreeRTOSMutexes) -> Iterator[Finding]:
    """A mutex is taken and given by the calls of the kind that it was created with."""
    for pair in mutexes.pairs():
        make = ok if pair.fits else fail
        yield make(
            Place(pair.path, pair.use.line),
            f"{pair.function} calls {pair.use.name} on a mutex made by {pair.create.name}",
            subject=mutexes.layout.subject_of(pair.path),
            platform=mutexes.layout.platform_of(pair.path) or "freertos",
            related=[Related(Place(pair.path, pair.create.line), pair.create.name)],
        )


@rule(level="fail", fix="Back the mutex by the kernel's own, or stop the build with #error.")
def stub(mutexes: FreeRTOSMutexes) -> Iterator[Finding]:
    """On a kernel with threads, the function that should make the recursive mutex does more than
    return an error: a caller that ignores it holds a mutex that does not lock."""
    for creation in mutexes.stubs():
        if creation.stub is None:
            continue
        branch = " and ".join(creation.function.conditions)
        yield fail(
            Place(creation.path, creation.stub.line, creation.stub.end_line),
            f"{creation.function.name} makes no mutex: {creation.stub.name} only returns"
            f" {creation.stub.constant}" + (f" when {branch}" if branch else ""),
            subject=mutexes.layout.subject_of(creation.path),
            platform=mutexes.layout.platform_of(creation.path),
            related=_chain(creation),
        )


def _strongest(needs: tuple[Need, ...]) -> Need | None:
    """Evidence of the own project before evidence elsewhere, resolved before unresolved."""
    return max(needs, key=lambda need: (need.own, need.threads is not None), default=None)


def _judge_macro(config: FreeRTOSConfig, need: Need) -> tuple[Callable[..., Finding], str]:
    value = config.value(RECURSIVE, 0)
    shown = _shown(config, RECURSIVE)
    if value:
        return ok, f"{RECURSIVE} is {shown}"
    if value is None:
        return unknown, f"{RECURSIVE} is {shown}: something outside the tree decides"
    if need.threads is None:
        return unknown, f"{RECURSIVE} is {shown}; the value of Z_FEATURE_MULTI_THREAD would decide"
    if not need.own:
        return unknown, f"{RECURSIVE} is {shown}; whether this target links the code would decide"
    return fail, f"{RECURSIVE} is {shown}, and the target uses recursive mutexes"


def _shown(config: FreeRTOSConfig, name: str) -> str:
    macro = config.get(name)
    if macro is None or macro.state == "undefined":
        missing = ", ".join(include.name for include in config.missing)
        return f"not defined (it may be in {missing})" if missing else "not defined, so 0"
    return macro.text or macro.state


def _chain(creation: Creation) -> list[Related]:
    return [
        Related(Place(creation.path, call.line), f"{function.name} calls {call.name}")
        for function, call in creation.calls[: None if creation.stub else -1]
    ]
