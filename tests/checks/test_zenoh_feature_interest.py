"""ZEN001: what is flagged, what is not, what cannot be told."""

import pytest

from pitfalls.model import PitfallResult, Verdict
from pitfalls.testing import examine, places

JUDGED = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS)
FETCH = "FetchContent_Declare(zenohpico GIT_TAG 1.7.2)\n"
LIBRARY = {
    "pico/include/zenoh-pico.h": "x",
    "pico/src/session/utils.c": "x",
    "pico/include/zenoh-pico/config.h": (
        "#define Z_FEATURE_MULTI_THREAD 1\n#define Z_FEATURE_INTEREST 1\n"
        "#define Z_FEATURE_MATCHING 1\n"
    ),
}
ZEPHYR = "CONFIG_POSIX_API=y\nCONFIG_ZENOH_PICO=y\n"


def result(files: dict[str, str]) -> PitfallResult:
    """The result over a small tree."""
    found = examine("ZEN001", files)
    assert not found.traceback
    return found


def found(files: dict[str, str], rule: str = "") -> list[tuple[str, str, str, int]]:
    """The findings that count, of one rule or of all."""
    rows = places(result(files), *JUDGED)
    return [row for row in rows if not rule or row[0] == rule]


def test_a_plain_user_of_the_defaults_passes() -> None:
    """Nothing set is 1/1, labelled as the upstream default."""
    report = result({"CMakeLists.txt": FETCH})
    assert report.verdict is Verdict.PASS
    assert "upstream default" in report.findings[0].message


def test_a_tree_without_zenoh_pico_is_not_applicable() -> None:
    """The libraries zenoh for Rust and zenoh-c are not zenoh-pico."""
    files = {
        "Cargo.toml": '[dependencies]\nzenoh = "1.7"\n',
        "CMakeLists.txt": "find_package(zenohc)\n",
        "src/main.rs": "// Z_FEATURE_INTEREST\nfn main() {}\n",
    }
    assert result(files).verdict is Verdict.NOT_APPLICABLE


def test_documents_comments_and_messages_are_no_builds() -> None:
    """Troubleshooting listings, cargo:warning text and FILES_MATCHING set nothing."""
    files = {
        "doc/trouble.md": '```\n.define("Z_FEATURE_INTEREST", "0")\n```\n',
        "build.rs": (
            'fn main() {\n  // .define("Z_FEATURE_INTEREST", "0")\n'
            '  println!("cargo:warning=build with Z_FEATURE_INTEREST=1");\n}\n'
        ),
        "CMakeLists.txt": "install(DIRECTORY a FILES_MATCHING PATTERN *.h)\n",
    }
    assert found(files) == []


def test_the_superseded_remedy_is_a_note() -> None:
    """INTEREST 1 is what the original warned of, and changes no verdict."""
    notes = places(result({"CMakeLists.txt": FETCH}), Verdict.NOTE)
    assert notes == [("disable-interest", "note", "CMakeLists.txt", 1)]


def test_matching_0_with_interest_1_is_right() -> None:
    """Only the reverse is a mistake."""
    header = "#define Z_FEATURE_INTEREST 1\n#define Z_FEATURE_MATCHING 0\n"
    rows = found({"a/zenoh_generic_config.h": header})
    assert rows == [("matching-without-interest", "pass", "a/zenoh_generic_config.h", 1)]


def test_cmake_of_zenoh_pico_guards_matching_from_1_3_1() -> None:
    """INTEREST 0 alone is enough for its own CMake; older releases and header text need both."""
    option = "set(Z_FEATURE_INTEREST 0 CACHE BOOL x)\nset(Z_FEATURE_MATCHING 1 CACHE BOOL x)\n"
    rule = "matching-without-interest"
    assert found({"CMakeLists.txt": option + FETCH}, rule)[0][1] == "pass"
    old = found({"CMakeLists.txt": option + FETCH.replace("1.7.2", "1.2.0")}, rule)
    assert old == [(rule, "fail", "CMakeLists.txt", 2)]
    unknown = found({"CMakeLists.txt": option + "add_subdirectory(zenoh-pico)\n"}, rule)
    assert unknown[0][1] == "unknown"


