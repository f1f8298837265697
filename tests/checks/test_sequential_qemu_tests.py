"""TST002: which tests share something exclusive, and what a nextest configuration does about it."""

import pytest

from pitfalls import Verdict
from pitfalls.formats.rust_claims import Claim
from pitfalls.formats.rust_tests import Function
from pitfalls.testing import examine, places
from pitfalls.views.claiming_calls import claiming_calls

CARGO = '[package]\nname = "harness"\nversion = "0.1.0"\n'
HELPER = """
use std::process::Command;
pub struct Router;
impl Router {
    pub fn start(port: u16) -> Router {
        let _ = Command::new("zenohd").arg("--listen").arg(format!("tcp/[::]:{port}")).spawn();
        Router
    }
}
"""
TWO_TESTS = """
#[test]
fn first() { let _r = Router::start(7447); }
#[test]
fn second() { let _r = Router::start(7447); }
"""
SERIAL = """
[test-groups.net]
max-threads = 1
[[profile.default.overrides]]
filter = "all()"
test-group = "net"
"""


def tree(test: str, config: str | None = None) -> dict[str, str | bytes]:
    """A package with one helper and one test file."""
    files: dict[str, str | bytes] = {
        "Cargo.toml": CARGO,
        "src/lib.rs": HELPER,
        "tests/net.rs": test,
    }
    return files if config is None else {**files, ".config/nextest.toml": config}


def test_same_literal_port_without_a_group_fails() -> None:
    """Two tests whose helper listens on one literal port overlap under nextest."""
    result = examine("TST002", tree(TWO_TESTS, "[profile.default]\n"))
    assert places(result, Verdict.FAIL) == [("shared-resource", "fail", ".config/nextest.toml", 1)]
    assert "7447" in result.findings[0].message


@pytest.mark.parametrize(
    ("protocol", "expected"), [("tcp", [("shared-resource", "fail")]), ("serial", [])]
)
def test_an_endpoint_in_the_environment_of_a_router(
    protocol: str, expected: list[tuple[str, str]]
) -> None:
    """``rmw_zenohd`` takes no options; a helper of its own makes the command."""
    helper = """
    pub struct Router;
    impl Router {
        pub fn start(port: u16) -> Router {
            let locator = format!("tcp/{}:{}", "0.0.0.0", port);
            println!("like OVERRIDE='listen/endpoints=[\\"{}\\"]' rmw_zenohd", other());
            router_command(&[format!("listen/endpoints=[\\"{locator}\\"]")]).spawn().unwrap();
            Router
        }
    }
    fn router_command(overrides: &[String]) -> Command {
        let mut cmd = Command::new(path());
        cmd.env("ZENOH_CONFIG_OVERRIDE", overrides.join(";"));
        cmd
    }
    """.replace("tcp", protocol)
    files = {**tree(TWO_TESTS, "[profile.default]\n"), "src/lib.rs": helper}
    rows = places(examine("TST002", files))
    assert [(rule, verdict) for rule, verdict, _, _ in rows] == expected


def test_a_helper_of_helpers_is_followed_whatever_path_its_calls_are_written_with() -> None:
    """``crate::Router::start`` and ``Self::start`` are calls of the helper that listens."""
    helper = HELPER.replace(
        "        Router\n    }\n",
        "        Router\n    }\n    pub fn boot() -> Router { Self::start(7447) }\n",
    )
    helper += "pub fn router() -> Router { crate::Router::boot() }\n"
    tests = TWO_TESTS.replace("Router::start(7447)", "harness::router()")
    files = {**tree(tests, "[profile.default]\n"), "src/lib.rs": helper}
    result = examine("TST002", files)
    assert places(result, Verdict.FAIL) == [("shared-resource", "fail", ".config/nextest.toml", 1)]


def test_a_name_that_ends_like_a_helper_is_no_call_of_it() -> None:
    """``my_boot(`` does not call ``boot(``; port 0 and DDS stay with the helper."""
    zero = Claim("port", "0", 1)
    listens = Function("boot", "", 1, (), None, (), (Claim("port", "7447", 2),), {}, spawns=True)
    probes = Function("probe", "", 5, (), None, (), (zero,), {}, spawns=False)
    calls = claiming_calls([listens, probes])
    assert calls == {b"boot("}


