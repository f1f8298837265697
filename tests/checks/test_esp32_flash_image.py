"""ESP002: what is flagged, what is not, what cannot be told."""

import pytest

from pitfalls.formats.flash_steps import megabytes, of_words
from pitfalls.model import PitfallResult, Verdict
from pitfalls.testing import examine, places

JUDGED = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS)
BOOT = "qemu-system-riscv32 -M esp32c3 -nographic -drive file={file},if=mtd,format=raw\n"
PACK = "espflash save-image --chip esp32c3 --merge app.elf out/app.bin\n"


def result(files: dict[str, str]) -> PitfallResult:
    """The result over a small tree."""
    report = examine("ESP002", files)
    assert not report.traceback
    return report


def script(*lines: str, file: str = "out/app.bin") -> dict[str, str]:
    """A script with commands before the launch of ``file``."""
    return {"run.sh": "set -e\n" + "".join(line + "\n" for line in lines) + BOOT.format(file=file)}


def found(files: dict[str, str], rule: str = "") -> list[tuple[str, str]]:
    """``(rule, verdict)`` of the findings that count, of one rule or of all."""
    rows = places(result(files), *JUDGED)
    return [(row[0], row[1]) for row in rows if not rule or row[0] == rule]


def content(*lines: str, file: str = "out/app.bin") -> str:
    """The verdict on what the file is."""
    rows = found(script(*lines, file=file), "not-merged")
    assert len(rows) == 1
    return rows[0][1]


def test_a_merged_image_passes_whatever_the_order_of_the_flags() -> None:
    """Also made by cargo-espflash, or by esptool under any of its names."""
    assert content(PACK) == "pass"
    assert content("espflash save-image app.elf --merge out/app.bin --chip esp32c3") == "pass"
    assert (
        content("cargo espflash save-image --merge --release --chip esp32c3 out/app.bin") == "pass"
    )
    merge = "merge_bin --fill-flash-size 4MB -o out/app.bin 0x0 boot.bin 0x10000 a.bin"
    assert content(f"esptool.py --chip esp32c3 {merge}") == "pass"
    assert content(f"python -m esptool --chip esp32c3 {merge.replace('_', '-')}") == "pass"
    assert content("idf.py merge-bin -o out/app.bin --fill-flash-size 4MB") == "pass"


@pytest.mark.parametrize(
    "command",
    [
        "espflash save-image --chip esp32c3 app.elf out/app.bin",
        "esptool.py --chip esp32c3 elf2image -o out/app.bin app.elf",
        "esptool merge-bin --format uf2 -o out/app.bin 0x0 boot.bin",
        "esptool merge-bin --format hex -o out/app.bin 0x0 boot.bin",
        "riscv32-esp-elf-objcopy -O binary app.elf out/app.bin",
    ],
)
def test_other_files_are_no_flash(command: str) -> None:
    """The application alone, and formats for other tools."""
    assert content(command) == "fail"


def test_an_executable_is_no_flash() -> None:
    """By its ending, or by Cargo's folder."""
    assert content(file="build/app.elf") == "fail"
    assert content(file="node/target/riscv32imc-unknown-none-elf/release/node") == "fail"


def test_what_idf_build_leaves_is_no_flash() -> None:
    """By name, or picked from the folder; a merge after it makes one."""
    assert content("idf.py build", file="build/app.bin") == "fail"
    glob = script("idf.py build", "image=$(ls build/*.bin | head -1)", file="$image")
    assert found(glob) == [("not-merged", "fail")]
    assert content(
        "idf.py build", "idf.py merge-bin -o build/flash.bin", file="build/flash.bin"
    ) == ("pass")
    unknown = script("image=$(ls out/*.bin | head -1)", file="$image")
    assert found(unknown) == [("not-merged", "unknown")]


def test_a_comment_that_calls_it_merged_proves_nothing() -> None:
    """Nor does a printed command."""
    commented = script("# espflash save-image --merge app.elf out/app.bin", "echo " + PACK.strip())
    assert found(commented) == [("not-merged", "unknown")]


def test_sizes() -> None:
    """Espflash pads to 4 MB by default; esptool only when it is told; truncate does it, too."""

    def verdict(*lines: str) -> str:
        return found(script(*lines), "size")[0][1]

    merge = "esptool merge-bin -o out/app.bin 0x0 boot.bin"
    assert verdict(PACK) == "pass"
    assert verdict(PACK.replace("--merge", "--merge --skip-padding")) == "fail"
    assert verdict(PACK.replace("--merge", "--merge --flash-size 32mb")) == "fail"
    assert verdict(PACK.replace("--merge", "--merge -s 8mb")) == "pass"
    assert verdict(PACK.replace("--merge", "--merge -s $SIZE")) == "unknown"
    assert verdict(merge) == "fail"
    assert verdict(merge, "truncate -s 4M out/app.bin") == "pass"
    assert verdict(merge, "truncate -s 3M out/app.bin") == "fail"
    assert verdict(merge.replace("merge-bin", "merge-bin --pad-to-size 4MB")) == "pass"


