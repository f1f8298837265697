"""RTOS003: what is flagged, what is not, what cannot be told."""

from pathlib import Path

import pytest

from pitfalls import Verdict, catalogue
from pitfalls.engine import run
from pitfalls.testing import examine, places
from pitfalls.tree import open_tree
from tests.conftest import git

CONFIG = "app/FreeRTOSConfig.h"
MAKE = "CFLAGS += -DSTM32F407xx -Ikernel/portable/GCC/ARM_CM4F\n"
ISR = """
#include "FreeRTOS.h"
void start(void) {{
{start}
}}
void {handler}(void) {{
    BaseType_t woken = 0;
    vTaskNotifyGiveFromISR(reader, &woken);
}}
"""

Rows = list[tuple[str, str, str, int]]


def config(*lines: str, limit: str = "(5 << (8 - configPRIO_BITS))") -> str:
    """A header for 4 bits with a limit in line 2, and more lines."""
    head = ["#define configPRIO_BITS 4", f"#define configMAX_SYSCALL_INTERRUPT_PRIORITY {limit}"]
    return "".join(f"{line}\n" for line in [*head, *lines])


def found(files: dict[str, str], *rules: str) -> Rows:
    """Findings over a small tree with a Makefile, of some rules or of all."""
    result = examine("RTOS003", {"app/Makefile": MAKE, **files})
    assert not result.traceback
    return [row for row in places(result) if not rules or row[0] in rules]


def isr(start: str, handler: str = "ETH_IRQHandler", header: str = "") -> Rows:
    """Findings of the interrupt rules for one handler that calls the kernel."""
    files = {CONFIG: header or config(), "app/eth.c": ISR.format(start=start, handler=handler)}
    return found(files, "isr-too-urgent", "isr-default-priority")


def test_a_priority_at_the_limit_may_call_the_kernel() -> None:
    """The kernel masks the limit itself, so 5 is right where the limit is 5."""
    assert isr("    NVIC_SetPriority(ETH_IRQn, 5);") == [
        ("isr-too-urgent", "pass", "app/eth.c", 4),
    ]


def test_a_smaller_number_fails() -> None:
    """4 is more urgent than 5 and is never masked."""
    assert isr("    NVIC_SetPriority(ETH_IRQn, 4);") == [
        ("isr-too-urgent", "fail", "app/eth.c", 4),
    ]


def test_a_shifted_number_given_to_a_library_call_overflows() -> None:
    """0x50 << 4 leaves nothing in the byte: the interrupt gets priority 0."""
    rows = isr("    NVIC_SetPriority(ETH_IRQn, configMAX_SYSCALL_INTERRUPT_PRIORITY);")
    assert rows == [("isr-too-urgent", "fail", "app/eth.c", 4)]


@pytest.mark.parametrize(
    ("start", "verdict"),
    [
        ("    NVIC->IP[ETH_IRQn] = 0x50;", "pass"),
        ("    NVIC->IP[ETH_IRQn] = 5;", "fail"),
        ("    NVIC_SetPriority(ETH_IRQn, NVIC_EncodePriority(3, 6, 0));", "pass"),
        ("    HAL_NVIC_SetPriority((IRQn_Type)ETH_IRQn, 2U, 0U);", "fail"),
    ],
)
def test_shifted_and_library_units(start: str, verdict: str) -> None:
    """A register takes the shifted number, a library call the plain one."""
    assert [row[1] for row in isr(start)] == [verdict]


def test_the_fields_of_an_init_structure_are_read() -> None:
    """StdPeriph code names the interrupt and its priority in two assignments."""
    start = (
        "    NVIC_InitTypeDef init;\n"
        "    init.NVIC_IRQChannel = TIM2_IRQn;\n"
        "    init.NVIC_IRQChannelPreemptionPriority = 1;\n"
        "    init.NVIC_IRQChannelCmd = ENABLE;\n"
        "    NVIC_Init(&init);"
    )
    assert isr(start, "TIM2_IRQHandler") == [("isr-too-urgent", "fail", "app/eth.c", 6)]


def test_an_interrupt_above_the_limit_that_calls_nothing_is_right() -> None:
    """What must never wait stays above the limit, and is no finding."""
    code = "void TIM1_IRQHandler(void) { pwm(); }\nvoid f(void) { NVIC_SetPriority(TIM1_IRQn, 0); }"
    rows = found({CONFIG: config(), "app/pwm.c": code}, "isr-too-urgent", "isr-default-priority")
    assert rows == []


