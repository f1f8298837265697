"""CLK004: how the clock of an emulated guest that talks to the host is driven."""

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

BOARD = "qemu-system-arm -M mps2-an385 -nographic"


def script(command: str, path: str = "scripts/bare-metal/run.sh") -> PitfallResult:
    """One launch in a shell script of a bare-metal tree."""
    return examine("CLK004", {path: f"#!/bin/sh\n{command}\n"})


def found(result: PitfallResult) -> list[tuple[str, str, int]]:
    """Rule, verdict and line of everything that is no note."""
    rows = places(result, Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS, Verdict.ERROR)
    return [(rule, verdict, line) for rule, verdict, _, line in rows]


def test_networked_bare_metal_without_icount_warns() -> None:
    """A back end and no -icount is a warning at the launch."""
    assert found(script(f"{BOARD} -nic user -kernel a.elf")) == [("missing-icount", "warn", 2)]


def test_shift_auto_passes_at_the_option() -> None:
    """The evidence is the line of the option."""
    result = script(f"{BOARD} \\\n  -icount shift=auto \\\n  -nic tap,ifname=tap0 -kernel a.elf")
    assert found(result) == [("missing-icount", "pass", 3)]
    assert script(f"{BOARD} -icount auto -nic user -kernel a.elf").verdict is Verdict.PASS


def test_icount_without_a_shift_counts_as_absent() -> None:
    """`-icount sleep=off` switches nothing on, in every rule."""
    result = script(f"{BOARD} -icount sleep=off -nic user -kernel a.elf")
    assert found(result) == [("missing-icount", "warn", 2)]


def test_fixed_shift_and_sleep_off() -> None:
    """A number warns; sleep=off with a shift fails, as does `sleep=no` and `shift=auto`."""
    assert found(script(f"{BOARD} -icount 3 -nic user")) == [("fixed-shift", "warn", 2)]
    assert script(f"{BOARD} -icount shift=7,sleep=no -nic user").verdict is Verdict.FAIL
    assert found(script(f"{BOARD} -icount shift=auto,sleep=off -nic user")) == [
        ("sleep-off", "fail", 2)
    ]


def test_align_with_auto_warns() -> None:
    """align=on and shift=auto do not go together."""
    assert found(script(f"{BOARD} -icount shift=auto,align=on -nic user")) == [
        ("align-auto", "warn", 2)
    ]


def test_no_network_no_finding() -> None:
    """Without a back end, with `-nic none`, or under KVM there is nothing to keep pace with."""
    for options in ("-kernel a.elf", "-nic none -icount 3", "-net none", "-accel kvm -nic user"):
        assert script(f"{BOARD} {options}").verdict is Verdict.NOT_APPLICABLE


def test_cargo_runner_without_nic_is_not_flagged() -> None:
    """`cargo run` shows the boot log; the board's default back end is not used."""
    runner = f'[target.thumbv7m-none-eabi]\nrunner = "{BOARD} -kernel"\n'
    files = {"zenoh-talker/.cargo/config.toml": runner, "zenoh-talker/memory.x": ""}
    assert examine("CLK004", files).verdict is Verdict.NOT_APPLICABLE


def test_default_back_end_of_an_on_board_nic() -> None:
    """A board with its own Ethernet is networked by default when the launcher is named after a
    peer; a self-test of the controller is not."""
    code = (
        'fn {}() {{ Command::new("qemu-system-arm")'
        '.args(["-M", "mps2-an385", "-kernel", IMG]).spawn(); }}'
    )
    named = examine("CLK004", {"tests/net.rs": code.format("test_zenoh_publish")})
    assert found(named) == [("missing-icount", "warn", 1)]
    alone = examine("CLK004", {"tests/net.rs": code.format("test_controller")})
    assert alone.verdict is Verdict.NOT_APPLICABLE
    off = code.replace('"-kernel"', '"-nodefaults", "-kernel"')
    disabled = examine("CLK004", {"tests/net.rs": off.format("test_zenoh_publish")})
    assert disabled.verdict is Verdict.NOT_APPLICABLE


