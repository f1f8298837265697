"""The version of zenoh-pico, and what C code declares on a session."""

from pitfalls.formats.zenoh_entities import parse_c
from pitfalls.formats.zenoh_version import Version, from_text, parse_version_txt, parse_west


def test_version_txt_holds_one_number() -> None:
    """A file with other text is not a version."""
    assert parse_version_txt(b"1.7.2\n") == Version(1, 7, 2)
    assert parse_version_txt(b"see 1.7.2\n") is None
    assert parse_version_txt(b"\xff\0") is None


def test_a_west_manifest_names_a_release_of_the_project() -> None:
    """The revision of zenoh-pico counts, in either order of the keys, with its line."""
    text = (
        b"manifest:\n  projects:\n    - name: zephyr\n      revision: v4.1.0\n"
        b"    - name: zenoh-pico\n      path: m\n      revision: 1.8.0 # pinned\n"
        b"    - name: other\n      revision: 2.0.0\n"
    )
    assert parse_west(text) == Version(1, 8, 0, 7)
    assert parse_west(b"- name: z\n  repo-path: zenoh-pico\n  revision: 1.9.0\n") == Version(
        1, 9, 0, 3
    )
    assert parse_west(b"- name: zenoh-pico\n  revision: main\n") is None
    assert parse_west(b"") is None


def test_a_tag_may_have_a_prefix() -> None:
    """Tags such as v1.9.0 are releases."""
    version = from_text("v1.9.0")
    assert version is not None
    assert version.text == "1.9.0"


def test_entities_are_counted_by_call() -> None:
    """Publishers and queriers send, subscribers and queryables receive."""
    found = parse_c(
        b"void f(void) {\n z_declare_publisher(a);\n z_declare_querier(b);\n"
        b" z_declare_background_subscriber(c);\n z_declare_queryable(d);\n z_declare_keyexpr(e);\n}"
    )
    assert found is not None
    assert (found.senders, found.receivers, found.repeated) == ((2, 3), (4, 5), False)


def test_a_declaration_in_a_loop_cannot_be_counted() -> None:
    """The number of rounds is not in the text."""
    found = parse_c(b"void f(void) { for (;;) { z_declare_publisher(a); } }")
    assert found is not None
    assert found.repeated


def test_code_without_declarations_has_no_facts() -> None:
    """Also when it is broken."""
    assert parse_c(b"z_declare_publisher") is None
    assert parse_c(b"\0((") is None
