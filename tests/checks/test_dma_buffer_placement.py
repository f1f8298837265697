"""MEM001: which objects are judged, against which memory, and what is left alone."""

from __future__ import annotations

import pytest

from pitfalls.model import PitfallResult, Verdict
from pitfalls.testing import examine

F407 = """
MEMORY {
  FLASH  : ORIGIN = 0x08000000, LENGTH = 1M
  RAM    : ORIGIN = 0x20000000, LENGTH = 128K
  CCMRAM : ORIGIN = 0x10000000, LENGTH = 64K
}
SECTIONS {
  .text : { *(.text*) *(.rodata*) } > FLASH
  .data : { *(.data .data.*) } > RAM AT> FLASH
  .bss : { *(.bss .bss.*) *(COMMON) } > RAM
  .ccmram : { *(.ccmram .ccmram.*) } > CCMRAM
@MORE@}
"""
RING = "ETH_DMADescTypeDef ring[4]{attribute};\n"
CARGO = (
    '[package]\nname = "b"\n[dependencies]\nstm32-eth = {{ version = "0.8", features = ["{}"] }}\n'
)


def cube(source: str, more: str = "", chip: str = "STM32F407xx") -> dict[str, str]:
    """A project with one C file, a linker script and a Makefile."""
    return {
        "app/src/eth.c": source,
        "app/board.ld": F407.replace("@MORE@", more),
        "app/Makefile": f"CFLAGS += -D{chip}\nLDFLAGS += -Tboard.ld\n",
    }


def of_rule(result: PitfallResult, rule: str) -> list[tuple[str, str, int]]:
    """(verdict, path, line) of the findings of one rule."""
    return [
        (f.verdict.value, f.place.path, f.place.line)
        for f in result.findings
        if f.rule == f"MEM001.{rule}"
    ]


def kinds(result: PitfallResult) -> set[tuple[str, str]]:
    """(rule, verdict) of all findings but notes."""
    return {
        (f.rule.partition(".")[2], f.verdict.value)
        for f in result.findings
        if f.verdict is not Verdict.NOTE
    }


# --- what is left alone -----------------------------------------------------------------------


def test_a_heap_in_ccm_on_purpose_is_no_dma_object() -> None:
    """Statics that only the processor touches may be in CCM, and alone make nothing applicable."""
    source = '__attribute__((section(".ccmram"))) static uint8_t heap[32768];\n'
    assert examine("MEM001", cube(source)).verdict is Verdict.NOT_APPLICABLE


def test_a_handle_with_dma_in_its_name_is_no_dma_object() -> None:
    """`hdma_usart1_rx` is a driver's handle; the hardware never walks it."""
    source = (
        'DMA_HandleTypeDef hdma_usart1_rx __attribute__((section(".ccmram")));\n'
        'static uint8_t dma_table[8] __attribute__((section(".ccmram")));\n'
        "void start(void) { HAL_DMA_Init(&hdma_usart1_rx); use(dma_table); }\n"
    )
    assert examine("MEM001", cube(source)).verdict is Verdict.NOT_APPLICABLE


def test_the_handle_of_a_transfer_is_not_its_buffer() -> None:
    """The first argument of HAL_UART_Receive_DMA is the UART, and sizeof only measures."""
    source = (
        "static uint8_t rx[64];\n"
        'static uint8_t other[64] __attribute__((section(".ccmram")));\n'
        'UART_HandleTypeDef huart2 __attribute__((section(".ccmram")));\n'
        "void start(void) { HAL_UART_Receive_DMA(&huart2, rx, sizeof(other)); }\n"
    )
    result = examine("MEM001", cube(source))
    assert of_rule(result, "dma-region") == [("pass", "app/src/eth.c", 1)]


def test_an_object_without_attribute_passes_where_bss_is_reachable() -> None:
    """The usual Cube project for the F4: CCM is declared and used, the descriptors are in .bss."""
    result = examine("MEM001", cube(RING.format(attribute="")))
    assert kinds(result) == {("dma-region", "pass")}
    assert of_rule(result, "explicit-section") == [("note", "app/src/eth.c", 1)]


def test_other_uses_of_link_section_are_not_looked_at() -> None:
    """Vector tables and boot records carry a section and have nothing to do with DMA."""
    files = {
        "src/main.rs": '#[link_section = ".boot2"]\nstatic BOOT: [u8; 256] = [0; 256];\n',
        "memory.x": "MEMORY { RAM : ORIGIN = 0x20000000, LENGTH = 64K }\n",
        "Cargo.toml": CARGO.format("stm32f407"),
    }
    assert examine("MEM001", files).verdict is Verdict.NOT_APPLICABLE


SECTION = '__attribute__((section(".ccmram")))'


