"""CLK002: clock symbols that are needed, and their definitions."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

NEED = 'extern "C" {\n    fn smoltcp_clock_now_ms() -> u64;\n}\n'
GIVE = (
    '#[no_mangle]\npub extern "C" fn smoltcp_clock_now_ms() -> u64 { Instant::now().as_millis() }\n'
)


def package(name: str, *lines: str) -> str:
    """A manifest with dependency lines."""
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\n[dependencies]\n' + "\n".join(lines)


def found(result: PitfallResult) -> list[tuple[str, str, str, int]]:
    """Rule, verdict, path and line of everything that is no note."""
    return places(result, Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS, Verdict.ERROR)


def tree(*lines: str, main: str = "fn main() { stack::poll(); }\n", **files: str) -> PitfallResult:
    """A firmware that links a stack, which needs the clock, and a shim that may define it."""
    content = {
        "app/Cargo.toml": package("app", 'stack = { path = "../stack" }', *lines),
        "app/src/main.rs": main,
        "stack/Cargo.toml": package("stack"),
        "stack/src/lib.rs": NEED,
        "my-shim/Cargo.toml": package("my-shim"),
        "my-shim/src/lib.rs": GIVE,
    }
    return examine("CLK002", content | files)


SHIM = 'my-shim = { path = "../my-shim" }'


def test_a_definition_in_a_crate_that_is_linked_passes() -> None:
    """The evidence is the declaration, with the definition beside it."""
    result = tree(SHIM, main="extern crate my_shim;\nfn main() {}\n")
    assert found(result) == [("symbols-missing", "pass", "stack/src/lib.rs", 2)]


def test_a_definition_that_the_firmware_does_not_link_fails() -> None:
    """It exists, and no dependency brings it in, whatever the features."""
    assert found(tree()) == [("symbols-missing", "fail", "stack/src/lib.rs", 2)]


def test_a_feature_that_may_bring_it_in_is_undecided() -> None:
    """Features are not resolved, so there is no pass and no failure."""
    optional = 'my-shim = { path = "../my-shim", optional = true }'
    assert found(tree(optional)) == [("symbols-missing", "unknown", "stack/src/lib.rs", 2)]


def test_a_symbol_that_nothing_defines() -> None:
    """It fails in a firmware; a library's need, or another library's symbol, is undecided."""
    files = {
        "app/Cargo.toml": package("app", 'stack = { path = "../stack" }'),
        "app/src/main.rs": "fn main() {}\n",
        "stack/Cargo.toml": package("stack"),
        "stack/src/lib.rs": NEED,
    }
    assert examine("CLK002", files).verdict is Verdict.FAIL
    other = files | {"stack/src/lib.rs": NEED.replace("smoltcp_clock_now_ms", "z_clock_now")}
    assert examine("CLK002", other).verdict is Verdict.UNKNOWN
    alone = {path: text for path, text in files.items() if path.startswith("stack")}
    assert examine("CLK002", alone).verdict is Verdict.UNKNOWN


def test_a_crate_that_nobody_names_is_left_out_of_the_program() -> None:
    """`extern crate` in the firmware, or in another crate that it links, brings it back."""
    assert ("not-linked", "fail", "app/Cargo.toml", 6) in found(tree(SHIM))
    files = {
        "stack/Cargo.toml": package("stack", SHIM),
        "stack/src/lib.rs": "extern crate my_shim;\n" + NEED,
    }
    assert all(rule != "not-linked" for rule, *_ in found(tree(SHIM, **files)))


def test_trait_methods_and_prototypes_are_no_needs() -> None:
    """Only `extern` declarations ask the linker for something."""
    trait = {"src/lib.rs": "trait Clock { fn smoltcp_clock_now_ms() -> u64; }\n"}
    assert examine("CLK002", trait).verdict is Verdict.NOT_APPLICABLE
    prototype = {"a.c": "uint64_t smoltcp_clock_now_ms(void);\n"}
    assert examine("CLK002", prototype).verdict is Verdict.NOT_APPLICABLE


def test_the_poll_must_not_move_the_clock() -> None:
    """Not even when an interrupt moves it as well; a main loop is no network poll."""
    text = (
        "static uint32_t ms;\nuint32_t sys_now(void) { return ms; }\n"
        "void %s(void)\n{\n    ms++;\n}\n"
    )
    assert found(examine("CLK002", {"a.c": text % "net_poll"})) == [
        ("poll-advances", "fail", "a.c", 5)
    ]
    assert examine("CLK002", {"a.c": text % "SysTick_Handler"}).verdict is Verdict.NOT_APPLICABLE


def test_types_against_the_header_that_belongs_to_the_definition() -> None:
    """C by what it includes; Rust by platform; another platform's header says nothing."""
    header = "typedef struct timespec z_clock_t;\n"
    text = '#include "port.h"\n%s z_clock_now(void)\n{\n    return k_uptime_get();\n}\n'

    def verdicts(result: str, include: str = "port.h") -> list[str]:
        files = {"nuttx/port.h": header, "nuttx/c.c": (text % result).replace("port.h", include)}
        rows = found(examine("CLK002", files))
        return [verdict for rule, verdict, _, _ in rows if rule == "type-mismatch"]

    assert verdicts("z_clock_t") == ["pass"]
    assert verdicts("struct timespec") == ["pass"]
    assert verdicts("uint32_t") == ["fail"]
    assert verdicts("uint32_t", "other.h") == []
    rust = '#[no_mangle]\npub extern "C" fn z_clock_now() -> usize { Instant::now() }\n'
    files = {"nuttx/port.h": header, "nuttx/src/lib.rs": rust, "esp32/src/lib.rs": rust}
    assert found(examine("CLK002", files)) == [("type-mismatch", "fail", "nuttx/src/lib.rs", 2)]


