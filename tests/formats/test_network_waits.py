"""Formats behind ZEN002: TCP functions, guarded calls, timeouts, ignored tests."""

from pitfalls.formats import (
    guarded_calls,
    ignored_tests,
    kconfig_defaults,
    network_waits,
    zenoh_timeouts,
)


def test_functions_are_told_by_name_and_deadlines_by_the_clock() -> None:
    """A do-while loop's tail counts; a loop over bytes has no deadline."""
    code = (
        b"int net_tcp_send(int fd) {\n    do {\n        step();\n"
        b"    } while (elapsed_ms(start) < SEND_TIMEOUT_MS);\n    return 0;\n}\n"
        b"int net_tcp_read(int fd) {\n    for (int i = 0; i < 9; i++) { step(); }\n"
        b"    return 0;\n}\n"
        b"int net_udp_read(int fd) { return 0; }\n"
    )
    facts = network_waits.parse_c(code)
    assert facts is not None
    assert [(w.role, w.deadlines) for w in facts.waits] == [
        ("send", ("SEND_TIMEOUT_MS",)),
        ("read", ()),
    ]


def test_a_local_limit_is_replaced_by_the_constant_behind_it() -> None:
    """The alternative that a caller hands in is left out."""
    code = (
        b"int8_t _z_open_tcp(sock_t *s, uint32_t tout) {\n"
        b"    uint32_t limit = (tout > 0) ? tout : CONNECT_TIMEOUT_MS;\n"
        b"    while (1) {\n        if (clock_ms() - start > limit) { return -1; }\n    }\n}\n"
    )
    facts = network_waits.parse_c(code)
    assert facts is not None
    assert facts.waits[0].deadlines == ("CONNECT_TIMEOUT_MS",)
    assert facts.waits[0].limits_line == 4


def test_files_without_tcp_give_nothing() -> None:
    """Empty and unrelated text."""
    assert network_waits.parse_c(b"int main(void) { return 0; }\n") is None
    assert network_waits.parse_rust(b"") is None


def test_calls_carry_the_arms_around_them() -> None:
    """Arms that were refused before are kept apart."""
    code = (
        b"void f(void) {\n#ifdef A\n    zp_read(s, NULL);\n#elif B\n    zp_read(s, &o);\n#else\n"
        b"    zp_read(s, 0);\n#endif\n}\n"
    )
    facts = guarded_calls.parse(code)
    assert facts is not None
    assert [(c.line, c.opened) for c in facts.calls] == [(3, ("A",)), (5, ("B",)), (7, ())]
    assert facts.calls[2].closed
    assert guarded_calls.parse(b"int x;\n") is None


def test_a_function_ends_although_two_arms_open_a_brace_each() -> None:
    """The next function has its own name."""
    code = (
        b"void f(void) {\n#ifdef A\n    if (a) {\n#else\n    if (b) {\n#endif\n    }\n}\n"
        b"void g(void) { zp_read(s, NULL); }\n"
    )
    facts = guarded_calls.parse(code)
    assert facts is not None
    assert [c.function for c in facts.calls] == ["g"]


def test_the_timeout_is_read_once_for_each_platform() -> None:
    """A guarded default does not tell the threads."""
    header = (
        b"#ifndef Z_CONFIG_SOCKET_TIMEOUT\n#ifdef ZENOH_ZEPHYR\n"
        b"#define Z_CONFIG_SOCKET_TIMEOUT 5000\n#else\n#define Z_CONFIG_SOCKET_TIMEOUT 100\n"
        b"#endif\n#endif\n"
        b"#ifndef Z_FEATURE_MULTI_THREAD\n#define Z_FEATURE_MULTI_THREAD 0\n#endif\n"
    )
    facts = zenoh_timeouts.parse(header)
    assert facts is not None
    assert [(t.platform, t.value) for t in facts.timeouts] == [("", 100), ("ZENOH_ZEPHYR", 5000)]
    assert facts.threads is None
    assert zenoh_timeouts.parse(b"#define OTHER 1\n") is None


def test_integer_defaults_of_kconfig() -> None:
    """The first plain default counts; strings and conditions do not."""
    text = (
        b'config A_MS\n\tint "a"\n\tdefault 5 if B\n\tdefault 7\n\tdefault 9\n'
        b'config C\n\tstring\n\tdefault "x"\nmenu "m"\n\tdefault 3\n'
    )
    facts = kconfig_defaults.parse(text)
    assert facts is not None
    assert [(o.name, o.value, o.line) for o in facts.options] == [("A_MS", 7, 4)]
    assert kconfig_defaults.parse(b"") is None


def test_ignored_tests_with_their_reason() -> None:
    """A commented attribute ignores nothing."""
    code = b'#[test]\n#[ignore = "slow"]\n#[serial]\nfn a() {}\n// #[ignore]\nfn b() {}\n'
    facts = ignored_tests.parse(code)
    assert facts is not None
    assert [(t.name, t.reason) for t in facts.tests] == [("a", "slow")]
