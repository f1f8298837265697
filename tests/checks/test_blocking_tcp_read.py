"""ZEN002: what is flagged, what is not, what cannot be told."""

import pytest

from pitfalls.model import PitfallResult, Verdict
from pitfalls.testing import examine, places

JUDGED = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS)
ALONE = "add_executable(n net.c)\ntarget_compile_definitions(n PRIVATE Z_FEATURE_MULTI_THREAD=0)\n"
THREADS = ALONE.replace("=0", "=1")
OFFLOADED = "CONFIG_NET_NATIVE_OFFLOADED_SOCKETS=y\n"


def loop(name: str, limit: str, inside: str = "stack_poll();") -> str:
    """A C function that loops on the clock."""
    return (
        f"size_t {name}(const sock_t s, uint8_t *p, size_t n) {{\n"
        "    uint64_t start = clock_now_ms();\n"
        "    size_t have = 0;\n"
        f"    while (have < n) {{\n        {inside}\n"
        f"        if (clock_now_ms() - start > {limit}) {{ return SIZE_MAX; }}\n"
        "    }\n    return have;\n}\n"
    )


RECEIVE = (
    "size_t _z_read_tcp(const sock_t s, uint8_t *p, size_t n) {\n"
    "    int got = lwip_recv(s.fd, p, n, 0);\n"
    "    return got < 0 ? SIZE_MAX : (size_t)got;\n}\n"
)
ONCE = (
    "size_t _z_read_tcp(const sock_t s, uint8_t *p, size_t n) {\n"
    "    stack_poll();\n    return stack_take(s.h, p, n);\n}\n"
)


def result(files: dict[str, str]) -> PitfallResult:
    """The result over a small tree."""
    report = examine("ZEN002", files)
    assert not report.traceback
    return report


def found(files: dict[str, str], rule: str = "") -> list[tuple[str, str]]:
    """``(rule, verdict)`` of the findings that count, of one rule or of all."""
    rows = places(result(files), *JUDGED)
    return [(row[0], row[1]) for row in rows if not rule or row[0] == rule]


def test_a_tree_without_zenoh_is_not_applicable() -> None:
    """A TCP read of any other program is not looked at."""
    assert result({"net.c": loop("board_tcp_read", "10000")}).verdict is Verdict.NOT_APPLICABLE


def test_a_read_that_loops_on_the_clock_fails_with_the_resolved_constant() -> None:
    """Through #define, Rust const, and a constant that a build script writes."""
    code = "#define LIMIT_MS (2 * 5000U)\n" + loop("_z_read_tcp", "LIMIT_MS")
    assert found({"net.c": code}) == [("blocking-read", "fail")]
    report = result({"net.c": code})
    assert "10000 ms" in report.findings[0].message
    assert report.findings[0].related[0].place.line == 1
    rust = (
        "use crate::config::TIMEOUT_MS;\n"
        'pub extern "C" fn _z_read_tcp(s: Sock, p: *mut u8, n: usize) -> usize {\n'
        "    let start = clock_now();\n    loop {\n        Stack::poll_network();\n"
        "        if clock_now() - start > TIMEOUT_MS { return usize::MAX; }\n    }\n}\n"
    )
    build = (
        'fn main() {\n    let wait = env_usize("NET_WAIT_MS", 10_000);\n'
        '    out(format!("pub const TIMEOUT_MS: u64 = {wait};"));\n}\n'
    )
    files = {"net/Cargo.toml": "", "net/src/tcp.rs": rust, "net/build.rs": build}
    report = result(files)
    assert report.verdict is Verdict.FAIL
    assert "unless NET_WAIT_MS says otherwise" in report.findings[0].message
    short = found(files | {"net/build.rs": build.replace("10_000", "50")})
    assert short == [("blocking-read", "pass")]


def test_a_deadline_that_does_not_resolve_is_unknown() -> None:
    """The constant is defined nowhere in the tree."""
    assert found({"net.c": loop("_z_read_tcp", "ELSEWHERE_MS")}) == [("blocking-read", "unknown")]


