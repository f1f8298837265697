"""NET001: what local ports and session ids of a boot depend on."""

from pathlib import Path

import pytest

from pitfalls import Verdict, catalogue
from pitfalls.engine import run
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places
from pitfalls.tree import open_tree
from tests.conftest import git

COUNTER = """
const FIRST: u16 = 49152;
static mut NEXT_PORT: u16 = FIRST;
pub fn seed_port(seed: u16) { unsafe { NEXT_PORT = FIRST + seed % 16384; } }
pub fn dial(s: &mut Socket, cx: &mut Context, to: IpEndpoint) {
    unsafe { NEXT_PORT = NEXT_PORT.wrapping_add(1); s.connect(cx, to, NEXT_PORT); }
}
"""
BOARD = """
use smoltcp::iface::{Config, Interface};
pub fn start(config: &Settings, dev: &mut Dev) {
    HERE
    let mut c = Config::new(config.mac.into());
    c.random_seed = 7;
    let i = Interface::new(c, dev, Instant::ZERO);
}
"""


def manifest(name: str, *needs: str) -> str:
    """A manifest with path dependencies."""
    rows = "".join(f'{need} = {{ path = "../{need}" }}\n' for need in needs)
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\n[dependencies]\n{rows}'


def board(here: str, counter: str = COUNTER, **more: str) -> PitfallResult:
    """A board crate that links a bridge with a port counter."""
    return examine("NET001", {
        "mps2-board/Cargo.toml": manifest("mps2-board", "bridge"),
        "mps2-board/src/lib.rs": BOARD.replace("HERE", here),
        "bridge/Cargo.toml": manifest("bridge"),
        "bridge/src/lib.rs": counter,
        **more,
    })  # fmt: skip


def found(result: PitfallResult) -> list[tuple[str, str]]:
    """Rule and verdict of everything but the pass of random_seed."""
    return [(rule, verdict) for rule, verdict, _, _ in places(result) if rule != "smoltcp-seed"]


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        ("", ("unseeded-counter", "fail")),
        ("bridge::seed_port(7);", ("unseeded-counter", "fail")),
        ("let s = semihosting_time(); bridge::seed_port(s as u16);", ("unseeded-counter", "pass")),
        ("let r = Rng::new(); bridge::seed_port(r.random());", ("unseeded-counter", "pass")),
        ("bridge::seed_port(u16::from(config.ip[3]));", ("node-only-seed", "warn")),
        ("bridge::seed_port(mystery());", ("unseeded-counter", "unknown")),
    ],
)
def test_what_the_counter_is_seeded_from(here: str, expected: tuple[str, str]) -> None:
    """Entropy passes, the node's address alone warns, constants are no seed."""
    assert found(board(here)) == [expected]


def test_entropy_one_function_away() -> None:
    """A helper of the same file that asks the host for its time is followed."""
    helper = "bridge::seed_port(jitter()); } fn jitter() -> u16 { host(SYS_TIME) } fn other() {"
    assert found(board(helper)) == [("unseeded-counter", "pass")]


def test_a_counter_that_nothing_could_seed_fails_at_the_board() -> None:
    """The finding is about the crate that starts the stack."""
    result = board("", COUNTER.replace("pub fn seed_port", "fn x() {} //"))
    assert places(result, Verdict.FAIL) == [
        ("unseeded-counter", "fail", "mps2-board/src/lib.rs", 7)
    ]


@pytest.mark.parametrize("name", ["NEXT_UNIX_ENDPOINT_PORT", "UDP_PORT", "LISTEN_PORT"])
def test_counters_of_other_sockets_are_none(name: str) -> None:
    """Numbers for local sockets, datagrams and listeners meet no old connection."""
    result = board(
        "", COUNTER.replace("NEXT_PORT", name).replace("pub fn seed_port", "fn x() {} //")
    )
    assert places(result, Verdict.FAIL, Verdict.WARN) == []


def test_user_mode_networking_only_warns() -> None:
    """The host never sees the guest's port there."""
    user = "qemu-system-arm -M mps2-an385 -nic user -kernel mps2-board.elf\n"
    assert found(board("", **{"run.sh": user})) == [("unseeded-counter", "warn")]
    tap = user.replace("-nic user", "-nic tap,ifname=tap0")
    assert found(board("", **{"run.sh": tap})) == [("unseeded-counter", "fail")]


def test_a_kernel_of_no_known_board_is_what_the_launches_of_none_boot() -> None:
    """Where all of them are behind user-mode networking; a microcontroller's stack is not meant."""
    files = {
        "kernel/Cargo.toml": manifest("kernel"),
        "kernel/src/lib.rs": BOARD.replace("HERE", "s.connect(i.context(), to, 49152);"),
    }
    user = "qemu-system-x86_64 -cdrom os.iso -netdev user,id=n -device virtio-net-pci,netdev=n\n"
    assert found(examine("NET001", files)) == [("unseeded-counter", "fail")]
    assert found(examine("NET001", files | {"run.sh": user})) == [("unseeded-counter", "warn")]
    tap = {"run.sh": user, "tap.sh": user.replace("user,id=n", "tap,id=n,ifname=tap0")}
    assert found(examine("NET001", files | tap)) == [("unseeded-counter", "fail")]
    code = "fn go(t: Tcp) { let s = embassy_net::new(d, c, r, 0x1234); t.connect(e); }\n"
    wifi = {"fw/Cargo.toml": manifest("fw"), "fw/src/main.rs": f"use embassy_net::tcp;\n{code}"}
    assert ("unseeded-counter", "fail") in found(examine("NET001", wifi | {"run.sh": user}))


MAIN = BOARD.replace("pub fn start", "fn main() -> ! { start(&S, D); CALL }\npub fn start")