@pytest.mark.parametrize(
    "source",
    [
        f"#define FAST {SECTION}\nFAST static uint8_t rx[8];\n",
        f"#define FAST \\\n    {SECTION}\nstatic uint8_t rx[8] FAST;\n",
        '#include "fast.h"\nFAST static uint8_t rx[8];\n',
    ],
)
def test_a_section_behind_a_macro(source: str) -> None:
    """Of the file itself, or of a header of the project."""
    use = "void f(void) { HAL_SPI_Receive_DMA(&h, rx, 8); }\n"
    header = {"app/inc/fast.h": f"#define FAST {SECTION}\n"}
    assert kinds(examine("MEM001", cube(source + use) | header)) == {("dma-region", "fail")}
    reachable = {path: text.replace('.ccmram"', '.net"') for path, text in header.items()}
    files = cube(source.replace(".ccmram", ".net") + use, ".net : { *(.net) } > RAM") | reachable
    assert kinds(examine("MEM001", files)) == {("dma-region", "pass")}


@pytest.mark.parametrize(
    "call",
    [
        "LL_DMA_SetMemoryAddress(DMA2, LL_DMA_STREAM_3, (uint32_t)rx)",
        "LL_DMA_ConfigAddresses(DMA2, 3, (uint32_t)rx, (uint32_t)&SPI1->DR, TO_PERIPHERAL)",
        "DMA1_Stream5->M0AR = (uint32_t)rx",
        "DMA1_Channel4->CMAR = (uint32_t)&rx[0]",
    ],
)
def test_addresses_given_to_the_controller_by_hand(call: str) -> None:
    """With the low-layer drivers, or in its registers."""
    source = f"static uint8_t rx[8] {SECTION};\nvoid f(void) {{ {call}; }}\n"
    assert kinds(examine("MEM001", cube(source))) == {("dma-region", "fail")}


@pytest.mark.parametrize("chip", ["STM32F103xB", "STM32F446xx", "STM32G474xx", "STM32F767xx"])
def test_chips_with_all_ram_in_reach_are_not_judged(chip: str) -> None:
    """No CCM (F1, F446), CCM SRAM that DMA reaches (G4), DTCM that DMA reaches (F7)."""
    files = cube("static uint8_t rx[8];\nvoid f(void) { HAL_SPI_Receive_DMA(&h, rx, 8); }\n")
    files["app/Makefile"] = f"CFLAGS += -D{chip}\n"
    files["app/board.ld"] = (
        files["app/board.ld"].replace("CCMRAM", "SRAM2").replace(".ccmram", ".x")
    )
    assert examine("MEM001", files).verdict is Verdict.NOT_APPLICABLE


def test_a_vendor_hal_and_vendored_trees_are_no_subjects() -> None:
    """The HAL's own sources name every DMA call there is."""
    hal = (
        "HAL_StatusTypeDef HAL_UART_Receive_DMA(UART_HandleTypeDef *h, uint8_t *p, uint16_t n)\n"
        "{ return UART_Start_Receive_DMA(h, p, n); }\nETH_DMADescTypeDef unused[4];\n"
    )
    assert examine("MEM001", cube(hal)).verdict is Verdict.NOT_APPLICABLE
    vendored = {
        "zp/include/zenoh-pico.h": "",
        "zp/src/session/utils.c": "",
        **{f"zp/{path}": text for path, text in cube(RING.format(attribute="")).items()},
    }
    assert examine("MEM001", vendored).verdict is Verdict.NOT_APPLICABLE


def test_a_comment_is_no_evidence() -> None:
    """Neither an object nor a mapping nor a chip is read from a comment."""
    source = "// ETH_DMADescTypeDef ring[4];\n/* HAL_ETH_DMARxDescListInit(&h, ring, b, 4); */\n"
    assert examine("MEM001", cube(source)).verdict is Verdict.NOT_APPLICABLE


def test_a_tree_without_dma_masters_is_not_applicable() -> None:
    """A linker script with CCM alone says nothing."""
    assert examine("MEM001", cube("int main(void) { return 0; }\n")).verdict is (
        Verdict.NOT_APPLICABLE
    )


# --- dma-region -------------------------------------------------------------------------------


def test_an_attribute_into_ccm_fails_at_the_object() -> None:
    """The section is named after CCM and mapped there on purpose: the attribute is wrong."""
    source = "#include <x.h>\n" + RING.format(attribute=' __attribute__((section(".ccmram")))')
    result = examine("MEM001", cube(source))
    assert of_rule(result, "dma-region") == [("fail", "app/src/eth.c", 2)]
    finding = result.findings[0]
    assert "0x10000000" in finding.message
    assert {hop.place.path for hop in finding.related} >= {"app/board.ld", "app/Makefile"}


def test_a_section_of_its_own_that_is_mapped_to_ccm_fails_at_the_mapping() -> None:
    """The script's line is what has to change; the objects are named as the chain."""
    source = RING.format(attribute=' __attribute__((section(".eth")))')
    result = examine("MEM001", cube(source, "  .eth : { *(.eth) } > CCMRAM\n"))
    assert of_rule(result, "dma-region") == [("fail", "app/board.ld", 12)]


