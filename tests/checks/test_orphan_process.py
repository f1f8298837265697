"""TST001: what ends the programs that tests start, when the test runner is killed."""

import pytest

from pitfalls import Verdict
from pitfalls.testing import examine, places

GUARD = """
fn guard(command: &mut Command) {
    unsafe { command.pre_exec(|| { libc::prctl(libc::PR_SET_PDEATHSIG, 9); Ok(()) }); }
}
"""
BARE = """
#[test]
fn talks() {
    let mut command = Command::new("zenohd");
    let child = command.spawn().unwrap();
}
"""


def rust(text: str, path: str = "tests/net.rs") -> dict[str, str | bytes]:
    """One test file."""
    return {path: "use std::process::Command;\n" + text}


def test_a_spawn_with_nothing_fails() -> None:
    """Neither guard nor teardown: an orphan after every kill of the runner."""
    result = examine("TST001", rust(BARE))
    assert places(result, Verdict.FAIL) == [("unguarded-spawn", "fail", "tests/net.rs", 6)]


def test_a_helper_that_sets_the_death_signal_is_a_guard() -> None:
    """The command is followed into the helper that was handed it."""
    text = GUARD + BARE.replace("    let child", "    guard(&mut command);\n    let child")
    result = examine("TST001", rust(text))
    assert result.verdict is Verdict.PASS
    assert "guard" in result.findings[0].related[0].message


def test_a_guard_may_hand_the_command_on() -> None:
    """`guard(&mut command).spawn()` is the same command."""
    text = GUARD + BARE.replace("command.spawn", "guard(&mut command).spawn")
    assert examine("TST001", rust(text)).verdict is Verdict.PASS
    text = BARE.replace("command.spawn", "quiet(&mut command).spawn")
    assert examine("TST001", rust(text)).verdict is Verdict.FAIL


def test_a_guard_of_another_command_does_not_count() -> None:
    """Two commands, one guarded: the other is still an orphan."""
    text = GUARD + BARE.replace(
        "    let child",
        '    let mut other = Command::new("qemu-system-arm");\n'
        "    guard(&mut other);\n    let child",
    )
    assert examine("TST001", rust(text)).verdict is Verdict.FAIL


def test_a_comment_about_the_signal_is_no_guard() -> None:
    """Text that mentions PR_SET_PDEATHSIG sets nothing."""
    text = BARE.replace("    let child", "    // PR_SET_PDEATHSIG would be good\n    let child")
    assert examine("TST001", rust(text)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "end",
    ["    child.kill().unwrap();\n", "    unsafe { libc::kill(-(child.id() as i32), 9); }\n"],
)
def test_a_teardown_alone_is_a_warning(end: str) -> None:
    """It ends the child as long as the runner lives."""
    text = BARE.replace("unwrap();\n}", "unwrap();\n" + end + "}")
    assert examine("TST001", rust(text)).verdict is Verdict.WARN


def test_drop_of_a_wrapper_is_a_teardown_and_drop_of_a_static_is_none() -> None:
    """Rust never drops a static: the same Drop is then dead code."""
    wrapper = """
struct Router(Child);
impl Router {
    fn start() -> Router { Router(Command::new("zenohd").spawn().unwrap()) }
}
impl Drop for Router { fn drop(&mut self) { self.0.kill().ok(); } }
"""
    assert examine("TST001", rust(wrapper)).verdict is Verdict.WARN
    polite = wrapper.replace("kill()", "terminate()")
    assert examine("TST001", rust(polite)).verdict is Verdict.WARN
    by_program = wrapper.replace(
        "self.0.kill().ok();",
        'Command::new("kill").arg(self.0.id().to_string()).spawn().unwrap().wait().ok();',
    )
    assert examine("TST001", rust(by_program)).verdict is Verdict.WARN
    static = "static ONE: OnceLock<Router> = OnceLock::new();\n" + wrapper
    assert places(examine("TST001", rust(static)), Verdict.FAIL, Verdict.WARN) == [
        ("static-drop", "warn", "tests/net.rs", 2),
        ("unguarded-spawn", "fail", "tests/net.rs", 6),
    ]