def program(call: str, **more: str) -> list[tuple[str, str]]:
    """A firmware that links the bridge and is no library."""
    return found(examine("NET001", {
        "fw/Cargo.toml": manifest("fw", "bridge"),
        "fw/src/main.rs": "#![no_std]\n" + MAIN.replace("CALL", call).replace("HERE", ""),
        "bridge/Cargo.toml": manifest("bridge"),
        "bridge/src/lib.rs": COUNTER,
        **more,
    }))  # fmt: skip


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("loop { bridge::poll(); }", "warn"),
        ('// Session::open("tcp/192.0.2.1:7447");\nloop {}', "warn"),
        ('log("connect (later)"); loop {}', "warn"),
        ("let s = Session::open(ROUTER); loop {}", "fail"),
        ("bridge::dial(&mut s, cx, to); loop {}", "fail"),
        ("let e = Executor::new(); loop {}", "fail"),
        ("mqtt.connect_to_broker(x).unwrap(); loop {}", "fail"),
    ],
)
def test_a_firmware_that_opens_no_connection(call: str, verdict: str) -> None:
    """It links the bridge, and nothing that is compiled connects: nobody is hurt yet."""
    assert program(call) == [("unseeded-counter", verdict)]


def test_another_file_of_the_firmware_may_connect() -> None:
    """A module counts, one that no `mod` reaches does not; nor does a crate that others use."""
    module = {"fw/src/app.rs": "pub fn go() { Session::open(ROUTER); }\n"}
    assert program("mod_app!(); loop {}", **module) == [("unseeded-counter", "warn")]
    assert program("loop {} }\nmod app;\nfn x() {", **module) == [("unseeded-counter", "fail")]
    assert found(board("")) == [("unseeded-counter", "fail")]


def test_a_program_of_the_host_only_warns() -> None:
    """A demonstration with `std` starts by hand; in a crate whose library is `no_std` it is still
    a program of its own."""
    dial = BOARD.replace("HERE", "use std::net::Ipv4Addr; s.connect(cx, to, 49500);")
    files = {"st/Cargo.toml": manifest("st"), "st/src/lib.rs": "#![no_std]\n",
             "st/examples/client.rs": dial}  # fmt: skip
    assert found(examine("NET001", files)) == [("unseeded-counter", "warn")]
    mcu = {**files, "st/examples/client.rs": "#![no_std]\n" + dial}
    assert found(examine("NET001", mcu)) == [("unseeded-counter", "fail")]
    module = {**files, "st/src/net.rs": dial, "st/src/lib.rs": "#![no_std]\nmod net;\n"}
    del module["st/examples/client.rs"]
    assert found(examine("NET001", module)) == [("unseeded-counter", "fail")]


def test_listeners_and_models_are_not_applicable() -> None:
    """Nothing dials: an echo server; a proof that copies the constant; a host's own helper."""
    server = BOARD.replace("HERE", "s.listen(7);")
    files = {"echo/Cargo.toml": manifest("echo"), "echo/src/main.rs": server}
    assert examine("NET001", files).verdict is Verdict.NOT_APPLICABLE
    files = {"verification/m/Cargo.toml": manifest("m"), "verification/m/src/lib.rs": COUNTER}
    assert examine("NET001", files).verdict is Verdict.NOT_APPLICABLE


def test_a_dead_file_is_ignored() -> None:
    """A counter in a file that no `mod` reaches hands out no port."""
    result = board("", "pub mod tcp;\n", **{"bridge/src/old.rs": COUNTER})
    assert found(result) == []


def test_a_constant_source_port_fails() -> None:
    """The connect of smoltcp takes the local port as its third argument."""
    text = BOARD.replace("HERE", "s.connect(cx, to, 49500);")
    files = {"app/Cargo.toml": manifest("app"), "app/src/main.rs": text}
    assert found(examine("NET001", files)) == [("unseeded-counter", "fail")]
    random = {**files, "app/src/main.rs": text.replace("49500", "49152 + rand() % 999")}
    assert found(examine("NET001", random)) == []


@pytest.mark.parametrize(
    ("seed", "verdict"),
    [
        ("let seed = 0x0123_4567;", "fail"),
        ("let mut b = [0; 8]; rng.fill_bytes(&mut b); let seed = u64::from_le_bytes(b);", "pass"),
        ("let seed = mystery();", "unknown"),
    ],
)
def test_embassy_net(seed: str, verdict: str) -> None:
    """Its first port comes from the seed it is given."""
    text = (
        f"fn main() {{ {seed} let n = embassy_net::new(dev, config, res, seed);\n"
        "s.connect(remote); }\n"
    )
    files = {"app/Cargo.toml": manifest("app"), "app/src/main.rs": text}
    assert found(examine("NET001", files)) == [("unseeded-counter", verdict)]


def test_a_seed_that_the_caller_gives() -> None:
    """The caller may draw it anew at each boot; a file that dials need not name more than the
    stack."""
    files = {
        "app/Cargo.toml": manifest("app"),
        "app/src/main.rs": "mod net;\nuse embassy_net::tcp::TcpSocket;\n"
        "async fn send() { let mut s = TcpSocket::new(stack(), rx, tx); s.connect(peer).await; }\n",
        "app/src/net.rs": "pub async fn start(wifi: Wifi<'static>, seed: u64) -> Stack {\n"
        "    embassy_net::new(wifi.device, dhcp(), RESOURCES.init(new()), seed)\n}\n",
    }
    assert found(examine("NET001", files)) == [("unseeded-counter", "unknown")]
    given = files["app/src/net.rs"].replace("seed)\n", "0x1234_5678)\n")
    assert found(examine("NET001", {**files, "app/src/net.rs": given})) == [
        ("unseeded-counter", "fail")
    ]


