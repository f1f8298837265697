"""Commands of Rust launchers."""

from pitfalls.formats import rust_commands
from pitfalls.formats.commands import CommandFile


def read(body: str) -> CommandFile:
    """The facts of a Rust file."""
    facts = rust_commands.parse(body.encode())
    assert facts is not None
    return facts


def texts(body: str, number: int = 0) -> list[str]:
    """The words of a command."""
    return [word.text for word in read(body).commands[number].words]


def test_chain_and_later_mutation() -> None:
    """A chain and later calls on the same variable are one command."""
    facts = read(
        """
fn start(elf: &Path, net: bool) {
    let mut cmd = Command::new("qemu");
    cmd.args(["-M", "virt"])
        .arg("-kernel")
        .arg(elf);
    if net {
        cmd.args(["-nic", "user"]);
    }
    cmd.spawn().unwrap();
}
"""
    )
    (command,) = facts.commands
    assert [(w.text, w.line, w.conditional) for w in command.words] == [
        ("qemu", 3, False),
        ("-M", 4, False),
        ("virt", 4, False),
        ("-kernel", 5, False),
        ("${elf}", 6, False),
        ("-nic", 8, True),
        ("user", 8, True),
    ]
    assert facts.owner(command).name == "start"


def test_comments_in_an_argument_list_are_nothing() -> None:
    """A comment that names an option is no argument."""
    assert texts('fn f() { Command::new("q").args([ // -icount\n "-s" ]).status(); }') == [
        "q",
        "-s",
    ]


def test_texts_are_put_in() -> None:
    """format!, constants and local variables are followed; parameters stay symbolic."""
    body = """
const MODEL: &str = "lan9118";
fn f(n: u8, mac: &str) {
    let tap = format!("tap{}", n);
    let nic = format!("tap,ifname={},model={MODEL},mac={mac}", tap);
    Command::new("q").args(["-nic", &nic]).spawn();
}
"""
    assert texts(body)[-1] == "tap,ifname=tap${n},model=lan9118,mac=${mac}"


def test_vector_of_arguments() -> None:
    """A vector that grows before it is passed on supplies its words."""
    body = """
fn f(net: bool) {
    let mut args = vec!["-M".to_string(), String::from("virt")];
    if net { args.push("-s".into()); }
    args.extend(["-S"]);
    Command::new("q").args(&args).spawn();
}
"""
    assert texts(body) == ["q", "-M", "virt", "-s", "-S"]


def test_helpers() -> None:
    """Functions that return a program, a command, or arguments, or extend a command, are facts."""
    facts = read(
        """
fn program() -> String { "qemu".to_string() }
fn base() -> Command { let mut c = Command::new(program()); c.arg("-s"); c }
fn nic() -> Vec<String> { vec!["-nic".into(), "user".into()] }
fn quiet(cmd: &mut Command) { cmd.arg("-nographic"); }
"""
    )
    assert [(h.name, h.kind, [w.text for w in h.words]) for h in facts.helpers] == [
        ("program", "text", ["qemu"]),
        ("base", "command", ["${program()}", "-s"]),
        ("nic", "arguments", ["-nic", "user"]),
        ("quiet", "arguments", ["-nographic"]),
    ]
    assert facts.commands[0].returned


def test_environment_with_a_default() -> None:
    """unwrap_or and unwrap_or_else give the default of a symbolic program."""
    body = 'fn f() { Command::new(env::var("Q").unwrap_or_else(|_| "qemu".into())).arg("-s"); }'
    assert texts(body)[0].endswith(":-qemu}")


def test_duct_and_xshell_macros() -> None:
    """`cmd!` takes words, or after a shell one text."""
    assert texts('fn f() { duct::cmd!("q", "-M", "virt").run(); }') == ["q", "-M", "virt"]
    assert texts('fn f() { cmd!(sh, "q -M {board} -s").run(); }') == ["q", "-M", "${board}", "-s"]


def test_malformed_input() -> None:
    """A file that is cut off gives what can be read."""
    assert rust_commands.parse(b"") is None
    assert rust_commands.parse(b"\xff\x00 fn f( {") is None
    facts = rust_commands.parse(b'fn f() { Command::new("q").arg("-s"); if { ')
    assert facts is None or facts.commands[0].program == "q"


def test_values_that_double_stay_small() -> None:
    """Text and vectors that double themselves are not followed without bound."""
    rows = 'let a = format!("{a}{a}"); v.extend(&v);' * 60
    body = 'fn f() { let a = "xxxxxxxx"; let mut v = vec!["y"]; ' + rows
    facts = read(body + 'Command::new("q").arg(a).args(&v).spawn(); }')
    assert sum(len(word.text) for word in facts.commands[0].words) < 10000