GUARD_TYPE = """
struct Ends { child: Option<Child> }
impl Ends {
    fn of(child: Child, name: &str) -> Self { Self { child: Some(child) } }
}
impl Drop for Ends {
    fn drop(&mut self) { if let Some(mut child) = self.child.take() { child.kill().ok(); } }
}
"""


@pytest.mark.parametrize(
    "use",
    [
        '    let _ends = Ends::of(child, "router");\n',
        '    support::Ends::of(child, "router");\n',
    ],
)
def test_a_constructor_that_is_given_the_child_is_a_teardown(use: str) -> None:
    """The Drop of what holds the child ends it, wherever that is made."""
    text = BARE.replace("unwrap();\n}", "unwrap();\n" + use + "}")
    assert examine("TST001", rust(GUARD_TYPE + text)).verdict is Verdict.WARN
    handed = text.replace("let child = command.spawn().unwrap();\n", "").replace(
        "of(child", "of(command.spawn().unwrap()"
    )
    assert examine("TST001", rust(GUARD_TYPE + handed)).verdict is Verdict.WARN
    harmless = GUARD_TYPE.replace("child.kill().ok();", "child.try_wait().ok();")
    assert examine("TST001", rust(harmless + text)).verdict is Verdict.FAIL
    unrelated = text.replace("of(child", "of(child.stdout")
    assert examine("TST001", rust(GUARD_TYPE + unrelated)).verdict is Verdict.FAIL


def test_output_and_status_are_no_spawn_sites() -> None:
    """A call that waits for the end leaves nothing behind, and build tools end by themselves."""
    text = '#[test]\nfn a() { Command::new("zenohd").arg("--version").output().unwrap(); }\n'
    assert examine("TST001", rust(text)).verdict is Verdict.NOT_APPLICABLE
    text = '#[test]\nfn a() { let c = Command::new("cargo").arg("build").spawn(); }\n'
    assert examine("TST001", rust(text)).verdict is Verdict.NOT_APPLICABLE


def test_product_code_is_not_looked_at() -> None:
    """Only tests and what supports them start what a killed runner leaves."""
    assert examine("TST001", rust(BARE.replace("#[test]\n", ""), "src/main.rs")).verdict is (
        Verdict.NOT_APPLICABLE
    )


def test_a_program_of_no_known_role_is_unknown() -> None:
    """A run-time path does not tell whether the program ends by itself."""
    result = examine("TST001", rust(BARE.replace('"zenohd"', "path").replace("talks", "runs")))
    assert result.verdict is Verdict.UNKNOWN


