"""RTOS002: what is flagged, what is not, what cannot be told."""

import pytest

from pitfalls.model import Verdict
from pitfalls.testing import examine, places

CONFIG = "app/FreeRTOSConfig.h"
CMAKE = "project(app C)\nadd_executable(app main.c)\ntarget_link_libraries(app zenohpico::static)\n"


def config(*lines: str) -> str:
    """A header with mutexes on, and more lines."""
    return "#define configUSE_MUTEXES 1\n" + "".join(f"{line}\n" for line in lines)


def found(files: dict[str, str]) -> list[tuple[str, str, str, int]]:
    """All findings over a small tree."""
    result = examine("RTOS002", files)
    assert not result.traceback
    return places(result)


def test_an_undefined_macro_fails_where_zenoh_pico_is_linked() -> None:
    """The kernel's default is 0, so a missing line is as bad as a 0."""
    rows = found({"app/CMakeLists.txt": CMAKE, CONFIG: config()})
    assert rows == [("macro", "fail", CONFIG, 1)]


def test_values_in_other_spellings_pass() -> None:
    """1U, ( 1 ) and a macro that resolves to 1 are all on."""
    for text in ("1U", "( 1 )", "ON_"):
        header = config("#define ON_ 1", f"#define configUSE_RECURSIVE_MUTEXES {text}")
        rows = found({"app/CMakeLists.txt": CMAKE, CONFIG: header})
        assert ("macro", "pass", CONFIG, 3) in rows


def test_a_definition_on_the_compiler_line_counts() -> None:
    """A define of the build file holds unless the header defines the macro without a guard."""
    cmake = CMAKE + "target_compile_definitions(app PRIVATE configUSE_RECURSIVE_MUTEXES=1)\n"
    rows = found({"app/CMakeLists.txt": cmake, CONFIG: config()})
    assert ("macro", "pass", "app/CMakeLists.txt", 4) in rows
    header = config("#define configUSE_RECURSIVE_MUTEXES 0")
    assert ("macro", "fail", CONFIG, 2) in found({"app/CMakeLists.txt": cmake, CONFIG: header})
    computed = cmake.replace("MUTEXES=1", "MUTEXES=${R}")
    rows = found({"app/CMakeLists.txt": computed, CONFIG: config()})
    assert ("macro", "unknown", "app/CMakeLists.txt", 4) in rows


def test_an_undef_in_an_included_header_is_seen() -> None:
    """The last active line decides, wherever it stands."""
    files = {
        "app/CMakeLists.txt": CMAKE,
        CONFIG: config("#define configUSE_RECURSIVE_MUTEXES 1", '#include "tweaks.h"'),
        "app/tweaks.h": "\n#undef configUSE_RECURSIVE_MUTEXES\n",
    }
    assert ("macro", "fail", "app/tweaks.h", 2) in found(files)


def test_a_header_that_only_includes_another() -> None:
    """The configuration proper may stand elsewhere."""
    files = {
        "app/CMakeLists.txt": CMAKE,
        CONFIG: '#include "rtos/features.h"\n',
        "app/rtos/features.h": config("#define configUSE_RECURSIVE_MUTEXES 0"),
    }
    assert ("macro", "fail", "app/rtos/features.h", 2) in found(files)
    right = config("#define configUSE_RECURSIVE_MUTEXES 1")
    assert ("macro", "pass", "app/rtos/features.h", 2) in found(
        files | {"app/rtos/features.h": right}
    )


def test_a_header_that_is_not_there_makes_it_unknown() -> None:
    """A missing include may define the macro."""
    rows = found({"app/CMakeLists.txt": CMAKE, CONFIG: config('#include "vendor.h"')})
    assert rows == [("macro", "unknown", CONFIG, 1)]


def test_a_plain_demo_without_recursive_mutexes_is_not_examined() -> None:
    """Without zenoh-pico and without a recursive call the macro does not matter."""
    assert found({CONFIG: config(), "app/main.c": "int main(void) { return 0; }"}) == []


def test_zenoh_pico_on_posix_says_nothing_about_an_unrelated_demo() -> None:
    """A FreeRTOS demo beside a POSIX application is not examined."""
    files = {
        "host/CMakeLists.txt": CMAKE,
        "demo/Makefile": "all:\n\t$(CC) main.c\n",
        "demo/FreeRTOSConfig.h": config(),
    }
    assert found(files) == []


