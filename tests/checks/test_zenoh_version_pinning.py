"""ZEN003: versions of zenoh components."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

PICO = (
    "FetchContent_Declare(z\n  GIT_REPOSITORY https://github.com/eclipse-zenoh/zenoh-pico.git\n"
    "  GIT_TAG {0})\n"
)
URL = "https://github.com/eclipse-zenoh/zenoh/releases/download/{0}/zenoh-{0}-x86_64.zip"
DOCKER = "RUN curl -L " + URL + " -o z.zip\n"


def found(result: PitfallResult) -> set[tuple[str, str]]:
    """Rule and verdict of everything that is no note."""
    return {(r, v) for r, v, _, _ in places(result) if v != "note"}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.7.2", {("minor-mismatch", "pass")}),
        ("1.7.1", {("patch-mismatch", "warn"), ("minor-mismatch", "pass")}),
        ("1.2.0", {("minor-mismatch", "warn")}),
        ("0.11.0", {("minor-mismatch", "fail")}),
    ],
)
def test_the_first_number_that_differs_decides(
    version: str, expected: set[tuple[str, str]]
) -> None:
    """Patch and minor warn, major fails."""
    files = {"CMakeLists.txt": PICO.format("1.7.2"), "Dockerfile": DOCKER.format(version)}
    assert found(examine("ZEN003", files)) == expected


def test_two_copies_of_one_component_fail() -> None:
    """Two checkouts of zenoh-pico of different minor versions."""
    files = {"a/CMakeLists.txt": PICO.format("1.7.2"), "b/CMakeLists.txt": PICO.format("1.6.0")}
    assert found(examine("ZEN003", files)) == {("minor-mismatch", "fail")}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", DOCKER.format("1.2.0")),
        ("ci.sh", "cargo install zenohd --version 1.2.0 --locked\n"),
        ("ci.sh", "cargo install zenohd@1.2.0\n"),
        ("ci.sh", "git clone -b 1.2.0 https://github.com/eclipse-zenoh/zenoh\n"),
        ("ci.sh", "ZENOH_VERSION=1.2.0\n"),
        ("compose.yml", "services:\n  router:\n    image: eclipse/zenoh:1.2.0\n"),
        ("Cargo.toml", '[dependencies]\nzenoh = "=1.2.0"\n'),
        ("Cargo.toml", '[dependencies]\nzenoh = { git = "https://x/zenoh", tag = "1.2.0" }\n'),
        ("index.toml", '[tool.zenohd]\nversion = "1.2.0"\n'),
        ("west.yml", "projects:\n  - name: zenoh-pico\n    revision: 1.2.0\n"),
        ("idf_component.yml", 'dependencies:\n  zenoh-pico:\n    version: "1.2.0"\n'),
        ("platformio.ini", "lib_deps =\n  https://github.com/eclipse-zenoh/zenoh-pico#1.2.0\n"),
        ("lib/zenoh-pico/version.txt", "1.2.0\n"),
    ],
)
def test_every_place_that_pins(path: str, text: str) -> None:
    """Each of them differs from 1.7.2 in its minor version."""
    result = examine("ZEN003", {"CMakeLists.txt": PICO.format("1.7.2"), path: text})
    rules = {(f.rule, f.place.path) for f in result.findings if f.verdict is not Verdict.PASS}
    assert ("ZEN003.minor-mismatch", path) in rules


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("compose.yml", "services:\n  router:\n    image: eclipse/zenoh:latest\n"),
        ("ci.sh", "cargo install zenohd --locked\n"),
        ("ci.sh", "curl -L https://github.com/eclipse-zenoh/zenoh/releases/latest/z.zip\n"),
        ("b/CMakeLists.txt", PICO.format("main")),
        ("west.yml", "projects:\n  - name: zenoh-pico\n    revision: main\n"),
        ("platformio.ini", "lib_deps = https://github.com/eclipse-zenoh/zenoh-pico\n"),
        ("run.sh", "zenohd --listen tcp/0.0.0.0:7447 &\n"),
        ("justfile", "router:\n    zenohd -l tcp/0.0.0.0:7447\n"),
        ("a.rs", 'fn f() { Command::new("zenohd").args(["--listen", "x"]).spawn(); }\n'),
        ("a.py", 'subprocess.Popen(["zenohd", "--listen", "x"])\n'),
    ],
)
def test_what_takes_whatever_is_there_warns(path: str, text: str) -> None:
    """Branches, latest, installs without a version, and the router on PATH."""
    result = examine("ZEN003", {"CMakeLists.txt": PICO.format("1.7.2"), path: text})
    assert ("unpinned", "warn") in found(result)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("run.sh", "echo 'zenohd --listen x'\npgrep -x zenohd\npkill zenohd\nzenohd --version\n"),
        ("run.sh", "build/zenohd/zenohd --listen x\n# zenohd --listen x\n"),
        ("a.rs", 'fn f() { Command::new("zenohd").arg("--version").output(); }\n'),
        ("a.rs", '// Command::new("zenohd").spawn()\n'),
        ("ci.sh", "cargo install --path zenohd\ncargo install zenoh-bridge-dds\n"),
        ("Cargo.toml", '[dependencies]\nzenoh-protocol-shim = "1.2.0"\nnros-rmw-zenoh = "0.5.0"\n'),
        ("Cargo.toml", '[dependencies]\nserde = { version = "1.0.2", path = "../zenoh/serde" }\n'),
        ("ci.sh", "ZENOH_LOCATOR=tcp/127.0.0.1:7447\nROUTER_IP=172.20.0.2 # zenoh\n"),
        ("lib/zenoh-pico/library.json", '{"version": "1.2.1"}\n'),
    ],
)
def test_what_is_neither_a_pin_nor_a_start(path: str, text: str) -> None:
    """Printed text, probes, own builds, other crates, addresses, library.json."""
    result = examine("ZEN003", {"CMakeLists.txt": PICO.format("1.7.2"), path: text})
    assert found(result) == set()


def test_a_tree_that_pins_nothing_is_not_applicable() -> None:
    """A router from PATH alone is no reason to look at it."""
    assert examine("ZEN003", {"r.sh": "zenohd --listen x\n"}).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "Needs zenohd 1.5.1.\n"),
        ("docs/guide.md", "- **zenoh-pico**: 1.5.1 (in west.yml)\n"),
        ("docs/guide.md", "cargo install zenoh --version 1.5.1 --features=zenohd\n"),
        ("build.sh", "# Builds zenohd 1.5.1 from the submodule\n"),
        ("src/lib.rs", "//! zenoh-pico and zenohd must be the same version (zenohd 1.5.1).\n"),
    ],
)
def test_prose_that_drifted_warns(path: str, text: str) -> None:
    """Documentation, comments, build-script text."""
    files = {"Dockerfile": DOCKER.format("1.7.2"), path: text}
    assert ("text-drift", "warn") in found(examine("ZEN003", files))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "Needs zenohd 1.7.2.\n"),
        ("README.md", "With zenohd 1.5.1 it was slow; zenoh 1.6.0 fixed it.\n"),
        ("README.md", "| zenoh-pico 1.5.1 | zenohd 1.6.2 |\n"),
        ("README.md", "Before zenohd 1.5.1 the router took a flag.\n"),
        ("CHANGELOG.md", "- zenohd 1.5.1\n"),
        ("docs/design.md", "Upstream zenoh 1.5.1 opens the session in three steps.\n"),
        ("docs/design.md", "The wire format follows zenoh 1.5.1, `zenoh-protocol/src/network`.\n"),
        ("docs/design.md", "- **2026-04-25**: first draft, written with zenoh 1.5.1\n"),
        ("docs/roadmap/phase-1.md", "zenohd 1.5.1 is pinned\n"),
        ("tests/a.rs", "// zenohd 1.5.1 printed this\n"),
        ("README.md", "rmw_zenoh_cpp 0.1.9, Cyclone DDS 0.10.5, XRCE 2.4.1\n"),
    ],
)
def test_prose_about_other_times_and_things(path: str, text: str) -> None:
    """History, comparisons, tables of pairings, test code, other middleware."""
    result = examine("ZEN003", {"Dockerfile": DOCKER.format("1.7.2"), path: text})
    assert ("text-drift", "warn") not in found(result)


def test_wire_versions_of_sources() -> None:
    """Both sides of the protocol."""
    client = {"z/include/zenoh-pico/protocol/core.h": "#define Z_PROTO_VERSION 0x09\n"}
    router = "r/commons/zenoh-protocol/src/lib.rs"
    same = examine("ZEN003", client | {router: "pub const VERSION: u8 = 0x09;\n"})
    assert found(same) == {("wire-mismatch", "pass")}
    other = examine("ZEN003", client | {router: "pub const VERSION: u8 = 0x08;\n"})
    assert found(other) == {("wire-mismatch", "fail")}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "get.sh",
            'echo\nVER=1.2.0\ncurl -L "https://github.com/eclipse-zenoh/zenoh/releases/'
            'download/$VER/zenoh-${VER}.zip" -o z.zip\n',
        ),
        ("get.sh", "\nV=1.2.0; docker run --rm eclipse/zenoh:${V}\n"),
        ("get.sh", "\ncurl -L https://github.com/eclipse-zenoh/zenoh/archive/${V:-1.2.0}.zip\n"),
        (
            "get.sh",
            "git clone https://github.com/eclipse-zenoh/zenoh.git\n"
            "(cd zenoh && git checkout 1.2.0)\n",
        ),
        ("ci.yml", "env:\n  V: 1.2.0\nsteps:\n  - run: cargo install zenohd@${{ env.V }}\n"),
        ("requirements.txt", "pytest\neclipse-zenoh==1.2.0\n"),
        ("tool/pyproject.toml", '[project]\ndependencies = ["eclipse-zenoh==1.2.0"]\n'),
        ("get.sh", "\npip install eclipse-zenoh==1.2.0\n"),
        ("get.sh", "\nsudo apt-get install -y zenohd=1.2.0-1\n"),
    ],
)
def test_a_version_is_followed_to_the_line_that_gives_it(path: str, text: str) -> None:
    """Through a variable, a default, a checkout after the clone; packages of Python and Debian."""
    files = {"CMakeLists.txt": PICO.format("1.7.2"), path: text}
    rows = [row for row in places(examine("ZEN003", files)) if row[0] == "minor-mismatch"]
    assert rows == [("minor-mismatch", "warn", path, 2)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("main/idf_component.yml", 'dependencies:\n  eclipse-zenoh/zenoh-pico: "1.5.0"\n'),
        ("b/CMakeLists.txt", 'project(b)\nCPMAddPackage("gh:eclipse-zenoh/zenoh-pico#1.5.0")\n'),
        ("b/CMakeLists.txt", "project(b)\nfind_package(zenohpico 1.5.0 EXACT REQUIRED)\n"),
        ("b/CMakeLists.txt", "project(b)\nset(TAG 1.5.0)\n" + PICO.format("${TAG}")),
        ("b/CMakeLists.txt", PICO.format("1.5.0-rc.1").replace("\n  ", " ", 1)),
    ],
)
def test_other_ways_to_bring_zenoh_pico(path: str, text: str) -> None:
    """A component's dependency in one line, CPM, an exact package, a tag in a variable."""
    files = {"CMakeLists.txt": PICO.format("1.7.2"), path: text}
    assert ("minor-mismatch", "fail", path, 2) in places(examine("ZEN003", files))


