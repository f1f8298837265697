"""NET004: who is started first, and what the other waits for."""

import pytest

from pitfalls import Verdict
from pitfalls.formats import compose_services, terminal_recipes
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

HELPER = """
pub struct Node(Child);
impl Node {
    pub fn start(program: &str, arguments: &[&str]) -> Node {
        Node(Command::new(program).args(arguments).spawn().unwrap())
    }
    pub fn wait_for(&mut self, pattern: &str, timeout: Duration) -> Result<String, Error> {
        loop {
            if start.elapsed() > timeout { return LATE; }
            if self.text().contains(pattern) { return Ok(self.text()); }
        }
    }
}
"""
STRICT = HELPER.replace("LATE", "Err(Error::Timeout)")
LENIENT = HELPER.replace("LATE", "Ok(self.text())")
LISTENER = '    let mut listener = Node::start("listener", &[]);\n'
TALKER = '    let mut talker = Node::start("talker", &[]);\n'
FINITE = '    let mut talker = Node::start("talker", &["--count", "10"]);\n'
READY = '    listener.wait_for("subscribed", Duration::from_secs(5)).unwrap();\n'
ASK = "    sleep(Duration::from_secs(3));\n    talker.kill();\n    listener.output();\n"


def run(body: str, helper: str = STRICT, name: str = "chatter") -> PitfallResult:
    """One test with that body beside the helper."""
    text = f"#[test]\nfn {name}() {{\n{body}}}\n"
    return examine("NET004", {"tests/net.rs": text, "tests/support/mod.rs": helper})


def test_a_strict_wait_between_listener_and_talker_passes() -> None:
    """The helper's body is part of the evidence."""
    result = run(LISTENER + READY + TALKER + ASK)
    assert result.verdict is Verdict.PASS
    assert any("Node::wait_for" in hop.message for hop in result.findings[0].related)


def test_a_helper_that_succeeds_on_timeout_establishes_nothing() -> None:
    """The warning stands where the helper returns success."""
    result = run(LISTENER + READY + TALKER + ASK, LENIENT)
    assert places(result, Verdict.WARN) == [
        ("lenient-readiness", "warn", "tests/support/mod.rs", 9)
    ]


def test_a_helper_that_looks_again_when_the_time_is_up_is_strict() -> None:
    """Success on time-out is right when the text is there after all."""
    helper = HELPER.replace("LATE", "if self.text().contains(pattern) { Ok(x) } else { Err(y) }")
    assert run(LISTENER + READY + TALKER + ASK, helper).verdict is Verdict.PASS


def test_a_result_that_is_thrown_away_makes_a_sleep_of_a_wait() -> None:
    """`let _ =` lets the test go on as if the listener were ready."""
    dropped = READY.replace("listener.wait", "let _ = listener.wait").replace(".unwrap()", "")
    result = run(LISTENER + dropped + TALKER + ASK)
    assert places(result, Verdict.WARN) == [("lenient-readiness", "warn", "tests/net.rs", 4)]


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [("subscribed to /chatter", Verdict.PASS), ("subscribed to {}", Verdict.PASS),
     ("waiting for messages", Verdict.WARN)],
)  # fmt: skip
def test_what_is_waited_for_is_printed_somewhere(printed: str, verdict: Verdict) -> None:
    """A marker that no program prints can never come; a placeholder may complete it."""
    ready = READY.replace("subscribed", "subscribed to /chatter")
    test = f"#[test]\nfn chatter() {{\n{LISTENER}{ready}{TALKER}{ASK}}}\n"
    program = f'fn main() {{\n    println!("{printed}", topic);\n}}\n'
    files: dict[str, str | bytes] = {
        "tests/net.rs": test,
        "tests/support/mod.rs": STRICT,
        "examples/listener/src/main.rs": program,
    }
    assert examine("NET004", files).verdict is verdict


def test_finite_publisher_first_fails() -> None:
    """What it publishes before the subscription has arrived is lost."""
    result = run(FINITE + LISTENER + ASK)
    assert places(result, Verdict.FAIL) == [("publisher-first", "fail", "tests/net.rs", 3)]


