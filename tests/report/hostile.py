"""A report whose every text is hostile: what the target's own words could do to an output."""

from __future__ import annotations

from pitfalls.model import (
    Allowed,
    Excerpt,
    Finding,
    Measure,
    Pitfall,
    PitfallResult,
    Place,
    Problem,
    Reference,
    Related,
    Report,
    Rule,
    Symptom,
    Tag,
    TargetInfo,
    Verdict,
)

NASTY = (
    "\x1b[31mred\x1b]0;title\x07 ]]> <script>alert(1)</script> &amp; ::error::x %0A | ` `` *b* \x00"
    " \x85 \ud800 \ufffe [a](javascript:b) " + "x" * 5000 + "\r\nsecond line\t\u202eend"
)
"""ANSI and OSC sequences, an end of CDATA, HTML, a workflow command, Markdown, a NUL, a lone
surrogate (a byte that is no UTF-8), a noncharacter, a very long line, a bidi override."""

PITFALL = Pitfall(
    "MEM001", "dma-buffer-placement", "Buffers & <where> they go", "memory", "high", ("stm32f4",),
    (Symptom("x"),), (), (Reference("t", "https://example.org/"),), "0.1",
    "pitfalls/memory/dma-buffer-placement",
    (
        Rule("MEM001.dma-region", Verdict.FAIL, Tag.SEED, "A statement.", "A fix."),
        Rule("MEM001.silent", Verdict.WARN, Tag.NEW, "Never fires.", "Nothing."),
    ),
)  # fmt: skip


def finding(verdict: Verdict, mark: str, allowed: Allowed | None = None) -> Finding:
    """A finding with hostile words everywhere."""
    return Finding(
        verdict, Place(f"src/{NASTY[:40]}.c", 3, 4), NASTY, NASTY, "stm32f4",
        (Related(Place(NASTY[:60], 7), NASTY),), "MEM001.dma-region", mark, allowed,
        Excerpt(2, (NASTY[:80], NASTY, "int x;", NASTY[:90])), Measure(NASTY, NASTY, "64 KB"),
    )  # fmt: skip


def report() -> Report:
    """One failing pitfall with a failure, a warning, an unknown and two accepted findings, and one
    that crashed."""
    findings = (
        finding(Verdict.FAIL, "a" * 16),
        finding(Verdict.WARN, "b" * 16),
        finding(Verdict.UNKNOWN, "c" * 16),
        finding(Verdict.FAIL, "d" * 16, Allowed(NASTY, "src/x.c:2", "inline")),
        finding(Verdict.FAIL, "e" * 16, Allowed(NASTY, "pitfalls.toml:2", "allow")),
        Finding(Verdict.PASS, Place("ok.c"), "fine", rule="MEM001.silent"),
    )
    crash = Finding(
        Verdict.ERROR, Place("checks/x/check.py"), f"the check crashed: {NASTY}",
        rule="MEM001.crash",
    )  # fmt: skip
    return Report(
        TargetInfo(NASTY[:30], "1" * 40, True, "https://example.org/{path}#L{line}-L{end_line}"),
        (
            PitfallResult(PITFALL, findings),
            PitfallResult(PITFALL, (crash,), f"Traceback: {NASTY}"),
        ),
        (Problem("allow", Place("pitfalls.toml", 9), NASTY),),
    )
