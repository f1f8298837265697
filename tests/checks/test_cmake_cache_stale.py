"""BLD002: what a build directory remembers."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

CONFIGURE = 'cmake -S . -B build -DX="$X"\n'


def found(result: PitfallResult) -> set[tuple[str, str]]:
    """Rule and verdict of everything that is no note."""
    return {(r, v) for r, v, _, _ in places(result) if v != "note"}


def shell(text: str, **more: str) -> set[tuple[str, str]]:
    """The findings of one script."""
    return found(examine("BLD002", {"b.sh": text, **more}))


@pytest.mark.parametrize(
    "guard",
    [
        "if [ ! -f build/CMakeCache.txt ]; then\n{0}fi\n",
        "if [ ! -d build ]; then\n{0}fi\n",
        "[ -f build/CMakeCache.txt ] || {0}",
        "if ! [ -e build/build.ninja ]; then\n{0}fi\n",
        "if [ -f build/CMakeCache.txt ]; then\n  make\nelse\n{0}fi\n",
        "need=0\nif [ ! -f build/CMakeCache.txt ]; then need=1; fi\n"
        'if [ "$need" = 1 ]; then\n{0}fi\n',
        "f() {{\n  if [ -f build/CMakeCache.txt ]; then return 0; fi\n  {0}}}\n",
    ],
)
def test_a_configure_that_runs_once_fails(guard: str) -> None:
    """A test for the cache or the directory alone, in each of its spellings."""
    assert shell(guard.format(CONFIGURE)) == {("configure-once", "fail")}


@pytest.mark.parametrize(
    "text",
    [
        CONFIGURE,
        "rm -rf build\n" + CONFIGURE,
        "if [ ! -d build ]; then mkdir build; fi\n" + CONFIGURE,
        "if [ ! -f build/CMakeCache.txt ] || ! cmp -s new build/args; then\n" + CONFIGURE + "fi\n",
        'if [ "$(cat build/stamp)" != "$want" ]; then rm -rf build; fi\n'
        "if [ ! -f build/CMakeCache.txt ]; then\n" + CONFIGURE + "fi\n",
        "rm -rf build\nif [ ! -d build ]; then\n" + CONFIGURE + "fi\n",
    ],
)
def test_every_run_a_wipe_and_a_stamp_pass(text: str) -> None:
    """What configures again is evidence, and so is what compares a record."""
    assert shell(text) == {("configure-once", "pass")}


@pytest.mark.parametrize(
    "text",
    [
        "if [ ! -d build ]; then cmake -S . -B build; fi\n",  # nothing that could change
        "rm -f build/CMakeCache.txt\n",
        "grep CMAKE_BUILD_TYPE build/CMakeCache.txt\n",
        "if [ ! -f build/CMakeCache.txt ]; then cmake --build build; fi\n",
        '# if [ ! -d build ]; then cmake -DX=1 ..; fi\necho "cmake -B build -DX=1"\n',
    ],
)
def test_what_is_no_configure_with_arguments_is_not_looked_at(text: str) -> None:
    """Reading or removing the cache, building, comments and printed text."""
    assert shell(text) == set()


def test_a_way_to_ask_for_a_configure_is_a_warning() -> None:
    """Somebody who knows of --reconfigure can help himself."""
    text = 'if [ ! -d build ] || [ "$RECONFIGURE" = 1 ]; then\n' + CONFIGURE + "fi\n"
    assert shell(text) == {("configure-once", "warn")}


HELPER = (
    "configure() {{\n{0}"
    '  if [ ! -f "$1/CMakeCache.txt" ] || ! cmp -s "$1.new" "$1.args"; then\n'
    '    cmake -S . -B "$1" "$@"\n  fi\n}}\n'
)
PASSED = "configure b -DCMAKE_TOOLCHAIN_FILE=arm.cmake\n"
PATH_GUARD = (
    '  if [ "$(grep TOOLCHAIN "$1/CMakeCache.txt")" != "$2" ]; then\n    rm -rf "$1"\n  fi\n'
)


def test_a_stamp_does_not_replace_the_compiler() -> None:
    """A second configure with another toolchain file keeps the compiler: a wipe is needed."""
    assert ("toolchain-reuse", "fail") in shell(HELPER.format("") + PASSED)


def test_without_a_toolchain_file_in_the_tree_a_stamp_is_enough() -> None:
    """A tree that builds for the host alone has nothing to confuse."""
    assert shell(HELPER.format("")) == {("configure-once", "pass")}


def test_a_guard_of_the_path_warns_about_the_compiler_behind_it() -> None:
    """The same file can resolve to another compiler."""
    result = shell(HELPER.format(PATH_GUARD) + PASSED)
    assert ("toolchain-reuse", "pass") in result
    assert ("toolchain-path", "warn") in result


def test_a_guard_in_another_file_counts() -> None:
    """A helper's reaction is that of what it calls, and the finding stands where it is."""
    test = '[ "$(sha256sum "$CMAKE_TOOLCHAIN_FILE")" != "$2" ]'
    guard = f'drop() {{\n  if {test}; then\n    rm -rf "$1"\n  fi\n}}\n'
    result = shell(HELPER.format('  drop "$1"\n') + PASSED, **{"guard.sh": guard})
    assert {("toolchain-reuse", "pass"), ("toolchain-path", "pass")} <= result


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("-b native_sim", "-b mps2/an385", "fail"),
        ("-b native_sim -p auto", "-b mps2/an385 -p auto", "pass"),
        ("-b native_sim -p auto", "-b native_sim -p auto -S trace", "fail"),
        ("-b native_sim -p always", "-b native_sim -p always -S trace", "pass"),
        ("-b native_sim", "-b native_sim", "pass"),
    ],
)
def test_west_builds_in_one_directory(first: str, second: str, verdict: str) -> None:
    """Another board needs auto, another option needs always."""
    lines = "".join(f"west build -d out {options} app\n" for options in (first, second))
    assert shell(lines) == {("west-varying", verdict)}