def test_methods_of_a_tcp_trait_count() -> None:
    """Also in the body of a macro; methods of other traits do not."""
    rust = (
        "macro_rules! net { () => {\nimpl PlatformTcp for Board {\n"
        "    fn read(s: usize) -> usize {\n        let start = now_ms();\n"
        "        loop {\n            poll_network();\n"
        "            if now_ms() - start > 5_000u64 { return 0; }\n        }\n    }\n}\n}}\n"
    )
    files = {"CMakeLists.txt": ALONE, "net.rs": rust}
    assert found(files) == [("blocking-read", "fail")]
    assert found(files | {"net.rs": rust.replace("PlatformTcp", "PlatformUdp")}) == []


def test_the_same_constant_used_by_send_alone_is_no_blocking_read() -> None:
    """Rule by rule: the read is repaired, read_exact and send are not."""
    code = (
        "#define WAIT_MS 10000\n"
        + ONCE
        + loop("_z_read_exact_tcp", "WAIT_MS")
        + loop("_z_send_tcp", "WAIT_MS")
        + loop("_z_open_tcp", "WAIT_MS")
    )
    assert found({"net.c": code}) == [
        ("blocking-read", "pass"),
        ("blocking-read-exact", "fail"),
        ("blocking-send-connect", "warn"),
        ("blocking-send-connect", "warn"),
    ]


def test_a_loop_that_yields_is_right() -> None:
    """read_exact and send may wait when others run meanwhile."""
    code = loop("_z_read_exact_tcp", "10000", "stack_poll(); scheduler_yield();")
    assert found({"net.c": ONCE + code}, "blocking-read-exact") == [("blocking-read-exact", "pass")]


def test_a_receive_without_timeout_on_one_thread_fails() -> None:
    """100 ms of SO_RCVTIMEO are right, 5 s are not, and O_NONBLOCK needs none."""
    assert found({"CMakeLists.txt": ALONE, "net.c": RECEIVE}) == [("blocking-read", "fail")]

    def with_timeout(seconds: int, micros: int) -> str:
        return (
            "void options(int fd) {\n    struct timeval tv;\n"
            f"    tv.tv_sec = {seconds};\n    tv.tv_usec = {micros};\n"
            "    lwip_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));\n}\n" + RECEIVE
        )

    short = {"CMakeLists.txt": ALONE, "net.c": with_timeout(0, 100000)}
    assert found(short) == [("blocking-read", "pass")]
    long = {"CMakeLists.txt": ALONE, "net.c": with_timeout(5, 0)}
    assert found(long) == [("blocking-read", "fail")]
    never = "void s(int fd) { lwip_fcntl(fd, F_SETFL, O_NONBLOCK | flags()); }\n" + RECEIVE
    assert found({"CMakeLists.txt": ALONE, "net.c": never}) == [("blocking-read", "pass")]
    told = RECEIVE.replace("n, 0)", "n, MSG_DONTWAIT)")
    assert found({"CMakeLists.txt": ALONE, "net.c": told}) == [("blocking-read", "pass")]


def test_non_blocking_for_the_connect_only_does_not_bound_the_read() -> None:
    """The flags are put back after the connection stands."""
    code = (
        "int dial(int fd) {\n    int before = lwip_fcntl(fd, F_GETFL, 0);\n"
        "    lwip_fcntl(fd, F_SETFL, before | O_NONBLOCK);\n"
        "    lwip_fcntl(fd, F_SETFL, before);\n    return 0;\n}\n" + RECEIVE
    )
    assert found({"CMakeLists.txt": ALONE, "net.c": code}) == [("blocking-read", "fail")]


def test_a_timeout_that_zenoh_pico_hands_in_is_looked_up() -> None:
    """In the tree's header, else upstream's 100 ms, labelled as knowledge."""
    code = (
        "int8_t _z_open_tcp(sock_t *s, uint32_t tout) {\n    struct timeval tv;\n"
        "    tv.tv_sec = tout / 1000;\n    tv.tv_usec = (tout % 1000) * 1000;\n"
        "    lwip_setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));\n    return 0;\n}\n"
    ) + RECEIVE
    report = result({"CMakeLists.txt": ALONE, "net.c": code})
    assert report.verdict is Verdict.PASS
    assert "knowledge" in report.findings[0].message
    header = {"zenoh_config.h": "#define Z_CONFIG_SOCKET_TIMEOUT 5000\n"}
    assert result({"CMakeLists.txt": ALONE, "net.c": code, **header}).verdict is Verdict.FAIL