def test_system_exceptions_are_the_kernels_own() -> None:
    """SysTick and PendSV call the kernel by design."""
    code = "void SysTick_Handler(void) { xTaskGetTickCountFromISR(); }"
    assert found({CONFIG: config(), "app/tick.c": code}, "isr-default-priority") == []


def test_a_handler_without_irq_in_its_name_needs_an_interrupt_of_that_name() -> None:
    """``ETHERNET_Handler`` is one beside ``ETHERNET_IRQn``; what ``Button_Handler`` is, is open."""
    start = "    NVIC_SetPriority(ETHERNET_IRQn, 3);"
    assert isr(start, "ETHERNET_Handler") == [("isr-too-urgent", "fail", "app/eth.c", 4)]
    assert isr("", "Button_Handler") == [("isr-too-urgent", "unknown", "app/eth.c", 8)]


def test_an_enabled_interrupt_without_a_priority_fails() -> None:
    """The reset value is 0."""
    rows = isr("    NVIC_EnableIRQ(ETH_IRQn);")
    assert rows == [("isr-default-priority", "fail", "app/eth.c", 4)]


def test_a_priority_that_is_set_for_a_computed_interrupt_leaves_it_open() -> None:
    """A loop over all interrupts may have set it."""
    start = "    NVIC_SetPriority((IRQn_Type)i, 7);\n    NVIC_EnableIRQ(ETH_IRQn);"
    assert isr(start) == [("isr-default-priority", "unknown", "app/eth.c", 5)]


def test_a_runtime_that_sets_priorities_leaves_it_open() -> None:
    """The pico-sdk gives every interrupt 0x80 at start."""
    rows = isr("    irq_set_enabled(ETH_IRQn, true);")
    assert rows == [("isr-default-priority", "unknown", "app/eth.c", 4)]


def test_an_interrupt_that_is_enabled_out_of_sight_is_unknown() -> None:
    """The driver that enables it may set its priority as well."""
    assert isr("") == [("isr-default-priority", "unknown", "app/eth.c", 6)]


def test_a_priority_in_a_variable_is_unknown() -> None:
    """What a caller passes cannot be told."""
    assert isr("    NVIC_SetPriority(ETH_IRQn, level);") == [
        ("isr-too-urgent", "unknown", "app/eth.c", 4),
    ]


def test_a_macro_of_a_header_is_resolved() -> None:
    """The one definition in the project's headers counts."""
    files = {
        CONFIG: config(),
        "app/board.h": "#define ETH_PRIORITY (LOW_ - 1) /* urgent */\n#define LOW_ 3\n",
        "app/eth.c": ISR.format(
            start="    NVIC_SetPriority(ETH_IRQn, ETH_PRIORITY);", handler="ETH_IRQHandler"
        ),
    }
    assert found(files, "isr-too-urgent") == [("isr-too-urgent", "fail", "app/eth.c", 4)]


HAL = """
void EXTI0_IRQHandler(void) {{ HAL_GPIO_EXTI_IRQHandler(1); }}
{other}
void HAL_GPIO_EXTI_Callback(uint16_t pin) {{ osSemaphoreRelease(pressed); }}
void start(void) {{
    HAL_NVIC_SetPriority(EXTI0_IRQn, 0, 0);
    HAL_NVIC_SetPriority(EXTI1_IRQn, 7, 0);
}}
"""


def test_a_callback_of_a_vendors_driver_belongs_to_the_interrupt() -> None:
    """The handler calls the driver, and the driver the callback that the project defines."""
    rows = found({CONFIG: config(), "app/button.c": HAL.format(other="")}, "isr-too-urgent")
    assert rows == [("isr-too-urgent", "fail", "app/button.c", 6)]


def test_a_callback_that_two_interrupts_reach_is_unknown_for_the_urgent_one() -> None:
    """Which of the two gives the semaphore is decided at run time."""
    other = "void EXTI1_IRQHandler(void) { HAL_GPIO_EXTI_IRQHandler(2); }"
    rows = found({CONFIG: config(), "app/button.c": HAL.format(other=other)}, "isr-too-urgent")
    assert rows == [
        ("isr-too-urgent", "pass", "app/button.c", 7),
        ("isr-too-urgent", "unknown", "app/button.c", 6),
    ]