def test_the_calendar_is_no_deadline_clock() -> None:
    """It fails for deadlines, warns for time stamps of the network stack."""
    text = "uint64_t %s(void)\n{\n    clock_gettime(CLOCK_REALTIME, &t);\n    return t.tv_sec;\n}\n"
    assert found(examine("CLK002", {"a.c": text % "uxr_millis"})) == [
        ("wall-clock", "fail", "a.c", 3)
    ]
    assert found(examine("CLK002", {"a.c": text % "smoltcp_clock_now_ms"})) == [
        ("wall-clock", "warn", "a.c", 3)
    ]


def test_a_binding_of_a_system_call_may_read_the_calendar() -> None:
    """A function of the name of POSIX's own is that call in Rust, and no deadline clock."""
    text = (
        "pub fn %s() -> raw::timespec {\n"
        "    unsafe { syscalls::clock_gettime(raw::CLOCK_REALTIME, &mut t) };\n    t\n}\n"
    )
    assert examine("CLK002", {"src/lib.rs": text % "clock_gettime"}).findings == ()
    assert found(examine("CLK002", {"src/lib.rs": text % "clock_get_time"})) == [
        ("wall-clock", "fail", "src/lib.rs", 2)
    ]


PORTS = {
    "posix/platform.c": (
        "uint64_t port_clock_ms(void) { return uptime(CLOCK_MONOTONIC); }\n"
        "uint64_t port_time_now_ms(void) { return read_clock(CLOCK_REALTIME); }\n"
    ),
    "zephyr/platform.c": (
        "uint64_t port_clock_ms(void) { return k_uptime_get(); }\n"
        "uint64_t port_time_now_ms(void) { return 0; }\n"
    ),
}