def test_a_value_from_outside_is_unknown() -> None:
    """A variable that the caller sets decides at build time."""
    build = 'fn pico() { cmake::Config::new("zenoh-pico").define("Z_FEATURE_INTEREST", &v); }\n'
    rows = found({"build.rs": build})
    assert rows == [("matching-without-interest", "unknown", "build.rs", 1)]


def test_two_sites_that_conflict_are_unknown() -> None:
    """Both branches of an option may be built."""
    cmake = "if(A)\nset(Z_FEATURE_INTEREST 0)\nelse()\nset(Z_FEATURE_INTEREST 1)\nendif()\n" + FETCH
    assert found({"CMakeLists.txt": cmake})[0][1] == "unknown"


def test_the_build_in_the_minority_is_shown() -> None:
    """Of three builds the odd one fails, and names another one."""
    files = {
        "a/CMakeLists.txt": FETCH,
        "b/CMakeLists.txt": FETCH,
        "m4/CMakeLists.txt": "set(Z_FEATURE_INTEREST 0)\n" + FETCH,
    }
    rows = found(files, "interest-disagrees")
    assert rows == [
        ("interest-disagrees", "fail", "m4/CMakeLists.txt", 1),
        ("interest-disagrees", "pass", "a/CMakeLists.txt", 1),
        ("interest-disagrees", "pass", "b/CMakeLists.txt", 1),
    ]


def test_of_two_builds_the_one_without_interest_is_shown() -> None:
    """A tie is decided against the build that is not routed to."""
    files = {
        "a/CMakeLists.txt": FETCH,
        "b/CMakeLists.txt": "set(Z_FEATURE_INTEREST 0)\n" + FETCH,
    }
    rows = found(files, "interest-disagrees")
    assert ("interest-disagrees", "fail", "b/CMakeLists.txt", 1) in rows


def test_a_generated_header_shadows_the_fallback_beside_it() -> None:
    """The header that a build script replaces is not a build of its own."""
    files = {
        "sys/Cargo.toml": "[package]\n",
        "sys/build.rs": 'fn h() { writeln!(f, "#define Z_FEATURE_INTEREST 1").unwrap(); }\n',
        "sys/c/zenoh_generic_config.h": "#define Z_FEATURE_INTEREST 0\n",
    }
    assert {row[2] for row in found(files)} == {"sys/build.rs"}


def test_tests_are_no_builds() -> None:
    """A header under tests/ configures no product."""
    header = "#define Z_FEATURE_INTEREST 0\n#define Z_FEATURE_MATCHING 1\n"
    assert found({"tests/zenoh_generic_config.h": header}) == []


def test_a_define_that_the_library_overrides_is_a_warning() -> None:
    """An unguarded config.h of the tree beats the compiler line and Zephyr's options."""
    files = {
        **LIBRARY,
        "app/CMakeLists.txt": "add_compile_definitions(Z_FEATURE_INTEREST=0)\n",
        "z/prj.conf": ZEPHYR
        + "CONFIG_ZENOH_PICO_MULTI_THREAD=n\nCONFIG_MAX_PTHREAD_MUTEX_COUNT=32\n",
    }
    rows = found(files, "ineffective-define")
    assert rows == [
        ("ineffective-define", "warn", "app/CMakeLists.txt", 1),
        ("ineffective-define", "warn", "z/prj.conf", 3),
    ]


