"""MEM002: what counts as a stack for zenoh, in which unit, and what is left alone."""

from pitfalls import Verdict
from pitfalls.testing import examine, places

CONFIG = (
    "#define configMAX_PRIORITIES 8\n"
    "#define configMINIMAL_STACK_SIZE 128\n"
    "#define configSTACK_DEPTH_TYPE uint32_t\n"
    "#define configCHECK_FOR_STACK_OVERFLOW 2\n"
)
HOOK = "void vApplicationStackOverflowHook(TaskHandle_t t, char *n) {\n    halt();\n}\n"
CMAKE = "target_link_libraries(node PRIVATE zenohpico::static)\n"
OPENS = "void app(void *a) {\n    z_open(&s, z_move(c), NULL);\n    work();\n}\n"


def node(main: str, config: str = CONFIG, **more: str) -> dict[str, str]:
    """A FreeRTOS target that links zenoh-pico."""
    return {
        "node/FreeRTOSConfig.h": config,
        "node/CMakeLists.txt": CMAKE,
        "node/hook.c": HOOK,
        "node/main.c": main,
        **more,
    }


def made(depth: str, entry: str = "app", body: str = OPENS) -> str:
    """C code that makes one task."""
    return (
        f'{body}void start(void) {{\n    xTaskCreate({entry}, "x", {depth}, NULL, 3, NULL);\n}}\n'
    )


def rules(files: dict[str, str]) -> list[tuple[str, str]]:
    """Rule and verdict of what counts."""
    return [(rule, verdict) for rule, verdict, _, _ in places(examine("MEM002", files))]


def test_words_are_four_bytes() -> None:
    """8192 words are the 32 KB that are recommended for the thread that opens the session."""
    assert ("below-recommended", "pass") in rules(node(made("8192")))
    assert ("below-recommended", "warn") in rules(node(made("8191")))


def test_a_driver_task_that_runs_no_zenoh_is_left_alone() -> None:
    """The task that polls the controller has a small stack, and needs no more."""
    body = "void poll(void *a) {\n    netif_poll(&n);\n    vTaskDelay(1);\n}\n"
    result = examine("MEM002", node(made("128", "poll", body)))
    assert not [f for f in result.findings if "poll" in f.message]


def test_the_idle_tasks_depth_is_left_alone() -> None:
    """configMINIMAL_STACK_SIZE is not the stack of a zenoh task."""
    result = examine("MEM002", node("int main(void) {\n    z_open(&s, c, NULL);\n}\n"))
    assert "configMINIMAL_STACK_SIZE" not in " ".join(f.message for f in result.findings)


def test_a_null_attribute_is_the_ports_default() -> None:
    """Without attributes the read task has the port's 5120 words."""
    result = examine("MEM002", node("void app(void) {\n    z_open(&s, c, NULL);\n}\n"))
    shown = [f.message for f in result.findings if "read task" in f.message]
    assert len(shown) == 1
    assert "20480 bytes (the port's default, 5120 words of 4 bytes)" in shown[0]


def test_the_pico_port_has_a_default_of_its_own() -> None:
    """zenoh-pico's port for the Pico asks for 1024 words."""
    files = node("void app(void) {\n    z_open(&s, c, NULL);\n}\n")
    files = {path.replace("node/", "examples/rpi_pico/"): text for path, text in files.items()}
    shown = [f.message for f in examine("MEM002", files).findings if "read task" in f.message]
    assert "4096 bytes (the port's default, 1024 words of 4 bytes)" in shown[0]


def test_zenoh_rows_do_not_apply_without_zenoh() -> None:
    """A tree without zenoh has no rows, only a detector."""
    files = node(made("128", "app", "void app(void *a) {\n    work();\n}\n"))
    files["node/CMakeLists.txt"] = "add_executable(node main.c)\n"
    assert rules(files) == [("no-detector", "pass")]


def test_a_posix_port_is_not_looked_at() -> None:
    """Tasks of the POSIX port are host threads."""
    config = CONFIG.replace("OVERFLOW 2", "OVERFLOW 0")
    files = node(made("128"), config)
    files["node/CMakeLists.txt"] += (
        "set(FREERTOS_PORT GCC_POSIX)\n# portable/ThirdParty/GCC/Posix\n"
    )
    files = {p.replace("node/", "node-posix/"): text for p, text in files.items()}
    assert examine("MEM002", files).verdict == "not-applicable"


