"""TST003: which tests leave sockets behind that the next guest meets."""

import pytest

from pitfalls import Verdict
from pitfalls.formats import guest_addresses, port_seeds
from pitfalls.testing import examine, places

CARGO = '[package]\nname = "harness"\nversion = "0.1.0"\n'
HELPERS = """
pub fn router(port: u16) -> Child {
    let address = format!("tcp/0.0.0.0:{}", port);
    Command::new("zenohd").args(["--listen", &address]).spawn().unwrap()
}
pub fn boot_mps2_an385(image: &str, peer: u8) -> Child {
    let card = format!("tap,ifname=tap-qemu{},mac=02:00:5e:00:00:0{}", peer, peer);
    Command::new("qemu-system-arm").args(["-M", "mps2-an385", "-nic", &card]).spawn().unwrap()
}
"""
CLEANUP = """
pub fn clean() {
    for guest in ["198.51.100.10", "198.51.100.11"] {
        Command::new("ss").args(["-K", "dst", guest]).status().unwrap();
        let left = Command::new("ss").args(["-Htn", "dst", guest]).output().unwrap();
        assert!(left.stdout.is_empty());
    }
    sleep(Duration::from_secs(1));
}
"""
BODY = '    let r = router(7447);\n    let g = boot_mps2_an385("a.elf", 0);\n'
CONFIG = "pub const A: Config = Config {\n    ip: [198, 51, 100, 10],\n};\n"


def tree(body: str = BODY, helpers: str = HELPERS + CLEANUP) -> dict[str, str | bytes]:
    """Helpers, board configuration, and one test."""
    return {
        "Cargo.toml": CARGO,
        "src/lib.rs": helpers,
        "boards/mps2-an385/src/config.rs": CONFIG,
        "tests/net.rs": f"#[test]\nfn talks() {{\n{body}}}\n",
    }


def test_no_cleanup_and_no_seed_fails() -> None:
    """The next guest builds the same four-tuple."""
    result = examine("TST003", tree())
    assert places(result, Verdict.FAIL) == [("no-cleanup", "fail", "tests/net.rs", 2)]


def test_a_checked_cleanup_of_all_addresses_passes() -> None:
    """The call path, the addresses and the check are the evidence."""
    result = examine("TST003", tree("    clean();\n" + BODY))
    assert result.verdict is Verdict.PASS
    assert "198.51.100.10, 198.51.100.11" in result.findings[-1].message


@pytest.mark.parametrize(
    "words",
    [
        'Command::new("sudo").args(["ss", ',
        'Command::new("sudo").args(["-n", "/usr/bin/ss", ',
        'Command::new("/usr/sbin/ss").args([',
    ],
)
def test_a_cleanup_by_path_or_with_privileges_counts(words: str) -> None:
    """`ss -K` needs CAP_NET_ADMIN: it is often called through sudo, or by its path."""
    cleanup = CLEANUP.replace('Command::new("ss").args([', words)
    result = examine("TST003", tree("    clean();\n" + BODY, HELPERS + cleanup))
    assert result.verdict is Verdict.PASS


def test_a_listing_with_privileges_is_no_cleanup() -> None:
    """What sudo runs must kill: a listing leaves the sockets, and a name for sudo is no tool."""
    cleanup = CLEANUP.replace('Command::new("ss").args(["-K"', 'Command::new("sudo").args(["ss"')
    result = examine("TST003", tree("    clean();\n" + BODY, HELPERS + cleanup))
    assert result.verdict is Verdict.FAIL
    other = CLEANUP.replace('Command::new("ss").args(["-K"', 'Command::new("sudo").args(["x", "-K"')
    result = examine("TST003", tree("    clean();\n" + BODY, HELPERS + other))
    assert result.verdict is Verdict.FAIL


def test_a_cleanup_behind_another_helper_counts() -> None:
    """Calls are followed through helpers, and fixtures through parameters."""
    setup = HELPERS + CLEANUP + "pub fn set_up() { clean(); }\n"
    assert examine("TST003", tree("    set_up();\n" + BODY, setup)).verdict is Verdict.PASS
    files = tree(BODY, HELPERS + CLEANUP + "#[fixture]\npub fn fresh_host() { clean(); }\n")
    files["tests/net.rs"] = f"#[rstest]\nfn talks(fresh_host: ()) {{\n{BODY}}}\n"
    assert examine("TST003", files).verdict is Verdict.PASS


def test_an_address_of_the_same_network_must_not_be_missed() -> None:
    """Every guest of the platform whose tests call the helper."""
    files = tree("    clean();\n" + BODY, HELPERS + CLEANUP.replace(', "198.51.100.11"', ""))
    files["boards/mps2-an385/src/config.rs"] = CONFIG + CONFIG.replace("100, 10", "100, 11")
    assert [r for r, *_ in places(examine("TST003", files), Verdict.FAIL)] == ["address-missed"]
    files["boards/mps2-an385/src/config.rs"] = CONFIG.replace("198, 51, 100, 10", "10, 0, 2, 15")
    files["boards/nuttx-virt/src/config.rs"] = CONFIG.replace("100, 10", "100, 13")
    assert examine("TST003", files).verdict is Verdict.PASS


