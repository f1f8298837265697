"""Commands of Python launchers."""

from pitfalls.formats import python_commands
from pitfalls.formats.commands import CommandFile


def read(text: str) -> CommandFile:
    """The facts of a Python file."""
    facts = python_commands.parse(text.encode())
    assert facts is not None
    return facts


def test_a_list_that_grows() -> None:
    """append, extend and += are followed; branches make words conditional."""
    facts = read(
        "QEMU = os.environ.get('QEMU', 'qemu')\n"
        "def run(elf, net):\n"
        "    args = [QEMU, '-M', 'virt',\n"
        "            '-kernel', elf]  # -icount\n"
        "    if net:\n"
        "        args += ['-nic', f'tap,ifname={net}']\n"
        "    args.append('-s')\n"
        "    return subprocess.Popen(args)\n"
    )
    (command,) = facts.commands
    assert [(w.text, w.line, w.conditional) for w in command.words] == [
        ("${QEMU:-qemu}", 3, False),
        ("-M", 3, False),
        ("virt", 3, False),
        ("-kernel", 4, False),
        ("${elf}", 4, False),
        ("-nic", 6, True),
        ("tap,ifname=${net}", 6, True),
        ("-s", 7, False),
    ]
    assert facts.owner(command).name == "run"


def test_shell_strings() -> None:
    """os.system and shell=True run shell; printed text runs nothing."""
    facts = read("os.system('qemu -s; echo \"qemu -S\"')\nprint('qemu -M virt')\n")
    assert [c.program for c in facts.commands] == ["qemu", "echo"]


def test_splat_is_any_number_of_arguments() -> None:
    """`*extra` may hold anything."""
    (command,) = read("subprocess.run(['qemu', *extra], check=True)\n").commands
    assert command.words[-1].spread


def test_malformed_input() -> None:
    """Cut-off text gives what can be read."""
    assert python_commands.parse(b"\x00\xff def (") is None
    assert read("subprocess.run(['qemu', '-s'])\ndef f(:\n").commands[0].program == "qemu"


def test_values_that_double_stay_small() -> None:
    """Text and lists that double themselves are not followed without bound."""
    rows = "a = a + a\nv += v\nv = v + v\n" * 60
    facts = read("a = 'xxxxxxxx'\nv = ['y']\n" + rows + "subprocess.run(['q', a, *v])\n")
    assert sum(len(word.text) for word in facts.commands[0].words) < 10000