def test_a_port_with_background_tasks_is_not_applicable() -> None:
    """A long receive on a preemptive RTOS is read by a task of its own."""
    files = {"CMakeLists.txt": THREADS, "net.c": RECEIVE}
    assert result(files).verdict is Verdict.NOT_APPLICABLE
    nuttx = {"zenoh_config.h": "#define Z_CONFIG_SOCKET_TIMEOUT 5000\n"}
    assert result({"CMakeLists.txt": THREADS, **nuttx}).verdict is Verdict.NOT_APPLICABLE


def test_a_default_that_a_build_may_override_does_not_tell_the_threads() -> None:
    """An unbounded receive is then unknown, a bounded one nothing to speak of."""
    header = "#ifndef Z_FEATURE_MULTI_THREAD\n#define Z_FEATURE_MULTI_THREAD 0\n#endif\n"
    assert found({"zenoh_config.h": header, "net.c": RECEIVE}) == [("blocking-read", "unknown")]


def test_comments_tests_and_vendored_libraries_are_no_evidence() -> None:
    """A commented loop, a test of the layer, the library's own ports."""
    code = "/*\n" + loop("_z_read_tcp", "10000") + "*/\n" + ONCE
    assert found({"net.c": code}) == [("blocking-read", "pass")]
    assert found({"tests/net.c": loop("_z_read_tcp", "10000")}) == []
    library = {"pico/include/zenoh-pico.h": "x", "pico/src/session/utils.c": "x"}
    vendored = library | {"pico/src/system/arduino/net.c": loop("_z_read_tcp", "10000")}
    assert result(vendored).verdict is Verdict.NOT_APPLICABLE


SPIN = (
    "void spin(void) {\n#ifdef APP_SMALLTCP\n    zp_read(session(), NULL);\n"
    "#elif defined(APP_SERIAL)\n    zp_read(session(), NULL);\n#else\n"
    "    zp_read(session(), NULL);\n#endif\n}\n"
)


def test_only_the_spin_over_the_returning_tcp_layer_must_read_one_message() -> None:
    """Serial links and other platforms' arms may read all."""
    files = {"smalltcp/net.c": ONCE, "shim/spin.c": SPIN}
    report = result(files)
    rows = [row for row in places(report, *JUDGED) if row[0] == "partial-read"]
    assert rows == [("partial-read", "warn", "shim/spin.c", 3)]
    fixed = SPIN.replace(
        "    zp_read(session(), NULL);\n#elif",
        "    zp_read_options_t o;\n    o.single_read = true;\n    zp_read(session(), &o);\n#elif",
    )
    assert found(files | {"shim/spin.c": fixed}, "partial-read") == [("partial-read", "pass")]
    handed = SPIN.replace("NULL);\n#elif", "options);\n#elif")
    assert found(files | {"shim/spin.c": handed}, "partial-read") == [("partial-read", "unknown")]


def test_a_spin_over_a_waiting_read_may_read_all() -> None:
    """Nothing is cut off when the read waits for the rest."""
    code = RECEIVE + SPIN.replace("#ifdef APP_SMALLTCP", "#if 1")
    assert found({"CMakeLists.txt": ALONE, "net.c": code}, "partial-read") == []


def test_who_issues_queries_must_keep_house() -> None:
    """zp_spin_once of 1.9 does all of it; without queries nothing is asked."""
    spin = (
        "void app_spin(void) {\n    zp_read_options_t o;\n    o.single_read = true;\n"
        "    zp_read(session(), &o);\n}\n"
    )
    query = 'void ask(void) { z_get(session(), key(), "", reply(), NULL); }\n'
    rule = "query-housekeeping"
    assert found({"net.c": ONCE + spin}, rule) == []
    assert found({"net.c": ONCE + spin + query}, rule) == [(rule, "warn")]
    kept = spin.replace("&o);\n", "&o);\n    zp_send_keep_alive(session(), NULL);\n")
    assert "lets no pending query" in result({"net.c": ONCE + kept + query}).findings[0].message
    new = ONCE + "void app_spin(void) {\n    zp_spin_once(session());\n}\n" + query
    assert found({"net.c": new}, rule) == [(rule, "pass")]


