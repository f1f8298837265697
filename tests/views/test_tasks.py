"""Tasks of a target: entry, stack with its unit, priority, in C and in Rust."""

from pathlib import Path

from pitfalls.cache import Cache
from pitfalls.config import Config
from pitfalls.index import Index
from pitfalls.source import Source, View, closure
from pitfalls.tree import FolderTree
from pitfalls.views.task_makers import Task
from pitfalls.views.tasks import Tasks

CONFIG = "#define configMAX_PRIORITIES 8\n#define configMINIMAL_STACK_SIZE 128\n"


def tasks(folder: Path, files: dict[str, str]) -> list[Task]:
    """The tasks of a small tree with one configuration."""
    for path, content in {"FreeRTOSConfig.h": CONFIG, **files}.items():
        full = folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(content)
    ordered, selections = closure([Tasks])
    index = Index(FolderTree(folder), Config(), Cache(None))
    index.prepare(s for s in selections if not s.lazy)
    views: dict[type[View], View] = {}
    for view in ordered:
        views[view] = view.build(Source(index, view, views))
    found = views[Tasks]
    assert isinstance(found, Tasks)
    return [task for target in found.targets for task in target.tasks]


def shown(found: list[Task]) -> list[tuple[str, int | None, str, int | None]]:
    """Entry, stack, unit and priority."""
    return [(t.entry, t.stack.number, t.unit, t.priority.number) for t in found]


def test_every_api_has_its_unit(tmp_path: Path) -> None:
    """Words, bytes, or what lwIP's port makes of it."""
    code = (
        "static const osThreadAttr_t how = { .stack_size = 4 * 512, .priority = osPriorityHigh };\n"
        "void start(void) {\n"
        '    xTaskCreate(a, "a", configMINIMAL_STACK_SIZE * 2, NULL, tskIDLE_PRIORITY + 1, NULL);\n'
        "    osThreadNew(b, NULL, &how);\n"
        '    sys_thread_new("c", c, NULL, 1024, 3);\n'
        '    tx_thread_create(&t, "d", d, 0, stack, 4096, 5, 5, 0, 1);\n'
        "}\n"
    )
    assert shown(tasks(tmp_path, {"main.c": code})) == [
        ("a", 256, "words", 1),
        ("b", 2048, "bytes", 40),
        ("c", 1024, "port", 3),
        ("d", 4096, "bytes", 5),
    ]


def test_a_wrapper_that_is_only_declared_is_known_by_its_parameters(tmp_path: Path) -> None:
    """Rust calls a function of C that a build script writes."""
    code = (
        'unsafe extern "C" {\n'
        "    fn rtos_create_task(entry: Entry, name: *const u8, stack_words: u32, prio: u32);\n"
        "}\n"
        "const STACK: u32 = 16_384;\nconst LEVEL: u32 = 3;\n"
        "pub fn run() { unsafe { rtos_create_task(app::<F>, NAME, STACK, LEVEL) } }\n"
    )
    assert shown(tasks(tmp_path, {"src/node.rs": code})) == [("app", 16384, "words", 3)]


def test_a_wrapper_in_c_is_followed_from_its_callers(tmp_path: Path) -> None:
    """The wrapper itself makes no task; each call of it does."""
    files = {
        "glue.c": (
            "int make(void (*run)(void *), int bytes, int level) {\n"
            '    return xTaskCreate(run, "t", bytes / 4, NULL, level, NULL);\n}\n'
        ),
        "main.c": "void f(void) { make(one, 2048, 2); make(two, 4096, 3); }\n",
    }
    assert shown(tasks(tmp_path, files)) == [("one", 512, "words", 2), ("two", 1024, "words", 3)]


def test_expressions_that_refer_to_each_other_end(tmp_path: Path) -> None:
    """Circular and exploding definitions do not resolve, and do not take for ever."""
    wide = "".join(f"#define A{n} ({' + '.join([f'A{n + 1}'] * 40)})\n" for n in range(20))
    code = f"{wide}#define B C\n#define C B\nvoid f(void) {{\n"
    code += "    xTaskCreate(a, 0, B, 0, A0, 0);\n}\n"
    assert shown(tasks(tmp_path, {"main.c": code})) == [("a", None, "words", None)]


def test_cmsis_priorities_are_of_one_generation(tmp_path: Path) -> None:
    """Where a task is made by osThreadDef (version 1), osPriority names count as there everywhere;
    version 2 has other numbers."""
    first = (
        "void start(void) {\n"
        "    osThreadDef(Input, input, osPriorityRealtime, 0, 256);\n"
        '    sys_thread_new("web", web, NULL, 1024, osPriorityAboveNormal);\n'
        "}\n"
    )
    found = {t.entry: t.priority.number for t in tasks(tmp_path / "1", {"main.c": first})}
    assert found == {"input": 6, "web": 4}
    second = first.replace("    osThreadDef(Input, input, osPriorityRealtime, 0, 256);\n", "")
    found = {t.entry: t.priority.number for t in tasks(tmp_path / "2", {"main.c": second})}
    assert found == {"web": 32}
