"""``.config/nextest.toml``."""

import pytest

from pitfalls.formats import FormatError, nextest

TEXT = b"""
[profile.default]
test-threads = 2
[test-groups."two words"]
max-threads = 1
[test-groups.cpus]
max-threads = "num-cpus"

[[profile.default.overrides]]
filter = 'binary(a)'
test-group = "two words"

[[profile.ci.overrides]]
filter = "all()"
threads-required = "num-test-threads"

[[profile.default.overrides]]
platform = "cfg(unix)"
"""


def test_groups_profiles_and_overrides_have_their_lines() -> None:
    """Everything a finding can point at knows its line."""
    facts = nextest.parse(TEXT)
    assert [(g.name, g.max_threads, g.line) for g in facts.groups] == [
        ("two words", 1, 4),
        ("cpus", 0, 6),
    ]
    rows = [(o.profile, o.test_group, o.line, o.filter_line, o.group_line) for o in facts.overrides]
    assert rows == [
        ("default", "two words", 9, 10, 11),
        ("default", "", 17, 17, 17),
        ("ci", "", 13, 14, 13),
    ]
    assert [o.threads_required for o in facts.overrides] == [0, 0, -1]
    assert [(p.name, p.test_threads) for p in facts.profiles] == [("default", 2), ("ci", 0)]


def test_windows_line_ends_keep_the_lines() -> None:
    """CRLF files have the same lines."""
    crlf = TEXT.replace(b"\n", b"\r\n")
    assert nextest.parse(crlf) == nextest.parse(TEXT)


def test_what_is_not_toml_is_an_error_with_a_line() -> None:
    """A syntax error names its line."""
    with pytest.raises(FormatError) as caught:
        nextest.parse(b"[profile.default]\nx = = 1\n")
    assert caught.value.line == 2


def test_values_of_the_wrong_type_are_no_crash() -> None:
    """A table where a number is expected counts as not set."""
    facts = nextest.parse(
        b"test-groups = 3\n[profile]\ndefault = 1\n[profile.ci]\noverrides = 'x'\n"
    )
    assert facts.groups == ()
    assert facts.overrides == ()