def test_building_again_what_was_configured_varies_nothing() -> None:
    """`west build -d X` alone takes board, application and options from the cache."""
    lines = (
        "if [ ! -e out ]; then\n  west build -d out -b native_sim app -- -DCONFIG_A=y\nelse\n"
        "  west build -d out\nfi\n"
    )
    assert shell(lines) == set()
    assert shell("west build -b a -d out app\nwest build -d out app\n") == {
        ("west-varying", "pass")
    }


def test_directories_of_their_own_and_other_targets_are_not_compared() -> None:
    """One directory a build, and `-t run`, which builds nothing else."""
    assert shell("west build -b a -d one app\nwest build -b b -d two app\n") == set()
    assert shell("west build -b a app\nwest build -t run\n") == set()


def build_rs(body: str, functions: str = "") -> set[tuple[str, str]]:
    """The findings of one build script."""
    text = f"use std::env;\nfn main() {{\n{body}}}\n{functions}// uses cc::Build\n"
    return found(examine("BLD002", {"sys/build.rs": text}))


DEFINE = 'cc::Build::new().define("N", v.as_str());\n'


@pytest.mark.parametrize(
    "body",
    [
        'let v = env::var("NROS_N").unwrap();\n' + DEFINE,
        'let raw = env::var("NROS_N").ok();\nlet v = raw.unwrap();\n' + DEFINE,
        'if let Ok(v) = env::var("NROS_N") {\n' + DEFINE + "}\n",
        'match env::var("NROS_N") {\nOk(v) => {\n' + DEFINE + "}\n_ => (),\n}\n",
        'match std::env::var_os("NROS_N") {\nNone => {}\nSome(v) => {\n' + DEFINE + "}\n}\n",
        'if env::var_os("NROS_N").is_some() { b.define("N", "1"); }\n',
        'b.flag(&format!("-DN={}", env::var("NROS_N").unwrap()));\n',
    ],
)
def test_a_variable_that_becomes_a_define_unseen_fails(body: str) -> None:
    """Through variables, `if let`, and as a condition."""
    assert build_rs(body) == {("env-no-rerun", "fail")}
    line = 'println!("cargo:rerun-if-env-changed=NROS_N");\n'
    assert build_rs(line + body) == {("env-no-rerun", "pass")}


@pytest.mark.parametrize(
    "name", ["CARGO_FEATURE_TLS", "OUT_DIR", "TARGET", "DEP_Z_ROOT", "DOCS_RS", "CC"]
)
def test_variables_of_cargo_itself_need_no_line(name: str) -> None:
    """Cargo knows when they change; cc prints lines for its own."""
    assert build_rs(f'let v = env::var("{name}").unwrap();\n' + DEFINE) == set()


