"""BLD003: features of which only one may be enabled."""

import pytest

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

PAIR = '#[cfg(all(feature = "{0}", feature = "{1}"))]\ncompile_error!("{2}");\n'


def found(result: PitfallResult) -> set[tuple[str, str]]:
    """Rule and verdict of everything that is no note."""
    return {(r, v) for r, v, _, _ in places(result) if v != "note"}


def crate(
    features: str, lib: str = "", *, dependencies: str = "", name: str = "hal", **more: str
) -> dict[str, str]:
    """The files of a crate in a folder of its own name."""
    manifest = f'[package]\nname = "{name}"\n[features]\n{features}[dependencies]\n{dependencies}'
    files = {f"{name}/Cargo.toml": manifest, f"{name}/src/lib.rs": lib}
    return files | {f"{name}/{path.replace('_', '.')}": text for path, text in more.items()}


DECLARED = "# Chip (select one)\nchip-a = []\nchip-b = []\nchip-c = []\n"
UNGUARDED = {("unguarded-pair", "fail")}
GUARDED = {("unguarded-pair", "pass")}


def test_a_declared_set_without_a_guard_fails() -> None:
    """The comment is in Cargo.toml, above the features."""
    result = examine("BLD003", crate(DECLARED))
    assert found(result) == UNGUARDED
    assert "chip-a + chip-b" in result.findings[0].message


def test_the_features_that_begin_alike_are_meant() -> None:
    """A feature of another kind that follows without an empty line is none of the alternatives."""
    lines = "# exactly one of these\nrate-low = []\nrate-high = []\nno-counters = []\n"
    (finding,) = examine("BLD003", crate(lines)).findings
    assert "rate-low|rate-high]" in f"{finding.subject}]".replace(" ", "").replace(":", ": ")
    assert "no-counters" not in finding.message


def test_a_template_of_a_manifest_is_no_crate() -> None:
    """Cargo cannot read it before something fills in the path."""
    files = crate(DECLARED, dependencies='core = { path = "@ROOT@/core" }\n')
    assert examine("BLD003", files).verdict is Verdict.NOT_APPLICABLE
    files = crate(DECLARED, dependencies='core = { path = "../core" }\n')
    assert found(examine("BLD003", files)) == UNGUARDED


@pytest.mark.parametrize(
    "comment",
    [
        "//! **Chip** (select one):\n//! - `chip-a` - one\n//! - `chip-b` - other\n",
        "//! `chip-a` and `chip-b` are mutually exclusive.\n",
        "//! Enable exactly one of `chip-a`, `chip-b`.\n",
    ],
)
def test_declarations_in_documentation(comment: str) -> None:
    """A list that follows, or names in the same sentence."""
    assert found(examine("BLD003", crate("chip-a = []\nchip-b = []\n", comment))) == UNGUARDED
    guard = PAIR.format("chip-a", "chip-b", "pick one")
    result = examine("BLD003", crate("chip-a = []\nchip-b = []\n", comment + guard))
    assert found(result) == GUARDED


@pytest.mark.parametrize(
    "comment",
    [
        "//! `chip-a` and `chip-b` are not mutually exclusive.\n",
        "//! Enable at least one of `chip-a`, `chip-b`.\n",
        "//! Select one or more of `chip-a`, `chip-b`.\n",
        "//! `chip-a` and `chip-b` are fast.\n",
        "//! The locks `first` and `second` are mutually exclusive.\n",
    ],
)
def test_what_is_not_declared_is_not_looked_at(comment: str) -> None:
    """Additive features, and words about other things than features."""
    result = examine("BLD003", crate("chip-a = []\nchip-b = []\n", comment))
    assert result.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "guard",
    [
        '#[cfg(any(all(feature = "chip-a", feature = "chip-b"),\n'
        '  all(feature = "chip-a", feature = "chip-c"),\n'
        '  all(feature = "chip-b", feature = "chip-c")))]\ncompile_error!("one");\n',
        '#[cfg(all(feature = "chip-a", any(feature = "chip-b", feature = "chip-c")))]\n'
        'compile_error!("one");\n' + PAIR.format("chip-b", "chip-c", "one"),
        'check_exclusive!("chip-a", "chip-b", "chip-c");\n',
        'const _: () = assert!(cfg!(feature = "chip-a") as u8 + cfg!(feature = "chip-b") as u8\n'
        '    + cfg!(feature = "chip-c") as u8 == 1);\n',
        'cfg_if! { if #[cfg(all(not(doc), any(all(feature = "chip-a", feature = "chip-b"), '
        'all(feature = "chip-a", feature = "chip-c"), all(feature = "chip-b", '
        'feature = "chip-c"))))] { compile_error!("one"); } }\n',
    ],
)
def test_every_spelling_of_a_guard(guard: str) -> None:
    """Predicates are evaluated, not compared as text; macros and assertions list features."""
    assert found(examine("BLD003", crate(DECLARED, guard))) == GUARDED


