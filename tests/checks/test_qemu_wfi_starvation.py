"""NET002: what lets the CPU of an emulated guest rest."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

LAUNCH = "qemu-system-arm -M mps2-an385 -icount {0} -nic tap,ifname=tap0 -kernel {1}.elf\n"
AUTO = LAUNCH.format("shift=auto", "mps2-app")


def manifest(name: str, *needs: str) -> str:
    """A manifest with path dependencies."""
    rows = "".join(f'{need} = {{ path = "../{need}" }}\n' for need in needs)
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\n[dependencies]\n{rows}'


def app(body: str, launch: str = AUTO, **more: str) -> PitfallResult:
    """A bare-metal application with a launch."""
    return examine("NET002", {
        "run.sh": launch, "mps2-app/Cargo.toml": manifest("mps2-app", "driver"),
        "mps2-app/src/main.rs": f"fn main() -> ! {{\n{body}\n}}\n",
        "driver/Cargo.toml": manifest("driver"), **more,
    })  # fmt: skip


def found(result: PitfallResult) -> list[tuple[str, str]]:
    """Rule and verdict of everything."""
    return [(rule, verdict) for rule, verdict, _, _ in places(result)]


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("loop { executor.spin_once(0); }", "warn"),
        ("loop { executor.spin_once(10); }", "warn"),
        ("while true { network_poll(); }", "warn"),
        ("for _ in 0..100_000 { executor.spin_once(0); }", "warn"),
        ("loop { executor.spin_once(0); Mono::delay(10.millis()).await; }", "pass"),
        ("start(SYST); loop { executor.spin_once(0); cortex_m::asm::wfi(); }", "pass"),
        ("loop { iface.poll(now, dev, set); delay.delay_ms(1); }", "pass"),
    ],
)
def test_an_applications_loop(body: str, verdict: str) -> None:
    """A loop that polls rests by an await, WFI or a delay; on bare metal a timeout is no rest."""
    assert found(app(body)) == [("busy-loop", verdict)]


def test_a_numeric_shift_makes_it_a_failure() -> None:
    """The guest's time then leaves the host's."""
    launch = LAUNCH.format("shift=3", "mps2-app")
    assert found(app("loop { executor.spin_once(0); }", launch)) == [("busy-loop", "fail")]


@pytest.mark.parametrize(
    "launch", ["", "qemu-system-arm -M mps2-an385 -semihosting -kernel mps2-app.elf\n"]
)
def test_hardware_only_and_semihosting_fixtures_are_not_applicable(launch: str) -> None:
    """Without a launch, or with one that has no network, nothing starves."""
    result = app("loop { executor.spin_once(0); }", launch)
    assert result.verdict is Verdict.NOT_APPLICABLE


def test_short_loops_panics_and_unit_tests_are_left_alone() -> None:
    """They end, or nothing matters any more."""
    body = "for _ in 0..50 { executor.spin_once(10); }\n}\n"
    body += "fn panic_handler() -> ! { loop { network_poll(); } }\n"
    body += "#[cfg(test)]\nmod tests { fn t() { loop { network_poll(); } } "
    assert found(app(body)) == []


def test_a_preemptive_kernel_rests_in_a_call_that_blocks() -> None:
    """Another task runs, and then the idle task."""
    text = "void app_task(void *p)\n{\n    for (;;) { nros_spin_some(&e, TIME); }\n}\n"
    launch = LAUNCH.format("shift=auto", "freertos-app")
    for time, expected in (("10", "pass"), ("0", "warn")):
        files = {"run.sh": launch, "freertos-app/CMakeLists.txt": "",
                 "freertos-app/main.c": text.replace("TIME", time)}  # fmt: skip
        assert found(examine("NET002", files)) == [("busy-loop", expected)]


SLEEP = """
pub fn sleep_ms(ms: u64) {
    let start = clock_ms();
    while clock_ms() - start < ms { REST }
}
"""


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("core::hint::spin_loop();", [("platform-busy-wait", "warn")]),
        ("network_poll(); cortex_m::asm::wfi();", [("platform-busy-wait", "pass")]),
        ("network_poll(); idle();", []),
    ],
)
def test_a_waiting_loop_of_a_linked_crate(rest: str, expected: list[tuple[str, str]]) -> None:
    """A sleep that spins; one that calls a callback is judged by who installs it."""
    driver = {"driver/src/lib.rs": SLEEP.replace("REST", rest)}
    assert found(app("run();", AUTO, **driver)) == expected


def test_an_endless_loop_of_a_linked_crate_is_its_own_matter() -> None:
    """Only its waits are those of the target."""
    driver = {"driver/src/lib.rs": "pub fn demo_task() { loop { network_poll(); } }\n"}
    assert found(app("run();", AUTO, **driver)) == []


INSTALLER = {"driver/src/lib.rs": "pub fn set_idle_callback(f: fn()) { IDLE.set(f); }\n"}


def test_an_installer_that_nobody_calls() -> None:
    """The finding stands where the board is brought up."""
    result = app("let b = mps2::init_hardware();", AUTO, **INSTALLER)
    assert places(result) == [("hook-never-called", "warn", "mps2-app/src/main.rs", 2)]


def test_an_installed_callback_passes_and_asks_for_an_interrupt() -> None:
    """The call is the evidence; WFI without an interrupt never returns."""
    body = "let b = mps2::init_hardware();\ndriver::set_idle_callback(wait);"
    assert found(app(body, AUTO, **INSTALLER)) == [
        ("hook-never-called", "pass"), ("wfi-unarmed", "warn"),
    ]  # fmt: skip
    armed = body + "\nb.SYST.enable_interrupt();"
    assert found(app(armed, AUTO, **INSTALLER)) == [
        ("hook-never-called", "pass"), ("wfi-unarmed", "pass"),
    ]  # fmt: skip


def test_a_loop_with_wfi_asks_for_an_interrupt_too() -> None:
    """Anything in the crates that it links may arm one."""
    body = "loop { executor.spin_once(0); cortex_m::asm::wfi(); }"
    assert found(app(body)) == [("busy-loop", "pass"), ("wfi-unarmed", "warn")]
    driver = {"driver/src/lib.rs": "pub fn start() { NVIC::unmask(Irq::Timer0); }\n"}
    assert found(app(body, AUTO, **driver)) == [("busy-loop", "pass")]


def test_the_callback_counts_as_a_rest_of_the_loops() -> None:
    """The blocking calls underneath the application call it."""
    body = "mps2::init_hardware();\ndriver::set_idle_callback(w);\nloop { e.spin_once(10); }"
    assert ("busy-loop", "pass") in found(app(body, AUTO, **INSTALLER))


def test_a_wrapper_that_nobody_calls_installs_nothing() -> None:
    """`enable_wfi_idle` is an installer itself."""
    body = "mps2::init_hardware();\n}\npub fn enable_wfi_idle() { driver::set_idle_callback(w);"
    assert found(app(body, AUTO, **INSTALLER)) == [("hook-never-called", "warn")]


def test_crates_for_hardware_beside_those_for_the_emulator() -> None:
    """Only the crates that name QEMU are launched."""
    loop = "fn main() -> ! { loop { executor.spin_once(0); } }\n"
    launch = "qemu-system-riscv32 -M esp32c3 -icount 3 -nic tap,ifname=t -kernel x.elf\n"
    files = {
        "run.sh": launch,
        "esp32-qemu/Cargo.toml": manifest("esp32-qemu"), "esp32-qemu/src/main.rs": loop,
        "esp32/Cargo.toml": manifest("esp32-wifi"), "esp32/src/main.rs": loop,
    }  # fmt: skip
    assert places(examine("NET002", files)) == [("busy-loop", "fail", "esp32-qemu/src/main.rs", 1)]


def freertos(config: str, code: str = "", folder: str = "freertos-app") -> list[tuple[str, str]]:
    """A FreeRTOS target with a launch."""
    return found(examine("NET002", {
        "run.sh": LAUNCH.format("shift=auto", "freertos-app"),
        f"{folder}/CMakeLists.txt": "", f"{folder}/FreeRTOSConfig.h": config,
        f"{folder}/main.c": code,
    }))  # fmt: skip


HOOK = "void vApplicationIdleHook(void)\n{\n    BODY\n}\n"


@pytest.mark.parametrize(
    ("config", "body", "verdict"),
    [
        ("#define configUSE_IDLE_HOOK 0\n", "", "warn"),
        ("#define configUSE_PREEMPTION 1\n", "", "warn"),
        ("#define configUSE_IDLE_HOOK 0\n#define configUSE_TICKLESS_IDLE 1\n", "", "pass"),
        ("#define configUSE_IDLE_HOOK 1\n", '__asm volatile("wfi");', "pass"),
        ("#define configUSE_IDLE_HOOK 1\n", "count++; /* no wfi here */", "warn"),
    ],
)
def test_the_idle_hook(config: str, body: str, verdict: str) -> None:
    """The hook is on and its body sleeps, or the idle is tickless."""
    assert freertos(config, HOOK.replace("BODY", body)) == [("idle-hook", verdict)]


def test_a_hook_elsewhere_is_unknown_and_a_host_port_not_applicable() -> None:
    """The definition decides; POSIX and Windows ports have no WFI."""
    assert freertos("#define configUSE_IDLE_HOOK 1\n") == [("idle-hook", "unknown")]
    assert freertos("#define configUSE_IDLE_HOOK 0\n", folder="freertos-posix") == []


SCHEDULE = """
_tx_thread_schedule:
    la      t0, _tx_thread_execute_ptr
