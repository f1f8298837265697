"""CLK003: counters that a clock reads straight from their registers."""

import pytest

from pitfalls.testing import examine
from tests.checks.test_timer_wrap import c, found, rust

GETTER = "uint64_t a_clock_%s(void)\n{\n    %s\n}\n"


@pytest.mark.parametrize(
    ("unit", "body", "verdict"),
    [
        ("us", "return TIM2->CNT;", "fail"),
        ("ms", "return (uint64_t)TIM5->CNT / 1000;", "fail"),
        ("us", "uint32_t t = TIM2->CNT;\n    return (uint64_t)t;", "fail"),
        ("ms", "return TIM2->CNT;", "warn"),
        ("ms", "return (uint64_t)TIM2->CNT * 1000 / 32768;", "warn"),
        ("now", "return (uint64_t)TIM6->CNT;", "fail"),
        ("now", "return (uint64_t)LPTIM1->CNT;", "fail"),
        ("now", "return (uint64_t)TIM2->CNT;", "unknown"),
        ("us", "return (uint64_t)(*(volatile uint32_t *)0x40000024) / 25;", "fail"),
        ("us", "return (uint64_t)*(volatile uint32_t *)TIMER_BASE;", "fail"),
        ("us", "return (uint64_t)(0xFFFFFFFFu - CMSDK_TIMER0->VALUE) / 25;", "fail"),
    ],
)
def test_a_register_in_c(unit: str, body: str, verdict: str) -> None:
    """The unit of the getter tells the rate; 16 bits never last for a day."""
    rows = [row[:2] for row in found(c(GETTER % (unit, body)))]
    assert rows == [("unextended", verdict)]


def test_a_macro_that_stands_for_a_register() -> None:
    """The rate is that of the file's constants where the unit does not tell."""
    head = "#define T0 (*(volatile uint32_t *)0x40000024)\n#define TIMER_HZ 25000000\n"
    result = c(head + GETTER % ("now", "return (uint64_t)T0 / DIVIDER;"))
    assert [row[:2] for row in found(result)] == [("unextended", "fail")]
    assert "171.8 s" in result.findings[0].message


RUST_HEAD = "const REG: *const u32 = 0x4000_0024 as *const u32;\nconst WIDE: *const u64 = 8 as _;\n"


@pytest.mark.parametrize(
    "body",
    [
        "unsafe { core::ptr::read_volatile(REG) as u64 }",
        "let t = unsafe { read_volatile(REG) };\n    t as u64",
        "unsafe { (0x4000_0024 as *const u32).read_volatile() as u64 }",
        "let tim = unsafe { &*TIM2::ptr() };\n    tim.cnt.read().bits() as u64",
        "let tim = unsafe { &*TIM2::ptr() };\n    u64::from(tim.cnt().read().cnt().bits())",
        "unsafe { (*TIM5::ptr()).cnt.read().bits() as u64 }",
    ],
)
def test_a_register_in_rust(body: str) -> None:
    """Volatile reads of 32 bits, and the registers of a peripheral access crate."""
    result = rust(f"{RUST_HEAD}pub fn clock_us() -> u64 {{\n    {body}\n}}\n")
    assert [row[:2] for row in found(result)] == [("unextended", "fail")]


@pytest.mark.parametrize(
    "body",
    [
        "return ((uint64_t)overflows << 32) | TIM2->CNT;",
        "return base + TIM2->CNT;",
        "return base + (uint64_t)TIM2->CNT;",
        "uint64_t t = TIM2->CNT;\n    return t + base;",
        "uint64_t t = TIM2->CNT;\n    t += timer_base();\n    return t;",
        "return ms * 1000 + (SysTick->LOAD - SysTick->VAL) / 168;",
        "return *(volatile uint64_t *)0x0200BFF8;",
        "return (uint64_t)RTC->CNT;",
        "return ((uint64_t)TIM3->CNT << 16) | TIM4->CNT;",
        "uint32_t hi, lo;\n    do { hi = TIM3->CNT; lo = TIM2->CNT; } while (hi != TIM3->CNT);\n"
        "    return (uint64_t)hi << 32 | lo;",
    ],
)
def test_a_register_that_is_a_part(body: str) -> None:
    """What is added to it counts its wraps, or it is the lower part of something wider."""
    head = "static volatile uint64_t base;\nstatic volatile uint32_t overflows, ms;\n"
    assert found(c(head + GETTER % ("us", body))) == []