def test_one_group_of_one_passes() -> None:
    """All holders in one group with max-threads = 1 are kept apart."""
    assert examine("TST002", tree(TWO_TESTS, SERIAL)).verdict is Verdict.PASS


def test_a_group_of_several_threads_does_not_keep_apart() -> None:
    """A group with max-threads above 1 overlaps its own members; the line to edit is that one."""
    config = SERIAL.replace("max-threads = 1", "max-threads = 4")
    result = examine("TST002", tree(TWO_TESTS, config))
    assert places(result, Verdict.FAIL) == [("shared-resource", "fail", ".config/nextest.toml", 3)]


def test_two_groups_of_one_still_race() -> None:
    """A group serialises its own members only."""
    config = """
[test-groups.a]
max-threads = 1
[test-groups.b]
max-threads = 1
[[profile.default.overrides]]
filter = "test(first)"
test-group = "a"
[[profile.default.overrides]]
filter = "test(second)"
test-group = "b"
"""
    result = examine("TST002", tree(TWO_TESTS, config))
    assert result.verdict is Verdict.FAIL
    assert "group a" in result.findings[0].message
    assert "group b" in result.findings[0].message


def test_first_matching_override_decides() -> None:
    """A later override for the same tests does not change their group."""
    config = """
[test-groups.wide]
max-threads = 8
[test-groups.net]
max-threads = 1
[[profile.default.overrides]]
filter = "binary(net)"
test-group = "wide"
[[profile.default.overrides]]
filter = "all()"
test-group = "net"
"""
    result = examine("TST002", tree(TWO_TESTS, config))
    assert places(result, Verdict.FAIL) == [("shared-resource", "fail", ".config/nextest.toml", 3)]
    (finding,) = [f for f in result.findings if f.verdict is Verdict.FAIL]
    assert str(finding.related[0].place) == ".config/nextest.toml:8"  # the override that decides


def test_an_override_without_a_group_does_not_decide() -> None:
    """Settings are taken one by one: an earlier override that sets no group is passed over."""
    config = '[[profile.default.overrides]]\nfilter = "all()"\nretries = 2\n' + SERIAL
    assert examine("TST002", tree(TWO_TESTS, config)).verdict is Verdict.PASS


def test_allocated_ports_may_run_in_parallel() -> None:
    """Large max-threads with ports from an allocator is no finding."""
    test = TWO_TESTS.replace("7447", "free_port()")
    config = SERIAL.replace("max-threads = 1", "max-threads = 16")
    assert examine("TST002", tree(test, config)).verdict is Verdict.NOT_APPLICABLE


def test_port_zero_is_no_resource() -> None:
    """Port 0 lets the kernel choose."""
    test = TWO_TESTS.replace("7447", "0")
    assert examine("TST002", tree(test, "[profile.default]\n")).verdict is Verdict.NOT_APPLICABLE


def test_qemu_without_network_is_not_applicable() -> None:
    """Emulators without a TAP or a host port share nothing."""
    launch = 'Command::new("qemu-system-arm").args(["-nic", "none"]).spawn();'
    test = f"#[test]\nfn first() {{ let _ = {launch} }}\n#[test]\nfn second() {{ {launch} }}\n"
    assert examine("TST002", tree(test, "[profile.default]\n")).verdict is Verdict.NOT_APPLICABLE


def test_commented_out_group_is_no_group() -> None:
    """A group in a comment neither serialises nor is undefined."""
    config = "[profile.default]\n# [test-groups.net]\n# max-threads = 1\n"
    result = examine("TST002", tree(TWO_TESTS, config))
    assert [rule for rule, *_ in places(result, Verdict.FAIL)] == ["shared-resource"]


def test_an_ignored_test_holds_nothing() -> None:
    """A test that does not run cannot collide."""
    test = TWO_TESTS.replace("#[test]\nfn second", "#[test]\n#[ignore]\nfn second")
    assert examine("TST002", tree(test, "[profile.default]\n")).verdict is Verdict.NOT_APPLICABLE