_tx_thread_schedule_loop:
    lw      t1, 0(t0)
REST    beqz    t1, _tx_thread_schedule_loop   // wait
    ret
"""


@pytest.mark.parametrize(("rest", "verdict"), [("", "warn"), ("    wfi\n", "pass")])
def test_the_waiting_loop_of_a_scheduler(rest: str, verdict: str) -> None:
    """A port's own idle loop in assembly."""
    files = {
        "run.sh": "qemu-system-riscv64 -M virt -nic tap,ifname=t -kernel threadx.elf\n",
        "threadx/tx_thread_schedule.S": SCHEDULE.replace("REST", rest),
    }
    assert places(examine("NET002", files)) == [
        ("rtos-idle-spin", verdict, "threadx/tx_thread_schedule.S", 4)
    ]


@pytest.mark.parametrize(
    ("before", "rest"),
    [
        ("fn rest() { cortex_m::asm::wfi(); }", "rest()"),
        ('macro_rules! m { () => {} } fn nap() { unsafe { asm!("wfi") } }', "nap()"),
        ("", 'unsafe { core::arch::asm!("wfi") }'),
    ],
)
def test_wfi_in_assembly_or_in_a_function_of_the_file_is_a_rest(before: str, rest: str) -> None:
    """A loop rests when it executes WFI itself or by a function beside it."""
    body = f"start(SYST); loop {{ executor.spin_once(0); {rest}; }}\n}}\n{before}\nfn end() {{"
    assert found(app(body)) == [("busy-loop", "pass")]


