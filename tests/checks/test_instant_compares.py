"""CLK003: instants that a waiting function compares, in files that make no clock."""

import pytest

from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places


def found(text: str, path: str = "app/pump.c", **more: str) -> list[tuple[str, str, int]]:
    """Rule, verdict and line of every finding in a tree of one file, and more."""
    result: PitfallResult = examine("CLK003", {path: text, **more})
    return [(rule, verdict, line) for rule, verdict, _, line in places(result)]


def body(*lines: str) -> str:
    """A function whose body begins on line 2."""
    return "\n".join(("void step(struct pump *p, uint32_t period) {", *lines, "}", ""))


WARN = ("order-compare", "warn")


@pytest.mark.parametrize(
    "lines",
    [
        ["if (HAL_GetTick() > p->began + 500) stop(p);"],
        ["while (xTaskGetTickCount() < p->began + pdMS_TO_TICKS(250)) { wait(); }"],
        ["if ((p->began + period) <= HAL_GetTick() && p->open) stop(p);"],
        ["uint32_t now = HAL_GetTick();", "if (now >= p->began + period) stop(p);"],
        ["if (HAL_GetTick() / 1000 > p->began + 150) stop(p);"],
        ["uint32_t end = HAL_GetTick() + 20;", "while (HAL_GetTick() < end) { wait(); }"],
        ["uint32_t end;", "end = (uint32_t)HAL_GetTick() + 20;",
         "if (ready(p) || HAL_GetTick() >= end) stop(p);"],
        ["uint32_t now = HAL_GetTick();", "if (now < p->next) return;", "p->next = now + period;"],
        ["uint32_t now = HAL_GetTick(), end = now + 20;",
         "while (now < end) { now = HAL_GetTick(); }"],
    ],
)  # fmt: skip
def test_a_reading_against_a_later_instant(lines: list[str]) -> None:
    """A start plus a time, or a variable that was set to one, in either order."""
    assert [row[:2] for row in found(body(*lines))] == [WARN]


@pytest.mark.parametrize(
    "lines",
    [
        ["if (HAL_GetTick() - p->began > 500) stop(p);"],
        ["if ((int32_t)(HAL_GetTick() - p->next) >= 0) p->next = HAL_GetTick() + period;"],
        ["if (HAL_GetTick() > 5000) stop(p);"],
        ["if (HAL_GetTick() > BOOT_MS + SETTLE_MS) stop(p);"],
        ["uint32_t now = HAL_GetTick();", "if (now < p->last) p->wraps++;", "p->last = now;"],
        ["uint32_t now = HAL_GetTick();", "if (now < p->began) p->began = now;",
         "if (now > p->began + 500) stop(p);"],
        ["uint32_t end = HAL_GetTick() + 20;", "while (time_before(HAL_GetTick(), end)) wait();"],
        ["uint32_t now = HAL_GetTick();", "now = from_rtc();", "if (now > p->began + 5) stop(p);"],
        ["uint32_t start = HAL_GetTick();", "uint32_t end = start + period;",
         "if (end < start) end = UINT32_MAX;", "while (HAL_GetTick() < end) wait();"],
        ["uint32_t start = HAL_GetTick(), now;", "uint32_t end = start + period;",
         "do { now = HAL_GetTick(); } while (now < end || now < start);"],
        ["uint32_t now = HAL_GetTick();", "if (signed_diff(now, p->next) < 0) return;",
         "p->next += period;", "if (p->next < now) p->next = now + period;"],
        ["uint32_t start = HAL_GetTick(), end = start + period, now;",
         "if (end < start) start = 0;",
         "do { now = HAL_GetTick(); } while (now < end || now < start);"],
        ["if (clock.millis() > p->began + 500) stop(p);"],
        ["if (p->left > HAL_GetTick() - p->began + 5) stop(p);"],
    ],
)  # fmt: skip
def test_what_is_right_across_the_wrap_or_no_instant(lines: list[str]) -> None:
    """Differences, constants, detection of the wrap, another clock."""
    assert found(body(*lines)) == []


