"""A thread that runs zenoh-pico has enough stack, and something notices when it has not."""

from collections.abc import Callable, Iterator

from pitfalls import Finding, Measure, Related, fail, ok, rule, unknown, warn
from pitfalls.views.stack import Stack
from pitfalls.views.stack_depths import WIDE, Depth, StackDepths
from pitfalls.views.stack_detectors import StackDetectors
from pitfalls.views.stack_symbols import StackSymbols
from pitfalls.views.stacks import Stacks

Make = Callable[..., Finding]

PORT_WORDS = 5120
"""The depth that zenoh-pico's FreeRTOS port asks for, in words."""


@rule(level="fail", tag="seed", fix="Give the thread at least the bytes that the row demands.")
def seed_minimum(stacks: Stacks) -> Iterator[Finding]:
    """A stack has at least the bytes that its row of the table demands."""
    for stack in stacks.stacks:
        least = stack.row.minimum
        if least is None:
            continue
        if stack.size is None:
            yield sized(stack, unknown)
        elif stack.size < least:
            yield sized(stack, fail)
        elif stack.size >= (stack.row.recommended or 0):
            yield sized(stack, ok)


@rule(level="warn", fix="Give the thread the recommended bytes, or measure its high-water mark.")
def below_recommended(stacks: Stacks) -> Iterator[Finding]:
    """A stack has the bytes that zenoh-pico's own ports and examples use."""
    for stack in stacks.stacks:
        least, advised = stack.row.minimum, stack.row.recommended
        if stack.size is None and least is None:
            yield sized(stack, unknown)
        elif stack.size is not None and advised and (least or 0) <= stack.size < advised:
            yield sized(stack, warn)
        elif stack.size is not None and least is None and advised:
            yield sized(stack, ok)


@rule(level="fail", fix="Make the object static, or enlarge the stack by its size.")
def inline_storage(stacks: Stacks) -> Iterator[Finding]:
    """No object of a thread is as large as its stack, and an executor does not lie on a stack of a
    size that is known to have overflowed with one."""
    for stack in stacks.stacks:
        for thing in stack.objects:
            if stack.size is None:
                continue
            on = f"{thing.name} lies on the stack of {stack.name}, {stack.size} bytes"
            made = Related(thing.place, f"{thing.name} is made here")
            if thing.size is not None:
                if thing.size >= stack.size:
                    text = f"{on}, and has {thing.size}"
                    yield about(stack, fail if stack.certain else warn, text, made)
            elif stack.size <= (stack.row.overflow_seen or 0):
                text = f"{on}; up to {stack.row.overflow_seen} overflowed with an executor"
                yield about(stack, fail if stack.certain else warn, text, made)
            elif stack.row.overflow_seen:
                yield about(stack, ok, f"{on}, more than what is known to overflow", made)


@rule(
    level="warn",
    fix="Set configCHECK_FOR_STACK_OVERFLOW to 2 and define the hook; CONFIG_HW_STACK_PROTECTION=y "
    "on Zephyr.",
)
def no_detector(detectors: StackDetectors) -> Iterator[Finding]:
    """Something notices a stack overflow: the kernel's check with its hook, a guard by the MPU, a
    stack limit register, a sentinel or canaries."""
    judges = {"on": ok, "off": warn, "unknown": unknown}
    for found in detectors.detectors:
        yield judges[found.outcome](
            found.place,
            found.why,
            subject=found.subject,
            platform=found.platform,
            related=found.related,
        )


@rule(level="fail", fix="Hand the depth over in configSTACK_DEPTH_TYPE of 32 bits, without a cast.")
def depth_truncation(depths: StackDepths) -> Iterator[Finding]:
    """A depth of 65536 words or more passes no 16-bit type on its way to the kernel."""
    for depth in depths.depths:
        too_deep = depth.number is not None and depth.number >= WIDE
        if depth.width == "cast" and too_deep:
            yield deep(depth, fail, f"{depth.text} cuts {depth.number} words to 16 bits")
        elif depth.width == "cast" and (depth.number is None or depth.handed):
            yield deep(depth, warn, f"{depth.text} cuts every depth from 65536 words on")
        elif depth.width == "type" and too_deep:
            text = f"configSTACK_DEPTH_TYPE has 16 bits, the depth is {depth.number} words"
            yield deep(depth, fail, text)
        elif depth.width == "unknown" and too_deep:
            text = f"{depth.number} words: configSTACK_DEPTH_TYPE or the kernel's version decides"
            yield deep(depth, unknown, text)


@rule(level="warn", fix="Convert between bytes and words where the value is handed over.")
def unit_slip(depths: StackDepths, stacks: Stacks) -> Iterator[Finding]:
    """A number of bytes is not handed over as words, nor words as bytes."""
    for depth in depths.depths:
        if depth.slip:
            unit = depth.task.unit
            text = f"{depth.slip} goes to {depth.task.api}(), which counts {unit}"
            yield deep(depth, warn, text)
    for stack in stacks.stacks:
        in_bytes = not stack.how and stack.row.key in ("fr_read", "fr_lease")
        if in_bytes and stack.size == PORT_WORDS:
            text = f"{stack.name} has 5120 bytes; the port's default of 5120 counts words"
            yield about(stack, warn, text)


@rule(level="warn", fix="Delete the symbol, or reserve the stack by a section or an ASSERT.")
def dead_symbol(symbols: StackSymbols) -> Iterator[Finding]:
    """A symbol that names a stack's size in a linker script is used by something."""
    for symbol in symbols.symbols:
        where = symbol.subject, symbol.platform
        if symbol.use == "none":
            text = f"nothing reads {symbol.name}: it reserves no stack"
            yield warn(symbol.place, text, subject=where[0], platform=where[1])
        elif symbol.used is not None and symbol.use == "section":
            related = [Related(symbol.used, "the stack is reserved here")]
            text = f"{symbol.name} reserves a stack"
            yield ok(symbol.place, text, subject=where[0], platform=where[1], related=related)


def sized(stack: Stack, make: Make) -> Finding:
    """A stack against its row."""
    found = f"{stack.size} bytes" if stack.size is not None else f"? ({stack.missing})"
    found += f" ({stack.how})" if stack.how and stack.size is not None else ""
    measure = Measure(f"{stack.row.context}: {stack.name}", found, stack.row.required)
    return about(stack, make, f"{stack.shown}; required: {stack.row.required}", measure=measure)


def about(
    stack: Stack, make: Make, text: str, *hops: Related, measure: Measure | None = None
) -> Finding:
    """A finding at the line that sizes a stack."""
    return make(
        stack.place,
        text,
        subject=stack.subject,
        platform=stack.platform,
        related=(*hops, *stack.chain),
        measure=measure,
    )


def deep(depth: Depth, make: Make, text: str) -> Finding:
    """A finding about a depth."""
    return make(
        depth.place,
        f"the task {depth.task.entry}: {text}",
        subject=depth.subject,
        platform=depth.platform,
        related=depth.task.stack.chain,
    )
