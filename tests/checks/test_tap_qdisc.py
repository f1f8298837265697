"""NET005: the queues of TAP devices that serve an emulated CPU."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

LAUNCH = "qemu-system-arm -M mps2-an385 -icount auto -nic tap,ifname=tap$1 -kernel a.elf\n"
ADD = 'ip tuntap add dev "{0}" mode tap user me\n'
PFIFO = 'tc qdisc replace dev "{0}" root pfifo limit 1000\n'


def tree(setup: str, **more: str) -> PitfallResult:
    """A setup script beside a launcher that opens a TAP."""
    return examine("NET005", {"run.sh": LAUNCH, "net.sh": setup, **more})


def found(result: PitfallResult) -> list[tuple[str, str, int]]:
    """Rule, verdict and line of everything that is no note."""
    rows = places(result, Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS, Verdict.ERROR)
    return [(rule, verdict, line) for rule, verdict, _, line in rows]


def loop(body: str, values: str = "0 1") -> str:
    """A loop over device numbers."""
    return f"for i in {values}; do\n{body}done\n"


def test_no_queue_line_warns_at_the_creation() -> None:
    """A TAP without a root queue of its own is a warning."""
    assert found(tree(ADD.format("tap0"))) == [("no-pfifo", "warn", 1)]


@pytest.mark.parametrize(
    "option", ["-netdev type=tap,id=n,ifname=tap0", "-netdev id=n,ifname=tap0,type=tap"]
)
def test_a_back_end_may_be_named_by_its_key(option: str) -> None:
    """QEMU takes `type=tap` for `tap`, and `type=virt` for `virt`."""
    setup = f"ip tuntap add mode tap tap0\nqemu-system-arm -M type=mps2-an385 {option} -kernel a\n"
    assert found(examine("NET005", {"run.sh": setup})) == [("no-pfifo", "warn", 1)]
    result = examine("CLK004", {"run.sh": setup})
    assert "mps2-an385" in result.findings[0].message
    assert "tap back end" in result.findings[0].message
    assert "type=" not in result.findings[0].message


def test_pfifo_in_the_same_loop_passes() -> None:
    """The evidence is the creation with its queue line."""
    result = tree(loop(ADD.format("tap$i") + PFIFO.format("tap$i")))
    assert found(result) == [("no-pfifo", "pass", 2)]
    assert "pfifo limit 1000" in result.findings[0].message


def test_a_line_for_one_tap_does_not_pass_another_loop() -> None:
    """A second loop needs its own queue line, even when its variable has the same name."""
    first = loop("tap=tap$i\n" + ADD.format("$tap") + PFIFO.format("$tap"))
    second = loop("tap=tap-b$i\n" + ADD.format("$tap"))
    assert found(tree(first + second)) == [("no-pfifo", "pass", 3), ("no-pfifo", "warn", 8)]
    unresolved = loop('tap="$(name $i)"\n' + ADD.format("$tap"))
    assert ("no-pfifo", "warn", 8) in found(tree(first + unresolved))


def test_queue_in_a_second_loop_over_the_same_values() -> None:
    """Creating in one loop and setting the queue in the next over the same values is one place."""
    text = loop(ADD.format("tap$i"), "0 1") + loop(PFIFO.format("tap$i"), "0 1")
    assert found(tree(text)) == [("no-pfifo", "pass", 2)]


def test_function_scope() -> None:
    """A function that creates and queues its argument passes; two functions do not help."""
    one = "up() {\n" + ADD.format("$1") + PFIFO.format("$1") + "}\n"
    two = "up() {\n" + ADD.format("$1") + "}\nqueue() {\n" + PFIFO.format("$1") + "}\n"
    assert found(tree(one)) == [("no-pfifo", "pass", 2)]
    assert found(tree(two)) == [("no-pfifo", "warn", 2)]


def test_branches_that_create_one_device_are_one_site() -> None:
    """if/else that differ in the owner create one TAP; its queue line stands behind them."""
    text = 'if [ -n "$U" ]; then\n' + ADD.format("tap0") + "else\n" + ADD.format("tap0") + "fi\n"
    assert found(tree(text)) == [("no-pfifo", "warn", 2)]
    assert found(tree(text + PFIFO.format("tap0"))) == [("no-pfifo", "pass", 2)]


def test_bad_queues_warn_at_their_line() -> None:
    """fq_codel and noqueue are named at the line that sets them."""
    for kind in ("fq_codel", "noqueue", "cake bandwidth 1mbit"):
        text = ADD.format("tap0") + f"tc qdisc add dev tap0 root handle 1: {kind}\n"
        assert found(tree(text)) == [("bad-qdisc", "warn", 2)]


def test_default_queue_by_sysctl_counts_when_it_comes_first() -> None:
    """net.core.default_qdisc before the creation is a queue line; after it, it is none."""
    line = "sysctl -w net.core.default_qdisc=pfifo_fast\n"
    assert found(tree(line + ADD.format("tap0"))) == [("no-pfifo", "pass", 2)]
    assert found(tree(ADD.format("tap0") + line)) == [("no-pfifo", "warn", 1)]


def test_veth_bridges_and_deletions_are_nothing() -> None:
    """Other devices and `tuntap del` give no finding."""
    text = (
        "ip link add br0 type bridge\nip link add v0 type veth peer name v1\n"
        "tc qdisc add dev v0 root noqueue\nip tuntap del dev tap0 mode tap\n"
        "ip tuntap add dev tun0 mode tun\n# ip tuntap add dev tap1 mode tap\n"
        'echo "sudo ip tuntap add dev tap2 mode tap"\n'
    )
    assert tree(text).verdict is Verdict.NOT_APPLICABLE


def test_without_an_emulator_on_a_tap_nothing_applies() -> None:
    """User-mode networking only, KVM, or no emulator at all: the TAP is not in question."""
    for launch in (LAUNCH.replace("tap,ifname=tap$1", "user"), LAUNCH + " -enable-kvm", ""):
        launch = launch.replace("\n -enable-kvm", " -enable-kvm\n")
        files = {"run.sh": launch, "net.sh": ADD.format("tap0")}
        assert examine("NET005", files).verdict is Verdict.NOT_APPLICABLE


def test_native_sim_interfaces_run_at_host_speed() -> None:
    """Interfaces of Zephyr's native_sim are left alone, by default and by configured name."""
    assert tree(ADD.format("zeth0")).verdict is Verdict.NOT_APPLICABLE
    named = tree(ADD.format("sim0"), **{"app/prj.conf": 'CONFIG_ETH_NATIVE_TAP_DRV_NAME="sim0"\n'})
    assert named.verdict is Verdict.NOT_APPLICABLE


