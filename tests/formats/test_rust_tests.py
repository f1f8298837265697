"""Rust test functions: names, claims, calls."""

from pitfalls.formats import rust_test_names, rust_tests


def test_modules_and_parametrised_names() -> None:
    """Names hold inline modules; rstest adds numbered cases and values."""
    facts = rust_test_names.parse(
        b"""
#[test]
fn outside() {}
mod inner {
    #[tokio::test(flavor = "multi_thread")]
    async fn waits() {}
}
#[rstest]
#[case::zenoh(1)]
#[case(2)]
fn each(#[case] n: u32, #[values(A::B, 3)] lang: u32) {}
fn helper() {}
"""
    )
    assert facts is not None
    assert facts.names == (
        "outside", "inner::waits", "each", "each::case_1_zenoh", "each::case_2",
        "each::lang_1_A__B", "each::lang_2_3",
    )  # fmt: skip
    assert not facts.made_by_macro


def test_ten_cases_have_two_digits() -> None:
    """Rstest pads the number of a case to the width of the count."""
    cases = b"".join(b"#[case(%d)]\n" % n for n in range(10))
    facts = rust_test_names.parse(b"#[rstest]\n" + cases + b"fn each(#[case] n: u32) {}\n")
    assert facts is not None
    assert "each::case_01" in facts.names
    assert "each::case_10" in facts.names


def test_claims_name_parameters_and_locals() -> None:
    """A claim keeps the Rust text that a caller can fill in, with its line."""
    facts = rust_tests.parse(
        b"""
fn start(port: u16, peer: u8) {
    // .args(["--listen", "tcp/0.0.0.0:1"]) is a comment
    let address = format!("tcp/0.0.0.0:{}", port);
    Command::new("zenohd").args(["--listen", &address]).spawn();
    Command::new("qemu").arg(format!("tap,ifname=tap{}", peer)).spawn();
    let _ = TcpListener::bind("127.0.0.1:9000");
}
"""
    )
    assert facts is not None
    (function,) = facts.functions
    assert [(c.kind, c.expression, c.line) for c in function.claims] == [
        ("port", "address", 5),
        ("port", "9000", 7),
        ("tap", "tap{peer}", 6),
    ]
    assert function.locals["address"] == 'format!("tcp/0.0.0.0:{}", port)'
    assert function.spawns


def test_hostile_bytes_are_no_crash() -> None:
    """NUL bytes, broken UTF-8 and a file cut off in the middle are ordinary input."""
    for data in (b"\x00\xff#[test]\nfn a() {", b"#[test]\nfn \xc3(", b"fn a() {" * 3000):
        rust_tests.parse(data)
        rust_test_names.parse(data)
