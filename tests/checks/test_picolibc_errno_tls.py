"""ESP001: what is flagged, what is not, what cannot be told."""

import pytest

from pitfalls.formats import c_library_cmake, c_library_rust, c_library_shell, errno_code
from pitfalls.model import PitfallResult, Verdict
from pitfalls.testing import examine, places

JUDGED = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.PASS)
LIBC = '"/usr/lib/picolibc/riscv64-unknown-elf/include"'
USER = {"node/src/glue.c": "#include <errno.h>\nint f(void) { return errno; }\n"}
OWN = {"node/include/errno.h": "extern int errno;\n#define EINVAL 22\n"}
DEFINED = {"node/src/errno.c": "int errno;\n"}


def cargo(*calls: str, before: str = "") -> dict[str, str]:
    """A package whose build script makes these calls on ``cc::Build``."""
    chain = "".join(f"        {call}\n" for call in calls)
    script = f"fn main() {{\n{before}    let mut build = cc::Build::new();\n    build\n{chain}"
    return {
        "node/Cargo.toml": '[package]\nname = "node"\n',
        "node/build.rs": script + "        ;\n}\n",
    }


def result(files: dict[str, str]) -> PitfallResult:
    """The result over a small tree."""
    report = examine("ESP001", files)
    assert not report.traceback
    return report


def found(files: dict[str, str], rule: str = "") -> list[tuple[str, str]]:
    """``(rule, verdict)`` of the findings that count, of one rule or of all."""
    rows = places(result(files), *JUDGED)
    return [(row[0], row[1]) for row in rows if not rule or row[0] == rule]


SPECS = '.flag("--specs=picolibc.specs")'


def test_errno_over_picolibc_without_set_up_fails() -> None:
    """Chosen by specs or by folder; used by own sources, or by zenoh-pico."""
    assert found(cargo(SPECS) | USER) == [("tls-errno", "fail")]
    assert found(cargo(f".include({LIBC})") | USER) == [("tls-errno", "fail")]
    pico = '    let sources = glob(zenoh_pico.join("src"));\n'
    assert found(cargo(SPECS, before=pico)) == [("tls-errno", "fail")]


def test_sources_that_cannot_be_seen_are_unknown() -> None:
    """Nothing of the target includes errno.h."""
    assert found(cargo(SPECS)) == [("tls-errno", "unknown")]


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("#if defined(NET_LWIP)\n#include <lwip.h>\n#elif defined(NET_NUTTX)", "unknown"),
        ("#ifdef __linux__", "unknown"),
        ("#ifndef NET_NUTTX", "fail"),
        ("#if defined(NET_NUTTX) || defined(NET_SMOLTCP)", "fail"),
        ("#ifdef NET_NUTTX\nint n;\n#else", "fail"),
    ],
)
def test_errno_of_a_system_with_its_own_library_is_not_picolibc_s(
    condition: str, verdict: str
) -> None:
    """A branch for NuttX or Linux is not compiled for bare metal."""
    glue = {"node/src/glue.c": f"{condition}\n#include <errno.h>\n#endif\n"}
    assert found(cargo(SPECS) | glue) == [("tls-errno", verdict)]


def test_a_start_up_that_sets_the_thread_pointer_is_right() -> None:
    """In assembly or through picolibc's own function."""
    for start in (
        {"node/start.S": "_start:\n    la tp, __tls_base\n    call main\n"},
        {"node/start.c": "void start(void) { _set_tls(__tls_base); main(); }\n"},
    ):
        assert found(cargo(SPECS) | USER | start) == [("tls-errno", "pass")]
    remark = {"node/start.c": "/* la tp, __tls_base */\nvoid start(void) { main(); }\n"}
    assert found(cargo(SPECS) | USER | remark) == [("tls-errno", "fail")]


def test_a_function_for_errno_is_right() -> None:
    """The library has a switch for a project's own errno."""
    define = '.define("__PICOLIBC_ERRNO_FUNCTION", "node_errno")'
    assert found(cargo(SPECS, define) | USER) == [("tls-errno", "pass")]


