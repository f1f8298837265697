"""RTOS001: what is flagged, what is not, what cannot be told."""

import pytest

from pitfalls import Verdict
from pitfalls.testing import examine, places

CONFIG = "app/FreeRTOSConfig.h"
OPTIONS = "app/lwipopts.h"
ENTRY = """
static void rx(void *a) {{ for (;;) {{ eth_poll(a); {wait}; }} }}
void start(void) {{
    xTaskCreate(rx, "rx", 256, NULL, {priority}, NULL);
}}
"""
POLLED = "vTaskDelay(5)"
WOKEN = "ulTaskNotifyTake(pdTRUE, portMAX_DELAY)"

Rows = list[tuple[str, str, str, int]]


def target(
    rx: str = "4", wait: str = POLLED, tcpip: str = "4", read: str = "4", more: str = ""
) -> dict[str, str]:
    """A target with three tasks; ``more`` goes into the kernel's configuration."""
    return {
        CONFIG: f"#define configMAX_PRIORITIES 8\n{more}\n",
        OPTIONS: f"#define NO_SYS 0\n#define TCPIP_THREAD_PRIO {tcpip}\n",
        "app/rx.c": ENTRY.format(priority=rx, wait=wait),
        "app/read.c": (
            "void transport_tasks(unsigned read_priority, unsigned lease_priority);\n"
            f"void go(void) {{ z_open(&s, 0, 0); transport_tasks({read}, {read}); }}\n"
        ),
    }


def found(files: dict[str, str], *rules: str) -> Rows:
    """Findings over a small tree, of some rules or of all but notes."""
    result = examine("RTOS001", files)
    assert not result.traceback
    shown = [v for v in Verdict if v is not Verdict.NOTE]
    return [row for row in places(result, *shown) if not rules or row[0] in rules]


def verdicts(files: dict[str, str], rule: str) -> list[str]:
    """The verdicts of one rule, in order."""
    return [row[1] for row in found(files, rule)]


def test_equal_priorities_pass() -> None:
    """What the seed asks for is right."""
    assert {row[1] for row in found(target())} == {"pass"}


def test_the_literal_sentence_is_a_note() -> None:
    """Different numbers in a right order change no verdict."""
    result = examine("RTOS001", target(rx="5", tcpip="5"))
    assert result.verdict is Verdict.PASS
    assert ("equal", "note", "app/rx.c", 4) in places(result)


def test_a_polled_rx_task_below_the_read_task_fails() -> None:
    """The read task keeps the FIFO from being emptied."""
    assert found(target(rx="3"), "rx-below-read") == [("rx-below-read", "fail", "app/rx.c", 4)]


def test_an_rx_task_that_waits_in_a_function_of_its_own_does_not_poll() -> None:
    """The semaphore is taken one call away."""
    files = target(rx="3", wait="wait_frame()")
    files["app/rx.c"] += "void wait_frame(void) { xSemaphoreTake(s, 100); }\n"
    files["app/rx.c"] = (
        files["app/rx.c"].replace("(rx,", "(eth_rx,").replace("void rx(", "void eth_rx(")
    )
    assert verdicts(files, "rx-below-read") == ["warn"]


def test_an_rx_task_that_an_interrupt_wakes_is_a_warning() -> None:
    """The interrupt insists, and the read task waits in recv."""
    assert verdicts(target(rx="3", wait=WOKEN), "rx-below-read") == ["warn"]


def test_the_ip_stack_below_a_polled_rx_task_fails() -> None:
    """Frames are taken faster than they are worked on, for ever."""
    rows = found(target(rx="5", tcpip="4", read="4"), "tcpip-below-read")
    assert ("tcpip-below-read", "fail", "app/rx.c", 4) in rows


def test_an_interrupt_driven_input_task_above_the_ip_stack_is_right() -> None:
    """CubeMX makes it at 48 over 24."""
    files = target(rx="7", tcpip="4", wait=WOKEN)
    assert {row[1] for row in found(files, "tcpip-below-read", "rx-below-tcpip")} == {"pass"}


def test_the_ip_stack_far_above_the_read_task_is_right() -> None:
    """Nothing that feeds the read task is held up by it."""
    assert verdicts(target(tcpip="7", wait=WOKEN), "tcpip-below-read") == ["pass"]


def test_the_ip_stack_below_the_read_task_without_polling_is_a_warning() -> None:
    """zenoh-pico's own example runs so: its read task waits in recv."""
    assert verdicts(target(tcpip="2", rx="4", wait=WOKEN), "tcpip-below-read") == ["warn"]


