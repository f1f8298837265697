"""MEM001: descriptors and buffers that are fields of a struct."""

from __future__ import annotations

import pytest

from pitfalls.model import Verdict
from pitfalls.testing import examine
from tests.checks.test_dma_buffer_placement import CARGO, F407, cube, kinds, of_rule

CCM = '__attribute__((section(".ccmram")))'
INIT = "void f(void) { HAL_ETH_DMARxDescListInit(&heth, &eth.d[0], eth.rx[0], 4); }\n"
BODY = "{ uint8_t rx[4][1536]; ETH_DMADescTypeDef d[4]; }"
START = "void f(void) { HAL_UART_Receive_DMA(&huart, uart.rx, 64); }\n"

BAD = {
    "a tagged struct with its object": f"static struct eth_priv {BODY} eth {CCM};\n{INIT}",
    "the attribute of the struct's tag": (
        f"struct __attribute__((aligned(4))) eth_priv {BODY};\nstatic struct eth_priv eth {CCM};\n"
    ),
    "a typedef, told by the type alone": f"typedef struct {BODY} eth_t;\nstatic eth_t eth {CCM};\n",
    "a struct inside": (
        "struct ring { ETH_DMADescTypeDef d[4]; };\nstruct priv { int n; struct ring tx; };\n"
        f"static struct priv eth {CCM};\n"
    ),
    "an inline struct inside": (
        f"static struct {{ int n; struct {{ uint8_t rx[64]; }} in; }} uart {CCM};\n"
        "void f(void) { HAL_UART_Receive_DMA(&huart, uart.in.rx, 64); }\n"
    ),
    "an array of bytes": f"static struct {{ int n; uint8_t rx[64]; }} uart {CCM};\n{START}",
    "one of several ports": (
        f"struct port {{ uint8_t rx[64]; }};\nstatic struct port ports[2] {CCM};\n"
        "void f(void) { HAL_UART_Receive_DMA(&huart, ports[1].rx, 64); }\n"
    ),
    "the whole struct": (
        f"struct frame {{ uint16_t head; uint16_t sum; }};\nstatic struct frame out {CCM};\n"
        "void f(void) { HAL_SPI_Transmit_DMA(&hspi, (uint8_t *)&out, sizeof(out)); }\n"
    ),
    "descriptors of one's own, by the register": (
        f"struct desc {{ uint32_t w[4]; }};\nstatic struct {{ struct desc d[4]; }} eth {CCM};\n"
        "void f(void) { ETH->DMARDLAR = (uint32_t)&eth.d[0]; }\n"
    ),
    "a class of C++": f"class Port : public Base {{ public: uint8_t rx[64]; }};\n"
    f"static Port uart {CCM};\n{START}",
}  # fmt: skip


@pytest.mark.parametrize("source", BAD.values(), ids=BAD.keys())
def test_a_struct_out_of_reach_that_holds_what_dma_works_on(source: str) -> None:
    """The attribute of the object places its fields."""
    result = examine("MEM001", cube(source))
    assert kinds(result) == {("dma-region", "fail")}
    mapped = cube(source.replace(".ccmram", ".net"), ".net : { *(.net) } > RAM")
    assert kinds(examine("MEM001", mapped)) == {("dma-region", "pass")}


def test_a_struct_of_a_header() -> None:
    """Headers of the firmware are read where a field of the object is handed over."""
    source = f'#include "eth.h"\nstatic eth_priv_t eth {CCM};\n{INIT}'
    header = {"app/inc/eth.h": f"typedef struct eth_priv {BODY} eth_priv_t;\n"}
    assert kinds(examine("MEM001", cube(source) | header)) == {("dma-region", "fail")}


