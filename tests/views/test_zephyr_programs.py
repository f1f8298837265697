"""Zephyr applications that use the kernel and nothing else."""

import pytest

from pitfalls.testing import examine, places

CONF = "CONFIG_ZENOH_PICO=y\nCONFIG_POSIX_API=y\nCONFIG_HEAP_MEM_POOL_SIZE=4096\n"


@pytest.mark.parametrize("name", ["MEM002", "MEM003", "ZEN001"])
@pytest.mark.parametrize(
    ("headers", "silent"),
    [
        ("#include <zephyr/kernel.h>\n#include <stdio.h>\n", True),
        ('#include <zephyr/kernel.h>\n#include "blink.h"\n', True),
        ("#include <zephyr/kernel.h>\n#include <robot/session.h>\n", False),
        ("", False),
    ],
)
def test_a_program_of_kernel_headers_opens_no_session(
    name: str, headers: str, silent: bool
) -> None:
    """Its configuration brings zenoh in; a library of another header might open one."""
    files: dict[str, str | bytes] = {
        "app/prj.conf": CONF,
        "app/CMakeLists.txt": "find_package(Zephyr)\ntarget_sources(app PRIVATE src/main.c)\n",
        "app/src/main.c": headers + "int main(void) { return 0; }\n",
        "app/src/blink.h": "#include <stdint.h>\n",
        "node/prj.conf": "CONFIG_ZENOH_PICO=y\n",
        "node/src/main.c": "#include <zenoh-pico.h>\nint main(void) { return 0; }\n",
    }
    rules = {"below-recommended", "mutex-pool"}
    found = [p for p in places(examine(name, files)) if p[0] in rules and p[2].startswith("app/")]
    assert (not found) is silent
