"""Interrupts that call FreeRTOS must be no more urgent than the kernel masks."""

from collections.abc import Callable, Iterator

from pitfalls import Finding, Place, Related, fail, note, ok, rule, unknown, warn
from pitfalls.views.interrupt_limits import InterruptLimit, InterruptLimits
from pitfalls.views.interrupts import Interrupts, SetPriority, Signal, TargetInterrupts

LIBRARY_MAX = "configLIBRARY_MAX_SYSCALL_INTERRUPT_PRIORITY"
LIBRARY_LOWEST = "configLIBRARY_LOWEST_INTERRUPT_PRIORITY"
KERNEL = "configKERNEL_INTERRUPT_PRIORITY"

MOST_SHOWN = 8
"""Calls that one finding lists."""

Make = Callable[..., Finding]

ASSERTED_SINCE = (10, 6, 0)
"""The kernel release whose Cortex-M ports assert unimplemented bits and read no KERNEL."""


@rule(
    level="fail",
    tag="seed:narrowed",
    fix=f"Give the interrupt a priority numerically at or above {LIBRARY_MAX}.",
)
def isr_too_urgent(interrupts: Interrupts) -> Iterator[Finding]:
    """An interrupt whose handler calls a FromISR API, also through a driver's callback or a
    CMSIS or lwIP wrapper, has a priority that the kernel masks: numerically not below the limit."""
    for target in interrupts.targets:
        for signal in target.signals:
            for priority in signal.priorities:
                yield _judge_priority(target, signal, priority)
        if target.unreached:
            first = target.unreached[0]
            yield unknown(
                first.place,
                f"{first.message}, and no handler of this firmware gets there by name: which "
                "interrupt it is, and its priority, would decide",
                subject=target.limit.config.subject,
                platform=target.limit.config.platform,
                related=target.unreached[1:MOST_SHOWN],
            )


@rule(level="fail", fix="Set the interrupt's priority before enabling it.")
def isr_default_priority(interrupts: Interrupts) -> Iterator[Finding]:
    """An enabled interrupt whose handler calls a FromISR API is given a priority: its reset value
    0 is the most urgent of all."""
    for target in interrupts.targets:
        for signal in target.signals:
            if signal.priorities:
                continue
            config = target.limit.config
            text = (
                f"{signal.irq} reaches {signal.api}, and no priority is set for it in this target"
            )
            if signal.enabled is None:
                make, text = unknown, f"{text}; where it is enabled would decide"
            elif signal.runtime:
                make, text = unknown, f"{text}; the runtime that is linked sets one at start"
            elif target.computed:
                make, text = unknown, f"{text}; {target.computed} sets one of a computed number"
            else:
                make, text = fail, f"{text}: it stays at 0"
            yield make(
                signal.enabled or signal.handler,
                text,
                subject=config.subject,
                platform=config.platform,
                related=signal.chain,
            )


@rule(level="fail", fix="Make the limit's top priority bits non-zero: shift the value into them.")
def max_syscall_zero(limits: InterruptLimits) -> Iterator[Finding]:
    """The limit, cut to the implemented bits, is not 0: 0 in BASEPRI masks nothing."""
    for limit in limits.limits:
        if not limit.is_given:
            continue
        zero = {not value & bits.mask for bits, value in limit.cases}
        if not zero:
            make, text = unknown, f"does not resolve: {_missing(limit)} would decide"
        elif zero == {True} and not _is_assumed(limit):
            make, text = fail, f"is {_shown(limit)}: it masks no interrupt"
        elif zero == {False}:
            make, text = ok, f"is {_shown(limit)}{_callers(limit)}"
        else:
            make, text = unknown, f"is {_shown(limit)}; __NVIC_PRIO_BITS of the chip would decide"
        yield _at(limit, make, limit.place, f"{limit.name} {text}")


@rule(level="fail", fix="Shift the limit into the top bits: priority << (8 - configPRIO_BITS).")
def max_syscall_bits(limits: InterruptLimits) -> Iterator[Finding]:
    """The limit has no bit below the implemented ones, and bit 0 clear where all 8 are: kernels
    since 10.6.0 assert it when the scheduler starts. A warning where the kernel, configASSERT or
    the number of bits leaves that open."""
    for limit in limits.limits:
        spoilt = {bool(value & (~bits.mask & 0xFF or 1)) for bits, value in limit.cases}
        zero = any(not value & bits.mask for bits, value in limit.cases)
        if not spoilt or (zero and (limit.bits or spoilt != {True})):
            continue  # the rule above judges it
        text = f"{limit.name} is {_shown(limit)}"
        if spoilt == {False}:
            make = ok
        elif len(spoilt) == 2:
            make, text = unknown, f"{text}; __NVIC_PRIO_BITS of the chip would decide"
        else:
            certain = limit.bits and limit.asserts and limit.release
            fatal = certain and limit.release and limit.release.number >= ASSERTED_SINCE
            make = fail if fatal else warn
            whatever = "" if limit.bits else ", however many priority bits the chip has"
            text = f"{text}: it has bits that are not implemented{whatever}{_consequence(limit)}"
        yield _at(limit, make, limit.place, text)


