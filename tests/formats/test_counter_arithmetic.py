"""What code does with a counter: widens, sums up, compares, multiplies; and rates of constants."""

import pytest

from pitfalls.formats import clock_types, counter_arithmetic, register_reads


def kinds(body: str, *, rust: bool = False, elapsed: bool = False) -> list[tuple[str, str, int]]:
    """Kind, counter and line of every spot of a body on line 10."""
    reads = register_reads.read("f", body, body, rust=rust)
    found = counter_arithmetic.read(reads, 10, rust=rust, elapsed=elapsed)
    return [(spot.kind, spot.counter, spot.line) for spot in found]


@pytest.mark.parametrize(
    ("body", "counter"),
    [
        ("{ return (uint64_t) HAL_GetTick() * 2; }", "HAL_GetTick"),
        ("{ return (uint64_t)DWT->CYCCNT; }", "DWT->CYCCNT"),
        ("{ TickType_t t = xTaskGetTickCount(); return (uint64_t) t; }", "xTaskGetTickCount"),
        ("{ uint64_t t = tx_time_get(); return t; }", "tx_time_get"),
    ],
)
def test_c_widens(body: str, counter: str) -> None:
    """By a cast of the call, of a variable that holds it, or by the type of the variable."""
    assert kinds(body) == [("widened", counter, 10)]


@pytest.mark.parametrize(
    "body",
    [
        "{ DWT::cycle_count() as u64 }",
        "{ u64::from(DWT::cycle_count()) }",
        "{ let now = DWT::cycle_count(); now as u64 }",
        "{ let now = unsafe { DWT::cycle_count() }; u64::from(now) }",
    ],
)
def test_rust_widens(body: str) -> None:
    """By `as` and `from`, through a variable and an unsafe block."""
    assert kinds(body, rust=True) == [("widened", "DWT::cycle_count", 10)]


def test_a_body_of_blanks_is_read_at_once() -> None:
    """What looks like the end of a function and is none costs no more than its length."""
    for body in ("{ let a = 1;" + " " * 2400 + "x / 2 + }", "{" + " ; " * 700 + " " * 300 + "y}"):
        assert kinds(body * 20, rust=True) == []


def test_a_difference_is_summed_up_not_widened() -> None:
    """The subtraction comes first, in the counter's own width."""
    rust = "{ let now = tick(); let d = now.wrapping_sub(last); sum + u64::from(d) }"
    assert kinds(rust, rust=True) == [("summed", "tick", 10)]
    c = "{ now = HAL_GetTick(); total += (uint64_t) (now - last); }"
    assert kinds(c) == [("summed", "HAL_GetTick", 10)]


def test_products_in_64_bits_are_left_alone() -> None:
    """A cast, a suffix or floating point is wide enough; lines count."""
    assert kinds("{\n return ms * 1000; }", elapsed=True) == [("multiplied", "", 11)]
    for text in ("(uint64_t) ms * 1000", "ms * 1000ULL", "(double) ms * 1000", "ms * 1000.0"):
        assert kinds(f"{{ return {text}; }}", elapsed=True) == []
    assert kinds("{ return ms * 1000; }") == []


def test_frequencies() -> None:
    """One rate, in Hz; none when the constants differ or tell a kernel tick."""
    frequency = counter_arithmetic.frequency
    assert frequency("const SYSCLK_HZ: u32 = 25_000_000;\nconst TICKS_PER_MS: u64 = 25_000;") == (
        25_000_000
    )
    assert frequency("#define TIMER_HZ (1000000UL)\n") == 1_000_000
    assert frequency("#define A_HZ 5\n#define B_HZ 6\n") == 0
    assert frequency("#define configTICK_RATE_HZ 1000\n") == 0


def test_types_of_an_instant() -> None:
    """One typedef is read; several in one header are not."""
    found = clock_types.parse(b"\n typedef  struct timespec z_clock_t ;\n")
    assert found is not None
    assert (found.type, found.line) == ("struct timespec", 2)
    assert clock_types.parse(b"typedef int z_clock_t;\ntypedef long z_clock_t;\n") is None
    kinds = [clock_types.kind_of(t) for t in ("void *", "usize", "u64", "TickType_t", "foo_t")]
    assert kinds == ["pointer", "pointer", "64 bits", "32 bits", ""]