def test_a_configuration_of_smoltcp_from_outside() -> None:
    """What the caller configures is not told here."""
    text = BOARD.replace("HERE", "s.connect(cx, to, p());").replace("c.random_seed = 7;", "")
    text = text.replace("let mut c = Config::new(config.mac.into());", "let c = config.net;")
    files = {"app/Cargo.toml": manifest("app"), "app/src/main.rs": text}
    assert places(examine("NET001", files)) == []


def test_random_seed_of_smoltcp() -> None:
    """It is 0 by default."""
    result = examine("NET001", {
        "app/Cargo.toml": manifest("app"),
        "app/src/main.rs": BOARD.replace("HERE", "s.connect(cx, to, p());").replace(
            "c.random_seed = 7;", ""),
    })  # fmt: skip
    assert places(result) == [("smoltcp-seed", "warn", "app/src/main.rs", 7)]


def test_a_seeding_function_that_nobody_defines() -> None:
    """The call names a crate of the tree that has no such function."""
    result = board("bridge::seed_ephemeral_port(rng.next());")
    assert ("seed-undefined", "fail") in found(result)


NET = """
void net_start(void)
{
    HERE
    tcpip_init(0, 0);
}
int dial(int s) { return lwip_connect(s, &a, 4); }
"""


def lwip(here: str, options: str = "#define LWIP_RAND() ((u32_t)rand())\n") -> PitfallResult:
    """A FreeRTOS board with lwIP."""
    return examine("NET001", {
        "b/CMakeLists.txt": "", "b/net.c": NET.replace("HERE", here), "b/lwipopts.h": options,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        ("", ("constant-rng", "fail")),
        ("srand(1);", ("constant-rng", "fail")),
        ("srand(HAL_RNG_Get());", ("constant-rng", "pass")),
        ("uint32_t s = ip[0] << 8 | mac[5]; srand(s);", ("node-only-seed", "warn")),
        ("uint32_t s = 0; board_seed(&s); srand(s);", ("constant-rng", "unknown")),
    ],
)
def test_libc_behind_lwip(here: str, expected: tuple[str, str]) -> None:
    """rand() without a seed that changes repeats at every boot."""
    assert found(lwip(here)) == [expected]


def test_applications_with_headers_of_their_own_are_judged_apart() -> None:
    """A collection of examples without build files: the one that listens is not the one that
    dials."""
    start = NET.partition("int dial")[0].replace("HERE", "")
    dial = "int dial(int s) { return lwip_connect(s, &a, 4); }\n"
    files = {
        "apps/a_server/Src/main.c": start, "apps/a_server/Inc/lwipopts.h": "#define LWIP_TCP 1\n",
        "apps/a_server/Inc/FreeRTOSConfig.h": "#define configTICK_RATE_HZ 1000\n",
        "apps/b_client/Src/main.c": start,
        "apps/b_client/Src/echo.c": dial + start.replace("net_", "x_"),
        "apps/b_client/Inc/lwipopts.h": "#define LWIP_TCP 1\n",
    }  # fmt: skip
    result = examine("NET001", files)
    assert places(result, Verdict.FAIL) == [("constant-rng", "fail", "apps/b_client/Src/echo.c", 6)]


def test_a_wrapper_of_connect_that_nobody_calls_dials_nothing() -> None:
    """A library's network layer holds a connect for clients; a server only listens."""
    layer = NET.replace("HERE", "").replace("int dial(int s)", "int tls_net_connect(int s)")
    server = {"b/Makefile": "", "b/net.c": layer, "b/lwipopts.h": "#define LWIP_TCP 1\n"}
    assert examine("NET001", server).verdict is Verdict.NOT_APPLICABLE
    accept = layer + "int tls_net_accept(int s) { return connect(s, &peer, 4); }\n"
    listens = {"b/net.c": accept, "b/main.c": "int run(int s) { return tls_net_accept(s); }\n"}
    assert examine("NET001", server | listens).verdict is Verdict.NOT_APPLICABLE
    client = server | {"b/main.c": "int run(int s) { return tls_net_connect(s); }\n"}
    assert places(examine("NET001", client), Verdict.FAIL) == [
        ("constant-rng", "fail", "b/net.c", 5)
    ]


def test_a_seed_that_goes_to_another_generator() -> None:
    """The line at fault is the macro, which draws from the C library's, not the start."""
    seed = "port_seed_rng(node_id());"
    result = lwip(seed)
    assert places(result, Verdict.FAIL) == [("constant-rng", "fail", "b/lwipopts.h", 1)]
    mended = lwip(seed, "#define LWIP_RAND() (port_random())\n")
    assert places(mended, Verdict.FAIL) == []


def test_the_headers_of_another_stack_are_no_rivals() -> None:
    """Shared code that starts lwIP is held against the only board with lwIP's headers; a board
    with NetX has none."""
    files = {
        "family/CMakeLists.txt": "", "family/net.c": NET.replace("HERE", ""),
        "board/CMakeLists.txt": "", "board/lwipopts.h": "#define LWIP_TCP 1\n",
        "board/arch/cc.h": "#define LWIP_RAND() rand()\n",
        "netx/CMakeLists.txt": "", "netx/nx_user.h": "\n",
    }  # fmt: skip
    result = examine("NET001", files)
    assert places(result, Verdict.FAIL) == [("constant-rng", "fail", "family/net.c", 5)]