def test_an_at_least_one_guard_is_no_guard_against_two() -> None:
    """`not(any(…))` fires for none."""
    guard = '#[cfg(not(any(feature = "chip-a", feature = "chip-b", feature = "chip-c")))]\n'
    result = examine("BLD003", crate(DECLARED, guard + 'compile_error!("select a chip");\n'))
    assert found(result) == UNGUARDED


def test_a_member_that_was_added_later() -> None:
    """A guard for one pair of three declares the axis, too."""
    guard = PAIR.format("chip-a", "chip-b", "select one chip")
    result = examine("BLD003", crate(DECLARED, guard))
    assert found(result) == UNGUARDED
    assert "chip-a + chip-c" in result.findings[0].message
    assert "chip-a + chip-b" not in result.findings[0].message


def test_a_build_script_that_counts() -> None:
    """One by one, or by the beginning of the name."""
    names = ", ".join(f'"CARGO_FEATURE_CHIP_{x}"' for x in "ABC")
    count = f'fn main() {{ if [{names}].iter().count() > 1 {{ panic!("one"); }} }}\n'
    assert found(examine("BLD003", crate(DECLARED, build_rs=count))) == GUARDED
    starts = (
        'fn main() { let n = env::vars().filter(|(k, _)| k.starts_with("CARGO_FEATURE_CHIP_"))'
        '.count();\nif n > 1 { panic!("multiple chips"); } }\n'
    )
    assert found(examine("BLD003", crate(DECLARED, build_rs=starts))) == GUARDED
    reads = f'fn main() {{ for n in [{names}] {{ println!("{{n}}"); }} }}\n'
    assert found(examine("BLD003", crate(DECLARED, build_rs=reads))) == UNGUARDED


def test_a_crate_that_forwards_to_a_guarded_one_passes() -> None:
    """The guard sits where the features are used."""
    guard = PAIR.format("a", "b", "one chip")
    inner = crate("a = []\nb = []\n", guard, name="inner")
    outer = crate(
        "# select one\nchip-a = [\"inner/a\"]\nchip-b = [\"inner/b\"]\n",
        dependencies='inner = { path = "../inner" }\n', name="outer",
    )  # fmt: skip
    assert found(examine("BLD003", inner | outer)) == GUARDED
    inner["inner/src/lib.rs"] = ""
    assert ("unguarded-pair", "fail") in found(examine("BLD003", inner | outer))


def test_what_a_crate_of_others_refuses_is_not_told() -> None:
    """A chip that is only passed on to a HAL outside of the tree: the HAL may refuse two."""
    passed = "# exactly one of these\nchip-a = [{0}]\nchip-b = [{1}]\n"
    told = crate(passed.format('"hal/a"', '"hal/b"'), name="board")
    assert found(examine("BLD003", told)) == {("unguarded-pair", "unknown")}
    for first, second in (('"hal/a"', '"pac/b"'), ('"hal/a"', '"hal/a"'), ("", '"hal/b"')):
        here = crate(passed.format(first, second), name="board")
        assert found(examine("BLD003", here)) == UNGUARDED
    ours = crate("a = []\nb = []\n")
    assert found(examine("BLD003", told | ours)) == UNGUARDED


