"""Which part of the target a path belongs to: vendored or own, evidence or not, board, platform."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Self

from pitfalls.config import path_matches
from pitfalls.source import Source, View, parents

PICOLIBC = ("picolibc.specs.in", "meson.build")
"""Files that the root of picolibc's own sources has."""

# A nested library is known by files that only its root has.
_LIBRARY_ROOTS = (
    ("FreeRTOS kernel", ("tasks.c", "include/FreeRTOS.h")),
    ("zenoh-pico", ("include/zenoh-pico.h", "src/session/utils.c")),
    ("zenoh-pico", ("include/zenoh-pico.h", "include/zenoh-pico/config.h")),
    ("lwIP", ("src/core/tcp.c", "src/include/lwip/tcp.h")),
    ("lwIP's port to Unix", ("netif/delif.c", "netif/tapif.c")),
    ("lwIP's port to Unix", ("port/netif/delif.c", "port/netif/tapif.c")),
    ("lwIP's port to Xilinx", ("netif/xadapter.c", "netif/xemacpsif.c")),
    ("Zephyr", ("kernel/sched.c", "include/zephyr/kernel.h")),
    ("NuttX", ("sched/Kconfig", "include/nuttx/config.h")),
    ("NuttX", ("sched/Kconfig", "include/nuttx/sched.h")),
    ("ThreadX", ("common/inc/tx_api.h", "common/src/tx_thread_create.c")),
    ("picolibc", PICOLIBC),
    ("ESP-IDF", ("components/esp_system/Kconfig", "tools/idf.py")),
    ("Mbed TLS", ("include/mbedtls/ssl.h", "library/ssl_tls.c")),
    ("wolfSSL", ("wolfssl/ssl.h", "src/ssl.c")),
    ("LVGL", ("lvgl.h", "src/lvgl.h")),
    ("Edge Impulse", ("classifier/ei_run_classifier.h", "porting/ei_classifier_porting.h")),
    ("CMSIS-FreeRTOS", ("Source/cmsis_os2.c", "Source/freertos_evr.c")),
)

MIDDLEWARE = r"middlewares?|third[-_]?party|3rd[-_]?party"
"""Names of folders, in any case, that hold what a project compiles and others wrote."""

OTHERS = re.compile(rf"(?:^|/)(?:STM32\w+_HAL_Driver|{MIDDLEWARE})/", re.IGNORECASE)
"""Drivers and middleware of others, which nobody edits."""

# A repository that was copied in among the code of others: what its own root holds.
_COPY = re.compile(
    r"^((?:.*/)?(?:(?:libs?|libraries|extern(?:als?)?|external[-_]libs"
    rf"|{MIDDLEWARE}|vendor(?:ed)?|deps|dependencies|imports|submodules|components)/(?:.*/)?[^/]+"
    r"|[^/]+-(?:master|main)))"  # as GitHub names what it packs
    r"/(?:\.gitrepo|\.travis\.yml|\.github/workflows/[^/]+)$",
    re.IGNORECASE,
)

_COPY_ENDINGS = (".gitrepo", ".yml", ".yaml")

# No release of a library has these files here: the project wrote them.
_CONFIGURATIONS = frozenset(
    {"/FreeRTOSConfig.h", "/include/FreeRTOSConfig.h", "/src/include/lwipopts.h"}
)

_NOT_EVIDENCE = re.compile(
    r"(?:^|/)(?:_build|cmake-build-[^/]*)/"
    r"|template|(?:^|/)coverity/"
    # Product code against mocks, or a proof of it.
    r"|(?:^|/)(?:cmock|cbmc|unit[-_]?tests?|(?:\w+[-_])?mocks?)/"
    r"|(?:^|/)tests?/(?:[^/]+/)*(?:\w+[-_])?(?:fakes?|overrides|stubs)/"
    # What package managers fetch.
    r"|(?:^|/)(?:managed_components|node_modules|\.pio)/"
    # A library in one file, with the drivers of all chips.
    r"|.+/mongoose\.c$",
    re.IGNORECASE,
)

# Folders that tools build in, and what they leave there. A folder with one of these names that
# holds no such file is source: `LWIP/Target/`, `build/` with scripts, `target-specific/`.
_OUTPUT_FOLDER = re.compile(r"(?:^|/)(?:target|build|debug|release)(?:-[^/]*)?(?=/)", re.IGNORECASE)
_OUTPUT = re.compile(
    r"/(?:CMakeCache\.txt|CMakeFiles/.*|build\.ninja|compile_commands\.json|\.ninja_log"
    r"|subdir\.mk|CACHEDIR\.TAG|\.rustc_info\.json|\.fingerprint/.*|[^/]*\.(?:o|obj|d|rlib|rmeta))$"
)