def test_other_generators_of_lwip() -> None:
    """Undefined counts from 0xC000; a hardware generator passes; a function nobody seeds here is
    unknown; without TCP nothing applies."""
    assert found(lwip("", "#define LWIP_TCP 1\n")) == [("constant-rng", "fail")]
    assert found(lwip("", "#define LWIP_RAND() esp_random()\n")) == [("constant-rng", "pass")]
    assert found(lwip("", "#define LWIP_RAND() board_rand()\n")) == [("constant-rng", "unknown")]
    assert found(lwip("", "#define LWIP_TCP 0\n")) == []
    assert found(lwip("// srand(1)", "// #define LWIP_RAND() rand()\n")) == [
        ("constant-rng", "fail")
    ]


def test_another_program_of_the_folder_dials_for_itself() -> None:
    """One build file makes a server on lwIP and clients of the host's sockets."""
    server = "int main(void)\n{\n    lwip_init();\n    udp_bind(p, &any, 5683);\n}\n"
    client = "int main(void)\n{\n    srand(time(0));\n    connect(s, &a, 4);\n}\n"
    files = {"Makefile": "", "lwip/server.c": server, "lwip/lwipopts.h": "#define NO_SYS 1\n",
             "client.c": client}  # fmt: skip
    assert found(examine("NET001", files)) == []
    dialling = {**files, "lwip/server.c": server.replace("udp_bind", "tcp_connect")}
    assert found(examine("NET001", dialling)) == [("constant-rng", "fail")]
    part = {**files, "client.c": client.replace("int main", "int dial")}
    assert found(examine("NET001", part)) == [("constant-rng", "fail")]


def test_projects_without_a_build_file_are_told_apart_by_their_source_folder() -> None:
    """Vendor packages hold hundreds: a server does not dial because another example does."""
    start = "int main(void)\n{\n    tcpip_init(0, 0);\n}\n"
    client = "void seed(void) { srand(1); }\nint dial(void) { return lwip_connect(s, &a, 4); }\n"
    files = {
        "Projects/A/Server/Src/main.c": start,
        "Projects/A/Server/Inc/lwipopts.h": "#define LWIP_TCP 1\n",
        "Projects/A/Client/Src/dial.c": client,
    }
    assert found(examine("NET001", files)) == []
    files["Projects/A/Server/Src/dial.c"] = files.pop("Projects/A/Client/Src/dial.c")
    result = examine("NET001", files)
    assert found(result) == [("constant-rng", "fail")]
    assert result.findings[0].subject == "Projects/A/Server"


def examined(repository: Path) -> PitfallResult:
    """As a git checkout, whose submodules are known."""
    return run(open_tree(repository), [catalogue.load().find("NET001")]).results[0]


def test_what_an_absent_submodule_defines_is_not_known(tmp_path: Path) -> None:
    """LwIP's port has a cc.h that may define LWIP_RAND: undecided until it is checked out, or the
    target has a cc.h of its own."""
    for name, text in {
        "b/CMakeLists.txt": "", "b/net.c": NET, "b/lwipopts.h": "#define LWIP_TCP 1\n",
    }.items():  # fmt: skip
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},Middlewares/LwIP")
    assert found(examined(tmp_path)) == [("constant-rng", "unknown")]
    (tmp_path / "b/arch").mkdir()
    (tmp_path / "b/arch/cc.h").write_text("#define LWIP_PLATFORM_ASSERT(x)\n", encoding="utf-8")
    git(tmp_path, "add", "b")
    assert found(examined(tmp_path)) == [("constant-rng", "fail")]


ECHO = "void echo(void) { c = netconn_new(NETCONN_UDP); netconn_connect(c, peer); }\n"


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("b/client.c", "int go(int s) { return lwip_connect(s, &a, 4); }", ["fail"]),
        ("b/client.c", "err_t tcp_connect(struct tcp_pcb *p);", []),
        ("b/perf.c", "/**\n * @ingroup apps\n */\nvoid go(void) { tcp_connect(p, &a, 7, f); }", []),
        ("b/client.c", "int go(int s) { return listen(s, 4); }", []),
        ("b/echo.c", "int f(int s) { c = new(NETCONN_UDP); return netconn_connect(c, a); }", []),
        ("b/both.c", ECHO + "void listen(void) { c = netconn_new(NETCONN_TCP); accept(c); }", []),
        (
            "b/both.c",
            ECHO + "void go(void) { c = netconn_new(NETCONN_TCP); netconn_connect(c, a); }",
            ["fail"],
        ),
        ("b/tls.c", "int mbedtls_net_connect(int s) { return connect(s, &a, 4); }", []),
        ("b/tls.c", "int mbedtls_net_accept(int s) { connect(s, &a, 4); return 0; }", []),
        ("b/tls.c", "int go(int s) { return mbedtls_net_connect(s); }", ["fail"]),
        ("b/Middlewares/mqtt.c", "int go(int s) { return lwip_connect(s, &a, 4); }", []),
        ("other/client.c", "int go(int s) { return lwip_connect(s, &a, 4); }", ["fail"]),
    ],
)
def test_only_a_target_that_dials_has_local_ports(
    path: str, code: str, expected: list[str]
) -> None:
    """A server takes the port that it listens on. The call may be in another file than the start,
    also in one that targets share; a declaration is none, nor what a vendor's library could do,
    nor one for datagrams in a function beside one for TCP."""
    start = NET.rpartition("int dial")[0].replace("HERE", "")
    for options in ("#define LWIP_TCP 1\n", "#define LWIP_RAND() ((u32_t)rand())\n"):
        files = {"b/CMakeLists.txt": "", "b/net.c": start, "b/lwipopts.h": options, path: code}
        assert [row[1] for row in places(examine("NET001", files))] == expected


