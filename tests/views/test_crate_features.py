"""What a build selects, by Cargo's rules for features."""

from pitfalls.formats import cargo
from pitfalls.source import Located
from pitfalls.views.crate_features import CrateFeatures, Selected


def select(root: str, *, every: bool = False, **manifests: str) -> Selected:
    """The selection of ``root``; the manifests by the name of their folder."""
    found = [
        Located(
            f"{name}/Cargo.toml".removeprefix("workspace/"),
            cargo.parse((text if name == "workspace" else
                         f'[package]\nname = "{name.replace("_", "-")}"\n{text}').encode()),
        )
        for name, text in manifests.items()
    ]  # fmt: skip
    features = CrateFeatures(found)
    return features.every(root) if every else features.default(root)


def test_plain_dependencies_come_with_their_defaults() -> None:
    """Unless they are switched off."""
    lib = '[features]\ndefault = ["a"]\na = ["b"]\nb = []\n'
    on = select("app", app='[dependencies]\nlib = "1"\n', lib=lib)
    assert on == {"app": {"default"}, "lib": {"default", "a", "b"}}
    off = select("app", app="[dependencies]\nlib = { default-features = false }\n", lib=lib)
    assert off["lib"] == frozenset()


def test_features_are_the_union_of_all_users() -> None:
    """One crate of a build is compiled once."""
    found = select(
        "app",
        app='[dependencies]\nx = "1"\ny = "1"\n',
        x='[dependencies]\nlib = { default-features = false, features = ["a"] }\n',
        y='[dependencies]\nlib = { default-features = false, features = ["b"] }\n',
        lib="[features]\na = []\nb = []\n",
    )
    assert found["lib"] == {"a", "b"}


OPTIONAL = (
    '[features]\nnet = ["dep:lib"]\n[dependencies]\nlib = { version = "1", optional = true }\n'
)


def test_optional_dependencies_wait_for_a_feature() -> None:
    """`dep:` brings one in; so does a feature of its own name where no `dep:` names it."""
    assert set(select("app", app=OPTIONAL, lib="")) == {"app"}
    assert set(select("app", every=True, app=OPTIONAL, lib="")) == {"app", "lib"}
    implicit = OPTIONAL.replace('net = ["dep:lib"]', "")
    assert set(select("app", every=True, app=implicit, lib="")) == {"app", "lib"}
    by_name = OPTIONAL.replace('net = ["dep:lib"]', 'default = ["lib"]')
    assert set(select("app", app=by_name, lib="")) == {"app", "lib"}


def test_a_feature_of_a_dependency() -> None:
    """`x/f` brings x in; `x?/f` waits until something else does, in either order."""
    lib = "[features]\nf = []\n"
    head = '[dependencies]\nlib = { version = "1", optional = true }\n[features]\n'
    strong = select("app", app=head + 'default = ["lib/f"]\n', lib=lib)
    assert strong["lib"] == {"default", "f"}
    weak = select("app", app=head + 'default = ["lib?/f"]\n', lib=lib)
    assert "lib" not in weak
    for order in ('"lib?/f", "dep:lib"', '"dep:lib", "lib?/f"'):
        both = select("app", app=head + f"default = [{order}]\n", lib=lib)
        assert both["lib"] == {"default", "f"}


def test_a_weak_feature_of_a_plain_dependency() -> None:
    """It is there anyway."""
    found = select(
        "app", app='[features]\ndefault = ["lib?/f"]\n[dependencies]\nlib = "1"\n',
        lib="[features]\nf = []\n",
    )  # fmt: skip
    assert "f" in found["lib"]


def test_renamed_dependencies() -> None:
    """The manifest's name in features, the package's own in the build."""
    app = '[features]\ndefault = ["net/f"]\n[dependencies]\nnet = { package = "the-lib" }\n'
    assert select("app", app=app, the_lib="[features]\nf = []\n")["the_lib"] == {"default", "f"}


def test_a_workspace_decides_for_its_members() -> None:
    """Defaults and features of `[workspace.dependencies]`, with the member's own beside them."""
    root = '[workspace.dependencies]\nlib = { default-features = false, features = ["a"] }\n'
    app = '[dependencies]\nlib = { workspace = true, features = ["b"] }\n'
    found = select("app", workspace=root, app=app, lib="[features]\na = []\nb = []\ndefault = []\n")
    assert found["lib"] == {"a", "b"}


def test_tests_and_build_scripts_link_nothing() -> None:
    """Dependencies for one target count, those for development do not."""
    app = '[dev-dependencies]\nx = "1"\n[build-dependencies]\ny = "1"\n'
    app += "[target.'cfg(unix)'.dependencies]\nz = \"1\"\n"
    assert set(select("app", app=app, x="", y="", z="")) == {"app", "z"}


def test_circles_end() -> None:
    """Features that enable each other, crates that depend on each other."""
    app = '[features]\ndefault = ["a"]\na = ["b"]\nb = ["a"]\n[dependencies]\nlib = "1"\n'
    found = select("app", app=app, lib='[dependencies]\napp = "1"\n')
    assert found["app"] == {"default", "a", "b"}


def test_an_unknown_program_selects_nothing() -> None:
    """A name that no manifest has."""
    assert select("other", app="") == {}
