"""Escaping addresses in Rust, and functions that keep pointers."""

from pitfalls.formats import pointer_keepers, rust_escapes

SOURCE = b"""
fn open() -> Inbox {
    let mut inbox = Inbox::new();
    let ctx = &mut inbox as *mut Inbox as *mut c_void;
    port_subscribe(TOPIC, inbox_callback, ctx);
    inbox
}
"""


def test_address_by_way_of_a_variable() -> None:
    """The call that gets the variable is the place, with the argument's index."""
    facts = rust_escapes.parse(SOURCE)
    assert facts is not None
    (escape,) = facts.escapes
    assert (escape.callee, escape.argument, escape.line) == ("port_subscribe", 2, 5)
    assert (escape.moved, escape.moved_line, escape.made) == ("returned", 6, True)


def test_windows_line_ends() -> None:
    """CRLF gives the same facts."""
    assert rust_escapes.parse(SOURCE.replace(b"\n", b"\r\n")) == rust_escapes.parse(SOURCE)


def test_what_a_c_function_keeps() -> None:
    """Globals outlive the call, a local struct does not, a parameter's pointee is lent."""
    facts = pointer_keepers.parse_c(
        b"void a(void *p) { table[n].ctx = p; }\n"
        b"void b(void *p) { struct s r; r.ctx = p; run(1, p); }\n"
        b"void c(struct w *w, void *p) { w->ctx = (char *)p; }\n"
    )
    assert facts is not None
    a, b, c = facts.functions
    assert [(k.where, k.lent) for k in a.kept] == [("table[n].ctx", False)]
    assert b.kept == ()
    assert [(p.callee, p.argument) for p in b.passed] == [("run", 1)]
    assert [(k.index, k.lent) for k in c.kept] == [(1, True)]


def test_what_a_rust_function_keeps() -> None:
    """`self` is not counted among the arguments."""
    facts = pointer_keepers.parse_rust(
        b"fn add(&mut self, id: u32, ctx: *mut c_void) { self.ctx = ctx; }\n"
        b"fn keep(ctx: *mut c_void) { CONTEXT.store(ctx, Ordering::Release); }\n"
    )
    assert facts is not None
    assert [(f.pointers, [k.where for k in f.kept]) for f in facts.functions] == [
        ((1,), ["self.ctx"]),
        ((0,), ["CONTEXT"]),
    ]


def test_large_files_take_little_time() -> None:
    """A file made of escapes, and one of openings without an end, are read in seconds."""
    rust_escapes.parse(SOURCE * 3000)
    rust_escapes.parse(b"fn f() {\n" + b"let mut a = A::new(); g(&mut a as *mut A); h(a);\n" * 3000)
    rust_escapes.parse(b'extern "C" { fn g();\n' * 20000)
    pointer_keepers.parse_c(b"void f(void *p) { g((((((p;\n" * 3000)
