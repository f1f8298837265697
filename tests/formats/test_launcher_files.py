"""Commands in CMake, cargo configuration, container files and workflows."""

import pytest

from pitfalls.formats import FormatError, cmake_commands, launcher_files
from pitfalls.formats.commands import CommandFile


def texts(facts: CommandFile | None, number: int = 0) -> list[str]:
    """The words of a command."""
    assert facts is not None
    return [word.text for word in facts.commands[number].words]


def test_cmake_commands() -> None:
    """COMMAND of tests and custom targets runs up to the next keyword; `set` is put in once."""
    facts = cmake_commands.parse(
        b"set(FLAGS -M virt)\n"
        b"add_custom_target(run\n  COMMAND qemu ${FLAGS} # -icount\n    -s\n  VERBATIM)\n"
        b'add_test(NAME t COMMAND qemu "${X}")\n'
    )
    assert texts(facts) == ["qemu", "-M", "virt", "-s"]
    assert texts(facts, 1) == ["qemu", "${X}"]
    assert facts is not None
    assert facts.owner(facts.commands[0]).name == "run"


def test_cmake_emulator_variable() -> None:
    """CMAKE_CROSSCOMPILING_EMULATOR is a launch as well."""
    facts = cmake_commands.parse(b'set(CMAKE_CROSSCOMPILING_EMULATOR "qemu;-M;virt")\n')
    assert texts(facts) == ["qemu", "-M", "virt"]


def test_cargo_runner_as_text_and_as_list() -> None:
    """A runner is one text or an array over several lines; comments are nothing."""
    text = b'[target.a]\n# runner = "no"\nrunner = "qemu -M virt -kernel"\n'
    assert texts(launcher_files.parse_cargo_config(text)) == ["qemu", "-M", "virt", "-kernel"]
    listed = launcher_files.parse_cargo_config(
        b'[target.a]\nrunner = [\n  "qemu",\n  "-s", # x\n]\n'
    )
    assert texts(listed) == ["qemu", "-s"]
    assert listed is not None
    assert [w.line for w in listed.commands[0].words] == [3, 4]


def test_dockerfile_forms() -> None:
    """Shell form, JSON form and continued lines are read."""
    facts = launcher_files.parse_dockerfile(
        b'FROM x\nRUN apt install \\\n    qemu && qemu --version\nCMD ["qemu", "-s"]\n'
    )
    assert facts is not None
    assert [c.program for c in facts.commands] == ["apt", "qemu", "qemu"]
    assert [c.line for c in facts.commands] == [2, 3, 4]


def test_workflow_and_compose() -> None:
    """`run:` blocks are shell at their own lines; lists are arguments; expressions symbolic."""
    facts = launcher_files.parse_yaml(
        b"steps:\n  - name: x\n    run: |\n      set -e\n      ${{ steps.a.outputs.q }} -s\n"
        b"services:\n  node:\n    command: [qemu, -M, virt]\n"
    )
    assert facts is not None
    assert [c.line for c in facts.commands] == [4, 5, 8]
    assert texts(facts, 1) == ["${steps_a_outputs_q}", "-s"]
    assert facts.owner(facts.commands[2]).name == "node"


def test_several_documents() -> None:
    """Each document of a YAML file is read."""
    facts = launcher_files.parse_yaml(b"run: qemu -s\n---\nrun: qemu -S\n")
    assert facts is not None
    assert [c.line for c in facts.commands] == [1, 3]


def test_malformed_input() -> None:
    """Files of the wrong syntax are reported, cut-off ones read as far as they go."""
    with pytest.raises(FormatError):
        launcher_files.parse_cargo_config(b"runner = [[[")
    with pytest.raises(FormatError):
        launcher_files.parse_yaml(b"a: [b\n  c: ]d: \x01")
    assert launcher_files.parse_dockerfile(b"\xff\x00 RUN") is None
    assert texts(cmake_commands.parse(b"add_test(COMMAND q)\nadd_test((")) == ["q"]


def test_shared_yaml_nodes_are_read_once() -> None:
    """Aliases that multiply a node do not multiply the work."""
    rows = ["a0: &a0 {run: qemu -s}"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    facts = launcher_files.parse_yaml("\n".join(rows).encode())
    assert facts is not None
    assert len(facts.commands) == 1


def test_the_script_lists_of_a_pipeline_are_lines_of_a_shell() -> None:
    """Each item of GitLab's ``script`` is a command line, one of ``command`` an argument; a job's
    machine goes with it."""
    facts = launcher_files.parse_yaml(
        b"job:\n  image: debian:12\n  script:\n    - qemu -s && x\n    - |\n      y\n      z 1\n"
        b"web:\n  command:\n    - qemu\n    - a b\n"
    )
    assert facts is not None
    words = [[word.text for word in command.words] for command in facts.commands]
    assert words == [["qemu", "-s"], ["x"], ["y"], ["z", "1"], ["qemu", "a b"]]
    assert [command.line for command in facts.commands] == [4, 4, 6, 7, 10]
    assert [facts.owner(command).host for command in facts.commands[::4]] == ["image", ""]
