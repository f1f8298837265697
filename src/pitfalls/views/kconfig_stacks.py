"""Stacks that Kconfig sizes: Zephyr, NuttX and ESP-IDF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from pitfalls.formats import kconfig, zephyr_threads
from pitfalls.formats.c_expression import evaluate, tokenize
from pitfalls.formats.kconfig import KconfigFile
from pitfalls.formats.task_code import Function, TaskCode
from pitfalls.formats.zephyr_threads import ZephyrThreads
from pitfalls.model import Place, Related
from pitfalls.source import Located, Selection, Source, any_of
from pitfalls.views.build_definitions import BuildDefinitions
from pitfalls.views.kconfig import Configuration, Value, ZephyrConfigurations
from pitfalls.views.layout import Layout
from pitfalls.views.stack import (
    LargeObject,
    Stack,
    definitions,
    large_objects,
    literal,
    opens_session,
    reached,
    small_executors,
)
from pitfalls.views.stack_rows import ROWS, StackRow
from pitfalls.views.tasks import C_CODE, RUST_CODE
from pitfalls.views.zephyr_programs import is_kernel_only
from pitfalls.views.zephyr_zenoh import with_zenoh

RTOS_CONFIGS = Selection(
    name="NuttX and ESP-IDF configurations",
    type=KconfigFile,
    parse=kconfig.parse,
    names=("defconfig", "sdkconfig", "sdkconfig.*"),
    needles=(b"STACK", b"CONFIG_ARCH", b"CONFIG_IDF", b"HEAP"),
)
THREADS = Selection(
    name="Zephyr threads",
    type=ZephyrThreads,
    parse=zephyr_threads.parse,
    names=("*.c", "*.cpp"),
    needles=(b"K_THREAD_STACK_DEFINE", b"K_KERNEL_STACK_DEFINE", b"K_THREAD_DEFINE", b"K_WORK_",
             b"k_work_init"),
)  # fmt: skip

HOST_BOARD = re.compile(r"native_(?:sim|posix)|unit_testing|nsim_posix")
"""Boards that are programs of the host, whose main thread has the host's stack."""

_MAIN_DEFAULT = 1024
_ESP_MAIN_DEFAULT = 3584
_NUTTX_DEFAULT = 2048
_MAINS = ("main", "rust_main", "nros_app_main", "app_main")
_ZENOH_CALL = re.compile(r"z_\w+|zp_\w+|zpico_\w+|_z_\w+")
_MAX_FILES = 60


def zephyr_stacks(source: Source) -> Iterator[Stack]:
    """The main thread of every application that configures zenoh, and threads that run it."""
    view = source.view(ZephyrConfigurations)
    layout = source.view(Layout)
    seen: set[tuple[str, Place]] = set()
    small = small_executors(source)
    every = (*view.configurations, *view.fragments)
    for configuration, chosen in with_zenoh(source, every):
        fragment = configuration in view.fragments
        if HOST_BOARD.search(configuration.board or configuration.files[-1]):
            continue
        if not fragment and only_on_host(configuration, view.configurations):
            continue
        value = configuration.get("MAIN_STACK_SIZE")
        if (value is None and fragment) or is_kernel_only(source, configuration.application):
            continue
        place = value.place if value is not None else Place(configuration.files[0])
        if (configuration.application, place) in seen:
            continue
        seen.add((configuration.application, place))
        files = [] if fragment else list(_code(source, layout, configuration.application))
        by_name = definitions(files)
        functions = next((r for name in _MAINS if (r := reached(name, by_name))), [])
        boards = _boards(configuration, view.configurations)
        main = _main(configuration, value, place, chosen, functions, small, bool(boards))
        yield main
        yield from _port_tasks(configuration, main)
        yield from _threads(source, configuration, files)


def only_on_host(configuration: Configuration, every: Iterable[Configuration]) -> bool:
    """Whether the boards that an application has files for are all programs of the host."""
    boards = _boards(configuration, every)
    return bool(boards) and all(HOST_BOARD.search(board) for board in boards)