def test_the_caller_tells_the_role_of_a_generic_helper() -> None:
    """A helper that starts what it is given is judged by what its callers give."""
    text = """
fn start(program: &Path) -> Child { Command::new(program).spawn().unwrap() }
#[test]
fn talks() { let qemu_arm = start(Path::new("qemu-system-arm")); }
"""
    assert examine("TST001", rust(text)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("pkill -9 zenohd", Verdict.FAIL),
        ("killall qemu-system-arm || true", Verdict.FAIL),
        ("fuser -k 7447/tcp", Verdict.FAIL),
        ("pgrep -f zenohd | xargs kill", Verdict.FAIL),
        ("kill $(pgrep zenohd)", Verdict.FAIL),
        ("pkill -P $$", Verdict.NOT_APPLICABLE),
        ("pkill -g 0 zenohd", Verdict.NOT_APPLICABLE),
        ("pkill --parent $$ zenohd", Verdict.NOT_APPLICABLE),
        ("pkill -0 zenohd", Verdict.NOT_APPLICABLE),
        ("killall -USR1 dispatcher", Verdict.NOT_APPLICABLE),
        ("pkill -HUP dnsmasq", Verdict.NOT_APPLICABLE),
        ("kill -SIGUSR2 $(pgrep zenohd)", Verdict.NOT_APPLICABLE),
        ("kill -s USR1 $(pidof zenohd)", Verdict.NOT_APPLICABLE),
        ("kill -SIGTERM $(pgrep zenohd)", Verdict.FAIL),
        ("killall -s SIGUSR2 dispatcher", Verdict.NOT_APPLICABLE),
        ("killall -INT dispatcher", Verdict.FAIL),
        ("kill -9 `pidof zenohd`", Verdict.FAIL),
        ("for p in $(pgrep zenohd); do kill $p; done", Verdict.FAIL),
        ("pgrep -x zenohd >/dev/null && echo up", Verdict.NOT_APPLICABLE),
        ("pgrep -f zenohd >/dev/null && kill -9 $recorded", Verdict.NOT_APPLICABLE),
        ("if pgrep zenohd; then\n  kill $recorded\nfi", Verdict.NOT_APPLICABLE),
        ("# pkill zenohd", Verdict.NOT_APPLICABLE),
        ('echo "if it hangs: pkill zenohd"', Verdict.NOT_APPLICABLE),
        ("docker exec ci pkill zenohd", Verdict.NOT_APPLICABLE),
    ],
)
def test_ending_by_name(line: str, verdict: Verdict) -> None:
    """By name or port is everybody's process; own children, own group and probes are fine."""
    assert examine("TST001", {"scripts/clean.sh": f"#!/bin/sh\n{line}\n"}).verdict is verdict


def test_a_here_document_of_a_checker_is_no_command() -> None:
    """Text that another program reads is not run here."""
    script = "#!/bin/sh\ncat >probe <<'EOF'\npkill zenohd\nEOF\n"
    assert examine("TST001", {"scripts/check.sh": script}).verdict is Verdict.NOT_APPLICABLE


def test_kill_by_name_in_recipes_and_workflows() -> None:
    """Recipes and CI steps count like scripts; container files do not."""
    assert examine("TST001", {"justfile": "clean:\n    pkill zenohd\n"}).verdict is Verdict.FAIL
    step = "jobs:\n  a:\n    steps:\n      - run: killall qemu-system-arm\n"
    assert examine("TST001", {".github/workflows/ci.yml": step}).verdict is Verdict.FAIL
    action = step.replace("- run:", "- uses: ./in-container\n        with:\n          run:")
    assert examine("TST001", {".github/workflows/ci.yml": action}).verdict is Verdict.UNKNOWN
    image = "FROM debian\nRUN pkill zenohd\n"
    assert examine("TST001", {"Dockerfile": image}).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("pattern", "verdict"),
    [
        ("acme-rig/samples/.*/out/", Verdict.WARN),
        ("samples/echo/out", Verdict.WARN),
        ("$PWD/build/app", Verdict.WARN),
        ("$(git rev-parse --show-toplevel)/build", Verdict.WARN),
        ("acme-rig/other/.*", Verdict.FAIL),
        ("samples/.*/out", Verdict.FAIL),
        ("/usr/bin/qemu-system-arm", Verdict.FAIL),
        ("$NAME", Verdict.FAIL),
        ("broker-$TAG[.]conf", Verdict.WARN),
        ("broker.*${RIG_RUN_ID:-none}", Verdict.WARN),
        ("broker-$$", Verdict.WARN),
        ("$STAGE/broker", Verdict.FAIL),
    ],
)
def test_a_pattern_that_names_a_path_of_the_project(pattern: str, verdict: Verdict) -> None:
    """It hits this project's programs only, or those with the mark of a run; those of another
    checkout too, hence a warning."""
    files: dict[str, str | bytes] = {
        "samples/echo/main.c": "int main(void) { return 0; }\n",
        "scripts/clean.sh": f'#!/bin/sh\npkill -f "{pattern}"\n',
    }
    assert examine("TST001", files).verdict is verdict