def test_the_windows_simulator_and_unit_tests_are_not_looked_at() -> None:
    """Tasks are threads of Windows, or the kernel is compiled against mocks."""
    config = CONFIG.replace("OVERFLOW 2", "OVERFLOW 0")
    files = node(made("128"), config)
    assert ("no-detector", "warn") in rules(files)
    for folder in ("test/CMock/queue/", "test/unit-test/ip/", "test/cbmc/proofs/"):
        moved = {p.replace("node/", folder): text for p, text in files.items()}
        assert examine("MEM002", moved).verdict == "not-applicable", folder
    project = '<ClCompile Include="$(SOURCE)\\portable\\MSVC-MingW\\port.c" />\n'
    assert examine("MEM002", files | {"node/sim.vcxproj": project}).verdict == "not-applicable"
    linked = "target_link_libraries(node PRIVATE FreeRTOS::Heap::4 FreeRTOS::MSVC-MingW)\n"
    files["node/CMakeLists.txt"] += linked
    assert examine("MEM002", files).verdict == "not-applicable"


def test_the_build_file_above_a_configuration_names_its_port() -> None:
    """A board's folder builds several applications, each with a configuration below it."""
    config = "#define configCHECK_FOR_STACK_OVERFLOW 0\n"
    for port, verdict in (("MSVC-MingW", "not-applicable"), ("GCC/ARM_CM4F", "warn")):
        files = {
            "boards/one/CMakeLists.txt": f"include_directories(${{K}}/portable/{port})\n",
            "boards/one/demo/config_files/FreeRTOSConfig.h": config,
            "boards/one/tests/config_files/FreeRTOSConfig.h": config,
        }
        found = examine("MEM002", files)
        assert found.verdict == verdict
        subjects = {f.subject for f in found.findings}
        assert subjects == ({"boards/one/demo", "boards/one/tests"} if found.findings else set())


ESP = {
    "app/CMakeLists.txt": "add_subdirectory(zenoh-pico)\ntarget_link_libraries(app zenohpico)\n",
    "app/sdkconfig.defaults": "CONFIG_IDF_TARGET=1\nCONFIG_ESP_MAIN_TASK_STACK_SIZE=3584\n",
    "app/main/main.c": "void app_main(void) {\n    net_start();\n}\n",
}


def test_the_main_task_of_esp_idf_is_judged_where_it_opens_the_session() -> None:
    """A task of its own that opens the session has a stack of its own."""
    opens = "void net_start(void) {\n    z_open(&s, c, NULL);\n}\n"
    result = examine("MEM002", ESP | {"app/main/net.c": opens})
    warned = [f for f in result.findings if f.verdict == "warn"]
    assert [f.place.path for f in warned] == ["app/sdkconfig.defaults"]
    assert [r.place.path for r in warned[0].related] == ["app/main/net.c"]
    actor = opens.replace("net_start", "actor")
    actor += "void net_start(void) {\n    xTaskCreate(actor, 0, 9000, 0, 3, 0);\n}\n"
    for files in ({}, {"app/main/net.c": actor}):
        shown = [f.message for f in examine("MEM002", ESP | files).findings]
        assert not any("the main task" in message for message in shown)


def test_defaults_count_where_no_sdkconfig_is_made_of_them() -> None:
    """The same key in both files is one setting."""
    files = ESP | {"app/main/main.c": "void app_main(void) {\n    z_open(&s, c, NULL);\n}\n"}
    files["app/sdkconfig"] = "CONFIG_IDF_TARGET=1\nCONFIG_ESP_MAIN_TASK_STACK_SIZE=4096\n"
    warned = [f for f in examine("MEM002", files).findings if f.verdict == "warn"]
    assert [f.place.path for f in warned] == ["app/sdkconfig"]


def test_the_hook_shown_is_the_nearest() -> None:
    """Boards that share a main.c: the one beside is more likely theirs than another vendor's."""
    hook = "void vApplicationStackOverflowHook(TaskHandle_t t, char *n) {\n    stop();\n}\n"
    files = {
        "projects/a/x/main.c": hook,
        "projects/st/one/main.c": hook,
        "projects/st/two/FreeRTOSConfig.h": "#define configCHECK_FOR_STACK_OVERFLOW 2\n",
    }
    (finding,) = examine("MEM002", files).findings
    assert [r.place.path for r in finding.related] == ["projects/st/one/main.c"]