def _boards(configuration: Configuration, every: Iterable[Configuration]) -> list[str]:
    """The boards that an application has files for."""
    return [c.board for c in every if c.application == configuration.application and c.board]


def _main(
    configuration: Configuration,
    value: Value | None,
    place: Place,
    chosen: Place,
    functions: list[tuple[str, Function]],
    small: frozenset[str],
    certain: bool,
) -> Stack:
    chain = [Related(chosen, "zenoh is configured here")]
    opened = opens_session(functions)
    if opened is not None:
        chain.append(Related(opened, "the session is opened here"))
    how = "" if value is not None else "Zephyr's default for CONFIG_MAIN_STACK_SIZE"
    size = literal(value.text) if value is not None else _MAIN_DEFAULT
    return Stack(
        ROWS["zp_open"], "the main thread", size, place, configuration.application, "zephyr", how,
        "CONFIG_MAIN_STACK_SIZE", tuple(chain), _objects(functions, small),
        certain=certain,
    )  # fmt: skip


def _port_tasks(configuration: Configuration, main: Stack) -> Iterator[Stack]:
    """The tasks of zenoh-pico's own port, each with a stack of CONFIG_MAIN_STACK_SIZE [V 1.7.2 and
    1.9.0]: only where a line sets less than they need, since the main thread has its own row."""
    row = ROWS["zp_wq"]
    given = configuration.get("ZENOH_PICO") and configuration.get("MAIN_STACK_SIZE")
    if given and main.size is not None and main.size < (row.minimum or 0):
        yield replace(main, row=row, name="each task of zenoh-pico", objects=())


def _objects(
    functions: list[tuple[str, Function]], small: frozenset[str]
) -> tuple[LargeObject, ...]:
    def count(text: str, _path: str, _function: Function, _line: int) -> int | None:
        return literal(text)

    return tuple(large_objects(functions, count, small))


def _code(
    source: Source, layout: Layout, application: str, *names: bytes
) -> Iterator[Located[TaskCode]]:
    """The code of an application that mentions a session, an executor, or one of ``names``."""
    prefix = "" if application == "." else application + "/"
    named = any_of((b"z_open", b"xecutor", *names))
    for selection in (C_CODE, RUST_CODE):
        own = (p for p in source.candidates(selection) if p.startswith(prefix))
        mentioning = (p for p in own if layout.is_evidence(p) and source.matches(p, named))
        for path in islice(mentioning, _MAX_FILES):
            facts = source.fact(selection, path)
            if facts is not None:
                yield Located(path, facts)


def _threads(
    source: Source, configuration: Configuration, files: list[Located[TaskCode]]
) -> Iterator[Stack]:
    """Threads of their own, and the system work queue, where they run zenoh."""
    prefix = "" if configuration.application == "." else configuration.application + "/"
    for file in source.facts(THREADS):
        if not file.path.startswith(prefix):
            continue
        for thread in file.facts.threads:
            if _runs_zenoh(thread.entry, files):
                size, place = _sized(thread.size, Place(file.path, thread.line), configuration)
                yield _thread(f"the thread {thread.entry}", size, place, configuration, thread.size)
        for handler, line in file.facts.handlers:
            if _runs_zenoh(handler, files):
                name = "SYSTEM_WORKQUEUE_STACK_SIZE"
                value = configuration.get(name)
                at = Place(file.path, line)
                place = value.place if value is not None else at
                size = literal(value.text) if value is not None else 1024
                yield _thread("the system work queue", size, place, configuration,
                              f"CONFIG_{name}", Related(at, f"{handler} runs zenoh"))  # fmt: skip


def _runs_zenoh(entry: str, files: list[Located[TaskCode]]) -> bool:
    return any(
        _ZENOH_CALL.fullmatch(c.name) for _, function in reached(entry, definitions(files))
        for c in function.calls
    )  # fmt: skip