def test_a_build_without_threads_needs_no_mutex() -> None:
    """Z_FEATURE_MULTI_THREAD 0 compiles no mutex at all."""
    cmake = CMAKE + "add_compile_definitions(ZENOH_FREERTOS_LWIP Z_FEATURE_MULTI_THREAD=0)\n"
    assert found({"app/CMakeLists.txt": cmake, CONFIG: config()}) == []


def test_a_thread_option_that_does_not_resolve_is_unknown() -> None:
    """The value of Z_FEATURE_MULTI_THREAD decides whether the macro matters."""
    cmake = "add_compile_definitions(ZENOH_FREERTOS_LWIP Z_FEATURE_MULTI_THREAD=${THREADS})\n"
    rows = found({"app/CMakeLists.txt": cmake, CONFIG: config()})
    assert rows == [("macro", "unknown", CONFIG, 1)]


def test_shared_code_leaves_one_of_several_configurations_unknown() -> None:
    """Which target links a shared platform layer is not in the text."""
    layer = "int p_mutex_rec_lock(m *m) { return xSemaphoreTakeRecursive(m->h, 9); }\n"
    files = {
        "port/freertos/system.c": layer,
        "one/FreeRTOSConfig.h": config(),
        "two/FreeRTOSConfig.h": config("#define configUSE_RECURSIVE_MUTEXES 1"),
    }
    assert ("macro", "unknown", "one/FreeRTOSConfig.h", 1) in found(files)
    assert ("macro", "pass", "two/FreeRTOSConfig.h", 2) in found(files)


def test_a_shared_source_named_in_the_build_file_counts_for_that_demo_only() -> None:
    """A demo that compiles the recursive test of another folder needs the macro."""
    files = {
        "common/recmutex.c": "void t(void) { xSemaphoreTakeRecursive(x, 1); }\n",
        "a/Makefile": "SRC = main.c \\\n  ../common/recmutex.c\n",
        "a/FreeRTOSConfig.h": config(),
        "b/Makefile": "SRC = main.c\n",
        "b/FreeRTOSConfig.h": config(),
    }
    assert found(files) == [("macro", "fail", "a/FreeRTOSConfig.h", 1)]


def test_vendored_and_template_files_are_no_targets() -> None:
    """A kernel's own template configuration is not a target."""
    files = {
        "kernel/tasks.c": "x",
        "kernel/include/FreeRTOS.h": "x",
        "kernel/examples/FreeRTOSConfig.h": config(),
        "kernel/examples/main.c": "void t(void) { xSemaphoreTakeRecursive(x, 1); }\n",
        "template/FreeRTOSConfig.h": config(),
        "template/main.c": "void t(void) { xSemaphoreTakeRecursive(x, 1); }\n",
    }
    assert found(files) == []


def test_the_private_mutex_of_a_condition_variable_may_be_plain() -> None:
    """Only the mutex interface is held to the recursive kind."""
    code = (
        "int _z_condvar_init(cv *c) { c->mutex = xSemaphoreCreateMutex(); return 0; }\n"
        "int _z_condvar_wait(cv *c) { return xSemaphoreTake(c->mutex, 1); }\n"
        "int _z_mutex_rec_init(m *m) { m->h = xSemaphoreCreateRecursiveMutex(); return 0; }\n"
    )
    assert found({"port/system.c": code}) == [("plain-api", "pass", "port/system.c", 3)]


def test_the_plain_half_of_a_port_layer_warns() -> None:
    """Where zenoh-pico is built, `port_mutex_init` beside `port_mutex_rec_init` is what its
    `_z_mutex_t` comes from; without zenoh-pico a plain mutex beside a recursive one is a choice."""
    layer = (
        '#include "FreeRTOS.h"\nint port_mutex_init(mutex *m) {\n'
        "    m->h = xSemaphoreCreateMutex();\n    return 0;\n}\n"
        "int port_mutex_rec_init(mutex *m) {\n"
        "    m->h = xSemaphoreCreateRecursiveMutex();\n    return 0;\n}\n"
    )
    header = config("#define configUSE_RECURSIVE_MUTEXES 1")
    files = {CONFIG: header, "port/src/platform.c": layer}
    zenoh = {"app/CMakeLists.txt": CMAKE}
    rows = [row for row in found(files | zenoh) if row[0] == "plain-api"]
    assert sorted(rows, key=lambda row: row[3]) == [
        ("plain-api", "warn", "port/src/platform.c", 3),
        ("plain-api", "pass", "port/src/platform.c", 7),
    ]
    alone = [row for row in found(files) if row[0] == "plain-api"]
    assert alone == [("plain-api", "pass", "port/src/platform.c", 7)]
    files["port/src/platform.c"] = layer.replace("CreateMutex", "CreateRecursiveMutex")
    assert not [row for row in found(files | zenoh) if row[1] in ("warn", "fail")]