def test_a_final_crate_is_a_warning() -> None:
    """Without a library nobody else can ask for a second member."""
    files = crate(DECLARED)
    files["hal/src/main.rs"] = files.pop("hal/src/lib.rs")
    assert found(examine("BLD003", files)) == {("unguarded-pair", "warn")}


def test_a_bridge_has_no_axis() -> None:
    """Several members at once are its purpose."""
    assert found(examine("BLD003", crate(DECLARED, name="rmw-bridge"))) == set()


def test_a_capability_of_the_same_prefix_is_no_member() -> None:
    """Shared by members, or named alike only."""
    features = (
        '# Chip (select one)\nchip-a = ["chip-dma"]\nchip-b = ["chip-dma"]\n\nchip-dma = []\n'
    )
    guard = PAIR.format("chip-a", "chip-b", "one")
    assert found(examine("BLD003", crate(features, guard))) == GUARDED


def test_a_base_that_all_members_enable_is_no_member() -> None:
    """It stands in the same group of the manifest."""
    features = '# Select one chip\nchip = []\nchip-a = ["chip"]\nchip-b = ["chip"]\n'
    guard = PAIR.format("chip-a", "chip-b", "one")
    assert found(examine("BLD003", crate(features, guard))) == GUARDED


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ('rmw-c = ["dep:c", "node/rmw-c"]\n', UNGUARDED),
        ('rmw-lending = ["node/rmw-lending"]\n', GUARDED),
    ],
)
def test_a_backend_that_was_added_later(later: str, expected: set[tuple[str, str]]) -> None:
    """It brings its own dependency, like the others; a capability of that prefix does not."""
    features = 'rmw-a = ["dep:a", "node/rmw-a"]\nrmw-b = ["dep:b", "node/rmw-b"]\n\n' + later
    lib = "//! Select one: `rmw-a`, `rmw-b`\n" + PAIR.format("rmw-a", "rmw-b", "one")
    assert found(examine("BLD003", crate(features, lib))) == expected


def test_a_base_of_backends_that_were_added_later_is_no_member() -> None:
    """Those enable it by design, so that none of them implies another member."""
    features = (
        'rmw-a = ["dep:a", "node/rmw-a"]\nrmw-b = ["dep:b", "node/rmw-b"]\n'
        'rmw-c = ["dep:c", "node/rmw-c"]\n'
        'rmw-d = ["rmw-c", "dep:d", "node/rmw-d"]\nrmw-e = ["rmw-c", "dep:e", "node/rmw-e"]\n'
    )
    lib = "//! Select one: `rmw-a`, `rmw-b`\n" + PAIR.format("rmw-a", "rmw-b", "one")
    assert found(examine("BLD003", crate(features, lib))) == UNGUARDED


def test_a_backend_that_adds_to_one_that_was_added_later_is_guarded_with_it() -> None:
    """Whoever chooses it has that one, and with that one's guards it is refused beside others."""
    features = (
        'rmw-a = ["dep:a", "node/rmw-a"]\nrmw-b = ["dep:b", "node/rmw-b"]\n'
        'rmw-c = ["dep:c", "node/rmw-c"]\nrmw-c-more = ["rmw-c", "dep:d", "node/rmw-c-more"]\n'
    )
    guards = [PAIR.format(*pair, "one") for pair in (("rmw-a", "rmw-b"), ("rmw-a", "rmw-c"))]
    lib = "//! Select one: `rmw-a`, `rmw-b`\n" + "".join(guards)
    assert found(examine("BLD003", crate(features, lib))) == UNGUARDED
    lib += PAIR.format("rmw-b", "rmw-c", "one")
    assert found(examine("BLD003", crate(features, lib))) == GUARDED


def test_members_that_imply_each_other_and_defaults() -> None:
    """Each explicit choice is a second one then."""
    guard = PAIR.format("chip-a", "chip-b", "select one")
    features = 'default = ["chip-a"]\nchip-a = []\nchip-b = ["chip-a"]\n'
    rules = found(examine("BLD003", crate(features, "//! Pick one: `chip-a`, `chip-b`\n" + guard)))
    assert {("implied-member", "fail"), ("default-member", "warn")} <= rules


