"""What a program is in a test, told by its name: long-running, short-lived, peer of a pair."""

from __future__ import annotations

import re

_LONG = re.compile(
    r"zenohd|zenoh_?router|\brouter|Router|qemu|agent|socat|mosquitto|broker|renode|openocd|gdb"
    r"|native[-_]?sim|zephyr|sitl|\bpx4|fvp|daemon|server|talker|listener|publisher|subscriber"
    r"|bridge|firmware|threadx|nuttx|freertos|\.elf\b|\"(?:/bin/)?(?:ba)?sh\"|node\b|echo|pub\b"
    r"|queryable|[-_](?:sub|pub)(?![a-z])",
    re.IGNORECASE,
)
_DEBUGGERS = re.compile(
    r"openocd|gdb-?server|lldb-server|JLink\w*|\bst-?util\b|pyocd|probe-rs|hw_server|\bgdb\b"
    r"|\borb(?:uculum|cat|top|trace)\b",
    re.IGNORECASE,
)
_SHORT = frozenset(
    {
        "cargo", "rustc", "git", "cmake", "make", "ninja", "west", "gcc", "cc", "clang", "just",
        "ss", "ip", "tc", "cp", "rm", "mkdir", "cat", "ls", "which", "ps", "objdump", "nm", "size",
        "arm-none-eabi-objcopy", "colcon", "rustup", "kill", "pkill", "killall", "fuser", "sysctl",
        "sed", "grep", "diff", "patch", "tar", "curl", "xargs", "idf.py", "espflash", "true",
        "sleep",
    }
)  # fmt: skip


def long_running(names: str) -> bool | None:
    """True for routers, emulators, agents, shells and peers; None when the names do not tell."""
    return True if _LONG.search(names) else None


def is_debugger(names: str) -> bool:
    """Whether a program serves a developer's probe or debugger: a tool of the bench."""
    return _DEBUGGERS.search(names) is not None


def short_lived(program: str, names: list[str]) -> bool:
    """Whether a program is a tool that ends by itself."""
    plain = program.strip('"').rpartition("/")[2]
    env = re.search(r"env!\(\"CARGO\"\)|\"CARGO\"", " ".join(names))
    return plain in _SHORT or env is not None


Side = str
"""``receiver`` (subscriber, server) or ``sender`` (publisher, client); empty when not told."""

_OTHER = re.compile(
    r"zenohd|router|agent|broker|bridge|daemon|socat|pty|debug_?(?:ger|server|client)|gdb|openocd",
    re.IGNORECASE,
)
_ROLES: tuple[tuple[str, Side, re.Pattern[str]], ...] = tuple(
    (kind, side, re.compile(pattern, re.IGNORECASE))
    for kind, side, pattern in (
        ("topic", "receiver", r"listener|subscriber|topic[_ ]echo|(?<![a-z])sub(?![a-z])"),
        ("topic", "sender", r"talker|publisher|topic[_ ]pub(?![a-z])|(?<![a-z])pub(?![a-z])"),
        ("service", "receiver", r"server|queryable|(?<![a-z])replier"),
        ("service", "sender", r"client|service[_ ]call|send[_ ]goal|(?<![a-z])z_get\b|requester"),
    )
)


def is_between(text: str) -> bool:
    """Whether a name is that of a router, an agent or a line between the peers."""
    return _OTHER.search(text) is not None


def role(*texts: str) -> tuple[str, Side]:
    """``(topic or service, side)`` by the first of ``texts`` that names exactly one role."""
    for text in texts:
        found = {(kind, side) for kind, side, pattern in _ROLES if pattern.search(text)}
        if len(found) == 1 and not _OTHER.search(text):
            return found.pop()
    return "", ""
