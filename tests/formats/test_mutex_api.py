"""Functions that make and use mutexes."""

from pitfalls.formats.mutex_api import Function, parse_c


def functions(text: str) -> dict[str, Function]:
    """The functions by name."""
    code = parse_c(text.encode())
    return {function.name: function for function in code.functions} if code else {}


def test_calls_are_listed_with_what_they_are_made_for() -> None:
    """A call has its name, its handle without casts, its target, its line."""
    made = functions(
        "void a(box *b) {\n  b->h = (void *) xSemaphoreCreateRecursiveMutex();\n"
        "  xSemaphoreTakeRecursive((SemaphoreHandle_t) b->h, 0);\n}\n"
    )["a"]
    create, take = made.calls
    assert (create.action, create.recursive, create.target, create.line) == (
        "create", True, "b->h", 2,
    )  # fmt: skip
    assert (take.action, take.handle) == ("take", "b->h")
    assert made.locals == ("b",)


def test_queue_calls_say_their_kind_by_argument() -> None:
    """A mutex of xQueueCreateMutex is recursive for type 4 only."""
    text = (
        "void a(void) { x = xQueueCreateMutex(4); y = xQueueCreateMutex(queueQUEUE_TYPE_MUTEX); }"
    )
    assert [call.recursive for call in functions(text)["a"].calls] == [True, False]


def test_a_body_that_only_returns_is_told_apart() -> None:
    """Ignored parameters and a constant make a stub; a test of the argument does not."""
    text = (
        "int p_mutex_init(void *m) { (void) m; /* no */ return -1; }\n"
        "int q_mutex_init(void *m) { if (!m) return -1; return 0; }\n"
        "int r_mutex_init(void *m) { return _Z_ERR_GENERIC; }\n"
    )
    assert [f.constant for f in functions(text).values()] == ["-1", "", "_Z_ERR_GENERIC"]


def test_conditions_are_those_of_the_branches_around_a_function() -> None:
    """The #if around a function, without the include guard; an #else is negated."""
    text = (
        "#ifndef A_H\n#define A_H\n#if THREADS == 1\nint x_mutex_init(void *m) {\n"
        "#if STATIC\n  use(m);\n#endif\n  return 1;\n}\n"
        "#else\nint y_mutex_init(void *m) { return 0; }\n#endif\n#endif\n"
    )
    found = functions(text)
    assert found["x_mutex_init"].conditions == ("THREADS == 1",)
    assert found["y_mutex_init"].conditions == ("!(THREADS == 1)",)


def test_includes_are_those_outside_any_branch() -> None:
    """An include under #if belongs to one branch only."""
    code = parse_c(
        b"#include <zephyr/kernel.h>\n#if A\n#include <pthread.h>\n#endif\nvoid mutex(void) {}\n"
    )
    assert code is not None
    assert code.includes == ("zephyr/kernel.h",)


def test_malformed_code_is_read_as_far_as_it_goes() -> None:
    """Truncated, binary and empty input raise nothing."""
    for data in (b"", b"\0\xff", b"int mutex_init(void *m) {", b"((((", b"void mutex("):
        parse_c(data)
