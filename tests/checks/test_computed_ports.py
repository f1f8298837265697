"""TST002: ports that functions, tables and constants of the tests compute."""

from __future__ import annotations

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine

TABLE = """
pub enum Work { Pubsub, Service }
impl Work {
    pub const fn offset(self) -> u16 {
        match self {
            Self::Pubsub => 0,
            Work::Service | Work::Action => 10,
        }
    }
}
pub struct Board { pub port: u16, pub stride: u16 }
impl Board {
    /// Each language has its own.
    pub const fn port_for(&self, work: Work, lang: Lang) -> u16 {
        assert!(self.stride < 200);
        self.port + work.offset() + lang.index() * self.stride
    }
}
impl Lang {
    pub const fn index(self) -> u16 {
        match self { Lang::Rust => 0, Lang::C => 1, _ => 2 }
    }
}
pub const MPS2: Board = Board { port: 7450, stride: 100 };
pub const VIRT: Board = Board { port: base(2), stride: 0 };
pub const fn base(row: u16) -> u16 { if row == 0 { 7000 } else { 7000 + row * 200 } }
pub const BENCH_PORT: u16 = base(3) + 60;
"""
HELPER = """
pub struct Router;
impl Router {
    pub fn start(port: u16) -> Self {
        let listen = format!("tcp/0.0.0.0:{port}");
        Command::new("zenohd").arg("--listen").arg(&listen).spawn().unwrap();
        Router
    }
}
"""
CARGO = '[package]\nname = "net-tests"\nversion = "0.1.0"\n[dev-dependencies]\nrstest = "0.26"\n'


def two(first: str, second: str, table: str = TABLE) -> PitfallResult:
    """Two test binaries, one a port each."""
    tests = {
        f"tests/{name}.rs": f"#[test]\nfn {name}() {{ let _r = Router::start({port}); }}\n"
        for name, port in (("one", first), ("other", second))
    }
    return examine(
        "TST002",
        {
            "Cargo.toml": CARGO,
            ".config/nextest.toml": "[profile.default]\n",
            "src/lib.rs": HELPER,
            "src/platform.rs": table,
            **tests,
        },
    )


def shared(result: PitfallResult) -> list[str]:
    """The resources that are shared without a lock."""
    return [f.subject for f in result.findings if f.verdict is Verdict.FAIL]


def test_what_a_method_of_a_table_computes_is_the_number_that_another_test_writes() -> None:
    """`match`, offsets and strides are worked out: 7450 + 10 + 2 * 100."""
    result = two("platform::MPS2.port_for(Work::Service, Lang::Cpp)", "7660")
    assert shared(result) == ["listening port 7660"]
    assert shared(two("platform::MPS2.port_for(Work::Service, Lang::Cpp)", "7661")) == []


def test_fields_and_constants_may_be_computed_themselves() -> None:
    """A field that a function gives, a constant that one gives, with `if`."""
    assert shared(two("VIRT.port", "7400")) == ["listening port 7400"]
    assert shared(two("BENCH_PORT", "7660")) == ["listening port 7660"]
    assert shared(two("base(0)", "7000")) == ["listening port 7000"]


def test_arguments_that_come_to_one_port_share_it() -> None:
    """Without a stride the language makes no difference."""
    first = "VIRT.port_for(Work::Pubsub, Lang::C)"
    assert shared(two(first, "VIRT.port_for(Work::Pubsub, Lang::Rust)")) == ["listening port 7400"]
    assert shared(two(first, "MPS2.port_for(Work::Pubsub, Lang::C)")) == []


def test_a_function_that_reads_the_world_stays_unknown() -> None:
    """What is read when the test runs is not computed, nor what two functions of one name give."""
    reading = 'pub fn chosen(n: u16) -> u16 { std::env::var("PORT").unwrap().parse().unwrap() }\n'
    assert two("chosen(1)", "7447", TABLE + reading).verdict is Verdict.UNKNOWN
    twice = TABLE + "mod x { pub const fn base(row: u16) -> u16 { 7447 + row } }\n"
    assert two("base(0)", "7447", twice).verdict is Verdict.UNKNOWN