def test_an_image_without_a_tag_and_a_package_without_a_version_are_unpinned() -> None:
    """Both take the latest; a variable with two values tells nothing."""
    pico = {"CMakeLists.txt": PICO.format("1.7.2")}
    for text in ("services:\n  r:\n    image: eclipse/zenoh\n", "run: brew install zenohd\n"):
        assert ("unpinned", "warn") in found(examine("ZEN003", pico | {"compose.yml": text}))
    text = "V=1.2.0\nV=1.7.2\ndocker run eclipse/zenoh:$V\n"
    assert not found(examine("ZEN003", pico | {"a.sh": text})) & {("minor-mismatch", "warn")}


VENDOR = """project(v)
ament_vendor(zenoh_c_vendor
  VCS_URL https://github.com/eclipse-zenoh/zenoh-c.git
  VCS_VERSION {}
)
"""
ROUTER = (
    "project(r)\nExternalProject_Add(z GIT_REPOSITORY https://x.org/e/zenoh.git\n  GIT_TAG {})\n"
)


def test_vendor_packages_of_ros_pin_as_well() -> None:
    """By `VCS_VERSION`, where releases of zenoh-c have four numbers and candidates a suffix."""
    files = {"z/CMakeLists.txt": ROUTER.format("0.10.1-rc"), "c/CMakeLists.txt": VENDOR}
    for version, rule in (("0.11.0.3", ("minor-mismatch", "warn")), ("0.10.1-rc", None)):
        files["c/CMakeLists.txt"] = VENDOR.format(version)
        assert found(examine("ZEN003", files)) - {("minor-mismatch", "pass")} == (
            {rule} if rule else set()
        )


