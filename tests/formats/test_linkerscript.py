"""GNU ld scripts: what is read, what is evaluated, and what happens to broken ones."""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pitfalls.formats import FormatError
from pitfalls.formats.linkerscript import (
    Assignment,
    Command,
    Include,
    Insert,
    LinkerScript,
    OutputSection,
    Region,
    RegionAlias,
    memory_of,
    parse,
)


def script(text: str) -> LinkerScript:
    """The facts of a script that holds something."""
    found = parse(text.encode())
    assert found is not None
    return found


def regions(text: str) -> dict[str, tuple[int | None, int | None]]:
    """Region -> (origin, length)."""
    return {m.region.name: (m.origin, m.length) for m in memory_of(script(text).items)}


def sections(text: str) -> dict[str, OutputSection]:
    """Output sections of a script without problems, by name."""
    found = script(text)
    assert found.problems == ()
    return {item.name: item for item in found.items if isinstance(item, OutputSection)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("64K", 64 * 1024),
        ("64k", 64 * 1024),
        ("2M", 2 * 1024 * 1024),
        ("0x10", 16),
        ("0x10K", 16 * 1024),
        ("010", 8),
        ("0FFh", 255),
        ("$20", 32),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("256K - 0x100", 256 * 1024 - 256),
        ("1 << 4 | 1", 17),
        ("0xff & ~0xf", 0xF0),
        ("7 / 2", 3),
        ("7 % 4", 3),
        ("10 - 3 - 2", 5),
        ("2 > 1 ? 64K : 32K", 64 * 1024),
        ("0 ? 1 : 0 ? 2 : 3", 3),
        ("!0 + 1", 2),
        ("MAX(4K, 8K)", 8 * 1024),
        ("MIN(4K, 8K)", 4 * 1024),
        ("ALIGN(5, 4)", 8),
        ("1 == 1 && 2 != 3", 1),
        ("0 || 0", 0),
        ("-1 & 0xff", 255),
        ("1 / 0", None),
        ("SIZEOF(.text)", None),
        ("elsewhere + 1", None),
    ],
)
def test_expressions_have_the_value_that_ld_gives_them(value: str, expected: int | None) -> None:
    """Suffixes, bases, precedence and functions are ld's; what depends on the link is unknown."""
    assert regions(f"MEMORY {{ RAM : ORIGIN = 0, LENGTH = {value} }}")["RAM"][1] == expected


def test_regions_refer_to_symbols_and_to_each_other() -> None:
    """A symbol may be set before or after MEMORY, ORIGIN and LENGTH name regions."""
    text = """
    SIZE = 192K;
    MEMORY {
      RAM (rwx) : org = BASE, len = SIZE - 16K
      ETH (!x)  : o = ORIGIN(RAM) + LENGTH(RAM) l = 16K
    }
    BASE = 0x20000000;
    """
    assert regions(text) == {
        "RAM": (0x2000_0000, 176 * 1024),
        "ETH": (0x2002_C000, 16 * 1024),
    }


def test_a_provided_symbol_yields_to_an_assigned_one() -> None:
    """PROVIDE sets a symbol only where nothing else does."""
    text = "PROVIDE(LEN = 1K); LEN = 2K; MEMORY { RAM : ORIGIN = 0, LENGTH = LEN }"
    assert regions(text)["RAM"][1] == 2048


def test_symbols_that_need_each_other_are_unknown() -> None:
    """A cycle is no endless loop."""
    text = "A = B; B = A; MEMORY { RAM : ORIGIN = A, LENGTH = 1K }"
    assert regions(text) == {"RAM": (None, 1024)}


def test_output_sections_name_their_region_type_and_patterns() -> None:
    """Everything between the name and the fill value is understood."""
    found = sections(
        """
        SECTIONS {
          .text 0x8000 : AT(0x8000) ALIGN(4) SUBALIGN(8) {
            KEEP(*(SORT(.init.*) SORT_BY_NAME(.fini*)))
            *(EXCLUDE_FILE(*crt0.o *boot.o) .text .text.*)
            libfoo.a:bar.o(.fast)
            . = ALIGN(4); BYTE(1) LONG(2)
            ASSERT(. < 64K, "too { big")
          } > FLASH AT> FLASH :text =0xff
          .eth_ram (NOLOAD) : ALIGN(4) { *(.eth .eth.*); } >RAM
          /DISCARD/ : { *(.comment) }
          .stack(NOLOAD):{ . += 8K; } > RAM
        }
        """
    )
    assert found[".text"].region == "FLASH"
    assert found[".text"].load_region == "FLASH"
    assert found[".text"].inputs[0].keep
    assert found[".text"].inputs[0].sections == (".init.*", ".fini*")
    assert found[".text"].inputs[1].excluded == ("*crt0.o", "*boot.o")
    assert found[".text"].inputs[2].files == "libfoo.a:bar.o"
    assert (found[".eth_ram"].kind, found[".eth_ram"].region) == ("NOLOAD", "RAM")
    assert found[".eth_ram"].inputs[0].sections == (".eth", ".eth.*")
    assert found["/DISCARD/"].region == ""
    assert found[".stack"].kind == "NOLOAD"


