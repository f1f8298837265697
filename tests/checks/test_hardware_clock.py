"""CLK001: what moves the time that a clock's getter returns."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

MANIFEST = '[package]\nname = "board"\nversion = "0.1.0"\n'
GETTER = """static MILLIS: AtomicU32 = AtomicU32::new(0);
#[no_mangle]
pub extern "C" fn smoltcp_clock_now_ms() -> u64 { MILLIS.load(Relaxed) as u64 }
pub fn advance_clock_ms(step: u32) { MILLIS.fetch_add(step, Relaxed); }
"""


def found(result: PitfallResult) -> list[tuple[str, str, str, int]]:
    """Rule, verdict, path and line of everything that is no note."""
    return places(result, Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS, Verdict.ERROR)


def rust(main: str, clock: str = GETTER, **others: str) -> PitfallResult:
    """A firmware crate with a ``clock`` module."""
    files = {"Cargo.toml": MANIFEST, "src/main.rs": "mod clock;\n" + main, "src/clock.rs": clock}
    files |= {f"src/{name}.rs": text for name, text in others.items()}
    return examine("CLK001", files)


def test_a_step_in_the_poll_function_fails_there() -> None:
    """The line to edit is the call in the poll, the chain holds the hops."""
    result = rust(
        "mod net;\n", net="pub fn network_poll() {\n    crate::clock::advance_clock_ms(1);\n}\n"
    )
    assert found(result) == [("poll-driven", "fail", "src/net.rs", 2)]
    (finding,) = [f for f in result.findings if f.verdict is Verdict.FAIL]
    assert [str(hop.place) for hop in finding.related] == ["src/clock.rs:1", "src/clock.rs:4"]


def test_the_main_loop_and_a_task_are_polls() -> None:
    """So are they under cortex-m-rt, RTIC and embassy."""
    step = "clock::advance_clock_ms(1);"
    for head in (
        "#[entry]\nfn main() -> ! ",
        "#[task]\nasync fn work() ",
        "#[embassy_executor::task]\nasync fn x() ",
    ):
        assert rust(f"{head}{{\n loop {{ {step} }}\n}}\n").verdict is Verdict.FAIL


def test_an_interrupt_is_a_good_writer() -> None:
    """Even where a poll moves the clock as well."""
    tick = "#[exception]\nfn SysTick() {\n    clock::advance_clock_ms(1);\n}\n"
    assert found(rust(tick)) == [("poll-driven", "pass", "src/main.rs", 4)]
    both = tick + "fn network_poll() {\n    clock::advance_clock_ms(1);\n}\n"
    assert rust(both).verdict is Verdict.PASS
    bound = "#[task(binds = TIM2)]\nfn tick() {\n    clock::advance_clock_ms(1);\n}\n"
    assert rust(bound).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "write",
    [
        "let c = NOW.borrow(cs);\n    c.set(c.get() + 1);",
        "let mut now = NOW.borrow_ref_mut(cs);\n    *now += 1;",
        "*NOW.lock() += 1;",
        "NOW.lock(|now| *now += 1);",
        "NOW.lock(|now| now.set(now.get() + 1));",
        "NOW.update(|now| now + 1);",
        "unsafe { *NOW.get() += 1 };",
        "let _ = NOW.fetch_update(Relaxed, Relaxed, |now| Some(now + 1));",
        "let now = unsafe { &mut *NOW.get() };\n    *now = *now + 1;",
    ],
)
@pytest.mark.parametrize(
    ("head", "verdict"), [("#[exception]\nfn SysTick()", "pass"), ("fn network_poll()", "fail")]
)
def test_a_write_through_a_reference(write: str, head: str, verdict: str) -> None:
    """Cells and locks give a reference, or run a closure with one."""
    getter = (
        "static NOW: Mutex<Cell<u64>> = Mutex::new(Cell::new(0));\n"
        'pub extern "C" fn smoltcp_clock_now_ms() -> u64 { with(|cs| NOW.borrow(cs).get()) }\n'
    )
    result = rust("", f"{getter}{head} {{\n    {write}\n}}\n")
    assert [row[:2] for row in found(result)] == [("poll-driven", verdict)]


def test_a_getter_that_locks_its_clock_does_not_write_it() -> None:
    """A closure that only reads is no write."""
    clock = (
        "static NOW: Mutex<u64> = Mutex::new(0);\n"
        "pub fn clock_ms() -> u64 { NOW.lock(|now| *now) }\n"
        "#[exception]\nfn SysTick() { NOW.lock(|now| *now += 1); }\n"
    )
    assert found(rust("", clock)) == [("poll-driven", "pass", "src/clock.rs", 4)]


@pytest.mark.parametrize(
    ("head", "verdict"), [("#[exception]\nfn SysTick()", "pass"), ("pub fn network_poll()", "fail")]
)
def test_a_helper_whose_name_says_nothing_of_time(head: str, verdict: str) -> None:
    """It is followed to its callers in the same file."""
    net = (
        "fn round() { crate::clock::advance_clock_ms(1); }\n"
        f"fn more() {{ round(); }}\n{head} {{\n    more();\n}}\n"
    )
    result = rust("mod net;\n", net=net)
    assert [row[:2] for row in found(result)] == [("poll-driven", verdict)]


def test_a_block_for_a_polling_macro_is_a_poll() -> None:
    """`after_poll = { ... }` is expanded into the poll function."""
    text = "define_network!(Eth, after_poll = { crate::clock::advance_clock_ms(1); });\n"
    assert found(rust(text)) == [("poll-driven", "fail", "src/main.rs", 2)]


def test_nobody_calls_the_update() -> None:
    """A clock of the firmware that nothing moves is frozen, one of a library is undecided."""
    assert found(rust("fn main() {}\n")) == [("frozen", "fail", "src/clock.rs", 4)]
    library = {"Cargo.toml": MANIFEST, "src/lib.rs": "pub mod clock;\n", "src/clock.rs": GETTER}
    assert found(examine("CLK001", library)) == [("frozen", "unknown", "src/clock.rs", 4)]


@pytest.mark.parametrize(
    ("feature", "verdict"),
    [("", "warn"), ('default = ["dep:clocks"]\n', "fail"), ('on = ["clocks"]\n', "warn")],
)
def test_a_library_behind_a_feature_that_nobody_switches_on(feature: str, verdict: str) -> None:
    """No image of the tree holds the clock that stands still; a build that does fails."""
    axis = (
        '[package]\nname = "axis"\n[dependencies]\n'
        'clocks = { path = "../clocks", optional = true }\n[features]\n'
    )
    files = {
        "clocks/Cargo.toml": '[package]\nname = "clocks"\n',
        "clocks/src/lib.rs": "pub mod clock;\n", "clocks/src/clock.rs": GETTER,
        "axis/Cargo.toml": axis + feature, "axis/src/lib.rs": "",
    }  # fmt: skip
    assert found(examine("CLK001", files)) == [("frozen", verdict, "clocks/src/clock.rs", 4)]
    program = {
        "fw/Cargo.toml": '[package]\nname = "fw"\n[dependencies]\n'
        'axis = { path = "../axis", features = ["on"] }\n', "fw/src/main.rs": "",
    }  # fmt: skip
    outcome = "fail" if feature else "warn"
    assert found(examine("CLK001", {**files, **program})) == [
        ("frozen", outcome, "clocks/src/clock.rs", 4)
    ]


def test_a_declared_stub_is_a_warning() -> None:
    """A constant in a file of stubs is meant; code that waits on it is not helped by that."""
    stub = "uint32_t HAL_GetTick(void)\n{\n    return 0;\n}\n"
    assert found(examine("CLK001", {"fw/Makefile": "", "fw/hal_stubs.c": stub})) == [
        ("frozen", "warn", "fw/hal_stubs.c", 1)
    ]
    tool = {"tools/Makefile": "", "tools/unix/dump.c": stub.replace("HAL_GetTick", "sys_now")}
    assert found(examine("CLK001", tool)) == [("frozen", "warn", "tools/unix/dump.c", 1)]
    waits = {"fw/Makefile": "", "fw/main.c": "int main(void) { HAL_Delay(5); }\n"}
    assert found(examine("CLK001", {**waits, "fw/hal_time.c": stub})) == [
        ("frozen", "fail", "fw/hal_time.c", 1)
    ]
    both = stub + "int HAL_InitTick(uint32_t priority)\n{\n    return 0;\n}\n"
    assert found(examine("CLK001", {"fw/Makefile": "", "fw/hal_time.c": both})) == [
        ("frozen", "warn", "fw/hal_time.c", 1)
    ]


def test_a_tick_of_the_hal_that_no_own_code_asks_for_is_a_warning() -> None:
    """Only the vendor's drivers take it for their time-outs."""
    stub = "uint32_t HAL_GetTick(void)\n{\n    return 0;\n}\n"
    driver = "void HAL_ADC_Stop(void) { uint32_t t = HAL_GetTick(); }\n"
    files = {
        "fw/Makefile": "",
        "fw/startup.c": stub,
        "fw/hal.cpp": 'extern "C" uint32_t HAL_GetTick(void);\n',
        "fw/STM32F1xx_HAL_Driver/Src/adc.c": driver,
    }
    assert found(examine("CLK001", files)) == [("frozen", "warn", "fw/startup.c", 1)]
    files["fw/adc.cpp"] = driver
    assert found(examine("CLK001", files)) == [("frozen", "fail", "fw/startup.c", 1)]


