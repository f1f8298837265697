"""NET001: which code is a program of the tree's own, and which header names the generator."""

import pytest

from pitfalls import Verdict
from pitfalls.testing import examine, places
from tests.checks.test_ephemeral_port_conflict import COUNTER, NET, board, found

NETX = """void go(void) { nx_system_initialize(); }
void dial(void) { nx_tcp_client_socket_connect(&s, a, 1, 9); }
"""


@pytest.mark.parametrize(
    ("macro", "expected"),
    [
        ("board_random", "unknown"),
        ("HAL_RNG_Get", "pass"),
        ("rand", "fail"),
    ],
)
def test_the_port_of_netx_defines_the_generator(macro: str, expected: str) -> None:
    """In `nx_port.h`, where `nx_user.h` says nothing."""
    files = {
        "CMakeLists.txt": "", "inc/nx_user.h": "\n", "src/app.c": NETX,
        "port/inc/nx_port.h": f"#ifndef NX_RAND\n#define NX_RAND {macro}\n#endif\n",
    }  # fmt: skip
    assert found(examine("NET001", files)) == [("constant-rng", expected)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/net.c", ["fail"]),
        ("doc/sample.c", []),
        ("lib/usbstack/examples/device/webserver/main.c", []),
        ("examples/webserver/main.c", ["fail"]),
    ],
)
def test_samples_of_a_manual_or_a_library_are_no_programs(path: str, expected: list[str]) -> None:
    """Examples of the tree itself are."""
    files = {
        "CMakeLists.txt": "", "lwipopts.h": "#define LWIP_RAND() rand()\n",
        path: NET.replace("HERE", ""),
    }  # fmt: skip
    rows = places(examine("NET001", files), Verdict.FAIL)
    assert [verdict for _, verdict, _, _ in rows] == expected


@pytest.mark.parametrize("name", ["NEXT_UNIX_PORT", "UDP_PORT"])
def test_ports_of_other_protocols_are_no_local_ports_of_tcp(name: str) -> None:
    """A counter that is named for datagrams or for sockets of the host."""
    assert found(board("", COUNTER.replace("NEXT_PORT", name).replace("s.connect", "s.send"))) == []


def test_the_stack_itself_is_no_program() -> None:
    """`tcpip_init` of lwIP calls `lwip_init`; whoever calls that is looked at."""
    files = {
        "Makefile": "", "lwipopts.h": "\n",
        "api/tcpip.c": "void tcpip_init(void *f, void *a)\n{\n    lwip_init();\n}\n",
        "api/sockets.c": "int f(int s) { return lwip_connect(s, &a, 4); }\n",
    }  # fmt: skip
    assert found(examine("NET001", files)) == []
    files["main.c"] = "int main(void) { tcpip_init(0, 0); }\n"
    rows = places(examine("NET001", files), Verdict.FAIL)
    assert rows == [("constant-rng", "fail", "main.c", 1)]


GLUE = """{kind}void init_network(uint32_t ip) {{ {seed} tcpip_init(done, 0); }}
int dial(int s) {{ return lwip_connect(s, &a, 4); }}
"""


@pytest.mark.parametrize(("kind", "expected"), [("", ["fail", "warn"]), ("static ", ["warn"])])
def test_a_seed_in_another_definition_of_the_same_function(kind: str, expected: list[str]) -> None:
    """No image links both, so the seed of one is none for the other; functions of one file may
    stand beside one another."""
    files = {
        "board/Cargo.toml": '[package]\nname = "board"\n',
        "board/config/lwipopts.h": "#define LWIP_RAND() ((uint32_t)rand())\n",
        "board/startup.c": GLUE.format(kind=kind, seed="board_seed_rng(ip);"),
        "board/c/glue.c": GLUE.format(kind=kind, seed="srand(ip);"),
    }
    rows = places(examine("NET001", files))
    assert sorted(verdict for _, verdict, _, _ in rows) == expected
