"""NET003: which peers run at the same time, and what they share."""

import pytest

from pitfalls import Verdict
from pitfalls.testing import examine, places

NATIVE = (
    "CONFIG_NETWORKING=y\n"
    'CONFIG_NET_CONFIG_MY_IPV4_ADDR="192.0.2.{}"\n'
    'CONFIG_ETH_NATIVE_POSIX_DRV_NAME="{}"\n'
)
HELPER = """
impl ZephyrNode {
    pub fn start(image: &str, options: &[&str]) -> ZephyrNode {
        ZephyrNode(Command::new(image).args(options).spawn().unwrap())
    }
}
"""
TEST = """
#[test]
fn pair() {
    let mut listener = ZephyrNode::start("listener.exe", &[SEED1]);
    listener.wait_for("up");
    let talker = ZephyrNode::start("talker.exe", &[SEED2]);
    listener.output();
}
"""


def apps(talker: tuple[int, str], listener: tuple[int, str], test: str = TEST) -> dict[str, str]:
    """Two Zephyr applications, and a test that starts both."""
    seeds = test.replace("SEED1", '"--seed=1"').replace("SEED2", '"--seed=2"')
    return {
        "apps/talker/prj.conf": NATIVE.format(*talker),
        "apps/listener/prj.conf": NATIVE.format(*listener),
        "tests/support/mod.rs": HELPER,
        "tests/net.rs": seeds,
    }


def test_own_names_and_addresses_pass() -> None:
    """Each peer has its own."""
    assert examine("NET003", apps((1, "zeth0"), (3, "zeth1"))).verdict is Verdict.PASS


def test_one_name_fails_at_the_second_peer() -> None:
    """A test starts both, and the second opener gets EBUSY."""
    result = examine("NET003", apps((1, "zeth0"), (3, "zeth0")))
    assert places(result, Verdict.FAIL) == [("shared-tap", "fail", "apps/listener/prj.conf", 3)]


def test_one_address_fails() -> None:
    """Two TAPs do not help when both guests have one address."""
    result = examine("NET003", apps((1, "zeth0"), (1, "zeth1")))
    assert places(result, Verdict.FAIL) == [("shared-ip", "fail", "apps/listener/prj.conf", 2)]


def test_both_at_the_default_name_fail() -> None:
    """Zephyr's own default is one name, too."""
    files = apps((1, "x"), (3, "x"))
    for name in ("talker", "listener"):
        text = files[f"apps/{name}/prj.conf"].rpartition("CONFIG_ETH")[0]
        files[f"apps/{name}/prj.conf"] = text
    assert places(examine("NET003", files), Verdict.FAIL) == [
        ("shared-tap", "fail", "apps/listener/prj.conf", 2)
    ]


def test_the_board_overlay_overrides_the_application() -> None:
    """The merged value counts."""
    files = apps((1, "zeth0"), (1, "zeth0"))
    files["apps/listener/boards/native_sim.conf"] = NATIVE.format(3, "zeth1")
    assert examine("NET003", files).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "line",
    ["CONFIG_NET_NATIVE_OFFLOADED_SOCKETS=y", "CONFIG_ETH_NATIVE_POSIX=n", "CONFIG_NETWORKING=n"],
)
def test_images_without_a_tap_are_not_applicable(line: str) -> None:
    """Offloaded sockets use the host's own network."""
    files = apps((1, "zeth0"), (1, "zeth0"))
    for name in ("talker", "listener"):
        files[f"apps/{name}/prj.conf"] = f"{files[f'apps/{name}/prj.conf']}{line}\n"
    assert examine("NET003", files).verdict is Verdict.NOT_APPLICABLE


def test_siblings_that_nothing_starts_together_are_unknown() -> None:
    """Each may be meant to run against the host alone."""
    files = apps((1, "zeth0"), (1, "zeth0"), "#[test]\nfn nothing() {}\n")
    assert examine("NET003", files).verdict is Verdict.UNKNOWN


def test_one_tap_made_for_two_addresses_is_a_warning() -> None:
    """Different addresses of one network show that both are meant to run."""
    files = apps((1, "zeth"), (3, "zeth"), "#[test]\nfn nothing() {}\n")
    files["net.sh"] = "#!/bin/sh\nip tuntap add dev zeth mode tap\n"
    assert places(examine("NET003", files), Verdict.WARN) == [("shared-tap", "warn", "net.sh", 2)]
    files["net.sh"] = f"{files['net.sh']}ip tuntap add dev zeth0 mode tap\n"
    assert examine("NET003", files).verdict is Verdict.UNKNOWN