def test_defaults_that_leak() -> None:
    """A crate that chooses the features of a dependency and still takes its defaults."""
    inner = crate(
        'default = ["platform-aliases"]\nplatform-aliases = []\na = []\nb = []\n', name="sys"
    )
    chooses = 'a = ["sys/a"]\nb = ["sys/b"]\n'
    rows = {
        'sys = { path = "../sys" }\n': {("default-leak", "warn")},
        'sys = { path = "../sys", default-features = false }\n': set(),
    }
    for dependency, expected in rows.items():
        outer = crate(chooses, dependencies=dependency, name="outer")
        assert found(examine("BLD003", inner | outer)) == expected


def test_two_panic_handlers() -> None:
    """Two features that each define what a program has once are an axis without any comment."""
    item = '#[cfg(feature = "{0}")]\n#[panic_handler]\nfn {0}(_: &PanicInfo) -> ! {{ loop {{}} }}\n'
    lib = item.format("halt") + item.format("semihosting")
    assert found(examine("BLD003", crate("halt = []\nsemihosting = []\n", lib))) == UNGUARDED


def test_a_macro_that_cannot_be_expanded_is_unknown() -> None:
    """Its expansion would decide."""
    macro = "macro_rules! refuse { ($a:literal) => { #[cfg(all($a))] compile_error!($a); } }\n"
    assert found(examine("BLD003", crate(DECLARED, macro))) == {("unguarded-pair", "unknown")}


OPTIONS = '# Enable only one of these\noption(DRIVER_A "a" ON)\noption(DRIVER_B "b" OFF)\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OPTIONS, {("cmake-options", "warn")}),
        (
            OPTIONS + 'if(DRIVER_A AND DRIVER_B)\n  message(FATAL_ERROR "one")\nendif()\n',
            {("cmake-options", "pass")},
        ),
        ('option(A "a" ON)\noption(B "b" OFF)\n', set()),
        ('# select one\nset(DRIVER a CACHE STRING "a or b")\n', set()),
    ],
)
def test_cmake_options(text: str, expected: set[tuple[str, str]]) -> None:
    """Options are declared exclusive by the comment above them; a STRING is by construction."""
    assert found(examine("BLD003", {"CMakeLists.txt": text})) == expected


def test_a_kconfig_choice_is_exclusive_by_construction() -> None:
    """It is the evidence of a tree that has nothing else."""
    text = 'choice\n\tprompt "Driver"\nconfig A\n\tbool\nconfig B\n\tbool\nendchoice\n'
    assert found(examine("BLD003", {"Kconfig": text})) == GUARDED


@pytest.mark.parametrize(
    "body",
    [
        '["CHIP_A", "CHIP_B", "CHIP_C"].iter().filter(|f| set(format!("CARGO_FEATURE_{f}")))'
        '.count();\n    if n > 1 { panic!("one chip"); }',
        '["chip-a", "chip-b", "chip-c"].iter().filter(|f| set(format!("CARGO_FEATURE_{}", up(f))))'
        '.count();\n    assert!(n <= 1, "only one chip");',
    ],
)
def test_a_build_script_may_spell_the_names_of_its_variables(body: str) -> None:
    """The rest of the name comes from a list."""
    assert found(
        examine("BLD003", crate(DECLARED, build_rs=f"fn main() {{ let n = {body} }}\n"))
    ) == (GUARDED)


@pytest.mark.parametrize("form", ['cfg!(feature = "{0}")', 'env::var("CARGO_FEATURE_{1}").is_ok()'])
def test_a_build_script_that_stops_for_both(form: str) -> None:
    """Two at once and a panic; in a library that is a panic of the program, and no refusal."""
    pair = "# select one\nchip-a = []\nchip_b = []\n"
    one, two = form.format("chip-a", "CHIP_A"), form.format("chip_b", "CHIP_B")
    text = f'fn main() {{ if {one} && {two} {{ panic!("one chip"); }} }}\n'
    assert found(examine("BLD003", crate(pair, build_rs=text))) == GUARDED
    assert found(examine("BLD003", crate(pair, lib=text))) == UNGUARDED
    assert found(examine("BLD003", crate(pair, build_rs=text.replace("&&", "||")))) == UNGUARDED