def test_lines_point_at_the_name_and_at_the_region() -> None:
    """A finding can show the output section and the line that sends it somewhere."""
    found = sections("SECTIONS\n{\n  .a :\n  {\n    *(.a)\n  }\n  > RAM\n}\n")
    assert (found[".a"].line, found[".a"].end_line) == (3, 7)


def test_overlay_members_share_the_region() -> None:
    """The sections of an OVERLAY are sent where the OVERLAY is."""
    found = sections(
        "SECTIONS { OVERLAY 0x1000 : AT(0x4000) { .o1 { *(.o1) } .o2 { *(.o2) } } > RAM }"
    )
    assert {name: s.region for name, s in found.items()} == {".o1": "RAM", ".o2": "RAM"}


def test_commands_outside_sections() -> None:
    """INCLUDE, REGION_ALIAS, INSERT, PHDRS, VERSION and the like are statements of their own."""
    items = script(
        """
        OUTPUT_FORMAT("elf32-littlearm", "elf32-bigarm", "elf32-littlearm")
        OUTPUT_ARCH(arm) ENTRY(Reset_Handler)
        INCLUDE "device.x"
        REGION_ALIAS("REGION_BSS", RAM);
        PHDRS { text PT_LOAD; }
        VERSION { V1 { global: main; local: *; }; }
        EXTERN(a b); NOCROSSREFS(.a .b)
        SECTIONS { .eth : { *(.eth) } > RAM } INSERT AFTER .bss;
        """
    ).items
    assert [i.name for i in items if isinstance(i, Command)] == [
        "OUTPUT_FORMAT",
        "OUTPUT_ARCH",
        "ENTRY",
        "PHDRS",
        "VERSION",
        "EXTERN",
        "NOCROSSREFS",
    ]
    assert [i.path for i in items if isinstance(i, Include)] == ["device.x"]
    assert [(i.alias, i.region) for i in items if isinstance(i, RegionAlias)] == [
        ("REGION_BSS", "RAM")
    ]
    assert [(i.position, i.section) for i in items if isinstance(i, Insert)] == [("AFTER", ".bss")]


def test_a_minus_is_an_operator_in_an_expression_and_part_of_a_name_elsewhere() -> None:
    """`a-b` subtracts after `=`; `.my-section` is one name."""
    items = script("X=4-1; X -= 2; SECTIONS { .my-section : { *(.my-section*) } }").items
    assert [(i.name, i.operator) for i in items if isinstance(i, Assignment)] == [
        ("X", "="),
        ("X", "-="),
    ]
    assert [i.name for i in items if isinstance(i, OutputSection)] == [".my-section"]


def test_a_slash_star_inside_a_pattern_is_no_comment() -> None:
    """As in ld, a comment begins only where a token may begin."""
    found = sections("SECTIONS { .a : { build/*.o(.a) /* every object */ *(.b) } }")
    assert [p.files for p in found[".a"].inputs] == ["build/*.o", "*"]


def test_preprocessor_constants_are_values() -> None:
    """An object-like #define counts as a symbol, also over continued lines and comments."""
    text = """
    #define KB * 1024
    #define BASE 0x20000000UL /* SRAM1
                               * and 2 */
    #define SIZE (64 \\
                  + 64) * 1K
    MEMORY { RAM : ORIGIN = BASE, LENGTH = SIZE }
    """
    assert regions(text) == {"RAM": (0x2000_0000, 128 * 1024)}


def test_an_if_that_the_script_decides_is_decided() -> None:
    """`#if 0`, `#ifdef` of a name that is defined above, and include guards have one arm."""
    text = """
    #ifndef MEMORY_LD
    #define MEMORY_LD
    #define BIG
    MEMORY {
    #ifdef BIG
      RAM : ORIGIN = 0, LENGTH = 2K
    #else
      RAM : ORIGIN = 0, LENGTH = 1K
    #endif
    #if 0
      CCM : ORIGIN = 0x10000000, LENGTH = 64K
    #elif 1
      SRAM2 : ORIGIN = 0x10000000, LENGTH = 64K
    #endif
    }
    #endif
    """
    found = [i for i in script(text).items if isinstance(i, Region)]
    assert [(r.name, r.conditional) for r in found] == [("RAM", False), ("SRAM2", False)]
    assert regions(text)["RAM"][1] == 2048