def test_a_check_without_its_hook_is_not_decided() -> None:
    """The kernel calls the hook; without one the image does not link, or it is elsewhere."""
    files = node(made("8192"))
    del files["node/hook.c"]
    assert ("no-detector", "unknown") in rules(files)


def test_the_default_hook_of_the_rtos2_layer_counts() -> None:
    """It stops at an assertion, and comes with what the kernel is called through; a demonstration
    that came with the kernel is no part of the image."""
    files = node(made("8192"))
    hook = files.pop("node/hook.c")
    kernel = {"node/os/tasks.c": "", "node/os/include/FreeRTOS.h": ""}
    demo = {**files, **kernel, "node/os/demo/main.c": hook}
    assert ("no-detector", "unknown") in rules(demo)
    layer = {**files, **kernel, "node/os/CMSIS_RTOS_V2/cmsis_os2.c": f"__WEAK {hook}"}
    assert ("no-detector", "pass") in rules(layer)


def test_an_undefined_check_is_no_detector() -> None:
    """The kernel's default is 0."""
    config = CONFIG.replace("#define configCHECK_FOR_STACK_OVERFLOW 2\n", "")
    assert ("no-detector", "warn") in rules(node(made("8192"), config))


def test_a_port_with_stack_limits_is_a_detector() -> None:
    """Ports for ARMv8-M use the stack limit register."""
    config = CONFIG.replace("OVERFLOW 2", "OVERFLOW 0")
    files = node(made("8192"), config)
    files["node/CMakeLists.txt"] += "set(FREERTOS_PORT GCC_ARM_CM33_NTZ_NONSECURE)\n"
    assert ("no-detector", "pass") in rules(files)
    files["node/CMakeLists.txt"] += "# or:\nset(FREERTOS_PORT GCC_ARM_CM4F)\n"
    assert ("no-detector", "unknown") in rules(files)


def test_a_cast_of_a_small_constant_cuts_nothing() -> None:
    """Demos of FreeRTOS cast constants to unsigned short, which is harmless."""
    found = rules(node(made("( unsigned short ) 512")))
    assert "depth-truncation" not in dict(found)


def test_a_cast_in_a_function_for_any_depth_is_a_warning() -> None:
    """The depths that are handed over today are small; the next one may not be."""
    code = (
        OPENS + "void make(TaskFunction_t entry, uint32_t words) {\n"
        '    xTaskCreate(entry, "x", (uint16_t)words, NULL, 3, NULL);\n}\n'
        "void start(void) {\n    make(app, 8192);\n}\n"
    )
    assert ("depth-truncation", "warn") in rules(node(code))


def test_a_cast_that_cuts_is_a_failure() -> None:
    """65536 words become none."""
    assert ("depth-truncation", "fail") in rules(node(made("(uint16_t)(64 * 1024)")))


def test_a_cast_to_u16_in_rust_cuts_as_well() -> None:
    """``as u16`` is the same cast."""
    code = (
        "const STACK: u32 = 80_000;\n"
        "fn app(a: *mut c_void) {\n    z_open(s, c, null());\n}\n"
        'fn start() {\n    xTaskCreate(app, c"x", STACK as u16, null(), 3, null());\n}\n'
    )
    files = node("int unused;\n", **{"node/src/main.rs": code})
    assert ("depth-truncation", "fail") in rules(files)


def test_a_16_bit_depth_type_cuts_without_a_cast() -> None:
    """configSTACK_DEPTH_TYPE may be uint16_t by choice."""
    config = CONFIG.replace("uint32_t", "uint16_t")
    assert ("depth-truncation", "fail") in rules(node(made("65536"), config))


def test_bytes_that_are_divided_are_no_slip() -> None:
    """A name in bytes is right when it is converted, also through a local."""
    code = (
        OPENS + "void start(void) {\n    uint32_t words = APP_STACK_BYTES / 4;\n"
        '    xTaskCreate(app, "x", words, NULL, 3, NULL);\n}\n'
    )
    assert "unit-slip" not in dict(rules(node("#define APP_STACK_BYTES 65536\n" + code)))
    code = code.replace(" / 4", "")
    assert ("unit-slip", "warn") in rules(node("#define APP_STACK_BYTES 65536\n" + code))


