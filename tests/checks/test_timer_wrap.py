"""CLK003: what a clock does about the wrap of its counter."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

MANIFEST = '[package]\nname = "board"\nversion = "0.1.0"\n'


def found(result: PitfallResult) -> list[tuple[str, str, int]]:
    """Rule, verdict and line of every finding."""
    return [(rule, verdict, line) for rule, verdict, _, line in places(result)]


def rust(clock: str, main: str = "fn main() {}\n") -> PitfallResult:
    """A firmware crate with a ``clock`` module."""
    files = {"Cargo.toml": MANIFEST, "src/main.rs": "mod clock;\n" + main, "src/clock.rs": clock}
    return examine("CLK003", files)


def c(text: str, path: str = "freertos/c.c") -> PitfallResult:
    """A tree of one C file."""
    return examine("CLK003", {path: text})


CYCLES = "const SYSCLK_HZ: u32 = 168_000_000;\npub fn clock_us() -> u64 {\n    %s\n}\n"


def test_a_widened_counter_fails_or_warns_by_its_period() -> None:
    """Seconds fail, a day or more warns, an unknown rate is undecided."""
    widened = "DWT::cycle_count() as u64 / 168"
    assert found(rust(CYCLES % widened)) == [("unextended", "fail", 3)]
    through = "let now = DWT::cycle_count();\n    u64::from(now) / 168"
    assert found(rust(CYCLES % through)) == [("unextended", "fail", 4)]
    foreign = "let t = unsafe { ffi::xTaskGetTickCount() };\n    t as u64 * 10"
    assert found(rust(CYCLES % foreign)) == [("unextended", "warn", 4)]
    unknown = CYCLES.replace("SYSCLK_HZ", "OTHER") % "ffi::k_cycle_get_32() as u64 / 168"
    assert found(rust(unknown)) == [("unextended", "unknown", 3)]
    core = CYCLES.replace("SYSCLK_HZ", "OTHER") % widened  # no core is slow enough for a day
    assert found(rust(core)) == [("unextended", "fail", 3)]


@pytest.mark.parametrize(
    ("expression", "verdicts"),
    [
        ("DWT->CYCCNT / (SystemCoreClock / 1000)", ["fail"]),
        ("((uint32_t)DWT_CYCCNT/SystemCoreClock*1000)", ["fail"]),
        ("TIM6->CNT / 10", ["fail"]),
        ("xTaskGetTickCount() / 10", []),  # weeks
        ("xTaskGetTickCount() * portTICK_PERIOD_MS", []),  # wraps where its type does
        ("(DWT->CYCCNT - last) / 168", []),  # a difference
        ("HAL_GetTick()", []),
    ],
)
def test_a_narrow_quotient_wraps_where_its_type_does_not(
    expression: str, verdicts: list[str]
) -> None:
    """So differences of two results are wrong then."""
    text = f"uint32_t sys_now(void)\n{{\n    return {expression};\n}}\n"
    assert found(c(text)) == [("unextended", verdict, 3) for verdict in verdicts]


def test_what_a_function_keeps_by_itself_extends_a_counter() -> None:
    """Wraps that are counted in the function's own statics are counted; another function's
    variable of the same name is not meant."""
    text = (
        "uint64_t clock_us(void)\n{\n    static uint64_t high;\n    static uint32_t last;\n"
        "    uint32_t now = DWT->CYCCNT;\n    if (now < last) high += 0x100000000ULL;\n"
        "    last = now;\n    return high + now;\n}\n"
    )
    for more in ("", "void f(void)\n{\n    int high = 0, last = 1;\n    high = last;\n}\n"):
        assert found(c(text + more))[0][:2] == ("unextended", "pass")


def test_a_vendors_getter_that_no_own_code_waits_by_only_warns() -> None:
    """The vendor's drivers alone ask `HAL_GetTick` for the time."""
    text = "uint32_t HAL_GetTick(void)\n{\n    return DWT->CYCCNT / 168000;\n}\n"
    assert found(c(text)) == [("unextended", "warn", 3)]
    waits = {"freertos/wait.c": "void wait(void) { uint32_t t = HAL_GetTick(); }\n"}
    rows = places(examine("CLK003", {"freertos/c.c": text, **waits}))
    assert [row[1] for row in rows] == ["fail"]