def test_the_clock_of_the_hal_is_left_alone() -> None:
    """Its timer shares a callback with others, and its priority is a parameter."""
    code = (
        "void HAL_InitTick(uint32_t TickPriority) {\n"
        "    HAL_NVIC_SetPriority(TIM6_IRQn, TickPriority, 0);\n}\n"
        "void TIM6_IRQHandler(void) { HAL_TIM_IRQHandler(&tick); }\n"
        "void HAL_TIM_PeriodElapsedCallback(TIM_HandleTypeDef *t) {\n"
        "    if (t->Instance == TIM7) osSemaphoreRelease(due);\n    HAL_IncTick();\n}\n"
    )
    rows = found({CONFIG: config(), "app/tick.c": code}, "isr-too-urgent", "isr-default-priority")
    assert rows == []


def test_a_priority_that_is_set_again_is_unknown() -> None:
    """A board file sets 0, the application 6; the order of the calls decides."""
    files = {
        CONFIG: config(),
        "app/eth.c": ISR.format(
            start="    NVIC_SetPriority(ETH_IRQn, 6);", handler="ETH_IRQHandler"
        ),
        "app/board.c": "void board(void) { NVIC_SetPriority(ETH_IRQn, 0); }\n",
    }
    assert found(files, "isr-too-urgent") == [
        ("isr-too-urgent", "pass", "app/eth.c", 4),
        ("isr-too-urgent", "unknown", "app/board.c", 1),
    ]


def test_code_that_is_cut_out_is_not_read() -> None:
    """``#if 0`` and comments are no code."""
    start = "#if 0\n    NVIC_SetPriority(ETH_IRQn, 1);\n#endif\n    NVIC_SetPriority(ETH_IRQn, 6);"
    assert [row[1] for row in isr(start)] == ["pass"]


def test_code_of_another_target_does_not_count() -> None:
    """The innermost target owns a file."""
    other = {
        "app/boot/FreeRTOSConfig.h": config(limit="0x50"),
        "app/boot/Makefile": MAKE,
        "app/boot/eth.c": ISR.format(
            start="    NVIC_SetPriority(ETH_IRQn, 1);", handler="ETH_IRQHandler"
        ),
    }
    rows = found({CONFIG: config(), **other}, "isr-too-urgent")
    assert rows == [("isr-too-urgent", "fail", "app/boot/eth.c", 4)]


@pytest.mark.parametrize(
    ("limit", "row"),
    [
        ("0", ("max-syscall-zero", "fail", CONFIG, 2)),
        ("5", ("max-syscall-zero", "fail", CONFIG, 2)),
        ("0x50", ("max-syscall-bits", "pass", CONFIG, 2)),
        ("191", ("max-syscall-bits", "warn", CONFIG, 2)),
        ("UNSEEN", ("max-syscall-zero", "unknown", CONFIG, 2)),
    ],
)
def test_the_limit_under_four_bits(limit: str, row: tuple[str, str, str, int]) -> None:
    """Unshifted it masks nothing; 191 has bits that four bits do not reach."""
    assert row in found({CONFIG: config(limit=limit)})


def test_bits_are_an_error_where_the_kernel_asserts_them() -> None:
    """It takes a kernel since 10.6.0 and configASSERT; an older kernel lets it pass."""
    header = config("#define configASSERT(x) if (!(x)) for (;;)", limit="191")
    for version, verdict in (("V10.5.1", "warn"), ("V11.0.1", "fail")):
        files = {CONFIG: header, "app/kernel/include/task.h": "", "app/k/task.h": ""}
        files["app/k/task.h"] = f'#define tskKERNEL_VERSION_NUMBER "{version}"\n'
        rows = found(files, "max-syscall-bits")
        assert rows == [("max-syscall-bits", verdict, CONFIG, 2)]


def test_an_assert_that_another_header_decides_is_not_called_absent() -> None:
    """NDEBUG may come from a header that is not in the tree; either way there is a definition."""
    lines = '#include "vendor.h"\n#if defined(NDEBUG)\n#define configASSERT(x) (void)(x)\n'
    lines += "#else\n#define configASSERT(x) if (!(x)) for (;;)\n#endif\n"
    files = {"app/Makefile": MAKE, CONFIG: config(lines, limit="0x3F")}
    rows = [f for f in examine("RTOS003", files).findings if f.rule.endswith("max-syscall-bits")]
    assert [row.verdict for row in rows] == [Verdict.WARN]
    assert "not defined" not in rows[0].message
    rows = [f for f in examine("RTOS003", {**files, CONFIG: config(limit="0x3F")}).findings
            if f.rule.endswith("max-syscall-bits")]  # fmt: skip
    assert "configASSERT is not defined" in rows[0].message