@pytest.mark.parametrize(
    ("job", "verdict"),
    [
        ("runs-on: ubuntu-24.04", Verdict.WARN),
        ("runs-on: [self-hosted, linux]", Verdict.FAIL),
        ("runs-on: rig-7", Verdict.FAIL),
        ("runs-on: [self-hosted, ubuntu-24.04]", Verdict.FAIL),
        ("runs-on: ${{ matrix.os }}\n    strategy: {matrix: {os: [ubuntu-latest]}}", Verdict.WARN),
        ("runs-on: ${{ matrix.os }}\n    strategy: {matrix: {os: [self-hosted]}}", Verdict.FAIL),
        ("runs-on: rig-7\n    container: debian:12", Verdict.WARN),
    ],
)
def test_a_hosted_job_is_shared_with_nobody(job: str, verdict: Verdict) -> None:
    """A hosted runner or a container holds that job's processes only; another runner may not."""
    text = f"jobs:\n  a:\n    {job}\n    steps:\n      - run: pkill -f broker\n"
    assert examine("TST001", {".github/workflows/ci.yml": text}).verdict is verdict
    gitlab = "test:\n  image: debian:12\n  script:\n    - killall broker\n"
    assert examine("TST001", {".gitlab-ci.yml": gitlab}).verdict is Verdict.WARN


def test_background_programs_of_recipes_and_scripts() -> None:
    """A trap is a teardown, setpriv a guard; a foreground program is neither."""
    make = "test:\n\tzenohd &\n\t./cases\n"
    assert examine("TST001", {"Makefile": make}).verdict is Verdict.FAIL
    trap = "#!/bin/sh\ntrap 'kill $p' EXIT\nzenohd & p=$!\n./cases\n"
    assert examine("TST001", {"tests/e2e.sh": trap}).verdict is Verdict.WARN
    guarded = trap.replace("zenohd &", "setpriv --pdeathsig KILL zenohd &")
    assert examine("TST001", {"tests/e2e.sh": guarded}).verdict is Verdict.PASS
    front = "router:\n\tzenohd --listen tcp/0.0.0.0:7447\n"
    assert examine("TST001", {"Makefile": front}).verdict is Verdict.NOT_APPLICABLE


def test_a_function_that_is_handed_the_recorded_process_is_a_teardown() -> None:
    """A helper of another file, by its name: `stop_bg $p` after `p=$!`."""
    script = "#!/bin/sh\n. ./lib.sh\nmosquitto -c m.conf &\nID=$!\nsleep 2\nEND\n"
    for end, verdict in (("kill_bg $ID", Verdict.WARN), ("stop_process $ID TERM", Verdict.WARN),
                         ("kill_bg", Verdict.FAIL), ("log $ID", Verdict.FAIL)):  # fmt: skip
        files = {"tests/mqtt.sh": script.replace("END", end)}
        assert examine("TST001", files).verdict is verdict, end


def test_a_script_that_ends_with_the_start_leaves_the_program_to_its_caller() -> None:
    """It says that the broker runs, and whoever called it must end the broker: a warning."""
    start = '#!/bin/sh\n./build/mosquitto.elf &\nexport BROKER=$!\necho "broker is $BROKER"\n'
    assert examine("TST001", {"ci/broker/run.sh": start}).verdict is Verdict.WARN
    cases = start + "./cases\n"
    assert examine("TST001", {"ci/broker/run.sh": cases}).verdict is Verdict.FAIL


def test_python_children() -> None:
    """A fixture with terminate is a warning; preexec_fn with prctl a guard."""
    plain = "import subprocess\np = subprocess.Popen(['zenohd'])\n"
    assert examine("TST001", {"tests/conftest.py": plain}).verdict is Verdict.FAIL
    ended = plain + "yield p\np.terminate()\n"
    assert examine("TST001", {"tests/conftest.py": ended}).verdict is Verdict.WARN
    hook = "def die():\n    libc.prctl(1, 9)\np = subprocess.Popen(['zenohd'], preexec_fn=die)\n"
    assert examine("TST001", {"tests/conftest.py": hook}).verdict is Verdict.PASS
    helper = plain + "{0}(p, 5)\n"
    for name, verdict in (("wait_for_end", Verdict.NOT_APPLICABLE), ("show", Verdict.FAIL)):
        files = {"tests/conftest.py": helper.format(name)}
        assert examine("TST001", files).verdict is verdict, name