def test_initialisation_does_not_move_a_clock() -> None:
    """A store at start is no tick."""
    start = "pub fn init() { MILLIS.store(0, Relaxed); }\n"
    getter = GETTER.replace("pub fn advance", "fn advance")
    text = "#[entry]\nfn main() -> ! { clock::init(); loop {} }\n"
    assert rust(text, getter + start).verdict is Verdict.FAIL


def test_a_getter_that_reads_hardware_may_keep_books() -> None:
    """Statics that extend a counter inside the getter are no poll."""
    clock = """static LAST: AtomicU32 = AtomicU32::new(0);
pub fn clock_ms() -> u64 {
    let now = DWT::cycle_count();
    LAST.store(now, Relaxed);
    now as u64 / 168_000
}
pub fn start(dwt: &mut DWT) { dwt.enable_cycle_counter(); }
"""
    assert found(rust("", clock)) == [
        ("frozen", "pass", "src/clock.rs", 7),
        ("poll-driven", "pass", "src/clock.rs", 2),
    ]
    without = rust("", clock.replace("enable_cycle_counter", "nothing"))
    assert ("frozen", "unknown", "src/clock.rs", 2) in found(without)


def test_a_timer_that_is_never_started() -> None:
    """The start function exists and nothing calls it; a call anywhere in the tree is enough."""
    clock = """const TIMER0: usize = 0x4000_0000;
pub fn start_timer() { unsafe { (TIMER0 as *mut u32).write_volatile(1) } }
pub fn clock_ms() -> u64 { unsafe { core::ptr::read_volatile(TIMER0 as *const u32) as u64 } }
"""
    assert ("frozen", "fail", "src/clock.rs", 2) in found(rust("", clock))
    assert ("frozen", "pass", "src/main.rs", 2) in found(
        rust("fn main() { clock::start_timer() }", clock)
    )


