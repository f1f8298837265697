"""Clock code of C and Rust: functions, writes, calls, sources; and input that is no code."""

import pytest

from pitfalls.formats import clock_code, code_text, requested_time, tick_scale
from pitfalls.formats.clock_facts import ClockCode, Function


def c(text: str) -> ClockCode:
    """The facts of a C text that has some."""
    facts = clock_code.parse_c(text.encode())
    assert facts is not None
    return facts


def rust(text: str) -> ClockCode:
    """The facts of a Rust text that has some."""
    facts = clock_code.parse_rust(text.encode())
    assert facts is not None
    return facts


def one(facts: ClockCode, name: str) -> Function:
    """The function of that name."""
    (function,) = [f for f in facts.functions if f.name == name]
    return function


def test_comments_and_strings_are_blank_and_lines_stay() -> None:
    """Nested quotes, raw strings, lifetimes and character literals do not confuse."""
    text = 'a /* b\n*/ "c { // d" \'e\' r#"f " g"# fn x<\'a>(h: &\'a str) // i\nj'
    plain, code = code_text.blank(text)
    assert len(plain) == len(code) == len(text)
    assert code.split() == ["a", "fn", "x<'a>(h:", "&'a", "str)", "j"]
    assert '"c { // d"' in plain
    assert code.count("\n") == 2


def test_a_c_getter_with_its_source_and_conditions() -> None:
    """The result may stand on the line above; the #if around it is told."""
    facts = c(
        "#ifdef USE_A\nuint64_t\nmy_clock_ms(void)\n{\n  return xTaskGetTickCount();\n}\n#endif\n"
    )
    getter = one(facts, "my_clock_ms")
    assert (getter.line, getter.getter, getter.exported) == (3, True, True)
    assert getter.conditions == ("defined(USE_A)",)
    assert [(s.kind, s.name, s.line) for s in getter.sources] == [("os", "xTaskGetTickCount", 5)]


def test_no_getter_has_parameters_or_returns_nothing() -> None:
    """Setters and elapsed-time functions are functions like others."""
    assert clock_code.parse_c(b"void my_clock_ms(void) { }\n") is None
    assert clock_code.parse_c(b"int my_clock_ms(int zone) { return zone; }\n") is None
    assert clock_code.parse_c(b"uint32_t my_clock_ms(void);\n") is None


def test_c_writes_are_those_of_file_variables() -> None:
    """A member or a local of the same name is not one, nor is a comparison."""
    facts = c(
        "static volatile uint32_t ms;\nvoid a(void) { ms++; }\nvoid b(void) { x->ms = 1; }\n"
        "void d(void) { if (ms == 3) { ms = 0; } }\n"
        "void SysTick_Handler(void) { for (;;) { ms += 2; } }\n"
    )
    rows = [(f.name, w.text, w.in_loop) for f in facts.functions for w in f.writes]
    assert rows == [
        ("a", "ms++", False),
        ("d", "ms = 0", False),
        ("SysTick_Handler", "ms += 2", True),
    ]
    assert one(facts, "SysTick_Handler").role == "interrupt"
    assert [(s.name, s.private) for s in facts.statics] == [("ms", True)]


def test_an_unbalanced_if_does_not_swallow_the_next_function() -> None:
    """Two heads of one block, one for each branch of the preprocessor."""
    facts = c(
        "int sys_now(void)\n{\n#ifdef A\n  if (a) {\n#else\n"
        "  if (b) {\n#endif\n  }\n  return 1;\n}\n"
        "int millis(void)\n{\n  return 2;\n}\n"
    )
    assert [(f.name, f.constant) for f in facts.functions] == [("sys_now", ""), ("millis", "2")]


def test_rust_roles_paths_and_imports() -> None:
    """Attributes tell the role; calls keep their path; `mod` conditions hold for what is in it."""
    facts = rust(
        "use board::clock;\nstatic MS: AtomicU32 = AtomicU32::new(0);\n"
        "#[interrupt]\nfn TIM2() { MS.fetch_add(1, R); }\n"
        "#[task(binds = TIM3)]\nfn t(c: t::Context) { clock::update(); }\n"
        "#[task]\nasync fn s() { loop { clock::update(); } }\n"
        "#[cfg(test)]\nmod tests { fn clock_ms() -> u64 { 7 } }\n"
    )
    assert [(f.name, f.role) for f in facts.functions] == [
        ("TIM2", "interrupt"),
        ("t", "interrupt"),
        ("s", "task"),
        ("clock_ms", ""),
    ]
    assert [(call.name, call.in_loop) for call in one(facts, "s").calls] == [
        ("clock::update", True)
    ]
    assert one(facts, "clock_ms").is_test
    assert facts.imports == ("board::clock",)


def test_a_static_behind_a_critical_section() -> None:
    """`borrow(cs).set(...)` writes."""
    facts = rust(
        "static MS: Mutex<Cell<u32>> = Mutex::new(Cell::new(0));\n"
        "fn tick() { MS.borrow(cs).set(1); }\n"
    )
    assert [w.name for w in one(facts, "tick").writes] == ["MS"]


def test_factors() -> None:
    """A quotient counts where it scales; through a macro as well."""
    body = "{ return tx_time_get() * (TX_TIMER_TICKS_PER_SECOND / 1000); }"
    (factor,) = tick_scale.factors(body, 1, {})
    assert (factor.numerator, factor.denominator) == ("TX_TIMER_TICKS_PER_SECOND", "1000")
    assert (factor.divides, factor.direct) == (False, True)
    known = tick_scale.macros("#define MS_PER_TICK ((uint64_t) (1000U / configTICK_RATE_HZ))\n")
    assert known == {"MS_PER_TICK": ("1000", "configTICK_RATE_HZ")}
    assert len(tick_scale.factors("{ return t * MS_PER_TICK; }", 1, known)) == 1
    assert tick_scale.factors("{ f(ms / portTICK_PERIOD_MS); }", 1, {}) == ()


HOSTILE = (
    b"",
    b"\0" * 100,
    b"\xff\xfe clock_ms(void) {",
    b"fn clock_ms() -> u64 {" * 2000,
    b"{" * 20000,
    b'"' * 20001,
    b"/*" * 20000,
    b"uint32_t clock_ms(void)\r\n{\r\n  return ticks;",
    b"a " * 40000 + b"(",
    b"fn f(" + b"(" * 20000,
    b"static MS: " + b"x" * 50000,
    b"if (elapsed_ms = timeout_ms;" * 3000,
    b"for (i = 0; i < timeout_ms; i++) {" * 2000,
)


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_input_that_is_no_code_ends_soon(data: bytes) -> None:
    """No crash and no blow-up."""
    for parse in (
        clock_code.parse_c,
        clock_code.parse_rust,
        requested_time.parse_c,
        requested_time.parse_rust,
    ):
        parse(data)