def test_a_polled_rx_task_below_the_ip_stack_is_a_warning() -> None:
    """A scale that was rounded down led to it once."""
    assert verdicts(target(rx="3", read="3"), "rx-below-tcpip") == ["warn"]


def test_a_program_that_starts_the_ip_stacks_task_sets_its_priority() -> None:
    """What lwipopts.h says is for ``tcpip_init``, which this program does not use."""
    files = target(tcpip="5")
    files["app/net.c"] = 'void net(void) { sys_thread_new("ip", tcpip_thread, 0, 2048, 3); }\n'
    rows = found(files, "tcpip-below-read")
    assert ("tcpip-below-read", "fail", "app/rx.c", 4) in rows
    assert not [row for row in found(files, "app-above") if row[2] == "app/net.c"]


@pytest.mark.parametrize("header", [{}, {"app/net/opt.h": "#define TCPIP_THREAD_PRIO 1\n"}])
def test_a_copy_of_the_stack_starts_its_task_as_the_option_says(header: dict[str, str]) -> None:
    """The sources of lwIP in the folder of the project, without those that make it known."""
    start = 'void tcpip_init(void) { sys_thread_new("ip", tcpip_thread, 0, 1, TCPIP_THREAD_PRIO); }'
    files = target(tcpip="5") | {"app/net/tcpip.c": f'#include "opt.h"\n{start}\n'} | header
    assert {row[1] for row in found(files, "tcpip-below-read")} == {"pass"}


def test_lwips_default_is_known_as_such() -> None:
    """TCPIP_THREAD_PRIO is 1 when no line sets it."""
    files = {**target(), OPTIONS: "#define NO_SYS 0\n"}
    result = examine("RTOS001", files)
    told = [f.message for f in result.findings if f.rule.endswith("tcpip-below-read")]
    assert all("TCPIP_THREAD_PRIO is not set: 1" in message for message in told)


def test_a_default_that_a_hidden_header_may_override_is_unknown() -> None:
    """The number may stand in an include that is not in the tree."""
    files = {**target(), OPTIONS: '#include "vendor_lwipopts.h"\n'}
    assert set(verdicts(files, "tcpip-below-read")) == {"unknown"}


def test_zenoh_picos_default_is_half_of_the_levels() -> None:
    """Nobody hands priorities over, so its port's attributes count."""
    files = {**target(rx="3"), "app/read.c": "void go(void) { z_open(&s, 0, 0); }\n"}
    assert verdicts(files, "rx-below-read") == ["fail"]


def test_without_threads_there_is_no_read_task() -> None:
    """Z_FEATURE_MULTI_THREAD 0 compiles none."""
    files = target(rx="3")
    files["app/CMakeLists.txt"] = "add_compile_definitions(Z_FEATURE_MULTI_THREAD=0)\n"
    assert found(files, "rx-below-read") == []


@pytest.mark.parametrize("missing", ["app/rx.c", OPTIONS])
def test_two_of_the_tasks_suffice(missing: str) -> None:
    """The order of the two that are there is judged."""
    files = target()
    del files[missing]
    assert {row[1] for row in found(files)} == {"pass"}


def test_one_task_alone_is_no_chain() -> None:
    """A demo with an IP stack and no more is not examined."""
    files = {CONFIG: target()[CONFIG], OPTIONS: target()[OPTIONS], "app/main.c": "int x;\n"}
    assert found(files) == []


def test_a_single_loop_build_of_lwip_has_no_task() -> None:
    """NO_SYS 1 runs the stack in the caller."""
    files = {**target(), OPTIONS: "#define NO_SYS 1\n#define TCPIP_THREAD_PRIO 2\n"}
    assert found(files, "tcpip-below-read") == []


def test_the_posix_port_is_not_examined() -> None:
    """There is no controller to empty."""
    files = target(rx="1")
    files["app/CMakeLists.txt"] = "set(FREERTOS_PORT GCC_POSIX CACHE STRING 0)\n"
    assert found(files) == []


def test_a_priority_out_of_range_fails() -> None:
    """configMAX_PRIORITIES itself is one too many."""
    assert verdicts(target(rx="8"), "out-of-range") == ["fail"]
    assert verdicts(target(rx="configMAX_PRIORITIES - 1"), "out-of-range") == ["pass"]


def test_an_application_task_above_the_transport_is_a_warning() -> None:
    """A design choice, worth a look; a task of the same priority shares the processor, unless the
    kernel does not slice time."""
    for priority, verdict in (("5", "warn"), ("4", "pass"), ("3", "pass")):
        code = f"void m(void) {{ xTaskCreate(work, 0, 64, 0, {priority}, 0); }}\n"
        assert verdicts({**target(), "app/work.c": code}, "app-above") == [verdict]
    files = target(more="#define configUSE_TIME_SLICING 0")
    code = code.replace(" 3,", " 4,")
    assert verdicts({**files, "app/work.c": code}, "app-above") == ["warn"]