def test_dead_files_tests_and_weak_defaults_are_not_judged() -> None:
    """A file that no mod reaches, a test double, and a weak vendor default say nothing."""
    files = {"Cargo.toml": MANIFEST, "src/main.rs": "fn main() {}\n", "src/clock.rs": GETTER}
    assert examine("CLK001", files).verdict is Verdict.NOT_APPLICABLE
    double = "static uint32_t now;\nuint32_t sys_now(void) { return now++; }\n"
    assert examine("CLK001", {"tests/clock.c": double}).verdict is Verdict.NOT_APPLICABLE
    weak = "__weak uint32_t HAL_GetTick(void) { return uwTick; }\n"
    assert examine("CLK001", {"hal.c": weak}).verdict is Verdict.NOT_APPLICABLE
    module = "#[cfg(test)]\nmod tests {\n    fn clock_ms() -> u64 { 0 }\n}\n"
    assert rust("", module).verdict is Verdict.NOT_APPLICABLE


def test_a_counter_in_poll_code_that_is_no_clock_is_left_alone() -> None:
    """Only what a getter returns is looked at."""
    text = (
        "static uint32_t polls;\nvoid net_poll(void) { polls++; }\n"
        "uint32_t sys_now(void) { return HAL_GetTick(); }\n"
    )
    assert found(examine("CLK001", {"a.c": text})) == [("poll-driven", "pass", "a.c", 3)]