def test_threads_required_keeps_apart() -> None:
    """A test that needs all test threads has the machine to itself."""
    config = (
        '[[profile.default.overrides]]\nfilter = "all()"\nthreads-required = "num-test-threads"\n'
    )
    assert examine("TST002", tree(TWO_TESTS, config)).verdict is Verdict.PASS


def test_test_threads_of_the_profile_keep_apart() -> None:
    """test-threads = 1 for the default profile serialises everything."""
    config = "[profile.default]\ntest-threads = 1\n"
    assert examine("TST002", tree(TWO_TESTS, config)).verdict is Verdict.PASS


def test_file_serial_counts_under_nextest_and_serial_does_not() -> None:
    """Nextest runs a process per test: a mutex inside the process locks nothing."""
    for lock, verdict in (("file_serial", Verdict.PASS), ("serial", Verdict.FAIL)):
        test = TWO_TESTS.replace("#[test]", f"#[test]\n#[{lock}]")
        assert examine("TST002", tree(test, "[profile.default]\n")).verdict is verdict


def test_cargo_test_overlaps_one_binary_only() -> None:
    """Without nextest, tests of one binary overlap; #[serial] keeps them apart."""
    assert examine("TST002", tree(TWO_TESTS)).verdict is Verdict.FAIL
    serial = TWO_TESTS.replace("#[test]", "#[test]\n#[serial]")
    assert examine("TST002", tree(serial)).verdict is Verdict.PASS
    split = tree("#[test]\nfn first() { let _r = Router::start(7447); }\n")
    split["tests/other.rs"] = "#[test]\nfn second() { let _r = Router::start(7447); }\n"
    assert examine("TST002", split).verdict is Verdict.NOT_APPLICABLE


def test_a_static_mutex_that_all_hold_keeps_threads_apart() -> None:
    """The tests of one binary are threads for cargo test; nextest makes them processes. A guard
    without a name is dropped at once."""
    held = TWO_TESTS.replace("{ let _r", "{ let {0} = ONE_AT_A_TIME.lock(); let _r")
    named = held.replace("{0}", "_guard")
    assert examine("TST002", tree(named)).verdict is Verdict.PASS
    assert examine("TST002", tree(named, "[profile.default]\n")).verdict is Verdict.FAIL
    assert examine("TST002", tree(held.replace("{0}", "_"))).verdict is Verdict.FAIL
    other = named.replace("ONE_AT_A_TIME", "ANOTHER", 1)
    assert examine("TST002", tree(other)).verdict is Verdict.FAIL


def test_same_constant_is_one_resource() -> None:
    """Ports are compared as expressions: one constant in two tests is one port."""
    test = TWO_TESTS.replace("7447", "platform::MPS2.router_port")
    result = examine("TST002", tree(test, "[profile.default]\n"))
    assert places(result, Verdict.FAIL) == [("shared-resource", "fail", ".config/nextest.toml", 1)]


def test_constants_of_one_name_are_told_apart_by_their_values() -> None:
    """Two test files may call different ports by one name, and one port by different names."""
    one = "const PORT: u16 = %s;\n#[test]\nfn first() { let _r = Router::start(PORT); }\n"
    files = {**tree(one % "7447", "[profile.default]\n"), "tests/other.rs": one % "7_448"}
    assert examine("TST002", files).verdict is not Verdict.FAIL
    files["tests/other.rs"] = one.replace("PORT", "ENTRY") % "7447"
    result = examine("TST002", files)
    assert places(result, Verdict.FAIL) == [("shared-resource", "fail", ".config/nextest.toml", 1)]
    assert "listening port 7447: 2 tests" in result.findings[0].message


