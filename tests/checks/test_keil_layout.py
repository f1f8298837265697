"""MEM001: where Keil's linker puts DMA objects, by a project's dialog or by a scatter file."""

from __future__ import annotations

import pytest

from pitfalls.formats import keil_project, scatter
from pitfalls.model import Finding, Place
from pitfalls.testing import examine

ETH = "ETH_DMADescTypeDef DMARxDscrTab[4];\nuint8_t Rx_Buff[4][1524];\n"
NAMED = 'ETH_DMADescTypeDef DMARxDscrTab[4] __attribute__((section(".RxDecripSection")));\n'
ADC = "uint16_t samples[8];\nvoid go(void) { HAL_ADC_Start_DMA(&hadc1, (uint32_t *)samples, 8); }\n"

RAMS = {"IRAM1": ("0x20000000", "0x20000"), "IRAM2": ("0x24000000", "0x80000")}


def project(
    *ticked: str, scatter: str = "", device: str = "STM32H743ZITx", file: str = "eth.c"
) -> str:
    """A project with one target, compiled from one file; with a scatter file or ticked RAMs."""
    ticks = "".join(
        f"<Im{n}Chk>{int(name in ticked)}</Im{n}Chk>\n" for n, name in enumerate(RAMS, 1)
    )
    blocks = "".join(
        f"<OCR_RVCT{n}>\n<Type>0</Type>\n<StartAddress>{start}</StartAddress>\n"
        f"<Size>{size}</Size>\n</OCR_RVCT{n}>\n"
        for n, (start, size) in enumerate(RAMS.values(), 9)
    )
    return (
        f"<Project>\n<Targets>\n<Target>\n<TargetName>app</TargetName>\n<Device>{device}</Device>\n"
        f"{ticks}<OnChipMemories>\n{blocks}</OnChipMemories>\n"
        f"<umfTarg>{int(not scatter)}</umfTarg>\n<ScatterFile>{scatter}</ScatterFile>\n"
        f"<FilePath>..\\Src\\{file}</FilePath>\n</Target>\n</Targets>\n</Project>\n"
    )


def region(source: str, keil: str, scatter: str = "") -> list[Finding]:
    """The findings about the regions of one C file's objects, on an STM32H743."""
    files = {
        "Src/eth.c": source,
        "startup_stm32h743xx.s": "",
        "MDK-ARM/app.uvprojx": keil,
        "MDK-ARM/app.sct": scatter,
    }
    result = examine("MEM001", files)
    assert not result.traceback
    return [f for f in result.findings if f.rule in ("MEM001.dma-region", "MEM001.orphan-section")]


def verdicts(source: str, keil: str, scatter: str = "") -> set[str]:
    """Their verdicts alone."""
    return {finding.verdict.value for finding in region(source, keil, scatter)}


@pytest.mark.parametrize("source", [ETH, NAMED, ADC])
def test_the_ticked_ram_takes_every_variable(source: str) -> None:
    """Arm's linker places by kind, so a section that no file names goes there as well."""
    assert verdicts(source, project("IRAM1")) == {"fail"}
    assert verdicts(source, project("IRAM2")) == {"pass"}
    first = region(source, project("IRAM1"))[0]
    assert "IRAM1 at 0x20000000, 128 KiB, which is DTCM" in first.message
    places = [first.place, *(hop.place for hop in first.related)]
    assert Place("MDK-ARM/app.uvprojx", 11) in places


def test_two_ticked_rams_of_which_one_is_out_of_reach_are_unknown() -> None:
    """The linker chooses."""
    assert verdicts(ETH, project("IRAM1", "IRAM2")) == {"unknown"}


def test_a_file_that_no_project_compiles_has_no_layout() -> None:
    """Another file's project says nothing about it."""
    assert verdicts(ETH, project("IRAM1", file="main.c")) == {"unknown"}


def test_a_gnu_script_beside_the_project_is_what_counts() -> None:
    """Cube writes both; the script of the makefile is read as before."""
    script = (
        "MEMORY { RAM (xrw) : ORIGIN = 0x24000000, LENGTH = 512K }\n"
        "SECTIONS { .data : { *(.data*) } > RAM .bss : { *(.bss*) } > RAM }\n"
    )
    files = {
        "Src/eth.c": ETH,
        "MDK-ARM/app.uvprojx": project("IRAM1"),
        "STM32H743_FLASH.ld": script,
    }
    rules = {f.rule: f.verdict.value for f in examine("MEM001", files).findings}
    assert rules["MEM001.dma-region"] == "pass"


SCATTER = """LR_IROM1 0x08000000 0x00200000 { ; load region
  ER_IROM1 0x08000000 0x00200000 {
    *.o (RESET, +First)
    *(InRoot$$Sections)
    .ANY (+RO)
  }
  RW_IRAM1 0x20000000 0x00020000 {
    .ANY (+RW +ZI)
  }
  RW_ETH 0x30040000 0x00008000 {
    *(.RxDecripSection)
  }
}
"""