def test_client_before_server_fails() -> None:
    """A request that nobody answers is not repeated."""
    client = '    let client = Node::start("add-client", &[]);\n'
    server = '    let mut server = Node::start("add-server", &[]);\n    server.output();\n'
    assert run(client + server).verdict is Verdict.FAIL
    assert run(client + server, name="client_waits_without_server").verdict is (
        Verdict.NOT_APPLICABLE
    )


def test_endless_publisher_first_is_no_failure() -> None:
    """Later messages arrive; a test about the order is a note too."""
    assert run(TALKER + LISTENER + ASK).verdict is Verdict.NOT_APPLICABLE
    assert run(FINITE + LISTENER + ASK, name="late_joiner_misses").verdict is (
        Verdict.NOT_APPLICABLE
    )


def test_cache_and_history_make_the_order_irrelevant() -> None:
    """Both sides are needed."""
    cached = FINITE.replace('"10"', '"10", "--cache"')
    history = LISTENER.replace("&[]", '&["--history"]')
    assert run(cached + history + ASK).verdict is Verdict.NOT_APPLICABLE
    assert run(cached + LISTENER + ASK).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("sleep", "verdict", "noted"),
    [("", Verdict.WARN, False), ("from_millis(500)", Verdict.WARN, True),
     ("from_secs(1)", Verdict.WARN, True), ("from_secs(2)", Verdict.PASS, True),
     ("from_secs(5)", Verdict.PASS, False), ("from_secs(SETTLE)", Verdict.UNKNOWN, False)],
)  # fmt: skip
def test_fixed_sleeps(sleep: str, verdict: Verdict, noted: bool) -> None:
    """At most one second is too short; below five is a note of the original rule."""
    line = f"    sleep(Duration::{sleep});\n" if sleep else ""
    result = run(LISTENER + line + TALKER + ASK)
    assert result.verdict is verdict
    assert any(f.rule == "NET004.fixed-five-seconds" for f in result.findings) is noted


def test_waiting_for_the_receiver_while_the_publisher_runs_is_enough() -> None:
    """An endless publisher against an at-least-one assertion."""
    asks = '    listener.wait_for("I heard", Duration::from_secs(20)).unwrap();\n'
    assert run(LISTENER + TALKER + asks).verdict is Verdict.NOT_APPLICABLE


def test_concurrency_tests_and_unobserved_receivers_are_left_out() -> None:
    """A test that starts all at once on purpose, and one that asks nothing of the receiver."""
    assert run(LISTENER + TALKER + ASK, name="concurrent_start").verdict is Verdict.NOT_APPLICABLE
    assert run(LISTENER + TALKER + "    talker.output();\n").verdict is Verdict.NOT_APPLICABLE


def test_waits_in_a_loop_over_all_listeners_count() -> None:
    """The loop variable is named for the same side."""
    push = '    let proc = Node::start("listener", &[]);\n    all.push(proc);\n'
    loop = "    for listener in &mut all {\n    " + READY + "    }\n"
    assert run(push + loop + TALKER + ASK).verdict is Verdict.PASS


def test_a_router_is_no_receiver() -> None:
    """The word listener for an endpoint of a router, and single-role tests."""
    router = '    let listener = ZenohRouter::start("listener");\n'
    helper = STRICT + "impl ZenohRouter { fn start(x: &str) { Command::new(x).spawn(); } }\n"
    assert run(router + TALKER + ASK, helper).verdict is Verdict.NOT_APPLICABLE
    assert run(LISTENER + READY + "    listener.output();\n").verdict is Verdict.NOT_APPLICABLE