def test_a_c_variable_is_followed_into_other_files() -> None:
    """The interrupt handler may stand in a file that says nothing of clocks."""
    getter = "volatile uint32_t uptime;\nuint32_t sys_now(void) { return uptime; }\n"
    handler = '#include "app.h"\nvoid TIM2_IRQHandler(void)\n{\n    uptime++;\n}\n'
    assert found(examine("CLK001", {"net.c": getter, "irq.c": handler})) == [
        ("poll-driven", "pass", "irq.c", 4)
    ]
    loop = '#include "app.h"\nint main(void)\n{\n    for (;;) {\n        uptime++;\n    }\n}\n'
    assert found(examine("CLK001", {"net.c": getter, "main.c": loop})) == [
        ("poll-driven", "fail", "main.c", 5)
    ]
    assert examine("CLK001", {"net.c": getter}).verdict is Verdict.UNKNOWN


def test_a_spin_lock_is_no_poll() -> None:
    """A name that begins like a spin does not make a context."""
    getter = "static u32_t n;\nu32_t sys_now(void) { return n; }\n"
    text = getter + "void spin_lock_tick(void) { n++; }\n"
    assert examine("CLK001", {"a.c": text}).verdict is Verdict.UNKNOWN


def test_a_pointer_to_a_function_is_no_time() -> None:
    """What is looked up once and kept has nothing to tell."""
    clock = (
        "static CLOCK: AtomicPtr<Function> = AtomicPtr::new(null_mut());\n"
        "pub fn init_clock_gettime() -> Function {\n"
        "    CLOCK.compare_exchange(null_mut(), look_up(), Relaxed, Relaxed);\n"
        "    CLOCK.load(Relaxed)\n}\n"
    )
    assert rust("fn main() { clock::init_clock_gettime(); }", clock).verdict is (
        Verdict.NOT_APPLICABLE
    )


def test_each_call_of_the_getter_counts() -> None:
    """A sys_now() of lwIP that returns a number one higher each time is a counter of calls."""
    text = "static u32_t n;\nu32_t sys_now(void)\n{\n    return ++n;\n}\n"
    assert found(examine("CLK001", {"sys_arch.c": text})) == [
        ("poll-driven", "fail", "sys_arch.c", 4)
    ]


def test_a_function_that_is_handed_on_is_undecided() -> None:
    """Where a callback runs is the caller's business."""
    text = "fn start() { register_timer(clock::advance_clock_ms); }\n"
    assert found(rust(text)) == [("poll-driven", "unknown", "src/main.rs", 2)]


def test_a_generic_getter_is_judged_where_it_is_implemented() -> None:
    """`P::clock_ms()` says nothing by itself."""
    assert rust(
        "", 'pub extern "C" fn z_clock_now() -> usize { P::clock_ms() as usize }\n'
    ).verdict is (Verdict.NOT_APPLICABLE)


def test_zephyr_cycles() -> None:
    """Guarded passes; a board without the counter fails; shared code warns; else unknown."""
    text = (
        "uint64_t app_clock_us(void)\n{\n%s    return k_cyc_to_us_floor64(k_cycle_get_64());\n}\n"
    )
    guard = (
        "    if (!IS_ENABLED(CONFIG_TIMER_HAS_64BIT_CYCLE_COUNTER)) {\n"
        "        return k_uptime_get() * 1000;\n    }\n"
    )
    config = {"app/prj.conf": "CONFIG_POSIX_API=y\n"}

    def verdict(files: dict[str, str]) -> list[str]:
        rows = found(examine("CLK001", files))
        return [verdict for rule, verdict, _, _ in rows if rule == "zephyr-cycle64"]

    assert verdict(config | {"app/src/c.c": text % guard}) == ["pass"]
    slow = {"app/boards/mps2_an385.conf": "CONFIG_A=y\n"}
    assert verdict(config | slow | {"app/src/c.c": text % ""}) == ["fail"]
    simulated = {"app/boards/native_sim.conf": "CONFIG_A=y\n"}
    assert verdict(config | simulated | {"app/src/c.c": text % ""}) == ["pass"]
    assert verdict(config | {"app/src/c.c": text % ""}) == ["unknown"]
    assert verdict(config | {"modules/port/c.c": text % ""}) == ["warn"]