def test_a_component_of_esp_idf_counts_bytes() -> None:
    """Its xTaskCreate does, and the call that registers the component tells that it is one, also
    where other files of the tree make the target."""
    code = (
        OPENS + "void start(void) {\n"
        '    xTaskCreate(app, "x", CONFIG_APP_STACK_SIZE_BYTES, NULL, 3, NULL);\n}\n'
    )
    files = {
        "components/app/src/app.c": code,
        "components/app/CMakeLists.txt": 'idf_component_register(SRCS "src/app.c")\n',
        "common/shell.c": 'void shell(void) { xTaskCreate(run, "s", 4096, NULL, 3, NULL); }\n',
    }
    assert "unit-slip" not in dict(rules(files))
    other = {**files, "components/app/CMakeLists.txt": "add_library(app src/app.c)\n"}
    assert ("unit-slip", "warn") in rules(other)


def test_words_for_an_interface_that_counts_bytes() -> None:
    """tx_thread_create counts bytes."""
    code = (
        "#define APP_STACK_WORDS 4096\n" + OPENS + "void start(void) {\n"
        '    tx_thread_create(&t, "app", app, 0, p, APP_STACK_WORDS, 4, 4, 0, 1);\n}\n'
    )
    files = {"boards/threadx/CMakeLists.txt": CMAKE, "boards/threadx/app.c": code}
    assert ("unit-slip", "warn") in rules(files)


def test_an_executor_on_a_small_stack_fails() -> None:
    """8 KB overflowed with an executor on them; a static one is not on the stack."""
    body = "void app(void *a) {\n    rclc_executor_t executor;\n    z_open(&s, c, NULL);\n}\n"
    assert ("inline-storage", "fail") in rules(node(made("2048", "app", body)))
    body = body.replace("    rclc", "    static rclc")
    assert "inline-storage" not in dict(rules(node(made("2048", "app", body))))


def test_an_executor_that_rust_constructs() -> None:
    """A constructor's value lies on the stack."""
    code = (
        "fn app(a: *mut c_void) {\n    let mut executor = Executor::open(&config).unwrap();\n}\n"
        'fn start() {\n    xTaskCreate(app, c"x", 2048, null(), 3, null());\n}\n'
    )
    files = node("int unused;\n", **{"node/src/main.rs": code})
    assert ("inline-storage", "fail") in rules(files)


def test_defaults_of_a_configuration_in_rust() -> None:
    """The stack's bytes come from the Default of a structure elsewhere in the crate."""
    config = (
        "impl Default for Config {\n    fn default() -> Self {\n"
        "        Self {\n            app_stack_bytes: 65536,\n        }\n    }\n}\n"
    )
    code = (
        "fn app_task(a: *mut c_void) {\n    run(a);\n}\n"
        "fn start(config: &Config) {\n    let words = config.app_stack_bytes / 4;\n"
        '    xTaskCreate(app_task, c"x", words, null(), 3, null());\n}\n'
    )
    files = node("int unused;\n", **{"node/src/main.rs": code, "node/src/config.rs": config})
    passed = [p for p in places(examine("MEM002", files)) if p[0] == "below-recommended"]
    assert passed == [("below-recommended", "pass", "node/src/config.rs", 4)]


ZENOH = "CONFIG_ZENOH_PICO=y\n"


def test_zephyrs_main_thread_per_application() -> None:
    """The main thread's stack comes from prj.conf, and a board's file may override it."""
    files = {
        "app/prj.conf": ZENOH + "CONFIG_MAIN_STACK_SIZE=4096\n",
        "app/boards/frdm_k64f.conf": "CONFIG_MAIN_STACK_SIZE=8192\n",
    }
    found = [p for p in places(examine("MEM002", files)) if p[0] == "below-recommended"]
    assert found == [
        ("below-recommended", "pass", "app/boards/frdm_k64f.conf", 1),
        ("below-recommended", "warn", "app/prj.conf", 2),
    ]


def test_native_sim_has_the_hosts_stack() -> None:
    """The main thread of native_sim is the host's, and nothing is said."""
    files = {
        "app/prj.conf": ZENOH + "CONFIG_MAIN_STACK_SIZE=1024\n",
        "app/boards/native_sim.conf": "CONFIG_NET_SOCKETS_OFFLOAD=y\n",
    }
    assert examine("MEM002", files).verdict == "not-applicable"


def test_zephyrs_guard_is_a_board_matter() -> None:
    """Without an option the board's defaults decide; some are known to have none."""
    conf = ZENOH + "CONFIG_MAIN_STACK_SIZE=16384\n"
    some = {"app/prj.conf": conf, "app/boards/frdm_k64f.conf": "CONFIG_NETWORKING=y\n"}
    assert ("no-detector", "unknown") in rules(some)
    bare = {"app/prj.conf": conf, "app/boards/mps2_an385.conf": "CONFIG_NETWORKING=y\n"}
    assert ("no-detector", "warn") in rules(bare)
    bare["app/prj.conf"] += "CONFIG_HW_STACK_PROTECTION=y\n"
    assert ("no-detector", "pass") in rules(bare)