def test_an_orphan_joins_the_output_section_of_its_own_name() -> None:
    """GNU ld puts a section that no pattern takes into an output section that is named like it."""
    ring = RING.format(attribute=' __attribute__((section(".eth")))')
    to_ram = examine("MEM001", cube(ring, more="  .eth : { . = ALIGN(4); } > RAM\n"))
    assert to_ram.verdict is Verdict.PASS
    to_ccm = examine("MEM001", cube(ring, more="  .eth : { . = ALIGN(4); } > CCMRAM\n"))
    assert [rule for rule, _ in kinds(to_ccm)] == ["dma-region"]


def test_region_aliases_and_includes_are_followed() -> None:
    """REGION_ALIAS and INCLUDE lead to the region that really takes the object."""
    files = {
        "app/eth.c": RING.format(attribute=' __attribute__((section(".eth")))'),
        "app/board.ld": "INCLUDE regions.ld\nSECTIONS { .bss : { *(.bss*) } > MAIN\n"
        ".eth : { *(.eth) } > FAST }\n",
        "app/regions.ld": "MEMORY { A : ORIGIN = 0x20000000, LENGTH = 128K\n"
        "B : ORIGIN = 0x10000000, LENGTH = 64K }\n"
        'REGION_ALIAS("MAIN", A)\nREGION_ALIAS("FAST", B)\n',
        "app/Makefile": "-DSTM32F429xx -T board.ld\n",
    }
    assert of_rule(examine("MEM001", files), "dma-region") == [("fail", "app/board.ld", 3)]


def test_bss_in_dtcm_of_an_h7_fails() -> None:
    """STM32H7: RAM points at DTCM, and the descriptors carry no attribute."""
    files = cube(RING.format(attribute=""), chip="STM32H743xx")
    files["app/board.ld"] = files["app/board.ld"].replace("0x10000000", "0x24000000")
    result = examine("MEM001", files)
    assert of_rule(result, "dma-region") == [("fail", "app/src/eth.c", 1)]


def test_an_h7_section_that_is_not_mapped_is_an_orphan() -> None:
    """Cube's `.RxDecripSection` without the output section; DTCM in use makes it a hazard."""
    source = RING.format(attribute=' __attribute__((section(".RxDecripSection")))')
    files = cube(source, chip="STM32H743xx")
    files["app/board.ld"] = (
        "MEMORY { DTCM : ORIGIN = 0x20000000, LENGTH = 128K\n"
        "RAM_D1 : ORIGIN = 0x24000000, LENGTH = 512K }\n"
        "SECTIONS { .bss : { *(.bss*) } > RAM_D1\n"
        ".stack : { . = . + 4K; } > DTCM }\n"
    )
    result = examine("MEM001", files)
    assert of_rule(result, "orphan-section-hazard") == [("fail", "app/board.ld", 4)]
    files["app/board.ld"] = files["app/board.ld"].replace("> DTCM", "> RAM_D1")
    result = examine("MEM001", files)
    assert of_rule(result, "orphan-section") == [("warn", "app/src/eth.c", 1)]


def test_the_arms_for_other_compilers_do_not_count() -> None:
    """Cube writes each descriptor three times; with a GNU script only GCC's arm is linked."""
    source = (
        "#if defined ( __ICCARM__ )\n#pragma location=0x10000000\nETH_DMADescTypeDef ring[4];\n"
        "#elif defined ( __CC_ARM )\n"
        "__attribute__((at(0x10000000))) ETH_DMADescTypeDef ring[4];\n"
        '#elif defined ( __GNUC__ )\nETH_DMADescTypeDef ring[4] __attribute__((section(".e")));\n'
        "#endif\n"
    )
    result = examine("MEM001", cube(source, "  .e : { *(.e) } > RAM\n"))
    assert of_rule(result, "dma-region") == [("pass", "app/src/eth.c", 7)]


def test_an_absolute_address_needs_no_script() -> None:
    """IAR's `#pragma location` in a project that has no GNU script."""
    files = {
        "p/eth.c": "#pragma location=0x20000000\nETH_DMADescTypeDef ring[4];\n",
        "p/startup_stm32h743xx.s": "",
    }
    assert of_rule(examine("MEM001", files), "dma-region") == [("fail", "p/eth.c", 2)]


def test_a_static_cell_in_default_bss_passes() -> None:
    """embassy: a PacketQueue in a StaticCell is where cortex-m-rt puts .bss."""
    files = {
        "src/main.rs": "use embassy_stm32::eth::PacketQueue;\n"
        "static QUEUE: StaticCell<PacketQueue<4, 4>> = StaticCell::new();\n",
        "memory.x": "MEMORY { FLASH : ORIGIN = 0x08000000, LENGTH = 2M\n"
        "RAM : ORIGIN = 0x20000000, LENGTH = 192K }\n",
        "Cargo.toml": CARGO.format("stm32f429zi"),
    }
    assert of_rule(examine("MEM001", files), "dma-region") == [("pass", "src/main.rs", 2)]