def test_shell_scripts() -> None:
    """A foreground publisher ends; sleep and wait helpers between the two count."""
    script = "#!/bin/sh\nzenohd &\n./z_sub &\nsleep {}\n./z_pub -n 10\n"
    assert examine("NET004", {"tests/e2e.sh": script.format(2)}).verdict is Verdict.PASS
    assert examine("NET004", {"tests/e2e.sh": script.format(0.5)}).verdict is Verdict.WARN
    wrong = "#!/bin/sh\nzenohd &\n./z_pub -n 10 &\n./z_sub\n"
    assert examine("NET004", {"tests/e2e.sh": wrong}).verdict is Verdict.FAIL


def test_a_client_that_goes_on_while_the_script_waits_for_the_server() -> None:
    """It may ask again until the server answers: a warning. One with a count fails, and so does
    a client that the script waits for."""
    script = "#!/bin/sh\nzenohd &\n./rpc_client -a 2{} &\n./rpc_server -t\n"
    assert examine("NET004", {"tests/e2e.sh": script.format("")}).verdict is Verdict.WARN
    counted = script.format(" --count 3")
    assert examine("NET004", {"tests/e2e.sh": counted}).verdict is Verdict.FAIL
    counted = script.format(" -c 3")
    assert examine("NET004", {"tests/e2e.sh": counted}).verdict is Verdict.FAIL
    assert examine("NET004", {"tests/e2e.sh": script.format(" -c vcan0")}).verdict is Verdict.WARN
    both = script.format("").replace("-t", "-t &")
    assert examine("NET004", {"tests/e2e.sh": both}).verdict is Verdict.FAIL


def test_compose_conditions() -> None:
    """service_healthy is a wait, service_started is none."""
    text = """
services:
  listener:
    command: build/listener
  talker:
    command: build/talker
    depends_on:
      listener:
        condition: {}
"""
    healthy = {"compose.yaml": text.format("service_healthy")}
    assert examine("NET004", healthy).verdict is Verdict.PASS
    started = {"compose.yaml": text.format("service_started")}
    assert examine("NET004", started).verdict is Verdict.WARN


DOCUMENT = """
```sh
# Terminal 1: router
zenohd
# Terminal 2: talker
{}
# Terminal 3: listener
./listener
```
"""


def test_documents() -> None:
    """A finite publisher first fails, an endless one is a warning, records are left out."""
    finite = DOCUMENT.format("./talker --count 5")
    assert places(examine("NET004", {"README.md": finite}), Verdict.FAIL) == [
        ("docs-order", "fail", "README.md", 5)
    ]
    endless = DOCUMENT.format("./talker")
    assert examine("NET004", {"README.md": endless}).verdict is Verdict.WARN
    right = endless.replace("2: talker\n./talker", "2: listener\n./listener", 1).replace(
        "3: listener\n./listener", "3: talker\n./talker"
    )
    assert examine("NET004", {"README.md": right}).verdict is Verdict.PASS
    past = {"docs/archived/plan.md": finite}
    assert examine("NET004", past).verdict is Verdict.NOT_APPLICABLE


def test_debuggers_are_no_peers() -> None:
    """A GDB server and the GDB that asks it publish nothing; a debug build's talker does."""
    text = "# Debug\n- Terminal 1 - GDB server\n- Terminal 2 - GDB client\n"
    assert examine("NET004", {"README.md": text}).verdict is Verdict.NOT_APPLICABLE
    finite = DOCUMENT.format("target/debug/talker --count 5").replace("./l", "target/debug/l")
    assert examine("NET004", {"README.md": finite}).verdict is Verdict.FAIL


def test_printed_instructions() -> None:
    """What a recipe tells people to do counts like a document."""
    just = 'demo:\n    echo "Terminal 1: ./talker --count 3"\n    echo "Terminal 2: ./listener"\n'
    assert places(examine("NET004", {"justfile": just}), Verdict.FAIL) == [
        ("docs-order", "fail", "justfile", 2)
    ]


PLAN = """# Task
- [ ] **Step 1: Add the struct**

```rust
pub struct Options;
```

- [ ] **Step 2: Try it** with the router in terminal 1

- [ ] **Step 3: Commit**

```sh
git add src/subscriber.rs
```
"""


