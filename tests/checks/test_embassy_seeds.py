"""NET001: embassy-net of older releases, crates of several programs, counters below 49152."""

import pytest

from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

MANIFEST = '[package]\nname = "probe"\nversion = "0.1.0"\n'
PROGRAM = """#![no_std]
use embassy_net::{{tcp::TcpSocket, Stack, StackResources}};
async fn main(spawner: Spawner) {{
    let mut rng = Rng::new(p.RNG);
    {seed}
    let resources = keep!(StackResources<3>, StackResources::<3>::new());
    let stack = &*keep!(Stack<Dev>, {made}(dev, config, resources, seed));
    let mut socket = TcpSocket::new(stack, &mut rx, &mut tx);
    socket.connect(remote).await.unwrap();
}}
"""


def found(files: dict[str, str]) -> list[tuple[str, str, str]]:
    """Rule, verdict and path of every finding."""
    result: PitfallResult = examine("NET001", {"Cargo.toml": MANIFEST, **files})
    return [(rule, verdict, path) for rule, verdict, path, _ in places(result)]


@pytest.mark.parametrize("made", ["Stack::new", "embassy_net::Stack::new", "embassy_net::new"])
def test_a_stack_is_seeded_by_its_last_argument(made: str) -> None:
    """`Stack::new` up to embassy-net 0.4, `new` since."""
    path = "src/main.rs"
    constant = PROGRAM.format(made=made, seed="let seed = 1234;")
    assert found({path: constant}) == [("unseeded-counter", "fail", path)]
    drawn = PROGRAM.format(made=made, seed="let seed = (rng.random() as u64) << 32 | 7;")
    assert found({path: drawn}) == [("unseeded-counter", "pass", path)]


def test_the_function_may_be_imported_by_another_name() -> None:
    """`use embassy_net::new as new_stack`."""
    text = "use embassy_net::new as new_stack;\n" + PROGRAM.format(
        made="new_stack", seed="let seed = 1234;"
    )
    assert found({"src/main.rs": text}) == [("unseeded-counter", "fail", "src/main.rs")]


def test_a_client_of_connections_dials() -> None:
    """Which an HTTP library then asks to."""
    text = PROGRAM.format(made="Stack::new", seed="let seed = 1234;")
    text = text.replace("socket.connect(remote).await.unwrap()", "TcpClient::new(stack, &state)")
    assert found({"src/main.rs": text}) == [("unseeded-counter", "fail", "src/main.rs")]


def test_another_stack_is_none() -> None:
    """Of a file that has nothing to do with embassy-net, or without its four arguments."""
    text = PROGRAM.format(made="Stack::new", seed="let seed = 1234;")
    assert found({"src/main.rs": text.replace("embassy_net", "other")}) == []
    assert found({"src/main.rs": text.replace("config, ", "")}) == []


def test_each_program_of_a_crate_is_judged() -> None:
    """A crate of examples has one stack in each; one that only listens dials nobody."""
    bad = PROGRAM.format(made="embassy_net::new", seed="let seed = 42;")
    good = PROGRAM.format(made="embassy_net::new", seed="let seed = rng.next_u64();")
    files = {
        "src/bin/a.rs": good, "src/bin/b.rs": bad, "examples/c.rs": bad,
        "src/bin/listens.rs": bad.replace(".connect(remote)", ".accept(80)"),
    }  # fmt: skip
    assert found(files) == [
        ("unseeded-counter", "fail", "examples/c.rs"),
        ("unseeded-counter", "fail", "src/bin/b.rs"),
        ("unseeded-counter", "pass", "src/bin/a.rs"),
    ]


def test_what_the_library_dials_is_not_what_an_example_dials() -> None:
    """Each has a stack of its own."""
    listens = PROGRAM.format(made="Stack::new", seed="let seed = 42;").replace("connect", "accept")
    files = {"src/lib.rs": COUNTS.replace("FIRST", "41000"), "examples/a.rs": listens}
    rules = [row for row in found(files | {"examples/b.rs": listens}) if row[1] == "fail"]
    assert rules == [("unseeded-counter", "fail", "src/lib.rs")]


COUNTS = """
use smoltcp::iface::{Config, Interface};
pub fn start(dev: &mut Dev) -> Net {
    let mut config = Config::new(MAC);
    config.random_seed = rng.next_u64();
    Net { iface: Interface::new(config, dev, Instant::ZERO), local_port: RefCell::new(FIRST) }
}
impl Net {
    fn next_local_port(&self) -> u16 {
        let mut local_port = self.local_port.borrow_mut();
        *local_port += 1;
        *local_port
    }
    pub fn open(&self, to: IpEndpoint) {
        self.socket().connect(self.iface.context(), to, self.next_local_port()).unwrap();
    }
}
"""


def test_a_counter_of_local_ports_may_begin_anywhere() -> None:
    """Its name tells what it counts; a random start is none."""
    path = "src/lib.rs"
    rows = [("smoltcp-seed", "pass", path), ("unseeded-counter", "fail", path)]
    assert found({path: COUNTS.replace("FIRST", "41000")}) == rows
    assert found({path: COUNTS.replace("FIRST", "80")}) == rows[:1]
    drawn = COUNTS.replace("RefCell::new(FIRST)", "RefCell::new(41000 + (random() % 999) as u16)")
    assert found({path: drawn}) == rows[:1]