def test_a_sum_in_a_constant_and_a_macro_alone_are_guards() -> None:
    """Also where nothing else in the file names features."""
    total = " + ".join(f'cfg!(feature = "chip-{x}") as usize' for x in "abc")
    lib = f"const N: usize = {total};\nconst _: () = assert!(N <= 1);\n"
    assert found(examine("BLD003", crate(DECLARED, lib))) == GUARDED
    assert found(examine("BLD003", crate(DECLARED, lib.replace("N <= 1", "M <= 1")))) == UNGUARDED
    for name in ("assert_unique_feature", "allow_single_chip_feature", "only_one_feature"):
        macro = f'{name}!("chip-a", "chip-b", "chip-c");\n'
        assert found(examine("BLD003", crate(DECLARED, macro))) == GUARDED, name


def test_features_that_cannot_be_enabled_together_are_declared_exclusive() -> None:
    """Words without `one`; what can be used together is none."""
    lines = "# {0} be enabled together\nrmw-a = []\nrmw-b = []\n"
    assert found(examine("BLD003", crate(lines.format("These cannot")))) == UNGUARDED
    assert found(examine("BLD003", crate(lines.format("These can")))) == set()


def test_one_symbol_of_two_features_is_an_axis() -> None:
    """Each exports the function that C links; under `not` of the other there is no pair."""
    text = (
        '#[cfg(feature = "a")]\n#[unsafe(no_mangle)]\n'
        'pub extern "C" fn z_malloc(n: usize) -> *mut u8 {{ a::get(n) }}\n'
        '#[cfg({0})]\n#[unsafe(no_mangle)]\n'
        'pub extern "C" fn z_malloc(n: usize) -> *mut u8 {{ b::get(n) }}\n'
    )  # fmt: skip
    files = crate("a = []\nb = []\n", text.format('feature = "b"'))
    assert found(examine("BLD003", files)) == UNGUARDED
    files = crate("a = []\nb = []\n", text.format('all(feature = "b", not(feature = "a"))'))
    assert found(examine("BLD003", files)) == set()


def test_a_feature_that_asks_for_another_excludes_nothing() -> None:
    """`colors` without `log` is pointless, not the two together; nor does a panic that follows
    later concern the condition."""
    features = "colors = []\nlog = []\ndefault = []\n"
    asks = 'if cfg!(feature = "colors") && !cfg!(feature = "log") {{ {0} }}\n'
    both = 'if cfg!(feature = "colors") && cfg!(feature = "log") {{ {0} }}\n'
    stop, tell = 'panic!("no");', 'println!("cargo:warning=odd");'
    other = 'if std::env::var("X").is_ok() { panic!("X is gone"); }\n'
    for body, expected in (
        (asks.format(stop), set()),
        (asks.format(tell) + other, set()),
        (both.format(tell) + other, set()),
        (both.format(stop), GUARDED),
    ):
        files = crate(features, build_rs=f"fn main() {{\n{body}}}\n")
        assert found(examine("BLD003", files)) == expected, body


def test_all_features_that_define_one_symbol_are_one_axis() -> None:
    """One finding, however many pairs nothing refuses."""
    names = ("console", "file", "network")
    body = "".join(
        f'#[cfg(feature = "{name}")]\n#[no_mangle]\npub extern "C" fn default_log() {{}}\n'
        for name in names
    )
    features = "".join(f"{name} = []\n" for name in names)
    result = examine(
        "BLD003",
        {
            "Cargo.toml": f'[package]\nname = "logs"\n[features]\n{features}',
            "src/lib.rs": body,
        },
    )
    failing = [f for f in result.findings if f.verdict is Verdict.FAIL]
    assert [(f.place.line, f.subject) for f in failing] == [(2, "logs: console|file|network")]
    assert "each defines the symbol default_log" in failing[0].message


