"""MEM003: which heap z_malloc draws from, how large it is, and whether it takes blocks back."""

import pytest

from pitfalls.testing import examine, places

FUNCTIONS = (
    '#[no_mangle]\npub extern "C" fn z_malloc(n: usize) -> *mut c_void {\n    HEAP.take(n)\n}\n'
    '#[no_mangle]\npub extern "C" fn z_free(p: *mut c_void) {\n    HEAP.give_back(p)\n}\n'
)


def arena(size: str, before: str = "", functions: str = FUNCTIONS) -> str:
    """The Rust code of a platform's heap."""
    return f"{before}static HEAP: BlockHeap<{size}> = BlockHeap::new();\n{functions}"


def rules(files: dict[str, str]) -> list[tuple[str, str]]:
    """Rule and verdict of what counts."""
    return [(rule, verdict) for rule, verdict, _, _ in places(examine("MEM003", files))]


MPS2 = "boards/mps2-an385/src/memory.rs"
C3 = "boards/esp32-c3/src/memory.rs"


def test_an_arena_of_the_recommended_size_passes() -> None:
    """128 KB are known to work on the MPS2."""
    found = rules({MPS2: arena("{ 128 * 1024 }")})
    assert found == [("noop-free", "pass"), ("seed-minimum", "pass")]


def test_the_minimum_alone_is_a_warning_on_the_mps2() -> None:
    """64 KB no longer held an executor's block."""
    assert ("below-recommended", "warn") in rules({MPS2: arena("{ 64 * 1024 }")})


def test_a_known_working_size_below_the_minimum_is_a_warning() -> None:
    """32 KB are known to work on the ESP32-C3, less is not."""
    assert ("seed-minimum", "warn") in rules({C3: arena("{ 32 * 1024 }")})
    assert ("seed-minimum", "fail") in rules({C3: arena("{ 31 * 1024 }")})


def test_a_size_under_a_feature_is_not_the_default() -> None:
    """Of constants under different features the one without a feature counts."""
    before = (
        '#[cfg(feature = "link-tls")]\nconst SIZE: usize = 256 * 1024;\n'
        '#[cfg(not(feature = "link-tls"))]\nconst SIZE: usize = 16 * 1024;\n'
    )
    result = examine("MEM003", {MPS2: arena("SIZE", before)})
    assert ("seed-minimum", "fail", MPS2, 4) in places(result)


ENVIRONMENT = (
    "const DEFAULT: usize = 128 * 1024;\n"
    'const SIZE: usize = match option_env!("BOARD_HEAP") {\n'
    "    Some(text) => parse(text),\n    None => DEFAULT,\n};\n"
)


def test_a_build_variable_has_a_default() -> None:
    """Without the variable the default of option_env! counts."""
    assert ("seed-minimum", "pass") in rules({MPS2: arena("SIZE", ENVIRONMENT)})


def test_a_build_that_sets_the_variable_wins() -> None:
    """The [env] table of an example overrides the crate's default, for its own board only."""
    files = {
        MPS2: arena("SIZE", ENVIRONMENT),
        "apps/talker/Cargo.toml": '[dependencies]\nboard-mps2-an385 = "1"\nzenoh-rmw = "1"\n',
        "apps/talker/.cargo/config.toml": '[env]\n# smaller\nBOARD_HEAP = "24576"\n',
        "apps/other/Cargo.toml": '[dependencies]\nboard-stm32f4 = "1"\n',
        "apps/other/.cargo/config.toml": '[env]\nBOARD_HEAP = "1024"\n',
        "apps/xrce/Cargo.toml": '[dependencies]\nboard-mps2-an385 = "1"\nxrce-rmw = "1"\n',
        "apps/xrce/.cargo/config.toml": '[env]\nBOARD_HEAP = "1024"\n',
        "apps/agent/Cargo.toml": '[dependencies]\nboard-mps2-an385 = "1"\nxrce-rmw = "1"\n# zenoh\n'
        '\n[patch.crates-io]\nrmw-zenoh = { path = "../../rmw-zenoh" }\n',
        "apps/agent/.cargo/config.toml": '[env]\n# zenoh needs more\nBOARD_HEAP = "1024"\n',
    }
    failing = [p for p in places(examine("MEM003", files)) if p[1] == "fail"]
    assert failing == [("seed-minimum", "fail", "apps/talker/.cargo/config.toml", 3)]