def test_a_define_that_agrees_or_meets_a_guard_is_effective() -> None:
    """The same value, a guarded header and a generic header are no contradiction."""
    guarded = dict(LIBRARY)
    guarded["pico/include/zenoh-pico/config.h"] = (
        "#ifndef Z_FEATURE_INTEREST\n#define Z_FEATURE_INTEREST 1\n#endif\n"
    )
    off = {"app/CMakeLists.txt": "add_compile_definitions(Z_FEATURE_INTEREST=0)\n"}
    on = {"app/CMakeLists.txt": "add_compile_definitions(Z_FEATURE_INTEREST=1)\n"}
    generic = {"app/CMakeLists.txt": "add_definitions(-DZENOH_GENERIC -DZ_FEATURE_INTEREST=0)\n"}
    for files in ({**guarded, **off}, {**LIBRARY, **on}, {**LIBRARY, **generic}):
        assert found(files, "ineffective-define") == []


def zephyr_app(conf: str, code: str, revision: str) -> dict[str, str]:
    """One Zephyr application, and the release of zenoh-pico."""
    west = f"manifest:\n  projects:\n    - name: zenoh-pico\n      revision: {revision}\n"
    return {"west.yml": west, "app/prj.conf": ZEPHYR + conf, "app/src/main.c": code}


def test_the_pool_of_5_carries_one_publisher_on_1_7_and_no_session_on_1_8() -> None:
    """The need is counted by release."""
    one = "void f(void) { z_declare_publisher(a); }"
    two = one + "void g(void) { z_declare_querier(b); }"
    rule = "mutex-pool"
    assert {row[1] for row in found(zephyr_app("", one, "1.7.2"), rule)} == {"pass"}
    assert (rule, "fail", "app/prj.conf", 2) in found(zephyr_app("", two, "1.7.2"), rule)
    assert (rule, "fail", "app/prj.conf", 2) in found(zephyr_app("", one, "1.8.0"), rule)


def test_an_unknown_release_leaves_the_middle_unknown() -> None:
    """Enough for the old release and too little for the new one."""
    code = "void f(void) { z_declare_publisher(a); }"
    conf = "CONFIG_MAX_PTHREAD_MUTEX_COUNT=6\n"
    assert ("mutex-pool", "unknown", "app/prj.conf", 3) in found(zephyr_app(conf, code, "main"))


def test_uncounted_entities_need_a_pool_of_16() -> None:
    """Below it is a warning, from it on a pass."""
    code = "void f(void) { for (;;) z_declare_publisher(a); }"
    small = zephyr_app("CONFIG_MAX_PTHREAD_MUTEX_COUNT=12\n", code, "1.9.0")
    large = zephyr_app("CONFIG_MAX_PTHREAD_MUTEX_COUNT=16\n", code, "1.9.0")
    assert found(small, "mutex-pool") == [("mutex-pool", "warn", "app/prj.conf", 3)]
    assert found(large, "mutex-pool") == [("mutex-pool", "pass", "app/prj.conf", 3)]


def test_an_overlay_may_bring_the_pool() -> None:
    """A base configuration that another file completes is not judged alone."""
    files = zephyr_app("", "int main(void) { return 0; }", "1.9.0")
    files["app/boards/native_sim.conf"] = "CONFIG_MAX_PTHREAD_MUTEX_COUNT=32\n"
    rows = found(files, "mutex-pool")
    assert rows == [("mutex-pool", "pass", "app/boards/native_sim.conf", 1)]


def test_a_zephyr_application_without_threads_or_zenoh_has_no_pool() -> None:
    """Other applications of the tree need no POSIX mutexes for zenoh-pico."""
    files = {
        "CMakeLists.txt": FETCH,
        "other/prj.conf": "CONFIG_POSIX_API=y\n",
        "single/prj.conf": ZEPHYR + "CONFIG_ZENOH_PICO_MULTI_THREAD=n\n",
    }
    assert found(files, "mutex-pool") == []