def test_one_chip_in_image_machine_and_target() -> None:
    """The tool's --chip against -M, and against the Rust target that is packed."""
    assert found(script(PACK), "chip") == [("chip", "pass")]
    other = script(PACK.replace("esp32c3", "esp32s3"))
    assert found(other, "chip") == [("chip", "fail")]
    elf = "node/target/riscv32imac-unknown-none-elf/release/node"
    files = script(PACK.replace("app.elf", elf)) | {
        "node/Cargo.toml": '[package]\nname = "node"\n',
        "node/src/main.rs": "fn main() {}\n",
    }
    assert found(files, "chip") == [("chip", "fail")]
    right = {"run.sh": files["run.sh"].replace("riscv32imac", "riscv32imc")}
    assert found(files | right, "chip") == [("chip", "pass")]


RECIPE = (
    "pack:\n    #!/usr/bin/env bash\n    for ex in talker listener; do\n"
    '        elf="apps/$ex/target/riscv32imc-unknown-none-elf/release/app-$ex"\n'
    '        espflash save-image --chip esp32c3 --merge "$elf" "out/app-$ex.bin"\n    done\n'
    "run: pack\n    " + BOOT.format(file="out/app-talker.bin")
)


def test_loops_and_variables_are_followed_to_the_executables() -> None:
    """Each value of the loop names a package; hyphens and underscores are not the same."""
    files = {"justfile": RECIPE}
    for name in ("talker", "listener"):
        files[f"apps/{name}/Cargo.toml"] = f'[package]\nname = "app-{name}"\n'
        files[f"apps/{name}/src/main.rs"] = "fn main() {}\n"
    assert found(files, "missing-input") == [("missing-input", "pass")] * 2
    assert found(files, "not-merged") == [("not-merged", "pass")]
    named = '[package]\nname = "app-talker"\n[[bin]]\nname = "app_talker"\npath = "src/main.rs"\n'
    wrong = places(result(files | {"apps/talker/Cargo.toml": named}), Verdict.WARN)
    assert wrong == [("missing-input", "warn", "justfile", 5)]


def test_the_profile_that_is_packed_is_the_one_that_is_built() -> None:
    """Where the recipe builds exactly one."""
    files = {
        "node/Cargo.toml": '[package]\nname = "node"\n',
        "node/src/main.rs": "fn main() {}\n",
        "justfile": (
            "pack:\n    #!/bin/bash\n    cargo build --manifest-path node/Cargo.toml\n"
            "    espflash save-image --merge --chip esp32c3"
            " node/target/riscv32imc-unknown-none-elf/release/node out/app.bin\n"
        ),
    }
    assert found(files) == [("missing-input", "warn")]
    release = files["justfile"].replace("cargo build", "cargo build --release")
    assert found(files | {"justfile": release}) == [("missing-input", "pass")]


def test_an_absent_packer_must_be_an_error() -> None:
    """A message alone, and a success exit, are not; a failing exit is."""

    def verdicts(text: str) -> list[tuple[str, str]]:
        return found({"run.sh": text + BOOT.format(file="out/app.bin")}, "soft-skip")

    warned = [("soft-skip", "warn")]
    asks = f"if command -v espflash; then\n{PACK}else\n  echo 'no espflash'\nfi\n"
    assert verdicts(asks) == warned
    assert verdicts(asks.replace("'no espflash'", "'no espflash'; exit 1")) == [
        ("soft-skip", "pass")
    ]
    early = f"if ! command -v espflash; then\n  echo 'skip'\n  exit 0\nfi\n{PACK}"
    assert verdicts(early) == warned
    assert verdicts(early.replace("exit 0", "exit 2")) == [("soft-skip", "pass")]
    falls = early.replace("  exit 0\n", "")  # the packing itself fails then
    assert verdicts(falls) == []
    doctor = "doctor() {\n if command -v espflash; then echo ok; else echo missing; fi\n}\n"
    assert verdicts(doctor + f"pack() {{\n {PACK}}}\n") == []


def test_a_failure_of_the_packer_is_not_thrown_away() -> None:
    """``|| true`` and ``|| echo`` go on with the old image; ``|| exit 1`` does not."""
    for tail, verdicts in (("true", ["warn"]), ("echo skipped", ["warn"]), ("exit 1", [])):
        files = script(PACK.replace("\n", f" || {tail}"))
        assert [row[1] for row in found(files, "soft-skip")] == verdicts


