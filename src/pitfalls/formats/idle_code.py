"""Loops that poll, what lets the CPU sleep, and who installs it, in Rust and C code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from pitfalls.formats import decode
from pitfalls.formats.code_text import Lines, Span, Text, blank, braces, c_functions, rust_functions
from pitfalls.formats.sleep_words import sleep_word


class PollLoop(msgspec.Struct, frozen=True):
    """A loop that calls something which polls. ``kind``: ``endless`` (an application's), ``long``
    (counted, a thousand rounds or more) or ``wait`` (of a function that sleeps, connects, sends or
    reads). ``rest`` is the word that lets the CPU rest, empty when there is none; ``blocks``
    whether the polling call is given a timeout other than 0."""

    kind: Literal["endless", "long", "wait"]
    function: str
    call: str
    rest: str
    blocks: bool
    line: int


class IdleUse(msgspec.Struct, frozen=True):
    """A call of ``name``, which installs an idle callback, in ``function``."""

    name: str
    function: str
    line: int


class IdleCode(msgspec.Struct, frozen=True):
    """One file. ``installers`` are the functions that install an idle callback; ``starts`` the
    lines that bring the hardware or the network up."""

    loops: tuple[PollLoop, ...] = ()
    installers: tuple[tuple[str, int], ...] = ()
    uses: tuple[IdleUse, ...] = ()
    starts: tuple[int, ...] = ()


_INSTALLER = re.compile(
    r"(?:set|register|install)_(?:idle|wfi)_?(?:callback|hook|fn|yield)?|enable_(?:wfi_)?idle\w*"
    r"|enable_wfi\w*"
)
_INSTALLS = re.compile(rf"(?<![\w.])(?:{_INSTALLER.pattern})(?=\s*\()")
# The boundary is looked for behind each word: a search for plain words is fast.
_LOOP = re.compile(
    r"loop(?<!\wloop)\s*\{|while(?<!\wwhile)\s*\(?\s*(?:true|1)\s*\)?\s*\{"
    r"|for(?<!\wfor)\s*\(\s*;\s*;\s*\)\s*\{|while(?<!\wwhile)\b([^{};]{1,200})\{"
    r"|for(?<!\wfor)\s+\w+\s+in\s+0\s*\.\.\s*([\d_]+)\w*\s*\{"
    r"|for(?<!\wfor)\s*\(([^{}]{1,200})\)\s*\{"
)
_POLL = re.compile(
    r"(?<![\w:])((?:\w+_)?(?:spin_once|spin_some|network_poll|smoltcp_poll|do_poll|poll_network"
    r"|poll_once)|spin|poll|zp_read|zp_send_keep_alive|MX_LWIP_Process|ethernetif_input"
    r"|sys_check_timeouts|read_once)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)"
)
_POLL_ANY = re.compile(rf"{_POLL.pattern}|\b(spin_loop|clock_ms|nop|__NOP)\s*\(()\)")
_POLL_WORDS = (
    "spin", "poll", "zp_read", "zp_send_keep_alive", "MX_LWIP_Process", "ethernetif_input",
    "sys_check_timeouts", "read_once", "clock_ms", "nop", "__NOP",
)  # fmt: skip
"""One of them is in whatever either pattern finds."""
_REST = re.compile(
    r"\.await\b|\bw[fe][ie]\b|__WF[IE]|\bdelay\w*\s*[(!]|\b(?:\w+_)?u?sleep\w*\s*\(|vTaskDelay\w*"
    r"|taskYIELD|\b(?:\w+_)?yield\w*\s*\(|\bk_(?:m|u)?sleep|nanosleep|\bosDelay|xQueueReceive"
    r"|xSemaphoreTake|ulTaskNotifyTake|\bk_poll\b|\bselect\s*\(|epoll\w*|\brecv(?:from)?\s*\("
    r"|\bk_sem_take|tx_(?:queue_receive|semaphore_get)|\bidle\w*|\bIDLE\w*|\bpark\w*\s*\("
    r"|thread::sleep|on_idle"
)
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(.*)", re.MULTILINE)
_CALLED = re.compile(r"\b(\w+)\s*\(")
_WAITS = re.compile(
    r"sleep|connect|send|read_exact|recv|wait|delay|open|write_all|_read\b", re.IGNORECASE
)
_RUNS = re.compile(r"main|run|task|thread|app|entry|loop", re.IGNORECASE)
_ENDS = re.compile(r"panic|fault|exit|abort|halt|die|fatal|reset|default_handler|assert", re.I)
_ARMS = (
    b"SYST", b".syst", b"SysTick", b"NVIC", b"unmask", b"enable_irq", b"enable_interrupt",
    b"Mono::start", b"IRQEN", b"cpsie", b"interrupt::enable", b"rtic::app", b"embassy_executor",
    b"esp_hal::init", b"CTRL_IRQ", b"StartScheduler", b"csrsi", b"__enable_irq", b"HAL_Init",
)  # fmt: skip
_START = re.compile(r"\b(?:init_hardware|hardware_init)\s*\(|\bInterface::new\s*\(")
_TEST = re.compile(r"#\s*\[\s*cfg\s*\(\s*test\s*\)\s*\]\s*(?:pub\s+)?mod\s+\w+\s*\{")
_LONG = 1000


def parse_rust(data: bytes) -> IdleCode | None:
    """The facts of a Rust file, None when it has none."""
    text = blank(decode(data))
    if (tests := _TEST.search(text.code)) is not None:
        text = Text(text.plain[: tests.start()], text.code[: tests.start()])
    return _parse(text, rust=True)


def parse_c(data: bytes) -> IdleCode | None:
    """The facts of a C file, None when it has none."""
    return _parse(blank(decode(data)), rust=False)


def _parse(text: Text, *, rust: bool) -> IdleCode | None:
    matching = braces(text.code)
    lines = Lines(text.code)
    spans = (rust_functions if rust else c_functions)(text)
    spans = [s for s in spans if not re.search(r"#\s*\[\s*(?:\w+::)*test\b", s.before)]
    facts = IdleCode(
        tuple(_loops(text, spans, matching, lines)),
        tuple((s.name, lines.at(s.start)) for s in spans if _INSTALLER.fullmatch(s.name)),
        tuple(_uses(text.code, spans, lines)),
        tuple(_starts(text.code, lines)),
    )  # fmt: skip
    return facts if facts != IdleCode() else None


def _uses(code: str, spans: list[Span], lines: Lines) -> Iterator[IdleUse]:
    if "idle" not in code and "wfi" not in code:
        return
    for found in _INSTALLS.finditer(code):
        inside = [s for s in spans if s.opened < found.start() < s.closed]
        if inside:
            yield IdleUse(found[0], inside[-1].name, lines.at(found.start()))


def _starts(code: str, lines: Lines) -> Iterator[int]:
    if "init_hardware" in code or "hardware_init" in code or "Interface::new" in code:
        for found in _START.finditer(code):
            if not code[: found.start()].rstrip().endswith("fn"):
                yield lines.at(found.start())


def arming_word(data: bytes) -> str:
    """The word of a file that arms an interrupt, empty when there is none."""
    return next((word.decode() for word in _ARMS if word in data), "")


def _loops(
    text: Text, spans: list[Span], matching: dict[int, int], lines: Lines
) -> Iterator[PollLoop]:
    code, sleepers = text.code, _sleepers(text, spans)
    for found in _LOOP.finditer(code):
        inside = [s for s in spans if s.opened < found.start() < s.closed]
        span = inside[-1] if inside else None
        name = span.name if span is not None else ""
        opened = found.end() - 1
        closed = matching.get(opened, opened)
        body = code[opened:closed]
        if span is not None and _ENDS.search(name):
            continue
        kind = _kind(found, name, body)
        if kind is None or not any(word in body for word in _POLL_WORDS):
            continue
        polls = (_POLL_ANY if kind == "wait" else _POLL).search(body)
        if polls is None:
            continue
        rest = _REST.search(body)
        word = rest[0].strip() if rest else _sleep(text, opened, closed, sleepers)
        given = " ".join((polls[2] or "").split())
        yield PollLoop(
            kind, name, polls[1] or polls[3] or "", word,
            bool(given) and not re.fullmatch(r"(?:[\w&.:* ]+,\s*)?0\w*", given),
            lines.at(found.start()),
        )  # fmt: skip


def _sleepers(text: Text, spans: list[Span]) -> dict[str, str]:
    """The functions and macros of the file that execute WFI or WFE, with the word."""
    if not re.search(r"(?i)wf[ie]", text.plain):
        return {}
    bodies = [(s.name, s.opened, s.closed) for s in spans]
    bodies += [(found[1], *found.span(2)) for found in _MACRO.finditer(text.plain)]
    return {name: word for name, a, b in bodies if (word := _sleep(text, a, b, {}))}


def _sleep(text: Text, start: int, end: int, sleepers: dict[str, str]) -> str:
    """The WFI or WFE of a body, in assembly or in a function that it calls; empty for none."""
    found = sleep_word(text, start, end)
    if found is not None:
        return found[0]
    called = _CALLED.findall(text.code, start, end) if sleepers else ()
    return next((sleepers[name] for name in called if name in sleepers), "")


def _kind(found: re.Match[str], name: str, body: str) -> Literal["endless", "long", "wait"] | None:
    if found[2]:
        return "long" if int(found[2].replace("_", "") or 0) >= _LONG else None
    if found[3]:
        return None
    condition = found[1]
    if condition is not None:
        clock = re.search(r"clock|elapsed|now|millis|deadline|ticks?|timeout|!|==|<", condition)
        return "wait" if clock and _WAITS.search(name) else None
    if _WAITS.search(name):
        return "wait"
    return "endless" if _RUNS.search(name) or not re.search(r"\breturn\b", body) else None