def test_steps_of_a_plan_are_no_terminals() -> None:
    """A block of source code starts no process: Rust's `pub` publishes nothing. Items of a task
    list are work to do, and steps are not counted together with terminals."""
    for plan in (PLAN, PLAN.replace("- [ ] ", ""), PLAN.replace("rust", "sh")):
        assert examine("NET004", {"docs/plan.md": plan}).verdict is Verdict.NOT_APPLICABLE
    mixed = "Step 1: check with\n`./talker` in terminal 1\n\nStep 2: run\n./listener\n"
    assert examine("NET004", {"docs/plan.md": mixed}).verdict is Verdict.NOT_APPLICABLE
    steps = DOCUMENT.format("./talker --count 5").replace("# Terminal", "# Step")
    told = {"README.md": steps + "\nThe router of terminal 1 stays.\n"}
    assert examine("NET004", told).verdict is Verdict.FAIL


def test_terminal_recipes_end_at_headings_and_at_terminal_one() -> None:
    """Two recipes of one document are two."""
    text = b"Terminal 1\na\nTerminal 2\nb\n# Next\nTerminal 1\nc\nTerminal 2\nd\n"
    found = terminal_recipes.parse_document(text)
    assert found is not None
    assert [[t.line for t in recipe] for recipe in found.recipes] == [[1, 3], [6, 8]]
    assert terminal_recipes.parse_document(b"Terminal 1 alone\n") is None


def test_compose_services_of_other_yaml() -> None:
    """A YAML file without services has none; a list of dependencies means started."""
    assert compose_services.parse(b"- services\n") is None
    found = compose_services.parse(b"services:\n  a:\n    depends_on: [b]\n  b: {}\n")
    assert found is not None
    assert found.services[0].depends == {"b": "service_started"}


@pytest.mark.parametrize(
    ("between", "rule", "verdict"),
    [
        ("", "no-settle", "warn"),
        ("sleep 0.5\n", "no-settle", "warn"),
        ("sleep 2\n", "publisher-first", "pass"),
        ("until grep -q Ready log; do sleep 0.1; done\n", "publisher-first", "pass"),
        ("for i in 1 2 3; do grep -q Ready log && break; sleep 0.1; done\n", "lenient-readiness",
         "warn"),
        ("timeout 9 tail -f log | grep -q Ready || exit 1\n", "publisher-first", "pass"),
        ("grep -q Ready log\n", "no-settle", "warn"),
    ],
)  # fmt: skip
def test_a_script_without_a_router_in_it(between: str, rule: str, verdict: str) -> None:
    """Listener and talker are enough; a look at the log that is repeated is a wait."""
    text = f"./listener > log &\n{between}./talker --count 5\n"
    found = [(r, v) for r, v, _, _ in places(examine("NET004", {"t.sh": text})) if v != "note"]
    assert (rule, verdict) in found
    turned = "./talker --count 5 &\n./listener\n"
    result = examine("NET004", {"t.sh": turned})
    assert ("publisher-first", "fail", "t.sh", 1) in places(result)


def test_a_publisher_that_has_ended_is_no_peer_of_what_comes_later() -> None:
    """A script that ends the first pair of runs starts another pair afterwards."""
    script = "./talker -n 5 &\nT=$!\nsleep 1\n{}\n./listener &\nsleep 3\n./talker -n 5\n"
    ended = examine("NET004", {"t.sh": script.format("kill $T")})
    assert ended.verdict is Verdict.PASS
    alive = examine("NET004", {"t.sh": script.format("kill -0 $T")})
    assert alive.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("sleep", "verdict"),
    [("${SETTLE:-3}", Verdict.PASS), ("${SETTLE:-0.2}", Verdict.WARN), ("$1", Verdict.UNKNOWN)],
)
def test_a_sleep_by_a_variable(sleep: str, verdict: Verdict) -> None:
    """The default of a variable counts; without one the time is not known."""
    script = f"./listener &\nsleep {sleep}\n./talker -n 5\n"
    assert examine("NET004", {"t.sh": script}).verdict is verdict
