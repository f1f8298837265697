"""Commands of shell scripts."""

import contextlib

from pitfalls.formats import shell
from pitfalls.formats.commands import Command, CommandFile


def read(text: str | bytes) -> CommandFile:
    """The facts of a script that has some."""
    facts = shell.parse(text.encode() if isinstance(text, str) else text)
    assert facts is not None
    return facts


def command(text: str, program: str) -> Command:
    """The first command of a program."""
    return next(c for c in read(text).commands if c.program == program)


def words(text: str, program: str) -> list[str]:
    """The argument texts of the first command of a program."""
    return [word.text for word in command(text, program).arguments]


def test_continued_lines_keep_their_lines() -> None:
    """Each argument knows the line it is written on."""
    found = command("qemu -M virt \\\n  -nic user \\\n  -s\n", "qemu")
    assert [(w.text, w.line) for w in found.arguments] == [
        ("-M", 1), ("virt", 1), ("-nic", 2), ("user", 2), ("-s", 3),
    ]  # fmt: skip
    assert (found.line, found.end_line) == (1, 3)


def test_array_with_additions() -> None:
    """An array is followed over `+=`; what only one branch adds is conditional."""
    text = 'Q=(qemu -M virt)\nif [ "$1" = n ]; then\n  Q+=(-nic user)\nfi\nexec "${Q[@]}"\n'
    found = command(text, "qemu")
    assert [(w.text, w.line, w.conditional) for w in found.words] == [
        ("qemu", 1, False),
        ("-M", 1, False),
        ("virt", 1, False),
        ("-nic", 3, True),
        ("user", 3, True),
    ]
    assert [w.text for w in found.wrappers] == ["exec"]


def test_comment_inside_an_array_is_nothing() -> None:
    """A comment between the words of an array is no word."""
    assert words("Q=(qemu\n  # -icount shift=auto\n  -s)\n${Q[@]}\n", "qemu") == ["-s"]


def test_variables_of_one_value_are_put_in() -> None:
    """A variable assigned before its use is replaced by its value, others stay symbolic."""
    assert words('A=tap0\nip link set "$A" "$B" up\n', "ip") == [
        "link",
        "set",
        "tap0",
        "${B}",
        "up",
    ]


def test_defaults_stay_visible() -> None:
    """`${X:-y}` keeps the default that the text gives."""
    assert words('run "${TAP:-tap0}"\n', "run") == ["${TAP:-tap0}"]


def test_a_loop_variable_is_symbolic_and_names_follow_it() -> None:
    """A name made of the loop's variable is one text in the whole body."""
    facts = read('for i in 0 1; do t="tap$i"; ip add "$t"; tc dev "$t"; done\n')
    assert [c.words[-1].text for c in facts.commands] == ["tap${i}", "tap${i}"]
    scope = facts.scopes[facts.commands[0].scope]
    assert (scope.kind, scope.name, scope.values) == ("loop", "i", ("0", "1"))


def test_what_branches_assign_becomes_alternatives() -> None:
    """After an if, an unquoted variable stands for the words of each branch."""
    text = 'if x; then N="-nic user"; else N="-nic none"; fi\nqemu $N\n'
    found = command(text, "qemu").arguments
    assert [(w.text, w.conditional) for w in found] == [
        ("-nic", True), ("user", True), ("-nic", True), ("none", True),
    ]  # fmt: skip


def test_a_branch_that_exits_does_not_count() -> None:
    """What holds after a case is what the branches that go on assigned."""
    text = 'case "$1" in a) Q=qemu-a ;; *) exit 1 ;; esac\n"$Q" -s\n'
    assert words(text, "qemu-a") == ["-s"]


def test_wrappers_are_taken_off() -> None:
    """sudo, timeout, env, exec and their options are not the program."""
    found = command("sudo -u me env A=1 timeout -k 5 60 nice qemu -s &\n", "qemu")
    assert found.background
    assert [w.text for w in found.wrappers][:2] == ["sudo", "-u"]


def test_command_v_is_a_look_up() -> None:
    """`command -v x` does not run x."""
    assert [c.program for c in read("command -v qemu\n").commands] == ["command"]


def test_printed_text_is_no_command() -> None:
    """Echo and here-documents hold text; a here-document is kept apart."""
    facts = read('echo "qemu -s"\ncat <<EOF\nqemu -M virt\nEOF\n')
    assert [c.program for c in facts.commands] == ["echo", "cat"]
    assert facts.documents[0].line == 3


