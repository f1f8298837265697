"""Build and project files of FreeRTOS: which port they compile, which kernel they fetch.

A port is named by its folder, ``portable/GCC/ARM_CM3``, or by the kernel's own CMake option,
``FREERTOS_PORT GCC_ARM_CM3``, in whatever language the file is written.
"""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

MAX_PORTS = 20
"""A file that names more lists ports, it does not choose one."""

# Below the kernel's portable/ stands a compiler, in capitals unless the project changed that; other
# libraries have a portable/ as well, with vendors in small letters.
_COMPILER = r"(?:(?-i:[a-z]?[A-Z][\w-]*)|armclang|ccs|gcc|iar|keil|rvds)"
_FOLDER = re.compile(
    rf"portable[/\\]+(?:ThirdParty[/\\]+)?+{_COMPILER}[/\\]+([A-Za-z][\w-]+)", re.IGNORECASE
)
_WINDOWS = re.compile(r"(?<![\w-])(MSVC-MingW)(?![\w-])", re.IGNORECASE)
_OPTION = re.compile(
    r"(?<![/\w.-])[A-Z][A-Za-z]+[_/\\]+(ARM_C(?:M\d|R|A\d)\w*|RISC[-_]V\w*|POSIX)(?![\w.])"
)
_COMMENT = re.compile(r"^\s*(?:#(?!\s*(?:if|el|end|define))|//|\*|;|--)")
_KERNEL = re.compile(
    r"FreeRTOS[-_]Kernel\b(?:(?!FetchContent_Declare|FreeRTOS[-_]Kernel).){0,400}?"
    r"\b(?:GIT_TAG|revision:|tag\s*=)\s*\"?V?(\d+)\.(\d+)(?:\.(\d+))?",
    re.DOTALL | re.IGNORECASE,
)
_NUMBER = re.compile(r"tskKERNEL_VERSION_NUMBER\s+\"V(\d+)\.(\d+)(?:\.(\d+))?([^\"]*)\"")


class PortName(msgspec.Struct, frozen=True):
    """``ARM_CM3``, ``ARM_CM33_NTZ``, ``RISC-V``: a port folder without its compiler."""

    name: str
    line: int


class Kernel(msgspec.Struct, frozen=True):
    """A released kernel version."""

    major: int
    minor: int
    patch: int
    line: int

    @property
    def release(self) -> tuple[int, int, int]:
        """As a tuple that can be compared."""
        return self.major, self.minor, self.patch

    @property
    def shown(self) -> str:
        """As the kernel's tags write it."""
        return f"V{self.major}.{self.minor}.{self.patch}"


class PortFacts(msgspec.Struct, frozen=True):
    """The ports that a file names, each once, and the kernel that it fetches."""

    ports: tuple[PortName, ...] = ()
    kernel: Kernel | None = None


def parse(data: bytes) -> PortFacts | None:
    """Ports outside of comment lines, and a FreeRTOS-Kernel fetched at a numbered tag."""
    text = decode(data)
    seen: dict[str, int] = {}
    for number, row in enumerate(text.splitlines(), 1):
        if (
            "ARM_C" in row or "FREERTOS_PORT" in row or "portable" in row.lower() or "MSVC-" in row
        ) and not _COMMENT.match(row):
            shown = row[:2000]
            for pattern in (_FOLDER, _WINDOWS, _OPTION):
                for found in pattern.finditer(shown):
                    if found[1].lower() != "memmang":
                        seen.setdefault(found[1], number)
    kernel = _kernel(text, _KERNEL)
    if len(seen) > MAX_PORTS:
        seen = {}
    if not seen and kernel is None:
        return None
    return PortFacts(tuple(PortName(name, line) for name, line in seen.items()), kernel)


def parse_task_header(data: bytes) -> Kernel | None:
    """The version that the kernel's own ``task.h`` declares."""
    return _kernel(decode(data), _NUMBER)


def _kernel(text: str, pattern: re.Pattern[str]) -> Kernel | None:
    found = pattern.search(text)
    if not found:
        return None
    line = text.count("\n", 0, found.start(1)) + 1
    return Kernel(int(found[1]), int(found[2]), int(found[3] or 0), line)