_SUBJECT_FILES = frozenset(
    {"Cargo.toml", "CMakeLists.txt", "FreeRTOSConfig.h", "prj.conf", "Makefile", "platformio.ini"}
)

_IDE_ENDINGS = (".ioc", ".uvproj", ".uvprojx", ".ewp", ".cproject", ".mxproject")
# Projects of the vendors' development environments, most of which lie in a folder of their own
# below the project: EWARM/Project.ewp, STM32CubeIDE/CM7/.cproject.
_IDE_PROJECT = re.compile(
    r"^(?:(.+?)/)??"
    r"(?:(?:EWARM|MDK-ARM|RVMDK|SW4STM32|TrueSTUDIO|STM32CubeIDE|Keil|IAR)(?:/[^/]+)*/)?"
    r"[^/]*(?:\.ioc|\.uvprojx?|\.ewp|\.cproject|\.mxproject)$",
    re.IGNORECASE,
)

# First match wins; names are those of CHECKS and of the pages' front matter.
_PLATFORM_PATTERNS = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("freertos", r"freertos"),
        ("zephyr", r"zephyr|(?:^|/)prj[^/]*\.conf$|native[-_]sim"),
        ("threadx", r"threadx"),
        ("nuttx", r"nuttx"),
        ("esp-idf", r"esp-?idf|sdkconfig"),
        ("esp32-c3", r"esp32"),
        ("stm32f4", r"stm32[-_]?f4"),
        ("stm32", r"stm32"),
        ("mps2-an385", r"mps2"),
        ("posix", r"posix|native|linux"),
    )
)


class Layout(View):
    """Answers about paths; built from the listing alone."""

    def __init__(
        self,
        paths: Iterable[str],
        platforms: dict[str, tuple[str, ...]],
    ) -> None:
        self._paths = frozenset(paths)
        self._platforms = platforms
        self._subject_folders = {
            path.rpartition("/")[0]
            for path in self._paths
            if path.rpartition("/")[2] in _SUBJECT_FILES
        }
        self._subject_folders |= {
            found[1] or ""
            for path in self._paths
            if path.endswith(_IDE_ENDINGS) and (found := _IDE_PROJECT.match(path))
        }
        self.libraries = {
            found[1]: "a copied repository"
            for path in self._paths
            if path.endswith(_COPY_ENDINGS) and (found := _COPY.match(path))
        }
        self.libraries |= dict(self._library_roots())
        self._outputs = frozenset(
            path[: folder.end()]
            for path in self._paths
            for folder in _OUTPUT_FOLDER.finditer(path)
            if _OUTPUT.search(path, folder.end())
        )
        self.subject_of = cache(self._subject_of)
        self.platform_of = cache(self._platform_of)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the listing and the configured platforms."""
        named = {name: table.paths for name, table in source.config.platforms.items()}
        return cls(source.paths, named)

    def _library_roots(self) -> Iterable[tuple[str, str]]:
        for name, marks in _LIBRARY_ROOTS:
            ending = "/" + marks[0]
            for path in self._paths:
                if path.endswith(ending):
                    root = path[: -len(ending)]
                    if all(f"{root}/{mark}" in self._paths for mark in marks):
                        yield root, name

    def library_of(self, path: str) -> str | None:
        """The root of the nested kernel or library that holds ``path``; None for own code, also
        when the scanned root is that library, and for a configuration put among its headers."""
        root = next((folder for folder in parents(path) if folder in self.libraries), None)
        if root is not None and path[len(root) :] in _CONFIGURATIONS:
            return self.library_of(root)
        return root

    def is_evidence(self, path: str) -> bool:
        """Whether a file may be a subject: not vendored, not build output, not a template,
        not a unit test of the product code."""
        return (
            not _NOT_EVIDENCE.search(path)
            and not any(path[: f.end()] in self._outputs for f in _OUTPUT_FOLDER.finditer(path))
            and self.library_of(path) is None
        )

    def _subject_of(self, path: str) -> str:
        """The firmware target that a file belongs to: the nearest folder above it with a build
        file or a FreeRTOSConfig.h; ``.`` for the root."""
        found = next((f for f in parents(path) if f in self._subject_folders), "")
        return found or "."

    def _platform_of(self, path: str) -> str:
        """The platform of a path, from the configuration, else from its names, innermost
        first; empty when they do not tell."""
        for name, patterns in self._platforms.items():
            if any(path_matches(path, pattern) for pattern in patterns):
                return name
        for part in reversed(path.split("/")):
            for name, pattern in _PLATFORM_PATTERNS:
                if pattern.search(part):
                    return name
        return ""
