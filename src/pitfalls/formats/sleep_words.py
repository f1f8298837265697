"""The words of C and Rust code that let a CPU sleep until an interrupt."""

from __future__ import annotations

import re

from pitfalls.formats.code_text import Text

_ASSEMBLY = re.compile(
    r"(?:\basm!?|__asm(?:__)?)\s*(?:volatile|__volatile__)?\s*\(\s*\"[^)]*?(?:\b|\\[nt])"
    r"(wf[ie]|waiti)\b",
    re.IGNORECASE,
)
_SLEEP = re.compile(
    r"\b(?:__)?(wf[ie])(?=\s*\()|\b(sleep_cpu|esp_cpu_wait_for_intr|HAL_PWR_Enter\w+Mode"
    r"|k_cpu_idle|arch_cpu_idle)(?=\s*\()",
    re.IGNORECASE,
)


def sleep_word(text: Text, start: int, end: int) -> tuple[str, int] | None:
    """The word and its offset, of a call or in inline assembly; None for none."""
    found = _SLEEP.search(text.code, start, end) or _ASSEMBLY.search(text.plain, start, end)
    if found is None:
        return None
    word = next(group for group in found.groups() if group)
    return (word.lower() if len(word) < len("waiti") + 1 else word), found.start()