CHAIN = (
    GUARD
    + """
fn chain(text: &str) -> Child {
    let mut command = Command::new("bash");
    command.args(["-c", text]);
    guard(&mut command);
    command.spawn().unwrap()
}
#[test]
fn hears() { let peer = chain("source setup.bash && timeout 10 ros2 topic echo /a"); }
"""
)


def test_a_guarded_shell_chain_leaves_grandchildren() -> None:
    """The signal ends the shell only, and timeout leaves the group."""
    assert places(examine("TST001", rust(CHAIN)), Verdict.WARN) == [
        ("grandchild", "warn", "tests/net.rs", 3),
        ("timeout-group", "warn", "tests/net.rs", 14),
    ]


def test_a_sweep_of_recorded_groups_and_foreground_are_right() -> None:
    """Groups that are ended by a later run, and chains that stay in their group."""
    sweep = """
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let group: i32 = name(entry);
        unsafe { libc::kill(-group, libc::SIGKILL); }
    }
}
"""
    text = CHAIN.replace("timeout 10", "timeout --foreground 10") + sweep
    assert examine("TST001", rust(text)).verdict is Verdict.PASS


def test_a_chain_that_is_waited_for_is_no_spawn() -> None:
    """Timeout in a command whose output is awaited stays as it is."""
    text = """
#[test]
fn lists() { Command::new("bash").args(["-c", "timeout 5 ros2 node list"]).output().unwrap(); }
"""
    assert examine("TST001", rust(text)).verdict is Verdict.NOT_APPLICABLE


def test_a_function_of_a_container_job_ends_what_the_job_started() -> None:
    """A clean-up function of a step runs where its job runs; so does a script that is named for
    running in a container."""
    step = (
        "jobs:\n  a:\n    runs-on: {}\n    steps:\n      - run: |\n"
        "          cleanup() {{\n            pkill -x emulator\n          }}\n"
        "          trap cleanup EXIT\n          make test\n"
    )
    hosted = {".github/workflows/ci.yml": step.format("ubuntu-latest\n    container: x/y")}
    assert places(examine("TST001", hosted)) == [
        ("kill-by-name", "warn", ".github/workflows/ci.yml", 8)
    ]
    own = {".github/workflows/ci.yml": step.format("[self-hosted, bench]")}
    assert examine("TST001", own).verdict is Verdict.FAIL
    script = "cleanup() {\n  pkill -x emulator\n}\ntrap cleanup EXIT\n"
    inside = examine("TST001", {"tools/run-ci-in-container.sh": script})
    assert places(inside) == [("kill-by-name", "warn", "tools/run-ci-in-container.sh", 2)]
    assert examine("TST001", {"tools/run-ci.sh": script}).verdict is Verdict.FAIL


def test_a_server_that_taskkill_ends_has_a_teardown() -> None:
    """Windows' way to end a process by its id; the message names the command as it is written."""
    text = (
        'def run():\n    ser = subprocess.Popen(("python start_%s_server.py" % (name)))\n'
        "    check()\n    os.system('TASKKILL /F /PID {pid} /T'.format(pid=ser.pid))\n"
    )
    result = examine("TST001", {"scripts/test_tls.py": text})
    assert places(result) == [("unguarded-spawn", "warn", "scripts/test_tls.py", 2)]
    assert result.findings[0].message.startswith('"python start_%s_server.py" is ended by')