def test_both_arms_of_an_open_if_are_kept_and_marked() -> None:
    """What a configuration header decides is not guessed."""
    text = """
    #include <config.h>
    MEMORY {
    #ifdef CONFIG_BIG
      RAM : ORIGIN = 0, LENGTH = 2K
    #else
      RAM : ORIGIN = 0, LENGTH = 1K
    #endif
    }
    """
    found = script(text).items
    assert [(r.name, r.conditional) for r in found if isinstance(r, Region)] == [
        ("RAM", True),
        ("RAM", True),
    ]
    assert any(isinstance(i, Include) and i.macro for i in found)


def test_a_head_in_both_arms_of_an_if_is_one_section() -> None:
    """The heads differ, the contents follow once."""
    text = "SECTIONS {\n#ifdef A\n .x : ALIGN(4)\n#else\n .x :\n#endif\n { *(.x) } > RAM\n}\n"
    assert sections(text)[".x"].region == "RAM"


def test_a_bad_statement_is_passed_over() -> None:
    """One unreadable line costs that line, not the script."""
    found = script(
        "MEMORY {\n RAM : ORIGIN 0x0\n FLASH : ORIGIN = 0, LENGTH = 1K\n}\n"
        "SECTIONS {\n ( .a : { *(.a) } > RAM\n .b : { *(.b) } > FLASH\n}\n"
    )
    assert [p.line for p in found.problems] == [2, 6]
    assert "FLASH" in {i.name for i in found.items if isinstance(i, Region)}
    assert ".b" in {i.name for i in found.items if isinstance(i, OutputSection)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("MEMORY {\n RAM : ORIGIN = 0, LENGTH = 1K\n", 1),
        ("\nSECTIONS { .a : { *(.a)", 2),
        ("X = 1;\n/* no end", 2),
        ("ASSERT(1, ", 1),
    ],
)
def test_a_truncated_script_is_an_error_at_its_line(text: str, line: int) -> None:
    """A script that ends inside a block cannot be judged."""
    with pytest.raises(FormatError) as caught:
        parse(text.encode())
    assert caught.value.line == line


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    """Neither parentheses nor KEEP nor SORT exhaust the stack."""
    for text in (
        "X = " + "(" * 5000 + "1" + ")" * 5000 + ";",
        "X = " + "-" * 5000 + "1;",
        "SECTIONS { .a : { " + "KEEP(" * 5000 + "*(.a)" + ")" * 5000 + " } }",
        "SECTIONS { .a : { *(" + "SORT(" * 5000 + ".a" + ")" * 5000 + ") } }",
        "X = " + "1 ? " * 5000 + "1" + " : 2" * 5000 + ";",
    ):
        with contextlib.suppress(FormatError):
            assert script(text).problems


@pytest.mark.parametrize(
    "text",
    ["/*" * 200_000, "#define A /*" * 50_000, "((((" * 50_000, "{" * 200_000, "*(" * 100_000,
     "#if X\n" * 50_000, "#if 0\n" * 20_000, "A = B;\n" * 20_000, "\\" * 100_000,
     "MEMORY { " + "R : ORIGIN = 0, LENGTH = 1 " * 5_000],
)  # fmt: skip
def test_hostile_input_is_read_in_linear_time(text: str) -> None:
    """No input of some hundred kilobytes takes more than seconds."""
    with contextlib.suppress(FormatError):
        parse(text.encode())


def test_bytes_that_are_no_text_are_ordinary_input() -> None:
    """CRLF, NUL, a byte-order mark and stray bytes neither raise nor shift lines."""
    data = (
        b"\xef\xbb\xbfMEMORY\r\n{\r\n RAM : ORIGIN = 0, LENGTH = 1K\r\n}\r\n\x00\xff\xfe\r\nX = 1;"
    )
    found = parse(data)
    assert found is not None
    assert [(i.name, i.line) for i in found.items if isinstance(i, Region)] == [("RAM", 3)]
    assert [(i.name, i.line) for i in found.items if isinstance(i, Assignment)][-1:] == [("X", 6)]
    chooser = random.Random(7)  # noqa: S311 - reproducible noise
    for _ in range(200):
        noise = bytes(chooser.choice(data + b'(){};=*>:,/\n#"') for _ in range(120))
        with contextlib.suppress(FormatError):
            parse(noise)