def test_a_shared_fragment_of_a_known_board() -> None:
    """A fragment that a build line adds is judged for the board that it is named after."""
    conf = ZENOH + "CONFIG_MAIN_STACK_SIZE=16384\n"
    assert ("no-detector", "warn") in rules({"cmake/zephyr/mps2-an385.conf": conf})


def test_an_executor_on_zephyrs_main_stack() -> None:
    """16 KB overflowed with an executor on them."""
    files = {
        "app/prj.conf": ZENOH + "CONFIG_MAIN_STACK_SIZE=16384\n",
        "app/boards/frdm_k64f.conf": "CONFIG_NETWORKING=y\n",
        "app/src/main.c": "int main(void) {\n    app_executor_t executor;\n    spin(&executor);\n}",
    }
    assert ("inline-storage", "fail") in rules(files)


def test_a_zephyr_thread_that_runs_zenoh() -> None:
    """A thread of its own and a work handler are rows where they call zenoh, else not."""
    code = (
        "K_THREAD_STACK_DEFINE(stack, 1024);\n"
        "static void run(void *a, void *b, void *c) {\n    zp_read(z_loan(s), NULL);\n}\n"
        "void start(void) {\n"
        "    k_thread_create(&t, stack, 1024, run, NULL, NULL, NULL, 5, 0, K_NO_WAIT);\n"
        "    z_open(&s, c, NULL);\n}\n"
    )
    conf = ZENOH + "CONFIG_MAIN_STACK_SIZE=8192\n"
    found = places(examine("MEM002", {"app/prj.conf": conf, "app/src/main.c": code}))
    assert ("seed-minimum", "fail", "app/src/main.c", 1) in found
    other = code.replace("zp_read(z_loan(s), NULL)", "blink()")
    found = places(examine("MEM002", {"app/prj.conf": conf, "app/src/main.c": other}))
    assert "seed-minimum" not in {rule for rule, _, _, _ in found}


def test_the_size_of_a_zephyr_stack_may_be_computed() -> None:
    """A macro of the file, an option in an expression, and `K_THREAD_STACK_SIZEOF` in the call."""
    code = (
        "#define SIZE (BASE * 2)\n#define BASE 512\nK_THREAD_STACK_DEFINE(stack, {0});\n"
        "static void run(void *a, void *b, void *c) {{\n    z_open(&s, c, NULL);\n}}\n"
        "void start(void) {{\n    k_thread_create(&t, stack, K_THREAD_STACK_SIZEOF(stack), run,\n"
        "                    NULL, NULL, NULL, 5, 0, K_NO_WAIT);\n}}\n"
    )
    conf = ZENOH + "CONFIG_MAIN_STACK_SIZE=8192\nCONFIG_OWN=256\n"
    for size, at in (("SIZE", ("app/src/main.c", 3)), ("CONFIG_OWN * 4", ("app/prj.conf", 3))):
        files = {"app/prj.conf": conf, "app/src/main.c": code.format(size)}
        assert ("seed-minimum", "fail", *at) in places(examine("MEM002", files)), size


def test_zenoh_picos_tasks_on_zephyr_have_the_main_threads_size() -> None:
    """Its port takes CONFIG_MAIN_STACK_SIZE for each of them."""
    files = {
        "app/prj.conf": "CONFIG_ZENOH_PICO=y\nCONFIG_MAIN_STACK_SIZE=1024\n",
        "app/boards/frdm_k64f.conf": "CONFIG_NETWORKING=y\n",
    }
    found = places(examine("MEM002", files))
    assert ("seed-minimum", "fail", "app/prj.conf", 2) in found
    files["app/prj.conf"] = files["app/prj.conf"].replace("1024", "2048")
    assert "seed-minimum" not in {rule for rule, _, _, _ in places(examine("MEM002", files))}