def test_recipes_of_one_file_that_run_both_are_a_warning() -> None:
    """Whoever runs the pair from its recipes runs it on one TAP; recipes that only build do not."""
    recipe = (
        "{0}:\n    west build -b native_sim -d build-{0} apps/{0}\n"
        "    ./build-{0}/zephyr/zephyr.exe --seed=$RANDOM\n"
    )
    nothing = "#[test]\nfn nothing() {}\n"
    both = {"zephyr.just": recipe.format("talker") + "\n" + recipe.format("listener")}
    shared = apps((1, "zeth0"), (1, "zeth0"), nothing) | both
    assert places(examine("NET003", shared), Verdict.WARN) == [
        ("shared-ip", "warn", "apps/listener/prj.conf", 2),
        ("shared-tap", "warn", "apps/listener/prj.conf", 3),
    ]
    assert examine("NET003", apps((1, "a0"), (3, "a1"), nothing) | both).verdict is Verdict.PASS
    text = both["zephyr.just"]
    built = {"zephyr.just": "\n".join(row for row in text.splitlines() if ".exe" not in row) + "\n"}
    assert examine("NET003", shared | built).verdict is Verdict.UNKNOWN
    one = {"zephyr.just": recipe.format("talker")}
    assert examine("NET003", shared | one).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [("", "", Verdict.WARN), ('"--seed=1"', "", Verdict.WARN),
     ('"--seed=7"', '"--seed=7"', Verdict.WARN), ('"--seed=1"', '"--seed=2"', Verdict.PASS),
     ('"--seed-random"', '"--seed-random"', Verdict.PASS)],
)  # fmt: skip
def test_seeds_of_random_addresses(first: str, second: str, verdict: Verdict) -> None:
    """Equal or absent seeds may give equal MACs."""
    test = TEST.replace("SEED1", first).replace("SEED2", second)
    assert examine("NET003", apps((1, "zeth0"), (3, "zeth1"), test)).verdict is verdict


SEEDING = """
impl ZephyrNode {
    pub fn start(image: &str, platform: Platform) -> ZephyrNode {
        match platform {
            Platform::NativeSim => {
                let seed = SEEDS.fetch_add(1, Ordering::Relaxed);
                let mut command = Command::new(image);
                command.arg(format!("--seed={seed}"));
                ZephyrNode(command.spawn().unwrap())
            }
        }
    }
}
"""


def test_a_helper_may_give_each_instance_a_seed_of_its_own() -> None:
    """The test itself need not say one."""
    test = TEST.replace("&[SEED1]", "Platform::NativeSim").replace(
        "&[SEED2]", "Platform::NativeSim"
    )
    without = SEEDING.replace('command.arg(format!("--seed={seed}"));', "")
    for helper, verdict in ((SEEDING, Verdict.PASS), (without, Verdict.WARN)):
        files = apps((1, "zeth0"), (3, "zeth1"), test) | {"tests/support/mod.rs": helper}
        assert examine("NET003", files).verdict is verdict


def test_explicit_equal_macs_of_images_fail() -> None:
    """A copied MAC is one MAC."""
    files = apps((1, "zeth0"), (3, "zeth1"), TEST.replace("SEED1", "").replace("SEED2", ""))
    for name in ("talker", "listener"):
        mac = 'CONFIG_ETH_NATIVE_POSIX_MAC_ADDR="00:00:5e:00:53:01"\n'
        files[f"apps/{name}/prj.conf"] = f"{files[f'apps/{name}/prj.conf']}{mac}"
    assert [r for r, *_ in places(examine("NET003", files), Verdict.FAIL)] == ["shared-mac"]


SCRIPT = """#!/bin/sh
qemu-system-arm -M mps2-an385 -kernel a.elf -nic tap,ifname=tap0,mac=02:00:00:00:00:01 &
qemu-system-arm -M mps2-an385 -kernel b.elf -nic tap,ifname=tap{},mac=02:00:00:00:00:{}
"""