def test_a_build_script_that_writes_memory_x_binds_the_script() -> None:
    """The file is called otherwise in the tree and is memory.x for the linker."""
    files = {
        "b/src/lib.rs": "use stm32_eth::dma::RxRingEntry;\n"
        '#[cfg_attr(target_os = "none", unsafe(link_section = ".ccmram"))]\n'
        "static mut RING: [RxRingEntry; 4] = [RxRingEntry::INIT; 4];\n",
        "b/layout.x": F407.replace("@MORE@", "")
        .replace(".bss : { *(.bss .bss.*) *(COMMON) } >", "")
        .replace(" RAM\n  .ccmram", "  .ccmram")
        .replace(".data : { *(.data .data.*) } > RAM AT> FLASH", "")
        .replace(".text : { *(.text*) *(.rodata*) } > FLASH", ""),
        "b/build.rs": 'fn main() { write(out.join("memory.x"), include_bytes!("layout.x")); }\n',
        "b/Cargo.toml": CARGO.format("stm32f407"),
    }
    assert of_rule(examine("MEM001", files), "dma-region") == [("fail", "b/src/lib.rs", 3)]


# --- other people's systems -------------------------------------------------------------------


def zephyr(
    label: str, board: str = "nucleo_h743zi", option: str = "CONFIG_NET_L2_ETHERNET=y"
) -> dict[str, str]:
    """A Zephyr application that chooses its default RAM."""
    overlay = f"/ {{\n\tchosen {{\n\t\tzephyr,sram = &{label};\n\t}};\n}};\n"
    return {
        "app/prj.conf": f"{option}\n",
        "app/CMakeLists.txt": "find_package(Zephyr)\n",
        f"app/boards/{board}.overlay": overlay,
    }


def test_zephyr_with_its_default_ram_in_dtcm_fails_on_an_h7() -> None:
    """Every static buffer of the Ethernet driver lies there."""
    result = examine("MEM001", zephyr("dtcm"))
    place = ("fail", "app/boards/nucleo_h743zi.overlay", 3)
    assert of_rule(result, "dma-region") == [place]


def test_zephyr_elsewhere_passes_or_is_not_applicable() -> None:
    """AXI SRAM passes; DTCM of an F7 is in reach; without a DMA user nothing is at stake."""
    assert examine("MEM001", zephyr("sram0")).verdict is Verdict.PASS
    assert examine("MEM001", zephyr("dtcm", "nucleo_f767zi")).verdict is Verdict.NOT_APPLICABLE
    silent = zephyr("dtcm", option="CONFIG_GPIO=y")
    assert examine("MEM001", silent).verdict is Verdict.NOT_APPLICABLE


def test_zephyr_buffers_in_ccm_fail() -> None:
    """`__ccm_noinit_section` on a buffer that the asynchronous UART fills."""
    files = {
        "app/prj.conf": "CONFIG_UART_ASYNC_API=y\nCONFIG_SOC_STM32F407XG=y\n",
        "app/src/main.c": "static uint8_t __ccm_noinit_section rx[64];\n"
        "int main(void) { return uart_rx_enable(dev, rx, sizeof(rx), 100); }\n",
    }
    assert of_rule(examine("MEM001", files), "dma-region") == [("fail", "app/src/main.c", 1)]


@pytest.mark.parametrize(
    ("chip", "verdict"), [("esp32", "fail"), ("esp32s2", "fail"), ("esp32s3", "unknown")]
)
def test_esp_idf_buffers_in_external_ram_depend_on_the_chip(chip: str, verdict: str) -> None:
    """Descriptors with EXT_RAM_BSS_ATTR: out of reach on ESP32 and ESP32-S2."""
    files = {
        "app/main/dma.c": "EXT_RAM_BSS_ATTR static lldesc_t chain[8];\n",
        "app/sdkconfig.defaults": f'CONFIG_IDF_TARGET="{chip}"\nCONFIG_SPIRAM=y\n',
    }
    assert of_rule(examine("MEM001", files), "dma-region") == [(verdict, "app/main/dma.c", 1)]


def test_esp_idf_dma_attr_is_evidence() -> None:
    """DMA_ATTR keeps an object in internal RAM."""
    files = {
        "app/main/dma.c": "static DMA_ATTR uint8_t line[320];\n",
        "app/sdkconfig": 'CONFIG_IDF_TARGET="esp32"\n',
    }
    assert of_rule(examine("MEM001", files), "dma-region") == [("pass", "app/main/dma.c", 1)]


# --- unknown ----------------------------------------------------------------------------------


def test_without_a_linker_script_the_region_is_unknown() -> None:
    """The chip has CCM and the script is not in the tree."""
    files = cube(RING.format(attribute=""))
    del files["app/board.ld"]
    result = examine("MEM001", files)
    assert kinds(result) == {("dma-region", "unknown")}


def test_an_unknown_runtime_is_unknown() -> None:
    """A script that declares memory only and is not memory.x is completed by something else."""
    files = cube(RING.format(attribute=' __attribute__((section(".eth")))'))
    files["app/board.ld"] = files["app/board.ld"].partition("SECTIONS")[0]
    assert kinds(examine("MEM001", files)) == {("dma-region", "unknown")}