def test_a_depth_may_be_an_enumerator_a_sizeof_or_a_define_of_the_build() -> None:
    """`sizeof(StackType_t)` is four bytes, that of an array its elements'."""
    attributes = (
        "void app(void *a) {{\n    z_task_attr_t how = {{ .priority = 5, .stack_depth = {0} }};\n"
        "    zp_task_read_options_t o;\n    o.task_attributes = &how;\n"
        "    z_open(&s, c, NULL);\n    zp_start_read_task(z_loan_mut(s), &o);\n}}\n"
    )
    for depth, before, more in (
        ("DEPTH", "enum { DEPTH = 256 };\n", {}),
        ("1024 / sizeof(StackType_t)", "", {}),
        ("sizeof(room) / sizeof(StackType_t)", "static StackType_t room[256];\n", {}),
        ("DEPTH", "", {"node/flags.cmake": "add_compile_definitions(DEPTH=256)\n"}),
    ):
        files = node(before + attributes.format(depth), **more)
        assert ("seed-minimum", "fail") in rules(files), depth


def test_a_threadx_stack_is_the_array_that_it_lies_in() -> None:
    """`sizeof(area)` is the size of the array."""
    code = (
        "static UCHAR area[1024];\nvoid run(ULONG a) {\n    z_open(&s, c, NULL);\n}\n"
        'void tx_application_define(void *f) {\n    tx_thread_create(&t, "z", run, 0, area,\n'
        "        sizeof(area), 4, 4, TX_NO_TIME_SLICE, TX_AUTO_START);\n}\n"
    )
    assert ("seed-minimum", "fail") in rules({"app/CMakeLists.txt": CMAKE, "app/main.c": code})


def test_a_threadx_port_of_the_trees_own_sizes_every_zenoh_task() -> None:
    """`_z_task_init` has one size for all; zenoh-pico's own port is upstream's matter."""
    port = (
        "#define Z_TASK_STACK_SIZE {0}\n"
        "int _z_task_init(_z_task_t *t, z_task_attr_t *attr, void *(*f)(void *), void *arg) {{\n"
        '    return tx_thread_create(&t->thread, "z", entry, 0, t->stack, Z_TASK_STACK_SIZE,\n'
        "        16, 16, TX_NO_TIME_SLICE, TX_AUTO_START);\n}}\n"
    )
    for size, verdict in ((1024, "fail"), (4096, "warn"), (8192, "pass")):
        files = {"port/CMakeLists.txt": CMAKE, "port/threadx/system.c": port.format(size)}
        assert [v for _, v in rules(files)] == [verdict]
    upstream = {"CMakeLists.txt": CMAKE, "src/system/threadx/stm32/system.c": port.format(4096)}
    assert rules(upstream) == []


def test_nuttx_inherits_its_default() -> None:
    """CONFIG_INIT_STACKSIZE and CONFIG_PTHREAD_STACK_DEFAULT inherit the task default."""
    files = {
        "boards/nuttx/CMakeLists.txt": CMAKE,
        "boards/nuttx/defconfig": 'CONFIG_INIT_ENTRYPOINT="app"\nCONFIG_INIT_STACKSIZE=3072\n',
    }
    found = [p[1:] for p in places(examine("MEM002", files)) if p[0] == "seed-minimum"]
    assert ("fail", "boards/nuttx/defconfig", 2) in found
    result = examine("MEM002", files)
    assert any("a pthread has 2048 bytes (the default" in f.message for f in result.findings)


LINK = (
    "MEMORY\n{\n    FLASH (rx) : ORIGIN = 0, LENGTH = 256K\n"
    "    RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 64K\n}\n"
    "_stack_size = 16K;\n"
    "SECTIONS\n{\n    .text : { *(.text*) } > FLASH\n    .bss : { *(.bss*) } > RAM\n%s}\n"
)


def test_a_symbol_that_nothing_reads() -> None:
    """A symbol that no section, ASSERT, expression or code uses reserves nothing."""
    assert rules({"board/memory.x": LINK % ""}) == [("dead-symbol", "warn")]
    used = LINK % "    .stack : { . = . + _stack_size; } > RAM\n"
    assert rules({"board/memory.x": used}) == [("dead-symbol", "pass")]
    files = {"board/memory.x": LINK % "", "board/startup.s": "ldr r0, =_stack_size\n"}
    assert rules(files) == []


def test_a_main_stack_that_a_section_reserves() -> None:
    """A bare-metal image of a tree with zenoh needs 8 KB; a leftover stack is not told here."""
    used = LINK % "    .stack : { . = . + _stack_size; } > RAM\n"
    files = {"board/CMakeLists.txt": CMAKE, "board/memory.x": used}
    assert ("seed-minimum", "pass") in rules(files)
    files["board/memory.x"] = used.replace("16K", "4K")
    assert ("seed-minimum", "fail") in rules(files)
    files["board/memory.x"] = LINK % ""
    assert ("seed-minimum", "unknown") in rules(files)