def test_a_tree_that_follows_branches_only_is_told_so() -> None:
    """The lines that should pin are there; a router from PATH, or a commit, is no such line."""
    files = {"z/CMakeLists.txt": ROUTER.format("master"), "c/CMakeLists.txt": VENDOR}
    files["c/CMakeLists.txt"] = VENDOR.format("main")
    assert places(examine("ZEN003", files)) == [
        ("unpinned", "warn", "c/CMakeLists.txt", 4),
        ("unpinned", "warn", "z/CMakeLists.txt", 3),
    ]
    cargo = {"Cargo.toml": '[dependencies]\nzenoh = { git = "https://x/zenoh", branch = "main" }\n'}
    assert examine("ZEN003", cargo).verdict is Verdict.NOT_APPLICABLE
    commit = {"c/CMakeLists.txt": VENDOR.format("ce07cb5461944017c07fc9b42fe0ce7769543ecc")}
    assert examine("ZEN003", commit).verdict is Verdict.NOT_APPLICABLE


def test_a_west_project_is_what_it_is_fetched_from() -> None:
    """Whatever it is called: zenoh-pico twice, in two minor versions."""
    text = "manifest:\n  projects:\n    - name: zenoh\n      {}\n      revision: 1.5.0\n"
    for origin in ("repo-path: zenoh-pico", "url: https://github.com/eclipse-zenoh/zenoh-pico.git"):
        files = {"CMakeLists.txt": PICO.format("1.7.2"), "west.yml": text.format(origin)}
        assert ("minor-mismatch", "fail", "west.yml", 5) in places(examine("ZEN003", files))
