"""Zephyr applications whose own code uses the kernel and nothing else."""

from __future__ import annotations

import re

from pitfalls.formats import c_includes
from pitfalls.source import Selection, Source
from pitfalls.views.cargo_packages import below

INCLUDES = Selection(
    name="headers of applications",
    type=list[str],
    parse=c_includes.parse,
    names=("*.c", "*.cpp", "*.cc", "*.h", "*.hpp"),
    lazy=True,
)

MAX_FILES = 100
"""A larger application is not looked through."""

_KERNEL = re.compile(
    r"zephyr(?:/|\.h$)"
    r"|c?(?:std(?:io|int|lib|bool|def|arg)|string|errno|assert|math|inttypes|limits)(?:\.h)?$"
)


def is_kernel_only(source: Source, application: str) -> bool:
    """Whether every header that the application's code includes is Zephyr's, C's or its own: such
    a program opens no session, whatever its configuration switches on. False for Rust."""
    prefix = "" if application == "." else f"{application}/"
    paths = list(below(source.candidates(INCLUDES), prefix))
    if not 0 < len(paths) <= MAX_FILES or any(
        path.endswith(".rs") for path in below(source.paths, prefix)
    ):
        return False
    own = {path.rpartition("/")[2] for path in paths}
    headers = [h for file in source.facts_of(INCLUDES, paths) for h in file.facts]
    return any(header.startswith("zephyr") for header in headers) and all(
        _KERNEL.match(header) or header.rpartition("/")[2] in own for header in headers
    )