def test_tick_scales() -> None:
    """A factor is judged at the rate of its own target; from milliseconds to ticks is no scale."""
    config = "#define configTICK_RATE_HZ 2000\n"
    text = (
        "uint32_t app_clock_ms(void)\n{\n    return xTaskGetTickCount() %s portTICK_PERIOD_MS;\n}\n"
    )

    def verdict(sign: str, rate: str = "2000", folder: str = "app/") -> list[str]:
        files = {
            "app/FreeRTOSConfig.h": config.replace("2000", rate), f"{folder}c.c": text % sign,
            "lib/CMakeLists.txt": "",
        }  # fmt: skip
        rows = found(examine("CLK001", files))
        return [verdict for rule, verdict, _, _ in rows if rule == "scale-zero"]

    assert verdict("*") == ["fail"]
    assert verdict("*", "1000") == ["pass"]
    assert verdict("*", "100") == ["pass"]
    assert verdict("/", "100") == ["fail"]
    assert verdict("/", "1000") == ["pass"]
    assert verdict("*", folder="lib/") == ["unknown"]
    wait = (
        "int wait_clock(int ms)\n{\n  TickType_t t = xTaskGetTickCount();\n"
        "  return sleep(ms / portTICK_PERIOD_MS, t);\n}\n"
        "uint32_t clock_ms(void) { return HAL_GetTick(); }\n"
    )
    files = {"app/FreeRTOSConfig.h": config, "app/c.c": wait}
    assert all(rule != "scale-zero" for rule, *_ in found(examine("CLK001", files)))


REGISTRY = """static CLOCK_FN: AtomicUsize = AtomicUsize::new(0);
pub fn set_clock_fn(clock: ClockFn) { CLOCK_FN.store(clock as usize, Release); }
pub fn sleep_ms(ms: u64) { if CLOCK_FN.load(Acquire) == 0 { return; } spin_until(ms); }
"""


def registering(board: str, **more: str) -> PitfallResult:
    """A board over a platform crate that can register its clock for the waits of a third one."""
    package = '[package]\nname = "{}"\nversion = "0.1.0"\n[dependencies]\n{}\n'
    files = {
        "waits/Cargo.toml": package.format("waits", ""),
        "waits/src/lib.rs": REGISTRY,
        "plat/Cargo.toml": package.format("plat", 'waits = { path = "../waits" }'),
        "plat/src/lib.rs": "pub mod clock;\npub mod sleep;\npub mod random;\n",
        "plat/src/clock.rs": "pub fn clock_ms() -> u64 { Instant::now().as_millis() }\n",
        "plat/src/random.rs": "pub fn seed(value: u32) { SEED.store(value, Relaxed); }\n",
        "plat/src/sleep.rs": (
            "pub fn init_clock() {\n    waits::set_clock_fn(crate::clock::clock_ms);\n}\n"
        ),
        "board/Cargo.toml": package.format("board", 'plat = { path = "../plat" }'),
        "board/src/lib.rs": board,
    }
    return examine("CLK001", files | more)


def test_a_clock_that_no_board_registers_fails_where_the_board_comes_up() -> None:
    """A wait that asks a registered function for the time returns at once without one; a call in
    the board, or in the program that links it, is enough."""
    board = (
        "use plat::random;\npub fn init_hardware() {\n    plat::clock::start();\n"
        "    random::seed(1);\n}\n"
    )
    frozen = [row for row in found(registering(board)) if row[0] == "frozen"]
    assert frozen == [("frozen", "fail", "board/src/lib.rs", 3)]
    imported = board.replace("    plat::clock::start();\n", "")
    frozen = [row for row in found(registering(imported)) if row[0] == "frozen"]
    assert frozen == [("frozen", "fail", "board/src/lib.rs", 3)]
    elsewhere = {"board/src/lib.rs": "mod a;\nmod b;\n", "board/src/b.rs": board}
    elsewhere["board/src/a.rs"] = "pub fn poll() {\n    plat::clock::update();\n}\n"
    frozen = [row for row in found(registering(board, **elsewhere)) if row[0] == "frozen"]
    assert frozen == [("frozen", "fail", "board/src/b.rs", 3)]  # not in the poll
    called = board.replace("random::seed(1)", "plat::sleep::init_clock()")
    frozen = [row for row in found(registering(called)) if row[0] == "frozen"]
    assert frozen == [("frozen", "pass", "board/src/lib.rs", 4)]
    app = {
        "app/Cargo.toml": MANIFEST.replace("board", "app")
        + '[dependencies]\nboard = "0.1"\nplat = "0.1"\n',
        "app/src/main.rs": "use plat::sleep;\nfn main() { sleep::init_clock(); }\n",
    }
    assert "fail" not in [row[1] for row in found(registering(board, **app))]
    types_only = "pub use plat::clock;\n"
    assert "fail" not in [row[1] for row in found(registering(types_only))]


