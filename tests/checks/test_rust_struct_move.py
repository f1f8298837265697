"""MEM004: objects that move while C or the hardware keeps their address."""

from pitfalls import Verdict
from pitfalls.model import PitfallResult
from pitfalls.testing import examine, places

C = """
static void *kept;
int port_subscribe(void (*cb)(void *), void *ctx) { (void)cb; kept = ctx; return 0; }
int port_visit(void (*cb)(void *), void *ctx) { cb(ctx); return 0; }
"""
BODY = """
pub struct Inbox {{ len: usize }}
impl Inbox {{
    pub fn open(port: &Port) -> {result} {{
        {code}
    }}
}}
"""


def _look(code: str, result: str = "Inbox", c: str = C) -> PitfallResult:
    rust = "use core::ffi::c_void;\n" + BODY.format(code=code, result=result)
    return examine("MEM004", {"Cargo.toml": "[package]\n", "src/lib.rs": rust, "c/port.c": c})


def _rules(result: PitfallResult) -> list[tuple[str, str]]:
    return [(rule, verdict) for rule, verdict, _, _ in places(result)]


MADE = "let mut inbox = Inbox { len: 0 };"
ADDRESS = "&mut inbox as *mut Inbox as *mut c_void"


def test_returned_after_c_stored_its_address() -> None:
    """The C body keeps the pointer, the object is returned: a failure at the call."""
    result = _look(f"{MADE}\nunsafe {{ port_subscribe(inbox_callback, {ADDRESS}) }};\ninbox")
    assert places(result) == [("move-after-escape", "fail", "src/lib.rs", 7)]
    assert [hop.place.path for hop in result.findings[0].related] == ["c/port.c", "src/lib.rs"]


def test_a_pointer_that_is_cast_where_it_is_handed_over() -> None:
    """The cast may stand in the call, behind the variable that holds the pointer."""
    for pointer in ("core::ptr::from_mut(&mut inbox)", "&mut inbox as *mut Inbox"):
        code = f"{MADE} let ptr = {pointer}; port_subscribe(inbox_callback, ptr.cast()); inbox"
        assert _rules(_look(code)) == [("move-after-escape", "fail")], pointer


def test_each_way_of_moving() -> None:
    """Wrapped, stored, put into a struct, captured: all of them move."""
    for move in (
        "Ok(inbox)",
        "port.list.push(inbox); port.done()",
        "port.inbox = inbox; port.done()",
        "Outer { id: 1, inbox }",
        "let inbox = Box::new(inbox); inbox",
        "port.run(move || { use_it(inbox) }); port.done()",
    ):
        code = f"{MADE} unsafe {{ port_subscribe(inbox_callback, {ADDRESS}) }}; {move}"
        assert _rules(_look(code)) == [("move-after-escape", "fail")], move


def test_pointer_needed_for_the_call_only() -> None:
    """A C function that does not store the context makes no finding, whatever moves."""
    result = _look(f"{MADE} unsafe {{ port_visit(inbox_callback, {ADDRESS}) }}; inbox")
    assert result.verdict is Verdict.NOT_APPLICABLE


def test_object_that_stays() -> None:
    """Without a move nothing is said: the object may outlive its user."""
    code = f"{MADE} unsafe {{ port_subscribe(inbox_callback, {ADDRESS}) }}; port.serve();"
    assert _look(code, "()").verdict is Verdict.NOT_APPLICABLE


def test_unregistered_before_the_move() -> None:
    """An object that is unregistered before it is returned is free to move."""
    code = (
        f"{MADE} unsafe {{ port_subscribe(inbox_callback, {ADDRESS}); port_unsubscribe(); }}; inbox"
    )
    assert _look(code).verdict is Verdict.NOT_APPLICABLE


def test_registered_again_after_the_move() -> None:
    """A second registration with the new address repairs the first."""
    code = f"{MADE} unsafe {{ port_subscribe(inbox_callback, {ADDRESS}) }}; port.inbox = inbox;"
    code += " unsafe { port_subscribe(inbox_callback, port.inbox_ptr()) }; port.done()"
    assert _look(code).verdict is Verdict.NOT_APPLICABLE