def test_an_arena_that_is_declared_for_two_builds_is_one() -> None:
    """The same static under a feature and under its opposite gives one finding, not two."""
    text = arena("SIZE", ENVIRONMENT.replace("128 *", "16 *"))
    line = next(row for row in text.splitlines() if row.startswith("static"))
    heads = ('#[cfg(not(feature = "a"))]', '#[cfg(feature = "a")]\n#[global_allocator]')
    both = text.replace(line, "\n".join(f"{head}\n{line}" for head in heads))
    rows = places(examine("MEM003", {MPS2: both}))
    assert [row[1] for row in rows if row[0] == "seed-minimum"] == ["fail"]


def test_one_heap_for_both_languages() -> None:
    """An arena that is Rust's global allocator as well is the platform's heap all the same."""
    functions = FUNCTIONS.replace("z_malloc", "alloc").replace("z_free", "dealloc")
    code = "#[global_allocator]\n" + arena("{ 64 * 1024 }", functions=functions)
    glue = "void *z_malloc(size_t n) {\n    return board_alloc(n);\n}\n"
    assert ("below-recommended", "warn") in rules({MPS2: code, "glue/alias.c": glue})


def test_a_heap_that_nobody_hands_out_is_left_alone() -> None:
    """An arena without functions that allocate and free is not zenoh's."""
    files = {MPS2: arena("1024", functions="pub fn used() -> usize {\n    HEAP.used()\n}\n")}
    files["lib/heap.c"] = "void *z_malloc(size_t n) {\n    return pool_take(n);\n}\n"
    assert rules(files) == []


def test_the_global_allocator_alone_is_not_zenohs() -> None:
    """A Rust heap beside z_malloc does not count; when only it meets the row, that is told."""
    code = (
        arena("{ 16 * 1024 }") + "fn init() {\n    esp_alloc::heap_allocator!(size: 72 * 1024);\n}"
    )
    found = rules({C3: code})
    assert ("wrong-heap", "warn") in found
    assert ("seed-minimum", "fail") in found


def test_a_rust_heap_that_failed_with_an_executor() -> None:
    """16 KB beside the arena failed, 48 KB worked."""
    for size, verdict in (("16", "warn"), ("48", "pass")):
        heap = f"fn init() {{\n    esp_alloc::heap_allocator!(size: {size} * 1024);\n}}\n"
        code = arena("{ 64 * 1024 }") + heap
        assert ("below-recommended", verdict) in rules({C3: code})


def test_the_rust_heap_of_a_firmware_without_zenoh_is_its_own_affair() -> None:
    """In a collection of firmwares only those that link zenoh, through other crates too, have
    executors in it."""
    heap = "fn init() {\n    esp_alloc::heap_allocator!(size: 16 * 1024);\n}\n"
    package = '[package]\nname = "{}"\n[dependencies]\n{}\n'
    files = {
        C3: arena("{ 64 * 1024 }"),
        "esp32c3-motor/src/main.rs": heap,
        "esp32c3-motor/Cargo.toml": package.format("motor", 'esp-hal = "1"'),
        "esp32c3-board/src/lib.rs": heap,
        "esp32c3-board/Cargo.toml": package.format("board", 'esp-hal = "1"'),
        "app/Cargo.toml": package.format("app", 'board = { path = "" }\nzenoh-pico = "1"'),
    }
    warned = {p for r, v, p, _ in places(examine("MEM003", files)) if r == "below-recommended"}
    assert warned == {"esp32c3-board/src/lib.rs"}


@pytest.mark.parametrize(
    "declared",
    [
        "static HEAP: Mutex<RefCell<FreeListHeap<SIZE>>> = Mutex::new(RefCell::new(EMPTY));",
        "static HEAP: Storage = Storage(UnsafeCell::new([0; SIZE]));",
        "static mut HEAP: Aligned = Aligned([0u8; SIZE]);",
        '#[link_section = ".heap"]\nstatic mut ARENA: MaybeUninit<[u8; SIZE]> = EMPTY;',
    ],
)
def test_the_arena_may_be_wrapped(declared: str) -> None:
    """In cells, locks and types of alignment."""
    size = "const SIZE: usize = {} * 1024;\n"
    wrapped = f"{declared}\n{FUNCTIONS}"
    assert ("seed-minimum", "fail") in rules({MPS2: size.format(32) + wrapped})
    assert ("seed-minimum", "pass") in rules({MPS2: size.format(128) + wrapped})