def test_an_executor_that_points_to_its_storage_is_small() -> None:
    """A header that defines the type without an array among its members tells that."""
    body = "void app(void *a) {\n    rclc_executor_t executor;\n    z_open(&s, c, NULL);\n}\n"
    handles = "typedef struct rclc_executor_t {\n    size_t count;\n    void *handles%s;\n} x;\n"
    files = node(made("2048", "app", body), **{"lib/executor.h": handles % ""})
    assert "inline-storage" not in dict(rules(files))
    files["lib/executor.h"] = handles % "[64]"
    assert ("inline-storage", "fail") in rules(files)


def test_an_application_without_a_known_board() -> None:
    """It may be built for the host only, so an executor on its stack is a warning."""
    files = {
        "app/prj.conf": ZENOH + "CONFIG_MAIN_STACK_SIZE=16384\n",
        "app/src/main.c": "int main(void) {\n    app_executor_t executor;\n    spin(&executor);\n}",
    }
    assert ("inline-storage", "warn") in rules(files)


def test_a_variable_of_16_bits_is_not_cut_by_its_cast() -> None:
    """FreeRTOS names such variables with the prefix us."""
    body = OPENS + (
        'void start(uint16_t usDepth) {\n    xTaskCreate(app, "x", (uint16_t) usDepth, 0, 3, 0);'
        "\n}\n"
    )
    assert "depth-truncation" not in dict(rules(node(body)))


def test_nuttx_itself_is_no_target() -> None:
    """The sample configurations of NuttX's own tree are not judged."""
    files = {
        "sched/Kconfig": "config INIT_STACKSIZE\n",
        "boards/arm/x/y/configs/nsh/defconfig": 'CONFIG_INIT_ENTRYPOINT="nsh_main"\n',
    }
    assert examine("MEM002", files).verdict == "not-applicable"


def test_a_provided_symbol_is_not_dead() -> None:
    """PROVIDE defines a symbol only when something refers to it."""
    script = (LINK % "").replace("_stack_size = 16K;", "PROVIDE(_stack_size = 16K);")
    assert rules({"board/memory.x": script}) == []


def test_a_cast_in_c_text_that_a_build_script_writes() -> None:
    """C code in a raw string of build.rs is code too, at its own line."""
    code = (
        'const GLUE: &str = r#"\n#include <task.h>\n'
        "int make_task(TaskFunction_t entry, uint32_t words) {\n"
        '    return xTaskCreate(entry, "x", (uint16_t)words, 0, 3, 0);\n}\n"#;\n'
        "fn main() {\n    write(GLUE);\n}\n"
    )
    rust = "fn start() {\n    make_task(run, depth());\n}\n"
    files = {"board/build.rs": code, "board/Cargo.toml": "[package]\n", "board/src/lib.rs": rust}
    found = places(examine("MEM002", files))
    assert ("depth-truncation", "warn", "board/build.rs", 4) in found


def test_a_threadx_application_without_zenoh_has_no_row() -> None:
    """A thread named for the application says nothing where nothing builds zenoh."""
    code = 'void start(void) { tx_thread_create(&t, "app", app, 0, p, 512, 4, 4, 0, 1); }\n'
    assert examine("MEM002", {"app/CMakeLists.txt": "", "app/main.c": code}).findings == ()
    zenoh = {"boards/threadx/CMakeLists.txt": CMAKE, "boards/threadx/app.c": code}
    assert ("seed-minimum", "fail") in rules(zenoh)


def test_a_second_name_of_a_symbol_that_reserves_a_stack() -> None:
    """An alias for code that is not in the tree is not dead; one of a dead symbol is."""
    script = (
        "STACK_SIZE = 0x1000;\n_Min_Stack_Size = STACK_SIZE;\n"
        "MEMORY { RAM (rw) : ORIGIN = 0x20000000, LENGTH = 64K }\n"
        "SECTIONS { .stack : { . = . + STACK_SIZE; } > RAM }\n"
    )
    assert rules({"link.ld": script}) == [("dead-symbol", "pass")]
    dead = script.replace(". = . + STACK_SIZE;", "*(.stack)")
    assert ("dead-symbol", "warn") in rules({"link.ld": dead})