def test_what_a_set_up_script_starts_is_meant_to_stay() -> None:
    """A script named for setting the network up leaves its servers to those who run it."""
    text = "ip tuntap add dev br0 mode tap\npppoe-server -F -I br0 &\nwget http://x/\n"
    assert examine("TST001", {"test/setup_network.sh": text}).verdict is Verdict.NOT_APPLICABLE
    assert examine("TST001", {"test/network.sh": text}).verdict is Verdict.FAIL
    recipe = "rig-{0}:\n\tqemu-system-arm -nographic &\n\tsleep 1\n"
    assert examine("TST001", {"Makefile": recipe.format("on")}).verdict is Verdict.NOT_APPLICABLE
    assert examine("TST001", {"Makefile": recipe.format("test")}).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("path", "text", "verdict"),
    [
        ("tests/a.sh", "lsof -ti :7447 | xargs kill -9\n", "fail"),
        ("tests/a.sh", "kill -9 $(lsof -t -i tcp:7447)\n", "fail"),
        ("tests/a.sh", "ps aux | grep zenohd | awk '{print $2}' | xargs kill\n", "fail"),
        ("tests/a.rs", 'fn t() { Command::new("sh").arg("-c").arg("pkill -9 zenohd").status(); }\n',
         "fail"),
        ("tests/test_a.py", 'import os\nos.system("pkill -9 zenohd")\n', "fail"),
        ("tests/test_a.py", 'import subprocess\nsubprocess.run(["killall", "zenohd"])\n', "fail"),
        ("tests/a.sh", "lsof -i :7447\nkill $PID\n", ""),
        ("tests/a.sh", "ps aux | grep zenohd\n", ""),
        ("tests/a.sh", "if ps aux | grep -q zenohd; then kill $PID; fi\n", ""),
        ("tests/a.sh", "if ps aux | grep -Fq zenohd; then kill $(pgrep zenohd); fi\n", "fail"),
        ("tests/test_a.py", '# pkill zenohd\nprint("pkill zenohd")\n', ""),
    ],
)  # fmt: skip
def test_more_ways_to_end_by_name_or_port(path: str, text: str, verdict: str) -> None:
    """A list of a port's owners or of processes that goes to kill; in Rust and Python too. A quiet
    grep prints no list."""
    result = examine("TST001", {path: text, "Cargo.toml": '[package]\nname = "a"\n'})
    found = [v for rule, v, _, _ in places(result) if rule == "kill-by-name"]
    assert found == ([verdict] if verdict else [])


def test_the_entry_script_of_a_container_ends_what_runs_in_it() -> None:
    """A Dockerfile's ENTRYPOINT or CMD starts it, in a container of its own; by hand it may run
    elsewhere, so that it stays a warning. Another script of the folder is judged as any."""
    kill = {"e2e/entry.sh": "#!/bin/sh\npkill -f agent\n"}
    assert examine("TST001", kill).verdict is Verdict.FAIL
    for line in ('ENTRYPOINT ["/usr/local/bin/entry.sh"]', "CMD /opt/entry.sh --all"):
        image = {"e2e/Dockerfile.e2e": f"FROM debian\nCOPY entry.sh /usr/local/bin/\n{line}\n"}
        assert examine("TST001", kill | image).verdict is Verdict.WARN
        other = {"e2e/other.sh": "#!/bin/sh\npkill -f agent\n"}
        assert examine("TST001", other | image).verdict is Verdict.FAIL
    built = {"e2e/Dockerfile": "FROM debian\nRUN ./entry.sh\n"}
    assert examine("TST001", kill | built).verdict is Verdict.FAIL


HELPERS = """\
clean_up() { kill "$ROUTER"; }
arm() { trap clean_up EXIT INT; }
"""


@pytest.mark.parametrize("line", ['source "$HERE/../lib/run.sh"', ". ../lib/run.sh"])
def test_a_trap_that_a_sourced_script_sets_is_a_teardown(line: str) -> None:
    """A helper of a sourced script sets the trap, once it is called."""
    head = f'#!/bin/bash\nHERE="$(dirname "$0")"\n{line}\n'
    body = "try_it() {\n  zenohd &\n  ROUTER=$!\n  ./cases\n}\ntry_it\n"
    files: dict[str, str | bytes] = {"tests/lib/run.sh": HELPERS}
    armed = examine("TST001", files | {"tests/net/pubsub.sh": head + "arm\n" + body})
    assert places(armed, Verdict.FAIL) == []
    assert [f.verdict for f in armed.findings] == [Verdict.WARN]
    bare = examine("TST001", files | {"tests/net/pubsub.sh": head + body})
    assert [p[0] for p in places(bare, Verdict.FAIL)] == ["unguarded-spawn"]