@pytest.mark.parametrize(
    "body",
    [
        "(WRAPS.load(Ordering::Relaxed) as u64) << 32 | unsafe { read_volatile(REG) } as u64",
        "unsafe { read_volatile(WIDE) as u64 }",
        "let tim = unsafe { &*TIM2::ptr() };\n"
        "    tim.cnt.read().bits() as u64 + BASE.load(Ordering::Relaxed)",
    ],
)
def test_a_register_in_rust_that_is_a_part(body: str) -> None:
    """Counts in atomics, and registers of 64 bits."""
    head = "static WRAPS: AtomicU32 = AtomicU32::new(0);\nstatic BASE: AtomicU64 = zero();\n"
    result = rust(f"{RUST_HEAD}{head}pub fn clock_us() -> u64 {{\n    {body}\n}}\n")
    assert found(result) == []


def test_the_last_reading_is_kept() -> None:
    """Differences that are summed up in 64 bits extend a register as they extend a call."""
    body = (
        "uint32_t now = TIM2->CNT;\n    acc += (uint64_t)(uint32_t)(now - last);\n"
        "    last = now;\n    return acc;"
    )
    result = c("static uint64_t acc;\nstatic uint32_t last;\n" + GETTER % ("us", body))
    assert {row[:2] for row in found(result)} <= {("unextended", "pass")}


@pytest.mark.parametrize(
    "text",
    [
        "uint32_t a_clock_us(void) { return TIM2->CNT; }\n",
        "uint64_t pulses(void) { return TIM2->CNT; }\n",
    ],
)
def test_a_register_that_is_no_wide_clock(text: str) -> None:
    """A narrow result can be subtracted modulo; a pulse counter is no time."""
    assert found(c(text)) == []


def test_a_function_that_only_the_clock_calls() -> None:
    """Its name does not speak of time."""
    text = (
        "static uint64_t board_read(void) { return (uint64_t)TIM6->CNT; }\n"
        "z_clock_t z_clock_now(void)\n{\n    return board_read();\n}\n"
    )
    assert found(c(text)) == [("unextended", "fail", 1)]
    other = text.replace("z_clock_now", "blink")
    assert found(c(other)) == []
    stamp = "static uint64_t board_read(void) { return (uint64_t)TIM6->CNT; }\n"
    stamp += "z_time_t z_time_now(void)\n{\n    return to_time(board_read());\n}\n"
    assert found(c(stamp)) == [("unextended", "fail", 1)]


@pytest.mark.parametrize(
    "call", ["raw() as i64", "self::raw() as i64", "raw().try_into().unwrap()"]
)
def test_a_function_that_feeds_an_instant(call: str) -> None:
    """The time of smoltcp, whatever the function is called."""
    text = (
        "const REG: *const u32 = 0x4000_0024 as *const u32;\n"
        "fn raw() -> u64 { unsafe { read_volatile(REG) as u64 } }\n"
        f"fn poll(iface: &mut Interface) {{ iface.poll(Instant::from_micros({call})); }}\n"
    )
    files = {"Cargo.toml": '[package]\nname = "b"\nversion = "0.1.0"\n', "src/main.rs": text}
    assert found(examine("CLK003", files)) == [("unextended", "fail", 2)]
    apart = text.replace("Instant::from_micros", "Pulse::from_count")
    assert found(examine("CLK003", {**files, "src/main.rs": apart})) == []