def test_a_port_function_that_reads_the_calendar_on_one_platform() -> None:
    """A deadline clock that calls it fails at the call, though no single port is meant; one that
    calls the monotonic function of the ports does not."""
    alias = "uint64_t z_clock_now(void)\n{\n    return port_%s_ms();\n}\n"
    wrong = examine("CLK002", {"stack/alias.c": alias % "time_now", **PORTS})
    assert [row for row in found(wrong) if row[0] == "wall-clock"] == [
        ("wall-clock", "fail", "stack/alias.c", 3)
    ]
    right = examine("CLK002", {"stack/alias.c": alias % "clock", **PORTS})
    assert [row for row in found(right) if row[0] == "wall-clock"] == []


def test_a_wait_that_the_calendar_ends() -> None:
    """A loop that compares two reads of the calendar with a timeout fails at the first read; time
    stamps, and the same loop over a monotonic clock, do not."""
    wait = (
        "int drive(struct session *s, int timeout)\n{\n"
        "    uint64_t start = port_time_now_ms();\n    for (;;) {\n"
        "        int passed = (int)(port_time_now_ms() - start);\n"
        "        if (passed >= timeout) break;\n        run(s, timeout - passed);\n    }\n"
        "    return 0;\n}\n"
    )

    def rows(text: str, ports: dict[str, str]) -> list[tuple[str, str, str, int]]:
        result = found(examine("CLK002", {"stack/session.c": text, **ports}))
        return [row for row in result if row[0] == "wall-clock"]

    assert rows(wait, PORTS) == [("wall-clock", "fail", "stack/session.c", 3)]
    variable = wait.replace(
        "        int passed = (int)(port_time_now_ms() - start);\n",
        "        uint64_t now = port_time_now_ms();\n        int passed = (int)(now - start);\n",
    )
    assert rows(variable, PORTS) == [("wall-clock", "fail", "stack/session.c", 3)]
    assert rows(wait.replace("time_now", "clock"), PORTS) == []
    stamp = "void stamp(struct m *m)\n{\n    m->at = port_time_now_ms();\n}\n"
    assert rows(stamp, PORTS) == []
    assert rows(wait, {}) == []  # who knows what it reads


def test_two_definitions_of_one_program() -> None:
    """Conditions that may exclude each other are not judged."""
    files = {
        "Cargo.toml": package("board"),
        "src/main.rs": "mod a;\nmod b;\nfn main() {}\n",
        "src/a.rs": GIVE,
        "src/b.rs": GIVE,
    }
    assert found(examine("CLK002", files)) == [("duplicate", "fail", "src/a.rs", 2)]
    gated = files | {"src/b.rs": '#[cfg(feature = "b")]\n' + GIVE}
    assert found(examine("CLK002", gated)) == []
    above = files | {"src/main.rs": 'mod a;\n#[cfg(feature = "b")]\nmod b;\nfn main() {}\n'}
    assert found(examine("CLK002", above)) == []


def test_the_literal_set_is_a_note() -> None:
    """Deriving the names elsewhere is right."""
    files = {"Cargo.toml": package("board"), "src/main.rs": GIVE}
    result = examine("CLK002", files)
    assert [f.rule for f in result.findings] == ["CLK002.literal-set"]
    assert result.verdict is Verdict.NOT_APPLICABLE


def test_features_decide_which_crate_comes_along() -> None:
    """A feature that is on by default brings the definition in; one of a crate that nobody asks
    for does not."""
    on = '\n[features]\ndefault = ["shim"]\nshim = ["dep:my-shim"]\n'
    optional = 'my-shim = { path = "../my-shim", optional = true }'
    files = {"app/Cargo.toml": package("app", 'stack = { path = "../stack" }', optional) + on}
    main = "extern crate my_shim;\nfn main() {}\n"
    assert found(tree(main=main, **files)) == [("symbols-missing", "pass", "stack/src/lib.rs", 2)]
    library = package("stack", optional) + '\n[features]\nshim = ["dep:my-shim"]\n'
    assert found(tree(**{"stack/Cargo.toml": library})) == [
        ("symbols-missing", "fail", "stack/src/lib.rs", 2)
    ]
    asked = {
        "app/Cargo.toml": package("app", 'stack = { path = "../stack", features = ["shim"] }'),
        "stack/Cargo.toml": library,
    }
    assert found(tree(**asked)) == [("symbols-missing", "pass", "stack/src/lib.rs", 2)]