def test_a_field_of_a_constant_is_its_number() -> None:
    """A table of platforms that holds the port, and a test that writes the number, meet."""
    table = 'pub const BOARD: Platform = Platform {\n    name: "board",\n    port: 7447,\n};\n'
    tests = (
        "#[test]\nfn first() { let _r = Router::start(platform::BOARD.port); }\n"
        "const HERE: u16 = 7447;\n#[test]\nfn second() { let _r = Router::start(HERE); }\n"
    )
    files = {**tree(tests, "[profile.default]\n"), "src/platform.rs": table}
    result = examine("TST002", files)
    assert places(result, Verdict.FAIL) == [("shared-resource", "fail", ".config/nextest.toml", 1)]
    assert "listening port 7447: 2 tests" in result.findings[0].message
    unknown = {**files, "src/more.rs": table.replace("7447", "7449")}
    assert examine("TST002", unknown).verdict is Verdict.UNKNOWN


def test_a_port_from_a_parameter_of_the_test_is_unknown() -> None:
    """A port that only the run knows cannot be decided."""
    test = """
#[rstest]
#[case::a(1)]
#[case::b(2)]
fn each(#[case] port: u16) { let _r = Router::start(port); }
"""
    assert examine("TST002", tree(test, "[profile.default]\n")).verdict is Verdict.UNKNOWN


def test_cases_of_one_test_share_its_literal_port() -> None:
    """A parametrised test runs once per case, and its cases overlap."""
    test = """
#[rstest]
#[case::a(1)]
#[case::b(2)]
fn each(#[case] speed: u16) { let _r = Router::start(7447); }
"""
    assert examine("TST002", tree(test, "[profile.default]\n")).verdict is Verdict.FAIL


def test_rstest_names_keep_a_filter_alive() -> None:
    """Names that rstest makes of cases and values are names a filter can match."""
    test = """
#[rstest]
fn each(#[values(Platform::Nuttx, Platform::Zephyr)] platform: Platform) {}
"""
    config = """
[[profile.default.overrides]]
filter = "test(each::platform_2_Platform__Zephyr)"
retries = 1
"""
    assert examine("TST002", tree(test, config)).verdict is Verdict.NOT_APPLICABLE


def test_a_test_may_be_a_folder_with_a_main() -> None:
    """Cargo takes it for a test of the folder's name; modules are the files beside `main.rs`."""
    config = '[[profile.default.overrides]]\nfilter = "test({0})"\nretries = 1\n'
    folder: dict[str, str | bytes] = {
        "tests/suite/main.rs": "mod boot;\n",
        "tests/suite/boot.rs": "#[test]\nfn test_cold() {}\n",
    }
    for term in ("test_cold", "=boot::test_cold", "boot::test_cold) and binary(suite"):
        files = tree("#[test]\nfn other() {}\n", config.format(term)) | folder
        assert examine("TST002", files).verdict is Verdict.NOT_APPLICABLE, term
    for term in ("=suite::boot::test_cold", "boot::test_warm) and binary(suite"):
        files = tree("#[test]\nfn other() {}\n", config.format(term)) | folder
        assert places(examine("TST002", files), Verdict.FAIL) == [
            ("dead-filter", "fail", ".config/nextest.toml", 2)
        ]


def test_a_renamed_binary_is_a_dead_filter() -> None:
    """binary() of a test file that is gone makes nextest refuse to start."""
    config = '[[profile.default.overrides]]\nfilter = "binary(gone)"\nretries = 1\n'
    result = examine("TST002", tree(TWO_TESTS.replace("7447", "0"), config))
    assert places(result, Verdict.FAIL) == [("dead-filter", "fail", ".config/nextest.toml", 2)]


def test_a_test_name_made_by_a_macro_is_unknown() -> None:
    """When a macro makes tests, a name that is not written out may still exist."""
    test = "macro_rules! cases { ($n:ident) => {\n    #[test]\n    fn $n() {}\n} }\ncases!(boot);\n"
    config = '[[profile.default.overrides]]\nfilter = "test(boot)"\nretries = 1\n'
    result = examine("TST002", tree(test, config))
    assert places(result, Verdict.UNKNOWN) == [
        ("dead-filter", "unknown", ".config/nextest.toml", 2)
    ]