def test_zephyr_offloaded_sockets_need_a_short_timeout() -> None:
    """The value where ZENOH_ZEPHYR is defined counts; native sockets release the lock."""
    header = (
        "#ifdef ZENOH_ZEPHYR\n#define Z_CONFIG_SOCKET_TIMEOUT 5000\n#else\n"
        "#define Z_CONFIG_SOCKET_TIMEOUT 100\n#endif\n"
    )
    application = {"app/prj.conf": "CONFIG_ZENOH_PICO=y\n", "inc/zenoh_config.h": header}
    assert result(application).verdict is Verdict.NOT_APPLICABLE
    offloaded = application | {"app/boards/native_sim.conf": OFFLOADED}
    rows = places(result(offloaded), *JUDGED)
    assert rows == [("lock-held-recv", "fail", "inc/zenoh_config.h", 2)]
    short = offloaded | {"inc/zenoh_config.h": header.replace("5000", "100")}
    assert result(short).verdict is Verdict.PASS
    nuttx = offloaded | {"inc/zenoh_config.h": header.replace("ZENOH_ZEPHYR", "ZENOH_NUTTX")}
    assert result(nuttx).verdict is Verdict.PASS


def test_a_kconfig_option_for_the_timeout_is_read_through() -> None:
    """Its default and what an application sets it to, instead of the -D that hands it on."""
    files = {
        "app/prj.conf": "CONFIG_ZENOH_PICO=y\nCONFIG_APP_ZENOH_SOCKET_TIMEOUT_MS=2000\n"
        + OFFLOADED,
        "zephyr/Kconfig": 'config APP_ZENOH_SOCKET_TIMEOUT_MS\n\tint "wait"\n\tdefault 100\n',
        "zephyr/CMakeLists.txt": (
            "zephyr_compile_definitions(ZENOH_ZEPHYR"
            " Z_CONFIG_SOCKET_TIMEOUT=${CONFIG_APP_ZENOH_SOCKET_TIMEOUT_MS})\n"
        ),
    }
    assert [(r[1], r[2], r[3]) for r in places(result(files), *JUDGED)] == [
        ("fail", "app/prj.conf", 2),
        ("pass", "zephyr/Kconfig", 3),
    ]
    del files["zephyr/Kconfig"]
    files["app/prj.conf"] = OFFLOADED
    assert found(files) == [("lock-held-recv", "unknown")]


def test_zephyr_on_one_thread_needs_receive_timeouts() -> None:
    """Without CONFIG_NET_CONTEXT_RCVTIMEO the option of the socket has no effect."""
    plain = "CONFIG_ZENOH_PICO=y\nCONFIG_ZENOH_PICO_MULTI_THREAD=n\n"
    assert found({"app/prj.conf": plain}) == [("blocking-read", "fail")]
    assert found({"app/prj.conf": plain + "CONFIG_NET_CONTEXT_RCVTIMEO=y\n"}) == []
    assert found({"app/prj.conf": "CONFIG_ZENOH_PICO=y\n"}) == []


HOST = '#include <sys/select.h>\n#include "tx_api.h"\n'


def test_a_thread_of_a_simulated_rtos_does_not_wait_in_the_host() -> None:
    """select() with a time, or with none; a poll() of zero is right."""

    def waits(call: str) -> list[tuple[str, str]]:
        return found({"CMakeLists.txt": ALONE, "w.c": HOST + f"void w(int t) {{\n    {call}\n}}\n"})

    timed = "struct timeval tv; tv.tv_sec = t / 1000; tv.tv_usec = 0;"
    assert waits(f"{timed} select(1, &s, NULL, NULL, &tv);") == [("host-select", "fail")]
    assert waits("select(1, &s, NULL, NULL, NULL);") == [("host-select", "fail")]
    assert waits("poll(&p, 1, -1);") == [("host-select", "fail")]
    assert waits("poll(&p, 1, 0);") == [("host-select", "pass")]
    assert waits("poll(&p, 1, t);") == []  # the caller decides


