"""Marks of how a Rust function starts, guards, ends and waits for processes."""

from __future__ import annotations

import re

# Mark, words of which one stands in every text that has it, and what tells.
_MARKS = (
    ("death-signal", ("PDEATHSIG", "pdeathsig", "parent_process_death"),
     re.compile(r"PR_SET_PDEATHSIG|set_pdeathsig\s*\(|set_parent_process_death")),
    ("group-kill", ("kill",), re.compile(r"\bkill\(\s*-|\bkillpg\s*\(")),
    ("kill", ("kill", "terminate"),
     re.compile(r"\.(?:start_)?kill\(\)|\.terminate\(\)|\bkill\(\s*-?[\w(]|\bkillpg\(|kill_on_drop\(true")),
    ("reads", ("read_dir", "read_to_string", "File::open"),
     re.compile(r"\bread_dir\(|\bfs::read_to_string\(|\bFile::open\(")),
    ("blocks", ("wait_with_output", ".output()", ".status()"),
     re.compile(r"\.wait_with_output\(\)|\.output\(\)|\.status\(\)")),
    ("asserts", ("panic!", "assert", "exit(", "unreachable!"),
     re.compile(r"\bpanic!|\bassert\w*!|\bexit\(|\bunreachable!")),
    ("endless", ("loop", "while"),
     re.compile(r"\A(?!.*(?:elapsed|deadline|timeout|Instant|\bfor\b)).*\b(?:loop|while)\b",
                re.DOTALL)),
)  # fmt: skip


def marks(code: str) -> frozenset[str]:
    """The marks of a body without strings and comments."""
    return frozenset(
        mark
        for mark, words, known in _MARKS
        if any(word in code for word in words) and known.search(code)
    )