def test_requested_time() -> None:
    """Adding the timeout that went to a wait warns; measuring it does not; one of two builds is
    undecided; turns of an empty loop warn."""
    text = (
        "fn spin_once(&mut self, timeout_ms: u64) {\n    self.io.drive(timeout_ms);\n"
        "    let delta_ms = timeout_ms;\n    self.fire(delta_ms);\n}\n"
    )
    assert found(examine("CLK001", {"src/lib.rs": text})) == [
        ("requested-time", "warn", "src/lib.rs", 3)
    ]
    measured = text.replace("= timeout_ms;", "= self.clock.now() - before;")
    assert examine("CLK001", {"src/lib.rs": measured}).verdict is Verdict.NOT_APPLICABLE
    both = text.replace(
        "    let delta",
        '    #[cfg(feature = "std")]\n    let delta_ms = before.elapsed();\n'
        '    #[cfg(not(feature = "std"))]\n    // Not measured here.\n    let delta',
    )
    assert found(examine("CLK001", {"src/lib.rs": both})) == [
        ("requested-time", "unknown", "src/lib.rs", 7)
    ]
    turns = (
        "fn wait(timeout_ms: u32) {\n    for _ in 0..timeout_ms {\n"
        "        if ready() { return; }\n    }\n}\n"
    )
    assert found(examine("CLK001", {"src/lib.rs": turns})) == [
        ("requested-time", "warn", "src/lib.rs", 2)
    ]
    for call in ("delay_ms(1);", "HAL_Delay(1);", "vTaskDelay(1);"):
        slept = turns.replace("return; }", f"return; }} {call}")
        assert examine("CLK001", {"src/lib.rs": slept}).verdict is Verdict.NOT_APPLICABLE
    assert examine("CLK001", {"src/tests.rs": turns}).verdict is Verdict.NOT_APPLICABLE


def test_turns_that_stand_for_a_timeout_warn() -> None:
    """A bound that is the timeout divided by a period counts turns as time, when a turn is a call
    that may come back early; a loop that sleeps or looks at a clock does not."""
    turns = (
        "pub fn call(&mut self, timeout_ms: u64) -> Result<()> {\n"
        "    let max_spins = (timeout_ms / SPIN_MS).max(1);\n"
        "    for _ in 0..max_spins {\n"
        "        self.executor.spin_once(SPIN_MS);\n        if self.done() { return Ok(()); }\n"
        "    }\n    Err(Timeout)\n}\n"
    )
    assert found(examine("CLK001", {"src/lib.rs": turns})) == [
        ("requested-time", "warn", "src/lib.rs", 3)
    ]
    slept = turns.replace("self.executor.spin_once(SPIN_MS)", "poll_once(); sleep_ms(SPIN_MS)")
    assert examine("CLK001", {"src/lib.rs": slept}).verdict is Verdict.NOT_APPLICABLE
    pieces = turns.replace("timeout_ms", "length").replace("spins", "chunks")
    assert examine("CLK001", {"src/lib.rs": pieces}).verdict is Verdict.NOT_APPLICABLE
    c = (
        "int wait_reply(int timeout_ms)\n{\n  const int rounds = timeout_ms / 10;\n"
        "  for (int i = 0; i < rounds; i++) {\n    if (session_spin(10)) return 0;\n  }\n"
        "  return -1;\n}\n"
    )
    assert found(examine("CLK001", {"src/client.c": c})) == [
        ("requested-time", "warn", "src/client.c", 4)
    ]


def test_a_step_that_was_only_asked_for_counts_as_time() -> None:
    """Adding up the step that went to a spin or a poll warns, in a header's inline code too; adding
    up what a sleep slept does not."""
    header = (
        "inline int spin_for(unsigned duration_ms, int poll_ms)\n{\n  unsigned elapsed = 0;\n"
        "  while (elapsed < duration_ms) {\n    int step = poll_ms;\n"
        "    if (node_spin_once(storage(), step) < 0) return -1;\n"
        "    elapsed += static_cast<unsigned>(step);\n  }\n  return 0;\n}\n"
    )
    assert found(examine("CLK001", {"include/node.hpp": header})) == [
        ("requested-time", "warn", "include/node.hpp", 7)
    ]
    slept = header.replace("node_spin_once(storage(), step)", "sleep_ms(step)")
    assert examine("CLK001", {"include/node.hpp": slept}).verdict is Verdict.NOT_APPLICABLE
    polled = header.replace("node_spin_once(storage(), step)", "poll_events(list, step)")
    assert examine("CLK001", {"include/node.hpp": polled}).verdict is Verdict.NOT_APPLICABLE
    method = "class Node {\n  public:\n  " + header.replace("\n", "\n  ").rstrip() + "\n};\n"
    assert found(examine("CLK001", {"include/node.hpp": method})) == [
        ("requested-time", "warn", "include/node.hpp", 9)
    ]
    counted = header.replace("node_spin_once(storage(), step)", "got = read_some(buffer, step)")
    bytes_ = counted.replace("elapsed", "received")
    assert examine("CLK001", {"include/node.hpp": bytes_}).verdict is Verdict.NOT_APPLICABLE