def test_a_build_script_may_be_a_folder_of_its_own() -> None:
    """`build = "build/main.rs"`, with modules beside it."""
    script = 'mod env;\nfn main() {\nlet v = std::env::var("NROS_N").unwrap();\n' + DEFINE + "}\n"
    assert found(examine("BLD002", {"sys/build/main.rs": script})) == {("env-no-rerun", "fail")}
    reads = script.replace("std::env::var", "env::env_var")
    module = (
        "// for cc::Build\npub fn env_var(name: &str) -> Option<String> {\n"
        '    println!("cargo:rerun-if-env-changed={name}");\n    std::env::var(name).ok()\n}\n'
    )
    files = {"sys/build/main.rs": reads, "sys/build/env.rs": module}
    assert found(examine("BLD002", files)) == {("env-no-rerun", "pass")}


def test_a_constant_that_a_build_script_writes_is_a_define() -> None:
    """Generated Rust holds the value of the environment as a generated header does; without any
    rerun line cargo does not look at the environment either."""
    body = (
        'let n = env::var("NROS_N").unwrap();\n'
        'let text = format!("/// How many.\\npub const N: usize = {n};\\n");\n'
        'std::fs::write(out.join("n.rs"), text).unwrap();\n'
    )
    assert build_rs(body) == {("env-no-rerun", "fail")}
    line = 'println!("cargo:rerun-if-env-changed=NROS_N");\n'
    assert build_rs(line + body) == {("env-no-rerun", "pass")}
    assert build_rs(body.replace("const N: usize", "use x::N; // as")) == set()


@pytest.mark.parametrize("marker", ["${STACK}", "@STACK@", "{{ stack }}", "__STACK__"])
def test_a_marker_of_a_template_is_a_define(marker: str) -> None:
    """A linker script or a source that is made from a template holds the value as a define does."""
    body = (
        'let stack = env::var("STACK_SIZE").expect("the size");\n'
        f'let text = fs::read_to_string("stack.ld.in").unwrap().replace("{marker}", &stack);\n'
        'fs::write(out.join("stack.ld"), &text).unwrap();\n'
        'println!("cargo:rerun-if-changed=stack.ld.in");\n'
    )
    assert build_rs(body) == {("env-no-rerun", "fail")}
    line = 'println!("cargo:rerun-if-env-changed=STACK_SIZE");\n'
    assert build_rs(line + body) == {("env-no-rerun", "pass")}


def test_what_is_replaced_in_a_path_or_not_saved_is_no_define() -> None:
    """A home folder that is shortened for a message, a separator of a path."""
    read = 'let home = env::var("SDK_HOME").unwrap();\n'
    for use in (
        'let shown = path.replace("/root", &home);\nfs::write(log, shown).unwrap();\n',
        'let text = t.replace("${HOME}", &home);\nprintln!("{text}");\n',
        'let home = home.replace("@", "/");\nfs::write(home, t).unwrap();\n',
    ):
        assert build_rs(read + use) == set()


def test_a_helper_may_hand_the_name_on() -> None:
    """A wrapper of a library's helper registers what that registers."""
    call = 'let v = env_or("NROS_N", 4);\n' + DEFINE
    wrapper = "fn env_or(name: &str, d: usize) -> usize { knobs::number(name, d) }\n"
    knobs = (
        "// cc::Build\npub fn number(key: &str, d: usize) -> usize {{\n"
        "{0}    env::var(key).ok().and_then(|v| v.parse().ok()).unwrap_or(d)\n}}\n"
    )
    script = f"use std::env;\nfn main() {{\n{call}}}\n{wrapper}// cc::Build\n"
    line = '    println!("cargo:rerun-if-env-changed={key}");\n'
    for printed, verdict in ((line, "pass"), ("", "fail")):
        files = {"sys/build.rs": script, "tools/build-knobs/src/lib.rs": knobs.format(printed)}
        assert found(examine("BLD002", files)) == {("env-no-rerun", verdict)}


def test_a_helper_that_prints_the_line_is_followed() -> None:
    """`env_or("NROS_N", 4)` reads and registers, or only reads."""
    call = 'let v = env_or("NROS_N", 4);\n' + DEFINE
    helper = "fn env_or(name: &str, d: usize) -> String {{\n{0}env::var(name).unwrap()\n}}\n"
    line = 'println!("cargo:rerun-if-env-changed={name}");\n'
    assert build_rs(call, helper.format(line)) == {("env-no-rerun", "pass")}
    assert build_rs(call, helper.format("")) == {("env-no-rerun", "fail")}


