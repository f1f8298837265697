"""Something derived from our own code and pages, kept beside the byte code.

Like byte code it is made anew when its sources change, and not written when Python is told to
write none or the folder is read-only.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from pathlib import Path


def _path(subject: str) -> Path:
    byte_code = Path(importlib.util.cache_from_source(__file__))
    return byte_code.with_name(f"{subject}.{sys.implementation.cache_tag}.snapshot")


def read(subject: str, name: str) -> bytes | None:
    """What was kept of ``subject`` for sources that ``name`` names; None when there is nothing."""
    try:
        head, _, kept = _path(subject).read_bytes().partition(b"\n")
    except OSError:
        return None
    return kept if head == name.encode() else None


def write(subject: str, name: str, data: bytes) -> None:
    """Keep ``data`` for sources that ``name`` names, as a whole or not at all."""
    if sys.dont_write_bytecode:
        return
    path = _path(subject)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        new.write_bytes(name.encode() + b"\n" + data)
        new.replace(path)