def test_a_test_without_the_usual_harness_names_its_tests_itself() -> None:
    """A name that is not written out as a test may be one of these."""
    config = '[[profile.default.overrides]]\nfilter = "test(on_target)"\nretries = 1\n'
    own = CARGO + '[[test]]\nname = "net"\nharness = false\n'
    files = {**tree("fn main() {}\n", config), "Cargo.toml": own}
    assert examine("TST002", files).verdict is Verdict.UNKNOWN
    files["Cargo.toml"] = own.replace("[[test]]", "[[bench]]")
    assert examine("TST002", files).verdict is Verdict.FAIL


def test_default_discovery_domain_is_shared() -> None:
    """Two tests that start DDS participants on the host meet in domain 0."""
    test = """
use std::process::Command;
#[test]
fn talker() { let _ = Command::new("build/cyclonedds_talker").spawn(); }
#[test]
fn listener() { let _ = Command::new("build/cyclonedds_listener").spawn(); }
"""
    assert examine("TST002", tree(test, "[profile.default]\n")).verdict is Verdict.FAIL
    for emulator in ("FVP_Base", "qemu-system-arm", "renode"):
        inside = test.replace('"build/cyclonedds_talker"', f'"{emulator}").arg("cyclonedds.elf"')
        files = tree(inside, "[profile.default]\n")
        assert examine("TST002", files).verdict is Verdict.NOT_APPLICABLE
    own = test.replace('_talker")', '_talker").env("ROS_DOMAIN_ID", "42")')
    assert examine("TST002", tree(own, "[profile.default]\n")).verdict is Verdict.NOT_APPLICABLE


def test_a_domain_that_the_build_gives_is_unknown() -> None:
    """Where builds are handed a domain, an image need not be in domain 0."""
    test = """
use std::process::Command;
#[test]
fn talker() { let _ = Command::new("build/cyclonedds_talker").spawn(); }
#[test]
fn listener() { let _ = Command::new("build/cyclonedds_listener").spawn(); }
"""
    files = tree(test, "[profile.default]\n")
    for line, verdict in (
        ('args+=(-DCONFIG_ROS_DOMAIN_ID="$domain")', Verdict.UNKNOWN),
        ("cmake -B out -DROS_DOMAIN_ID=42 .", Verdict.UNKNOWN),
        ("cmake -B out -DROS_DOMAIN_ID=0 .", Verdict.FAIL),
        ("# cmake -B out -DROS_DOMAIN_ID=42 .", Verdict.FAIL),
    ):
        result = examine("TST002", {**files, "build.sh": f"#!/bin/sh\n{line}\n"})
        assert result.verdict is verdict, line


def test_a_tree_without_tests_is_not_applicable() -> None:
    """Nothing to look at is not-applicable."""
    assert examine("TST002", {"src/main.rs": "fn main() {}\n"}).verdict is Verdict.NOT_APPLICABLE


def test_a_recipe_that_runs_one_test_at_a_time_passes() -> None:
    """Only when every line that runs the tests says so; `cargo test -j 1` speaks of the build."""
    nextest = tree(TWO_TESTS, "[profile.default]\n")
    for line, verdict in (
        ("cargo nextest run -j 1", Verdict.PASS),
        ("NEXTEST_TEST_THREADS=1 cargo nextest run", Verdict.PASS),
        ("cargo nextest run --test-threads=1 --no-fail-fast", Verdict.PASS),
        ("cargo nextest run -j 12", Verdict.FAIL),
        ("cargo nextest run -j 1\n    cargo nextest run --profile ci", Verdict.FAIL),
        ("# cargo nextest run -j 1", Verdict.FAIL),
        ("cargo test -- --test-threads=1", Verdict.FAIL),  # another runner
    ):
        result = examine("TST002", {**nextest, "justfile": f"test:\n    {line}\n"})
        assert result.verdict is verdict, line
    for line, verdict in (
        ("cargo test -- --test-threads 1", Verdict.PASS),
        ("RUST_TEST_THREADS=1 cargo test", Verdict.PASS),
        ("export RUST_TEST_THREADS=1\ncargo test --workspace", Verdict.PASS),
        ("cargo test -j 1", Verdict.FAIL),
        ("cargo test --no-run", Verdict.FAIL),
    ):
        result = examine("TST002", {**tree(TWO_TESTS), "run.sh": f"{line}\n"})
        assert result.verdict is verdict, line