def test_linked_targets_with_other_features_are_skewed() -> None:
    """A computed value is unknown, an equal one passes."""
    text = (
        "add_library(pico a.c)\ntarget_compile_definitions(pico PRIVATE Z_FEATURE_QUERY=0)\n"
        "target_link_libraries(app pico)\ntarget_compile_definitions(app PRIVATE "
    )
    rule = "header-skew"
    for value, verdict in (("1", "fail"), ("0", "pass"), ("${Q}", "unknown")):
        rows = found({"CMakeLists.txt": f"{text}Z_FEATURE_QUERY={value})\n"}, rule)
        assert rows == [(rule, verdict, "CMakeLists.txt", 4)]


def test_a_define_that_an_absent_header_may_override_only_warns() -> None:
    """Up to 1.9.0 the lines of config.h are not guarded: without it nobody knows which wins."""
    files = {
        "a/CMakeLists.txt": FETCH,
        "zephyr/CMakeLists.txt": "zephyr_compile_definitions(Z_FEATURE_INTEREST=0)\n",
    }
    rows = [row for row in found(files, "interest-disagrees") if row[1] != "pass"]
    assert rows == [("interest-disagrees", "warn", "zephyr/CMakeLists.txt", 1)]


HEADER = (
    "fn header(out: &Path) {\n"
    '    let folder = out.join("pico-config");\n'
    '    std::fs::write(folder.join("zenoh_generic_config.h"), "text").unwrap();\n}\n'
)
LIBRARY_BUILD = (
    "fn library(pico: &Path, out: &Path) {\n"
    "    let mut build = cc::Build::new();\n"
    '    let config = out.join("pico-config");\n'
    '    build.include(&config).include(pico.join("include"));\n'
    '    build.file("zenoh-pico/src/net/api.c");\n    build.compile("zenohpico");\n}\n'
)
SHIM = (
    "fn shim(zenoh_pico_include: &Path, out: &Path) {\n"
    "    let mut build = cc::Build::new();\n"
    "    build.include(zenoh_pico_include);\n@"
    '    build.file("c/shim.c").compile("shim");\n}\n'
)


def skew(files: dict[str, str]) -> list[str]:
    """The verdicts of the rule on skewed headers."""
    return [verdict for _, verdict, _, _ in found(files, "header-skew")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ["fail"]),
        ("    if bare { build.define(\"ZENOH_GENERIC\", None); }\n", ["fail"]),
        ("    build.include(out.join(\"pico-config\"));\n", ["pass"]),
        ("    tune(&mut build);\n", ["fail"]),
        ("    configure(&mut build, out);\n", ["pass"]),
        ("    from_elsewhere(&mut build);\n", ["unknown"]),
        ("    build.define(\"ZENOH_GENERIC\", None);\n", []),
    ],
)  # fmt: skip
def test_a_shim_is_compiled_with_the_header_that_its_library_has(
    more: str, expected: list[str]
) -> None:
    """A library with a generated configuration, and a shim that falls back to config.h."""
    helpers = (
        "fn tune(build: &mut cc::Build) { build.opt_level(2); }\n"
        "fn configure(b: &mut cc::Build, out: &Path) { b.include(out.join(\"pico-config\")); }\n"
    )  # fmt: skip
    code = "fn main() {}\n" + HEADER + LIBRARY_BUILD + SHIM.replace("@", more) + helpers
    assert skew({"build.rs": code}) == expected