@pytest.mark.parametrize(
    ("tap", "mac", "rules"),
    [(1, "02", []), (0, "02", ["shared-tap"]), (1, "01", ["shared-mac"])],
)
def test_launches_of_one_script(tap: int, mac: str, rules: list[str]) -> None:
    """The first runs in the background while the second starts."""
    result = examine("NET003", {"run.sh": SCRIPT.format(tap, mac)})
    assert [rule for rule, *_ in places(result, Verdict.FAIL)] == rules
    assert result.verdict is (Verdict.FAIL if rules else Verdict.PASS)


def test_one_after_the_other_may_share() -> None:
    """Without & the first has ended."""
    files = {"run.sh": SCRIPT.format(0, "01").replace(" &", "")}
    assert examine("NET003", files).verdict is Verdict.NOT_APPLICABLE


def test_user_mode_guests_may_share() -> None:
    """Behind slirp each guest has a network of its own."""
    script = SCRIPT.format(0, "01").replace("tap,ifname=tap0", "user")
    assert examine("NET003", {"run.sh": script}).verdict is Verdict.NOT_APPLICABLE


LAUNCHER = """
pub fn boot(peer: u8) -> Child {
    Command::new("qemu-system-arm")
        .args(["-M", "mps2-an385", "-kernel", "a.elf"])
        .arg("-nic")
        .arg(format!("tap,ifname=tap-qemu{},script=noMAC", peer))
        .spawn().unwrap()
}
"""


def rust(body: str, mac: str = ",mac=02:00:00:00:00:{:02x}") -> dict[str, str | bytes]:
    """A launcher with a parameter, and a test."""
    cargo = '[package]\nname = "harness"\nversion = "0.1.0"\n'
    return {
        "Cargo.toml": cargo,
        "src/lib.rs": LAUNCHER.replace("MAC", mac).replace("peer))", "peer, peer))"),
        "tests/net.rs": f"#[test]\nfn pair() {{\n{body}}}\n",
    }


def test_a_parameterised_launcher_is_judged_by_its_calls() -> None:
    """Two numbers are two TAPs, one number twice is one."""
    two = "    let a = harness::boot(0);\n    let b = harness::boot(1);\n"
    assert examine("NET003", rust(two)).verdict is Verdict.PASS
    one = two.replace("boot(1)", "boot(0)")
    assert places(examine("NET003", rust(one)), Verdict.FAIL) == [
        ("shared-tap", "fail", "tests/net.rs", 4)
    ]
    ended = one.replace("    let b", "    drop(a);\n    let b")
    assert examine("NET003", rust(ended)).verdict is Verdict.NOT_APPLICABLE


def test_a_launcher_per_peer_without_a_mac_is_a_warning() -> None:
    """Every guest then has QEMU's default, unless its firmware sets one."""
    two = "    let a = harness::boot(0);\n    let b = harness::boot(1);\n"
    result = examine("NET003", rust(two, ""))
    assert [rule for rule, *_ in places(result, Verdict.WARN)] == ["shared-mac"]


def test_tests_that_overlap_on_one_tap_fail_here_too() -> None:
    """Two groups of one do not keep each other's tests apart."""
    files = rust("    let a = harness::boot(0);\n")
    files["tests/other.rs"] = "#[test]\nfn other() { let a = harness::boot(0); }\n"
    files[".config/nextest.toml"] = "[profile.default]\n"
    assert places(examine("NET003", files), Verdict.FAIL) == [
        ("shared-tap", "fail", ".config/nextest.toml", 1)
    ]


def test_a_test_of_one_language_is_not_held_against_the_others() -> None:
    """Of several pairs, the one that the test's helpers name is started; the rest is unknown."""
    files = {
        f"apps/{language}/{role}/prj.conf": NATIVE.format(1, "zeth0")
        for language in ("c", "cpp", "rust")
        for role in ("talker", "listener")
    }
    files["tests/support/mod.rs"] = HELPER
    files["tests/net.rs"] = TEST.replace("SEED1", "").replace("SEED2", "").replace(
        '"listener.exe"', "&listener_image()"
    ).replace('"talker.exe"', "&talker_image()") + (
        'fn listener_image() -> String { built("zephyr-cpp-listener", false) }\n'
        'fn talker_image() -> String { built("zephyr-cpp-talker", false) }\n'
    )  # fmt: skip
    result = examine("NET003", files)
    assert places(result, Verdict.FAIL) == [
        ("shared-ip", "fail", "apps/cpp/listener/prj.conf", 2),
        ("shared-tap", "fail", "apps/cpp/listener/prj.conf", 3),
    ]
    files["tests/net.rs"] = files["tests/net.rs"].replace("-cpp-", "-")
    assert examine("NET003", files).verdict is Verdict.UNKNOWN