def test_a_narrow_quotient_in_rust() -> None:
    """The last expression, or what is returned, also from a variable."""
    clock = "pub fn clock_ms() -> u32 {\n    %s\n}\n"
    for body, line in (
        ("DWT::cycle_count() / 168_000", 2),
        ("let now = DWT::cycle_count();\n    return now / CYCLES;", 3),
    ):
        assert found(rust(clock % body)) == [("unextended", "fail", line)]
    assert found(rust(clock % "DWT::cycle_count().wrapping_sub(last) / 168_000")) == []


@pytest.mark.parametrize(
    "body",
    [
        "(DWT::cycle_count() / 168) as u64",
        "let now = DWT::cycle_count() / 168;\n    now as u64",
        "u64::from(DWT::cycle_count() / 168)",
        "let now: u64 = DWT::cycle_count().into();\n    now / 168",
        "let passed = u32::MAX - DWT::cycle_count();\n    passed as u64 / 168",
        "let left = DWT::cycle_count();\n    (u32::MAX - left) as u64 / 168",
        "let passed = u32::MAX.wrapping_sub(DWT::cycle_count());\n    u64::from(passed) / 168",
        "let left = DWT::cycle_count();\n    (0xFFFF_FFFFu32 - left) as u64 / 168",
    ],
)
def test_arithmetic_before_it_is_widened(body: str) -> None:
    """A quotient and what is left of a counter that runs down wrap like the counter itself."""
    assert [row[:2] for row in found(rust(CYCLES % body))] == [("unextended", "fail")]


@pytest.mark.parametrize(
    "body",
    [
        "let high = timer_high();\n    let low = timer_low();\n"
        "    ((high as u64) << 32) | low as u64",
        "((timer_high() as u64) << 32 | timer_low() as u64) / 16",
    ],
)
def test_two_halves_of_a_wide_counter(body: str) -> None:
    """The upper half comes from the hardware, too."""
    halves = "".join(
        f"fn timer_{half}() -> u32 {{ unsafe {{ read_volatile({address} as *const u32) }} }}\n"
        for half, address in (("high", "0x6002_3008"), ("low", "0x6002_3004"))
    )
    assert found(rust(halves + CYCLES % body)) == []


@pytest.mark.parametrize(
    "text",
    [
        "uint64_t a_clock_ms(void)\n{\n    return xTaskGetTickCount() * portTICK_PERIOD_MS;\n}\n",
        "uint64_t a_clock_ms(void)\n{\n    return HAL_GetTick();\n}\n",
        "uint64_t a_clock_ms(void)\n{\n    TickType_t t = xTaskGetTickCount();\n"
        "    return t * portTICK_PERIOD_MS;\n}\n",
        "uint64_t a_clock_ms(void)\n{\n    uint32_t t = HAL_GetTick();\n"
        "    return (uint64_t)(t * 1000);\n}\n",
    ],
)
def test_a_result_that_is_wider_than_the_counter(text: str) -> None:
    """C widens what a function returns by itself, after the arithmetic."""
    assert [row[:2] for row in found(c(text))] == [("unextended", "warn")]


def test_ticks_have_the_width_and_rate_of_the_configuration() -> None:
    """16 bits at 1 kHz last for 65.5 s."""
    text = "uint64_t a_clock_ms(void)\n{\n    return (uint64_t) xTaskGetTickCount();\n}\n"
    config = "#define configTICK_RATE_HZ 1000\n#define configUSE_16_BIT_TICKS %d\n"
    assert found(c(text)) == [("unextended", "warn", 3)]
    files = {"app/c.c": text, "app/FreeRTOSConfig.h": config % 1}
    result = examine("CLK003", files)
    assert found(result) == [("unextended", "fail", 3)]
    assert "65.5 s" in result.findings[0].message
    assert found(examine("CLK003", files | {"app/FreeRTOSConfig.h": config % 0})) == [
        ("unextended", "warn", 3)
    ]


