"""The heap that zenoh-pico draws from is large enough, and gives back what is freed."""

from collections.abc import Callable, Iterator

from pitfalls import Finding, Measure, Related, fail, ok, rule, unknown, warn
from pitfalls.views.heap import Heap
from pitfalls.views.heaps import Heaps, ZenohAllocator

Make = Callable[..., Finding]

HOOK = "configUSE_MALLOC_FAILED_HOOK"


@rule(
    level="fail",
    tag="seed:narrowed",
    fix="Give the heap at least the bytes that the row demands.",
)
def seed_minimum(heaps: Heaps) -> Iterator[Finding]:
    """A heap has at least the bytes that its row demands. It is a warning where it has what is
    known to work, or where the task stacks that are drawn from it leave enough."""
    for heap in heaps.heaps:
        row = heap.row
        if row.minimum is None:
            continue
        if heap.size is None:
            yield sized(heap, unknown)
        elif heap.size < row.minimum:
            yield below(heap)
        elif heap.size >= (row.recommended or 0):
            yield sized(heap, ok)


@rule(level="warn", fix="Give the heap the recommended bytes, or measure its lowest level.")
def below_recommended(heaps: Heaps) -> Iterator[Finding]:
    """A heap has the bytes that are known to work."""
    for heap in heaps.heaps:
        least, advised = heap.row.minimum, heap.row.recommended
        if advised is None or (heap.size is None and least is not None):
            continue
        if heap.size is None:
            yield sized(heap, unknown)
        elif (least or 0) <= heap.size < advised:
            yield sized(heap, warn)
        elif least is None:
            yield sized(heap, ok)


@rule(level="fail", fix="Use an allocator that takes blocks back: a free list, heap_4.c.")
def noop_free(heaps: Heaps) -> Iterator[Finding]:
    """What z_free leads to gives the block back: its body is not empty, and the kernel's heap is
    not heap_1.c."""
    for allocator in heaps.allocators:
        if allocator.role == "z_free":
            name = allocator.facts.name
            text = f"{name} does nothing: no size of the heap is enough in the end"
            yield at(allocator, fail if allocator.facts.empty else ok, text
                     if allocator.facts.empty else f"{name} gives the block back")  # fmt: skip
    for target in heaps.kernels:
        if target.scheme is not None:
            judge = fail if target.scheme.number == 1 else ok
            what = "never frees" if target.scheme.number == 1 else "frees"
            yield judge(
                target.scheme.place,
                f"z_free calls vPortFree, and heap_{target.scheme.number}.c {what}",
                subject=target.config.subject,
                platform=target.config.platform,
            )


@rule(level="fail", fix="Copy the old contents, or return NULL.")
def lossy_realloc(heaps: Heaps) -> Iterator[Finding]:
    """A z_realloc that allocates a new block copies the old one. It harms only those who call it,
    and zenoh-pico's core does not."""
    for allocator in heaps.allocators:
        facts = allocator.facts
        allocates = any("alloc" in call for call in facts.calls)
        if allocator.role == "z_realloc" and allocates and not facts.copies:
            text = f"{facts.name} allocates a new block and loses the old contents"
            call = heaps.realloc_call
            hops = (Related(call, "it is called here"),) if call else ()
            yield at(allocator, fail if call else warn, text, *hops)


@rule(level="warn", fix="Enlarge the arena behind z_malloc; zenoh does not use the other heap.")
def wrong_heap(heaps: Heaps) -> Iterator[Finding]:
    """The heap that meets the row is the one that zenoh uses: where only another one does, the
    arena has not even what is known to work."""
    for other in heaps.heaps:
        heap = heaps.beside(other)
        if heap is None or heap.size is None or other.size is None:
            continue
        least = heap.row.floor or heap.row.minimum or 0
        if heap.size < least and (heap.row.minimum or 0) <= other.size:
            text = f"{other.shown}; z_malloc draws from {heap.name} of {heap.size} bytes"
            yield about(other, warn, text, Related(heap.place, heap.shown))


@rule(level="fail", fix="Make the heaps smaller: what they take is taken from the stack.")
def over_budget(heaps: Heaps) -> Iterator[Finding]:
    """Static heaps leave the RAM that the main stack needs, where the stack is what is left."""
    for budget in heaps.budgets:
        total = sum(heap.size or 0 for heap in budget.heaps)
        if total + budget.stack > budget.ram:
            largest = max(budget.heaps, key=lambda heap: heap.size or 0)
            text = f"heaps of {total} bytes and a stack of {budget.stack} exceed {budget.ram_text}"
            others = [Related(h.place, h.shown) for h in budget.heaps if h is not largest]
            ram = Related(budget.ram_place, budget.ram_text)
            yield about(largest, fail, text, ram, *others)


@rule(level="warn", fix=f"Set {HOOK} to 1 and report the failure in the hook.")
def no_malloc_hook(heaps: Heaps) -> Iterator[Finding]:
    """A FreeRTOS target with zenoh hears of an allocation that failed."""
    for target in heaps.kernels:
        config = target.config
        value = config.value(HOOK, 0)
        make = unknown if value is None else ok if value else warn
        text = f"{HOOK} is {value if value is not None else 'not resolved'}"
        place = config.place(HOOK)
        yield make(place, text, subject=config.subject, platform=config.platform)


def below(heap: Heap) -> Finding:
    """A heap below its row's minimum: whether something excuses it."""
    row, net = heap.row, heap.net
    size = heap.size or 0
    if row.floor is not None and size >= row.floor:
        return sized(heap, warn)
    if row.net_floor is None or net is None:
        return sized(heap, fail)
    if net.left is None:
        return sized(heap, unknown, f"; the stack of {net.missing} would tell what is left")
    left = f"; the task stacks leave {net.left}"
    return sized(heap, warn if net.left >= row.net_floor else fail, left)


def sized(heap: Heap, make: Make, more: str = "") -> Finding:
    """A heap against its row."""
    found = f"{heap.size} bytes" if heap.size is not None else f"? ({heap.missing})"
    found += f" ({heap.how})" if heap.how else ""
    measure = Measure(f"{heap.row.context}: {heap.name}", found + more, heap.row.required)
    drawn = heap.net.drawn if heap.net is not None else ()
    text = f"{heap.shown}; required: {heap.row.required}{more}"
    return about(heap, make, text, *drawn, measure=measure)


def about(
    heap: Heap, make: Make, text: str, *hops: Related, measure: Measure | None = None
) -> Finding:
    """A finding at the line that sizes a heap."""
    related = (*heap.chain, *hops)
    return make(
        heap.place,
        text,
        subject=heap.subject,
        platform=heap.platform,
        related=related,
        measure=measure,
    )


def at(allocator: ZenohAllocator, make: Make, text: str, *hops: Related) -> Finding:
    """A finding at a function."""
    return make(
        allocator.place,
        text,
        subject=allocator.subject,
        platform=allocator.platform,
        related=(*allocator.chain, *hops),
    )
