"""The version of a zenoh-pico checkout: its ``version.txt``, or the revision in a west manifest."""

from __future__ import annotations

import re

import msgspec

from pitfalls.formats import decode

_NUMBER = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_PROJECT = re.compile(r"\s*-\s*(?:name|repo-path|url)\s*:|\s*-\s+\w+")


class Version(msgspec.Struct, frozen=True, order=True):
    """A release and the line that names it."""

    major: int
    minor: int
    patch: int
    line: int = 1

    @property
    def text(self) -> str:
        """``1.7.2``."""
        return f"{self.major}.{self.minor}.{self.patch}"


def from_text(text: str, line: int = 1) -> Version | None:
    """The version that a tag or a number names."""
    found = _NUMBER.search(text)
    return Version(int(found[1]), int(found[2]), int(found[3]), line) if found else None


def parse_version_txt(data: bytes) -> Version | None:
    """A file that holds nothing but a version number."""
    text = decode(data[:64]).strip()
    return from_text(text) if re.fullmatch(r"v?\d+\.\d+\.\d+[\w.+-]*", text) else None


def parse_west(data: bytes) -> Version | None:
    """The revision of the project ``zenoh-pico`` in a west manifest, when it is a release."""
    name, revision, line = "", "", 1
    for number, row in enumerate([*decode(data).splitlines(), "- name: end"], 1):
        row_text = row.split(" #")[0]
        if _PROJECT.match(row_text):
            if name == "zenoh-pico" and revision:
                return from_text(revision, line)
            name, revision = "", ""
        key, _, value = row_text.lstrip(" -").partition(":")
        value = value.strip().strip("\"'")
        if key == "name" or (key == "repo-path" and value == "zenoh-pico"):
            name = value
        elif key == "revision":
            revision, line = value, number
    return None