COMPILE = 'cc::Build::new().file("c/a.c").compile("a");\n'


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (COMPILE, "warn"),
        ('println!("cargo:rerun-if-changed=build.rs");\n' + COMPILE, "warn"),
        ('println!("cargo:rerun-if-changed=c/a.c");\n' + COMPILE, "pass"),
        ('println!("cargo:rerun-if-changed=c");\n' + COMPILE, "pass"),
        ('println!("cargo:rerun-if-changed={}", dir.display());\n' + COMPILE, "pass"),
    ],
)
def test_c_inputs_are_named_when_any_line_is_printed(body: str, verdict: str) -> None:
    """The cc crate prints lines by itself, which end cargo's look at the whole package."""
    assert build_rs(body) == {("rerun-incomplete", verdict)}


def test_without_any_line_cargo_looks_at_the_whole_package() -> None:
    """The cc crate is told to print nothing."""
    quiet = COMPILE.replace(".compile", ".emit_rerun_if_env_changed(false).compile")
    assert build_rs(quiet) == set()


def test_a_define_of_one_branch_stays() -> None:
    """Unless there is another branch, or the directory is named after the condition."""
    text = 'if [ -n "$T" ]; then\n  A="$A -DT=ON"\n{0}fi\ncmake -S . -B {1} $A\n'
    assert ("dropped-define", "warn") in shell(text.format("", "build"))
    assert ("dropped-define", "warn") not in shell(text.format("else\n  A=-DT=OFF\n", "build"))
    assert ("dropped-define", "warn") not in shell(text.format("", '"build-$T"'))


def test_a_define_under_a_cargo_feature_is_no_drop() -> None:
    """OUT_DIR is another one for another set of features."""
    text = (
        'fn main() {\nlet mut c = cmake::Config::new("z");\n'
        'if std::env::var("%s").is_ok() { c.define("T", "ON"); }\nc.build();\n}\n'
    )
    rows = found(examine("BLD002", {"build.rs": text % "NROS_T"}))
    assert ("dropped-define", "warn") in rows
    rows = found(examine("BLD002", {"build.rs": text % "CARGO_FEATURE_T"}))
    assert ("dropped-define", "warn") not in rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("find_package(C PATHS ${SDK}/c)\n", {("sticky-find", "warn")}),
        ("unset(C_DIR CACHE)\nfind_package(C PATHS ${SDK}/c)\n", {("sticky-find", "pass")}),
        ('file(WRITE t.cmake "find_package(C PATHS ${SDK}/c)")\n', set()),  # another project's
        ("find_package(Zephyr REQUIRED HINTS $ENV{ZEPHYR_BASE})\n", set()),
        ("find_package(C PATHS ${CMAKE_CURRENT_SOURCE_DIR}/cmake)\n", set()),
        ("find_package(Threads)\n# find_package(C PATHS ${X})\n", set()),
    ],
)
def test_packages_at_computed_places(text: str, expected: set[tuple[str, str]]) -> None:
    """The user's own environment and places in the source folder cannot go stale like that."""
    assert found(examine("BLD002", {"CMakeLists.txt": text})) == expected


def test_always_configure_false_fails() -> None:
    """The cmake crate then skips the configure."""
    text = 'fn main() { cmake::Config::new("z").always_configure(false).build(); }\n'
    assert ("configure-once", "fail") in found(examine("BLD002", {"build.rs": text}))


def test_the_original_statement_is_a_note() -> None:
    """A define that is given again replaces the cached value."""
    result = examine("BLD002", {"b.sh": CONFIGURE})
    assert ("literal-clean", "note") in {(r, v) for r, v, _, _ in places(result)}
    assert result.verdict is Verdict.PASS


def test_scripts_in_a_folder_called_build_are_looked_at() -> None:
    """`scripts/build/` holds scripts; `build/` with objects in it is output."""
    files = {"scripts/build/a.sh": CONFIGURE, "build/b.sh": CONFIGURE, "build/main.o": ""}
    assert {p for _, _, p, _ in places(examine("BLD002", files))} == {"scripts/build/a.sh"}


def test_long_options_with_an_equals_sign() -> None:
    """`--board=x` names a board as `-b x` does, and `--build-dir=x` a directory."""
    one = "west build --board=a --build-dir=out app\nwest build --board=b --build-dir=out app\n"
    assert shell(one) == {("west-varying", "fail")}
    apart = one.replace("out app\nwest", "one app\nwest")
    assert shell(apart) == set()
    shield = "west build -b a -d out --shield=x app\nwest build -b a -d out app\n"
    assert shell(shield) == {("west-varying", "fail")}