def test_a_scatter_file_places_by_name_before_kind() -> None:
    """The section that is named goes where its selector stands; everything else to `.ANY`."""
    keil = project(scatter=".\\app.sct")
    assert [(f.verdict.value, f.place.path) for f in region(NAMED, keil, SCATTER)] == [
        ("pass", "Src/eth.c")
    ]
    assert verdicts(ADC, keil, SCATTER) == {"fail"}
    assert verdicts(ADC, project(scatter="..\\elsewhere.sct"), SCATTER) == {"unknown"}


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("  RW_ETH 0x30", "  RW_MORE 0x24000000 0x80000 { .ANY (+RW +ZI) }\n  RW_ETH 0x30",
         "unknown"),  # two regions for any variable
        (".ANY (+RW +ZI)", ".ANY (+ZI)\n  }\n  RW_D1 0x24000000 0x80000 {\n    .ANY (+RW)", "fail"),
        ("RW_IRAM1 0x20000000", "RW_IRAM1 RAM_START", "unknown"),  # a macro
        ("LR_IROM1", "#define RAM 0x20000000\n#define SIZE (0x20000)\nLR_IROM1", "fail"),
        ("    *(.RxDecripSection)", "    eth.o (+RW +ZI)", "pass"),
        (".ANY (+RW +ZI)", "* (+RW +ZI)", "fail"),
    ],
)  # fmt: skip
def test_selectors_of_a_scatter_file(old: str, new: str, verdict: str) -> None:
    """`.ANY` in several regions is the linker's choice; a file's own selector beats it."""
    keil = project(scatter=".\\app.sct")
    text = SCATTER.replace(old, new)
    if "#define" in new:
        text = text.replace("RW_IRAM1 0x20000000 0x00020000", "RW_IRAM1 RAM SIZE")
    assert verdicts(ADC, keil, text) == {verdict}


def test_the_arm_of_the_compiler_that_the_project_may_not_be_is_left_open() -> None:
    """Which arm holds depends on the compiler's version; the one for Arm's has its address."""
    arms = (
        "#if defined(__CC_ARM)\n"
        "__attribute__((at(0x30040000))) ETH_DMADescTypeDef DMARxDscrTab[4];\n"
        "#elif defined(__GNUC__)\n" + NAMED + "#endif\n"
    )
    assert verdicts(arms, project("IRAM1")) == {"pass", "unknown"}


@pytest.mark.parametrize(
    "text", ["", "<Target>", "<Target><umfTarg>1</umfTarg></Target>", "{{{(", "}"]
)
def test_broken_files_are_no_layout(text: str) -> None:
    """Nothing crashes, nothing passes."""
    files = {"Src/eth.c": ETH, "MDK-ARM/app.uvprojx": text + "<umfTarg>", "MDK-ARM/a.sct": text}
    result = examine("MEM001", {**files, "startup_stm32h743xx.s": ""})
    assert not result.traceback
    assert result.findings
    assert all(f.verdict.value in ("unknown", "note") for f in result.findings)


def test_two_targets_of_one_project_must_agree() -> None:
    """Each target has its own layout and its own line; text between targets counts as lines."""
    one, other = project("IRAM2"), project("IRAM1")
    target = other[other.index("<Target>") : other.index("</Targets>")]
    both = one.replace("</Targets>", f"\n\n{target}</Targets>")
    assert verdicts(ETH, both) == {"unknown"}
    both = one.replace("</Targets>", f"\n\n{target.replace('<Im1Chk>1', '<Im1Chk>0')}</Targets>")
    assert verdicts(ETH, both) == {"unknown"}  # the second gives variables no RAM at all
    first = one[one.index("<Target>") : one.index("</Targets>")]
    facts = keil_project.parse(one.replace("</Targets>", f"\n\n{first}</Targets>").encode())
    assert facts is not None
    assert [target.line for target in facts.targets] == [3, 3 + first.count("\n") + 2]


@pytest.mark.parametrize(
    "text",
    ["<umfTarg>" + "<Target>" * 100_000, "<umfTarg>" + "<Target>\n</Target>" * 50_000,
     "/*" * 200_000, "a { " * 100_000, "LR 0x0 { E 0x0 {" + "*(+RW " * 50_000],
    ids=["open targets", "many targets", "open comments", "open regions", "open selectors"],
)  # fmt: skip
def test_hostile_files_are_read_in_proportion_to_their_length(text: str) -> None:
    """A text that is made to be slow ends like any other: this test would run for hours."""
    keil_project.parse(text.encode())
    scatter.parse(text.encode())
