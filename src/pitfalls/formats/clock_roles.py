"""In which context a function runs, by its attributes or its name."""

from __future__ import annotations

import re

from pitfalls.formats.clock_facts import Role
from pitfalls.formats.code_text import Span

_INTERRUPT = re.compile(
    r"#\[\s*(?:\w+::)*(?:interrupt|exception|handler|irq|core_interrupt|external_interrupt)\b"
    r"|binds\s*="
)
_TASK = re.compile(r"#\[\s*(?:\w+::)*task\b|\basync\b")
_ENTRY = re.compile(r"#\[\s*(?:\w+::)*(?:entry|idle|main)\b")
_C_INTERRUPT = re.compile(
    r"\w*(?:_IRQHandler|_Handler|_ISR|_isr|_irq)|vApplicationTickHook|HAL_TIM_PeriodElapsedCallback"
    r"|HAL_SYSTICK_Callback|\w*[Tt]imer_?(?:[Cc]allback|[Cc]b|[Ee]xpired)|ISR"
)


def role_of(span: Span, *, rust: bool) -> Role:
    """The role of a function; empty when its callers decide."""
    if not rust:
        if _C_INTERRUPT.fullmatch(span.name) or "interrupt" in span.before:
            return "interrupt"
        return "entry" if span.name in ("main", "app_main", "loop") else ""
    if _INTERRUPT.search(span.before):
        return "interrupt"
    if _TASK.search(span.before):
        return "task"
    return "entry" if _ENTRY.search(span.before) or span.name == "main" else ""