def test_a_port_may_be_a_sum_a_short_name_or_a_locator() -> None:
    """Two names of one number, a constant and an offset, and the text that the router is given."""
    config = "[profile.default]\n"
    pair = "#[test]\nfn first() {{ let _r = Router::start({0}); }}\n"
    pair += "#[test]\nfn second() {{ let _r = Router::start({1}); }}\n"
    constants = "const A: u16 = 7447;\nconst B: u16 = 7440;\n"
    for one, two, verdict in (
        ("A", "7447", Verdict.FAIL),
        ("B + 7", "A", Verdict.FAIL),
        ("B + 7", "B + 8", Verdict.NOT_APPLICABLE),
        ("B + offset()", "A", Verdict.UNKNOWN),
    ):
        files = tree(constants + pair.format(one, two), config)
        assert examine("TST002", files).verdict is verdict, (one, two)
    helper = HELPER.replace("port: u16", "at: &str").replace('format!("tcp/[::]:{port}")', "at")
    test = pair.format('"tcp/127.0.0.1:7447"', '"tcp/[::]:7447"')
    assert examine("TST002", {**tree(test, config), "src/lib.rs": helper}).verdict is Verdict.FAIL


COUNTER = HELPER.replace("pub struct Router;", "").replace(
    "impl Router {",
    """
static PORTS: AtomicU16 = AtomicU16::new(17_447);
fn next_port() -> u16 {
    PORTS.fetch_add(1, Ordering::SeqCst)
}
pub struct Router;
impl Router {
    pub fn start_unique() -> Router { Self::start(next_port()) }
""",
)
COUNTED = TWO_TESTS.replace("Router::start(7447)", "Router::start_unique()")


def test_a_static_counter_gives_every_test_process_the_same_port() -> None:
    """Nextest runs each test in a process of its own, where the counter begins anew: what has to
    change is the function that counts."""
    files = {**tree(COUNTED, "[profile.default]\n"), "src/lib.rs": COUNTER}
    result = examine("TST002", files)
    line = 1 + COUNTER[: COUNTER.index("fn next_port")].count("\n")
    assert places(result, Verdict.FAIL) == [("shared-resource", "fail", "src/lib.rs", line)]
    assert ".config/nextest.toml" in {one.place.path for one in result.findings[0].related}
    assert "17447" in result.findings[0].message
    assert "each process" in result.findings[0].message


def test_a_static_counter_is_right_among_the_threads_of_cargo_test() -> None:
    """There the tests of a binary share the counter."""
    files = {**tree(COUNTED), "src/lib.rs": COUNTER}
    assert examine("TST002", files).verdict is not Verdict.FAIL


def test_a_counter_of_tests_in_one_serial_group_is_harmless() -> None:
    """They take the same number one after another."""
    files = {**tree(COUNTED, SERIAL), "src/lib.rs": COUNTER}
    assert examine("TST002", files).verdict is Verdict.PASS


def test_counters_in_other_writings_are_seen() -> None:
    """A base that is added, a cast, a local, text, a static inside the function."""
    whole = "static PORTS: AtomicU16 = AtomicU16::new(17_447);"
    for static, body in (
        (whole, "let port = PORTS.fetch_add(1, Ordering::SeqCst); port"),
        ("static N: AtomicUsize = AtomicUsize::new(0);", "17447 + N.fetch_add(1, R) as u16"),
        ("static N: AtomicU32 = AtomicU32::new(7);", "(17440 + N.fetch_add(2, R) % 100) as u16"),
        ("", whole + " PORTS.fetch_add(1, Ordering::Relaxed)"),
        (whole, "// free\n    PORTS.fetch_add(1, Ordering::SeqCst)"),
    ):
        helper = COUNTER.replace(whole, static).replace(
            "PORTS.fetch_add(1, Ordering::SeqCst)", body
        )
        files = {**tree(COUNTED, "[profile.default]\n"), "src/lib.rs": helper}
        assert "17447" in examine("TST002", files).findings[0].message, body