def test_what_a_guest_starts_ends_with_the_guest() -> None:
    """Scripts of an initial file system run inside; one beside them that starts it does not."""
    script = "#!/bin/sh\n./tcp_server &\n./tcp_client\n"
    for folder in ("test/initramfs/net", "board/rootfs_overlay/tests"):
        inside = examine("TST001", {f"{folder}/run_test.sh": script})
        assert inside.verdict is Verdict.NOT_APPLICABLE
    host = script.replace("./tcp_server", "qemu-system-x86_64 -kernel k")
    assert examine("TST001", {"test/initramfs/host.sh": host}).verdict is Verdict.FAIL
    kill = "#!/bin/sh\npkill qemu\n"
    assert examine("TST001", {"test/initramfs/host.sh": kill}).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "server", ["openocd", "JLinkGDBServer", "hw_server", "st-util", "orbuculum"]
)
def test_a_debug_server_is_a_tool_of_the_bench(server: str) -> None:
    """Ended by name or left behind it is a warning: somebody sits in front of it."""
    script = f"#!/bin/sh\nkillall {server}\n{server} -c init &\n"
    result = examine("TST001", {"scripts/debug.sh": script})
    assert result.verdict is Verdict.WARN
    assert ("kill-by-name", "warn", "scripts/debug.sh", 2) in places(result, Verdict.WARN)
    router = examine("TST001", {"scripts/debug.sh": script.replace(server, "zenohd")})
    assert router.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        ("setup.register_cleanup(child.id());", Verdict.WARN),
        ("setup.name_of(child.id());", Verdict.FAIL),
        ("setup.register_cleanup(other.id());", Verdict.FAIL),
    ],
)
def test_a_pid_that_is_handed_to_a_cleanup_is_a_teardown(record: str, verdict: Verdict) -> None:
    """Something else ends what is recorded, in the function or in the one that asked for the
    child."""
    text = BARE.replace("unwrap();\n}", f"unwrap();\n    {record}\n}}")
    assert examine("TST001", rust(text)).verdict is verdict
    text = (
        'fn start() -> Child { Command::new("zenohd").spawn().unwrap() }\n'
        f"#[test]\nfn talks() {{\n    let child = start();\n    {record}\n}}\n"
    )
    assert examine("TST001", rust(text)).verdict is verdict


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("xtask/src/main.rs", "fail"),
        ("tools/qemu-run/src/main.rs", "fail"),
        ("runner/src/main.rs", "fail"),
        ("src/main.rs", ""),
        ("boards/riscv-qemu.rs", ""),
    ],
)
def test_tools_that_run_the_firmware_on_the_host(path: str, verdict: str) -> None:
    """They start emulators like tests do; what else they start is their own matter."""
    start = 'fn main() {{ let child = Command::new("{0}").spawn().unwrap(); }}\n'
    found = places(examine("TST001", rust(start.format("qemu-system-arm"), path)))
    assert [v for _, v, _, _ in found] == [verdict] * bool(verdict)
    assert examine("TST001", rust(start.format("stty"), path)).verdict is Verdict.NOT_APPLICABLE
    ends = 'fn main() { Command::new("pkill").arg("qemu").status().unwrap(); }\n'
    found = places(examine("TST001", rust(ends, path)))
    assert [v for _, v, _, _ in found] == [verdict] * bool(verdict)


