"""Formats behind stacks and heaps: threads of Zephyr, executors, arenas, build variables."""

from pitfalls.formats import (
    cargo_environment,
    executor_types,
    heap_code,
    heap_uses,
    kernel_heap,
    overflow_hook,
    stack_symbols,
    zephyr_threads,
)


def test_zephyr_threads_by_both_macros() -> None:
    """K_THREAD_DEFINE names its size; k_thread_create takes that of its stack."""
    facts = zephyr_threads.parse(
        b"K_THREAD_STACK_DEFINE(area, CONFIG_X_STACK);\n"
        b"K_THREAD_DEFINE(tid, 2048, poll, NULL, NULL, NULL, 5, 0, 0);\n"
        b"void f(void) { k_thread_create(&t, area, 9, (k_thread_entry_t)run, 0, 0, 0, 1, 0, x); }\n"
        b"K_WORK_DEFINE(work, on_work);\n// K_WORK_DEFINE(w, commented);\n"
    )
    assert facts is not None
    assert [(t.entry, t.size, t.line) for t in facts.threads] == [
        ("poll", "2048", 2),
        ("run", "CONFIG_X_STACK", 1),
    ]
    assert facts.handlers == (("on_work", 4),)
    assert zephyr_threads.parse(b"int main(void) { return 0; }") is None


def test_executors_with_and_without_storage() -> None:
    """An array among the members is storage; a pointer is not."""
    facts = executor_types.parse(
        b"struct small_executor_t {\n    void *p;\n};\n"
        b"class Executor {\n    void *at[1];\n    alignas(8) uint8_t storage_[SIZE];\n};\n"
        b"struct executor_t;\n"
    )
    assert facts is not None
    assert [(t.name, t.inline) for t in facts.types] == [
        ("small_executor_t", False),
        ("Executor", True),
    ]
    assert executor_types.parse(b"struct executor_t;") is None


def test_arenas_and_allocators_of_rust() -> None:
    """Arrays, heaps with a size, the macro of esp-alloc; comments count for nothing."""
    facts = heap_code.parse_rust(
        b"// static OLD_HEAP: BlockHeap<1> = x;\n"
        b"static mut HEAP_MEM: [u8; 64 * 1024] = [0; 64 * 1024];\n"
        b'#[cfg(feature = "big")]\nstatic HEAP: BlockHeap<{ 9 * 1024 }> = BlockHeap::new();\n'
        b"fn init() { esp_alloc::heap_allocator!(size: 4 * 1024); }\n"
        b"pub fn dealloc(_p: *mut u8) { /* nothing */ }\n"
    )
    assert facts is not None
    assert {(a.kind, a.size, a.optional) for a in facts.arenas} == {
        ("static", "9 * 1024", True),
        ("static", "64 * 1024", False),
        ("global", "4 * 1024", False),
    }
    assert [(a.name, a.empty) for a in facts.allocators] == [("dealloc", True)]
    assert heap_code.parse_rust(b"fn main() {}") is None


def test_pools_of_c() -> None:
    """The fourth argument of tx_byte_pool_create is the size."""
    facts = heap_code.parse_c(b"void f(void) {\n    tx_byte_pool_create(&p, n, m, 2 * SIZE);\n}\n")
    assert facts is not None
    assert [(a.name, a.size, a.line) for a in facts.arenas] == [("p", "2 * SIZE", 2)]


def test_variables_of_a_cargo_build() -> None:
    """Plain and tabular values of [env]; other tables are not variables."""
    facts = cargo_environment.parse(
        b'[build]\ntarget = "x"\n[env]\nA = "1"\nB = { value = "2", force = true }\n# C = "3"\n'
    )
    assert facts is not None
    assert [(v.name, v.value, v.line) for v in facts.variables] == [("A", "1", 4), ("B", "2", 5)]
    assert cargo_environment.parse(b'[build]\ntarget = "x"\n') is None


def test_heap_schemes_named_by_a_build_file() -> None:
    """By the source's name, or by the kernel's own CMake variable."""
    facts = kernel_heap.parse(b"# heap_1.c\nadd(heap_4.c)\nset(FREERTOS_HEAP 4)\n")
    assert facts is not None
    assert [(h.scheme, h.line) for h in facts.heaps] == [(4, 2), (4, 3)]
    assert kernel_heap.parse(b"add(main.c)") is None


def test_a_hook_is_defined_not_declared() -> None:
    """In C, in Rust, and in C text inside a string."""
    assert overflow_hook.parse(b"void vApplicationStackOverflowHook(T t, char *n);") is None
    for text in (
        b"\nvoid vApplicationStackOverflowHook(T t, char *n)\n{\n",
        b'\npub extern "C" fn vApplicationStackOverflowHook(t: T, n: *const c_char) -> ! {\n',
    ):
        found = overflow_hook.parse(text)
        assert found is not None
        assert found.line == 2


def test_symbols_in_code_and_uses_of_heaps() -> None:
    """Comments count for nothing; a definition of z_realloc is no call of it."""
    symbols = stack_symbols.parse(b"// _stack_size\nldr r0, =_main_stack_size\n")
    assert symbols is not None
    assert symbols.names == ("_main_stack_size",)
    assert stack_symbols.parse(b"/* _stack_size */") is None
    assert heap_uses.parse(b"void *z_realloc(void *p, size_t n) { return 0; }") is None
    used = heap_uses.parse(b"\np = (char *)z_realloc(p, 4);\nExecutor::open(&c);\n")
    assert used is not None
    assert (used.realloc, used.executor) == (2, 3)