def test_ccm_of_an_unknown_chip_is_unknown_for_the_general_dma() -> None:
    """Region CCMRAM of a chip that nothing names: on a G4 DMA reaches it."""
    files = cube(
        'static uint8_t rx[8] __attribute__((section(".ccmram")));\n'
        "void f(void) { HAL_SPI_Receive_DMA(&h, rx, 8); }\n"
    )
    files["app/Makefile"] = "all:\n"
    assert kinds(examine("MEM001", files)) == {("dma-region", "unknown")}


def test_scripts_that_disagree_are_unknown_until_a_build_file_names_one() -> None:
    """Two scripts side by side, one good and one bad."""
    files = cube(RING.format(attribute=' __attribute__((section(".eth")))'))
    base = files["app/board.ld"].rstrip().removesuffix("}")
    files["app/board.ld"] = base + "  .eth : { *(.eth) } > RAM\n}\n"
    files["app/debug.ld"] = base + "  .eth : { *(.eth) } > CCMRAM\n}\n"
    assert kinds(examine("MEM001", files)) == {("dma-region", "pass")}
    files["app/Makefile"] = "-DSTM32F407xx\n"
    assert kinds(examine("MEM001", files)) == {("dma-region", "unknown")}


def test_the_generators_script_for_ram_is_the_debuggers_copy() -> None:
    """STM32CubeMX writes a pair; nothing names one, and the one for flash links the firmware."""
    files = cube(RING.format(attribute=' __attribute__((section(".eth")))'))
    base = files.pop("app/board.ld").rstrip().removesuffix("}")
    files["app/Makefile"] = "-DSTM32F407xx\n"
    files["app/F407_FLASH.ld"] = base + "  .eth : { *(.eth) } > RAM\n}\n"
    files["app/F407_RAM.ld"] = base + "  .eth : { *(.eth) } > CCMRAM\n}\n"
    assert kinds(examine("MEM001", files)) == {("dma-region", "pass")}
    files["app/Makefile"] = "-DSTM32F407xx -TF407_RAM.ld\n"
    assert ("dma-region", "pass") not in kinds(examine("MEM001", files))


def test_a_script_that_ends_in_the_middle_is_unknown() -> None:
    """A truncated script is said so and nothing passes because of it."""
    files = cube(RING.format(attribute=""))
    files["app/board.ld"] = files["app/board.ld"][:200]
    assert examine("MEM001", files).verdict is Verdict.UNKNOWN


# --- flash, cache, moved objects --------------------------------------------------------------

CONST = """
static const uint8_t page[] = {1, 2, 3};
void send(void) {
  ETH_BufferTypeDef b = {0};
  b.buffer = (uint8_t *)page;
  HAL_ETH_Transmit(&heth, &config, 20);
}
"""


@pytest.mark.parametrize(
    ("chip", "found"),
    [("STM32F407xx", True), ("STM32F446xx", True), ("STM32F429xx", False), ("STM32H743xx", False)],
)
def test_a_constant_for_the_ethernet_is_flagged_where_it_cannot_read_flash(
    chip: str, *, found: bool
) -> None:
    """F405/407/415/417/446 only; F427/429 and later ones read flash."""
    result = examine("MEM001", cube(CONST, chip=chip))
    expected = [("warn", "app/src/eth.c", 5)] if found else []
    assert of_rule(result, "flash-source") == expected


CACHE = "void main(void) {{ SCB_EnableDCache(); {call} }}\n" + RING.format(
    attribute=' __attribute__((section(".eth")))'
).replace("{", "{{").replace("}", "}}")


def cached(call: str = "", ram: str = "0x30000000") -> PitfallResult:
    """An H7 with the data cache on and descriptors in a region that begins at ``ram``."""
    files = cube(CACHE.format(call=call), "  .eth : { *(.eth) } > CCMRAM\n", "STM32H743xx")
    files["app/board.ld"] = files["app/board.ld"].replace("0x10000000", ram)
    return examine("MEM001", files)


def test_descriptors_under_the_data_cache_are_flagged() -> None:
    """Nothing cleans, invalidates, or takes the region out of the cache."""
    assert of_rule(cached(), "cacheable-dma") == [("warn", "app/src/eth.c", 2)]


@pytest.mark.parametrize(
    "call",
    [
        "SCB_CleanDCache_by_Addr((uint32_t *)ring, sizeof ring);",
        "r.BaseAddress = 0x30000000; r.Size = MPU_REGION_SIZE_1KB;"
        " r.IsCacheable = MPU_ACCESS_NOT_CACHEABLE; HAL_MPU_ConfigRegion(&r);",
    ],
)
def test_maintenance_or_an_mpu_region_is_evidence(call: str) -> None:
    """Either keeps the processor's view and the DMA controller's the same."""
    assert of_rule(cached(call), "cacheable-dma") == [("pass", "app/src/eth.c", 2)]