def test_an_arena_in_c() -> None:
    """An array of bytes beside z_malloc."""
    code = (
        "#define HEAP_SIZE (%d * 1024)\n"
        "static uint8_t s_heap[HEAP_SIZE] __attribute__((aligned(8)));\n"
        "void *z_malloc(size_t n)\n{\n    return take(s_heap, n);\n}\n"
        "void z_free(void *p)\n{\n    give(p);\n}\n"
    )
    path = "boards/mps2-an385/memory.c"
    assert ("seed-minimum", "fail") in rules({path: code % 32})
    assert ("seed-minimum", "pass") in rules({path: code % 128})


def test_a_size_of_another_module() -> None:
    """The constants of the crate count, when they say one thing."""
    files = {
        "boards/mps2-an385/Cargo.toml": '[package]\nname = "board-mps2-an385"\n',
        "boards/mps2-an385/src/lib.rs": "mod config;\nmod memory;\n",
        "boards/mps2-an385/src/config.rs": "pub const HEAP_SIZE: usize = 32 * 1024;\n",
        MPS2: arena("{ crate::config::HEAP_SIZE }"),
    }
    place = ("seed-minimum", "fail", "boards/mps2-an385/src/config.rs", 1)
    assert place in places(examine("MEM003", files))
    used = files | {MPS2: arena("HEAP_SIZE", "use crate::config::HEAP_SIZE;\n")}
    assert place in places(examine("MEM003", used))
    both = "#[cfg(x)]\npub const HEAP_SIZE: usize = 128 * 1024;\n"
    two = used | {
        "boards/mps2-an385/src/config.rs": files["boards/mps2-an385/src/config.rs"] + both
    }
    assert ("seed-minimum", "unknown") in rules(two)


def test_a_file_that_no_module_leads_to() -> None:
    """It is not compiled."""
    files = {
        "boards/mps2-an385/src/lib.rs": "mod memory;\n",
        MPS2: arena("{ 128 * 1024 }"),
        "boards/mps2-an385/src/old.rs": arena("{ 8 * 1024 }"),
    }
    assert {verdict for _, verdict in rules(files)} == {"pass"}


def test_symbols_of_linker_scripts_are_no_heaps() -> None:
    """A script's _heap_size that nothing reads says nothing."""
    script = "MEMORY\n{\n    RAM : ORIGIN = 0, LENGTH = 64K\n}\n_heap_size = 1K;\n"
    assert rules({"board/memory.x": script}) == []


def test_a_free_in_c_that_only_ignores_its_argument() -> None:
    """``(void)block;`` is no free; one that calls a free is."""
    code = (
        "void *z_malloc(size_t n) {\n    return take(n);\n}\nvoid z_free(void *p) {\n    %s;\n}\n"
    )
    for body in ("(void)p", "UNUSED(p)", "if (p == NULL) return; (void) p", "return"):
        assert ("noop-free", "fail") in rules({"port/system.c": code % body})
    assert ("noop-free", "pass") in rules({"port/system.c": code % "give_back(p)"})


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("if p.is_null() {\n        return;\n    }", "fail"),
        ("return;", "fail"),
        ("let _unused = p;", "fail"),
        ("if p.is_null() {\n        return;\n    }\n    HEAP.give_back(p)", "pass"),
        ("if !p.is_null() {\n        HEAP.give_back(p);\n    }", "pass"),
        (
            "match p.is_null() {\n        true => {}\n        false => HEAP.give_back(p),\n    }",
            "pass",
        ),
    ],
)
def test_a_free_in_rust_that_only_looks_at_its_argument(body: str, verdict: str) -> None:
    """A test for null and a return give nothing back."""
    functions = FUNCTIONS.replace("HEAP.give_back(p)", body)
    assert ("noop-free", verdict) in rules({MPS2: arena("{ 128 * 1024 }", functions=functions)})