def test_a_kill_that_nobody_looks_after_is_a_warning() -> None:
    """An exit status tells nothing."""
    lines = [line for line in CLEANUP.splitlines() if "left" not in line]
    result = examine("TST003", tree("    clean();\n" + BODY, HELPERS + "\n".join(lines)))
    assert [r for r, *_ in places(result, Verdict.WARN)] == ["status-ignored"]


def test_run_time_addresses_are_unknown() -> None:
    """What is not written down cannot be compared."""
    helper = CLEANUP.replace('["198.51.100.10", "198.51.100.11"]', "guests()")
    result = examine("TST003", tree("    clean();\n" + BODY, HELPERS + helper))
    assert result.verdict is Verdict.UNKNOWN


def test_less_than_a_second_is_a_note() -> None:
    """The original's sleep changes no verdict."""
    helper = CLEANUP.replace("from_secs(1)", "from_millis(100)")
    result = examine("TST003", tree("    clean();\n" + BODY, HELPERS + helper))
    assert result.verdict is Verdict.PASS
    assert [f.rule for f in result.findings if f.verdict is Verdict.NOTE] == ["TST003.settle"]


def test_only_listing_sockets_is_no_cleanup() -> None:
    """`ss -tn` removes nothing."""
    helper = CLEANUP.replace('"-K"', '"-tn"')
    result = examine("TST003", tree("    clean();\n" + BODY, HELPERS + helper))
    assert [r for r, *_ in places(result, Verdict.FAIL)] == ["no-cleanup"]


@pytest.mark.parametrize(
    ("entropy", "platform", "verdict"),
    [
        ("semihosting_time()", "mps2-an385", Verdict.PASS),
        ("7", "mps2-an385", Verdict.FAIL),
        ("semihosting_time()", "stm32f4", Verdict.FAIL),
    ],
)
def test_a_seed_per_boot_of_the_same_platform(
    entropy: str, platform: str, verdict: Verdict
) -> None:
    """A constant seed is none, and another board's seed is not this guest's."""
    files = tree()
    files[f"boards/{platform}/src/net.rs"] = (
        f"fn init() {{\n    let seed = {entropy};\n    stack::seed_ephemeral_port(seed);\n}}\n"
    )
    assert examine("TST003", files).verdict is verdict


def test_a_kernel_that_chooses_the_ports_itself_is_undecided() -> None:
    """NuttX and Zephyr bring their own stack: its source would tell what differs at each boot."""
    helpers = HELPERS.replace("mps2_an385", "nuttx")
    result = examine("TST003", tree(BODY.replace("mps2_an385", "nuttx"), helpers))
    assert result.verdict is Verdict.UNKNOWN
    assert "NuttX chooses the guest's local ports" in result.findings[0].message


def test_user_mode_and_allocated_ports_are_not_applicable() -> None:
    """The socket dies with the emulator, and a fresh port makes a fresh four-tuple."""
    user = HELPERS.replace("tap,ifname=tap-qemu{},mac", "user,id=n{},mac")
    assert examine("TST003", tree(BODY, user)).verdict is Verdict.NOT_APPLICABLE
    fresh = BODY.replace("router(7447)", "start(free_port())")
    assert examine("TST003", tree(fresh)).verdict is Verdict.NOT_APPLICABLE


def test_seed_calls_are_read_and_definitions_are_not() -> None:
    """The name alone, or a declaration, seeds nothing."""
    text = (
        b"pub fn seed_ephemeral_port(seed: u16) {}\nfn a() { seed_ephemeral_port(rng.next()); }\n"
    )
    found = port_seeds.parse_rust(text)
    assert found is not None
    assert [(s.line, s.entropy) for s in found.seeds] == [(2, "rng")]
    assert port_seeds.parse_c(b"void a(void)\n{\n  int x;\n}\n") is None


def test_guest_addresses_of_rust_and_toml() -> None:
    """Arrays and strings; a comment is none."""
    text = b'ip: [192, 0, 2, 7],\n# ip = "192.0.2.8"\nip = "192.0.2.9/24"\n'
    found = guest_addresses.parse(text)
    assert found is not None
    assert [(a.text, a.line) for a in found.addresses] == [("192.0.2.7", 1), ("192.0.2.9", 3)]


KILLING = """
pub fn clean() {
    KILL
    let left = Command::new("ss").args(["-Htn", "dst", "198.51.100.10"]).output().unwrap();
    assert!(left.stdout.is_empty());
}
"""
TEXT = "ss -K dst 198.51.100.10; ss -K dst 198.51.100.11"