def test_documents_are_not_read() -> None:
    """A document that shows a rejected experiment is no evidence."""
    result = examine("NET005", {"run.sh": LAUNCH, "doc.md": ADD.format("tap0")})
    assert result.verdict is Verdict.NOT_APPLICABLE


def test_name_from_outside_with_a_queue_elsewhere_is_unknown() -> None:
    """Creation of `$1` in one script, a root queue in another: the caller decides."""
    other = {"queue.sh": "# ip tuntap\n" + PFIFO.format("$1")}
    assert found(tree(ADD.format("$1"), **other)) == [("no-pfifo", "unknown", 1)]


def test_ring_is_a_note_unless_the_tree_pauses_the_guest() -> None:
    """A default ring is a remark; it warns when a running process is stopped."""
    setup = ADD.format("tap0") + PFIFO.format("tap0")
    assert tree(setup).verdict is Verdict.PASS
    stop = {"pause.sh": "kill -STOP $(pidof qemu-system-arm)\n"}
    assert ("ring", "warn", 1) in found(tree(setup, **stop))
    longer = setup + "ip link set dev tap0 txqueuelen 4000\n"
    assert found(tree(longer, **stop)) == [("no-pfifo", "pass", 1)]


def test_tunctl() -> None:
    """The options -t and -d create and delete."""
    assert found(tree("tunctl -u me -t tap3\n")) == [("no-pfifo", "warn", 1)]
    assert tree("tunctl -d tap3\n").verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(("handed", "verdict"), [("$1", "pass"), ("other0", "warn")])
def test_a_function_that_sets_the_queue_of_the_device_that_it_is_handed(
    handed: str, verdict: str
) -> None:
    """Its `tc` counts where the function is called with the TAP."""
    script = (
        'fifo() {\n  tc qdisc replace dev "$1" root pfifo limit 1000\n}\n'
        'make_tap() {\n  ip tuntap add dev "$1" mode tap\n'
        f'  fifo "{handed}"\n}}\nmake_tap tap0\n'
    )
    launch = "qemu-system-arm -M mps2-an385 -kernel fw.elf -nic tap,ifname=tap0,script=no\n"
    result = examine("NET005", {"net.sh": script, "run.sh": launch})
    assert result.verdict.value == verdict