def test_the_literal_table_is_a_note() -> None:
    """A kernel clock that the original's row does not name changes no verdict."""
    text = "uint64_t node_clock_us(void) { return k_cycle_get_32(); }\n"
    result = examine("CLK001", {"zephyr/c.c": text})
    assert result.verdict is Verdict.PASS
    assert [f.rule for f in result.findings if f.verdict is Verdict.NOTE] == ["CLK001.status-table"]


def test_a_core_counter_that_is_widened_in_its_getter() -> None:
    """The bookkeeping of a wrap is no time of its own, also where a vendor's macro reads the
    counter: MIPS has one that always runs."""
    text = (
        "static uint32_t last;\nstatic uint64_t high;\n"
        "static uint64_t count64(void)\n{\n    uint32_t now = READ;\n    if (now < last)\n"
        "        high += 0x100000000ull;\n    last = now;\n    return high + now;\n}\n"
        "uint64_t millis(void)\n{\n    return count64() / 50000u;\n}\n"
    )
    mips = examine("CLK001", {"port/time.c": text.replace("READ", "_CP0_GET_COUNT()")})
    assert mips.verdict is Verdict.PASS
    other = examine("CLK001", {"port/time.c": text.replace("READ", "VENDOR_READ_TIMER()")})
    assert other.verdict is Verdict.UNKNOWN
    step = examine("CLK001", {"port/time.c": text.replace("READ", "last + 10")})
    assert step.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "read",
    [
        '__asm__ __volatile__("rsr %0, ccount" : "=a"(now));',
        'asm volatile("rdcycle %0" : "=r"(now));',
        '__asm volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(now));',
    ],
)
def test_a_sum_of_what_a_counter_of_the_core_went_on_is_no_count_of_calls(read: str) -> None:
    """Each call adds the cycles since the last one, so time goes on between them."""
    clock = f"""
static uint32_t last, sum;
uint32_t micros(void)
{{
    uint32_t now;
    {read}
    sum += (now - last) / 240;
    last = now;
    return sum;
}}
unsigned long z_clock_now(void) {{ return micros(); }}
"""
    assert examine("CLK001", {"src/clock.c": clock}).verdict is Verdict.PASS


@pytest.mark.parametrize("body", ["t += 10;\n    return t;", "return t++;"])
def test_a_getter_that_counts_its_own_calls_in_a_static_of_its_own(body: str) -> None:
    """Time passes only when somebody asks for it; only a warning in middleware of others."""
    text = f"uint32_t sys_now(void)\n{{\n    static uint32_t t = 0;\n    {body}\n}}\n"
    rows = places(examine("CLK001", {"Makefile": "SRC=a.c\n", "a.c": text}))
    assert [(rule, verdict) for rule, verdict, *_ in rows] == [("poll-driven", "fail")]
    vendored = places(examine("CLK001", {"Makefile": "", "Middlewares/ppp/a.c": text}))
    assert [(rule, verdict) for rule, verdict, *_ in vendored] == [("poll-driven", "warn")]
    other = "void on_timer(void) { uint32_t t = 0; t = 5; }\n"
    rows = places(examine("CLK001", {"Makefile": "SRC=a.c\n", "a.c": text + other}))
    assert [(rule, verdict) for rule, verdict, *_ in rows] == [("poll-driven", "fail")]


def test_assembly_that_reads_no_counter_moves_no_clock() -> None:
    """Interrupts that are switched off are no source of time."""
    clock = """
static uint32_t ticks;
unsigned long z_clock_now(void)
{
    __asm volatile("cpsid i" ::: "memory");
    ticks += 1;
    __asm volatile("cpsie i" ::: "memory");
    return ticks;
}
"""
    assert examine("CLK001", {"src/clock.c": clock}).verdict is Verdict.FAIL
