"""BLD001: builds that tests start at the same time."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

MANIFEST = '[package]\nname = "e2e"\nversion = "0.1.0"\n'
BUILD = """
pub fn build_talker{0}() {{
    let dir = root().join("examples/talker");
    Command::new("cargo").args(["build", "--features", "{1}"{2}]).current_dir(&dir).status();
}}
"""
TEST = "#[test]\nfn {0}() {{ e2e::build_talker{1}(); }}\n"
NEXTEST = "[profile.default]\nretries = 0\n"
GROUP = (
    "[test-groups.build]\nmax-threads = 1\n"
    "[[profile.default.overrides]]\nfilter = 'all()'\ntest-group = 'build'\n"
)


def found(result: PitfallResult) -> set[tuple[str, str]]:
    """Rule and verdict of everything that is no note."""
    return {(r, v) for r, v, _, _ in places(result) if v != "note"}


def tree(lib: str, tests: dict[str, str], runner: str = NEXTEST, **more: str) -> PitfallResult:
    """A test crate with helpers, tests, and a nextest configuration."""
    files = {"Cargo.toml": MANIFEST, "src/lib.rs": lib, "examples/talker/Cargo.toml": ""}
    files |= {f"tests/{name}.rs": text for name, text in tests.items()}
    return examine("BLD001", files | ({".config/nextest.toml": runner} if runner else {}) | more)


BOTH = BUILD.format("", "zenoh", "") + BUILD.format("_safe", "zenoh,safety", "")
USERS = {"a": TEST.format("one", ""), "b": TEST.format("two", "_safe")}


def test_two_variants_in_one_directory_fail() -> None:
    """The runner may run a test of each at once."""
    result = tree(BOTH, USERS)
    assert found(result) == {("shared-target-dir", "fail")}
    assert "safety,zenoh" in result.findings[0].message


@pytest.mark.parametrize(
    "expression",
    ['Some(&["zenoh", "safety"])', 'Some(&["safety"])', '&["a"]', 'Some(&["zenoh", "tls"])'],
)
def test_literal_arguments_reach_the_builder(expression: str) -> None:
    """A helper's parameters are filled in from its calls; None is no feature."""
    helper = """
pub fn build_example(name: &str, features: Option<&[&str]>) {
    let dir = root().join(format!("examples/{}", name));
    let mut args = vec!["build"];
    let list: String;
    if let Some(features) = features {
        list = features.join(",");
        args.push("--features");
        args.push(&list);
    }
    cmd("cargo", &args).dir(&dir).run();
}
pub fn talker() { build_example("talker", None) }
pub fn talker_safe() { build_example("talker", %s) }
"""
    users = {"a": "#[test]\nfn one() { e2e::talker(); }\n",
             "b": "#[test]\nfn two() { e2e::talker_safe(); }\n"}  # fmt: skip
    assert found(tree(helper % expression, users)) == {("shared-target-dir", "fail")}
    assert found(tree(helper % "None", users)) == set()


def test_equal_features_and_a_single_builder_are_nothing() -> None:
    """Order does not matter, and a package with one builder cannot race."""
    equal = BUILD.format("", "a,b", "") + BUILD.format("_safe", "b,a", "")
    assert found(tree(equal, USERS)) == set()
    assert found(tree(BUILD.format("", "a", ""), {"a": USERS["a"]})) == set()


def test_directories_of_their_own_pass() -> None:
    """And the directory is ignored by one generic pattern."""
    own = BUILD.format("", "zenoh", "") + BUILD.format(
        "_safe", "zenoh,safety", ', "--target-dir", "target-safety"'
    )
    result = tree(own, USERS, **{".gitignore": "target*/\n"})
    assert found(result) == {("shared-target-dir", "pass"), ("not-ignored", "pass")}


def test_one_serial_group_passes_and_two_groups_fail() -> None:
    """A group keeps its own members apart, and nobody else."""
    assert found(tree(BOTH, USERS, GROUP)) == {("shared-target-dir", "pass")}
    only_a = GROUP.replace("all()", "binary(a)")
    assert found(tree(BOTH, USERS, only_a)) == {("shared-target-dir", "fail")}