GUEST = "qemu-system-arm -M mps2-an385 -kernel {}.elf -nic tap,ifname={},mac=02:00:5e:00:00:{}"


@pytest.mark.parametrize(
    ("between", "fails"),
    [
        ("wait\n", False),
        ("pid=$!\nsleep 5\nkill $pid\n", False),
        ("sleep 5\n", True),
        ("pid=$!\nkill -0 $pid\n", True),
        ("router &\nkill $!\n", True),
        ("if failed; then\n  kill $!\n  exit 1\nfi\n", True),
    ],
)
def test_a_guest_that_has_ended_leaves_its_tap(between: str, fails: bool) -> None:
    """A script that ends the first guest before the second starts runs one after the other."""
    one, two = GUEST.format("a", "tap0", "01"), GUEST.format("b", "tap0", "02")
    result = examine("NET003", {"pair.sh": f"#!/bin/sh\n{one} &\n{between}{two}\n"})
    assert (result.verdict is Verdict.FAIL) is fails


def test_network_namespaces_keep_equal_names_apart() -> None:
    """Each namespace has a tap0 of its own; one namespace has one."""
    one, two = GUEST.format("a", "tap0", "01"), GUEST.format("b", "tap0", "02")
    script = "#!/bin/sh\nip netns exec {} " + one + " &\nip netns exec {} " + two + "\n"
    assert examine("NET003", {"p.sh": script.format("a", "b")}).verdict is not Verdict.FAIL
    assert examine("NET003", {"p.sh": script.format("a", "a")}).verdict is Verdict.FAIL


def test_a_mac_is_the_same_in_capitals() -> None:
    """Hexadecimal digits have no case."""
    one, two = GUEST.format("a", "tap0", "AB"), GUEST.format("b", "tap1", "ab")
    result = examine("NET003", {"pair.sh": f"#!/bin/sh\n{one} &\n{two}\n"})
    assert places(result, Verdict.FAIL) == [("shared-mac", "fail", "pair.sh", 3)]


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [("zeth0", "zeth1", "pass"), ("zeth7", "zeth7", "fail"), ("{}", "zeth1", "unknown")],
)
def test_eth_if_overrides_the_name_in_the_image(first: str, second: str, verdict: str) -> None:
    """The start decides which TAP is opened; a value from outside is unknown."""
    test = TEST.replace("SEED1", f'"--eth-if={first}", "--seed=1"')
    test = test.replace("SEED2", f'"--eth-if={second}", "--seed=2"')
    result = examine("NET003", apps((1, "zeth0"), (3, "zeth0"), test))
    assert ("shared-tap", verdict) in {(rule, found) for rule, found, _, _ in places(result)}


PLAIN = "qemu-system-arm -M mps2-an385 -kernel {}.elf {}"
LINUX = "qemu-system-x86_64 -kernel bzImage {}"


def launched(first: str, second: str, between: str = "", before: str = "") -> list[tuple[str, str]]:
    """Rules and verdicts of two launches in one script."""
    script = f"#!/bin/sh\n{before}{first} &\n{between}{second}\n"
    return [(rule, verdict) for rule, verdict, _, _ in places(
        examine("NET003", {"pair.sh": script})) if verdict != "pass"]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("-nic tap,ifname=tap0", "-nic tap,ifname=tap1", "warn"),
        ("-nic tap,ifname=tap0", "-nic tap,ifname=tap1,mac=02:00:00:00:00:02", None),
        ("-nic tap,ifname=tap0", "-nic tap,ifname=tap1,mac=52:54:00:12:34:56", "warn"),
        ("-netdev tap,id=n,ifname=tap0 -net nic,netdev=n",
         "-netdev tap,id=n,ifname=tap1 -net nic,netdev=n", "warn"),
        ("-netdev tap,id=n,ifname=tap0 -device virtio-net-device,netdev=n,mac=02:00:00:00:00:01",
         "-netdev tap,id=n,ifname=tap1 -device virtio-net-device,netdev=n", None),
        ("-nic user -nic tap,ifname=tap0", "-nic tap,ifname=tap1", None),
        ("-nic tap,ifname=tap0,mac=$A", "-nic tap,ifname=tap1,mac=$B", None),
        ("-nic tap,ifname=tap0 $EXTRA", "-nic tap,ifname=tap1 $EXTRA", None),
        ("-nic user", "-nic tap,ifname=tap1", None),
        ("-nic bridge,br=br0", "-nic bridge,br=br0", "warn"),
        ("-nic tap,script=/etc/qemu-ifup", "-nic tap,script=/etc/qemu-ifup", "warn"),
    ],
)  # fmt: skip
def test_literal_launches_at_qemus_default_mac(
    first: str, second: str, verdict: str | None
) -> None:
    """QEMU gives the first card of every process one address, unless the firmware sets its own."""
    told = launched(PLAIN.format("a", first), PLAIN.format("b", second))
    assert told == ([("shared-mac", verdict)] if verdict else [])


