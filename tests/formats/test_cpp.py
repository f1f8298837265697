"""The preprocessor for configuration headers."""

import pytest

from pitfalls.formats.c_lines import Branches
from pitfalls.formats.cpp import Header, Macro, parse, preprocess


def value(text: str, name: str = "X") -> int | None:
    """The value of a macro at the end of ``text``."""
    macro = parse(text.encode()).get(name)
    return macro.value if macro else None


def state(header: Header, name: str) -> str:
    """What is known of a macro."""
    macro = header.get(name)
    return macro.state if macro else "absent"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1", 1),
        ("1U", 1),
        ("( 1 )", 1),
        ("0x10UL", 16),
        ("010", 8),
        ("( ( unsigned short ) 130 )", 130),
        ("( ( size_t ) ( 64 * 1024 ) )", 65536),
        ("((TickType_t)1000)", 1000),
        ("(5 << (8 - 3))", 160),
        ("((uint8_t) ~0)", 255),
        ("-7 / 2", -3),
        ("1 ? 2 : 3", 2),
        ("sizeof(int)", None),
        ("1.5", None),
        ("1 / 0", None),
        ("SystemCoreClock", None),
        ('"text"', None),
        ("1 << 4000000", None),
        ("", None),
    ],
)
def test_values_reduce_to_integers(written: str, expected: int | None) -> None:
    """Casts, suffixes, shifts and products are resolved; anything else is None."""
    assert value(f"#define X {written}\n") == expected


def test_nested_and_function_like_macros_are_expanded() -> None:
    """A value is resolved through object-like and function-like macros."""
    text = "#define BITS 3\n#define UP(p) ((p) << (8 - BITS))\n#define X UP(5)\n"
    assert value(text) == 160


def test_the_last_active_definition_wins() -> None:
    """A later definition replaces an earlier one, and an undef removes it."""
    header = parse(b"#define X 1\n#define X 2\n#define Y 1\n#undef Y\n")
    assert header.macros["X"].value == 2
    assert header.macros["X"].line == 2
    assert state(header, "Y") == "undefined"


def test_only_the_active_branch_counts() -> None:
    """Conditionals with elif, else and nesting choose one definition."""
    text = (
        "#define MODE 2\n#if MODE == 1\n#define X 1\n#elif MODE == 2 && !defined(NO)\n"
        "#ifdef MODE\n#define X 22\n#endif\n#else\n#define X 3\n#endif\n"
    )
    assert value(text) == 22


def test_comments_continuations_and_crlf_keep_line_numbers() -> None:
    """The line of a macro is the one an editor shows."""
    text = "/* a\r\n b */\r\n#define A 1 /* x\r\n y */\r\n#define X \\\r\n  7\r\n// #define X 8\r\n"
    header = parse(text.encode())
    assert header.macros["X"] == Macro("X", "defined", "7", 7, 5)


def test_a_branch_that_a_missing_header_decides_is_unresolved() -> None:
    """No guess is made between two definitions; both candidates are told."""
    text = (
        '#include "device.h"\n#ifdef __NVIC_PRIO_BITS\n#define X 3\n#else\n#define X 4\n#endif\n'
        "#define Y (X + 1)\n"
    )
    header = parse(text.encode())
    assert state(header, "X") == "unresolved"
    assert header.macros["X"].candidates == (3, 4)
    assert header.macros["Y"].state == "unresolved"
    assert [include.name for include in header.missing] == ["device.h"]


def test_standard_headers_are_not_missing() -> None:
    """The C library defines no configuration."""
    assert parse(b"#include <stdint.h>\n#ifdef FOO\n#define X 1\n#endif\n") == Header({})


def test_a_definition_that_both_branches_agree_on_is_certain() -> None:
    """An undecided branch that repeats the value changes nothing."""
    assert value('#include "a.h"\n#define X 1\n#if A\n#define X 1\n#endif\n') == 1


def test_an_include_guard_with_a_reserved_name_is_entered() -> None:
    """The compiler does not define the name that the first two directives test and define."""
    assert value("#ifndef __CONFIG_H__\n#define __CONFIG_H__\n#define X 1\n#endif\n") == 1
    other = parse(b"#ifndef __CONFIG_H__\n#define X 1\n#endif\n")
    assert other.macros["X"].state == "unresolved"


def test_includes_are_followed_through_the_callback() -> None:
    """A macro of an included header is placed in that header."""
    files = {"shared.h": b"#define X BOARD\n"}

    def include(name: str, _angled: bool, above: str) -> tuple[str, bytes] | None:
        assert above == "FreeRTOSConfig.h"
        return ("shared.h", files[name]) if name in files else None

    data = b'#define BOARD 5\n#include "shared.h"\n#include "gone.h"\n'
    header = preprocess(data, "FreeRTOSConfig.h", include)
    assert (header.macros["X"].value, header.macros["X"].path) == (5, "shared.h")
    assert [i.name for i in header.missing] == ["gone.h"]


def test_a_guarded_define_yields_to_the_command_line() -> None:
    """Under #ifndef the predefined value stays; an unguarded define beats it."""
    given = {"X": Macro("X", "defined", "0", 0, 9, "CMakeLists.txt")}
    guarded = b"#ifndef X\n#define X 1\n#endif\n"
    assert preprocess(guarded, predefined=given).macros["X"].value == 0
    assert preprocess(b"#define X 1\n", predefined=given).macros["X"].value == 1
    assert parse(guarded).macros["X"].guarded


def test_a_header_that_includes_itself_ends() -> None:
    """Includes are bounded in depth."""
    data = b'#include "self.h"\n#define X 1\n'
    header = preprocess(data, "self.h", lambda *_: ("self.h", data))
    assert header.macros["X"].value == 1


def test_hostile_input_ends() -> None:
    """Doubling macros, deep nesting and open comments end: a blow-up would never get done."""
    doubling = "#define M0 1\n" + "".join(
        f"#define M{n} (M{n - 1} + M{n - 1})\n" for n in range(1, 40)
    )
    calls = "#define F(x) " + "x " * 50 + "\n#define X " + "F(" * 30 + "1" + ")" * 30 + "\n"
    inputs = [
        doubling + "#if M39\n#endif\n" * 3000,
        calls,
        doubling + "#if M39\n#define X 1\n#endif\n",
        "#define X " + "(" * 5000 + "1" + ")" * 5000 + "\n",
        "/*" * 20000,
        "#if\n" * 200_000 + "#define X\n",
        "#define X " + "1 + " * 100_000 + "\n" + "#if X\n#endif\n" * 1000,
        "#define X " + "-" * 3000 + "1\n",
        "#else\n#endif\n#elif 1\n#define\n#include\n#define X(\n",
        "\0\xff#define X 1\0\n",
    ]
    for text in inputs:
        parse(text.encode("latin-1"))


def test_deep_branches_are_listed_in_bounded_time() -> None:
    """Conditions of hostile nesting and of long chains are cut off."""
    assert len(Branches("#if A\n" * 50_000).at(60_000)) == 16
    Branches("#if A\n" + "#elif B\n" * 50_000)


def test_recursion_through_names_stops() -> None:
    """A macro that names itself is not expanded for ever."""
    assert value("#define X Y\n#define Y X\n") is None