def test_a_limit_that_is_right_for_every_chip_needs_no_number_of_bits() -> None:
    """0xA0 is implemented by three bits and by more."""
    rows = found({CONFIG: "#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0xA0\n",
                  "app/Makefile": "CFLAGS += -Iportable/GCC/ARM_CM3\n"})  # fmt: skip
    assert rows == [
        ("max-syscall-bits", "pass", CONFIG, 1),
        ("max-syscall-zero", "pass", CONFIG, 1),
    ]


def test_a_limit_that_the_chip_decides_is_unknown() -> None:
    """4 is right with eight bits, and masks nothing with three."""
    rows = found({CONFIG: "#define configMAX_SYSCALL_INTERRUPT_PRIORITY 4\n",
                  "app/Makefile": "CFLAGS += -Iportable/GCC/ARM_CM3\n"})  # fmt: skip
    assert rows == [("max-syscall-zero", "unknown", CONFIG, 1)]


def test_a_limit_that_is_wrong_for_every_chip_needs_no_number_of_bits() -> None:
    """An unshifted 5 masks nothing with three bits, and has a bit too many with all others."""
    rows = found({CONFIG: "#define configMAX_SYSCALL_INTERRUPT_PRIORITY 5\n",
                  "app/Makefile": "CFLAGS += -Iportable/GCC/ARM_CM3\n"})  # fmt: skip
    assert rows == [
        ("max-syscall-bits", "warn", CONFIG, 1),
        ("max-syscall-zero", "unknown", CONFIG, 1),
    ]


def test_an_emulated_mps2_board_has_eight_bits() -> None:
    """QEMU does not model the three bits of the silicon: an unshifted 4 is right there."""
    header = "#define configMAX_SYSCALL_INTERRUPT_PRIORITY 4\n"
    files = {
        "echo_qemu_mps2/FreeRTOSConfig.h": header,
        "echo_qemu_mps2/Makefile": "CFLAGS += -Iportable/GCC/ARM_CM3\n",
        "echo_qemu_mps2/CMSDK_CM3.h": "#define __NVIC_PRIO_BITS 3\n",
    }
    assert {row[1] for row in found(files)} == {"pass"}


def test_the_device_header_tells_the_number_of_bits() -> None:
    """It beats what the configuration falls back to, and CMSIS' own default does not count."""
    files = {
        "app/Makefile": "CFLAGS += -Iportable/GCC/ARM_CM4F\n",
        "app/cmsis/chip.h": "#define __NVIC_PRIO_BITS 3U /* bits */\n",
        "app/cmsis/core_cm4.h": "#ifndef __NVIC_PRIO_BITS\n#define __NVIC_PRIO_BITS 4\n#endif\n",
        CONFIG: (
            "#ifdef __NVIC_PRIO_BITS\n#define configPRIO_BITS __NVIC_PRIO_BITS\n#else\n"
            "#define configPRIO_BITS 4\n#endif\n"
            "#define configLIBRARY_LOWEST_INTERRUPT_PRIORITY 7\n"
            "#define configMAX_SYSCALL_INTERRUPT_PRIORITY (5 << (8 - configPRIO_BITS))\n"
        ),
    }
    assert {row[:2] for row in found(files)} == {
        ("lowest", "pass"),
        ("max-syscall-bits", "pass"),
        ("max-syscall-zero", "pass"),
    }


def test_the_device_header_of_another_board_does_not_count() -> None:
    """A header in the folder of one board's configuration tells nothing about its siblings."""
    make = "CFLAGS += -Iportable/GCC/ARM_CM3\n"
    files = {
        "boards/a/Makefile": make,
        "boards/a/FreeRTOSConfig.h": (
            "#ifdef __NVIC_PRIO_BITS\n#define configPRIO_BITS __NVIC_PRIO_BITS\n#else\n"
            "#define configPRIO_BITS 4\n#endif\n"
            "#define configLIBRARY_LOWEST_INTERRUPT_PRIORITY 15\n"
        ),
        "boards/b/Makefile": make,
        "boards/b/FreeRTOSConfig.h": "#define configMAX_SYSCALL_INTERRUPT_PRIORITY 5\n",
        "boards/b/chip.h": "#define __NVIC_PRIO_BITS 8\n",
    }
    own = ("lowest", "pass", "boards/a/FreeRTOSConfig.h", 6)
    assert own in found(files)
    files["boards/chip.h"] = files.pop("boards/b/chip.h")
    assert own not in found(files)


def test_the_other_name_of_the_limit_is_read() -> None:
    """configMAX_API_CALL_INTERRUPT_PRIORITY is the same limit."""
    header = "#define configPRIO_BITS 4\n#define configMAX_API_CALL_INTERRUPT_PRIORITY 5\n"
    assert ("max-syscall-zero", "fail", CONFIG, 2) in found({CONFIG: header})