@pytest.mark.parametrize(
    ("option", "verdict"),
    [
        ("-Dthread-local-storage=false", "pass"),
        ("-Dnewlib-global-errno=true", "pass"),
        ("-Derrno-function=my_errno", "pass"),
        ("-Derrno-function=false", "fail"),
        ("-Dmultilib=false", "fail"),
    ],
)
def test_a_picolibc_that_the_tree_builds_with_a_plain_errno(option: str, verdict: str) -> None:
    """The library's own build options decide what its errno is."""
    recipe = (
        "ExternalProject_Add(picolibc CONFIGURE_COMMAND meson setup --cross-file c.txt\n"
        f"  {option} <BINARY_DIR> <SOURCE_DIR>)\n"
    )
    files = {
        "fw/CMakeLists.txt": 'include(cmake/picolibc.cmake)\nset(CMAKE_C_FLAGS "${CMAKE_C_FLAGS} '
        '-isystem ${PICOLIBC_INCLUDE_DIR}")\n',
        "fw/cmake/picolibc.cmake": recipe,
        "fw/main.c": "#include <errno.h>\nint f(void) { return errno; }\n",
    }
    assert found(files, "tls-errno") == [("tls-errno", verdict)]


def test_an_own_errno_header_must_be_found_first() -> None:
    """The order of GCC: -I in its order, then -isystem, those of the specs file first."""
    own, libc = '.include("include")', f".include({LIBC})"
    system = '.flag("-isystem").flag("include")'
    tree = USER | OWN | DEFINED
    right = [("errno-definition", "pass"), ("tls-errno", "pass")]
    lost = [("override-order", "fail")]
    assert found(cargo(own, libc) | tree) == right
    assert found(cargo(libc, own) | tree) == lost
    assert found(cargo(SPECS, own) | tree) == right
    assert found(cargo(SPECS, system) | tree) == lost
    assert found(cargo(system, libc) | tree) == lost
    assert found(cargo(system, f'.flag("-isystem").flag({LIBC})') | tree) == right


def test_a_header_that_the_build_writes_is_an_override() -> None:
    """Through a variable, as build scripts and shell scripts do."""
    write = (
        '    let shadow = out.join("errno");\n'
        '    fs::write(shadow.join("errno.h"), TEXT).unwrap();\n'
        "    let libc = picolibc_sysroot();\n"
    )
    files = cargo(".include(&shadow)", '.include(libc.join("include"))', before=write)
    assert found(files | USER | DEFINED, "tls-errno") == [("tls-errno", "pass")]
    script = (
        "OUT=build/errno\nPICO=third_party/zenoh-pico\n"
        'cat > "$OUT/errno.h" << EOF\nextern int errno;\nEOF\n'
        'FLAGS="-march=rv32imc --specs=picolibc.specs"\n'
        "for f in $PICO/src/*.c; do riscv-gcc $FLAGS -I$OUT -c $f -o x.o; done\n"
    )
    assert found({"c.sh": script} | DEFINED, "tls-errno") == [("tls-errno", "pass")]
    plain = script.replace("-I$OUT ", "")
    assert found({"c.sh": plain}, "tls-errno") == [("tls-errno", "fail")]
    late = script.replace("-I$OUT ", "-isystem $OUT ")
    assert found({"c.sh": late}) == [("override-order", "fail")]


def test_an_own_errno_is_defined_once() -> None:
    """Nowhere, or twice in one target, is worth a look."""
    files = cargo('.include("include")', SPECS) | USER | OWN
    rule = "errno-definition"
    assert found(files, rule) == [(rule, "warn")]
    assert found(files | DEFINED, rule) == [(rule, "pass")]
    assert found(files | DEFINED | {"node/src/more.c": "int errno = 0;\n"}, rule) == [
        (rule, "warn")
    ]
    rust = {"node/src/lib.rs": "#[no_mangle]\npub static mut errno: i32 = 0;\n"}
    assert found(files | rust, rule) == [(rule, "pass")]


def test_a_forced_header_must_keep_the_other_one_out() -> None:
    """A plain declaration, and picolibc's thread-local one after it, do not compile."""
    header = "extern int errno;\n"
    files = cargo(SPECS, '.flag("-include").flag("node/shadow.h")') | USER
    rule = "forced-include-conflict"
    assert found(files | {"node/shadow.h": header}) == [(rule, "fail")]
    guarded = {"node/shadow.h": "#define __SYS_ERRNO_H_\n" + header}
    assert found(files | guarded) == [(rule, "pass"), ("tls-errno", "pass")]


