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


_KILL_PROGRAM = re.compile(r"Command::new\(\s*\"(?:/usr)?(?:/bin/)?(?:task)?kill\"")


def marks(code: str, plain: str) -> frozenset[str]:
    """The marks of a body, given without comments, and in ``code`` without strings as well."""
    found = {
        mark
        for mark, words, known in _MARKS
        if any(word in code for word in words) and known.search(code)
    }
    if 'kill"' in plain and _KILL_PROGRAM.search(plain):
        found.add("kill")
    return frozenset(found)