def test_another_librarys_z_free_is_not_zenohs() -> None:
    """A game's zone allocator has a z_malloc too, with a tag and an owner beside the size."""
    code = (
        "void *z_malloc(int size, int tag, void *owner) {\n    return take(size);\n}\n"
        "void z_free(void *p) {\n    (void)p;\n}\n"
    )
    assert examine("MEM003", {"game/zone.c": code}).verdict == "not-applicable"


def test_a_free_that_is_handed_on() -> None:
    """The function that z_free calls is looked at as well."""
    files = {
        "glue/alias.c": "void z_free(void *p) {\n    board_dealloc(p);\n}\n",
        "board/memory.c": "void board_dealloc(void *p) {\n    /* bump allocator */\n}\n",
    }
    found = places(examine("MEM003", files))
    assert ("noop-free", "fail", "board/memory.c", 1) in found


LOSSY = "void *z_realloc(void *p, size_t n) {\n    (void)p;\n    return z_malloc(n);\n}\n"


def test_a_realloc_that_loses_data() -> None:
    """It is a warning until somebody calls it; one that copies or returns NULL is right."""
    assert ("lossy-realloc", "warn") in rules({"port/system.c": LOSSY})
    caller = "void grow(void) {\n    buffer = z_realloc(buffer, 64);\n}\n"
    assert ("lossy-realloc", "fail") in rules({"port/system.c": LOSSY, "app.c": caller})
    copies = LOSSY.replace("(void)p;", "void *b = z_malloc(n); memcpy(b, p, n); z_free(p);")
    assert "lossy-realloc" not in dict(rules({"port/system.c": copies}))
    loop = "char *b = z_malloc(n); for (i = 0; i < n; i++) b[i] = ((char *)p)[i];"
    by_hand = LOSSY.replace("(void)p;", loop)
    assert "lossy-realloc" not in dict(rules({"port/system.c": by_hand}))
    refuses = LOSSY.replace("z_malloc(n)", "NULL")
    assert "lossy-realloc" not in dict(rules({"port/system.c": refuses}))


CONFIG = (
    "#define configMINIMAL_STACK_SIZE 128\n#define configUSE_MALLOC_FAILED_HOOK 1\n"
    "#define configTOTAL_HEAP_SIZE (128 * 1024)\n"
)
MAIN = (
    "void app(void *a) {\n    z_open(&s, c, NULL);\n}\n"
    'void start(void) {\n    xTaskCreate(app, "app", %s, NULL, 3, NULL);\n}\n'
)


def node(depth: str, config: str = CONFIG, heap: str = "heap_4.c") -> dict[str, str]:
    """A FreeRTOS target with lwIP and zenoh."""
    return {
        "node/FreeRTOSConfig.h": config,
        "node/CMakeLists.txt": f"target_link_libraries(node zenohpico::static)\nadd({heap})\n",
        "node/lwipopts.h": "#define TCPIP_THREAD_STACKSIZE 1024\n",
        "node/main.c": MAIN % depth,
    }


def test_what_the_task_stacks_leave_is_judged() -> None:
    """Below the minimum it is a warning while 64 KB are left after the stacks."""
    assert ("seed-minimum", "fail") in rules(node("8192"))
    assert ("seed-minimum", "warn") in rules(node("1024"))
    assert ("seed-minimum", "unknown") in rules(node("board_depth"))


def test_the_kernels_own_tasks_may_have_static_memory() -> None:
    """With configSUPPORT_STATIC_ALLOCATION the kernel asks the application for the memory of the
    idle and the timer task, and takes none of the heap for them."""
    config = CONFIG.replace("STACK_SIZE 128", "STACK_SIZE 8192") + (
        "#define configUSE_TIMERS 1\n#define configTIMER_TASK_STACK_DEPTH 8192\n"
    )
    assert ("seed-minimum", "fail") in rules(node("1024", config))
    config += "#define configSUPPORT_STATIC_ALLOCATION 1\n"
    assert ("seed-minimum", "warn") in rules(node("1024", config))


def test_heap_3_is_the_c_librarys() -> None:
    """configTOTAL_HEAP_SIZE says nothing under heap_3.c."""
    assert "seed-minimum" not in dict(rules(node("8192", heap="heap_3.c")))