def test_a_projects_server_does_not_dial_for_another_projects_client() -> None:
    """Vendors' collections hold a project for each environment, beside its folder."""
    start = NET.rpartition("int dial")[0].replace("HERE", "")
    files = {}
    for name in ("Echo_Client", "Echo_Server"):
        files[f"Apps/{name}/EWARM/Project.ewp"] = "<project/>"
        files[f"Apps/{name}/Src/main.c"] = start
        files[f"Apps/{name}/Inc/lwipopts.h"] = "#define LWIP_TCP 1\n"
    files["Apps/Echo_Client/Src/client.c"] = "void go(void) { tcp_connect(p, &a, 7, done); }\n"
    found = examine("NET001", files).findings
    assert [(f.subject, f.place.path) for f in found] == [
        ("Apps/Echo_Client", "Apps/Echo_Client/Src/main.c")
    ]


def test_the_port_that_came_with_the_stack_defines_the_generator() -> None:
    """CubeMX puts arch/cc.h into the vendor's copy of lwIP; one for a host in contrib/ says
    nothing."""
    stack = {"Middlewares/LwIP/src/core/tcp.c": "", "Middlewares/LwIP/src/include/lwip/tcp.h": ""}
    files = {"app.ioc": "", "LWIP/App/lwip.c": NET.replace("HERE", ""), **stack}
    files["LWIP/Target/lwipopts.h"] = "#define LWIP_TCP 1\n"
    hosted = {"Middlewares/LwIP/contrib/ports/unix/arch/cc.h": "#define LWIP_RAND() rand()\n"}
    assert "is not defined" in examine("NET001", files | hosted).findings[0].message
    for text, verdict in (("((u32_t)rand())", "fail"), ("HAL_RNG_Get()", "pass")):
        files["Middlewares/LwIP/system/arch/cc.h"] = f"#define LWIP_RAND() {text}\n"
        (finding,) = examine("NET001", files).findings
        assert finding.verdict == verdict
        assert finding.related[0].place.path == "Middlewares/LwIP/system/arch/cc.h"


def test_netx_falls_back_to_rand() -> None:
    """NX_RAND is rand() by default; the seed stands beside the start."""
    text = "void go(void) {\n srand(SEED);\n nx_system_initialize();\n}\n"
    text += "void dial(void) {\n nx_tcp_client_socket_connect(&s, a, 1, 9);\n}\n"
    for seed, expected in (("1", "fail"), ("trng_read()", "pass")):
        files = {"b/Makefile": "", "b/nx_user.h": "\n", "b/app.c": text.replace("SEED", seed)}
        assert found(examine("NET001", files)) == [("constant-rng", expected)]


def test_c_text_in_a_build_script() -> None:
    """Start-up code that a build script writes is the board's own."""
    script = 'const C: &str = r#"\nvoid go(void) {\n tcpip_init(0, 0);\n z_open(&s);\n}\n"#;\n'
    files = {"b/Cargo.toml": manifest("b"), "b/build.rs": script,
             "b/arch/cc.h": "#define LWIP_RAND() rand()\n"}  # fmt: skip
    assert places(examine("NET001", files)) == [("constant-rng", "fail", "b/build.rs", 3)]


START = """
pub fn start(binary: &Path, board: Board) -> Child {
    match board {
        Board::NativeSim => { Command::new(binary)SEED.spawn().unwrap() }
        Board::Qemu => { Command::new("qemu-system-arm").spawn().unwrap() }
    }
}
"""


@pytest.mark.parametrize(
    ("seed", "verdict"),
    [("", "fail"), ('.arg(format!("--seed={}", n))', "pass"), ('.arg("--seed=1")', "fail"),
     ('.arg("--seed-random")', "pass")],
)  # fmt: skip
def test_a_helper_that_starts_native_sim(seed: str, verdict: str) -> None:
    """Every test starts its instances through it."""
    result = examine("NET001", {"tests/lib.rs": START.replace("SEED", seed)})
    assert found(result) == [("native-sim-seed", verdict)]


def test_one_instance_needs_no_seed() -> None:
    """A test or a script that runs one instance is not looked at."""
    text = "#[test]\nfn smoke_native_sim() { Command::new(b).spawn().unwrap(); }\n"
    assert found(examine("NET001", {"tests/smoke.rs": text})) == []
    assert found(examine("NET001", {"run.sh": "./build/zephyr/zephyr.exe\n"})) == []


def test_recipes_of_a_pair_warn() -> None:
    """Nothing says that they run together, and they are made for it."""
    text = "talker:\n    ./a/zephyr/zephyr.exe{0}\n\nlistener:\n    ./b/zephyr/zephyr.exe{0}\n"
    assert found(examine("NET001", {"justfile": text.format("")})) == [("native-sim-seed", "warn")]
    seeded = examine("NET001", {"justfile": text.format(" --seed=$RANDOM")})
    assert found(seeded) == [("native-sim-seed", "pass")]


def zephyr(options: str, board: str = "", overlay: str = "") -> list[tuple[str, str]]:
    """A networked application."""
    files = {"app/prj.conf": "CONFIG_NETWORKING=y\n" + options}
    if board:
        files[f"app/boards/{board}.conf"] = "CONFIG_NET_IPV4=y\n"
    if overlay:
        files["app/boards/x.overlay"] = overlay
    return found(examine("NET001", files))


def test_zephyr_generators_for_tests() -> None:
    """Kconfig prefers an entropy device; the timer's generator repeats."""
    test = "CONFIG_TEST_RANDOM_GENERATOR=y\n"
    assert zephyr(test) == [("test-entropy", "unknown")]
    assert zephyr(test, "qemu_cortex_m3") == [("test-entropy", "warn")]
    assert zephyr(test, "native_sim") == [("test-entropy", "pass")]
    chosen = "/ { chosen { zephyr,entropy = &rng; }; };\n"
    assert zephyr(test, "my_board", chosen) == [("test-entropy", "pass")]
    assert zephyr("CONFIG_TIMER_RANDOM_GENERATOR=y\n") == [("test-entropy", "warn")]
    assert zephyr("") == []