@pytest.mark.parametrize("port", ["GCC/ARM_CM0", "GCC/ARM_CM23", "GCC/ARM_CA9", "GCC/RISC-V"])
def test_other_ports_are_not_examined(port: str) -> None:
    """They mask in another way, whatever the configuration defines."""
    files = {"app/Makefile": f"SRC += kernel/portable/{port}/port.c\n", CONFIG: config(limit="0")}
    assert found(files) == []


def test_a_target_without_any_sign_of_a_cortex_m_is_not_examined() -> None:
    """A PIC32 counts priorities the other way round."""
    header = "#define configMAX_SYSCALL_INTERRUPT_PRIORITY 3\n"
    assert found({"app/Makefile": "all:\n", CONFIG: header}) == []


def test_the_kernels_own_priority_is_a_note_where_no_port_reads_it() -> None:
    """Since 10.6.0 the ports use the lowest priority by themselves."""
    header = config("#define configKERNEL_INTERRUPT_PRIORITY 0x70")
    assert ("lowest", "warn", CONFIG, 3) in found({CONFIG: header})
    version = '#define tskKERNEL_VERSION_NUMBER "V11.2.0"\n'
    rows = found({CONFIG: header, "app/kernel/task.h": version})
    assert ("lowest", "note", CONFIG, 3) in rows


def test_the_register_field_of_a_grouping() -> None:
    """CMSIS takes PRIGROUP: up to 3 leaves no sub-priority on a chip with four bits."""
    for field, verdict in (("3", "pass"), ("0", "pass"), ("5", "warn")):
        code = f"void start(void) {{ NVIC_SetPriorityGrouping({field}); }}\n"
        rows = found({CONFIG: config(), "app/main.c": code}, "grouping")
        assert rows == [("grouping", verdict, "app/main.c", 1)]


def test_a_cortex_a_has_no_basepri() -> None:
    """A port for an interrupt controller has unique priorities: its limit is no BASEPRI."""
    header = (
        "#define configMAX_API_CALL_INTERRUPT_PRIORITY 18\n#define configPRIO_BITS 3\n"
        "#define configUNIQUE_INTERRUPT_PRIORITIES 32\n"
    )
    assert examine("RTOS003", {"app/FreeRTOSConfig.h": header}).verdict == "not-applicable"
    cut = header.rpartition("#define")[0]
    assert examine("RTOS003", {"app/FreeRTOSConfig.h": cut}).verdict == "fail"


def test_a_fallback_for_a_missing_device_header_is_no_number() -> None:
    """`#else 3` holds where the chip's header is not included; when a header that is not there
    may include it, a lowest priority of 15 is no mistake."""
    text = (
        '#include "chip.h"\n#ifdef __NVIC_PRIO_BITS\n#define configPRIO_BITS __NVIC_PRIO_BITS\n'
        "#else\n#define configPRIO_BITS 3\n#endif\n"
        "#define configLIBRARY_LOWEST_INTERRUPT_PRIORITY 15\n"
        "#define configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY {limit}\n"
        "#define configMAX_SYSCALL_INTERRUPT_PRIORITY {raw}\n"
    )
    files = {"app/FreeRTOSConfig.h": text.format(limit=9, raw="0x12")}
    rows = [row[:2] for row in places(examine("RTOS003", files))]
    assert rows == [
        ("library-range", "unknown"), ("lowest", "unknown"), ("max-syscall-zero", "unknown"),
    ]  # fmt: skip
    files["app/chip.h"] = "#define __NVIC_PRIO_BITS 3\n"
    assert {row[1] for row in places(examine("RTOS003", files))} == {"fail", "warn"}
    zero = {"app/FreeRTOSConfig.h": text.format(limit=0, raw="0")}
    rows = [row[:2] for row in places(examine("RTOS003", zero))]
    assert ("library-range", "fail") in rows


KERNEL = '#define tskKERNEL_VERSION_NUMBER "V{}"\n'


def test_the_kernel_is_the_nearest_one() -> None:
    """Projects side by side bring kernels of their own; a subproject uses the one above it."""
    files = {
        "one/kernel/task.h": KERNEL.format("9.0.0"),
        "two/kernel/task.h": KERNEL.format("10.6.2"),
        "two/CM7/FreeRTOSConfig.h": config("#define configASSERT(x) stop(x)", limit="0x5f"),
    }
    rows = [row[:2] for row in places(examine("RTOS003", files))]
    assert ("max-syscall-bits", "fail") in rows


