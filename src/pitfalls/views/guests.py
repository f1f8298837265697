"""What runs inside an emulator: bare metal, an RTOS, Linux; as far as names and machine tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from pitfalls.views.commands import Argument, Run

Guest = Literal["bare-metal", "rtos", "zephyr", "linux", "unknown"]

_GUESTS: tuple[tuple[Guest, re.Pattern[str]], ...] = (
    ("zephyr", re.compile(r"zephyr", re.IGNORECASE)),
    (
        "rtos",
        re.compile(
            r"freertos|rtosdemo|threadx|nuttx|rtems|rt-?thread|(?<![a-z])mbed(?!d)|chibios|\briot\b|esp-?_?idf",
            re.IGNORECASE,
        ),
    ),
    ("linux", re.compile(r"bzImage|vmlinu[xz]|zImage|\bImage\b|\.qcow2|\.iso\b|rootfs|initrd")),
    ("bare-metal", re.compile(r"bare-?_?metal|\brtic|[-_]rtic|embassy|no[-_]std", re.IGNORECASE)),
)
# Machines of microcontrollers: no Linux can boot there.
MICROCONTROLLERS = re.compile(
    r"mps[23]-|lm3s|netduino|stm32|microbit|olimex-stm32|musca-|emcraft-sf2|b-l475e|"
    r"esp32|sifive_e|shakti_c|opentitan|arduino|mega|uno"
)
_PERSONAL_COMPUTERS = re.compile(r"qemu-system-(?:x86_64|i386)\w*")
_BARE_METAL_FILES = frozenset({"memory.x", "device.x"})
_RTOS_FILES = frozenset(
    {
        "FreeRTOSConfig.h", "prj.conf", "tx_user.h", "nx_user.h", "rtconfig.h", "sdkconfig",
        "sdkconfig.defaults", "idf_component.yml", "Kconfig.projbuild",
    }
)  # fmt: skip


def has_bare_metal(paths: Iterable[str]) -> bool:
    """Whether the tree holds firmware without an RTOS, as far as names tell."""
    names = {path.rpartition("/")[2] for path in paths}
    if names & _BARE_METAL_FILES or any(_GUESTS[3][1].search(path) for path in paths):
        return True
    return not names & _RTOS_FILES


def guest_of(
    run: Run,
    program: str,
    machine: str,
    kernel: str,
    arguments: Sequence[Argument],
    *,
    bare_metal: bool,
) -> tuple[Guest, str]:
    """What runs inside, with the word that told."""
    crate = run.owner.name if run.file.language == "cargo" else ""
    for told, by in (
        (kernel, "kernel"),
        (run.owner.name, "launcher"),
        (run.place.path, "file"),
        (crate, "target"),
    ):
        for guest, pattern in _GUESTS:
            if found := pattern.search(told):
                return guest, f"{by} names {found[0]}"
    if any(word.text.lstrip("-") in ("append", "initrd") for word in arguments):
        return "linux", "kernel command line"
    if re.search(r"-none-eabi|-unknown-none", kernel):
        return "bare-metal", "kernel built for a target without an operating system"
    if MICROCONTROLLERS.match(machine) and bare_metal:
        return "bare-metal", f"{machine} is a microcontroller and nothing names an RTOS"
    if machine.startswith("esp32") and not bare_metal:
        return "rtos", f"{machine} in a tree of ESP-IDF's, which runs FreeRTOS"
    if _PERSONAL_COMPUTERS.fullmatch(program):
        return "linux", f"{program} emulates a PC"
    return "unknown", "neither kernel nor launcher tells"