@pytest.mark.parametrize(
    ("kill", "verdict"),
    [
        ('Command::new("sh").args(["-c", "TEXT"]).status().unwrap();', "pass"),
        ('Command::new("sh").arg("-c").arg("TEXT").status().unwrap();', "pass"),
        ('Command::new("/bin/bash").args(["-c", "TEXT"]).status().unwrap();', "pass"),
        ('Command::new("bash").args(["-lc", "TEXT"]).status().unwrap();', "pass"),
        ('Command::new("sudo").args(["sh", "-c", "TEXT"]).status().unwrap();', "pass"),
        ('Command::new("sudo").args(["-n", "bash", "-c", "TEXT"]).status().unwrap();', "pass"),
        ('run_shell("sudo TEXT");', "pass"),
        ('Command::new("sh").args(["-c", "for a in 198.51.100.10 198.51.100.11; do ss --kill '
         'dst $a; done"]).status().unwrap();', "pass"),
        ('for a in ["198.51.100.10", "198.51.100.11"] { Command::new("sh").arg("-c")'
         '.arg(format!("ss -K dst {a}")).status().unwrap(); }', "pass"),
        ('Command::new("sh").args(["-c", "/usr/sbin/conntrack -D -d 198.51.100.10"]).status();',
         "pass"),
        ('Command::new("sh").args(["-c", "ss -tn dst 198.51.100.10"]).status().unwrap();', "fail"),
        ('Command::new("sh").args(["-c", "echo TEXT"]).status().unwrap();', "fail"),
        ('println!("run TEXT by hand");', "fail"),
        ('hint("TEXT");', "fail"),
    ],
)  # fmt: skip
def test_a_cleanup_by_a_line_of_shell(kill: str, verdict: str) -> None:
    """What a shell is given is read as shell: only a command that kills counts."""
    helper = KILLING.replace("KILL", kill.replace("TEXT", TEXT.replace("; ss", " && ss")
                             if "echo" in kill else TEXT))  # fmt: skip
    if "echo" in kill:
        helper = helper.replace(" && ss", " ; echo ss")
    result = examine("TST003", tree("    clean();\n" + BODY, HELPERS + helper))
    assert result.verdict.value == verdict, [f.message for f in result.findings]


@pytest.mark.parametrize(
    ("call", "path", "script"),
    [
        ('Command::new("scripts/clean.sh")', "scripts/clean.sh", "#!/bin/sh\nTEXT\nss -Htn\n"),
        ('Command::new("bash").arg("scripts/clean.sh")', "scripts/clean.sh",
         "for a in 198.51.100.10 198.51.100.11; do sudo ss -K dst $a; done\nss -Htn\n"),
        ('Command::new("sh").args(["-c", "./scripts/clean.sh"])', "scripts/clean.sh",
         "#!/bin/sh\nsudo sh -c 'TEXT'\nss -Htn\n"),
        ('Command::new("just").arg("clean-sockets")', "justfile",
         "clean-sockets:\n    TEXT\n    ss -Htn\n"),
        ('Command::new("make").args(["-C", "net", "clean-sockets"])', "net/Makefile",
         "clean-sockets:\n\tTEXT\n\tss -Htn\n"),
        ('Command::new("python3").arg("tools/clean.py")', "tools/clean.py",
         'import subprocess\nsubprocess.run(["sh", "-c", "TEXT"])\n'
         'subprocess.run(["ss", "-Htn"])\n'),
        ('Command::new("python3").arg("tools/clean.py")', "tools/clean.py",
         'import subprocess\nsubprocess.run("TEXT", shell=True)\n'
         'subprocess.run(["ss", "-Htn"])\n'),
        ('Command::new("python3").arg("tools/clean.py")', "tools/clean.py",
         'import os\nos.system("TEXT")\nos.system("ss -Htn")\n'),
    ],
)  # fmt: skip
def test_a_cleanup_in_a_script_or_recipe(call: str, path: str, script: str) -> None:
    """A helper that runs a script of the tree does what the script does; one that lists sockets
    only is none."""
    helper = f"pub fn clean() {{\n    {call}.status().unwrap();\n}}\n"
    files = tree("    clean();\n" + BODY, HELPERS + helper)
    files[path] = script.replace("TEXT", TEXT)
    result = examine("TST003", files)
    assert result.verdict is Verdict.PASS, [f.message for f in result.findings]
    files[path] = script.replace("TEXT", TEXT).replace("-K", "-t")
    assert examine("TST003", files).verdict is Verdict.FAIL


def test_another_recipe_of_the_file_is_no_cleanup() -> None:
    """The recipe that is run counts."""
    helper = 'pub fn clean() {\n    Command::new("just").arg("build").status().unwrap();\n}\n'
    files = tree("    clean();\n" + BODY, HELPERS + helper)
    files["justfile"] = f"build:\n    make\nclean-sockets:\n    {TEXT}\n"
    assert examine("TST003", files).verdict is Verdict.FAIL
