"""Kconfig configuration files."""

from pitfalls.formats import kconfig
from pitfalls.formats.kconfig import Setting


def settings(text: bytes) -> tuple[Setting, ...]:
    """The settings of a file."""
    facts = kconfig.parse(text)
    return facts.settings if facts else ()


def test_values_with_lines() -> None:
    """Booleans, numbers and strings are kept as written, without quotes, with their line."""
    assert settings(b'# a\nCONFIG_A=y\nCONFIG_B=0x10\nCONFIG_C="a \\"b\\" # c"\n') == (
        Setting("A", "y", 2),
        Setting("B", "0x10", 3),
        Setting("C", 'a "b" # c', 4),
    )


def test_is_not_set() -> None:
    """The comment that Kconfig itself writes for a switched-off option means n."""
    assert settings(b"# CONFIG_A is not set\n") == (Setting("A", "n", 1),)


def test_comments_say_nothing() -> None:
    """A commented setting is none."""
    assert kconfig.parse(b"# CONFIG_A=y\n  #CONFIG_B=n\n") is None


def test_odd_bytes() -> None:
    """CRLF, NUL, a byte-order mark and bytes that are not UTF-8 do not stop the reading."""
    assert settings(b'\xef\xbb\xbfCONFIG_A=y\r\n\x00\xff\r\nCONFIG_B=n # why\r\nCONFIG_C="cut') == (
        Setting("A", "y", 1),
        Setting("B", "n", 3),
        Setting("C", '"cut', 4),
    )