def test_an_extended_counter_passes() -> None:
    """A wrap count, or a difference that is summed up, beside the last reading."""
    wraps = """static LAST: AtomicU32 = AtomicU32::new(0);
static WRAPS: AtomicU32 = AtomicU32::new(0);
pub fn clock_us() -> u64 {
    let now = DWT::cycle_count();
    if now < LAST.load(Relaxed) { WRAPS.fetch_add(1, Relaxed); }
    LAST.store(now, Relaxed);
    ((WRAPS.load(Relaxed) as u64) << 32) + now as u64
}
"""
    assert found(rust(wraps)) == [("unextended", "pass", 7)]
    text = """static uint32_t last;
static uint64_t total;
uint64_t a_clock_ms(void)
{
    uint32_t now = HAL_GetTick();
    total += (uint64_t) (now - last);
    last = now;
    return total;
}
"""
    assert found(c(text)) == [("unextended", "pass", 6)]


@pytest.mark.parametrize(
    "body",
    [
        "let now = DWT::cycle_count();\n"
        "    if now < LAST.swap(now, Relaxed) { WRAPS.fetch_add(1, Relaxed); }\n"
        "    ((WRAPS.load(Relaxed) as u64) << 32 | (u32::MAX - now) as u64) / 168",
        "let now = DWT::cycle_count();\n"
        "    let (last, sum) = STATE.borrow(cs).get();\n"
        "    let sum = sum + now.wrapping_sub(last) as u64;\n"
        "    STATE.borrow(cs).set((now, sum));\n    sum / 168",
    ],
)
def test_other_ways_to_extend(body: str) -> None:
    """Down-counters with a wrap count, sums in a cell."""
    statics = (
        "static LAST: AtomicU32 = AtomicU32::new(0);\n"
        "static WRAPS: AtomicU32 = AtomicU32::new(0);\n"
        "static STATE: Mutex<Cell<(u32, u64)>> = Mutex::new(Cell::new((0, 0)));\n"
    )
    assert [row[:2] for row in found(rust(statics + CYCLES % body))] == [("unextended", "pass")]


def test_an_instant_is_taken_from_another_only_when_it_is_greater() -> None:
    """After the wrap the elapsed time is 0; modular subtraction is right."""
    text = (
        "z_clock_t z_clock_now(void) { return xTaskGetTickCount(); }\n"
        "unsigned long z_clock_elapsed_ms(z_clock_t *t)\n{\n"
        "    z_clock_t now = xTaskGetTickCount();\n    return %s;\n}\n"
    )
    guarded = "now > *t ? (now - *t) * portTICK_PERIOD_MS : 0"
    assert ("order-compare", "warn", 5) in found(c(text % guarded))
    assert found(c(text % "(now - *t) * portTICK_PERIOD_MS")) == []


def test_wide_and_modular_clocks_are_not_applicable() -> None:
    """64-bit sources, the counter's own width, and a short interval by subtraction."""
    for body in ("return k_uptime_get();", "return esp_timer_get_time();"):
        assert c(f"uint64_t a_clock_ms(void)\n{{\n    {body}\n}}\n").verdict is (
            Verdict.NOT_APPLICABLE
        )
    narrow = "uint32_t sys_now(void)\n{\n    return HAL_GetTick();\n}\n"
    assert c(narrow).verdict is Verdict.NOT_APPLICABLE
    interval = narrow + "int due_elapsed(uint32_t s) { return HAL_GetTick() - s > 5; }\n"
    assert c(interval).verdict is Verdict.NOT_APPLICABLE


def test_a_start_that_is_set_once() -> None:
    """The difference to it wraps with the counter; a refreshed one does not."""
    text = """const SYSCLK_HZ: u32 = 168_000_000;
static START: AtomicU32 = AtomicU32::new(0);
pub fn init() { START.store(DWT::cycle_count(), Relaxed); }
pub fn clock_us() -> u32 { DWT::cycle_count().wrapping_sub(START.load(Relaxed)) / 168 }
"""
    main = "#[entry]\nfn main() -> ! { clock::init(); loop {} }\n"
    assert found(rust(text, main)) == [("stale-start", "fail", 4)]
    refreshed = text.replace("pub fn init", "pub fn network_poll")
    assert found(rust(refreshed, main)) == []


