"""What of a tree is evidence: own sources, not what a build left or somebody else wrote."""

import pytest

from pitfalls.views.layout import Layout


def layout(*paths: str) -> Layout:
    """The answers about a listing."""
    return Layout(paths, {})


@pytest.mark.parametrize(
    "path",
    [
        "Board/LWIP/Target/ethernetif.c",
        "build/Cortex-M3_QEMU/target-specific-source/FreeRTOSConfig.h",
        "tools/build/ci.sh",
        "build-support/flash.sh",
        "src/debug/log.c",
    ],
)
def test_a_folder_is_not_output_by_its_name(path: str) -> None:
    """CubeMX writes its Ethernet driver to LWIP/Target, others keep sources in build/: tracked
    files without any trace of a build are sources."""
    assert layout(path, "src/main.c").is_evidence(path)


def test_a_configuration_among_a_librarys_headers_is_the_projects_own() -> None:
    """FreeRTOSConfig.h beside FreeRTOS.h: the kernel is vendored, its configuration is not."""
    kernel = ("rtos/tasks.c", "rtos/include/FreeRTOS.h")
    for path in ("rtos/FreeRTOSConfig.h", "rtos/include/FreeRTOSConfig.h"):
        assert layout(path, *kernel).is_evidence(path)
    sample = "rtos/examples/template_configuration/FreeRTOSConfig.h"
    assert not layout(sample, *kernel).is_evidence(sample)
    lwip = ("net/src/core/tcp.c", "net/src/include/lwip/tcp.h", "net/src/include/lwipopts.h")
    assert layout(*lwip).is_evidence(lwip[2])
    assert not layout(*lwip).is_evidence(lwip[0])


def test_a_repository_that_was_copied_in_is_others_code() -> None:
    """It kept its own workflows; a part of the project's own that has some is no copy."""
    for mark in (".github/workflows/build.yml", ".travis.yml", ".gitrepo"):
        for folder in ("lib/usb", "externals/net/paho", "components/json"):
            example = f"{folder}/examples/web/main.c"
            assert not layout(example, f"{folder}/{mark}").is_evidence(example)
    assert layout("lib/usb/main.c", ".github/workflows/ci.yml").is_evidence("lib/usb/main.c")
    own = ("ci/sdk/tool.c", "ci/sdk/.github/workflows/build.yml")
    assert layout(*own).is_evidence(own[0])


def test_the_tests_of_a_nested_library_are_its_own() -> None:
    """Scripts that came with a TLS library test nobody's firmware."""
    marks = ("tls/include/mbedtls/ssl.h", "tls/library/ssl_tls.c")
    assert not layout("tls/tests/ssl-opt.sh", *marks).is_evidence("tls/tests/ssl-opt.sh")
    root = tuple(mark.removeprefix("tls/") for mark in marks)
    assert layout("tests/ssl-opt.sh", *root).is_evidence("tests/ssl-opt.sh")


@pytest.mark.parametrize(
    ("path", "marks"),
    [
        ("gui/lvgl/src/osal/os.c", ("gui/lvgl/lvgl.h", "gui/lvgl/src/lvgl.h")),
        (
            "ei/porting/arduino/timer.cpp",
            ("ei/classifier/ei_run_classifier.h", "ei/porting/ei_classifier_porting.h"),
        ),
        (
            "rtos2/Config/ARMCM/FreeRTOSConfig.h",
            ("rtos2/Source/cmsis_os2.c", "rtos2/Source/freertos_evr.c"),
        ),
    ],
)
def test_a_copy_of_a_library_without_workflows(path: str, marks: tuple[str, ...]) -> None:
    """LVGL's adapters to kernels, Edge Impulse's to boards, and the sample configurations of ARM's
    pack of FreeRTOS."""
    assert not layout(path, *marks).is_evidence(path)
    assert layout(path).is_evidence(path)


def test_what_a_package_manager_fetched_is_others_code() -> None:
    """Folders that PlatformIO, ESP-IDF's component manager and npm fill."""
    for path in (
        ".pio/libdeps/esp32/gui/build.sh", "fw/managed_components/a__b/examples/x/main.c",
        "web/node_modules/tool/test.py",
    ):  # fmt: skip
        assert not layout(path).is_evidence(path)
    assert layout("components/a/main.c").is_evidence("components/a/main.c")


def test_a_repository_that_was_unpacked_is_others_code() -> None:
    """GitHub names the folder after the branch; without workflows of its own it proves nothing."""
    script = "app/mqtt-c-master/ci/install.sh"
    assert not layout(script, "app/mqtt-c-master/.travis.yml").is_evidence(script)
    assert layout(script).is_evidence(script)
    assert layout(script, ".travis.yml").is_evidence(script)


def test_the_port_of_lwip_to_hosts_is_others_code() -> None:
    """A firmware that keeps lwIP's simulator beside its own port has not written it."""
    marks = ("net/unix/netif/delif.c", "net/unix/netif/tapif.c")
    for path in ("net/unix/check/sys_arch.c", "net/unix/proj/sim/host.c", marks[1]):
        assert not layout(path, *marks).is_evidence(path)
    assert layout("net/arm/sys_arch.c", *marks).is_evidence("net/arm/sys_arch.c")
    later = ("unix/sim/host.c", "unix/port/netif/delif.c", "unix/port/netif/tapif.c")
    assert not layout(*(f"net/{path}" for path in later)).is_evidence("net/unix/sim/host.c")
    marks = ("bsp/xilinx/netif/xadapter.c", "bsp/xilinx/netif/xemacpsif.c")
    assert not layout("bsp/xilinx/sys_arch.c", *marks).is_evidence("bsp/xilinx/sys_arch.c")


def test_a_library_in_one_file_is_others_code() -> None:
    """mongoose.c in a firmware's folder; in its own tree it lies at the root."""
    assert not layout("Core/Src/mongoose.c").is_evidence("Core/Src/mongoose.c")
    assert layout("mongoose.c").is_evidence("mongoose.c")


def test_mocks_are_no_targets() -> None:
    """A configuration for unit tests against mocks configures no firmware."""
    for path in (
        "tests/config_mocks/inc/FreeRTOSConfig.h", "mocks/net.c", "test/mock/a.c",
        "test/header_overrides/FreeRTOSConfig.h", "tests/unit/fakes/clock.c",
    ):  # fmt: skip
        assert not layout(path).is_evidence(path)
    for path in ("overrides/FreeRTOSConfig.h", "tests/board/FreeRTOSConfig.h", "src/stubs/net.c"):
        assert layout(path).is_evidence(path)
    assert layout("src/mocking.c").is_evidence("src/mocking.c")


@pytest.mark.parametrize(
    ("path", "trace"),
    [
        ("target/debug/build/x/out/gen.rs", "target/.rustc_info.json"),
        ("target-safety/debug/gen.rs", "target-safety/debug/.fingerprint/a-1/lib-a"),
        ("build/generated/gen.c", "build/CMakeCache.txt"),
        ("app/build/src/gen.c", "app/build/obj/main.o"),
        ("build-arm/gen.c", "build-arm/build.ninja"),
        ("Release/makefile", "Release/Core/Src/subdir.mk"),
        ("docs/_build/conf.py", "README.md"),
    ],
)
def test_build_output_is_no_evidence(path: str, trace: str) -> None:
    """What lies beside objects, caches or rules that a build tool wrote is its output."""
    assert not layout(path, trace).is_evidence(path)
    assert layout(path, trace, "src/main.c").is_evidence("src/main.c")