def test_another_projects_kernel_is_not_this_ones(tmp_path: Path) -> None:
    """Where the tree's kernel is a submodule that is not there, a vendor's copy says nothing
    about other boards."""
    write = {
        "vendors/a/sdk/task.h": KERNEL.format("10.6.2"),
        "vendors/b/FreeRTOSConfig.h": config("#define configASSERT(x) stop(x)", limit="0x5f"),
    }
    for path, content in write.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    entry = catalogue.load().find("RTOS003")
    assert run(open_tree(tmp_path), [entry]).results[0].verdict == "fail"
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},freertos_kernel")
    assert run(open_tree(tmp_path), [entry]).results[0].verdict == "warn"


def test_a_configuration_among_the_kernels_headers_configures_the_project_above() -> None:
    """FreeRTOSConfig.h was put beside FreeRTOS.h: the interrupts are those of the project."""
    files = {
        "node/.cproject": "<!-- portable/GCC/ARM_CM4F -->\n",
        "node/rtos/tasks.c": "",
        "node/rtos/include/FreeRTOS.h": "",
        "node/rtos/include/FreeRTOSConfig.h": config(),
        "node/Core/Src/eth.c": ISR.format(
            start="    NVIC_SetPriority(ETH_IRQn, 4);", handler="ETH_IRQHandler"
        ),
    }
    rows = [(f.rule, f.verdict, f.subject) for f in examine("RTOS003", files).findings]
    assert ("RTOS003.isr-too-urgent", "fail", "node") in rows


def test_a_configuration_beside_the_rest_of_its_firmware() -> None:
    """A folder of its own, which neither a build file nor the kernel makes a project: the folder
    that holds the kernel too is the project, unless another configuration lies there."""
    driver = (
        "void ETH_IRQHandler(void) { xSemaphoreGiveFromISR(s, &woken); }\n"
        "void start(void) {\n    NVIC_SetPriority(ETH_IRQn, 3);\n    NVIC_EnableIRQ(ETH_IRQn);\n}\n"
    )
    files = {
        "mcu/user/FreeRTOSConfig.h": (
            "#define configPRIO_BITS 4\n#define configLIBRARY_LOWEST_INTERRUPT_PRIORITY 15\n"
            "#define configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY 5\n"
            "#define configMAX_SYSCALL_INTERRUPT_PRIORITY (5 << (8 - configPRIO_BITS))\n"
        ),
        "mcu/bsp/eth.c": driver,
        **{f"mcu/os/src/{n}.c": "int unused;\n" for n in ("tasks", "queue", "list")},
        "mcu/os/src/portable/GCC/ARM_CM4F/port.c": "int unused;\n",
    }
    result = examine("RTOS003", files)
    wrong = [f for f in result.findings if f.rule.endswith("isr-too-urgent")]
    assert [(f.verdict, f.subject) for f in wrong] == [(Verdict.FAIL, "mcu")]
    two = {**files, "mcu/boot/FreeRTOSConfig.h": files["mcu/user/FreeRTOSConfig.h"]}
    shared = [f for f in examine("RTOS003", two).findings if f.rule.endswith("isr-too-urgent")]
    assert {f.verdict for f in shared} == {Verdict.UNKNOWN}
    generated = {k.replace("mcu/os/src/", "Generated_Code/").replace("mcu/user/", "Generated_Code/")
                 : v for k, v in files.items()}  # fmt: skip
    result = examine("RTOS003", generated)
    assert [f.subject for f in result.findings if f.rule.endswith("isr-too-urgent")] == ["."]


def test_the_kernels_own_priority_beside_the_librarys() -> None:
    """A library number that is right does not excuse an unshifted one, which is 0 to the chip."""
    library = "#define configLIBRARY_LOWEST_INTERRUPT_PRIORITY 15"
    unshifted = config(library, "#define configKERNEL_INTERRUPT_PRIORITY 14")
    assert found({CONFIG: unshifted}, "lowest") == [("lowest", "warn", CONFIG, 4)]
    shifted = config(library, "#define configKERNEL_INTERRUPT_PRIORITY (15 << 4)")
    assert found({CONFIG: shifted}, "lowest") == [("lowest", "pass", CONFIG, 3)]
    fallback = "#ifndef __NVIC_PRIO_BITS\n#define configPRIO_BITS 4\n#endif"
    open_ = unshifted.replace("#define configPRIO_BITS 4", fallback)
    assert found({CONFIG: open_}, "lowest") == [("lowest", "warn", CONFIG, 6)]
    eight = open_.replace(" 14", " 240")
    assert found({CONFIG: eight}, "lowest") == [("lowest", "pass", CONFIG, 5)]