RUN = 'subprocess.run(["cmake", "-S", ".", "-B", str(b), "-DX=1"], check=True)'
START = 'Command::new("cmake").args(["-S", ".", "-B", "build", "-DX=1"]).status().unwrap();'
RULE = ":{0}\n\t@cmake -S . -B build -DX=$(X)\nall: build/Makefile\n\t$(MAKE) -C build\n"
SUB = "execute_process(COMMAND ${CMAKE_COMMAND} -S sub -B ${B} -DX=${X})"


def other(name: str, *rows: str) -> PitfallResult:
    """The result for one file: the rows of a function `configure`, or those of the file."""
    heads = {
        "b.py": "import subprocess\n\ndef configure(b, args, force):\n",
        "b.rs": "use std::process::Command;\nfn configure(b: &Path) {\n",
    }
    text = heads.get(name, "") + "\n".join(rows) + ("\n}\n" if name == "b.rs" else "\n")
    path = "tests/b.rs" if name == "b.rs" else name
    return examine("BLD002", {path: text, "Cargo.toml": '[package]\nname = "a"\n'})


@pytest.mark.parametrize(
    ("line", "name", "rows"),
    [
        (4, "b.py", ('    if not (b / "CMakeCache.txt").exists():', f"        {RUN}")),
        (4, "b.py", ('    if not os.path.isdir("build"):', f"        {RUN}")),
        (4, "b.py", ('    if (b / "build.ninja").is_file():', "        return", f"    {RUN}")),
        (
            5,
            "b.py",
            ('    c = b / "CMakeCache.txt"', "    if not c.exists():", f"        {RUN}"),
        ),
        (3, "b.rs", ('    if !b.join("CMakeCache.txt").exists() {', START, "    }")),
        (3, "b.rs", ('    if b.join("CMakeCache.txt").exists() { return; }', START)),
        (
            3,
            "b.rs",
            (
                '    if b.join("CMakeCache.txt").exists() { return; }',
                '    let mut c = Command::new("cmake");',
                '    c.arg("-S").arg(".");',
                '    c.arg("-DX=1");',
            ),
        ),
        (1, "CMakeLists.txt", ("if(NOT EXISTS ${B}/CMakeCache.txt)", f"  {SUB}", "endif()")),
        (1, "Makefile", ("build/Makefile" + RULE.format(""),)),
    ],
)
def test_other_languages_configure_once_too(line: int, name: str, rows: tuple[str, ...]) -> None:
    """Python, Rust, CMake itself, and a Makefile's rule for the cache that depends on nothing."""
    found = [row for row in places(other(name, *rows)) if row[0] == "configure-once"]
    assert [(v, at) for _, v, _, at in found] == [("fail", line)]


CACHE = "(b / 'CMakeCache.txt').exists()"


@pytest.mark.parametrize(
    ("verdict", "name", "rows"),
    [
        ("pass", "b.py", (f"    if not {CACHE} or stamp.read() != args:", f"        {RUN}")),
        ("warn", "b.py", (f"    if force or not {CACHE}:", f"        {RUN}")),
        ("", "b.py", ("    if not b.exists():", "        b.mkdir()", f"    {RUN}")),
        ("", "b.py", (f"    if {CACHE}:", f"        {RUN}")),
        ("", "b.py", ("    b = tempfile.mkdtemp()", f"    if not {CACHE}:", f"        {RUN}")),
        ("", "b.rs", ('    if !b.join("CMakeCache.txt").exists() { panic!("set up"); }', START)),
        ("", "CMakeLists.txt", ("if(NOT EXISTS sdk)", "  execute_process(COMMAND git)", "endif()")),
        ("", "Makefile", ("build/Makefile" + RULE.format(" CMakeLists.txt"),)),
        ("pass", "Makefile", (".PHONY: configure", "configure" + RULE.format(""))),
    ],
)
def test_what_configures_again_in_other_languages_does_not_fail(
    verdict: str, name: str, rows: tuple[str, ...]
) -> None:
    """A record that is compared, a wish of the user, a test for something else."""
    found = [v for r, v, _, _ in places(other(name, *rows)) if r == "configure-once"]
    assert found == [verdict] * bool(verdict)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("west build -b a one\nrm -r build\nwest build -b b two\n", "pass"),
        ("west build -b a one\nrm -rf ./build/\nwest build -b b two\n", "pass"),
        ("rm -rf build\nwest build -b a one\nwest build -b b two\n", "fail"),
        ("west build -b a one\nrm -rf other\nwest build -b b two\n", "fail"),
        ("west build -b a one\nrm build/log\nwest build -b b two\n", "fail"),
        ("for b in one two; do\n  rm -rf build\n  west build -b $b app\ndone\n", "pass"),
        ("rm -rf build\nfor b in one two; do\n  west build -b $b app\ndone\n", "fail"),
    ],
)
def test_a_directory_that_is_removed_in_between_is_pristine(text: str, verdict: str) -> None:
    """After the build before it, or on each turn of a loop."""
    assert shell(text) == {("west-varying", verdict)}