def test_a_mutex_that_a_helper_of_any_name_makes() -> None:
    """The call in the helper decides, and its name need not speak of mutexes."""
    layer = (
        "static SemaphoreHandle_t make(void)\n{\n    return xSemaphoreCreateMutex();\n}\n"
        "int port_mutex_rec_init(mutex *m)\n{\n    m->h = make();\n    return 0;\n}\n"
    )
    assert found({"port/system.c": layer}) == [("plain-api", "fail", "port/system.c", 3)]
    right = layer.replace("CreateMutex", "CreateRecursiveMutex")
    assert found({"port/system.c": right}) == [("plain-api", "pass", "port/system.c", 3)]


def test_a_handle_that_means_two_things_is_not_judged() -> None:
    """Local names and expressions that are made in two ways are ambiguous."""
    code = (
        "void a(void) { SemaphoreHandle_t h = xSemaphoreCreateRecursiveMutex(); use(h); }\n"
        "void b(box *w) { SemaphoreHandle_t h = w->h; xSemaphoreTake(h, 1); }\n"
        "void c(x *p) { p->s = xSemaphoreCreateRecursiveMutex(); }\n"
        "void d(y *p) { p->s = xSemaphoreCreateBinary(); }\n"
        "void e(y *p) { xSemaphoreTake(p->s, 1); }\n"
    )
    assert found({"src/a.c": code}) == []


def test_stubs_for_builds_without_threads_are_meant() -> None:
    """Success without a mutex, and code under a thread option, are no stubs of concern."""
    code = (
        "#include <zephyr/kernel.h>\n"
        "int a_mutex_rec_init(void *m) { (void) m; return 0; }\n"
        "#if Z_FEATURE_MULTI_THREAD == 0\n"
        "int b_mutex_rec_init(void *m) { (void) m; return -1; }\n"
        "#endif\n"
    )
    bare = "int c_mutex_rec_init(void *m) { (void) m; return -1; }\n"
    assert found({"zephyr/a.c": code, "bare/c.c": bare}) == []


def test_a_stub_that_is_reached_through_another_function_is_named() -> None:
    """The finding stands at the function that returns the error."""
    code = (
        "#include <tx_api.h>\n"
        "int p_mutex_init(void *m) {\n  (void) m;\n  return -1;\n}\n"
        "int p_mutex_rec_init(void *m) { return p_mutex_init(m); }\n"
    )
    result = examine("RTOS002", {"threadx/p.c": code})
    assert places(result) == [("stub", "fail", "threadx/p.c", 2)]
    assert result.findings[0].related[0].place.line == 6
    assert result.verdict is Verdict.FAIL


def test_a_lock_that_asks_the_mutex_for_its_kind_is_not_mixed() -> None:
    """One layer for both kinds: a flag beside the handle chooses the call."""
    layer = """
int rt_mutex_init(struct m *m) { m->sem = xSemaphoreCreateMutex(); m->nests = 0; return 0; }
int rt_nesting_init(struct m *m) { m->sem = xSemaphoreCreateRecursiveMutex(); m->nests = 1; }
int rt_mutex_lock(struct m *m)
{
    if (m->nests)
        return xSemaphoreTakeRecursive(m->sem, portMAX_DELAY);
    ELSE
}
"""
    both = layer.replace("ELSE", "return xSemaphoreTake(m->sem, portMAX_DELAY);")
    assert [row for row in found({"os/mutex.c": both}) if row[0] == "mixed-api"] == []
    one = layer.replace("ELSE", "return 1;")
    assert ("mixed-api", "fail", "os/mutex.c", 7) in found({"os/mutex.c": one})


RUST = """
extern "C" {
    fn xQueueCreateMutex(kind: u8) -> *mut c_void;
    fn xQueueTakeMutexRecursive(mutex: *mut c_void, ticks: u32) -> i32;
}
const RECURSIVE: u8 = 4;
const KIND: u8 = 1;
#[no_mangle]
pub extern "C" fn _z_mutex_rec_init(m: *mut Handle) -> i8 {
    let handle = unsafe { CREATE };
    unsafe { (*m) = handle };
    0
}
#[no_mangle]
pub extern "C" fn _z_mutex_rec_lock(m: *mut Handle) -> i8 {
    unsafe { TAKE }
}
"""
TAKEN = "xQueueTakeMutexRecursive((*m), u32::MAX)"