def test_two_priority_bits_are_a_core_without_a_limit() -> None:
    """A second firmware of the tree, for a Cortex-M0, whose folder names no port."""
    header = config(limit="0").replace("configPRIO_BITS 4", "configPRIO_BITS 2")
    files = {"app/Makefile": MAKE, CONFIG: config(), "include/hub/FreeRTOSConfig.h": header}
    assert {row[2] for row in found(files)} == {CONFIG}


def test_a_file_sets_up_the_handler_of_its_own() -> None:
    """Another handler of the same interrupt belongs to another build, and so does its priority."""
    quiet = (
        "void start(void) {\n    NVIC_SetPriority(ETH_IRQn, 1);\n}\nvoid ETH_IRQHandler(void) {}\n"
    )
    files = {CONFIG: config(), "app/eth_raw.c": quiet}
    loud = "    NVIC_SetPriority(ETH_IRQn, 5);\n    NVIC_EnableIRQ(ETH_IRQn);"
    rules = ("isr-too-urgent", "isr-default-priority")
    told = ISR.format(start=loud, handler="ETH_IRQHandler")
    assert found(files | {"app/eth.c": told}, *rules) == [
        ("isr-too-urgent", "pass", "app/eth.c", 4)
    ]
    silent = ISR.format(start="", handler="ETH_IRQHandler")
    assert found(files | {"app/eth.c": silent}, *rules) == [
        ("isr-default-priority", "unknown", "app/eth.c", 6)
    ]


def test_a_grouping_shifts_the_priority() -> None:
    """Two preemption bits make 2 of it 8 of 16, which a limit of 5 masks, and 1 of it 4."""
    fields = (
        "    NVIC_PriorityGroupConfig(NVIC_PriorityGroup_2);\n"
        "    init.NVIC_IRQChannel = ETH_IRQn;\n"
        "    init.NVIC_IRQChannelPreemptionPriority = {level};\n"
        "    NVIC_Init(&init);"
    )
    assert isr(fields.format(level=2)) == [("isr-too-urgent", "pass", "app/eth.c", 6)]
    assert isr(fields.format(level=1)) == [("isr-too-urgent", "fail", "app/eth.c", 6)]
    again = fields.format(level=2) + "\n    NVIC_PriorityGroupConfig(NVIC_PriorityGroup_4);"
    assert isr(again) == [("isr-too-urgent", "unknown", "app/eth.c", 6)]
    raw = "    NVIC_SetPriorityGrouping(5);\n    NVIC_SetPriority(ETH_IRQn, 2);"
    assert isr(raw) == [("isr-too-urgent", "fail", "app/eth.c", 5)]


@pytest.mark.parametrize(
    ("grouping", "call", "rows"),
    [
        ("nvic_priority_group_set(NVIC_PRIGROUP_PRE4_SUB0)", "nvic_irq_enable",
         {"5": "pass", "4": "fail"}),
        ("nvic_priority_group_set(NVIC_PRIGROUP_PRE2_SUB2)", "nvic_irq_enable",
         {"2U": "pass", "1U": "fail"}),
        ("nvic_priority_group_config(NVIC_PRIORITY_GROUP_4)", "nvic_irq_enable",
         {"5": "pass", "4": "fail"}),
        ("NVIC_ConfigPriorityGroup(NVIC_PRIORITY_GROUP_2)", "NVIC_EnableIRQRequest",
         {"2": "pass", "1": "fail"}),
        ("", "nvic_irq_enable", {"2": "unknown", "1": "fail"}),
    ],
)  # fmt: skip
def test_libraries_that_set_and_enable_in_one_call(
    grouping: str, call: str, rows: dict[str, str]
) -> None:
    """The priority counts in the bits of the grouping. Where the program sets none, GigaDevice's
    library sets two bits, Artery's leaves all."""
    for level, verdict in rows.items():
        start = f"    {grouping};\n    {call}(ETH_IRQn, {level}, 0);"
        assert isr(start) == [("isr-too-urgent", verdict, "app/eth.c", 5)]


def test_what_a_library_falls_back_to_is_no_grouping_of_the_program() -> None:
    """The library's own file sets two bits where it finds none set."""
    files = {
        "app/main.c": "void main(void) { nvic_priority_group_set(NVIC_PRIGROUP_PRE4_SUB0); }\n",
        "app/lib/misc.c": (
            "void nvic_irq_enable(uint8_t irq, uint8_t level, uint8_t sub)\n{\n"
            "    nvic_priority_group_set(NVIC_PRIGROUP_PRE2_SUB2);\n}\n"
        ),
    }
    rows = found({CONFIG: config(), **files}, "grouping")
    assert rows == [("grouping", "pass", "app/main.c", 1)]