OTHERS = {
    "pointers": f"static struct {{ uint8_t *rx; ETH_DMADescTypeDef *d; }} uart {CCM};\n{START}",
    "an array of pointers": (
        f"static struct {{ uint8_t *rx[2]; }} uart {CCM};\n"
        "void f(void) { HAL_UART_Receive_DMA(&huart, uart.rx[0], 64); }\n"
    ),
    "the length": (
        f"static struct {{ int n; uint8_t log[64]; }} uart {CCM};\n"
        "void f(void) { HAL_UART_Receive_DMA(&huart, page, uart.n); }\n"
    ),
    "the length of one of several": (
        f"struct port {{ int n; }};\nstatic struct port ports[2] {CCM};\n"
        "void f(void) { HAL_UART_Receive_DMA(&huart, page, ports[1].n); }\n"
    ),
    "the handle": (
        f"static struct {{ UART_HandleTypeDef h; uint8_t log[64]; }} uart {CCM};\n"
        "void f(void) { HAL_UART_Receive_DMA(&uart.h, page, 64); }\n"
    ),
    "a field of the same name": (
        f"static uint8_t rx[64] {CCM};\n"
        "void f(struct port *p) { HAL_UART_Receive_DMA(&p->h, p->rx, 64); }\n"
    ),
    "a function that returns a struct": (
        f"static struct log table {CCM};\nstruct log make(void) {{ ETH_DMADescTypeDef *d; }}\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", OTHERS.values(), ids=OTHERS.keys())
def test_a_struct_that_only_points_elsewhere(source: str) -> None:
    """What DMA works on is elsewhere then, and the struct may stay in CCM."""
    assert examine("MEM001", cube(source)).verdict is Verdict.NOT_APPLICABLE


RINGS = "use stm32_eth::dma::{RxRingEntry, TxRingEntry};\n"
HOLDER = "pub struct EthBufs { pub rx: [RxRingEntry; 4], pub tx: [TxRingEntry; 4] }\n"


def crate(main: str, bufs: str = "") -> dict[str, str]:
    """A package whose script maps CCM."""
    files = {"src/main.rs": main, "memory.x": F407.replace("@MORE@", "")}
    more = {"src/bufs.rs": bufs} if bufs else {}
    return files | more | {"Cargo.toml": CARGO.format("stm32f407")}


@pytest.mark.parametrize(
    "static",
    [
        "static mut ETH: EthBufs = EthBufs::new();\n",
        "static ETH: StaticCell<EthBufs> = StaticCell::new();\n",
        "static mut ETH: core::mem::MaybeUninit<EthBufs> = core::mem::MaybeUninit::uninit();\n",
    ],
)
def test_a_rust_struct_of_rings(static: str) -> None:
    """Of the same file or of another one of the package."""
    placed = f'#[link_section = ".ccmram"]\n{static}'
    for files in (crate(RINGS + HOLDER + placed), crate("mod bufs;\n" + placed, RINGS + HOLDER)):
        assert kinds(examine("MEM001", files)) == {("dma-region", "fail")}
    result = examine("MEM001", crate(RINGS + HOLDER + static))
    assert of_rule(result, "dma-region") == [("pass", "src/main.rs", 3)]


def test_a_rust_struct_inside_a_struct() -> None:
    """The ring is still inside the static."""
    outer = "struct Net { bufs: EthBufs, count: u32 }\n"
    static = '#[link_section = ".ccmram"]\nstatic mut NET: Net = Net::new();\n'
    assert kinds(examine("MEM001", crate(RINGS + HOLDER + outer + static))) == {
        ("dma-region", "fail")
    }


@pytest.mark.parametrize(
    "source",
    [
        "struct Net { rx: &'static mut [RxRingEntry] }\nstatic mut NET: Net = Net::new();\n",
        HOLDER + "static mut NET: Option<&'static mut EthBufs> = None;\n",
        HOLDER + "struct Log { n: u32 }\nstatic mut LOG: Log = Log::new();\n",
    ],
)
def test_a_rust_struct_that_borrows_its_rings(source: str) -> None:
    """A handle may be anywhere."""
    placed = source.replace("static mut", '#[link_section = ".ccmram"]\nstatic mut')
    assert examine("MEM001", crate(RINGS + placed)).verdict is Verdict.NOT_APPLICABLE
