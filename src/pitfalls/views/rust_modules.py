"""Whether a Rust file is part of its crate: a ``mod``, ``#[path]`` or ``include!`` leads to it."""

from __future__ import annotations

import re
from collections.abc import Callable

_CFG = re.compile(rb"#\s*\[\s*cfg\s*\((.{1,200}?)\)\s*\]", re.DOTALL)
_ROOTS = frozenset({"lib.rs", "main.rs", "build.rs"})
_ROOT_FOLDERS = frozenset({"bin", "tests", "examples", "benches"})
_MAX_DEPTH = 12


def is_live(path: str, read: Callable[[str], bytes | None]) -> bool:
    """Follows the chain of modules upwards; C files, and files whose parent is not there, are
    live, as are files outside ``src``."""
    for _ in range(_MAX_DEPTH):
        folder, _, name = path.rpartition("/")
        if not name.endswith(".rs") or name in _ROOTS:
            return True
        parts = folder.split("/")
        if parts[-1] in _ROOT_FOLDERS or "src" not in parts:
            return True
        module = parts[-1] if name == "mod.rs" else name.removesuffix(".rs")
        above = "/".join(parts[:-1]) if name == "mod.rs" else folder
        options = [f"{above}/{root}" for root in ("lib.rs", "main.rs", "mod.rs")]
        options.append(f"{above}.rs")
        texts = {option: data for option in options if (data := read(option)) is not None}
        if not texts:
            return True
        leads = re.compile(
            rb"\bmod\s+"
            + re.escape(module.encode())
            + rb"\b|\"(?:[^\"\n]*/)?"
            + re.escape(name.encode())
            + rb'"'
        )
        parent = next((option for option, data in texts.items() if leads.search(data)), None)
        if parent is None:
            return False
        path = parent
    return True


def module_conditions(path: str, read: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """The predicates of ``#[cfg(…)]`` above the ``mod`` lines that lead to a Rust file."""
    found: list[str] = []
    for _ in range(_MAX_DEPTH):
        folder, _, name = path.rpartition("/")
        parts = folder.split("/")
        if not name.endswith(".rs") or name in _ROOTS or "src" not in parts:
            break
        module = parts[-1] if name == "mod.rs" else name.removesuffix(".rs")
        above = "/".join(parts[:-1]) if name == "mod.rs" else folder
        options = [f"{above}/{root}" for root in ("lib.rs", "main.rs", "mod.rs")]
        path = next((o for o in (*options, f"{above}.rs") if read(o) is not None), "")
        head = re.compile(
            rb"((?:#\s*\[[^\]]{1,300}\]\s*)+)(?:pub(?:\([^)]*\))?\s+)?mod\s+"
            + re.escape(module.encode())
            + rb"\s*;"
        )
        line = head.search(read(path) or b"") if path else None
        found += [m.decode(errors="replace") for m in _CFG.findall(line[1])] if line else []
    return tuple(found)