def test_another_librarys_portable_folder_names_no_port() -> None:
    """Below the kernel's `portable` stand compilers; below a driver library's, other things."""
    driver = "SRC += usb/src/portable/vendor/core/driver.c\n"
    assert found({"app/Makefile": driver, CONFIG: config(limit="0")}, "max-syscall-zero") == [
        ("max-syscall-zero", "fail", CONFIG, 2)
    ]


def test_an_emulated_stellaris_board_has_as_many_bits_as_qemu_says() -> None:
    """QEMU models eight, since release 9 three: 4 masks nothing then, 0x40 is always right."""
    make = "SRC += kernel/portable/GCC/ARM_CM3/port.c\n"
    folder = "demo/LM3S6965_QEMU"
    for limit, verdict in (("4", "unknown"), ("0x40", "pass")):
        header = f"#define configMAX_SYSCALL_INTERRUPT_PRIORITY {limit}\n"
        files = {
            f"{folder}/Makefile": make,
            f"{folder}/FreeRTOSConfig.h": header,
            f"{folder}/trace.h": "#define __NVIC_PRIO_BITS 8\n",
        }
        rows = found(files, "max-syscall-zero")
        assert rows == [("max-syscall-zero", verdict, f"{folder}/FreeRTOSConfig.h", 1)]


def test_the_only_configuration_in_a_folder_that_nothing_builds_is_shared() -> None:
    """It holds for every project beside it, with what lies in no project; not for code of another
    project. Where there is a second configuration, which of the two holds is open."""
    urgent = "    NVIC_SetPriority({irq}_IRQn, 1);"
    files = {
        "common/config/FreeRTOSConfig.h": config(),
        "common/port.c": ISR.format(start=urgent.format(irq="UART"), handler="UART_IRQHandler"),
        "boards/one/CMakeLists.txt": "project(one)\n",
        "boards/one/rng.c": ISR.format(start=urgent.format(irq="RNG"), handler="RNG_IRQHandler"),
        "boards/two/CMakeLists.txt": "project(two)\n",
        "boards/two/main.c": "void start(void) {\n    NVIC_SetPriority(RNG_IRQn, 9);\n}\n",
    }
    rule = "isr-too-urgent"
    report = examine("RTOS003", files)
    assert [row for row in places(report) if row[0] == rule] == [
        (rule, "fail", "boards/one/rng.c", 4), (rule, "fail", "common/port.c", 4),
    ]  # fmt: skip
    again = files | {"boards/two/FreeRTOSConfig.h": config()}
    assert [row for row in places(examine("RTOS003", again)) if row[2] == "boards/one/rng.c"] == [
        (rule, "unknown", "boards/one/rng.c", 6)
    ]


def test_a_call_that_no_known_handler_gets_to_is_unknown() -> None:
    """The driver keeps the function in a table, so the interrupt behind it is not seen."""
    code = """
static void on_edge(void *arg) {
    BaseType_t woken = 0;
    xSemaphoreGiveFromISR(arg, &woken);
}
const struct pin_driver pins = { on_edge };
"""
    rows = found({CONFIG: config(), "app/pins.c": code}, "isr-too-urgent")
    assert rows == [("isr-too-urgent", "unknown", "app/pins.c", 4)]


@pytest.mark.parametrize(
    "code",
    [
        "void vApplicationTickHook(void) { xQueueSendFromISR(q, &v, 0); }\n",
        "void SysTick_Handler(void) { if (tick()) { give(); } }\n"
        "void give(void) { vTaskNotifyGiveFromISR(reader, 0); }\n",
        "unsigned now(void) { return xTaskGetTickCountFromISR(); }\n",
        "void notify_from_isr(void) { vTaskNotifyGiveFromISR(reader, 0); }\n",
        "void put(int v) {\n"
        "  if (xPortIsInsideInterrupt()) { xQueueSendFromISR(q, &v, 0); }\n"
        "  else { xQueueSend(q, &v, 0); }\n"
        "}\n",
    ],
)  # fmt: skip
def test_a_call_at_the_kernels_own_priority_or_from_anywhere_tells_of_no_interrupt(
    code: str,
) -> None:
    """The tick runs at the kernel's priority; a helper that asks where it runs may serve tasks."""
    assert found({CONFIG: config(), "app/app.c": code}, "isr-too-urgent") == []