def test_a_condition_on_the_definition_or_its_module() -> None:
    """It is evaluated for the features that the build selects."""
    shim = package("my-shim") + "[features]\nactive = []\n"
    gated = {"my-shim/Cargo.toml": shim, "my-shim/src/clock.rs": GIVE,
             "my-shim/src/lib.rs": '#[cfg(feature = "active")]\nmod clock;\n'}  # fmt: skip
    main = "extern crate my_shim;\nfn main() {}\n"
    assert found(tree(SHIM, main=main, **gated)) == [
        ("symbols-missing", "fail", "stack/src/lib.rs", 2)
    ]
    active = SHIM.replace(" }", ', features = ["active"] }')
    assert found(tree(active, main=main, **gated)) == [
        ("symbols-missing", "pass", "stack/src/lib.rs", 2)
    ]
    above = {
        "my-shim/Cargo.toml": shim,
        "my-shim/src/lib.rs": '#[cfg(feature = "active")]\n' + GIVE,
    }
    assert found(tree(active, main=main, **above)) == [
        ("symbols-missing", "pass", "stack/src/lib.rs", 2)
    ]
    off = {**above, "my-shim/src/lib.rs": '#[cfg(not(feature = "active"))]\n' + GIVE}
    assert found(tree(active, main=main, **off)) == [
        ("symbols-missing", "fail", "stack/src/lib.rs", 2)
    ]
    assert found(tree(SHIM, main=main, **off)) == [
        ("symbols-missing", "pass", "stack/src/lib.rs", 2)
    ]


def test_two_conditions_that_exclude_each_other_define_nothing() -> None:
    """Two stacked `cfg` are both required: what is left of a deleted line."""
    shim = package("my-shim") + '[features]\ndefault = ["net"]\nnet = []\nzenoh = []\n'
    stacked = '#[cfg(feature = "zenoh")]\n#[cfg(all(feature = "net", not(feature = "zenoh")))]\n'
    files = {"my-shim/Cargo.toml": shim, "my-shim/src/lib.rs": stacked + GIVE}
    main = "extern crate my_shim;\nfn main() {}\n"
    result = tree(SHIM, main=main, **files)
    assert found(result) == [("symbols-missing", "fail", "stack/src/lib.rs", 2)]
    assert "exclude each other" in result.findings[0].related[0].message
    right = stacked.partition("\n")[2]
    files["my-shim/src/lib.rs"] = right + GIVE
    assert found(tree(SHIM, main=main, **files)) == [
        ("symbols-missing", "pass", "stack/src/lib.rs", 2)
    ]


def test_a_condition_that_is_no_feature_is_undecided() -> None:
    """What the target or the build script decides is not known."""
    files = {"my-shim/src/lib.rs": '#[cfg(target_os = "none")]\n' + GIVE}
    main = "extern crate my_shim;\nfn main() {}\n"
    assert found(tree(SHIM, main=main, **files)) == [
        ("symbols-missing", "unknown", "stack/src/lib.rs", 2)
    ]


def test_a_need_under_a_condition_is_no_failure() -> None:
    """The file that declares it may not be compiled."""
    files = {"stack/src/lib.rs": '#[cfg(feature = "net")]\nmod bridge;\n',
             "stack/src/bridge.rs": NEED}  # fmt: skip
    assert found(tree(**files)) == [("symbols-missing", "unknown", "stack/src/bridge.rs", 2)]