def test_cargo_test_runs_one_binary_after_another() -> None:
    """Without nextest, tests of one binary overlap, unless they are serial."""
    assert found(tree(BOTH, USERS, "")) == {("shared-target-dir", "pass")}
    one = {"a": TEST.format("one", "") + TEST.format("two", "_safe")}
    assert found(tree(BOTH, one, "")) == {("shared-target-dir", "fail")}
    serial = {"a": one["a"].replace("#[test]", "#[test]\n#[serial]")}
    assert found(tree(BOTH, serial, "")) == {("shared-target-dir", "pass")}


def test_builders_that_no_two_tests_start_pass() -> None:
    """A stage before the tests builds; tests only open binaries."""
    assert found(tree(BOTH, {"a": "#[test]\nfn one() {}\n"})) == {("shared-target-dir", "pass")}


def test_other_profiles_and_triples_are_other_files() -> None:
    """target/debug and target/release do not meet."""
    other = BUILD.format("", "zenoh", "") + BUILD.format("_safe", "zenoh,safety", ', "--release"')
    assert found(tree(other, USERS)) == set()


def test_features_known_at_run_time_are_undecided() -> None:
    """A value from the environment."""
    symbolic = BUILD.format("", "zenoh", "") + BUILD.format("_safe", "X", "").replace(
        '"X"', "env_features()"
    )
    assert found(tree(symbolic, USERS)) == {("shared-target-dir", "unknown")}


def test_a_temporary_directory_is_another_one_each_time() -> None:
    """Also for CMake's probes."""
    line = '    Command::new("cmake").args(["-DA={0}", "-B"]).arg(tmp.path()).status();\n'
    lib = "".join(f"pub fn build_{n}() {{\n{line.format(n)}}}\n" for n in (1, 2))
    users = {"a": "#[test]\nfn a() { e2e::build_1(); }\n#[test]\nfn b() { e2e::build_2(); }\n"}
    assert found(tree(lib, users)) == set()


def test_comments_do_not_build() -> None:
    """A doc comment names a directory and features."""
    text = '/// Command::new("cargo").args(["build", "--features", "x", "--target-dir", "t"])\n'
    assert found(tree(text + "pub fn nothing() {}\n", USERS)) == set()


@pytest.mark.parametrize(
    ("ignore", "verdict"),
    [
        ({}, "fail"),
        ({".gitignore": "/target-x/\n"}, "fail"),
        ({".gitignore": "target-x/\n"}, "pass"),
        ({".gitignore": "target*/\n!target-x/\n"}, "fail"),
        ({"app/.gitignore": "/target-*/\n"}, "pass"),
        ({".gitignore": "target-x/\n", "app/.gitignore": "!target-x/\n"}, "fail"),
        ({".gitignore": "# target-x/\n"}, "fail"),
    ],
)
def test_ignore_rules_are_those_of_git(ignore: dict[str, str], verdict: str) -> None:
    """Anchors, negation, deeper files, comments."""
    script = "cd app && cargo build --target-dir target-x\n"
    files = {"b.sh": script, "app/Cargo.toml": "", **ignore}
    assert found(examine("BLD001", files)) == {("not-ignored", verdict)}


@pytest.mark.parametrize(
    "folder", ["/srv/target-x", '"$OUT_DIR/x"', "build/x", "target", '"${T:-target}-lint"']
)
def test_directories_outside_and_usual_ones_are_not_looked_at(folder: str) -> None:
    """Absolute, made at run time, or below build/ and target/."""
    files = {"b.sh": f"cargo build --target-dir {folder}\n", "build.txt": ""}
    assert found(examine("BLD001", files)) == set()


def test_tracked_files_below_a_target_directory_fail() -> None:
    """An ignore rule that came too late."""
    files = {"b.sh": "cargo build --target-dir target-x\n", ".gitignore": "target-x/\n",
             "target-x/debug/app.d": "app: main.rs\n"}  # fmt: skip
    result = examine("BLD001", files)
    assert ("tracked", "fail") in found(result)


def test_a_target_directory_that_nobody_names_and_git_tracks_fails() -> None:
    """Cargo's own mark tells that it is one."""
    files = {"app/target-zenoh/.rustc_info.json": "{}", "app/target-zenoh/debug/app.d": "x"}
    result = examine("BLD001", files)
    assert ("tracked", "fail") in found(result)