def test_a_deadline_that_another_function_of_the_file_sets() -> None:
    """Through a member or a variable of the file; locals and parameters of that name are others."""
    sets = "void arm(struct pump *p) {\n    p->due = millis() + 50;\n}\n"
    assert found(sets + "int late(struct pump *p) {\n    return millis() > p->due;\n}\n") == [
        (*WARN, 5)
    ]
    assert found(sets + "int late(uint32_t due) {\n    return millis() > due;\n}\n") == []
    assert (
        found(sets + "int late(void) {\n    uint32_t due = 9;\n    return millis() > due;\n}\n")
        == []
    )


def test_methods_of_classes() -> None:
    """Inside of the class and outside of it, each function once."""
    text = """namespace app {
class Pump {
    bool late() const { return millis() > began + 10; }
};
void Pump::Refresh() {
    if (millis() > began + 10) stop();
    if (millis() > began + 20) stop();
}
}
"""
    assert found(text, "app/pump.cpp") == [(*WARN, 3), (*WARN, 6)]


def test_the_period_decides() -> None:
    """Microseconds wrap within a day; a tick of 16 bits as well; a tree's own function of 64 bits
    does not wrap."""
    text = body("while (micros() < p->began + 5) { }")
    assert found(text) == [("order-compare", "fail", 2)]
    wide = {
        "hal/time.h": "uint64_t micros(void);\nstatic inline int x(void) { return micros(); }\n"
    }
    assert found(text, **wide) == []
    ticks = body("if (xTaskGetTickCount() > p->began + 5) stop(p);")
    config = "#define configTICK_RATE_HZ 1000\n#define configUSE_16_BIT_TICKS 1\n"
    assert found(ticks, **{"app/FreeRTOSConfig.h": config}) == [("order-compare", "fail", 2)]


def test_tests_and_libraries_are_left_out() -> None:
    """They are nobody's firmware."""
    text = body("if (HAL_GetTick() > p->began + 500) stop(p);")
    assert found(text, "tests/pump.c") == []
    assert found(text, "Drivers/STM32U5xx_HAL_Driver/Src/stm32u5xx_hal_flash.c") == []
    assert found(text, "Middlewares/ST/netxduo/addons/web/server.c") == []


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("xTaskGetTickCount() * 1000 / configTICK_RATE_HZ", [("narrow-arithmetic", "warn", 3)]),
        ("(1000UL * xTaskGetTickCount()) / configTICK_RATE_HZ", [("narrow-arithmetic", "warn", 3)]),
        ("(uint64_t)xTaskGetTickCount() * 1000 / configTICK_RATE_HZ", []),
        ("xTaskGetTickCount() * 1000ULL / configTICK_RATE_HZ", []),
        ("xTaskGetTickCount() * (1000 / configTICK_RATE_HZ)", []),
        ("xTaskGetTickCount() / configTICK_RATE_HZ * 1000", []),
        ("xTaskGetTickCount() * portTICK_PERIOD_MS", []),
    ],
)
def test_a_tick_that_is_multiplied_before_it_is_divided(
    text: str, rows: list[tuple[str, str, int]]
) -> None:
    """In 32 bits the product overflows a thousand times sooner than the tick: the milliseconds jump
    back after 71.6 minutes, and no difference of two of them is right across that."""
    code = f'#include "task.h"\nuint32_t uptime( void ) {{\n    return {text};\n}}\n'
    config = "#define configTICK_RATE_HZ 1000\n"
    assert found(code, **{"app/FreeRTOSConfig.h": config}) == rows


def test_a_scaled_tick_that_the_function_extends() -> None:
    """A function that keeps something from call to call may know of the wrap, and without a rate
    nothing is said."""
    line = "    return xTaskGetTickCount() * 1000 / configTICK_RATE_HZ;\n"
    kept = f"uint32_t uptime(void) {{\n    static uint32_t wraps;\n{line}}}\n"
    config = {"app/FreeRTOSConfig.h": "#define configTICK_RATE_HZ 1000\n"}
    assert found(kept, **config) == []
    assert found(f"uint32_t uptime(void) {{\n{line}}}\n") == []