@pytest.mark.parametrize(
    ("before", "folder"),
    [
        (
            'let dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap());',
            'dir.join("include")',
        ),
        (
            'let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"));\n'
            '    let own = dir.join("c").join("../include");',
            "&own",
        ),
        ("", 'concat!(env!("CARGO_MANIFEST_DIR"), "/include")'),
        ('let dir = env::var("CARGO_MANIFEST_DIR").unwrap();', 'format!("{dir}/include")'),
        ('let dir = env::var("CARGO_MANIFEST_DIR").unwrap();', 'format!("{}/include", dir)'),
        ("", 'Path::new("include")'),
    ],
)
def test_a_folder_beside_the_build_script(before: str, folder: str) -> None:
    """However the path to it is put together."""
    files = cargo(f".include({folder})", SPECS, before=f"    {before}\n") | USER | OWN | DEFINED
    assert found(files, "tls-errno") == [("tls-errno", "pass")]
    other = files | {"node/other/errno.h": OWN["node/include/errno.h"]}
    del other["node/include/errno.h"]
    assert found(other, "tls-errno") == [("tls-errno", "fail")]


def test_a_header_that_the_build_script_writes_beside_itself() -> None:
    """It is found where the script puts it."""
    before = (
        '    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("made");\n'
        '    fs::write(dir.join("errno.h"), TEXT).unwrap();\n'
    )
    files = cargo(".include(&dir)", SPECS, before=before) | USER | DEFINED
    assert found(files, "tls-errno") == [("tls-errno", "pass")]


def test_the_literal_remedy_is_a_note() -> None:
    """No -include at all changes no verdict."""
    report = result(cargo(SPECS))
    assert [r[1] for r in places(report) if r[0] == "forced-include"] == ["note"]


LINKED = (
    "add_executable(i main.c)\n"
    "target_link_options(i PRIVATE --specs=picolibc.specs -nostartfiles)\n"
)


def test_functions_of_the_archive_that_keep_state() -> None:
    """Unless the project defines them, or sets TLS up."""
    rule = "archive-tls"
    files = {"i/CMakeLists.txt": LINKED, "i/main.c": "int main(void) { return rand(); }\n"}
    assert found(files, rule) == [(rule, "fail")]
    own = {"i/rand.c": "int rand(void) {\n    return 4;\n}\n"}
    assert found(files | own, rule) == [(rule, "pass")]
    start = {"i/start.S": "    la tp, __tls_base\n"}
    assert found(files | start, rule) == [(rule, "pass")]
    other = files | {"i/main.c": "int main(void) { dice.rand(); return my_rand(); }\n"}
    assert found(other, rule) == [(rule, "pass")]


def test_picolibcs_own_start_up_is_asked_for() -> None:
    """It sets the thread pointer."""
    files = {"i/CMakeLists.txt": LINKED, "i/main.c": "int main(void) { return rand(); }\n"}
    files["i/CMakeLists.txt"] = LINKED.replace("-nostartfiles)", "--crt0=hosted)")
    assert found(files, "archive-tls") == []


@pytest.mark.parametrize(
    ("linked", "verdict"),
    [
        ("target_link_options(i PRIVATE --specs=picolibc.specs -Tlink.ld)\n", "unknown"),
        ('set(CMAKE_C_FLAGS "${CMAKE_C_FLAGS} --specs=picolibc.specs")\n', "unknown"),
        ("target_link_options(i PRIVATE --specs=picolibc.specs -nostdlib)\n", "fail"),
        ("target_link_options(i PRIVATE -Tlink.ld)\n", "fail"),
    ],
)
def test_picolibcs_own_start_up_may_be_linked(linked: str, verdict: str) -> None:
    """Its specs file adds a crt0, which sets the thread pointer, unless start-up files are kept
    out."""
    build = "add_compile_options(--specs=picolibc.specs)\nadd_executable(i main.c)\n"
    files = {
        "i/CMakeLists.txt": build + linked,
        "i/main.c": "#include <errno.h>\nint main(void) { return errno + rand(); }\n",
    }
    assert {v for _, v in found(files)} == {verdict}
    elsewhere = {"i/cmake/options.cmake": "add_link_options(-nostartfiles)\n"}
    assert {v for _, v in found(files | elsewhere)} == {"fail"}


ASKS = (
    "find_program(CC NAMES riscv-none-elf-gcc)\n"
    "execute_process(COMMAND ${CC} --specs=picolibc.specs -print-sysroot\n"
    "    OUTPUT_VARIABLE ROOT)\n"
    'set(ROOT "/usr/lib/picolibc/riscv64-unknown-elf")\n'
)