def test_a_library_without_a_generated_header_asks_none_of_its_shim() -> None:
    """A header for some builds only, or a CMake project with its own, decides nothing."""
    plain = LIBRARY_BUILD.replace(".include(&config)", "").replace("fn library", "fn host")
    shim = SHIM.replace("@", "")
    assert skew({"build.rs": HEADER + LIBRARY_BUILD + plain + shim}) == []
    cmake = 'fn cmake() { cmake::Config::new("zenoh-pico").define("Z_FEATURE_INTEREST", "1"); }\n'
    assert skew({"build.rs": HEADER + LIBRARY_BUILD + cmake + shim}) == []


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("fn main() { library(); shim(); }\n", ["fail"]),
        ("fn main() { if !system { library(); }\n shim(); }\n", ["fail"]),
        ("fn main() { if posix { library(); } else { shim(); } }\n", []),
    ],
)
def test_two_builders_of_one_script_have_the_same_features(main: str, expected: list[str]) -> None:
    """zenoh-pico and the shim beside it, where both are compiled in one run."""
    code = (
        "fn library() {\n    cc::Build::new().file(\"zenoh-pico/src/api/api.c\")\n"
        "        .define(\"Z_FEATURE_QUERY\", \"1\").compile(\"zenohpico\");\n}\n"
        "fn shim() {\n    let mut build = cc::Build::new();\n"
        "    build.include(\"zenoh-pico/include\").define(\"Z_FEATURE_QUERY\", Some(\"0\"));\n"
        "    build.file(\"shim.c\").compile(\"shim\");\n}\n"
    )  # fmt: skip
    assert skew({"build.rs": main + code}) == expected
    assert skew({"build.rs": main + code.replace('Some("0")', '"1"')}) == ["pass"] * len(expected)


def test_builders_in_one_function_run_together() -> None:
    """Two variables of one function; a feature under a condition decides nothing."""
    code = (
        "fn main() {\n    let mut lib = cc::Build::new();\n"
        '    lib.file("zenoh-pico/src/api/api.c").define("Z_FEATURE_QUERY", "1");\n'
        '    lib.compile("zenohpico");\n    let mut shim = cc::Build::new();\n'
        '    shim.include("zenoh-pico/include").file("s.c");\n@    shim.compile("shim");\n}\n'
    )
    define = 'shim.define("Z_FEATURE_QUERY", "0");'
    assert skew({"build.rs": code.replace("@", f"    {define}\n")}) == ["fail"]
    assert skew({"build.rs": code.replace("@", f"    if small {{ {define} }}\n")}) == []


@pytest.mark.parametrize(
    "rows", ["[@]", "&[@]", "[@].iter()"],
)  # fmt: skip
def test_definitions_of_a_loop_over_pairs_are_read(rows: str) -> None:
    """Each row of the array is a definition, at its own line."""
    pairs = '\n    ("Z_FEATURE_INTEREST", "0"),\n    ("Z_FEATURE_MATCHING", "1"),\n'
    code = (
        "fn zenoh_pico() {\n  let mut build = cc::Build::new();\n"
        f"  for (name, value) in {rows.replace('@', pairs)} {{\n"
        '    build.define(name, *value);\n  }\n  build.compile("zenohpico");\n}\n'
    )
    rows_found = found({"build.rs": code}, "matching-without-interest")
    assert rows_found == [("matching-without-interest", "fail", "build.rs", 5)]