def test_what_a_network_driver_makes_beside_its_rx_task_is_no_application() -> None:
    """A thread of the driver that watches the link; in another file it may be anything."""
    watch = "void w(void) { xTaskCreate(watch_link, 0, 64, 0, 6, 0); }\n"
    for path, expected in (("app/ethernetif.c", []), ("app/board_eth.c", []),
                           ("app/main.c", ["warn"])):  # fmt: skip
        files = target()
        files[path] = files.pop("app/rx.c") + watch
        assert verdicts(files, "app-above") == expected
    files = {**target(), "app/ethernetif.c": target()["app/rx.c"], "app/link.c": watch}
    assert "warn" in verdicts(files, "app-above")


def test_equal_priorities_need_time_slicing() -> None:
    """It is on by default; 0 lets one of two equals keep the processor."""
    assert verdicts(target(), "no-time-slicing") == ["pass"]
    files = target(more="#define configUSE_TIME_SLICING 0")
    assert found(files, "no-time-slicing") == [("no-time-slicing", "warn", CONFIG, 2)]
    assert verdicts(target(more="#define configUSE_TIME_SLICING X"), "no-time-slicing") == [
        "unknown"
    ]


def test_a_priority_from_run_time_is_unknown() -> None:
    """What a caller passes cannot be told."""
    files = target()
    files["app/rx.c"] = files["app/rx.c"].replace("(void) {\n", "(int level) {\n")
    files["app/rx.c"] = files["app/rx.c"].replace("NULL, 4", "NULL, level")
    assert verdicts(files, "rx-below-read") == ["unknown"]


def test_a_clamp_is_computed() -> None:
    """16 becomes 7 by a function that clips, and so comes to stand above the IP stack."""
    code = (
        "#define TOP (configMAX_PRIORITIES - 1)\n"
        "static UBaseType_t clip(uint32_t p) {\n"
        "    if (p >= (uint32_t)configMAX_PRIORITIES) { return (UBaseType_t)TOP; }\n"
        "    return (UBaseType_t)p;\n}\n"
    )
    files = target()
    files["app/rx.c"] = code + ENTRY.format(priority="clip(16)", wait=POLLED)
    assert verdicts(files, "tcpip-below-read") == ["fail", "pass"]


def test_a_wrapper_and_a_structure_are_followed_in_rust() -> None:
    """A C function makes the task, Rust calls it with a field of a configuration that converts."""
    files = target()
    files["app/rx.c"] = (
        "int spawn(void (*entry)(void *), const char *name, uint32_t words, uint32_t prio) {\n"
        "    return xTaskCreate(entry, name, words, NULL, (UBaseType_t)prio, NULL);\n}\n"
    )
    files["app/src/net.rs"] = (
        'unsafe extern "C" fn rx_entry(_: *mut c_void) {\n'
        "    loop { nic_rx_poll(); vTaskDelay(5); }\n}\n"
        "fn boot(config: &Settings) {\n"
        "    let level = Settings::to_kernel(config.rx_priority);\n"
        '    unsafe { spawn(rx_entry, b"rx\\0".as_ptr(), 256, level) };\n}\n'
    )
    files["shared/settings.rs"] = (
        "impl Default for Settings {\n    fn default() -> Self {\n        Self {\n"
        "            rx_priority: 16,\n        }\n    }\n}\n"
        "impl Settings {\n    pub const fn to_kernel(n: u8) -> u32 {\n"
        "        let n = if n > 31 { 31 } else { n };\n        (n as u32 * 7) / 31\n    }\n}\n"
    )
    assert found(files, "rx-below-read") == [("rx-below-read", "fail", "shared/settings.rs", 4)]


def test_a_field_in_a_template_is_read() -> None:
    """A build system fills in the rest of the file."""
    files = target(rx="CONFIG_.net.rx_priority")
    files["cmake/templates/app_config.c.in"] = (
        "const config_t CONFIG_ = {\n    .domain = @DOMAIN@,\n"
        "    .net = { .rx_priority = 2, .poll_ms = @POLL@ },\n};\n"
    )
    assert found(files, "rx-below-read") == [
        ("rx-below-read", "fail", "cmake/templates/app_config.c.in", 3)
    ]