FUNCTION = """function(cargo_build)
  if(ARG_M)
    set(manifest ${{ARG_M}})
  else()
    set(manifest ${{CMAKE_SOURCE_DIR}}/Cargo.toml)
  endif()
{0}  add_custom_target(x COMMAND cargo build --manifest-path ${{manifest}} --target-dir ${{dir}})
endfunction()
"""


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("  set(dir ${CMAKE_BINARY_DIR}/rust)\n", "warn"),
        ("  string(MD5 h ${manifest})\n  set(dir ${CMAKE_BINARY_DIR}/rust-${h})\n", "pass"),
        ("  if(ARG_M)\n    set(dir a)\n  else()\n    set(dir b)\n  endif()\n", "pass"),
    ],
)
def test_one_directory_for_several_workspace_roots(lines: str, verdict: str) -> None:
    """A target directory serves one root."""
    text = FUNCTION.format(lines)
    assert found(examine("BLD001", {"c.cmake": text})) == {("cross-workspace", verdict)}


def test_a_tree_without_builders_is_not_applicable() -> None:
    """Nothing builds in tests."""
    assert tree("pub fn a() {}\n", {}).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("b.sh", "CARGO_TARGET_DIR=target-safe cargo build\n"),
        ("b.sh", "export CARGO_TARGET_DIR='target-safe'\ncargo build\n"),
        ("b.py", 'subprocess.run(["cargo", "build", "--target-dir", "target-safe"])\n'),
        (".cargo/config.toml", '[build]\ntarget-dir = "target-safe"\n'),
        ("b.py", 'os.environ["CARGO_TARGET_DIR"] = "target-safe"\n'),
        ("Makefile", "CARGO_TARGET_DIR ?= target-safe\n"),
        ("b.sh", "for v in safe fast; do cargo build --target-dir target-$v; done\n"),
    ],
)
def test_a_target_directory_by_configuration_environment_or_loop(path: str, text: str) -> None:
    """Each names one that no pattern ignores, at its own line; with a pattern it passes."""
    files = {path: text, "Cargo.toml": MANIFEST, ".gitignore": "/target\n/target-fast\n"}
    assert ("not-ignored", "fail", path, text.count("[build]") + 1) in places(
        examine("BLD001", files)
    )
    files[".gitignore"] = "/target*\n"
    assert found(examine("BLD001", files)) == {("not-ignored", "pass")}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("b.sh", "# CARGO_TARGET_DIR=target-safe\ncargo build\n"),
        ("b.sh", 'CARGO_TARGET_DIR="$OUT/target-safe" cargo build\n'),
        ("b.sh", "cargo run -p specs -- write --target-dir target-specs\n"),
        ("b.sh", "cd /tmp/x\nCARGO_TARGET_DIR=target-safe cargo build\n"),
        (".cargo/config.toml", '[build]\ntarget-dir = "/tmp/target-safe"\n'),
        (".cargo/config.toml", '[build]\ntarget = "x"\n[env]\ntarget-dir = "target-safe"\n'),
    ],
)
def test_a_target_directory_elsewhere_is_none_of_the_tree(path: str, text: str) -> None:
    """Comments, values of run time, other folders, another table, an option of another program."""
    files = {path: text, "Cargo.toml": MANIFEST, ".gitignore": "/target\n"}
    assert found(examine("BLD001", files)) == set()


def test_cargo_by_its_own_variable_and_in_a_line_of_a_shell() -> None:
    """`env!("CARGO")`, and one word for `sh -c`."""
    one = 'pub fn build_talker() { Command::new(env!("CARGO"))'
    one += '.args(["build", "-p", "talker", "--features", "a"]).status(); }\n'
    two = 'pub fn build_talker_safe() { Command::new("sh")'
    two += '.args(["-c", "cargo build -p talker --features b"]).status(); }\n'
    assert found(tree(one + two, USERS)) == {("shared-target-dir", "fail")}


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ('workspace_root().join("target-gate")', {("not-ignored", "fail")}),
        ('workspace_root().join("target-gate").join("posix")', {("not-ignored", "fail")}),
        ('workspace_root().join("app/target-gate")', {("not-ignored", "fail")}),
        ('tempdir().path().join("target-gate")', set()),
    ],
)
def test_a_test_names_its_directory_by_the_root(
    folder: str, expected: set[tuple[str, str]]
) -> None:
    """The value of `--target-dir` in the next `arg`, below the root of the workspace."""
    code = (
        "fn run_build() {\n"
        f"    let dir = {folder};\n"
        '    Command::new("cargo").args(["build", "-p", "x", "--target-dir"]).arg(&dir).output();\n'
        "}\n#[test]\nfn builds() { run_build(); }\n"
    )
    files = {"tests/gate.rs": code, "app/Cargo.toml": MANIFEST, ".gitignore": "/target\n/app/x\n"}
    rows = {row for row in found(examine("BLD001", files)) if row[0] == "not-ignored"}
    assert rows == expected