def test_a_counter_with_a_part_that_differs_between_processes_is_none() -> None:
    """A process id, nextest's slot, a probe of the port, a number drawn: no two are alike."""
    for body in (
        "17447 + (std::process::id() as u16 + PORTS.fetch_add(1, R)) % 1000",
        "slot() * 64 + PORTS.fetch_add(1, R)",
        'loop { let p = PORTS.fetch_add(1, R); if TcpListener::bind(("127.0.0.1", p)).is_ok() '
        "{ return p; } }",
        'TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()',
    ):
        helper = COUNTER.replace("PORTS.fetch_add(1, Ordering::SeqCst)", body)
        files = {**tree(COUNTED, "[profile.default]\n"), "src/lib.rs": helper}
        assert examine("TST002", files).verdict is not Verdict.FAIL, body


def test_a_counter_for_domains_of_a_dds_is_shared_across_processes() -> None:
    """Every test's first participant would be in domain 40."""
    test = """
static DOMAINS: AtomicU8 = AtomicU8::new(40);
fn next_cyclonedds_domain() -> String {
    DOMAINS.fetch_add(1, Ordering::Relaxed).to_string()
}
fn start(domain: &str) { Command::new("talker").env("ROS_DOMAIN_ID", domain).spawn(); }
#[test]
fn first() { let domain = next_cyclonedds_domain(); start(&domain); }
#[test]
fn second() { let domain = next_cyclonedds_domain(); start(&domain); }
"""
    result = examine("TST002", tree(test, "[profile.default]\n"))
    assert [one[2] for one in places(result, Verdict.FAIL)] == ["tests/net.rs"]
    assert "domain 40" in result.findings[0].message


FIXTURE = (
    HELPER
    + """
#[rstest::fixture]
pub fn router() -> Router { Router::start(7447) }
"""
)


def test_a_parameter_that_rstest_fills_calls_the_fixture_of_its_name() -> None:
    """Both tests hold what the fixture starts, whatever the parameter is called."""
    for first, second in (
        ("router: Router", "router: Router"),
        ("router: Router", "mut router: Router"),
        ("_router: Router", "#[from(router)] it: Router"),
        ("#[case] n: u8, router: Router", "router: Router"),
    ):
        test = f"#[rstest]\nfn first({first}) {{}}\n#[rstest]\nfn second({second}) {{}}\n"
        files = {**tree(test, "[profile.default]\n"), "src/lib.rs": FIXTURE}
        result = examine("TST002", files)
        assert result.verdict is Verdict.FAIL, (first, second)
        assert "7447: 2 tests" in result.findings[0].message


def test_a_fixture_may_ask_for_a_fixture() -> None:
    """What the inner one starts is held by who asks for the outer one."""
    helper = FIXTURE + "#[fixture]\npub fn net(router: Router) -> Net { Net { router } }\n"
    test = "#[rstest]\nfn first(net: Net) {}\n#[rstest]\nfn second(net: Net) {}\n"
    files = {**tree(test, "[profile.default]\n"), "src/lib.rs": helper}
    assert examine("TST002", files).verdict is Verdict.FAIL


def test_parameters_that_are_given_values_are_no_fixtures() -> None:
    """`#[case]` and `#[values]` come from the attribute; a plain test has no fixtures."""
    for test in (
        "#[rstest]\n#[case(1)]\n#[case(2)]\nfn first(#[case] router: u8) {}\n",
        "#[rstest]\nfn first(#[values(1, 2)] router: u8) {}\n",
        "#[test]\nfn first() {}\nfn helper(router: Router) {}\n#[test]\nfn second() {}\n",
    ):
        files = {**tree(test, "[profile.default]\n"), "src/lib.rs": FIXTURE}
        assert examine("TST002", files).verdict is not Verdict.FAIL, test


MATRIX = """
impl Platform {
    fn port_for(self, kind: Kind) -> u16 { self.config().port_for(kind) }
    fn router(self, kind: Kind) -> Router {
        let port = self.port_for(kind);
        Router::start(port)
    }
}
#[rstest]
fn delivers(
    #[values(Platform::Nuttx, Platform::Freertos)] platform: Platform,
    #[values(Lang::Rust, Lang::C, Lang::Cpp)] lang: Lang,
) {
    let _router = platform.router(Kind::Pubsub);
}
"""
NUTTX = """
[test-groups.nuttx]
max-threads = 3
[[profile.default.overrides]]
filter = "binary(net) and test(Platform__Nuttx)"
test-group = "nuttx"
"""