@rule(level="fail", fix=f"Choose {LIBRARY_MAX} from 1 to 2^bits - 1.")
def library_range(limits: InterruptLimits) -> Iterator[Finding]:
    """The unshifted limit is a priority that the chip has, and not 0."""
    for limit in limits.limits:
        value = limit.number(LIBRARY_MAX)
        if value is None or not limit.bits:
            continue
        most = 2 ** (limit.shift or limit.bits.number) - 1
        make = ok if 0 < value <= most else unknown if value and _is_assumed(limit) else fail
        text = f"{LIBRARY_MAX} is {value}; the chip has priorities 0 to {most}"
        yield _at(limit, make, limit.config.place(LIBRARY_MAX), text)


@rule(level="warn", fix=f"Set {LIBRARY_LOWEST} to 2^bits - 1.")
def lowest(limits: InterruptLimits) -> Iterator[Finding]:
    """The kernel's own interrupts have the least urgent priority; ports since 10.6.0 see to that
    by themselves, so that there it is only a note."""
    for limit in limits.limits:
        shift = limit.shift or (limit.bits.number if limit.bits else 0)
        if not shift:
            continue
        current = limit.release and limit.release.number >= ASSERTED_SINCE
        library, kernel = limit.number(LIBRARY_LOWEST), limit.number(KERNEL)
        mask = 0xFF & ~((1 << (8 - shift)) - 1)
        given = [(LIBRARY_LOWEST, library, library == 2**shift - 1)] if library is not None else []
        if kernel is not None:
            given.append((KERNEL, kernel, kernel & mask == mask))
        if not given:
            continue
        name, value, right = next((g for g in given if not g[2]), given[0])
        unsure = _is_assumed(limit) and (name == LIBRARY_LOWEST or limit.may_be_lowest(KERNEL))
        make = ok if right else note if current else unknown if unsure else warn
        text = f"{name} is {value}; the least urgent priority is {2**shift - 1}, shifted {mask}"
        yield _at(limit, make, limit.config.place(name), text)


@rule(level="warn", fix="Use a grouping in which every implemented bit is a preemption bit.")
def grouping(interrupts: Interrupts) -> Iterator[Finding]:
    """The priority grouping leaves no sub-priority bits, which the ports assert."""
    for target in interrupts.targets:
        bits = target.limit.bits
        for place in target.groupings if bits else ():
            number = target.limit.shift or (bits.number if bits else 0)
            make = ok if place.preemption() >= number else warn
            some = min(place.preemption(), number)
            text = f"{place.grouping.text}: {some} of {number} priority bits order interrupts"
            yield _at(target.limit, make, place.place, text)


def _judge_priority(target: TargetInterrupts, signal: Signal, priority: SetPriority) -> Finding:
    limit = target.limit
    text = f"{signal.irq} reaches {signal.api} at priority {priority.write.priority}"
    if priority.value is not None and str(priority.value) != priority.write.priority:
        text += f" = {priority.value}"
    text += f" ({priority.write.call}); {limit.name} is {_shown(limit)}"
    if priority.urgent is None:
        needed = priority.write.priority if priority.value is None else _missing(limit)
        make, text = unknown, f"{text}; the value of {needed} would decide"
    elif priority.urgent and any(other.urgent is False for other in signal.priorities):
        make, text = unknown, f"{text}; which of the places that set it comes last would decide"
    elif priority.urgent and signal.shared:
        make, text = unknown, f"{text}; whether it is this interrupt that gets there would decide"
    else:
        make = fail if priority.urgent else ok
    related = [Related(signal.handler, "the handler"), *signal.chain]
    return make(
        priority.place,
        text,
        subject=limit.config.subject,
        platform=limit.config.platform,
        related=[*related, Related(limit.place, limit.name)],
    )


def _shown(limit: InterruptLimit) -> str:
    """The limit with the number of bits, and the most urgent priority that may call."""
    value = limit.value
    if value is None:
        macro = limit.config.get(limit.name)
        return macro.text if macro else "not defined"
    if not limit.bits:
        return f"{value:#04x}"
    return f"{value:#04x} with {limit.bits.number} priority bits"


def _is_assumed(limit: InterruptLimit) -> bool:
    """Whether a device header that is not in the tree may give another number of bits."""
    return limit.bits is not None and limit.bits.assumed


def _callers(limit: InterruptLimit) -> str:
    """Which priorities may call the kernel, in the numbers that the library calls take."""
    shift = limit.shift or (limit.bits.number if limit.bits else 0)
    if not shift or limit.value is None:
        return ""
    return f": priorities {limit.value >> (8 - shift)} to {2**shift - 1} may call the kernel"


def _missing(limit: InterruptLimit) -> str:
    return "the headers that are not in the tree" if limit.config.missing else limit.name


def _consequence(limit: InterruptLimit) -> str:
    if limit.asserts is None:
        return "; whether configASSERT stops there is told by what this header includes"
    if not limit.asserts:
        return "; configASSERT is not defined, so nothing tells"
    if limit.release is None:
        return "; kernels since V10.6.0 stop at an assertion, and the kernel is not in the tree"
    if limit.release.number < ASSERTED_SINCE:
        return f"; kernel {limit.release.shown} does not check it, V10.6.0 and later stop there"
    return f"; kernel {limit.release.shown} stops at an assertion"


def _at(limit: InterruptLimit, make: Make, place: Place, text: str) -> Finding:
    related = [limit.bits.source] if limit.bits else []
    if limit.release:
        related.append(Related(limit.release.place, f"FreeRTOS kernel {limit.release.shown}"))
    config = limit.config
    return make(place, text, subject=config.subject, platform=config.platform, related=related)