def test_a_posix_port_among_third_parties_has_host_stacks() -> None:
    """The port's folder lies one deeper there, below its compiler's."""
    build = "SOURCES += k/portable/MemMang/heap_4.c\nSOURCES += k/portable/PORT/port.c\n"
    files = {"sim/FreeRTOSConfig.h": "#define configUSE_PREEMPTION 1\n"}
    posix = {**files, "sim/Makefile": build.replace("PORT", "ThirdParty/GCC/Posix")}
    assert rules(posix) == []
    chip = {**files, "sim/Makefile": build.replace("PORT", "GCC/ARM_CM4F")}
    assert rules(chip) == [("no-detector", "warn")]


def test_a_simulator_of_windows_has_no_stack_of_its_own() -> None:
    """Its tasks are threads of the host."""
    for folder in ("demo/win", "demo/Windows", "demo/win64"):
        files = {f"{folder}/FreeRTOSConfig.h": "#define configCHECK_FOR_STACK_OVERFLOW 0\n"}
        assert examine("MEM002", files).verdict is Verdict.NOT_APPLICABLE, folder
    files = {"demo/window/FreeRTOSConfig.h": "#define configCHECK_FOR_STACK_OVERFLOW 0\n"}
    assert examine("MEM002", files).verdict is Verdict.WARN


PORT = """
int _z_task_init(task_t *task, task_attr_t *attr, void *(*fun)(void *), void *arg) {{
    uint32_t depth = {depth};
    if (attr != NULL) {{
        depth = attr->depth;
    }}
    return xTaskCreate(run, "z", depth, arg, 3, &task->handle) == pdPASS ? 0 : -1;
}}
"""


def port_rows(files: dict[str, str]) -> list[tuple[str, str, str, int]]:
    """Findings of the sizes at the platform layer."""
    rows = places(examine("MEM002", files))
    return [row for row in rows if row[2].endswith("port.c") and row[0] != "no-detector"]


def test_the_default_of_a_platform_layer_of_the_trees_own() -> None:
    """What a zenoh task gets without attributes, also in a package beside the target."""
    small = PORT.format(depth="configMINIMAL_STACK_SIZE")
    files = node(OPENS)
    assert port_rows(files | {"node/port.c": small}) == [("seed-minimum", "fail", "node/port.c", 3)]
    beside = {"os-freertos/src/port.c": small, "os-freertos/CMakeLists.txt": "project(os)\n"}
    in_kernel = {f"node-freertos/{path[5:]}": text for path, text in files.items()}
    assert port_rows(in_kernel | beside) == [("seed-minimum", "fail", "os-freertos/src/port.c", 3)]
    right = PORT.format(depth="5120")
    assert port_rows(files | {"node/port.c": right}) == [("seed-minimum", "pass", "node/port.c", 3)]
    always = small.replace("    if (attr != NULL) {\n", "    {\n")
    assert port_rows(files | {"node/port.c": always}) == []
    without = {path: text for path, text in files.items() if "main" not in path}
    plain = without | {"node/CMakeLists.txt": "project(node)\n", "node/port.c": small}
    assert port_rows(plain) == []


def test_the_cast_of_a_kernels_own_task_is_the_kernels() -> None:
    """Old kernels cast the depth of the timer task, a constant of the configuration."""
    kernel = made("( unsigned short ) configTIMER_TASK_STACK_DEPTH", "prvTimerTask")
    assert "depth-truncation" not in dict(rules(node(kernel)))
    deep = CONFIG + "#define configTIMER_TASK_STACK_DEPTH 70000\n"
    assert ("depth-truncation", "fail") in rules(node(kernel, deep))


def test_threadx_with_the_interface_of_freertos_is_no_freertos() -> None:
    """Its layer reads a FreeRTOSConfig.h too; what that does not define, ThreadX does not lack."""
    files = {
        "app/Core/Inc/FreeRTOSConfig.h": "#define configMAX_PRIORITIES 8\n",
        "app/CMakeLists.txt": "",
        "app/Core/Src/main.c": "void main(void) { tx_kernel_enter(); }\n",
    }
    assert rules(files) == [("no-detector", "warn")]
    layer = files | {"app/Core/Src/tx_freertos.c": "#include <FreeRTOS.h>\n"}
    assert rules(layer) == []
    both = layer | {f"app/kernel/{name}.c": "" for name in ("tasks", "queue", "list")}
    assert rules(both) == [("no-detector", "warn")]