def test_deadlines_are_compared_by_subtraction() -> None:
    """With < it is wrong across the wrap; a wrap detection is no deadline."""
    text = (
        "uint32_t sys_now(void) { return HAL_GetTick(); }\n"
        "int clock_due(uint32_t %s)\n{\n    return HAL_GetTick() >= %s;\n}\n"
    )
    assert found(c(text % ("deadline", "deadline"))) == [("order-compare", "warn", 4)]
    assert found(c(text % ("last", "last"))) == []


def test_products_of_an_elapsed_time() -> None:
    """4.3 s fails, 71.6 minutes warn, 64 bits and large words are right."""
    getter = "uint32_t sys_now(void) { return HAL_GetTick(); }\n"
    text = getter + "unsigned long z_clock_elapsed_%s(unsigned long t)\n{\n    return t * %s;\n}\n"
    assert found(c(text % ("ns", "1000000000UL"))) == [("narrow-arithmetic", "fail", 4)]
    assert found(c(text % ("us", "1000"))) == [("narrow-arithmetic", "warn", 4)]
    assert found(c(text % ("ms", "1000"))) == []
    assert found(c(text % ("us", "1000ULL"))) == []
    assert found(c(text % ("ns", "1000000000UL"), path="posix/c.c")) == []


def test_a_poll_that_alone_takes_the_readings() -> None:
    """An idle phase longer than the period loses a wrap."""
    text = """const SYSCLK_HZ: u32 = 168_000_000;
static LAST: AtomicU32 = AtomicU32::new(0);
static MILLIS: AtomicU32 = AtomicU32::new(0);
pub fn update() {
    let now = DWT::cycle_count();
    MILLIS.fetch_add(now.wrapping_sub(LAST.load(Relaxed)) / 168_000, Relaxed);
    LAST.store(now, Relaxed);
}
pub fn clock_ms() -> u64 { MILLIS.load(Relaxed) as u64 }
"""
    polled = "fn network_poll() {\n    clock::update();\n}\n"
    assert found(rust(text, polled)) == [("poll-bound", "warn", 3)]
    ticked = "#[exception]\nfn SysTick() {\n    clock::update();\n}\n"
    assert found(rust(text, ticked)) == []


def test_bookkeeping_in_two_priorities() -> None:
    """An interrupt between the reading and the store counts a wrap twice; a lock prevents it."""
    text = """const SYSCLK_HZ: u32 = 168_000_000;
static LAST: AtomicU32 = AtomicU32::new(0);
pub fn clock_us() -> u64 {
    let now = DWT::cycle_count();
    LAST.store(now, Relaxed);
    now as u64
}
"""
    both = (
        "#[exception]\nfn SysTick() { clock::clock_us(); }\n"
        "#[entry]\nfn main() -> ! { loop { clock::clock_us(); } }\n"
    )
    assert ("nonatomic", "warn", 5) in found(rust(text, both))
    locked = text.replace("    let now", "    let _lock = critical_section();\n    let now")
    assert all(rule != "nonatomic" for rule, _, _ in found(rust(locked, both)))


def test_stock_ports_warn_at_most() -> None:
    """Nobody edits a vendored library; its comparison of ticks is told."""
    port = """z_clock_t z_clock_now(void) { return xTaskGetTickCount(); }
unsigned long zp_clock_elapsed_ms_since(z_clock_t *instant, z_clock_t *epoch)
{
    return *instant > *epoch ? (*instant - *epoch) * portTICK_PERIOD_MS : 0;
}
"""
    files = {
        "lib/zp/include/zenoh-pico.h": "",
        "lib/zp/src/session/utils.c": "",
        "lib/zp/src/system/freertos/system.c": port,
    }
    assert found(examine("CLK003", files)) == [("order-compare", "warn", 4)]