def test_another_board_s_seed_is_not_this_one_s() -> None:
    """Code that two boards share may seed for both; the code of one board seeds for it alone."""
    seeded = NET.replace("HERE", "srand(HAL_RNG_Get());")
    options = "#define LWIP_RAND() ((u32_t)rand())\n"
    plain = {"b/CMakeLists.txt": "", "b/net.c": NET.replace("HERE", ""), "b/lwipopts.h": options}
    other = {"c/CMakeLists.txt": "", "c/net.c": seeded, "c/lwipopts.h": options}
    assert sorted(found(examine("NET001", {**plain, **other}))) == [
        ("constant-rng", "fail"), ("constant-rng", "pass"),
    ]  # fmt: skip
    shared = {"common/seed.c": "void seed_all(void) { srand(HAL_RNG_Get()); }\n"}
    assert found(examine("NET001", {**plain, **shared})) == [("constant-rng", "pass")]
    example = {"apps/examples/uuid.c": shared["common/seed.c"]}
    assert found(examine("NET001", {**plain, **example})) == [("constant-rng", "unknown")]


def test_another_program_that_dials_says_nothing_of_this_one() -> None:
    """A project with a main and a network chip of its own is no code that the others share."""
    echo = {
        "echo/echo.ioc": "", "echo/Src/net.c": "void start(void) { tcpip_init(0, 0); }\n",
        "echo/Src/main.c": "int main(void) { start(); }\n",
        "echo/Inc/lwipopts.h": "#define LWIP_RAND() ((u32_t)rand())\n",
    }  # fmt: skip
    dial = "void client(void) { connect(0, server, 80); }\n"
    chip = {"chip/chip.ioc": "", "chip/Src/main.c": "int main(void) { client(); }\n"}
    assert found(examine("NET001", {**echo, **chip, "chip/Src/client.c": dial})) == []
    assert found(examine("NET001", {**echo, "echo/Src/client.c": dial})) == [
        ("constant-rng", "fail")
    ]
    common = {"common/CMakeLists.txt": "", "common/client.c": dial}
    assert found(examine("NET001", {**echo, **common})) == [("constant-rng", "fail")]


def test_a_definition_below_its_type_is_no_dial() -> None:
    """A copy of lwIP in folders of the project's own defines the calls, and nobody makes one."""
    files = {
        "net/app.c": "void start(void) { tcpip_init(0, 0); netconn_listen(server); }\n",
        "net/lwipopts.h": "#define LWIP_SOCKET 0\n",
        "stack/tcp.c": "err_t\ntcp_connect(struct tcp_pcb *pcb, u16_t port)\n{\n  return 0;\n}\n",
        "stack/api_lib.c": "err_t\nnetconn_connect(struct netconn *c)\n{\n  return apimsg(c);\n}\n",
    }
    assert found(examine("NET001", files)) == []
    dials = {"net/client.c": "void client(void)\n{\n  err =\n  netconn_connect(c);\n}\n"}
    assert found(examine("NET001", {**files, **dials})) == [("constant-rng", "fail")]


def test_an_mqtt_client_dials() -> None:
    """Paho's calls open the connection in code that lies among the middleware."""
    files = {
        "app.ioc": "", "Inc/lwipopts.h": "#define LWIP_RAND() ((u32_t)rand())\n",
        "Src/net.c": "void start(void) { tcpip_init(0, 0); }\n",
        "Src/mqtt.c": "void client(void) { ret = MQTTConnect(&client, &data); }\n",
    }  # fmt: skip
    assert found(examine("NET001", files)) == [("constant-rng", "fail")]


def test_options_of_other_projects_do_not_divide_this_one() -> None:
    """CubeMX keeps lwIP's start and options in one folder and the application in another."""
    one = {
        "a/a.ioc": "", "a/LWIP/App/lwip.c": "void start(void) { lwip_init(); }\n",
        "a/LWIP/Target/lwipopts.h": "#define LWIP_RAND() ((u32_t)rand())\n",
        "a/Core/Src/client.c": "void client(void) { tcp_connect(pcb, ip, 80, done); }\n",
    }  # fmt: skip
    assert found(examine("NET001", one)) == [("constant-rng", "fail")]
    other = {"b/b.ioc": "", "b/LWIP/Target/lwipopts.h": one["a/LWIP/Target/lwipopts.h"]}
    assert found(examine("NET001", {**one, **other})) == [("constant-rng", "fail")]


def test_one_firmware_in_folders_without_build_files() -> None:
    """The part that dials is of the same program as the part that starts the stack."""
    files = {
        "mcu/user/FreeRTOSConfig.h": "#define configUSE_MUTEXES 1\n",
        "mcu/app/net/Src/net.c": "void start(void) { tcpip_init(0, 0); }\n",
        "mcu/app/net/Inc/lwipopts.h": "#define LWIP_SOCKET 0\n",
        "mcu/app/up/Src/up.c": "void up(void) { err = netconn_connect(conn, ip, 80); }\n",
    }
    assert found(examine("NET001", files)) == [("constant-rng", "fail")]
    several = {**files, "other/Inc/lwipopts.h": "#define LWIP_SOCKET 0\n"}
    assert found(examine("NET001", several)) == []


