//! Subscriptions of the C link layer.

use core::ffi::{c_char, c_void};

extern "C" {
    fn link_subscribe(
        topic: *const c_char,
        on_sample: unsafe extern "C" fn(*const u8, usize, *mut c_void),
        ctx: *mut c_void,
    ) -> i32;
}

pub struct Inbox {
    last: [u8; 64],
    len: usize,
}

static mut INBOX: Inbox = Inbox { last: [0; 64], len: 0 };

unsafe extern "C" fn inbox_callback(data: *const u8, len: usize, ctx: *mut c_void) {
    let inbox = unsafe { &mut *(ctx as *mut Inbox) };
    inbox.len = len.min(64);
    unsafe { core::ptr::copy_nonoverlapping(data, inbox.last.as_mut_ptr(), inbox.len) };
}

pub fn open_inbox(topic: &core::ffi::CStr) -> i32 {
    let ctx = &raw mut INBOX as *mut c_void;
    unsafe { link_subscribe(topic.as_ptr(), inbox_callback, ctx) }
}

type Handler = Box<dyn FnMut(&[u8]) + Send>;

unsafe extern "C" fn listener_callback(data: *const u8, len: usize, ctx: *mut c_void) {
    let handler = unsafe { &mut *(ctx as *mut Handler) };
    handler(unsafe { core::slice::from_raw_parts(data, len) });
}

pub fn listen(topic: &core::ffi::CStr, f: impl FnMut(&[u8]) + Send + 'static) -> i32 {
    let handler: Handler = Box::new(f);
    let ctx = Box::into_raw(Box::new(handler)) as *mut c_void;
    unsafe { link_subscribe(topic.as_ptr(), listener_callback, ctx) }
}
