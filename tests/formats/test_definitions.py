"""Macro definitions of build files in every language."""

from collections.abc import Callable

import pytest

from pitfalls.formats import cmake_definitions
from pitfalls.formats.definitions import (
    Definition,
    Definitions,
    parse_make,
    parse_meta,
    parse_platformio,
    parse_shell,
)
from pitfalls.formats.rust_definitions import parse_rust

Parse = Callable[[bytes], Definitions | None]


def rows(parse: Parse, text: str) -> list[tuple[str, str | None, int, str]]:
    """Macro, value, line and kind of every definition."""
    facts = parse(text.encode())
    return [(d.macro, d.value, d.line, d.kind) for d in facts.definitions] if facts else []


def test_cmake_variables_and_compile_definitions() -> None:
    """Both set and option make variables; other definitions reach the compiler."""
    text = (
        'set(Z_FEATURE_INTEREST 0 CACHE STRING "x")\n'
        'option(Z_FEATURE_MATCHING "x" OFF)\n'
        "target_compile_definitions(app PRIVATE\n  Z_FEATURE_QUERY=1\n  ZENOH_GENERIC)\n"
        "zephyr_compile_definitions(Z_FEATURE_INTEREST=0)\n"
        "add_definitions(-DZ_FEATURE_LINK_TCP=1)\n"
        'set(CMAKE_C_FLAGS "${CMAKE_C_FLAGS} -DZ_FEATURE_BATCHING=0")\n'
        "ExternalProject_Add(zenohpico CMAKE_ARGS -DZ_FEATURE_LIVELINESS=${X})\n"
    )
    assert rows(cmake_definitions.parse, text) == [
        ("Z_FEATURE_INTEREST", "0", 1, "cmake-variable"),
        ("Z_FEATURE_MATCHING", "OFF", 2, "cmake-variable"),
        ("Z_FEATURE_QUERY", "1", 4, "compile-definition"),
        ("ZENOH_GENERIC", "", 5, "compile-definition"),
        ("Z_FEATURE_INTEREST", "0", 6, "compile-definition"),
        ("Z_FEATURE_LINK_TCP", "1", 7, "compile-definition"),
        ("Z_FEATURE_BATCHING", "0", 8, "compile-definition"),
        ("Z_FEATURE_LIVELINESS", None, 9, "cmake-variable"),
    ]


def test_cmake_comments_and_messages_define_nothing() -> None:
    """Comments of both kinds, printed text and FILES_MATCHING are no evidence."""
    text = (
        "# set(Z_FEATURE_INTEREST 0)\n#[[ set(Z_FEATURE_INTEREST 0)\n]]\n"
        'message(STATUS "use -DZ_FEATURE_INTEREST=0")\n'
        'install(DIRECTORY include/ FILES_MATCHING PATTERN "*.h")\n'
    )
    assert rows(cmake_definitions.parse, text) == []


def test_cmake_conditions_links_and_marks() -> None:
    """A definition knows the if around it; build statements and link lines are kept."""
    facts = cmake_definitions.parse(
        b"if(A)\nset(Z_FEATURE_INTEREST 0)\nelse()\nset(Z_FEATURE_INTEREST 1)\nendif()\n"
        b"FetchContent_Declare(zenohpico GIT_TAG v1.7.2)\n"
        b"target_link_libraries(app PRIVATE zenohpico::static m)\n"
    )
    assert facts is not None
    assert [d.condition for d in facts.definitions] == ["A", "NOT (A)"]
    assert [(m.tool, m.line, m.version) for m in facts.marks] == [
        ("cmake", 6, "1.7.2"),
        ("link", 7, ""),
    ]
    assert facts.links[0].libraries == ("zenohpico::static", "m")


def test_rust_cmake_and_cc_are_told_apart() -> None:
    """A define of a cmake::Config is a variable, of a cc::Build a compiler definition."""
    text = (
        "fn native() {\n"
        '    cmake::Config::new(zenoh_pico).define("BUILD", "1")\n'
        '        .define("Z_FEATURE_INTEREST", "0").cflag("-DZ_FEATURE_QUERY=0").build();\n'
        "}\n"
        "fn embedded(x: bool) {\n"
        "    let mut b = cc::Build::new();\n"
        '    b.define("ZENOH_GENERIC", None);\n'
        '    b.define("Z_FEATURE_LINK_TCP", if x { "1" } else { "0" });\n'
        '    b.flag("-DZ_FEATURE_BATCHING=1");\n'
        "}\n"
        'fn helper(c: &mut cmake::Config) { c.define("Z_FEATURE_MATCHING", "0"); }\n'
    )
    assert sorted(rows(parse_rust, text), key=lambda row: (row[2], row[0])) == [
        ("Z_FEATURE_INTEREST", "0", 3, "cmake-variable"),
        ("Z_FEATURE_QUERY", "0", 3, "compile-definition"),
        ("ZENOH_GENERIC", "", 7, "compile-definition"),
        ("Z_FEATURE_LINK_TCP", None, 8, "compile-definition"),
        ("Z_FEATURE_BATCHING", "1", 9, "compile-definition"),
        ("Z_FEATURE_MATCHING", "0", 11, "cmake-variable"),
    ]
    facts = parse_rust(text.encode())
    assert facts is not None
    assert [(m.line, m.scope, m.tool) for m in facts.marks] == [(2, "native", "cmake")]


