"""The formats behind MEM001: C and Rust objects, inline-buffer drivers, chips, script names."""

from __future__ import annotations

import contextlib
import random

import pytest

from pitfalls.formats import (
    FormatError,
    c_buffers,
    chips,
    devicetree_chosen,
    linker_uses,
    rust_buffers,
    rust_drivers,
    rust_set_ups,
)


def c_objects(text: str) -> dict[str, c_buffers.CBuffer]:
    """The objects of a C file, by name."""
    found = c_buffers.parse(text.encode())
    return {b.name: b for b in found.buffers} if found else {}


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ('ETH_DMADescTypeDef d[4] __attribute__((section(".e")));', ".e"),
        ('__attribute__((aligned(4), section(".e"))) ETH_DMADescTypeDef d[4];', ".e"),
        ('__attribute__((section(".e"))) static ETH_DMADescTypeDef d[4] = {0};', ".e"),
        ('static ETH_DMADescTypeDef d[4] __section(".e");', ".e"),
        ('ETH_DMADescTypeDef d[4] @ ".e";', ".e"),
        ('#pragma location = ".e"\nETH_DMADescTypeDef d[4];', ".e"),
        ('ALIGN_32BYTES(ETH_DMADescTypeDef d[4] __attribute__((section(".e"))));', ".e"),
        ("__ALIGN_BEGIN ETH_DMADescTypeDef d[4] __ALIGN_END;", ""),
        ("__ALIGNED(32) ETH_DMADescTypeDef d[4];", ""),
        ('extern "C" {\nETH_DMADescTypeDef d[4];\n}', ""),
        ("namespace net {\nETH_DMADescTypeDef d[4];\n}", ""),
        ("void f(void) { static ETH_DMADescTypeDef d[4]; }", ""),
    ],
)
def test_c_objects_and_their_sections(text: str, section: str) -> None:
    """GCC, IAR and wrapper macros all say the same thing."""
    assert c_objects(text)["d"].section == section


@pytest.mark.parametrize(
    "text",
    [
        "extern ETH_DMADescTypeDef d[4];",
        "typedef ETH_DMADescTypeDef table_t[4];",
        "ETH_DMADescTypeDef *d;",
        "void f(ETH_DMADescTypeDef d[4]);",
        "void f(void) { ETH_DMADescTypeDef d[4]; }",
        "struct s { ETH_DMADescTypeDef d[4]; };",
        "// ETH_DMADescTypeDef d[4];\n",
        'const char *help = "ETH_DMADescTypeDef d[4];";',
    ],
)
def test_what_is_no_object_with_static_storage(text: str) -> None:
    """Declarations, types, pointers, parameters, locals, comments and strings."""
    assert c_objects(text) == {}


def test_absolute_addresses() -> None:
    """IAR's `@` and `#pragma location`, Arm Compiler's `at()`."""
    text = (
        "#pragma location=0x30040000\nETH_DMADescTypeDef a[4];\n"
        "ETH_DMADescTypeDef b[4] @ 0x30040060;\n"
        "__attribute__((at(0x30040120))) ETH_DMADescTypeDef c[4];\n"
    )
    assert {n: b.address for n, b in c_objects(text).items()} == {
        "a": 0x30040000,
        "b": 0x30040060,
        "c": 0x30040120,
    }


def test_several_declarators_and_lines() -> None:
    """Each object of one declaration has its own name and line."""
    found = c_objects("ETH_DMADescTypeDef a[4],\n  b[4];\n")
    assert {name: b.line for name, b in found.items()} == {"a": 1, "b": 2}


def test_arms_of_preprocessor_conditions_are_kept() -> None:
    """An object knows the condition under which it is there."""
    found = c_buffers.parse(
        b"#ifdef A\nETH_DMADescTypeDef a[1];\n#else\nETH_DMADescTypeDef b[1];\n#endif\n"
    )
    assert found is not None
    assert [b.arms for b in found.buffers] == [("A",), ("!(A) ; else",)]