def test_a_cacheable_mpu_region_is_no_evidence() -> None:
    """Or one somewhere else."""
    somewhere = "r.BaseAddress = 0x24000000; r.Size = MPU_REGION_SIZE_1KB;"
    somewhere += " r.IsCacheable = MPU_ACCESS_NOT_CACHEABLE; HAL_MPU_ConfigRegion(&r);"
    assert of_rule(cached(somewhere), "cacheable-dma") == [("warn", "app/src/eth.c", 2)]
    cacheable = somewhere.replace("0x24", "0x30").replace("NOT_CACHEABLE", "CACHEABLE")
    assert of_rule(cached(cacheable), "cacheable-dma") == [("warn", "app/src/eth.c", 2)]


def test_the_eighths_that_a_region_leaves_out_are_not_covered() -> None:
    """CubeMX puts a region of 4 GB under all others and takes the RAM out of it."""
    background = "r.BaseAddress = 0x0; r.Size = MPU_REGION_SIZE_4GB; r.SubRegionDisable = {};"
    background += " r.IsCacheable = MPU_ACCESS_NOT_CACHEABLE; HAL_MPU_ConfigRegion(&r);"
    for disabled, verdict in (("0x87", "warn"), ("0x85", "pass"), ("0x0", "pass")):
        found = of_rule(cached(background.format(disabled)), "cacheable-dma")
        assert found == [(verdict, "app/src/eth.c", 2)]


@pytest.mark.parametrize(
    ("head", "before", "verdict"),
    [
        ("", ". = ABSOLUTE(0x30001000);", "pass"),
        (" 0x30001000", "", "pass"),
        ("", ". = ABSOLUTE(0x30001000); . = ALIGN(4);", "pass"),
        ("", ". = ABSOLUTE(0x30000000);", "warn"),
        (" 0x30000000", "", "warn"),
        ("", "", "pass"),  # somewhere in the memory, where the region is, too
        ("", ". = ABSOLUTE(0x30000000); *(.other)", "pass"),
        ("", ". = ABSOLUTE(0x30000000); . = . + 4096;", "pass"),
    ],
)
def test_the_address_that_a_script_gives_is_held_against_the_mpu_region(
    head: str, before: str, verdict: str
) -> None:
    """A region without cache in another part of the same memory keeps nothing apart."""
    region = "r.BaseAddress = 0x30001000; r.Size = MPU_REGION_SIZE_1KB;"
    region += " r.IsCacheable = MPU_ACCESS_NOT_CACHEABLE; HAL_MPU_ConfigRegion(&r);"
    sections = f"  .eth{head} : {{ {before} *(.eth) }} > CCMRAM\n"
    files = cube(CACHE.format(call=region), sections, "STM32H743xx")
    files["app/board.ld"] = files["app/board.ld"].replace("0x10000000", "0x30000000")
    found = of_rule(examine("MEM001", files), "cacheable-dma")
    assert found == [(verdict, "app/src/eth.c", 2)]


def test_an_orphan_misses_the_region_that_was_made_for_it() -> None:
    """An STM32F7 has no RAM out of reach, and a data cache: descriptors in a section that no
    script maps lie beside the MPU region of their own."""
    files = cube(RING.format(attribute=' __attribute__((section(".eth")))'), chip="STM32F767xx")
    files["app/board.ld"] = files["app/board.ld"].replace("0x10000000", "0x20020000")
    assert of_rule(examine("MEM001", files), "orphan-section") == [("warn", "app/src/eth.c", 1)]
    files["app/board.ld"] = files["app/board.ld"].replace(".bss.*)", ".bss.* .eth)")
    assert of_rule(examine("MEM001", files), "orphan-section") == []


def test_a_label_of_a_pin_names_no_chip() -> None:
    """A board's second chip is named where its pins are labelled."""
    files = cube(RING.format(attribute=""), chip="")
    files["app/app.ioc"] = (
        "Mcu.CPN=STM32H743ZIT6\nPH0\\\\/OSC_IN.GPIO_Label=MCO [STM32F103CBT6_PA8]\n"
    )
    files["app/board.ld"] = files["app/board.ld"].replace("0x20000000", "0x24000000")
    (finding,) = [f for f in examine("MEM001", files).findings if f.verdict is Verdict.PASS]
    assert [r.message for r in finding.related][-1] == "the chip is stm32h743"


def test_regions_that_are_not_read_leave_it_open() -> None:
    """CMSIS has calls of its own, whose arguments are composed words."""
    for call in ("ARM_MPU_SetRegion(RBAR, RASR);", "LL_MPU_ConfigRegion(1, 0, BASE, ATTR);"):
        assert of_rule(cached(call), "cacheable-dma") == [("unknown", "app/src/eth.c", 2)]


def test_the_parts_of_an_mpu_region_that_are_switched_off_cover_nothing() -> None:
    """CubeMX puts one over all memory that only forbids what no other region allows."""
    everywhere = (
        "r.BaseAddress = 0x0; r.Size = MPU_REGION_SIZE_4GB; r.SubRegionDisable = {};"
        " r.AccessPermission = {}; r.IsCacheable = MPU_ACCESS_NOT_CACHEABLE;"
        " HAL_MPU_ConfigRegion(&r);"
    )
    for mask, access, verdict in (
        ("0x87", "MPU_REGION_FULL_ACCESS", "warn"),
        ("0x00", "MPU_REGION_NO_ACCESS", "warn"),
        ("0x85", "MPU_REGION_FULL_ACCESS", "pass"),
    ):
        result = cached(everywhere.format(mask, access))
        assert of_rule(result, "cacheable-dma") == [(verdict, "app/src/eth.c", 2)]