def test_rust_strings_with_header_text() -> None:
    """C text that a build script writes is evidence; text that is only looked for is not."""
    text = (
        "fn header() {\n"
        '    writeln!(h, "#ifndef Z_FEATURE_MULTI_THREAD").unwrap();\n'
        '    writeln!(h, "#define Z_FEATURE_MULTI_THREAD 0").unwrap();\n'
        '    writeln!(h, "#define Z_FEATURE_LINK_TCP {}", tcp).unwrap();\n'
        '    let raw = r#"\n#define Z_FEATURE_INTEREST 1\n"#;\n'
        '    let new = old.replace("#define Z_FEATURE_QUERY 1", "#define Z_FEATURE_QUERY 0");\n'
        "}\n"
        "#[cfg(test)]\nmod tests {\n"
        '    const X: &str = "#define Z_FEATURE_MATCHING 1";\n}\n'
        'fn check() { assert!(header.contains("#define Z_FEATURE_MATCHING 1")); }\n'
        '// .define("Z_FEATURE_INTEREST", "0")\n'
    )
    assert rows(parse_rust, text) == [
        ("Z_FEATURE_MULTI_THREAD", "0", 3, "generated-header"),
        ("Z_FEATURE_LINK_TCP", None, 4, "generated-header"),
        ("Z_FEATURE_INTEREST", "1", 6, "generated-header"),
        ("Z_FEATURE_QUERY", "0", 8, "patch"),
    ]
    facts = parse_rust(text.encode())
    assert facts is not None
    assert [d.guarded for d in facts.definitions] == [True, False, False, False]


def test_shell_commands_heredocs_and_patches() -> None:
    """Options of cmake are variables; here-documents hold header text; comments hold nothing."""
    text = (
        "#define Z_FEATURE_INTEREST 0\n"
        "cmake -S zenoh-pico -B build \\\n  -DZ_FEATURE_INTEREST=1\n"
        "gcc -DZENOH_GENERIC -c a.c\n"
        "cat > c.h <<'EOT'\n/* x */\n#define Z_FEATURE_MATCHING 0\nEOT\n"
        "sed -i 's/#define Z_FEATURE_QUERY 1/#define Z_FEATURE_QUERY 0/' c.h\n"
    )
    assert rows(parse_shell, text) == [
        ("Z_FEATURE_INTEREST", "1", 3, "cmake-variable"),
        ("ZENOH_GENERIC", "", 4, "compile-definition"),
        ("Z_FEATURE_MATCHING", "0", 7, "generated-header"),
        ("Z_FEATURE_QUERY", "0", 9, "patch"),
    ]


def test_make_flags_and_variables() -> None:
    """Flags of the compiler, and variables that are handed on."""
    text = "Z_FEATURE_INTEREST ?= 1\n# CFLAGS += -DZ_FEATURE_X=1\nCFLAGS += -DZ_FEATURE_QUERY=0\n"
    assert rows(parse_make, text) == [
        ("Z_FEATURE_INTEREST", "1", 1, "cmake-variable"),
        ("Z_FEATURE_QUERY", "0", 3, "compile-definition"),
    ]


def test_platformio_options() -> None:
    """build_flags reach the compiler, cmake_extra_args CMake; a library names its version."""
    text = (
        "[env:a]\nlib_deps =\n  zenoh-pico@1.7.2\nbuild_flags = -DZ_FEATURE_INTEREST=0\n"
        "; -DZ_FEATURE_MATCHING=0\nboard_build.cmake_extra_args = -DZ_FEATURE_QUERY=1\n"
    )
    assert rows(parse_platformio, text) == [
        ("Z_FEATURE_INTEREST", "0", 4, "compile-definition"),
        ("Z_FEATURE_QUERY", "1", 6, "cmake-variable"),
    ]
    facts = parse_platformio(text.encode())
    assert facts is not None
    assert [(m.line, m.version) for m in facts.marks] == [(3, "1.7.2")]


def test_colcon_metadata() -> None:
    """CMake arguments in a colcon.meta file are variables."""
    text = '{"names": {"zenohpico": {"cmake-args": [\n  "-DZ_FEATURE_INTEREST=0"\n]}}}\n'
    assert rows(parse_meta, text) == [("Z_FEATURE_INTEREST", "0", 2, "cmake-variable")]


@pytest.mark.parametrize(
    ("value", "integer"),
    [("ON", 1), ("off", 0), ("", 1), ("0", 0), ("(1)", 1), ("x", None), (None, None)],
)
def test_values_as_integers(value: str | None, integer: int | None) -> None:
    """CMake's words and C's numbers; a bare definition is 1."""
    assert Definition("Z_FEATURE_X", value, 1, "cmake-variable").integer == integer


@pytest.mark.parametrize(
    "parse", [cmake_definitions.parse, parse_rust, parse_shell, parse_make, parse_platformio]
)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\xff\xfe",
        b"set(Z_FEATURE_INTEREST",
        b'"unclosed -DZ_FEATURE_INTEREST=',
        b"((((" * 2000,
        b'fn a() { b.define("Z_FEATURE_INTEREST"',
        b"cat <<EOT\n#define Z_FEATURE_INTEREST 1",
        b"#[[\n" * 100_000,
        b'"\\' * 100_000,
        b"b" + b'.define("Z_FEATURE_INTEREST", "0")' * 3000,
        b"s" * 900 + b" sed #define Z_FEATURE_X",
    ],
)
def test_malformed_input_raises_nothing(parse: Parse, data: bytes) -> None:
    """Truncated, binary and unbalanced files are read as far as they go."""
    parse(data)