def test_picolibc_is_not_handed_to_a_compiler_of_another_library() -> None:
    """The answer that counts is whether the compiler accepts the specs file."""
    assert found({"t.cmake": ASKS}) == [("mixed-libc", "fail")]
    checked = ASKS.replace("    OUTPUT", "    RESULT_VARIABLE RC\n    OUTPUT")
    assert found({"t.cmake": checked}) == [("mixed-libc", "pass")]
    alone = ASKS.replace("riscv-none-elf-gcc", "riscv64-unknown-elf-gcc")
    assert found({"t.cmake": alone}) == []
    esp = {
        "boards/esp32/c.sh": "riscv32-esp-elf-gcc -march=rv32imc --specs=picolibc.specs -c a.c\n"
    }
    assert found({"threadx.cmake": alone} | esp, "mixed-libc") == []  # of another board


def test_a_build_script_that_falls_back_to_a_fixed_folder() -> None:
    """Asking the compiler is worth nothing where the folder is taken after it said no; inside the
    branch of its yes the folder may be written out."""
    script = (
        "fn sysroot() -> Option<PathBuf> {\n"
        '    let probe = Command::new("riscv-none-elf-gcc")\n'
        '        .args(["--specs=picolibc.specs", "-print-sysroot"]).output().ok()?;\n'
        "    if probe.status.success() {\n        return Some(named(&probe));\n    }\n"
        '    let fallback = PathBuf::from("/usr/lib/picolibc/riscv64-unknown-elf");\n'
        "    fallback.exists().then_some(fallback)\n}\n"
    )
    outcome = result({"board/build.rs": script})
    assert places(outcome, Verdict.FAIL) == [("mixed-libc", "fail", "board/build.rs", 7)]
    fixed = 'PathBuf::from("/usr/lib/picolibc/riscv64-unknown-elf")'
    inside = script.replace("named(&probe)", fixed).replace(f"let fallback = {fixed}", "None")
    assert found({"board/build.rs": inside}, "mixed-libc") == [("mixed-libc", "pass")]
    guard = script.replace("if probe", "if !probe").replace(
        "return Some(named(&probe))", "return None"
    )
    assert found({"board/build.rs": guard}, "mixed-libc") == [("mixed-libc", "pass")]
    none = script.replace(f"let fallback = {fixed};\n    fallback", "let none")
    assert found({"board/build.rs": none}) == []


def test_what_this_is_not_about() -> None:
    """Newlib, hosted code, questions to the compiler, comments, Cortex-M's own function."""
    hosted = USER | {"node/build.rs": 'fn main() { cc::Build::new().file("glue.c"); }\n'}
    newlib = cargo('.flag("--specs=nano.specs")') | USER
    asked = {"c.sh": "root=$(riscv-gcc -march=rv32imc --specs=picolibc.specs -print-sysroot)\n"}
    remark = cargo(".opt_level(2)", before="    // never --specs=picolibc.specs\n") | USER
    own = {"node/m.c": "int *__errno(void) { return &value; }\nint bsd_errno;\n"}
    for files in (hosted, newlib, asked, remark, own):
        assert result(files).verdict is Verdict.NOT_APPLICABLE


def test_tables_of_build_data() -> None:
    """A board's table that asks for picolibc asks for the override as well."""
    table = "[arch.rv32]\nneeds_picolibc = true\n"
    assert found({"board.toml": table}) == [("tls-errno", "unknown")]
    both = table + "needs_errno_override = true\n"
    assert found({"board.toml": both} | DEFINED, "tls-errno") == [("tls-errno", "pass")]


def test_formats_give_nothing_for_files_without_picolibc() -> None:
    """Empty and unrelated text."""
    assert c_library_rust.parse(b"fn main() {}") is None
    assert c_library_cmake.parse(b"project(x)\n") is None
    assert c_library_shell.parse_shell(b"gcc -march=rv32imc -c a.c\n") is None
    assert c_library_shell.parse_make(b"") is None
    assert errno_code.parse(b"int main(void) { return 0; }\n") is None


def test_the_librarys_own_tree() -> None:
    """It compiles code that uses errno, and links no image; a copy of it is not own code."""
    library = {
        "picolibc.specs.in": "",
        "meson.build": "project('picolibc')\n",
        "libos/CMakeLists.txt": "picolibc_sources(kill.c)\nset(X picolibc)\n",
        "libos/kill.c": "#include <errno.h>\n",
    }
    whole = library | cargo(SPECS) | USER
    assert found(whole) == []
    copied = {f"vendor/picolibc/{path}": text for path, text in library.items()}
    assert found(copied | cargo(SPECS) | USER) == [("tls-errno", "fail")]