def test_a_counter_in_a_field() -> None:
    """What hands the ports out keeps them in a structure; its constructor may be handed a start.
    A tree that no Cargo builds is one program."""
    counter = (
        "const FIRST: u16 = 49152;\npub struct Ports { ephemeral_counter: AtomicU16 }\n"
        "pub static PORTS: Ports = Ports::new();\nimpl Ports {\n    pub const fn new() -> Self {\n"
        "        Ports { ephemeral_counter: AtomicU16::new(FIRST) }\n    }\n"
        "    fn take(&self) -> u16 { self.ephemeral_counter.fetch_add(1, Relaxed) }\n}\n"
        "pub fn dial(s: &mut Socket, cx: &mut Context, to: IpEndpoint) {\n"
        "    s.connect(cx, to, PORTS.take());\n}\n"
    )
    assert found(board("", counter)) == [("unseeded-counter", "fail")]
    bare = {"kernel/src/lib.rs": BOARD.replace("HERE", "dial();") + counter}
    assert found(examine("NET001", bare)) == [("unseeded-counter", "fail")]
    handed = counter.replace("fn new()", "fn new(first: u16)").replace("new(FIRST)", "new(first)")
    assert found(board("", handed)) == []


OLDER = """
use smoltcp::iface::{{InterfaceBuilder, SocketSet}};
pub fn start(dev: Dev, rng: &mut Rng) {{
    let mut i = {0}InterfaceBuilder::new(dev){1}.finalize();
    let mut socket = i.get_socket::<TcpSocket>(handle);
    socket.connect({2}remote, 49500).unwrap();
}}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OLDER.format("", "", "cx, "), {("unseeded-counter", "fail"), ("smoltcp-seed", "warn")}),
        (OLDER.format("", ".random_seed(rng.next_u64())", "cx, "),
         {("unseeded-counter", "fail"), ("smoltcp-seed", "pass")}),
        (OLDER.format("Ethernet", "", ""), {("unseeded-counter", "fail")}),
        (OLDER.format("Ethernet", "", "").replace("49500", "port"), set()),
    ],
)  # fmt: skip
def test_the_builders_of_older_releases_of_smoltcp(
    text: str, expected: set[tuple[str, str]]
) -> None:
    """0.8 and 0.9 have InterfaceBuilder and take a seed; 0.7 has no seed and its sockets connect
    without a context."""
    result = examine("NET001", {"b/Cargo.toml": manifest("b"), "b/src/lib.rs": text})
    assert {(rule, verdict) for rule, verdict, _, _ in places(result)} == expected


LIBRARY = """
use smoltcp::socket::TcpSocket;
pub struct Stack<'a> {{ iface: Iface<'a>, next_port: RefCell<u16> }}
impl<'a> Stack<'a> {{
    pub fn new(iface: Iface<'a>) -> Self {{ Stack {{ iface, next_port: RefCell::new({0}) }} }}
    fn port(&self) -> u16 {{
        let now = *self.next_port.borrow();
        let (next, wrap) = self.next_port.borrow().overflowing_add(1);
        *self.next_port.borrow_mut() = if wrap {{ 49152 }} else {{ next }};
        now
    }}
    pub fn connect(&mut self, to: IpEndpoint) {{ self.socket::<TcpSocket>().{1}(to, self.port()); }}
}}
"""


@pytest.mark.parametrize(
    ("start", "call", "expected"),
    [
        ("49152", "connect", [("unseeded-counter", "fail")]),
        ("first", "connect", []),
        ("49152", "bind", []),
    ],
)
def test_a_library_that_counts_for_whoever_links_it(
    start: str, call: str, expected: list[tuple[str, str]]
) -> None:
    """It is handed the interface; no firmware of the tree makes one."""
    files = {"nal/Cargo.toml": manifest("nal"), "nal/src/lib.rs": LIBRARY.format(start, call)}
    assert found(examine("NET001", files)) == expected


def test_a_counter_of_32_bits_hands_out_no_port_of_tcp() -> None:
    """Ports of vsock have 32 bits, those of TCP 16: such a counter counts where it is narrowed."""
    counter = (
        "const FIRST: u32 = 49152;\npub struct Ports { next_ephemeral: u32 }\n"
        "impl Ports {\n    pub fn new() -> Self { Self { next_ephemeral: FIRST } }\n"
        "    pub fn take(&mut self) -> %s { self.next_ephemeral += 1; self.next_ephemeral%s }\n}\n"
        "pub fn dial(s: &mut Socket, cx: &mut Context, p: &mut Ports) {\n"
        "    s.connect(cx, to(), p.take());\n}\n"
    )
    assert found(board("", counter % ("u32", ""))) == []
    assert found(board("", counter % ("u16", " as u16"))) == [("unseeded-counter", "fail")]


FIELD = """
pub struct Net {{ next_port: u16 }}
impl Net {{
    pub fn new(seed: u16) -> Self {{ Self {{ next_port: {0} }} }}
    {1}
    pub fn dial(&mut self) {{
        self.next_port = self.next_port.wrapping_add(1);
        self.s.connect(self.cx(), to(), self.next_port);
    }}
}}
"""
SETTER = "pub fn {0}(&mut self, n: u16) {{ self.next_port = 49152 + n % 999; }}"


@pytest.mark.parametrize(
    ("counter", "expected"),
    [
        ("static NEXT: AtomicU16 = AtomicU16::new(49152);\n"
         "fn next() -> u16 { NEXT.fetch_add(1, Relaxed) }\n"
         "fn dial() { s.connect(cx, to, next()); }\n", ["fail"]),
        ("static mut NEXT: u16 = 0xC000;\nfn next() -> u16 { unsafe {\n"
         "    NEXT = if NEXT == 65535 { 49152 } else { NEXT + 1 }; NEXT } }\n"
         "fn dial() { s.connect(cx, to, next()); }\n", ["fail"]),
        ("fn dial() { let mut at = 49_152u16; loop { s.connect(cx, to, at); at += 1; } }\n",
         ["fail"]),
        (FIELD.format("49152", ""), ["fail"]),
        (FIELD.format("49152", SETTER.format("seed_port")), ["fail"]),
        (FIELD.format("49152 + seed % 999", ""), []),
        (FIELD.format("49152", SETTER.format("restart")), []),
        ("static LIMIT: u16 = 65535;\nfn dial() { s.connect(cx, to, any(LIMIT)); }\n", []),
    ],
)  # fmt: skip
def test_a_counter_of_any_name_a_field_and_a_local(counter: str, expected: list[str]) -> None:
    """What begins in the dynamic range and is counted up; whether somebody calls a setter that is
    not named for seeding is not looked at."""
    found_ = [v for r, v in found(board("", counter)) if r == "unseeded-counter"]
    assert found_ == expected


def test_a_method_that_seeds_is_called() -> None:
    """The structure that counts has the function."""
    counter = FIELD.format("49152", SETTER.format("seed_port"))
    here = "let t = semihosting_time(); net.seed_port(t as u16);"
    assert ("unseeded-counter", "pass") in found(board(here, counter))
    assert ("unseeded-counter", "fail") in found(board("net.seed_port(7);", counter))


GENERATOR = """
static mut RNG_STATE: u32 = 0x1234_5678;
pub fn seed(value: u32) {
    unsafe { RNG_STATE = if value == 0 { 1 } else { value } }
}
fn next() -> u32 {
    unsafe {
        let mut x = RNG_STATE;
        x ^= x << 13;
        RNG_STATE = x;
        x
    }
}
#[unsafe(no_mangle)]
pub extern "C" fn z_random_u32() -> u32 { next() }
"""


def generator(board: str, rust: str = GENERATOR) -> dict[str, str | bytes]:
    """A platform crate with a generator, and a board crate that needs it."""
    return {
        "platform/Cargo.toml": '[package]\nname = "my-platform"\n',
        "platform/src/lib.rs": "#![no_std]\n" + rust,
        "board/Cargo.toml": '[package]\nname = "board"\n'
        '[dependencies]\nmy-platform = { path = "../platform" }\n',
        "board/src/lib.rs": "#![no_std]\n" + board,
    }


def test_session_ids_from_a_generator_that_nobody_seeds_are_equal() -> None:
    """Two nodes draw the same id; the place is where the generator begins."""
    result = examine("NET001", generator("pub fn init() {}\n"))
    warned = [f for f in result.findings if f.rule == "NET001.constant-session-id"]
    assert [(f.verdict, f.place.path, f.place.line) for f in warned] == [
        (Verdict.WARN, "platform/src/lib.rs", 3)
    ]
    assert "seed() is never called" in warned[0].message


def test_a_seeder_called_by_any_path_is_called() -> None:
    """Through the crate's name, a `use`, a rename, from the crate itself."""
    for board in (
        "pub fn init(v: u32) { my_platform::seed(v); }",
        "use my_platform::seed;\npub fn init(v: u32) { seed(v); }",
        "use my_platform as platform;\npub fn init(v: u32) { platform::seed(v); }",
        "use my_platform::{next, seed};\npub fn init(v: u32) { seed(v); }",
    ):
        result = examine("NET001", generator(board))
        assert not any(f.rule == "NET001.constant-session-id" for f in result.findings), board
    own = GENERATOR + "pub fn start(v: u32) { seed(v); }\n"
    result = examine("NET001", generator("", own))
    assert not any(f.rule == "NET001.constant-session-id" for f in result.findings)


def test_the_seeder_of_another_crate_is_another_one() -> None:
    """A call that names a crate means that crate."""
    files = generator("pub fn init(v: u32) { other_platform::seed(v); }")
    files["other/Cargo.toml"] = '[package]\nname = "other-platform"\n'
    files["other/src/lib.rs"] = "#![no_std]\npub fn seed(_value: u32) {}\n"
    result = examine("NET001", files)
    assert any(f.rule == "NET001.constant-session-id" for f in result.findings)


def test_generators_with_entropy_or_of_programs_with_processes_are_left_alone() -> None:
    """A clock that is mixed in, a hardware generator that sets the state, no zenoh-pico, a host."""
    for rust in (
        GENERATOR.replace("x ^= x << 13;", "x ^= read_cycle_counter();"),
        GENERATOR + "pub fn init() { unsafe { RNG_STATE = hardware_random(); } }\n",
        GENERATOR.replace("z_random_u32", "jitter"),
        "use std::process::Command;\n" + GENERATOR,
    ):
        result = examine("NET001", generator("", rust))
        assert not any(f.rule == "NET001.constant-session-id" for f in result.findings), rust


def test_generators_in_c_are_seen() -> None:
    """A port's `random_fill` over a static that no function sets, or that none calls."""
    port = """
static uint64_t s_rng_state = 0x9E3779B97F4A7C15ULL;
void port_seed(uint32_t value) { s_rng_state = value | 1u; }
static uint64_t rng_next(void) {
    uint64_t x = s_rng_state; x ^= x << 13; s_rng_state = x; return x;
}
uint32_t my_platform_random_u32(void) { return (uint32_t) rng_next(); }
"""
    files: dict[str, str | bytes] = {"src/platform.c": port}
    result = examine("NET001", files)
    assert [f.place.line for f in result.findings if f.verdict is Verdict.WARN] == [2]
    files["src/board.c"] = "void port_seed(uint32_t);\nvoid up(void) { port_seed(read_rng()); }\n"
    assert not any(f.verdict is Verdict.WARN for f in examine("NET001", files).findings)
    files = {"src/platform.c": "#include <unistd.h>\n" + port}
    assert not any(f.verdict is Verdict.WARN for f in examine("NET001", files).findings)