SYS = '[package]\nname = "gen-sys"\n[workspace]\n'
USER = '[package]\nname = "{0}"\n[dependencies]\ngen-sys = {{ path = "../sys" }}\n[workspace]\n'
START = 'let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap());'
OUT = 'let out = PathBuf::from(env::var("OUT_DIR").unwrap());'


def written(body: str, users: int = 2, more: dict[str, str] | None = None) -> list[str]:
    """What a build script is found to write into a source tree that so many programs build."""
    script = body if "fn main" in body else f"fn main() {{ {START} {OUT} {body} }}\n"
    files = {"sys/Cargo.toml": SYS, "sys/build.rs": script, "sys/src/lib.rs": "", **(more or {})}
    for name in ("a", "b", "c")[:users]:
        files |= {f"{name}/Cargo.toml": USER.format(name), f"{name}/src/main.rs": "fn main() {}\n"}
    rows = places(examine("parallel-build-race", files), Verdict.WARN, Verdict.PASS)
    return [row[1] for row in rows if row[0] == "source-write"]


HANDED = f"""
fn main() {{ {START} {OUT} let include = here.join("c").join("include"); make(&out, &include); }}
fn make(first: &Path, include: &Path) {{
    let file = include.join("gen.h");
    std::fs::write(&file, "int x;").unwrap();
}}
"""


@pytest.mark.parametrize(
    "body",
    [
        'fs::write(here.join("include/gen.h"), text).unwrap();',
        'let mut file = File::create(here.join("src/gen.rs")).unwrap();',
        'fs::write("src/gen.rs", text).unwrap();',
        'fs::copy(out.join("gen.h"), here.join("include/gen.h")).unwrap();',
        'bindings.write_to_file(here.join("include/gen.h"));',
        'let up = here.parent().unwrap().join("shared/gen.h"); fs::write(&up, text).unwrap();',
        HANDED,
    ],
)
def test_a_build_script_that_writes_into_the_source_tree(body: str) -> None:
    """Two programs with target directories of their own run it at the same time."""
    assert written(body) == ["warn"]


@pytest.mark.parametrize(
    "body",
    [
        'fs::write(out.join("gen.rs"), text).unwrap();',
        'if env::var("REGENERATE").is_ok() { fs::write(here.join("src/gen.rs"), text).unwrap(); }',
        'if env::var("REGENERATE").is_err() { return; } fs::write(here.join("a/b"), t);',
        'let again = env::var("AGAIN").is_ok(); if again { fs::write(here.join("a/b"), t); }',
        'if cfg!(feature = "bindgen") { fs::write(here.join("src/gen.rs"), text).unwrap(); }',
        'let file = here.join("a/b"); if !file.exists() { fs::write(&file, text).unwrap(); }',
        'fs::write(here.join("target/gen.rs"), text).unwrap();',
        'fs::write("/tmp/x/gen.rs", text).unwrap();',
        HANDED.replace("make(&out, &include);", "make(&here, &out);"),
        HANDED.replace("fn make", '#[cfg(feature = "gen")] fn make'),
        HANDED.replace("make(&out, &include);", ""),
    ],
)
def test_other_writes_of_build_scripts(body: str) -> None:
    """Below OUT_DIR, on demand, once, in build output, or never."""
    assert written(body) == []


def test_writes_that_no_other_build_meets() -> None:
    """One workspace locks its target directory; a rename is one step; cbindgen leaves a file alone
    that is there and the same."""
    plain = 'fs::write(here.join("include/gen.h"), text).unwrap();'
    assert written(plain, users=0) == []
    whole = {"Cargo.toml": '[workspace]\nmembers = ["a", "b", "sys"]\n'}
    members = {f"{name}/Cargo.toml": USER.format(name).replace("[workspace]", "") for name in "ab"}
    alone = {"sys/Cargo.toml": SYS.replace("[workspace]", "")}
    assert written(plain, users=0, more=whole | members | alone) == []
    renamed = 'fs::write(&new, text).unwrap(); fs::rename(&new, here.join("a/b.h")).unwrap();'
    assert written(renamed) == ["pass"]
    compared = 'bindings.write_to_file(here.join("include/gen.h"));'
    assert written(compared, more={"sys/include/gen.h": "int x;\n"}) == []