BARE = "PRE\nint main(void)\n{\n    ARM;\n    while (1) { MX_LWIP_Process(); REST; }\n}\n"


@pytest.mark.parametrize(
    ("before", "rest", "arm", "expected"),
    [
        ("", '__asm volatile ("wfi")', "NVIC_EnableIRQ(3)", [("busy-loop", "pass")]),
        ("#define REST() __WFI()", "REST()", "NVIC_EnableIRQ(3)", [("busy-loop", "pass")]),
        ("", '__asm("dsb\\nwfi")', "NVIC_EnableIRQ(3)", [("busy-loop", "pass")]),
        ("", 'puts("wfi()")', "NVIC_EnableIRQ(3)", [("busy-loop", "warn")]),
        ('void tell(void)\n{\n    puts("wfi()");\n}\n', "tell()", "", [("busy-loop", "warn")]),
        ("", "__WFI()", "start()", [("busy-loop", "pass"), ("wfi-unarmed", "warn")]),
    ],
)
def test_a_bare_metal_loop_in_c(
    before: str, rest: str, arm: str, expected: list[tuple[str, str]]
) -> None:
    """WFI in assembly or by a macro is a rest, and an interrupt that is armed ends it."""
    code = BARE.replace("PRE", before).replace("REST;", f"{rest};").replace("ARM", arm)
    files = {"run.sh": AUTO, "mps2-app/CMakeLists.txt": "", "mps2-app/main.c": code}
    assert found(examine("NET002", files)) == expected


@pytest.mark.parametrize(
    ("before", "body", "verdict"),
    [
        ("static void rest(void)\n{\n    __WFI();\n}\n", "rest();", "pass"),
        ('#define REST() __asm volatile("wfi")\n', "REST();", "pass"),
        ("#if 0\nvoid vApplicationIdleHook(void) { __WFI(); }\n#endif\n", "count++;", "warn"),
        ("static void rest(void)\n{\n    n++;\n}\n", "rest();", "warn"),
    ],
)
def test_an_idle_hook_by_what_it_calls(before: str, body: str, verdict: str) -> None:
    """A function or macro of the file is followed, code that is off counts for nothing."""
    code = before + HOOK.replace("BODY", body)
    assert freertos("#define configUSE_IDLE_HOOK 1\n", code) == [("idle-hook", verdict)]