def _sized(text: str, place: Place, configuration: Configuration) -> tuple[int | None, Place]:
    """The number behind a size, through options and literals; the place of the only option."""
    words = tokenize(text)
    options = {w: configuration.get(w.removeprefix("CONFIG_")) for w in words if w[:7] == "CONFIG_"}
    known = {name: option for name, option in options.items() if option is not None}
    number = evaluate([known[w].text if w in known else w for w in words])
    return number, next(iter(known.values())).place if len(known) == 1 else place


def _thread(
    name: str,
    size: int | None,
    place: Place,
    configuration: Configuration,
    missing: str,
    *hops: Related,
) -> Stack:
    return Stack(
        ROWS["zp_wq"], name, size, place, configuration.application, "zephyr", "", missing, hops
    )


def rtos_config_stacks(source: Source) -> Iterator[Stack]:
    """NuttX's init thread and pthread default, and ESP-IDF's main task, in trees with zenoh."""
    layout, builds = source.view(Layout), source.view(BuildDefinitions)
    marks = [Place(f.path, m.line) for f in builds.files for m in f.facts.marks]
    if not marks:
        return
    for file in source.facts(RTOS_CONFIGS):
        if not layout.is_evidence(file.path):
            continue
        values = {s.name: s for s in file.facts.settings}
        subject = layout.subject_of(file.path)
        if file.path.endswith("defconfig") and _is_nuttx(values, file.path):
            yield from _nuttx(file.path, values, subject)
        elif "sdkconfig" in file.path and builds.below("" if subject == "." else subject):
            name = "ESP_MAIN_TASK_STACK_SIZE"
            if name not in values and "sdkconfig.defaults" not in file.path:
                continue
            if _is_overridden(source, file.path):
                continue
            by_name = definitions(_code(source, layout, subject, b"app_main"))
            opened = next((o for m in _MAINS if (o := opens_session(reached(m, by_name)))), None)
            if opened is not None:
                stack = _setting(file.path, values, ROWS["esp_idf"], "the main task", subject,
                                 "esp-idf", (name,), _ESP_MAIN_DEFAULT)  # fmt: skip
                yield replace(stack, chain=(Related(opened, "the session is opened here"),))


def _is_overridden(source: Source, path: str) -> bool:
    """Whether a file of defaults lies beside the configuration that was made of it."""
    folder, _, name = path.rpartition("/")
    return name.startswith("sdkconfig.defaults") and any(
        other.rpartition("/")[0] == folder and not other.endswith(".defaults")
        and "sdkconfig.defaults" not in other and "sdkconfig.ci" not in other
        for other in source.candidates(RTOS_CONFIGS)
        if "sdkconfig" in other.rpartition("/")[2]
    )  # fmt: skip


def _is_nuttx(values: dict[str, kconfig.Setting], path: str) -> bool:
    return "nuttx" in path.lower() or "INIT_ENTRYPOINT" in values or "NSH_ARCHINIT" in values


def _nuttx(path: str, values: dict[str, kconfig.Setting], subject: str) -> Iterator[Stack]:
    default = "DEFAULT_TASK_STACKSIZE"
    yield _setting(path, values, ROWS["nx_init"], "the init thread", subject, "nuttx",
                   ("INIT_STACKSIZE", "USERMAIN_STACKSIZE", default), _NUTTX_DEFAULT)  # fmt: skip
    yield _setting(path, values, ROWS["nx_pth"], "a pthread", subject, "nuttx",
                   ("PTHREAD_STACK_DEFAULT", default), _NUTTX_DEFAULT)  # fmt: skip


def _setting(
    path: str,
    values: dict[str, kconfig.Setting],
    row: StackRow,
    name: str,
    subject: str,
    platform: str,
    options: tuple[str, ...],
    default: int,
) -> Stack:
    """The first of ``options`` that is set, else the default."""
    option = next((o for o in options if o in values), None)
    place = Place(path, values[option].line) if option else Place(path)
    size = literal(values[option].value) if option else default
    how = f"CONFIG_{option}" if option else f"the default of CONFIG_{options[0]}"
    return Stack(row, name, size, place, subject, platform, how, f"CONFIG_{options[0]}")