def test_heap_1_never_frees() -> None:
    """heap_1.c has no vPortFree that frees."""
    assert ("noop-free", "fail") in rules(node("1024", heap="heap_1.c"))


def test_an_executor_needs_more_of_a_kernels_heap() -> None:
    """256 KB failed with an executor in the heap or on a task's stack."""
    files = node("1024", CONFIG.replace("128 * 1024", "256 * 1024"))
    assert ("seed-minimum", "pass") in rules(files)
    files["node/app.c"] = "void run(void) {\n    rclc_executor_init(&e, &s, 4);\n}\n"
    assert ("below-recommended", "warn") in rules(files)


def test_the_hook_is_off_by_default() -> None:
    """The kernel's default of configUSE_MALLOC_FAILED_HOOK is 0."""
    config = CONFIG.replace("#define configUSE_MALLOC_FAILED_HOOK 1\n", "")
    assert ("no-malloc-hook", "warn") in rules(node("1024", config))


def test_trees_without_zenoh_are_not_applicable() -> None:
    """micro-ROS and plain FreeRTOS trees have no row."""
    files = node("1024")
    files["node/CMakeLists.txt"] = "add_executable(node main.c heap_4.c)\n"
    files["node/main.c"] = "int main(void) {\n    return 0;\n}\n"
    assert examine("MEM003", files).verdict == "not-applicable"


def test_zephyrs_heap_per_application() -> None:
    """Upstream's samples have 120000 bytes and more; an application without zenoh has no row."""
    conf = "CONFIG_ZENOH_PICO=y\nCONFIG_HEAP_MEM_POOL_SIZE=65536\n"
    assert rules({"app/prj.conf": conf}) == [("below-recommended", "warn")]
    assert rules({"app/prj.conf": conf.replace("ZENOH_PICO", "MICROROS")}) == []


@pytest.mark.parametrize(
    ("dependency", "says"),
    [
        ('node = { version = "*", features = ["rmw-zenoh", "platform-zephyr"] }', 1),
        ('zenoh-pico = "1"', 1),
        ('node = { version = "*", optional = true, features = ["rmw-zenoh"] }', 0),
        ('node = { version = "*", features = ["rmw-xrce"] }  # not zenoh', 0),
    ],
)
def test_a_rust_application_of_zephyr_chooses_zenoh_in_its_manifest(
    dependency: str, says: int
) -> None:
    """No option of Kconfig names it then."""
    files = {
        "app/prj.conf": "CONFIG_RUST=y\nCONFIG_HEAP_MEM_POOL_SIZE=65536\n",
        "app/Cargo.toml": f'[package]\nname = "app"\n[dependencies]\n{dependency}\n',
    }
    assert rules(files) == [("below-recommended", "warn")] * says
    files["app/prj_zenoh.conf"] = "CONFIG_RUST=y\nCONFIG_ZENOH_PICO=y\n"
    assert rules(files) == []  # the options tell the configurations apart


def test_a_threadx_byte_pool() -> None:
    """The pool's size goes through a macro."""
    files = {
        "boards/threadx/CMakeLists.txt": "target_link_libraries(node zenohpico::static)\n",
        "boards/threadx/app.c": "#define POOL_SIZE (128 * 1024)\n"
        "void tx_application_define(void *m) {\n"
        "    tx_byte_pool_create(&pool, name, memory, POOL_SIZE);\n}\n",
    }
    assert ("below-recommended", "warn", "boards/threadx/app.c", 1) in places(
        examine("MEM003", files)
    )


def test_heaps_that_take_the_stacks_memory() -> None:
    """Where the main stack is what the heaps leave of the RAM, both must fit."""
    script = (
        "MEMORY\n{\n    FLASH : ORIGIN = 0x08000000, LENGTH = 1M\n"
        "    RAM : ORIGIN = 0x20000000, LENGTH = %s\n}\n"
    )
    files = {
        "boards/stm32f4/memory.x": script % "72K",
        "boards/stm32f4/src/memory.rs": arena("{ 68 * 1024 }"),
    }
    assert ("over-budget", "fail") in rules(files)
    files["boards/stm32f4/memory.x"] = script % "128K"
    assert "over-budget" not in dict(rules(files))