def test_what_refers_to_itself_comes_to_an_end() -> None:
    """Functions and constants in a circle give no number."""
    circle = (
        "pub const fn a(n: u16) -> u16 { b(n) }\npub const fn b(n: u16) -> u16 { a(n) }\n"
        "pub const UP_PORT: u16 = DOWN_PORT + 1;\npub const DOWN_PORT: u16 = UP_PORT - 1;\n"
        "pub const fn zero(n: u16) -> u16 { 7447 / n }\n"
    )
    for port in ("a(1)", "UP_PORT", "zero(0)"):
        assert shared(two(port, "7447", circle)) == [], port


CASES = """
impl Platform {
    fn table(self) -> &'static platform::Board {
        match self { Platform::Mps2 => &platform::MPS2, Platform::Virt => &platform::VIRT }
    }
    fn port_for(self, kind: Kind, lang: Lang) -> u16 {
        let work = match kind { Kind::Pubsub => platform::Work::Pubsub, _ => Work::Service };
        self.table().port_for(work, lang)
    }
    fn router(self, kind: Kind, lang: Lang) -> Router {
        let port = self.port_for(kind, lang);
        Router::start(port)
    }
}
#[rstest]
fn delivers(
    #[values(Platform::Mps2, Platform::Virt)] platform: Platform,
    #[values(Lang::Rust, Lang::C)] lang: Lang,
) {
    let _router = platform.router(Kind::Pubsub, lang);
}
"""


def test_cases_of_a_parametrised_test_meet_the_literal_of_another() -> None:
    """One case of the four has the port of the other test; two have one port between them."""
    files = {
        "Cargo.toml": CARGO,
        ".config/nextest.toml": "[profile.default]\n",
        "src/lib.rs": HELPER,
        "src/platform.rs": TABLE,
        "tests/all.rs": CASES,
        "tests/one.rs": "#[test]\nfn one() { let _r = Router::start(7550); }\n",
    }
    result = examine("TST002", files)
    assert sorted(shared(result)) == ["listening port 7400", "listening port 7550"]
    messages = [f.message for f in result.findings if f.verdict is Verdict.FAIL]
    assert all("2 tests" in message for message in messages), messages


def listeners(tests: str, common: str = "") -> PitfallResult:
    """One test binary; ``common`` is a module beside it."""
    return examine(
        "TST002",
        {
            "Cargo.toml": CARGO,
            "src/lib.rs": "",
            "tests/net.rs": f"mod common;\n{tests}",
            "tests/common/mod.rs": common,
        },
    )


TWO = """
#[test] fn one() { let _l = TcpListener::bind(TEST_ADDR).unwrap(); }
#[test] fn other() { let _l = TcpListener::bind(TEST_ADDR).unwrap(); }
"""


def test_a_constant_address_with_port_0_is_shared_by_nobody() -> None:
    """The kernel chooses the port, wherever the constant stands and however it is written."""
    for value in (
        '&str = "127.0.0.1:0"',
        "SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)",
    ):
        result = listeners(f"const TEST_ADDR: {value};\n{TWO}")
        assert result.verdict is Verdict.NOT_APPLICABLE
        assert shared(listeners(f"use common::*;\n{TWO}", f"pub const TEST_ADDR: {value};")) == []
    inside = TWO.replace("{ let", '{ const TEST_ADDR: &str = "127.0.0.1:0"; let')
    assert shared(listeners(inside)) == []


def test_a_constant_address_is_its_port() -> None:
    """Two tests that bind it share the port; constants of two functions may differ."""
    found = shared(listeners(f'const TEST_ADDR: &str = "127.0.0.1:7451";\n{TWO}'))
    assert found == ["listening port 7451"]
    first, second = TWO.strip().splitlines()
    first = first.replace("{ let", '{ const TEST_ADDR: &str = "127.0.0.1:7451"; let')
    second = second.replace("{ let", '{ const TEST_ADDR: &str = "127.0.0.1:7452"; let')
    assert shared(listeners(f"{first}\n{second}")) == []