def test_without_the_data_cache_nothing_is_said_about_it() -> None:
    """The rule needs the call that switches it on."""
    files = cube(RING.format(attribute=""), chip="STM32F767xx")
    assert examine("MEM001", files).verdict is Verdict.NOT_APPLICABLE


DRIVER = """
pub struct Mac { base: usize, tx: [u8; 64], spare: u32 }
impl Mac {
    pub fn new(base: usize) -> Self { Self { base, tx: [0; 64], spare: 0 } }
    pub fn probe(&self) -> u32 { unsafe { read_volatile(self.base as *const u32) } }
    pub fn init(&mut self) {
        let at = self.tx.as_ptr() as u32;
        unsafe { write_volatile(self.base as *mut u32, at) };
    }
    pub fn up(&mut self) { self.init(); }
}
"""


def driver(body: str, source: str = DRIVER) -> PitfallResult:
    """A function body in another crate than the driver."""
    head = "static mut MAC: MaybeUninit<Mac> = MaybeUninit::uninit();\n"
    return examine(
        "MEM001",
        {
            "mac/src/lib.rs": source,
            "mac/Cargo.toml": '[package]\nname = "mac"\n',
            "app/src/main.rs": f"{head}fn go() -> Mac {{\n{body}\n}}\n",
            "app/Cargo.toml": '[package]\nname = "app"\n',
        },
    )


@pytest.mark.parametrize(
    "body",
    [
        "let mut m = Mac::new(1);\nm.init();\nunsafe { MAC.write(m) };",
        "let mut m = unsafe { Mac::new(1) };\nm.up();\nm",
        "let mut m = mac::Mac::new(1);\nm.init();\nreturn m;",
        "let mut m = Mac::new(1);\nm.init();\nunsafe { MAC = MaybeUninit::new(m) };",
    ],
)
def test_a_driver_that_moves_after_its_addresses_were_handed_over_fails(body: str) -> None:
    """Written to a static, returned, wrapped: the hardware keeps the old address."""
    assert of_rule(driver(body), "stack-temporary") == [("fail", "app/src/main.rs", 4)]


@pytest.mark.parametrize(
    "body",
    [
        "let m = unsafe { MAC.write(Mac::new(1)) };\nm.init();",
        "unsafe { MAC.write(Mac::new(1)) };\nlet m = unsafe { MAC.assume_init_mut() };\nm.init();",
    ],
)
def test_a_driver_that_is_initialised_in_its_static_passes(body: str) -> None:
    """The reference into the static is what init is called on."""
    assert {v for v, _, _ in of_rule(driver(body), "stack-temporary")} == {"pass"}


@pytest.mark.parametrize(
    "body",
    [
        "let mut m = Mac::new(1);\nm.probe();\nm",
        "let mut m = Mac::new(1);\nm.init();\nloop { m.probe(); }",
        "let mut m = Mac::new(1);\nm.init();\nserve(&mut m);",
    ],
)
def test_a_driver_that_does_not_move_or_stores_nothing_is_left_alone(body: str) -> None:
    """A move is harmless when no address was stored, and a borrow is no move."""
    assert driver(body).verdict is Verdict.NOT_APPLICABLE


def test_a_driver_whose_buffers_are_elsewhere_may_move() -> None:
    """A handle with references to static buffers stores addresses that stay valid."""
    source = DRIVER.replace("tx: [u8; 64]", "tx: &'static mut [u8; 64]")
    body = "let mut m = Mac::new(1);\nm.init();\nm"
    assert driver(body, source).verdict is Verdict.NOT_APPLICABLE


def test_a_constructor_that_sets_up_and_returns_itself_fails() -> None:
    """`let mut s = Self {…}; s.init(); s` moves on return."""
    source = DRIVER.replace(
        "{ Self { base, tx: [0; 64], spare: 0 } }",
        "{\nlet mut s = Self { base, tx: [0; 64], spare: 0 };\ns.init();\ns\n}",
    )
    result = driver("loop {}", source)
    assert of_rule(result, "stack-temporary") == [("fail", "mac/src/lib.rs", 6)]


# --- which script, which pattern --------------------------------------------------------------

OWN = RING.format(attribute=' __attribute__((section(".eth")))')