def test_wfi_in_capitals_in_assembly() -> None:
    """Assemblers take instructions in either case."""
    files = {
        "run.sh": "qemu-system-riscv64 -M virt -nic tap,ifname=t -kernel threadx.elf\n",
        "threadx/tx_thread_schedule.S": SCHEDULE.replace("REST", "    WFI\n"),
    }
    assert found(examine("NET002", files)) == [("rtos-idle-spin", "pass")]


ON = "#define configUSE_IDLE_HOOK 1\n"


@pytest.mark.parametrize(
    ("before", "body", "more", "verdict"),
    [
        ("void app_idle(void)\n{\n    count++;\n}\n", "app_idle();", "", "warn"),
        ("void app_idle(void)\n{\n    __WFI();\n}\n", "app_idle();", "", "pass"),
        ("", "app_idle();", "void app_idle(void)\n{\n    n++;\n}\n", "warn"),
        ("", "app_idle();", 'void app_idle(void)\n{\n    __asm volatile("wfi");\n}\n', "pass"),
        ("", "app_idle();", "", "unknown"),
        ("", "app_idle();", "void app_idle(void);\n", "unknown"),
        ("", "a_idle();", "void a_idle(void)\n{\n    b();\n}\nvoid b(void)\n{\n    __WFI();\n}\n",
         "pass"),
        ("", "a_idle();", "void a_idle(void)\n{\n    b_idle();\n}\n", "unknown"),
        ("", "sleep_stats_idle();", "void sleep_stats_idle(void)\n{\n    n = 0;\n}\n", "warn"),
        ("", "idle_counter_increment();", "#define idle_counter_increment() (n++)\n", "warn"),
        ("", "nap();", "#define nap() __WFI()\n", "pass"),
        ("", 'puts("wfi");', "", "warn"),
        ("", 'log_idle("wfi()");', "void log_idle(const char *t)\n{\n    puts(t);\n}\n", "warn"),
        ("", "if (s_idle_cb) s_idle_cb();", "", "unknown"),
        ("", "xTaskGetTickCount();", "", "warn"),
    ],
)  # fmt: skip
def test_what_the_idle_hook_calls_is_followed_to_its_body(
    before: str, body: str, more: str, verdict: str
) -> None:
    """A name says nothing: the body holds a WFI, or not, or is not in the tree."""
    files = {
        "run.sh": LAUNCH.format("shift=auto", "freertos-app"),
        "freertos-app/CMakeLists.txt": "", "freertos-app/FreeRTOSConfig.h": ON,
        "freertos-app/main.c": before + HOOK.replace("BODY", body),
        "freertos-app/board/power.c": more,
    }  # fmt: skip
    assert found(examine("NET002", files)) == [("idle-hook", verdict)]


@pytest.mark.parametrize(
    ("opened", "config", "verdict"),
    [
        ("#ifdef LOW_POWER", "", "warn"),
        ("#ifdef LOW_POWER", "#define LOW_POWER\n", "pass"),
        ("#if LOW_POWER", "#define LOW_POWER 0\n", "warn"),
        ("#if configUSE_SLEEP == 1", "#define configUSE_SLEEP 1\n", "pass"),
        ("#ifndef BUSY", "", "pass"),
        ("#ifndef NDEBUG", "", "unknown"),
    ],
)
def test_wfi_of_an_idle_hook_under_a_condition(opened: str, config: str, verdict: str) -> None:
    """The configuration and the build tell whether it is compiled."""
    body = f"\n{opened}\n    __WFI();\n#endif\n"
    assert freertos(ON + config, '#include "FreeRTOS.h"\n' + HOOK.replace("BODY", body)) == [
        ("idle-hook", verdict)
    ]


