"""NET004: a wait whose failure does not stop the test, or the script, is no proof."""

import pytest

from pitfalls import Verdict
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
            if start.elapsed() > timeout { return Err(Error::Timeout); }
            if self.text().contains(pattern) { return Ok(self.text()); }
        }
    }
    pub fn wait_true(&mut self, pattern: &str, timeout: Duration) -> bool {
        while start.elapsed() < timeout {
            if self.text().contains(pattern) { return true; }
        }
        false
    }
    pub fn wait_text(&mut self, pattern: &str, timeout: Duration) -> String {
        while start.elapsed() < timeout && !self.text().contains(pattern) {}
        self.text()
    }
    pub fn wait_or_panic(&mut self, pattern: &str, timeout: Duration) {
        while !self.text().contains(pattern) {
            assert!(start.elapsed() < timeout, "not ready");
        }
    }
    pub fn wait_through(&mut self, timeout: Duration) {
        self.wait_or_panic("ready", timeout);
    }
    pub fn wait_silently(&mut self, pattern: &str, timeout: Duration) {
        while start.elapsed() < timeout && !self.text().contains(pattern) {}
    }
}
"""
TEST = """#[test]
fn chatter() {{
    let mut listener = Node::start("listener", &[]);
    {}
    let mut talker = Node::start("talker", &[]);
    sleep(Duration::from_secs(3));
    talker.kill();
    listener.output();
}}
"""
WAIT = 'listener.wait_for("subscribed", LIMIT)'


def run(wait: str) -> PitfallResult:
    """One test with that statement between listener and talker."""
    return examine("NET004", {"tests/net.rs": TEST.format(wait), "tests/support/mod.rs": HELPER})


@pytest.mark.parametrize(
    "wait",
    [
        f"{WAIT}.ok();",
        f"{WAIT}.unwrap_or_default();",
        f"{WAIT}.unwrap_or(String::new());",
        f"{WAIT}.unwrap_or_else(|e| e.to_string());",
        f"let _ = {WAIT};",
        f"let _ready = {WAIT};",
        f"let out = {WAIT}.unwrap_or_default();\n    println!(\"{{}}\", out);",
        f"drop({WAIT});",
        f"{WAIT};",
        f"{WAIT}.is_ok();",
        f'if {WAIT}.is_err() {{ eprintln!("not ready, going on"); }}',
        f'match {WAIT} {{ Ok(out) => println!("{{out}}"), Err(e) => eprintln!("{{e}}") }}',
        f'if let Err(e) = {WAIT} {{ eprintln!("{{e}}"); }}',
        f'if let Ok(out) = {WAIT} {{ println!("{{out}}"); }}',
        'listener.wait_true("subscribed", LIMIT);',
        'listener.wait_text("subscribed", LIMIT);',
        'let out = listener.wait_text("subscribed", LIMIT);',
        'let out = listener.wait_text("subscribed", LIMIT);\n    eprintln!("{}", out);',
        'if !listener.wait_true("subscribed", LIMIT) { log::warn!("late"); }',
        'listener.wait_silently("subscribed", LIMIT);',
    ],
)  # fmt: skip
def test_a_wait_whose_failure_goes_by(wait: str) -> None:
    """The test goes on as if the listener were ready: a warning at the wait, and no pass."""
    result = run(wait)
    assert [p[:3] for p in places(result, Verdict.WARN)] == [
        ("lenient-readiness", "warn", "tests/net.rs")
    ]
    assert not places(result, Verdict.PASS)


@pytest.mark.parametrize(
    "wait",
    [
        f"{WAIT}.unwrap();",
        f'{WAIT}.expect("ready");',
        f"{WAIT}?;",
        f"{WAIT}.await.unwrap();",
        f'{WAIT}.map_err(|e| e.to_string()).expect("ready");',
        f'{WAIT}.unwrap_or_else(|e| panic!("{{e}}"));',
        f'{WAIT}.unwrap_or_else(|e| {{ listener.kill(); panic!("{{e}}") }});',
        f"assert!({WAIT}.is_ok());",
        f'assert!(matches!({WAIT}, Ok(_)), "late");',
        f"let ready = {WAIT};\n    assert!(ready.is_ok());",
        f"let out = {WAIT}.unwrap_or_default();\n    assert!(out.contains(\"subscribed\"));",
        f'if {WAIT}.is_err() {{ panic!("late"); }}',
        f"if {WAIT}.is_err() {{ return; }}",
        f'match {WAIT} {{ Ok(out) => println!("{{out}}"), Err(e) => panic!("{{e}}") }}',
        f'let Ok(out) = {WAIT} else {{ panic!("late") }};',
        f'if let Ok(out) = {WAIT} {{ println!("x"); }} else {{ panic!("late"); }}',
        'assert!(listener.wait_true("subscribed", LIMIT));',
        'let ready = listener.wait_true("subscribed", LIMIT);\n    if !ready { panic!("late"); }',
        'let out = listener.wait_text("subscribed", LIMIT);\n    assert!(out.contains("su"));',
        'listener.wait_or_panic("subscribed", LIMIT);',
        "listener.wait_through(LIMIT);",
        f"let out = {WAIT};\n    let out = out.unwrap();",
    ],
)  # fmt: skip
def test_a_wait_whose_failure_stops_the_test(wait: str) -> None:
    """Strict, wherever the failure is looked at."""
    result = run(wait)
    assert result.verdict is Verdict.PASS, [f.message for f in result.findings]


@pytest.mark.parametrize(
    ("wait", "decides"),
    [
        (f"note_readiness({WAIT});", "what becomes of the result"),
        (f"let out = {WAIT};\n    judge(&out);", "what becomes of the result"),
        ("listener.wait_elsewhere();", "the body"),
    ],
)
def test_a_wait_whose_failure_is_handed_on(wait: str, decides: str) -> None:
    """A function that is not followed may stop the test, or not."""
    result = run(wait)
    assert result.verdict is Verdict.UNKNOWN, [f.message for f in result.findings]
    assert any(decides in f.message for f in result.findings)


@pytest.mark.parametrize(
    "body",
    [
        "for _ in 0..50 { if self.has(pattern) { return Ok(()); } nap(); }\n        Ok(())",
        "while start.elapsed() < timeout { if self.has(pattern) { break; } }\n        Ok(())",
        "let _ = self.rx.recv_timeout(timeout);\n        Ok(())",
        "loop { if self.has(pattern) || now() > deadline { return Ok(()); } }",
    ],
)
def test_a_helper_that_cannot_fail(body: str) -> None:
    """It returns success in the end, whatever it saw: the warning stands in the helper."""
    helper = HELPER.split("    pub fn wait_for")[0] + (
        "    pub fn wait_for(&self, pattern: &str, timeout: Duration) -> Result<(), Error> {\n"
        f"        {body}\n    }}\n}}\n"
    )
    files: dict[str, str | bytes] = {
        "tests/net.rs": TEST.format(WAIT + ".unwrap();"), "tests/support/mod.rs": helper
    }  # fmt: skip
    found = places(examine("NET004", files))
    assert [p[:3] for p in found] == [("lenient-readiness", "warn", "tests/support/mod.rs")]


STRICT = (
    "wait_for() {\n  for i in 1 2 3; do\n    grep -q Ready log && return 0\n    sleep 1\n  done\n"
)
SCRIPT = "#!/bin/bash\n{}./listener > log &\n{}\n./talker -n 5\n"


@pytest.mark.parametrize(
    ("head", "between"),
    [
        (STRICT + "  return 0\n}\n", "wait_for || exit 1"),
        (STRICT + "  echo late\n}\n", "wait_for || exit 1"),
        (STRICT + "}\n", "wait_for || exit 1"),
        (STRICT + "  true\n}\nset -e\n", "wait_for"),
        (STRICT + "  return 1\n}\n", "wait_for"),
        (STRICT + "  return 1\n}\nset -e\n", "wait_for || true"),
        (STRICT + "  return 1\n}\nset -e\n", "wait_for || echo late"),
        (STRICT + "  return 1\n}\n", "if ! wait_for; then echo late; fi"),
        ("", "for i in 1 2 3; do grep -q Ready log && break; sleep 1; done"),
        ("", "n=0; until grep -q Ready log; do [ $n -gt 9 ] && break; n=$((n+1)); sleep 1; done"),
        ("", "while [ $n -lt 9 ] && ! grep -q Ready log; do n=$((n+1)); sleep 1; done"),
        ("", "timeout 9 tail -f log | grep -q Ready"),
        ("", "timeout 9 sh -c 'until grep -q Ready log; do sleep 1; done'"),
        ("", "./wait-for-it.sh localhost:7447 -t 9"),
    ],
)
def test_a_wait_of_a_script_whose_failure_goes_by(head: str, between: str) -> None:
    """A helper that returns 0 when the time is up, and a status that nobody looks at."""
    result = examine("NET004", {"t.sh": SCRIPT.format(head, between)})
    assert [p[:3] for p in places(result)] == [("lenient-readiness", "warn", "t.sh")]


@pytest.mark.parametrize(
    ("head", "between"),
    [
        (STRICT + "  return 1\n}\n", "wait_for || exit 1"),
        (STRICT + "  return 1\n}\nset -euo pipefail\n", "wait_for"),
        (STRICT + "  echo late >&2\n  exit 1\n}\n", "wait_for"),
        (STRICT + "  die late\n}\n", "wait_for"),
        (STRICT + "  grep -q Ready log\n}\n", "wait_for || { echo late; exit 1; }"),
        (STRICT + "  return 1\n}\n", "if ! wait_for; then echo late; exit 1; fi"),
        ("wait_for() {\n  until grep -q Ready log; do sleep 1; done\n}\n", "wait_for"),
        ("", "until grep -q Ready log; do sleep 0.1; done"),
        ("", "while ! grep -q Ready log; do sleep 0.1; done"),
        ("", "for i in 1 2 3; do grep -q Ready log && break; sleep 1; done\n"
             "grep -q Ready log || exit 1"),
        ("", "for i in 1 2 3; do grep -q Ready log && break; sleep 1\n"
             "[ $i = 3 ] && exit 1; done"),
        ("set -o pipefail -e\n", "timeout 9 tail -f log | grep -q Ready"),
        ("", "timeout 9 sh -c 'until grep -q Ready log; do sleep 1; done' || exit 1"),
        ("set -e\n", "./wait-for-it.sh localhost:7447 -t 9"),
    ],
)  # fmt: skip
def test_a_wait_of_a_script_that_stops_it(head: str, between: str) -> None:
    """`set -e`, `|| exit`, an exit in the helper, and a loop without an end."""
    result = examine("NET004", {"t.sh": SCRIPT.format(head, between)})
    assert result.verdict is Verdict.PASS, [f.message for f in result.findings]


def test_lines_of_recipes_stop_at_the_first_failure() -> None:
    """Make and just run line by line; a dash, and a script inside a recipe, let a failure go by."""
    make = "test:\n\t./listener > log &\\\n\t{}timeout 9 ./wait-ready log; ./talker -n 5\n"
    assert examine("NET004", {"Makefile": make.format("")}).verdict is Verdict.WARN
    just = "test:\n    ./listener > log &\n    {}./wait-ready log\n    ./talker -n 5\n"
    assert examine("NET004", {"justfile": just.format("")}).verdict is Verdict.PASS
    script = just.replace("test:\n", "test:\n    #!/bin/bash\n")
    assert examine("NET004", {"justfile": script.format("")}).verdict is Verdict.WARN
    strict = script.replace("/bin/bash\n", "/bin/bash\n    set -e\n")
    assert examine("NET004", {"justfile": strict.format("")}).verdict is Verdict.PASS


def test_a_failure_that_is_kept_as_text_is_left_open() -> None:
    """What the test says of it when it fails later is not followed."""
    result = run(f'let startup = {WAIT}.unwrap_or_else(|e| format!("never ready: {{e}}"));')
    assert not places(result, Verdict.WARN, Verdict.PASS)
    assert result.verdict is Verdict.UNKNOWN


def test_a_client_whose_answer_is_asked_for_makes_a_pair() -> None:
    """Of a service the client tells what arrived."""
    files = {
        "tests/net.rs": TEST.format('let _ = server.wait_for("ready", LIMIT);')
        .replace("listener", "server")
        .replace("talker", "client")
        .replace("client.kill();\n    server.output();", "client.output();"),
        "tests/support/mod.rs": HELPER,
    }
    result = examine("NET004", files)
    assert [p[:2] for p in places(result, Verdict.WARN)] == [("lenient-readiness", "warn")]


def test_a_talker_of_whom_only_the_sender_is_asked_makes_none() -> None:
    """Whether anything arrived is nobody's question."""
    files = {
        "tests/net.rs": TEST.format(f"let _ = {WAIT};")
        .replace("listener.output();", "")
        .replace("talker.kill();", "talker.output();"),
        "tests/support/mod.rs": HELPER,
    }
    assert not places(examine("NET004", files), Verdict.WARN, Verdict.FAIL)


STARTER = """
impl Node {{
    pub fn start_server(program: &str) -> Result<Node, Error> {{
        let mut node = Node(Command::new(program).spawn()?);
        {}
        Ok(node)
    }}
}}
"""
ASKED = """#[test]
fn calls() {
    let mut server = Node::start_server("server").unwrap();
    let mut client = Node::start("client", &[]);
    assert!(client.output().contains("Result"));
}
"""


@pytest.mark.parametrize(
    ("inside", "verdict"),
    [
        ('node.wait_for("ready", LIMIT)?;', Verdict.PASS),
        ("sleep(Duration::from_secs(3));", Verdict.PASS),
        ('let _ = node.wait_for("ready", LIMIT);', Verdict.WARN),
        ("", Verdict.WARN),
    ],
)
def test_the_helper_that_starts_a_server_may_wait_for_it(inside: str, verdict: Verdict) -> None:
    """What it does behind the spawn counts as if it stood in the test."""
    files = {"tests/net.rs": ASKED, "tests/support/mod.rs": HELPER + STARTER.format(inside)}
    assert examine("NET004", files).verdict is verdict