@pytest.mark.parametrize(
    ("pattern", "outcome"),
    [
        ("*eth.o(.eth)", ("dma-region", "fail")),
        ("*eth.c.obj(.eth)", ("dma-region", "fail")),
        ("*uart.o(.eth)", ("orphan-section", "warn")),
        ("*libnet.a:*(.eth)", ("dma-region", "unknown")),
        ("libgcc.a ( * )", ("orphan-section", "warn")),
        ("*(EXCLUDE_FILE(*eth.o *eth.c.o *eth.obj *eth.c.obj) .eth)", ("orphan-section", "warn")),
    ],
)
def test_the_file_in_a_pattern_counts(pattern: str, outcome: tuple[str, str]) -> None:
    """A pattern for one object file takes that one; for an archive, nobody can tell."""
    files = cube(OWN, f"  .net : {{ {pattern} }} > CCMRAM\n")
    files["app/board.ld"] = files["app/board.ld"].replace(
        ".ccmram : { *(.ccmram .ccmram.*) } > CC", ""
    )
    files["app/board.ld"] = files["app/board.ld"].replace("MRAM\n  .net", "  .net")
    if outcome[0] == "orphan-section":
        files["app/board.ld"] = files["app/board.ld"].replace("} > CCMRAM", "} > RAM")
    assert kinds(examine("MEM001", files)) == {outcome}


def test_an_attribute_under_a_condition_is_unknown_where_it_would_fail() -> None:
    """The build decides whether the buffer is in CCM."""
    source = (
        '#ifdef FAST\n__attribute__((section(".ccmram")))\n#endif\nETH_DMADescTypeDef ring[4];\n'
    )
    result = examine("MEM001", cube("int x;\n" + source.replace("#ifdef", "static\n#ifdef")))
    assert kinds(result) == {("dma-region", "unknown")}


def test_the_script_of_a_sister_crate_is_another_firmwares() -> None:
    """A driver crate has no script; that of the board beside it may not be the one."""
    files = {
        "drivers/eth/Cargo.toml": CARGO.format("stm32f407"),
        "drivers/eth/src/lib.rs": "use stm32_eth::dma::RxRingEntry;\n"
        "static mut RING: [RxRingEntry; 2] = [RxRingEntry::INIT; 2];\n",
        "boards/f1/memory.x": "MEMORY { RAM : ORIGIN = 0x20000000, LENGTH = 20K }\n",
        "boards/f1/Cargo.toml": '[package]\nname = "f1"\n',
    }
    assert kinds(examine("MEM001", files)) == {("dma-region", "unknown")}


def test_memory_x_beside_the_workspace_manifest_is_the_members_script() -> None:
    """Cargo links in the folder of the workspace, where the linker finds memory.x."""
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["app"]\n',
        "memory.x": "MEMORY { RAM : ORIGIN = 0x20000000, LENGTH = 128K }\n",
        "app/Cargo.toml": CARGO.format("stm32f407"),
        "app/src/main.rs": "use stm32_eth::dma::RxRingEntry;\n"
        "static mut RING: [RxRingEntry; 2] = [RxRingEntry::INIT; 2];\n",
    }
    assert of_rule(examine("MEM001", files), "dma-region") == [("pass", "app/src/main.rs", 2)]


def test_the_serial_flash_interface_of_an_h7_reaches_dtcm() -> None:
    """QSPI transfers use MDMA there, which DTCM is connected to."""
    source = "static uint8_t page[256];\nvoid f(void) { HAL_QSPI_Receive_DMA(&q, page); }\n"
    files = cube(source, chip="STM32H743xx")
    files["app/board.ld"] = files["app/board.ld"].replace("0x10000000", "0x24000000")
    assert of_rule(examine("MEM001", files), "dma-region") == [("pass", "app/src/eth.c", 1)]


def test_a_finding_shows_the_whole_chain() -> None:
    """Object, attribute, mapping line, region, chip and use, each with its place."""
    source = (
        'static uint8_t frames[2][64] __attribute__((section(".eth")));\n'
        "void f(void) { HAL_ETH_DescAssignMemory(&h, 0, frames[0], 0); }\n"
    )
    result = examine("MEM001", cube(source, "  .eth : { *(.eth) } > CCMRAM\n"))
    finding = result.findings[0]
    assert (finding.subject, finding.platform) == ("app", "stm32f4")
    assert [(str(hop.place), hop.message) for hop in finding.related] == [
        ("app/src/eth.c:1", "frames: it is given to HAL_ETH_DescAssignMemory"),
        ("app/board.ld:5", "CCMRAM at 0x10000000, 64 KiB"),
        ("app/Makefile:1", "the chip is stm32f407"),
        ("app/src/eth.c:2", "it is given to HAL_ETH_DescAssignMemory"),
    ]


def test_the_folder_that_cubemx_names_target_is_own_code() -> None:
    """Only Cargo's `target/` is build output."""
    files = cube(RING.format(attribute=' __attribute__((section(".ccmram")))'))
    text = files.pop("app/src/eth.c")
    moved = {**files, "app/LWIP/Target/ethernetif.c": text}
    assert of_rule(examine("MEM001", moved), "dma-region") == [
        ("fail", "app/LWIP/Target/ethernetif.c", 1)
    ]
    built = {**files, "app/target/eth.c": text}
    assert examine("MEM001", built).verdict is Verdict.NOT_APPLICABLE
