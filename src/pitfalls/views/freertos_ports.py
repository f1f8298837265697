"""Which port of the FreeRTOS kernel each configuration is compiled with, and which release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from pitfalls.formats import freertos_port
from pitfalls.formats.freertos_port import Kernel, PortFacts
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View, parents
from pitfalls.views.freertos_config import FreeRTOSConfig, FreeRTOSConfigs
from pitfalls.views.layout import Layout

PORT_FILES = Selection(
    name="FreeRTOS ports in build files",
    type=PortFacts,
    parse=freertos_port.parse,
    names=(
        "CMakeLists.txt", "*.cmake", "Makefile", "makefile", "*.mk", "Makefile.*", "platformio.ini",
        "build.rs", ".project", ".cproject", "*.ewp", "*.uvproj", "*.uvprojx", "*.Uv2",
        "*.emProject", "*.hzp", "*.cyprj", "*.cproj", "west.yml", "*.cmd", "*.vcxproj",
    ),
    needles=(b"ARM_C", b"FREERTOS_PORT", b"portable/", b"portable\\", b"FreeRTOS-Kernel",
             b"MSVC-MingW"),
)  # fmt: skip
TASK_HEADERS = Selection(
    name="FreeRTOS task.h",
    type=Kernel,
    parse=freertos_port.parse_task_header,
    names=("task.h",),
    needles=(b"tskKERNEL_VERSION_NUMBER",),
)

_PORT_PATH = re.compile(r"(?:^|/)portable/(?:ThirdParty/)?\w+/([A-Za-z][\w-]+)/(?:.*/)?port\.c$")
# Macros that only ports for a Cortex-A or -R and its interrupt controller read.
_GIC = ("configUNIQUE_INTERRUPT_PRIORITIES", "configINTERRUPT_CONTROLLER_BASE_ADDRESS",
        "configEOI_ADDRESS")  # fmt: skip
_KERNEL_FOLDER = re.compile(r"(?:^|/)free-?rtos(?:[-_]?(?:kernel|lts))?$", re.IGNORECASE)
_MAINLINE = re.compile(r"ARM_CM(?:3|4|7|33|35|52|55|85)")


@dataclass(frozen=True)
class Port:
    """A port folder by name, and where it is named."""

    name: str
    place: Place

    @property
    def is_mainline(self) -> bool:
        """Whether it is for a Cortex-M with BASEPRI: M3, M4, M7, M33 and later, not M0 or M23."""
        return _MAINLINE.match(self.name) is not None


@dataclass(frozen=True)
class Release:
    """A version of the kernel, and where it is told."""

    number: tuple[int, int, int]
    shown: str
    place: Place


class FreeRTOSPorts(View):
    """The ports and the kernel release of every configuration, as far as the tree tells."""

    uses = (PORT_FILES, TASK_HEADERS, FreeRTOSConfigs, Layout)

    def __init__(
        self, ports: Mapping[str, tuple[Port, ...]], releases: Mapping[str, Release]
    ) -> None:
        self._ports = ports
        self._releases = releases

    @classmethod
    def build(cls, source: Source) -> Self:
        """From project files, from port folders that are in the tree, and from ``task.h``."""
        layout = source.view(Layout)
        files = [f for f in source.facts(PORT_FILES) if layout.is_evidence(f.path)]
        named = [Port(p.name, Place(f.path, p.line)) for f in files for p in f.facts.ports]
        sources = [path for path in source.paths if path.endswith("/port.c")]
        named += [Port(m[1], Place(path)) for path in sources if (m := _PORT_PATH.search(path))]
        configs = source.view(FreeRTOSConfigs).configs
        kernels = _kernels(files, source.facts(TASK_HEADERS))
        return cls(
            {c.path: _within(c.project, named) for c in configs},
            {
                c.path: release
                for c in configs
                if (release := _release(c.project, kernels, source.absent))
            },
        )

    def of(self, config: FreeRTOSConfig) -> tuple[Port, ...]:
        """The ports that the configuration's own project names."""
        return self._ports[config.path]

    def release(self, config: FreeRTOSConfig) -> Release | None:
        """The kernel's version; None when the tree does not tell it."""
        return self._releases.get(config.path)

    def is_mainline(self, config: FreeRTOSConfig) -> bool:
        """Whether the kernel masks by BASEPRI. Without a port in sight the configuration tells:
        other ports have no use for a number of priority bits."""
        ports = self.of(config)
        if any(port.is_mainline for port in ports):
            return True
        hint = config.get("configPRIO_BITS") or config.get("vPortSVCHandler")
        return not ports and hint is not None and not any(config.get(name) for name in _GIC)


def _within(project: str, ports: Iterable[Port]) -> tuple[Port, ...]:
    """The ports named inside the project, else by the nearest build file in a folder above it."""
    every = list(ports)
    prefix = f"{project}/" if project else ""
    own = tuple(port for port in every if port.place.path.startswith(prefix))
    for folder in parents(project) if project and not own else ():
        own = tuple(p for p in every if p.place.path.rpartition("/")[0] == folder and folder)
        if own:
            break
    return own


def _kernels(
    files: Iterable[Located[PortFacts]], headers: Iterable[Located[Kernel]]
) -> list[Release]:
    told = [Located(f.path, f.facts.kernel) for f in files if f.facts.kernel]
    return [
        Release(k.facts.release, k.facts.shown, Place(k.path, k.facts.line))
        for k in (*headers, *told)
    ]


def _release(project: str, kernels: Iterable[Release], absent: Iterable[str]) -> Release | None:
    """The one version of the nearest folder above that holds a kernel. A kernel that lies with
    another project is not this one's where the tree's own is a submodule that is not there."""
    every = list(kernels)
    elsewhere = any(_KERNEL_FOLDER.search(path) for path in absent)
    for folder in (project, *parents(project), ""):
        found = [k for k in every if not folder or k.place.path.startswith(f"{folder}/")]
        if found and folder != project and elsewhere:
            return None
        if found:
            return found[0] if len({k.number for k in found}) == 1 else None
    return None