@pytest.mark.parametrize(
    ("directory", "more", "expected"),
    [
        ("build", "", {("west-varying", "fail")}),
        ("build/$b", "", set()),
        ("build", "-p always ", {("west-varying", "pass")}),
    ],
)
def test_a_loop_over_boards_is_several_builds(
    directory: str, more: str, expected: set[tuple[str, str]]
) -> None:
    """Each turn has its value, also in the name of the directory."""
    text = f"for b in one two; do\n  west build {more}-b $b -d {directory} app\ndone\n"
    assert shell(text) == expected


@pytest.mark.parametrize(
    ("read", "use"),
    [
        ('env::var("NROS_N").unwrap()', 'writeln!(f, "#define N {}", n).unwrap();'),
        ('env::var("NROS_N").unwrap()', 'h.push_str(&format!("#define N {n}\\n"));'),
        ("env::var(KEY).unwrap()", 'cc::Build::new().define("N", n.as_str()).compile("a");'),
    ],
)
def test_a_header_that_is_written_and_a_name_in_a_constant(read: str, use: str) -> None:
    """A `#define` that the script writes is a define, too; the name may be a constant."""
    text = (
        'const KEY: &str = "NROS_N";\nfn main() {{\n    let n = {0};\n    {1}\n'
        '    println!("cargo:rerun-if-changed=a.c");\n{2}}}\n'
    )
    for more, verdict in (
        ("", "fail"),
        ('    println!("cargo:rerun-if-env-changed=NROS_N");\n', "pass"),
    ):
        files = {"c/build.rs": text.format(read, use, more), "c/Cargo.toml": "[package]\n"}
        assert ("env-no-rerun", verdict) in found(examine("BLD002", files)), use


def test_names_that_a_loop_goes_through_are_variables() -> None:
    """Each of them becomes a define, and none has a line of its own."""
    text = (
        "fn main() {\n    let mut b = cc::Build::new();\n"
        '    for key in ["NROS_A", "NROS_B"] {\n'
        "        if let Ok(v) = std::env::var(key) { b.define(key, v.as_str()); }\n    }\n"
        '    println!("cargo:rerun-if-changed=a.c");\n    b.file("a.c").compile("a");\n}\n'
    )
    files = {"c/build.rs": text, "c/Cargo.toml": "[package]\n"}
    assert [r for r in places(examine("BLD002", files)) if r[0] == "env-no-rerun"] == [
        ("env-no-rerun", "fail", "c/build.rs", 4)
    ] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd one\nwest build -b a\ncd ..\ncd two\nwest build -b b\ncd ..\n", set()),
        ("cd x/one\nwest build -b a\ncd ../..\ncd x/two\nwest build -b b\n", set()),
        ("(cd one && west build -b a)\n(cd two && west build -b b)\n", set()),
        ("pushd one\nwest build -b a\npopd\nwest build -b b\n", set()),
        ('cd "$TOP"\nwest build -b a\nwest build -b b\n', {("west-varying", "fail")}),
        ("cd one\nwest build -b a\nwest build -b b\n", {("west-varying", "fail")}),
        ("cd one && west build -b a\nwest build -b b\n", {("west-varying", "fail")}),
        ("cd one\nwest build -b a\ncd -\nrm -rf one/build\ncd one\nwest build -b b\n",
         {("west-varying", "pass")}),
    ],
)  # fmt: skip
def test_the_build_directory_lies_where_the_script_has_gone(
    text: str, expected: set[tuple[str, str]]
) -> None:
    """`build` of one application is not `build` of another: west makes it in the working
    directory."""
    assert shell(text) == expected


def test_west_can_be_told_to_name_directories_by_board() -> None:
    """With `build.dir-fmt`, each board has a directory of its own."""
    text = 'west config build.dir-fmt "out/{0}"\nwest build -b a {1}\nwest build -b b {2}\n'
    assert shell(text.format("{board}", "app", "app")) == set()
    assert shell(text.format("{app}", "app", "app")) == {("west-varying", "fail")}
    assert shell(text.format("{app}", "app", "other")) == set()
