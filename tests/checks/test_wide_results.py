"""CLK003: functions of any name whose result of 64 bits is one reading of a narrow counter."""

import pytest

from pitfalls.testing import examine, places

CONFIG = "#define configTICK_RATE_HZ 1000\n"


def found(text: str, path: str = "app/time.cpp") -> list[tuple[str, str, int]]:
    """Rule, verdict and line of every finding in a tree of one file and a configuration."""
    result = examine("CLK003", {path: text, "app/FreeRTOSConfig.h": CONFIG, "app/Makefile": ""})
    assert not result.traceback
    return [(rule, verdict, line) for rule, verdict, _, line in places(result)]


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("millis()", "warn"),
        ("(uint64_t)HAL_GetTick() * 1000ULL", "warn"),
        ("static_cast<uint64_t>(xTaskGetTickCount()) * portTICK_PERIOD_MS", "warn"),
        ("xTaskGetTickCount() * portTICK_PERIOD_MS", "warn"),
        ("pdTICKS_TO_MS((uint64_t)xTaskGetTickCount())", "warn"),
        ("micros()", "fail"),
        ("time_us_32() / 1000", "fail"),
    ],
)
def test_a_reading_that_is_only_widened(expression: str, verdict: str) -> None:
    """It jumps back when the counter wraps, whatever the function is called."""
    for text in (
        f"uint64_t uptime() {{\n  return {expression};\n}}\n",
        f"unsigned long long Board::uptime() const {{\n  int64_t t = {expression}; return t;\n}}\n",
        f"uint64_t uptime() {{ uint64_t t;\n  t = {expression};\n  return t;\n}}\n",
    ):
        assert found(text) == [("unextended", verdict, 2)]


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("millis() * 1000", "warn"),
        ("pdTICKS_TO_MS(xTaskGetTickCount()) * 1000U", "warn"),
        ("HAL_GetTick() * 1000000", "fail"),
        ("(uint64_t)(micros() * 1000)", "fail"),
    ],
)
def test_a_product_that_is_narrow(expression: str, verdict: str) -> None:
    """Milliseconds become microseconds in 32 bits, which last for 71.6 minutes."""
    text = f"uint64_t uptime() {{\n  return {expression};\n}}\n"
    assert found(text) == [("narrow-arithmetic", verdict, 2)]


@pytest.mark.parametrize(
    "body",
    [
        "return base + millis();",
        "return ((uint64_t)wraps << 32) + micros();",
        "static uint32_t last; uint32_t now = millis(); total += now - last; return total;",
        "return millis() - start;",
        "return time_us_64();",
        "uint64_t start = micros(); work(); return micros() - start;",
        "uint64_t start = micros(); work(); uint64_t end = time_us_64(); return end - start;",
        "uint32_t now = millis(); return process(now);",
        "return scale(millis());",
        "return k_uptime_get();",
        "return elapsed > 0 ? millis() : 0;",
    ],
)
def test_what_may_be_extended_is_left_alone(body: str) -> None:
    """Whatever is added may count the wraps; a difference of readings is right."""
    assert found(f"uint64_t uptime() {{ {body} }}\n") == []


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("uint64_t now = millis(); seconds += (now - last) / 1000UL; last = now;", "warn"),
        ("const int64_t t = (int64_t)micros(); if (t - self->last > 500) blink();", "fail"),
        (
            "static uint64_t last; uint64_t now = HAL_GetTick(); if (now - last > 5) blink();",
            "warn",
        ),
    ],
)
def test_a_difference_in_64_bits(body: str, verdict: str) -> None:
    """What was kept from an earlier call is larger after the wrap than the new reading."""
    assert found(f"void update() {{\n{body}\n}}\n") == [("unextended", verdict, 2)]


@pytest.mark.parametrize(
    "body",
    [
        "uint32_t now = millis(); seconds += (now - last) / 1000UL; last = now;",
        "uint64_t now = millis(); uint32_t passed = now - last; last = now;",
        "uint64_t now = millis(); passed = (uint32_t)(now - last);",
        "uint64_t now = millis(); if (now < last) wraps++; total += now - last;",
        "uint64_t now = millis(); uint64_t end = now + 5; while (now - end > 9) now = poll();",
        "uint64_t now = millis(); left = now - GRACE_MS;",
        "uint64_t now = esp_timer_get_time(); if (now - last > 5) blink();",
    ],
)
def test_a_difference_that_is_right(body: str) -> None:
    """Narrow again, or looked after, or none of two readings that lie apart."""
    assert found(f"void update() {{\n{body}\n}}\n") == []


def test_no_time() -> None:
    """A narrow result, a seed, code of others and the tree's own function of 64 bits."""
    assert found("uint32_t uptime() { return millis(); }\n") == []
    assert found("uint64_t random_seed() { return micros(); }\n") == []
    text = "uint64_t uptime() { return millis(); }\n"
    assert found(text, "app/Middlewares/x/time.cpp") == []
    assert found("uint64_t millis();\n" + text) == []


def test_a_clock_is_told_once() -> None:
    """A function that CLK001 knows as a clock."""
    text = "uint64_t now_ms(void) {\n  return (uint64_t)HAL_GetTick();\n}\n"
    assert found(text, "app/time.c") == [("unextended", "warn", 2)]