def test_a_tool_may_end_its_emulator_in_another_file() -> None:
    """What ends a process beside the start counts in a tool, not in a test."""
    start = 'pub fn deploy() -> Child { Command::new("qemu-system-arm").spawn().unwrap() }\n'
    ends = "pub fn forward(id: u32) { unsafe { kill(id as pid_t, SIGINT); } }\n"
    for folder, verdict in (("runner/src", Verdict.WARN), ("tests", Verdict.FAIL)):
        files = rust(start, f"{folder}/qemu.rs") | rust(ends, f"{folder}/output.rs")
        assert examine("TST001", files).verdict is verdict


def test_a_sleep_ends_by_itself() -> None:
    """Tests of a guard use it as a child."""
    text = BARE.replace('"zenohd"', '"sleep"').replace("talks", "ends_a_child")
    assert examine("TST001", rust(text)).verdict is Verdict.NOT_APPLICABLE


def test_a_drop_that_runs_the_tool_for_it_is_a_teardown() -> None:
    """`kill` as a program of its own, with the child's pid."""
    wrapper = """
struct Router(Child);
impl Drop for Router {
    fn drop(&mut self) {
        let _ = Command::new("TOOL").arg(self.0.id().to_string()).status();
    }
}
#[test]
fn talks() { let _router = Router(Command::new("zenohd").spawn().unwrap()); }
"""
    assert examine("TST001", rust(wrapper.replace("TOOL", "kill"))).verdict is Verdict.WARN
    assert examine("TST001", rust(wrapper.replace("TOOL", "logger"))).verdict is Verdict.FAIL


def test_the_product_beside_its_unit_tests_is_not_looked_at() -> None:
    """A file with a module of tests: helpers count in that module only."""
    start = 'fn start() -> Child { Command::new("zenohd").spawn().unwrap() }\n'
    tests = "#[cfg(test)]\nmod tests {\n#[test]\nfn a() { let child = start(); }\n"
    files = rust(start + tests + "}\n", "src/server.rs")
    assert examine("TST001", files).verdict is Verdict.NOT_APPLICABLE
    files = rust(tests + start + "}\n", "src/server.rs")
    assert examine("TST001", files).verdict is Verdict.FAIL


def test_a_test_that_starts_itself_is_unknown() -> None:
    """Whatever its name: it may end at once. What ends it shows that it runs on."""
    text = BARE.replace('"zenohd"', "std::env::current_exe().unwrap()")
    text = text.replace("talks", "spawn_publisher")
    assert examine("TST001", rust(text)).verdict is Verdict.UNKNOWN
    text = text.replace("unwrap();\n}", "unwrap();\n    child.kill();\n}")
    assert examine("TST001", rust(text)).verdict is Verdict.WARN


def test_a_command_of_a_method_is_not_named_by_what_is_typed_at_it() -> None:
    """The role comes from the helper that makes the command, not from a caller's texts."""
    text = """
impl Fixture {
    fn tool(&self) -> Command { Command::new(env!("CARGO_BIN_EXE_tool")) }
    fn type_at(&self, text: &str) { let child = self.tool().arg("-i").spawn().unwrap(); }
}
#[test]
fn asks() { Fixture::new().type_at("start a server"); }
"""
    assert examine("TST001", rust(text)).verdict is Verdict.UNKNOWN


def test_a_child_that_is_handed_on_is_ended_by_who_gets_it() -> None:
    """Also where that function is handed the one that starts."""
    start = 'fn common() -> Child { Command::new("zenohd").spawn().unwrap() }\n'
    middle = "fn start() -> Child { common() }\n"
    test = "#[test]\nfn a() { let mut c = start(); c.kill(); }\n"
    assert examine("TST001", rust(start + middle + test)).verdict is Verdict.WARN
    boot = "fn boot(spawn: Start) { let mut c = spawn(); c.kill(); }\n"
    boot += "#[test]\nfn a() { boot(start); }\n"
    assert examine("TST001", rust(start + middle + boot)).verdict is Verdict.WARN
    leaves = boot.replace("c.kill();", "")
    assert examine("TST001", rust(start + middle + leaves)).verdict is Verdict.FAIL