TWO = "chip-a = []\nchip-b = []\n"


def test_a_build_script_may_test_a_predicate() -> None:
    """`cfg!(all(…))` and a panic, or an error that cargo shows; a warning refuses nothing."""
    test = 'fn main() {{ if cfg!(all(feature = "chip-a", feature = "chip-b")) {{ {0} }} }}\n'
    declared = f"# select one\n{TWO}"
    for stop in ('panic!("one chip");', 'println!("cargo::error=one chip");'):
        result = examine("BLD003", crate(declared, build_rs=test.format(stop)))
        assert found(result) == GUARDED, stop
    tells = test.format('println!("cargo:warning=one chip");')
    assert found(examine("BLD003", crate(declared, build_rs=tells))) == UNGUARDED
    asks = test.replace('feature = "chip-b"', 'not(feature = "chip-b")').format('panic!("b");')
    assert found(examine("BLD003", crate(declared, build_rs=asks))) == UNGUARDED


def test_a_build_script_may_count_every_feature() -> None:
    """All variables of the prefix, and a sum that must be one."""
    names = '["chip-a", "chip-b"].iter().map(|n| format!("CARGO_FEATURE_{}", up(n)))'
    for body in (
        'let n: Vec<_> = vars().filter_map(|(k, _)| k.strip_prefix("CARGO_FEATURE_")).collect();\n'
        'if n.len() > 1 { println!("cargo::error=two chips"); }',
        f'assert!({names}.map(is_set).sum::<i32>() == 1, "which chip?");',
    ):
        script = f"fn main() {{ {body} }}\n"
        assert found(examine("BLD003", crate(f"# select one\n{TWO}", build_rs=script))) == GUARDED


def test_attributes_that_stand_together_must_all_hold() -> None:
    """Three pairs as three attributes of one error: it fires for all three features only."""
    attributes = "".join(
        f'#[cfg(all(feature = "chip-{x}", feature = "chip-{y}"))]\n' for x, y in ("ab", "ac", "bc")
    )
    error = 'compile_error!("Only a single chip feature can be chosen.");\n'
    result = examine("BLD003", crate(TWO + "chip-c = []\n", attributes + error))
    assert found(result) == UNGUARDED
    assert "chip-a + chip-b" in result.findings[0].message


def test_a_guard_that_names_no_feature_of_the_crate_never_fires() -> None:
    """Its message tells which are meant; an optional dependency is a feature."""
    guard = PAIR.format("chip-a", "chip-bb", "You may only enable one chip.")
    (finding,) = examine("BLD003", crate(TWO, guard)).findings
    assert finding.verdict is Verdict.FAIL
    assert "chip-bb, which is no feature" in finding.message
    optional = 'chip-bb = { version = "1", optional = true }\n'
    assert found(examine("BLD003", crate(TWO, guard, dependencies=optional))) == set()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("No chip was chosen! Exactly one chipx feature must be enabled.", UNGUARDED),
        ("Please select one of the chips, or `any-chip`.", set()),
    ],
)
def test_an_error_for_no_choice(words: str, expected: set[tuple[str, str]]) -> None:
    """`exactly one` rules out two, `select one` asks for one at least; what all chips enable, and
    a way out, are no members."""
    features = 'chosen = []\nany-chip = []\nchip-a = ["chosen"]\nchip-b = ["chosen"]\n'
    guard = (
        f'#[cfg(not(any(feature = "chosen", feature = "any-chip")))]\ncompile_error!("{words}");'
    )
    result = examine("BLD003", crate(features, guard))
    assert found(result) == expected
    if expected:
        assert result.findings[0].subject == "hal: chip-a|chip-b"


def test_that_there_is_only_one_feature_declares_nothing() -> None:
    """It tells how the features are cut."""
    note = "# the library has only one feature for similar chips\n"
    assert found(examine("BLD003", crate(note + TWO))) == set()
