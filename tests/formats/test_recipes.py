"""Commands of justfiles and Makefiles."""

import time

from pitfalls.formats import recipes
from pitfalls.formats.commands import CommandFile


def just(text: str) -> CommandFile:
    """The facts of a justfile."""
    facts = recipes.parse_just(text.encode())
    assert facts is not None
    return facts


def make(text: str) -> CommandFile:
    """The facts of a Makefile."""
    facts = recipes.parse_make(text.encode())
    assert facts is not None
    return facts


def texts(facts: CommandFile, number: int = 0) -> list[str]:
    """The words of a command."""
    return [word.text for word in facts.commands[number].words]


def test_recipe_line_with_continuation() -> None:
    """A recipe is the owner of its commands, a continued line one command at its own lines."""
    facts = just("# talk\nrun elf:\n    @qemu -M virt \\\n      -kernel {{ elf }}\n")
    assert texts(facts) == ["qemu", "-M", "virt", "-kernel", "${elf}"]
    assert (facts.commands[0].line, facts.commands[0].end_line) == (3, 4)
    assert facts.owner(facts.commands[0]).name == "run"


def test_expressions_of_variables() -> None:
    """Strings, `+`, `/`, the environment with a default, and if/else give text."""
    facts = just(
        'root := "build" / "bin"\n'
        'tap := env("TAP", "tap0")\n'
        'bin := root / "qemu"\n'
        "run:\n"
        '    {{ if path_exists(bin) == "true" { bin } else { "qemu" } }} '
        '{{ root + "-x" }} {{tap}}\n'
    )
    assert texts(facts) == ["${bin:-qemu}", "build/bin-x", "${TAP:-tap0}"]


def test_shebang_recipe_is_one_script() -> None:
    """Variables live through a recipe with a shebang, not from line to line of a plain one."""
    script = just("a:\n    #!/usr/bin/env bash\n    X=1\n    run $X\n")
    plain = just("a:\n    X=1\n    run $X\n")
    assert texts(script) == ["run", "1"]
    assert texts(plain) == ["run", "${X}"]


def test_a_recipe_in_another_language_is_not_shell() -> None:
    """A Python recipe gives no shell commands."""
    assert recipes.parse_just(b"a:\n    #!/usr/bin/env python3\n    print('qemu')\n") is None


def test_make_variables_and_rules() -> None:
    """Make variables are put in and split; `$$` is the shell's own; `$@` is the target."""
    facts = make(
        "Q ?= qemu\nFLAGS = -M virt \\\n  -s\nFLAGS += -S\nall:\n\t@echo hi\n"
        "run: all\n\t$(Q) $(FLAGS) $@ $$HOME \\\n\t  -nic user\n"
    )
    assert texts(facts, 1) == ["qemu", "-M", "virt", "-s", "-S", "run", "${HOME}", "-nic", "user"]
    assert (facts.commands[1].line, facts.commands[1].end_line) == (8, 9)


def test_names_of_make_may_hold_hyphens_and_dots() -> None:
    """`qemu-opts` is a variable as any other; what is not told keeps a name."""
    facts = make("qemu-opts = -M virt\nqemu-opts += -s\nrun:\n\tqemu $(qemu-opts) $(x.y)\n")
    assert texts(facts) == ["qemu", "-M", "virt", "-s", "${x_y}"]


def test_make_conditionals_are_alternatives() -> None:
    """What a conditional adds to a variable is there on some paths only."""
    facts = make("F = -M virt\nifdef NET\nF += -nic user\nendif\nrun:\n\tqemu $(F)\n")
    words = facts.commands[0].words
    assert [(w.text, w.conditional) for w in words[-2:]] == [("-nic", True), ("user", True)]


def test_exponential_variables_stay_small() -> None:
    """Variables that double each other are not expanded without bound."""
    rows = "".join(f"A{n} = $(A{n + 1}) $(A{n + 1})\n" for n in range(60))
    facts = make(rows + "run:\n\tqemu $(A0)\n")
    assert len(facts.commands[0].words) < 5000


def test_many_conditional_additions_stay_few_alternatives() -> None:
    """Each may or may not be there, which makes no more than a bounded number of texts."""
    rows = "".join(f"ifdef N{n}\nF += -D N{n}\nendif\n" for n in range(40))
    started = time.perf_counter()
    facts = make("F = -M virt\n" + rows + "run:\n\tqemu $(F)\n")
    assert time.perf_counter() - started < 2
    words = [word.text for word in facts.commands[0].words]
    assert words[:3] == ["qemu", "-M", "virt"]
    assert {"N0", "N39"} <= set(words)


def test_malformed_input() -> None:
    """Text without recipes gives nothing, whatever its bytes."""
    assert recipes.parse_just(b"\x00\xff := '\r\n{{ {{{{\n") is None
    assert recipes.parse_make(b"\x00\xff\r\n\tqemu\n$(((\n") is None