def test_transport_serial() -> None:
    """A serial line to a PTY counts when the console is elsewhere, not when it is the console."""
    serial = "-semihosting-config enable=on -serial pty -kernel a.elf"
    assert found(script(f"{BOARD} {serial}")) == [("missing-icount", "warn", 2)]
    assert script(f"{BOARD} -serial pty -kernel a.elf").verdict is Verdict.NOT_APPLICABLE


def test_echoed_hints_and_comments_are_nothing() -> None:
    """Printed launches, comments, probes and look-ups are no launches."""
    text = (
        f'# {BOARD} -nic user\necho "{BOARD} -nic user -kernel a.elf"\n'
        "command -v qemu-system-arm\nqemu-system-arm --version\nqemu-system-arm -machine help\n"
        "apt-get install -y qemu-system-arm\n"
    )
    assert script(text).verdict is Verdict.NOT_APPLICABLE


def test_a_comment_about_icount_does_not_pass() -> None:
    """A comment inside an argument array gives neither pass nor fail."""
    text = "Q=(qemu-system-arm -M mps2-an385\n  # -icount shift=auto\n  -nic user)\n"
    assert found(script(text + '"${Q[@]}"')) == [("missing-icount", "warn", 5)]


def test_arguments_from_outside_are_unknown() -> None:
    """An open argument list may bring -icount."""
    assert found(script(f'{BOARD} -nic user "$@"')) == [("missing-icount", "unknown", 2)]
    assert found(script(f"{BOARD} -nic user $QEMU_EXTRA")) == [("missing-icount", "unknown", 2)]


def test_guest_that_nothing_tells() -> None:
    """A machine that may run anything, and no name that tells, is unknown."""
    result = script("qemu-system-riscv64 -M virt -bios none -nic user -kernel $1", "run.sh")
    assert found(result) == [("missing-icount", "unknown", 2)]


def test_rtos_and_linux_guests_are_not_asked_for_icount() -> None:
    """RTOS and Linux guests keep time by themselves; the literal statement is a note."""
    for kernel in ("build/freertos.elf", "nuttx", "zephyr/zephyr.elf", "bzImage"):
        result = script(f"{BOARD} -nic user -kernel {kernel}", "run.sh")
        assert found(result) == []
        assert [f.rule for f in result.findings] == ["CLK004.literal-all"]
    assert examine("CLK004", {"run.sh": "qemu-system-x86_64 -hda d.img -nic user\n"}).verdict is (
        Verdict.NOT_APPLICABLE
    )


def test_an_esp32_in_a_tree_of_esp_idf_runs_freertos() -> None:
    """ESP-IDF's files name the RTOS; firmware without an RTOS beside them may be what runs."""
    launch: str | bytes = "qemu-system-xtensa -machine esp32 -nic user,model=open_eth\n"
    files = {"qemu/run.sh": launch, "sdkconfig.defaults": 'CONFIG_IDF_TARGET="esp32"\n'}
    assert found(examine("CLK004", files)) == []
    both = files | {"bare/memory.x": "MEMORY {}\n"}
    assert found(examine("CLK004", both)) == [("missing-icount", "warn", 1)]
    assert found(examine("CLK004", {"qemu/run.sh": launch})) == [("missing-icount", "warn", 1)]


def test_embedded_is_not_the_name_of_an_rtos() -> None:
    """A folder called `embedded` tells nothing about the guest; one called `mbed-os` does."""
    launch = f"{BOARD} -nic user -kernel $1"
    assert found(script(launch, "embedded/run.sh")) == [("missing-icount", "warn", 2)]
    assert found(script(launch, "mbed-os/run.sh")) == []