def test_a_vendors_own_tick_is_no_interface_of_a_stack() -> None:
    """A driver in C that declares HAL_GetTick means its vendor's library; a stack's clock counts,
    whatever the language."""
    driver = "extern uint32_t HAL_GetTick(void);\nuint32_t now(void) { return HAL_GetTick(); }\n"
    assert examine("CLK002", {"wifi/os.c": driver}).verdict is Verdict.NOT_APPLICABLE
    stack = driver.replace("uint32_t HAL_GetTick", "uint64_t smoltcp_clock_now_ms")
    assert examine("CLK002", {"net/poll.c": stack}).verdict is Verdict.UNKNOWN


def test_the_linkers_name_counts() -> None:
    """`export_name` gives a function another name than its own."""
    given = GIVE.replace("#[no_mangle]", '#[export_name = "smoltcp_clock_now_ms"]')
    given = given.replace("fn smoltcp_clock_now_ms", "fn board_time")
    files = {"my-shim/src/lib.rs": given}
    assert found(tree(SHIM, main="extern crate my_shim;\nfn main() {}\n", **files)) == [
        ("symbols-missing", "pass", "stack/src/lib.rs", 2)
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [("src/bin/a.rs", "src/bin/b.rs"), ("examples/a.rs", "examples/b/main.rs"),
     ("examples/a.rs", "src/main.rs")],
)  # fmt: skip
def test_two_programs_of_one_package(first: str, second: str) -> None:
    """Each binary and each example is linked by itself."""
    main = GIVE + "fn main() {}\n"
    files = {"Cargo.toml": package("board"), first: main, second: main}
    assert found(examine("CLK002", files)) == []


def test_a_program_that_defines_what_its_library_defines() -> None:
    """An example links the library of its package."""
    files = {
        "Cargo.toml": package("board"),
        "src/lib.rs": "pub mod clock;\n",
        "src/clock.rs": GIVE,
        "examples/a.rs": GIVE + "fn main() {}\n",
    }
    assert [row[0] for row in found(examine("CLK002", files))] == ["duplicate"]


def test_a_macro_that_is_given_the_symbol() -> None:
    """It may define the function: that is undecided, not missing."""
    files = {"my-shim/src/lib.rs": "export!(smoltcp_clock_now_ms, Instant::now());\n"}
    assert found(tree(SHIM, main="use my_shim as _;\nfn main() {}\n", **files)) == [
        ("symbols-missing", "unknown", "stack/src/lib.rs", 2)
    ]
    comment = {"my-shim/src/lib.rs": "// export!(smoltcp_clock_now_ms, Instant::now());\n"}
    assert found(tree(SHIM, main="use my_shim as _;\nfn main() {}\n", **comment)) == [
        ("symbols-missing", "fail", "stack/src/lib.rs", 2)
    ]


def test_a_comment_names_no_crate() -> None:
    """Only code brings a crate into the program."""
    assert ("not-linked", "fail", "app/Cargo.toml", 6) in found(
        tree(SHIM, main="// use my_shim as _;\nfn main() { stack::poll(); }\n")
    )


def test_the_note_names_only_what_the_platform_lacks() -> None:
    """The seven z_clock names stand here; the eighth is the network layer's."""
    own = "".join(
        f'#[no_mangle]\npub extern "C" fn z_clock_{name} {{ {body} }}\n'
        for name, body in (
            ("now() -> usize", "clock_ms() as usize"),
            *(
                (f"elapsed_{u}(t: *const usize) -> u32", "clock_ms() as u32")
                for u in ("us", "ms", "s")
            ),
            *((f"advance_{u}(t: *mut usize, d: u32)", "") for u in ("us", "ms", "s")),
        )
    )
    files = {
        "Cargo.toml": package("board"),
        "src/main.rs": "static MS: AtomicU32 = AtomicU32::new(0);\n"
        "pub fn clock_ms() -> u64 { MS.load(Relaxed) as u64 }\n" + own,
    }
    notes = [f for f in examine("CLK002", files).findings if f.rule == "CLK002.literal-set"]
    assert [f.message for f in notes] == [". does not define smoltcp_clock_now_ms"]
