"""Code of tasks in C and Rust, also malformed."""

import msgspec
import pytest

from pitfalls.formats import c_tasks, rust_tasks
from pitfalls.formats.task_code import Step, TaskCode, mentions


def c(text: str) -> TaskCode:
    """The facts of C code that has some."""
    facts = c_tasks.parse_c(text.encode())
    assert facts is not None
    return facts


def rust(text: str) -> TaskCode:
    """The facts of Rust code."""
    facts = rust_tasks.parse_rust(text.encode())
    assert facts is not None
    return facts


def test_a_function_that_only_computes_has_steps() -> None:
    """A clamp in C: a guarded return, then a return."""
    facts = c("int f(int p) { int q = p + 1; if (q > 7) { return 7; } return q; }")
    assert facts.functions[0].steps == (
        Step("p + 1", "q"),
        Step("7", condition="(q > 7)"),
        Step("q"),
    )


def test_a_function_that_does_more_has_none() -> None:
    """A loop or a call statement is not followed."""
    assert c("int f(int p) { log(p); return p; }").functions[0].steps == ()
    assert rust("fn f(p: u8) -> u8 { for _ in 0..p {} p }").functions[0].steps == ()


def test_rust_expressions_become_c() -> None:
    """Casts go, a choice becomes ``? :``, ``min`` a choice."""
    steps = (
        rust("fn f(p: u8) -> u32 { let n = if p > 31 { 31 } else { p }; (n as u32 * 7).min(6) }")
        .functions[0]
        .steps
    )
    assert [step.text for step in steps] == [
        "((p > 31) ? (31) : (p))",
        "((((n * 7)) < (6)) ? ((n * 7)) : (6))",
    ]


def test_locals_that_change_have_no_value() -> None:
    """Only one assignment tells what a local is."""
    facts = c("void f(void) { int a = 1; int b = 2; b = 3; g(a, b); }")
    assert facts.functions[0].values == {"a": "1"}


def test_fields_know_their_owner_and_their_function() -> None:
    """A designated initialiser of a global, an assignment to a local."""
    facts = c("const t C = { .in = { .prio = 4 } };\nvoid f(void) { a.prio = 5; }")
    assert [(f.owner, f.name, f.value, f.function, f.line) for f in facts.fields] == [
        ("C", "prio", "4", "", 1),
        ("a", "prio", "5", "f", 2),
    ]


def test_only_defaults_are_fields_in_rust() -> None:
    """What another constructor sets is not the default."""
    facts = rust(
        "impl Default for C { fn default() -> Self { Self { prio: 4 } } }\n"
        "impl C { fn fast() -> Self { Self { prio: 6 } } }\n"
    )
    assert [(f.name, f.value) for f in facts.fields] == [("prio", "4")]


def test_calls_by_the_last_part_of_their_name() -> None:
    """A path, a generic argument and a method are calls of the function they end in."""
    facts = rust("fn f() { a::b::spawn::<T>(g, 16u32); }")
    assert [(call.name, call.arguments) for call in facts.functions[0].calls] == [
        ("spawn", ("g", "16"))
    ]


def test_mentions_are_cheap_and_exact() -> None:
    """Calls of task makers and configured fields, nothing else."""
    found = mentions(b"xTaskCreate (run); my_create_task(x); const t c = { .rx_prio = 4 };")
    assert found is not None
    assert (found.calls, found.fields) == (("my_create_task", "xTaskCreate"), ("rx_prio",))
    assert mentions(b"int priority = 4;\n") is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0\xff\r\n", b"void f(", b"fn f(", b"const t x = { .prio = ", b"@A@ = @B@",
        b"void f(void) { " + b"(" * 4000, b"fn f() { " + b"if a { " * 3000,
        b"fn default() { Self { prio: " + b"(" * 3000, b"spawn_task::<" * 20_000,
    ],
)  # fmt: skip
def test_malformed_input_is_read_without_an_error(data: bytes) -> None:
    """Facts or nothing, and facts that can be stored."""
    for parse in (c_tasks.parse_c, rust_tasks.parse_rust, mentions):
        msgspec.msgpack.encode(parse(data))