def test_arms_tell_which_platform_a_wait_belongs_to() -> None:
    """In the arm of the RTOS on Linux; the arm for plain POSIX may wait, and so may NetX."""
    code = (
        "void w(int t) {\n#if defined(USE_THREADX)\n#if defined(__linux__)\n"
        "    struct timeval tv;\n    tv.tv_sec = 0;\n    tv.tv_usec = t;\n"
        "    select(1, &s, NULL, NULL, &tv);\n#else\n    nx_bsd_select(1, &s, NULL, NULL, &tv);\n"
        "#endif\n#else\n    struct timeval tv;\n    tv.tv_sec = t;\n"
        "    select(1, &s, NULL, NULL, &tv);\n#endif\n}\n"
        "void z(void) { zp_read(session(), NULL); }\n"
    )
    rows = places(result({"CMakeLists.txt": ALONE, "w.c": code}), *JUDGED)
    assert rows == [("host-select", "fail", "w.c", 7)]


def test_methods_and_lwip_sockets_are_no_host_waits() -> None:
    """``client.poll()``, and a target whose FreeRTOS.h has no host beside it."""
    code = HOST + "void w(void) { client.poll(); executor->poll(5); }\n"
    assert found({"CMakeLists.txt": ALONE, "w.cpp": code}) == []
    lwip = (
        '#include "FreeRTOS.h"\n#include "lwip/sockets.h"\nvoid w(void) { select(1, 0, 0, 0, 0); }'
    )
    assert found({"CMakeLists.txt": ALONE, "w.c": lwip}) == []


def test_ignored_rtic_tests_are_a_note() -> None:
    """The literal status of the original changes no verdict."""
    code = '#[test]\n#[ignore = "blocking read"]\nfn rtic_service_works() {}\n'
    report = result({"CMakeLists.txt": ALONE, "net.c": ONCE, "tests/e2e.rs": code})
    assert report.verdict is Verdict.PASS
    assert ("literal-status", "note", "tests/e2e.rs", 3) in places(report)


def test_a_signed_difference_to_a_deadline_is_a_wait_for_it() -> None:
    """`(int32_t)(now - deadline) >= 0` is no limit of 0 ms."""
    read = (
        "#define TCP_TIMEOUT_MS 10000\n"
        "size_t _z_read_tcp(int sock, uint8_t *ptr, size_t len) {\n"
        "    uint32_t deadline = clock_ms() + TCP_TIMEOUT_MS;\n"
        "    while (1) {\n"
        "        netstack_poll();\n"
        "        if ((int32_t)(clock_ms() - deadline) >= 0) {\n"
        "            return SIZE_MAX;\n"
        "        }\n    }\n}\n"
    )
    build = "project(n C)\nadd_executable(n net.c)\n"
    build += "target_compile_definitions(n PRIVATE Z_FEATURE_MULTI_THREAD=0 ZENOH_GENERIC)\n"
    assert examine("ZEN002", {"n/CMakeLists.txt": build, "n/net.c": read}).verdict == "fail"
    field = read.replace("uint32_t deadline", "wait->deadline").replace(
        "- deadline", "- wait->deadline"
    )
    assert examine("ZEN002", {"n/CMakeLists.txt": build, "n/net.c": field}).verdict != "pass"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("while (!ready) { netstack_poll(); } return take(p);", "unknown"),
        ("for (;;) { netstack_poll(); if (have()) { return take(p); } }", "unknown"),
        ("do { netstack_poll(); n = take(p); } while (n == 0); return n;", "unknown"),
        ("for (int i = 0; i < 8; i++) { netstack_poll(); } return take(p);", "pass"),
        ("while (netstack_poll()) { } return take(p);", "pass"),
        ("netstack_poll(); while (n < len) { p[n++] = next(); } return n;", "pass"),
    ],
)
def test_a_loop_that_polls_without_a_limit_does_not_look_once(body: str, verdict: str) -> None:
    """What ends it would decide; turns that are counted, or a queue that is emptied, do."""
    build = "project(n C)\nadd_executable(n net.c)\n"
    build += "target_compile_definitions(n PRIVATE Z_FEATURE_MULTI_THREAD=0 ZENOH_GENERIC)\n"
    read = f"size_t _z_read_tcp(int sock, uint8_t *p, size_t len) {{\n    {body}\n}}\n"
    assert examine("ZEN002", {"n/CMakeLists.txt": build, "n/net.c": read}).verdict == verdict
