"""Numbers by name: what is looked for in a folder's headers, and how."""

from typing import cast

from pitfalls.source import Source
from pitfalls.views.header_macros import header_macros

HEADER = b"#define DEPTH 512\n#define MY_DEPTH 1024\n"


class Folder:
    """One header with numbers; remembers the patterns that files were searched for."""

    def __init__(self, path: str = "fw/config.h", *others: str) -> None:
        self.path = path
        self.paths = (*others, path)
        self.patterns: list[bytes] = []

    def matches(self, path: str, pattern: bytes) -> bool:
        """Whether the pattern may be found."""
        self.patterns.append(pattern)
        return path == self.path

    def read(self, path: str) -> bytes | None:
        """The header."""
        return HEADER if path == self.path else None


def test_only_names_are_looked_for_and_by_a_plain_beginning() -> None:
    """A pattern that begins with the name itself is searched for fast; an expression is no name."""
    folder = Folder()
    find = header_macros(cast("Source", folder), "fw")
    found = find("DEPTH", "fw/main.c")
    assert found is not None
    assert (found[0], found[1].line) == ("512", 1)
    assert folder.patterns == [rb"DEPTH\b"]
    assert find("sizeof struct frame", "fw/main.c") is None
    assert len(folder.patterns) == 1


def test_headers_beside_the_user_come_first() -> None:
    """In a folder of more headers than are searched."""
    folder = Folder("fw/user/net.h", *(f"fw/chip/part{n}.h" for n in range(400)))
    find = header_macros(cast("Source", folder), "fw")
    assert find("DEPTH", "fw/user/net.c") is not None
    assert header_macros(cast("Source", folder), "fw")("DEPTH", "fw/main.c") is None
