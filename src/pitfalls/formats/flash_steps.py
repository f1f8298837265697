"""Commands that make, merge or pad an Espressif flash image, from their words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec


class FlashStep(msgspec.Struct, frozen=True):
    """What one command does to ``output``.

    ``merged``: bootloader, partition table and application in one raw file; ``size`` is its
    length in MiB, 0 when it is not padded, None when the text does not tell. ``format`` is
    ``raw``, ``hex``, ``uf2`` or ``elf``. ``chip`` and ``source`` are empty when not named.
    """

    tool: str
    output: str
    source: str = ""
    merged: bool = False
    size: float | None = 0
    format: str = "raw"
    chip: str = ""


# Options of espflash and cargo-espflash that take a value.
_ESPFLASH_VALUES = frozenset(
    {
        "--bin", "--bootloader", "--chip", "--example", "--features", "--flash-freq",
        "--flash-mode", "--flash-size", "--format", "--image-format", "--manifest-path",
        "--min-chip-rev", "--mmu-page-size", "--package", "--partition-table",
        "--partition-table-offset", "--profile", "--target", "--target-app-partition",
        "--target-dir", "--xtal-frequency", "-B", "-T", "-f", "-m", "-p", "-s", "-x",
    }
)  # fmt: skip
_ESPTOOL = re.compile(r"(?:.*/)?esptool(?:\.py|\.exe)?")
_SIZE = re.compile(r"(\d+)\s*([kKmM])?(?:i?[bB])?")
ESPFLASH_DEFAULT = 4
"""espflash's flash size, and the length of its merged image, when none is named, in MiB."""


def of_words(words: Sequence[str]) -> FlashStep | None:
    """The step that a command is, None for any other command."""
    program = words[0].rpartition("/")[2] if words else ""
    if program == "cargo" and words[1:2] and words[1].startswith("+"):  # a toolchain
        words = [words[0], *words[2:]]
    if program == "cargo" and words[1:2] == ["espflash"]:
        return _espflash(words[2:], cargo=True)
    if program in ("espflash", "cargo-espflash"):
        return _espflash(words[1:], cargo=program != "espflash")
    at = next((n for n, w in enumerate(words[:6]) if _ESPTOOL.fullmatch(w)), -1)
    if at >= 0:
        return _esptool(words[at + 1 :])
    if program == "idf.py":
        return _idf(words[1:])
    if program.endswith("objcopy") or (program == "cargo" and words[1:2] == ["objcopy"]):
        return _objcopy(words)
    if program == "truncate":
        size = _value(words, "-s", "--size")
        return FlashStep("truncate", words[-1], merged=True, size=megabytes(size))
    return None


def megabytes(text: str) -> float | None:
    """``4MB``, ``4mb``, ``4M`` and ``4194304`` -> 4.0; None for what is no size."""
    found = _SIZE.fullmatch(text.strip().lower())
    if found is None:
        return None
    return int(found[1]) * {"m": 1.0, "k": 1 / 1024, None: 1 / 1048576}[found[2]]


def _espflash(words: Sequence[str], *, cargo: bool) -> FlashStep | None:
    if not words or words[0] != "save-image":
        return None
    files, skip = [], False
    for word in words[1:]:
        if skip or word.startswith("-"):
            skip = not skip and word in _ESPFLASH_VALUES
        else:
            files.append(word)
    merged = "--merge" in words
    named = _value(words, "--flash-size", "-s")
    size = megabytes(named) if named else ESPFLASH_DEFAULT
    if not merged or "--skip-padding" in words:
        size = 0
    source = "" if cargo or len(files) < 2 else files[0]
    output = files[-1] if files else ""
    return FlashStep("espflash", output, source, merged, size, "raw", _value(words, "--chip"))


def _esptool(words: Sequence[str]) -> FlashStep | None:
    command = next((w for w in words if w.replace("-", "_") in ("merge_bin", "elf2image")), "")
    if not command:
        return None
    chip = _value(words, "--chip", "-c")
    output = _value(words, "-o", "--output")
    if command == "elf2image":
        return FlashStep("esptool elf2image", output, words[-1], chip=chip)
    return _merge("esptool merge-bin", words, output, chip)


def _idf(words: Sequence[str]) -> FlashStep | None:
    names = {word.replace("_", "-") for word in words}
    if "merge-bin" in names:
        output = _value(words, "-o", "--output") or "build/merged-binary.bin"
        return _merge("idf.py merge-bin", words, output, "")
    if names & {"build", "all", "app"}:
        folder = _value(words, "-B", "--build-dir") or "build"
        return FlashStep("idf.py build", f"{folder}/*.bin")
    return None


def _merge(tool: str, words: Sequence[str], output: str, chip: str) -> FlashStep:
    padded = _value(words, "--fill-flash-size", "--pad-to-size", "-fill-flash-size")
    form = _value(words, "--format", "-f") or "raw"
    size = megabytes(padded) if padded else 0
    return FlashStep(tool, output, "", form == "raw", size, form, chip)


def _objcopy(words: Sequence[str]) -> FlashStep | None:
    form = _value(words, "-O", "--output-target")
    if form not in ("binary", "ihex"):
        return None
    files = [w for w in words[1:] if not w.startswith("-") and w not in (form, "objcopy")]
    source = files[0] if len(files) > 1 else ""
    return FlashStep("objcopy", files[-1] if files else "", source)


def _value(words: Sequence[str], *options: str) -> str:
    """What follows the first of ``options``, or stands behind its ``=``."""
    for at, word in enumerate(words):
        name, mark, value = word.partition("=")
        if mark and name in options:
            return value
        if word in options and at + 1 < len(words):
            return words[at + 1]
    return ""