def test_rust_statics_with_their_attributes() -> None:
    """Plain, unsafe(…) and cfg_attr; a reference to a ring is a handle."""
    found = rust_buffers.parse(
        b"use stm32_eth::dma::*;\n"
        b'#[link_section = ".a"]\nstatic mut A: [RxRingEntry; 2] = X;\n'
        b'#[unsafe(link_section = ".b")]\nstatic mut B: [TxRingEntry; 2] = X;\n'
        b'#[cfg_attr(feature = "ccm", link_section = ".c")]\nstatic mut C: [RxRingEntry; 2] = X;\n'
        b"static mut HANDLE: Option<&'static mut [RxRingEntry]> = None;\n"
        b"static mut PLAIN: [u8; 2] = [0; 2];\n"
    )
    assert found is not None
    assert [(b.name, b.section, b.section_line, b.conditional) for b in found.buffers] == [
        ("A", ".a", 2, False),
        ("B", ".b", 4, False),
        ("C", ".c", 6, True),
    ]


def test_rust_statics_that_are_given_to_a_transfer() -> None:
    """By use: whatever the type is."""
    found = rust_buffers.parse(
        b"static mut RX: [u8; 8] = [0; 8];\nstatic mut OTHER: [u8; 8] = [0; 8];\n"
        b"fn go() { let t = Transfer::init_peripheral_to_memory(s, u, unsafe { &mut RX }, c); }\n"
    )
    assert found is not None
    assert [(b.name, b.master) for b in found.buffers] == [("RX", "DMA")]


@pytest.mark.parametrize(
    "store",
    [
        "write_volatile(self.base as *mut u32, self.rx.as_ptr() as u32)",
        "self.regs.dma_addr.write(|w| unsafe { w.bits(self.rx.as_mut_ptr() as u32) })",
        "write_volatile(p, core::ptr::addr_of!(self.rx) as u32)",
        "write_volatile(p, &raw mut self.rx as u32)",
        "write_volatile(p, self.rx[0].as_ptr() as u32)",
    ],
)
def test_an_address_of_an_own_array_that_is_stored(store: str) -> None:
    """Every spelling of a pointer to a field that reaches a register."""
    text = (
        f"struct D {{ rx: [[u8; 4]; 2], n: u32 }}\nimpl D {{ fn go(&mut self) {{ {store}; }} }}\n"
    )
    text += "// write_volatile\n"
    found = rust_drivers.parse(text.encode())
    assert found is not None
    assert [(e.type, e.method, e.field) for e in found.escapes] == [("D", "go", "rx")]


@pytest.mark.parametrize(
    "store",
    [
        "copy_nonoverlapping(self.rx.as_ptr(), to, 4); write_volatile(p, 1)",
        "write_volatile(p, self.rx.len() as u32); let _ = self.rx.as_ptr()",
        "write_volatile(p, other.rx.as_ptr() as u32); self.rx.as_ptr()",
    ],
)
def test_an_address_that_is_only_used_does_not_escape(store: str) -> None:
    """Copying from a field leaves nothing behind."""
    text = f"struct D {{ rx: [u8; 4] }}\nimpl D {{ fn go(&mut self) {{ {store}; }} }}\n"
    found = rust_drivers.parse(text.encode())
    assert found is None or found.escapes == ()