def test_two_definitions_that_differ_are_unknown() -> None:
    """Which of them is linked cannot be told."""
    files = target(rx="CONFIG_.rx_priority")
    for name, number in (("a", 2), ("b", 5)):
        files[f"variants/{name}.c"] = f"const config_t CONFIG_ = {{ .rx_priority = {number} }};\n"
    assert verdicts(files, "rx-below-read") == ["unknown"]


def test_attributes_of_cmsis_and_of_zenoh_pico() -> None:
    """A structure is what osThreadNew and zp_start_read_task take."""
    files = target()
    files["app/rx.c"] = (
        "static void rx(void *a) { for (;;) { HAL_ETH_ReadData(a, 0); osDelay(1); } }\n"
        "void start(void) {\n"
        '    osThreadAttr_t how = { .name = "rx", .stack_size = 1024 };\n'
        "    how.priority = osPriorityBelowNormal1;\n"
        "    osThreadNew(rx, NULL, &how);\n}\n"
    )
    files["app/read.c"] = (
        "void go(void) {\n    z_task_attr_t how = { .priority = 18 };\n"
        "    zp_task_read_options_t o;\n    o.task_attributes = &how;\n"
        "    zp_start_read_task(z_loan_mut(s), &o);\n}\n"
    )
    assert found(files, "rx-below-read") == [("rx-below-read", "fail", "app/rx.c", 4)]


def test_a_target_shares_the_code_of_a_configuration_that_it_includes() -> None:
    """A board's header sets two facts and includes the rest, beside which the tasks are made."""
    files = {path.replace("app/", "shared/"): text for path, text in target(rx="3").items()}
    files["shared/config/FreeRTOSConfig.h"] = files.pop("shared/FreeRTOSConfig.h")
    files["shared/Makefile"] = "all:\n"
    files["board/FreeRTOSConfig.h"] = '#include "../shared/config/FreeRTOSConfig.h"\n'
    result = examine("RTOS001", files)
    assert {f.subject for f in result.findings} == {"board"}
    assert result.verdict is Verdict.FAIL


def spelled(priority: str, before: str = "", **more: str) -> list[str]:
    """The verdicts of rx-below-read for a polled rx task whose priority is written so."""
    files = target(rx=priority)
    files["app/rx.c"] = before + files["app/rx.c"]
    files |= {path.replace("__", "/").replace("_h", ".h"): text for path, text in more.items()}
    return verdicts(files, "rx-below-read")


@pytest.mark.parametrize(
    ("priority", "before"),
    [
        ("PRIO_RX", "enum { PRIO_IDLE, PRIO_APP, PRIO_LOW = 2, PRIO_RX, PRIO_READ };\n"),
        ("PRIO_RX", "typedef enum {\n  PRIO_IDLE, /* 0 */\n  PRIO_APP,\n  PRIO_RX,\n} prio_t;\n"),
        ("MIN(3, configMAX_PRIORITIES - 1)", "#define MIN(a, b) ((a) < (b) ? (a) : (b))\n"),
        ("LWIP_MIN(12, 3)", ""),
    ],
)
def test_enumerators_and_the_smaller_of_two_are_numbers(priority: str, before: str) -> None:
    """An enumerator without a value counts on from the one before."""
    assert spelled(priority, before) == ["fail"]


def test_an_enumerator_of_a_header_is_a_number() -> None:
    """The header lies in the target's folder; two that differ decide nothing."""
    header = "typedef enum { TASK_IDLE, TASK_RX = 2 } task_level_t;\n"
    assert spelled("TASK_RX", app__levels_h=header) == ["fail"]
    other = header.replace("2", "5")
    assert spelled("TASK_RX", app__levels_h=header, app__old_h=other) == ["unknown"]


def test_a_constant_structure_of_a_configuration_header_is_read() -> None:
    """Its field is passed on as it is, so one that is too high trips the kernel's assertion."""
    files = target(rx="CFG.net.rx_prio")
    files["app/app_config.h"] = "static const cfg_t CFG = { .net = { .rx_prio = 12 } };\n"
    assert found(files, "out-of-range") == [("out-of-range", "fail", "app/app_config.h", 1)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CMakeLists.txt", "# RX_PRIO=6\ntarget_compile_definitions(app PRIVATE RX_PRIO=3)\n"),
        ("CMakeLists.txt", "add_compile_definitions(A=1\n  RX_PRIO=3)\n"),
        ("Makefile", "CFLAGS += -Os -DRX_PRIO=3\n"),
        ("build.rs", 'fn main() { cc::Build::new().define("RX_PRIO", Some("3")).compile("x"); }\n'),
        ("platformio.ini", "build_flags =\n  -D RX_PRIO=3\n"),
    ],
)
def test_a_priority_that_the_build_defines_is_followed(name: str, text: str) -> None:
    """A comment defines nothing."""
    files = target(rx="RX_PRIO") | {f"app/{name}": text}
    assert verdicts(files, "rx-below-read") == ["fail"]


