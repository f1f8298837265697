"""Pure parsers, one module a file format: the bytes of one file in, typed facts out.

A format knows no path and no project. It returns a :class:`msgspec.Struct` (so that facts can be
cached as plain data), returns None when the file holds nothing of interest, and raises
:class:`FormatError` when it cannot read the file. Facts count lines from 1.
"""

from __future__ import annotations


class FormatError(Exception):
    """A file that its format cannot read, with the line (from 1) and the reason."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def decode(data: bytes) -> str:
    """``data`` as text: UTF-8 (a byte-order mark is dropped), undecodable bytes replaced, lines
    ended by a line feed alone."""
    return data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
