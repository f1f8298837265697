"""What a configuration header of zenoh-pico says about threads and about the socket timeout."""

from __future__ import annotations

import msgspec

from pitfalls.formats import cpp
from pitfalls.formats.cpp import Macro


class Timeout(msgspec.Struct, frozen=True):
    """``Z_CONFIG_SOCKET_TIMEOUT`` in milliseconds where ``platform`` is defined (empty: none is);
    ``value`` is None when the text does not decide it."""

    platform: str
    value: int | None
    line: int
    guarded: bool


class ZenohTimeouts(msgspec.Struct, frozen=True):
    """One header. ``threads`` is Z_FEATURE_MULTI_THREAD, None when it is not set, not decided, or
    only a default that a build may override."""

    timeouts: tuple[Timeout, ...]
    threads: int | None
    threads_line: int

    def of(self, platform: str) -> Timeout | None:
        """The timeout on one platform."""
        return next((t for t in self.timeouts if t.platform == platform), None)


NAME, THREADS = "Z_CONFIG_SOCKET_TIMEOUT", "Z_FEATURE_MULTI_THREAD"
PLATFORMS = ("", "ZENOH_ZEPHYR")


def parse(data: bytes) -> ZenohTimeouts | None:
    """The header by itself, read once for each platform."""
    found = []
    threads: Macro | None = None
    for platform in PLATFORMS:
        given = {platform: Macro(platform, "defined", "1", 1, 0)} if platform else {}
        header = cpp.preprocess(data, predefined=given, wanted=lambda name, _: name in _WANTED)
        macro = header.get(NAME)
        if macro is not None and macro.state != "undefined":
            found.append(Timeout(platform, macro.value, macro.line, macro.guarded))
        threads = threads or header.get(THREADS)
    if not found and threads is None:
        return None
    if threads is None or threads.guarded:
        return ZenohTimeouts(tuple(found), None, 0)
    value, line = threads.value, threads.line
    return ZenohTimeouts(tuple(found), value, line)


_WANTED = frozenset({NAME, THREADS})