def test_a_define_of_the_build_beats_the_guarded_default_of_the_stack() -> None:
    """`#ifndef` in lwipopts.h leaves the word to the compiler's line; without it, it does not."""
    files = target(rx="3", read="3") | {
        "app/CMakeLists.txt": "add_compile_definitions(TCPIP_THREAD_PRIO=2)\n"
    }
    assert "fail" not in verdicts(files, "tcpip-below-read")
    files[OPTIONS] = (
        "#define NO_SYS 0\n#ifndef TCPIP_THREAD_PRIO\n#define TCPIP_THREAD_PRIO 4\n#endif\n"
    )
    rows = found(files, "tcpip-below-read")
    assert ("tcpip-below-read", "fail", "app/rx.c", 4) in rows


def test_constants_of_another_rust_module_are_numbers() -> None:
    """A `const` and the value of an enumeration, each in a module of its own."""
    files = target()
    files["app/rx.c"] = (
        "int spawn(void (*entry)(void *), const char *name, uint32_t words, uint32_t prio) {\n"
        "    return xTaskCreate(entry, name, words, NULL, (UBaseType_t)prio, NULL);\n}\n"
    )
    entry = (
        'unsafe extern "C" fn rx_entry(_: *mut c_void) {\n'
        "    loop { nic_rx_poll(); vTaskDelay(5); }\n}\n"
    )
    files["app/src/levels.rs"] = (
        "pub const RX_LEVEL: u32 = 3;\n#[repr(u32)]\npub enum Level { Idle = 0, Rx = 3 }\n"
    )
    for level in ("RX_LEVEL", "Level::Rx as u32", "core::cmp::min(RX_LEVEL, 7)"):
        files["app/src/net.rs"] = (
            entry + f'fn boot() {{ unsafe {{ spawn(rx_entry, b"rx".as_ptr(), 256, {level}) }} }}\n'
        )
        assert verdicts(files, "rx-below-read") == ["fail"], level


START_UP = """
int make(void (*entry)(void *), const char *name, uint32_t prio) {
    return xTaskCreate(entry, name, 256, NULL, (UBaseType_t)prio, NULL);
}
extern void transport_tasks(uint32_t read_priority, uint32_t lease_priority);
#define POLL_PRIORITY 4
#define ZENOH_PRIORITY 5
static void poll(void *a) { for (;;) { vTaskDelay(1); net_poll(); } }
void app(void) { make(poll, "poll", POLL_PRIORITY); transport_tasks(ZENOH_PRIORITY, 5); }
"""


def test_code_away_from_the_only_configuration_of_its_platform_runs_under_it() -> None:
    """Examples that share the start-up code of a folder, and a board elsewhere with the kernel's
    configuration; with two boards, it cannot be told which is meant."""
    files = {
        "boards/freertos/FreeRTOSConfig.h": "#define configMAX_PRIORITIES 8\n",
        "boards/freertos/lwipopts.h": "#define NO_SYS 0\n#define TCPIP_THREAD_PRIO 5\n",
        "examples/freertos/common/startup.c": START_UP,
    }
    row = ("rx-below-read", "fail", "examples/freertos/common/startup.c", 6)
    assert row in found(files)
    files["boards/freertos-other/FreeRTOSConfig.h"] = "#define configMAX_PRIORITIES 8\n"
    assert found(files, "rx-below-read") == []


def test_a_simulation_beside_a_board_has_none_of_its_options() -> None:
    """Its folder has a configuration of its own, which is only not judged."""
    files: dict[str, str | bytes] = {
        "boards/freertos_pico/FreeRTOSConfig.h": "#define configMAX_PRIORITIES 32\n",
        "boards/freertos_pico/lwipopts.h": "#define NO_SYS 0\n",
        "boards/freertos_pico/main.c": "void app(void *p) { z_open(&s, c, NULL); }\n",
        "boards/freertos_sim/FreeRTOSConfig.h": "#define configMAX_PRIORITIES 7\n",
        "boards/freertos_sim/CMakeLists.txt": 'set(FREERTOS_PORT "GCC_POSIX" CACHE STRING "")\n',
        "boards/freertos_sim/main.c": "void app(void *p) { z_open(&s, c, NULL); }\n",
    }
    result = examine("RTOS001", files)
    assert {f.subject for f in result.findings} == {"boards/freertos_pico"}