def test_callee_that_is_not_in_the_tree() -> None:
    """By name alone it is a warning, for a constructed object and with a callback."""
    told = f"{MADE} unsafe {{ port_subscribe(inbox_callback, {ADDRESS}) }}; inbox"
    assert _rules(_look(told, c="")) == [("move-after-escape", "warn")]
    visit = f"{MADE} unsafe {{ port_visit(inbox_callback, {ADDRESS}) }}; inbox"
    assert _look(visit, c="").verdict is Verdict.NOT_APPLICABLE
    made = "let mut id = 0; unsafe { port_create(entry_callback, &mut id as *mut _ as *mut c_void)"
    out = made + " }; Ok(id)"
    assert _look(out, c="").verdict is Verdict.NOT_APPLICABLE


def test_context_kept_in_an_object_of_the_caller() -> None:
    """An iterator that holds the context is as local as the object: nothing is said."""
    c = "void walk_begin(struct walk *w, void (*cb)(void *), void *ctx) { w->ctx = ctx; }"
    code = f"{MADE} unsafe {{ walk_begin(&mut w, inbox_callback, {ADDRESS}); walk(&mut w) }}; inbox"
    assert _look(code, c=c).verdict is Verdict.NOT_APPLICABLE


def test_box_variable() -> None:
    """The address of the variable that is a box fails; what the box owns passes."""
    made = "let mut inbox: Handler = Box::new(Inbox { len: 0 });"
    local = f"{made} unsafe {{ port_subscribe(inbox_callback, {ADDRESS}) }}; Self {{ inbox }}"
    assert _rules(_look(local)) == [("box-local-address", "fail")]
    pointee = "&mut *inbox as *mut Inbox as *mut c_void"
    owned = f"{made} unsafe {{ port_subscribe(inbox_callback, {pointee}) }}; Self {{ inbox }}"
    assert _rules(_look(owned)) == [("box-local-address", "pass")]


def test_static_and_index_pass() -> None:
    """A static as context and an index cast to a pointer are shown as evidence."""
    for context in ("&raw mut INBOX as *mut c_void", "slot_index as *mut c_void"):
        code = f"unsafe {{ port_subscribe(inbox_callback, {context}) }}; Inbox {{ len: 0 }}"
        assert _rules(_look(code)) == [("move-after-escape", "pass")], context


def test_topic_is_no_context() -> None:
    """A static that is the topic, not the context, is no evidence."""
    code = "unsafe { port_subscribe(TOPIC.as_ptr(), inbox_callback, ctx) }; Inbox { len: 0 }"
    assert _look(code).verdict is Verdict.NOT_APPLICABLE


def test_comments_and_strings_are_nothing() -> None:
    """Text that is not code makes no finding."""
    code = f"// {MADE} port_subscribe(inbox_callback, {ADDRESS}); inbox\nInbox {{ len: 0 }}"
    assert _look(code).verdict is Verdict.NOT_APPLICABLE


CLASS = """
class Button {{
public:
    explicit Button(int pin) {{ attach(pin); }}
    {special}
private:
    void attach(int pin) {{ gpio_register_handler(pin, &Button::on_edge, this); }}
    static void on_edge(void *ctx);
}};
"""


def test_cpp_constructors() -> None:
    """A default move warns; one that registers again, or a class without copies, does not."""
    cases = {
        "Button(Button &&other) noexcept = default;": [("cpp-move", "warn")],
        "Button(const Button &other) : pin_(other.pin_) { }": [("cpp-move", "warn")],
        "Button(Button &&other) { attach(other.pin_); }": [],
        "Button(const Button &) = delete;": [("cpp-move", "pass")],
        "Button(Button &&other);": [],
        "": [],
    }
    for special, expected in cases.items():
        result = examine("MEM004", {"ui/button.hpp": CLASS.format(special=special)})
        assert _rules(result) == expected, special


def test_a_cpp_class_inside_another() -> None:
    """What a nested class registers is the nested object, which the outer one only points to."""
    inner = (
        "class Panel::Inner {\n  explicit Inner(int pin) {\n"
        "    if (gpio_register_callback(pin, Panel_on_edge, this) != 0) { stop(); }\n  }\n};\n"
        "Panel::Panel(Panel const &other) : inner_(new Inner(other.pin_)) { }\n"
    )
    assert _rules(examine("MEM004", {"ui/panel.cpp": inner})) == []