GUARDED = SCHEDULE.replace("REST", "#ifdef TX_LOW_POWER\n    wfi\n#endif\n")


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({}, "warn"),
        ({"CMakeLists.txt": "option(TX_LOW_POWER off)\n"}, "warn"),
        ({"CMakeLists.txt": "# add_definitions(-DTX_LOW_POWER)\n"}, "warn"),
        ({"CMakeLists.txt": "add_compile_definitions(TX_LOW_POWER)\n"}, "pass"),
        ({"CMakeLists.txt": "target_compile_definitions(tx PUBLIC A=1 TX_LOW_POWER=1)\n"}, "pass"),
        ({"CMakeLists.txt": "target_compile_definitions(tx PUBLIC $<$<BOOL:${P}>:TX_LOW_POWER>)\n"},
         "unknown"),
        ({"Makefile": "ASFLAGS += -DTX_LOW_POWER\n"}, "pass"),
        ({"Makefile": "ASFLAGS += -DTX_LOW_POWER_DEMO\n"}, "warn"),
        ({"port/build.rs": 'fn main() { b.define("TX_LOW_POWER", None); }\n'}, "pass"),
        ({"threadx/tx_user.h": "#define TX_LOW_POWER\n"}, "pass"),
        ({"threadx/tx_user.h": "/* #define TX_LOW_POWER */\n"}, "warn"),
        ({"threadx/tx_user.h": "#ifdef DEMO\n#define TX_LOW_POWER\n#endif\n"}, "unknown"),
        ({"freertos/Makefile": "ASFLAGS += -DTX_LOW_POWER\n"}, "unknown"),
    ],
)  # fmt: skip
def test_wfi_of_a_scheduler_under_a_condition(files: dict[str, str], verdict: str) -> None:
    """ThreadX's ports sleep only where the build, or tx_user.h, says so."""
    result = examine("NET002", {
        "run.sh": "qemu-system-riscv64 -M virt -nic tap,ifname=t -kernel threadx.elf\n",
        "threadx/tx_thread_schedule.S": GUARDED, **files,
    })  # fmt: skip
    assert found(result) == [("rtos-idle-spin", verdict)]
    if verdict != "pass":
        assert "TX_LOW_POWER" in result.findings[0].message


CORTEX_M = """
__tx_ts_wait:
    CPSID   i
    LDR     r1, [r2]                 // _tx_thread_execute_ptr
    STR     r1, [r0]
    CBNZ    r1, __tx_ts_ready
#ifdef TX_LOW_POWER
    PUSH    {r0-r3}
    BL      tx_low_power_enter
    POP     {r0-r3}
#endif
REST    CPSIE   i
    B       __tx_ts_wait
__tx_ts_ready:
"""


@pytest.mark.parametrize(
    ("rest", "build", "verdict"),
    [
        ("", "", "warn"),
        ("    WFI\n", "", "pass"),
        ("#ifdef TX_ENABLE_WFI\n    DSB\n    WFI\n#endif\n", "", "warn"),
        ("#ifdef TX_ENABLE_WFI\n    DSB\n    WFI\n#endif\n", "-DTX_ENABLE_WFI", "pass"),
        ("#ifdef TX_ENABLE_WFI\n    DSB\n    WFI\n#endif\n", "-DTX_LOW_POWER", "warn"),
        ("#ifndef TX_BUSY\n    WFI\n#endif\n", "-DTX_BUSY", "warn"),
        ("    waiti 0\n", "", "pass"),
    ],
)
def test_the_waiting_loop_in_a_handler(rest: str, build: str, verdict: str) -> None:
    """The port for Cortex-M waits in PendSV, in capitals, and stores what it found."""
    files: dict[str, str | bytes] = {
        "run.sh": "qemu-system-arm -M mps2-an385 -nic tap,ifname=t -kernel threadx.elf\n",
        "threadx/tx_thread_schedule.S": CORTEX_M.replace("REST", rest),
        "Makefile": f"ASFLAGS += {build}\n",
    }
    assert found(examine("NET002", files)) == [("rtos-idle-spin", verdict)]


EITHER = """
    LDR     x1, =_tx_thread_execute_ptr
#ifdef TX_ENABLE_WFI
_schedule_loop:
    LDR     x0, [x1]
    CMP     x0, #0
    BNE     _found
    WFI
    B       _schedule_loop
_found:
#else
_schedule_loop:
    LDR     x0, [x1]
    CMP     x0, #0
    BEQ     _schedule_loop
#endif
_scheduler_fault:
    B       _scheduler_fault
"""


@pytest.mark.parametrize(
    ("build", "expected"),
    [("", [("warn", 12)]), ("-DTX_ENABLE_WFI", [("pass", 4)]), ("-DOTHER", [("warn", 12)])],
)
def test_the_loop_that_is_compiled_counts(build: str, expected: list[tuple[str, int]]) -> None:
    """Of two loops in the arms of one condition, and no loop after a fault."""
    files: dict[str, str | bytes] = {
        "run.sh": "qemu-system-arm -M mps2-an385 -nic tap,ifname=t -kernel threadx.elf\n",
        "threadx/tx_thread_schedule.S": EITHER, "Makefile": f"ASFLAGS += {build}\n",
    }  # fmt: skip
    result = places(examine("NET002", files))
    assert [(verdict, line) for _, verdict, _, line in result] == expected