def test_where_an_object_is_called_and_then_moved() -> None:
    """A local and a static; the file is one to look at, whatever types it names."""
    text = (
        "static DEV: StaticCell<Nic> = StaticCell::new();\n"
        "fn go() -> Nic {\n    let mut nic = Nic::new();\n    nic.init();\n    nic\n}\n"
        "fn stay() {\n    let nic = DEV.init(Nic::new());\n    nic.start();\n}\n"
    )
    drivers = rust_drivers.parse(text.encode())
    assert drivers is not None
    assert drivers.may_set_up
    found = rust_set_ups.parse(text.encode())
    assert found is not None
    (local,), (placed,) = found.locals, found.placed
    assert (local.type, local.calls[0].method, local.moved) == ("Nic", "init", "returned")
    assert (placed.static, placed.calls[0].method) == ("DEV", "start")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("CFLAGS = -DSTM32F407xx", ["stm32f407"]),
        ('features = ["stm32h743zi", "time"]', ["stm32h743"]),
        ("Mcu.CPN=STM32F429ZIT6", ["stm32f429"]),
        ("#include <st/h7/stm32h743Xi.dtsi>", ["stm32h743"]),
        ('CONFIG_IDF_TARGET="esp32s3"', ["esp32s3"]),
        ("esp32-c3", ["esp32c3"]),
        ("stm32f4xx_hal", ["stm32f4"]),
        ("# only STM32F407", []),
        ("[features]\nstm32f407 = []", []),
        ('description = "for the STM32F407"', []),
        ("mystm32f407", []),
    ],
)
def test_chips_are_read_in_every_spelling(text: str, names: list[str]) -> None:
    """Compiler definitions, Cargo features, Cube projects, devicetree, ESP-IDF."""
    found = chips.parse(text.encode())
    assert ([name.name for name in found.names] if found else []) == names


def test_script_names_in_build_files() -> None:
    """Options, variables and file names, not comments."""
    text = (
        '-T linker/board.ld\nLD = other.lds\n# -T old.ld\ninclude_bytes!("stm32f4.x")\n"-Tlink.x"'
    )
    found = linker_uses.parse(text.encode())
    assert found is not None
    assert [(use.name, use.line) for use in found.uses] == [
        ("board.ld", 1),
        ("other.lds", 2),
        ("stm32f4.x", 4),
        ("link.x", 5),
    ]


def test_devicetree_choices() -> None:
    """The chosen default RAM with its line; a comment chooses nothing."""
    found = devicetree_chosen.parse(
        b"/ { chosen {\n/* zephyr,sram = &a; */\n zephyr,sram = &dtcm;\n}; };\n"
    )
    assert found is not None
    assert [(c.property, c.label, c.line) for c in found.choices] == [("zephyr,sram", "dtcm", 3)]


PARSERS = [
    c_buffers.parse,
    chips.parse,
    devicetree_chosen.parse,
    linker_uses.parse,
    rust_buffers.parse,
    rust_drivers.parse,
    rust_set_ups.parse,
]


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__module__.rpartition(".")[2])
def test_noise_is_ordinary_input(parse) -> None:  # type: ignore[no-untyped-def]
    """NUL, CRLF, stray bytes, unclosed strings and braces raise nothing but FormatError."""
    chooser = random.Random(3)  # noqa: S311 - reproducible noise
    alphabet = b"\x00\xff\r\n{}()[];#=@&*/\"'stm32 static let mut Transfer::init self.rx.as_ptr("
    for _ in range(150):
        noise = bytes(chooser.choice(alphabet) for _ in range(200))
        with contextlib.suppress(FormatError):
            parse(noise)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__module__.rpartition(".")[2])
@pytest.mark.parametrize(
    "data",
    [
        b"ETH_DMADescTypeDef ring[4] " + b"{" * 100_000,
        b"/*" * 100_000,
        b"#if A\n" * 30_000,
        b"HAL_UART_Receive_DMA(" * 10_000,
        b"let mut a = Type::new(1);\n" * 3_000 + b"static A: MaybeUninit<T> = b;",
        b"stm32" * 60_000,
        b"a.ld" + b"." * 200_000,
        b'"' * 200_000,
    ],
    ids=["braces", "comments", "ifs", "calls", "lets", "names", "dots", "quotes"],
)
def test_hostile_input_ends_in_time(parse, data: bytes) -> None:  # type: ignore[no-untyped-def]
    """Some hundred kilobytes of anything take seconds at most."""
    with contextlib.suppress(FormatError):
        parse(data)
