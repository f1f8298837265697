"""Interrupt code, device headers and port names, also malformed ones."""

import msgspec
import pytest

from pitfalls.formats import device_header, freertos_port, interrupts


def read(text: str) -> interrupts.InterruptCode:
    """The facts of a C file that has some."""
    facts = interrupts.parse_c(text.encode())
    assert facts is not None
    return facts


def test_names_behind_casts_and_macros_are_resolved() -> None:
    """A board header's ``MY_IRQ`` is the interrupt that it stands for."""
    facts = read(
        "#define MY_IRQ ( ( IRQn_Type ) USART1_IRQn )\n#define MY_ISR USART1_IRQHandler\n"
        "void MY_ISR(void) { xQueueSendFromISR(q, 0, 0); }\n"
        "void f(void) { NVIC_SetPriority( (IRQn_Type) MY_IRQ, 6 ); }\n"
    )
    assert [f.name for f in facts.functions] == ["USART1_IRQHandler", "f"]
    assert [(w.irq, w.priority, w.unit, w.line) for w in facts.writes] == [
        ("USART1", "6", "library", 4)
    ]


def test_a_macro_with_two_meanings_is_not_resolved() -> None:
    """Which branch of an ``#if`` counts is not known here."""
    facts = read("#ifdef A\n#define P 1\n#else\n#define P 2\n#endif\n"
                 "void f(void) { NVIC_SetPriority(X_IRQn, P); }\n")  # fmt: skip
    assert facts.macros == {}


def test_computed_interrupts_have_no_name() -> None:
    """A table, a loop and a raw register address tell none."""
    facts = read(
        "void f(int i) { NVIC_SetPriority(table[i], 3); NVIC_SetPriority(i, 3);\n"
        "*(volatile unsigned *)0xE000E40C = 0xA0; }\n"
    )
    assert [w.irq for w in facts.writes] == ["", "", ""]


def test_registered_handlers_are_read() -> None:
    """A handler that is put into the table at run time."""
    facts = read("void g(void) { IntRegister(INT_UART0, &on_byte); IntPrioritySet(INT_UART0, 5); }")
    assert [(v.irq, v.handler) for v in facts.vectors] == [("INT_UART0", "on_byte")]
    assert facts.writes[0].unit == "shifted"


def test_a_vendors_driver_is_left_out() -> None:
    """It is known by its names; its body would only be long."""
    data = b"void HAL_ETH_IRQHandler(ETH_HandleTypeDef *h) { HAL_ETH_RxCpltCallback(h); }\n"
    assert interrupts.parse_c(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0\xff", b"void X_IRQHandler(", b"NVIC_SetPriority(\r\n", b"#define NVIC->IP\n" * 50,
        b"void f(void) { NVIC_SetPriority(); NVIC_Init(&x); IntRegister(1); }",
        b"void f(void) {" + b"(" * 5000 + b"NVIC_SetPriority(A_IRQn, 1)",
    ],
)  # fmt: skip
def test_malformed_input_is_read_without_an_error(data: bytes) -> None:
    """Facts or nothing, and facts that can be stored."""
    for parse in (interrupts.parse_c, device_header.parse, freertos_port.parse):
        msgspec.msgpack.encode(parse(data))


def test_priority_bits_of_a_device() -> None:
    """A number in any spelling; an expression tells nothing."""
    assert device_header.parse(b"\n#define __NVIC_PRIO_BITS   (4U)\n") == (
        device_header.PriorityBits(4, 2)
    )
    assert device_header.parse(b"#define __NVIC_PRIO_BITS ((SCB->AIRCR & 0x700) >> 8)\n") is None
    default = b"#ifndef __NVIC_PRIO_BITS\n  #define __NVIC_PRIO_BITS 4\n#endif\n"
    assert device_header.parse(default) is None


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("SRC += $(K)/portable/GCC/ARM_CM3/port.c", "ARM_CM3"),
        ('set(FREERTOS_PORT "GCC_ARM_CM4F")', "ARM_CM4F"),
        ("<file>$PROJ_DIR$\\..\\portable\\IAR\\ARM_CM33_NTZ\\port.c</file>", "ARM_CM33_NTZ"),
        ('let port = env.unwrap_or("GCC/ARM_CRx_No_GIC");', "ARM_CRx_No_GIC"),
    ],
)
def test_ports_in_build_files(row: str, name: str) -> None:
    """By folder or by the kernel's own option."""
    facts = freertos_port.parse(row.encode())
    assert facts is not None
    assert [p.name for p in facts.ports] == [name]


def test_ports_in_comments_and_long_lists_do_not_count() -> None:
    """A comment chooses nothing, and neither does a list of all ports."""
    assert freertos_port.parse(b"# portable/GCC/ARM_CM3\n//! GCC/ARM_CM7\n") is None
    every = "".join(f"portable/GCC/PORT{n}/port.c\n" for n in range(30))
    assert freertos_port.parse(every.encode()) is None


def test_the_kernel_that_is_fetched() -> None:
    """The tag beside the kernel's name, not another dependency's."""
    text = (
        b"FetchContent_Declare(lwip GIT_TAG 2.2.0)\nFetchContent_Declare(freertos_kernel\n"
        b"  GIT_REPOSITORY https://github.com/FreeRTOS/FreeRTOS-Kernel.git\n  GIT_TAG V11.1.0)\n"
    )
    facts = freertos_port.parse(text)
    assert facts is not None
    assert facts.kernel is not None
    assert (facts.kernel.shown, facts.kernel.line) == ("V11.1.0", 4)