def test_cases_that_differ_in_nothing_the_port_depends_on_share_it() -> None:
    """The port is chosen by platform and kind: the languages of one platform have one port."""
    config = NUTTX + NUTTX.replace("nuttx", "freertos").replace("Nuttx", "Freertos")
    result = examine("TST002", tree(MATRIX, config))
    failing = [f for f in result.findings if f.verdict is Verdict.FAIL]
    assert [(f.rule, f.place.line) for f in failing] == [
        ("TST002.shared-resource", 3), ("TST002.shared-resource", 9)
    ]  # fmt: skip
    assert "Platform::Nuttx.port_for(Kind::Pubsub)" in failing[0].message
    assert "3 tests" in failing[0].message
    assert (
        "delivers::platform_1_Platform__Nuttx::lang_1_Lang__Rust" in failing[0].related[1].message
    )


def test_a_group_of_one_for_each_platform_keeps_its_cases_apart() -> None:
    """Cases are assigned by their full names."""
    config = (NUTTX + NUTTX.replace("nuttx", "freertos").replace("Nuttx", "Freertos")).replace(
        "max-threads = 3", "max-threads = 1"
    )
    result = examine("TST002", tree(MATRIX, config))
    assert result.verdict is Verdict.PASS
    assert sum("max-threads = 1" in finding.message for finding in result.findings) == 2


def test_cases_with_a_port_each_may_overlap() -> None:
    """Here the language takes part, or an allocator gives the number."""
    for test in (
        MATRIX.replace("kind: Kind", "kind: Kind, lang: Lang")
        .replace("port_for(kind)", "port_for(kind, lang)")
        .replace("Kind::Pubsub)", "Kind::Pubsub, lang)"),
        MATRIX.replace("port_for", "unique_port"),
    ):
        result = examine("TST002", tree(test, NUTTX))
        assert result.verdict is not Verdict.FAIL, result.findings


def test_the_cases_of_one_test_share_a_literal_port() -> None:
    """A filter that matches some of them decides for those."""
    test = """
#[rstest]
#[case::first(1)]
#[case::second(2)]
fn delivers(#[case] size: usize) { let _r = Router::start(7447); }
"""
    config = SERIAL.replace("all()", "test(case_1_first)")
    result = examine("TST002", tree(test, config))
    assert result.verdict is Verdict.FAIL
    assert "group net (max-threads 1), no group" in result.findings[0].message
    assert examine("TST002", tree(test, SERIAL)).verdict is Verdict.PASS


def test_a_method_of_another_file_is_not_guessed() -> None:
    """`rig.start(7447)` may be anything's method."""
    test = TWO_TESTS.replace("Router::start(7447)", "rig.start(7447)")
    assert examine("TST002", tree(test, "[profile.default]\n")).verdict is not Verdict.FAIL


def test_a_test_that_is_to_panic_holds_nothing() -> None:
    """It may listen on an address that no machine here has, to see that this fails."""
    test = TWO_TESTS.replace("#[test]", "#[test]\n#[should_panic]")
    assert examine("TST002", tree(test, "[profile.default]\n")).verdict is not Verdict.FAIL


def test_names_that_arguments_make_are_known_by_their_beginning() -> None:
    """`#[test_case]` and `#[test_matrix]` make a module of the function's name."""
    for attribute in ("#[test_case(1)]\n#[test]", "#[test_case::test_matrix([A::B], [C::D])]"):
        test = f"{TWO_TESTS}\n{attribute}\nfn matching(a: A) {{}}\n"
        config = SERIAL.replace("all()", "all() | test(matching::)")
        assert examine("TST002", tree(test, config)).verdict is Verdict.PASS, attribute
    config = SERIAL.replace("all()", "all() | test(first::)")
    assert examine("TST002", tree(TWO_TESTS, config)).verdict is Verdict.FAIL