def test_a_file_without_statements_has_no_facts() -> None:
    """A comment is no script."""
    assert parse(b"/* nothing */\n") is None


LD = shutil.which("arm-none-eabi-ld")

ORACLE = {
    "literals": "MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 512K\n"
    "RAM (xrw) : org = 0x20000000, len = 0x1_0000 }".replace("_", ""),
    "arithmetic": "MEMORY { A : ORIGIN = 0x1000 + 4 * 256, LENGTH = (3 << 10) | 7\n"
    "B : ORIGIN = ORIGIN(A) + LENGTH(A), LENGTH = LENGTH(A) / 2 - 1\n"
    "C : o = 0x40000000 - 16M, l = 1 ? 4k : 8k }",
    "symbols": "SIZE = 96K; HALF = SIZE / 2; MEMORY { RAM : ORIGIN = 0x20000000, LENGTH = HALF }",
    "functions": "MEMORY { A : ORIGIN = 0x100, LENGTH = MAX(4K, 6K)\n"
    "B : ORIGIN = 0x20000000, LENGTH = MIN(4K, 6K)\n"
    "C : ORIGIN = ALIGN(0x30000001, 0x100), LENGTH = 1K }",
    "operators": "MEMORY { A : ORIGIN = 0xff00 & ~0xff, LENGTH = 17 % 5 + (1 == 1) + (2 <= 1)\n"
    "B : ORIGIN = 0x10 | 0x30, LENGTH = 2 + 3 * 4 - 20 / 3\n"
    "C : ORIGIN = 1 << 3 + 1, LENGTH = 10 - 3 - 2\n"
    "D : ORIGIN = 6 & 3 == 3, LENGTH = 0x100 | 1 && 0 || 3 }",
    "octal": "MEMORY { A : ORIGIN = 010, LENGTH = 0100k\nB : ORIGIN = $1000, LENGTH = 0ffh }",
}


def link(text: str, folder: Path) -> str:
    """The map file that ld writes when it links one small file with a script."""
    assert LD is not None
    (folder / "script.ld").write_text(text)
    subprocess.run([LD[:-2] + "as", "-o", "input.o", "/dev/null"], cwd=folder, check=True)
    command = [LD, "-T", "script.ld", "-Map=map", "-o", "out", "--entry=0", "input.o"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "map").read_text()


@pytest.mark.skipif(LD is None, reason="arm-none-eabi-ld is not installed")
@pytest.mark.parametrize("name", sorted(ORACLE))
def test_regions_are_those_of_the_real_linker(name: str, tmp_path: Path) -> None:
    """The memory configuration table of ld's map file gives the same origins and lengths."""
    text = ORACLE[name]
    table = link(text + "\nSECTIONS { /DISCARD/ : { *(*) } }\n", tmp_path)
    rows = re.findall(r"^(\w+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)", table, re.MULTILINE)
    expected = {row[0]: (int(row[1], 16), int(row[2], 16)) for row in rows}
    mask = 0xFFFF_FFFF
    ours = {
        region: (origin & mask, length & mask)
        for region, (origin, length) in regions(text).items()
        if origin is not None and length is not None
    }
    assert ours == {k: (o & mask, v & mask) for k, (o, v) in expected.items()}


@pytest.mark.skipif(LD is None, reason="arm-none-eabi-ld is not installed")
def test_ld_accepts_what_the_tests_above_take_for_valid(tmp_path: Path) -> None:
    """The larger scripts of this file are scripts for ld too."""
    text = """
    MEMORY { FLASH : ORIGIN = 0x8000, LENGTH = 64K RAM : ORIGIN = 0x20000000, LENGTH = 64K }
    REGION_ALIAS("REGION_BSS", RAM);
    SECTIONS {
      .text 0x8000 : AT(0x8000) ALIGN(4) SUBALIGN(8) {
        KEEP(*(SORT(.init.*) SORT_BY_NAME(.fini*)))
        *(EXCLUDE_FILE(*crt0.o *boot.o) .text .text.*)
        . = ALIGN(4); BYTE(1) LONG(2)
      } > FLASH =0xff
      .eth_ram (NOLOAD) : ALIGN(4) { *(.eth .eth.*); } >REGION_BSS
      /DISCARD/ : { *(.comment) }
    }
    """
    assert "Memory Configuration" in link(text, tmp_path)
    assert script(text).problems == ()