@pytest.mark.parametrize(
    ("create", "take", "failing"),
    [
        ("xQueueCreateMutex(4)", TAKEN, []),
        ("xQueueCreateMutex(1)", TAKEN, ["plain-api", "mixed-api"]),
        ("xQueueCreateMutex(1u8)", "xQueueSemaphoreTake((*m), u32::MAX)", ["plain-api"]),
        ("ffi::xQueueCreateMutex(1 as u8)", "other(m)", ["plain-api"]),
        ("ffi::xQueueCreateMutex(4_u8)", "xQueueSemaphoreTake((*m), 9)", ["mixed-api"]),
        ("xQueueCreateMutex(RECURSIVE)", TAKEN, []),
        ("xQueueCreateMutex(sys::KIND)", "other(m)", ["plain-api"]),
        ("xQueueCreateMutex(sys::queueQUEUE_TYPE_RECURSIVE_MUTEX)", TAKEN, []),
        ("xQueueCreateMutexStatic(queueQUEUE_TYPE_MUTEX, m)", "other(m)", ["plain-api"]),
        ("xQueueGenericCreate(1, 0, 4)", TAKEN, []),
        ("xQueueGenericCreate(1, 0, 1)", "other(m)", ["plain-api"]),
        ("xQueueGenericCreate(8, 4, 0)", "other(m)", []),
        ("make_mutex()", "other(m)", ["plain-api"]),
        ("xSemaphoreCreateRecursiveMutex()", TAKEN, []),
    ],
)  # fmt: skip
def test_a_port_in_rust(create: str, take: str, failing: list[str]) -> None:
    """The kernel's functions by extern "C": the kind of the mutex is a number."""
    code = RUST.replace("CREATE", create).replace("TAKE", take)
    code += "fn make_mutex() -> *mut c_void {\n    unsafe { xQueueCreateMutex(1) }\n}\n"
    if "make_mutex" not in create:
        code = code.rpartition("fn make_mutex")[0]
    result = examine("RTOS002", {
        "app/FreeRTOSConfig.h": "#define configUSE_MUTEXES 1\n"
        "#define configUSE_RECURSIVE_MUTEXES 1\n",
        "app/Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\n',
        "app/src/main.rs": code,
    })  # fmt: skip
    assert sorted({rule for rule, *_ in places(result, Verdict.FAIL)}) == sorted(failing)


def test_a_port_in_rust_needs_the_macro() -> None:
    """The recursive calls are compiled only with it; unit tests and comments call nothing."""
    config = "#define configUSE_MUTEXES 1\n"
    code = RUST.replace("CREATE", "xQueueCreateMutex(4)").replace("TAKE", TAKEN)
    files: dict[str, str | bytes] = {
        "app/FreeRTOSConfig.h": config, "app/src/main.rs": code,
        "app/Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\n',
    }  # fmt: skip
    assert places(examine("RTOS002", files), Verdict.FAIL) == [
        ("macro", "fail", "app/FreeRTOSConfig.h", 1)
    ]
    files["app/src/main.rs"] = f"fn main() {{}}\n#[cfg(test)]\nmod tests {{\n{code}}}\n"
    assert examine("RTOS002", files).verdict is Verdict.NOT_APPLICABLE
    files["app/src/main.rs"] = "// xQueueCreateMutex(1)\nfn _z_mutex_rec_init() {}\n"
    assert examine("RTOS002", files).verdict is Verdict.NOT_APPLICABLE


def test_an_interface_of_macros() -> None:
    """A header that wraps the kernel's calls in macros is held to the same; it needs nothing of a
    configuration by itself, since nobody may use it."""
    header = (
        "#define os_mutex_init(m) m = xSemaphoreCreateRecursiveMutex();\n"
        "#define os_mutex_lock(m) {take}(m, portMAX_DELAY)\n"
        "#define os_mutex_setup(m) do {{ \\\n    m = xSemaphoreCreateRecursiveMutex(); \\\n"
        "}} while (0)\n"
    )
    files = {CONFIG: config(), "app/CMakeLists.txt": "project(app C)\n"}
    mixed = files | {"app/os_mutex.h": header.format(take="xSemaphoreTake")}
    assert found(mixed) == [("mixed-api", "fail", "app/os_mutex.h", 2)]
    right = files | {"app/os_mutex.h": header.format(take="xSemaphoreTakeRecursive")}
    assert found(right) == [("mixed-api", "pass", "app/os_mutex.h", 2)]