def test_linux_takes_the_mac_of_the_device() -> None:
    """No firmware sets another."""
    first, second = LINUX.format("-nic tap,ifname=t0"), LINUX.format("-nic tap,ifname=t1")
    assert launched(first, second) == [("shared-mac", "fail")]


@pytest.mark.parametrize(
    ("network", "verdict"),
    [
        ("ip link set tap0 master br0\nip link set tap1 master br0\n", "warn"),
        ("ip link set tap0 master br0\nip link set tap1 master br1\n", None),
        ("brctl addif br0 tap0\nbrctl addif br1 tap1\n", None),
        ("ip addr add 192.0.2.1/24 dev tap0\nip addr add 198.51.100.1/24 dev tap1\n", None),
    ],
)
def test_taps_on_bridges_of_their_own(network: str, verdict: str | None) -> None:
    """Two networks may hold one MAC each."""
    one, two = PLAIN.format("a", "-nic tap,ifname=tap0"), PLAIN.format("b", "-nic tap,ifname=tap1")
    assert launched(one, two, before=network) == ([("shared-mac", verdict)] if verdict else [])


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("for t in tap0 tap1; do\n  QEMU,ifname=$t &\ndone\n", "warn"),
        ("for t in tap0; do\n  QEMU,ifname=$t &\ndone\n", None),
        ("for i in 0 1; do\n  QEMU,ifname=tap$i,mac=02:00:00:00:00:0$i &\ndone\n", None),
        ("boot() {\n  QEMU,ifname=$1 &\n}\nboot tap0\nboot tap1\n", "warn"),
        ("boot() {\n  QEMU,ifname=$1,mac=$2 &\n}\nboot tap0 $A\nboot tap1 $B\n", None),
        ("boot() {\n  QEMU,ifname=$1 &\n}\nboot tap0\n", None),
        ("boot() {\n  QEMU,ifname=tap$1 &\n}\nboot 0\nboot 1\n", "warn"),
    ],
)
def test_one_launch_for_each_peer_of_a_script(script: str, verdict: str | None) -> None:
    """A loop over names, and a function that is called with two."""
    text = script.replace("QEMU", PLAIN.format("a", "-nic tap"))
    found = places(examine("NET003", {"p.sh": text}))
    assert [(r, v) for r, v, _, _ in found] == ([("shared-mac", verdict)] if verdict else [])


def test_two_literal_launchers_of_one_test() -> None:
    """Helpers with a TAP each and no MAC."""
    launch = (
        'pub fn NAME() -> Child {\n    Command::new("qemu-system-arm")\n        .args(["-M", '
        '"mps2-an385", "-kernel", "a.elf", "-nic", "tap,ifname=TAPMAC"])\n        .spawn()'
        ".unwrap()\n}\n"
    )
    one = launch.replace("NAME", "first").replace("TAP", "tap0")
    two = launch.replace("NAME", "second").replace("TAP", "tap1")
    body = "    let a = harness::first();\n    let b = harness::second();\n"
    files = rust(body)
    files["src/lib.rs"] = (one + two).replace("MAC", "")
    assert places(examine("NET003", files), Verdict.WARN) == [
        ("shared-mac", "warn", "tests/net.rs", 4)
    ]
    files["src/lib.rs"] = one.replace("MAC", ",mac=02:00:00:00:00:01") + two.replace("MAC", "")
    assert examine("NET003", files).verdict is Verdict.PASS