def test_what_this_is_not_about() -> None:
    """Flashing hardware, other machines, an image that the caller hands in, probes."""
    assert result({"run.sh": "espflash flash --monitor app.elf\n"}).verdict is (
        Verdict.NOT_APPLICABLE
    )
    runner = '[target.riscv32imc-unknown-none-elf]\nrunner = "espflash flash --monitor"\n'
    assert result({".cargo/config.toml": runner}).verdict is Verdict.NOT_APPLICABLE
    virt = "qemu-system-riscv32 -M virt -kernel app.elf\nqemu-system-riscv32 -M esp32c3 -M help\n"
    assert result({"run.sh": virt}).verdict is Verdict.NOT_APPLICABLE
    handed = BOOT.format(file='"$1"')
    assert result({"run.sh": handed}).verdict is Verdict.NOT_APPLICABLE
    write = "esptool.py --chip esp32c3 write_flash 0x10000 build/app.bin\n"
    assert result({"run.sh": write}).verdict is Verdict.NOT_APPLICABLE


def test_rust_launchers_are_read() -> None:
    """The drive is a formatted text, the packing a chain of arguments."""
    code = (
        "use std::process::Command;\npub fn boot(out: &Path) {\n"
        '    let image = out.join("app.bin");\n'
        '    Command::new("espflash").args(["save-image", "--chip", "esp32c3"]).arg(&elf)'
        ".arg(&image).status();\n"
        '    let drive = format!("file={},if=mtd,format=raw", image.display());\n'
        '    Command::new("qemu-system-riscv32").args(["-M", "esp32c3"])'
        '.args(["-drive", &drive]).spawn();\n'
        "}\n"
    )
    assert found({"src/esp.rs": code}, "not-merged") == [("not-merged", "fail")]
    merged = code.replace('"esp32c3"]).arg', '"esp32c3", "--merge"]).arg')
    assert found({"src/esp.rs": merged}, "not-merged") == [("not-merged", "pass")]


def test_words_of_commands() -> None:
    """Other subcommands are no step; sizes have many spellings."""
    assert of_words(["espflash", "flash", "app.elf"]) is None
    assert of_words(["idf.py", "flash"]) is None
    assert of_words(["objcopy", "--strip-debug", "app.elf"]) is None
    assert of_words([]) is None
    step = of_words(["espflash", "save-image", "--merge", "--chip=esp32c3", "a.elf", "b.bin"])
    assert step is not None
    assert (step.source, step.output, step.chip, step.size) == ("a.elf", "b.bin", "esp32c3", 4)
    assert [megabytes(t) for t in ("4MB", "4m", "512KB", "4194304", "x")] == [4, 4, 0.5, 4, None]


def test_a_toolchain_and_short_options_name_no_file() -> None:
    """`cargo +esp`, and the short form of the partition table."""
    packed = "save-image --merge out/app.bin --chip esp32c3 -s 4mb -T parts.csv"
    assert content(f"cargo espflash {packed}") == "pass"
    assert content(f"cargo +esp espflash {packed}") == "pass"


def test_an_executable_of_the_scripts_own_folder() -> None:
    """It lies in `target/` of the package that the script stands beside."""
    convert = "esptool.py --chip esp32 elf2image target/$TRIPLE/$BUILD/hello"
    files = {
        "Cargo.toml": '[package]\nname = "hello"\n',
        "src/main.rs": "fn main() {}\n",
        **script("TRIPLE=xtensa-esp32-espidf", "BUILD=debug", convert),
    }
    assert found(files, "missing-input") == [("missing-input", "pass")]
    renamed = files | {"Cargo.toml": '[package]\nname = "demo"\n'}
    assert found(renamed, "missing-input") == [("missing-input", "warn")]
    below = {f"port/{path}": text for path, text in renamed.items()}
    assert found(below, "missing-input") == [("missing-input", "warn")]


def test_an_objcopy_makes_a_flash_image_only_where_an_espressif_machine_boots_it() -> None:
    """Everybody uses that tool, also for what another linker made in Cargo's folder."""
    recipe = "pack:\n\tobjcopy -O binary target/riscv32imc-elf/debug/loader out/app.bin\nrun:\n\t"
    files = {
        "Cargo.toml": '[package]\nname = "kernel"\n',
        "src/main.rs": "fn main() {}\n",
        "Makefile": f"{recipe}qemu-system-aarch64 -M virt -kernel out/app.bin\n",
    }
    assert found(files) == []
    booted = files | {"Makefile": recipe + BOOT.format(file="out/app.bin")}
    assert found(booted, "missing-input") == [("missing-input", "warn")]