def test_rtos_guest_on_a_datagram_back_end() -> None:
    """Icount on an RTOS guest with only a datagram or socket back end warns; with user it does
    not."""
    launch = "qemu-system-arm -M virt -icount shift=auto -kernel nuttx -netdev {},id=n -device v"
    assert found(script(launch.format("dgram"), "run.sh")) == [("dgram-rtos", "warn", 2)]
    assert found(script(launch.format("user"), "run.sh")) == []


def test_helper_in_another_file_supplies_the_option() -> None:
    """Arguments and programs of helper functions belong to the launch."""
    files = {
        "bare-metal/src/lib.rs": (
            'pub fn qemu_system() -> String { "qemu-system-arm".into() }\n'
            'pub fn clock() -> Vec<String> { vec!["-icount".into(), "shift=auto".into()] }\n'
        ),
        "bare-metal/tests/a.rs": (
            "// icount comes from clock()\nfn start() {\n    Command::new(qemu_system())\n"
            '        .args(["-M", "mps2-an385", "-nic", "user"]).args(clock()).spawn();\n}\n'
        ),
    }
    result = examine("CLK004", files)
    assert found(result) == [("missing-icount", "pass", 2)]
    assert result.findings[0].place.path == "bare-metal/src/lib.rs"


def test_wrapper_script_before_the_launch() -> None:
    """A launch behind `--` of a wrapper script is a launch."""
    assert found(script(f"./run-test.sh --name x -- {BOARD} -nic user")) == [
        ("missing-icount", "warn", 2)
    ]


def test_zephyr_networking_with_icount() -> None:
    """=y fails, =y with QEMU_ICOUNT_SLEEP warns, =n passes, no networking is nothing."""
    base = "CONFIG_NETWORKING=y\n"
    for text, expected in (
        ("CONFIG_QEMU_ICOUNT=y\n", [("zephyr-networked", "fail", 2)]),
        (
            "CONFIG_QEMU_ICOUNT=y\nCONFIG_QEMU_ICOUNT_SLEEP=y\n",
            [("zephyr-networked", "warn", 2)],
        ),
        ("CONFIG_QEMU_ICOUNT=n\n", [("zephyr-networked", "pass", 2)]),
    ):
        assert found(examine("CLK004", {"app/prj.conf": base + text})) == expected
    assert found(examine("CLK004", {"app/prj.conf": "CONFIG_QEMU_ICOUNT=y\n"})) == []


def test_zephyr_boards_that_take_icount_back() -> None:
    """What every emulated board switches off again is no failure of the common file."""
    app = {
        "app/prj.conf": "CONFIG_NETWORKING=y\nCONFIG_QEMU_ICOUNT=y\n",
        "app/boards/qemu_cortex_m3.conf": "CONFIG_QEMU_ICOUNT=n\n",
        "app/boards/nucleo_f429zi.conf": "CONFIG_X=y\n",
    }
    assert found(examine("CLK004", app)) == [("zephyr-networked", "pass", 1)]
    second = app | {"app/boards/qemu_x86.conf": "CONFIG_X=y\n"}
    assert ("zephyr-networked", "fail", 2) in found(examine("CLK004", second))


def test_zephyr_default_passes_on_an_emulated_board_only() -> None:
    """With networking the default is off; that is evidence only where QEMU is the board."""
    app = {"app/prj.conf": "CONFIG_NETWORKING=y\n"}
    emulated = {**app, "app/boards/qemu_x86.conf": "CONFIG_X=y\n"}
    native = {**app, "app/boards/native_sim.conf": "CONFIG_X=y\n"}
    assert examine("CLK004", emulated).verdict is Verdict.PASS
    assert examine("CLK004", native).verdict is Verdict.NOT_APPLICABLE


def test_seed_profile_keeps_the_literal_statement() -> None:
    """The literal statement never changes a verdict in the default profile."""
    result = script("qemu-system-arm -M virt -nic user -kernel nuttx", "run.sh")
    assert result.verdict is Verdict.NOT_APPLICABLE