def test_functions_are_scopes() -> None:
    """A command in a function names it as its owner and sees variables assigned once."""
    facts = read('up() { ip link set "$T" "$1"; }\nT=tap0\nup x\n')
    found = next(c for c in facts.commands if c.program == "ip")
    assert facts.owner(found).name == "up"
    assert [w.text for w in found.arguments][-2:] == ["tap0", "${1}"]


def test_substitutions_are_captured_commands() -> None:
    """A command in `$(…)` is there, as captured, and its output stays symbolic."""
    facts = read('V="$(qemu --version | head -1)"\nshow "$V"\n')
    assert [(c.program, c.captured) for c in facts.commands] == [
        ("qemu", True),
        ("head", True),
        ("show", False),
    ]
    assert not facts.commands[-1].words[1].is_literal


def test_malformed_input() -> None:
    """Cut-off text, NUL, CRLF and bytes that are not UTF-8 give what can be read."""
    assert shell.parse(b"") is None
    assert shell.parse(b"# only a comment\n") is None
    facts = read(b"qemu -s\r\n\x00\xff\xfe if then (\nfor i in ${ ; do qemu2")
    assert facts.commands[0].program == "qemu"


def test_deep_nesting_is_bounded() -> None:
    """Absurd nesting is read, or refused with the error that the index turns into a problem."""
    with contextlib.suppress(RecursionError):
        shell.parse(b"(" * 5000 + b"qemu" + b")" * 5000)


def test_values_that_double_stay_small() -> None:
    """Text and lists that double themselves are not followed without bound."""
    text = "A=xxxxxxxx\nB=(y y)\n" + 'A="$A$A"\nB+=("${B[@]}")\n' * 60 + 'run "$A" "${B[@]}"\n'
    assert len(command(text, "run").words) < 5000


def test_a_substitution_in_backticks_keeps_its_first_letter() -> None:
    """It shows as the one with a dollar sign does."""
    old = shell.parse(b"name=`basename $1`\npkill $name\n")
    new = shell.parse(b"name=$(basename $1)\npkill $name\n")
    assert old is not None
    assert new is not None
    assert [c.words for c in old.commands] == [c.words for c in new.commands]


def test_several_variables_in_one_unquoted_word() -> None:
    """A word does not end at its second variable, nor does an assignment."""
    assert words("qemu -kernel out/$ARCH/$KIND-$NAME.elf -s\n", "qemu") == [
        "-kernel", "out/${ARCH}/${KIND}-${NAME}.elf", "-s",
    ]  # fmt: skip
    found = read('IMAGE=$OUT/$NAME.bin\nqemu -drive file="$DIR"/$1,if=mtd -bios $IMAGE\n')
    assert [[w.text for w in c.words] for c in found.commands] == [
        ["qemu", "-drive", "file=${DIR}/${1},if=mtd", "-bios", "${OUT}/${NAME}.bin"]
    ]


def test_a_dollar_that_ends_a_word_is_no_variable() -> None:
    """A pattern keeps the sign at its end."""
    assert words("grep -c ^$NAME/$ list\n", "grep")[-1] == "list"


def folders(text: str) -> list[str]:
    """Where each `make` of a script runs."""
    return [c.folder for c in read(text).commands if c.program == "make"]


def test_the_working_directory_is_followed() -> None:
    """`cd`, `pushd` and `popd`, subshells and substitutions; what only one branch does is not
    told, and a part that is not told stays symbolic."""
    assert folders("make\ncd a/b && make\nmake\ncd ..\nmake\n") == ["", "a/b", "a/b", "a"]
    assert folders("(cd a; make)\nmake\nX=$(cd b; pwd)\nmake\n") == ["a", "", ""]
    assert folders("pushd a\nmake\npopd\nmake\ncd -\nmake\n") == ["a", "", "${PWD}"]
    assert folders("if x; then cd a; fi\nmake\ncd /b\nmake\n") == ["${PWD}", "/b"]
    assert folders("for d in a b; do cd $d; make; cd -; done\nmake\n") == ["${d}", ""]
    assert folders("for d in a b; do cd $d; done\nmake\n") == ["${PWD}"]
    assert folders('cd "$A/b"\nmake\ncd ..\nmake\ncd ..\nmake\n') == ["${A}/b", "${A}", "${A}/.."]
    assert folders("cd a\nf() { make; }\nf\n") == [""]
    assert folders("cd a || exit 1\nmake\nmkdir b && cd b\nmake\n") == ["a", "a/b"]