@pytest.mark.parametrize(
    "script",
    [
        'env.Append(CPPDEFINES=[("Z_FEATURE_INTEREST", 0)])\n',
        'env.Append(CPPDEFINES=["Z_FEATURE_INTEREST=0"])\n',
        'env.Append(CPPDEFINES={"Z_FEATURE_INTEREST": 0})\n',
        'env.AppendUnique(CCFLAGS=["-Os", "-DZ_FEATURE_INTEREST=0"])\n',
        'env["CPPDEFINES"] = [("Z_FEATURE_INTEREST", "0")]\n',
        'global_env.Append(BUILD_FLAGS="-DZ_FEATURE_INTEREST=0 -Wall")\n',
        'args = ["gcc"]\nfor f in ("INTEREST", "LOCAL"):\n    args.append(f"-DZ_FEATURE_{f}=0")\n',
        'OFF = ["INTEREST"]\nargs = ["gcc"]\nargs += [f"-DZ_FEATURE_{f}=0" for f in OFF]\n',
        'F = {"Z_FEATURE_INTEREST": 0}\nfor name, value in F.items():\n'
        '    flags.append("-D%s=%d" % (name, value))\n',
        'F = dict(Z_FEATURE_INTEREST=0)\nfor k, v in F.items():\n'
        '    env.Append(CPPDEFINES=[(k, v)])\n',
        'for f in "INTEREST LOCAL".split():\n    flags.append("-DZ_FEATURE_{}={}".format(f, 0))\n',
        'defines = {}\ndefines["Z_FEATURE_INTEREST"] = 0\nenv.Append(CPPDEFINES=defines)\n',
        'def flags():\n    return ["-D" + "Z_FEATURE_INTEREST" + "=0"]\n',
        'Extension("x", ["x.c"], define_macros=[("Z_FEATURE_INTEREST", "0")])\n',
        'PREFIX = "Z_FEATURE_"\nif __name__ == "__main__":\n    with open("l") as f:\n'
        '        run(["cc", f"-D{PREFIX}INTEREST={int(False)}", f"-D{PREFIX}INTEREST=0"])\n',
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["app/extra_script.py", "app/SConstruct"])
def test_a_define_of_a_python_script_that_the_library_overrides(script: str, name: str) -> None:
    """SCons, PlatformIO's extra scripts and lists of arguments reach the compiler line."""
    rows = found({**LIBRARY, name: script}, "ineffective-define")
    assert [(rule, verdict, path) for rule, verdict, path, _ in rows] == [
        ("ineffective-define", "warn", name)
    ]


@pytest.mark.parametrize(
    "script",
    [
        'env.Append(CPPDEFINES=[("Z_FEATURE_INTEREST", 1)])\n',
        '# env.Append(CPPDEFINES=[("Z_FEATURE_INTEREST", 0)])\n',
        '"""Use -DZ_FEATURE_INTEREST=0 by hand."""\n',
        'env.Append(CPPDEFINES=[("Z_FEATURE_INTEREST", value)])\n',
        'for f in names:\n    args.append(f"-DZ_FEATURE_{f}=0")\n',
        'print("-DZ_FEATURE_INTEREST=0 has no effect")\n',
        'if "-DZ_FEATURE_INTEREST=0" in flags:\n    env.Exit(1)\n',
        'env.Append(CPPDEFINES=["ZENOH_GENERIC", ("Z_FEATURE_INTEREST", 0)])\n',
    ],
)
def test_python_that_contradicts_nothing(script: str) -> None:
    """Comments, printed text, values from outside, and what agrees with the header."""
    assert found({**LIBRARY, "app/extra_script.py": script}, "ineffective-define") == []


def test_python_that_configures_cmake() -> None:
    """A -D for CMake is a variable of the library's own build; a header that is written is one."""
    script = (
        'import subprocess\nargs = ["cmake", "-S", "zenoh-pico"]\nfor f in ("INTEREST",):\n'
        '    args.append(f"-DZ_FEATURE_{f}=0")\nsubprocess.run(args)\n'
    )
    other = {"b/CMakeLists.txt": 'set(Z_FEATURE_INTEREST 1 CACHE STRING "")\n'}
    rows = found({"a/build.py": script, **other}, "interest-disagrees")
    assert {path: verdict for _, verdict, path, _ in rows} == {
        "a/build.py": "fail", "b/CMakeLists.txt": "pass",
    }  # fmt: skip
    header = 'f.write("#define Z_FEATURE_INTEREST 0\\n")\n'
    rows = found({"a/build.py": header, **other}, "interest-disagrees")
    assert ("interest-disagrees", "fail", "a/build.py", 1) in rows


def test_a_configuration_of_sphinx_builds_nothing() -> None:
    """Its definitions are for the parser that reads the headers for the documentation."""
    files = {"docs/conf.py": 'hawkmoth_clang = ["-DZ_FEATURE_INTEREST=0"]\n'}
    assert examine("ZEN001", files).verdict is Verdict.NOT_APPLICABLE
